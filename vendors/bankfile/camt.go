package bankfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// ErrStatement refuses a bank's message that cannot be read, or does not add up.
var ErrStatement = fault.New(fault.Invalid, "bank_statement",
	"The bank's file cannot be read, or does not add up. Nothing was changed.",
	"Le fichier de la banque ne peut pas être lu, ou son compte n'est pas juste. Rien n'a été modifié.")

// Bounds of what is read.
const (
	FileMax  = 16 << 20     // bytes
	LinesMax = 20_000       // of a file
	depthMax = 32           // of elements; the messages need about 14
	partsMax = 5 * LinesMax // movements, balances and their parts
	textMax  = 128          // bytes of a text that is kept
)

// Statement is what a bank says of an account: of a period with its balances
// (camt.053), or of some entries (camt.054).
type Statement struct {
	ID       string
	Account  Account
	From, To time.Time // days, both included; zero in a notice
	Balanced bool      // Opening and Closing count: a statement, no notice
	Opening  money.Amount
	Closing  money.Amount
	Lines    []Line // that are booked
}

// Line is one movement on an account.
type Line struct {
	Booked    time.Time    // day
	Amount    money.Amount // below zero where money left
	Reference string       // ours, as the order had it; "" where the bank gives none
	Batch     string       // of our order that the bank booked in one sum
	BankRef   string       // the bank's own
	Cheque    string       // number of the cheque
	Code      string       // kind of movement: ISO 20022's domain/family/sub-family, or the bank's own
	Returned  bool         // a payment that came back
	Text      string       // what else the bank says
}

var camtForm = regexp.MustCompile(`^urn:iso:std:iso:20022:tech:xsd:camt\.05([34])\.001\.(0[2-9]|1[0-3])$`)

// IsXML reports whether a file is an XML document, and no table.
func IsXML(file []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(file, []byte("\ufeff")), " \t\r\n"), []byte("<"))
}

// ReadCamt reads the statements of a camt.053 or the notices of a camt.054, of
// versions 02 to 13, in XOF. An entry that the bank booked for several payments
// becomes one line for each, and one for what of the entry they leave over, such
// as a charge. It returns ErrStatement for what is no such message, has a
// document type declaration, is larger or deeper than the bounds, or has a
// statement whose lines do not lead from its opening to its closing balance.
func ReadCamt(file []byte) ([]Statement, error) {
	if len(file) > FileMax {
		return nil, ErrStatement.At("file", "more than %d bytes", FileMax)
	}
	var d camtDocument
	g := &guard{d: xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))}
	if err := xml.NewTokenDecoder(g).Decode(&d); err != nil {
		if fault.Of(err) != nil {
			return nil, err
		}
		return nil, ErrStatement.At("file", "%v", err)
	}
	if err := g.rest(); err != nil {
		return nil, err
	}
	m := camtForm.FindStringSubmatch(d.XMLName.Space)
	all := d.Statements
	if m != nil && m[1] == "4" {
		all = d.Notices
	}
	if m == nil || len(all) == 0 {
		return nil, ErrStatement.At("file", "no camt.053 or camt.054 message: %q", short(d.XMLName.Space))
	}
	var out []Statement
	lines := 0
	for i, s := range all {
		st, err := s.statement(m[1] == "3")
		if err != nil {
			return nil, ErrStatement.At(fmt.Sprintf("statement[%d]", i), "%v", err)
		}
		if lines += len(st.Lines); lines > LinesMax {
			return nil, ErrStatement.At("file", "more than %d movements", LinesMax)
		}
		out = append(out, st)
	}
	return out, nil
}

// parts are the elements of which each takes memory, however short it is written.
var parts = map[string]bool{"Stmt": true, "Ntfctn": true, "Bal": true, "Ntry": true, "NtryDtls": true, "TxDtls": true}

// guard hands out a document's tokens as long as they keep the bounds.
type guard struct {
	d            *xml.Decoder
	depth, parts int
}

// Token returns the next token.
func (g *guard) Token() (xml.Token, error) {
	t, err := g.d.RawToken()
	switch t := t.(type) {
	case xml.StartElement:
		if g.depth++; g.depth > depthMax {
			return nil, ErrStatement.At("file", "elements lie more than %d deep", depthMax)
		}
		if parts[t.Name.Local] {
			g.parts++
		}
		if g.parts > partsMax {
			return nil, ErrStatement.At("file", "more than %d movements and their parts", partsMax)
		}
	case xml.EndElement:
		g.depth--
	case xml.Directive:
		return nil, ErrStatement.At("file", "it has a document type declaration")
	}
	return t, err
}

// rest refuses what follows the document.
func (g *guard) rest() error {
	for {
		t, err := g.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if text, ok := t.(xml.CharData); err == nil && (!ok || len(bytes.TrimSpace(text)) > 0) {
			err = errors.New("something follows the message")
		}
		if err != nil {
			return ErrStatement.At("file", "%v", err)
		}
	}
}

func (s camtStatement) statement(balanced bool) (Statement, error) {
	st := Statement{ID: short(s.ID), Account: s.Account.account(), Balanced: balanced}
	if c := s.Account.Currency; c != "" && c != money.XOF.Code() {
		return st, fmt.Errorf("the account is in %q", short(c))
	}
	for i, e := range s.Entries {
		lines, err := e.lines()
		if err != nil {
			return st, fmt.Errorf("entry %d: %w", i+1, err)
		}
		st.Lines = append(st.Lines, lines...)
	}
	if !balanced {
		return st, nil
	}
	var err error
	var opened, closed time.Time
	if st.Opening, opened, err = s.balance("OPBD", "PRCD"); err != nil {
		return st, err
	}
	if st.Closing, closed, err = s.balance("CLBD"); err != nil {
		return st, err
	}
	if st.From, st.To = s.From.day(), s.To.day(); st.From.IsZero() || st.To.IsZero() {
		st.From, st.To = opened, closed
	}
	return st, st.Check()
}

// Check returns an error where a statement's lines do not lead from its
// opening to its closing balance, or one of them lies outside its days.
func (s Statement) Check() error {
	sum := s.Opening
	for i, l := range s.Lines {
		var err error
		if sum, err = sum.Add(l.Amount); err != nil {
			return err
		}
		if l.Booked.Before(s.From) || l.Booked.After(s.To) {
			return fmt.Errorf("movement %d is of %s, the statement of %s to %s", i+1, l.Booked.Format(time.DateOnly), s.From.Format(time.DateOnly), s.To.Format(time.DateOnly))
		}
	}
	if !sum.Equal(s.Closing) {
		return fmt.Errorf("its movements lead from %s to %s, and it closes with %s", s.Opening.Text(), sum.Text(), s.Closing.Text())
	}
	return nil
}

// balance returns the first balance of one of the kinds.
func (s camtStatement) balance(kinds ...string) (money.Amount, time.Time, error) {
	for _, kind := range kinds {
		for _, b := range s.Balances {
			if b.Kind == kind {
				m, err := b.Amount.francs(b.Direction)
				return m, b.Date.day(), err
			}
		}
	}
	return money.Amount{}, time.Time{}, fmt.Errorf("it has no balance %s", strings.Join(kinds, " or "))
}

// lines returns the booked movements of an entry.
func (e camtEntry) lines() ([]Line, error) {
	if status := strings.TrimSpace(e.Status.Code + e.Status.Text); status != "BOOK" {
		return nil, nil // pending, or for information
	}
	whole, err := e.Amount.francs(e.Direction)
	if err != nil {
		return nil, err
	}
	all := Line{Booked: e.Booked.day(), Amount: whole, BankRef: first(e.ServicerRef, e.Ref), Code: e.Code.code(), Text: short(e.Info)}
	if all.Booked.IsZero() {
		if all.Booked = e.Value.day(); all.Booked.IsZero() {
			return nil, errors.New("it has no day")
		}
	}
	all.Returned = e.Reversal == "true" || e.Reversal == "1" || all.Code != "" && returnForm.MatchString(all.Code)
	var lines []Line
	left := whole
	for _, b := range e.Details {
		all.Batch = first(b.Batch.Payment, b.Batch.Message, all.Batch)
		for _, d := range b.Details {
			l, ok, err := d.line(all, e)
			if err != nil {
				return nil, err
			}
			if !ok { // without a sum of its own: it is the whole entry, or tells nothing
				if len(e.Details) == 1 && len(b.Details) == 1 {
					return []Line{l}, nil
				}
				continue
			}
			if left, err = left.Sub(l.Amount); err != nil {
				return nil, err
			}
			lines = append(lines, l)
		}
	}
	if !left.IsZero() || len(lines) == 0 {
		all.Amount = left
		lines = append(lines, all)
	}
	return lines, nil
}

// returnForm are the codes of payments that came back: returns and rejects.
var returnForm = regexp.MustCompile(`/(RRTN|RPCR|ARET)$`)

// line returns the movement of one payment, as a part of its entry. It reports
// false where the bank gives no sum for it.
func (d camtDetail) line(of Line, e camtEntry) (Line, bool, error) {
	l := of
	l.Reference, l.Batch, l.Cheque = given(d.EndToEnd), first(d.Payment, d.Message, of.Batch), given(d.Cheque)
	l.BankRef = first(d.ServicerRef, d.TxID, of.BankRef)
	l.Text = first(d.Return.Info, strings.Join(d.Texts, " "), d.Info, of.Text)
	l.Returned = of.Returned || d.Return.Reason.Code+d.Return.Reason.Own != ""
	amount, direction := d.Amount, d.Direction
	if amount.Value == "" {
		if amount = d.Transaction; amount.Value == "" {
			amount = d.Instructed
		}
	}
	if amount.Value == "" || amount.Currency != e.Amount.Currency {
		return l, false, nil
	}
	if direction == "" {
		direction = e.Direction
	}
	var err error
	l.Amount, err = amount.francs(direction)
	return l, true, err
}

// given is a reference, or "" where the bank says that there is none.
func given(s string) string {
	if s = short(s); s == "NOTPROVIDED" || s == "NOTAVAILABLE" || s == "NONREF" {
		return ""
	}
	return s
}

// first returns the first text that says something.
func first(texts ...string) string {
	for _, t := range texts {
		if t = given(t); t != "" {
			return t
		}
	}
	return ""
}

// short makes a text fit to be kept: one line of at most textMax bytes.
func short(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029'
	}), " ")
	for len(s) > textMax {
		s = s[:textMax]
		s = strings.ToValidUTF8(s, "")
	}
	return strings.TrimSpace(s)
}
