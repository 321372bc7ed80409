package reconcile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// earlierMax bounds the report that a later one is compared with, in bytes.
const earlierMax = 2 << 30

// ErrEarlier says that a report is not an earlier one of the same thing.
var ErrEarlier = fault.New(fault.Invalid, "report_not_earlier",
	"This is not an earlier report of the same round, made from this journal.",
	"Ce n'est pas un rapport antérieur du même cycle, établi d'après ce journal.")

// Changes says what differs between two reports of one round: exactly the lines
// and totals that something happened to, and nothing else.
type Changes struct {
	Programme string         `json:"programme"`
	Round     string         `json:"round"`
	From      checkpointJSON `json:"from"`
	To        checkpointJSON `json:"to"`
	Lines     []Change       `json:"lines"`
	Totals    []Change       `json:"totals"`
}

// Change is one line or total as it was and as it is; one of them is missing
// where it came or went.
type Change struct {
	Of     string          `json:"of"` // "claim:<id>/<line>", "entry:<seq>" of a redemption in no claim, or vendor and round
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// earlier is what is read of a report in JSON.
type earlier struct {
	Programme  string            `json:"programme"`
	Round      string            `json:"round"`
	Matches    []json.RawMessage `json:"matches"`
	Exceptions []json.RawMessage `json:"exceptions"`
	Totals     []json.RawMessage `json:"totals"`
	Checkpoint checkpointJSON    `json:"checkpoint"`
}

// Since compares a report with an earlier one, as WriteJSON wrote it. It
// returns ErrEarlier for one of another round or journal; tx must be of the
// journal that now was made from, or a later state of it.
func Since(tx ledger.Tx, was io.Reader, now Report) (Changes, error) {
	var old, is earlier
	if err := json.NewDecoder(io.LimitReader(was, earlierMax)).Decode(&old); err != nil {
		return Changes{}, ErrEarlier.At("report", "%v", err)
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, now); err != nil {
		return Changes{}, err
	}
	if err := json.Unmarshal(b.Bytes(), &is); err != nil {
		return Changes{}, err
	}
	if old.Programme != is.Programme || old.Round != is.Round {
		return Changes{}, ErrEarlier.At("report", "it is of %s, %s", old.Programme, old.Round)
	}
	size, err := strconv.ParseUint(old.Checkpoint.Size, 10, 64)
	if err != nil || size > now.Size {
		return Changes{}, ErrEarlier.At("checkpoint", "size %q, the journal has %d entries", old.Checkpoint.Size, now.Size)
	}
	if size > 0 {
		root, err := ledger.Root(tx, size)
		if err != nil {
			return Changes{}, err
		}
		if root.String() != old.Checkpoint.Root {
			return Changes{}, ErrEarlier.At("checkpoint", "this journal had another root at size %d", size)
		}
	}
	out := Changes{Programme: is.Programme, Round: is.Round, From: old.Checkpoint, To: is.Checkpoint}
	if out.Lines, err = changed(append(old.Matches, old.Exceptions...), append(is.Matches, is.Exceptions...), lineKey); err != nil {
		return Changes{}, err
	}
	out.Totals, err = changed(old.Totals, is.Totals, totalName)
	return out, err
}

// lineKey names a line: that of a claim, or else its redemption.
func lineKey(raw json.RawMessage) (string, error) {
	var l struct {
		Claim vendors.ClaimID `json:"claim"`
		Line  int             `json:"line"`
		Entry string          `json:"entry"`
	}
	err := json.Unmarshal(raw, &l)
	if l.Claim != "" {
		return claimRef(l.Claim, l.Line), err
	}
	return "entry:" + l.Entry, err
}

func totalName(raw json.RawMessage) (string, error) {
	var t struct{ Vendor, Round string }
	err := json.Unmarshal(raw, &t)
	return t.Vendor + ", " + t.Round, err
}

// changed returns what is not the same in both, in the order of now and then
// what is no longer there.
func changed(was, is []json.RawMessage, name func(json.RawMessage) (string, error)) ([]Change, error) {
	before := map[string]json.RawMessage{}
	var order []string
	for _, raw := range was {
		k, err := name(raw)
		if err != nil {
			return nil, ErrEarlier.At("report", "%v", err)
		}
		before[k] = raw
		order = append(order, k)
	}
	out := []Change{}
	for _, raw := range is {
		k, err := name(raw)
		if err != nil {
			return nil, err
		}
		if old, ok := before[k]; !ok || !bytes.Equal(old, raw) {
			out = append(out, Change{k, old, raw})
		}
		delete(before, k)
	}
	for _, k := range order {
		if old, ok := before[k]; ok {
			out = append(out, Change{k, old, nil})
		}
	}
	return out, nil
}

// WriteChanges writes what changed for a person to read, in "fr" or else
// English.
func WriteChanges(w io.Writer, c Changes, lang string) error {
	say := func(en, fr string, args ...any) error {
		_, err := fmt.Fprintf(w, word{en, fr}.in(lang)+"\n", args...)
		return err
	}
	err := say("Since entry %s (root %s), to %s (root %s): %d lines and %d totals changed",
		"Depuis l'écriture %s (racine %s), jusqu'à %s (racine %s) : %d lignes et %d totaux ont changé",
		c.From.Size, c.From.Root, c.To.Size, c.To.Root, len(c.Lines), len(c.Totals))
	for _, l := range c.Lines {
		if err == nil {
			err = say("  %s: %s -> %s", "  %s : %s -> %s", l.Of, classOf(l.Before, lang), classOf(l.After, lang))
		}
	}
	for _, t := range c.Totals {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %s\n    - %s\n    + %s\n", t.Of, t.Before, t.After)
		}
	}
	return err
}

// classOf says in words what a line is, "–" for one that is not there.
func classOf(raw json.RawMessage, lang string) string {
	var l struct{ Exception string }
	if len(raw) == 0 || json.Unmarshal(raw, &l) != nil {
		return "–"
	}
	if l.Exception == "" {
		l.Exception = classMatched
	}
	return classes[l.Exception].in(lang)
}
