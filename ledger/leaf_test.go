package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"github.com/jate-cva/jate/money"
)

// leafJSON is a leaf as encoding/json reads and writes it: the oracle for what
// is written by hand. Its fields are in the order of their keys.
type leafJSON struct {
	Actor struct {
		Name string `json:"name"`
		Role string `json:"role"`
	} `json:"actor"`
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

type leafPosting struct {
	Amount string      `json:"amount"` // minor units
	Asset  money.Asset `json:"asset"`
	Credit Account     `json:"credit"`
	Debit  Account     `json:"debit"`
}

func oracleEncode(e Entry) ([]byte, error) {
	l := leafJSON{Facts: e.Facts, From: stamp(e.From), Kind: e.Kind, Posted: stamp(e.Posted), Ref: e.Ref, Round: e.Round,
		Seq: strconv.FormatUint(e.Seq, 10), To: stamp(e.To), V: "1"}
	l.Actor.Name, l.Actor.Role = e.Actor.Name, e.Actor.Role
	for _, p := range e.Postings {
		l.Postings = append(l.Postings, leafPosting{Amount: strconv.FormatInt(p.Amount.Minor(), 10),
			Asset: p.Amount.Asset(), Credit: p.Credit, Debit: p.Debit})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(l)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func oracleParse(leaf []byte) (Entry, error) {
	var l leafJSON
	if err := json.Unmarshal(leaf, &l); err != nil {
		return Entry{}, err
	}
	seq, err := strconv.ParseUint(l.Seq, 10, 64)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Seq: seq, Kind: l.Kind, Actor: Actor{Role: l.Actor.Role, Name: l.Actor.Name}, Round: l.Round, Ref: l.Ref, Facts: l.Facts}
	for to, text := range map[*time.Time]string{&e.Posted: l.Posted, &e.From: l.From, &e.To: l.To} {
		if *to, err = time.Parse(time.RFC3339, text); err != nil {
			return Entry{}, err
		}
	}
	for _, p := range l.Postings {
		n, err := strconv.ParseInt(p.Amount, 10, 64)
		if err != nil {
			return Entry{}, err
		}
		e.Postings = append(e.Postings, Posting{Debit: p.Debit, Credit: p.Credit, Amount: money.FromMinor(n, p.Asset)})
	}
	if err := e.checkAs(leafClass); err != nil {
		return Entry{}, err
	}
	again, err := oracleEncode(e)
	if err == nil && !bytes.Equal(again, leaf) {
		err = fmt.Errorf("not canonical")
	}
	return e, err
}

var leafTime = rapid.Custom(func(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "unix"), 0).UTC()
})

var leafText = rapid.OneOf(rapid.StringMatching(`[ -~]{1,20}`), rapid.StringMatching(`["\\a-zé€😀<>&]{1,20}`))

// randomLeafEntry draws an entry that keeps every rule by itself, vouchers by
// their pseudonyms.
func randomLeafEntry(t *rapid.T) Entry {
	kinds := slices.Sorted(maps.Keys(flows))
	e := Entry{Seq: rapid.Uint64().Draw(t, "seq"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Round: "r.1_X-",
		Actor: Actor{Role: leafText.Draw(t, "role"), Name: leafText.Draw(t, "name")}, Posted: leafTime.Draw(t, "posted")}
	if e.From, e.To = leafTime.Draw(t, "from"), leafTime.Draw(t, "to"); e.To.Before(e.From) {
		e.From, e.To = e.To, e.From
	}
	if rapid.Bool().Draw(t, "with ref") {
		e.Ref = leafText.Draw(t, "ref")
	}
	if rapid.Bool().Draw(t, "with facts") {
		e.Facts = rapid.MapOfN(rapid.StringMatching(`[A-Za-z0-9._-]{1,9}`), rapid.OneOf(leafText, rapid.Just("")), 1, factsMax).Draw(t, "facts")
	}
	if e.Kind == KindDecision {
		return e
	}
	rice, _ := money.NewAsset("RICE-KG", 2)
	account := func(c Class, name string) Account {
		switch {
		case c == ClassVoucher:
			return Pseudonym(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, name), "S1")
		case c.ofRound(), c == ClassControl:
			return join(c, e.Round)
		case c == ClassRedeemed || c == ClassClaimed || c == ClassContested:
			return vendorAccount(rapid.StringMatching(`[a-z0-9.]{1,9}`).Draw(t, name), c)
		}
		return join(c, rapid.StringMatching(`[a-z0-9.]{1,9}`).Draw(t, name))
	}
	for range rapid.IntRange(1, 4).Draw(t, "postings") {
		f := rapid.SampledFrom(flows[e.Kind]).Draw(t, "flow")
		asset := money.XOF
		if !f.debit.holds(asset) || !f.credit.holds(asset) || f.debit.holds(rice) && f.credit.holds(rice) && rapid.Bool().Draw(t, "rice") {
			asset = rice
		}
		p := Posting{Debit: account(f.debit, "debit"), Credit: account(f.credit, "credit"),
			Amount: money.FromMinor(rapid.Int64Min(1).Draw(t, "amount"), asset)}
		if p.Debit == p.Credit {
			t.Skip("an account to itself")
		}
		e.Postings = append(e.Postings, p)
	}
	return e
}

// What is written by hand is what encoding/json and RFC 8785 write, and is read
// back.
func TestAppendLeaf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := randomLeafEntry(t)
		if err := e.checkAs(leafClass); err != nil {
			t.Fatalf("the draw is no entry: %v", err)
		}
		leaf, err := AppendLeaf(nil, e, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := oracleEncode(e)
		if err != nil || !bytes.Equal(leaf, want) {
			t.Fatalf("%v\ngot  %s\nwant %s", err, leaf, want)
		}
		canonical, err := jcs.Transform(leaf)
		if err != nil || !bytes.Equal(canonical, leaf) {
			t.Fatalf("not canonical: %v\nleaf %s\njcs  %s", err, leaf, canonical)
		}
		back, err := ParseLeaf(leaf)
		if diff := cmp.Diff(e, back, cmp.AllowUnexported(money.Asset{})); err != nil || diff != "" {
			t.Fatalf("read back: %v\n%s", err, diff)
		}
	})
}

// The pseudonyms given stand for the vouchers, debit before credit, and their
// number is right.
func TestAppendLeaf_hidden(t *testing.T) {
	a, b := Pseudonym([]byte("1"), "S1"), Pseudonym([]byte("2"), "S2")
	e := Entry{Kind: KindReissue, Postings: []Posting{{Debit: Voucher("h1", "S1"), Credit: Voucher("h2", "S2"), Amount: money.Francs(1)}}}
	leaf, err := AppendLeaf(nil, e, []Account{a, b})
	if want := fmt.Sprintf(`"credit":"%s","debit":"%s"`, b, a); err != nil || !strings.Contains(string(leaf), want) {
		t.Errorf("%s, %v; want %s", leaf, err, want)
	}
	for _, hidden := range [][]Account{nil, {a}, {a, b, a}} {
		if leaf, err := AppendLeaf(nil, e, hidden); err == nil {
			t.Errorf("%d pseudonyms for two vouchers: %s", len(hidden), leaf)
		}
	}
}

// Whatever ParseLeaf accepts is in the canonical form of RFC 8785, names no
// beneficiary, and is the only leaf of its entry; and it accepts what a parser
// by reflection accepts.
func FuzzParseLeaf(f *testing.F) {
	hash := strings.Repeat("A", pseudonymLen)
	for _, leaf := range []string{
		`{"actor":{"name":"p7","role":"finance"},"facts":{"what":"close"},"from":"2025-03-01T08:00:00Z","kind":"decision","posted":"2025-03-01T08:00:00Z","seq":"0","to":"2025-03-01T08:00:00Z","v":"1"}`,
		`{"actor":{"name":"p7","role":"finance"},"from":"2025-03-01T08:00:00Z","kind":"issue","posted":"2025-03-01T08:00:00Z","postings":[{"amount":"5","asset":"XOF/0","credit":"voucher:` + hash + `","debit":"round:r1"}],"ref":"é<&>","round":"r1","seq":"18","to":"2025-03-01T08:00:00Z","v":"1"}`,
		`{"actor":{"name":"\"\\p7","role":"finance"},"facts":{"a":"1","b":"\\"},"from":"2024-02-29T08:00:00Z","kind":"claim","posted":"2025-03-01T08:00:00Z","postings":[{"amount":"5","asset":"XOF/0","credit":"vendor:v:claimed","debit":"round:r1"},{"amount":"7","asset":"RICE-KG/2","credit":"pledge:r1","debit":"vendor:v:redeemed"}],"round":"r1","seq":"18","to":"2025-03-01T08:00:00Z","v":"1"}`,
	} {
		if _, err := ParseLeaf([]byte(leaf)); err != nil {
			f.Fatalf("a seed is no leaf: %v", err)
		}
		f.Add([]byte(leaf))
		for _, r := range [][2]string{{"5", "05"}, {"XOF/0", "XOF"}, {"p7", `\u0070`}, {"é", "\u2028"}, {"voucher:", "beneficiary:h:"},
			{`"v":"1"`, `"v":"2"`}, {"Z", "+00:00"}, {"round:r1", "round:r2"}, {`"seq"`, `"seq":"1","seq"`}, {"decision", "gift"}, {"}", "} "},
			{"02-29", "02-30"}, {"08:00:00", "24:00:00"}, {"08:00:00", "08:00:60"}, {"2025-03", "2025-3-"}, {`"b":`, `"a":`}, {`"a":"1","b":"\\"`, `"b":"1","a":"\\"`},
			{`\\`, `\/`}, {`{"what":"close"}`, `{}`}, {`"5"`, `"+5"`}, {`"5"`, `"-5"`}, {`"18"`, `"-0"`}, {`,"ref":"é<&>"`, `,"ref":""`}, {hash, hash[1:] + "B"}} {
			if bad := strings.Replace(leaf, r[0], r[1], 1); bad != leaf {
				if _, err := ParseLeaf([]byte(bad)); err == nil {
					f.Errorf("accepted: %s", bad)
				}
				f.Add([]byte(bad))
			}
		}
	}
	f.Fuzz(func(t *testing.T, leaf []byte) {
		e, err := ParseLeaf(leaf)
		want, wantErr := oracleParse(leaf)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, by reflection %v", leaf, err, wantErr)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(want, e, cmp.AllowUnexported(money.Asset{})); diff != "" {
			t.Fatalf("%s\n%s", leaf, diff)
		}
		canonical, err := jcs.Transform(leaf)
		if err != nil || !bytes.Equal(canonical, leaf) {
			t.Fatalf("accepted what is not canonical: %v\nleaf %q\njcs  %q", err, leaf, canonical)
		}
		for _, p := range e.Postings {
			if p.Debit.IsVoucher() || p.Credit.IsVoucher() {
				t.Fatalf("a leaf names a beneficiary: %s", leaf)
			}
		}
	})
}

func BenchmarkParseLeaf(b *testing.B) {
	leaf := []byte(`{"actor":{"name":"p7","role":"finance"},"from":"2025-03-01T08:00:00Z","kind":"issue","posted":"2025-03-01T08:00:00Z","postings":[{"amount":"5","asset":"XOF/0","credit":"voucher:` +
		strings.Repeat("A", pseudonymLen) + `","debit":"round:r1"}],"ref":"lot-1","round":"r1","seq":"18","to":"2025-03-01T08:00:00Z","v":"1"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseLeaf(leaf); err != nil {
			b.Fatal(err)
		}
	}
}
