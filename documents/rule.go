package documents

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// rulesMax bounds the rules of a programme.
const rulesMax = 20

// Rule is a document that a programme requires before it pays.
type Rule struct {
	Subject SubjectKind  // what must have it: the vendor, claim, settlement or advance that is paid
	Kind    Kind         //
	Method  string       // only payments by this method; all where empty
	Above   money.Amount // only payments of more, in XOF; all where zero
}

// methods are the ways to be paid that a rule may name.
var methods = []string{"", "mobile-money", "bank", "cheque", "cash", "wholesaler"}

// CheckRules returns ErrDocument where a rule can require nothing.
func CheckRules(rules []Rule) error {
	if len(rules) > rulesMax {
		return ErrDocument.At("rules", "at most %d", rulesMax)
	}
	for i, r := range rules {
		at := fmt.Sprintf("rules[%d]", i)
		switch {
		case !slices.Contains([]SubjectKind{OfVendor, OfClaim, OfSettlement, OfAdvance}, r.Subject):
			return ErrDocument.At(at+".subject", "vendor, claim, settlement or advance")
		case !slices.Contains(kinds, r.Kind):
			return ErrDocument.At(at+".kind", "contract, invoice, signed-sheet, payment-receipt, evidence, report or other")
		case !slices.Contains(methods, r.Method):
			return ErrDocument.At(at+".method", "mobile-money, bank, cheque, cash, wholesaler or empty")
		case r.Above.Sign() < 0 || !r.Above.IsZero() && r.Above.Asset() != money.XOF:
			return ErrDocument.At(at+".above", "XOF, not below zero")
		case slices.Contains(rules[:i], r):
			return ErrDocument.At(at, "given twice")
		}
	}
	return nil
}

// DigestOf is the SHA-256 of rules, by which the journal knows them.
func DigestOf(rules []Rule) (Hash, error) {
	b, err := json.Marshal(rules)
	return sha256.Sum256(b), err
}

// Payment is what rules are asked about: one sum that is to leave by a method,
// and what it is for.
type Payment struct {
	Method   string
	Amount   money.Amount // in XOF
	Subjects []Subject
}

// Missing returns ErrMissing with one field for each document that the
// programme's rules require for one of the payments and that is not attached;
// nil where nothing is missing.
func Missing(tx Tx, programme string, payments ...Payment) error {
	rules, err := tx.DocumentRules(programme)
	if err != nil || len(rules) == 0 {
		return err
	}
	type need struct {
		subject Subject
		kind    Kind
	}
	var fields []fault.Field
	asked := map[need]bool{}
	for _, p := range payments {
		for _, r := range rules {
			if r.Method != "" && r.Method != p.Method || p.Amount.Minor() <= r.Above.Minor() {
				continue
			}
			for _, s := range p.Subjects {
				n := need{s, r.Kind}
				if s.Kind != r.Subject || asked[n] {
					continue
				}
				asked[n] = true
				ok, err := has(tx, programme, s, r.Kind)
				if err != nil {
					return err
				}
				if !ok {
					fields = append(fields, fault.Field{Location: s.String(), Message: "has no " + string(r.Kind)})
				}
			}
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return ErrMissing.With(fields...)
}

func has(tx Tx, programme string, s Subject, k Kind) (bool, error) {
	for a, err := range tx.Attachments(programme, s) {
		if err != nil || a.Kind == k {
			return err == nil, err
		}
	}
	return false, nil
}

// Attached reports whether the document belongs to the subject, as whatever
// kind.
func Attached(tx Tx, programme string, s Subject, h Hash) (bool, error) {
	for a, err := range tx.AttachmentsOf(programme, h) {
		if err != nil || a.Subject == s {
			return err == nil, err
		}
	}
	return false, nil
}
