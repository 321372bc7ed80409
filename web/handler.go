package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// policy is the Content-Security-Policy of every answer. Nothing is inline,
// and the application speaks to the server that it came from alone.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'"

// readerPolicy is that of the worker that reads codes, which sees pictures of
// cards and nothing else: it alone may run WebAssembly.
const readerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'"

// reader begins the name of that worker's file.
const reader = "assets/reader-"

// headers are those of every answer, over the ones that the server gives.
var headers = map[string]string{
	"Content-Security-Policy":    policy,
	"Permissions-Policy":         "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
	"X-Content-Type-Options":     "nosniff",
	"Referrer-Policy":            "no-referrer",
	"Cross-Origin-Opener-Policy": "same-origin",
}

// immutable is how long a name with a hash in it may be kept: a year, which
// browsers take for ever.
const immutable = "public, max-age=31536000, immutable"

// smallest is the size in bytes from which compressing pays.
const smallest = 256

// Handler serves an application under a prefix that begins and ends with a
// slash. It answers GET and HEAD alone.
func Handler(prefix string, files fs.FS) http.Handler {
	return &handler{prefix: prefix, files: files, read: map[string]*file{}}
}

type handler struct {
	prefix string
	files  fs.FS

	mu   sync.Mutex
	read map[string]*file // what was asked for so far; at most what the build holds
}

// file is a file of the build, ready to be sent.
type file struct {
	plain, packed []byte // packed is nil where gzip does not make it smaller
	etag          string
	kind          string
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	w.Header().Set("Cache-Control", "no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if _, err := h.open("index.html"); err != nil {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "This program was built without its browser applications: run make web, and build it again.",
			http.StatusServiceUnavailable)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, h.prefix)
	if strings.HasPrefix(name, reader) {
		w.Header().Set("Content-Security-Policy", readerPolicy)
	}
	f, err := h.open(name)
	switch {
	case err == nil && strings.HasPrefix(name, "assets/"):
		w.Header().Set("Cache-Control", immutable)
	case err == nil:
	case path.Ext(name) != "" || strings.HasPrefix(name, "assets/"):
		http.NotFound(w, r)
		return
	default: // a screen of the application
		if f, err = h.open("index.html"); err != nil {
			http.NotFound(w, r)
			return
		}
	}
	h.send(w, r, f)
}

// send answers with the file, compressed for who takes that. ServeContent
// answers ranges and If-None-Match; a compressed body has an ETag of its own.
func (h *handler) send(w http.ResponseWriter, r *http.Request, f *file) {
	body, etag := f.plain, f.etag
	if f.packed != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if takesGzip(r) {
			w.Header().Set("Content-Encoding", "gzip")
			body, etag = f.packed, f.etag[:len(f.etag)-1]+`-gz"`
		}
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// open returns a file of the build, from memory from the second time on.
func (h *handler) open(name string) (*file, error) {
	if name == "" {
		name = "index.html"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.read[name]; f != nil {
		return f, nil
	}
	plain, err := fs.ReadFile(h.files, name) // refuses names with .. and folders
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	f := &file{plain: plain, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`, kind: kindOf(name)}
	if packed := pack(plain); len(packed) < len(plain) && len(plain) >= smallest {
		f.packed = packed
	}
	h.read[name] = f
	return f, nil
}

func pack(plain []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid, and memory takes every write
	_, _ = w.Write(plain)
	_ = w.Close()
	return b.Bytes()
}

// kinds are the types of a build's files. The system's table, which
// package mime reads, differs from machine to machine.
var kinds = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
	".wasm":        "application/wasm",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".mp3":         "audio/mpeg",
	".m4a":         "audio/mp4",
	".ogg":         "audio/ogg",
	".opus":        "audio/ogg",
	".wav":         "audio/wav",
	".woff2":       "font/woff2",
	".txt":         "text/plain; charset=utf-8",
}

func kindOf(name string) string {
	ext := path.Ext(name)
	if k := kinds[ext]; k != "" {
		return k
	}
	if k := mime.TypeByExtension(ext); k != "" {
		return k
	}
	return "application/octet-stream"
}

// takesGzip reads the plain form of Accept-Encoding that browsers send;
// whoever says more is sent the file as it is.
func takesGzip(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		if slices.ContainsFunc(strings.Split(line, ","), func(s string) bool { return strings.TrimSpace(s) == "gzip" }) {
			return true
		}
	}
	return false
}
