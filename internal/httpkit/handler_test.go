package httpkit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-kit/kit/endpoint"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
)

var errSpent = fault.New(fault.Conflict, "spent", "It is spent.", "C'est dépensé.")

type spend struct {
	ID, Key string
	Amount  string
}

type spent struct{ ID, Amount string }

type spentWire struct {
	Ident  string `json:"ident"`
	Amount string `json:"amount"`
}

func (s spentWire) Headers() http.Header {
	return http.Header{"Location": {"/spends/" + s.Ident}}
}

func decodeSpend(_ context.Context, r *http.Request) (cmd spend, err error) {
	type wire struct {
		Amount string `json:"amount"`
		Note   struct {
			Lines []int `json:"lines"`
		} `json:"note"`
	}
	if cmd.Key, err = httpkit.IdempotencyKey(r); err != nil {
		return cmd, err
	}
	if cmd.ID, err = httpkit.PathValue(r, "id"); err != nil {
		return cmd, err
	}
	b, err := httpkit.Body[wire](r)
	cmd.Amount = b.Amount
	return cmd, err
}

// server is the whole edge around one method, as cmd puts it together.
func server(t *testing.T, method func(context.Context, spend) (spent, error), opts ...httpkit.Option) (http.Handler, *bytes.Buffer, *prometheus.Registry) {
	t.Helper()
	var logged bytes.Buffer
	log := httpkit.NewLogger(&logged, slog.LevelInfo)
	reg := prometheus.NewRegistry()
	o, err := httpkit.NewObserver(reg, log, func(context.Context) string { return "abcdefgh" })
	if err != nil {
		t.Fatal(err)
	}
	e := httpkit.Present(httpkit.Wrap(method, o.Service("till")("spend")), func(s spent) spentWire {
		return spentWire{Ident: s.ID, Amount: s.Amount}
	})
	mux := http.NewServeMux()
	mux.Handle("POST /spends/{id}", httpkit.Handler(e, decodeSpend, http.StatusCreated, append(opts, httpkit.LogTo(log))...))
	return httpkit.Guard(httpkit.Routes(mux), log, httpkit.Limits{}), &logged, reg
}

func echo(_ context.Context, cmd spend) (spent, error) {
	return spent{ID: cmd.ID, Amount: cmd.Amount}, nil
}

func fails(err error) func(context.Context, spend) (spent, error) {
	return func(context.Context, spend) (spent, error) { return spent{}, err }
}

func post(h http.Handler, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "k-1")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func problem(t *testing.T, w *httptest.ResponseRecorder) httpkit.Problem {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type = %q, status %d, body %s", got, w.Code, w.Body)
	}
	var p httpkit.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != w.Code || p.Type != httpkit.TypeBase+p.Code || p.Reference == "" ||
		p.Reference != w.Header().Get("X-Request-Id") {
		t.Errorf("problem contradicts its answer: %+v, status %d, id %q", p, w.Code, w.Header().Get("X-Request-Id"))
	}
	return p
}

func TestHandler(t *testing.T) {
	h, logged, reg := server(t, echo)
	w := post(h, "/spends/7", `{"amount":"500"}`)
	if w.Code != http.StatusCreated || w.Body.String() != `{"ident":"7","amount":"500"}`+"\n" {
		t.Errorf("answer = %d %s", w.Code, w.Body)
	}
	for k, want := range map[string]string{"Location": "/spends/7", "Content-Type": "application/json",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := w.Header().Get(k); got != want {
			t.Errorf("%s = %q, want %q", k, got, want)
		}
	}
	if logged.Len() != 0 {
		t.Errorf("a call that worked is logged: %s", logged)
	}
	if got := observed(t, reg); !cmp.Equal(got, map[string]uint64{"till spend ok": 1}) {
		t.Errorf("observed %v", got)
	}
}

// observed counts the observations by service, method and outcome.
func observed(t *testing.T, reg *prometheus.Registry) map[string]uint64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, f := range families {
		if f.GetName() != "jate_request_duration_seconds" {
			t.Errorf("unexpected metric %s", f.GetName())
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			counts[labels["service"]+" "+labels["method"]+" "+labels["outcome"]] = m.GetHistogram().GetSampleCount()
		}
	}
	return counts
}

// within reports whether a Retry-After is between two numbers of seconds, or
// absent where there must be none.
func within(got, want string) bool {
	if want == "" {
		return got == ""
	}
	var n, low, high int
	_, err := fmt.Sscanf(got+" "+want, "%d %d to %d", &n, &low, &high)
	return err == nil && low <= n && n <= high
}

// Those who are refused together are not told to come back together.
func TestWriteProblem_spreads(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		w := httptest.NewRecorder()
		httpkit.WriteProblem(w, httptest.NewRequest("GET", "/", nil), httpkit.ErrBusy)
		seen[w.Header().Get("Retry-After")] = true
	}
	if len(seen) < 5 {
		t.Errorf("only %v", seen)
	}
}

// Every kind has its status, is measured under its name, and is logged in one
// line under the reference that the caller sees.
func TestHandler_Failures(t *testing.T) {
	secret := errors.New("open /srv/jate: disk on fire")
	for name, tt := range map[string]struct {
		err     error
		status  int
		code    string
		outcome string
		retry   string
	}{
		"an error without a kind is internal": {secret, 500, "internal", "internal", ""},
		"a wrapped error keeps its kind":      {fmt.Errorf("spend 7: %w", errSpent), 409, "spent", "conflict", ""},
		"a cancelled call may be repeated":    {context.Canceled, 503, "interrupted", "unavailable", "2 to 10"},
		"invalid":                             {fault.New(fault.Invalid, "c", "E.", "F."), 400, "c", "invalid", ""},
		"unauthenticated":                     {fault.New(fault.Unauthenticated, "c", "E.", "F."), 401, "c", "unauthenticated", ""},
		"denied":                              {fault.New(fault.Denied, "c", "E.", "F."), 403, "c", "denied", ""},
		"not found":                           {fault.New(fault.NotFound, "c", "E.", "F."), 404, "c", "not_found", ""},
		"gone":                                {fault.New(fault.Gone, "c", "E.", "F."), 410, "c", "gone", ""},
		"limited":                             {fault.New(fault.Limited, "c", "E.", "F."), 429, "c", "limited", "20 to 40"},
		"unavailable":                         {fault.New(fault.Unavailable, "c", "E.", "F."), 503, "c", "unavailable", "2 to 10"},
		"an internal fault hides its code":    {fault.New(fault.Internal, "torn", "E.", "F."), 500, "internal", "internal", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h, logged, reg := server(t, fails(tt.err))
			w := post(h, "/spends/7", `{}`)
			p := problem(t, w)
			if p.Status != tt.status || p.Code != tt.code || !within(w.Header().Get("Retry-After"), tt.retry) {
				t.Errorf("problem = %+v, Retry-After %q", p, w.Header().Get("Retry-After"))
			}
			if tt.status == 500 && strings.Contains(w.Body.String(), tt.err.Error()) {
				t.Errorf("the caller sees what is internal: %s", w.Body)
			}
			if got := observed(t, reg); !cmp.Equal(got, map[string]uint64{"till spend " + tt.outcome: 1}) {
				t.Errorf("observed %v", got)
			}
			lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
			var line map[string]any
			if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != 1 {
				t.Fatalf("want one line, got %q", lines)
			}
			want := map[string]any{"msg": "call failed", "service": "till", "method": "spend", "actor": "abcdefgh",
				"reference": p.Reference, "route": "POST /spends/{id}", "kind": tt.outcome, "code": tt.code}
			if tt.status == 500 || tt.status == 503 {
				want["error"] = tt.err.Error()
			}
			delete(line, "time")
			delete(line, "level")
			delete(line, "took")
			if diff := cmp.Diff(want, line); diff != "" {
				t.Errorf("line (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHandler_Language(t *testing.T) {
	h, _, _ := server(t, fails(errSpent.At("amount", "too much")))
	for accept, want := range map[string]string{
		"":                         "It is spent.",
		"fr-ML,fr;q=0.9,en;q=0.2":  "C'est dépensé.",
		"fr;q=0.1, en;q=0.9":       "It is spent.",
		"bm":                       "It is spent.",
		"fr;q=banana":              "It is spent.",
		strings.Repeat("fr,", 100): "It is spent.",
	} {
		w := post(h, "/spends/7", `{}`, "Accept-Language", accept)
		p := problem(t, w)
		if p.Title != want {
			t.Errorf("Accept-Language %.40q: %q, want %q", accept, p.Title, want)
		}
		if diff := cmp.Diff([]httpkit.ProblemField{{Location: "amount", Message: "too much"}}, p.Errors); diff != "" {
			t.Error(diff)
		}
	}
}

func TestBody(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	h, _, _ := server(t, echo, httpkit.MaxBody(300))
	for name, tt := range map[string]struct {
		body string
		want string // code, or "" where it is accepted
		says string
	}{
		"all fields":                    {`{"amount":"5","note":{"lines":[1,2]}}`, "", ""},
		"space around the value":        {" {\"amount\":\"5\"}\n", "", ""},
		"the same name in two objects":  {`{"amount":"1","note":{"lines":[]}}`, "", ""},
		"no body":                       {``, "body_malformed", "no value"},
		"two values":                    {`{}{}`, "body_malformed", "more than one"},
		"a value and rubbish":           {`{} x`, "body_malformed", ""},
		"an unknown field":              {`{"amount":"5","price":1}`, "body_malformed", "price"},
		"half a character":              {`{"amount":"\ud800"}`, "body_malformed", "half a character"},
		"a field given twice":           {`{"amount":"5","amount":"6"}`, "body_malformed", "twice"},
		"a field twice in another case": {`{"amount":"5","Amount":"6"}`, "body_malformed", "twice"},
		"a field twice in a long s":     {`{"note":{"lines":[1],"lineſ":[2]}}`, "body_malformed", "twice"},
		"a field twice further down":    {`{"note":{"lines":[1],"lines":[2]}}`, "body_malformed", "twice"},
		"twice after an object":         {`{"note":{"lines":[1]},"note":{}}`, "body_malformed", "twice"},
		"a field that is null":          {`{"amount":"5","note":{"lines":null}}`, "", ""},
		"null among numbers":            {`{"note":{"lines":[1,null]}}`, "body_malformed", "null"},
		"null in an array of arrays":    {`{"note":{"lines":[[1],[null]]}}`, "body_malformed", "null"},
		"a number for a string":         {`{"amount":5}`, "body_malformed", "number"},
		"not UTF-8":                     {"{\"amount\":\"\xff\"}", "body_malformed", "UTF-8"},
		"deep nesting":                  {deep, "body_malformed", "deeper"},
		"half a value":                  {`{"amount":"5"`, "body_malformed", ""},
		"too large":                     {`{"amount":"` + strings.Repeat("5", 300) + `"}`, "body_too_large", "300"},
		"a very long unknown field":     {`{"` + strings.Repeat("é", 140) + `":1}`, "body_malformed", "…"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(h, "/spends/7", tt.body)
			if tt.want == "" {
				if w.Code != http.StatusCreated {
					t.Fatalf("refused: %s", w.Body)
				}
				return
			}
			p := problem(t, w)
			if p.Code != tt.want || p.Status != 400 {
				t.Fatalf("problem = %+v", p)
			}
			if len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Message, tt.says) || len(p.Errors[0].Message) > 210 {
				t.Errorf("errors = %+v, want %q said", p.Errors, tt.says)
			}
		})
	}
	for _, media := range []string{"", "text/plain", "application/jsonx", "multipart/form-data; boundary=x", ";"} {
		if p := problem(t, post(h, "/spends/7", `{}`, "Content-Type", media)); p.Code != "content_type" {
			t.Errorf("content type %q: %+v", media, p)
		}
	}
	if w := post(h, "/spends/7", `{}`, "Content-Type", "application/json; charset=utf-8"); w.Code != 201 {
		t.Errorf("charset is refused: %s", w.Body)
	}
}

func TestIdempotencyKeyAndPath(t *testing.T) {
	h, _, _ := server(t, echo)
	for _, key := range []string{"", "a b", strings.Repeat("k", 129), "clé", "a\tb"} {
		if p := problem(t, post(h, "/spends/7", `{}`, "Idempotency-Key", key)); p.Code != "idempotency_key" {
			t.Errorf("key %q: %+v", key, p)
		}
	}
	if w := post(h, "/spends/7", `{}`, "Idempotency-Key", strings.Repeat("~", 128)); w.Code != 201 {
		t.Errorf("a key of 128 is refused: %s", w.Body)
	}
	r := httptest.NewRequest("POST", "/spends/7", nil)
	r.Header["Idempotency-Key"] = []string{"a", "b"}
	if _, err := httpkit.IdempotencyKey(r); !errors.Is(err, httpkit.ErrIdempotencyKey) {
		t.Errorf("two keys: %v", err)
	}
	for _, path := range []string{"/spends/%00", "/spends/" + strings.Repeat("7", 129), "/spends/%ff"} {
		if p := problem(t, post(h, path, `{}`)); p.Code != "path_unknown" {
			t.Errorf("%.20s: %+v", path, p)
		}
	}
}

func TestRoutes(t *testing.T) {
	h, _, _ := server(t, echo)
	if p := problem(t, post(h, "/nowhere", `{}`)); p.Code != "path_unknown" || p.Status != 404 {
		t.Errorf("problem = %+v", p)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("DELETE", "/spends/7", nil))
	if p := problem(t, w); p.Code != "method_not_allowed" || p.Status != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("problem = %+v, Allow %q", p, w.Header().Get("Allow"))
	}
}

func TestWrap(t *testing.T) {
	ctx := t.Context()
	t.Run("the first middleware is outermost", func(t *testing.T) {
		var order []string
		mark := func(name string) endpoint.Middleware {
			return func(next endpoint.Endpoint) endpoint.Endpoint {
				return func(ctx context.Context, request any) (any, error) {
					order = append(order, name)
					return next(ctx, request)
				}
			}
		}
		e := httpkit.Wrap(echo, mark("a"), mark("b"))
		if got, err := e(ctx, spend{ID: "7"}); err != nil || got.ID != "7" {
			t.Errorf("%v, %v", got, err)
		}
		if diff := cmp.Diff([]string{"a", "b"}, order); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an answer of another type is an error", func(t *testing.T) {
		e := httpkit.Wrap(echo, func(endpoint.Endpoint) endpoint.Endpoint {
			return func(context.Context, any) (any, error) { return 7, nil }
		})
		if _, err := e(ctx, spend{}); fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("an observed error is still itself", func(t *testing.T) {
		o, err := httpkit.NewObserver(prometheus.NewRegistry(), slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = httpkit.Wrap(fails(errSpent), o.Service("s")("m"))(ctx, spend{})
		if !errors.Is(err, errSpent) || err.Error() != errSpent.Error() {
			t.Errorf("err = %v", err)
		}
	})
}

func TestContent(t *testing.T) {
	serve := func(c httpkit.Content) http.Handler {
		return httpkit.Guard(httpkit.Handler(
			func(context.Context, struct{}) (httpkit.Content, error) { return c, nil },
			func(context.Context, *http.Request) (struct{}, error) { return struct{}{}, nil },
			http.StatusOK, httpkit.Within(1<<40)), slog.New(slog.DiscardHandler), httpkit.Limits{})
	}
	get := func(h http.Handler) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w
	}
	t.Run("it is written as it is", func(t *testing.T) {
		w := get(serve(httpkit.Content{Type: "text/csv; charset=utf-8", Filename: `é".csv`,
			Write: func(w io.Writer) error { _, err := io.WriteString(w, "a,b\n"); return err }}))
		if w.Code != 200 || w.Body.String() != "a,b\n" || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" ||
			w.Header().Get("Content-Disposition") != `attachment; filename*=utf-8''%C3%A9%22.csv` {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	})
	t.Run("a failure before the first byte is a problem", func(t *testing.T) {
		w := get(serve(httpkit.Content{Type: "text/csv", Filename: "a.csv", Write: func(io.Writer) error { return errSpent }}))
		if p := problem(t, w); p.Code != "spent" || w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%+v %v", p, w.Header())
		}
	})
	t.Run("a failure after it cuts the connection", func(t *testing.T) {
		s := httptest.NewServer(serve(httpkit.Content{Type: "text/csv", Write: func(w io.Writer) error {
			_, _ = io.WriteString(w, strings.Repeat("a,b\n", 10_000))
			return errSpent
		}}))
		defer s.Close()
		resp, err := http.Get(s.URL)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		if err == nil {
			t.Error("half an export looks whole")
		}
	})
}

// A content that leaves is told, with its digest, before its first byte; where
// that fails nothing leaves. What is too large for memory is the same.
func TestNoted(t *testing.T) {
	for _, lines := range []int{1, 3 << 20} {
		text := strings.Repeat("a,b\n", lines)
		var told []httpkit.Left
		var refuse error
		h := httpkit.Guard(httpkit.Handler(
			func(context.Context, struct{}) (httpkit.Content, error) {
				return httpkit.Content{Type: "text/csv", Leaving: httpkit.Leaving{Kind: "books", Form: "csv"}, Write: func(w io.Writer) error {
					for half := range strings.SplitSeq(text, text[:len(text)/2]) { // more than one write
						if _, err := io.WriteString(w, half+text[:len(text)/2]); err != nil {
							return err
						}
					}
					return nil
				}}, nil
			},
			func(context.Context, *http.Request) (struct{}, error) { return struct{}{}, nil },
			http.StatusOK, httpkit.Noted(func(_ context.Context, l httpkit.Left) error {
				told = append(told, l)
				return refuse
			})), slog.New(slog.DiscardHandler), httpkit.Limits{})
		get := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			return w
		}
		w := get()
		if len(told) != 1 || told[0].Kind != "books" || told[0].SHA256 != sha256.Sum256(w.Body.Bytes()) || told[0].Bytes != int64(w.Body.Len()) || w.Body.Len() < len(text) {
			t.Errorf("%d lines: told %v of %d bytes", lines, told, w.Body.Len())
		}
		refuse = errSpent
		if p := problem(t, get()); p.Code != "spent" {
			t.Errorf("%d lines left although nobody could write it down: %+v", lines, p)
		}
	}
}

func TestPageQuery(t *testing.T) {
	read := func(query string) (string, int, error) {
		return httpkit.PageQuery(httptest.NewRequest("GET", "/?"+query, nil), "state")
	}
	t.Run("a cursor leads back to its position", func(t *testing.T) {
		p := httpkit.NewPage([]int{1}, "round/7\x00é")
		after, limit, err := read("state=open&cursor=" + p.Next)
		if after != "round/7\x00é" || limit != httpkit.PageDefault || err != nil {
			t.Errorf("%q %d %v", after, limit, err)
		}
	})
	t.Run("the last page has no cursor", func(t *testing.T) {
		got, err := json.Marshal(httpkit.NewPage[int](nil, ""))
		if string(got) != `{"items":[]}` || err != nil {
			t.Errorf("%s %v", got, err)
		}
	})
	if _, limit, err := read("limit=1000"); limit != 1000 || err != nil {
		t.Errorf("limit=1000: %d %v", limit, err)
	}
	for _, query := range []string{"limit=0", "limit=1001", "limit=-1", "limit=x", "cursor=%25", "cursor=YR",
		"cursor=YQ%3D%3D", "page=2", "limit=1&limit=2", "limit=%zz", "state=" + strings.Repeat("s", 257)} {
		if _, _, err := read(query); !errors.Is(err, httpkit.ErrQuery) {
			t.Errorf("%.30s: %v", query, err)
		}
	}
}
