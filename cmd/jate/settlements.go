package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/jate-cva/jate/money"
)

// hashText is the SHA-256 of a content, as people compare it.
func hashText(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// settlementShown is what is printed of a batch of payments.
type settlementShown struct {
	ID, Method, Bank, State, Digest string
	Total                           money.Amount
	Payments                        []struct {
		Reference, Claim, Vendor, Result string
		Amount, Recover                  money.Amount
		BankReference                    string `json:"bank_reference"`
	}
}

func (s settlementShown) say(env *environment) error {
	return env.say("batch %s: %s, %d payments, %s, from %s\ndigest %s", "lot de paiements %s : %s, %d paiements, %s, de %s\nempreinte %s",
		s.ID, s.State, len(s.Payments), s.Total.Format(env.lang()), s.Bank, s.Digest)
}

var settlementFlags = []officeFlag{
	{name: "batch", help: "the batch of payments"},
	{name: "method", help: "prepare: mobile-money, bank, cheque, cash or wholesaler"},
	{name: "bank", help: "prepare: the account that pays"},
	{name: "vendors", help: "prepare: traders, separated by commas; all who are owed without it"},
	{name: "digest", help: "approve: of the batch that you have looked at"},
	{name: "reason", help: "refuse: why"},
	{name: "template", help: "file: the form, such as mobile-money, orange-money-ml or bank"},
	{name: "out", help: "file: where to write it"},
}

// settlementActions order payments and take what became of them.
var settlementActions = map[string]officeAction{
	"prepare": {[]string{"method", "bank"}, 0, func(ctx context.Context, c call) error {
		body := map[string]any{"method": c.flags("method"), "bank": c.flags("bank")}
		if names := c.flags("vendors"); names != "" {
			body["vendors"] = strings.Split(names, ",")
		}
		return settled(ctx, c, "/settlements", body)
	}},
	"list": {nil, 0, func(ctx context.Context, c call) error {
		return c.table(func(w io.Writer) error {
			return pages(ctx, c.r, c.path("/settlements"), func(s settlementShown) error {
				_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", s.ID, s.Method, s.Bank, s.State, len(s.Payments), s.Total)
				return err
			})
		})
	}},
	"show": {[]string{"batch"}, 0, func(ctx context.Context, c call) error {
		var s settlementShown
		if err := c.r.read(ctx, c.path("/settlements/{batch}"), &s); err != nil {
			return err
		}
		err := c.table(func(w io.Writer) error {
			for _, p := range s.Payments {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Reference, p.Vendor, p.Claim, p.Amount, p.Recover, p.Result, p.BankReference)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return s.say(c.env)
	}},
	"approve": {[]string{"batch", "digest"}, 0, func(ctx context.Context, c call) error {
		return settled(ctx, c, "/settlements/{batch}/approval", map[string]any{"digest": c.flags("digest")})
	}},
	"refuse": {[]string{"batch", "reason"}, 0, func(ctx context.Context, c call) error {
		return settled(ctx, c, "/settlements/{batch}/refusal", map[string]any{"reason": c.flags("reason")})
	}},
	"file": {[]string{"batch"}, 0, func(ctx context.Context, c call) error {
		if c.flags("template") == "pain.001" {
			return c.keep(ctx, c.path("/settlements/{batch}/payments.xml"))
		}
		q := ""
		if t := c.flags("template"); t != "" {
			q = "?" + url.Values{"template": {t}}.Encode()
		}
		return c.keep(ctx, c.path("/settlements/{batch}/payments.csv")+q)
	}},
	"results": {[]string{"batch"}, 1, func(ctx context.Context, c call) error {
		r, err := send[struct{ Paid, Failed, Returned, Same, Others int }](ctx, c, c.path("/settlements/{batch}/results"), "results")
		if err != nil {
			return err
		}
		return c.env.say("%d paid, %d failed, %d returned, %d known before, %d of nothing here",
			"%d payés, %d échoués, %d retournés, %d déjà connus, %d sans rapport", r.Paid, r.Failed, r.Returned, r.Same, r.Others)
	}},
}

func settled(ctx context.Context, c call, pattern string, body map[string]any) error {
	s, err := post[settlementShown](ctx, c.r, c.path(pattern), body)
	if err != nil {
		return err
	}
	return s.say(c.env)
}

func settlementsCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "settlements", settlementFlags, settlementActions)
}
