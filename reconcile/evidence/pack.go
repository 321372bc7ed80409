package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Format is what a pack says it is.
const Format = "jate-evidence-pack@v1"

const (
	packMax    = 64 << 20 // bytes of a file
	entriesMax = 40_000   // of one pack
)

// ErrPack refuses what is not a pack, or does not show what it says.
var ErrPack = fault.New(fault.Invalid, "pack_invalid",
	"The evidence pack does not show what it says.",
	"Le dossier de preuves ne montre pas ce qu'il affirme.")

// Pack is the file: one JSON object, its fields in this order. Numbers of
// entries are strings, as everywhere in the API.
type Pack struct {
	Format      string       `json:"format"`
	Programme   string       `json:"programme"`
	Case        Case         `json:"case"`
	Findings    []Finding    `json:"findings"`
	Redemptions []Redemption `json:"redemptions"`
	Claims      []Claim      `json:"claims"`
	Documents   []Document   `json:"documents,omitempty"`
	History     []Event      `json:"history"`
	Leaves      []Leaf       `json:"leaves"`
	Checkpoint  string       `json:"checkpoint"` // the signed note, with its cosignatures
}

// Case is the case without its findings and money.
type Case struct {
	ID     string       `json:"id"`
	Vendor string       `json:"vendor"`
	Round  string       `json:"round"`
	About  string       `json:"about,omitempty"`
	Refers string       `json:"refers,omitempty"`
	State  string       `json:"state"`
	Value  money.Amount `json:"value"`  // of the findings
	Frozen money.Amount `json:"frozen"` // ever
	// What he has to pay back of what he was paid, and what became of that.
	Charged   *money.Amount `json:"charged,omitempty"`
	Recovered *money.Amount `json:"recovered,omitempty"`
	GivenUp   *money.Amount `json:"given_up,omitempty"`
	Opened    time.Time     `json:"opened"`
	Assigned  string        `json:"assigned,omitempty"` // pseudonym
	Due       *time.Time    `json:"due,omitempty"`
	Asked     *time.Time    `json:"vendor_asked,omitempty"`
	Until     *time.Time    `json:"vendor_until,omitempty"`
	Answered  *time.Time    `json:"vendor_answered,omitempty"`
	Answer    string        `json:"vendor_answer_sha256,omitempty"`
	Decided   *time.Time    `json:"decided,omitempty"`
}

// Finding is one thing that was found. Its JSON is what the journal has the
// SHA-256 of, so that its fields and their order are for ever.
type Finding struct {
	ID       string       `json:"id"`
	Detector string       `json:"detector"`
	Vendor   string       `json:"vendor"`
	Handheld string       `json:"handheld,omitempty"`
	Round    string       `json:"round"`
	Score    int          `json:"score"`
	Value    money.Amount `json:"value"`
	Evidence []string     `json:"evidence"`
	Says     Both         `json:"says"`
	Clears   Both         `json:"clears"`
}

// Both is a sentence in English and French.
type Both struct {
	EN string `json:"en"`
	FR string `json:"fr"`
}

// in returns the sentence in a language.
func (b Both) in(lang string) string {
	if lang == "fr" {
		return b.FR
	}
	return b.EN
}

// Digest is the SHA-256 of findings, as the journal has it.
func Digest(fs []Finding) ([32]byte, error) {
	if fs == nil {
		fs = []Finding{}
	}
	b, err := json.Marshal(fs)
	return sha256.Sum256(b), err
}

// Redemption is one that the findings name or the case has frozen.
type Redemption struct {
	Entry    Entry        `json:"entry"`
	Kind     ledger.Kind  `json:"kind"`             // redeem, or accept-loss
	Receipt  string       `json:"receipt"`          // hash of the signed record
	Voucher  string       `json:"voucher"`          // pseudonym; "" for a loss
	Vendor   string       `json:"vendor,omitempty"` // whose it is, where the case is about no vendor alone
	Handheld string       `json:"handheld,omitempty"`
	From     time.Time    `json:"from"` // it happened between these
	To       time.Time    `json:"to"`
	Amount   money.Amount `json:"amount"`
	Claim    string       `json:"claim,omitempty"` // that it is in
	State    string       `json:"state"`           // where its money is: redeemed, claimed, frozen, ordered, settled, undone
	Frozen   bool         `json:"frozen"`          // by this case, ever
	Paid     bool         `json:"paid"`            // it was, before the case could freeze it
	Outcome  string       `json:"outcome,omitempty"`
}

// Claim is one that the findings or redemptions name.
type Claim struct {
	ID         string       `json:"id"`
	Kind       string       `json:"kind"`
	State      string       `json:"state"`
	Claimed    money.Amount `json:"claimed"`
	Accepted   money.Amount `json:"accepted"`
	Invoice    string       `json:"invoice_sha256,omitempty"`
	Entry      *Entry       `json:"entry,omitempty"` // that accepted it
	Settlement string       `json:"settlement,omitempty"`
	Lines      []ClaimLine  `json:"lines"` // those that the findings name and no redemption stands for
}

// ClaimLine is a line of a claim.
type ClaimLine struct {
	N       int          `json:"n"`
	Amount  money.Amount `json:"amount"`
	Problem string       `json:"problem,omitempty"`
}

// Document is a paper that was attached to the case. Its content is no part of
// the pack: whoever is given the file hashes it.
type Document struct {
	SHA256 string `json:"sha256"` // of its content, in hexadecimal
	Kind   string `json:"kind"`   // what it proves, as package documents has it
	Type   string `json:"type"`   // media type
	Bytes  int64  `json:"bytes"`
	Entry  Entry  `json:"entry"` // that attached it
}

// Event is one entry of the journal about the case.
type Event struct {
	Entry  Entry             `json:"entry"`
	At     time.Time         `json:"at"`
	Kind   ledger.Kind       `json:"kind"`
	What   string            `json:"what,omitempty"`
	Role   string            `json:"role"`
	Actor  string            `json:"actor"`
	Amount *money.Amount     `json:"amount,omitempty"`
	Ref    string            `json:"ref"`
	Facts  map[string]string `json:"facts"`
}

// Leaf is an entry as the log has it, and the proof that it does.
type Leaf struct {
	Entry Entry    `json:"entry"`
	Text  string   `json:"leaf"`  // canonical JSON (RFC 8785)
	Proof []string `json:"proof"` // hashes in base64 (RFC 6962, 2.1.1)
}

// Entry is the number of an entry, a string in JSON.
type Entry uint64

// MarshalJSON writes the number as a string.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal(strconv.FormatUint(uint64(e), 10)) }

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (e *Entry) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return fmt.Errorf("%.20q is no number of an entry", text)
	}
	*e = Entry(n)
	return nil
}

// ref is how entries refer to this one.
func (e Entry) ref() string { return "entry:" + strconv.FormatUint(uint64(e), 10) }

// Bytes returns the file. The same pack gives the same bytes.
func (p Pack) Bytes() ([]byte, error) {
	b, err := json.MarshalIndent(p, "", " ")
	return append(b, '\n'), err
}

// Parse reads a file of at most 64 MiB that is exactly what Bytes writes. It
// verifies nothing. It returns ErrPack.
func Parse(file []byte) (Pack, error) {
	var p Pack
	if len(file) > packMax {
		return p, ErrPack.At("file", "more than %d bytes", packMax)
	}
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Pack{}, ErrPack.At("file", "%v", err)
	}
	if p.Format != Format {
		return Pack{}, ErrPack.At("format", "%.40q, want %q", p.Format, Format)
	}
	if again, err := p.Bytes(); err != nil || !bytes.Equal(again, file) {
		return Pack{}, ErrPack.At("file", "not in the form in which packs are written")
	}
	return p, nil
}
