package httpkit

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/jate-cva/jate/fault"
)

// ErrEncoding refuses a body in an encoding that the address does not read.
var ErrEncoding = fault.New(fault.Invalid, "content_encoding",
	"The body may be sent plain or, where the address says so, in gzip.",
	"Le corps peut être envoyé tel quel ou, là où l'adresse le prévoit, en gzip.")

// Compressed lets callers on slow lines send the body in gzip, and answers them
// so where they accept it. The bound on the body counts what comes out of it.
func Compressed() Option { return func(o *options) { o.compressed = true } }

// packedMin is how long an answer must be for gzip to be worth its work: below,
// a slow line gains a second at most.
const packedMin = 4 << 10

// packing is the key of a context whose caller accepts gzip.
type packing struct{}

// unpack makes r's body plain, where it is not, within most bytes before and
// after.
func (o options) unpack(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, o.bodyMax)
	switch encoding := r.Header.Get("Content-Encoding"); {
	case encoding == "" || strings.EqualFold(encoding, "identity"):
		return nil
	case !o.compressed || !strings.EqualFold(encoding, "gzip"):
		return ErrEncoding
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return packedError(err)
	}
	r.Body = http.MaxBytesReader(w, &unpacked{z}, o.bodyMax)
	r.ContentLength = -1
	r.Header.Del("Content-Encoding")
	return nil
}

// unpacked is a body that comes out of gzip.
type unpacked struct{ *gzip.Reader }

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = packedError(err)
	}
	return n, err
}

// packedError tells what gzip does not read from a line that broke.
func packedError(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	if corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return ErrBody.At("$", "not gzip")
	}
	return err
}

// packers take some 800 KiB each, so they are used again.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// pack returns body in gzip where the caller accepts that and it is worth it.
func pack(ctx context.Context, h http.Header, body *bytes.Buffer) *bytes.Buffer {
	if body.Len() < packedMin || ctx.Value(packing{}) == nil {
		return body
	}
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	out := new(bytes.Buffer)
	z.Reset(out)
	// A buffer takes everything.
	_, _ = z.Write(body.Bytes())
	_ = z.Close()
	h.Set("Content-Encoding", "gzip")
	return out
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3).
func acceptsGzip(accepts string) bool {
	for part := range strings.SplitSeq(accepts, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			q, given := strings.CutPrefix(weight, "q=")
			return !given || strings.Trim(q, "0.") != ""
		}
	}
	return false
}
