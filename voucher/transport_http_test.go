package voucher

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/internal/httpkit"
)

// What the short way reads, the long way reads alike.
func sameUpload(t testing.TB, text []byte) bool {
	t.Helper()
	got, ok := readUpload(text)
	if !ok {
		return false
	}
	want, err := httpkit.Decode[upload](text)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Fatalf("%s: %v %s", text, err, d)
	}
	return true
}

func TestReadUpload(t *testing.T) {
	_, signed := testRecords(t)
	for _, records := range [][]string{{}, signed[:1], signed} {
		text, err := json.Marshal(upload{records, "https"})
		if err != nil {
			t.Fatal(err)
		}
		if !sameUpload(t, text) {
			t.Errorf("the long way was taken for %s", text)
		}
		for i := range text {
			sameUpload(t, text[:i])
			sameUpload(t, append(append([]byte{}, text[:i]...), text[i+1:]...))
			sameUpload(t, append(append([]byte{}, text[:i+1]...), text[i:]...))
		}
	}
	for _, text := range []string{`{"records":[],"channel":"https"}x`, `{"records":[],"channel":"\u0066ile"}`, `{"records":[1],"channel":"file"}`,
		`{"records":["a" ],"channel":"file"}`, `{"Records":["a"],"channel":"file"}`, `{"records":["a"],"channel":"file","channel":"file"}`,
		`{"records":["a"]}`, `{"records":null,"channel":"file"}`, `{"records":["a",],"channel":"file"}`, `{"records":["é"],"channel":"file"}`} {
		if sameUpload(t, []byte(text)) {
			t.Errorf("the short way was taken for %s", text)
		}
	}
}

func FuzzReadUpload(f *testing.F) {
	f.Add([]byte(`{"records":["a.b.c","d"],"channel":"file"}`))
	f.Add([]byte(`{"records":[],"channel":""}`))
	f.Fuzz(func(t *testing.T, text []byte) { sameUpload(t, text) })
}
