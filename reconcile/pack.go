package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
)

// packMax bounds the entries that one pack proves.
const packMax = 40_000

// CasePack is documented at Service.
func (s *service) CasePack(ctx context.Context, q CaseByID) (evidence.Pack, error) {
	return read(ctx, s, MethodCasePack, q.By, func(tx Tx) (evidence.Pack, error) {
		c, err := ownCase(tx, q.ID, q.By)
		if err != nil {
			return evidence.Pack{}, err
		}
		return packOf(tx, c)
	})
}

// packer gathers a case's evidence.
type packer struct {
	tx     Tx
	c      Case
	pack   evidence.Pack
	leaves map[uint64]bool
	claims map[vendors.ClaimID][]int // lines that findings name
}

func packOf(tx Tx, c Case) (evidence.Pack, error) {
	p := packer{tx: tx, c: c, leaves: map[uint64]bool{}, claims: map[vendors.ClaimID][]int{}}
	p.pack = evidence.Pack{Format: evidence.Format, Programme: c.Programme, Case: packedCase(c), Findings: eachOf(c.Findings, jsonOfFinding)}
	for _, step := range []func() error{p.history, p.papers, p.redemptions, p.claimed, p.prove} {
		if err := step(); err != nil {
			return evidence.Pack{}, err
		}
	}
	return p.pack, nil
}

func packedCase(c Case) evidence.Case {
	instant := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	out := evidence.Case{ID: c.ID, Vendor: string(c.Vendor), Round: c.Round, About: string(c.About), Refers: c.Refers, State: string(c.State),
		Value: c.Value, Frozen: c.Frozen, Opened: c.Opened, Assigned: c.Assigned.To, Due: instant(c.Assigned.Due),
		Asked: instant(c.Hearing.Asked), Until: instant(c.Hearing.Until), Answered: instant(c.Hearing.Answered), Decided: instant(c.Decided)}
	if !c.Debt.Charged.Asset().IsZero() {
		out.Charged, out.Recovered, out.GivenUp = &c.Debt.Charged, &c.Debt.Recovered, &c.Debt.GivenUp
	}
	if !c.Hearing.Answered.IsZero() {
		out.Answer = hexadecimal(c.Hearing.Answer)
	}
	return out
}

func (p *packer) history() (err error) {
	p.pack.History, err = history(p.tx, p.c)
	for _, e := range p.pack.History {
		p.leaves[uint64(e.Entry)] = true
	}
	return err
}

// papers takes the documents of the case; their entries are in its history.
func (p *packer) papers() error {
	as, err := papers(p.tx, p.c)
	for _, a := range as {
		p.pack.Documents = append(p.pack.Documents, evidence.Document{SHA256: a.Document.Hash.String(), Kind: string(a.Kind), Type: string(a.Document.Type),
			Bytes: a.Document.Size, Entry: evidence.Entry(a.Entry)})
	}
	return err
}

// redemptions takes the sales that findings name, and the claims of their lines.
func (p *packer) redemptions() error {
	named, held := map[uint64]bool{}, map[uint64]Held{}
	for _, f := range p.c.Findings {
		for _, ref := range f.Evidence {
			if seq, ok := entryOf(ref); ok {
				named[seq] = true
			}
			if text, ok := strings.CutPrefix(ref, "claim:"); ok {
				id, line, _ := strings.Cut(text, "/")
				n, _ := strconv.Atoi(line) // 0 for the whole claim
				p.claims[vendors.ClaimID(id)] = append(p.claims[vendors.ClaimID(id)], n)
			}
		}
	}
	for _, h := range p.c.Money {
		held[h.Entry] = h
	}
	sales, err := salesOf(p.tx, p.c)
	if err != nil {
		return err
	}
	p.pack.Redemptions = []evidence.Redemption{}
	for _, s := range sales {
		if !named[s.Entry] {
			continue
		}
		h, frozen := held[s.Entry]
		r := evidence.Redemption{Entry: evidence.Entry(s.Entry), Kind: s.Kind, Receipt: s.Receipt.String(), Handheld: string(s.Handheld),
			From: s.At.From, To: s.At.To, Amount: s.Quantity, Claim: string(s.Claim), Frozen: frozen && !h.Paid, Paid: h.Paid, Outcome: string(h.Outcome)}
		if p.c.Vendor == "" {
			r.Vendor = string(s.Vendor)
		}
		if r.State, err = p.state(s); err != nil {
			return err
		}
		if r.Voucher, err = p.pseudonym(s); err != nil {
			return err
		}
		if s.Claim != "" {
			p.claims[s.Claim] = append(p.claims[s.Claim], 0)
		}
		p.leaves[s.Entry] = true
		p.pack.Redemptions = append(p.pack.Redemptions, r)
	}
	return nil
}

// state says where the money of a redemption is.
func (p *packer) state(s Sale) (string, error) {
	switch {
	case !s.Stands():
		return "undone", nil
	case s.Case != "":
		return "frozen", nil
	case s.Claim == "":
		return "redeemed", nil
	}
	c, err := p.tx.Claim(s.Claim)
	switch c.State {
	case vendors.ClaimAccepted:
		return "claimed", err
	case vendors.ClaimOrdered, vendors.ClaimSettled:
		return string(c.State), err
	}
	return "redeemed", err
}

// pseudonym returns what the journal calls the voucher, "" for a loss.
func (p *packer) pseudonym(s Sale) (string, error) {
	if s.Kind != ledger.KindRedeem {
		return "", nil
	}
	leaf, err := p.tx.Leaf(s.Entry)
	if err != nil {
		return "", err
	}
	e, err := ledger.ParseLeaf(leaf)
	if err != nil || len(e.Postings) != 1 {
		return "", fmt.Errorf("leaf %d: %w", s.Entry, err)
	}
	return string(e.Postings[0].Debit), nil
}

// claimed takes the claims that findings or redemptions name.
func (p *packer) claimed() error {
	p.pack.Claims = []evidence.Claim{}
	for _, id := range slices.Sorted(maps.Keys(p.claims)) {
		c, err := p.tx.Claim(id)
		if err != nil {
			return err
		}
		out := evidence.Claim{ID: string(id), Kind: string(c.Kind), State: string(c.State), Claimed: c.Claimed, Accepted: c.Accepted,
			Settlement: c.Settlement, Lines: []evidence.ClaimLine{}}
		if c.Kind == vendors.Independent {
			out.Invoice = hexadecimal(c.InvoiceHash)
		}
		if c.State != vendors.ClaimProposed && c.State != vendors.ClaimRefused {
			e, err := p.tx.Entry(c.Entry)
			if err != nil {
				return err
			}
			if entry := evidence.Entry(e.Seq); e.Ref == string(id) { // not where it pays what another was paid without
				out.Entry, p.leaves[e.Seq] = &entry, true
			}
		}
		for l, err := range p.tx.ClaimLines(id, 0) {
			if err != nil {
				return err
			}
			if !l.Matched && slices.Contains(p.claims[id], l.N) {
				out.Lines = append(out.Lines, evidence.ClaimLine{N: l.N, Amount: l.Amount, Problem: l.Problem})
			}
		}
		p.pack.Claims = append(p.pack.Claims, out)
	}
	return nil
}

// prove adds each entry's leaf with its proof against the latest checkpoint.
func (p *packer) prove() error {
	if len(p.leaves) > packMax {
		return ErrTooLarge
	}
	c, err := p.tx.Checkpoint()
	if errors.Is(err, ledger.ErrNotFound) {
		return ErrUnsigned
	}
	if err != nil {
		return err
	}
	p.pack.Checkpoint = c.Note
	for _, seq := range slices.Sorted(maps.Keys(p.leaves)) {
		if seq >= c.Size {
			return ErrUnsigned
		}
		leaf, err := p.tx.Leaf(seq)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(int64(c.Size), int64(seq), p.tx)
		if err != nil {
			return err
		}
		p.pack.Leaves = append(p.pack.Leaves, evidence.Leaf{Entry: evidence.Entry(seq), Text: string(leaf),
			Proof: eachOf(proof, func(h tlog.Hash) string { return h.String() })})
	}
	return nil
}
