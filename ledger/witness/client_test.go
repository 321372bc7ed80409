package witness_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/witness"
)

var quiet = slog.New(slog.DiscardHandler)

// The statuses, types and bodies are those of C2SP tlog-witness.
func TestHandler(t *testing.T) {
	l := newLog(t, origin, letters(3)...)
	w, _, _ := fresh(t, l.key)
	srv := httptest.NewServer(w.Handler(quiet))
	defer srv.Close()
	forked := letters(5)
	forked[0] = "other"
	for _, tt := range []struct {
		name, body  string
		status      int
		media, want string
	}{
		{"an unknown log", string(newLog(t, "ngo.example/other", "x").body(0)), 404, "text/plain", ""},
		{"an unknown key", string(newLog(t, origin, "x").body(0)), 403, "text/plain", ""},
		{"no request", "old\n", 400, "text/plain", ""},
		{"too long", strings.Repeat("x", 1<<20), 400, "text/plain", ""},
		{"the first", string(l.body(0)), 200, "text/plain", "— donor.example/witness "},
		{"the first again from nothing", string(l.body(0)), 409, "text/x.tlog.size", "3\n"},
		{"another history", string(l.with(forked...).body(3)), 422, "text/plain", ""},
		{"another root", string(l.with(forked[:3]...).body(3)), 409, "text/x.tlog.size", "3\n"},
		{"the next", string(l.with(letters(5)...).body(3)), 200, "text/plain", "— donor.example/witness "},
		{"an older one", string(l.body(3)), 409, "text/x.tlog.size", "5\n"},
	} {
		res, err := http.Post(srv.URL+"/add-checkpoint", "", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
		if res.StatusCode != tt.status || media != tt.media || !bytes.HasPrefix(b, []byte(tt.want)) || tt.status == 409 && string(b) != tt.want {
			t.Errorf("%s: %d %s %q, want %d %s %q", tt.name, res.StatusCode, media, b, tt.status, tt.media, tt.want)
		}
	}
	for path, status := range map[string]int{"/add-checkpoint": 405, "/livez": 200, "/": 404} {
		res, err := http.Get(srv.URL + path)
		if err != nil || res.StatusCode != status || res.Body.Close() != nil {
			t.Errorf("GET %s: %d, %v, want %d", path, res.StatusCode, err, status)
		}
	}
}

// cosigners are new clients that know nothing of what their witnesses have.
func cosigners(t *testing.T, l *merkle, s *witness.Signer, urls ...string) (*witness.Cosigners, *prometheus.Registry) {
	t.Helper()
	var clients []*witness.Client
	for _, u := range urls {
		c, err := witness.NewClient(u, s.VerifierKey())
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	reg := prometheus.NewRegistry()
	c, err := witness.NewCosigners(clients, l.key, reg)
	if err != nil {
		t.Fatal(err)
	}
	return c, reg
}

// A server obtains cosignatures as its log grows, finds its place again after
// a restart, and learns from its witness that its history is another one.
func TestCosigners(t *testing.T) {
	l := newLog(t, origin, letters(3)...)
	w, s, _ := fresh(t, l.key)
	srv := httptest.NewServer(w.Handler(quiet))
	defer srv.Close()
	cosign := func(c *witness.Cosigners, l *merkle) (ledger.Checkpoint, error) {
		return c.Cosign(t.Context(), l.checkpoint(), l.prove)
	}
	c, _ := cosigners(t, l, s, srv.URL)
	for n := 3; n < 20; n++ {
		if n == 11 {
			c, _ = cosigners(t, l, s, srv.URL+"/")
		}
		if n == 11 && c.Began() {
			t.Error("a new server has not asked yet")
		}
		now := l.with(letters(n)...)
		got, err := cosign(c, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.OpenCheckpoint(got.Note, origin, l.key, verifier(t, s)); err != nil || got.Size != uint64(n) {
			t.Fatalf("%d entries: %v\n%s", n, err, got.Note)
		}
		if !c.Due() || !c.Began() {
			t.Error("the next one must wait")
		}
	}
	forked := letters(25)
	forked[3] = "other"
	for name, leaves := range map[string][]string{"rewritten": forked, "rewritten, as long": forked[:19],
		"rolled back": letters(10), "rolled back and rewritten": forked[:10]} {
		for _, restarted := range []bool{false, true} {
			// The server that was there, and one that knows nothing any more.
			c, reg := cosigners(t, l, s, srv.URL)
			if !restarted {
				if _, err := cosign(c, l.with(letters(19)...)); err != nil {
					t.Fatal(err)
				}
			}
			other := l.with(leaves...)
			got, err := c.Cosign(t.Context(), other.checkpoint(), func(old uint64) (tlog.TreeProof, error) {
				if old > uint64(len(leaves)) {
					return nil, errors.New("shorter than what was signed")
				}
				return other.prove(old)
			})
			if len(leaves) < 19 && !restarted {
				continue // its own notary has refused that before
			}
			if !errors.Is(err, witness.ErrContradicted) || got.Note != "" {
				t.Errorf("%s, restarted %v: %v", name, restarted, err)
			}
			if c.Due() || c.Contradicted() == nil {
				t.Errorf("%s: signs on", name)
			}
			if v := gauge(t, reg, "jate_witness_contradicted"); v != 1 {
				t.Errorf("%s: the metric says %v", name, v)
			}
		}
	}
}

// A witness that is away, strange or slow is no contradiction: the server tries
// again, less and less often, and hands out nothing that is not cosigned.
func TestCosigners_away(t *testing.T) {
	l := newLog(t, origin, letters(3)...)
	w, s, _ := fresh(t, l.key)
	up := httptest.NewServer(w.Handler(quiet))
	defer up.Close()
	answer := http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { http.Error(out, "no", 500) })
	other := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { answer(out, r) }))
	defer other.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	stranger := newSigner(t)
	for name, h := range map[string]http.HandlerFunc{
		"it failed":             func(out http.ResponseWriter, _ *http.Request) { http.Error(out, "no", 500) },
		"it knows no such log":  func(out http.ResponseWriter, _ *http.Request) { http.Error(out, "no", 404) },
		"an empty answer":       func(http.ResponseWriter, *http.Request) {},
		"no signature":          func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, "yes\n") },
		"sizes without an end":  sizes(2, 1, 2, 1, 2),
		"a conflict without":    func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(409) },
		"a conflict from where": sizes(0, 0),
		"elsewhere": func(out http.ResponseWriter, r *http.Request) {
			http.Redirect(out, r, up.URL+"/add-checkpoint", http.StatusTemporaryRedirect)
		},
		"a stranger's signature": func(out http.ResponseWriter, _ *http.Request) {
			b := signedBy(t, stranger, l.checkpoint().Note)
			_, _ = io.WriteString(out, b)
		},
	} {
		answer = h
		c, _ := cosigners(t, l, s, up.URL, other.URL)
		got, err := c.Cosign(t.Context(), l.checkpoint(), l.prove)
		if err == nil || got.Note != "" || errors.Is(err, witness.ErrContradicted) || c.Contradicted() != nil || c.Began() {
			t.Errorf("%s: %q, %v", name, got.Note, err)
		}
	}
	c, reg := cosigners(t, l, s, gone.URL)
	waited := []int{}
	for range 8 {
		if _, err := c.Cosign(t.Context(), l.checkpoint(), l.prove); err == nil {
			t.Fatal("cosigned by nobody")
		}
		n := 0
		for !c.Due() {
			n++
		}
		waited = append(waited, n)
	}
	for i, want := range []int{1, 3, 7, 15, 31, 63, 63, 63} {
		if waited[i] != want {
			t.Errorf("waited %v", waited)
		}
	}
	if n := gauge(t, reg, "jate_witness_failures_total"); n != 8 {
		t.Errorf("%v failures", n)
	}
}

// sizes answers conflicts, one after the other.
func sizes(all ...int) http.HandlerFunc {
	next := 0
	return func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(409)
		_, _ = io.WriteString(out, string(rune('0'+all[next%len(all)]))+"\n")
		next++
	}
}

func signedBy(t *testing.T, s *witness.Signer, text string) string {
	t.Helper()
	body, _, _ := strings.Cut(text, "\n\n")
	sig, err := s.Sign([]byte(body + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	id := binary.BigEndian.AppendUint32(nil, s.KeyHash())
	return "— " + s.Name() + " " + base64.StdEncoding.EncodeToString(append(id, sig...)) + "\n"
}

func gauge(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
