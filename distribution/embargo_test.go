package distribution_test

import (
	"errors"
	"testing"

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
