package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// open returns the API of a server, or of a folder.
func (f *caseFlags) open(ctx context.Context, env *environment) (*remote, func() error, error) {
	if f.server != "" {
		r, err := newRemote(env.getenv, f.server, f.token)
		if err != nil {
			return nil, nil, err
		}
		return r.patient(env), func() error { return nil }, nil
	}
	db, err := openSealed(f.data, env.passphrases(f.pass), env.quiet())
	if err != nil {
		return nil, nil, err
	}
	h, err := f.routes(db.Reconcile, func() (string, error) { return onlyProgramme(ctx, db, f.programme) }, db.Vendors)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	r := &remote{server: "http://folder", http: &http.Client{Transport: inProcess{h}}}
	return r.patient(env), db.Close, nil
}

// routes are the API's about cases, for one person at the console.
func (f *caseFlags) routes(cases func() reconcile.Store, programme func() (string, error), books func() vendors.Store) (http.Handler, error) {
	id, err := programme()
	if err != nil {
		return nil, err
	}
	role := access.RoleAuditor
	if f.role != "" {
		role = access.Role(f.role)
	}
	if err := access.CheckRoles([]access.Role{role}); err != nil {
		return nil, err
	}
	staff := f.staff
	if staff == "" {
		staff = "office"
	}
	by := local(id, staff, role)
	limits, err := limitsOf(f.data)
	if err != nil {
		return nil, err
	}
	set, err := readSettings(f.data)
	if err != nil {
		return nil, err
	}
	prover, log := set.prover(), slog.New(slog.DiscardHandler)
	v, err := vendors.New(vendors.Config{Store: books(), Rand: rand.Reader, Prover: prover, Serial: reconcile.CanonicalSerial})
	if err != nil {
		return nil, err
	}
	s, err := reconcile.New(reconcile.Config{Store: cases(), Vendors: v, Prover: prover, Limits: limits, Papers: noPapers{}})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	none := func(string) endpoint.Middleware {
		return func(next endpoint.Endpoint) endpoint.Endpoint { return next }
	}
	reconcile.Routes(mux, reconcile.NewEndpoints(s, none), func(next http.Handler) http.Handler {
		return set.console(&by, log, next)
	}, httpkit.LogTo(log))
	return mux, nil
}

// noPapers stands where nobody opened the key of documents.
type noPapers struct{}

// Put keeps nothing.
func (noPapers) Put([]byte) (documents.Document, error) {
	return documents.Document{}, errors.New("documents are sealed: attach with jate attach")
}

// command gives a command and returns the answer's body.
func (b *remote) command(ctx context.Context, path, key string, body map[string]any) ([]byte, error) {
	return b.order(ctx, http.MethodPost, path, key, body)
}

// order is command with a method of HTTP.
func (b *remote) order(ctx context.Context, method, path, key string, body map[string]any) ([]byte, error) {
	for name, v := range body {
		if v == "" {
			delete(body, name) // what was not given
		}
	}
	var content []byte
	if body != nil { // some take none
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, b.server+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if err := b.authorize(r); err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	res, err := b.http.Do(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, remoteAnswerMax))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, refusedBy(res.StatusCode, answer)
	}
	return answer, nil
}

// refused is a problem document that a command was answered with.
type refused struct {
	status     int
	code, text string
}

func (r *refused) Error() string { return fmt.Sprintf("%d %.40s: %.500s", r.status, r.code, r.text) }

// refusedBy puts a problem document into one line.
func refusedBy(status int, body []byte) error {
	var p struct {
		Title, Code string
		Errors      []struct{ Location, Message string }
	}
	_ = json.Unmarshal(body, &p) // what is no problem has no title
	text := p.Title
	for _, e := range p.Errors {
		text += fmt.Sprintf(" [%s: %s]", e.Location, e.Message)
	}
	return &refused{status, p.Code, text}
}

// inProcess answers requests from a handler of this process.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answered{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

// answered keeps an answer.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header         { return a.header }
func (a *answered) WriteHeader(status int)      { a.status = status }
func (a *answered) Write(b []byte) (int, error) { return a.body.Write(b) }
