package distribution_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/internal/samplelist"
	"github.com/jate-cva/jate/money"
)

func (w *world) duplicates(open bool) []distribution.DuplicateView {
	w.t.Helper()
	var all []distribution.DuplicateView
	for after := ""; ; {
		page, err := w.service.Duplicates(w.t.Context(), distribution.ListDuplicates{By: registrar, Open: open, After: after, Limit: 3})
		w.must(err)
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			return all
		}
	}
}

func (w *world) excluded(id distribution.BeneficiaryID) string {
	w.t.Helper()
	h, err := w.service.Household(w.t.Context(), distribution.ReadHousehold{By: registrar, ID: id, Purpose: "test"})
	w.must(err)
	return h.Excluded
}

const families = `Nom;Prénom;Téléphone;Commune;Village;RSU
Koulibaly;Fatoumata;70000001;Konna;Konna;ML-1
Coulibali;Fatoumata;70000002;Konna;Konna;
Coulibali;Fatoumata;70000003;Konna;Saré;
Diallo;Sira;70000001;Fatoma;Fatoma;
Traoré;Oumar;70000009;Konna;Konna;
`

// A duplicate is listed with its reason; a person decides, nobody is excluded
// by a rule.
func TestService_Duplicates(t *testing.T) {
	w := newWorld(t)
	r := w.importing(families)
	got := map[string]string{}
	for _, d := range w.duplicates(true) {
		got[d.PersonA.Name+" = "+d.PersonB.Name] = strings.Join(d.Reasons, " ")
	}
	want := map[string]string{
		"Fatoumata Koulibaly = Fatoumata Coulibali": "similar-name",
		"Fatoumata Koulibaly = Sira Diallo":         "same-phone",
	}
	same(t, "pairs", got, want)
	if r.Duplicates != len(want) {
		t.Errorf("the report counts %d pairs", r.Duplicates)
	}
	for name, h := range w.households() {
		if h.Excluded != "" {
			t.Errorf("%s was excluded by itself: %s", name, h.Excluded)
		}
	}
	w.importing("Nom;Commune;Village;RSU;_uuid\nKoulibaly;Konna;Konna;ML-1;3f1c\n")
	open := w.duplicates(true)
	found := false
	for _, d := range open {
		found = found || strings.Join(d.Reasons, " ") == "same-id:rsu-ml" || d.Reasons[0] == "same-id:rsu-ml"
	}
	if !found {
		t.Errorf("the same number in a register is not listed: %+v", open)
	}

	t.Run("the same excludes the later one, and may be taken back", func(t *testing.T) {
		d := w.duplicates(true)[0]
		decide := func(decision string) {
			_, err := w.service.DecideDuplicate(t.Context(), distribution.DecideDuplicate{By: approver, Key: w.Key(), A: d.A, B: d.B, Decision: decision})
			w.must(err)
		}
		decide(distribution.DecidedSame)
		if why := w.excluded(d.B); why == "" {
			t.Error("the later one is still included")
		}
		if why := w.excluded(d.A); why != "" {
			t.Error("the earlier one was excluded")
		}
		if n := len(w.duplicates(true)); n != len(open)-1 {
			t.Errorf("%d open pairs, want one less than %d", n, len(open))
		}
		decide(distribution.DecidedDifferent)
		if why := w.excluded(d.B); why != "" {
			t.Errorf("still excluded: %s", why)
		}
	})
	t.Run("a role without personal data sees pairs and no person", func(t *testing.T) {
		page, err := w.service.Duplicates(t.Context(), distribution.ListDuplicates{By: planner})
		w.must(err)
		for _, d := range page.Items {
			if d.PersonA != (distribution.MaskedPerson{}) || d.PersonB != (distribution.MaskedPerson{}) {
				t.Errorf("a planner sees %+v", d)
			}
		}
		if len(page.Items) == 0 {
			t.Error("no pairs")
		}
	})
}

// The planted duplicates of a realistic list are found, but for the few whose
// names are spelt too far apart.
func TestService_Duplicates_recall(t *testing.T) {
	w := newWorld(t)
	list, truth := sample(t, samplelist.Options{Seed: 9, Households: 1500, Errors: true, Format: samplelist.KoboLabels})
	w.importing(list)
	rows := map[distribution.BeneficiaryID]int{}
	for after := distribution.BeneficiaryID(""); ; {
		page, err := w.service.Households(t.Context(), distribution.ListHouseholds{By: registrar, Purpose: "test", After: after, Limit: 1000})
		w.must(err)
		for _, h := range page.Items {
			rows[h.ID] = h.Row
		}
		if after = distribution.BeneficiaryID(page.Next); after == "" {
			break
		}
	}
	listed := map[[2]int]bool{}
	page, err := w.service.Duplicates(t.Context(), distribution.ListDuplicates{By: registrar, Limit: 1000})
	w.must(err)
	for _, d := range page.Items {
		listed[[2]int{rows[d.B], rows[d.A]}] = true
	}
	found, planted := 0, 0
	for _, d := range truth.Duplicates {
		if d.Why == samplelist.SameID {
			continue // the second row of a number is refused
		}
		planted++
		if listed[[2]int{d.Row, d.Of}] {
			found++
		}
	}
	if planted < 10 || found*100 < planted*80 {
		t.Errorf("found %d of %d planted pairs", found, planted)
	}
}

// Forgetting is the end of a person: nothing opens, finds or lists them again,
// and the household's number and money stay.
func TestService_Forget(t *testing.T) {
	w := newWorld(t)
	w.importing(families)
	h := w.households()["Fatoumata Koulibaly"]
	forget := distribution.Forget{By: dpo, Key: w.Key(), Household: h.ID, Reason: "asked"}
	for range 2 { // the second is the first's repetition
		_, err := w.service.Forget(t.Context(), forget)
		w.must(err)
	}
	_, err := w.service.Household(t.Context(), distribution.ReadHousehold{By: registrar, ID: h.ID, Purpose: "test"})
	if !errors.Is(err, distribution.ErrForgotten) {
		t.Errorf("reading: %v, want ErrForgotten", err)
	}
	forget.Key = w.Key()
	if _, err := w.service.Forget(t.Context(), forget); !errors.Is(err, distribution.ErrForgotten) {
		t.Errorf("forgetting again: %v, want ErrForgotten", err)
	}
	for _, q := range []distribution.FindHouseholds{{Phone: "+22370000001"}, {ID: distribution.ExternalID{Scheme: "rsu-ml", Value: "ML-1"}}} {
		q.By, q.Purpose = registrar, "test"
		found, err := w.service.FindHouseholds(t.Context(), q)
		w.must(err)
		for _, f := range found {
			if f.ID == h.ID {
				t.Errorf("%+v still finds the household", q)
			}
		}
	}
	w.view(func(tx distribution.Tx) error {
		b, err := tx.Beneficiary(h.ID)
		if err != nil {
			return err
		}
		if len(b.Sealed) != 0 || b.Match != ([16]byte{}) || b.Content != ([32]byte{}) {
			t.Errorf("left behind: %+v", b)
		}
		if _, err := tx.WrappedKey(h.ID); !errors.Is(err, distribution.ErrNotFound) {
			t.Errorf("its key: %v", err)
		}
		return nil
	})
	for _, d := range w.duplicates(false) {
		if d.A == h.ID && (!d.PersonA.Forgotten || d.PersonA.Name != "") {
			t.Errorf("a pair still shows %+v", d.PersonA)
		}
	}
}

// Another programme's things look as if they did not exist.
func TestASVS_8_4_1_households(t *testing.T) {
	w := newWorld(t)
	w.importing(families)
	h := w.households()["Sira Diallo"]
	w.fund("f", 100_000)
	w.point("pt", "Konna")
	w.round("r", nil)
	ctx := t.Context()
	for name, ask := range map[string]func() error{
		"household": func() error {
			_, err := w.service.Household(ctx, distribution.ReadHousehold{By: stranger, ID: h.ID, Purpose: "test"})
			return err
		},
		"forget": func() error {
			_, err := w.service.Forget(ctx, distribution.Forget{By: stranger, Key: w.Key(), Household: h.ID, Reason: "x"})
			return err
		},
		"fund": func() error {
			_, err := w.service.ReceiveFund(ctx, distribution.ReceiveFund{By: stranger, Key: w.Key(), Fund: "f"})
			return err
		},
		"round": func() error {
			_, err := w.service.Allocate(ctx, distribution.Allocate{By: stranger, Key: w.Key(), Round: "r", Draws: []distribution.Draw{{Fund: "f"}}})
			return err
		},
		"lots": func() error {
			_, err := w.service.Lots(ctx, distribution.ListLots{By: stranger, Round: "r"})
			return err
		},
		"prepare": func() error {
			_, err := w.service.PrepareLot(ctx, distribution.PrepareLot{By: strangeApprover, Key: w.Key(), Round: "r", Points: []string{"pt"}})
			return err
		},
		"summary": func() error {
			_, err := w.service.Summary(ctx, distribution.ReadRound{By: strangeApprover, Round: "r"})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, distribution.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	found, err := w.service.FindHouseholds(ctx, distribution.FindHouseholds{By: stranger, Phone: "+22370000001", Purpose: "test"})
	if err != nil || len(found) != 0 {
		t.Errorf("a stranger finds %v, %v", found, err)
	}
}

// A role that a method does not name is refused before anything is read.
func TestService_roles(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.service.Households(ctx, distribution.ListHouseholds{By: planner, Purpose: "test"})
	if !errors.Is(err, access.ErrDenied) {
		t.Errorf("a planner reads households: %v", err)
	}
	_, err = w.service.IssueLot(ctx, distribution.IssueLot{By: registrar, Key: "k", Lot: "l"})
	if !errors.Is(err, access.ErrDenied) {
		t.Errorf("a registrar issues: %v", err)
	}
	_, err = w.service.CreateProgramme(ctx, distribution.CreateProgramme{By: planner, Key: "k", Name: "x"})
	if !errors.Is(err, access.ErrDenied) {
		t.Errorf("a planner begins a programme: %v", err)
	}
	for m, roles := range distribution.Roles {
		if len(roles) == 0 {
			t.Errorf("%s is allowed to nobody", m)
		}
	}
}

// Points are found by name or village, and suggested from the list.
func TestService_SetPoint(t *testing.T) {
	w := newWorld(t)
	w.importing("Nom;Commune;Village;Point de distribution\nAwa Koné;Konna;Konna;École\nSira Diallo;Konna;Saré;\nOumar Traoré;Fatoma;Sevaré;\n")
	suggested, err := w.service.SuggestPoints(t.Context(), distribution.Query{By: registrar})
	w.must(err)
	same(t, "suggestions", suggested, []distribution.SuggestedPoint{
		{Name: "École", Households: 1, Villages: []string{"Konna/Konna"}},
		{Name: "Saré", Households: 1, Villages: []string{"Konna/Saré"}},
		{Name: "Sevaré", Households: 1, Villages: []string{"Fatoma/Sevaré"}}})
	if p := w.point("ecole", "ECOLE", "Konna/Sare"); p.Households != 2 {
		t.Errorf("%d households at the school, want 2", p.Households)
	}
	if p := w.point("ecole", "ECOLE"); p.Households != 1 {
		t.Errorf("%d households without the village, want 1", p.Households)
	}
	w.point("sare", "Saré", "Konna/Saré")
	_, err = w.service.SetPoint(t.Context(), distribution.SetPoint{By: planner, Key: w.Key(), Code: "x", Name: "x", Zone: "z1", Villages: []string{"konna/sare"}})
	if !errors.Is(err, distribution.ErrCommand) {
		t.Errorf("a village of two points: %v, want ErrCommand", err)
	}
	_, err = w.service.SetPoint(t.Context(), distribution.SetPoint{By: planner, Key: w.Key(), Code: "x", Name: "x", Zone: "nowhere"})
	if !errors.Is(err, distribution.ErrCommand) {
		t.Errorf("a zone that is not there: %v, want ErrCommand", err)
	}
	w.counts(w.importing("Nom;Commune;Village\nBintou Keita;Konna;Saré\n"), 1, 0, 0, 0)
	if at := w.households()["Bintou Keita"].Point; at != "sare" {
		t.Errorf("imported after the point: at %q", at)
	}
}

// A programme has places of one edition; a village that they do not have is
// told with the row, which is kept.
func TestService_LoadPlaces(t *testing.T) {
	w := newWorld(t)
	load := func(list, edition string) (distribution.LoadedPlaces, error) {
		return w.service.LoadPlaces(t.Context(), distribution.LoadPlaces{By: planner, Key: w.Key(), File: strings.NewReader(list), Size: int64(len(list)), Edition: edition})
	}
	loaded, err := load(string(samplelist.Places()), "2015")
	w.must(err)
	if loaded.Places < 50 {
		t.Errorf("%d places", loaded.Places)
	}
	if _, err := load(string(samplelist.Places()), "2021"); !errors.Is(err, distribution.ErrPlaces) {
		t.Errorf("another edition: %v, want ErrPlaces", err)
	}
	if _, err := load("name,admin3Name\nKonna,Konna\n", "2015"); !errors.Is(err, distribution.ErrPlaces) {
		t.Errorf("a place without a code: %v, want ErrPlaces", err)
	}
	if _, err := load("a,b\n1,2\n", "2015"); err == nil {
		t.Error("a list of nothing was loaded")
	}
	r := w.importing("Nom;Cercle;Commune;Village\nAwa Koné;Mopti;Konna;Konna\nSira Diallo;Mopti;Konna;Konnah\n")
	w.counts(r, 2, 0, 0, 0)
	if len(r.Warnings) != 1 || r.Warnings[0].Row != 3 || r.Warnings[0].Code != places.ErrUnknown.Code || len(r.Warnings[0].Candidates) == 0 {
		t.Errorf("warnings %+v", r.Warnings)
	}
}

// A fund shows what was promised, what came, at which rate, and what is left.
func TestService_Funds(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.service.CreateFund(ctx, distribution.CreateFund{By: preparer, Key: w.Key(), ID: "echo", Name: "Emergency", Donor: "ECHO",
		Pledged: euros(t, "1000.00"), PledgedXOF: money.Francs(600_000)})
	w.must(err)
	for _, r := range []struct {
		donor  string
		francs int64
	}{{"500.00", 327_979}, {"400.00", 262_100}, {"100.00", 65_600}} {
		_, err := w.service.ReceiveFund(ctx, distribution.ReceiveFund{By: preparer, Key: w.Key(), Fund: "echo", Donor: euros(t, r.donor),
			XOF: money.Francs(r.francs), Bank: "bdm", On: w.Clock.Now, BankRef: "VIR"})
		w.must(err)
	}
	funds, err := w.service.Funds(ctx, distribution.Query{By: finance})
	w.must(err)
	f := funds[0]
	if f.Rate != "655679/1000" || f.Received.Minor() != 655_679 || f.Receivable.Minor() != 0 || f.Available.Minor() != 655_679 || len(f.Receipts) != 3 {
		t.Errorf("%+v", f)
	}
	if got := w.balance("bank:bdm", money.XOF); got != 655_679 {
		t.Errorf("the bank holds %d", got)
	}

	t.Run("giving back takes two people and stays within the fund", func(t *testing.T) {
		give := func(francs int64) (distribution.Fund, error) {
			return w.service.PrepareGiveBack(ctx, distribution.PrepareGiveBack{By: preparer, Key: w.Key(), Fund: "echo", Amount: money.Francs(francs), Bank: "bdm"})
		}
		if _, err := give(655_680); !errors.Is(err, distribution.ErrBudget) {
			t.Errorf("more than there is: %v, want ErrBudget", err)
		}
		f, err := give(55_679)
		w.must(err)
		say := func(by access.Actor, digest [32]byte) error {
			_, err := w.service.ApproveGiveBack(as(t, by), distribution.ApproveReturn{By: by, Key: w.Key(), ID: "echo", Digest: digest})
			return err
		}
		both := preparer
		both.Roles = append(both.Roles[:1:1], access.RoleFinanceApprover)
		if err := say(both, f.Return.Digest); !errors.Is(err, access.ErrSamePerson) {
			t.Errorf("the preparer approves: %v, want ErrSamePerson", err)
		}
		if err := say(finance, [32]byte{1}); !errors.Is(err, distribution.ErrReturn) {
			t.Errorf("another digest: %v, want ErrReturn", err)
		}
		w.must(say(finance, f.Return.Digest))
		if err := say(finance, f.Return.Digest); !errors.Is(err, distribution.ErrReturn) {
			t.Errorf("twice: %v, want ErrReturn", err)
		}
		if got := w.balance("bank:bdm", money.XOF); got != 600_000 {
			t.Errorf("the bank holds %d", got)
		}
	})
}

// Whoever holds the store and not the data key reads nothing, and whoever
// swaps two households' boxes opens neither.
func TestSealer(t *testing.T) {
	w := newWorld(t)
	w.importing(families)
	all := w.households()
	a, b := all["Sira Diallo"], all["Oumar Traoré"]
	other, err := distribution.NewSealer(make([]byte, 32))
	w.must(err)
	if _, err := distribution.NewSealer(make([]byte, 31)); err == nil {
		t.Error("a short data key was taken")
	}
	blind := distribution.New(w.store, distribution.Config{Sealer: other})
	if _, err := blind.Household(t.Context(), distribution.ReadHousehold{By: registrar, ID: a.ID, Purpose: "test"}); err == nil {
		t.Error("another data key opened a household")
	}
	w.must(w.store.Update(context.Background(), func(tx distribution.Tx) error {
		stored, err := tx.Beneficiary(a.ID)
		if err != nil {
			return err
		}
		stolen, err := tx.Beneficiary(b.ID)
		if err != nil {
			return err
		}
		stored.Sealed = stolen.Sealed
		key, err := tx.WrappedKey(b.ID)
		if err != nil {
			return err
		}
		return errors.Join(tx.PutBeneficiary(stored), tx.PutWrappedKey(a.ID, key))
	}))
	if _, err := w.service.Household(t.Context(), distribution.ReadHousehold{By: registrar, ID: a.ID, Purpose: "test"}); err == nil {
		t.Error("another household's box opened as this one's")
	}
}
