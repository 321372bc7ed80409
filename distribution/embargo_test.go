package distribution_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// Before its hour nobody sees an embargoed round's dates and places by his role,
// but who made it and who was named; each look is in the journal. Who was not
// named can neither approve nor print what he must not see.
func TestService_embargo(t *testing.T) {
	w := ready(t, 2, func(c *distribution.CreateRound) { c.EmbargoUntil = vouchertest.Opens })
	l := w.prepare("r", "pt")
	sees := func(by access.Actor) bool {
		t.Helper()
		if by.Has(access.RoleDonor) {
			return false // sees no rounds at all
		}
		rs, err := w.service.Rounds(t.Context(), distribution.Query{By: by})
		w.must(err)
		one, err := w.service.Lot(t.Context(), distribution.ReadLot{By: by, Lot: l.ID})
		w.must(err)
		all, err := w.service.Lots(t.Context(), distribution.ListLots{By: by, Round: "r"})
		w.must(err)
		dates := !rs[0].Opens.IsZero()
		if dates == rs[0].EmbargoUntil.IsZero() || dates == (len(one.Points) == 0) || dates == (len(all[0].Points) == 0) {
			t.Errorf("%s sees a part: %v, %v, %v", by.ID, rs[0].Opens, one.Points, all[0].Points)
		}
		return dates
	}
	read := func() (n int) {
		w.view(func(tx distribution.Tx) error {
			size, err := tx.Size()
			for seq := uint64(0); err == nil && seq < size; seq++ {
				e, err := tx.Entry(seq)
				if err != nil {
					return err
				}
				if e.Facts["what"] == "read-embargoed" {
					n++
				}
			}
			return err
		})
		return n
	}
	for _, role := range access.Roles() {
		if sees(person("somebody", role)) {
			t.Errorf("%s sees it by the role alone", role)
		}
	}
	if n := read(); n != 0 {
		t.Errorf("%d looks of people who saw nothing", n)
	}
	if !sees(planner) || read() != 3 {
		t.Errorf("who made it: %d looks in the journal, want 3", read())
	}
	name := func(by, person access.Actor) error {
		_, err := w.service.NamePerson(t.Context(), distribution.NamePerson{By: by, Key: w.Key(), Round: "r", Person: person.ID})
		return err
	}
	if err := second(w.approve(approver, l)); !errors.Is(err, distribution.ErrEmbargoed) {
		t.Errorf("who may not see it approved: %v", err)
	}
	if err := name(approver, approver); !errors.Is(err, distribution.ErrEmbargoed) {
		t.Errorf("somebody named himself: %v", err)
	}
	w.must(name(planner, approver))
	if !sees(approver) || sees(finance) {
		t.Error("who was named does not see it, or others do")
	}
	w.must(second(w.approve(approver, l)))
	if _, err := w.issue(l); err != nil {
		t.Fatal(err)
	}
	print := distribution.Print{By: officer, Lot: l.ID, Point: "pt"}
	if _, err := w.service.PrintPackingList(t.Context(), print); !errors.Is(err, distribution.ErrEmbargoed) {
		t.Errorf("printed by who was not named: %v", err)
	}
	w.Clock.Now = vouchertest.Opens
	if !sees(officer) {
		t.Error("hidden after its hour")
	}
	if _, err := w.service.PrintPackingList(t.Context(), print); err != nil {
		t.Errorf("after its hour: %v", err)
	}
}

// A fair is announced for an embargoed round, and the calendar says so to those
// who were named and to who announced it; market days are everybody's. Announcing
// it again tells nobody else that it was known, nor makes it new.
func TestService_Calendar_embargo(t *testing.T) {
	w := ready(t, 2, func(c *distribution.CreateRound) { c.EmbargoUntil = vouchertest.Opens })
	other := person("other", access.RoleListApprover, access.RoleRegistrar, access.RoleFinanceApprover)
	announcer := person("announcer", planner.Roles...)
	file := "Nature;Site;Jours de marché;Début\nMarché;pt;jeudi;\nFoire;pt;;" + vouchertest.Opens.AddDate(0, 0, 1).Format("2006-01-02") +
		"\nFoire;pt;;" + vouchertest.Opens.AddDate(2, 0, 0).Format("2006-01-02") + "\n"
	bring := func(by access.Actor) [5]int {
		t.Helper()
		r, err := w.service.ImportCalendar(t.Context(), distribution.ImportMarket{By: by, Key: w.Key(), File: strings.NewReader(file), Size: int64(len(file))})
		w.must(err)
		return numbers(r)
	}
	if n := bring(announcer); n != [5]int{3, 0, 0, 0, 0} {
		t.Fatal(n)
	}
	looked := 0
	sees := func(by access.Actor, days, looks int) {
		t.Helper()
		all, err := w.service.Calendar(t.Context(), distribution.Query{By: by})
		w.must(err)
		if looked += looks; len(all) != days || w.decisions("read-embargoed") != looked {
			t.Errorf("%s sees %d of the calendar, want %d; %d looks in the journal, want %d", by.ID, len(all), days, w.decisions("read-embargoed"), looked)
		}
	}
	sees(other, 2, 0)
	sees(announcer, 3, 0)
	sees(planner, 3, 1) // made the round
	_, err := w.service.NamePerson(t.Context(), distribution.NamePerson{By: planner, Key: w.Key(), Round: "r", Person: other.ID})
	w.must(err)
	sees(other, 3, 1)
	stranger := person("stranger", planner.Roles...)
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	if n := bring(stranger); n != [5]int{1, 0, 2, 0, 0} {
		t.Errorf("who may not see the fair announces it: %v, want it to look new", n)
	}
	sees(stranger, 2, 0)
	all, err := w.service.Calendar(t.Context(), distribution.Query{By: announcer})
	w.must(err)
	for _, o := range all {
		if o.By != announcer.ID {
			t.Errorf("%s %s is announced by %s now", o.Kind, o.ID, o.By)
		}
	}
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	sees(person("anybody", access.RoleRegistrar), 3, 0)
}
