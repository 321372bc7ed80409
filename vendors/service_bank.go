package vendors

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// ImportStatement is the command to take a statement of a bank account:
// camt.053, or CSV or XLSX with balances, of at most 16 MiB.
type ImportStatement struct {
	By   access.Actor `json:"-"`
	Key  string       `json:"-"`
	Bank string
	File []byte `json:"-"`
}

// StatementImport says what a statement changed.
type StatementImport struct {
	Statements []BankStatement // that were new; none where the file had come before
	New        int             // lines
	Same       int             // lines that an earlier statement had
	Matched    int             // of the new ones
	Open       int             // of the new ones, that a person has to explain
}

// ExplainLine is the command to say what a line is that the bank's words do not
// say. IsEntry names what is in the books already and is taken at once, as it
// moves no money; everything else waits for another person.
type ExplainLine struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Bank    string
	N       int
	What    Explanation
	Round   string   // that bears the fee, or what a return lacks
	Payment string   // reference
	To      string   // the other account of a transfer
	Entries []uint64 // at most 100
	Note    string
}

// AnswerLine is the command to agree to what somebody said a line is, which
// posts it, or not to.
type AnswerLine struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Bank   string
	N      int
	Digest [32]byte // of the line as it was read
	Refuse bool
}

// BankLinesOf asks for a page of a bank account's lines with N above After; of
// those alone that are to be explained or agreed to where Open is set.
type BankLinesOf struct {
	By    access.Actor
	Bank  string
	After int
	Limit int
	Open  bool
}

func (s *service) ImportStatement(ctx context.Context, cmd ImportStatement) (StatementImport, error) {
	if _, err := acting(MethodImportStatement, cmd.By); err != nil {
		return StatementImport{}, err
	}
	seed, err := s.seed()
	if err != nil {
		return StatementImport{}, err
	}
	account, _ := bankfile.ParseAccount(s.banks[cmd.Bank].Account)
	statements, err := readStatement(ctx, cmd.File, account)
	if err != nil {
		return StatementImport{}, err
	}
	content := struct {
		ImportStatement
		File [32]byte
	}{cmd, sha256.Sum256(cmd.File)}
	return once(ctx, s, MethodImportStatement, cmd.By, cmd.Key, content, func(tx Tx, as ledger.Actor) (StatementImport, error) {
		if !idForm.MatchString(cmd.Bank) {
			return StatementImport{}, ErrVendor.At("bank", "lower-case letters, digits and -")
		}
		if _, ours := s.banks[cmd.Bank]; !ours {
			if err := knownBank(tx, cmd.Bank); err != nil {
				return StatementImport{}, err
			}
		}
		var out StatementImport
		for st, err := range tx.BankStatements(cmd.Bank) {
			if err != nil {
				return StatementImport{}, err
			}
			if st.Programme != cmd.By.Programme {
				return StatementImport{}, ErrNotFound
			}
			if st.Hash == content.File {
				out.Same += st.Lines
			}
		}
		if out.Same > 0 {
			return out, nil
		}
		book, err := openBank(tx, cmd.Bank)
		if err != nil {
			return StatementImport{}, err
		}
		for i, read := range statements {
			st := BankStatement{ID: fmt.Sprintf("%s-%d", newID("b", tx.Now(), seed), i+1), Programme: cmd.By.Programme, Bank: cmd.Bank, From: read.From, To: read.To,
				Opening: read.Opening, Closing: read.Closing, Lines: len(read.Lines), Hash: content.File, ImportedBy: cmd.By.ID, Created: tx.Now()}
			if err := book.statement(as, st, read.Lines, &out); err != nil {
				return StatementImport{}, err
			}
		}
		return out, nil
	})
}

// lineKey is what makes two lines of statements the same movement.
type lineKey struct {
	booked                                  time.Time
	amount                                  int64
	reference, batch, bankRef, cheque, text string
}

func keyOf(l BankLine) lineKey {
	return lineKey{l.Booked, l.Amount.Minor(), l.Reference, l.Batch, l.BankRef, l.Cheque, l.Text}
}

// statement takes one statement: it adds the lines that have not come before, and
// matches them. It returns ErrStatementGap where the statement does not begin
// with the balance that the lines before it lead to, or the lines now do not
// lead to its end.
func (b *bankBook) statement(as ledger.Actor, st BankStatement, lines []bankfile.Line, out *StatementImport) error {
	before := st.From.AddDate(0, 0, -1)
	known := map[lineKey]int{}
	for _, l := range b.lines {
		known[keyOf(l)]++
	}
	var fresh []BankLine
	if len(b.lines) == 0 && !st.Opening.IsZero() {
		fresh = append(fresh, BankLine{Booked: before, Amount: st.Opening, Code: opening, Text: "opening balance / solde d'ouverture"})
	} else if sum, _ := b.until(before); sum != st.Opening.Minor() {
		return ErrStatementGap.At("opening", "it opens on %s with %s, the lines before it come to %s", st.From.Format(time.DateOnly), st.Opening.Text(), money.Francs(sum).Text())
	}
	for _, r := range lines {
		l := BankLine{Booked: r.Booked, Amount: r.Amount, Reference: r.Reference, Batch: r.Batch, BankRef: r.BankRef, Cheque: r.Cheque,
			Code: r.Code, Returned: r.Returned, Text: r.Text}
		if k := keyOf(l); known[k] > 0 {
			known[k]--
			out.Same++
			continue
		}
		fresh = append(fresh, l)
	}
	for _, l := range fresh {
		l.Programme, l.Bank, l.N, l.Statement = st.Programme, b.bank, len(b.lines)+1, st.ID
		if err := b.match(as, &l); err != nil {
			return err
		}
		if err := b.tx.PutBankLine(l); err != nil {
			return err
		}
		b.lines = append(b.lines, l)
		out.New++
		if l.State == LineMatched {
			out.Matched++
		} else {
			out.Open++
		}
	}
	if sum, _ := b.until(st.To); sum != st.Closing.Minor() {
		return ErrStatementGap.At("closing", "it closes on %s with %s, all lines up to then come to %s", st.To.Format(time.DateOnly), st.Closing.Text(), money.Francs(sum).Text())
	}
	out.Statements = append(out.Statements, st)
	if _, err := ledger.Decide(b.tx, as, "", "bank-statement", st.ID, map[string]string{"bank": b.bank, "from": st.From.Format(time.DateOnly),
		"to": st.To.Format(time.DateOnly), "closing": st.Closing.Text(), "sha256": fmt.Sprintf("%x", st.Hash)}); err != nil {
		return err
	}
	return b.tx.PutBankStatement(st)
}

// ownLine returns a line of the actor's programme.
func ownLine(tx Tx, bank string, n int, by access.Actor) (BankLine, error) {
	l, err := tx.BankLine(bank, n)
	return own(l, err, func(l BankLine) string { return l.Programme }, by)
}

func (s *service) ExplainLine(ctx context.Context, cmd ExplainLine) (BankLine, error) {
	return once(ctx, s, MethodExplainLine, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (BankLine, error) {
		var f findings
		f.text(cmd.Note, "note", cmd.What != IsEntry)
		f.add(cmd.What != IsFee || idForm.MatchString(cmd.Round), "round", "the round that bears the fee")
		f.add(cmd.What != IsTransfer || idForm.MatchString(cmd.To) && cmd.To != cmd.Bank, "to", "the id of the other bank account")
		f.add(len(cmd.Entries) <= 100, "entries", "at most 100")
		if err := f.err(); err != nil {
			return BankLine{}, err
		}
		l, err := ownLine(tx, cmd.Bank, cmd.N, cmd.By)
		if err != nil {
			return BankLine{}, err
		}
		if !l.open() {
			return BankLine{}, ErrBankLine.At("state", "it is %s", l.State)
		}
		book, err := openBank(tx, cmd.Bank)
		if err != nil {
			return BankLine{}, err
		}
		said := l
		said.Named = cmd.Entries
		said.What, said.Round, said.Payment, said.To, said.Note, said.By, said.ApprovedBy = cmd.What, cmd.Round, cmd.Payment, cmd.To, cmd.Note, cmd.By.ID, ""
		if err := book.possible(said); err != nil {
			return BankLine{}, err
		}
		said.State = LineProposed
		if cmd.What == IsEntry && l.State == LineOpen { // no money moves
			if err := book.post(as, &said); err != nil {
				return BankLine{}, err
			}
		}
		_, err = ledger.Decide(tx, as, cmd.Round, "bank-line-explained", l.ref(), map[string]string{"is": string(cmd.What), "amount": l.Amount.Text(),
			"digest": fmt.Sprintf("%x", said.content().Digest())})
		if err == nil {
			err = offer(tx, said.content(), cmd.By, MethodAnswerLine)
		}
		if err != nil {
			return BankLine{}, err
		}
		return said, tx.PutBankLine(said)
	})
}

func (l BankLine) ref() string { return fmt.Sprintf("%s-%d", l.Bank, l.N) }

func (s *service) AnswerLine(ctx context.Context, cmd AnswerLine) (BankLine, error) {
	proof, err := s.agreement(ctx, MethodAnswerLine, cmd.By, cmd.Digest, cmd.Refuse)
	if err != nil {
		return BankLine{}, err
	}
	return once(ctx, s, MethodAnswerLine, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (BankLine, error) {
		l, err := ownLine(tx, cmd.Bank, cmd.N, cmd.By)
		if err != nil {
			return BankLine{}, err
		}
		if l.State != LineProposed {
			return BankLine{}, ErrBankLine.At("state", "it is %s", l.State)
		}
		if d, err := l.Digest(); err != nil || d != cmd.Digest {
			return BankLine{}, errors.Join(err, ErrBankLine.At("digest", "something else is said of it by now; read it again"))
		}
		if !cmd.Refuse {
			p := access.Proposal{Programme: l.Programme, Digest: cmd.Digest, PreparedBy: l.By, Roles: Roles[MethodAnswerLine]}
			if _, err := p.Approve(cmd.By, proof, tx.Now()); err != nil {
				return BankLine{}, err
			}
		}
		what := "bank-line-agreed"
		if cmd.Refuse {
			what = "bank-line-refused"
		}
		_, err = ledger.Decide(tx, as, l.Round, what, l.ref(), proof.Facts(map[string]string{"is": string(l.What), "digest": fmt.Sprintf("%x", cmd.Digest)}))
		if err != nil {
			return BankLine{}, err
		}
		if cmd.Refuse {
			l.What, l.Round, l.Payment, l.To, l.Note, l.By, l.Named = "", "", "", "", "", "", nil
			if l.State = LineOpen; len(l.Entries) > 0 {
				l.State, l.What = LineSuspended, IsUnknown
			}
			return l, tx.PutBankLine(l)
		}
		l.ApprovedBy = cmd.By.ID
		book, err := openBank(tx, cmd.Bank)
		if err != nil {
			return BankLine{}, err
		}
		if err := book.post(as, &l); err != nil {
			return BankLine{}, err
		}
		return l, tx.PutBankLine(l)
	})
}

// agreement obtains a person's proof that he agrees to what has this digest. A
// refusal needs none.
func (s *service) agreement(ctx context.Context, m Method, by access.Actor, digest [32]byte, refuse bool) (access.Proof, error) {
	if _, err := acting(m, by); err != nil || refuse {
		return access.Proof{}, err
	}
	return s.prover.Prove(access.NewContext(ctx, by), digest)
}

func (s *service) BankLines(ctx context.Context, q BankLinesOf) (Page[BankLine], error) {
	return read(ctx, s, MethodBankLines, q.By, func(tx Tx) (Page[BankLine], error) {
		if err := knownBank(tx, q.Bank); err != nil {
			return Page[BankLine]{}, err
		}
		return page(func(yield func(BankLine, error) bool) {
			for l, err := range tx.BankLines(q.Bank, q.After) {
				if err == nil && (l.Programme != q.By.Programme || q.Open && l.State == LineMatched) {
					continue
				}
				if !yield(l, err) {
					return
				}
			}
		}, q.Limit, func(l BankLine) string { return fmt.Sprint(l.N) })
	})
}

// unshown returns entries that the bank has not shown and that come to the
// line's amount.
func (b *bankBook) unshown(l BankLine, seqs []uint64) ([]*bankEntry, error) {
	var sum int64
	var entries []*bankEntry
	for i, seq := range seqs {
		e := b.bySeq[seq]
		if e == nil || e.line != 0 || slices.Contains(seqs[:i], seq) {
			return nil, ErrBankLine.At("entries", "entry %d does not move %s, or the bank has shown it", seq, ledger.Bank(b.bank))
		}
		sum += e.effect
		entries = append(entries, e)
	}
	if len(entries) == 0 || sum != l.Amount.Minor() {
		return nil, ErrBankLine.At("entries", "they come to %s, the line is of %s", money.Francs(sum).Text(), l.Amount.Text())
	}
	return entries, nil
}
