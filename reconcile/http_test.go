package reconcile_test

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// site is the service behind all its layers, as the server wires them.
type site struct {
	*world
	handler http.Handler
	log     bytes.Buffer
	metrics *prometheus.Registry
}

func newSite(t *testing.T, n int) *site {
	t.Helper()
	s := &site{world: newWorld(t, n), metrics: prometheus.NewRegistry()}
	counted, err := reconcile.Instrumenting(reconcile.Logging(s.s, slog.New(slog.NewTextHandler(&s.log, nil))), s.metrics)
	s.must(err)
	plain := func(string) endpoint.Middleware { return func(e endpoint.Endpoint) endpoint.Endpoint { return e } }
	mux := http.NewServeMux()
	reconcile.Routes(mux, reconcile.NewEndpoints(counted, plain), func(h http.Handler) http.Handler { return h })
	s.handler = mux
	return s
}

// call sends a request as a person and returns status, body and header.
func (s *site) call(by access.Actor, method, path, body string, header ...string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", s.Key())
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r.WithContext(access.NewContext(s.Context(), by)))
	return w
}

func (s *site) want(w *httptest.ResponseRecorder, status int) map[string]any {
	s.Helper()
	if w.Code != status {
		s.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	var v map[string]any
	s.must(json.Unmarshal(w.Body.Bytes(), &v))
	return v
}

// From an invoice to a case that is written off, over HTTP.
func TestRoutes(t *testing.T) {
	s := newSite(t, 6)
	s.sell("h1", s.cards[:2]...)
	twin := *s.Phones["h1"]
	s.sell("h1", s.cards[2])
	s.Phones["h1"] = &twin
	s.Send("h1", s.Sale("h1", s.cards[3]))
	claim := s.bring("v1", append(rows(s.cards[:2]...), row{s.cards[4].Printed(), 7_000, ""})...)

	m := s.want(s.call(monitor, "POST", "/api/v1/claims/"+string(claim.ID)+"/match", ""), 200)
	if lines := m["lines"].([]any); len(lines) != 3 || m["matched"].(map[string]any)["amount"] != "2000" {
		t.Errorf("match: %v", m)
	}
	got := s.want(s.call(approver, "POST", "/api/v1/claims/"+string(claim.ID)+"/acceptance-of-matched", `{"vendor_proof":""}`), 200)
	if got["state"] != string(vendors.ClaimAccepted) || got["accepted"].(map[string]any)["amount"] != "2000" {
		t.Errorf("acceptance: %v", got)
	}
	r := s.want(s.call(auditor, "GET", "/api/v1/reconciliation?round=r1", ""), 200)
	if len(r["matches"].([]any)) != 2 || len(r["exceptions"].([]any)) != 2 || len(r["findings"].([]any)) != 2 || r["ties"] != true {
		t.Errorf("report: %v", r)
	}
	quick := s.want(s.call(auditor, "GET", "/api/v1/reconciliation?round=r1&findings=no", ""), 200)
	if found, said := quick["findings"]; !said || found != nil || len(quick["matches"].([]any)) != 2 {
		t.Errorf("without findings: %v", quick)
	}
	s.want(s.call(auditor, "GET", "/api/v1/reconciliation?findings=some", ""), 400)
	var clone string
	for _, f := range r["findings"].([]any) {
		if f := f.(map[string]any); f["detector"] == "cloned-handheld" {
			clone = f["id"].(string)
		}
	}
	c := s.want(s.call(monitor, "POST", "/api/v1/cases", `{"vendor":"v1","round":"r1","findings":["`+clone+`"],"note":"seen at the office"}`), 201)
	path := "/api/v1/cases/" + c["id"].(string)
	c = s.want(s.call(preparer, "POST", path+"/freeze", `{}`), 200)
	if c["state"] != "frozen" || c["frozen"].(map[string]any)["amount"] != "1000" {
		t.Errorf("freeze: %v", c)
	}
	if w := s.call(approver, "POST", path+"/uphold", `{"digest":"00"}`); w.Code != 400 {
		t.Errorf("half a digest: %d %s", w.Code, w.Body)
	}
	s.want(s.call(preparer, "POST", path+"/vendor-asked", `{"until":"`+s.Clock.Now.Add(72*time.Hour).Format(time.RFC3339)+`"}`), 200)
	s.want(s.call(preparer, "POST", path+"/vendor-answer", `{"paper":"`+strings.Repeat("0a", 32)+`"}`), 200)
	c = s.want(s.call(judge, "POST", path+"/uphold", `{"digest":"`+c["digest"].(string)+`","note":"no stub"}`), 200)
	if c["state"] != "upheld" || c["note"] != "no stub" {
		t.Errorf("uphold: %v", c)
	}
	if digest, err := hex.DecodeString(c["digest"].(string)); err != nil || len(digest) != 32 {
		t.Errorf("digest %v", c["digest"])
	}
	s.want(s.call(auditor, "GET", path, ""), 200)
	if list := s.want(s.call(auditor, "GET", "/api/v1/cases?limit=1", ""), 200); len(list["items"].([]any)) != 1 {
		t.Errorf("list: %v", list)
	}

	t.Run("the audit log and counters know it, without a serial", func(t *testing.T) {
		for _, want := range []string{"accept matched lines", "reconciled", "open case", "freeze", "uphold", "ask trader", "answer of trader", "actor=p-judge"} {
			if !strings.Contains(s.log.String(), want) {
				t.Errorf("the log has no %q", want)
			}
		}
		for _, card := range s.cards {
			if strings.Contains(s.log.String(), string(card)) {
				t.Errorf("the log names serial %s", card)
			}
		}
		err := testutil.GatherAndCompare(s.metrics, strings.NewReader(`
# HELP jate_reconcile_cases_total Cases that came into a state.
# TYPE jate_reconcile_cases_total counter
jate_reconcile_cases_total{state="frozen"} 1
jate_reconcile_cases_total{state="open"} 1
jate_reconcile_cases_total{state="upheld"} 1
# HELP jate_reconcile_runs_total Reconciliations, by whether their totals equal the ledger.
# TYPE jate_reconcile_runs_total counter
jate_reconcile_runs_total{ties="true"} 2
`), "jate_reconcile_cases_total", "jate_reconcile_runs_total")
		if err != nil {
			t.Error(err)
		}
	})
}

// Who lacks the role is refused at every route, whatever the service does.
func TestRoutes_roles(t *testing.T) {
	s := newSite(t, 1)
	nobody := person("nobody", access.RoleRegistrar, access.RoleAdministrator)
	for _, route := range []string{"GET /api/v1/reconciliation", "GET /api/v1/reconciliation.csv", "POST /api/v1/claims/c1/match",
		"POST /api/v1/claims/c1/acceptance-of-matched", "POST /api/v1/cases", "GET /api/v1/cases", "GET /api/v1/cases/k1",
		"POST /api/v1/cases/k1/freeze", "POST /api/v1/cases/k1/release", "POST /api/v1/cases/k1/uphold"} {
		method, path, _ := strings.Cut(route, " ")
		body := ""
		if method == "POST" && !strings.HasSuffix(path, "match") {
			body = `{}`
		}
		if strings.HasSuffix(path, "uphold") {
			body = `{"digest":"` + strings.Repeat("00", 32) + `"}`
		}
		if w := s.call(nobody, method, path, body); w.Code != 403 {
			t.Errorf("%s: %d %s", route, w.Code, w.Body)
		}
		if w := s.call(access.Actor{}, method, path, body); w.Code != 401 {
			t.Errorf("%s without a login: %d", route, w.Code)
		}
	}
}

// The report leaves as CSV, XLSX and text, and no cell of it is a formula.
func TestRoutes_forms(t *testing.T) {
	s := newSite(t, 4)
	s.sell("h1", s.cards[:2]...)
	s.sell("h2", s.cards[2])
	claim := s.bring("v1", row{s.cards[0].Printed(), 1_000, ""}, row{"=HYPERLINK(1)", 4_000, ""})
	s.bill("v2")
	want := [][]string{
		{"v1", "independent", string(claim.ID), string(s.cards[0]), "matched", "1000", "1000"},
		{"v1", "independent", string(claim.ID), "=HYPERLINK(1)", "unknown-serial", "4000", ""},
		{"v1", "", "", string(s.cards[1]), "redeemed-not-claimed", "", "1000"},
		{"v2", "self-billed", "", string(s.cards[2]), "matched", "1000", "1000"},
	}
	chosen := func(row []string) []string {
		row = append(row, make([]string, 17-len(row))...)
		out := []string{row[0], row[3], row[4], row[6], row[7], row[9], row[10]}
		if out[1] == "self-billed" {
			out[2] = ""
		}
		return out
	}

	t.Run("CSV", func(t *testing.T) {
		w := s.call(auditor, "GET", "/api/v1/reconciliation.csv?round=r1", "")
		if w.Header().Get("Content-Disposition") != `attachment; filename=reconciliation-mopti-r1.csv` {
			t.Errorf("header %v", w.Header())
		}
		all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
		s.must(err)
		var got [][]string
		for _, r := range all[1:] {
			got = append(got, chosen(r))
		}
		safe := [][]string{want[0], append([]string{}, want[1]...), want[2], want[3]}
		safe[1][3] = "'=HYPERLINK(1)"
		if diff := cmp.Diff(safe, got); diff != "" {
			t.Error(diff)
		}
		if byHeader := s.call(auditor, "GET", "/api/v1/reconciliation?round=r1", "", "Accept", "text/csv"); byHeader.Body.String() != w.Body.String() {
			t.Error("the Accept header gives something else")
		}
	})
	t.Run("XLSX", func(t *testing.T) {
		w := s.call(auditor, "GET", "/api/v1/reconciliation.xlsx", "")
		f, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
		s.must(err)
		if diff := cmp.Diff([]string{"totals", "lines", "findings"}, f.GetSheetList()); diff != "" {
			t.Error(diff)
		}
		all, err := f.GetRows("lines")
		s.must(err)
		var got [][]string
		for _, r := range all[1:] {
			got = append(got, chosen(r))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if formula, err := f.GetCellFormula("lines", "G3"); err != nil || formula != "" {
			t.Errorf("a formula %q, %v", formula, err)
		}
		if kind, err := f.GetCellType("lines", "J2"); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
			t.Errorf("the amount is a cell of type %v, %v", kind, err)
		}
		totals, err := f.GetRows("totals")
		s.must(err)
		if diff := cmp.Diff([]string{"v1", "r1", "", "2000", "0", "5000", "1000", "1000"}, totals[1][:8]); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("text in two languages", func(t *testing.T) {
		for lang, wants := range map[string][]string{
			"en": {"The totals equal the ledger's balances.", "unknown serial", "not a card number", "5,000"},
			"fr": {"Les totaux égalent les soldes du grand livre.", "numéro inconnu", "ce n'est pas un numéro de carte", "5\u202f000"},
		} {
			text := s.call(auditor, "GET", "/api/v1/reconciliation.txt?round=r1&lang="+lang, "").Body.String()
			for _, want := range wants {
				if !strings.Contains(text, want) {
					t.Errorf("%s: no %q in\n%s", lang, want, text)
				}
			}
			for line := range strings.Lines(text) {
				if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
					t.Errorf("%s: blanks at the end of %q", lang, line)
				}
			}
		}
		if french := s.call(auditor, "GET", "/api/v1/reconciliation.txt", "", "Accept-Language", "fr-ML,fr;q=0.9").Body.String(); !strings.HasPrefix(french, "Rapprochement de mopti, tous les cycles") {
			t.Errorf("got %.60q", french)
		}
	})
	t.Run("what is not on offer", func(t *testing.T) {
		for path, want := range map[string]int{"/api/v1/reconciliation?round=r9": 404, "/api/v1/reconciliation?lang=bm": 400, "/api/v1/reconciliation?x=1": 400} {
			if w := s.call(auditor, "GET", path, ""); w.Code != want {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
}

// A writer that fails is told of, in every form.
func TestWrite_fails(t *testing.T) {
	w := newWorld(t, 2)
	w.sell("h1", w.cards...)
	r := w.run()
	for name, write := range map[string]func(io.Writer) error{
		"json": func(o io.Writer) error { return reconcile.WriteJSON(o, r) },
		"csv":  func(o io.Writer) error { return reconcile.WriteCSV(o, r, "en") },
		"xlsx": func(o io.Writer) error { return reconcile.WriteXLSX(o, r, "en") },
		"text": func(o io.Writer) error { return reconcile.WriteText(o, r, "en") },
	} {
		if write(broken{}) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
