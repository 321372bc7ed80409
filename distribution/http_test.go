package distribution_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/httpkit"
)

// site is the whole handler as it is served, over a world.
type site struct {
	*world
	server    *httptest.Server
	authority *access.Authority
	log       bytes.Buffer
	registry  *prometheus.Registry
}

func newSite(t testing.TB) *site {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	s := &site{world: newWorld(t), registry: prometheus.NewRegistry()}
	log := httpkit.NewLogger(&s.log, slog.LevelInfo)
	var err error
	s.authority, err = access.NewAuthority("https://jate.example.org", access.Keys{Access: s.Root, Pseudonym: bytes.Repeat([]byte{2}, 32)}, s.Clock.Read)
	s.must(err)
	service, err := distribution.Instrumenting(distribution.Logging(s.service, log), s.registry)
	s.must(err)
	observer, err := httpkit.NewObserver(s.registry, log, nil)
	s.must(err)
	mux := http.NewServeMux()
	distribution.Routes(mux, distribution.NewEndpoints(service, observer.Service("distribution")), func(next http.Handler) http.Handler {
		return httpkit.Authenticated(s.authority.Authenticate, log, next)
	}, httpkit.LogTo(log))
	s.server = httptest.NewServer(httpkit.Routes(mux))
	t.Cleanup(s.server.Close)
	return s
}

type reply struct {
	testing.TB
	status int
	media  string
	body   string
}

// send sends a request as an actor; commands get a new key.
func (s *site) send(a access.Actor, line, media, body string) reply {
	s.t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+"/api/v1"+path, strings.NewReader(body))
	s.must(err)
	if a.ID != "" {
		token, err := s.authority.Mint(access.Grant{Staff: a.ID, Programme: a.Programme, Roles: a.Roles})
		s.must(err)
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if method != http.MethodGet {
		r.Header.Set("Idempotency-Key", s.Key())
		r.Header.Set("Content-Type", media)
	}
	res, err := s.server.Client().Do(r)
	s.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	s.must(err)
	return reply{s.t, res.StatusCode, res.Header.Get("Content-Type"), string(b)}
}

func (s *site) call(a access.Actor, line, body string) reply {
	s.t.Helper()
	return s.send(a, line, "application/json", body)
}

// into reads a reply that must have the status.
func (r reply) into(status int, v any) {
	r.Helper()
	if r.status != status {
		r.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.Fatalf("%v: %s", err, r.body)
	}
}

func (r reply) problem(status int, code string) {
	r.Helper()
	if r.status != status || !strings.Contains(r.body, fmt.Sprintf("%q:%q", "code", code)) {
		r.Errorf("status %d, want %d with %s: %s", r.status, status, code, r.body)
	}
}

// A whole round by HTTP: list, funds, lot, approval, issue, papers, close.
func TestRoutes(t *testing.T) {
	s := newSite(t)
	var report struct{ New, Changed, Same int }
	list := village("Konna", 6)
	s.send(registrar, "POST /lists?dry_run=true", "text/csv", list).into(200, &report)
	if report.New != 6 {
		t.Errorf("dry run %+v", report)
	}
	s.send(registrar, "POST /lists", "text/csv; charset=utf-8", list).into(200, &report)

	t.Run("a form with a mapping", func(t *testing.T) {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		s.must(w.WriteField("mapping", `{"Qui":"fullname"}`))
		part, err := w.CreateFormFile("file", "../../etc/passwd")
		s.must(err)
		_, err = part.Write([]byte("Qui;Commune;Village\nAwa Koné;Konna;Konna\n"))
		s.must(err)
		s.must(w.Close())
		s.send(registrar, "POST /lists", w.FormDataContentType(), form.String()).into(200, &report)
		if report.New != 1 {
			t.Errorf("form %+v", report)
		}
	})
	t.Run("no list lies about afterwards", func(t *testing.T) {
		left, err := os.ReadDir(os.TempDir())
		s.must(err)
		for _, f := range left {
			if strings.HasPrefix(f.Name(), "jate-list") {
				t.Errorf("%s was left behind", f.Name())
			}
		}
	})
	s.send(registrar, "POST /lists", "application/json", "{}").problem(400, "upload_invalid")
	s.send(registrar, "POST /lists", "text/csv", "a;b\n1;2\n").problem(400, "list_no_header")
	s.send(planner, "POST /lists", "text/csv", list).problem(403, "role_missing")
	s.send(access.Actor{}, "POST /lists", "text/csv", list).problem(401, "unauthenticated")

	s.call(planner, "PUT /points/pt", `{"name":"Konna","zone":"z1","villages":["Konna/Konna"]}`).into(200, nil)
	s.call(preparer, "POST /funds", `{"id":"echo","name":"Emergency","donor":"ECHO","pledged":{"amount":"1000.00","asset":"EUR/2"}}`).into(201, nil)
	s.call(preparer, "POST /funds/echo/receipts", `{"donor":{"amount":"1000.00","asset":"EUR/2"},"xof":{"amount":"655957","asset":"XOF/0"},"bank":"bdm","on":"2025-02-01T00:00:00Z"}`).into(201, nil)
	var funds struct{ Items []struct{ Rate string } }
	s.call(finance, "GET /funds", "").into(200, &funds)
	if funds.Items[0].Rate != "655957/1000" {
		t.Errorf("rate %q", funds.Items[0].Rate)
	}
	s.call(planner, "POST /rounds", `{"id":"r","name":"March","asset":"XOF/0","mode":"S","rule":{"per_household":{"amount":"8000","asset":"XOF/0"},
		"denominations":[{"amount":"5000","asset":"XOF/0"},{"amount":"1000","asset":"XOF/0"}]},
		"opens":"2025-03-01T06:00:00Z","sales_end":"2025-03-31T06:00:00Z","grace_until":"2025-04-15T06:00:00Z"}`).into(201, nil)
	s.call(finance, "POST /rounds/r/allocations", `{"draws":[{"fund":"echo","vouchers":{"amount":"100000","asset":"XOF/0"}}]}`).into(201, nil)
	s.call(finance, "POST /rounds/r/allocations", `{"draws":[{"fund":"echo","vouchers":{"amount":"900000","asset":"XOF/0"}}]}`).problem(409, "budget_exceeded")
	var lot struct {
		ID, Digest, State string
		Vouchers          int
		Approvals         []struct{ By string }
	}
	s.call(planner, "POST /rounds/r/lots", `{"points":["pt"]}`).into(201, &lot)
	if lot.Vouchers != 28 || len(lot.Digest) != 64 {
		t.Errorf("lot %+v", lot)
	}
	s.call(planner, "POST /lots/"+lot.ID+"/issue", "").problem(409, "approvals_missing")
	s.call(approver, "POST /lots/"+lot.ID+"/approvals", `{"digest":"`+strings.Repeat("0", 64)+`"}`).problem(409, "lot_changed")
	s.call(approver, "POST /lots/"+lot.ID+"/approvals", `{"digest":"`+lot.Digest+`"}`).into(200, &lot)
	if lot.State != "approved" || len(lot.Approvals) != 1 || strings.Contains(lot.Approvals[0].By, "approver") {
		t.Errorf("approved %+v", lot)
	}
	s.call(planner, "POST /lots/"+lot.ID+"/issue", "").into(200, &lot)
	for _, paper := range []string{"/lots/" + lot.ID + "/cards.pdf?lang=fr", "/lots/" + lot.ID + "/handover.pdf?point=pt", "/lots/" + lot.ID + "/packing.pdf?point=pt", "/rounds/r/cards.pdf"} {
		r := s.call(planner, "GET "+paper, "")
		if r.status != 200 || r.media != "application/pdf" || !strings.HasPrefix(r.body, "%PDF") {
			t.Errorf("%s: %d %s", paper, r.status, r.media)
		}
	}
	s.call(planner, "GET /lots/"+lot.ID+"/handover.pdf?point=pt&names=true", "").problem(403, "role_missing")
	s.call(registrar, "GET /households?purpose=test&limit=2", "").into(200, nil)
	s.call(registrar, "GET /households", "").problem(400, "distribution_invalid")
	s.call(registrar, "POST /households/search", `{"phone":"+22375000001","purpose":"test"}`).into(200, nil)
	s.call(dpo, "POST /households/h0000000007/erasure", `{"reason":"asked"}`).into(204, nil)
	s.call(dpo, "GET /households/h0000000007?purpose=test", "").problem(410, "household_forgotten")
	s.call(planner, "POST /rounds/r/end-of-sales", "").problem(409, "round_state")
	var summary struct {
		Books []struct{ Issued struct{ Amount string } }
	}
	s.call(finance, "GET /rounds/r/summary", "").into(200, &summary)
	if summary.Books[0].Issued.Amount != "56000" {
		t.Errorf("summary %+v", summary)
	}
	if n := testutil.CollectAndCount(s.registry, "jate_lots_total"); n != 3 {
		t.Errorf("%d states of lots were counted", n)
	}
}

// Every route refuses who holds no role, and shows a stranger nothing.
func TestRoutes_roles(t *testing.T) {
	s := newSite(t)
	nobody := person("nobody")
	for _, line := range []string{
		"POST /programmes", "GET /programmes", "POST /funds", "GET /funds", "POST /funds/f/receipts", "POST /funds/f/return", "POST /funds/f/return/approval",
		"POST /lists", "GET /imports", "POST /imports/i/abandonment", "GET /duplicates", "POST /duplicates/a/b/decision", "POST /places",
		"GET /points", "GET /points/suggestions", "PUT /points/p", "GET /households", "GET /households/h", "POST /households/search", "POST /households/h/erasure",
		"POST /rounds", "GET /rounds", "POST /rounds/r/allocations", "POST /rounds/r/lots", "GET /rounds/r/lots", "POST /rounds/r/end-of-sales", "POST /rounds/r/close",
		"POST /rounds/r/return", "POST /rounds/r/return/approval", "GET /rounds/r/summary", "GET /rounds/r/cards.pdf",
		"GET /lots/l", "POST /lots/l/approvals", "POST /lots/l/issue", "POST /lots/l/inclusions", "GET /lots/l/cards.pdf", "GET /lots/l/handover.pdf", "GET /lots/l/packing.pdf",
	} {
		body, media := bodies(line)
		s.send(nobody, line, media, body).problem(403, "role_missing")
		s.send(access.Actor{}, line, media, body).problem(401, "unauthenticated")
	}
}

// bodies is a body that decodes, for each command.
func bodies(line string) (body, media string) {
	switch {
	case strings.HasSuffix(line, "/lists"), strings.HasSuffix(line, "/places"):
		return "Nom;Village\na;b\n", "text/csv"
	case strings.HasSuffix(line, "/approval"), strings.HasSuffix(line, "/approvals"):
		return `{"digest":"` + strings.Repeat("0", 64) + `"}`, "application/json"
	case strings.HasPrefix(line, "GET"), strings.HasSuffix(line, "/issue"), strings.HasSuffix(line, "/end-of-sales"), strings.HasSuffix(line, "/close"), strings.HasSuffix(line, "/abandonment"):
		return "", "application/json"
	}
	return "{}", "application/json"
}
