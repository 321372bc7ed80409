package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
)

// financeAction is one thing that jate finance does: a request to the API, with
// {name} in its path taken from the flag of that name. With a body it is a
// command, made of the flags that are named, under the names that they have there. Batches of payments are
// jate settlements, months and cut-offs jate period.
type financeAction struct {
	path  string
	query []string
	body  []string // flags; "refuse" is yes or nothing
	post  bool
	file  bool // is written as it came
	data  bool // may be asked of a folder, not of a server alone
}

var financeActions = map[string]financeAction{
	"limits":    {path: "/api/v1/advance-limits"},
	"ageing":    {path: "/api/v1/advances/ageing"},
	"statement": {path: "/api/v1/vendors/{vendor}/statement.pdf", query: []string{"from", "to", "lang"}, file: true},

	"terms":          {path: "/api/v1/vendors/{vendor}/terms", data: true},
	"terms-approve":  {path: "/api/v1/vendors/{vendor}/terms/approval", post: true, body: []string{"digest"}, data: true},
	"advances":       {path: "/api/v1/vendors/{vendor}/advances", data: true},
	"change":         {path: "/api/v1/vendors/{vendor}/payment-change", data: true},
	"change-answer":  {path: "/api/v1/vendors/{vendor}/payment-change/answer", post: true, body: []string{"digest", "refuse"}, data: true},
	"receipts":       {path: "/api/v1/settlements/{batch}/receipts.pdf", query: []string{"lang"}, file: true},
	"cash-paid":      {path: "/api/v1/settlements/{batch}/payments/{n}/payout", post: true, body: []string{"day"}, data: true},
	"cash-confirm":   {path: "/api/v1/settlements/{batch}/payments/{n}/confirmation", post: true, body: []string{"code", "receipt", "not_paid"}, data: true},
	"cheques":        {path: "/api/v1/banks/{bank}/cheques", query: []string{"day"}, data: true},
	"cheques-csv":    {path: "/api/v1/banks/{bank}/cheques.csv", query: []string{"day"}, file: true, data: true},
	"cheques-xlsx":   {path: "/api/v1/banks/{bank}/cheques.xlsx", query: []string{"day"}, file: true, data: true},
	"cheque-book":    {path: "/api/v1/banks/{bank}/cheque-books", post: true, body: []string{"first", "last"}, data: true},
	"cheque-issue":   {path: "/api/v1/banks/{bank}/cheques", post: true, body: []string{"number", "payment", "date"}, data: true},
	"cheque-spoilt":  {path: "/api/v1/banks/{bank}/cheques/{number}/spoilt", post: true, body: []string{"reason"}, data: true},
	"cheque-outcome": {path: "/api/v1/banks/{bank}/cheques/{number}/outcome", post: true, body: []string{"is", "reason"}, data: true},
	"cheque-answer":  {path: "/api/v1/banks/{bank}/cheques/{number}/answer", post: true, body: []string{"digest", "refuse"}, data: true},
}

// financeFlags are what the actions take besides where they go.
var financeFlags = map[string]string{
	"reason": "why", "digest": "of what you have read, as it is shown", "day": "such as 2026-03-31",
	"vendor": "the trader", "from": "first day", "to": "last day", "lang": "fr or en", "batch": "the settlement",
	"bank": "id of the bank account", "n": "which payment of the batch, from 1", "code": "printed on the receipt",
	"receipt": "SHA-256 of the signed receipt, which is attached", "not_paid": "why it was not paid after all", "first": "first number of a book", "last": "its last",
	"number": "of the cheque", "payment": "its reference", "date": "written on the cheque", "is": "cleared or void", "refuse": "yes: do not agree",
}

// financeCommand does one thing of the finance office's, through the API: a
// server's, or one on a folder for as long as the command runs.
func financeCommand(ctx context.Context, env *environment) error {
	name := ""
	if len(env.args) > 0 {
		name = env.args[0]
	}
	action, ok := financeActions[name]
	if !ok {
		return fmt.Errorf("there is no command %q; try jate help", strings.TrimSpace("finance "+name))
	}
	sub := *env
	sub.args = env.args[1:]
	fs := sub.flags("finance " + name)
	f := &caseFlags{}
	fs.StringVar(&f.data, "data", "", "data folder of a server that is stopped")
	fs.StringVar(&f.staff, "staff", "", "staff id of who acts, with --data")
	fs.StringVar(&f.role, "role", "", "role of who acts, with --data; auditor without it")
	fs.StringVar(&f.programme, "programme", "", "programme id, with --data; needed where there are several")
	fs.StringVar(&f.server, "server", "", "address of a server, instead of --data")
	fs.StringVar(&f.token, "token", "", "file with an access token")
	fs.StringVar(&f.key, "key", "", "of the command, the same when it is repeated")
	out := fs.String("out", "", "file to write; standard output without it")
	given := map[string]*string{}
	for flag, help := range financeFlags {
		given[flag] = fs.String(strings.ReplaceAll(flag, "_", "-"), "", help)
	}
	if _, err := sub.parse(fs, 0); err != nil {
		return err
	}
	if (f.data == "") == (f.server == "") || f.data != "" && !action.data {
		return fmt.Errorf("finance %s needs --server%s", name, map[bool]string{true: " or --data"}[action.data])
	}
	path := action.path
	for flag, value := range given {
		if !strings.Contains(path, "{"+flag+"}") {
			continue
		}
		if *value == "" {
			return fmt.Errorf("finance %s needs --%s", name, flag)
		}
		path = strings.ReplaceAll(path, "{"+flag+"}", url.PathEscape(*value))
	}
	query := url.Values{}
	for _, flag := range action.query {
		if *given[flag] != "" {
			query.Set(flag, *given[flag])
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	r, done, err := f.financeAPI(ctx, env)
	if err != nil {
		return err
	}
	answer, err := action.run(ctx, r, path, f.key, given)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	if !action.file {
		var b bytes.Buffer
		if err := json.Indent(&b, answer, "", "  "); err != nil {
			return err
		}
		answer = append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
	}
	if *out != "" {
		return durable.Replace(*out, answer)
	}
	_, err = env.stdout.Write(answer)
	return err
}

func (a financeAction) run(ctx context.Context, r *remote, path, key string, given map[string]*string) ([]byte, error) {
	if !a.post {
		return r.get(ctx, path)
	}
	body := map[string]any{}
	for _, flag := range a.body {
		body[flag] = *given[flag]
	}
	for _, flag := range []string{"refuse", "reopen"} {
		if slices.Contains(a.body, flag) {
			body[flag] = *given[flag] == "yes"
		}
	}
	if key == "" {
		key = rand.Text()
	}
	return r.command(ctx, path, key, body)
}

// financeAPI returns the API of a server, or the vendors' on a folder.
func (f *caseFlags) financeAPI(ctx context.Context, env *environment) (*remote, func() error, error) {
	if f.server != "" {
		r, err := newRemote(env.getenv, f.server, f.token)
		if err != nil {
			return nil, nil, err
		}
		return r.patient(env), func() error { return nil }, nil
	}
	role := access.RoleAuditor
	if f.role != "" {
		role = access.Role(f.role)
	}
	if err := access.CheckRoles([]access.Role{role}); err != nil {
		return nil, nil, err
	}
	db, s, err := openStore(f.data, env.quiet())
	if err != nil {
		return nil, nil, err
	}
	id, err := onlyProgramme(ctx, db, f.programme)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	v, err := vendors.New(vendors.Config{Store: db.Vendors(), Rand: rand.Reader, Prover: access.TokenProver{Now: time.Now},
		Banks: s.Banks, Templates: s.Templates, Cooling: time.Duration(s.CoolingHours) * time.Hour})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	staff := f.staff
	if staff == "" {
		staff = "office"
	}
	by := local(id, staff, role)
	mux := http.NewServeMux()
	none := func(string) endpoint.Middleware {
		return func(next endpoint.Endpoint) endpoint.Endpoint { return next }
	}
	vendors.Routes(mux, vendors.NewEndpoints(v, none), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(access.NewContext(r.Context(), by)))
		})
	}, httpkit.LogTo(slog.New(slog.DiscardHandler)), httpkit.Noted(handingOut(db)))
	return &remote{server: "http://folder", http: &http.Client{Transport: inProcess{mux}}}, db.Close, nil
}
