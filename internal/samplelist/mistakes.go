package samplelist

import "strconv"

const (
	// In every block of rows, one of the first half holds a mistake and one
	// of the second half repeats an earlier row.
	block = 64
	// lookBack is how many rows lie between a row and its repetition at most.
	lookBack = 1000
)

// link connects a row with an earlier one; the zero link connects nothing.
type link struct {
	of  int
	why Link
}

var links = []Link{SameName, SamePhone, SameID}

// spoilt names the field that each mistake is in.
var spoilt = map[Kind]field{
	PhoneScientific: phone, PhoneShort: phone, NameMissing: family,
	SizeZero: size, SizeMissing: size, SizeText: size,
	VillageUnknown: village, DateFuture: date, DateImpossible: date,
}

func (g *generator) hasMistake(i int) bool {
	return g.opt.Errors && i%block == g.random(forMistake, i/block).IntN(block/2)
}

func (g *generator) hasLink(i int) bool {
	return g.opt.Errors && i%block == block/2+g.random(forLink, i/block).IntN(block/2)
}

// listed returns the household that row i lists and the row it is connected
// with, if any.
func (g *generator) listed(i int) (household, link) {
	h := g.household(i)
	if !g.hasLink(i) {
		return h, link{}
	}
	l := link{why: links[i/block%len(links)]}
	var found bool
	if l.of, found = g.original(i, l.why); !found {
		return h, link{}
	}
	return g.again(i, h, g.household(l.of), l.why), l
}

// original finds the row that row i repeats: an earlier one without a mistake
// that repeats nothing itself and has what the two are to share.
func (g *generator) original(i int, why Link) (int, bool) {
	back := 1 + g.random(forLink, i).IntN(min(i, lookBack))
	for j := i - back; j >= 0; j-- {
		if g.hasMistake(j) || g.hasLink(j) {
			continue
		}
		h := g.household(j)
		if why == SamePhone && h.phone == 0 || why == SameID && h.register == 0 {
			continue
		}
		return j, true
	}
	return 0, false
}

// again turns the household of row i into what was written down when orig
// came by a second time, or when somebody used orig's telephone.
func (g *generator) again(i int, own, orig household, why Link) household {
	r := g.random(forLink, i)
	if why == SamePhone {
		own.place, own.trader, own.phone = orig.place, -1, orig.phone
		return own
	}
	h := orig
	h.uuidHi, h.uuidLo, h.registered = own.uuidHi, own.uuidLo, own.registered
	h.phone, h.trader = own.phone, -1
	if why == SameID { // another adult of the household
		h.woman, h.age = !orig.woman, own.age
		h.given, h.second = g.names.given(r, h.woman)
		return h
	}
	h.register = 0
	h.age += r.IntN(3) - 1
	if r.IntN(2) == 0 {
		h.given = h.given.misspelt(r)
	} else {
		h.family = h.family.misspelt(r)
	}
	return h
}

// spoil puts the mistake of row i, if it has one, into the record.
func (g *generator) spoil(r *record, l *layout, i int) Kind {
	if !g.hasMistake(i) {
		return ""
	}
	kind := l.kinds[i/block%len(l.kinds)]
	switch kind {
	case PhoneScientific:
		r[phone] = l.scientific(g.phone(i))
	case PhoneShort:
		r[phone] = strconv.Itoa(g.phone(i) / 10)
	case NameMissing:
		r[family], r[given], r[fullName] = "", "", ""
	case SizeZero:
		r[size] = "0"
	case SizeMissing:
		r[size] = ""
	case SizeText:
		r[size] = "sept"
	case VillageUnknown:
		r[village] = "Site spontané"
	case DateFuture:
		r[date] = g.closed.AddDate(30, 0, 0).Format(dateFrench)
	case DateImpossible:
		r[date] = "31/02/" + g.closed.Format("2006")
	}
	return kind
}

// scientific writes a phone number as a spreadsheet does when it takes it for
// a number and the column is narrow: what is left are six digits.
func (l *layout) scientific(number int) string {
	d := strconv.Itoa(number)
	if l.decimalComma {
		return d[:1] + "," + d[1:6] + "E+07"
	}
	d = countryCode + d
	return d[:1] + "." + d[1:6] + "E+10"
}
