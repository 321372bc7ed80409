package bolt

import "github.com/jate-cva/jate/distribution"

// householdRecord is in "household" by id. What identifies a person is inside
// Sealed.
type householdRecord struct {
	_         struct{} `cbor:",toarray"`
	ID        string
	Programme string
	Import    string
	Row       int
	Match     sum16
	Content   sum32
	Sealed    []byte
	Point     string
	Excluded  string
	Created   instant
	Changed   instant
}

func householdRecordOf(b distribution.Beneficiary) householdRecord {
	return householdRecord{
		ID: string(b.ID), Programme: b.Programme, Import: b.Import, Row: b.Row, Match: b.Match, Content: b.Content,
		Sealed: b.Sealed, Point: b.Point, Excluded: b.Excluded, Created: instantOf(b.Created), Changed: instantOf(b.Changed),
	}
}

func (r householdRecord) household() distribution.Beneficiary {
	return distribution.Beneficiary{
		ID: distribution.BeneficiaryID(r.ID), Programme: r.Programme, Import: r.Import, Row: r.Row, Match: r.Match, Content: r.Content,
		Sealed: r.Sealed, Point: r.Point, Excluded: r.Excluded, Created: r.Created.time(), Changed: r.Changed.time(),
	}
}

// importRecord is in "import" by programme and id.
type importRecord struct {
	ID        string
	Programme string
	File      sum32
	Done      bool
	By        string
	Started   instant
	Counts    importCountsRecord
}

type importCountsRecord struct {
	New, Changed, Same, Refused int
}

func importRecordOf(i distribution.Import) importRecord {
	return importRecord{ID: i.ID, Programme: i.Programme, File: i.File, Done: i.Done, By: i.By,
		Started: instantOf(i.Started), Counts: importCountsRecord(i.Counts)}
}

func (r importRecord) asImport() distribution.Import {
	return distribution.Import{ID: r.ID, Programme: r.Programme, File: r.File, Done: r.Done, By: r.By,
		Started: r.Started.time(), Counts: distribution.ImportCounts(r.Counts)}
}

// duplicateRecord is in "duplicate" by programme and the two households, which
// it does not repeat.
type duplicateRecord struct {
	Reasons  []string
	Decision string
	By       string
	At       instant
}

func duplicateRecordOf(d distribution.Duplicate) duplicateRecord {
	return duplicateRecord{Reasons: d.Reasons, Decision: d.Decision, By: d.By, At: instantOf(d.At)}
}

func duplicatePair(r row[duplicate, duplicateRecord]) distribution.Duplicate {
	return distribution.Duplicate{Programme: r.key.programme, A: r.key.a, B: r.key.b,
		Reasons: r.value.Reasons, Decision: r.value.Decision, By: r.value.By, At: r.value.At.time()}
}

// exportRecord is in "export" by programme and id.
type exportRecord struct {
	ID         string
	Programme  string
	Recipient  string
	Point      string
	Fields     []string
	Purpose    string
	Households int
	PreparedBy string
	Prepared   instant
	Approvals  []approvalRecord
	Copies     int
}

func exportRecordOf(e distribution.Export) exportRecord {
	return exportRecord{ID: e.ID, Programme: e.Programme, Recipient: e.Recipient, Point: e.Point,
		Fields: each(e.Fields, func(f distribution.Field) string { return string(f) }), Purpose: e.Purpose, Households: e.Households,
		PreparedBy: e.PreparedBy, Prepared: instantOf(e.Prepared), Approvals: each(e.Approvals, approvalRecordOf), Copies: e.Copies}
}

func (r exportRecord) export() distribution.Export {
	return distribution.Export{ID: r.ID, Programme: r.Programme, Recipient: r.Recipient, Point: r.Point,
		Fields: each(r.Fields, func(f string) distribution.Field { return distribution.Field(f) }), Purpose: r.Purpose, Households: r.Households,
		PreparedBy: r.PreparedBy, Prepared: r.Prepared.time(), Approvals: each(r.Approvals, approvalRecord.approval), Copies: r.Copies}
}
