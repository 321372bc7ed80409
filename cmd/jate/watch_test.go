package main

import (
	"context"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/watch"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
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
}

// opened is a folder of which a watch reads contents, straight from its store.
type opened struct{ a *app }

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
		return err
	})
	if err != nil {
		return nil, watch.ErrWithheld
	}
	return text, nil
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
	alarms, err := w.Check(s.t.Context(), opened{s.app})
	s.must(err)
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
