package distribution_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/money"
)

// sahel is a place list with two villages of one name.
const sahel = `pcode,name,admin3Name,admin3Pcod,admin2Name,admin1Name,lat,lon
ML1,Kontza,Konna,MLC1,Mopti,Mopti,14.9,-3.9
ML2,Diamweli,Konna,MLC1,Mopti,Mopti,14.8,-3.8
ML3,Kontza,Dialloube,MLC2,Mopti,Mopti,14.7,-4.2
`

// others is what other organisations say that they do; vouchertest's round opens in
// March 2025.
const others = `Organisation;Cercle;Commune;Village;Début;Fin;Activité;Ménages ciblés
PAM;Mopti;Konna;Kontza;2025-03-01;2025-04-30;Distribution de vivres;120
PAM;Mopti;Konna;kontza;2025-03-15;2025-05-31;Vivres;140
CICR;Mopti;Konna;;2025-03-01;2025-12-31;Vivres;
NRC;Mopti;;;2025-03-01;2025-12-31;Cash à usages multiples;
FAO;Mopti;Konna;Kontza;2025-03-01;2025-12-31;Semences;50
OXFAM;Mopti;Dialloubé;Kontza;2025-03-01;2025-12-31;Vivres;50
MSF;Mopti;Konna;Kontza;2024-01-01;2024-12-31;Vivres;50
NGO;Mopti;Konna;Kontza;2025-03-01;2025-12-31;Vivres;50
`

func (w *world) presence(list, source string) distribution.PresenceReport {
	w.t.Helper()
	r, err := w.service.ImportPresence(w.t.Context(), distribution.ImportPresence{By: planner, Key: w.Key(), File: strings.NewReader(list),
		Size: int64(len(list)), Source: source})
	w.must(err)
	return r
}

// overlapping is a world of three villages, two of them in a point, and a food round.
func overlapping(t *testing.T, withPlaces bool, change func(*distribution.CreateRound)) *world {
	t.Helper()
	w := newWorld(t)
	if withPlaces {
		_, err := w.service.LoadPlaces(t.Context(), distribution.LoadPlaces{By: planner, Key: w.Key(), File: strings.NewReader(sahel), Size: int64(len(sahel)), Edition: "2015"})
		w.must(err)
	}
	list := village("Kontza", 3) + strings.SplitN(village("Diamweli", 2), "\n", 2)[1]
	w.importing(strings.NewReplacer("Commune;", "Cercle;Commune;", ";Konna;", ";Mopti;Konna;").Replace(list))
	w.point("pt", "Konna", "Konna/Kontza", "Konna/Diamweli")
	w.fund("f", 1_000_000)
	w.round("r", func(c *distribution.CreateRound) {
		c.Categories = []string{"food"}
		if change != nil {
			change(c)
		}
	})
	return w
}

type found struct {
	Sure         distribution.Sureness
	Organisation string
	Place        string
	Households   int
	Planned      int
	Rows         int
}

func foundIn(l distribution.Lot) (all []found) {
	for _, o := range l.Overlaps {
		all = append(all, found{o.Sure, o.Organisation, o.Place, o.Households, o.Planned, o.Rows})
	}
	return all
}

// A lot says who else serves its villages in its time with the same kind of help,
// and how sure that is; its digest covers what it says; no household is named.
func TestService_overlaps(t *testing.T) {
	w := overlapping(t, true, nil)
	w.allocate("r", distribution.Draw{Fund: "f", Vouchers: money.Francs(500_000)})
	before := w.prepare("r", "pt")
	if len(before.Overlaps)+len(before.Lists) > 0 {
		t.Errorf("nothing was compared, and there is %+v", before.Overlaps)
	}
	report := w.presence(others, "Cluster SA, mars 2025")
	if s := report.Summary; s.Kept != 7 || s.Own != 1 || s.Refused != 0 || len(report.Remarks) != 0 {
		t.Errorf("%+v, %v", s, report.Remarks)
	}
	if again := w.presence(others, "Cluster SA, mars 2025"); again.List.ID != report.List.ID || again.List.At != report.List.At {
		t.Errorf("the same list again is another: %+v", again.List)
	}
	if _, err := w.approve(approver, before); !errors.Is(err, distribution.ErrOverlapMoved) {
		t.Errorf("approved without having been compared: %v", err)
	}
	l, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}, Lot: before.ID})
	w.must(err)
	want := []found{
		{distribution.Sure, "PAM", "Kontza, Konna, Mopti", 3, 140, 2},
		{distribution.Possible, "CICR", "Konna, Mopti", 5, 0, 1},
		{distribution.Possible, "NRC", "Mopti", 5, 0, 1},
	}
	if diff := cmp.Diff(want, foundIn(l)); diff != "" {
		t.Error(diff)
	}
	if l.Digest == before.Digest {
		t.Error("the digest does not cover overlaps")
	}
	for _, o := range l.Overlaps {
		if !strings.Contains(o.Text(), o.Organisation) || !strings.Contains(o.Texte(), "Cluster SA, mars 2025") || strings.Contains(o.Text()+o.Texte(), "Personne") {
			t.Errorf("%s %s", o.Text(), o.Texte())
		}
	}
	if o := l.Overlaps[1]; !strings.Contains(o.Text(), "only the commune") || !strings.Contains(o.Texte(), "que la commune") {
		t.Errorf("%s %s", o.Text(), o.Texte())
	}
	// An overlap is no refusal.
	approved, err := w.approve(approver, l)
	w.must(err)
	if approved.State != distribution.LotApproved {
		t.Errorf("it is %s", approved.State)
	}
	// What was changed behind the approver's back is not approved, nor issued.
	w.must(w.store.Update(t.Context(), func(tx distribution.Tx) error {
		changed := approved
		changed.Overlaps = changed.Overlaps[1:]
		return tx.PutLot(changed)
	}))
	if _, err := w.issue(approved); !errors.Is(err, distribution.ErrLotChanged) {
		t.Errorf("issued with another warning than what was approved: %v", err)
	}
}

// Without a place list only names are compared, and that is said; a village of the
// same name in another commune is another.
func TestService_overlaps_names(t *testing.T) {
	w := overlapping(t, false, nil)
	w.allocate("r", distribution.Draw{Fund: "f", Vouchers: money.Francs(500_000)})
	w.presence(others, "Cluster")
	l := w.prepare("r", "pt")
	if len(l.Overlaps) == 0 || l.Overlaps[0].Sure != distribution.Likely || l.Overlaps[0].Organisation != "PAM" || l.Overlaps[0].Households != 3 {
		t.Errorf("%+v", foundIn(l))
	}
	for _, o := range l.Overlaps {
		if o.Organisation == "OXFAM" || o.Organisation == "FAO" || o.Organisation == "MSF" || o.Sure == distribution.Sure {
			t.Errorf("%+v", o)
		}
	}
}

// A round may want an answer in words, which the approval covers.
func TestService_overlaps_answer(t *testing.T) {
	w := overlapping(t, true, func(c *distribution.CreateRound) { c.AnswerOverlaps = true })
	w.allocate("r", distribution.Draw{Fund: "f", Vouchers: money.Francs(500_000)})
	list := w.presence(others, "Cluster")
	l := w.prepare("r", "pt")
	if _, err := w.approve(approver, l); !errors.Is(err, distribution.ErrOverlapAnswer) {
		t.Errorf("approved without an answer: %v", err)
	}
	again := func(words string) distribution.Lot {
		got, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}, Lot: l.ID, Coordination: words})
		w.must(err)
		return got
	}
	one, two := again("Coordonné avec le PAM le 3 mars"), again("Coordonné avec le PAM le 4 mars")
	if one.Digest == two.Digest {
		t.Error("the digest does not cover the answer")
	}
	if _, err := w.approve(approver, two); err != nil {
		t.Error(err)
	}
	// A list that was wrong is withdrawn: lots are compared without it.
	withdraw := distribution.WithdrawPresence{By: planner, Key: w.Key(), List: list.List.ID, Reason: "replaced"}
	_, err := w.service.WithdrawPresence(t.Context(), withdraw)
	w.must(err)
	if got := again(""); len(got.Overlaps)+len(got.Lists) != 0 {
		t.Errorf("%+v", foundIn(got))
	}
	// Who only reads books sees which lists there are, another programme nothing.
	for by, n := range map[*access.Actor]int{&finance: 1, &strangeApprover: 0} {
		ls, err := w.service.PresenceLists(t.Context(), distribution.Query{By: *by})
		if w.must(err); len(ls) != n {
			t.Errorf("%s sees %d lists", by.ID, len(ls))
		}
	}
}

// What cannot be a list, or lacks what it needs, changes nothing; the journal has a
// list's hash and counts and no name.
func TestService_ImportPresence(t *testing.T) {
	w := newWorld(t)
	in := func(list string, change func(*distribution.ImportPresence)) error {
		cmd := distribution.ImportPresence{By: planner, Key: w.Key(), File: strings.NewReader(list), Size: int64(len(list)), Source: "x"}
		if change != nil {
			change(&cmd)
		}
		_, err := w.service.ImportPresence(t.Context(), cmd)
		return err
	}
	for name, err := range map[string]error{
		"a list of people": in(village("Kontza", 1), nil),
		"no source":        in(others, func(c *distribution.ImportPresence) { c.Source = "" }),
		"half a period":    in(others, func(c *distribution.ImportPresence) { c.From = w.Clock.Now }),
		"an approver":      in(others, func(c *distribution.ImportPresence) { c.By = approver }),
	} {
		if err == nil {
			t.Errorf("%s is imported", name)
		}
	}
	if err := in(village("Kontza", 1), nil); !errors.Is(err, presence.ErrNoHeader) {
		t.Error(err)
	}
	w.must(in(others, func(c *distribution.ImportPresence) { c.DryRun, c.Key = true, "" }))
	w.view(func(tx distribution.Tx) error {
		for l, err := range tx.PresenceLists("mopti") {
			t.Errorf("a dry run, or what was refused, is kept: %+v, %v", l, err)
		}
		return nil
	})
	w.must(in(others, nil))
	w.view(func(tx distribution.Tx) error {
		size, err := tx.Size()
		w.must(err)
		e, err := tx.Entry(size - 1)
		w.must(err)
		if e.Facts["what"] != "import-presence" || e.Facts["rows"] != "7" || len(e.Facts["file"]) != 64 {
			t.Errorf("%+v", e.Facts)
		}
		for _, v := range e.Facts {
			if strings.Contains(v, "PAM") {
				t.Errorf("an organisation is in the journal: %s", v)
			}
		}
		return nil
	})
}
