package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

// financeBodyMax bounds a file of terms, of a payment address or of rules.
const financeBodyMax = 64 << 10

// financeFlags are what the actions take besides where they go.
var financeFlags = []officeFlag{
	{name: "vendor", help: "the trader"}, {name: "batch", help: "the settlement"}, {name: "bank", help: "id of the bank account"},
	{name: "advance", help: "the advance"}, {name: "movement", help: "the repayment, write-off or remittance"}, {name: "claim", help: "the claim"},
	{name: "digest", help: "of what you have read, as it is shown"}, {name: "refuse", help: "do not agree", toggle: true},
	{name: "reason", help: "why"}, {name: "amount", help: "francs"},
	{name: "permille", help: "advance: the share of each payment that is kept until it is worked off, 1 to 1000"},
	{name: "plan", help: "advance: days with sums instead, such as 2026-12-31=50000,2027-01-31=50000"},
	{name: "kind", help: "movement: repayment, write-off or remittance"}, {name: "fund", help: "movement: that bears what is written off"},
	{name: "each", help: "limits-set: francs that one trader may owe; no bound without it"},
	{name: "together", help: "limits-set: francs that all traders may owe; no bound without it"},
	{name: "day", help: "such as 2026-03-31"}, {name: "from", help: "first day"}, {name: "to", help: "last day"}, {name: "lang", help: "fr or en"},
	{name: "n", help: "which payment of the batch, from 1"}, {name: "code", help: "printed on the receipt"},
	{name: "receipt", help: "SHA-256 of the signed receipt, which is attached"}, {name: "not-paid", help: "why it was not paid after all"},
	{name: "first", help: "first number of a book"}, {name: "last", help: "its last"}, {name: "number", help: "of the cheque"},
	{name: "payment", help: "its reference"}, {name: "date", help: "written on the cheque"}, {name: "is", help: "cleared or void"},
	{name: "key", help: "of the command, the same when it is repeated"}, {name: "out", help: "file to write; standard output without it"},
}

// financeActions are requests to the API, made of flags under the names that they
// have there. Batches of payments are jate settlements, months and cut-offs jate
// period.
var financeActions = map[string]officeAction{
	"terms":         asked("/vendors/{vendor}/terms"),
	"terms-propose": withFile(ordered("/vendors/{vendor}/terms", (call).file)),
	"terms-approve": ordered("/vendors/{vendor}/terms/approval", named("digest")),
	"charges":       asked("/claims/{claim}/charges"),
	"statement":     asked("/vendors/{vendor}/statement.pdf", "from", "to", "lang"),

	"advances":         asked("/vendors/{vendor}/advances"),
	"ageing":           asked("/advances/ageing"),
	"limits":           asked("/advance-limits"),
	"limits-set":       put("/advance-limits", advanceLimits),
	"advance":          ordered("/advances", anAdvance, "vendor", "amount"),
	"advance-approve":  ordered("/advances/{advance}/approval", named("digest")),
	"movements":        asked("/movements?limit=1000"),
	"movement":         ordered("/movements", aMovement, "kind", "amount", "reason"),
	"movement-approve": ordered("/movements/{movement}/approval", named("digest")),
	"movement-refuse":  ordered("/movements/{movement}/refusal", named()),

	"rules":     asked("/document-rules"),
	"rules-set": withFile(put("/document-rules", (call).file)),

	"change":         asked("/vendors/{vendor}/payment-change"),
	"change-propose": withFile(ordered("/vendors/{vendor}/payment-change", aChange, "reason")),
	"change-answer":  ordered("/vendors/{vendor}/payment-change/answer", named("digest", "refuse")),
	"receipts":       asked("/settlements/{batch}/receipts.pdf", "lang"),
	"cash-paid":      ordered("/settlements/{batch}/payments/{n}/payout", named("day")),
	"cash-confirm":   ordered("/settlements/{batch}/payments/{n}/confirmation", named("code", "receipt", "not-paid")),
	"cheques":        asked("/banks/{bank}/cheques", "day"),
	"cheques-csv":    asked("/banks/{bank}/cheques.csv", "day"),
	"cheques-xlsx":   asked("/banks/{bank}/cheques.xlsx", "day"),
	"cheque-book":    ordered("/banks/{bank}/cheque-books", named("first", "last")),
	"cheque-issue":   ordered("/banks/{bank}/cheques", named("number", "payment", "date")),
	"cheque-spoilt":  ordered("/banks/{bank}/cheques/{number}/spoilt", named("reason")),
	"cheque-outcome": ordered("/banks/{bank}/cheques/{number}/outcome", named("is", "reason")),
	"cheque-answer":  ordered("/banks/{bank}/cheques/{number}/answer", named("digest", "refuse")),
}

// financeCommand does one thing of the finance office's.
func financeCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "finance", financeFlags, financeActions)
}

// inPath returns the flags that a path takes.
func inPath(pattern string) (names []string) {
	for {
		_, rest, ok := strings.Cut(pattern, "{")
		if !ok {
			return names
		}
		name, after, _ := strings.Cut(rest, "}")
		names, pattern = append(names, name), after
	}
}

// asked reads what is at a path; flags that were given go into its query.
func asked(pattern string, query ...string) officeAction {
	return officeAction{inPath(pattern), 0, func(ctx context.Context, c call) error {
		q := url.Values{}
		for _, name := range query {
			if v := c.flags(name); v != "" {
				q.Set(name, v)
			}
		}
		path := c.path(pattern)
		if len(q) > 0 {
			path += "?" + q.Encode()
		}
		b, err := c.r.get(ctx, path)
		if err != nil {
			return err
		}
		return c.show(b)
	}}
}

// bodied makes a command's body of what was typed.
type bodied func(c call) (map[string]any, error)

// ordered gives a command whose body is made of flags and perhaps of a file.
func ordered(pattern string, body bodied, needs ...string) officeAction {
	return financeOrder(http.MethodPost, pattern, body, needs)
}

// put is ordered where something is set as a whole.
func put(pattern string, body bodied) officeAction {
	return financeOrder(http.MethodPut, pattern, body, nil)
}

// withFile has an action take a file, in JSON as the API takes it.
func withFile(a officeAction) officeAction {
	a.files = 1
	return a
}

func financeOrder(method, pattern string, body bodied, needs []string) officeAction {
	return officeAction{append(inPath(pattern), needs...), 0, func(ctx context.Context, c call) error {
		b, err := body(c)
		if err != nil {
			return err
		}
		answer, err := c.r.order(ctx, method, c.path(pattern), cmp.Or(c.flags("key"), rand.Text()), b)
		if err != nil {
			return err
		}
		return c.show(answer)
	}}
}

// named is a body of the flags of these names.
func named(names ...string) bodied {
	return func(c call) (map[string]any, error) {
		body := map[string]any{}
		for _, name := range names {
			if name == "refuse" {
				body[name] = c.asked(name)
				continue
			}
			body[strings.ReplaceAll(name, "-", "_")] = c.flags(name)
		}
		return body, nil
	}
}

// file is a body that was written to a file.
func (c call) file() (map[string]any, error) {
	content, err := readBounded(c.files[0], financeBodyMax)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if err := json.Unmarshal(content, &body); err != nil {
		return nil, fmt.Errorf("%s: %w", c.files[0], err)
	}
	return body, nil
}

// francs returns what was typed for a sum; the zero amount where nothing was.
func (c call) francs(flag string) (money.Amount, error) {
	text := c.flags(flag)
	if text == "" {
		return money.Amount{}, nil
	}
	m, err := money.Parse(text, money.XOF)
	if err != nil {
		return m, fmt.Errorf("--%s: %w", flag, err)
	}
	return m, nil
}

func advanceLimits(c call) (map[string]any, error) {
	body := map[string]any{}
	for flag, name := range map[string]string{"each": "vendor", "together": "programme"} {
		m, err := c.francs(flag)
		if err != nil {
			return nil, err
		}
		if m.Sign() > 0 {
			body[name] = m
		}
	}
	return body, nil
}

func anAdvance(c call) (map[string]any, error) {
	amount, err := c.francs("amount")
	if err != nil {
		return nil, err
	}
	body := map[string]any{"vendor": c.flags("vendor"), "amount": amount, "bank": c.flags("bank")}
	if p := c.flags("permille"); p != "" {
		body["permille"] = json.Number(p)
	}
	if text := c.flags("plan"); text != "" {
		var plan []map[string]any
		for part := range strings.SplitSeq(text, ",") {
			day, sum, _ := strings.Cut(part, "=")
			due, err := time.Parse(time.DateOnly, day)
			m, wrong := money.Parse(sum, money.XOF)
			if err := errors.Join(err, wrong); err != nil {
				return nil, fmt.Errorf("--plan: %q is no day with a sum, such as 2026-12-31=50000: %w", part, err)
			}
			plan = append(plan, map[string]any{"due": due, "amount": m})
		}
		body["plan"] = plan
	}
	return body, nil
}

func aMovement(c call) (map[string]any, error) {
	amount, err := c.francs("amount")
	return map[string]any{"kind": c.flags("kind"), "vendor": c.flags("vendor"), "amount": amount, "bank": c.flags("bank"),
		"fund": c.flags("fund"), "reason": c.flags("reason")}, err
}

// aChange takes the payment address from a file: others on the machine see a
// command's flags.
func aChange(c call) (map[string]any, error) {
	payment, err := c.file()
	return map[string]any{"payment": payment, "reason": c.flags("reason")}, err
}

// show prints an answer, or keeps it in --out; JSON in lines.
func (c call) show(answer []byte) error {
	if json.Valid(answer) {
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimSpace(answer), "", "  "); err != nil {
			return err
		}
		answer = append(b.Bytes(), '\n')
	}
	return c.write(answer)
}
