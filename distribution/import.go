package distribution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/ledger"
)

const (
	// importChunk is how many rows one transaction takes.
	importChunk = 500
	// reportMax bounds the refused rows and the warnings of one report; the
	// rest is counted.
	reportMax = 10_000
)

// ImportList reads a list of households from a file of Size bytes.
type ImportList struct {
	By       access.Actor   `json:"-"`
	Key      string         `json:"-"` // not needed for a dry run
	File     io.ReaderAt    `json:"-"`
	Size     int64          `json:"-"`
	Options  intake.Options `json:"-"`
	Edition  string         // of the list's p-codes; without one they are not believed
	DryRun   bool           // report what would happen and change nothing
	Progress func(rows int) `json:"-"` // may be nil
}

// importer is one reading of one list.
type importer struct {
	s        *service
	cmd      ImportList
	actor    ledger.Actor
	record   Import
	known    bool // the record is stored
	points   pointIndex
	resolver resolver
	seen     map[[16]byte]int // rows so far that share a match
	pending  []importRow
	report   ImportReport
}

// importRow is a row on its way to the store, with all that does not depend
// on it.
type importRow struct {
	row     int
	person  Person
	match   [16]byte
	content [32]byte
	traits  []trait
}

// ImportList is documented at Service.
func (s *service) ImportList(ctx context.Context, cmd ImportList) (ImportReport, error) {
	im, err := s.beginImport(ctx, cmd)
	if err != nil {
		return ImportReport{}, err
	}
	if !cmd.DryRun {
		// The first pass only finds out whether the whole list can be read.
		nothing := func(intake.Record) error { return nil }
		options := im.cmd.Options
		options.Progress = nil
		if _, err := intake.Read(ctx, cmd.File, cmd.Size, options, nothing, func(intake.Refused) error { return nil }); err != nil {
			return ImportReport{}, fmt.Errorf("check the list: %w", err)
		}
	}
	im.report.Summary, err = intake.Read(ctx, cmd.File, cmd.Size, im.cmd.Options,
		func(r intake.Record) error { return im.take(ctx, r) },
		func(r intake.Refused) error { im.refuse(r); return nil })
	if err != nil {
		return ImportReport{}, fmt.Errorf("import: %w", err)
	}
	if err := im.flush(ctx); err != nil {
		return ImportReport{}, fmt.Errorf("import: %w", err)
	}
	return im.finish(ctx)
}

func (s *service) beginImport(ctx context.Context, cmd ImportList) (*importer, error) {
	im := &importer{s: s, cmd: cmd, seen: map[[16]byte]int{}}
	var err error
	if im.actor, err = acting(cmd.By, MethodImportList); err != nil {
		return nil, err
	}
	if !cmd.DryRun && cmd.Key == "" {
		return nil, ledger.ErrKeyMissing
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(cmd.File, 0, cmd.Size)); err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	sum := [32]byte(h.Sum(nil))
	im.report.File, im.report.DryRun = hex.EncodeToString(sum[:]), cmd.DryRun
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := tx.Programme(cmd.By.Programme); err != nil {
			return err
		}
		im.record = Import{ID: hex.EncodeToString(sum[:8]), Programme: cmd.By.Programme, File: sum, By: cmd.By.ID, Started: tx.Now()}
		im.report.Import = im.record.ID
		was, err := tx.Import(cmd.By.Programme, im.record.ID)
		switch {
		case err == nil:
			im.record, im.known = was, true
		case !errors.Is(err, ErrNotFound):
			return err
		}
		if im.cmd.Options.Today.IsZero() {
			// The day of the first reading: ages must not move with the second.
			im.cmd.Options.Today = im.record.Started
		}
		if im.points, err = indexPoints(tx, cmd.By.Programme); err != nil {
			return err
		}
		im.resolver, err = newResolver(tx, cmd.By.Programme)
		return err
	})
	im.cmd.Options.Progress = cmd.Progress
	return im, err
}

func (im *importer) refuse(r intake.Refused) {
	if len(im.report.Refused) < reportMax {
		im.report.Refused = append(im.report.Refused, r)
		return
	}
	im.report.RefusedMore++
}

// take keeps a record for the next transaction.
func (im *importer) take(ctx context.Context, r intake.Record) error {
	if r.Consent == "no" {
		im.refuse(intake.Refused{Row: r.Row, Column: "consent", Value: "no",
			Reason: "the household did not agree to be registered", Raison: "le ménage n'a pas consenti à être enregistré"})
		im.report.NoConsent++
		return nil
	}
	p := personFrom(r)
	p.PlaceEdition = im.cmd.Edition
	sealer, programme := im.s.cfg.Sealer, im.cmd.By.Programme
	row := importRow{row: r.Row, person: p, traits: sealer.traits(programme, p)}
	label, value, unique := p.recognisedBy()
	row.match = sealer.blinded(programme, label, value)
	if !unique {
		// Rows that nothing tells apart are as many households, in their order.
		n := im.seen[row.match]
		im.seen[row.match]++
		if n > 0 {
			row.match = sealer.blinded(programme, label, value+"/"+strconv.Itoa(n))
		}
	}
	var err error
	if row.content, err = sealer.contentOf(p); err != nil {
		return err
	}
	im.warnPlace(row)
	if im.pending = append(im.pending, row); len(im.pending) < importChunk {
		return nil
	}
	return im.flush(ctx)
}

// warnPlace notes a village that the loaded place list does not have, or has
// several times. The row is kept.
func (im *importer) warnPlace(row importRow) {
	if im.resolver.list == nil || row.person.Village == "" {
		return
	}
	if len(im.report.Warnings) >= reportMax {
		im.report.WarningsMore++
		return
	}
	at := im.resolver.find(row.person)
	if at.problem == nil {
		return
	}
	im.report.Warnings = append(im.report.Warnings, RowWarning{Row: row.row, Code: at.problem.Code,
		Value: row.person.Village, Text: at.problem.EN, Texte: at.problem.FR, Candidates: at.candidates})
}

// counts is what one transaction did.
type counts struct{ fresh, changed, same, duplicates int }

// flush brings the pending rows to the store in one transaction.
func (im *importer) flush(ctx context.Context) error {
	if len(im.pending) == 0 {
		return nil
	}
	var n counts
	err := im.run(ctx, func(tx Tx) error {
		n = counts{}
		for _, row := range im.pending {
			if err := im.put(tx, row, &n); err != nil {
				return fmt.Errorf("row %d: %w", row.row, err)
			}
		}
		if n.fresh+n.changed == 0 || im.cmd.DryRun {
			return nil
		}
		// From here to the end of the import the list is half read.
		open := im.record
		open.Done = false
		return tx.PutImport(open)
	})
	if err != nil {
		return err
	}
	im.report.New += n.fresh
	im.report.Changed += n.changed
	im.report.Same += n.same
	im.report.Duplicates += n.duplicates
	if n.fresh+n.changed > 0 {
		im.record.Done = false
	}
	im.pending = im.pending[:0]
	return nil
}

func (im *importer) run(ctx context.Context, fn func(Tx) error) error {
	if im.cmd.DryRun {
		return im.s.store.View(ctx, fn)
	}
	return im.s.store.Update(ctx, fn)
}

// put stores one row: a household that is new, changed, or the same as before.
func (im *importer) put(tx Tx, row importRow, n *counts) error {
	b, err := recognised(tx, im.cmd.By.Programme, row.match)
	fresh := errors.Is(err, ErrNotFound)
	switch {
	case err != nil && !fresh:
		return err
	case !fresh && b.Content == row.content:
		n.same++
		return nil
	case fresh:
		n.fresh++
	default:
		n.changed++
	}
	if im.cmd.DryRun {
		return nil
	}
	if fresh {
		b = Beneficiary{Programme: im.cmd.By.Programme, Match: row.match, Created: tx.Now()}
		if b.ID, err = tx.NextBeneficiary(); err != nil {
			return err
		}
		if err := tx.PutBlind(b.Programme, row.match, b.ID); err != nil {
			return err
		}
	} else if err := im.s.unfile(tx, b); err != nil {
		return err
	}
	b.Import, b.Row, b.Content, b.Changed = im.record.ID, row.row, row.content, tx.Now()
	if at := im.points.of(row.person); at != "" {
		b.Point = at
	}
	sealed, wrapped, err := im.s.cfg.Sealer.seal(b.ID, row.person)
	if err != nil {
		return err
	}
	b.Sealed = sealed
	if err := errors.Join(tx.PutBeneficiary(b), tx.PutWrappedKey(b.ID, wrapped)); err != nil {
		return err
	}
	found, err := file(tx, b, row.traits)
	n.duplicates += found
	return err
}

// recognised returns the household that a list recognises by the match.
func recognised(tx Tx, programme string, match [16]byte) (Beneficiary, error) {
	for id, err := range tx.Blind(programme, match) {
		if err != nil {
			return Beneficiary{}, err
		}
		return tx.Beneficiary(id)
	}
	return Beneficiary{}, ErrNotFound
}

// unfile takes a household out from under what it was filed under.
func (s *service) unfile(tx Tx, b Beneficiary) error {
	p, err := s.cfg.Sealer.personOf(tx, b)
	if err != nil {
		return err
	}
	for _, t := range s.cfg.Sealer.traits(b.Programme, p) {
		if err := tx.DeleteBlind(b.Programme, t.digest, b.ID); err != nil {
			return err
		}
	}
	return nil
}

// finish journals the import. Where nothing changed since it was done before,
// nothing changes now either, except that the key is answered.
func (im *importer) finish(ctx context.Context) (ImportReport, error) {
	im.report.Summary.Records -= im.report.NoConsent
	im.report.Summary.Refused += im.report.NoConsent
	if im.cmd.DryRun {
		return im.report, nil
	}
	now := ImportCounts{New: im.report.New, Changed: im.report.Changed, Same: im.report.Same, Refused: im.report.Summary.Refused}
	content := struct {
		File, Sheet, Country, Edition string
		Mapping                       map[string]intake.Field
	}{im.report.File, im.cmd.Options.Sheet, im.cmd.Options.DefaultCountry, im.cmd.Edition, im.cmd.Options.Mapping}
	first, err := once(ctx, im.s, MethodImportList, im.cmd.By, im.cmd.Key, content, func(tx Tx, actor ledger.Actor) (ImportCounts, error) {
		if im.known && im.record.Done {
			return now, nil
		}
		r := im.record
		r.Done, r.Counts = true, now
		_, err := ledger.Decide(tx, actor, "", "import-list", r.ID, map[string]string{"file": im.report.File,
			"new": number(now.New), "changed": number(now.Changed), "same": number(now.Same), "refused": number(now.Refused)})
		return now, errors.Join(err, tx.PutImport(r))
	})
	im.report.New, im.report.Changed, im.report.Same = first.New, first.Changed, first.Same
	return im.report, err
}

func number(n int) string { return strconv.Itoa(n) }

// AbandonImport takes what an interrupted import has read for the whole, for a
// file that is lost or was corrected.
type AbandonImport struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Import string
}

// AbandonImport is documented at Service.
func (s *service) AbandonImport(ctx context.Context, cmd AbandonImport) (Import, error) {
	return once(ctx, s, MethodAbandonImport, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Import, error) {
		im, err := tx.Import(cmd.By.Programme, cmd.Import)
		if err != nil || im.Done {
			return im, err
		}
		im.Done = true
		_, err = ledger.Decide(tx, actor, "", "abandon-import", im.ID, map[string]string{"file": hex.EncodeToString(im.File[:])})
		return im, errors.Join(err, tx.PutImport(im))
	})
}

// Imports is documented at Service.
func (s *service) Imports(ctx context.Context, q Query) ([]Import, error) {
	return read(ctx, s, MethodImports, q.By, func(tx Tx) ([]Import, error) {
		return collect(tx.Imports(q.By.Programme))
	})
}

// unfinished returns ErrImportOpen where an import of the programme was
// interrupted.
func unfinished(tx Tx, programme string) error {
	for im, err := range tx.Imports(programme) {
		if err != nil {
			return err
		}
		if !im.Done {
			return ErrImportOpen.At("import", "%s", im.ID)
		}
	}
	return nil
}
