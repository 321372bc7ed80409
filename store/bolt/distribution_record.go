package bolt

import (
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// The buckets of package distribution. Owners are programmes, and of lots
// rounds.
var (
	programmeTable   = table[string, programmeRecord]{newBucket("programme"), 1, textKey[string]()}
	fundTable        = newOwned[string, fundRecord]("fund")
	fundReceiptTable = table[numbered[string], fundReceiptRecord]{newBucket("fund-receipt"), 1, numberedKey[string]()}
	householdTable   = newOwned[distribution.BeneficiaryID, householdRecord]("household")
	wrappedKeyTable  = table[distribution.BeneficiaryID, []byte]{newBucket("household-key"), 1, textKey[distribution.BeneficiaryID]()}
	blindTable       = table[blind, none]{newBucket("household-blind"), 1, blindKey}
	importTable      = table[ownedKey[string], importRecord]{newBucket("import"), 1, ownedKeys[string]()}
	exportTable      = table[ownedKey[string], exportRecord]{newBucket("export"), 1, ownedKeys[string]()}
	duplicateTable   = table[duplicate, duplicateRecord]{newBucket("duplicate"), 1, duplicateKey}
	placeTable       = table[ownedKey[string], placeRecord]{newBucket("place"), 1, ownedKeys[string]()}
	pointTable       = table[ownedKey[string], pointRecord]{newBucket("point"), 1, ownedKeys[string]()}
	roundsTable      = newOwnedOf[string, roundRecord]("round", 2)
	insiderTable     = table[string, []string]{newBucket("round-named"), 1, textKey[string]()}
	lotTable         = newOwnedOf[string, lotRecord]("lot", 2)
	presenceTable    = table[ownedKey[string], presenceListRecord]{newBucket("presence-list"), 1, ownedKeys[string]()}
	occasionTable    = table[ownedKey[string], occasionRecord]{newBucket("occasion"), 1, ownedKeys[string]()}
	marketPriceTable = table[ownedKey[string], marketPriceRecord]{newBucket("market-price"), 1, ownedKeys[string]()}
	presenceRowTable = table[presenceRow, presenceRowRecord]{newBucket("presence-row"), 1, presenceRowKey}
	entitlementTable = table[numbered[string], entitlementRecord]{newBucket("entitlement"), 1, numberedKey[string]()}
	entitledTable    = table[ownedKey[distribution.BeneficiaryID], string]{newBucket("entitled-in"), 1, ownedKeys[distribution.BeneficiaryID]()}
)

// blind is the key of a household under a keyed digest.
type blind struct {
	programme string
	digest    [16]byte
	id        distribution.BeneficiaryID
}

func (k blind) under(to key) key { return to.str(k.programme).fixed(k.digest[:]) }

var blindKey = keyCodec[blind]{
	encode: func(to key, k blind) key { return k.under(to).str(string(k.id)) },
	decode: func(r *keyReader) blind {
		return blind{r.str(), [16]byte(r.take(16)), distribution.BeneficiaryID(r.str())}
	},
}

// duplicate is the key of a pair of households that may be one.
type duplicate struct {
	programme string
	a, b      distribution.BeneficiaryID
}

var duplicateKey = keyCodec[duplicate]{
	encode: func(to key, k duplicate) key { return to.str(k.programme).str(string(k.a)).str(string(k.b)) },
	decode: func(r *keyReader) duplicate {
		return duplicate{r.str(), distribution.BeneficiaryID(r.str()), distribution.BeneficiaryID(r.str())}
	},
}

// programmeRecord is in "programme" by id.
type programmeRecord struct {
	ID      string
	Name    string
	Created instant
}

func programmeRecordOf(p distribution.Programme) programmeRecord {
	return programmeRecord{ID: p.ID, Name: p.Name, Created: instantOf(p.Created)}
}

func (r programmeRecord) programme() distribution.Programme {
	return distribution.Programme{ID: r.ID, Name: r.Name, Created: r.Created.time()}
}

// fundRecord is in "fund" by id.
type fundRecord struct {
	ID        string
	Programme string
	Name      string
	Donor     string
	Currency  asset
	Pledged   amount
	Return    returnRecord
	Created   instant
}

type returnRecord struct {
	Parts      []returnPartRecord
	Digest     sum32
	PreparedBy string
	At         instant
}

type returnPartRecord struct {
	From, To string
	Amount   amount
}

func fundRecordOf(f distribution.Fund) fundRecord {
	return fundRecord{ID: f.ID, Programme: f.Programme, Name: f.Name, Donor: f.Donor, Currency: asset(f.Currency),
		Pledged: amount(f.Pledged), Return: returnRecordOf(f.Return), Created: instantOf(f.Created)}
}

func (r fundRecord) fund() distribution.Fund {
	return distribution.Fund{ID: r.ID, Programme: r.Programme, Name: r.Name, Donor: r.Donor, Currency: money.Asset(r.Currency),
		Pledged: r.Pledged.amount(), Return: r.Return.asReturn(), Created: r.Created.time()}
}

func returnRecordOf(r distribution.Return) returnRecord {
	return returnRecord{Digest: r.Digest, PreparedBy: r.PreparedBy, At: instantOf(r.At),
		Parts: each(r.Parts, func(p distribution.ReturnPart) returnPartRecord {
			return returnPartRecord{From: string(p.From), To: string(p.To), Amount: amount(p.Amount)}
		})}
}

func (r returnRecord) asReturn() distribution.Return {
	return distribution.Return{Digest: r.Digest, PreparedBy: r.PreparedBy, At: r.At.time(),
		Parts: each(r.Parts, func(r returnPartRecord) distribution.ReturnPart {
			return distribution.ReturnPart{From: ledger.Account(r.From), To: ledger.Account(r.To), Amount: r.Amount.amount()}
		})}
}

// fundReceiptRecord is in "fund-receipt" by fund and number, which it does not
// repeat.
type fundReceiptRecord struct {
	Donor   amount
	XOF     amount
	Bank    string
	On      instant
	BankRef string
	Entry   uint64
}

func fundReceiptRecordOf(r distribution.FundReceipt) fundReceiptRecord {
	return fundReceiptRecord{Donor: amount(r.Donor), XOF: amount(r.XOF), Bank: r.Bank, On: instantOf(r.On),
		BankRef: r.BankRef, Entry: r.Entry}
}

func fundReceipt(r row[numbered[string], fundReceiptRecord]) distribution.FundReceipt {
	v := r.value
	return distribution.FundReceipt{Fund: r.key.of, N: int(r.key.n), Donor: v.Donor.amount(), XOF: v.XOF.amount(),
		Bank: v.Bank, On: v.On.time(), BankRef: v.BankRef, Entry: v.Entry}
}

// placeRecord is in "place" by programme and code.
type placeRecord struct {
	_        struct{} `cbor:",toarray"`
	Edition  string
	Code     string
	Name     string
	Commune  string
	Cercle   string
	Region   string
	Within   string
	Lat, Lon float64
	Level    int
	Class    int
}

func placeRecordOf(p places.Place) placeRecord {
	return placeRecord{Edition: p.Edition, Code: p.Code, Name: p.Name, Commune: p.Commune, Cercle: p.Cercle, Region: p.Region,
		Within: p.Within, Lat: p.Lat, Lon: p.Lon, Level: int(p.Level), Class: p.Class}
}

func (r placeRecord) place() places.Place {
	return places.Place{Edition: r.Edition, Code: r.Code, Name: r.Name, Commune: r.Commune, Cercle: r.Cercle, Region: r.Region,
		Within: r.Within, Lat: r.Lat, Lon: r.Lon, Level: places.Level(r.Level), Class: r.Class}
}

// pointRecord is in "point" by programme and code.
type pointRecord struct {
	Code      string
	Programme string
	Name      string
	Zone      string
	PlaceCode string
	Villages  []string
}

func pointRecordOf(p distribution.Point) pointRecord { return pointRecord(p) }

func (r pointRecord) point() distribution.Point { return distribution.Point(r) }
