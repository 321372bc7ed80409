package reconcile

import (
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
)

type caseJSON struct {
	ID       string             `json:"id"`
	Vendor   vendors.ID         `json:"vendor"`
	Round    string             `json:"round"`
	About    Subject            `json:"about,omitempty"`
	Refers   string             `json:"refers,omitempty"`
	State    CaseState          `json:"state"`
	Findings []evidence.Finding `json:"findings"`
	Value    money.Amount       `json:"value"`
	Frozen   money.Amount       `json:"frozen"`
	Money    []heldJSON         `json:"money"`
	Digest   string             `json:"digest,omitempty"` // hexadecimal; what an upholding person approves
	Note     string             `json:"note,omitempty"`
	Assigned *assignmentJSON    `json:"assigned,omitempty"`
	Hearing  *hearingJSON       `json:"hearing,omitempty"`
	Debt     *debtJSON          `json:"debt,omitempty"`
	Opened   time.Time          `json:"opened"`
	Decided  *time.Time         `json:"decided,omitempty"`
}

type assignmentJSON struct {
	To  string    `json:"to"`
	Due time.Time `json:"due"`
}

type hearingJSON struct {
	Findings int        `json:"findings"`
	Asked    time.Time  `json:"asked"`
	Until    time.Time  `json:"until"`
	Answered *time.Time `json:"answered,omitempty"`
	Answer   string     `json:"answer_sha256,omitempty"`
}

type debtJSON struct {
	Charged   money.Amount `json:"charged"`
	Recovered money.Amount `json:"recovered"`
	GivenUp   money.Amount `json:"given_up"`
	Left      money.Amount `json:"left"`
	Permille  int          `json:"permille"`
	Digest    string       `json:"give_up_digest,omitempty"` // what a person approves who gives up what is left
}

func jsonOfDebt(c Case) *debtJSON {
	left, err := c.Debt.Left()
	if err != nil || c.Debt.Charged.Asset().IsZero() {
		return nil
	}
	w := &debtJSON{Charged: c.Debt.Charged, Recovered: c.Debt.Recovered, GivenUp: c.Debt.GivenUp, Left: left, Permille: c.Debt.Permille}
	if sum, err := c.GiveUpDigest(); err == nil && left.Sign() > 0 {
		w.Digest = hexadecimal(sum)
	}
	return w
}

type heldJSON struct {
	Entry   string          `json:"entry"`
	From    string          `json:"from,omitempty"`
	Amount  money.Amount    `json:"amount"`
	Value   money.Amount    `json:"value"`
	Claim   vendors.ClaimID `json:"claim,omitempty"`
	Paid    bool            `json:"paid,omitempty"`
	Outcome Outcome         `json:"outcome,omitempty"`
}

func jsonOfHeld(h Held) heldJSON {
	return heldJSON{strconv.FormatUint(h.Entry, 10), string(h.From), h.Amount, h.Value, h.Claim, h.Paid, h.Outcome}
}

func jsonOfCase(c Case) caseJSON {
	w := caseJSON{ID: c.ID, Vendor: c.Vendor, Round: c.Round, About: c.About, Refers: c.Refers, State: c.State,
		Findings: eachOf(c.Findings, jsonOfFinding), Value: c.Value, Frozen: c.Frozen, Money: eachOf(c.Money, jsonOfHeld), Note: c.Note,
		Debt: jsonOfDebt(c), Opened: c.Opened}
	if len(c.Money) > 0 {
		w.Digest = hexadecimal(c.Digest)
	}
	if c.Assigned.To != "" {
		w.Assigned = &assignmentJSON{c.Assigned.To, c.Assigned.Due}
	}
	if h := c.Hearing; !h.Asked.IsZero() {
		w.Hearing = &hearingJSON{Findings: h.Findings, Asked: h.Asked, Until: h.Until}
		if !h.Answered.IsZero() {
			w.Hearing.Answered, w.Hearing.Answer = &h.Answered, hexadecimal(h.Answer)
		}
	}
	if !c.Decided.IsZero() {
		w.Decided = &c.Decided
	}
	return w
}

type commentJSON struct {
	N      int         `json:"n"`
	Actor  string      `json:"actor"`
	Role   access.Role `json:"role"`
	Vendor bool        `json:"vendor"`
	Text   string      `json:"text"`
	SHA256 string      `json:"sha256"`
	At     time.Time   `json:"at"`
	Entry  string      `json:"entry"`
}

func jsonOfComment(c Comment) commentJSON {
	return commentJSON{c.N, c.Actor, c.Role, c.Vendor, c.Text, hexadecimal(c.SHA256), c.At, strconv.FormatUint(c.Entry, 10)}
}
