package feedback_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/httpkit"
)

// site is the service behind all its layers, as the server wires them.
type site struct {
	*world
	handler http.Handler
	log     bytes.Buffer
	metrics *prometheus.Registry
}

func newSite(t testing.TB, w *world) *site {
	t.Helper()
	s := &site{world: w, metrics: prometheus.NewRegistry()}
	log := httpkit.NewLogger(&s.log, slog.LevelDebug)
	counted, err := feedback.Instrumenting(w.s, s.metrics)
	w.must(err)
	observer, err := httpkit.NewObserver(s.metrics, log, nil)
	w.must(err)
	mux := http.NewServeMux()
	as := func(next http.Handler) http.Handler { return next }
	rationed := func(next http.Handler) http.Handler {
		return httpkit.Rationed(next, httpkit.Limits{Now: w.Clock.Read, PerSecond: 1.0 / 30, Burst: 3})
	}
	feedback.Routes(mux, feedback.NewEndpoints(feedback.Logging(counted, log), observer.Service("feedback")), as, rationed, httpkit.LogTo(log))
	s.handler = mux
	return s
}

// call sends a request as a person and returns status and body.
func (s *site) call(by access.Actor, method, path, body string) (int, string) {
	s.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", s.Key())
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r.WithContext(access.NewContext(s.Context(), by)))
	return w.Code, w.Body.String()
}

// What people say, and the code by which they ask, are in no log, metric or
// leaf, whatever is done or refused; and codes cannot be tried at will.
func TestRoutes_nothingLeaks(t *testing.T) {
	s := newSite(t, newWorld(t, 2, 1))
	const said = "Canari chante a Konna +22370001122"
	body := `{"channel":"sms","category":"price","text":"` + said + `","serials":["` + s.cards[0].Printed() + `"]}`
	status, answer := s.call(meal, "POST", "/api/v1/complaints", body)
	var recorded struct {
		Complaint struct{ ID string }
		Code      string
	}
	if err := json.Unmarshal([]byte(answer), &recorded); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, answer)
	}
	path := "/api/v1/complaints/" + recorded.Complaint.ID
	s.call(meal, "POST", "/api/v1/held-cards", `{"channel":"hotline","text":"`+said+`","serials":["`+s.cards[1].Printed()+`"]}`)
	for _, wrong := range []string{`{"channel":"sms","category":"weather","text":"` + said + `"}`, `{"text":"` + said + `","surprise":1}`, said} {
		if status, _ := s.call(meal, "POST", "/api/v1/complaints", wrong); status != http.StatusBadRequest {
			t.Errorf("%d for %s", status, wrong)
		}
	}
	s.call(meal, "POST", path+"/answer", `{"answer":"`+said+`"}`)
	if _, view := s.call(meal, "GET", path, ""); strings.Count(view, said) != 2 {
		t.Errorf("the view is %s", view)
	}
	if _, list := s.call(auditor, "GET", "/api/v1/complaints", ""); strings.Contains(list, "Canari") || !strings.Contains(list, recorded.Complaint.ID) {
		t.Errorf("the list is %s", list)
	}
	ask := `{"code":"` + recorded.Code + `"}`
	for try, want := range []int{200, 200, 200, 429} {
		if status, answer := s.call(access.Actor{}, "POST", "/api/v1/complaint-status", ask); status != want {
			t.Errorf("try %d: %d %s", try, status, answer)
		}
	}
	metrics := httptest.NewRecorder()
	promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}).ServeHTTP(metrics, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(metrics.Body.String(), `jate_complaints_total{category="price",channel="sms"} 1`) {
		t.Errorf("metrics:\n%s", metrics.Body)
	}
	if !strings.Contains(s.log.String(), recorded.Complaint.ID) {
		t.Errorf("the log has no audit line:\n%s", s.log.String())
	}
	for where, text := range map[string]string{"log": s.log.String(), "metrics": metrics.Body.String(), "journal": string(s.leaves())} {
		for _, secret := range []string{"Canari", "Konna", "70001122", recorded.Code, strings.ReplaceAll(recorded.Code, "-", ""), string(s.cards[0]), s.cards[0].Printed()} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s shows %q", where, secret)
			}
		}
	}
}
