package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

// leafMax bounds one leaf, in bytes.
const leafMax = 1 << 20

// leafJSON has its fields in the order of their keys, so that encoding/json
// writes the canonical form of RFC 8785 for the texts that check allows.
type leafJSON struct {
	Actor    leafActor         `json:"actor"`
	Facts    map[string]string `json:"facts,omitempty"`
	From     string            `json:"from"`
	Kind     Kind              `json:"kind"`
	Posted   string            `json:"posted"`
	Postings []leafPosting     `json:"postings,omitempty"`
	Ref      string            `json:"ref,omitempty"`
	Round    string            `json:"round,omitempty"`
	Seq      string            `json:"seq"`
	To       string            `json:"to"`
	V        string            `json:"v"`
}

type leafActor struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

type leafPosting struct {
	Amount string      `json:"amount"` // minor units
	Asset  money.Asset `json:"asset"`
	Credit Account     `json:"credit"`
	Debit  Account     `json:"debit"`
}

// Pseudonym returns the account by which a voucher appears in leaves.
func Pseudonym(salt []byte, serial string) Account {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(serial))
	return Account(pseudonymPrefix + base64.RawURLEncoding.EncodeToString(h.Sum(nil)))
}

// encodeLeaf returns the canonical leaf of e, with each voucher's account
// replaced by what hide returns for it.
func encodeLeaf(e Entry, hide func(Account) (Account, error)) ([]byte, error) {
	l := leafJSON{
		Actor: leafActor{Name: e.Actor.Name, Role: e.Actor.Role},
		Facts: e.Facts, From: stamp(e.From), Kind: e.Kind, Posted: stamp(e.Posted),
		Ref: e.Ref, Round: e.Round, Seq: strconv.FormatUint(e.Seq, 10), To: stamp(e.To), V: "1",
	}
	for _, p := range e.Postings {
		debit, err := hide(p.Debit)
		if err != nil {
			return nil, err
		}
		credit, err := hide(p.Credit)
		if err != nil {
			return nil, err
		}
		l.Postings = append(l.Postings, leafPosting{
			Amount: strconv.FormatInt(p.Amount.Minor(), 10), Asset: p.Amount.Asset(),
			Credit: credit, Debit: debit,
		})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return nil, err
	}
	if b.Len() > leafMax {
		return nil, ErrEntry.At("entry", "its leaf is longer than %d bytes", leafMax)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// ParseLeaf reads a leaf, with vouchers' accounts in their pseudonymous form.
// It refuses an entry that breaks a rule by itself, and bytes that are not
// exactly what would be written for it.
func ParseLeaf(leaf []byte) (Entry, error) {
	if len(leaf) > leafMax {
		return Entry{}, fmt.Errorf("leaf of %d bytes", len(leaf))
	}
	var l leafJSON
	if err := json.Unmarshal(leaf, &l); err != nil {
		return Entry{}, fmt.Errorf("leaf: %w", err)
	}
	seq, err := strconv.ParseUint(l.Seq, 10, 64)
	if err != nil {
		return Entry{}, fmt.Errorf("leaf: seq: %w", err)
	}
	e := Entry{Seq: seq, Kind: l.Kind, Actor: Actor{Role: l.Actor.Role, Name: l.Actor.Name},
		Round: l.Round, Ref: l.Ref, Facts: l.Facts}
	for _, t := range []struct {
		to   *time.Time
		text string
	}{{&e.Posted, l.Posted}, {&e.From, l.From}, {&e.To, l.To}} {
		if *t.to, err = time.Parse(time.RFC3339, t.text); err != nil {
			return Entry{}, fmt.Errorf("leaf: %w", err)
		}
	}
	for _, p := range l.Postings {
		n, err := strconv.ParseInt(p.Amount, 10, 64)
		if err != nil {
			return Entry{}, fmt.Errorf("leaf: amount: %w", err)
		}
		e.Postings = append(e.Postings, Posting{Debit: p.Debit, Credit: p.Credit, Amount: money.FromMinor(n, p.Asset)})
	}
	if err := e.checkAs(leafClass); err != nil {
		return Entry{}, fmt.Errorf("leaf %d: %w", seq, err)
	}
	again, err := encodeLeaf(e, func(a Account) (Account, error) { return a, nil })
	if err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(again, leaf) {
		return Entry{}, fmt.Errorf("leaf %d is not in canonical form", seq)
	}
	return e, nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

const pseudonymPrefix = "voucher:"

func isPseudonym(a Account) bool { return strings.HasPrefix(string(a), pseudonymPrefix) }

// leafClass is Class for the accounts of a leaf: a voucher appears there by
// its pseudonym, and by nothing else.
func leafClass(a Account) (Class, error) {
	if a.IsVoucher() {
		return "", ErrAccount.At("account", "a leaf names no beneficiary")
	}
	hash, hidden := strings.CutPrefix(string(a), pseudonymPrefix)
	if !hidden {
		return a.Class()
	}
	if b, err := base64.RawURLEncoding.Strict().DecodeString(hash); err != nil || len(b) != sha256.Size {
		return "", ErrAccount.At("account", "%q is no pseudonym", string(a))
	}
	return ClassVoucher, nil
}
