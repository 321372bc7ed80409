package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

const (
	findingsMax = 100   // of one case
	heldMax     = 5_000 // redemptions that one case freezes; the rest is for another
	noteMax     = 500   // bytes
)

// OpenCase is the command to open a case on findings of a report.
type OpenCase struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Vendor   vendors.ID
	Round    string
	Findings []string // ids, 1 to 100
	Note     string   // at most 500 bytes; no personal data
}

// Decide is the command to freeze a case's money or to let it go.
type Decide struct {
	By   access.Actor `json:"-"`
	Key  string       `json:"-"`
	Case string
	Note string // at most 500 bytes; replaces the case's where it is not empty
}

// Uphold is the command to write a case's frozen money off.
type Uphold struct {
	Decide
	Digest [32]byte // of the case that the approver has looked at
}

// CaseByID asks for one case.
type CaseByID struct {
	By access.Actor
	ID string
}

// ListCases asks for at most Limit cases, 1 to 1000.
type ListCases struct {
	By    access.Actor
	After string
	Limit int
}

// CasePage is a part of the list of cases. Next is "" at its end.
type CasePage struct {
	Items []Case
	Next  string
}

// request is the content that an idempotency key stands for.
type request[C any] struct {
	Method  Method
	Command C
}

// once runs a command at most once for its key.
func once[C any](ctx context.Context, s *service, m Method, by access.Actor, key string, cmd C, fn func(Tx, ledger.Actor) (Case, error)) (Case, error) {
	as, err := acting(m, by)
	if err != nil {
		return Case{}, err
	}
	k := ledger.CommandKey{Actor: by.Programme + "/" + by.ID, Key: key}
	return ledger.Once(ctx, s.store.Update, k, request[C]{m, cmd}, func(tx Tx) (Case, error) { return fn(tx, as) })
}

// OpenCase is documented at Service.
func (s *service) OpenCase(ctx context.Context, cmd OpenCase) (Case, error) {
	if err := errors.Join(checkNote(cmd.Note), cmd.check()); err != nil {
		return Case{}, err
	}
	// Detectors compare vendors, so they read the whole round: not inside of the
	// one writer. A finding is of the journal of that moment.
	found, err := read(ctx, s, MethodOpenCase, cmd.By, func(tx Tx) ([]Finding, error) {
		f, err := load(tx, scope{programme: cmd.By.Programme, round: cmd.Round, records: true})
		if err != nil {
			return nil, err
		}
		return find(f, match(f), s.limits), nil
	})
	return once(ctx, s, MethodOpenCase, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Case, error) {
		if err != nil {
			return Case{}, err
		}
		c := Case{ID: caseID(cmd), Programme: cmd.By.Programme, Vendor: cmd.Vendor, Round: cmd.Round, State: CaseOpen,
			Value: money.Francs(0), Frozen: money.Francs(0), OpenedBy: cmd.By.ID, Note: cmd.Note, Opened: tx.Now()}
		for _, id := range cmd.Findings {
			i := slices.IndexFunc(found, func(f Finding) bool { return f.ID == id && f.Vendor == cmd.Vendor && f.Round == cmd.Round })
			if i < 0 {
				return Case{}, ErrNotFound.At("findings", "%s is no finding about this trader and round", id)
			}
			c.Findings = append(c.Findings, found[i])
			sum, err := c.Value.Add(found[i].Value)
			if err != nil {
				return Case{}, err
			}
			c.Value = sum
		}
		return c, c.decided(tx, as, "case-opened", nil)
	})
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

// caseID derives the id from the command's key, which is used once.
func caseID(cmd OpenCase) string {
	sum := sha256.Sum256([]byte(cmd.By.Programme + "\x00" + cmd.By.ID + "\x00" + cmd.Key))
	return "k" + hex.EncodeToString(sum[:8])
}

// decided journals what became of the case and stores it.
func (c Case) decided(tx Tx, as ledger.Actor, what string, facts map[string]string) error {
	all := map[string]string{"vendor": string(c.Vendor), "findings": strconv.Itoa(len(c.Findings)), "value": c.Value.Text(), "frozen": c.Frozen.Text()}
	for k, v := range facts {
		all[k] = v
	}
	_, err := ledger.Decide(tx, as, c.Round, what, c.ID, all)
	return errors.Join(err, tx.PutCase(c))
}

// digest is over exactly what a write-off reverses.
func (c Case) digest() ([32]byte, error) {
	b, err := json.Marshal(struct {
		Case, Vendor, Round string
		Money               []Held
	}{c.ID, string(c.Vendor), c.Round, c.Money})
	return sha256.Sum256(b), err
}

// ownCase returns the case if it is the actor's programme's and in a state.
func ownCase(tx Tx, id string, by access.Actor, states ...CaseState) (Case, error) {
	c, err := tx.Case(id)
	switch {
	case err != nil:
		return Case{}, err
	case c.Programme != by.Programme:
		return Case{}, ErrNotFound
	case len(states) > 0 && !slices.Contains(states, c.State):
		return Case{}, ErrCaseState.At("state", "it is %s", c.State)
	}
	return c, nil
}

// Case is documented at Service.
func (s *service) Case(ctx context.Context, q CaseByID) (Case, error) {
	return read(ctx, s, MethodCase, q.By, func(tx Tx) (Case, error) { return ownCase(tx, q.ID, q.By) })
}

// Cases is documented at Service.
func (s *service) Cases(ctx context.Context, q ListCases) (CasePage, error) {
	limit := min(max(q.Limit, 1), 1000)
	return read(ctx, s, MethodCases, q.By, func(tx Tx) (CasePage, error) {
		var p CasePage
		for c, err := range tx.Cases(q.By.Programme) {
			switch {
			case err != nil:
				return CasePage{}, err
			case c.ID <= q.After:
				continue
			case len(p.Items) == limit:
				p.Next = p.Items[limit-1].ID
				return p, nil
			}
			p.Items = append(p.Items, c)
		}
		return p, nil
	})
}
