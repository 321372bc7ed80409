package handheld

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/voucher"
)

// busyLine is a server that refuses the first so many requests.
type busyLine struct {
	t      *testing.T
	refuse int
	answer func(http.ResponseWriter, *http.Request)
	retry  string // instead of the answer's own
	at     []time.Time
	bodies []string
}

func (b *busyLine) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	b.at, b.bodies = append(b.at, time.Now()), append(b.bodies, string(body))
	w := httptest.NewRecorder()
	if len(b.at) > b.refuse {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"ack":"signed"}`)
	} else {
		b.answer(w, r)
	}
	res := w.Result()
	if b.retry != "" {
		res.Header.Set("Retry-After", b.retry)
	}
	return res, nil
}

// A busy server is left alone for as long as it says, and then gets the same
// records again.
func TestClient_retryAfter(t *testing.T) {
	busy := func(w http.ResponseWriter, r *http.Request) { httpkit.WriteProblem(w, r, httpkit.ErrBusy) }
	rate := func(w http.ResponseWriter, r *http.Request) { httpkit.WriteProblem(w, r, httpkit.ErrRate) }
	wrong := func(w http.ResponseWriter, r *http.Request) { httpkit.WriteProblem(w, r, voucher.ErrBatch) }
	torn := func(w http.ResponseWriter, r *http.Request) { httpkit.WriteProblem(w, r, httpkit.ErrInternal) }
	for name, tt := range map[string]struct {
		refuse int
		answer func(http.ResponseWriter, *http.Request)
		retry  string // instead of the server's own
		sent   int
		least  time.Duration // between two requests
		kind   fault.Kind    // of the error, where there is one
	}{
		"busy twice":          {2, busy, "", 3, 2 * time.Second, 0},
		"too often":           {1, rate, "", 2, 20 * time.Second, 0},
		"busy for ever":       {99, busy, "7", 4, 7 * time.Second, fault.Unavailable},
		"busy until tomorrow": {99, busy, "86400", 1, 0, fault.Unavailable},
		"until a date":        {99, busy, "Wed, 21 Oct 2026 07:28:00 GMT", 1, 0, fault.Unavailable},
		"refused for good":    {99, wrong, "1", 1, 0, fault.Invalid},
		"torn":                {99, torn, "1", 1, 0, fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line := &busyLine{t: t, refuse: tt.refuse, answer: tt.answer, retry: tt.retry}
				c, err := NewClient("http://server", "en", &http.Client{Transport: line})
				if err != nil {
					t.Fatal(err)
				}
				a, err := c.Redeem(t.Context(), voucher.Redeem{Handheld: "h1", Records: []string{"r1", "r2"}})
				if ok := tt.kind == 0 && tt.refuse < 99; ok && (err != nil || a.Ack != "signed") || !ok && (err == nil || fault.KindOf(err) != tt.kind) {
					t.Errorf("%v, %v", a, err)
				}
				if len(line.at) != tt.sent {
					t.Fatalf("sent %d times, want %d", len(line.at), tt.sent)
				}
				for i := 1; i < len(line.at); i++ {
					if d := line.at[i].Sub(line.at[i-1]); d < tt.least || d > patience {
						t.Errorf("came back after %v", d)
					}
					if line.bodies[i] != line.bodies[0] {
						t.Errorf("sent %s, then %s", line.bodies[0], line.bodies[i])
					}
				}
			})
		})
	}
}

// Who cannot wait is not made to.
func TestClient_retryAfter_cancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &busyLine{t: t, refuse: 99, retry: "30", answer: func(w http.ResponseWriter, r *http.Request) {
			httpkit.WriteProblem(w, r, httpkit.ErrBusy)
		}}
		c, err := NewClient("http://server", "en", &http.Client{Transport: line})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Redeem(ctx, voucher.Redeem{Handheld: "h1"}); fault.KindOf(err) != fault.Unavailable || errors.Is(err, ErrNoNetwork) {
			t.Errorf("%v", err)
		}
		if d := time.Since(begin); d > time.Second || len(line.at) != 1 {
			t.Errorf("waited %v, sent %d times", d, len(line.at))
		}
	})
}
