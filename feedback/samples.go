package feedback

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// CommitSample fixes the SHA-256 of a nonce that its drawer keeps to himself,
// best before the lists of the round are.
type CommitSample struct {
	By         access.Actor `json:"-"`
	Key        string       `json:"-"`
	Round      string
	Commitment [32]byte
}

// FreezeSample fixes who can be drawn, and how.
type FreezeSample struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Sample string
	Design Design
}

// DrawSample draws, once a checkpoint covers the frame.
type DrawSample struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Sample string
	Nonce  []byte // 32 bytes
}

// SampleByID asks for a sample.
type SampleByID struct {
	By access.Actor
	ID string
}

// nonceBytes is the length of a nonce.
const nonceBytes = 32

// CommitSample is documented at Service.
func (s *service) CommitSample(ctx context.Context, cmd CommitSample) (Sample, error) {
	return once(ctx, s, MethodCommitSample, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Sample, error) {
		r, err := tx.Round(cmd.Round)
		switch {
		case err != nil:
			return Sample{}, err
		case r.Programme != cmd.By.Programme:
			return Sample{}, distribution.ErrNotFound
		case cmd.Commitment == [32]byte{}:
			return Sample{}, ErrDesign.At("commitment", "the SHA-256 of the nonce")
		}
		m := Sample{ID: sampleID(tx, cmd.By, cmd.Key), Programme: cmd.By.Programme, Round: cmd.Round,
			Commitment: cmd.Commitment, CommittedBy: cmd.By.Pseudonym, Committed: tx.Now()}
		e, err := ledger.Decide(tx, actor, m.Round, "sample-commitment", m.ID, map[string]string{"commitment": hex.EncodeToString(m.Commitment[:])})
		m.CommitEntry = e.Seq
		return m, errors.Join(err, tx.PutSample(m))
	})
}

// sampleID derives the id of a sample from the command that makes it; ids sort by
// the second in which samples were made.
func sampleID(tx Tx, by access.Actor, key string) string {
	sum := sha256.Sum256([]byte(by.Programme + "\x00" + by.ID + "\x00" + key))
	return fmt.Sprintf("m%08x%s", tx.Now().Unix(), hex.EncodeToString(sum[:3]))
}

// sampleOf returns a sample of the actor's programme.
func sampleOf(tx Tx, by access.Actor, id string) (Sample, error) {
	m, err := tx.Sample(id)
	if err == nil && m.Programme != by.Programme {
		err = ErrNotFound
	}
	if err != nil {
		return Sample{}, err
	}
	return m, nil
}

// FreezeSample is documented at Service.
func (s *service) FreezeSample(ctx context.Context, cmd FreezeSample) (Sample, error) {
	var units []FrameUnit
	role, err := cmd.By.As(Roles[MethodFreezeSample]...)
	if err != nil {
		return Sample{}, err
	}
	_, err = read(ctx, s, MethodFreezeSample, cmd.By, func(tx Tx) (Sample, error) {
		m, err := sampleOf(tx, cmd.By, cmd.Sample)
		if err == nil && m.Frozen.IsZero() && cmd.Design.check() == nil {
			units, err = s.frame(tx, m, cmd.Design, role)
		}
		return m, err
	})
	if err != nil {
		return Sample{}, err
	}
	text := frameText(units)
	return once(ctx, s, MethodFreezeSample, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Sample, error) {
		if err := cmd.Design.check(); err != nil {
			return Sample{}, err
		}
		m, err := sampleOf(tx, cmd.By, cmd.Sample)
		switch {
		case err != nil:
			return Sample{}, err
		case !m.Frozen.IsZero():
			return Sample{}, ErrSampleState.At("sample", "it is %s", m.State())
		case len(units) == 0:
			return Sample{}, ErrFrame
		}
		m.Design, m.Frame, m.Households = cmd.Design, sha256.Sum256(text), len(units)
		m.FrozenBy, m.Frozen = cmd.By.Pseudonym, tx.Now()
		e, err := ledger.Decide(tx, actor, m.Round, "sample-frame", m.ID, m.Design.facts(map[string]string{
			"frame": hex.EncodeToString(m.Frame[:]), "households": strconv.Itoa(m.Households)}))
		if err != nil {
			return Sample{}, err
		}
		m.FrameEntry = e.Seq
		return m, errors.Join(tx.PutFrame(m.ID, units), tx.PutSample(m))
	})
}

// facts adds the design to what the journal says.
func (d Design) facts(facts map[string]string) map[string]string {
	by := make([]string, len(d.By))
	for i, b := range d.By {
		by[i] = string(b)
	}
	facts["confidence"], facts["margin"], facts["by"] = strconv.Itoa(d.Confidence), strconv.Itoa(d.Margin), strings.Join(by, ",")
	facts["minimum"], facts["replacements"] = strconv.Itoa(d.Minimum), strconv.Itoa(d.Replacements)
	if len(d.Vendors) > 0 {
		ids := make([]string, len(d.Vendors))
		for i, v := range d.Vendors {
			ids[i] = string(v)
		}
		facts["vendors"] = strings.Join(ids, ",")
	}
	return facts
}

// designOf reads what facts writes.
func designOf(facts map[string]string) (d Design, err error) {
	for name, to := range map[string]*int{"confidence": &d.Confidence, "margin": &d.Margin, "minimum": &d.Minimum, "replacements": &d.Replacements} {
		n, bad := strconv.Atoi(facts[name])
		*to, err = n, errors.Join(err, bad)
	}
	if facts["by"] != "" {
		for by := range strings.SplitSeq(facts["by"], ",") {
			d.By = append(d.By, Dimension(by))
		}
	}
	if facts["vendors"] != "" {
		for v := range strings.SplitSeq(facts["vendors"], ",") {
			d.Vendors = append(d.Vendors, vendors.ID(v))
		}
	}
	return d, errors.Join(err, d.check())
}

// frame lists the round's households that a card was issued for, each in its
// stratum, as the role sees them.
func (s *service) frame(tx Tx, m Sample, d Design, role access.Role) ([]FrameUnit, error) {
	at := map[string]int{}
	var units []FrameUnit
	var labels []map[Dimension]string
	var theirs []bool // by unit: the household bought at one of the design's vendors
	for is, err := range tx.Issues(m.Programme) {
		if err != nil {
			return nil, err
		}
		if is.Round != m.Round {
			continue
		}
		for v, err := range tx.Vouchers(is.First) {
			if err != nil {
				return nil, err
			}
			if v.Number > is.Last {
				break
			}
			if v.Beneficiary == "" {
				continue
			}
			i, known := at[v.Beneficiary]
			if !known {
				if i = len(units); i >= frameMax {
					return nil, ErrDesign.At("round", "more than %d households", frameMax)
				}
				at[v.Beneficiary] = i
				secret := s.sealer.Secret("sample-unit", m.ID, v.Beneficiary)
				units = append(units, FrameUnit{Unit: hex.EncodeToString(secret[:8]), Household: distribution.BeneficiaryID(v.Beneficiary)})
				labels, theirs = append(labels, map[Dimension]string{ByPoint: v.Point}), append(theirs, len(d.Vendors) == 0)
			}
			if !v.RedeemedAt.IsZero() && (slices.Contains(d.By, ByVendor) && labels[i][ByVendor] == "" || !theirs[i]) {
				r, err := tx.Receipt(v.ReceiptHash)
				if err != nil {
					return nil, err
				}
				if labels[i][ByVendor] == "" {
					labels[i][ByVendor] = string(r.Vendor)
				}
				theirs[i] = theirs[i] || slices.Contains(d.Vendors, r.Vendor)
			}
		}
	}
	if slices.Contains(d.By, BySex) || slices.Contains(d.By, ByStatus) {
		for i, u := range units {
			p, err := s.person(tx, u.Household)
			if err != nil {
				return nil, err
			}
			p = distribution.Seen(distribution.ViewFrame, role, p)
			labels[i][BySex], labels[i][ByStatus] = p.Sex, p.Status
		}
	}
	for i := range units {
		var parts []string
		for _, by := range d.By {
			label := labels[i][by]
			if label == "" {
				label = "none"
			}
			parts = append(parts, string(by)+"="+label)
		}
		units[i].Stratum = strings.Join(parts, " ")
	}
	kept := units[:0]
	for i, u := range units {
		if theirs[i] {
			kept = append(kept, u)
		}
	}
	units = kept
	return units, nil
}

// person decrypts a household's person; nobody where it was erased.
func (s *service) person(tx Tx, id distribution.BeneficiaryID) (distribution.Person, error) {
	b, err := tx.Beneficiary(id)
	if err != nil {
		return distribution.Person{}, err
	}
	p, err := s.sealer.Person(tx, b)
	if errors.Is(err, distribution.ErrForgotten) {
		return distribution.Person{}, nil
	}
	return p, err
}

// DrawSample is documented at Service.
func (s *service) DrawSample(ctx context.Context, cmd DrawSample) (Sample, error) {
	return once(ctx, s, MethodDrawSample, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Sample, error) {
		m, err := sampleOf(tx, cmd.By, cmd.Sample)
		switch {
		case err != nil:
			return Sample{}, err
		case m.State() != "frozen":
			return Sample{}, ErrSampleState.At("sample", "it is %s", m.State())
		case len(cmd.Nonce) != nonceBytes || sha256.Sum256(cmd.Nonce) != m.Commitment:
			return Sample{}, ErrNonce
		}
		signed, err := tx.Checkpoint()
		if errors.Is(err, ledger.ErrNotFound) || err == nil && signed.Size <= m.FrameEntry {
			return Sample{}, ErrCheckpoint
		}
		if err != nil {
			return Sample{}, err
		}
		root, err := ledger.Root(tx, m.FrameEntry+1)
		if err != nil {
			return Sample{}, err
		}
		units, err := tx.Frame(m.ID)
		if err != nil {
			return Sample{}, err
		}
		m.Root, m.Nonce, m.DrawnBy, m.Drawn = root, cmd.Nonce, cmd.By.Pseudonym, tx.Now()
		picks, strata := m.Design.draw(units, seedOf(m.Root, m.Nonce))
		m.Strata = strata
		size := 0
		for _, x := range strata {
			size += x.Size
		}
		e, err := ledger.Decide(tx, actor, m.Round, "sample-drawn", m.ID, map[string]string{"nonce": hex.EncodeToString(m.Nonce),
			"root": root.String(), "size": strconv.FormatUint(m.FrameEntry+1, 10), "sample": strconv.Itoa(size),
			"replacements": strconv.Itoa(len(picks) - size), "list": listDigest(picks)})
		if err != nil {
			return Sample{}, err
		}
		m.DrawEntry = e.Seq
		for _, p := range picks {
			if err := tx.PutPick(m.ID, p); err != nil {
				return Sample{}, err
			}
		}
		return m, tx.PutSample(m)
	})
}

// Samples is documented at Service.
func (s *service) Samples(ctx context.Context, q distribution.Query) ([]Sample, error) {
	return read(ctx, s, MethodSamples, q.By, func(tx Tx) ([]Sample, error) {
		var all []Sample
		for m, err := range tx.Samples(q.By.Programme) {
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
		return all, nil
	})
}

// Frame is documented at Service.
func (s *service) Frame(ctx context.Context, q SampleByID) ([]byte, error) {
	return read(ctx, s, MethodFrame, q.By, func(tx Tx) ([]byte, error) {
		m, err := sampleOf(tx, q.By, q.ID)
		if err != nil {
			return nil, err
		}
		if m.Frozen.IsZero() {
			return nil, ErrSampleState.At("sample", "it is %s", m.State())
		}
		units, err := tx.Frame(m.ID)
		return frameText(units), err
	})
}

// leaf is what is read of a journal's leaf.
type leaf struct {
	Facts map[string]string `json:"facts"`
	Kind  string            `json:"kind"`
	Ref   string            `json:"ref"`
}

// Redraw draws a sample again from the journal's leaves, one on each line, and
// the frame's text alone, and believes nothing else. It returns who was drawn,
// or ErrRedraw with what differs: the commitment, the frame, the root or the list.
func Redraw(leaves io.Reader, frame []byte, sample string) ([]Pick, error) {
	var hashes hashList
	var commitment, list, size, root string
	var frozen map[string]string
	var picks []Pick
	var at [32]byte
	scan := bufio.NewScanner(leaves)
	scan.Buffer(nil, 2<<20)
	for n := int64(0); scan.Scan(); n++ {
		stored, err := tlog.StoredHashes(n, scan.Bytes(), hashes)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, stored...)
		if !bytes.Contains(scan.Bytes(), []byte(sample)) {
			continue
		}
		var l leaf
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil || l.Ref != sample {
			continue
		}
		switch l.Facts["what"] {
		case "sample-commitment":
			commitment = l.Facts["commitment"]
		case "sample-frame":
			if commitment == "" {
				return nil, ErrRedraw.At("commitment", "none precedes the frame")
			}
			if at, err = tlog.TreeHash(n+1, hashes); err != nil {
				return nil, err
			}
			frozen, size = l.Facts, strconv.FormatInt(n+1, 10)
		case "sample-drawn":
			if picks, err = redraw(frozen, commitment, at, frame, l.Facts); err != nil {
				return nil, err
			}
			list, root = l.Facts["list"], l.Facts["root"]
			if l.Facts["size"] != size || root != tlog.Hash(at).String() {
				return nil, ErrRedraw.At("root", "it is %s at %s entries", tlog.Hash(at), size)
			}
		}
	}
	switch {
	case scan.Err() != nil:
		return nil, scan.Err()
	case list == "":
		return nil, ErrRedraw.At("sample", "no draw of it is in the journal")
	case listDigest(picks) != list:
		return nil, ErrRedraw.At("list", "it is %s", listDigest(picks))
	}
	return picks, nil
}

func redraw(frozen map[string]string, commitment string, root [32]byte, frame []byte, drawn map[string]string) ([]Pick, error) {
	if sum := sha256.Sum256(frame); frozen["frame"] != hex.EncodeToString(sum[:]) {
		return nil, ErrRedraw.At("frame", "it is not the one that was fixed before")
	}
	nonce, err := hex.DecodeString(drawn["nonce"])
	if sum := sha256.Sum256(nonce); err != nil || hex.EncodeToString(sum[:]) != commitment {
		return nil, ErrRedraw.At("nonce", "it is not the one that was committed to")
	}
	d, err := designOf(frozen)
	if err != nil {
		return nil, err
	}
	units, err := parseFrame(frame)
	if err != nil {
		return nil, err
	}
	picks, _ := d.draw(units, seedOf(root, nonce))
	return picks, nil
}

// hashList is a log's stored hashes in memory.
type hashList []tlog.Hash

// ReadHashes implements tlog.HashReader.
func (h hashList) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		if n >= int64(len(h)) {
			return nil, ErrRedraw.At("leaves", "there are too few")
		}
		out[i] = h[n]
	}
	return out, nil
}

// CardsOf returns the cards of a household in a round, for who asks what became
// of them.
func CardsOf(tx Tx, round string, household distribution.BeneficiaryID) ([]voucher.Voucher, error) {
	var out []voucher.Voucher
	for v, err := range tx.VouchersOf(string(household)) {
		if err != nil {
			return nil, err
		}
		if v.Round == round {
			out = append(out, v)
		}
	}
	return out, nil
}
