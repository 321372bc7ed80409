package feedback

import (
	"context"
	"errors"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/voucher"
)

// ReportHeld is the command of somebody who says that another keeps his cards.
type ReportHeld struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Channel Channel
	Text    string           `json:"-"` // what was said; "" where nothing needs to be
	Serials []voucher.Serial // the cards; or else
	// Household and Round name all cards of a household that are not redeemed:
	// who has no card knows no number. The complaint keeps the cards alone.
	Household distribution.BeneficiaryID
	Round     string
	Spare     voucher.Serial // handed over in the place of a single card; "" takes any
	Point     string
	Slip      string `json:",omitempty"` // number of the blank slip that its author has; "" makes a code
	// Second is the second person's word, where he stands beside the first. Without
	// him the proposals wait for it, 72 hours at most.
	Second access.Actor `json:"-"`
}

// HeldReport is what became of a report.
type HeldReport struct {
	Complaint Complaint
	Code      string // "" where the author has it on a slip
	Cards     []HeldCard
}

// HeldCard is what became of one card.
type HeldCard struct {
	Serial   voucher.Serial
	Life     voucher.Life   // of the card, afterwards
	Proposal string         // of the spare; "" where there is none
	Spare    voucher.Serial // that takes its place
	Problem  string         // why none does: a code
}

// the text of a report without words, in both languages.
const heldText = "Card held by somebody else. Carte gardée par autrui."

// heldReason is why such a card is held.
const heldReason = "card-held"

// ReportHeld is documented at Service.
func (s *service) ReportHeld(ctx context.Context, cmd ReportHeld) (HeldReport, error) {
	content := struct {
		ReportHeld
		Second string
	}{cmd, cmd.Second.ID}
	r, err := once(ctx, s, MethodReportHeld, cmd.By, cmd.Key, s.said(content, cmd.Text), func(tx Tx, actor ledger.Actor) (HeldReport, error) {
		return s.reportHeld(tx, actor, cmd)
	})
	if err != nil {
		return HeldReport{}, err
	}
	if cmd.Slip == "" {
		r.Code = s.code(cmd.By, cmd.Key)
	}
	return r, nil
}

func (s *service) reportHeld(tx Tx, actor ledger.Actor, cmd ReportHeld) (HeldReport, error) {
	if err := cardsOf(tx, &cmd); err != nil {
		return HeldReport{}, err
	}
	if cmd.Text == "" {
		cmd.Text = heldText
	}
	c, err := s.record(tx, actor, RecordComplaint{By: cmd.By, Key: cmd.Key, Channel: cmd.Channel, Category: CardHeld, Text: cmd.Text,
		Serials: cmd.Serials, Point: cmd.Point, Round: cmd.Round, Slip: cmd.Slip})
	if err != nil {
		return HeldReport{}, err
	}
	r := HeldReport{Complaint: c}
	for i, serial := range cmd.Serials {
		card, err := s.hold(tx, actor, cmd, serial, i, r.Cards)
		if err != nil {
			return HeldReport{}, err
		}
		if card.Proposal != "" {
			r.Complaint.Proposals = append(r.Complaint.Proposals, card.Proposal)
		}
		r.Cards = append(r.Cards, card)
	}
	return r, tx.PutComplaint(r.Complaint)
}

// cardsOf finds the cards that the report is about.
func cardsOf(tx Tx, cmd *ReportHeld) error {
	switch {
	case cmd.Household == "" && len(cmd.Serials) > 0:
	case cmd.Household != "" && len(cmd.Serials) == 0:
		b, err := tx.Beneficiary(cmd.Household)
		if err != nil || b.Programme != cmd.By.Programme {
			return missing(err, distribution.ErrNotFound)
		}
		for v, err := range tx.VouchersOf(string(cmd.Household)) {
			if err != nil {
				return err
			}
			switch v.Life() {
			case voucher.Issued, voucher.Active, voucher.Held:
				if cmd.Round == "" || v.Round == cmd.Round {
					cmd.Serials = append(cmd.Serials, v.Serial)
				}
			}
		}
		if len(cmd.Serials) == 0 {
			return voucher.ErrNotFound.At("household", "it has no card that is not redeemed")
		}
	default:
		return ErrComplaint.At("serials", "name the cards, or else the household")
	}
	if cmd.Spare != "" && len(cmd.Serials) != 1 {
		return ErrComplaint.At("spare", "a spare is named for a single card")
	}
	return nil
}

// hold stops one card and has a spare take its place as far as that goes today.
func (s *service) hold(tx Tx, actor ledger.Actor, cmd ReportHeld, serial voucher.Serial, i int, before []HeldCard) (HeldCard, error) {
	card := HeldCard{Serial: serial}
	v, err := tx.VoucherBySerial(serial)
	if err != nil {
		return card, err
	}
	card.Life = v.Life()
	if card.Life == voucher.Redeemed {
		card.Problem = voucher.ErrLife.Code // what was sold on it is evidence
		return card, nil
	}
	propose := voucher.Propose{By: cmd.By, Key: cmd.Key + "#" + strconv.Itoa(i), Serial: serial, Spare: cmd.Spare}
	var taken []voucher.Serial
	for _, c := range before {
		taken = append(taken, c.Spare)
	}
	p, err := voucher.HoldForReissue(tx, propose, actor, heldReason, taken...)
	if errors.Is(err, voucher.ErrSpares) && cmd.Spare == "" {
		card.Life, card.Problem = voucher.Held, voucher.ErrSpares.Code
		return card, nil
	}
	if err != nil {
		return card, err
	}
	card.Life, card.Proposal, card.Spare = voucher.Held, p.ID, p.Spare
	if cmd.Second.ID == "" {
		return card, nil
	}
	if _, err := voucher.AgreeToReissue(tx, s.rand, voucher.Agree{By: cmd.Second, Proposal: p.ID}); err != nil {
		return card, err
	}
	card.Life = voucher.Replaced
	return card, nil
}
