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
	"runtime"
	"slices"
	"sync"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// lotRun is the work of issuing one lot, from its key's birth to its end.
type lotRun struct {
	s        *service
	cmd      IssueLot
	issue    Issue
	manifest Manifest
	signer   *Signer
	job      PrintJob
	indexes  []uint32
	set      IssuedSet
	zones    map[string]bool
	done     int
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
	run := &lotRun{s: s, cmd: cmd, zones: map[string]bool{}}
	run.issue = Issue{Lot: cmd.Lot, Round: cmd.Round, Programme: cmd.Programme, Profiles: cmd.Profiles,
		Ceilings: cmd.Ceilings, Count: cmd.Count, Spares: spares,
		NotBefore: cmd.NotBefore, Expires: cmd.Expires, GraceUntil: cmd.GraceUntil}
	for _, b := range []*[]byte{&run.issue.FactorKey, &run.issue.HintSecret} {
		*b = make([]byte, 32)
		if _, err := io.ReadFull(s.cfg.Rand, *b); err != nil {
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
	if run.indexes, err = s.permutation(cmd.Count + spares); err != nil {
		return nil, err
	}
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
	return tx.PutIssue(r.issue)
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

// permutation returns 0 … n-1 in random order, so that an index says nothing
// about the order of issue.
func (s *service) permutation(n int) ([]uint32, error) {
	p := make([]uint32, n)
	for i := range p {
		p[i] = uint32(i)
	}
	for i := n - 1; i > 0; i-- {
		j, err := rand.Int(s.cfg.Rand, big.NewInt(int64(i+1)))
		if err != nil {
			return nil, err
		}
		p[i], p[j.Int64()] = p[j.Int64()], p[i]
	}
	return p, nil
}

// vouchers signs and stores items, then spares, chunk by chunk.
func (r *lotRun) vouchers(ctx context.Context) error {
	var chunk []Item
	for it, err := range r.cmd.Items {
		if err != nil {
			return err
		}
		if len(chunk) >= issueChunk && chunk[len(chunk)-1].Beneficiary != it.Beneficiary {
			if err := r.store(ctx, chunk, false); err != nil {
				return err
			}
			chunk = chunk[:0]
		}
		chunk = append(chunk, it)
	}
	if err := r.store(ctx, chunk, false); err != nil {
		return err
	}
	if r.done != r.cmd.Count {
		return fault.New(fault.Conflict, "lot_count", "The lot does not hold as many vouchers as were approved.",
			"Le lot ne contient pas le nombre de coupons approuvé.")
	}
	for _, sp := range r.cmd.Spares {
		for left := sp.Count; left > 0; left -= issueChunk {
			items := make([]Item, min(left, issueChunk))
			for i := range items {
				items[i] = Item{Point: sp.Point, Zone: sp.Zone, Profile: sp.Profile, Value: sp.Value, Mode: sp.Mode}
			}
			if err := r.store(ctx, items, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// signed is one voucher with what leaves the process beside it.
type signed struct {
	voucher Voucher
	token   Token
	salt    []byte
	line    PrintLine
}

func (r *lotRun) store(ctx context.Context, items []Item, spare bool) error {
	if len(items) == 0 {
		return nil
	}
	if r.done+len(items) > len(r.indexes) {
		return fault.New(fault.Conflict, "lot_count", "The lot holds more vouchers than were approved.",
			"Le lot contient plus de coupons qu'approuvé.")
	}
	vs, err := r.signAll(items, spare)
	if err != nil {
		return err
	}
	err = r.s.store.Update(ctx, func(tx Tx) error { return r.put(tx, vs, spare) })
	if err != nil {
		return err
	}
	for _, v := range vs {
		if err := r.job.Line(v.line); err != nil {
			return fmt.Errorf("print job: %w", err)
		}
		r.set.Add(v.token)
		r.zones[v.voucher.Zone] = true
	}
	r.done += len(items)
	if r.cmd.Progress != nil {
		r.cmd.Progress(r.done, len(r.indexes))
	}
	return nil
}

// signAll signs a chunk on all cores: drawing verifiers and signing is nearly
// all of the work of an issue.
func (r *lotRun) signAll(items []Item, spare bool) ([]signed, error) {
	vs := make([]signed, len(items))
	workers := min(runtime.GOMAXPROCS(0), len(items))
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(items) && errs[w] == nil; i += workers {
				vs[i], errs[w] = r.sign(items[i], r.done+i, spare)
			}
		})
	}
	wg.Wait()
	return vs, errors.Join(errs...)
}

// sign draws the voucher's secrets and signs its token.
func (r *lotRun) sign(it Item, at int, spare bool) (signed, error) {
	random := r.s.cfg.Rand
	serial, err := NewSerial(random)
	if err != nil {
		return signed{}, err
	}
	v := Voucher{Number: r.issue.First + Number(at), Serial: serial, Programme: r.cmd.Programme,
		Round: r.cmd.Round, Lot: r.cmd.Lot, Beneficiary: it.Beneficiary, Index: r.indexes[at],
		Profile: it.Profile, Value: it.Value, NotBefore: r.cmd.NotBefore, Expires: r.cmd.Expires,
		Point: it.Point, Zone: it.Zone, Home: it.Home, Mode: it.Mode, Spare: spare}
	out := signed{line: PrintLine{Serial: serial, Number: v.Number, Point: it.Point}, salt: make([]byte, 16)}
	claims := Claims{Issuer: r.cmd.Issuer, Serial: serial, NotBefore: v.NotBefore, Expires: v.Expires,
		Value: v.Value.Minor(), Binding: v.Zone, Index: v.Index, Profile: v.Profile}
	if it.Mode.Secret() {
		if out.line.Secret, err = NewSecret(random); err != nil {
			return signed{}, err
		}
		if claims.Verifier, err = Verifier(out.line.Secret, serial); err != nil {
			return signed{}, err
		}
		claims.HasVerifier = true
		v.SecretMAC = r.mac(serial, out.line.Secret)
	}
	if it.Mode.PIN() {
		if out.line.PIN, err = NewPIN(random); err != nil {
			return signed{}, err
		}
		v.PINMAC = r.mac(serial, out.line.PIN)
		v.PINHint = PINHint(r.issue.HintSecret, serial, out.line.PIN)
	}
	if _, err := io.ReadFull(random, out.salt); err != nil {
		return signed{}, err
	}
	if out.token, err = r.signer.Sign(claims); err != nil {
		return signed{}, err
	}
	v.Tag = IssuanceTag(out.token)
	out.voucher = v
	return out, nil
}

func (r *lotRun) mac(serial Serial, factor string) (short [16]byte) {
	full := FactorMAC(r.issue.FactorKey, serial, factor)
	copy(short[:], full[:])
	return short
}

// put stores a chunk: one issue entry for each household.
func (r *lotRun) put(tx Tx, vs []signed, spare bool) error {
	var entry ledger.Entry
	flush := func() error {
		if len(entry.Postings) == 0 {
			return nil
		}
		_, err := ledger.Post(tx, entry)
		entry = ledger.Entry{}
		return err
	}
	for i, v := range vs {
		if err := errors.Join(tx.PutVoucher(v.voucher), tx.PutToken(v.voucher.Number, v.token)); err != nil {
			return err
		}
		if spare {
			continue
		}
		if err := tx.PutVoucherSalt(v.voucher.Account(), v.salt); err != nil {
			return err
		}
		if i > 0 && vs[i-1].voucher.Beneficiary != v.voucher.Beneficiary {
			if err := flush(); err != nil {
				return err
			}
		}
		entry.Kind, entry.Round, entry.Ref = ledger.KindIssue, r.cmd.Round, r.cmd.Lot
		entry.Actor = r.actor()
		entry.Postings = append(entry.Postings, ledger.Posting{
			Debit: ledger.Round(r.cmd.Round), Credit: v.voucher.Account(), Amount: v.voucher.Value})
	}
	return flush()
}

func (r *lotRun) actor() ledger.Actor { return by(r.cmd.By, "issue-lot") }

// finish signs the manifest once the print job is durable, and only then is
// the lot issued.
func (r *lotRun) finish(ctx context.Context) (Issue, error) {
	if err := r.job.Commit(); err != nil {
		return Issue{}, fmt.Errorf("print job of lot %s: %w", r.cmd.Lot, err)
	}
	totals, err := r.s.issuedTotals(ctx, r.issue)
	if err != nil {
		return Issue{}, err
	}
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

// issuedTotals sums what was stored, which the manifest then states: it is
// read back rather than remembered, so that it speaks of what is there.
func (s *service) issuedTotals(ctx context.Context, is Issue) ([]money.Amount, error) {
	sums := map[money.Asset]money.Amount{}
	err := s.store.View(ctx, func(tx Tx) error {
		for v, err := range tx.Vouchers(is.First) {
			if err != nil {
				return err
			}
			if v.Number > is.Last {
				return nil
			}
			if v.Spare {
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
	return sortedAmounts(sums), err
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
	var vs []Voucher
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
