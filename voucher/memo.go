package voucher

import (
	"slices"
	"time"

	"github.com/jate-cva/jate/vendors"
)

// memo is a Tx for the records of one upload, which are nearly all of one
// handheld, vendor, zone and lot: each of those is read once. It lives as long
// as the transaction, so nothing in it can be out of date, and what it returns
// must not be changed. A handheld that changes with every record is stored once,
// by flush, before the function ends.
type memo struct {
	Tx
	issues    known[string, Issue]
	vendors   known[vendors.ID, vendors.Vendor]
	zones     known[[2]string, vendors.Zone]
	beacons   known[Hash, time.Time]
	handhelds known[vendors.HandheldID, vendors.Handheld]
	changed   []vendors.HandheldID // to be stored, in the order of their first change
}

func newMemo(tx Tx) *memo { return &memo{Tx: tx} }

// known remembers values by their keys. The first of them, mostly the only one,
// has its place here: a map would be made for each upload of one receipt.
type known[K comparable, V any] struct {
	key   K
	value *V // nil where there is none
	more  map[K]*V
}

func (m *known[K, V]) get(k K) *V {
	if m.value != nil && m.key == k {
		return m.value
	}
	return m.more[k]
}

func (m *known[K, V]) put(k K, v V) {
	switch {
	case m.value == nil || m.key == k:
		m.key, m.value = k, &v
		delete(m.more, k)
	case m.more == nil:
		m.more = map[K]*V{k: &v}
	default:
		m.more[k] = &v
	}
}

func (m *known[K, V]) forget(k K) {
	if m.key == k {
		m.value = nil
	}
	delete(m.more, k)
}

// recall returns what is remembered of k, or reads and remembers it.
func recall[K comparable, V any](m *known[K, V], k K, read func(K) (V, error)) (V, error) {
	if v := m.get(k); v != nil {
		return *v, nil
	}
	v, err := read(k)
	if err == nil {
		m.put(k, v)
	}
	return v, err
}

// once returns what a map remembers of k, or reads and remembers it.
func once[K comparable, V any](known map[K]V, k K, read func() (V, error)) (V, error) {
	if v, ok := known[k]; ok {
		return v, nil
	}
	v, err := read()
	if err == nil {
		known[k] = v
	}
	return v, err
}

// Issue is documented at Tx.
func (m *memo) Issue(lot string) (Issue, error) {
	return recall(&m.issues, lot, m.Tx.Issue)
}

// PutIssue is documented at Tx.
func (m *memo) PutIssue(i Issue) error {
	m.issues.forget(i.Lot)
	return m.Tx.PutIssue(i)
}

// Vendor is documented at vendors.Tx.
func (m *memo) Vendor(id vendors.ID) (vendors.Vendor, error) {
	return recall(&m.vendors, id, m.Tx.Vendor)
}

// PutVendor is documented at vendors.Tx.
func (m *memo) PutVendor(v vendors.Vendor) error {
	m.vendors.forget(v.ID)
	return m.Tx.PutVendor(v)
}

// Zone is documented at vendors.Tx.
func (m *memo) Zone(programme, code string) (vendors.Zone, error) {
	return recall(&m.zones, [2]string{programme, code}, func([2]string) (vendors.Zone, error) { return m.Tx.Zone(programme, code) })
}

// PutZone is documented at vendors.Tx.
func (m *memo) PutZone(z vendors.Zone) error {
	m.zones.forget([2]string{z.Programme, z.Code})
	return m.Tx.PutZone(z)
}

// Beacon is documented at Tx. A beacon never changes.
func (m *memo) Beacon(h Hash) (time.Time, error) {
	return recall(&m.beacons, h, m.Tx.Beacon)
}

// Handheld is documented at vendors.Tx.
func (m *memo) Handheld(id vendors.HandheldID) (vendors.Handheld, error) {
	return recall(&m.handhelds, id, m.Tx.Handheld)
}

// PutHandheld remembers h; flush stores it.
func (m *memo) PutHandheld(h vendors.Handheld) error {
	m.handhelds.put(h.ID, h)
	if !slices.Contains(m.changed, h.ID) {
		m.changed = append(m.changed, h.ID)
	}
	return nil
}

// flush stores the handhelds that changed.
func (m *memo) flush() error {
	for _, id := range m.changed {
		if err := m.Tx.PutHandheld(*m.handhelds.get(id)); err != nil {
			return err
		}
	}
	m.changed = nil
	return nil
}
