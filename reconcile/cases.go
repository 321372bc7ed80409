package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
)

const (
	findingsMax = 100   // of one case
	heldMax     = 5_000 // redemptions that one case freezes; the rest is for another
	noteMax     = 500   // bytes
)

// OpenCase is the command to open a case on findings of a report, or to add
// them to the open case about the same thing.
type OpenCase struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Vendor   vendors.ID
	Round    string
	Findings []string // ids, 1 to 100
	Note     string   // at most 500 bytes; no personal data
}

// OpenCase is documented at Service.
func (s *service) OpenCase(ctx context.Context, cmd OpenCase) (Case, error) {
	if err := errors.Join(checkNote(cmd.Note), cmd.check()); err != nil {
		return Case{}, err
	}
	// Detectors compare vendors, so they read the whole round: not inside of the
	// one writer. A finding is of the journal of that moment.
	look := func(tx Tx) (found, error) { return s.findings(tx, cmd.By.Programme, cmd.Round) }
	return prepared(ctx, s, MethodOpenCase, cmd.By, cmd.Key, cmd, look, func(tx Tx, as ledger.Actor, all found) (Case, error) {
		var chosen []Finding
		for _, id := range cmd.Findings {
			i := slices.IndexFunc(all.list, func(f Finding) bool { return f.ID == id && f.Vendor == cmd.Vendor && f.Round == cmd.Round })
			if i < 0 {
				return Case{}, ErrNotFound.At("findings", "%s is no finding about this trader and round", id)
			}
			chosen = append(chosen, all.list[i])
		}
		about := subjectOf(chosen[0])
		for _, f := range chosen[1:] {
			if subjectOf(f) != about {
				about = ""
			}
		}
		b, err := bundlesOf(tx, cmd.By.Programme)
		if err != nil {
			return Case{}, err
		}
		return b.file(&desk{tx: tx, by: cmd.By, as: as}, topic{cmd.Vendor, cmd.Round, about}, chosen, caseID(cmd.By, cmd.Key, ""), cmd.Note)
	})
}

// findings runs the detectors over one round, and asks which findings are about
// no trader alone.
func (s *service) findings(tx Tx, programme, round string) (found, error) {
	f, err := load(tx, scope{programme: programme, round: round, records: true})
	if err != nil {
		return found{}, err
	}
	out, signals := found{about: map[string]Subject{}}, map[string][]string{}
	out.list = findWith(f, match(f), s.limits, nil, func(x Finding, d detect.Finding) { signals[x.ID] = append(slices.Clone(d.Signals), d.Detector) })
	for _, x := range out.list {
		about, err := s.ring(tx, x, signals[x.ID])
		if err != nil {
			return found{}, err
		}
		if about != "" {
			out.about[x.ID] = about
		}
	}
	return out, nil
}

func (cmd OpenCase) check() error {
	if len(cmd.Findings) < 1 || len(cmd.Findings) > findingsMax || cmd.Round == "" || cmd.Vendor == "" {
		return ErrCase.At("findings", "1 to %d findings about one trader in one round", findingsMax)
	}
	if sorted := slices.Sorted(slices.Values(cmd.Findings)); len(slices.Compact(sorted)) != len(cmd.Findings) {
		return ErrCase.At("findings", "one is given twice")
	}
	return nil
}

func checkNote(note string) error {
	ok := len(note) <= noteMax && utf8.ValidString(note)
	for _, r := range note {
		ok = ok && !unicode.IsControl(r)
	}
	if !ok {
		return ErrCase.At("note", "at most %d bytes of text on one line", noteMax)
	}
	return nil
}

// caseID derives the id from the key of the command that opens the case, and
// what it is about where the command opens several.
func caseID(by access.Actor, key, about string) string {
	text := by.Programme + "\x00" + by.ID + "\x00" + key
	if about != "" {
		text += "\x00" + about
	}
	sum := sha256.Sum256([]byte(text))
	return "k" + hex.EncodeToString(sum[:8])
}
