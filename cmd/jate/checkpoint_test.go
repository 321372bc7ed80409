package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jate-cva/jate/ledger"
)

// While a witness is away commands go on and what is handed out stays cosigned;
// once it is back everything is covered again.
func TestCheckpoint_witnessAway(t *testing.T) {
	dir := office(t)
	set, err := readSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := newDonor(t, set.Checkpoint)
	at, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	var away atomic.Bool
	forward := httputil.NewSingleHostReverseProxy(at)
	way := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			http.Error(w, "away", http.StatusBadGateway)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	defer way.Close()
	s := openSite(t, dir, donor{vkey: d.vkey, url: way.URL})
	s.decide("a", "b")
	s.cosigned(d)
	before := s.stored()

	away.Store(true)
	s.decide("c")
	if err := s.checkpoint(t.Context()); err == nil || s.witnesses.Contradicted() != nil {
		t.Errorf("away: %v, %v", err, s.witnesses.Contradicted())
	}
	s.decide("d")
	if s.stored().Note != before.Note {
		t.Error("a checkpoint that nobody cosigned is handed out")
	}
	if ready := get(t, s.http.URL+"/readyz"); !strings.Contains(ready, `"ready"`) {
		t.Errorf("/readyz: %s", ready)
	}
	away.Store(false)
	for range 2 { // one attempt is left out after the failure
		if err := s.checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.cosigned(d)
	if s.stored().Size != before.Size+2 {
		t.Errorf("%d entries are covered", s.stored().Size)
	}
}

// Checkpoints cover no more than what was copied elsewhere, where that is asked
// for, and never less than they did.
func TestCheckpoint_after(t *testing.T) {
	dir := office(t)
	set, err := readSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	set.CheckpointAfter = "copied"
	b, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "jate.json"), string(b))
	s := openSite(t, dir)
	s.decide("a", "b", "c", "d", "e")
	covered := func() (size uint64) {
		t.Helper()
		err := s.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
			c, err := tx.Checkpoint()
			size = c.Size
			if size == 0 {
				return nil // there is none yet
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return size
	}
	for i, tt := range []struct {
		copied string
		want   uint64
	}{{"", 0}, {"0\n", 0}, {"2\n", 2}, {"3", 3}, {"1\n", 3}, {"100\n", 5}} {
		if i > 0 {
			write(t, filepath.Join(dir, "copied"), tt.copied)
		}
		if err := s.checkpoint(t.Context()); err != nil {
			t.Fatalf("copied %q: %v", tt.copied, err)
		}
		if got := covered(); got != tt.want {
			t.Errorf("copied %q: %d entries are covered, want %d", tt.copied, got, tt.want)
		}
	}
	write(t, filepath.Join(dir, "copied"), "five")
	if err := s.checkpoint(t.Context()); err == nil {
		t.Error("a number that is none was taken")
	}
}
