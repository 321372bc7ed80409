package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
)

// A server answers its health, keeps others out of its folder, and when it is
// told to stop leaves a checkpoint over everything it was given.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	ask := func(name string) (string, error) { return "pass of " + name, nil }
	if err := makeFolder(dir, settings{Origin: "ngo.example/test", Issuer: "ngo", Development: true}, ask, 10); err != nil {
		t.Fatal(err)
	}
	a, err := openApp(appConfig{dir: dir, ask: ask, now: time.Now, random: rand.Reader, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	api, inside := listen(t), listen(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, a, api, inside) }()

	base := "http://" + api.Addr().String()
	for path, want := range map[string]string{base + "/livez": "alive", base + "/readyz": "ready",
		"http://" + inside.Addr().String() + "/metrics": "jate_store_commits_total"} {
		if body := get(t, path); !strings.Contains(body, want) {
			t.Errorf("%s answers %q, want %q in it", path, body, want)
		}
	}
	if res, err := http.Get(base + "/metrics"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("metrics on the API's own address: %v, %v", res.Status, err)
	}
	token, err := a.authority.Mint(access.Grant{Staff: "s1", Programme: "p1", Roles: []access.Role{access.RoleAdministrator}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/programmes", strings.NewReader(`{"name":"One"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"k1"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("a programme: %v, %v", res, err)
	}
	if _, _, err := openStore(dir, slog.New(slog.DiscardHandler)); !errors.Is(err, bolt.ErrInUse) {
		t.Errorf("a second opener: %v, want %v", err, bolt.ErrInUse)
	}

	stop()
	if err := errors.Join(<-ended, a.close()); err != nil {
		t.Fatal(err)
	}
	db, s, err := openStore(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := proofsOf(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify(t.Context(), db, p)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		c, err := tx.Checkpoint()
		if err == nil && (c.Size != r.Size || c.Size == 0) {
			t.Errorf("the last checkpoint covers %d of %d entries", c.Size, r.Size)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// get waits for no one: the listener queues the call until the server runs.
func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
