package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// counter is the real server over HTTP, and a shop's folder on the command line.
type counter struct {
	*vouchertest.World
	t       *testing.T
	vendors vendors.Service
	url     string
	dir     string
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t, dir: t.TempDir()}
	var db *mem.DB
	c.World = vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		db = mem.Open(now)
		return db.Vouchers()
	})
	var err error
	c.vendors, err = vendors.New(vendors.Config{Store: db.Vendors(), Rand: rand.Reader, Prover: access.TokenProver{Now: c.Clock.Read}})
	c.must(err)
	c.Clock.Now = vouchertest.Opens.Add(time.Hour)
	c.Update(func(tx voucher.Tx) error {
		return tx.PutPriceList(vendors.PriceList{Vendor: "v1", Version: 1, From: vouchertest.Opens, Items: []vendors.Item{
			{Code: "rice", Category: "food", NameEN: "Rice", NameFR: "Riz", Ceiling: money.Francs(500)}}})
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/keys", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	open := func(string) endpoint.Middleware {
		return func(next endpoint.Endpoint) endpoint.Endpoint { return next }
	}
	staff := func(http.Handler) http.Handler { return http.NotFoundHandler() }
	vendors.Routes(mux, vendors.NewEndpoints(c.vendors, open), staff)
	voucher.Routes(mux, voucher.NewEndpoints(c.Service, open), staff)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.url = server.URL
	b64 := base64.RawURLEncoding.EncodeToString
	c.write("trust", fmt.Sprintf(`{"root":"%s","beacon":"%s"}`, b64(c.Config().RootPublic), b64(c.Beacon.Public().(ed25519.PublicKey))))
	return c
}

func (c *counter) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) write(name, content string) {
	c.t.Helper()
	c.must(os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o600))
}

// jate runs a handheld command; DIR stands for the test's folder. It returns
// what was written to the output.
func (c *counter) jate(stdin, args string) (string, error) {
	c.t.Helper()
	var out, complaints bytes.Buffer
	env := map[string]string{"JATE_STATE": filepath.Join(c.dir, "state")}
	cli := &handheldCLI{getenv: func(k string) string { return env[k] }, stdin: strings.NewReader(stdin), stdout: &out, stderr: &complaints, now: c.Clock.Read}
	err := cli.run(context.Background(), strings.Fields(strings.ReplaceAll(args, "DIR", c.dir)))
	return out.String(), err
}

// says runs a command and compares what it says.
func (c *counter) says(stdin, args, want string) {
	c.t.Helper()
	got, err := c.jate(stdin, args)
	if err != nil || got != want {
		c.t.Fatalf("jate handheld %s\n%s%v\nwant\n%s", args, got, err, want)
	}
}

// refuses runs a command that must fail.
func (c *counter) refuses(stdin, args string, want *fault.Error) {
	c.t.Helper()
	if got, err := c.jate(stdin, args); !errors.Is(err, want) {
		c.t.Errorf("jate handheld %s: %q, %v, want %s", args, got, err, want.Code)
	}
}

// enrol enrols the test's folder and activates it as another person.
func (c *counter) enrol() vendors.HandheldID {
	c.t.Helper()
	actor := func(id string) access.Actor {
		return access.Actor{ID: id, Pseudonym: "p-" + id, Programme: "mopti", Roles: []access.Role{access.RoleHandheldManager}}
	}
	in, err := c.vendors.InviteHandheld(c.t.Context(), vendors.InviteHandheld{By: actor("s1"), Key: c.Key(), Purpose: vendors.ForSales, Vendor: "v1"})
	c.must(err)
	id := in.Handheld.ID
	c.says(in.Code+"\n", "enrol --server "+c.url+" --trust DIR/trust",
		fmt.Sprintf("Enrolled as %s. Another person must now activate it at the office.\n", id))
	_, err = c.vendors.ActivateHandheld(c.t.Context(), vendors.ActivateHandheld{By: actor("s2"), Key: c.Key(), Handheld: id})
	c.must(err)
	return id
}

// cards issues two cards at home on the handheld, hands them over, and returns
// the digits of their codes and the lines that the factor is typed as.
func (c *counter) cards(home vendors.HandheldID) (scans, factors []string) {
	c.t.Helper()
	cmd := vouchertest.Lot("l1", 2, 0, voucher.ModeBoth)
	list := cmd.Items
	cmd.Items = func(yield func(voucher.Item, error) bool) {
		for it, err := range list {
			it.Home = home
			if !yield(it, err) {
				return
			}
		}
	}
	_, err := c.Service.IssueLot(c.t.Context(), cmd)
	c.must(err)
	for _, serial := range c.Room.Order {
		l := c.Room.Lines[serial]
		c.must(c.Store.View(c.t.Context(), func(tx voucher.Tx) error {
			token, err := tx.Token(l.Number)
			scans = append(scans, token.Digits())
			return err
		}))
		factors = append(factors, fmt.Sprintf("%s-%s %s\n%s\n", l.Secret[:4], l.Secret[4:8], l.Secret[8:], l.PIN))
	}
	c.World.Activate(c.Room.Order...)
	return scans, factors
}

// A shop's day by hand, from the code to the money, and what it says in both
// languages.
func TestHandheldCommand(t *testing.T) {
	c := newCounter(t)
	c.refuses("", "status", handheld.ErrNotEnrolled)
	id := c.enrol()
	c.refuses("", "enrol --server "+c.url+" --trust DIR/trust", handheld.ErrEnrolled)
	scans, factors := c.cards(id)
	c.says("", "bundle", "Zone bundle of 2025-03-01 07:00: fresh.\n")

	sell := "sell --card " + scans[0] + " --line rice=2@500"
	c.refuses("", sell, handheld.ErrSecretNeeded)
	c.refuses("secret\n", sell, voucher.ErrFactorForm)
	c.refuses(factors[1], sell, handheld.ErrFactorWrong)
	c.says(factors[0], sell, "Sold: 1,000\u00a0FCFA. Receipt 1 of 2025-03-01 07:00; pending until the server has accepted it.\n")
	c.says("", "cancel --lang fr --receipt 1 --reason mistake", "Annulé : reçu 1. La carte peut resservir.\n")
	c.write("factor", factors[0])
	c.says("", sell+" --factor DIR/factor", "Sold: 1,000\u00a0FCFA. Receipt 3 of 2025-03-01 07:00; pending until the server has accepted it.\n")
	c.says("", "sync", "Sent: 3. New answers: 3. Still to be sent: 0.\nZone bundle of 2025-03-01 07:00: fresh.\n")
	if got := c.Balance(ledger.Redeemed("v1")); got != 1000 {
		t.Errorf("the books owe %d", got)
	}

	c.says(factors[1], "sell --lang fr --card "+scans[1]+" --line rice=1.5@500 --shortfall 250",
		"Vendu : 1\u202f000\u00a0FCFA. Reçu 4 du 01/03/2025 07:00 ; en attente jusqu'à l'accord du serveur.\n")
	c.says("", "export --out DIR/out", "Records in "+c.dir+"/out: 1.\n")
	c.says("", "carry --server "+c.url+" --in DIR/out --out DIR/back", "Answers in "+c.dir+"/back: 2. Bring them back to the handheld.\n")
	c.says("", "import DIR/back", "Taken in: 2.\n")
	c.says("", "status --lang fr", fmt.Sprintf("Terminal %s, enregistrements 4.\nPaquet de zone du 01/03/2025 07:00 : récent.\n"+
		"Annulé : 1\u202f000\u00a0FCFA\nAccepté : 2\u202f000\u00a0FCFA\n", id))

	c.Clock.Now = c.Clock.Now.Add(100 * time.Hour)
	out, err := c.jate("", "status --json")
	c.must(err)
	var s struct {
		Freshness string
		Records   int
		Warnings  []struct{ Code string }
	}
	c.must(json.Unmarshal([]byte(out), &s))
	if s.Freshness != "degraded" || s.Records != 4 || len(s.Warnings) != 1 || s.Warnings[0].Code != "bundle_degraded" {
		t.Errorf("status %s", out)
	}
}

func TestHandheldCommand_usage(t *testing.T) {
	c := newCounter(t)
	for _, args := range []string{"", "dance", "sell --nothing"} {
		if _, err := c.jate("", args); err == nil {
			t.Errorf("%q was done", args)
		}
	}
	if _, err := c.jate("", ""); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("nothing: %v", err)
	}
	for _, args := range []string{"sell --card 1", "cancel --receipt 1", "enrol --trust x", "export", "import", "status --lang de"} {
		c.refuses("", args, errHandheldUsage)
	}
	// What is secret has no flag.
	for _, args := range []string{"sell --card 1 --line a=1@1 --pin 123456", "enrol --server http://x --trust x --code-value y"} {
		if _, err := c.jate("", args); err == nil || fault.Of(err) != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	_, err := c.jate("", "status --lang fr")
	if err == nil || !strings.HasPrefix(err.Error(), "Ce terminal n'est pas enrôlé.") {
		t.Errorf("in French: %v", err)
	}
}
