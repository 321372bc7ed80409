package distribution

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

func shown[V, W any](vs []V, show func(V) W) []W {
	ws := make([]W, len(vs))
	for i, v := range vs {
		ws[i] = show(v)
	}
	return ws
}

// wireList shows a list that is never long enough for pages.
func wireList[V, W any](show func(V) W) func([]V) httpkit.Page[W] {
	return func(vs []V) httpkit.Page[W] { return httpkit.NewPage(shown(vs, show), "") }
}

func wireAsIs(r ImportReport) ImportReport { return r }

func hexOf(sum [32]byte) string {
	if sum == ([32]byte{}) {
		return ""
	}
	return hex.EncodeToString(sum[:])
}

type programmeWire struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
}

func wireOfProgramme(p Programme) programmeWire { return programmeWire(p) }

func wireOfOwnProgramme(p Programme) httpkit.Page[programmeWire] {
	return httpkit.NewPage([]programmeWire{wireOfProgramme(p)}, "")
}

type returnWire struct {
	Parts  []returnPartWire `json:"parts"`
	Digest string           `json:"digest"`
	At     time.Time        `json:"at"`
}

type returnPartWire struct {
	From   ledger.Account `json:"from"`
	To     ledger.Account `json:"to"`
	Amount money.Amount   `json:"amount"`
}

func wireOfReturn(r Return) *returnWire {
	if len(r.Parts) == 0 {
		return nil
	}
	w := &returnWire{Digest: hexOf(r.Digest), At: r.At}
	for _, p := range r.Parts {
		w.Parts = append(w.Parts, returnPartWire(p))
	}
	return w
}

type fundWire struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Donor    string       `json:"donor"`
	Currency money.Asset  `json:"currency"`
	Pledged  money.Amount `json:"pledged"`
	Return   *returnWire  `json:"return,omitempty"`
	Created  time.Time    `json:"created"`
}

func wireOfFund(f Fund) fundWire {
	return fundWire{f.ID, f.Name, f.Donor, f.Currency, f.Pledged, wireOfReturn(f.Return), f.Created}
}

type fundReceiptWire struct {
	Fund    string       `json:"fund"`
	N       int          `json:"n"`
	Donor   money.Amount `json:"donor"`
	XOF     money.Amount `json:"xof"`
	Bank    string       `json:"bank"`
	On      time.Time    `json:"on"`
	BankRef string       `json:"bank_reference"`
	Entry   string       `json:"entry"`
}

func wireOfFundReceipt(r FundReceipt) fundReceiptWire {
	return fundReceiptWire{r.Fund, r.N, r.Donor, r.XOF, r.Bank, r.On, r.BankRef, strconv.FormatUint(r.Entry, 10)}
}

type fundViewWire struct {
	fundWire
	Receipts      []fundReceiptWire `json:"receipts"`
	ReceivedDonor money.Amount      `json:"received_donor"`
	Received      money.Amount      `json:"received"`
	Readers       []string          `json:"readers"`
	Receivable    money.Amount      `json:"receivable"`
	Available     money.Amount      `json:"available"`
	Rate          string            `json:"rate,omitempty"`
}

func wireOfFundView(v FundView) fundViewWire {
	return fundViewWire{wireOfFund(v.Fund), shown(v.Receipts, wireOfFundReceipt), v.ReceivedDonor, v.Received, append([]string{}, v.Readers...), v.Receivable, v.Available, v.Rate}
}

type importWire struct {
	ID      string    `json:"id"`
	File    string    `json:"file"`
	Done    bool      `json:"done"`
	Started time.Time `json:"started"`
	New     int       `json:"new"`
	Changed int       `json:"changed"`
	Same    int       `json:"same"`
	Refused int       `json:"refused"`
}

func wireOfImport(i Import) importWire {
	return importWire{i.ID, hexOf(i.File), i.Done, i.Started, i.Counts.New, i.Counts.Changed, i.Counts.Same, i.Counts.Refused}
}

type duplicateWire struct {
	A        BeneficiaryID `json:"a"`
	B        BeneficiaryID `json:"b"`
	Reasons  []string      `json:"reasons"`
	Decision string        `json:"decision,omitempty"`
	At       time.Time     `json:"at,omitzero"`
	PersonA  *maskedWire   `json:"person_a,omitempty"`
	PersonB  *maskedWire   `json:"person_b,omitempty"`
}

type maskedWire struct {
	Name      string `json:"name,omitempty"`
	Sex       string `json:"sex,omitempty"`
	BirthYear int    `json:"birth_year,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Cercle    string `json:"cercle,omitempty"`
	Commune   string `json:"commune,omitempty"`
	Village   string `json:"village,omitempty"`
	Size      int    `json:"size,omitempty"`
	Forgotten bool   `json:"forgotten,omitempty"`
}

func wireOfMasked(m MaskedPerson) *maskedWire {
	if m == (MaskedPerson{}) {
		return nil
	}
	w := maskedWire(m)
	return &w
}

func wireOfDuplicate(d Duplicate) duplicateWire {
	return duplicateWire{A: d.A, B: d.B, Reasons: d.Reasons, Decision: d.Decision, At: d.At}
}

func wireOfDuplicates(p DuplicatePage) httpkit.Page[duplicateWire] {
	return httpkit.NewPage(shown(p.Items, func(v DuplicateView) duplicateWire {
		w := wireOfDuplicate(v.Duplicate)
		w.PersonA, w.PersonB = wireOfMasked(v.PersonA), wireOfMasked(v.PersonB)
		return w
	}), p.Next)
}

type placesWire struct {
	Edition string `json:"edition"`
	Places  int    `json:"places"`
}

func wireOfPlaces(p LoadedPlaces) placesWire { return placesWire(p) }

type pointWire struct {
	Code       string   `json:"code"`
	Name       string   `json:"name"`
	Zone       string   `json:"zone"`
	PlaceCode  string   `json:"place_code,omitempty"`
	Villages   []string `json:"villages"`
	Households *int     `json:"households,omitempty"`
}

func wireOfPoint(p Point) pointWire {
	return pointWire{p.Code, p.Name, p.Zone, p.PlaceCode, append([]string{}, p.Villages...), nil}
}

func wireOfPointView(v PointView) pointWire {
	w := wireOfPoint(v.Point)
	w.Households = &v.Households
	return w
}

type suggestionWire struct {
	Name       string   `json:"name"`
	Households int      `json:"households"`
	Villages   []string `json:"villages"`
}

func wireOfSuggestion(s SuggestedPoint) suggestionWire {
	return suggestionWire{s.Name, s.Households, append([]string{}, s.Villages...)}
}

type householdWire struct {
	ID       BeneficiaryID `json:"id"`
	Point    string        `json:"point,omitempty"`
	Excluded string        `json:"excluded,omitempty"`
	Import   string        `json:"import"`
	Row      int           `json:"row"`
	Created  time.Time     `json:"created"`
	Changed  time.Time     `json:"changed"`
	Masked   *maskedWire   `json:"masked,omitempty"`
	Person   *personWire   `json:"person,omitempty"`
}

type personWire struct {
	Family       string           `json:"family,omitempty"`
	Given        string           `json:"given,omitempty"`
	Sex          string           `json:"sex,omitempty"`
	BirthYear    int              `json:"birth_year,omitempty"`
	Phone        string           `json:"phone,omitempty"`
	Region       string           `json:"region,omitempty"`
	Cercle       string           `json:"cercle,omitempty"`
	Commune      string           `json:"commune,omitempty"`
	Village      string           `json:"village,omitempty"`
	PlaceCode    string           `json:"place_code,omitempty"`
	PlaceEdition string           `json:"place_edition,omitempty"`
	PointName    string           `json:"point_name,omitempty"`
	Size         int              `json:"size,omitempty"`
	Women        int              `json:"women,omitempty"`
	Men          int              `json:"men,omitempty"`
	Girls        int              `json:"girls,omitempty"`
	Boys         int              `json:"boys,omitempty"`
	Members      []memberWire     `json:"members,omitempty"`
	Status       string           `json:"status,omitempty"`
	Language     string           `json:"language,omitempty"`
	Quantity     string           `json:"quantity,omitempty"`
	Home         string           `json:"home,omitempty"`
	Alternates   []string         `json:"alternates,omitempty"`
	ExternalIDs  []externalIDWire `json:"external_ids,omitempty"`
}

type memberWire struct {
	Name      string `json:"name,omitempty"`
	Sex       string `json:"sex,omitempty"`
	BirthYear int    `json:"birth_year,omitempty"`
}

type externalIDWire struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

func wireOfHousehold(v HouseholdView) householdWire {
	w := householdWire{ID: v.ID, Point: v.Point, Excluded: v.Excluded, Import: v.Import, Row: v.Row,
		Created: v.Created, Changed: v.Changed, Masked: wireOfMasked(v.Masked)}
	if p := v.Person; p != nil {
		w.Person = &personWire{Family: p.Family, Given: p.Given, Sex: p.Sex, BirthYear: p.BirthYear, Phone: p.Phone,
			Region: p.Region, Cercle: p.Cercle, Commune: p.Commune, Village: p.Village, PlaceCode: p.PlaceCode,
			PlaceEdition: p.PlaceEdition, PointName: p.PointName, Size: p.Size, Women: p.Women, Men: p.Men, Girls: p.Girls,
			Boys: p.Boys, Status: p.Status, Language: p.Language, Quantity: p.Quantity, Home: p.Home, Alternates: p.Alternates,
			Members:     shown(p.Members, func(m Member) memberWire { return memberWire(m) }),
			ExternalIDs: shown(p.ExternalIDs, func(id ExternalID) externalIDWire { return externalIDWire(id) })}
	}
	return w
}

func wireOfHouseholds(p HouseholdPage) httpkit.Page[householdWire] {
	return httpkit.NewPage(shown(p.Items, wireOfHousehold), p.Next)
}

type ruleWire struct {
	PerHousehold  money.Amount   `json:"per_household,omitzero"`
	PerMember     money.Amount   `json:"per_member,omitzero"`
	PerUnit       money.Amount   `json:"per_unit,omitzero"`
	Min           money.Amount   `json:"min,omitzero"`
	Cap           money.Amount   `json:"cap,omitzero"`
	Denominations []money.Amount `json:"denominations"`
	VouchersMax   int            `json:"vouchers_max,omitempty"`
}

type roundWire struct {
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	Kind          RoundKind    `json:"kind"`
	Asset         money.Asset  `json:"asset"`
	Ceiling       money.Amount `json:"ceiling,omitzero"`
	Categories    []string     `json:"categories"`
	Basket        []string     `json:"basket"`
	Rule          ruleWire     `json:"rule"`
	Mode          voucher.Mode `json:"mode"`
	PINAbove      money.Amount `json:"pin_above,omitzero"`
	Opens         time.Time    `json:"opens,omitzero"`
	SalesEnd      time.Time    `json:"sales_end,omitzero"`
	GraceUntil    time.Time    `json:"grace_until,omitzero"`
	SparePermille int          `json:"spare_permille"`
	ThirdAbove    money.Amount `json:"third_above,omitzero"`
	EmbargoUntil  time.Time    `json:"embargo_until,omitzero"`
	Answer        bool         `json:"answer_overlaps,omitempty"`
	State         RoundState   `json:"state"`
	Return        *returnWire  `json:"return,omitempty"`
	Created       time.Time    `json:"created"`
}

func wireOfRound(r Round) roundWire {
	return roundWire{r.ID, r.Name, r.Kind, r.Asset, r.Ceiling, append([]string{}, r.Categories...), append([]string{}, r.Basket...),
		ruleWire(r.Rule), r.Mode, r.PINAbove, r.Opens, r.SalesEnd, r.GraceUntil, r.SparePermille, r.ThirdAbove, r.EmbargoUntil, r.AnswerOverlaps,
		r.State, wireOfReturn(r.Return), r.Created}
}

type lotWire struct {
	ID         string         `json:"id"`
	Round      string         `json:"round"`
	Points     []string       `json:"points"`
	State      LotState       `json:"state"`
	Digest     string         `json:"digest"`
	Households int            `json:"households"`
	Vouchers   int            `json:"vouchers"`
	Total      money.Amount   `json:"total"`
	Exposure   money.Amount   `json:"exposure"`
	PreparedAt time.Time      `json:"prepared_at"`
	Approvals  []approvalWire `json:"approvals"`
	Prints     map[string]int `json:"prints,omitempty"`
	IssuedAt   time.Time      `json:"issued_at,omitzero"`
	Warnings   []warningWire  `json:"warnings,omitempty"`
	// Overlapping counts the overlaps, of which a list of lots shows none.
	Overlapping  int            `json:"overlapping,omitempty"`
	Overlaps     []ShownOverlap `json:"overlaps,omitempty"`
	Lists        []string       `json:"presence_lists,omitempty"`
	Coordination string         `json:"coordination,omitempty"`
}

type approvalWire struct {
	Role  access.Role `json:"role"`
	By    string      `json:"by"` // pseudonym
	Proof string      `json:"proof"`
	At    time.Time   `json:"at"`
}

type warningWire struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Texte  string `json:"texte"`
	Metres int    `json:"metres,omitempty"`
}

func wireOfLot(l Lot) lotWire {
	return lotWire{ID: l.ID, Round: l.Round, Points: append([]string{}, l.Points...), State: l.State, Digest: hexOf(l.Digest),
		Households: l.Households, Vouchers: l.Vouchers, Total: l.Total, Exposure: l.Exposure, PreparedAt: l.PreparedAt,
		Approvals: shown(l.Approvals, func(a access.Approval) approvalWire {
			return approvalWire{a.Role, a.Proof.Pseudonym, a.Proof.Kind, a.Proof.At}
		}),
		Prints: l.Prints, IssuedAt: l.IssuedAt,
		Warnings:    shown(l.Warnings, func(w Warning) warningWire { return warningWire(w) }),
		Overlapping: len(l.Overlaps) + l.OverlapsMore, Overlaps: shown(l.Overlaps, ShowOverlap), Lists: l.Lists, Coordination: l.Coordination}
}

// wireOfLotShort leaves the warnings out, which may be two thousand.
func wireOfLotShort(l Lot) lotWire {
	w := wireOfLot(l)
	w.Warnings, w.Overlaps = nil, nil
	return w
}

type proposalWire struct {
	ID           string               `json:"id"`
	Kind         voucher.ProposalKind `json:"kind"`
	Spare        voucher.Serial       `json:"spare"`
	SparePrinted string               `json:"spare_printed"`
	Home         vendors.HandheldID   `json:"home,omitempty"`
	At           time.Time            `json:"at"`
	Digest       string               `json:"digest"`
}

func wireOfProposal(p voucher.Proposal) proposalWire {
	return proposalWire{p.ID, p.Kind, p.Spare, p.Spare.Printed(), p.Home, p.At, hexOf(p.Digest)}
}

type summaryWire struct {
	Round roundWire  `json:"round"`
	Books []bookWire `json:"books"`
}

type bookWire struct {
	Asset           money.Asset  `json:"asset"`
	Allocated       money.Amount `json:"allocated"`
	Available       money.Amount `json:"available"`
	Issued          money.Amount `json:"issued"`
	Redeemed        money.Amount `json:"redeemed"`
	Void            money.Amount `json:"void"`
	Expired         money.Amount `json:"expired"`
	Outstanding     money.Amount `json:"outstanding"`
	Spent           money.Amount `json:"spent"`
	Returned        money.Amount `json:"returned"`
	Contingency     money.Amount `json:"contingency"`
	ContingencyUsed money.Amount `json:"contingency_used"`
	ContingencyLeft money.Amount `json:"contingency_left"`
	Fees            money.Amount `json:"fees"`
	FeesLeft        money.Amount `json:"fees_left"`
}

func wireOfSummary(s RoundSummary) summaryWire {
	return summaryWire{wireOfRound(s.Round), shown(s.Books, func(b Book) bookWire { return bookWire(b) })}
}
