package reconcile

import (
	"cmp"
	"slices"

	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
)

// sum adds up what became of the lines and of the redemptions.
func (r *Redemptions) sum(out *FileReport, a *engine.Answer, rows []int32) {
	type sums struct{ redeemed, claimed, matched, before, unclaimed int64 }
	by := make([]sums, len(r.names))
	totals := make([]FileTotal, len(r.names))
	for i := range totals {
		totals[i].Vendor, totals[i].Wrong = r.names[i], map[Exception]int{}
	}
	for n := range r.engine.Sales {
		s := &r.engine.Sales[n]
		if s.Gone {
			continue
		}
		by[s.Vendor].redeemed += max(s.Amount, 0)
		if a.TakenBy[n] == engine.None {
			by[s.Vendor].unclaimed += max(s.Amount, 0)
		}
	}
	proposals := map[int32]*engine.Proposal{}
	for i := range a.Proposals {
		for _, l := range a.Proposals[i].Lines {
			proposals[l] = &a.Proposals[i]
		}
	}
	for i := len(r.before.lines); i < len(r.engine.Lines); i++ {
		l, res := &r.engine.Lines[i], a.Results[i]
		t := &totals[l.Vendor]
		t.Lines++
		by[l.Vendor].claimed += l.Amount
		if res.Outcome == engine.Matched || res.Outcome == engine.Read {
			by[l.Vendor].matched += l.Amount
			if res.Outcome == engine.Read {
				t.Read++
			}
			continue
		}
		wrong := r.exception(int32(i), res)
		t.Wrong[wrong.Exception]++
		if wrong.Claim != "" {
			by[l.Vendor].before += l.Amount
		}
		if len(out.Exceptions) == fileListed {
			continue
		}
		wrong.Row = int(rows[i-len(r.before.lines)])
		if p := proposals[int32(i)]; p != nil && wrong.Exception == Ambiguous {
			for _, c := range p.Candidates {
				var seqs []uint64
				for _, n := range c.Sales {
					seqs = append(seqs, r.entries[n])
				}
				wrong.Candidates = append(wrong.Candidates, seqs)
			}
		}
		out.Exceptions = append(out.Exceptions, wrong)
	}
	for i, t := range totals {
		t.Redeemed, t.Claimed, t.Matched = money.Francs(by[i].redeemed), money.Francs(by[i].claimed), money.Francs(by[i].matched)
		t.Before, t.Unclaimed = money.Francs(by[i].before), money.Francs(by[i].unclaimed)
		if t.Lines > 0 || by[i].redeemed > 0 {
			out.Totals = append(out.Totals, t)
		}
	}
	slices.SortFunc(out.Totals, func(a, b FileTotal) int { return cmp.Compare(a.Vendor, b.Vendor) })
}

// exception names what is wrong with a line.
func (r *Redemptions) exception(i int32, res engine.Result) FileLine {
	l := &r.engine.Lines[i]
	out := FileLine{Vendor: r.names[l.Vendor], Claimed: money.Francs(l.Amount), Exception: ClaimedNotRedeemed, Serial: r.engine.Text(i)}
	if !l.Serial.IsZero() {
		out.Serial = string(l.Serial.Voucher())
	}
	if res.Sale != engine.None {
		out.Entry, out.HasEntry = r.entries[res.Sale], true
	}
	had, before := r.had(res)
	switch {
	case before:
		out.Exception, out.Claim, out.State = ClaimedBefore, had.ID, had.State
	case res.Outcome == engine.AmountDiffers:
		out.Exception = AmountDiffers
	case res.Outcome == engine.Taken:
		out.Exception = ClaimedTwice
	case res.Outcome == engine.Ambiguous:
		out.Exception = Ambiguous
	case res.Sale != engine.None:
		out.Exception = AnotherVendors
	case l.Serial.IsZero():
		out.Exception = UnknownSerial
	}
	return out
}
