package bolt

import (
	"iter"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
)

// PresenceList returns a list of other organisations' work.
func (tx *Tx) PresenceList(programme, id string) (distribution.PresenceList, error) {
	return read(tx, presenceTable, ownedKey[string]{programme, id}, distribution.ErrNotFound, presenceListRecord.list)
}

// PutPresenceList stores such a list.
func (tx *Tx) PutPresenceList(l distribution.PresenceList) error {
	return presenceTable.put(tx, ownedKey[string]{l.Programme, l.ID}, presenceListRecordOf(l))
}

// PresenceLists yields a programme's lists in order.
func (tx *Tx) PresenceLists(programme string) iter.Seq2[distribution.PresenceList, error] {
	return within(tx, presenceTable, programme, presenceListRecord.list)
}

// PutPresenceRows stores rows of a list.
func (tx *Tx) PutPresenceRows(programme, list string, rows []presence.Row) error {
	for _, r := range rows {
		if err := presenceRowTable.put(tx, presenceRow{programme, list, uint64(r.N)}, presenceRowRecordOf(r)); err != nil {
			return err
		}
	}
	return nil
}

// PresenceRows yields a list's rows in order.
func (tx *Tx) PresenceRows(programme, list string) iter.Seq2[presence.Row, error] {
	return convert(presenceRowTable.scan(tx, under(key{}.str(programme).str(list))),
		func(r row[presenceRow, presenceRowRecord]) presence.Row { return r.value.row(int(r.key.n)) })
}

// presenceRow is the key of a row of a list.
type presenceRow struct {
	programme, list string
	n               uint64
}

var presenceRowKey = keyCodec[presenceRow]{
	encode: func(to key, k presenceRow) key { return to.str(k.programme).str(k.list).u64(k.n) },
	decode: func(r *keyReader) presenceRow { return presenceRow{r.str(), r.str(), r.u64()} },
}

// presenceListRecord is in "presence-list" by programme and id.
type presenceListRecord struct {
	ID        string
	Programme string
	Source    string
	File      sum32
	Edition   string
	From, To  instant
	Rows      int
	Refused   int
	Other     int
	Withdrawn string
	By        string
	At        instant
}

func presenceListRecordOf(l distribution.PresenceList) presenceListRecord {
	return presenceListRecord{ID: l.ID, Programme: l.Programme, Source: l.Source, File: l.File, Edition: l.Edition, From: instantOf(l.From), To: instantOf(l.To),
		Rows: l.Rows, Refused: l.Refused, Other: l.Other, Withdrawn: l.Withdrawn, By: l.By, At: instantOf(l.At)}
}

func (r presenceListRecord) list() distribution.PresenceList {
	return distribution.PresenceList{ID: r.ID, Programme: r.Programme, Source: r.Source, File: r.File, Edition: r.Edition, From: r.From.time(), To: r.To.time(),
		Rows: r.Rows, Refused: r.Refused, Other: r.Other, Withdrawn: r.Withdrawn, By: r.By, At: r.At.time()}
}

// presenceRowRecord is in "presence-row" by programme, list and row, which it does
// not repeat.
type presenceRowRecord struct {
	_            struct{} `cbor:",toarray"`
	Organisation string
	Region       string
	Cercle       string
	Commune      string
	Village      string
	Code         string
	From, To     instant
	Assumed      bool
	Kind         string
	Activity     string
	Planned      int
	Reached      int
}

func presenceRowRecordOf(r presence.Row) presenceRowRecord {
	return presenceRowRecord{Organisation: r.Organisation, Region: r.Region, Cercle: r.Cercle, Commune: r.Commune, Village: r.Village, Code: r.Code,
		From: instantOf(r.From), To: instantOf(r.To), Assumed: r.Assumed, Kind: string(r.Kind), Activity: r.Activity, Planned: r.Planned, Reached: r.Reached}
}

func (r presenceRowRecord) row(n int) presence.Row {
	return presence.Row{N: n, Organisation: r.Organisation, Region: r.Region, Cercle: r.Cercle, Commune: r.Commune, Village: r.Village, Code: r.Code,
		From: r.From.time(), To: r.To.time(), Assumed: r.Assumed, Kind: presence.Kind(r.Kind), Activity: r.Activity, Planned: r.Planned, Reached: r.Reached}
}

// overlapRecord is in a lot's record.
type overlapRecord struct {
	_            struct{} `cbor:",toarray"`
	Sure         string
	List         string
	Source       string
	Row, Rows    int
	Organisation string
	Kind         string
	Activity     string
	From, To     instant
	Assumed      bool
	Level        int
	Place        string
	Households   int
	Planned      int
	Reached      int
}

func overlapRecordOf(o distribution.Overlap) overlapRecord {
	return overlapRecord{Sure: string(o.Sure), List: o.List, Source: o.Source, Row: o.Row, Rows: o.Rows, Organisation: o.Organisation, Kind: string(o.Kind),
		Activity: o.Activity, From: instantOf(o.From), To: instantOf(o.To), Assumed: o.Assumed, Level: int(o.Level), Place: o.Place,
		Households: o.Households, Planned: o.Planned, Reached: o.Reached}
}

func (r overlapRecord) overlap() distribution.Overlap {
	return distribution.Overlap{Sure: distribution.Sureness(r.Sure), List: r.List, Source: r.Source, Row: r.Row, Rows: r.Rows, Organisation: r.Organisation,
		Kind: presence.Kind(r.Kind), Activity: r.Activity, From: r.From.time(), To: r.To.time(), Assumed: r.Assumed, Level: places.Level(r.Level),
		Place: r.Place, Households: r.Households, Planned: r.Planned, Reached: r.Reached}
}
