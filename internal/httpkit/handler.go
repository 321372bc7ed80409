package httpkit

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/go-kit/kit/transport"
	kithttp "github.com/go-kit/kit/transport/http"
)

// BodyMax is the most bytes of a request body that a Handler reads unless
// told otherwise: 1 MiB.
const BodyMax = 1 << 20

// Option changes a Handler from its safe defaults.
type Option func(*options)

type options struct {
	log     *slog.Logger
	bodyMax int64
	within  time.Duration
	gate    *Gate
	note    func(context.Context, Left) error

	compressed bool
}

// LogTo logs calls that fail before or after their Endpoint: a body that does
// not decode, a result that does not encode. Without it they go unlogged.
func LogTo(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// MaxBody bounds the request body to n bytes instead of BodyMax.
func MaxBody(n int64) Option { return func(o *options) { o.bodyMax = n } }

// Within lets the call take d to read and to write, instead of the timeouts
// of NewServer: for uploads and exports over a slow line.
func Within(d time.Duration) Option { return func(o *options) { o.within = d } }

// Through has the call wait for its turn at the gate once its body has been
// read: before a signature is looked at or the store is asked. A command that
// is more than one piece of work says how many by a method Weight() int.
func Through(g *Gate) Option { return func(o *options) { o.gate = g } }

// Content is a result that is not JSON: a list as CSV, a sheet of cards as
// PDF, books as text.
type Content struct {
	Type     string      // media type, such as "text/csv; charset=utf-8"
	Filename string      // offered to a browser that saves it; empty to show it
	Header   http.Header // added to the answer; nil for none
	// Write writes the content. If it fails before its first byte the caller
	// sees a problem; after that the connection is cut, so that half an
	// export is never taken for the whole.
	Write func(io.Writer) error
	// Leaving is set of reports and exports; see Noted.
	Leaving Leaving
}

// Handler serves e over HTTP: decode makes the command of a request whose
// body is bounded, and a result leaves with the status given, as Content says
// or else as JSON. Status 204 sends no body. A result may implement go-kit's
// Headerer to add headers (Location) and StatusCoder to choose its status (a
// repeated command answers 200). Errors leave as problem documents.
func Handler[Req, Res any](
	e Endpoint[Req, Res],
	decode func(context.Context, *http.Request) (Req, error),
	status int,
	opts ...Option,
) http.Handler {
	o := options{log: slog.New(slog.DiscardHandler), bodyMax: BodyMax}
	for _, opt := range opts {
		opt(&o)
	}
	server := kithttp.NewServer(
		func(ctx context.Context, request any) (any, error) {
			if o.gate != nil {
				leave, err := o.gate.enter(ctx, weightOf(request))
				if err != nil {
					return nil, err
				}
				defer leave()
			}
			return e(ctx, request.(Req))
		},
		func(ctx context.Context, r *http.Request) (any, error) { return decode(ctx, r) },
		func(ctx context.Context, w http.ResponseWriter, response any) error {
			return o.encode(ctx, w, response, status)
		},
		kithttp.ServerBefore(func(ctx context.Context, r *http.Request) context.Context {
			return withCall(ctx, callOf(ctx, r))
		}),
		kithttp.ServerErrorEncoder(func(ctx context.Context, err error, w http.ResponseWriter) {
			f := known(err)
			writeProblem(w, callOf(ctx, nil), f, Status(f.Kind))
		}),
		kithttp.ServerErrorHandler(transport.ErrorHandlerFunc(func(ctx context.Context, err error) {
			logFailure(ctx, o.log, err)
		})),
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.within > 0 {
			// A writer without deadlines (a test's recorder) has none to move.
			c, until := http.NewResponseController(w), time.Now().Add(o.within)
			_ = c.SetReadDeadline(until)
			_ = c.SetWriteDeadline(until)
		}
		if o.compressed && acceptsGzip(r.Header.Get("Accept-Encoding")) {
			r = r.WithContext(context.WithValue(r.Context(), packing{}, true))
		}
		if err := o.unpack(w, r); err != nil {
			logFailure(r.Context(), o.log, err)
			WriteProblem(w, r, err)
			return
		}
		server.ServeHTTP(w, r)
	})
}

func (o options) encode(ctx context.Context, w http.ResponseWriter, response any, status int) error {
	if c, ok := response.(Content); ok {
		return o.stream(ctx, w, c, status)
	}
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(response); err != nil {
		return err
	}
	if h, ok := response.(kithttp.Headerer); ok {
		for k, values := range h.Headers() {
			w.Header()[k] = values
		}
	}
	if s, ok := response.(kithttp.StatusCoder); ok {
		status = s.StatusCode()
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	packed := pack(ctx, w.Header(), &body)
	w.Header().Set("Content-Length", strconv.Itoa(packed.Len())) // net/http would send what is longer than its buffer in chunks
	w.WriteHeader(status)
	// An error here means that the caller has left, and the header is out.
	_, _ = packed.WriteTo(w)
	return nil
}

func (o options) stream(ctx context.Context, w http.ResponseWriter, c Content, status int) error {
	if c.Leaving.Kind != "" && o.note != nil {
		var s Spool
		defer s.Close()
		var err error
		if c, err = o.noted(ctx, c, &s); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", c.Type)
	if c.Filename != "" {
		w.Header().Set("Content-Disposition",
			mime.FormatMediaType("attachment", map[string]string{"filename": c.Filename}))
	}
	for name, values := range c.Header {
		w.Header()[name] = values
	}
	out := &lateHeader{w: w, status: status}
	err := c.Write(out)
	if err == nil {
		out.send() // content of no bytes still has its status
		return nil
	}
	if !out.sent {
		return err
	}
	logFailure(ctx, o.log, err, slog.Bool("cut_short", true))
	panic(http.ErrAbortHandler) // net/http's own way to cut a connection
}

// lateHeader sends the status with the first byte and not before.
type lateHeader struct {
	w      http.ResponseWriter
	status int
	sent   bool
}

func (l *lateHeader) send() {
	if !l.sent {
		l.sent = true
		l.w.WriteHeader(l.status)
	}
}

func (l *lateHeader) Write(p []byte) (int, error) {
	l.send()
	return l.w.Write(p)
}

// Authenticated lets a request through with the context that who returns, and
// answers the rest with the problem of its error. It logs refusals to log.
func Authenticated(
	who func(context.Context, *http.Request) (context.Context, error),
	log *slog.Logger,
	next http.Handler,
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// One call record for the log line and for the answer.
		ctx := withCall(r.Context(), callOf(r.Context(), r))
		known, err := who(ctx, r)
		if err != nil {
			logFailure(ctx, log, err)
			WriteProblem(w, r.WithContext(ctx), err)
			return
		}
		next.ServeHTTP(w, r.WithContext(known))
	})
}

// Routes serves mux with problem documents in the place of its plain texts
// for an unknown path (404) and for a method that a path does not answer
// (405, with Allow).
func Routes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		refused := headerOnly{header: http.Header{}}
		h.ServeHTTP(&refused, r)
		f, status := ErrPath, http.StatusNotFound
		if refused.status == http.StatusMethodNotAllowed {
			f, status = ErrMethod, refused.status
			w.Header().Set("Allow", refused.header.Get("Allow"))
		}
		writeProblem(w, callOf(r.Context(), r), f, status)
	})
}

// headerOnly keeps the status and the headers of an answer.
type headerOnly struct {
	header http.Header
	status int
}

func (h *headerOnly) Header() http.Header         { return h.header }
func (h *headerOnly) WriteHeader(status int)      { h.status = status }
func (h *headerOnly) Write(p []byte) (int, error) { return len(p), nil }
