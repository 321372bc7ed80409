package cards

import (
	"io"
	"time"

	"github.com/jate-cva/jate/money"
)

// Receipt is for one payment in cash, to be signed by who takes the money.
type Receipt struct {
	Number  string // the payment's reference; 1 to 32 letters
	Of      int    // place in the batch, from 1
	Payee   string // 1 to 128 letters
	Vendor  string // code; 1 to 32 letters
	Round   string // 1 to 32 letters
	Claim   string // 1 to 32 letters
	Amount  money.Amount
	Code    string // ties the paper to the payment; 1 to 32 letters
	Ordered time.Time
}

// ReceiptsMax bounds the receipts of one document.
const ReceiptsMax = 2_000

// receiptHeight is half a sheet of A4, along which it is cut.
const receiptHeight = a4Long / 2.0

// WriteReceipts writes the receipts of a batch, two to a sheet, with room for a
// signature or thumbprint of the payee, and for the names and signatures of two
// witnesses. It returns ErrInput naming the field, ErrTooMany, or the error of w.
func WriteReceipts(w io.Writer, made time.Time, french bool, batch string, receipts []Receipt) error {
	if len(receipts) > ReceiptsMax {
		return ErrTooMany
	}
	c := check{at: "receipts"}
	for _, r := range receipts {
		c.text("number", r.Number, 1, 32)
		c.text("payee", r.Payee, 1, 128)
		c.text("vendor", r.Vendor, 1, 32)
		c.text("round", r.Round, 1, 32)
		c.text("claim", r.Claim, 1, 32)
		c.text("code", r.Code, 1, 32)
	}
	if err := c.result(); err != nil {
		return err
	}
	s, err := newSheet(false, "Receipts "+batch, made)
	if err != nil {
		return err
	}
	p := receiptPages{sheet: s, french: french, of: len(receipts)}
	for i, r := range receipts {
		if i%2 == 0 {
			s.AddPage()
			s.ink(0)
			s.SetDashPattern([]float64{2, 2}, 0)
			s.rule(0.15, 0, receiptHeight, a4Short, receiptHeight)
			s.SetDashPattern(nil, 0)
		}
		if err := p.receipt(r, receiptHeight*float64(i%2)); err != nil {
			return err
		}
	}
	return s.finish(w)
}

type receiptPages struct {
	*sheet
	french bool
	of     int
}

func (p receiptPages) say(fr, en string) string {
	if p.french {
		return fr
	}
	return en
}

func (p receiptPages) receipt(r Receipt, y float64) error {
	const left, right, mark = officeMargin, a4Short - officeMargin, 26.0
	code, err := p.codes.encode("JATE-RECEIPT "+r.Number+" "+r.Amount.Text()+" "+r.Code, codeModulesMax)
	if err != nil {
		return err
	}
	p.code(code, right-mark, y+8, mark)
	p.font(bold, 16)
	p.left(left, y+18, p.say("Reçu de paiement en espèces", "Receipt for a payment in cash"))
	p.font(mono, 11)
	p.left(left, y+25, p.say("N° ", "No. ")+r.Number)
	p.font(sans, 9)
	p.left(left, y+31, p.say("Ordonné le ", "Ordered on ")+date(r.Ordered)+"   "+p.say("Reçu ", "Receipt ")+count(r.Of)+" / "+count(p.of)+
		"   "+p.say("Code ", "Code ")+r.Code)
	p.SetLineWidth(0.4)
	p.Rect(left, y+37, right-left, 21, "D")
	p.font(bold, 20)
	p.left(left+3, y+46.5, plainFrancs(r.Amount)+" FCFA")
	words := p.say("soit ", "that is ") + money.Words(r.Amount.Minor(), p.french)
	p.fit(sans, 11, right-left-6, words)
	p.left(left+3, y+54, words)
	p.font(sans, 10)
	p.left(left, y+66, p.say("Je soussigné(e), ", "I, "))
	x := left + p.GetStringWidth(p.say("Je soussigné(e), ", "I, "))
	p.fit(bold, 11, right-x-2, r.Payee+" ("+r.Vendor+")")
	p.left(x, y+66, r.Payee+" ("+r.Vendor+")")
	p.font(sans, 10)
	p.left(left, y+72, p.say("ai reçu cette somme en espèces, pour les bons du cycle ", "have received this sum in cash, for the vouchers of round ")+
		r.Round+p.say(", demande ", ", claim ")+r.Claim+".")
	p.blank(left, y+82, left+84, p.say("À", "At"))
	p.blank(left+90, y+82, right, p.say("le", "on"))
	p.signatures(y + 88)
	p.font(sans, 7.5)
	p.left(left, y+141, p.say("Le paiement ne compte que lorsque ce reçu signé est joint par une autre personne que celle qui a remis l'argent.",
		"The payment counts only when this receipt, signed, is attached by somebody other than who handed the money over."))
	return nil
}

// signatures draws a box for the payee and one for each witness, and a line for
// who pays.
func (p receiptPages) signatures(y float64) {
	const high, gap = 34.0, 3.5
	const wide = (a4Short - 2*officeMargin - 2*gap) / 3
	for i, title := range []string{p.say("Signature ou empreinte du bénéficiaire", "Payee's signature or thumbprint"), p.say("Témoin 1", "Witness 1"), p.say("Témoin 2", "Witness 2")} {
		x := officeMargin + float64(i)*(wide+gap)
		p.SetLineWidth(0.25)
		p.Rect(x, y, wide, high, "D")
		p.fit(bold, 8.5, wide-4, title)
		p.left(x+2, y+4.5, title)
		if i > 0 {
			p.font(sans, 8.5)
			p.blank(x+2, y+13, x+wide-2, p.say("Nom", "Name"))
			p.left(x+2, y+19, p.say("Signature ou empreinte", "Signature or thumbprint"))
		}
	}
	p.font(sans, 8.5)
	p.blank(officeMargin, y+high+8, a4Short-officeMargin, p.say("Payé par (nom et signature)", "Paid by (name and signature)"))
}
