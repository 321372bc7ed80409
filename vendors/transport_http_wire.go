package vendors

import (
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

// The wire forms: what leaves over HTTP, and the parts of bodies that look the
// same. Amounts are {"amount":"5000","asset":"XOF/0"}, instants RFC 3339 in
// UTC, hashes hexadecimal, keys and signatures base64url, sequence numbers of
// the journal strings. What is zero is left out where it means that there is
// none.

type contractWire struct {
	From       time.Time     `json:"from"`
	Until      time.Time     `json:"until"`
	Categories []string      `json:"categories"`
	DayMax     money.Amount  `json:"day_max,omitzero"`
	Charges    []chargeWire  `json:"charges,omitempty"`
	Payment    paymentWire   `json:"payment"`
	Screening  screeningWire `json:"screening"`
	Conflict   string        `json:"conflict,omitempty"`
	DeclaredOn time.Time     `json:"declared_on"`
}

type chargeWire struct {
	Name     string `json:"name"`
	Permille int    `json:"permille"`
}

type paymentWire struct {
	Method   string `json:"method"`
	Provider string `json:"provider,omitempty"`
	Alias    string `json:"alias,omitempty"`
	Payee    string `json:"payee,omitempty"`
	Via      string `json:"via,omitempty"`
	Consent  string `json:"consent,omitempty"`
}

type screeningWire struct {
	On     time.Time `json:"on"`
	By     string    `json:"by,omitempty"` // pseudonym; not read from a body
	Result string    `json:"result"`
}

func wireOfContract(c Contract) contractWire {
	w := contractWire{From: c.From, Until: c.Until, Categories: c.Categories, DayMax: c.DayMax, Payment: paymentWire(c.Payment),
		Screening: screeningWire(c.Screening), Conflict: c.Conflict, DeclaredOn: c.DeclaredOn}
	for _, k := range c.Charges {
		w.Charges = append(w.Charges, chargeWire(k))
	}
	return w
}

func (w contractWire) contract() (Contract, error) {
	if w.Screening.By != "" {
		return Contract{}, httpkit.ErrBody.At("$.contract.screening.by", "is the caller; leave it out")
	}
	c := Contract{From: w.From.UTC(), Until: w.Until.UTC(), Categories: w.Categories, DayMax: w.DayMax, Payment: Payment(w.Payment),
		Screening: Screening{On: w.Screening.On.UTC(), Result: w.Screening.Result}, Conflict: w.Conflict, DeclaredOn: w.DeclaredOn.UTC()}
	for _, k := range w.Charges {
		c.Charges = append(c.Charges, Charge(k))
	}
	return c, nil
}

type vendorWire struct {
	ID        ID           `json:"id"`
	Name      string       `json:"name"`
	Zone      string       `json:"zone"`
	Village   string       `json:"village,omitempty"`
	PlaceCode string       `json:"place_code,omitempty"`
	Suspended bool         `json:"suspended"`
	Contract  contractWire `json:"contract"`
	Created   time.Time    `json:"created"`
}

func wireOfVendor(v Vendor) vendorWire {
	return vendorWire{v.ID, v.Name, v.Zone, v.Village, v.PlaceCode, v.Suspended, wireOfContract(v.Contract), v.Created}
}

type summaryWire struct {
	Vendor    ID             `json:"vendor"`
	Redeemed  []money.Amount `json:"redeemed"`
	Claimed   []money.Amount `json:"claimed"`
	Contested []money.Amount `json:"contested"`
	Advance   money.Amount   `json:"advance"`
}

func wireOfSummary(s Summary) summaryWire {
	list := func(ms []money.Amount) []money.Amount { return append([]money.Amount{}, ms...) }
	return summaryWire{s.Vendor, list(s.Redeemed), list(s.Claimed), list(s.Contested), s.Advance}
}

type itemWire struct {
	Code     string       `json:"code"`
	Category string       `json:"category"`
	NameEN   string       `json:"name_en"`
	NameFR   string       `json:"name_fr"`
	Unit     money.Asset  `json:"unit,omitzero"`
	Ceiling  money.Amount `json:"ceiling"`
	Picture  string       `json:"picture,omitempty"`
}

type pricesWire struct {
	Vendor  ID         `json:"vendor"`
	Version int        `json:"version"`
	From    time.Time  `json:"from"`
	Items   []itemWire `json:"items"`
}

func wireOfPrices(l PriceList) pricesWire {
	w := pricesWire{Vendor: l.Vendor, Version: l.Version, From: l.From, Items: []itemWire{}}
	for _, it := range l.Items {
		w.Items = append(w.Items, itemWire(it))
	}
	return w
}

type policyWire struct {
	FreshHours    int          `json:"fresh_hours,omitempty"`
	DegradedHours int          `json:"degraded_hours,omitempty"`
	Floor         money.Amount `json:"floor,omitzero"`
	CountMax      int          `json:"count_max,omitempty"`
	SumMax        money.Amount `json:"sum_max,omitzero"`
	WaitingDays   int          `json:"waiting_days,omitempty"`
}

type zoneWire struct {
	Code   string     `json:"code"`
	Policy policyWire `json:"policy"`
}

func wireOfZone(z Zone) zoneWire { return zoneWire{z.Code, policyWire(z.Policy)} }

type handheldWire struct {
	ID          HandheldID    `json:"id"`
	Vendor      ID            `json:"vendor,omitempty"`
	Zone        string        `json:"zone"`
	Purpose     Purpose       `json:"purpose"`
	State       HandheldState `json:"state"`
	CodeExpires time.Time     `json:"code_expires"`
	PublicKey   string        `json:"public_key,omitempty"`
	Records     uint64        `json:"records"` // accepted from it so far
	LastBundle  uint64        `json:"last_bundle,omitempty"`
	LostAt      time.Time     `json:"lost_at,omitzero"`
	ReplacedBy  HandheldID    `json:"replaced_by,omitempty"`
	Created     time.Time     `json:"created"`
}

func wireOfHandheld(h Handheld) handheldWire {
	return handheldWire{h.ID, h.Vendor, h.Zone, h.Purpose, h.State, h.CodeExpires, base64.RawURLEncoding.EncodeToString(h.Key), h.Seq,
		h.Snapshot, h.LostAt, h.ReplacedBy, h.Created}
}

type invitationWire struct {
	Handheld handheldWire `json:"handheld"`
	Code     string       `json:"code,omitempty"`
}

func wireOfInvitation(i Invitation) invitationWire {
	return invitationWire{wireOfHandheld(i.Handheld), i.Code}
}

type enrolmentWire struct {
	Handheld  HandheldID    `json:"handheld"`
	Programme string        `json:"programme"`
	Vendor    ID            `json:"vendor,omitempty"`
	Zone      string        `json:"zone"`
	Purpose   Purpose       `json:"purpose"`
	State     HandheldState `json:"state"`
	Nonce     string        `json:"nonce"`
}

func wireOfEnrolment(e Enrolment) enrolmentWire { return enrolmentWire(e) }

type claimWire struct {
	ID          ClaimID      `json:"id"`
	Vendor      ID           `json:"vendor"`
	Round       string       `json:"round"`
	Kind        ClaimKind    `json:"kind"`
	State       ClaimState   `json:"state"`
	Lines       int          `json:"lines"`
	Claimed     money.Amount `json:"claimed"`
	Accepted    money.Amount `json:"accepted"`
	Charges     money.Amount `json:"charges"`
	Recovered   money.Amount `json:"recovered"`
	Number      string       `json:"number,omitempty"`
	InvoiceHash string       `json:"invoice_sha256,omitempty"`
	VendorProof string       `json:"vendor_proof,omitempty"`
	Entry       *uint64      `json:"entry,string,omitempty"` // once accepted
	Settlement  string       `json:"settlement,omitempty"`
	Reason      string       `json:"reason,omitempty"`
	Created     time.Time    `json:"created"`
}

func wireOfClaim(c Claim) claimWire {
	w := claimWire{ID: c.ID, Vendor: c.Vendor, Round: c.Round, Kind: c.Kind, State: c.State, Lines: c.Lines, Claimed: c.Claimed,
		Accepted: c.Accepted, Charges: c.Charges, Recovered: c.Recovered, Number: c.InvoiceRef, VendorProof: c.VendorProof,
		Settlement: c.Settlement, Reason: c.Reason, Created: c.Created}
	if c.Kind == Independent {
		w.InvoiceHash = hex.EncodeToString(c.InvoiceHash[:])
	}
	if c.State != ClaimProposed && c.State != ClaimRefused {
		w.Entry = &c.Entry
	}
	return w
}

type lineWire struct {
	N        int          `json:"n"`
	Serial   string       `json:"serial,omitempty"`
	Date     time.Time    `json:"date,omitzero"`
	Amount   money.Amount `json:"amount"`
	Quantity money.Amount `json:"quantity,omitzero"`
	Price    money.Amount `json:"price,omitzero"`
	Entry    *uint64      `json:"entry,string,omitempty"` // where matched
	Matched  bool         `json:"matched"`
	Reversed bool         `json:"reversed"`
	Problem  string       `json:"problem,omitempty"`
}

func wireOfLine(l ClaimLine) lineWire {
	w := lineWire{N: l.N, Serial: l.Serial, Date: l.Date, Amount: l.Amount, Quantity: l.Quantity, Price: l.Price, Matched: l.Matched,
		Reversed: l.Reversed, Problem: l.Problem}
	if l.Matched {
		w.Entry = &l.Entry
	}
	return w
}

type paymentLineWire struct {
	Reference string       `json:"reference"`
	Claim     ClaimID      `json:"claim"`
	Vendor    ID           `json:"vendor"`
	Round     string       `json:"round"`
	Amount    money.Amount `json:"amount"`
	Recover   money.Amount `json:"recover"`
	To        paymentWire  `json:"to"`
	Result    Outcome      `json:"result,omitempty"`
	BankRef   string       `json:"bank_reference,omitempty"`
	Reported  string       `json:"reported,omitempty"`
}

type settlementWire struct {
	ID         string            `json:"id"`
	Method     string            `json:"method"`
	Bank       string            `json:"bank"`
	State      SettlementState   `json:"state"`
	Total      money.Amount      `json:"total"`
	Digest     string            `json:"digest"`
	ApprovedBy string            `json:"approved_by,omitempty"` // pseudonym
	Payments   []paymentLineWire `json:"payments"`
	Created    time.Time         `json:"created"`
}

func wireOfSettlement(s Settlement) settlementWire {
	w := settlementWire{ID: s.ID, Method: s.Method, Bank: s.Bank, State: s.State, Total: s.Total, Digest: hex.EncodeToString(s.Digest[:]),
		ApprovedBy: s.Approval.Proof.Pseudonym, Payments: []paymentLineWire{}, Created: s.Created}
	for _, p := range s.Payments {
		w.Payments = append(w.Payments, paymentLineWire{p.Reference, p.Claim, p.Vendor, p.Round, p.Amount, p.Recover,
			paymentWire(p.To), p.Result, p.BankRef, p.Reported})
	}
	return w
}

type resultsWire struct {
	Settlement settlementWire `json:"settlement"`
	Paid       int            `json:"paid"`
	Failed     int            `json:"failed"`
	Returned   int            `json:"returned"`
	Same       int            `json:"same"`
	Others     int            `json:"others"`
}

func wireOfResults(r Results) resultsWire {
	return resultsWire{wireOfSettlement(r.Settlement), r.Paid, r.Failed, r.Returned, r.Same, r.Others}
}

type advanceWire struct {
	ID       string            `json:"id"`
	Vendor   ID                `json:"vendor"`
	Bank     string            `json:"bank"`
	Amount   money.Amount      `json:"amount"`
	Permille int               `json:"permille"`
	Plan     []installmentWire `json:"plan,omitempty"`
	State    AdvanceState      `json:"state"`
	Created  time.Time         `json:"created"`
	Given    time.Time         `json:"given,omitzero"`
	Digest   string            `json:"digest"`
}

func wireOfAdvance(a AdvanceLine) advanceWire {
	digest := a.Digest()
	w := advanceWire{a.ID, a.Vendor, a.Bank, a.Amount, a.Permille, nil, a.State, a.Created, a.Given, hex.EncodeToString(digest[:])}
	for _, p := range a.Plan {
		w.Plan = append(w.Plan, installmentWire(p))
	}
	return w
}

// wirePage returns how a page of things goes over the wire.
func wirePage[V, W any](show func(V) W) func(Page[V]) httpkit.Page[W] {
	return func(p Page[V]) httpkit.Page[W] {
		var items []W
		for _, v := range p.Items {
			items = append(items, show(v))
		}
		return httpkit.NewPage(items, p.Next)
	}
}
