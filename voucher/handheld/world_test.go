package handheld

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
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
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// village is the real server over HTTP, with a distribution and two shops.
type village struct {
	*vouchertest.World
	t       *testing.T
	vendors vendors.Service
	client  *Client
	// cut drops a connection: before the call it is for is served where 1,
	// after it where 2.
	cut atomic.Int32
}

var (
	inviter   = access.Actor{ID: "s1", Pseudonym: "p1", Programme: "mopti", Roles: []access.Role{access.RoleHandheldManager}}
	activator = access.Actor{ID: "s2", Pseudonym: "p2", Programme: "mopti", Roles: []access.Role{access.RoleHandheldManager}}
)

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{t: t}
	var db *mem.DB
	v.World = vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		db = mem.Open(now)
		return db.Vouchers()
	})
	var err error
	v.vendors, err = vendors.New(vendors.Config{Store: db.Vendors(), Rand: crand.Reader, Prover: access.TokenProver{Now: v.Clock.Read}})
	v.must(err)
	v.Update(func(tx voucher.Tx) error {
		for _, id := range []vendors.ID{"v1", "v2"} {
			if err := tx.PutPriceList(vendors.PriceList{Vendor: id, Version: 1, From: vouchertest.Opens, Items: []vendors.Item{
				{Code: "rice", Category: "food", NameEN: "Rice", NameFR: "Riz", Ceiling: money.Francs(500)}}}); err != nil {
				return err
			}
		}
		return nil
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/keys", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	open := func(string) endpoint.Middleware {
		return func(next endpoint.Endpoint) endpoint.Endpoint { return next }
	}
	staff := func(http.Handler) http.Handler { return http.NotFoundHandler() }
	vendors.Routes(mux, vendors.NewEndpoints(v.vendors, open), staff)
	voucher.Routes(mux, voucher.NewEndpoints(v.Service, open), staff)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch v.cut.Swap(0) {
		case 1:
			panic(http.ErrAbortHandler)
		case 2:
			mux.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		mux.ServeHTTP(w, r)
	}))
	// Without kept connections, net/http does not repeat a GET by itself.
	server.Config.SetKeepAlivesEnabled(false)
	t.Cleanup(server.Close)
	v.client, err = NewClient(server.URL, "fr", server.Client())
	v.must(err)
	v.Clock.Now = vouchertest.Opens.Add(time.Hour)
	return v
}

func (v *village) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *village) config() Config { return Config{Now: v.Clock.Read, Rand: crand.Reader} }

func (v *village) trust() Trust { return Trust{Root: public(v.Root), Beacon: public(v.Beacon)} }

func (v *village) invite(vendor vendors.ID) string {
	v.t.Helper()
	cmd := vendors.InviteHandheld{By: inviter, Key: v.Key(), Purpose: vendors.ForSales, Vendor: vendor}
	if vendor == "" {
		cmd.Purpose, cmd.Zone = vendors.ForDistribution, "z1"
	}
	in, err := v.vendors.InviteHandheld(v.t.Context(), cmd)
	v.must(err)
	return in.Code
}

func (v *village) activate(h *Handheld) {
	v.t.Helper()
	_, err := v.vendors.ActivateHandheld(v.t.Context(), vendors.ActivateHandheld{By: activator, Key: v.Key(), Handheld: h.Identity().Handheld})
	v.must(err)
}

// shop enrols a handheld over HTTP; a distribution's for vendor "".
func (v *village) shop(vendor vendors.ID) (*Handheld, *Memory) {
	v.t.Helper()
	store := &Memory{}
	h, err := Enrol(v.t.Context(), store, v.config(), v.client, Enrolment{Code: v.invite(vendor), Trust: v.trust()})
	v.must(err)
	v.activate(h)
	return h, store
}

// issue prints n cards of 1,000 francs at home on the handheld.
func (v *village) issue(lot string, n int, home *Handheld) []printed {
	v.t.Helper()
	before := len(v.Room.Order)
	cmd := vouchertest.Lot(lot, n, 0, voucher.ModeSecret)
	cmd.Items = func(list iter.Seq2[voucher.Item, error]) iter.Seq2[voucher.Item, error] {
		return func(yield func(voucher.Item, error) bool) {
			for it, err := range list {
				it.Home = home.Identity().Handheld
				if !yield(it, err) {
					return
				}
			}
		}
	}(cmd.Items)
	_, err := v.Service.IssueLot(v.t.Context(), cmd)
	v.must(err)
	var cards []printed
	for _, serial := range v.Room.Order[before:] {
		l := v.Room.Lines[serial]
		p := printed{serial: serial, factor: voucher.Factor{Secret: l.Secret, PIN: l.PIN}, value: money.Francs(1000)}
		v.must(v.Store.View(v.t.Context(), func(tx voucher.Tx) error {
			token, err := tx.Token(l.Number)
			p.scan = token.Digits()
			return err
		}))
		cards = append(cards, p)
	}
	return cards
}

func ricesale(p printed) Sale {
	return Sale{Scan: p.scan, Factor: p.factor, Lines: []voucher.Line{{Item: "rice", Quantity: "2", Price: 500}}}
}

func (v *village) sell(h *Handheld, cards ...printed) {
	v.t.Helper()
	for _, p := range cards {
		_, err := h.Sell(ricesale(p))
		v.must(err)
	}
}

func (v *village) handOver(cards ...printed) {
	v.t.Helper()
	d, _ := v.shop("")
	var texts []string
	for _, p := range cards {
		texts = append(texts, p.serial.Printed())
	}
	_, err := d.Activate(texts, voucher.TakerHead, "")
	v.must(err)
	_, err = d.Sync(v.t.Context(), v.client)
	v.must(err)
}

// From the code to the money, over HTTP, with an answer lost on the way.
func TestHandheld_life(t *testing.T) {
	v := newVillage(t)
	ctx := t.Context()
	store := &Memory{}
	e := Enrolment{Code: v.invite("v1"), Trust: v.trust()}
	wrong := e
	wrong.Code = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-F"
	if _, err := Enrol(ctx, store, v.config(), v.client, wrong); !errors.Is(err, vendors.ErrCode) {
		t.Errorf("a wrong code: %v", err)
	}
	v.cut.Store(2)
	if _, err := Enrol(ctx, store, v.config(), v.client, e); !errors.Is(err, ErrNoNetwork) {
		t.Errorf("the answer was lost: %v", err)
	}
	h, err := Enrol(ctx, store, v.config(), v.client, e)
	if err != nil {
		t.Fatalf("again with the same code and key: %v", err)
	}
	if _, err := Enrol(ctx, store, v.config(), v.client, e); !errors.Is(err, ErrEnrolled) {
		t.Errorf("a third time: %v", err)
	}
	if err := h.FetchBundle(ctx, v.client); !errors.Is(err, vendors.ErrHandheldProof) {
		t.Errorf("a bundle before activation: %v", err)
	}
	v.activate(h)
	cards := v.issue("l1", 3, h)
	v.must(h.FetchBundle(ctx, v.client))

	v.sell(h, cards[0], cards[1])
	if _, err := h.Cancel(2, voucher.CancelReturned); err != nil {
		t.Fatal(err)
	}
	if s := h.Status(); s.Unsynced != 3 || !sameTotals(s, Pending, 1000) || !sameTotals(s, voucher.Cancelled, 1000) {
		t.Errorf("before the sync: %+v", s)
	}
	done, err := h.Sync(ctx, v.client)
	if err != nil || done.Pending != 0 || done.Sent != 3 {
		t.Fatalf("synced %+v, %v", done, err)
	}
	if s := h.Status(); s.Unsynced != 0 || !sameTotals(s, voucher.Waiting, 1000) {
		t.Errorf("waiting for the activation: %+v", s)
	}
	v.handOver(cards...)
	done, err = h.Sync(ctx, v.client)
	if err != nil || done.Settled != 2 {
		t.Errorf("asked again: %+v, %v", done, err)
	}
	v.sell(h, cards[1]) // the cancelled one
	if _, err := h.Sync(ctx, v.client); err != nil {
		t.Fatal(err)
	}
	if s := h.Status(); !sameTotals(s, voucher.Payable, 2000) {
		t.Errorf("paid: %+v", s.Totals)
	}
	if got := v.Balance(ledger.Redeemed("v1")); got != 2000 {
		t.Errorf("the books owe v1 %d", got)
	}
	if d := reopened(t, store, v.config()); !sameTotals(d.Status(), voucher.Payable, 2000) {
		t.Error("reopened, the handheld says something else")
	}
}

func sameTotals(s Status, state voucher.ReceiptState, francs int64) bool {
	return slices.EqualFunc(s.Totals[state], []money.Amount{money.Francs(francs)}, money.Amount.Equal)
}

func reopened(t testing.TB, store Storage, cfg Config) *Handheld {
	t.Helper()
	h, err := Open(store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Whatever is lost on the line, before or after the server acted, the next
// sync puts it right and nothing is paid twice.
func TestHandheld_Sync_interrupted(t *testing.T) {
	for _, how := range []int32{1, 2} {
		v := newVillage(t)
		h, store := v.shop("v1")
		cards := v.issue("l1", 8, h)
		v.must(h.FetchBundle(t.Context(), v.client))
		v.handOver(cards...)
		for i := range cards {
			v.sell(h, cards[i])
			v.cut.Store(how)
			if _, err := h.Sync(t.Context(), v.client); !errors.Is(err, ErrNoNetwork) {
				t.Fatalf("cut %d: %v", how, err)
			}
			h = reopened(t, store, v.config())
		}
		if _, err := h.Sync(t.Context(), v.client); err != nil {
			t.Fatal(err)
		}
		if got := v.Balance(ledger.Redeemed("v1")); got != 8000 || !sameTotals(h.Status(), voucher.Payable, 8000) {
			t.Errorf("cut %d: the books owe %d, the handheld says %v", how, got, h.Status().Totals)
		}
	}
}

// A handheld that missed the answer with the next nonce is told it.
func TestHandheld_FetchBundle_oldNonce(t *testing.T) {
	v := newVillage(t)
	h, _ := v.shop("v1")
	v.cut.Store(2)
	if err := h.FetchBundle(t.Context(), v.client); !errors.Is(err, ErrNoNetwork) {
		t.Fatalf("the answer was lost: %v", err)
	}
	if err := h.FetchBundle(t.Context(), v.client); err != nil {
		t.Errorf("with the old nonce: %v", err)
	}
}

// Another shop's card is reserved first; then its home cannot take it any more.
func TestHandheld_SellOnline(t *testing.T) {
	v := newVillage(t)
	home, _ := v.shop("v1")
	other, _ := v.shop("v2")
	cards := v.issue("l1", 2, home)
	v.handOver(cards...)
	v.Update(func(tx voucher.Tx) error {
		return tx.PutZone(vendors.Zone{Code: "z1", Programme: "mopti", Policy: vendors.Policy{Floor: money.Francs(500)}})
	})
	v.must(other.FetchBundle(t.Context(), v.client))
	if _, err := other.Sell(ricesale(cards[0])); !errors.Is(err, ErrFloor) {
		t.Fatalf("without a network: %v", err)
	}
	sold, err := other.SellOnline(t.Context(), v.client, ricesale(cards[0]))
	if err != nil || !slices.Equal(sold.Risk, []voucher.Risk{voucher.RiskNotHome}) {
		t.Fatalf("sold %+v, %v", sold, err)
	}
	if _, err := other.Sync(t.Context(), v.client); err != nil {
		t.Fatal(err)
	}
	if got := v.Balance(ledger.Redeemed("v2")); got != 1000 {
		t.Errorf("the books owe v2 %d", got)
	}
	third, _ := v.shop("v2")
	v.must(third.FetchBundle(t.Context(), v.client))
	if _, err := other.SellOnline(t.Context(), v.client, ricesale(printed{scan: cards[1].scan, factor: voucher.Factor{Secret: "1234567890123456"}})); !errors.Is(err, ErrFactorWrong) {
		t.Errorf("a wrong secret: %v", err)
	}
	if _, err := third.SellOnline(t.Context(), v.client, ricesale(cards[1])); !errors.Is(err, voucher.ErrLife) {
		t.Errorf("reserved for another: %v", err)
	}
	if len(third.chain.records) != 0 {
		t.Error("a refused reservation left a record")
	}
}

// A card that cannot be scanned is sold by its number, and only with a network;
// what the server says it is, is believed no more than a scan.
func TestHandheld_SellOnline_number(t *testing.T) {
	v := newVillage(t)
	h, _ := v.shop("v1")
	cards := v.issue("l1", 3, h)
	v.handOver(cards...)
	typed := func(p printed) Sale {
		s := ricesale(p)
		s.Scan = strings.ToLower(p.serial.Printed())
		return s
	}
	v.must(h.FetchBundle(t.Context(), v.client))
	if _, err := h.Sell(typed(cards[0])); !errors.Is(err, ErrCardNumber) {
		t.Errorf("a number without a network: %v", err)
	}
	v.cut.Store(1)
	if _, err := h.SellOnline(t.Context(), v.client, typed(cards[0])); !errors.Is(err, ErrCardNumber) {
		t.Errorf("a number while the network is down: %v", err)
	}
	sold, err := h.SellOnline(t.Context(), v.client, typed(cards[0]))
	if err != nil || sold.Serial != cards[0].serial || len(sold.Risk) != 0 {
		t.Fatalf("sold %+v, %v", sold, err)
	}
	if _, err := h.SellOnline(t.Context(), v.client, typed(cards[0])); !errors.Is(err, ErrCardSpent) {
		t.Errorf("twice: %v", err)
	}
	unknown := typed(cards[1])
	unknown.Scan = voucher.Serial("0123456789ABCDEF").Printed()
	if _, err := h.SellOnline(t.Context(), v.client, unknown); !errors.Is(err, voucher.ErrNotFound) {
		t.Errorf("a number that is nobody's: %v", err)
	}
	for name, lie := range map[string]func(*voucher.Reservation){
		"another card":      func(r *voucher.Reservation) { r.Token = v.token(cards[2]) },
		"a changed token":   func(r *voucher.Reservation) { r.Token = r.Token[:len(r.Token)-4] + "wwww" },
		"no token":          func(r *voucher.Reservation) { r.Token = "" },
		"a line feed in it": func(r *voucher.Reservation) { r.Token += "\n" },
	} {
		if _, err := h.SellOnline(t.Context(), liar{v.client, lie}, typed(cards[1])); fault.Of(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.Sync(t.Context(), v.client); err != nil {
		t.Fatal(err)
	}
	if got := v.Balance(ledger.Redeemed("v1")); got != 1000 {
		t.Errorf("the books owe v1 %d", got)
	}
}

// token is a card's token, as its code has it.
func (v *village) token(p printed) voucher.Token {
	v.t.Helper()
	token, err := voucher.ParseDigits(p.scan)
	v.must(err)
	return token
}

// liar is a server that says something else about a card.
type liar struct {
	Server
	lie func(*voucher.Reservation)
}

func (l liar) Reserve(ctx context.Context, cmd voucher.AskReserve) (voucher.Reservation, error) {
	r, err := l.Server.Reserve(ctx, cmd)
	l.lie(&r)
	return r, err
}

// Records go and answers come by a carrier's file; the carrier holds no key.
func TestCarry(t *testing.T) {
	v := newVillage(t)
	h, store := v.shop("v1")
	cards := v.issue("l1", 130, h)
	v.must(h.FetchBundle(t.Context(), v.client))
	v.sell(h, cards[:120]...)
	var out, back bytes.Buffer
	n, err := h.Export(&out, false)
	if err != nil || n != 120 {
		t.Fatalf("exported %d, %v", n, err)
	}
	if got := strings.Count(out.String(), "\n"); got != 3 {
		t.Errorf("%d lines: want two uploads and a request", got)
	}
	v.Clock.Now = v.Clock.Now.Add(time.Hour)
	if err := Carry(t.Context(), v.client, &out, &back); err != nil {
		t.Fatal(err)
	}
	answers := back.String()
	n, err = h.Import(strings.NewReader(answers))
	if err != nil || n != 3 {
		t.Errorf("imported %d, %v", n, err)
	}
	s := h.Status()
	if s.Unsynced != 0 || !s.Snapshot.Equal(v.Clock.Now) {
		t.Errorf("after the carrier: %+v", s)
	}
	if n, err := h.Import(strings.NewReader(answers)); err != nil || n != 3 {
		t.Errorf("the same file again: %d, %v", n, err)
	}
	other, _ := v.shop("v2")
	if _, err := other.Import(strings.NewReader(answers)); !errors.Is(err, ErrAnswer) {
		t.Errorf("another handheld's file: %v", err)
	}
	for name, text := range map[string]string{"an unknown member": `{"ack":"x","more":1}`, "both": `{"ack":"x","bundle":"y"}`,
		"neither": `{}`, "no JSON": `ack`, "two values": `{"ack":"x"} {"ack":"x"}`} {
		if _, err := h.Import(strings.NewReader(text)); !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v", name, err)
		}
		if err := Carry(t.Context(), v.client, strings.NewReader(text), &back); !errors.Is(err, ErrFile) {
			t.Errorf("carried: %s: %v", name, err)
		}
	}
	out.Reset()
	if n, err := h.Export(&out, true); err != nil || n != 120 {
		t.Errorf("the whole journal: %d, %v", n, err)
	}
	back.Reset()
	if err := Carry(t.Context(), v.client, &out, &back); err != nil {
		t.Errorf("sent a second time: %v", err)
	}
	if got := len(reopened(t, store, v.config()).chain.records); got != 120 {
		t.Errorf("%d records after reopening", got)
	}
}

// A copy of a handheld that goes its own way is found out on both sides.
func TestHandheld_Sync_clone(t *testing.T) {
	v := newVillage(t)
	h, store := v.shop("v1")
	cards := v.issue("l1", 4, h)
	v.must(h.FetchBundle(t.Context(), v.client))
	v.handOver(cards...)
	copied := reopened(t, store.Clone(), v.config())
	v.sell(h, cards[0], cards[1])
	if _, err := h.Sync(t.Context(), v.client); err != nil {
		t.Fatal(err)
	}
	v.sell(copied, cards[0], cards[2])
	if _, err := copied.Sync(t.Context(), v.client); !errors.Is(err, ErrStateLost) {
		t.Errorf("the copy's sync: %v", err)
	}
	if got := len(copied.Status().Totals[voucher.InQuarantine]); got != 1 {
		t.Errorf("the copy's sales: %v", copied.Status().Totals)
	}
	if _, err := copied.Sell(ricesale(cards[3])); !errors.Is(err, ErrStateLost) {
		t.Errorf("the copy sells on: %v", err)
	}
	v.sell(h, cards[3]) // it cannot know yet
	if _, err := h.Sync(t.Context(), v.client); !errors.Is(err, ErrQuarantined) {
		t.Errorf("the original's sync: %v", err)
	}
	if got := v.Balance(ledger.Redeemed("v1")); got != 2000 {
		t.Errorf("the books owe %d", got)
	}
}

// A Server needs no HTTP: the services are one.
func TestServer_inProcess(t *testing.T) {
	v := newVillage(t)
	server := struct {
		vendors.Service
		voucherService
	}{v.vendors, v.Service}
	store := &Memory{}
	h, err := Enrol(t.Context(), store, v.config(), server, Enrolment{Code: v.invite("v1"), Trust: v.trust()})
	v.must(err)
	v.activate(h)
	cards := v.issue("l1", 1, h)
	v.must(h.FetchBundle(t.Context(), server))
	v.sell(h, cards...)
	if done, err := h.Sync(t.Context(), server); err != nil || done.Sent != 1 {
		t.Errorf("synced %+v, %v", done, err)
	}
}

// voucherService gives the embedded service another name.
type voucherService = voucher.Service

func TestNewClient(t *testing.T) {
	for _, address := range []string{"", "jate.example", "ftp://jate.example", "https://", "https://a:b@jate.example",
		"https://jate.example/path", "https://jate.example/?q=1", "https://jate.example/#x", "://"} {
		if _, err := NewClient(address, "en", http.DefaultClient); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestClient_answers(t *testing.T) {
	var answer http.HandlerFunc
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	defer server.Close()
	c, err := NewClient(server.URL+"/", "en", server.Client())
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"a page of a hotel's network": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Pay here") }, ErrAnswer},
		"a redirect to such a page":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, ErrAnswer},
		"a gateway's error":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, ErrAnswer},
	} {
		answer = tt.answer
		if _, err := c.Redeem(t.Context(), voucher.Redeem{Handheld: "h1"}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
