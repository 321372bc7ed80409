package voucher

import (
	"crypto/ed25519"
	"strings"
	"testing"
)

type serverVectors struct {
	Key     Base64          `json:"key"`
	KID     string          `json:"kid"`
	Ack     signedVector    `json:"ack"`
	Beacon  signedVector    `json:"beacon"`
	Refused []refusedVector `json:"refused"` // as acknowledgements
}

func TestAckVectors(t *testing.T) {
	v := vectors(t, "acks.json", func(t testing.TB) serverVectors {
		key := seedKey("beacon")
		ack, err := SignAck(testAck(), key)
		if err != nil {
			t.Fatal(err)
		}
		beacon, err := SignBeacon(testBeacon(), key)
		if err != nil {
			t.Fatal(err)
		}
		v := serverVectors{Key: Base64(public(key)), KID: KeyID(public(key)), Ack: signedAs(t, ack), Beacon: signedAs(t, beacon)}
		v.Refused = append(v.Refused, refusedVector{Name: "a beacon", JWS: beacon, Code: ErrSignedHeader.Code})
		for _, c := range []struct{ name, old, new string }{
			{"a leaf as a number", `"leaf":"9223372036854775815"`, `"leaf":9223372036854775815`},
			{"a leaf with a leading zero", `"leaf":"9`, `"leaf":"09`},
			{"a leaf of null in quotes", `"leaf":null`, `"leaf":"null"`},
			{"an escaped dash", `—`, `\u2014`},
		} {
			payload := strings.Replace(string(v.Ack.Payload), c.old, c.new, 1)
			v.Refused = append(v.Refused, refusedVector{Name: c.name, Code: ErrSignedForm.Code,
				JWS: signCompact(v.KID, typAck.typ, []byte(payload), key)})
		}
		return v
	})
	key := ed25519.PublicKey(v.Key)
	if _, err := ParseAck(v.Ack.JWS, key); err != nil || KeyID(key) != v.KID {
		t.Errorf("ParseAck = %v", err)
	}
	if _, err := ParseBeacon(v.Beacon.JWS, key); err != nil {
		t.Errorf("ParseBeacon = %v", err)
	}
	checkRefused(t, v.Refused, 5, func(c refusedVector) error {
		_, err := ParseAck(c.JWS, key)
		return err
	})
}
