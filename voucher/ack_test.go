package voucher

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testCheckpoint = "jate.example/mopti-2026\n2\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— jate.example Az3grnlrWB0=\n"

func testAck() Ack {
	leaf := uint64(1<<63 + 7)
	return Ack{
		Handheld: testHandheld, Seq: 2, Head: HashOf("two"), Time: UnixOf(testNow), Nonce: "nonce-1",
		Outcomes: []Outcome{
			{Seq: 1, Hash: HashOf("one"), State: Payable, Leaf: &leaf},
			{Seq: 2, Hash: HashOf("two"), State: Rejected, Reason: "voucher_status"},
		},
		Checkpoint: testCheckpoint,
	}
}

func testBeacon() Beacon {
	return Beacon{Handheld: testHandheld, Time: UnixOf(testNow), Nonce: "nonce-2", Checkpoint: testCheckpoint}
}

func TestParseAck(t *testing.T) {
	key := seedKey("beacon")
	jws, err := SignAck(testAck(), key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseAck(jws, public(key))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(testAck(), got); d != "" {
		t.Error(d)
	}
	// A leaf is a string: no browser holds 2^63+7 as a number.
	payload, err := decodeSegment(strings.Split(jws, ".")[1])
	if err != nil || !strings.Contains(string(payload), `"leaf":"9223372036854775815"`) || !strings.Contains(string(payload), `"leaf":null`) {
		t.Errorf("payload %s, %v", payload, err)
	}
	if _, err := ParseAck(jws, public(seedKey("other"))); !errors.Is(err, ErrSignedHeader) {
		t.Errorf("another key: %v", err)
	}
	none, err := SignAck(Ack{Handheld: testHandheld, Nonce: "n"}, key)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := ParseAck(none, public(key)); err != nil || len(a.Outcomes) != 0 {
		t.Errorf("an acknowledgement of nothing: %v, %v", a, err)
	}
}

// A thousand records are answered in one acknowledgement.
func TestSignAck_largest(t *testing.T) {
	a := testAck()
	a.Outcomes = nil
	leaf := ^uint64(0)
	for i := range outcomesMax {
		a.Outcomes = append(a.Outcomes, Outcome{Seq: safeMax - uint64(i), Hash: HashOf("x"), State: InQuarantine,
			Reason: strings.Repeat("r", reasonMax), Leaf: &leaf})
	}
	jws, err := SignAck(a, seedKey("beacon"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseAck(jws, public(seedKey("beacon"))); err != nil {
		t.Errorf("%d bytes: %v", len(jws), err)
	}
	a.Outcomes = append(a.Outcomes, a.Outcomes[0])
	if _, err := SignAck(a, seedKey("beacon")); !errors.Is(err, ErrSignedContent) {
		t.Errorf("1,001 outcomes: %v", err)
	}
}

func TestSignAck_refuses(t *testing.T) {
	for name, edit := range map[string]func(*Ack){
		"no handheld":             func(a *Ack) { a.Handheld = "" },
		"a head without a number": func(a *Ack) { a.Seq = 0 },
		"a number without a head": func(a *Ack) { a.Head = Hash{} },
		"no nonce":                func(a *Ack) { a.Nonce = "" },
		"a time before 1970":      func(a *Ack) { a.Time = -1 },
		"a long checkpoint":       func(a *Ack) { a.Checkpoint = strings.Repeat("x", checkpointMax+1) },
		"no state":                func(a *Ack) { a.Outcomes[0].State = "" },
		"a sentence for a reason": func(a *Ack) { a.Outcomes[0].Reason = "Because." + " No." },
		"an outcome of nothing":   func(a *Ack) { a.Outcomes[0].Hash = Hash{} },
	} {
		t.Run(name, func(t *testing.T) {
			a := testAck()
			edit(&a)
			if _, err := SignAck(a, seedKey("beacon")); !errors.Is(err, ErrSignedContent) {
				t.Errorf("SignAck = %v", err)
			}
		})
	}
	if _, err := SignAck(testAck(), nil); !errors.Is(err, ErrSignerKey) {
		t.Error("signed without a key")
	}
}

// A beacon is no acknowledgement, though one key signs both.
func TestParseBeacon(t *testing.T) {
	key := seedKey("beacon")
	jws, err := SignBeacon(testBeacon(), key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseBeacon(jws, public(key)); err != nil || got != testBeacon() {
		t.Errorf("ParseBeacon = %v, %v", got, err)
	}
	if _, err := ParseAck(jws, public(key)); !errors.Is(err, ErrSignedHeader) {
		t.Errorf("a beacon as an acknowledgement: %v", err)
	}
	if _, err := ParseBeacon(jws[:len(jws)-4]+"AAAA", public(key)); !errors.Is(err, ErrSignature) && !errors.Is(err, ErrSignedEncoding) {
		t.Errorf("a beacon with another signature: %v", err)
	}
}
