package bolt

import (
	"iter"

	"github.com/jate-cva/jate/distribution"
)

// Beneficiary returns a household.
func (tx *Tx) Beneficiary(id distribution.BeneficiaryID) (distribution.Beneficiary, error) {
	return read(tx, householdTable.rows, id, distribution.ErrNotFound, householdRecord.household)
}

// PutBeneficiary stores a household.
func (tx *Tx) PutBeneficiary(b distribution.Beneficiary) error {
	return householdTable.put(tx, b.Programme, b.ID, householdRecordOf(b))
}

// Beneficiaries yields a programme's households in order.
func (tx *Tx) Beneficiaries(programme string, after distribution.BeneficiaryID) iter.Seq2[distribution.Beneficiary, error] {
	return convert(householdTable.of(tx, programme, after), householdRecord.household)
}

// WrappedKey returns a household's wrapped key.
func (tx *Tx) WrappedKey(id distribution.BeneficiaryID) ([]byte, error) {
	return wrappedKeyTable.get(tx, id, distribution.ErrNotFound)
}

// PutWrappedKey stores a household's wrapped key.
func (tx *Tx) PutWrappedKey(id distribution.BeneficiaryID, wrapped []byte) error {
	return wrappedKeyTable.put(tx, id, wrapped)
}

// DeleteWrappedKey removes a household's wrapped key. Its bytes stay in pages
// of the file that are free until something else is written over them.
func (tx *Tx) DeleteWrappedKey(id distribution.BeneficiaryID) error {
	return wrappedKeyTable.delete(tx, id)
}

// PutBlind files a household under a digest.
func (tx *Tx) PutBlind(programme string, digest [16]byte, id distribution.BeneficiaryID) error {
	return blindTable.put(tx, blind{programme, digest, id}, none{})
}

// DeleteBlind takes a household out from under a digest.
func (tx *Tx) DeleteBlind(programme string, digest [16]byte, id distribution.BeneficiaryID) error {
	return blindTable.delete(tx, blind{programme, digest, id})
}

// Blind yields the households filed under a digest, in order.
func (tx *Tx) Blind(programme string, digest [16]byte) iter.Seq2[distribution.BeneficiaryID, error] {
	return convert(blindTable.scan(tx, under(blind{programme: programme, digest: digest}.under(key{}))),
		func(r row[blind, none]) distribution.BeneficiaryID { return r.key.id })
}

// Import returns an import.
func (tx *Tx) Import(programme, id string) (distribution.Import, error) {
	return read(tx, importTable, ownedKey[string]{programme, id}, distribution.ErrNotFound, importRecord.asImport)
}

// PutImport stores an import.
func (tx *Tx) PutImport(i distribution.Import) error {
	return importTable.put(tx, ownedKey[string]{i.Programme, i.ID}, importRecordOf(i))
}

// Imports yields a programme's imports in order.
func (tx *Tx) Imports(programme string) iter.Seq2[distribution.Import, error] {
	return within(tx, importTable, programme, importRecord.asImport)
}

// Export returns an export.
func (tx *Tx) Export(programme, id string) (distribution.Export, error) {
	return read(tx, exportTable, ownedKey[string]{programme, id}, distribution.ErrNotFound, exportRecord.export)
}

// PutExport stores an export.
func (tx *Tx) PutExport(e distribution.Export) error {
	return exportTable.put(tx, ownedKey[string]{e.Programme, e.ID}, exportRecordOf(e))
}

// Exports yields a programme's exports in order.
func (tx *Tx) Exports(programme string) iter.Seq2[distribution.Export, error] {
	return within(tx, exportTable, programme, exportRecord.export)
}

// PutDuplicate stores a pair.
func (tx *Tx) PutDuplicate(d distribution.Duplicate) error {
	return duplicateTable.put(tx, duplicate{d.Programme, d.A, d.B}, duplicateRecordOf(d))
}

// Duplicate returns a pair.
func (tx *Tx) Duplicate(programme string, a, b distribution.BeneficiaryID) (distribution.Duplicate, error) {
	k := duplicate{programme, a, b}
	return read(tx, duplicateTable, k, distribution.ErrNotFound, func(r duplicateRecord) distribution.Duplicate {
		return duplicatePair(row[duplicate, duplicateRecord]{k, r})
	})
}

// Duplicates yields a programme's pairs in order.
func (tx *Tx) Duplicates(programme string) iter.Seq2[distribution.Duplicate, error] {
	return convert(duplicateTable.scan(tx, under(key{}.str(programme))), duplicatePair)
}
