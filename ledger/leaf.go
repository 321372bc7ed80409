package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

// leafMax bounds one leaf, in bytes.
const leafMax = 1 << 20

// leafUsual is room for most leaves, in bytes.
const leafUsual = 768

// AppendLeaf appends the canonical leaf (RFC 8785) of an entry that breaks no
// rule by itself. hidden are the pseudonyms that stand for vouchers' accounts,
// in the order of postings, debit before credit; none for an entry that names
// vouchers by their pseudonyms already. It returns an error where their number
// is another, and ErrEntry for a leaf of more than a mebibyte.
func AppendLeaf(b []byte, e Entry, hidden []Account) ([]byte, error) {
	start := len(b)
	b = append(b, `{"actor":{"name":`...)
	b = appendText(b, e.Actor.Name)
	b = append(b, `,"role":`...)
	b = appendText(b, e.Actor.Role)
	b = append(b, '}')
	if len(e.Facts) > 0 {
		b = append(b, `,"facts":`...)
		b = appendFacts(b, e.Facts)
	}
	b = append(b, `,"from":`...)
	b = appendStamp(b, e.From)
	b = append(b, `,"kind":`...)
	b = appendText(b, string(e.Kind))
	b = append(b, `,"posted":`...)
	b = appendStamp(b, e.Posted)
	if len(e.Postings) > 0 {
		var err error
		if b, err = appendPostings(append(b, `,"postings":`...), e.Postings, hidden); err != nil {
			return nil, err
		}
	}
	if e.Ref != "" {
		b = appendText(append(b, `,"ref":`...), e.Ref)
	}
	if e.Round != "" {
		b = appendText(append(b, `,"round":`...), e.Round)
	}
	b = append(b, `,"seq":"`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = append(b, `","to":`...)
	b = appendStamp(b, e.To)
	b = append(b, `,"v":"1"}`...)
	if len(b)-start > leafMax {
		return nil, ErrEntry.At("entry", "its leaf is longer than %d bytes", leafMax)
	}
	return b, nil
}

func appendPostings(b []byte, ps []Posting, hidden []Account) ([]byte, error) {
	// The credit stands before the debit in a leaf, after it in hidden.
	shown := func(a Account) Account {
		if !a.IsVoucher() {
			return a
		}
		if len(hidden) == 0 {
			return ""
		}
		a, hidden = hidden[0], hidden[1:]
		return a
	}
	for i, p := range ps {
		debit, credit := shown(p.Debit), shown(p.Credit)
		if debit == "" || credit == "" {
			return nil, fmt.Errorf("posting %d: a voucher without a pseudonym", i)
		}
		open := byte(',')
		if i == 0 {
			open = '['
		}
		b = append(b, open)
		b = append(b, `{"amount":"`...)
		b = strconv.AppendInt(b, p.Amount.Minor(), 10)
		b = append(b, `","asset":"`...)
		b = appendAsset(b, p.Amount.Asset())
		b = append(b, `","credit":"`...)
		b = append(b, credit...)
		b = append(b, `","debit":"`...)
		b = append(b, debit...)
		b = append(b, `"}`...)
	}
	if len(hidden) > 0 {
		return nil, fmt.Errorf("%d pseudonyms too many", len(hidden))
	}
	return append(b, ']'), nil
}

func appendFacts(b []byte, facts map[string]string) []byte {
	var few [factsMax]string
	keys := few[:0]
	for k := range facts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		open := byte(',')
		if i == 0 {
			open = '{'
		}
		b = appendText(append(b, open), k)
		b = appendText(append(b, ':'), facts[k])
	}
	return append(b, '}')
}

// appendText writes plain text, in which only two characters need an escape.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(append(b, s[from:i]...), '\\')
			from = i
		}
	}
	return append(append(b, s[from:]...), '"')
}

func appendStamp(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339)
	return append(b, '"')
}

func appendAsset(b []byte, a money.Asset) []byte {
	b = append(append(b, a.Code()...), '/')
	return strconv.AppendInt(b, int64(a.Digits()), 10)
}

// ParseLeaf reads a leaf, with vouchers' accounts in their pseudonymous form.
// It refuses an entry that breaks a rule by itself, and bytes that are not
// exactly what would be written for it.
func ParseLeaf(leaf []byte) (Entry, error) {
	e, err := readLeaf(leaf)
	if err != nil {
		return Entry{}, err
	}
	if err := e.checkAs(leafClass); err != nil {
		return Entry{}, fmt.Errorf("leaf %d: %w", e.Seq, err)
	}
	if err := canonical(&e, leaf); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// readLeaf is ParseLeaf without its checks.
func readLeaf(leaf []byte) (Entry, error) {
	if len(leaf) > leafMax {
		return Entry{}, fmt.Errorf("leaf of %d bytes", len(leaf))
	}
	r := leafReader{rest: string(leaf)}
	e := r.entry()
	if r.bad || r.rest != "" {
		return Entry{}, errors.New("leaf: not in canonical form")
	}
	return e, nil
}

// canonical refuses a leaf that is not what would be written for the entry that
// was read from it. The reader forgives what only the writer knows for certain:
// a number with a zero in front, a 30th of February.
func canonical(e *Entry, leaf []byte) error {
	var room [leafUsual]byte
	again, err := AppendLeaf(room[:0], *e, nil)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, leaf) {
		return fmt.Errorf("leaf %d is not in canonical form", e.Seq)
	}
	return nil
}

// leafReader reads a leaf from its beginning. After a part that is not there
// everything reads as nothing, and bad says so.
type leafReader struct {
	rest string
	bad  bool
}

func (r *leafReader) entry() Entry {
	var e Entry
	r.must(`{"actor":{"name":`)
	e.Actor.Name = r.text()
	r.must(`,"role":`)
	e.Actor.Role = r.text()
	r.must(`}`)
	if r.has(`,"facts":{`) {
		e.Facts = r.facts()
	}
	r.must(`,"from":`)
	e.From = r.stamp()
	r.must(`,"kind":`)
	e.Kind = Kind(r.text())
	r.must(`,"posted":`)
	e.Posted = r.stamp()
	if r.has(`,"postings":[`) {
		e.Postings = r.postings()
	}
	if r.has(`,"ref":`) {
		e.Ref = r.text()
	}
	if r.has(`,"round":`) {
		e.Round = r.text()
	}
	r.must(`,"seq":`)
	e.Seq = r.number()
	r.must(`,"to":`)
	e.To = r.stamp()
	r.must(`,"v":"1"}`)
	return e
}

// has takes the text if it comes next.
func (r *leafReader) has(s string) bool {
	rest, ok := strings.CutPrefix(r.rest, s)
	r.rest = rest
	return ok
}

func (r *leafReader) must(s string) { r.bad = !r.has(s) || r.bad }

// text takes a string; its escapes can only be those that appendText writes.
func (r *leafReader) text() string {
	r.must(`"`)
	for i := range len(r.rest) {
		switch r.rest[i] {
		case '"':
			s := r.rest[:i]
			r.rest = r.rest[i+1:]
			return s
		case '\\':
			return r.escaped(i)
		}
	}
	r.bad = true
	return ""
}

// escaped takes the rest of a string whose first escape is at i.
func (r *leafReader) escaped(i int) string {
	b := []byte(r.rest[:i])
	for ; i < len(r.rest); i++ {
		switch c := r.rest[i]; c {
		case '"':
			r.rest = r.rest[i+1:]
			return string(b)
		case '\\':
			if i++; i == len(r.rest) || r.rest[i] != '"' && r.rest[i] != '\\' {
				r.bad = true
				return ""
			}
			b = append(b, r.rest[i])
		default:
			b = append(b, c)
		}
	}
	r.bad = true
	return ""
}

func (r *leafReader) number() uint64 {
	n, err := strconv.ParseUint(r.text(), 10, 64)
	r.bad = r.bad || err != nil
	return n
}

func (r *leafReader) facts() map[string]string {
	facts := map[string]string{}
	for len(facts) < factsMax {
		k := r.text()
		r.must(`:`)
		facts[k] = r.text()
		if !r.has(`,`) {
			break
		}
	}
	r.must(`}`)
	return facts
}

func (r *leafReader) postings() []Posting {
	ps := make([]Posting, 0, 1)
	var asset money.Asset
	code := ""
	for len(ps) < postingsMax && !r.bad {
		r.must(`{"amount":`)
		n, err := strconv.ParseInt(r.text(), 10, 64)
		r.must(`,"asset":`)
		if text := r.text(); text != code {
			var bad error
			if asset, bad = money.ParseAsset(text); bad != nil {
				r.bad = true
			}
			code = text
		}
		r.must(`,"credit":`)
		credit := Account(r.text())
		r.must(`,"debit":`)
		ps = append(ps, Posting{Debit: Account(r.text()), Credit: credit, Amount: money.FromMinor(n, asset)})
		r.must(`}`)
		r.bad = r.bad || err != nil
		if !r.has(`,`) {
			break
		}
	}
	r.must(`]`)
	return ps
}

// stamp takes a time. One that is on no calendar comes back as another, which
// is written differently.
func (r *leafReader) stamp() time.Time {
	s := r.text()
	if len(s) != len("2006-01-02T15:04:05Z") {
		r.bad = true
		return time.Time{}
	}
	part := func(from, to int) (n int) {
		for _, c := range []byte(s[from:to]) {
			r.bad = r.bad || c < '0' || c > '9'
			n = n*10 + int(c-'0')
		}
		return n
	}
	return time.Date(part(0, 4), time.Month(part(5, 7)), part(8, 10), part(11, 13), part(14, 16), part(17, 19), 0, time.UTC)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Pseudonym returns the account by which a voucher appears in leaves.
func Pseudonym(salt []byte, serial string) Account { return pseudonymOf(salt, serial).account() }

func pseudonymOf(salt []byte, serial string) pseudonym {
	var room [128]byte
	return sha256.Sum256(append(append(room[:0], salt...), serial...))
}

const pseudonymPrefix = "voucher:"

// pseudonymLen is the length of a pseudonym's hash in base64url.
const pseudonymLen = 43

// pseudonym is the hash by which a voucher appears in leaves.
type pseudonym [sha256.Size]byte

// account returns the account that the hash stands for.
func (p pseudonym) account() Account {
	var text [len(pseudonymPrefix) + pseudonymLen]byte
	copy(text[:], pseudonymPrefix)
	base64.RawURLEncoding.Encode(text[len(pseudonymPrefix):], p[:])
	return Account(text[:])
}

// pseudonym returns the hash of a voucher's account in a leaf; false for every
// other account.
func (a Account) pseudonym() (p pseudonym, ok bool) {
	var text [pseudonymLen]byte
	if len(a) != len(pseudonymPrefix)+len(text) || !isPseudonym(a) {
		return p, false
	}
	copy(text[:], a[len(pseudonymPrefix):])
	// The decoder skips line ends, and then returns fewer bytes.
	n, err := strictBase64.Decode(p[:], text[:])
	return p, err == nil && n == len(p)
}

var strictBase64 = base64.RawURLEncoding.Strict()

func isPseudonym(a Account) bool { return strings.HasPrefix(string(a), pseudonymPrefix) }

// leafClass is Class for the accounts of a leaf: a voucher appears there by
// its pseudonym, and by nothing else.
func leafClass(a Account) (Class, error) {
	if a.IsVoucher() {
		return "", ErrAccount.At("account", "a leaf names no beneficiary")
	}
	if !isPseudonym(a) {
		return a.Class()
	}
	if _, ok := a.pseudonym(); !ok {
		return "", ErrAccount.At("account", "%q is no pseudonym", string(a))
	}
	return ClassVoucher, nil
}
