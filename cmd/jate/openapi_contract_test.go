package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/jate-cva/jate/access/staff"
)

const openapiFile = "../../openapi.yaml"

// contract stands on the line between the story and the server and holds both
// to openapi.yaml.
type contract struct {
	t      *testing.T
	doc    *openapi3.T
	router routers.Router
	next   http.RoundTripper

	canaries *canaries

	mu   sync.Mutex
	done map[string]*http.Request // the first success of each operation, with GetBody
}

func newContract(t *testing.T) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(openapiFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{t: t, doc: doc, router: router, next: http.DefaultTransport, canaries: newCanaries(), done: map[string]*http.Request{}}
}

// RoundTrip implements http.RoundTripper. Every answer must be one that the
// operation describes, and what the server takes must be described too.
func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = withBody(r, body)
	in, unfit := c.check(unpacked(c.t, r, body))
	if in == nil {
		return nil, unfit
	}
	res, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := readAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(answer))
	name := in.Route.Method + " " + in.Route.Path
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && len(token) > 40 {
		c.canaries.token(token)
	}
	if wrong := c.canaries.look(name, r.URL.String(), answer); len(wrong) > 0 {
		c.t.Errorf("%s: the answer %d gives away %v", name, res.StatusCode, wrong)
	}
	if missing := unsecured(res.Header); missing != "" || res.Header.Get("Cache-Control") != "no-store" {
		c.t.Errorf("%s: the answer %d lacks %s, or may be kept: %v", name, res.StatusCode, missing, res.Header)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: res.StatusCode, Header: res.Header, Options: in.Options}
	if err := openapi3filter.ValidateResponse(r.Context(), out.SetBodyBytes(answer)); err != nil {
		c.t.Errorf("%s: the answer %d is not as described: %v\n%s", name, res.StatusCode, err, shortly(answer))
	}
	if res.StatusCode >= http.StatusInternalServerError {
		c.t.Errorf("%s: %d\n%s", name, res.StatusCode, shortly(answer))
	}
	if res.StatusCode < http.StatusBadRequest {
		if unfit != nil {
			c.t.Errorf("%s: the server took what the description refuses: %v\n%s", name, unfit, shortly(body))
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.done[name] == nil {
			c.done[name] = r
		}
	}
	return res, nil
}

// unpacked returns the request as it is described: with a plain body.
func unpacked(t *testing.T, r *http.Request, body []byte) *http.Request {
	t.Helper()
	if r.Header.Get("Content-Encoding") != "gzip" {
		return withBody(r, body)
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return withBody(r, plain)
}

// check finds the operation of a request, and whether the request fits it.
func (c *contract) check(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		err = fmt.Errorf("%s %s is not described: %w", r.Method, r.URL.Path, err)
		c.t.Error(err)
		return nil, err
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
		AuthenticationFunc: authenticated, IncludeResponseStatus: true, SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true}}
	return in, openapi3filter.ValidateRequest(r.Context(), in)
}

// authenticated looks for what a security scheme asks for.
func authenticated(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	h := in.RequestValidationInput.Request.Header
	switch in.SecuritySchemeName {
	case "staff":
		if strings.HasPrefix(h.Get("Authorization"), "Bearer ") {
			return nil
		}
	case "session":
		if _, err := in.RequestValidationInput.Request.Cookie(staff.CookieName); err == nil {
			return nil
		}
	case "handheld":
		if h.Get(in.SecurityScheme.Name) != "" {
			return nil
		}
	}
	return errors.New("not authenticated")
}

// operations returns what the description has: "GET /livez" and its operation.
func (c *contract) operations() map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			all[method+" "+path] = op
		}
	}
	return all
}

// roles returns the roles that may call an operation, and whether it takes
// staff at all.
func roles(op *openapi3.Operation) (map[string]bool, bool) {
	allowed := map[string]bool{}
	for _, requirement := range *op.Security {
		for _, role := range requirement["staff"] {
			allowed[role] = true
		}
	}
	return allowed, len(allowed) > 0
}

// takesSession reports whether whoever is signed in may call an operation.
func takesSession(op *openapi3.Operation) bool {
	for _, requirement := range *op.Security {
		if _, ok := requirement["session"]; ok {
			return true
		}
	}
	return false
}

// takesKey reports whether an operation must have an Idempotency-Key.
func takesKey(op *openapi3.Operation) bool {
	key := op.Parameters.GetByInAndName(openapi3.ParameterInHeader, "Idempotency-Key")
	return key != nil && key.Required
}

func readAll(r io.ReadCloser) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

// withBody returns a copy of r that can be sent, and sent again.
func withBody(r *http.Request, body []byte) *http.Request {
	again := r.Clone(r.Context())
	again.ContentLength = int64(len(body))
	again.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	again.Body, _ = again.GetBody()
	if len(body) == 0 {
		again.Body = http.NoBody
	}
	return again
}

func shortly(b []byte) []byte { return b[:min(len(b), 2000)] }
