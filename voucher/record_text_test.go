package voucher

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainReceipts are receipts as handhelds write them.
func plainReceipts(t testing.TB) [][]byte {
	records, signed := testRecords(t)
	var out [][]byte
	for i, r := range records {
		if r.Kind() == RecordReceipt {
			out = append(out, payloadOf(t, signed[i]))
		}
	}
	return out
}

// What the short way reads, the long way reads alike.
func sameReceipt(t testing.TB, payload []byte) bool {
	t.Helper()
	got, ok := readReceipt(payload)
	if !ok {
		return false
	}
	want, err := parseCanonical[receiptRecord](payload)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Fatalf("%s: %v %s", payload, err, d)
	}
	return true
}

func TestReadReceipt(t *testing.T) {
	for _, payload := range plainReceipts(t) {
		if !sameReceipt(t, payload) {
			t.Errorf("the long way was taken for %s", payload)
		}
		for i := range payload { // every byte lost, changed, twice
			sameReceipt(t, append(bytes.Clone(payload[:i]), payload[i+1:]...))
			sameReceipt(t, payload[:i])
			for _, b := range []byte(`0 "A-é\,]}`) {
				other := bytes.Clone(payload)
				other[i] = b
				sameReceipt(t, other)
			}
			sameReceipt(t, append(bytes.Clone(payload[:i+1]), payload[i:]...))
		}
	}
	for _, change := range [][2]string{
		{`"seq":3`, `"seq":03`}, {`"seq":3`, `"seq":-3`}, {`"seq":3`, `"seq":3e0`}, {`"seq":3`, `"seq":12345678901234567890`},
		{`"seq":3`, `"seq":"3"`}, {`"seq":3`, `"Seq":3`}, {`"seq":3`, `"seq": 3`}, {`"amt":5000`, `"amt":0`},
		{`"rice"`, `"ric\u0065"`}, {`"risk":[`, `"risk":[,`}, {`"lines":[`, `"lines":[[`}, {`"risk":`, `"more":1,"risk":`},
	} {
		text := string(plainReceipts(t)[0])
		changed := strings.Replace(text, change[0], change[1], 1)
		if changed == text {
			t.Errorf("nothing to change: %s in %s", change[0], text)
		}
		sameReceipt(t, []byte(changed))
	}
}

func FuzzReadReceipt(f *testing.F) {
	for _, payload := range plainReceipts(f) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) { sameReceipt(t, payload) })
}
