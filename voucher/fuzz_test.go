package voucher

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// The targets below reach what lies behind a signature directly, as no change
// of a payload would ever get past it; that the signature is looked at first
// is tested where a genuine text is changed.

// invalid fails for a refusal that is not of kind Invalid: those are what a
// hostile text may bring about, and nothing else.
func invalid(t *testing.T, err error) {
	t.Helper()
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("a refusal without a kind: %v", err)
	}
}

// payloadOf returns what a compact JWS says.
func payloadOf(t testing.TB, jws string) []byte {
	t.Helper()
	payload, err := decodeSegment(strings.Split(jws, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// A text is accepted as a voucher only where it is, byte for byte, one that
// was signed, and a payload only where it is the one way to write its claims
// and signing them yields a token that says the same.
func FuzzVerify(f *testing.F) {
	keys, signer := testKeys(f), testSigner(f)
	pinOnly := testClaims()
	pinOnly.HasVerifier, pinOnly.Verifier, pinOnly.Binding = false, [16]byte{}, "mopti-14"
	signed := map[string]Claims{}
	for _, c := range []Claims{testClaims(), largestClaims(), pinOnly} {
		token := string(mustSign(f, c))
		signed[token] = c
		f.Add(token, payloadOf(f, token))
	}
	for _, c := range refusedTokens(f) {
		f.Add(c.JWS, []byte(nil))
	}
	f.Fuzz(func(t *testing.T, token string, payload []byte) {
		c, err := VerifySignature(token, keys)
		if want, genuine := signed[token]; genuine != (err == nil) || c != want {
			t.Fatalf("%q says %+v, %v", token, c, err)
		}
		if err != nil {
			invalid(t, err)
		}
		w, err := parseClaims(payload)
		if err == nil {
			c, err = w.claims()
		}
		if err != nil {
			invalid(t, err)
			return
		}
		again, err := signer.Sign(c)
		if err != nil {
			invalid(t, err) // not of this lot, or another audience
			return
		}
		if w.Aud != audience {
			return
		}
		if !bytes.Equal(payloadOf(t, string(again)), payload) {
			t.Fatalf("%s is accepted, and written %s", payload, again)
		}
		if back, err := VerifySignature(string(again), keys); err != nil || back != c {
			t.Fatalf("%+v was signed, and reads as %+v, %v", c, back, err)
		}
	})
}

// Whatever is accepted from a scanned code is written back as the same digits,
// and every token that has digits is read back from them.
func FuzzParseDigits(f *testing.F) {
	f.Add(mustSign(f, testClaims()).Digits())
	f.Add(mustSign(f, largestClaims()).Digits())
	f.Add("")
	f.Add("0400")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := ParseDigits(text)
		if err != nil {
			if !errors.Is(err, ErrWire) {
				t.Fatal(err)
			}
		} else if token.Digits() != text || len(token) > typToken.max {
			t.Fatalf("%q reads as %q and writes %q", text, token, token.Digits())
		}
		// The same bytes as the card form, and as a token.
		if token, err := ParseWire(text); err == nil && token.Wire() != text {
			t.Fatalf("%q reads as %q and writes %q", text, token, token.Wire())
		}
		if digits := Token(text).Digits(); digits != "" && len(digits) <= DigitsMax {
			back, err := ParseDigits(digits)
			if fits := len(payloadOf(t, text)) <= payloadMax; fits != (err == nil) || fits && string(back) != text {
				t.Fatalf("%q has the digits %s, which read as %q, %v", text, digits, back, err)
			}
		}
	})
}

// A text is accepted as a record only where it is one that was signed; a
// payload only in its one form, by the short way as by the long one, and no
// payload is a record of two kinds.
func FuzzParseRecord(f *testing.F) {
	records, texts := testRecords(f)
	key := seedKey("handheld")
	signed := map[string]bool{}
	for i, jws := range texts {
		signed[jws] = true
		f.Add(jws, payloadOf(f, jws))
		if _, err := SignRecord(records[i], key); err != nil {
			f.Fatal(err)
		}
	}
	kinds := map[RecordKind]func([]byte) (Record, error){
		RecordReceipt: func(p []byte) (Record, error) {
			v, err := parseReceipt(p)
			return Record{v.Head, v.Receipt}, err
		},
		RecordCancellation: func(p []byte) (Record, error) {
			v, err := parseDocument[cancellationRecord](p)
			return Record{v.Head, v.Cancellation}, err
		},
		RecordActivation: func(p []byte) (Record, error) {
			v, err := parseDocument[activationRecord](p)
			return Record{v.Head, v.Activation}, err
		},
	}
	order := slices.Sorted(maps.Keys(kinds))
	f.Fuzz(func(t *testing.T, jws string, payload []byte) {
		_, hash, err := ParseRecord(jws, public(key))
		if signed[jws] != (err == nil) || err == nil && hash != HashOf(jws) {
			t.Fatalf("%q: %v", jws, err)
		}
		if err != nil {
			invalid(t, err)
		}
		if id, err := PeekHandheld(jws); err != nil {
			invalid(t, err)
		} else if !isName(string(id), handheldMax) {
			t.Fatalf("%q is from %q", jws, id)
		}
		sameReceipt(t, payload)
		accepted := 0
		for _, kind := range order {
			r, err := kinds[kind](payload)
			if err != nil {
				invalid(t, err)
				continue
			}
			if accepted++; accepted > 1 {
				t.Fatalf("%s is a record of two kinds", payload)
			}
			again, err := SignRecord(r, key)
			if errors.Is(err, ErrSignedTooLong) {
				continue
			}
			if err != nil || !bytes.Equal(payloadOf(t, again), payload) {
				t.Fatalf("%s is accepted as %s, and written %q, %v", payload, kind, again, err)
			}
			if back, _, err := ParseRecord(again, public(key)); err != nil || back.Kind() != kind || back.Head != r.Head {
				t.Fatalf("%s was signed, and reads as %+v, %v", payload, back, err)
			}
		}
	})
}

// A text is accepted as a bundle only where it is the one that was signed; a
// payload only in its one form; and what is in it never unpacks to more than
// its manifest allows.
func FuzzParseBundle(f *testing.F) {
	root, beacon := seedKey("root"), seedKey("beacon")
	genuine := testBundle(f, root, beacon)
	jws, err := signAsKeyID(typBundle, beacon, genuine)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := ParseBundle(jws, public(beacon)); err != nil {
		f.Fatal(err)
	}
	manifest := genuine.Lots[0].Manifest
	// A payload names its manifest "M", so that the lists behind it can be
	// reached by a change of a few bytes.
	short := bytes.ReplaceAll(payloadOf(f, jws), []byte(manifest), []byte("M"))
	f.Add(jws, short)
	f.Add(jws[:len(jws)-1], []byte(`{"snap":1,"dev":"h","vendor":"","purpose":"","zone":"","policy":{"fresh":0,"degraded":0,"floor":0,"count":0,"sum":0},"beacon":"","seal":"","items":[],"lots":[]}`))
	f.Fuzz(func(t *testing.T, text string, payload []byte) {
		if _, err := ParseBundle(text, public(beacon)); (err == nil) != (text == jws) {
			t.Fatalf("%q: %v", text, err)
		} else if err != nil {
			invalid(t, err)
		}
		b, err := parseDocument[Bundle](payload)
		if err != nil {
			invalid(t, err)
			return
		}
		if again, err := canonical(b); err != nil || !bytes.Equal(again, payload) {
			t.Fatalf("%s is accepted, and written %s, %v", payload, again, err)
		}
		if _, err := ParseBeacon(b.Beacon, public(beacon)); err != nil {
			invalid(t, err)
		}
		for _, l := range b.Lots {
			if homes := l.Homes(); len(homes)*homeLen > len(l.Home) {
				t.Fatalf("%d homes in %d bytes", len(homes), len(l.Home))
			}
			if l.Manifest == "M" {
				l.Manifest = manifest
			}
			m, err := ParseManifest(l.Manifest, public(root))
			if err != nil {
				invalid(t, err)
				continue
			}
			checkStatusList(t, l.Status, m.Count+m.Spares)
		}
	})
}

// A list is read only at its own length, and says the same when it is written
// and read again.
func FuzzDecodeStatusList(f *testing.F) {
	for _, n := range []int{1, 4, 21, 400} {
		l, err := NewStatusList(n)
		if err != nil {
			f.Fatal(err)
		}
		for i := range n {
			if err := l.Set(uint32(i), ListStatus(i*i/3%4)); err != nil {
				f.Fatal(err)
			}
		}
		b, err := l.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, n)
		f.Add(b, n+1)
		f.Add(b[:len(b)-1], n)
	}
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if n > 1<<14 {
			n %= 1 << 14 // as good as two million, and faster
		}
		checkStatusList(t, b, n)
	})
}

func checkStatusList(t *testing.T, b []byte, n int) {
	t.Helper()
	l, err := DecodeStatusList(b, n)
	if err != nil {
		invalid(t, err)
		return
	}
	if l.Len() != n || len(l.bits) != (n+3)/4 || l.At(uint32(n)) != ListVoid {
		t.Fatalf("a list of %d has %d in %d bytes", n, l.Len(), len(l.bits))
	}
	again, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := DecodeStatusList(again, n); err != nil || !bytes.Equal(back.bits, l.bits) {
		t.Fatalf("the list reads differently when written again: %v", err)
	}
}

// Manifests, acknowledgements, beacons and requests are accepted only in their
// one form, and no text is of two types.
func FuzzParseSigned(f *testing.F) {
	root, beacon, handheld := seedKey("root"), seedKey("beacon"), seedKey("handheld")
	manifest, err := SignManifest(root, testLot())
	if err != nil {
		f.Fatal(err)
	}
	leaf := uint64(7)
	ack, err := SignAck(Ack{Handheld: testHandheld, Seq: 2, Head: HashOf("head"), Time: UnixOf(testNow), Nonce: "n0nce", Checkpoint: "origin\n2\n",
		Outcomes: []Outcome{{Seq: 1, Hash: HashOf("a"), State: Payable, Leaf: &leaf}, {Seq: 2, Hash: HashOf("b"), State: Rejected, Reason: "late"}}}, beacon)
	if err != nil {
		f.Fatal(err)
	}
	word, err := SignBeacon(Beacon{Handheld: testHandheld, Time: UnixOf(testNow), Nonce: "n0nce"}, beacon)
	if err != nil {
		f.Fatal(err)
	}
	ask, err := SignRequest(Request{Handheld: testHandheld, Method: "GET", Path: "/api/v1/handhelds/h7M2K9/bundle", Body: HashOf(""), Nonce: "n0nce", Counter: 1}, handheld)
	if err != nil {
		f.Fatal(err)
	}
	signed := []string{manifest, ack, word, ask}
	for _, jws := range signed {
		f.Add(jws, payloadOf(f, jws))
	}
	parse := []func(string) error{
		func(s string) error { _, err := ParseManifest(s, public(root)); return err },
		func(s string) error { _, err := ParseAck(s, public(beacon)); return err },
		func(s string) error { _, err := ParseBeacon(s, public(beacon)); return err },
		func(s string) error { _, err := ParseRequest(s, public(handheld)); return err },
	}
	read := []func([]byte) ([]byte, error){form[manifestJSON], form[Ack], form[Beacon], form[Request]}
	f.Fuzz(func(t *testing.T, jws string, payload []byte) {
		for i, parse := range parse {
			err := parse(jws)
			if (err == nil) != (jws == signed[i]) {
				t.Fatalf("%q as %d: %v", jws, i, err)
			}
			if err != nil {
				invalid(t, err)
			}
		}
		accepted := 0
		for i, read := range read {
			again, err := read(payload)
			if err != nil {
				invalid(t, err)
				continue
			}
			if accepted++; accepted > 1 || !bytes.Equal(again, payload) {
				t.Fatalf("%s is accepted as %d, and written %s", payload, i, again)
			}
		}
	})
}

// form reads a payload and writes it again.
func form[T document](payload []byte) ([]byte, error) {
	v, err := parseDocument[T](payload)
	if err != nil {
		return nil, err
	}
	return canonical(v)
}

// testBundle is a bundle with one small lot.
func testBundle(t testing.TB, root, beacon ed25519.PrivateKey) Bundle {
	t.Helper()
	lot := testLot()
	lot.Count, lot.Spares, lot.Total = 20, 1, []money.Amount{money.Francs(5000)}
	manifest, err := SignManifest(root, lot)
	if err != nil {
		t.Fatal(err)
	}
	word, err := SignBeacon(Beacon{Handheld: testHandheld, Time: UnixOf(testNow), Nonce: "n0nce"}, beacon)
	if err != nil {
		t.Fatal(err)
	}
	list, err := NewStatusList(21)
	if err != nil {
		t.Fatal(err)
	}
	status, err := list.Encode()
	if err != nil {
		t.Fatal(err)
	}
	home := HomeVoucher{Index: 3, Tag: 9, Hint: 1023, PIN: true}.append(nil)
	home = HomeVoucher{Index: 4, Tag: 10, Secret: true}.append(home)
	return Bundle{
		Snapshot: uint64(testNow.Unix()), Handheld: testHandheld, Vendor: "v1", Purpose: "sales", Zone: "z14",
		Policy: BundlePolicy{Fresh: 72, Degraded: 168, Floor: 10_000, Count: 50, Sum: 250_000},
		Beacon: word, Seal: make([]byte, 32),
		Items: []BundleItem{{Code: "rice", Category: "food", EN: "Rice", FR: "Riz", Ceiling: 450, Picture: "rice"}},
		Lots:  []BundleLot{{Manifest: manifest, Status: status, Hints: make([]byte, 32), Home: home}},
	}
}
