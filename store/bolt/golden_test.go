package bolt

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.etcd.io/bbolt"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// goldenFile holds, one to a line, the bucket, key and value of every record
// that putGolden writes.
//
// Where TestGolden fails, stores that exist can no longer be read. Do not
// write the file anew to silence it: give the changed table its next version,
// make it read both, and add what the new one writes. A new table or a new
// bucket adds lines; it changes none. After that,
//
//	go test ./store/bolt -run TestGolden -update
//
// writes the file, and the diff must show new lines alone.
const goldenFile = "testdata/records.golden"

var updateGolden = flag.Bool("update", false, "write testdata/records.golden anew")

// The bytes that a version writes are bytes that it has always written, and
// what was ever written can be read, whole.
func TestGolden(t *testing.T) {
	now := func() time.Time { return time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC) }
	db := newDB(t, Options{Now: now})
	update(t, db, putGolden)
	got := dump(t, db)
	if *updateGolden {
		if err := os.WriteFile(goldenFile, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := readGolden(t, goldenFile)
	t.Run("records are written as before", func(t *testing.T) {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-%s +got)\n%s", goldenFile, diff)
		}
	})
	t.Run("records of before are read, whole", func(t *testing.T) {
		old := newDB(t, Options{Now: now})
		update(t, old, func(tx *Tx) error { return load(tx, want) })
		err := old.View(t.Context(), func(tx *Tx) error { checkGolden(t, tx); return nil })
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("every bucket has a record", func(t *testing.T) {
		for _, name := range bucketNames {
			has := func(line string) bool { return strings.HasPrefix(line, name+" ") }
			if !strings.HasPrefix(name, "test-") && !slices.ContainsFunc(want, has) {
				t.Errorf("%s has none", name)
			}
		}
	})
}

// What the first version wrote of tables that have a second is read, with
// nothing in the fields that came later.
func TestGolden_older(t *testing.T) {
	db := newDB(t, Options{})
	update(t, db, func(tx *Tx) error { return load(tx, readGolden(t, "testdata/records-1.golden")) })
	err := db.View(t.Context(), func(tx *Tx) error {
		v, err := tx.Vendor(filled[vendors.Vendor]().ID)
		if err != nil {
			return err
		}
		is(t, vendors.Payment{Method: "text-24", Provider: "text-25", Alias: "text-26"})(v.Contract.Payment, nil)
		is(t, "text-31")(v.Contract.Conflict, nil) // what follows is where it was
		s, err := tx.Settlement(filled[vendors.Settlement]().ID)
		if err != nil {
			return err
		}
		is(t, vendors.Payment{Method: "text-31", Provider: "text-32", Alias: "text-33"})(s.Payments[1].To, nil)
		is(t, "text-37")(s.Payments[1].Reported, nil)
		r, l := filled[distribution.Round](), filled[distribution.Lot]()
		r.AnswerOverlaps, l.Lists, l.Overlaps, l.OverlapsMore, l.Coordination = false, nil, nil, 0, ""
		is(t, r)(tx.Round(r.ID))
		is(t, l)(tx.Lot(l.ID))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What was written before there were boxes is read, whole, also by a store with
// keys, which seals it first.
func TestGolden_unsealed(t *testing.T) {
	path := t.TempDir() + "/store"
	opened(t, path, nil, func(db *DB) {
		update(t, db, func(tx *Tx) error { return load(tx, readGolden(t, "testdata/records-2.golden")) })
	})
	for _, keys := range []Keys{nil, newSealer(t)} {
		opened(t, path, keys, func(db *DB) {
			err := db.View(t.Context(), func(tx *Tx) error {
				is(t, filled[vendors.Vendor]())(tx.Vendor(filled[vendors.Vendor]().ID))
				is(t, filled[vendors.Settlement]())(tx.Settlement(filled[vendors.Settlement]().ID))
				is(t, filled[vendors.PaymentChange]())(tx.PaymentChange(filled[vendors.PaymentChange]().Vendor))
				is(t, filled[vendors.Cheque]())(tx.Cheque(filled[vendors.Cheque]().Bank, filled[vendors.Cheque]().Number))
				is(t, filled[vendors.BankLine]())(tx.BankLine(filled[vendors.BankLine]().Bank, filled[vendors.BankLine]().N))
				is(t, filled[voucher.Issue]())(tx.Issue(filled[voucher.Issue]().Lot))
				is(t, filled[voucher.Embargo]())(tx.Embargo(filled[voucher.Embargo]().Lot))
				is(t, filled[ledger.Outcome]())(tx.Outcome(goldenCommand))
				is(t, filled[access.Prepared]())(tx.PreparedContent(filled[access.Prepared]().Programme, filled[access.Prepared]().Digest))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// goldenJournal are entries with a voucher to hide and with none.
func goldenJournal(tx *Tx) error {
	fund, finance := ledger.Fund("f1"), ledger.Actor{Role: "finance-preparer", Name: "p1"}
	card := ledger.Voucher("h0000000001", "0123456789ABCDEF")
	if err := tx.PutVoucherSalt(card, []byte("0123456789abcdef")); err != nil {
		return err
	}
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFund, Postings: []ledger.Posting{{Debit: ledger.Bank("b1"), Credit: fund, Amount: money.Francs(9_000)}}},
		{Kind: ledger.KindAllocate, Round: "r1", Postings: []ledger.Posting{{Debit: fund, Credit: ledger.Round("r1"), Amount: money.Francs(8_000)}}},
		{Kind: ledger.KindIssue, Round: "r1", Ref: "l1", Facts: map[string]string{"k": "v"},
			Postings: []ledger.Posting{{Debit: ledger.Round("r1"), Credit: card, Amount: money.Francs(5_000)}}},
	} {
		e.Actor = finance
		if _, err := ledger.Post(tx, e); err != nil {
			return err
		}
	}
	return nil
}

func goldenTerms() vendors.Terms {
	t := filled[vendors.Terms]()
	t.Version = 1
	return t
}

var goldenCommand = ledger.CommandKey{Actor: "s1", Key: "k\x001"}

// putGolden writes a record of every kind, each field set.
func putGolden(tx *Tx) error {
	price := filled[vendors.PriceList]()
	price.Version = 1
	household := distribution.BeneficiaryID("h0000000001")
	card := filled[voucher.Voucher]()
	receipt, waiting := filled[voucher.StoredReceipt](), filled[voucher.StoredReceipt]()
	waiting.Hash, waiting.State = voucher.HashOf(waiting.JWS), voucher.Waiting
	return errors.Join(
		goldenJournal(tx),
		secretKeyTable.put(tx, "vendor/v1", []byte("wrapped")),
		tx.PutOutcome(goldenCommand, filled[ledger.Outcome]()),
		tx.PutClosedThrough(filled[time.Time]()),
		tx.PutCheckpoint(filled[ledger.Checkpoint]()),
		tx.PutVendor(filled[vendors.Vendor]()),
		tx.PutZone(filled[vendors.Zone]()),
		tx.PutPriceList(price),
		tx.PutTerms(goldenTerms()),
		tx.PutCharged(filled[vendors.Charged]()),
		tx.PutClaimCharges("c1", filled[[]vendors.ChargeLine]()),
		tx.PutHandheld(filled[vendors.Handheld]()),
		tx.PutClaim(filled[vendors.Claim]()),
		tx.PutClaimLine(filled[vendors.ClaimLine]()),
		tx.PutReading(filled[vendors.Reading]()),
		tx.PutClaimOf(7, "c1"),
		tx.PutSettlement(filled[vendors.Settlement]()),
		tx.PutAdvance(filled[vendors.AdvanceLine]()),
		tx.PutBankStatement(filled[vendors.BankStatement]()),
		tx.PutBankLine(filled[vendors.BankLine]()),
		tx.PutPaymentChange(filled[vendors.PaymentChange]()),
		tx.PutPayout(filled[vendors.Payout]()),
		tx.PutChequeBook(filled[vendors.ChequeBook]()),
		tx.PutCheque(filled[vendors.Cheque]()),
		tx.PutVoucher(card),
		tx.PutVoucher(voucher.Voucher{Number: 900}),
		tx.PutToken(card.Number, "eyJ0eXAiOiJldiJ9.e30.AQID"),
		tx.PutToken(900, "no token"),
		tx.PutIssue(filled[voucher.Issue]()),
		tx.PutReceipt(receipt),
		tx.PutReceipt(waiting),
		tx.PutProposal(filled[voucher.Proposal]()),
		tx.PutEmbargo(filled[voucher.Embargo]()),
		tx.PutBeacon(filled[voucher.Hash](), filled[time.Time]()),
		tx.PutProgramme(filled[distribution.Programme]()),
		tx.PutDonorFund(filled[distribution.Fund]()),
		tx.PutFundReceipt(filled[distribution.FundReceipt]()),
		tx.PutBeneficiary(filled[distribution.Beneficiary]()),
		tx.PutWrappedKey(household, []byte("wrapped")),
		tx.PutBlind("p1", filled[[16]byte](), household),
		tx.PutImport(filled[distribution.Import]()),
		tx.PutNamed("r1", []string{"s1"}),
		tx.PutExport(filled[distribution.Export]()),
		tx.PutDuplicate(filled[distribution.Duplicate]()),
		tx.PutPlaces("p1", []places.Place{filled[places.Place]()}),
		tx.PutOccasion(filled[distribution.Occasion]()),
		tx.PutMarketPrice(filled[distribution.MarketPrice]()),
		tx.PutPresenceList(filled[distribution.PresenceList]()),
		tx.PutPresenceRows("p1", "l1", []presence.Row{filled[presence.Row]()}),
		tx.PutPoint(filled[distribution.Point]()),
		tx.PutRound(filled[distribution.Round]()),
		tx.PutLot(filled[distribution.Lot]()),
		tx.PutEntitlement(filled[distribution.Entitlement]()),
		tx.PutEntitledIn("r1", household, "l1"),
		tx.PutComplaint(filled[feedback.Complaint]()),
		tx.PutComplaintText("q1", filled[feedback.SealedText]()),
		tx.PutSample(filled[feedback.Sample]()),
		tx.PutFrame("m1", filled[[]feedback.FrameUnit]()),
		tx.PutPick("m1", filled[feedback.Pick]()),
		tx.PutAnswer(filled[feedback.Answer]()),
		tx.PutCase(filled[reconcile.Case]()),
		tx.PutCaseComment(filled[reconcile.Comment]()),
		tx.PutAdvanceLimits("p1", filled[vendors.AdvanceLimits]()),
		tx.PutPeriod(filled[finance.Period]()),
		tx.PutMovement(filled[finance.Movement]()),
		tx.PutDocument(filled[documents.Attachment]().Document),
		tx.PutAttachment(filled[documents.Attachment]()),
		tx.PutDocumentRules("p1", filled[[]documents.Rule]()),
		putGoldenStaff(tx),
		putGoldenGrant(tx),
	)
}

// checkGolden reads what putGolden wrote.
func checkGolden(t *testing.T, tx *Tx) {
	price := filled[vendors.PriceList]()
	price.Version = 1
	waiting := filled[voucher.StoredReceipt]()
	waiting.Hash, waiting.State = voucher.HashOf(waiting.JWS), voucher.Waiting
	vendor, zone, card := filled[vendors.Vendor](), filled[vendors.Zone](), filled[voucher.Voucher]()
	if e, err := tx.Entry(2); err != nil || e.Postings[0].Credit != ledger.Voucher("h0000000001", "0123456789ABCDEF") {
		t.Errorf("entry 2: %+v, %v", e, err)
	}
	if _, err := ledger.Root(tx, 3); err != nil {
		t.Errorf("the log's root: %v", err)
	}
	is(t, filled[ledger.Outcome]())(tx.Outcome(goldenCommand))
	is(t, filled[time.Time]())(tx.ClosedThrough())
	is(t, filled[ledger.Checkpoint]())(tx.Checkpoint())
	is(t, vendor)(tx.Vendor(vendor.ID))
	is(t, zone)(tx.Zone(zone.Programme, zone.Code))
	is(t, price)(tx.PriceList(price.Vendor, 0))
	is(t, filled[vendors.Handheld]())(tx.HandheldByCode(filled[vendors.Handheld]().CodeHash))
	is(t, filled[vendors.Claim]())(tx.Claim(filled[vendors.Claim]().ID))
	is(t, filled[vendors.ClaimLine]())(one(tx.ClaimLines(filled[vendors.ClaimLine]().Claim, 0)))
	is(t, filled[vendors.Reading]())(one(tx.Readings(filled[vendors.Reading]().Claim)))
	is[vendors.ClaimID](t, "c1")(tx.ClaimOf(7))
	is(t, filled[vendors.Settlement]())(tx.Settlement(filled[vendors.Settlement]().ID))
	is(t, filled[vendors.BankStatement]())(one(tx.BankStatements(filled[vendors.BankStatement]().Bank)))
	is(t, filled[vendors.BankLine]())(tx.BankLine(filled[vendors.BankLine]().Bank, filled[vendors.BankLine]().N))
	is(t, filled[vendors.PaymentChange]())(tx.PaymentChange(filled[vendors.PaymentChange]().Vendor))
	is(t, filled[vendors.Payout]())(tx.Payout(filled[vendors.Payout]().Payment))
	is(t, filled[vendors.ChequeBook]())(one(tx.ChequeBooks(filled[vendors.ChequeBook]().Bank)))
	is(t, filled[vendors.Cheque]())(tx.Cheque(filled[vendors.Cheque]().Bank, filled[vendors.Cheque]().Number))
	is(t, filled[vendors.Cheque]())(tx.ChequeFor(filled[vendors.Cheque]().Payment))
	is(t, filled[vendors.AdvanceLine]())(tx.Advance(filled[vendors.AdvanceLine]().ID))
	is(t, card)(tx.VoucherBySerial(card.Serial))
	is(t, voucher.Voucher{Number: 900})(tx.Voucher(900))
	is[voucher.Token](t, "eyJ0eXAiOiJldiJ9.e30.AQID")(tx.Token(card.Number))
	is[voucher.Token](t, "no token")(tx.Token(900))
	is(t, filled[voucher.Issue]())(tx.Issue(filled[voucher.Issue]().Lot))
	is(t, filled[voucher.StoredReceipt]())(tx.Receipt(filled[voucher.StoredReceipt]().Hash))
	is(t, waiting)(one(tx.WaitingSince(time.Unix(1<<32, 0))))
	is(t, filled[voucher.Embargo]())(tx.Embargo(filled[voucher.Embargo]().Lot))
	proposal := filled[voucher.Proposal]()
	proposal.Digest = [32]byte{} // computed, and not kept
	is(t, proposal)(tx.Proposal(proposal.ID))
	is(t, filled[time.Time]())(tx.Beacon(filled[voucher.Hash]()))
	checkGoldenDistribution(t, tx)
	checkGoldenStaff(t, tx)
	checkGoldenGrant(t, tx)
}

// checkGoldenDistribution reads what is not a voucher's.
func checkGoldenDistribution(t *testing.T, tx *Tx) {
	imported, pair, point := filled[distribution.Import](), filled[distribution.Duplicate](), filled[distribution.Point]()
	household := distribution.BeneficiaryID("h0000000001")
	is(t, filled[distribution.Programme]())(tx.Programme(filled[distribution.Programme]().ID))
	is(t, filled[distribution.Fund]())(tx.DonorFund(filled[distribution.Fund]().ID))
	is(t, filled[distribution.FundReceipt]())(one(tx.FundReceipts(filled[distribution.FundReceipt]().Fund)))
	is(t, filled[distribution.Beneficiary]())(tx.Beneficiary(filled[distribution.Beneficiary]().ID))
	is(t, []byte("wrapped"))(tx.WrappedKey(household))
	is(t, household)(one(tx.Blind("p1", filled[[16]byte]())))
	is(t, imported)(tx.Import(imported.Programme, imported.ID))
	is(t, pair)(tx.Duplicate(pair.Programme, pair.A, pair.B))
	is(t, filled[places.Place]())(one(tx.Places("p1")))
	is(t, point)(tx.Point(point.Programme, point.Code))
	occasion, price := filled[distribution.Occasion](), filled[distribution.MarketPrice]()
	is(t, occasion)(tx.Occasion(occasion.Programme, occasion.ID))
	is(t, price)(tx.MarketPrice(price.Programme, price.ID))
	list := filled[distribution.PresenceList]()
	is(t, list)(tx.PresenceList(list.Programme, list.ID))
	is(t, filled[presence.Row]())(one(tx.PresenceRows("p1", "l1")))
	is(t, filled[distribution.Round]())(tx.Round(filled[distribution.Round]().ID))
	is(t, filled[distribution.Lot]())(tx.Lot(filled[distribution.Lot]().ID))
	is(t, filled[distribution.Entitlement]())(one(tx.Entitlements(filled[distribution.Entitlement]().Lot, 0)))
	is(t, "l1")(tx.EntitledIn("r1", household))
	is(t, goldenTerms())(tx.Terms(goldenTerms().Vendor, 0))
	is(t, filled[vendors.Charged]())(tx.Charged(filled[vendors.Charged]().Vendor, filled[vendors.Charged]().Round))
	is(t, filled[[]vendors.ChargeLine]())(tx.ClaimCharges("c1"))
	is(t, filled[vendors.AdvanceLimits]())(tx.AdvanceLimits("p1"))
	is(t, filled[finance.Period]())(tx.Period(filled[finance.Period]().Month))
	is(t, filled[finance.Movement]())(tx.Movement(filled[finance.Movement]().ID))
	attached := filled[documents.Attachment]()
	is(t, attached)(one(tx.Attachments(attached.Programme, attached.Subject)))
	is(t, attached)(one(tx.AttachmentsOf(attached.Programme, attached.Document.Hash)))
	is(t, filled[[]documents.Rule]())(tx.DocumentRules("p1"))
	is(t, filled[feedback.Complaint]())(tx.ComplaintByCode(filled[feedback.Complaint]().Code))
	is(t, filled[feedback.SealedText]())(tx.ComplaintText("q1"))
	is(t, filled[feedback.Sample]())(one(tx.Samples(filled[feedback.Sample]().Programme)))
	is(t, filled[[]feedback.FrameUnit]())(tx.Frame("m1"))
	is(t, filled[feedback.Pick]())(one(tx.Picks("m1")))
	is(t, filled[feedback.Answer]())(one(tx.Answers(filled[feedback.Answer]().Sample)))
	is(t, filled[reconcile.Case]())(tx.Case(filled[reconcile.Case]().ID))
	is(t, filled[reconcile.Comment]())(one(tx.CaseComments(filled[reconcile.Comment]().Case)))
}

// is fails the test unless a value was read without error and is the wanted.
func is[V any](t testing.TB, want V) func(V, error) {
	return func(got V, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{})); err != nil || diff != "" {
			t.Errorf("%T: %v, differs (-want +got):\n%s", want, err, diff)
		}
	}
}

// one returns the first value that a walk yields.
func one[V any](seq func(func(V, error) bool)) (V, error) {
	for v, err := range seq {
		return v, err
	}
	var none V
	return none, errMissing
}

// dump returns every record of the file but those of tests and of the WAL.
func dump(t testing.TB, db *DB) []string {
	t.Helper()
	var lines []string
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := db.file.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if strings.HasPrefix(string(name), "test-") {
				return nil
			}
			return b.ForEach(func(k, v []byte) error {
				if bytes.Equal(k, idKey) || bytes.Equal(k, flushedKey) {
					return nil // differs from file to file
				}
				lines = append(lines, fmt.Sprintf("%s %x %x", name, k, v))
				return nil
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func readGolden(t testing.TB, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if err := s.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	return lines
}

// load writes the lines' records into their buckets.
func load(tx *Tx, lines []string) error {
	for _, l := range lines {
		parts := strings.Split(l, " ")
		k, errKey := hex.DecodeString(parts[1])
		v, errValue := hex.DecodeString(parts[2])
		if err := errors.Join(errKey, errValue, tx.put(namedBucket(parts[0]), k, v)); err != nil {
			return fmt.Errorf("%s: %w", parts[0], err)
		}
	}
	return nil
}

func namedBucket(name string) bucket {
	for i, n := range bucketNames {
		if n == name {
			return bucket(i)
		}
	}
	panic("no bucket " + name)
}
