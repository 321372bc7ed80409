package voucher

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
)

const testHandheld vendors.HandheldID = "h7M2K9"

// testRecords is the start of a handheld's journal, one record of each kind.
func testRecords(t testing.TB) (records []Record, signed []string) {
	t.Helper()
	beacon, sealed := HashOf("beacon"), Base64(make([]byte, SealedLen))
	bodies := []Body{
		Activation{Serials: []Serial{"0123456789ABCDEF", "ZYXWVTSRQPNMKJHG"}, By: TakerHead},
		Activation{Serials: []Serial{"0000000000000000"}, By: TakerThirdParty, Reason: ReasonDistance},
		Receipt{
			Serial: "0123456789ABCDEF", Amount: 5000, Cash: 250, Factor: sealed,
			Lines: []Line{{"rice", "12.5", 400}, {"oil", "0.25", 1000}}, Risk: []Risk{RiskNoHint, RiskNotHome},
		},
		Receipt{Serial: "ZYXWVTSRQPNMKJHG", Amount: 2500, Shortfall: 2500, Lines: []Line{}, Factor: Base64{}, Risk: []Risk{}},
		Cancellation{Reason: CancelMistake},
	}
	var prev Hash
	for i, b := range bodies {
		if c, ok := b.(Cancellation); ok {
			c.Of = prev
			b = c
		}
		r := Record{Head{testHandheld, uint64(i + 1), prev, UnixOf(testNow) + Unix(i), beacon, 12}, b}
		jws, err := SignRecord(r, seedKey("handheld"))
		if err != nil {
			t.Fatal(err)
		}
		records, signed, prev = append(records, r), append(signed, jws), HashOf(jws)
	}
	return records, signed
}

// A chain is read back as it was signed, each record naming the one before.
func TestParseRecord(t *testing.T) {
	want, signed := testRecords(t)
	key := public(seedKey("handheld"))
	var prev Hash
	for i, jws := range signed {
		got, hash, err := ParseRecord(jws, key)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want[i], got); d != "" {
			t.Error(d)
		}
		if got.Prev != prev || hash != HashOf(jws) {
			t.Errorf("record %d does not continue the chain", got.Seq)
		}
		prev = hash
		if id, err := PeekHandheld(jws); err != nil || id != testHandheld {
			t.Errorf("PeekHandheld = %q, %v", id, err)
		}
		if _, _, err := ParseRecord(jws, public(seedKey("other"))); !errors.Is(err, ErrSignature) {
			t.Errorf("another handheld's key: %v", err)
		}
	}
}

func TestSignRecord_refuses(t *testing.T) {
	records, _ := testRecords(t)
	receipt := records[2].Body.(Receipt)
	with := func(edit func(*Receipt)) Body {
		r := receipt
		r.Lines, r.Risk = append([]Line(nil), r.Lines...), append([]Risk(nil), r.Risk...)
		edit(&r)
		return r
	}
	quantity := func(q string) Body { return with(func(r *Receipt) { r.Lines[0].Quantity = q }) }
	for name, b := range map[string]Body{
		"nothing":                         nil,
		"no serial":                       with(func(r *Receipt) { r.Serial = "" }),
		"no amount":                       with(func(r *Receipt) { r.Amount = 0 }),
		"negative cash":                   with(func(r *Receipt) { r.Cash = -1 }),
		"a negative shortfall":            with(func(r *Receipt) { r.Shortfall = -1 }),
		"a negative price":                with(func(r *Receipt) { r.Lines[0].Price = -1 }),
		"a free text for an item":         with(func(r *Receipt) { r.Lines[0].Item = "riz <brisé>" }),
		"33 lines":                        with(func(r *Receipt) { r.Lines = make([]Line, 33) }),
		"an open factor":                  with(func(r *Receipt) { r.Factor = Base64("123456") }),
		"risks out of order":              with(func(r *Receipt) { r.Risk = []Risk{RiskPace, RiskDegraded} }),
		"a risk twice":                    with(func(r *Receipt) { r.Risk = []Risk{RiskPace, RiskPace} }),
		"an unknown risk":                 with(func(r *Receipt) { r.Risk = []Risk{"other"} }),
		"a quantity of nothing":           quantity("0"),
		"a negative quantity":             quantity("-1"),
		"a quantity with needless zeros":  quantity("1.50"),
		"a quantity with a leading zero":  quantity("01"),
		"a quantity with an exponent":     quantity("1e3"),
		"a quantity without whole part":   quantity(".5"),
		"a quantity without fraction":     quantity("5."),
		"a quantity of four digits":       quantity("0.1234"),
		"a quantity of millions":          quantity("1000000"),
		"no receipt to cancel":            Cancellation{Reason: CancelMistake},
		"no reason to cancel":             Cancellation{Of: HashOf("x")},
		"nobody's cards":                  Activation{By: TakerHead},
		"65 cards":                        Activation{By: TakerHead, Serials: make([]Serial, 65)},
		"a card twice":                    Activation{By: TakerHead, Serials: []Serial{"0000000000000000", "0000000000000000"}},
		"a third party without a reason":  Activation{By: TakerThirdParty, Serials: []Serial{"0000000000000000"}},
		"a reason for the head":           Activation{By: TakerHead, Reason: ReasonCare, Serials: []Serial{"0000000000000000"}},
		"a name for a reason":             Activation{By: TakerThirdParty, Reason: "Awa", Serials: []Serial{"0000000000000000"}},
		"somebody unknown took the cards": Activation{By: "chief", Serials: []Serial{"0000000000000000"}},
	} {
		t.Run(name, func(t *testing.T) {
			if jws, err := SignRecord(Record{records[2].Head, b}, seedKey("handheld")); !errors.Is(err, ErrSignedContent) {
				t.Errorf("SignRecord = %q, %v", jws, err)
			}
		})
	}
	for name, edit := range map[string]func(*Head){
		"number 0":                   func(h *Head) { h.Seq = 0 },
		"a first with a predecessor": func(h *Head) { h.Seq = 1 },
		"a second without one":       func(h *Head) { h.Prev = Hash{} },
		"a time before 1970":         func(h *Head) { h.Time = -1 },
		"a number no browser holds":  func(h *Head) { h.Bundle = 1 << 53 },
	} {
		t.Run(name, func(t *testing.T) {
			r := records[2]
			edit(&r.Head)
			if jws, err := SignRecord(r, seedKey("handheld")); !errors.Is(err, ErrSignedContent) {
				t.Errorf("SignRecord = %q, %v", jws, err)
			}
		})
	}
	if _, err := SignRecord(records[2], nil); err == nil {
		t.Error("signed without a key")
	}
}

// A record of one handheld is never taken for another's, nor for another kind.
func TestParseRecord_keepsTypesAndHandheldsApart(t *testing.T) {
	_, signed := testRecords(t)
	key := seedKey("handheld")
	payload, err := decodeSegment(strings.Split(signed[2], ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	for name, jws := range map[string]string{
		"a receipt under another kid":        signCompact("h7M2K8", "evr+jwt", payload, key),
		"a receipt as a cancellation":        signCompact(string(testHandheld), "evc+jwt", payload, key),
		"a receipt as a voucher":             signCompact(string(testHandheld), "ev+jwt", payload, key),
		"a receipt as an unknown type":       signCompact(string(testHandheld), "evq+jwt", payload, key),
		"null instead of a list":             signCompact(string(testHandheld), "evr+jwt", []byte(strings.Replace(string(payload), `"risk":["no-hint","not-home"]`, `"risk":null`, 1)), key),
		"a handheld's id of 17 characters":   signCompact("h7M2K9h7M2K9h7M2K", "evr+jwt", payload, key),
		"more than 8 KiB, whatever it holds": strings.Repeat("A", 8<<10+1),
	} {
		t.Run(name, func(t *testing.T) {
			if r, _, err := ParseRecord(jws, public(key)); fault.KindOf(err) != fault.Invalid {
				t.Errorf("ParseRecord = %v, %v", r, err)
			}
		})
	}
	for name, jws := range map[string]string{"a voucher": string(mustSign(t, testClaims())), "nothing": "", "an id too long": signCompact("h7M2K9h7M2K9h7M2K", "evr+jwt", payload, key)} {
		if id, err := PeekHandheld(jws); err == nil {
			t.Errorf("PeekHandheld of %s = %q", name, id)
		}
	}
}

// The largest receipt stays within its bound.
func TestSignRecord_largest(t *testing.T) {
	r := Receipt{Serial: "0123456789ABCDEF", Amount: valueMax, Cash: valueMax, Factor: make([]byte, SealedLen), Risk: risks}
	for range linesMax {
		r.Lines = append(r.Lines, Line{strings.Repeat("i", nameMax), "999999.999", valueMax})
	}
	head := Head{testHandheld, safeMax, HashOf("x"), secondsMax, HashOf("y"), safeMax}
	jws, err := SignRecord(Record{head, r}, seedKey("handheld"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ParseRecord(jws, public(seedKey("handheld"))); err != nil {
		t.Errorf("%d bytes: %v", len(jws), err)
	}
}
