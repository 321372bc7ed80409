package voucher

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// lotRun is the work of issuing one lot, from its key's birth to its end.
type lotRun struct {
	s        *service
	cmd      IssueLot
	issue    Issue
	embargo  Embargo
	manifest Manifest
	signer   *Signer
	job      PrintJob
	indexes  []uint32

	// Of what is stored so far.
	set    IssuedSet
	heads  []uint64 // of serials
	totals map[money.Asset]money.Amount
	zones  map[string]bool
	done   int
}

// IssueLot is documented at Service.
func (s *service) IssueLot(ctx context.Context, cmd IssueLot) (Issue, error) {
	// Two at a time would draw the same numbers.
	s.issuing.Lock()
	defer s.issuing.Unlock()
	run, err := s.beginIssue(ctx, cmd)
	if err != nil {
		return Issue{}, err
	}
	defer run.signer.Destroy()
	defer run.job.Discard()
	if err := run.vouchers(ctx); err != nil {
		return Issue{}, fmt.Errorf("issue lot %s: %w", cmd.Lot, err)
	}
	return run.finish(ctx)
}

// beginIssue undoes an interrupted issue of the lot, draws the lot's key and
// stores what redemption needs, without a manifest yet.
func (s *service) beginIssue(ctx context.Context, cmd IssueLot) (*lotRun, error) {
	if err := s.undoInterrupted(ctx, cmd); err != nil {
		return nil, err
	}
	public, private, err := ed25519.GenerateKey(s.cfg.Rand)
	if err != nil {
		return nil, err
	}
	spares := 0
	for _, sp := range cmd.Spares {
		spares += sp.Count
	}
	run := &lotRun{s: s, cmd: cmd, zones: map[string]bool{}, totals: map[money.Asset]money.Amount{}}
	run.issue = Issue{Lot: cmd.Lot, Round: cmd.Round, Programme: cmd.Programme, Profiles: cmd.Profiles,
		Ceilings: cmd.Ceilings, Count: cmd.Count, Spares: spares,
		NotBefore: cmd.NotBefore, Expires: cmd.Expires, GraceUntil: cmd.GraceUntil,
		FactorKey: make([]byte, 32), HintSecret: make([]byte, 32)}
	run.embargo = Embargo{cmd.Lot, cmd.EmbargoUntil, make([]byte, officerCodeLen)}
	for _, b := range [][]byte{run.issue.FactorKey, run.issue.HintSecret, run.embargo.Code} {
		if _, err := io.ReadFull(s.cfg.Rand, b); err != nil {
			return nil, err
		}
	}
	err = s.store.Update(ctx, func(tx Tx) error { return run.open(tx) })
	if err != nil {
		return nil, err
	}
	run.manifest = Manifest{Issuer: cmd.Issuer, Programme: cmd.Programme, Round: cmd.Round, Lot: cmd.Lot,
		KID: run.issue.KID, Key: public, Profiles: cmd.Profiles, Count: cmd.Count, Spares: spares,
		NotBefore: cmd.NotBefore, Expires: cmd.Expires}
	if run.signer, err = NewSigner(run.manifest, private); err != nil {
		return nil, err
	}
	if run.indexes, err = permutation(s.cfg.Rand, cmd.Count+spares); err != nil {
		return nil, err
	}
	run.set.hashes = make([]Hash, 0, len(run.indexes))
	run.heads = make([]uint64, 0, len(run.indexes))
	run.job, err = s.cfg.PrintRoom.Open(cmd.Lot)
	return run, err
}

// open reserves the lot's numbers and key id.
func (r *lotRun) open(tx Tx) error {
	old, err := tx.Issue(r.cmd.Lot)
	switch {
	case err == nil && old.Manifest != "":
		return ErrIssued
	case err != nil && !errors.Is(err, ErrNotFound):
		return err
	}
	last, err := tx.LastNumber()
	if err != nil {
		return err
	}
	r.issue.First = last + 1
	r.issue.Last = last + Number(r.issue.Count+r.issue.Spares)
	taken := map[string]bool{}
	for i, err := range tx.Issues(r.cmd.Programme) {
		if err != nil {
			return err
		}
		taken[i.KID] = true
	}
	if r.issue.KID, err = newKID(r.s.cfg.Rand, taken); err != nil {
		return err
	}
	return errors.Join(tx.PutIssue(r.issue), tx.PutEmbargo(r.embargo))
}

const kidAlphabet = "ABCDEFGHJKMNPQRSTVWXYZ23456789"

// newKID draws four characters that no issue of the programme has.
func newKID(random io.Reader, taken map[string]bool) (string, error) {
	for {
		b := make([]byte, 4)
		for i := range b {
			n, err := rand.Int(random, big.NewInt(int64(len(kidAlphabet))))
			if err != nil {
				return "", err
			}
			b[i] = kidAlphabet[n.Int64()]
		}
		if !taken[string(b)] {
			return string(b), nil
		}
	}
}

func (r *lotRun) actor() ledger.Actor { return by(r.cmd.By, "issue-lot") }

// finish signs the manifest once the print job is durable, and only then is
// the lot issued.
func (r *lotRun) finish(ctx context.Context) (Issue, error) {
	if err := r.job.Commit(); err != nil {
		return Issue{}, fmt.Errorf("print job of lot %s: %w", r.cmd.Lot, err)
	}
	if err := r.checkStored(); err != nil {
		return Issue{}, err
	}
	totals := sortedAmounts(r.totals)
	r.manifest.Total, r.manifest.Digest = totals, r.set.Digest()
	r.signer.Destroy()
	jws, err := r.s.cfg.SignManifest(r.manifest)
	if err != nil {
		return Issue{}, fmt.Errorf("manifest of lot %s: %w", r.cmd.Lot, err)
	}
	err = r.s.store.Update(ctx, func(tx Tx) error {
		r.issue.Manifest, r.issue.IssuedAt = jws, tx.Now()
		r.issue.Zones = slices.Sorted(maps.Keys(r.zones))
		if err := tx.PutIssue(r.issue); err != nil {
			return err
		}
		facts := map[string]string{"manifest": HashOf(jws).String(), "kid": r.issue.KID,
			"count": fmt.Sprint(r.issue.Count), "spares": fmt.Sprint(r.issue.Spares)}
		for _, t := range totals {
			facts["total-"+t.Asset().Code()] = t.Text()
		}
		_, err := ledger.Decide(tx, r.actor(), r.cmd.Round, "issue-lot", r.cmd.Lot, facts)
		return err
	})
	return r.issue, err
}

// errRandom ends an issue whose serials cannot have been drawn at random. It
// is of kind Internal: only who keeps the machine can help.
var errRandom = errors.New("two serials begin with the same 60 bits: the machine's randomness is broken")

// readBack adds what a chunk is worth to what the manifest will state: it is
// read back rather than remembered, so that it speaks of what is there, and at
// once, while it is still in memory.
func (r *lotRun) readBack(ctx context.Context, c *chunk) error {
	first := r.issue.First + Number(c.at)
	last := first + Number(len(c.items)-1)
	var heads []uint64
	var sums map[money.Asset]money.Amount
	err := r.s.store.View(ctx, func(tx Tx) error {
		heads, sums = make([]uint64, 0, len(c.items)), maps.Clone(r.totals)
		for v, err := range tx.Vouchers(first) {
			switch {
			case err != nil:
				return err
			case v.Number > last:
				return nil
			case v.Lot != r.cmd.Lot:
				continue
			}
			bits, _ := v.Serial.Bits()
			if heads = append(heads, bits.Head); v.Spare {
				continue
			}
			sum, ok := sums[v.Value.Asset()]
			if !ok {
				sum = money.FromMinor(0, v.Value.Asset())
			}
			if sums[v.Value.Asset()], err = sum.Add(v.Value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.heads, r.totals = append(r.heads, heads...), sums
	return nil
}

// checkStored refuses a lot of which vouchers are missing, or of which two
// serials begin alike. That is so by chance in one of two million lots of a
// million.
func (r *lotRun) checkStored() error {
	slices.Sort(r.heads)
	switch n := r.issue.Count + r.issue.Spares; {
	case len(r.heads) != n:
		return fmt.Errorf("%d vouchers of lot %s are stored, not %d", len(r.heads), r.cmd.Lot, n)
	case len(slices.Compact(r.heads)) != n:
		return errRandom
	}
	return nil
}

// undoInterrupted voids what an issue that never finished has stored. Its key
// is gone and nothing of it was printed.
func (s *service) undoInterrupted(ctx context.Context, cmd IssueLot) error {
	var old Issue
	err := s.store.View(ctx, func(tx Tx) (err error) {
		old, err = tx.Issue(cmd.Lot)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case old.Manifest != "":
		return ErrIssued
	}
	for from := old.First; from <= old.Last; from += issueChunk {
		err := s.store.Update(ctx, func(tx Tx) error {
			vs, err := numbered(tx, old.Lot, from, min(from+issueChunk-1, old.Last))
			if err != nil {
				return err
			}
			for _, v := range vs {
				if err := s.stop(tx, v, ledger.KindVoid, "issue-interrupted", by(cmd.By, "issue-lot")); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("undo the interrupted issue of lot %s: %w", cmd.Lot, err)
		}
	}
	return nil
}

// numbered returns the lot's vouchers from first to last that were stored.
// Numbers that an interrupted issue has not used go to the next lot.
func numbered(tx Tx, lot string, first, last Number) ([]Voucher, error) {
	vs := make([]Voucher, 0, min(last-first+1, issueChunk))
	for v, err := range tx.Vouchers(first) {
		if err != nil {
			return nil, err
		}
		if v.Number > last {
			break
		}
		if v.Lot == lot {
			vs = append(vs, v)
		}
	}
	return vs, nil
}
