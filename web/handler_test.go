package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jate-cva/jate/web"
)

const prefix = "/handheld/"

var script = "export const long = '" + strings.Repeat("jate ", 200) + "';"

// built is a small build.
func built() fstest.MapFS {
	return fstest.MapFS{
		"index.html":          {Data: []byte("<!doctype html><title>Jate</title>")},
		"sw.js":               {Data: []byte("/* worker */")},
		"assets/main-abc.js":  {Data: []byte(script)},
		"assets/qr-abc.wasm":  {Data: []byte("\x00asm")},
		"app.webmanifest":     {Data: []byte("{}")},
		"assets/.hidden":      {Data: []byte("taken by all:")},
		"sounds/ok.unknown-x": {Data: []byte("?")},
	}
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each path is answered with the file that it names, how long it may be kept,
// and its type.
func TestHandler(t *testing.T) {
	const page = "<!doctype html><title>Jate</title>"
	h := web.Handler(prefix, built())
	for path, want := range map[string]struct {
		status     int
		kept, kind string
		text       string
	}{
		"/handheld/":                    {200, "no-cache", "text/html; charset=utf-8", page},
		"/handheld/index.html":          {200, "no-cache", "text/html; charset=utf-8", page},
		"/handheld/sales/today":         {200, "no-cache", "text/html; charset=utf-8", page},
		"/handheld/sw.js":               {200, "no-cache", "text/javascript; charset=utf-8", "/* worker */"},
		"/handheld/app.webmanifest":     {200, "no-cache", "application/manifest+json", "{}"},
		"/handheld/assets/main-abc.js":  {200, "public, max-age=31536000, immutable", "text/javascript; charset=utf-8", script},
		"/handheld/assets/qr-abc.wasm":  {200, "public, max-age=31536000, immutable", "application/wasm", "\x00asm"},
		"/handheld/assets/main-old.js":  {404, "", "", ""},
		"/handheld/assets/":             {404, "", "", ""},
		"/handheld/assets/main":         {404, "", "", ""},
		"/handheld/missing.png":         {404, "", "", ""},
		"/handheld/../web/handler.go":   {404, "", "", ""},
		"/handheld/sounds/ok.unknown-x": {200, "no-cache", "application/octet-stream", "?"},
	} {
		t.Run(path, func(t *testing.T) {
			got := get(t, h, path)
			if got.StatusCode != want.status {
				t.Fatalf("status %d, want %d", got.StatusCode, want.status)
			}
			csp := got.Header.Get("Content-Security-Policy")
			if strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "'unsafe-eval'") || strings.Contains(csp, "*") ||
				!strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("policy %q", csp)
			}
			for name, value := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
				if got.Header.Get(name) != value {
					t.Errorf("%s is %q", name, got.Header.Get(name))
				}
			}
			if p := got.Header.Get("Permissions-Policy"); !strings.Contains(p, "camera=(self)") {
				t.Errorf("Permissions-Policy is %q", p)
			}
			if want.status != 200 {
				if strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
					t.Error("what is missing is kept for ever")
				}
				return
			}
			if got.Header.Get("Cache-Control") != want.kept || got.Header.Get("Content-Type") != want.kind {
				t.Errorf("%q %q", got.Header.Get("Cache-Control"), got.Header.Get("Content-Type"))
			}
			if text := body(t, got); text != want.text {
				t.Errorf("%q, want %q", text, want.text)
			}
		})
	}
}

// WebAssembly runs in the worker that reads codes, and nowhere else.
func TestHandler_wasm(t *testing.T) {
	files := built()
	files["assets/reader-abc.js"] = &fstest.MapFile{Data: []byte("/* reads codes */")}
	h := web.Handler(prefix, files)
	for path := range files {
		policy := get(t, h, prefix+path).Header.Get("Content-Security-Policy")
		if got, want := strings.Contains(policy, "wasm-unsafe-eval"), path == "assets/reader-abc.js"; got != want {
			t.Errorf("%s: %q", path, policy)
		}
	}
}

// A slow line carries the compressed file once, and then that it is the same.
func TestHandler_line(t *testing.T) {
	h := web.Handler(prefix, built())
	packed := get(t, h, "/handheld/assets/main-abc.js", "Accept-Encoding", "deflate, gzip, br")
	if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("not compressed: %v", packed.Header)
	}
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || string(text) != script {
		t.Errorf("%q, %v", text, err)
	}
	if plain := get(t, h, "/handheld/assets/main-abc.js"); plain.Header.Get("ETag") == packed.Header.Get("ETag") {
		t.Error("two bodies with one ETag")
	}
	small := get(t, h, "/handheld/", "Accept-Encoding", "gzip")
	if small.Header.Get("Content-Encoding") != "" {
		t.Error("compressed what grows by it")
	}
	for _, etag := range []string{small.Header.Get("ETag"), packed.Header.Get("ETag")} {
		if etag == "" {
			t.Fatal("no ETag")
		}
	}
	if again := get(t, h, "/handheld/", "If-None-Match", small.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("again: %d", again.StatusCode)
	}
}

func TestHandler_methods(t *testing.T) {
	w := httptest.NewRecorder()
	web.Handler(prefix, built()).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/handheld/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %q", w.Code, w.Header().Get("Allow"))
	}
}

// The program can be built before the application is.
func TestHandler_notBuilt(t *testing.T) {
	got := get(t, web.Handler(prefix, fstest.MapFS{}), "/handheld/")
	if text := body(t, got); got.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "make web") {
		t.Errorf("%d %q", got.StatusCode, text)
	}
	if got.Header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be kept")
	}
}

// What is embedded is either nothing or an application.
func TestBuilt(t *testing.T) {
	got := get(t, web.Handler(prefix, web.Built("handheld")), "/handheld/")
	switch text := body(t, got); got.StatusCode {
	case http.StatusOK:
		if !strings.Contains(text, `<script type="module"`) || strings.Contains(text, "<script>") {
			t.Errorf("%q", text)
		}
	case http.StatusServiceUnavailable:
	default:
		t.Errorf("status %d", got.StatusCode)
	}
}
