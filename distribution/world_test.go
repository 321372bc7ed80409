package distribution_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/samplelist"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// The people of a programme, each in one office.
var (
	admin     = person("admin", access.RoleAdministrator)
	registrar = person("registrar", access.RoleRegistrar)
	planner   = person("planner", access.RoleIssuer)
	approver  = person("approver", access.RoleListApprover)
	preparer  = person("preparer", access.RoleFinancePreparer)
	finance   = person("finance", access.RoleFinanceApprover)
	dpo       = person("dpo", access.RoleDPO)
	officer   = person("officer", access.RoleDistributionOfficer)
	stranger  = access.Actor{ID: "x", Pseudonym: "px", Programme: "gao", TokenID: "tx", Roles: []access.Role{
		access.RoleRegistrar, access.RoleDPO, access.RoleFinancePreparer, access.RoleDistributionOfficer}}
	strangeApprover = access.Actor{ID: "y", Pseudonym: "py", Programme: "gao", TokenID: "ty", Roles: []access.Role{
		access.RoleIssuer, access.RoleListApprover, access.RoleFinanceApprover}}
)

func person(name string, roles ...access.Role) access.Actor {
	return access.Actor{ID: name, Pseudonym: "p-" + name, Programme: "mopti", TokenID: "t-" + name, Roles: roles}
}

// world is a programme with two zones' worth of real keys, handhelds and a
// clock that the test moves.
type world struct {
	*vouchertest.World
	t       testing.TB
	db      *mem.DB
	store   distribution.Store
	service distribution.Service
	sealer  *distribution.Sealer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	w.World = vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		w.db = mem.Open(now)
		return w.db.Vouchers()
	})
	w.store = w.db.Distribution()
	sealer, err := distribution.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.sealer = sealer
	w.service = w.on(w.store)
	for _, by := range []access.Actor{admin, {ID: "a2", Pseudonym: "pa2", Programme: "gao", Roles: []access.Role{access.RoleAdministrator}}} {
		_, err = w.service.CreateProgramme(t.Context(), distribution.CreateProgramme{By: by, Key: "programme", Name: "Mopti 2025"})
		w.must(err)
	}
	return w
}

// on is the service on another store of the same world.
func (w *world) on(s distribution.Store) distribution.Service {
	return distribution.New(s, distribution.Config{Sealer: w.sealer, Vouchers: w.World.Service,
		Prover: access.TokenProver{Now: w.Clock.Read}, Issuer: "ngo", Hotline: "80 00 00 00"})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// as is a context in which the actor asks.
func as(t testing.TB, a access.Actor) context.Context { return access.NewContext(t.Context(), a) }

func (w *world) view(fn func(distribution.Tx) error) {
	w.t.Helper()
	w.must(w.store.View(context.Background(), fn))
}

func (w *world) balance(a ledger.Account, asset money.Asset) int64 {
	w.t.Helper()
	var m money.Amount
	w.view(func(tx distribution.Tx) (err error) {
		m, err = tx.Balance(a, asset)
		return err
	})
	return m.Minor()
}

// importing imports a list under a new key.
func (w *world) importing(list string) distribution.ImportReport {
	w.t.Helper()
	r, err := w.service.ImportList(w.t.Context(), w.listOf(list))
	w.must(err)
	return r
}

func (w *world) listOf(list string) distribution.ImportList {
	return distribution.ImportList{By: registrar, Key: w.Key(), File: strings.NewReader(list), Size: int64(len(list))}
}

func (w *world) counts(r distribution.ImportReport, fresh, changed, same, refused int) {
	w.t.Helper()
	got := [4]int{r.New, r.Changed, r.Same, r.Summary.Refused}
	if want := [4]int{fresh, changed, same, refused}; got != want {
		w.t.Errorf("new, changed, same, refused = %v, want %v; refused rows: %v", got, want, r.Refused)
	}
}

// households returns a programme's households with their persons.
func (w *world) households() map[string]distribution.HouseholdView {
	w.t.Helper()
	all := map[string]distribution.HouseholdView{}
	page, err := w.service.Households(w.t.Context(), distribution.ListHouseholds{By: registrar, Purpose: "test", Limit: 1000})
	w.must(err)
	for _, h := range page.Items {
		all[h.Masked.Name] = h
	}
	return all
}

// point makes a point in zone z1.
func (w *world) point(code, name string, villages ...string) distribution.PointView {
	w.t.Helper()
	p, err := w.service.SetPoint(w.t.Context(), distribution.SetPoint{By: planner, Key: w.Key(), Code: code, Name: name, Zone: "z1", Villages: villages})
	w.must(err)
	return p
}

// round makes a round worth 10,000 francs a household, paid by two funds.
func (w *world) round(id string, change func(*distribution.CreateRound)) distribution.Round {
	w.t.Helper()
	cmd := distribution.CreateRound{By: planner, Key: w.Key(), ID: id, Name: "March", Asset: money.XOF,
		Rule: distribution.Rule{PerHousehold: money.Francs(8000), Denominations: []money.Amount{money.Francs(5000), money.Francs(1000)}},
		Mode: voucher.ModeSecret, Opens: vouchertest.Opens, SalesEnd: vouchertest.SalesEnd, GraceUntil: vouchertest.Grace}
	if change != nil {
		change(&cmd)
	}
	r, err := w.service.CreateRound(w.t.Context(), cmd)
	w.must(err)
	return r
}

// fund makes a fund in euros that has received so many francs.
func (w *world) fund(id string, francs int64) {
	w.t.Helper()
	ctx := w.t.Context()
	_, err := w.service.CreateFund(ctx, distribution.CreateFund{By: preparer, Key: w.Key(), ID: id, Name: "Emergency", Donor: "ECHO", Pledged: euros(w.t, "1000.00")})
	w.must(err)
	_, err = w.service.ReceiveFund(ctx, distribution.ReceiveFund{By: preparer, Key: w.Key(), Fund: id, Donor: euros(w.t, "1000.00"),
		XOF: money.Francs(francs), Bank: "bdm", On: w.Clock.Now})
	w.must(err)
}

func (w *world) allocate(round string, draws ...distribution.Draw) {
	w.t.Helper()
	_, err := w.service.Allocate(w.t.Context(), distribution.Allocate{By: finance, Key: w.Key(), Round: round, Draws: draws})
	w.must(err)
}

func (w *world) prepare(round string, points ...string) distribution.Lot {
	w.t.Helper()
	l, err := w.service.PrepareLot(w.t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: round, Points: points})
	w.must(err)
	return l
}

func (w *world) approve(by access.Actor, l distribution.Lot) (distribution.Lot, error) {
	return w.service.ApproveLot(as(w.t, by), distribution.ApproveLot{By: by, Key: w.Key(), Lot: l.ID, Digest: l.Digest})
}

func (w *world) issue(l distribution.Lot) (distribution.Lot, error) {
	return w.service.IssueLot(w.t.Context(), distribution.IssueLot{By: planner, Key: w.Key(), Lot: l.ID})
}

func euros(t testing.TB, text string) money.Amount {
	t.Helper()
	eur, err := money.NewAsset("EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	m, err := money.Parse(text, eur)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// village is a list of n households of one village, phones from 70000001 on.
func village(name string, n int) string {
	var b strings.Builder
	b.WriteString("Nom;Prénom;Sexe;Téléphone;Commune;Village;Taille du ménage\n")
	for i := range n {
		fmt.Fprintf(&b, "%s%s;Personne%s;F;7%d%06d;Konna;%s;%d\n", name, letters(i/17), letters(i), len(name)%10, i+1, name, 1+i%9)
	}
	return b.String()
}

// letters writes a number so that no two sound alike.
func letters(n int) string {
	const syllables = "bafitulomirapidokusa"
	s := ""
	for range 3 {
		s += syllables[n%10*2 : n%10*2+2]
		n /= 10
	}
	return s
}

func sample(t testing.TB, o samplelist.Options) (string, samplelist.Truth) {
	t.Helper()
	var b bytes.Buffer
	truth, err := samplelist.Write(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), truth
}

var equal = []cmp.Option{cmpopts.EquateComparable(money.Asset{}), cmpopts.EquateEmpty()}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, equal...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func pdf(t testing.TB, d distribution.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b.Bytes(), []byte("%PDF")) {
		t.Errorf("%s is no PDF", d.Filename)
	}
	return b.Bytes()
}
