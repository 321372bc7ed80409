package intake

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/jate-cva/jate/internal/table"
)

// builder makes a record of one row. The first wrong value stays as refused.
type builder struct {
	cols    *columns
	row     table.Row
	opt     *Options
	unknown func(column, value string)
	refused *Refused
}

// refuse notes why the row is no record. column is an index, or below 0 for
// what is missing altogether.
func (b *builder) refuse(column int, value string, why reason) {
	if b.refused != nil || why == (reason{}) {
		return
	}
	title := ""
	if column >= 0 && column < len(b.cols.titles) {
		title = b.cols.titles[column]
	}
	if title == "" && column >= 0 {
		title = fmt.Sprintf("column %d", column+1)
	}
	b.refused = &Refused{b.row.N, title, table.Short(value), why.en, why.fr}
}

// get returns the cleaned cell of a field, "" where there is none.
func (b *builder) get(f Field) (s string, column int) {
	column, ok := b.cols.first[f]
	if !ok {
		return "", -1
	}
	return clean(b.row.Cell(column)), column
}

// text returns a name or a place of bounded length.
func (b *builder) text(f Field) string {
	s, column := b.get(f)
	if len(s) > textMost && len([]rune(s)) > textMost {
		b.refuse(column, s, whyLong)
	}
	return s
}

// number reads a field of people; ok is false where the cell is empty.
func (b *builder) number(f Field, why reason) (n int, ok bool) {
	s, column := b.get(f)
	if s == "" {
		return 0, false
	}
	n, bad := people(s, why)
	b.refuse(column, s, bad)
	return n, true
}

// record reads the row in the order a person would.
func (b *builder) record() Record {
	rec := Record{Row: b.row.N}
	if f := b.row.Flaw; f != nil {
		b.refuse(f.Column, f.Value, reason{f.EN, f.FR})
		return rec
	}
	b.name(&rec)
	rec.Sex = b.sex()
	rec.BirthYear = b.born()
	s, column := b.get(Phone)
	var bad reason
	rec.Phone, bad = phone(s, b.opt.DefaultCountry)
	b.refuse(column, s, bad)
	b.place(&rec)
	b.sizes(&rec)
	b.words(&rec)
	b.lists(&rec)
	return rec
}

func (b *builder) name(rec *Record) {
	rec.Family, rec.Given = b.text(Family), b.text(Given)
	if middle := b.text(Middle); middle != "" {
		rec.Given = strings.TrimSpace(rec.Given + " " + middle)
	}
	if rec.Family == "" && rec.Given == "" {
		rec.Family = b.text(FullName)
	}
	if !hasLetter(rec.Family + rec.Given) {
		for _, f := range []Field{Family, FullName, Given} {
			if s, column := b.get(f); column >= 0 {
				b.refuse(column, s, whyNoName)
			}
		}
	}
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func (b *builder) sex() string {
	s, column := b.get(Sex)
	sex, known := sexes[table.Fold(s)]
	if !known {
		b.refuse(column, s, whySex)
	}
	return sex
}

// born prefers a birth date to an age, and counts an age from the day the
// household was listed: the same list then gives the same year next year.
func (b *builder) born() int {
	listed := b.opt.Today
	if s, column := b.get(Registered); s != "" {
		d, ok := date(s)
		if !ok || d.Year() < 2000 || d.Year() > b.opt.Today.Year()+1 {
			b.refuse(column, s, whyDate)
		}
		listed = d
	}
	if s, column := b.get(BirthDate); s != "" {
		year, bad := birthYear(s, b.opt.Today)
		b.refuse(column, s, bad)
		return year
	}
	s, column := b.get(Age)
	if s == "" {
		return 0
	}
	year, bad := birthYearOfAge(s, listed.Year())
	b.refuse(column, s, bad)
	return year
}

func (b *builder) place(rec *Record) {
	rec.Place = Place{b.text(Region), b.text(Cercle), b.text(Commune), b.text(Village), b.text(PlaceCode)}
	rec.Point = b.text(Point)
	if rec.Place == (Place{}) && rec.Point == "" {
		for _, f := range []Field{Village, Commune, Cercle, Region, PlaceCode, Point} {
			if _, column := b.get(f); column >= 0 {
				b.refuse(column, "", whyNoPlace)
			}
		}
	}
}

// sizes reads the household's size and its parts. Where all four parts are
// given they are the size.
func (b *builder) sizes(rec *Record) {
	all, sum := true, 0
	for _, part := range []struct {
		f  Field
		to *int
	}{{Women, &rec.Women}, {Men, &rec.Men}, {Girls, &rec.Girls}, {Boys, &rec.Boys}} {
		n, ok := b.number(part.f, whyCount)
		*part.to = n
		all, sum = all && ok, sum+n
	}
	size, given := b.number(Size, whySize)
	s, column := b.get(Size)
	switch {
	case given && size == 0:
		b.refuse(column, s, whySize)
	case given && all && size != sum:
		b.refuse(column, s, whySum)
	case !given && all && (sum == 0 || sum > sizeMost):
		b.refuse(b.cols.first[Women], fmt.Sprint(sum), whySize)
	case !given && all:
		size = sum
	}
	rec.Size = size
}

// words reads what closed tables translate, and the plain texts.
func (b *builder) words(rec *Record) {
	if s, column := b.get(Status); s != "" {
		status, known := statuses[table.Fold(s)]
		if !known {
			status = "other"
			b.unknown(b.cols.titles[column], s)
		}
		rec.Status = status
	}
	if s, column := b.get(Language); s != "" {
		code, known := language(s)
		if known {
			rec.Language = code
		} else {
			b.unknown(b.cols.titles[column], s)
		}
	}
	if s, column := b.get(Consent); s != "" {
		answer, known := consents[table.Fold(s)]
		if !known {
			b.unknown(b.cols.titles[column], s)
		}
		rec.Consent = answer
	}
	if s, column := b.get(Quantity); s != "" {
		q, bad := quantity(s)
		b.refuse(column, s, bad)
		rec.Quantity = q
	}
	rec.Home = b.text(Home)
}

// lists reads the fields that may stand in several columns.
func (b *builder) lists(rec *Record) {
	for i, f := range b.cols.fields {
		s := ""
		if severalTimes(f) {
			s = clean(b.row.Cell(i))
		}
		if s == "" {
			continue
		}
		if scheme, isID := strings.CutPrefix(string(f), idPrefix); isID {
			id, bad := externalID(s)
			b.refuse(i, s, bad)
			if id != "" {
				rec.ExternalIDs = append(rec.ExternalIDs, ExternalID{scheme, id})
			}
			continue
		}
		for _, name := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '/' || r == ',' }) {
			if name = clean(name); hasLetter(name) && !none[table.Fold(name)] {
				rec.Alternates = append(rec.Alternates, name)
			}
		}
		if len(rec.Alternates) > 2 {
			b.refuse(i, s, whyMany)
		} else if len([]rune(s)) > 2*textMost {
			b.refuse(i, s, whyLong)
		}
	}
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

// Validate reports the first rule that r breaks, as ErrRecord with the field:
// a name with a letter in it, and every other field empty or within the bounds
// of its comment. Records that Read hands on keep all of them.
func (r Record) Validate() error {
	year := func(y int) bool { return y == 0 || y >= 1800 && y <= 2200 }
	known := func(s string) bool { return s == "" || s == "M" || s == "F" }
	people := func(n int) bool { return n >= 0 && n <= sizeMost }
	short := func(ss ...string) bool {
		for _, s := range ss {
			if len([]rune(s)) > 2*textMost+1 {
				return false
			}
		}
		return true
	}
	for _, rule := range []struct {
		field string
		ok    bool
	}{
		{"name", hasLetter(r.Family+r.Given) && short(r.Family, r.Given)},
		{"sex", known(r.Sex)},
		{"birth_year", year(r.BirthYear)},
		{"phone", r.Phone == "" || e164.MatchString(r.Phone)},
		{"place", short(r.Place.Region, r.Place.Cercle, r.Place.Commune, r.Place.Village, r.Place.Code, r.Point)},
		{"size", people(r.Size)},
		{"women, men, girls, boys", people(r.Women) && people(r.Men) && people(r.Girls) && people(r.Boys)},
		{"status", r.Status == "" || r.Status == "resident" || r.Status == "displaced" || r.Status == "returnee" || r.Status == "host" || r.Status == "other"},
		{"language", r.Language == "" || languageCode.MatchString(r.Language)},
		{"quantity", r.Quantity == "" || decimal.MatchString(r.Quantity)},
		{"home", short(r.Home)},
		{"alternates", len(r.Alternates) <= 2 && short(r.Alternates...)},
		{"consent", r.Consent == "" || r.Consent == "yes" || r.Consent == "no"},
	} {
		if !rule.ok {
			return ErrRecord.At(rule.field, "is missing or out of bounds")
		}
	}
	for _, id := range r.ExternalIDs {
		if id.Scheme == "" || id.Value == "" || !short(id.Scheme, id.Value) {
			return ErrRecord.At("external_ids", "an id is empty or too long")
		}
	}
	for _, m := range r.Members {
		if !known(m.Sex) || !year(m.BirthYear) || !short(m.Name, m.Relation) {
			return ErrRecord.At("members", "a member is out of bounds")
		}
	}
	return nil
}
