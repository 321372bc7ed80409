package cards

import (
	"fmt"
	"io"
	"time"

	"github.com/jate-cva/jate/money"
)

// Account is a trader's account on paper: what was owed to him, what happened,
// what is owed now. It is in one language. It does no sums: balances are the
// caller's, from the ledger.
type Account struct {
	French   bool
	Vendor   string // code; 1 to 32 letters
	Name     string // of the shop; at most 80 letters
	From, To time.Time
	Opening  money.Amount
	Rows     []AccountRow // at most AccountRowsMax
	Closing  money.Amount
	Parts    []AccountPart // what the closing balance consists of; at most 8
	Held     []AccountHeld // contested sums; at most 50
	Size     uint64        // entries of the journal that it was made from
}

// AccountRow is one line. Moved is what the balance changed by; Of, where Moved
// is nothing, the sum that the line speaks of.
type AccountRow struct {
	Day                time.Time
	Text               string // 1 to 90 letters
	Moved, Of, Balance money.Amount
}

// AccountPart is a part of the closing balance, or of what is held.
type AccountPart struct {
	Text   string // 1 to 90 letters
	Amount money.Amount
}

// AccountHeld is a contested sum and why, at most 200 letters.
type AccountHeld struct {
	Amount money.Amount
	Reason string
}

// AccountRowsMax bounds the rows of one account.
const AccountRowsMax = 5_000

// WriteAccount writes the account on as many pages as it needs. It returns
// ErrInput naming the field, ErrTooMany, or the error of w.
func WriteAccount(w io.Writer, made time.Time, a Account) error {
	c := check{at: "account"}
	c.text("vendor", a.Vendor, 1, 32)
	c.text("name", a.Name, 0, 128)
	for _, r := range a.Rows {
		c.text("rows.text", r.Text, 1, 120)
	}
	if err := c.result(); err != nil {
		return err
	}
	if len(a.Rows) > AccountRowsMax || len(a.Held) > 50 || len(a.Parts) > 8 {
		return ErrTooMany
	}
	s, err := newSheet(false, "Account "+a.Vendor, made)
	if err != nil {
		return err
	}
	p := &accountPages{sheet: s, a: a, made: made}
	p.page()
	p.row(a.From, p.say("Solde à l'ouverture", "Opening balance"), "", a.Opening, bold)
	for _, r := range a.Rows {
		moved := signed(r.Moved)
		if r.Moved.IsZero() && !r.Of.IsZero() {
			moved = "(" + plainFrancs(r.Of) + ")"
		}
		p.row(r.Day, r.Text, moved, r.Balance, sans)
	}
	p.row(a.To, p.say("Solde à la clôture", "Closing balance"), "", a.Closing, bold)
	p.rest()
	s.numberPages(func(page, pages int) {
		s.font(sans, 7)
		s.ink(0)
		s.left(officeMargin, 290, p.say("Tiré du journal de", "Made from the journal of")+fmt.Sprintf(" %d ", a.Size)+p.say("écritures", "entries"))
		s.right(a4Short-officeMargin, 290, fmt.Sprintf("%d / %d", page, pages))
	})
	return s.finish(w)
}

// accountPages lays rows out from the top of each page to its foot.
type accountPages struct {
	*sheet
	a    Account
	made time.Time
	y    float64
}

func (p *accountPages) say(fr, en string) string {
	if p.a.French {
		return fr
	}
	return en
}

// accountColumns are day, words, change and balance, in millimetres.
var accountColumns = [...]float64{22, 96, 28, 28}

func (p *accountPages) page() {
	p.AddPage()
	p.banner(officeMargin, p.say("Relevé de compte du commerçant", "Trader's statement of account"),
		p.say("du ", "from ")+date(p.a.From)+p.say(" au ", " to ")+date(p.a.To), p.a.Vendor, p.a.Name, p.say("établi le ", "made on ")+date(p.made))
	p.y = 34
	p.SetFillColor(232, 232, 232)
	p.Rect(officeMargin, p.y-4.5, a4Short-2*officeMargin, 6.5, "F")
	p.font(bold, 8.5)
	p.texts(p.say("Date", "Date"), p.say("Opération", "What happened"), p.say("Montant (FCFA)", "Amount (FCFA)"), p.say("Solde (FCFA)", "Balance (FCFA)"))
	p.y += 6.5
}

// texts puts one row of words; the last two are numbers.
func (p *accountPages) texts(t ...string) {
	x := officeMargin
	for i, w := range accountColumns {
		if i < 2 {
			p.left(x+1, p.y, t[i])
		} else {
			p.right(x+w-1, p.y, t[i])
		}
		x += w
	}
}

func (p *accountPages) row(day time.Time, text, moved string, balance money.Amount, f face) {
	p.room(6)
	p.fit(f, 8.5, accountColumns[1]-2, text)
	p.left(officeMargin+accountColumns[0]+1, p.y, text)
	p.font(f, 8.5)
	p.texts(date(day), "", moved, plainFrancs(balance))
	p.SetDrawColor(200, 200, 200)
	p.rule(0.1, officeMargin, p.y+1.8, a4Short-officeMargin, p.y+1.8)
	p.ink(0)
	p.y += 6
}

// room begins a page where what follows has no room on this one.
func (p *accountPages) room(high float64) {
	if p.y+high > 282 {
		p.page()
	}
}

// rest says what the balance consists of, what is contested, and what to do.
func (p *accountPages) rest() {
	p.room(12 + 6*float64(len(p.a.Parts)))
	p.y += 6
	p.font(bold, 9.5)
	p.left(officeMargin, p.y, p.say("Ce solde se compose de", "This balance consists of"))
	p.y += 6
	for _, part := range p.a.Parts {
		p.font(sans, 8.5)
		p.texts("", part.Text, "", signed(part.Amount))
		p.y += 5.5
	}
	if len(p.a.Held) > 0 {
		p.room(14)
		p.y += 4
		p.font(bold, 9.5)
		p.left(officeMargin, p.y, p.say("Sommes contestées, et pourquoi", "Contested sums, and why"))
		p.y += 6
		for _, h := range p.a.Held {
			p.room(12)
			p.font(bold, 8.5)
			p.left(officeMargin+1, p.y, plainFrancs(h.Amount)+" FCFA")
			p.font(sans, 8.5)
			for _, line := range p.SplitText(h.Reason, a4Short-2*officeMargin-36) {
				p.room(5)
				p.left(officeMargin+34, p.y, line)
				p.y += 4.5
			}
			p.y += 1.5
		}
	}
	p.room(14)
	p.y += 5
	p.font(sans, 8)
	p.left(officeMargin, p.y, p.say("Un montant entre parenthèses ne change pas le solde. Si une ligne vous semble fausse, dites-le au bureau ou à la ligne des plaintes.",
		"An amount in brackets does not change the balance. If a line seems wrong to you, tell the office or the complaints line."))
}

// plainFrancs is a sum of francs without its currency, thousands apart.
func plainFrancs(m money.Amount) string {
	if m.Sign() < 0 {
		return "−" + count(int(-m.Minor()))
	}
	return count(int(m.Minor()))
}

func signed(m money.Amount) string {
	if m.Sign() > 0 {
		return "+" + plainFrancs(m)
	}
	return plainFrancs(m)
}
