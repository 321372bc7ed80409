package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/reconcile/evidence"
)

// caseFlags are what the actions of jate cases take.
type caseFlags struct {
	data, pass, staff, role, programme, server, token   string
	key, id, round, vendor, note, to, due, until, paper string
	digest, entries, amount, bank, reference, claim     string
	out, pdf, lang                                      string
	scoreMin, permille                                  int
	asJSON                                              bool
}

func (f *caseFlags) add(fs *flag.FlagSet) {
	for _, x := range []struct {
		to         *string
		name, help string
	}{
		{&f.data, "data", "data folder of a server that is stopped"},
		{&f.pass, "passphrases", "folder with server.txt instead of asking, with --data"},
		{&f.staff, "staff", "staff id of who acts, with --data"},
		{&f.role, "role", "role of who acts, with --data; auditor without it"},
		{&f.programme, "programme", "programme id, with --data; needed where there are several"},
		{&f.server, "server", "address of a server, instead of --data"},
		{&f.token, "token", "file with an access token"},
		{&f.key, "key", "of the command, the same when it is repeated"},
		{&f.id, "case", "the case"},
		{&f.round, "round", "the round"},
		{&f.vendor, "vendor", "one trader's findings alone"},
		{&f.note, "note", "on one line, without personal data"},
		{&f.to, "to", "pseudonym of who looks into it; yourself without it"},
		{&f.due, "due", "until when, RFC 3339"},
		{&f.until, "until", "until when the trader may answer, RFC 3339"},
		{&f.paper, "paper", "SHA-256 of the paper that has the trader's answer; without it his words are read from the input"},
		{&f.digest, "digest", "of the case that you have looked at"},
		{&f.entries, "entries", "redemptions that it is about, separated by commas; all without it"},
		{&f.amount, "amount", "francs"},
		{&f.bank, "bank", "account that money came to"},
		{&f.reference, "reference", "the bank's"},
		{&f.claim, "claim", "accepted claim that money is kept of"},
		{&f.out, "out", "JSON file to write"},
		{&f.pdf, "pdf", "PDF file to write as well"},
		{&f.lang, "lang", "of the PDF: fr or en"},
	} {
		fs.StringVar(x.to, x.name, "", x.help)
	}
	fs.IntVar(&f.scoreMin, "min-score", 0, "of the strongest finding of a case, to 100")
	fs.IntVar(&f.permille, "permille", 0, "of each later claim that is kept until what he was paid is back; 250 without it")
	fs.BoolVar(&f.asJSON, "json", false, "print JSON")
}

// caseAction is one word after jate cases: what it asks of the API. A body makes
// it a command.
type caseAction struct {
	needs []string // flags
	path  func(f *caseFlags) string
	body  func(f *caseFlags, words string) map[string]any
	words bool // reads the input
	show  func(w io.Writer, answer []byte) error
}

func ofCase(rest string) func(f *caseFlags) string {
	return func(f *caseFlags) string { return "/api/v1/cases/" + url.PathEscape(f.id) + rest }
}

func fixed(path string) func(*caseFlags) string { return func(*caseFlags) string { return path } }

func proposed(f *caseFlags) string {
	return "/api/v1/cases/proposals?round=" + url.QueryEscape(f.round)
}

var caseActions = map[string]caseAction{
	"list":    {path: fixed("/api/v1/cases?limit=1000"), show: showCases},
	"propose": {needs: []string{"round"}, path: proposed, show: showProposals},
	"open": {needs: []string{"round"}, path: fixed("/api/v1/cases/proposals"), show: showOpened, body: func(f *caseFlags, _ string) map[string]any {
		return map[string]any{"round": f.round, "vendor": f.vendor, "score_min": f.scoreMin, "note": f.note}
	}},
	"show":    {needs: []string{"case"}, path: ofCase(""), show: showCase},
	"history": {needs: []string{"case"}, path: ofCase("/history"), show: showHistory},
	"assign": {needs: []string{"case", "due"}, path: ofCase("/assignment"), show: showCase, body: func(f *caseFlags, _ string) map[string]any {
		return map[string]any{"to": f.to, "due": f.due, "note": f.note}
	}},
	"comment": {needs: []string{"case"}, path: ofCase("/comments"), words: true, show: showNothing, body: func(_ *caseFlags, words string) map[string]any {
		return map[string]any{"text": words}
	}},
	"ask": {needs: []string{"case", "until"}, path: ofCase("/vendor-asked"), show: showCase, body: func(f *caseFlags, _ string) map[string]any {
		return map[string]any{"until": f.until, "note": f.note}
	}},
	"answer": {needs: []string{"case"}, path: ofCase("/vendor-answer"), words: true, show: showCase, body: func(f *caseFlags, words string) map[string]any {
		if f.paper != "" {
			return map[string]any{"paper": f.paper}
		}
		return map[string]any{"text": words}
	}},
	"freeze": {needs: []string{"case"}, path: ofCase("/freeze"), show: showCase, body: func(f *caseFlags, _ string) map[string]any {
		return map[string]any{"note": f.note}
	}},
	"release": {needs: []string{"case"}, path: ofCase("/release"), show: showCase, body: func(f *caseFlags, _ string) map[string]any {
		return map[string]any{"entries": f.list(), "note": f.note}
	}},
	"uphold": {needs: []string{"case", "digest"}, path: ofCase("/uphold"), show: showCase, body: func(f *caseFlags, _ string) map[string]any {
		return map[string]any{"digest": f.digest, "entries": f.list(), "permille": f.permille, "note": f.note}
	}},
	"recover": {needs: []string{"case"}, path: ofCase("/recovery"), show: showCase, body: func(f *caseFlags, _ string) map[string]any {
		b := map[string]any{"claim": f.claim, "bank": f.bank, "reference": f.reference, "note": f.note}
		if f.amount != "" {
			b["amount"] = map[string]any{"amount": f.amount, "asset": "XOF/0"}
		}
		return b
	}},
	"give-up": {needs: []string{"case"}, path: giveUp, show: showCase, body: func(f *caseFlags, _ string) map[string]any {
		if f.digest == "" {
			return map[string]any{"note": f.note}
		}
		return map[string]any{"digest": f.digest, "note": f.note}
	}},
	"pack": {needs: []string{"case", "out"}, path: ofCase("/pack.json"), show: showNothing},
}

// giveUp proposes, or with a digest approves.
func giveUp(f *caseFlags) string {
	if f.digest == "" {
		return ofCase("/give-up")(f)
	}
	return ofCase("/give-up-approval")(f)
}

func (f *caseFlags) list() []string {
	if f.entries == "" {
		return []string{}
	}
	return strings.Split(f.entries, ",")
}

// casesCommand does one thing about cases, through the API: a server's, or one
// on a folder for as long as the command runs.
func casesCommand(ctx context.Context, env *environment) error {
	name := ""
	if len(env.args) > 0 {
		name = env.args[0]
	}
	action, ok := caseActions[name]
	if !ok {
		return fmt.Errorf("there is no command %q; try jate help", strings.TrimSpace("cases "+name))
	}
	sub := *env
	sub.args = env.args[1:]
	f := &caseFlags{}
	fs := sub.flags("cases " + name)
	f.add(fs)
	if _, err := sub.parse(fs, 0); err != nil {
		return err
	}
	for _, need := range action.needs {
		if fs.Lookup(need).Value.String() == "" {
			return fmt.Errorf("cases %s needs --%s", name, need)
		}
	}
	if (f.data == "") == (f.server == "") {
		return errors.New("cases needs --data or --server")
	}
	r, done, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	answer, err := f.run(ctx, env, action, r)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	switch {
	case name == "pack":
		return f.keep(env, answer)
	case f.asJSON:
		_, err = env.stdout.Write(answer)
		return err
	}
	return action.show(env.stdout, answer)
}

// run asks or commands.
func (f *caseFlags) run(ctx context.Context, env *environment, action caseAction, r *remote) ([]byte, error) {
	if action.body == nil {
		return r.get(ctx, action.path(f))
	}
	words := ""
	if action.words && f.paper == "" {
		b, err := io.ReadAll(io.LimitReader(env.stdin, 1<<16))
		if err != nil {
			return nil, err
		}
		words = strings.TrimSpace(string(b))
	}
	if f.key == "" {
		f.key = rand.Text()
	}
	return r.command(ctx, action.path(f), f.key, action.body(f, words))
}

// keep writes the pack as it came, and as people read it.
func (f *caseFlags) keep(env *environment, file []byte) error {
	if err := durable.Replace(f.out, file); err != nil {
		return err
	}
	if f.pdf == "" {
		return nil
	}
	if f.lang == "" && french(env.getenv) {
		f.lang = "fr"
	}
	var b strings.Builder
	if err := evidence.WritePDF(&b, file, f.lang); err != nil {
		return err
	}
	return durable.Replace(f.pdf, []byte(b.String()))
}
