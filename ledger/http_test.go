package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-kit/kit/endpoint"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

func equal[V any](t testing.TB, want, got V) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{}, money.Amount{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func view(t testing.TB, s ledger.Store, fn func(ledger.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// serve is the whole handler; the caller is who X-Role says, and only finance
// reads statements of households.
func serve(t *testing.T, store ledger.Store, log io.Writer) http.Handler {
	t.Helper()
	s, err := ledger.Instrumenting(ledger.Logging(ledger.New(store), httpkit.NewLogger(log, slog.LevelInfo)), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	type roleKey struct{}
	denied := fault.New(fault.Denied, "role_missing", "No.", "Non.")
	who := func(ctx context.Context) (ledger.Actor, error) {
		role, ok := ctx.Value(roleKey{}).(string)
		if !ok {
			return ledger.Actor{}, errors.New("nobody")
		}
		return ledger.Actor{Role: role, Name: "p7"}, nil
	}
	guard := func(method string) endpoint.Middleware {
		return func(next endpoint.Endpoint) endpoint.Endpoint {
			return func(ctx context.Context, request any) (any, error) {
				a, err := who(ctx)
				if err != nil {
					return nil, err
				}
				if method == ledger.MethodHouseholdStatement && a.Role != "finance-approver" {
					return nil, denied
				}
				return next(ctx, request)
			}
		}
	}
	staff := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), roleKey{}, r.Header.Get("X-Role"))))
		})
	}
	mux := http.NewServeMux()
	ledger.Routes(mux, ledger.NewEndpoints(s, guard), staff, who)
	return httpkit.Routes(mux)
}

// Each route answers with its wire form, and refuses what is out of bounds
// with a problem.
func TestRoutes(t *testing.T) {
	store, _ := filled(t)
	var log bytes.Buffer
	h := serve(t, store, &log)
	for _, c := range []struct {
		name, role, line, body string
		status                 int
		want                   string // a part of the answer
	}{
		{"a vendor", "auditor", "GET /vendors/v1/statement?limit=1", "", 200,
			`"kind":"redeem","round":"r1","account":"vendor:v1:redeemed","other":"vouchers:r1","amount":{"amount":"5000","asset":"XOF/0"},"balance":{"amount":"5000","asset":"XOF/0"}`},
		{"a page's cursor", "auditor", "GET /vendors/v1/statement?limit=1", "", 200, `"next":"`},
		{"a round", "auditor", "GET /rounds/r1/statement", "", 200, `"account":"round:r1","other":"fund:f1"`},
		{"a fund", "auditor", "GET /funds/f1/statement", "", 200, `"account":"fund:f1"`},
		{"a household, to finance", "finance-approver", "GET /beneficiaries/h2/statement", "", 200, `"account":"beneficiary:h2:S000000000000002"`},
		{"a household, to others", "auditor", "GET /beneficiaries/h2/statement", "", 403, `"code":"role_missing"`},
		{"a round's sums", "auditor", "GET /rounds/r1/sums", "", 200, `"outstanding":{"amount":"20000","asset":"XOF/0"}`},
		{"the trial balance", "auditor", "GET /trial-balance", "", 200, `{"account":"bank:b1","debit":{"amount":"100000","asset":"XOF/0"},"credit":{"amount":"0","asset":"XOF/0"}}`},
		{"leaves", "auditor", "GET /journal?from=3&limit=1", "", 200, `{"items":[{"seq":"3","leaf":"{\"actor\":`},
		{"the checkpoint", "auditor", "GET /checkpoint", "", 200, `"note":"ngo.example/test\n15\n`},
		{"an inclusion", "auditor", "GET /proofs/inclusion?entry=3&size=4", "", 200, `"entry":"3","size":"4",`},
		{"a consistency", "auditor", "GET /proofs/consistency?old=3&new=4", "", 200, `"old":"3","new":"4",`},
		{"late entries", "auditor", "GET /late", "", 200, `{"items":[]}`},
		{"a cursor of something else", "auditor", "GET /late?cursor=eHl6", "", 400, `"code":"query_invalid"`},
		{"a number that is none", "auditor", "GET /proofs/inclusion?entry=-1", "", 400, `"code":"query_invalid"`},
		{"an entry that is not yet", "auditor", "GET /proofs/inclusion?entry=99", "", 404, `"code":"ledger_not_found"`},
		{"an id that is none", "auditor", "GET /vendors/a%3Ab/statement", "", 400, `"code":"ledger_query"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			method, path, _ := strings.Cut(c.line, " ")
			r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1/ledger"+path, strings.NewReader(c.body))
			r.Header.Set("X-Role", c.role)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", strings.ReplaceAll(c.name, " ", "-"))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s\nwant %d with %s", w.Code, w.Body, c.status, c.want)
			}
		})
	}
	if got := log.String(); !strings.Contains(got, "household statement read") ||
		strings.Contains(got, "h2") || strings.Contains(got, "S00000") {
		t.Errorf("the audit log:\n%s", got)
	}
}

// A leaf survives the journey: what a client decodes is what was hashed.
func TestRoutes_leafBytes(t *testing.T) {
	store, _ := filled(t)
	w := httptest.NewRecorder()
	serve(t, store, io.Discard).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/ledger/journal", nil))
	var page struct{ Items []struct{ Leaf string } }
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	view(t, store, func(tx ledger.Tx) error {
		size, err := tx.Size()
		if err != nil || uint64(len(page.Items)) != size {
			t.Fatalf("%d leaves of %d, %v", len(page.Items), size, err)
		}
		for seq, i := range page.Items {
			leaf, err := tx.Leaf(uint64(seq))
			if err != nil {
				return err
			}
			equal(t, string(leaf), i.Leaf)
		}
		return nil
	})
}
