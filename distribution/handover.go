package distribution

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/cards"
)

// Print asks for a paper. Each asking is one printing.
type Print struct {
	By    access.Actor
	Lot   string
	Round string // PrintCards: all issued lots of the round, where Lot is ""
	Point string // of one point; "" for all of the lot, where the paper allows it
	Lang  cards.Lang
	Names bool // PrintHandOver: with the names of the heads, for roles that may read them
	// Part prints the cards of one part alone, from 1, where there are more than one
	// document holds; 0: all of them. Parts follow the order of issue, as labels do.
	Part     int
	PartSize int // cards of a part; cards.CardsMax where 0
}

// printing is a paper that was counted in the journal.
type printing struct {
	job   cards.Job
	round Round
	lots  []Lot
	copy  int // of this paper; of the first lot where there are several
}

// countPrint checks and counts a printing before anything leaves.
func (s *service) countPrint(ctx context.Context, cmd Print, m Method, paper string) (printing, error) {
	var p printing
	actor, err := acting(cmd.By, m)
	if err != nil {
		return p, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		if p, err = toPrint(tx, cmd); err != nil {
			return err
		}
		if err := knows(tx, cmd.By, p.round); err != nil {
			return err
		}
		p.job = cards.Job{Round: cmp.Or(cmd.Lot, cmd.Round), Made: tx.Now(), Hotline: s.cfg.Hotline, Lang: cmd.Lang}
		name := strings.TrimSuffix(paper+":"+cmd.Point, ":")
		for i := range p.lots {
			l := &p.lots[i]
			if l.Prints == nil {
				l.Prints = map[string]int{}
			}
			l.Prints[name]++
			if err := tx.PutLot(*l); err != nil {
				return err
			}
			facts := map[string]string{"paper": paper, "copy": number(l.Prints[name]), "names": fmt.Sprint(cmd.Names)}
			if _, err := ledger.Decide(tx, actor, p.round.ID, "print", l.ID, facts); err != nil {
				return err
			}
		}
		p.copy = p.lots[0].Prints[name]
		return nil
	})
	return p, err
}

// toPrint returns the issued lots that the command is about.
func toPrint(tx Tx, cmd Print) (printing, error) {
	var p printing
	if cmd.Lot != "" {
		l, err := lotOf(tx, cmd.By, cmd.Lot)
		if err != nil {
			return p, err
		}
		if l.State != LotIssued {
			return p, ErrLotState.At("lot", "it is %s", l.State)
		}
		p.lots = []Lot{l}
		p.round, err = tx.Round(l.Round)
		return p, err
	}
	var err error
	if p.round, err = roundOf(tx, cmd.By, cmd.Round); err != nil {
		return p, err
	}
	for l, err := range tx.Lots(p.round.ID) {
		if err != nil {
			return p, err
		}
		if l.State == LotIssued {
			p.lots = append(p.lots, l)
		}
	}
	if len(p.lots) == 0 {
		return p, ErrLotState.At("round", "no lot of it is issued")
	}
	return p, nil
}

// PrintCards is documented at Service.
func (s *service) PrintCards(ctx context.Context, cmd Print) (Document, error) {
	if cmd.Part < 0 || cmd.Part > partsMax {
		return Document{}, ErrCommand.At("part", "1 to %d", partsMax)
	}
	paper, name := "cards", "cards-"
	if cmd.Part > 0 {
		paper = fmt.Sprintf("cards-part-%d", cmd.Part)
	}
	p, err := s.countPrint(ctx, cmd, MethodPrintCards, paper)
	if err != nil {
		return Document{}, err
	}
	name += p.job.Round
	all := s.cards(ctx, p, cmd.Point)
	if cmd.Part > 0 {
		name += fmt.Sprintf("-%d", cmd.Part)
		all = part(all, cmd.Part, cmp.Or(cmd.PartSize, cards.CardsMax))
	}
	return Document{Filename: name + ".pdf", Write: func(w io.Writer) error { return cards.WriteCards(w, p.job, all) }}, nil
}

// partsMax bounds the parts of one print: a million cards.
const partsMax = 100

// part yields the n-th part, from 1, of so many cards, and every error.
func part(all iter.Seq2[cards.Card, error], n, size int) iter.Seq2[cards.Card, error] {
	return func(yield func(cards.Card, error) bool) {
		seen := 0
		for c, err := range all {
			if err == nil {
				if seen++; seen <= (n-1)*size {
					continue
				}
				if seen > n*size {
					return
				}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// cards yields the cards of the lots in the order of issue, spares last; those
// that are void, expired or replaced are printed no more.
func (s *service) cards(ctx context.Context, p printing, point string) iter.Seq2[cards.Card, error] {
	goods, pictures := goodsOf(p.round)
	return func(yield func(cards.Card, error) bool) {
		for _, l := range p.lots {
			for v, err := range s.vouchers(ctx, l.ID) {
				if err != nil {
					yield(cards.Card{}, err)
					return
				}
				if point != "" && v.Point != point || !printable(v.Voucher) {
					continue
				}
				c := cards.Card{Code: v.token.Digits(), Serial: v.Serial.Printed(), Value: v.Value, Goods: goods,
					Pictograms: pictures, Ends: v.Expires.Add(-time.Second), Point: v.Point, Scratch: v.Mode.Secret(), PIN: v.Mode.PIN()}
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

func printable(v voucher.Voucher) bool {
	switch v.Life() {
	case voucher.Void, voucher.Expired, voucher.Replaced:
		return false
	}
	return true
}

// printed is a voucher with its stored token.
type printed struct {
	voucher.Voucher
	token voucher.Token
}

// vouchers yields what was signed for a lot, reading each page in a View of
// its own.
func (s *service) vouchers(ctx context.Context, lot string) iter.Seq2[printed, error] {
	return func(yield func(printed, error) bool) {
		var from, last voucher.Number
		for first := true; first || from <= last; first = false {
			var page []printed
			err := s.store.View(ctx, func(tx Tx) error {
				page = page[:0]
				if first {
					is, err := tx.Issue(lot)
					if err != nil {
						return err
					}
					from, last = is.First, is.Last
				}
				for v, err := range tx.Vouchers(from) {
					if err != nil {
						return err
					}
					if v.Number > last || len(page) == entitlementPage {
						break
					}
					token, err := tx.Token(v.Number)
					if err != nil {
						return err
					}
					page = append(page, printed{v, token})
				}
				return nil
			})
			if err != nil {
				yield(printed{}, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
				from = v.Number + 1
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// goodsOf names what a round's cards are for. A commodity is named by its
// asset: RICE-KG is "Rice" by the "kg".
func goodsOf(r Round) (cards.Goods, []cards.Pictogram) {
	var goods cards.Goods
	if r.Kind == CommodityRound {
		name, unit, _ := strings.Cut(r.Asset.Code(), "-")
		goods = cards.Goods{Name: name[:1] + strings.ToLower(name[1:]), Unit: strings.ToLower(unit)}
	}
	var pictures []cards.Pictogram
	for _, code := range append(append([]string{}, r.Basket...), r.Categories...) {
		if p, err := cards.ParsePictogram(code); err == nil && len(pictures) < 2 {
			pictures = append(pictures, p)
		}
	}
	return goods, pictures
}

// PrintHandOver is documented at Service.
func (s *service) PrintHandOver(ctx context.Context, cmd Print) (Document, error) {
	if cmd.Point == "" || cmd.Lot == "" {
		return Document{}, ErrCommand.At("point", "a hand-over sheet is of one lot and one point")
	}
	role, sees := seer(ViewSheet, MethodPrintHandOver, cmd.By)
	if cmd.Names && !sees {
		return Document{}, access.ErrDenied
	}
	p, err := s.countPrint(ctx, cmd, MethodPrintHandOver, "hand-over")
	if err != nil {
		return Document{}, err
	}
	sheet, err := s.handOver(ctx, cmd, p, role)
	if err != nil {
		return Document{}, err
	}
	if cmd.Names {
		if err := s.journalRead(ctx, cmd.By, MethodPrintHandOver, "hand-over", len(sheet.Lines)); err != nil {
			return Document{}, err
		}
	}
	return Document{Filename: "hand-over-" + cmd.Lot + "-" + cmd.Point + ".pdf", Write: func(w io.Writer) error {
		return cards.WriteHandOver(w, p.job, sheet)
	}}, nil
}

// copyMost is the highest number of a copy that a sheet can show.
const copyMost = 99

func (s *service) handOver(ctx context.Context, cmd Print, p printing, role access.Role) (cards.HandOver, error) {
	sheet := cards.HandOver{Point: cmd.Point, Copy: min(p.copy, copyMost)}
	err := s.store.View(ctx, func(tx Tx) error {
		at, err := tx.Point(cmd.By.Programme, cmd.Point)
		sheet.Place = shorten(at.Name, 60)
		return err
	})
	if err != nil {
		return sheet, err
	}
	for e, err := range s.entitlements(ctx, cmd.Lot) {
		if err != nil {
			return sheet, err
		}
		if e.Point != cmd.Point {
			continue
		}
		if len(sheet.Lines) == cards.HandLinesMax {
			return sheet, cards.ErrTooMany
		}
		err := s.store.View(ctx, func(tx Tx) error {
			line, err := s.handLine(tx, e, cmd.Names, role)
			line.Number = len(sheet.Lines) + 1
			sheet.Lines = append(sheet.Lines, line)
			return err
		})
		if err != nil {
			return sheet, err
		}
	}
	return sheet, nil
}

func (s *service) handLine(tx Tx, e Entitlement, names bool, role access.Role) (cards.HandLine, error) {
	line := cards.HandLine{Household: string(e.Beneficiary)}
	for v, err := range tx.VouchersOf(string(e.Beneficiary)) {
		if err != nil {
			return line, err
		}
		if v.Lot == e.Lot && printable(v) {
			line.Serials = append(line.Serials, v.Serial.Printed())
		}
	}
	if len(line.Serials) == 0 {
		line.Serials = []string{"----"} // every card of the household was stopped
	}
	if !names {
		return line, nil
	}
	b, err := tx.Beneficiary(e.Beneficiary)
	if err != nil {
		return line, err
	}
	p, err := s.cfg.Sealer.personOf(tx, b)
	if errors.Is(err, ErrForgotten) {
		return line, nil
	}
	line.Name = shorten(Seen(ViewSheet, role, p).name(), 60)
	return line, err
}

// shorten keeps the first letters of a text.
func shorten(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// PrintPackingList is documented at Service.
func (s *service) PrintPackingList(ctx context.Context, cmd Print) (Document, error) {
	if cmd.Point == "" || cmd.Lot == "" {
		return Document{}, ErrCommand.At("point", "a packing list is of one lot and one point")
	}
	p, err := s.countPrint(ctx, cmd, MethodPrintPackingList, "packing-list")
	if err != nil {
		return Document{}, err
	}
	list, err := s.packingList(ctx, cmd, p.round)
	return Document{Filename: "packing-" + cmd.Lot + "-" + cmd.Point + ".pdf", Write: func(w io.Writer) error {
		return cards.WritePackingList(w, p.job, list)
	}}, err
}

// What one sheet of A4 holds, as package cards prints it.
const (
	cardsASheet = 10
	linesASheet = 9
)

// packingList counts what lies in a point's parcel.
func (s *service) packingList(ctx context.Context, cmd Print, r Round) (cards.PackingList, error) {
	list := cards.PackingList{Point: cmd.Point}
	goods, _ := goodsOf(r)
	cut := map[money.Amount]*cards.PackLine{}
	for _, d := range r.Rule.Denominations {
		cut[d] = &cards.PackLine{Value: d, Goods: goods}
	}
	pieces := 0
	households := map[string]bool{}
	for v, err := range s.vouchers(ctx, cmd.Lot) {
		if err != nil {
			return list, err
		}
		line := cut[v.Value]
		if v.Point != cmd.Point || !printable(v.Voucher) || line == nil {
			continue
		}
		pieces++
		if v.Mode.Secret() {
			list.Labels++
		}
		if v.Mode.PIN() {
			list.Slips++
		}
		if v.Spare {
			line.Spares++
			continue
		}
		line.Cards++
		households[v.Beneficiary] = true
	}
	list.CardSheets = (pieces + cardsASheet - 1) / cardsASheet
	list.HandOverSheets = (len(households) + linesASheet - 1) / linesASheet
	for _, d := range r.Rule.Denominations {
		list.Packs = append(list.Packs, *cut[d])
	}
	return list, nil
}
