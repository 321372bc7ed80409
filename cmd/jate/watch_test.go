package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/watch"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/leaving"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/web"
)

// A monitor believes the roles that the services let approve, and no others.
func TestWatchRules_roles(t *testing.T) {
	for content, want := range map[string][]access.Role{
		"lot": distribution.Roles[distribution.MethodApproveLot], "export": distribution.Roles[distribution.MethodApproveExport],
		"return": distribution.Roles[distribution.MethodApproveReturn], "settlement": vendors.Roles[vendors.MethodApproveSettlement],
		"advance": vendors.Roles[vendors.MethodApproveAdvance], "terms": vendors.Roles[vendors.MethodApproveTerms],
		"payment-change": vendors.Roles[vendors.MethodAnswerPaymentChange], "cheque": vendors.Roles[vendors.MethodAnswerCheque],
		"bank-line": vendors.Roles[vendors.MethodAnswerLine], "movement": finance.Roles[finance.MethodApproveMovement],
		"period": finance.Roles[finance.MethodApprovePeriod], "case": reconcile.Roles[reconcile.MethodUphold],
		"give-up": reconcile.Roles[reconcile.MethodGiveUp],
	} {
		seen := false
		for _, r := range watch.Rules {
			if r.Content == content {
				seen = true
				if !slices.Equal(r.Roles, want) {
					t.Errorf("%s: the rule says %v, the service %v", content, r.Roles, want)
				}
			}
		}
		if !seen {
			t.Errorf("no rule for %s", content)
		}
	}
	for _, r := range watch.Rules { // and whatever waits is handed over when somebody leaves
		if r.Content != "grant" && !slices.Contains(leaving.Kinds(), r.Content) {
			t.Errorf("who leaves takes %s along", r.Content)
		}
	}
}

// opened is a folder of which a watch reads contents, straight from its store, and
// what was read.
type opened struct {
	a    *app
	keys map[string]bool // "what:" and kinds, "key:" and keys of lines
}

func (b opened) Record(context.Context, string) (grant.Record, error) {
	return grant.Record{}, watch.ErrWithheld
}

func (b opened) Keys(context.Context) ([]grant.Keys, error) { return nil, nil }

func (b opened) Content(ctx context.Context, digest string) (text []byte, err error) {
	sum, err := hex.DecodeString(digest)
	if err != nil || len(sum) != 32 {
		return nil, watch.ErrWithheld
	}
	err = b.a.db.Grant().View(ctx, func(tx grant.Tx) error {
		p, err := tx.PreparedContent(demoProgramme, [32]byte(sum))
		text = p.Text
		return errors.Join(err, b.note(p.Text), b.note(p.Closed))
	})
	if err != nil {
		return nil, watch.ErrWithheld
	}
	return text, nil
}

func (b opened) note(text []byte) error {
	_, array, ok := strings.Cut(string(text), "\n")
	if !ok {
		return nil
	}
	var lines [][]string
	if err := json.Unmarshal([]byte(array), &lines); err != nil {
		return err
	}
	for _, l := range lines {
		switch l[0] {
		case "what":
			b.keys["what:"+l[1]] = true
		case "id", "closed", "salt": // not shown as lines
		default:
			b.keys["key:"+l[0]] = true
		}
	}
	return nil
}

// worded makes sure that the office's page has words for all of it, in both
// languages.
func (b opened) worded(t *testing.T) {
	t.Helper()
	words, err := fs.ReadFile(web.Office(), "content-words.js")
	if err != nil {
		t.Fatal(err)
	}
	for key := range b.keys {
		if ok, err := regexp.Match("'"+regexp.QuoteMeta(key)+`': \{ en: '[^']+', fr: '[^']+' \}`, words); err != nil || !ok {
			t.Errorf("web/office/content-words.js has no words for %q", key)
		}
	}
	if len(b.keys) < 40 {
		t.Errorf("only %d keys were seen", len(b.keys))
	}
}

// watched holds the journal of the described round to the rules: each of their
// entries is there, and has a proof of the content that it is about.
func (s *story) watched() {
	w := watch.New(watch.Config{Programme: demoProgramme, Development: true})
	seen := map[int]bool{}
	grants := map[uint64]bool{} // by tokens in a programme of passkeys alone
	s.must(s.app.db.Ledger().View(s.t.Context(), func(tx ledger.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			w.Add(r.Entry)
			if i, ok := watch.RuleOf(r.Entry); ok {
				seen[i] = true
				grants[r.Entry.Seq] = watch.Rules[i].Content == "grant"
			}
		}
		return nil
	}))
	contents := opened{s.app, map[string]bool{}}
	alarms, err := w.Check(s.t.Context(), contents)
	s.must(err)
	contents.worded(s.t)
	for _, a := range alarms {
		if !grants[a.Entry] {
			s.t.Error(a)
		}
	}
	for i, r := range watch.Rules {
		switch r.What + string(r.Kind) {
		case "remit", "write-off", "case-upheld-in-partdecision", "reopen-perioddecision":
			continue // by the same function as another entry that is there
		}
		if !seen[i] {
			s.t.Errorf("the round has no entry of kind %s %s %s (%s)", r.Kind, r.What, r.With, r.Operation)
		}
	}
}

// An alarm is told, with an error, by every run until a person takes its file away,
// each once, and on one line whatever the server put into it.
func TestMonitor_alarms(t *testing.T) {
	f := monitorFlags{data: t.TempDir()}
	alarm := watch.Alarm{Entry: 7, Text: "other content: a\nb\x1b[2K"}
	want := "ALARM entry 7: other content: a\ufffdb\ufffd[2K\n"
	for _, found := range [][]watch.Alarm{{alarm}, nil, {alarm, alarm}} {
		var out strings.Builder
		if err := f.tell(&out, found); !errors.Is(err, errAlarm) || out.String() != want {
			t.Errorf("%q, %v", out.String(), err)
		}
	}
	if err := os.Remove(f.alarmsPath()); err != nil {
		t.Fatal(err)
	}
	if err := f.tell(io.Discard, nil); err != nil {
		t.Errorf("after a person has taken it away: %v", err)
	}
}
