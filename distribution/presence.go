package distribution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// ErrPresence refuses what would make lists of other organisations useless.
var ErrPresence = fault.New(fault.Conflict, "presence_refused",
	"The list of other organisations' work cannot be kept.",
	"La liste du travail des autres organisations ne peut être gardée.")

// PresenceList is a list of where other organisations work, as it was imported.
// Lots are compared with its rows, which no route hands out.
type PresenceList struct {
	ID        string
	Programme string
	Source    string   // as people call it, such as "OCHA 3W, mars 2026"
	File      [32]byte // SHA-256
	Edition   string   // of its p-codes
	From, To  time.Time
	Rows      int // that are compared
	Refused   int
	Other     int // rows of another kind of assistance, our own, or called off
	Withdrawn string
	By        string // staff id
	At        time.Time
}

// presenceListsMax bounds the lists of a programme, the withdrawn included.
const presenceListsMax = 500

// ImportPresence reads a 3W, 4W or 5W list, or the planning table of a food
// security agency, from a file of Size bytes.
type ImportPresence struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"` // not needed for a dry run
	File     io.ReaderAt  `json:"-"`
	Size     int64        `json:"-"`
	Source   string       // 1 to 120 letters
	Sheet    string
	Edition  string    // of its p-codes; without one they are not believed
	From, To time.Time // of rows without a period; zero: they are refused
	Own      []string  // names of our organisation; the issuer's is one anyway
	DryRun   bool
}

// PresenceReport says what became of a list.
type PresenceReport struct {
	List        PresenceList
	DryRun      bool
	Summary     presence.Summary
	Remarks     []presence.Remark // at most 10,000
	RemarksMore int
}

const (
	ownMax       = 20
	presencePage = 1000 // rows that one transaction stores
)

// ImportPresence is documented at Service.
func (s *service) ImportPresence(ctx context.Context, cmd ImportPresence) (PresenceReport, error) {
	if _, err := acting(cmd.By, MethodImportPresence); err != nil {
		return PresenceReport{}, err
	}
	if !cmd.DryRun && cmd.Key == "" {
		return PresenceReport{}, ledger.ErrKeyMissing
	}
	if err := cmd.check(); err != nil {
		return PresenceReport{}, err
	}
	l, err := cmd.list()
	if err != nil {
		return PresenceReport{}, err
	}
	p := PresenceReport{List: l, DryRun: cmd.DryRun, Remarks: []presence.Remark{}}
	rows, err := s.readPresence(ctx, cmd, &p)
	if err != nil {
		return PresenceReport{}, fmt.Errorf("import a list of other organisations: %w", err)
	}
	if cmd.DryRun {
		return p, nil
	}
	// Rows first: until the list itself is there, nothing reads them, and a second
	// import writes the same.
	for chunk := range slices.Chunk(rows, presencePage) {
		if err := s.store.Update(ctx, func(tx Tx) error { return tx.PutPresenceRows(l.Programme, l.ID, chunk) }); err != nil {
			return PresenceReport{}, err
		}
	}
	content := struct{ List string }{l.ID}
	p.List, err = once(ctx, s, MethodImportPresence, cmd.By, cmd.Key, content, func(tx Tx, actor ledger.Actor) (PresenceList, error) {
		return p.List.keep(tx, actor)
	})
	return p, err
}

// keep stores the list and journals it, unless it is there already.
func (l PresenceList) keep(tx Tx, actor ledger.Actor) (PresenceList, error) {
	was, err := tx.PresenceList(l.Programme, l.ID)
	if err == nil && was.Withdrawn == "" {
		return was, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return l, err
	}
	before, err := collect(tx.PresenceLists(l.Programme))
	if err != nil {
		return l, err
	}
	if len(before) >= presenceListsMax {
		return l, ErrPresence.At("lists", "at most %d", presenceListsMax)
	}
	l.At = tx.Now()
	_, err = ledger.Decide(tx, actor, "", "import-presence", l.ID, map[string]string{"file": hex.EncodeToString(l.File[:]),
		"rows": number(l.Rows), "refused": number(l.Refused), "other": number(l.Other)})
	return l, errors.Join(err, tx.PutPresenceList(l))
}

func (c ImportPresence) check() error {
	if err := checkText("source", c.Source, 1); err != nil {
		return err
	}
	if c.Edition != "" {
		if err := checkCode("edition", c.Edition, idMax); err != nil {
			return err
		}
	}
	if c.From.IsZero() != c.To.IsZero() || !c.From.IsZero() && !c.To.After(c.From) {
		return ErrCommand.At("from", "a first and a last day")
	}
	if len(c.Own) > ownMax {
		return ErrCommand.At("own", "at most %d", ownMax)
	}
	for i, name := range c.Own {
		if err := checkText(where("own", i), name, 1); err != nil {
			return err
		}
	}
	return nil
}

// list is the record of the list: the same file read in the same way is the same.
func (c ImportPresence) list() (PresenceList, error) {
	file := sha256.New()
	if _, err := io.Copy(file, io.NewSectionReader(c.File, 0, c.Size)); err != nil {
		return PresenceList{}, fmt.Errorf("read the list: %w", err)
	}
	l := PresenceList{Programme: c.By.Programme, Source: c.Source, File: [32]byte(file.Sum(nil)), Edition: c.Edition, By: c.By.ID}
	id := sha256.New()
	fmt.Fprintf(id, "%x %q %q %q %s %s %q", l.File, c.Source, c.Sheet, c.Edition, stamp(c.From), stamp(c.To), c.Own)
	l.ID = hex.EncodeToString(id.Sum(nil)[:8])
	return l, nil
}

// readPresence reads the rows, and says of each place that cannot be found that
// only its names will be compared.
func (s *service) readPresence(ctx context.Context, cmd ImportPresence, p *PresenceReport) ([]presence.Row, error) {
	var known resolver
	err := s.store.View(ctx, func(tx Tx) (err error) {
		if _, err = tx.Programme(cmd.By.Programme); err == nil {
			known, err = newResolver(tx, cmd.By.Programme)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	remark := func(m presence.Remark) error {
		if len(p.Remarks) < reportMax {
			p.Remarks = append(p.Remarks, m)
		} else {
			p.RemarksMore++
		}
		return nil
	}
	units := known.units()
	var rows []presence.Row
	opt := presence.Options{Sheet: cmd.Sheet, From: cmd.From, To: cmd.To, Own: append(slices.Clone(cmd.Own), s.cfg.Issuer)}
	p.Summary, err = presence.Read(ctx, cmd.File, cmd.Size, opt, func(r presence.Row) error {
		rows = append(rows, r)
		if p.List.From.IsZero() || r.From.Before(p.List.From) {
			p.List.From = r.From
		}
		if r.To.After(p.List.To) {
			p.List.To = r.To
		}
		if why := known.doubt(r, cmd.Edition, units); why != nil {
			return remark(presence.Remark{Row: r.N, Value: deepest(r), Reason: why.EN + " Only its names are compared.",
				Raison: why.FR + " Seuls ses noms sont comparés."})
		}
		return nil
	}, remark)
	p.List.Rows, p.List.Refused = p.Summary.Kept, p.Summary.Refused
	p.List.Other = p.Summary.Other + p.Summary.Own + p.Summary.Ended
	return rows, err
}

// units are the keys of the communes and cercles that the place list knows; a list
// of settlements has no rows of their own for them.
func (r resolver) units() map[string]bool {
	all := map[string]bool{}
	if r.list != nil {
		for p := range r.list.All() {
			all["commune/"+r.list.Key(p.Commune)], all["cercle/"+r.list.Key(p.Cercle)] = true, true
		}
	}
	return all
}

// doubt says why the row's place is not in the place list; nil where it is, or where
// there is no list.
func (r resolver) doubt(row presence.Row, edition string, units map[string]bool) *fault.Error {
	switch {
	case r.list == nil,
		row.Village == "" && row.Commune != "" && units["commune/"+r.list.Key(row.Commune)],
		row.Village == "" && row.Commune == "" && units["cercle/"+r.list.Key(row.Cercle)]:
		return nil
	}
	return r.look(placeOf(row, edition)).problem
}

func placeOf(r presence.Row, edition string) places.Query {
	return places.Query{Edition: edition, Region: r.Region, Cercle: r.Cercle, Commune: r.Commune, Village: r.Village, Code: r.Code}
}

func deepest(r presence.Row) string {
	switch {
	case r.Village != "":
		return r.Village
	case r.Commune != "":
		return r.Commune
	}
	return r.Cercle
}

// PresenceLists is documented at Service.
func (s *service) PresenceLists(ctx context.Context, q Query) ([]PresenceList, error) {
	return read(ctx, s, MethodPresenceLists, q.By, func(tx Tx) ([]PresenceList, error) {
		return collect(tx.PresenceLists(q.By.Programme))
	})
}

// WithdrawPresence stops comparing lots with a list that was wrong or was
// replaced. What was prepared with it stays as it is until it is prepared again.
type WithdrawPresence struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	List   string
	Reason string // a code of at most 40 letters; it is journalled
}

// WithdrawPresence is documented at Service.
func (s *service) WithdrawPresence(ctx context.Context, cmd WithdrawPresence) (PresenceList, error) {
	return once(ctx, s, MethodWithdrawPresence, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (PresenceList, error) {
		if err := checkCode("reason", cmd.Reason, purposeMax); err != nil {
			return PresenceList{}, err
		}
		l, err := tx.PresenceList(cmd.By.Programme, cmd.List)
		if err != nil || l.Withdrawn != "" {
			return l, err
		}
		l.Withdrawn = cmd.Reason
		_, err = ledger.Decide(tx, actor, "", "withdraw-presence", l.ID, map[string]string{"reason": cmd.Reason})
		return l, errors.Join(err, tx.PutPresenceList(l))
	})
}
