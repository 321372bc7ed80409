package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// shared is a buffer that one goroutine writes and another reads.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A visitor of the demo enrols a handheld with what it prints, has it activated
// with the token that it left, and sells against a card of the open round.
func TestDemo_visitor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	ctx, stop := context.WithCancel(t.Context())
	var out shared
	ended := make(chan error, 1)
	go func() {
		ended <- demoCommand(ctx, &environment{args: []string{"--households", "100", "--data", dir, "--listen", "127.0.0.1:0"},
			getenv: func(string) string { return "" }, stdout: &out, stderr: &shared{}})
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	}()
	said := waitFor(t, &out, ended, regexp.MustCompile(`(?s)trader +(http\S+).*for h in (\S+) .*The last five`))
	e, err := handheld.ParseEnrolment(said[1])
	if err != nil {
		t.Fatal(err)
	}
	store, err := handheld.OpenDir(filepath.Join(t.TempDir(), "phone"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	client, err := handheld.NewClient(e.Server, "fr", http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	device, err := handheld.Enrol(ctx, store, handheld.Config{Now: time.Now, Rand: rand.Reader}, client, e)
	if err != nil {
		t.Fatal(err)
	}
	activate(t, e.Server, dir, said[2])
	if err := device.FetchBundle(ctx, client); err != nil {
		t.Fatal(err)
	}
	secrets, err := readSecrets(ctx, dir, "r2.001", (&environment{getenv: func(string) string { return "" }}).passphrases(filepath.Join(dir, "passphrases")))
	if err != nil {
		t.Fatal(err)
	}
	scan := firstCard(t, filepath.Join(dir, "try-cards.pdf"))
	card, err := device.Look(scan)
	if err != nil {
		t.Fatal(err)
	}
	factor := voucher.Factor{}
	for _, l := range secrets.labels {
		if l.Serial == card.Serial.Printed() {
			factor.Secret = l.Secret
		}
	}
	for _, s := range secrets.slips {
		if s.Serials[0] == card.Serial.Printed() {
			factor.PIN = s.PIN
		}
	}
	sold, err := device.Sell(handheld.Sale{Scan: scan, Factor: factor,
		Lines: []voucher.Line{{Item: "rice", Quantity: fmt.Sprint(card.Value.Minor() / 500), Price: 500}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := device.Sync(ctx, client); err != nil {
		t.Fatal(err)
	}
	if got := device.Entries()[sold.Seq-1].State; got != voucher.Payable {
		t.Errorf("the sale is %s", got)
	}
}

// activate does what the demo tells a visitor to do with curl.
func activate(t *testing.T, server, dir, id string) {
	t.Helper()
	d := desk{t, t.TempDir(), strings.Replace(server, "127.0.0.1", "localhost", 1)}
	pass := filepath.Join(dir, "passphrases")
	d.run("phones", "login", "--passkey", filepath.Join(dir, "people", "second-phones.passkey"), "--passphrases", pass)
	token := d.run("phones", "login", "--print-token")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/api/v1/handhelds/"+id+"/activation", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", id)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("activation: %s, %v", res.Status, err)
	}
}

// firstCard reads one card of the paper, as a camera would.
func firstCard(t *testing.T, pdf string) string {
	t.Helper()
	toolcheck.Need(t, "pdftoppm", "zbarimg")
	page := filepath.Join(t.TempDir(), "page")
	if out, err := exec.Command("pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", "-l", "1", pdf, page).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	out, err := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", page+".png").Output()
	scan, _, _ := strings.Cut(string(out), "\n")
	if err != nil || scan == "" {
		t.Fatalf("zbarimg: %v, %q", err, out)
	}
	return scan
}

// waitFor returns what the demo said once it matches.
func waitFor(t *testing.T, out *shared, ended <-chan error, want *regexp.Regexp) []string {
	t.Helper()
	for deadline := time.After(2 * time.Minute); ; {
		if said := want.FindStringSubmatch(out.String()); said != nil {
			return said
		}
		select {
		case err := <-ended:
			t.Fatalf("the demo ended early: %v", err)
		case <-deadline:
			t.Fatal("the demo does not say how to sell")
		case <-time.After(50 * time.Millisecond):
		}
	}
}
