package handheld

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// The browser's handheld against the real server over HTTP: it enrols, sells,
// syncs over a line that breaks, is cloned, and exchanges carriers' files with
// this package. Its tests stand in web/handheld/test/core/live.test.ts and drive
// the village through the addresses below.
func TestBrowser(t *testing.T) {
	toolcheck.Need(t, "node", "npx")
	const app = "../../web/handheld"
	if _, err := os.Stat(app + "/node_modules"); err != nil {
		if os.Getenv("JATE_TOOLS") == "required" {
			t.Fatal("the handheld's packages are not installed; run `make web`")
		}
		t.Skip("the handheld's packages are not installed; run `make web`")
	}
	// go test runs a test again where a file changed that it has read.
	for _, dir := range []string{app + "/src/core", app + "/test/core"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if _, err := os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	v := newVillage(t)
	control := httptest.NewServer((&mayor{village: v, phones: map[string]*Handheld{}}).routes())
	t.Cleanup(control.Close)
	run := exec.CommandContext(t.Context(), "npx", "vitest", "run", "test/core/live.test.ts")
	run.Dir = app
	run.Env = append(os.Environ(), "JATE_VILLAGE="+control.URL, "JATE_SERVER="+v.client.base)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "live.test.ts") {
		t.Errorf("the tests did not run:\n%s", out)
	}
}

// mayor does for the browser's tests what people of the programme do.
type mayor struct {
	*village
	mu     sync.Mutex
	phones map[string]*Handheld // of this package, by name
}

type order struct {
	Vendor, Handheld, Lot, Phone, Text string
	N                                  int
	Serials                            []string
}

func (m *mayor) routes() http.Handler {
	mux := http.NewServeMux()
	for name, fn := range map[string]func(order) any{
		"trust": func(order) any {
			return map[string]voucher.Base64{"root": voucher.Base64(public(m.Root)), "beacon": voucher.Base64(public(m.Beacon))}
		},
		"invite": func(o order) any { return m.invite(vendors.ID(o.Vendor)) },
		"activate": func(o order) any {
			m.activate(&Handheld{id: Identity{Handheld: vendors.HandheldID(o.Handheld)}})
			return true
		},
		"issue": func(o order) any {
			var list []map[string]string
			for _, p := range m.issue(o.Lot, o.N, &Handheld{id: Identity{Handheld: vendors.HandheldID(o.Handheld)}}) {
				list = append(list, map[string]string{"scan": p.scan, "serial": string(p.serial), "secret": p.factor.Secret})
			}
			return list
		},
		"hide":     m.hide,
		"handover": m.handover,
		"clock": func(o order) any {
			m.Clock.Now = m.Clock.Now.Add(time.Duration(o.N) * time.Second)
			return m.Clock.Now.Unix()
		},
		"cut": func(o order) any { m.cut.Store(int32(o.N)); return true },
		"owed": func(o order) any {
			return m.Balance(ledger.Redeemed(o.Vendor))
		},
		"carry":  m.carry,
		"phone":  m.phone,
		"export": m.export,
		"import": m.imports,
	} {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			m.mu.Lock()
			defer m.mu.Unlock()
			var o order
			if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if err := json.NewEncoder(w).Encode(fn(o)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	return mux
}

// hide issues a lot of one card under an embargo of o.N seconds, and returns the
// officer's code.
func (m *mayor) hide(o order) any {
	cmd := vouchertest.Lot(o.Lot, 1, 0, voucher.ModeSecret)
	cmd.EmbargoUntil = m.Clock.Now.Add(time.Duration(o.N) * time.Second)
	before := len(m.Room.Order)
	_, err := m.Service.IssueLot(m.t.Context(), cmd)
	m.must(err)
	code, err := m.Service.OfficerCode(m.t.Context(), voucher.ReadOfficerCode{By: planner, Key: m.Key(), Lot: o.Lot})
	m.must(err)
	scan := ""
	m.must(m.Store.View(m.t.Context(), func(tx voucher.Tx) error {
		token, err := tx.Token(m.Room.Lines[m.Room.Order[before]].Number)
		scan = token.Digits()
		return err
	}))
	return map[string]string{"code": code.Code, "scan": scan}
}

var planner = access.Actor{ID: "s3", Pseudonym: "p3", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}

func (m *mayor) handover(o order) any {
	var cards []printed
	for _, s := range o.Serials {
		cards = append(cards, printed{serial: voucher.Serial(s)})
	}
	for len(cards) > 0 {
		n := min(len(cards), 64)
		m.handOver(cards[:n]...)
		cards = cards[n:]
	}
	return true
}

// carry is this package's carrier.
func (m *mayor) carry(o order) any {
	var out bytes.Buffer
	m.must(Carry(m.t.Context(), m.client, strings.NewReader(o.Text), &out))
	return out.String()
}

// phone makes a handheld of this package that has sold on n cards of its own.
func (m *mayor) phone(o order) any {
	h, _ := m.shop(vendors.ID(o.Vendor))
	m.phones[o.Phone] = h
	cards := m.issue(o.Lot, o.N, h)
	m.handOver(cards...)
	m.must(h.FetchBundle(m.t.Context(), m.client))
	m.sell(h, cards...)
	return h.Identity().Handheld
}

func (m *mayor) export(o order) any {
	var out bytes.Buffer
	_, err := m.phones[o.Phone].Export(&out, false)
	m.must(err)
	return out.String()
}

// imports returns how many records wait after a carrier's file was taken in.
func (m *mayor) imports(o order) any {
	_, err := m.phones[o.Phone].Import(strings.NewReader(o.Text))
	m.must(err)
	return m.phones[o.Phone].Status().Unsynced
}
