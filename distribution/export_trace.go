package distribution

import (
	"bytes"
	"context"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// TraceExport asks which copies a list that was found may be. References are
// those of its column ref; telephone numbers (E.164) are in the order of the
// list.
type TraceExport struct {
	By     access.Actor
	Refs   []string // 1,000 at most
	Phones []string // 1,000 at most
}

const traceMax = 1000

// Traced is what speaks for a copy. One reference that it has and no other copy
// is proof, as nobody guesses 48 bits. Of rows in any other order half the
// neighbours are in this copy's; where n neighbours all are, chance does that
// once in n! lists of n+1 rows.
type Traced struct {
	Export     string
	Copy       int
	Recipient  string
	Refs       int // references that this copy has
	Neighbours int // pairs of rows that stand one after the other and are of this list
	InOrder    int // of those, how many are as in this copy
}

// TraceExport is documented at Service.
func (s *service) TraceExport(ctx context.Context, q TraceExport) ([]Traced, error) {
	actor, err := acting(q.By, MethodTraceExport)
	if err != nil {
		return nil, err
	}
	if len(q.Refs)+len(q.Phones) == 0 || len(q.Refs) > traceMax || len(q.Phones) > traceMax {
		return nil, ErrCommand.At("refs, phones", "1 to %d of one of them", traceMax)
	}
	refs := map[string]bool{}
	for _, r := range q.Refs {
		refs[r] = true
	}
	var found []Traced
	err = s.store.View(ctx, func(tx Tx) error {
		found = nil
		rows, err := s.rowsOf(tx, q)
		if err != nil {
			return err
		}
		ids, err := exported(tx, Export{Programme: q.By.Programme})
		if err != nil {
			return err
		}
		for e, err := range tx.Exports(q.By.Programme) {
			if err != nil {
				return err
			}
			for n := 1; n <= e.Copies; n++ {
				t := Traced{Export: e.ID, Copy: n, Recipient: e.Recipient}
				for _, id := range ids {
					if len(refs) > 0 && refs[s.cfg.Sealer.exportRef(e, n, id)] {
						t.Refs++
					}
				}
				for i := 1; i < len(rows); i++ {
					a, b := s.cfg.Sealer.exportOrder(e, n, rows[i-1]), s.cfg.Sealer.exportOrder(e, n, rows[i])
					if t.Neighbours++; bytes.Compare(a[:], b[:]) < 0 {
						t.InOrder++
					}
				}
				found = append(found, t)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, s.store.Update(ctx, func(tx Tx) error {
		_, err := ledger.Decide(tx, actor, "", "trace-export", "", map[string]string{"count": number(len(q.Refs) + len(q.Phones))})
		return err
	})
}

// rowsOf returns the households of the telephone numbers, in their order. A
// number that several share, or nobody has, says nothing.
func (s *service) rowsOf(tx Tx, q TraceExport) ([]BeneficiaryID, error) {
	var rows []BeneficiaryID
	for _, phone := range q.Phones {
		ids, err := collect(tx.Blind(q.By.Programme, s.cfg.Sealer.phoneDigest(q.By.Programme, phone)))
		if err != nil {
			return nil, err
		}
		if len(ids) == 1 {
			rows = append(rows, ids[0])
		}
	}
	return rows, nil
}
