package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/jate-cva/jate/internal/table"
)

// list is a list while it is read.
type list struct {
	opt   Options
	sheet *table.Sheet
	cols  columns
	fams  families
	sum   Summary
	seen  map[idHash]int // row of each external id
}

// idHash stands for an external id, so that a list of half a million does not
// keep them all in memory.
type idHash [16]byte

func errIsNoHeader(err error) bool { return errors.Is(err, table.ErrNoHeader) }

// openList finds the header, what its columns hold, and the members.
func openList(ctx context.Context, r io.ReaderAt, size int64, opt Options) (*list, error) {
	f, err := table.Open(r, size, table.Lists)
	if err != nil {
		return nil, err
	}
	sheet, err := f.Sheet(opt.Sheet, func(cells []string) int {
		c := understand(cells, opt.Mapping)
		return c.score()
	})
	if errIsNoHeader(err) {
		return nil, ErrNoHeader.At("header", "looked for a column of names (Nom, Nom et prénom, Prénom, fullName …) in the first 50 rows with text")
	}
	if err != nil {
		return nil, err
	}
	if err := checkMapping(sheet.Header.Cells, opt.Mapping); err != nil {
		return nil, err
	}
	l := &list{opt: opt, sheet: sheet, cols: understand(sheet.Header.Cells, opt.Mapping), seen: map[idHash]int{}}
	l.sum = Summary{Kind: l.cols.kind, Sheet: sheet.Name, Encoding: sheet.Encoding, HeaderRow: sheet.Header.N, Ignored: l.cols.ignored,
		Columns: map[string]Field{}}
	if sheet.Separator != 0 {
		l.sum.Separator = string(sheet.Separator)
	}
	for i, field := range l.cols.fields {
		if field != "" {
			l.sum.Columns[l.cols.titles[i]] = field
		}
	}
	if sheet.Name != "" && l.cols.has(Index) {
		fams, others, err := readFamilies(ctx, f, sheet.Name, opt)
		if err != nil {
			return nil, err
		}
		l.fams, l.sum.Ignored = fams, append(l.sum.Ignored, others...)
	}
	return l, nil
}

func (l *list) read(ctx context.Context, each func(Record) error, refuse func(Refused) error) error {
	for row, err := range l.sheet.Rows(ctx) {
		if err != nil {
			return err
		}
		switch row.Kind {
		case table.Blank:
			l.sum.Blank++
			continue
		case table.Total:
			l.sum.Totals++
			continue
		case table.Tags:
			l.sum.Tags++
			continue
		}
		l.sum.Rows++
		rec, bad := l.record(row)
		if bad != nil {
			l.sum.Refused++
			err = refuse(*bad)
		} else if err = rec.Validate(); err == nil {
			l.sum.Records++
			l.sum.Members += len(rec.Members)
			err = each(rec)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", row.N, err)
		}
		if l.opt.Progress != nil && l.sum.Rows%progressRows == 0 {
			l.opt.Progress(l.sum.Rows)
		}
	}
	if l.opt.Progress != nil {
		l.opt.Progress(l.sum.Rows)
	}
	return l.orphans(refuse)
}

// record makes a record of the row, or says why it is none.
func (l *list) record(row table.Row) (Record, *Refused) {
	b := builder{cols: &l.cols, row: row, opt: &l.opt, unknown: l.unknown}
	rec := b.record()
	// Members leave with their household even where it is refused: they are
	// no orphans.
	if s, _ := b.get(Index); s != "" {
		if index, ok := whole(s); ok {
			if bad := l.fams.take(index, &rec); bad != nil && b.refused == nil {
				b.refused = bad
			}
		}
	}
	if len(rec.Members) > 0 && rec.Size == 0 && !l.cols.has(Size) {
		rec.Size = sizeOf(rec.Members)
		if rec.Size > sizeMost {
			b.refuse(l.cols.first[Index], strconv.Itoa(rec.Size), whySize)
		}
	}
	if b.refused == nil {
		l.once(&b, rec)
	}
	return rec, b.refused
}

// once refuses a row with an external id that an earlier record has.
func (l *list) once(b *builder, rec Record) {
	hash := func(id ExternalID) idHash {
		h := sha256.Sum256([]byte(id.Scheme + "\x00" + id.Value))
		return idHash(h[:16])
	}
	for _, id := range rec.ExternalIDs {
		if first, ok := l.seen[hash(id)]; ok {
			b.refuse(l.cols.first[Field(idPrefix+id.Scheme)], id.Value, reason{
				fmt.Sprintf("row %d has the same id", first), fmt.Sprintf("la ligne %d porte le même identifiant", first)})
			return
		}
	}
	for _, id := range rec.ExternalIDs {
		l.seen[hash(id)] = rec.Row
	}
}

// orphans refuses the members left without a household, one for each family.
func (l *list) orphans(refuse func(Refused) error) error {
	var left []Refused
	for index, fam := range l.fams.by {
		r := Refused{fam.row, l.fams.column, strconv.Itoa(index), whyParent.en, whyParent.fr}
		if fam.bad != nil {
			r = *fam.bad
		}
		r.Column = l.fams.sheet + "!" + r.Column
		left = append(left, r)
	}
	slices.SortFunc(left, func(a, b Refused) int { return cmp.Compare(a.Row, b.Row) })
	for _, r := range left {
		l.sum.Refused++
		l.sum.Orphans++
		if err := refuse(r); err != nil {
			return err
		}
	}
	return nil
}

// unknownMost bounds Summary.Unknown.
const unknownMost = 100

func (l *list) unknown(column, value string) {
	value = table.Short(value)
	for i := range l.sum.Unknown {
		if u := &l.sum.Unknown[i]; u.Column == column && u.Value == value {
			u.Count++
			return
		}
	}
	if len(l.sum.Unknown) < unknownMost {
		l.sum.Unknown = append(l.sum.Unknown, Unknown{column, value, 1})
	}
}
