package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/reconcile/report/layout"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Reports on a round in which much went wrong. Its tests share the round.
func TestReport(t *testing.T) {
	d := &demo{development: true, dir: filepath.Join(t.TempDir(), "demo"), households: 100, seed: 1, rnd: rand.New(rand.NewPCG(1, 7)), out: &progress{io.Discard}}
	defer func() {
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	}()
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("figures are what their terms add up to", d.testTerms)
	t.Run("each form in each language, the same each time", d.testForms)
	t.Run("a page over HTTP lets its own style through", d.testPage)
	t.Run("to a donor and to the coordination, nothing small", d.testPublished)
	t.Run("sheets of the workbook add up to the ledger", d.testSheets)
	t.Run("a donor's person takes what he was named for", d.testDonor)
	t.Run("figures are what the whole journal adds up to", d.testJournal)
}

// reporting makes the report on the round with all terms.
func (d *demo) reporting(t *testing.T) (report.Round, map[report.Key][]report.Term) {
	t.Helper()
	terms := map[report.Key][]report.Term{}
	var r report.Round
	err := d.app.db.Reports().View(t.Context(), func(tx report.Tx) (err error) {
		r, err = report.Make(tx, demoProgramme, "r1", detect.Defaults(), report.Watch{Terms: func(k report.Key) func(report.Term) error {
			return func(one report.Term) error {
				terms[k] = append(terms[k], one)
				return nil
			}
		}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, terms
}

// Each term names something that is there, and that holds what it adds; an
// entry adds no more than its postings move.
func (d *demo) testTerms(t *testing.T) {
	r, terms := d.reporting(t)
	if !r.Ties {
		t.Errorf("the figures do not tie: %v", r.TieErrors)
	}
	err := d.app.db.Reports().View(t.Context(), func(tx report.Tx) error {
		for _, f := range r.All() {
			var sum int64
			byRef := map[string]int64{}
			for _, one := range terms[f.Key] {
				sum += one.Amount
				byRef[one.Ref] += one.Amount
			}
			if sum != f.Value || len(terms[f.Key]) != f.Terms {
				t.Errorf("%s is %d of %d terms, its terms are %d and add up to %d", f.Key, f.Value, f.Terms, len(terms[f.Key]), sum)
			}
			for ref, n := range byRef {
				if err := holds(tx, r, f, ref, n); err != nil {
					t.Errorf("%s: %s adds %d: %v", f.Key, ref, n, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// holds looks a term up, and says whether it can add so much.
func holds(tx report.Tx, r report.Round, f report.Figure, ref string, n int64) error {
	kind, id, _ := strings.Cut(ref, ":")
	id, line, _ := strings.Cut(id, "/")
	number, _ := strconv.ParseUint(id, 10, 64)
	at, _ := strconv.Atoi(line)
	switch kind {
	case "entry":
		e, err := tx.Entry(number)
		var moved int64
		for _, p := range e.Postings {
			if p.Amount.Asset() == f.Asset {
				moved += p.Amount.Minor()
			}
		}
		if f.Unit == report.Amounts && (n > moved || -n > moved || e.Round != "r1") {
			err = errors.Join(err, fmt.Errorf("the entry of round %q moves %d", e.Round, moved))
		}
		return err
	case "voucher":
		v, err := tx.Voucher(voucher.Number(number))
		if f.Unit == report.Amounts && v.Value.Minor() != n || v.Round != "r1" {
			err = errors.Join(err, fmt.Errorf("a voucher of %s in round %s", v.Value, v.Round))
		}
		return err
	case "receipt":
		h, err := voucher.ParseHash(id)
		_, missing := tx.Receipt(h)
		return errors.Join(err, missing)
	case "claim":
		c, err := tx.Claim(vendors.ClaimID(id))
		if f.Unit != report.Amounts || line == "" || err != nil {
			return err
		}
		for l, err := range tx.ClaimLines(c.ID, at-1) {
			if err == nil && l.Amount.Minor() != n {
				err = fmt.Errorf("the line asks for %s", l.Amount)
			}
			return err
		}
		return errors.New("no such line")
	case "settlement":
		s, err := tx.Settlement(id)
		if err == nil && f.Unit == report.Amounts && s.Payments[at-1].Amount.Minor() != n {
			err = fmt.Errorf("it pays %s", s.Payments[at-1].Amount)
		}
		return err
	case "case":
		_, err := tx.Case(id)
		return err
	case "household", "finding":
		return nil // lists of their own, counted below
	case "figure":
		k := report.ParseKey(strings.TrimPrefix(ref, "figure:"))
		if v := r.Get(k).Value; v != n && v != -n {
			return fmt.Errorf("that figure is %d", v)
		}
		return nil
	}
	return errors.New("nothing is called so")
}

func (d *demo) testForms(t *testing.T) {
	r, _ := d.reporting(t)
	for format, write := range report.Formats {
		seen := map[string]string{}
		for _, lang := range []string{"fr", "en"} {
			var b, again bytes.Buffer
			if err := errors.Join(write(&b, r, lang), write(&again, r, lang)); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			if b.Len() < 4_000 || !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Errorf("%s in %s has %d bytes, or others the second time", format, lang, b.Len())
			}
			seen[b.String()] = lang
		}
		if len(seen) == 1 && format != "json" {
			t.Errorf("%s is the same in both languages", format)
		}
	}
	for _, s := range r.Document("fr").Sections {
		for _, table := range s.Tables {
			if len(table.Rows) == 0 {
				t.Errorf("the table %s is empty", table.ID)
			}
			for _, row := range table.Rows {
				if len(row) != len(table.Columns) {
					t.Errorf("a row of %s has %d cells under %d titles", table.ID, len(row), len(table.Columns))
				}
			}
		}
	}
}

func (d *demo) testPage(t *testing.T) {
	token, err := d.app.authority.Mint(access.Grant{Staff: "reader", Programme: demoProgramme, Roles: []access.Role{access.RoleAuditor}, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/rounds/r1/report?format=html", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept-Language", "fr-ML,fr")
	w := httptest.NewRecorder()
	d.app.handler.ServeHTTP(w, r)
	policy := w.Header()["Content-Security-Policy"]
	if w.Code != http.StatusOK || len(policy) != 1 || !strings.HasPrefix(policy[0], layout.Policy) || !strings.Contains(w.Body.String(), "Rapport du cycle") {
		t.Errorf("%d, policy %q: %.200s", w.Code, policy, w.Body)
	}
}

// testPublished looks for counts of households below 10 in what leaves the house.
func (d *demo) testPublished(t *testing.T) {
	r, _ := d.reporting(t)
	donor, err := d.app.reports.Donor(t.Context(), report.DonorQuery{By: d.staff["finance"], Fund: "solidarity"})
	if err != nil {
		t.Fatal(err)
	}
	if len(donor.Rounds) != 2 || !donor.Rounds[0].Public.Enough || len(donor.Rounds[0].Public.Tables) != 3 {
		t.Fatalf("the report is on %d rounds: %+v", len(donor.Rounds), donor.Rounds[0].Public)
	}
	var sum int64
	for _, at := range donor.Rounds[0].Public.Places {
		sum += at.Reached
	}
	if reached := r.Whole("reached").Value; sum > reached || sum < reached-9 {
		t.Errorf("%d households were reached, by place %d", reached, sum)
	}
	var page bytes.Buffer
	if err := report.DonorFormats["html"](&page, donor, "fr"); err != nil {
		t.Fatal(err)
	}
	for code, name := range r.Points {
		if strings.Contains(page.String(), name) || strings.Contains(page.String(), ">"+code+"<") {
			t.Errorf("the report to the donor names the point %s", code)
		}
	}
	rows, err := d.app.reports.Activities(t.Context(), report.Query{By: d.staff["monitor"]})
	if err != nil || len(rows) < 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, a := range rows {
		for field, text := range a {
			n, err := strconv.Atoi(text)
			if err == nil && n > 0 && n < 10 && (strings.HasPrefix(field, "households") || strings.HasPrefix(field, "people")) {
				t.Errorf("%s is %d", field, n)
			}
		}
	}
	if _, err := d.app.reports.Donor(t.Context(), report.DonorQuery{By: d.staff["registrar"], Fund: "solidarity"}); err == nil {
		t.Error("a registrar reports to donors")
	}
}

// testDonor has a person of a donor ask for what he was named for, and for more.
func (d *demo) testDonor(t *testing.T) {
	donor := access.Actor{ID: "dora", Pseudonym: "p-dora", Programme: demoProgramme, Roles: []access.Role{access.RoleDonor}, TokenID: "t"}
	take := func(by access.Actor, fund string) error {
		_, err := d.app.reports.Donor(t.Context(), report.DonorQuery{By: by, Fund: fund})
		return err
	}
	name := func(n int, person string, remove bool) error {
		_, err := d.app.distributions.NameReader(t.Context(), distribution.NameReader{By: d.staff["finance"], Key: fmt.Sprint("reader-", n), Fund: "solidarity", Person: person, Remove: remove})
		return err
	}
	want := func(what string, got, want error) {
		t.Helper()
		if !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	want("before he is named", take(donor, "solidarity"), distribution.ErrNotFound)
	want("naming", name(1, "dora", false), nil)
	want("his own fund", take(donor, "solidarity"), nil)
	want("a colleague who was not named", take(access.Actor{ID: "dan", Pseudonym: "p-dan", Programme: demoProgramme, Roles: donor.Roles, TokenID: "t"}, "solidarity"), distribution.ErrNotFound)
	want("a fund that is not there", take(donor, "other"), distribution.ErrNotFound)
	_, err := d.app.reports.Round(t.Context(), report.Query{By: donor, Round: "r1"})
	want("the house's report", err, access.ErrDenied)
	_, err = d.app.reports.Activities(t.Context(), report.Query{By: donor})
	want("activities", err, access.ErrDenied)
	for i := 2; i <= 20; i++ {
		want("one more", name(i, fmt.Sprint("other-", i), false), nil)
	}
	want("a twenty-first", name(21, "other-21", false), distribution.ErrCommand)
	want("no more", name(22, "dora", true), nil)
	want("after that", take(donor, "solidarity"), distribution.ErrNotFound)
}

// testJournal recomputes the money from all entries of the journal, by account
// class and kind alone, without what the report reads.
func (d *demo) testJournal(t *testing.T) {
	r, terms := d.reporting(t)
	want := map[string]int64{}
	err := d.app.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		for rec, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			if rec.Entry.Round != "r1" {
				continue
			}
			for _, p := range rec.Entry.Postings {
				from, err := p.Debit.Class()
				to, err2 := p.Credit.Class()
				if err := errors.Join(err, err2); err != nil {
					return err
				}
				n := p.Amount.Minor()
				if from == ledger.ClassClaimed && rec.Entry.Kind != ledger.KindSettle && rec.Entry.Kind != ledger.KindRecover {
					want["accepted.value"] -= n // frozen, or undone
				}
				switch k := rec.Entry.Kind; {
				case k == ledger.KindAllocate:
					want["budget"] += n
					want["budget/part/"+map[ledger.Class]string{ledger.ClassRound: "vouchers", ledger.ClassContingency: "contingency", ledger.ClassFees: "fees"}[to]] += n
				case k == ledger.KindIssue:
					want["issued.value"] += n
				case k == ledger.KindVoid:
					want["void.value"] += n
				case k == ledger.KindExpire:
					want["expired.value"] += n
				case k == ledger.KindReturn:
					want["returned"] += n
				case to == ledger.ClassRedeemed && (k == ledger.KindRedeem || k == ledger.KindAcceptLoss):
					want["redeemed.value"] += n
					want["redeemed.value/vendor/"+p.Credit.ID()] += n
				case k == ledger.KindReverse && (to == ledger.ClassVoucher || to == ledger.ClassContingency):
					want["redeemed.value"] -= n
					want["redeemed.value/vendor/"+p.Debit.ID()] -= n
				case k == ledger.KindClaim && from == ledger.ClassRedeemed:
					want["accepted.value"] += n
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for id := range want {
		got[id] = r.Get(report.ParseKey(id)).Value
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 12 {
		t.Errorf("figures (-journal +report):\n%s", diff)
	}
	if n := r.Whole("included"); n.Value == 0 || len(terms[n.Key]) != d.report.Lots[0].Households+d.report.Lots[1].Households {
		t.Errorf("%d households are included, the lots have %d and %d", n.Value, d.report.Lots[0].Households, d.report.Lots[1].Households)
	}
}
