package intake

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/internal/table"
)

// membersMost is how many members one household may bring.
const membersMost = sizeMost

// family is the members of one household until the household is read.
type family struct {
	row     int // of the first member
	members []Member
	bad     *Refused // why one of them is wrong; Row is the member's
}

// families are the members of a repeat sheet by Kobo's _parent_index. The
// whole sheet is held, because nothing promises that it is in the order of
// the households.
type families struct {
	sheet  string
	column string // title of the _parent_index column
	by     map[int]*family
}

// readFamilies reads the sheet of members that belongs to the main sheet.
// Others that point to the main sheet are returned by name.
func readFamilies(ctx context.Context, f *table.File, main string, opt Options) (fs families, others []string, err error) {
	fs.by = map[int]*family{}
	for _, name := range f.Sheets() {
		if name == main {
			continue
		}
		sheet, err := f.Sheet(name, func(cells []string) int {
			if c := understand(cells, nil); c.has(Parent) {
				return len(c.first)
			}
			return 0
		})
		if err != nil {
			if errIsNoHeader(err) {
				continue
			}
			return fs, nil, err
		}
		cols := understand(sheet.Header.Cells, nil)
		if fs.sheet != "" || !cols.has(Family, Given, FullName, Sex, Age, BirthDate) {
			others = append(others, "sheet:"+name)
			continue
		}
		fs.sheet, fs.column = name, cols.titles[cols.first[Parent]]
		if err := fs.read(ctx, sheet, &cols, opt); err != nil {
			return fs, nil, err
		}
	}
	return fs, others, nil
}

func (fs *families) read(ctx context.Context, sheet *table.Sheet, cols *columns, opt Options) error {
	for row, err := range sheet.Rows(ctx) {
		if err != nil {
			return err
		}
		if row.Kind != table.Data {
			continue
		}
		b := builder{cols: cols, row: row, opt: &opt}
		parent, m := b.member()
		fam := fs.by[parent]
		if fam == nil {
			fam = &family{row: row.N}
			fs.by[parent] = fam
		}
		if len(fam.members) == membersMost {
			b.refuse(cols.first[Parent], strconv.Itoa(parent), whySize)
		}
		if b.refused != nil {
			if fam.bad == nil {
				fam.bad = b.refused
			}
			continue
		}
		fam.members = append(fam.members, m)
	}
	return nil
}

// member reads a member and the index of its household, 0 where it has none.
func (b *builder) member() (parent int, m Member) {
	s, column := b.get(Parent)
	parent, ok := whole(s)
	if f := b.row.Flaw; f != nil {
		b.refuse(f.Column, f.Value, reason{f.EN, f.FR})
		return parent, m
	}
	if !ok || parent == 0 {
		parent = 0
		b.refuse(column, s, whyParent)
	}
	var names []string
	for _, f := range []Field{FullName, Given, Middle, Family} {
		if name := b.text(f); name != "" {
			names = append(names, name)
		}
	}
	m = Member{Name: strings.Join(names, " "), Sex: b.sex(), BirthYear: b.born(), Relation: b.text(Relation)}
	if len([]rune(m.Name)) > 2*textMost {
		b.refuse(column, m.Name, whyLong)
	}
	return parent, m
}

var whyParent = reason{"the member belongs to no household of the main sheet", "le membre n'appartient à aucun ménage de la feuille principale"}

// take moves the members of the household with the index into rec, or says
// why one of them refuses it.
func (fs *families) take(index int, rec *Record) (bad *Refused) {
	fam := fs.by[index]
	if fam == nil {
		return nil
	}
	delete(fs.by, index)
	rec.Members = fam.members
	if fam.bad == nil {
		return nil
	}
	r := *fam.bad
	r.Column = fmt.Sprintf("%s!%s (%d)", fs.sheet, r.Column, r.Row)
	r.Row = rec.Row
	return &r
}

// sizeOf counts a household by its members: the head is one of them, or else
// one more.
func sizeOf(members []Member) int {
	for _, m := range members {
		switch first, _, _ := strings.Cut(table.Fold(m.Relation), " "); first {
		case "chef", "cheffe", "head", "cm":
			return len(members)
		}
	}
	return len(members) + 1
}
