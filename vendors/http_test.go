package vendors_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-kit/kit/endpoint"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
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
	s := &site{world: newWorld(t), registry: prometheus.NewRegistry()}
	log := httpkit.NewLogger(&s.log, slog.LevelInfo)
	var err error
	s.authority, err = access.NewAuthority("https://jate.example.org",
		access.Keys{Access: handheldKey(9), Pseudonym: bytes.Repeat([]byte{2}, 32)}, s.clock)
	s.must(err)
	service, err := vendors.Instrumenting(vendors.Logging(s.s, log), s.registry)
	s.must(err)
	observer, err := httpkit.NewObserver(s.registry, log, nil)
	s.must(err)
	e := vendors.NewEndpoints(service, func(method string) endpoint.Middleware { return observer.Service("vendors")(method) })
	mux := http.NewServeMux()
	vendors.Routes(mux, e, func(next http.Handler) http.Handler {
		return httpkit.Authenticated(s.authority.Authenticate, log, next)
	}, httpkit.LogTo(log))
	s.server = httptest.NewServer(httpkit.Routes(mux))
	t.Cleanup(s.server.Close)
	return s
}

func (s *site) token(a access.Actor) string {
	s.Helper()
	token, err := s.authority.Mint(access.Grant{Staff: a.ID, Programme: a.Programme, Roles: a.Roles})
	s.must(err)
	return token
}

type reply struct {
	testing.TB
	status int
	body   string
}

// call sends a request as an actor: "POST /vendors" with a JSON body. The zero
// actor has no token. Commands get a new key.
func (s *site) call(a access.Actor, line, body string) reply {
	s.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(s.Context(), method, s.server.URL+"/api/v1"+path, strings.NewReader(body))
	s.must(err)
	if a.ID != "" {
		r.Header.Set("Authorization", "Bearer "+s.token(a))
	}
	if method != http.MethodGet {
		r.Header.Set("Idempotency-Key", s.key())
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.server.Client().Do(r)
	s.must(err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	s.must(err)
	return reply{s.TB, answer.StatusCode, string(b)}
}

// ok requires a status and reads the answer.
func (r reply) ok(status int) map[string]any {
	r.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); r.status != status || err != nil {
		r.Fatalf("%d %s", r.status, r.body)
	}
	return v
}

// refused requires a problem with the code.
func (r reply) refused(status int, code string) {
	r.Helper()
	var p httpkit.Problem
	if err := json.Unmarshal([]byte(r.body), &p); r.status != status || p.Code != code || err != nil {
		r.Errorf("%d %s, want %d %s", r.status, r.body, status, code)
	}
}

const vendorBody = `{"id":"v1","name":"Boutique Diarra","zone":"mopti","contract":{"from":"2026-01-01T00:00:00Z","until":"2027-01-01T00:00:00Z",
	"categories":["food"],"charges":[{"name":"commission","permille":10}],"payment":{"method":"mobile-money","provider":"orange","alias":"70000001"},
	"screening":{"on":"2026-01-01T00:00:00Z","result":"clear"},"declared_on":"2026-01-01T00:00:00Z"}}`

// The story of one trader over HTTP, with real tokens.
func TestHTTP(t *testing.T) {
	s := newSite(t)
	s.call(manager, "PUT /zones/mopti", `{"policy":{"degraded_hours":1080,"floor":{"amount":"5000","asset":"XOF/0"}}}`).ok(200)
	if v := s.call(manager, "POST /vendors", vendorBody).ok(201); v["id"] != "v1" || v["contract"].(map[string]any)["screening"].(map[string]any)["by"] == "" {
		t.Errorf("%v", v)
	}
	s.call(manager, "POST /vendors/v1/prices", `{"items":[{"code":"rice","category":"food","name_en":"Rice","name_fr":"Riz","unit":"RICE-KG/2","ceiling":{"amount":"400","asset":"XOF/0"}}]}`).ok(201)
	if v := s.call(preparer, "GET /vendors/v1/prices", "").ok(200); v["version"] != 1.0 {
		t.Errorf("%v", v)
	}

	inv := s.call(manager, "POST /handhelds", `{"purpose":"sales","vendor":"v1"}`).ok(201)
	h := inv["handheld"].(map[string]any)["id"].(string)
	cmd := enrolment(inv["code"].(string), handheldKey(1))
	b64 := base64.RawURLEncoding.EncodeToString
	body := fmt.Sprintf(`{"code":%q,"public_key":%q,"signature":%q}`, cmd.Code, b64(cmd.PublicKey), b64(cmd.Signature))
	if e := s.call(access.Actor{}, "POST /enrolments", body).ok(201); e["handheld"] != h || e["nonce"] == "" || e["state"] != "enrolled" {
		t.Errorf("%v", e)
	}
	s.call(access.Actor{}, "POST /enrolments", strings.Replace(body, cmd.Code[:5], "AAAAA", 1)).refused(403, "enrolment_code")
	s.call(manager, "POST /handhelds/"+h+"/activation", `{}`).refused(403, "same_person")
	if v := s.call(manager2, "POST /handhelds/"+h+"/activation", `{}`).ok(200); v["state"] != "active" {
		t.Errorf("%v", v)
	}
	if v := s.call(manager, "GET /handhelds?limit=1", "").ok(200); len(v["items"].([]any)) != 1 {
		t.Errorf("%v", v)
	}

	first := s.francs("v1", 5000)
	claim := s.call(manager, "POST /claims", `{"vendor":"v1","round":"r1"}`).ok(201)["id"].(string)
	s.call(preparer, "POST /claims/"+claim+"/acceptance", `{}`).refused(400, "vendor_proof")
	if v := s.call(preparer, "POST /claims/"+claim+"/acceptance", `{"vendor_proof":"`+proof+`"}`).ok(200); v["state"] != "accepted" {
		t.Errorf("%v", v)
	}
	if v := s.call(preparer, "GET /claims/"+claim+"/lines", "").ok(200); v["items"].([]any)[0].(map[string]any)["serial"] != first.serial {
		t.Errorf("%v", v)
	}
	s.call(manager, "POST /vendors/v1/invoices?round=r1&number=F-1", "serie;montant\nX;-5\n").refused(400, "invoice_invalid")
	s.call(manager, "POST /vendors/v1/invoices?round=r1&number=F-1", "serie;montant\nX;5000\n").ok(201)

	st := s.call(preparer, "POST /settlements", `{"method":"mobile-money"}`).ok(201)
	id := st["id"].(string)
	s.call(approver, "POST /settlements/"+id+"/approval", `{"digest":"00"}`).refused(400, "body_malformed")
	s.call(approver, "POST /settlements/"+id+"/approval", `{"digest":"`+strings.Repeat("0", 64)+`"}`).refused(409, "settlement_changed")
	if v := s.call(approver, "POST /settlements/"+id+"/approval", `{"digest":"`+st["digest"].(string)+`"}`).ok(200); v["state"] != "ordered" || v["approved_by"] != s.authority.Pseudonym("mopti", "approver") {
		t.Errorf("%v", v)
	}
	file := s.call(preparer, "GET /settlements/"+id+"/payments.csv?template=mobile-money", "")
	if want := "22370000001;5050;" + id + "-1;Boutique Diarra"; file.status != 200 || !strings.Contains(file.body, want) {
		t.Errorf("%d %s", file.status, file.body)
	}
	s.call(preparer, "POST /settlements/"+id+"/results", string(resultFile("nobody;;ok;;"))).refused(400, "result_invalid")
	if v := s.call(preparer, "POST /settlements/"+id+"/results", string(resultFile(id+"-1;5050;ok;T1;"))).ok(200); v["paid"] != 1.0 {
		t.Errorf("%v", v)
	}
	if v := s.call(preparer, "GET /vendors/v1/summary", "").ok(200); fmt.Sprint(v["claimed"]) != "[map[amount:0 asset:XOF/0]]" {
		t.Errorf("%v", v)
	}
	a := s.call(preparer, "POST /advances", `{"vendor":"v1","amount":{"amount":"1000","asset":"XOF/0"},"permille":100}`).ok(201)
	if v := s.call(approver, "POST /advances/"+a["id"].(string)+"/approval", `{"digest":"`+a["digest"].(string)+`"}`).ok(200); v["state"] != "given" {
		t.Errorf("%v", v)
	}

	for _, want := range []string{"claim accepted", "settlement ordered", "payment results imported", "advance given", "handheld activated"} {
		if !strings.Contains(s.log.String(), `"msg":"`+want+`"`) {
			t.Errorf("no line %q in the log", want)
		}
	}
	for _, canary := range []string{cmd.Code, "70000001", "Diarra", first.serial} {
		if strings.Contains(s.log.String(), canary) {
			t.Errorf("%q is in the log", canary)
		}
	}
	if n, err := testutil.GatherAndCount(s.registry, "jate_claims_total", "jate_payments_total", "jate_claims_accepted_francs_total", "jate_handhelds_total"); err != nil || n < 7 {
		t.Errorf("%d series, %v", n, err)
	}
}

// Nobody gets in without a token, and no role gets further than it may.
func TestHTTP_Refuses(t *testing.T) {
	s := newSite(t)
	s.register("v1", 0)
	s.call(access.Actor{}, "GET /vendors", "").refused(401, "unauthenticated")
	s.call(access.Actor{}, "POST /vendors", vendorBody).refused(401, "unauthenticated")
	s.call(preparer, "POST /vendors", vendorBody).refused(403, "role_missing")
	s.call(manager, "POST /settlements", `{"method":"cash"}`).refused(403, "role_missing")
	s.call(person("x", "mopti", access.RoleAdministrator), "GET /claims", "").refused(403, "role_missing")
	s.call(person("x", "gao", access.RoleAuditor), "GET /vendors/v1", "").refused(404, "vendor_not_found")
	s.call(manager, "POST /vendors", `{"id":"v2","by":{"ID":"boss"}}`).refused(400, "body_malformed")
	s.call(manager, "POST /vendors", strings.Replace(vendorBody, `"result":"clear"`, `"result":"clear","by":"boss"`, 1)).refused(400, "body_malformed")
	s.call(manager, "GET /vendors?limit=1001", "").refused(400, "query_invalid")
	s.call(preparer, "GET /settlements/nothing", "").refused(404, "vendor_not_found")
	s.call(preparer, "GET /settlements/nothing/payments.csv?template=x", "").refused(400, "payment_template")
	t.Run("a command without a key", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.server.URL+"/api/v1/vendors", strings.NewReader(vendorBody))
		s.must(err)
		r.Header.Set("Authorization", "Bearer "+s.token(manager))
		answer, err := s.server.Client().Do(r)
		s.must(err)
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		s.must(err)
		reply{t, answer.StatusCode, string(b)}.refused(400, "idempotency_key")
	})
	t.Run("a file over its bound", func(t *testing.T) {
		s.call(manager, "POST /vendors/v1/invoices?round=r1", strings.Repeat("x", vendors.FileMax+1)).refused(400, "body_too_large")
	})
}
