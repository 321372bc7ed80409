package detect

import "fmt"

// Check reports facts whose tables do not fit together, which Run would not
// survive: it is for facts that come from a file.
func (f *Facts) Check() error {
	within := func(what string, at int, i int32, n int, none bool) error {
		if int(i) < n && (i >= 0 || none && i == -1) {
			return nil
		}
		return fmt.Errorf("%s %d: there is no %d of %d", what, at, i, n)
	}
	for i, c := range f.Cards {
		if err := within("point of card", i, c.Point, len(f.Points), true); err != nil {
			return err
		}
	}
	for i, r := range f.Records {
		for _, x := range []struct {
			what string
			at   int32
			n    int
			none bool
		}{{"card", r.Card, len(f.Cards), true}, {"vendor", r.Vendor, len(f.Vendors), false}, {"handheld", r.Handheld, len(f.Handhelds), true}} {
			if err := within(x.what+" of record", i, x.at, x.n, x.none); err != nil {
				return err
			}
		}
		if r.Value < 0 || r.Value > valueMax {
			return fmt.Errorf("value of record %d: %d", i, r.Value)
		}
	}
	return f.checkRest(within)
}

// valueMax bounds a record's francs so that a round's sum is in range.
const valueMax = 1e12

func (f *Facts) checkRest(within func(string, int, int32, int, bool) error) error {
	for i, c := range f.Claims {
		if err := within("vendor of claim", i, c.Vendor, len(f.Vendors), false); err != nil {
			return err
		}
	}
	for i, l := range f.Lines {
		if err := within("claim of line", i, l.Claim, len(f.Claims), false); err != nil {
			return err
		}
	}
	for i, x := range f.Forks {
		if err := within("vendor of fork", i, x.Vendor, len(f.Vendors), false); err != nil {
			return err
		}
		if err := within("handheld of fork", i, x.Handheld, len(f.Handhelds), false); err != nil {
			return err
		}
		for _, list := range [][]int32{x.Twins, x.Later} {
			for _, r := range list {
				if err := within("record of fork", i, r, len(f.Records), false); err != nil {
					return err
				}
			}
		}
	}
	for i, g := range f.Goods {
		if err := within("record of goods", i, g.Record, len(f.Records), false); err != nil {
			return err
		}
	}
	for i, a := range f.Answers {
		if err := within("record of answer", i, a.Record, len(f.Records), false); err != nil {
			return err
		}
	}
	for i, c := range f.Complaints {
		if err := within("vendor of complaint", i, c.Vendor, len(f.Vendors), false); err != nil {
			return err
		}
		if err := within("record of complaint", i, c.Record, len(f.Records), true); err != nil {
			return err
		}
	}
	return nil
}
