// Package granttest is the contract of grant.Store as a test.
package granttest

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
)

var at = time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)

// TestStore tests a store that open returns, empty each time.
func TestStore(t *testing.T, open func(testing.TB) grant.Store) {
	for name, test := range map[string]func(*testing.T, grant.Store){
		"what is not there":     testMissing,
		"what was put is read":  testRoundTrip,
		"lists are in order":    testLists,
		"a failure leaves none": testRollback,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func update(t testing.TB, s grant.Store, fn func(grant.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s grant.Store, fn func(grant.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless a value was read without error and is the wanted.
func same[V any](t testing.TB, want V) func(V, error) {
	return func(got V, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%T: %v, differs (-want +got):\n%s", want, err, diff)
		}
	}
}

func missing[V any](t testing.TB) func(V, error) {
	return func(v V, err error) {
		t.Helper()
		if !errors.Is(err, grant.ErrNotFound) {
			t.Errorf("%T: %v", v, err)
		}
	}
}

func collect[V any](t testing.TB, seq iter.Seq2[V, error]) []V {
	t.Helper()
	var out []V
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

var (
	proposal = grant.Proposal{ID: "g1", Member: "m1", DeputyOf: "m2", Content: grant.Content{Programme: "p1", Person: "x1",
		Role: access.RoleIssuer, From: "2026-03-01T08:30:00Z", Until: "2026-04-01T08:30:00Z", DeputyOf: "x2", Keys: "aa"},
		Salt: []byte{1}, Digest: [32]byte{2}, ProposedBy: "m3", Proposed: at, State: grant.Granted, ClosedBy: "m4", Console: true,
		Closed: at.Add(time.Hour), Entry: 9}
	lead   = grant.Lead{Programme: "p1", Organisation: "ngo.example", Entry: 7, Two: 9}
	record = grant.Record{Programme: "p1", Person: "x1", Digest: [32]byte{1}, Nonce: [32]byte{2}, PublicKey: []byte{3}, AuthenticatorData: []byte{4},
		ClientData: []byte{5}, Signature: []byte{6}, At: at}
	content = access.Prepared{Programme: "p1", Digest: [32]byte{7}, Text: []byte("t"), Closed: []byte("c"), By: "m1", Pseudonym: "x1",
		Roles: []access.Role{access.RoleDPO, access.RoleIssuer}, Lot: "l1"}
	handed = grant.Handed{Programme: "p1", Digest: [32]byte{7}, From: "m1", To: "m2", Entry: 8}
	keys   = grant.Keys{Programme: "p1", Person: "x1", Salt: []byte{3}, Keys: [][]byte{{4}, {5, 6}}, Entry: 9}
)

func testMissing(t *testing.T, s grant.Store) {
	view(t, s, func(tx grant.Tx) error {
		missing[grant.Proposal](t)(tx.GrantProposal("g1"))
		missing[grant.Lead](t)(tx.Lead("p1"))
		missing[grant.Handed](t)(tx.Handed("p1", handed.Digest))
		missing[grant.Record](t)(tx.Record("p1", record.Hash()))
		missing[grant.Record](t)(tx.LatestRecord("p1", "x1", record.Digest))
		if c, err := tx.PreparedContent("p1", content.Digest); !errors.Is(err, access.ErrContent) {
			t.Errorf("%v: %v", c, err)
		}
		if n := len(collect(t, tx.GrantProposals())) + len(collect(t, tx.ApproverKeys("p1"))) + len(collect(t, tx.PreparedContents("p1"))); n != 0 {
			t.Errorf("%d things are there", n)
		}
		return nil
	})
}

func testRoundTrip(t *testing.T, s grant.Store) {
	newer := proposal
	newer.State = grant.Open
	update(t, s, func(tx grant.Tx) error {
		return errors.Join(tx.PutGrantProposal(newer), tx.PutGrantProposal(proposal), tx.PutLead(lead), tx.PutApproverKeys(keys), tx.PutRecord(record), tx.PutPrepared(content), tx.PutHanded(handed))
	})
	view(t, s, func(tx grant.Tx) error {
		same(t, record)(tx.Record("p1", record.Hash()))
		same(t, record)(tx.LatestRecord("p1", "x1", record.Digest))
		same(t, content)(tx.PreparedContent("p1", content.Digest))
		same(t, handed)(tx.Handed("p1", handed.Digest))
		same(t, []access.Prepared{content})(collect(t, tx.PreparedContents("p1")), nil)
		same(t, proposal)(tx.GrantProposal("g1"))
		same(t, lead)(tx.Lead("p1"))
		same(t, []grant.Keys{keys})(collect(t, tx.ApproverKeys("p1")), nil)
		return nil
	})
}

func testLists(t *testing.T, s grant.Store) {
	second, later, foreign := proposal, keys, keys
	again, other := record, record
	again.Nonce, other.Person = [32]byte{9}, "x10"
	else1, else2 := content, content
	else1.Programme, else2.Digest = "p10", [32]byte{6}
	second.ID = "g0"
	later.Entry, foreign.Programme = 256, "p10"
	update(t, s, func(tx grant.Tx) error {
		return errors.Join(tx.PutGrantProposal(proposal), tx.PutGrantProposal(second), tx.PutApproverKeys(later), tx.PutApproverKeys(keys), tx.PutApproverKeys(foreign),
			tx.PutRecord(record), tx.PutRecord(again), tx.PutRecord(other),
			tx.PutPrepared(content), tx.PutPrepared(else1), tx.PutPrepared(else2))
	})
	view(t, s, func(tx grant.Tx) error {
		same(t, []grant.Proposal{second, proposal})(collect(t, tx.GrantProposals()), nil)
		same(t, again)(tx.LatestRecord("p1", "x1", record.Digest))
		same(t, record)(tx.Record("p1", record.Hash()))
		same(t, []access.Prepared{else2, content})(collect(t, tx.PreparedContents("p1")), nil)
		same(t, []grant.Keys{keys, later})(collect(t, tx.ApproverKeys("p1")), nil)
		return nil
	})
}

func testRollback(t *testing.T, s grant.Store) {
	stop := errors.New("stop")
	if err := s.Update(t.Context(), func(tx grant.Tx) error {
		return errors.Join(tx.PutGrantProposal(proposal), tx.PutLead(lead), tx.PutApproverKeys(keys), tx.PutRecord(record), tx.PutPrepared(content), tx.PutHanded(handed), stop)
	}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	testMissing(t, s)
}
