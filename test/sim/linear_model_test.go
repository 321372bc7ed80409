package sim

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/voucher"
)

// What one voucher may be asked at once, so that its state has a fixed size
// and can be compared.
const (
	receiptsMax  = 16
	commandsMax  = 24
	proposalsMax = 8
)

// deedKind is what is done to a voucher.
type deedKind string

const (
	doRedeem  deedKind = "redeem"
	doReserve deedKind = "reserve"
	doVoid    deedKind = "void"
	doHold    deedKind = "hold"
	doRelease deedKind = "release"
	doPropose deedKind = "propose"
	doAgree   deedKind = "agree"
	doLookup  deedKind = "lookup"
)

// asked is one operation on one voucher.
type asked struct {
	voucher  int
	kind     deedKind
	phone    int  // that redeems or reserves
	receipt  int  // which of the voucher's receipts
	command  int  // which of the voucher's commands: the same one is the same key
	proposal int  // that is made or agreed on
	home     int  // the voucher's home
	unknown  bool // nobody knows whether it was done
}

// told is the answer: a receipt's state and reason, a fault's code, or a life.
type told string

const yes = told("")

// standing is all that a voucher's answers depend on.
type standing struct {
	held, void, replaced bool
	holder               int // the receipt that it was spent with, plus one
	holderPhone          int
	reserved             int   // the handheld that it is reserved for, plus one
	paid                 uint8 // the vendors that are paid for it, a bit each
	receipts             [receiptsMax]told
	commands             [commandsMax]told
	known                [commandsMax]bool
	proposals            [proposalsMax]bool // agreed on
}

// vendorOf is whose the handheld is: two of them are one shop's.
func vendorOf(phone int) int { return phone / 2 }

func (s standing) life() voucher.Life {
	switch {
	case s.replaced:
		return voucher.Replaced
	case s.void:
		return voucher.Void
	case s.holder > 0:
		return voucher.Redeemed
	case s.held:
		return voucher.Held
	}
	return voucher.Active
}

const (
	toldPayable = told(voucher.Payable)
	toldLoss    = told(voucher.Payable + "/" + voucher.ReasonLoss)
	toldDouble  = told(voucher.Contested + "/" + voucher.ReasonDouble)
)

// redeem answers a receipt: every card is worth more than the floor, so that
// only its home, and whoever reserved it, keeps the rules. The cap of losses is
// never reached.
func (s standing) redeem(a asked) (standing, told) {
	if was := s.receipts[a.receipt]; was != "" {
		return s, was
	}
	home := a.phone == a.home
	kept := home || s.reserved == a.phone+1
	vendor := uint8(1) << vendorOf(a.phone)
	var t told
	switch {
	case s.void && !kept:
		t = told(voucher.Contested + "/" + voucher.ReasonVoid)
	case !s.void && s.held:
		t = told(voucher.Contested + "/" + voucher.ReasonHeld)
	case !kept:
		t = told(voucher.Contested + "/" + voucher.ReasonNotHome)
	case s.paid&vendor != 0:
		t = toldDouble
	case s.void:
		t = toldLoss
	case s.holder == 0:
		t = toldPayable
	case home && s.holderPhone != a.home:
		s.receipts[s.holder-1] = toldLoss
		t = toldPayable
	default:
		t = toldLoss
	}
	if t == toldPayable {
		s.holder, s.holderPhone, s.reserved = a.receipt+1, a.phone, 0
	}
	if t == toldPayable || t == toldLoss {
		s.paid |= vendor
	}
	s.receipts[a.receipt] = t
	return s, t
}

var (
	refusedLife = told(voucher.ErrLife.Code)
	refusedOver = told(voucher.ErrProposal.Code)
	noSpare     = told(voucher.ErrSpares.Code)
)

// command answers a staff's command: a repeated one as before.
func (s standing) command(a asked) (standing, told) {
	if s.known[a.command] {
		return s, s.commands[a.command]
	}
	next, t := s, yes
	life := s.life()
	running := life == voucher.Active || life == voucher.Held
	switch {
	case a.kind == doVoid && running:
		next.void = true
	case a.kind == doHold && life == voucher.Active, a.kind == doPropose && running:
		next.held = true
	case a.kind == doRelease && life == voucher.Held:
		next.held = false
	case a.kind == doAgree && s.proposals[a.proposal]:
		t = refusedOver
	case a.kind == doAgree && s.replaced:
		t = noSpare // its own spare went to another proposal
	case a.kind == doAgree && life == voucher.Held:
		next.void, next.replaced, next.proposals[a.proposal] = true, true, true
	default:
		t = refusedLife
	}
	if t != yes {
		next = s
	}
	next.known[a.command], next.commands[a.command] = true, t
	return next, t
}

// step is what one operation does, and its answer.
func (s standing) step(a asked) (standing, told) {
	switch a.kind {
	case doRedeem:
		return s.redeem(a)
	case doLookup:
		return s, told(fmt.Sprintf("%s %d", s.life(), s.holder))
	case doReserve:
		if s.life() != voucher.Active || s.reserved > 0 && s.reserved != a.phone+1 {
			return s, refusedLife
		}
		s.reserved = a.phone + 1
		return s, yes
	}
	return s.command(a)
}

// linear is the model for porcupine: vouchers one by one. What nobody knows the
// outcome of returns at the end of time, so it may have been done at any
// instant since, or after all that was seen.
var linear = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		by := map[int][]porcupine.Operation{}
		last := 0
		for _, op := range history {
			n := op.Input.(asked).voucher
			by[n], last = append(by[n], op), max(last, n)
		}
		var parts [][]porcupine.Operation
		for n := range last + 1 {
			if len(by[n]) > 0 {
				parts = append(parts, by[n])
			}
		}
		return parts
	},
	Init: func() any { return standing{} },
	Step: func(state, input, output any) (bool, any) {
		a := input.(asked)
		next, t := state.(standing).step(a)
		return a.unknown || t == output.(told), next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %v", input, output) },
}

// codeOf is a refusal as the model knows it.
func codeOf(err error) told {
	if f := fault.Of(err); f != nil {
		return told(f.Code)
	}
	return told("error: " + err.Error())
}
