package finance

import (
	"bytes"
	"cmp"
	"context"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher/cards"
)

// ReadReceipts asks for the receipts of a settlement's payments in cash that
// have no answer yet.
type ReadReceipts struct {
	By         access.Actor
	Settlement string
	Lang       string // "fr" where empty, or "en"
}

// Receipts are the receipts to be signed, as a PDF.
type Receipts struct {
	Settlement string
	Count      int
	Lang       string
	PDF        []byte
}

func (s *service) Receipts(ctx context.Context, q ReadReceipts) (Receipts, error) {
	return read(ctx, s, MethodReceipts, q.By, func(tx Tx) (Receipts, error) {
		st, err := tx.Settlement(q.Settlement)
		if err == nil && st.Programme != q.By.Programme {
			err = vendors.ErrNotFound
		}
		if err != nil {
			return Receipts{}, err
		}
		if st.State != vendors.SettlementOrdered {
			return Receipts{}, vendors.ErrSettlementState.At("state", "it is %s", st.State)
		}
		var list []cards.Receipt
		for _, p := range st.Cash() {
			payee, err := p.Payee(tx)
			if err != nil {
				return Receipts{}, err
			}
			list = append(list, cards.Receipt{Number: p.Reference, Of: len(list) + 1, Payee: payee, Vendor: string(p.Vendor), Round: p.Round, Claim: string(p.Claim),
				Amount: p.Amount, Code: st.ReceiptCode(p), Ordered: st.Approval.Proof.At})
		}
		if len(list) == 0 {
			return Receipts{}, vendors.ErrNothingToPay
		}
		var b bytes.Buffer
		err = cards.WriteReceipts(&b, tx.Now(), q.Lang != "en", st.ID, list)
		return Receipts{st.ID, len(list), cmp.Or(q.Lang, "fr"), b.Bytes()}, err
	})
}
