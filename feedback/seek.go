package feedback

import (
	"fmt"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// The strata of a sample that was sought.
const (
	ForSale = "sale" // called about a sale of its own
	ByLot   = "lot"  // by lot among a trader's customers
)

// Sought is a household to call because of what it bought, or where.
type Sought struct {
	Household distribution.BeneficiaryID
	Lot       bool // by lot among its trader's customers; otherwise about a sale of its own
}

// SoughtMax bounds the households of one such sample.
const SoughtMax = 50_000

// ErrSought refuses to say shares of a sample whose households were sought.
var ErrSought = fault.New(fault.Conflict, "sample_sought",
	"These households were called because of their sales: what they say is of no share of all.",
	"Ces ménages ont été appelés à cause de leurs ventes : leurs réponses ne disent la part d'aucun ensemble.")

// Seek makes a sample of households that are called because of their sales, in
// the order given; each is called once. It stands beside those that are drawn:
// it is called and answered as they are, and nothing is estimated from it. The
// journal has how many there are, and the digest of the list.
func Seek(tx Tx, actor ledger.Actor, by access.Actor, key, round string, who []Sought) (Sample, error) {
	now := tx.Now()
	m := Sample{ID: sampleID(tx, by, key), Programme: by.Programme, Round: round, Sought: true,
		CommittedBy: by.Pseudonym, Committed: now, DrawnBy: by.Pseudonym, Drawn: now}
	strata := []Stratum{{Name: ForSale}, {Name: ByLot}}
	called := map[distribution.BeneficiaryID]bool{}
	var picks []Pick
	for _, w := range who {
		if called[w.Household] {
			continue
		}
		called[w.Household] = true
		s := &strata[0]
		if w.Lot {
			s = &strata[1]
		}
		s.Households, s.Size = s.Households+1, s.Size+1
		n := len(picks) + 1
		picks = append(picks, Pick{FrameUnit: FrameUnit{Unit: fmt.Sprintf("%016x", n), Stratum: s.Name, Household: w.Household}, N: n})
	}
	if len(picks) > SoughtMax {
		return Sample{}, ErrDesign.At("most", "%d households, %d at most: call fewer of each trader's customers", len(picks), SoughtMax)
	}
	for _, s := range strata {
		if s.Size > 0 {
			m.Strata = append(m.Strata, s)
		}
	}
	m.Households = len(picks)
	e, err := ledger.Decide(tx, actor, round, "calls-sought", m.ID, map[string]string{"sale": strconv.Itoa(strata[0].Size),
		"lot": strconv.Itoa(strata[1].Size), "list": listDigest(picks)})
	if err != nil {
		return Sample{}, err
	}
	m.CommitEntry, m.DrawEntry = e.Seq, e.Seq
	for _, p := range picks {
		if err := tx.PutPick(m.ID, p); err != nil {
			return Sample{}, err
		}
	}
	return m, tx.PutSample(m)
}
