package reconcile

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

type lineJSON struct {
	Vendor     vendors.ID        `json:"vendor"`
	Round      string            `json:"round"`
	Point      string            `json:"point,omitempty"`
	Claim      vendors.ClaimID   `json:"claim,omitempty"`
	Kind       vendors.ClaimKind `json:"kind,omitempty"`
	Line       int               `json:"line,omitempty"`
	Serial     string            `json:"serial"`
	Exception  Exception         `json:"exception,omitempty"`
	Claimed    *money.Amount     `json:"claimed,omitempty"`
	Redeemed   *money.Amount     `json:"redeemed,omitempty"`
	Entry      string            `json:"entry,omitempty"`
	Receipt    string            `json:"receipt,omitempty"`
	SoldFrom   *time.Time        `json:"sold_from,omitempty"`
	SoldTo     *time.Time        `json:"sold_to,omitempty"`
	Settlement string            `json:"settlement,omitempty"`
	Detail     string            `json:"detail,omitempty"`
	Row        int               `json:"row,omitempty"`   // of the invoice, where it is not the line's number
	Typed      string            `json:"typed,omitempty"` // the serial as typed, where it was read otherwise
	Candidates []candidateJSON   `json:"candidates,omitempty"`
}

type candidateJSON struct {
	Lines    []int        `json:"lines"`
	Entries  []string     `json:"entries"`
	Serials  []string     `json:"serials"`
	Vendor   vendors.ID   `json:"vendor"`
	Amount   money.Amount `json:"amount"`
	SoldFrom time.Time    `json:"sold_from"`
	SoldTo   time.Time    `json:"sold_to"`
	Slips    int          `json:"half_slips"`
	Claimed  bool         `json:"claimed"`
}

func jsonOfCandidate(c Candidate) candidateJSON {
	w := candidateJSON{Lines: c.Lines, Entries: []string{}, Serials: c.Serials, Vendor: c.Vendor, Amount: c.Amount,
		SoldFrom: c.SoldAt.From, SoldTo: c.SoldAt.To, Slips: c.Slips, Claimed: c.Claimed}
	for _, seq := range c.Entries {
		w.Entries = append(w.Entries, strconv.FormatUint(seq, 10))
	}
	return w
}

func jsonOfLine(l Line) lineJSON {
	w := lineJSON{Vendor: l.Vendor, Round: l.Round, Point: l.Point, Claim: l.Claim, Kind: l.Kind, Line: l.N, Serial: l.Serial,
		Exception: l.Exception, Settlement: l.Settlement, Detail: l.Detail, Typed: l.Typed}
	if l.Row != l.N {
		w.Row = l.Row
	}
	for _, c := range l.Candidates {
		w.Candidates = append(w.Candidates, jsonOfCandidate(c))
	}
	if l.Claim != "" {
		w.Claimed = &l.Claimed
	}
	if l.HasEntry {
		w.Redeemed, w.Entry = &l.Redeemed, strconv.FormatUint(l.Entry, 10)
	}
	if l.Receipt != (voucher.Hash{}) {
		w.Receipt = l.Receipt.String()
		w.SoldFrom, w.SoldTo = &l.SoldAt.From, &l.SoldAt.To
	}
	return w
}

func jsonOfFinding(f Finding) evidence.Finding {
	return evidence.Finding{ID: f.ID, Detector: f.Detector, Vendor: string(f.Vendor), Handheld: string(f.Handheld), Round: f.Round,
		Score: f.Score, Value: f.Value, Evidence: f.Evidence, Says: evidence.Both{EN: f.Says, FR: f.Dit}, Clears: evidence.Both{EN: f.Clears, FR: f.Clairait}}
}

type totalJSON struct {
	Vendor             vendors.ID                  `json:"vendor"`
	Round              string                      `json:"round"`
	Redeemed           money.Amount                `json:"redeemed"`
	Quantity           *money.Amount               `json:"quantity,omitempty"`
	ClaimedSelfBilled  money.Amount                `json:"claimed_self_billed"`
	ClaimedIndependent money.Amount                `json:"claimed_independent"`
	Matched            money.Amount                `json:"matched"`
	Exceptions         map[Exception]exceptionJSON `json:"exceptions"`
	Unclaimed          money.Amount                `json:"unclaimed"`
	Frozen             money.Amount                `json:"frozen"`
	Owed               money.Amount                `json:"owed"`
	InTransit          money.Amount                `json:"in_transit"`
	Settled            money.Amount                `json:"settled"`
}

type exceptionJSON struct {
	Lines int          `json:"lines"`
	Value money.Amount `json:"value"`
}

func jsonOfTotal(t Total) totalJSON {
	w := totalJSON{Vendor: t.Vendor, Round: t.Round, Redeemed: t.Redeemed, ClaimedSelfBilled: t.ClaimedSelfBilled,
		ClaimedIndependent: t.ClaimedIndependent, Matched: t.Matched, Exceptions: map[Exception]exceptionJSON{}, Unclaimed: t.Unclaimed,
		Frozen: t.Frozen, Owed: t.Owed, InTransit: t.InTransit, Settled: t.Settled}
	if !t.Quantity.Asset().IsZero() {
		w.Quantity = &t.Quantity
	}
	for e, n := range t.Exceptions {
		w.Exceptions[e] = exceptionJSON{n, t.ExceptionValue[e]}
	}
	return w
}

type checkpointJSON struct {
	Size string `json:"size"`
	Root string `json:"root"` // standard base64, as in a signed checkpoint
}

// WriteJSON writes the report as one JSON object and a line feed, line by line
// so that its size does not matter. The same report is written as the same
// bytes. Its fields are
//
//	programme, round, at     what it is of, and when the journal's last entry was written
//	matches, exceptions      lines; those of exceptions name theirs
//	findings, cases, totals  findings are null where nobody looked for them
//	ties, tie_errors         whether the totals equal the ledger, and where not
//	checkpoint               {size, root} of the journal that it was made from
//
// Amounts are {"amount":"5000","asset":"XOF/0"}, 64-bit numbers are strings.
func WriteJSON(w io.Writer, r Report) error {
	j := &jsonWriter{w: bufio.NewWriter(w)}
	j.raw("{")
	j.field("programme", r.Programme)
	j.field("round", r.Round)
	j.field("at", r.At)
	writeArray(j, "matches", jsonOfLine, r.Lines.keep(true))
	writeArray(j, "exceptions", jsonOfLine, r.Lines.keep(false))
	if r.Quick {
		j.field("findings", nil)
	} else {
		writeArray(j, "findings", jsonOfFinding, slices.Values(r.Findings))
	}
	writeArray(j, "cases", jsonOfCase, slices.Values(r.Cases))
	writeArray(j, "totals", jsonOfTotal, slices.Values(r.Totals))
	writeArray(j, "points", jsonOfPart, slices.Values(r.Points))
	writeArray(j, "days", jsonOfPart, slices.Values(r.Days))
	j.field("ties", r.Ties)
	writeArray(j, "tie_errors", func(s string) string { return s }, slices.Values(r.TieErrors))
	j.field("checkpoint", checkpointJSON{strconv.FormatUint(r.Size, 10), r.Checkpoint})
	j.raw("}\n")
	if j.err != nil {
		return j.err
	}
	return j.w.Flush()
}

type partJSON struct {
	Round     string       `json:"round"`
	Point     string       `json:"point,omitempty"`
	Day       string       `json:"day,omitempty"`
	Sales     int          `json:"sales"`
	Redeemed  money.Amount `json:"redeemed"`
	Matched   money.Amount `json:"matched"`
	Unclaimed money.Amount `json:"unclaimed"`
}

func jsonOfPart(p Part) partJSON { return partJSON(p) }

// jsonWriter writes the members of one object; the first error stays.
type jsonWriter struct {
	w     *bufio.Writer
	begun bool // a member was written
	err   error
}

func (j *jsonWriter) raw(s string) {
	if j.err == nil {
		_, j.err = j.w.WriteString(s)
	}
}

func (j *jsonWriter) value(v any) {
	b, err := json.Marshal(v)
	if err != nil && j.err == nil {
		j.err = err
	}
	j.raw(string(b))
}

func (j *jsonWriter) name(name string) {
	if j.begun {
		j.raw(",")
	}
	j.begun = true
	j.raw(`"` + name + `":`)
}

func (j *jsonWriter) field(name string, v any) {
	j.name(name)
	j.value(v)
}

func writeArray[T, W any](j *jsonWriter, name string, show func(T) W, items iter.Seq[T]) {
	j.name(name)
	j.raw("[")
	first := true
	for it := range items {
		if !first {
			j.raw(",\n")
		}
		first = false
		j.value(show(it))
	}
	j.raw("]")
}
