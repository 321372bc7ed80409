package main

import (
	"testing"

	"github.com/jate-cva/jate/access"
)

// What a passkey will agree to is shown whole or not at all, whatever the server
// says of it.
func TestAgreed(t *testing.T) {
	text, closed := access.Content{What: "settlement", ID: "s1", Programme: "p1", Lines: []access.Line{{"total", "5 XOF"}},
		Closed: []access.Line{{"salt", "ab"}, {"pay-to", "r1", "Awa"}}}.Texts()
	digest := sumOf(string(text))
	lines, err := agreed{Text: string(text), Closed: string(closed)}.lines(digest)
	if err != nil || len(lines) != 5 || lines[4][0] != "pay-to" {
		t.Fatalf("%v, %v", lines, err)
	}
	for what, a := range map[string]agreed{
		"without its closed part":   {Text: string(text)},
		"with another closed part":  {Text: string(text), Closed: string(closed) + " "},
		"of another text":           {Text: string(text) + " ", Closed: string(closed)},
		"that is none":              {Text: "approve me"},
		"with a part nobody closed": {Text: "jate-content-v1\n[[\"what\",\"lot\"],[\"id\",\"l\"],[\"programme\",\"p\"]]", Closed: string(closed)},
	} {
		d := digest
		if what == "with a part nobody closed" {
			d = sumOf(a.Text)
		}
		if lines, err := a.lines(d); err == nil {
			t.Errorf("content %s is shown: %v", what, lines)
		}
	}
	if got := onOneLine("5 XOF\x1b[2K\u202eFOX"); got != "5 XOF\ufffd[2K\ufffdFOX" {
		t.Errorf("%q", got)
	}
}
