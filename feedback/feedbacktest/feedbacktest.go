// Package feedbacktest holds the contract of feedback.Store as tests that every
// store runs.
package feedbacktest

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// TestStore runs the contract against stores that open returns, each empty.
func TestStore(t *testing.T, open func(testing.TB) feedback.Store) {
	t.Run("what is not there is not found", func(t *testing.T) { testMissing(t, open(t)) })
	t.Run("what is put is read back, whole and newest", func(t *testing.T) { testRoundTrip(t, open(t)) })
	t.Run("a list is one programme's, in the order of ids", func(t *testing.T) { testList(t, open(t)) })
	t.Run("what is read is a copy", func(t *testing.T) { testCopies(t, open(t)) })
	t.Run("samples, frames, picks and answers are kept in order", func(t *testing.T) { testSamples(t, open(t)) })
	t.Run("words are erased", func(t *testing.T) { testErase(t, open(t)) })
	t.Run("a failed update leaves nothing, in vendors' data neither", func(t *testing.T) { testRollback(t, open(t)) })
	t.Run("a view writes nothing", func(t *testing.T) { testReadOnly(t, open(t)) })
}

var at = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)

// complaint has every field set, so that a store that forgets one is found.
func complaint(programme, id string) feedback.Complaint {
	return feedback.Complaint{ID: id, Programme: programme, Round: "r1", Channel: feedback.ByBox, Category: feedback.Price,
		Serials: []voucher.Serial{"0123456789ABCDEF"}, Vendor: "v1", Point: "p1", Code: [32]byte{1, id[1]}, RecordedBy: "a", Recorded: at,
		Due: at.AddDate(0, 0, 14), AssignedTo: "b", AnsweredBy: "c", Answered: at.Add(time.Hour), Outcome: feedback.Upheld, ClosedBy: "d",
		Closed: at.Add(2 * time.Hour), Erased: at.Add(3 * time.Hour), Proposals: []string{"p"}}
}

func text() feedback.SealedText {
	return feedback.SealedText{Sealed: []byte("sealed"), Wrapped: []byte("wrapped")}
}

func sample(programme, id string) feedback.Sample {
	return feedback.Sample{ID: id, Programme: programme, Round: "r1", Commitment: [32]byte{1}, CommittedBy: "a", Committed: at, CommitEntry: 1,
		Design: feedback.Design{Confidence: 95, Margin: 5, By: []feedback.Dimension{feedback.BySex}, Minimum: 2, Replacements: 10, Vendors: []vendors.ID{"v1", "v2"}},
		Frame:  [32]byte{2}, Households: 9, FrozenBy: "b", Frozen: at.Add(time.Hour), FrameEntry: 2,
		Strata: []feedback.Stratum{{Name: "sex=F", Households: 9, Size: 8, Replacements: 1}}, Root: [32]byte{3}, Nonce: []byte{4},
		DrawnBy: "c", Drawn: at.Add(2 * time.Hour), DrawEntry: 3}
}

func pick(n int) feedback.Pick {
	return feedback.Pick{FrameUnit: feedback.FrameUnit{Unit: "u", Stratum: "sex=F", Household: "h1"}, N: n, Replacement: true}
}

func answer(sample string, n int) feedback.Answer {
	return feedback.Answer{Sample: sample, N: n, Reached: feedback.Spoken, Received: feedback.Partly, Amount: money.Francs(500),
		Extra: feedback.Yes, Fee: feedback.No, By: feedback.Alternate, Satisfied: feedback.Yes, At: at}
}

func testSamples(t *testing.T, s feedback.Store) {
	var frame []feedback.FrameUnit
	for i := range 2500 {
		frame = append(frame, feedback.FrameUnit{Unit: string(rune('a' + i%26)), Stratum: "x", Household: "h2"})
	}
	update(t, s, func(tx feedback.Tx) error {
		return errors.Join(tx.PutSample(feedback.Sample{ID: "m1", Programme: "mopti"}), tx.PutSample(sample("mopti", "m3")), tx.PutSample(sample("gao", "m2")),
			tx.PutSample(sample("mopti", "m1")), tx.PutFrame("m1", frame), tx.PutFrame("m12", frame[:1]), tx.PutPick("m1", pick(2)), tx.PutPick("m1", pick(1)),
			tx.PutPick("m12", pick(300)), tx.PutAnswer(answer("m1", 256)), tx.PutAnswer(answer("m1", 3)), tx.PutAnswer(answer("m12", 1)),
			tx.PutAnswer(feedback.Answer{Sample: "m2", N: 1}))
	})
	view(t, s, func(tx feedback.Tx) error {
		same(t, []feedback.Sample{sample("mopti", "m1"), sample("mopti", "m3")}, all(t, tx.Samples("mopti")))
		got, err := tx.Sample("m2")
		same(t, sample("gao", "m2"), got)
		if err != nil {
			return err
		}
		units, err := tx.Frame("m1")
		same(t, frame, units)
		if err != nil {
			return err
		}
		same(t, []feedback.Pick{pick(1), pick(2)}, all(t, tx.Picks("m1")))
		p, err := tx.Pick("m12", 300)
		same(t, pick(300), p)
		if err != nil {
			return err
		}
		same(t, []feedback.Answer{answer("m1", 3), answer("m1", 256)}, all(t, tx.Answers("m1")))
		a, err := tx.Answer("m2", 1)
		same(t, feedback.Answer{Sample: "m2", N: 1}, a)
		return err
	})
}

func update(t testing.TB, s feedback.Store, fn func(feedback.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s feedback.Store, fn func(feedback.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{}, money.Amount{})); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func all[V any](t testing.TB, seq iter.Seq2[V, error]) (out []V) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func testMissing(t *testing.T, s feedback.Store) {
	view(t, s, func(tx feedback.Tx) error {
		_, errComplaint := tx.Complaint("q1")
		_, errText := tx.ComplaintText("q1")
		_, errSample := tx.Sample("m1")
		_, errFrame := tx.Frame("m1")
		_, errPick := tx.Pick("m1", 1)
		_, errAnswer := tx.Answer("m1", 1)
		for what, err := range map[string]error{"Complaint": errComplaint, "ComplaintText": errText, "Sample": errSample,
			"Frame": errFrame, "Pick": errPick, "Answer": errAnswer} {
			if !errors.Is(err, feedback.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := tx.ComplaintByCode([32]byte{1, '1'}); !errors.Is(err, feedback.ErrCode) {
			t.Errorf("ComplaintByCode: %v", err)
		}
		if n := len(all(t, tx.Complaints("mopti", ""))) + len(all(t, tx.Samples("mopti"))) + len(all(t, tx.Picks("m1"))) + len(all(t, tx.Answers("m1"))); n > 0 {
			t.Errorf("lists yield %d things", n)
		}
		return nil
	})
}

func testRoundTrip(t *testing.T, s feedback.Store) {
	first := complaint("mopti", "q1")
	first.Answered, first.Serials = time.Time{}, nil
	update(t, s, func(tx feedback.Tx) error { return tx.PutComplaint(first) })
	bare := feedback.Complaint{ID: "q2", Programme: "mopti"}
	update(t, s, func(tx feedback.Tx) error {
		return errors.Join(tx.PutComplaint(complaint("mopti", "q1")), tx.PutComplaint(bare), tx.PutComplaintText("q1", text()))
	})
	view(t, s, func(tx feedback.Tx) error {
		for id, want := range map[string]feedback.Complaint{"q1": complaint("mopti", "q1"), "q2": bare} {
			got, err := tx.Complaint(id)
			same(t, want, got)
			if err != nil {
				return err
			}
		}
		got, err := tx.ComplaintByCode([32]byte{1, '1'})
		same(t, complaint("mopti", "q1"), got)
		if err != nil {
			return err
		}
		words, err := tx.ComplaintText("q1")
		same(t, text(), words)
		return err
	})
}

func testList(t *testing.T, s feedback.Store) {
	update(t, s, func(tx feedback.Tx) error {
		return errors.Join(tx.PutComplaint(complaint("mopti", "q3")), tx.PutComplaint(complaint("gao", "q2")), tx.PutComplaint(complaint("mopti", "q1")))
	})
	view(t, s, func(tx feedback.Tx) error {
		same(t, []feedback.Complaint{complaint("mopti", "q1"), complaint("mopti", "q3")}, all(t, tx.Complaints("mopti", "")))
		same(t, []feedback.Complaint{complaint("mopti", "q3")}, all(t, tx.Complaints("mopti", "q1")))
		for range tx.Complaints("mopti", "") {
			break // a caller may stop
		}
		return nil
	})
	if err := s.Update(t.Context(), func(tx feedback.Tx) error { return tx.PutComplaint(complaint("gao", "q1")) }); err == nil {
		t.Error("a complaint changed its programme")
	}
}

func testCopies(t *testing.T, s feedback.Store) {
	update(t, s, func(tx feedback.Tx) error {
		c := complaint("mopti", "q1")
		if err := tx.PutComplaint(c); err != nil {
			return err
		}
		c.Serials[0] = "edited"
		got, err := tx.Complaint("q1")
		same(t, complaint("mopti", "q1"), got)
		got.Serials[0] = "edited"
		return err
	})
	view(t, s, func(tx feedback.Tx) error {
		got, err := tx.Complaint("q1")
		same(t, complaint("mopti", "q1"), got)
		return err
	})
}

func testErase(t *testing.T, s feedback.Store) {
	update(t, s, func(tx feedback.Tx) error {
		return errors.Join(tx.PutComplaintText("q1", text()), tx.PutComplaintText("q2", text()))
	})
	update(t, s, func(tx feedback.Tx) error {
		return errors.Join(tx.DeleteComplaintText("q1"), tx.DeleteComplaintText("q9"))
	})
	view(t, s, func(tx feedback.Tx) error {
		if _, err := tx.ComplaintText("q1"); !errors.Is(err, feedback.ErrNotFound) {
			t.Errorf("still there: %v", err)
		}
		_, err := tx.ComplaintText("q2")
		return err
	})
}

func testRollback(t *testing.T, s feedback.Store) {
	broken := errors.New("broken")
	err := s.Update(t.Context(), func(tx feedback.Tx) error {
		return errors.Join(tx.PutComplaint(complaint("mopti", "q1")), tx.PutComplaintText("q1", text()),
			tx.PutVendor(vendors.Vendor{ID: "v1", Programme: "mopti"}), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatalf("Update: %v", err)
	}
	testMissing(t, s)
	view(t, s, func(tx feedback.Tx) error {
		if _, err := tx.Vendor("v1"); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("Vendor: %v", err)
		}
		return nil
	})
}

func testReadOnly(t *testing.T, s feedback.Store) {
	for what, put := range map[string]func(feedback.Tx) error{
		"PutComplaint":     func(tx feedback.Tx) error { return tx.PutComplaint(complaint("mopti", "q1")) },
		"PutComplaintText": func(tx feedback.Tx) error { return tx.PutComplaintText("q1", text()) },
		"PutSample":        func(tx feedback.Tx) error { return tx.PutSample(sample("mopti", "m1")) },
		"PutFrame":         func(tx feedback.Tx) error { return tx.PutFrame("m1", []feedback.FrameUnit{{Unit: "u"}}) },
		"PutPick":          func(tx feedback.Tx) error { return tx.PutPick("m1", pick(1)) },
		"PutAnswer":        func(tx feedback.Tx) error { return tx.PutAnswer(answer("m1", 1)) },
	} {
		if err := s.View(t.Context(), put); err == nil {
			t.Errorf("%s has written in a view", what)
		}
	}
	testMissing(t, s)
}
