package handheld

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the office gives out reads back, however it was copied, and the
// fingerprint is that of the browser's handheld (web/handheld/test/core).
func TestParseEnrolment(t *testing.T) {
	key := func(b byte) []byte { return []byte(strings.Repeat(string(rune(b)), 32)) }
	e := Enrolment{Code: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Trust: Trust{Root: key('r'), Beacon: key('b')}, Server: "https://vouchers.example.org"}
	text, err := e.Text()
	if err != nil {
		t.Fatal(err)
	}
	const want = "https://vouchers.example.org/handheld/#e=ABCDEFGHIJKLMNOPQRSTUVWXYZ" +
		".cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI.YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI"
	if text != want {
		t.Errorf("text = %s", text)
	}
	got, err := ParseEnrolment(" " + text + "\n")
	if diff := cmp.Diff(e, got); err != nil || diff != "" {
		t.Errorf("%v, read back (-want +got):\n%s", err, diff)
	}
	if f := e.Trust.Fingerprint(); f != "1162 1077" {
		t.Errorf("fingerprint %s", f)
	}
	dashed := e
	dashed.Code = "abcde-fghij klmno-pqrst-uvwxy-z"
	if again, err := dashed.Text(); again != text {
		t.Errorf("a code with dashes: %s, %v", again, err)
	}
}

func TestParseEnrolment_refused(t *testing.T) {
	good, err := Enrolment{Code: "AB", Trust: Trust{Root: make([]byte, 32), Beacon: make([]byte, 32)}, Server: "http://h"}.Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "ABCDEF", strings.Replace(good, "http", "ftp", 1), strings.Replace(good, "#e=", "?e=", 1),
		good + "A", good[:len(good)-1], strings.Replace(good, "/handheld/", "/other/", 1), good[:len(good)-1] + "B"} {
		if e, err := ParseEnrolment(text); !errors.Is(err, ErrFile) {
			t.Errorf("%q: %v, %v", text, e, err)
		}
	}
	for _, e := range []Enrolment{{Code: "AB", Server: "http://h"}, {Code: "A/B", Trust: Trust{Root: make([]byte, 32), Beacon: make([]byte, 32)}, Server: "http://h"}} {
		if text, err := e.Text(); !errors.Is(err, ErrFile) {
			t.Errorf("%v: %q, %v", e, text, err)
		}
	}
	if _, err := (Enrolment{Code: "AB", Server: "h"}).Text(); !errors.Is(err, ErrAddress) {
		t.Errorf("no address: %v", err)
	}
}
