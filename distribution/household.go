package distribution

import (
	"time"

	"github.com/jate-cva/jate/fault"
)

// BeneficiaryID names a household: "h" and a number, opaque, in the order of
// registration.
type BeneficiaryID string

// Beneficiary is a household as the store keeps it. What identifies a person
// is inside Sealed.
type Beneficiary struct {
	ID        BeneficiaryID
	Programme string
	Import    string   // the import that brought it as it is
	Row       int      // its row there
	Match     [16]byte // keyed digest of what a list recognises it by; zero once forgotten
	Content   [32]byte // keyed digest of the person, to tell changed from same
	Sealed    []byte   // AES-256-GCM of the Person under the household's key
	Point     string   // code of its distribution point; "" until assigned
	Excluded  string   // reason code of a person's decision; "" while included
	Created   time.Time
	Changed   time.Time
}

// Person is what a list says of a household. It exists in the clear only while
// it is worked with.
type Person struct {
	Family, Given string
	Sex           string // "M", "F" or ""
	BirthYear     int    // 0 where unknown
	Phone         string // E.164 or ""
	Region        string // as given, and so the rest of the place
	Cercle        string
	Commune       string
	Village       string
	PlaceCode     string // p-code, where the list has a column of them
	PlaceEdition  string // of p-codes in this place; "" where nobody said
	PointName     string // distribution point as the list names it
	Size          int    // people in the household, 1 to 40
	Women, Men    int
	Girls, Boys   int
	Members       []Member
	Status        string // resident, displaced, returnee, host, other or ""
	Language      string
	Quantity      string // decimal text: days worked, for a rate
	Home          string // trader or handheld that the household chose
	Alternates    []string
	ExternalIDs   []ExternalID
}

// Member is one person of a household, where the list has them.
type Member struct {
	Name      string
	Sex       string
	BirthYear int
}

// ExternalID is a household's id in another system.
type ExternalID struct {
	Scheme string // rsu-ml, scope, kobo, 121, nina-ml, national …
	Value  string
}

// Import is one reading of one file.
type Import struct {
	ID        string // of the file's content within its programme
	Programme string
	File      [32]byte // SHA-256
	Done      bool     // an import that is not done is finished by repeating it
	By        string
	Started   time.Time
	Counts    ImportCounts
}

// ImportCounts says what became of a file's rows.
type ImportCounts struct {
	New, Changed, Same, Refused int
}

// Duplicate is a pair of households that may be one.
type Duplicate struct {
	Programme string
	A, B      BeneficiaryID // A was registered first
	Reasons   []string      // same-id:<scheme>, same-phone, similar-name
	Decision  string        // "" while open; same (B is excluded) or different
	By        string
	At        time.Time
}

// Errors about lists and households.
var (
	ErrNotFound = fault.New(fault.NotFound, "distribution_not_found",
		"There is no such household, fund, point, round or lot in this programme.",
		"Il n'y a ni ce ménage, ni ce fonds, ni ce site, ni ce cycle, ni ce lot dans ce programme.")
	ErrForgotten = fault.New(fault.Gone, "household_forgotten",
		"This household's personal data was erased.",
		"Les données personnelles de ce ménage ont été effacées.")
	ErrImport = fault.New(fault.Invalid, "list_invalid",
		"The list could not be read.",
		"La liste n'a pas pu être lue.")
	ErrImportOpen = fault.New(fault.Conflict, "import_unfinished",
		"An import was interrupted. Import the same file again first.",
		"Une importation a été interrompue. Réimportez d'abord le même fichier.")
)
