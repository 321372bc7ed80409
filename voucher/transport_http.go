package voucher

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// uploadMax bounds the body of one upload of records: 1,000 of 8 KiB.
const uploadMax = 9 << 20

// What a line of 2 kB a second may take: for a hundred records, which anybody
// may begin to send, and for the bundle of a few thousand cards, which is sent
// to whoever has proved to be a handheld.
const (
	uploadWithin = 2 * time.Minute
	bundleWithin = 5 * time.Minute
)

// proofHeader carries a handheld's signed request (SignRequest).
const proofHeader = "Jate-Proof"

// Routes adds the service's routes to mux. Staff routes expect the actor in
// the request's context; handhelds' routes need none.
func Routes(mux *http.ServeMux, e Endpoints, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	packed := append(slices.Clip(opts), httpkit.Compressed())
	mux.Handle("POST /api/v1/handhelds/{id}/records",
		httpkit.Handler(e.Redeem, decodeRedeem, http.StatusOK, append(slices.Clip(packed), httpkit.MaxBody(uploadMax), httpkit.Within(uploadWithin))...))
	mux.Handle("GET /api/v1/handhelds/{id}/bundle", httpkit.Handler(e.Bundle, decodeBundle, http.StatusOK, append(slices.Clip(packed), httpkit.Within(bundleWithin))...))
	mux.Handle("POST /api/v1/handhelds/{id}/reservations", httpkit.Handler(e.Reserve, decodeReserve, http.StatusOK, opts...))

	show := func(e httpkit.Endpoint[Change, Voucher]) httpkit.Endpoint[Change, voucherWire] {
		return httpkit.Present(e, wireOf)
	}
	mux.Handle("POST /api/v1/vouchers/{serial}/hold", staff(httpkit.Handler(show(e.Hold), decodeChange, http.StatusOK, opts...)))
	mux.Handle("POST /api/v1/vouchers/{serial}/release", staff(httpkit.Handler(show(e.Release), decodeChange, http.StatusOK, opts...)))
	mux.Handle("POST /api/v1/vouchers/{serial}/void", staff(httpkit.Handler(show(e.Void), decodeChange, http.StatusOK, opts...)))
	mux.Handle("GET /api/v1/vouchers/{serial}", staff(httpkit.Handler(httpkit.Present(e.Lookup, wireOf), decodeSerial, http.StatusOK, opts...)))
	mux.Handle("GET /api/v1/vouchers/{serial}/receipts", staff(httpkit.Handler(httpkit.Present(e.Receipts, wireOfReceipts), decodeSerial, http.StatusOK, opts...)))
	mux.Handle("POST /api/v1/proposals", staff(httpkit.Handler(httpkit.Present(e.Propose, wireOfProposal), decodePropose, http.StatusCreated, opts...)))
	mux.Handle("POST /api/v1/proposals/{id}/agreement", staff(httpkit.Handler(httpkit.Present(e.Agree, wireOf), decodeAgree, http.StatusOK, opts...)))
	mux.Handle("GET /api/v1/jwks.json", staff(httpkit.Handler(httpkit.Present(e.Keys, func(j JSON) json.RawMessage { return json.RawMessage(j) }),
		decodeAll, http.StatusOK, opts...)))
	mux.Handle("POST /api/v1/issues/{lot}/officer-code",
		staff(httpkit.Handler(httpkit.Present(e.OfficerCode, wireOfOfficerCode), decodeOfficerCode, http.StatusOK, opts...)))
	mux.Handle("GET /api/v1/issues", staff(httpkit.Handler(httpkit.Present(e.Issues, wireOfIssues), decodeAll, http.StatusOK, opts...)))
}

func decodeRedeem(_ context.Context, r *http.Request) (Redeem, error) {
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return Redeem{}, err
	}
	text, err := httpkit.Text(r)
	if err != nil {
		return Redeem{}, err
	}
	u, ok := readUpload(text)
	if !ok {
		if u, err = httpkit.Decode[upload](text); err != nil {
			return Redeem{}, err
		}
	}
	switch u.Channel {
	case "":
		u.Channel = "https"
	case "https", "file":
	default:
		return Redeem{}, ErrBatch.At("channel", "https or file")
	}
	return Redeem{Handheld: vendors.HandheldID(id), Records: u.Records, Channel: u.Channel}, nil
}

// upload is the body of an upload of records.
type upload struct {
	Records []string `json:"records"`
	Channel string   `json:"channel"`
}

// readUpload reads an upload as handhelds write it: the two fields in their
// order, without spaces, and records of the characters of which every record
// is. It takes no copy of a record, and a fraction of the time that a decoder of
// any JSON takes. What it does not read, that decoder judges; what it reads, that
// decoder reads alike.
func readUpload(text []byte) (upload, bool) {
	t := textReader{rest: string(text), ok: true}
	u := upload{Records: []string{}}
	for t.each(`{"records":[`, len(u.Records)) {
		u.Records = append(u.Records, readName[string](&t, ""))
	}
	u.Channel = readName[string](&t, `,"channel":`)
	t.take("}")
	return u, t.ok && t.rest == ""
}

func decodeBundle(_ context.Context, r *http.Request) (AskBundle, error) {
	return AskBundle{Proof: r.Header.Get(proofHeader), Method: r.Method, Path: r.URL.RequestURI()}, nil
}

func decodeReserve(_ context.Context, r *http.Request) (AskReserve, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64))
	if err != nil {
		return AskReserve{}, err
	}
	ask, err := decodeBundle(context.Background(), r)
	return AskReserve{AskBundle: ask, Body: body}, err
}

func decodeChange(ctx context.Context, r *http.Request) (Change, error) {
	q, err := decodeSerial(ctx, r)
	if err != nil {
		return Change{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return Change{}, err
	}
	body, err := httpkit.Body[struct {
		Reason string `json:"reason"`
	}](r)
	return Change{By: q.By, Key: key, Serial: q.Serial, Reason: body.Reason}, err
}

// decodeSerial accepts a serial as printed or in canonical form.
func decodeSerial(ctx context.Context, r *http.Request) (Query, error) {
	actor, err := access.FromContext(ctx)
	if err != nil {
		return Query{}, err
	}
	text, err := httpkit.PathValue(r, "serial")
	if err != nil {
		return Query{}, err
	}
	serial, err := readSerial(text)
	return Query{By: actor, Serial: serial}, err
}

func readSerial(text string) (Serial, error) {
	if Serial(text).Valid() {
		return Serial(text), nil
	}
	return ParseSerial(text)
}

func decodeAll(ctx context.Context, _ *http.Request) (Query, error) {
	actor, err := access.FromContext(ctx)
	return Query{By: actor}, err
}

func decodePropose(ctx context.Context, r *http.Request) (Propose, error) {
	actor, err := access.FromContext(ctx)
	if err != nil {
		return Propose{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return Propose{}, err
	}
	b, err := httpkit.Body[struct {
		Kind        ProposalKind       `json:"kind"`
		Serial      string             `json:"serial"`
		Spare       string             `json:"spare"`
		Lot         string             `json:"lot"`
		Beneficiary string             `json:"beneficiary"`
		Value       money.Amount       `json:"value"`
		Home        vendors.HandheldID `json:"home"`
		Secret      string             `json:"secret"`
		Vendor      vendors.ID         `json:"vendor"`
		SoldOn      time.Time          `json:"sold_on"`
	}](r)
	if err != nil {
		return Propose{}, err
	}
	cmd := Propose{By: actor, Key: key, Kind: b.Kind, Lot: b.Lot, Beneficiary: b.Beneficiary, Value: b.Value,
		Home: b.Home, Secret: b.Secret, Vendor: b.Vendor, SoldOn: b.SoldOn}
	for _, f := range []struct {
		text string
		to   *Serial
	}{{b.Serial, &cmd.Serial}, {b.Spare, &cmd.Spare}} {
		if f.text == "" {
			continue
		}
		if *f.to, err = readSerial(f.text); err != nil {
			return Propose{}, err
		}
	}
	return cmd, nil
}

func decodeAgree(ctx context.Context, r *http.Request) (Agree, error) {
	actor, err := access.FromContext(ctx)
	if err != nil {
		return Agree{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return Agree{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return Agree{By: actor, Key: key, Proposal: id}, err
}

func decodeOfficerCode(ctx context.Context, r *http.Request) (ReadOfficerCode, error) {
	actor, err := access.FromContext(ctx)
	if err != nil {
		return ReadOfficerCode{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return ReadOfficerCode{}, err
	}
	lot, err := httpkit.PathValue(r, "lot")
	return ReadOfficerCode{By: actor, Key: key, Lot: lot}, err
}

type officerCodeWire struct {
	Lot  string `json:"lot"`
	Code string `json:"code"`
}

func wireOfOfficerCode(c OfficerCode) officerCodeWire { return officerCodeWire(c) }

// MarshalJSON writes the answer as it goes over the wire.
func (a Answer) MarshalJSON() ([]byte, error) { return wireField("ack", a.Ack), nil }

// MarshalJSON writes the bundle as it goes over the wire.
func (b SignedBundle) MarshalJSON() ([]byte, error) { return wireField("bundle", b.Bundle), nil }

// wireField needs no escaping: a JWS has none of JSON's special characters.
func wireField(name, jws string) []byte { return []byte(`{"` + name + `":"` + jws + `"}`) }

// MarshalJSON writes the reservation as it goes over the wire.
func (r Reservation) MarshalJSON() ([]byte, error) {
	return []byte(`{"serial":"` + string(r.Serial) + `","until":"` + r.Until.Format(time.RFC3339) +
		`","nonce":` + strconv.Quote(r.Nonce) + `,"token":"` + string(r.Token) + `"}`), nil
}

// voucherWire is a voucher as staff see it: nothing of its factor.
type voucherWire struct {
	Serial      string             `json:"serial"`
	Printed     string             `json:"printed"`
	Round       string             `json:"round"`
	Lot         string             `json:"lot"`
	Beneficiary string             `json:"beneficiary,omitempty"`
	Value       money.Amount       `json:"value"`
	Life        Life               `json:"life"`
	NotBefore   time.Time          `json:"not_before"`
	Expires     time.Time          `json:"expires"`
	Point       string             `json:"point"`
	Home        vendors.HandheldID `json:"home,omitempty"`
	Mode        Mode               `json:"mode"`
	Spare       bool               `json:"spare"`
	ReplacedBy  string             `json:"replaced_by,omitempty"`
	Entry       string             `json:"entry,omitempty"`
}

func wireOf(v Voucher) voucherWire {
	w := voucherWire{Serial: string(v.Serial), Printed: v.Serial.Printed(), Round: v.Round, Lot: v.Lot,
		Beneficiary: v.Beneficiary, Value: v.Value, Life: v.Life(), NotBefore: v.NotBefore, Expires: v.Expires,
		Point: v.Point, Home: v.Home, Mode: v.Mode, Spare: v.Spare, ReplacedBy: string(v.ReplacedBy)}
	if !v.RedeemedAt.IsZero() {
		w.Entry = strconv.FormatUint(v.RedeemEntry, 10)
	}
	return w
}

type receiptWire struct {
	Hash     string             `json:"hash"`
	Kind     RecordKind         `json:"kind"`
	Handheld vendors.HandheldID `json:"handheld,omitempty"`
	Vendor   vendors.ID         `json:"vendor,omitempty"`
	Seq      uint64             `json:"seq,string"`
	From     time.Time          `json:"from"`
	To       time.Time          `json:"to"`
	State    ReceiptState       `json:"state"`
	Reason   string             `json:"reason,omitempty"`
	Home     bool               `json:"home"`
	JWS      string             `json:"jws,omitempty"`
	Channel  string             `json:"channel"`
}

type receiptsWire struct {
	Items []receiptWire `json:"items"`
}

func wireOfReceipts(rs []StoredReceipt) receiptsWire {
	w := receiptsWire{Items: []receiptWire{}}
	for _, r := range rs {
		w.Items = append(w.Items, receiptWire{r.Hash.String(), r.Kind, r.Handheld, r.Vendor, r.Seq,
			r.At.From, r.At.To, r.State, r.Reason, r.Home, r.JWS, r.Channel})
	}
	return w
}

type proposalWire struct {
	ID           string       `json:"id"`
	Kind         ProposalKind `json:"kind"`
	Serial       Serial       `json:"serial,omitempty"`
	Spare        Serial       `json:"spare,omitempty"`
	SparePrinted string       `json:"spare_printed,omitempty"`
	At           time.Time    `json:"at"`
	Digest       string       `json:"digest,omitempty"`
}

func wireOfProposal(p Proposal) proposalWire {
	w := proposalWire{ID: p.ID, Kind: p.Kind, Serial: p.Serial, Spare: p.Spare, At: p.At}
	if p.Spare != "" {
		w.SparePrinted = p.Spare.Printed()
	}
	if p.Digest != ([32]byte{}) {
		w.Digest = hex.EncodeToString(p.Digest[:])
	}
	return w
}

type issueWire struct {
	Lot      string    `json:"lot"`
	Round    string    `json:"round"`
	KID      string    `json:"kid"`
	Manifest string    `json:"manifest"`
	Count    int       `json:"count"`
	Spares   int       `json:"spares"`
	IssuedAt time.Time `json:"issued_at"`
}

type issuesWire struct {
	Items []issueWire `json:"items"`
}

func wireOfIssues(is []Issue) issuesWire {
	w := issuesWire{Items: []issueWire{}}
	for _, i := range is {
		if i.Manifest != "" {
			w.Items = append(w.Items, issueWire{i.Lot, i.Round, i.KID, i.Manifest, i.Count, i.Spares, i.IssuedAt})
		}
	}
	return w
}
