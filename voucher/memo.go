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
	issues    map[string]Issue
	vendors   map[vendors.ID]vendors.Vendor
	zones     map[[2]string]vendors.Zone
	beacons   map[Hash]time.Time
	handhelds map[vendors.HandheldID]vendors.Handheld
	changed   []vendors.HandheldID // to be stored, in the order of their first change
}

func newMemo(tx Tx) *memo {
	return &memo{Tx: tx, issues: map[string]Issue{}, vendors: map[vendors.ID]vendors.Vendor{},
		zones: map[[2]string]vendors.Zone{}, beacons: map[Hash]time.Time{},
		handhelds: map[vendors.HandheldID]vendors.Handheld{}}
}

// once returns what is remembered of k, or reads and remembers it.
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
	return once(m.issues, lot, func() (Issue, error) { return m.Tx.Issue(lot) })
}

// PutIssue is documented at Tx.
func (m *memo) PutIssue(i Issue) error {
	delete(m.issues, i.Lot)
	return m.Tx.PutIssue(i)
}

// Vendor is documented at vendors.Tx.
func (m *memo) Vendor(id vendors.ID) (vendors.Vendor, error) {
	return once(m.vendors, id, func() (vendors.Vendor, error) { return m.Tx.Vendor(id) })
}

// PutVendor is documented at vendors.Tx.
func (m *memo) PutVendor(v vendors.Vendor) error {
	delete(m.vendors, v.ID)
	return m.Tx.PutVendor(v)
}

// Zone is documented at vendors.Tx.
func (m *memo) Zone(programme, code string) (vendors.Zone, error) {
	return once(m.zones, [2]string{programme, code}, func() (vendors.Zone, error) { return m.Tx.Zone(programme, code) })
}

// PutZone is documented at vendors.Tx.
func (m *memo) PutZone(z vendors.Zone) error {
	delete(m.zones, [2]string{z.Programme, z.Code})
	return m.Tx.PutZone(z)
}

// Beacon is documented at Tx. A beacon never changes.
func (m *memo) Beacon(h Hash) (time.Time, error) {
	return once(m.beacons, h, func() (time.Time, error) { return m.Tx.Beacon(h) })
}

// Handheld is documented at vendors.Tx.
func (m *memo) Handheld(id vendors.HandheldID) (vendors.Handheld, error) {
	return once(m.handhelds, id, func() (vendors.Handheld, error) { return m.Tx.Handheld(id) })
}

// PutHandheld remembers h; flush stores it.
func (m *memo) PutHandheld(h vendors.Handheld) error {
	m.handhelds[h.ID] = h
	if !slices.Contains(m.changed, h.ID) {
		m.changed = append(m.changed, h.ID)
	}
	return nil
}

// flush stores the handhelds that changed.
func (m *memo) flush() error {
	for _, id := range m.changed {
		if err := m.Tx.PutHandheld(m.handhelds[id]); err != nil {
			return err
		}
	}
	m.changed = nil
	return nil
}
