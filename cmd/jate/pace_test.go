package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
)

// An account is held to its rate from wherever it calls, and a handheld to its
// own once its signatures have shown whose the call is: nobody uses up what is
// another's by naming him.
func TestPace(t *testing.T) {
	t.Run("accounts", func(t *testing.T) {
		s := runServer(t, func(_ string, c *appConfig) { c.pace = pace{account: allowance{1e-9, 3}} })
		asks := func(role access.Role, token string) int {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+"/api/v1/ledger/checkpoint", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") == "" {
				t.Error("it does not say when to come back")
			}
			return res.StatusCode
		}
		for i := range 5 {
			// Each time with a token of its own: it is the person that counts.
			if got := asks(access.RoleMonitor, s.token(t, access.RoleMonitor)); (got == http.StatusTooManyRequests) != (i >= 3) {
				t.Errorf("call %d: %d", i, got)
			}
		}
		if got := asks(access.RoleAuditor, s.token(t, access.RoleAuditor)); got == http.StatusTooManyRequests {
			t.Error("another account is held too")
		}
	})
	t.Run("handhelds", func(t *testing.T) {
		l := newLoad(t, 2, httpkit.Capacity{})
		l.app.cfg.pace = pace{handheld: allowance{1e-9, 2}}
		l.app.registry = prometheus.NewRegistry() // the routes register their measures again
		if err := l.app.routes(); err != nil {
			t.Fatal(err)
		}
		l.server.Config.Handler = l.app.handler
		work := l.sell(t, 8, 1)
		status := func(u loadUpload) int {
			status, _, _, err := l.send(u)
			if err != nil {
				t.Fatal(err)
			}
			return status
		}
		// The second handheld sends the first one's name with records of its own.
		forged := work[1][0]
		forged.phone = l.phones[0]
		for range 5 {
			if got := status(forged); got != http.StatusOK {
				t.Fatalf("records of another: %d", got)
			}
		}
		for i, want := range []int{200, 200, 429} {
			if got := status(work[0][i]); got != want {
				t.Errorf("upload %d: %d, want %d", i, got, want)
			}
		}
		if got := status(work[1][0]); got != http.StatusOK {
			t.Errorf("another handheld is held too: %d", got)
		}
	})
}

// What is remembered of callers has a bound, and who was silent longest is
// forgotten first.
func TestRates(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	r := httpkit.NewRates[vendors.HandheldID](1, 1, 2)
	for _, step := range []struct {
		id    vendors.HandheldID
		after time.Duration
		spent bool
		allow bool
	}{
		{"a", 0, false, true},
		{"a", 0, true, false},
		{"b", 0, false, true},
		{"a", 0, true, false},
		{"c", 0, false, true}, // b goes
		{"a", 0, true, false},
		{"b", 0, false, true}, // c goes
		{"a", time.Second, false, true},
	} {
		now = now.Add(step.after)
		if got := r.Spent(step.id, now); got != step.spent {
			t.Errorf("%+v: spent %v", step, got)
		}
		if got := r.Allow(step.id, now); got != step.allow {
			t.Errorf("%+v: allowed %v", step, got)
		}
	}
}
