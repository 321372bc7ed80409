package export

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"io"
	"slices"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

//go:embed sycebnl.csv
var sycebnl []byte

// ErrMapping refuses a mapping file.
var ErrMapping = fault.New(fault.Invalid, "mapping_invalid",
	"The file that maps classes of accounts to numbers has a mistake.",
	"Le fichier qui associe les classes de comptes à des numéros contient une erreur.")

// Mapping says where an accountant finds each class of accounts.
type Mapping map[ledger.Class]Mapped

// Mapped is where one class is.
type Mapped struct {
	Number  string // of the account; "" for a class that is counted in kilos
	Name    string // of the account, in French
	Journal string // that an entry on it is in; "" for none in particular
}

// The bounds of a mapping file.
const (
	mappingMax = 64 << 10 // bytes
	nameMax    = 60       // of a name
	journalMax = 6        // letters of a journal's code
)

// DefaultMapping is the mapping to the accounts of the SYCEBNL that comes with
// the program; sycebnl.csv says where it is from.
func DefaultMapping() Mapping {
	m, err := ParseMapping(bytes.NewReader(sycebnl))
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return m
}

// ParseMapping reads a mapping: UTF-8, semicolons, the columns class, compte,
// intitule and journal, comments after "#". It must map every class that books
// have, each once; anything else is ErrMapping.
func ParseMapping(r io.Reader) (Mapping, error) {
	text, err := io.ReadAll(io.LimitReader(r, mappingMax+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mappingMax {
		return nil, ErrMapping.At("file", "more than %d bytes", mappingMax)
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.Comma, in.Comment, in.FieldsPerRecord = ';', '#', 4
	rows, err := in.ReadAll()
	if err != nil {
		return nil, ErrMapping.At("file", "%v", err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], []string{"class", "compte", "intitule", "journal"}) {
		return nil, ErrMapping.At("file", "its first row must be class;compte;intitule;journal")
	}
	m := Mapping{}
	for _, row := range rows[1:] {
		class := ledger.Class(row[0])
		if _, twice := m[class]; twice || !slices.Contains(classes(), class) {
			return nil, ErrMapping.At("class", "%.40q is not a class, or there twice", row[0])
		}
		m[class], err = mapped(row)
		if err != nil {
			return nil, ErrMapping.At("class."+row[0], "%v", err)
		}
	}
	for _, class := range classes() {
		if _, ok := m[class]; !ok {
			return nil, ErrMapping.At("class", "%s has no account", class)
		}
	}
	return m, nil
}

// classes are those that books have: no voucher of one household.
func classes() []ledger.Class {
	return slices.DeleteFunc(ledger.Classes(), func(c ledger.Class) bool { return c == ledger.ClassVoucher })
}

func mapped(row []string) (Mapped, error) {
	x := Mapped{Number: row[1], Name: row[2], Journal: row[3]}
	if x.Name == "" || len(x.Name) > nameMax || len(x.Journal) > journalMax {
		return x, errors.New("a name and the code of a journal are needed, neither too long")
	}
	if x.Number == "-" {
		x.Number = ""
		return x, nil
	}
	return x, Chart{"": x.Number}.check()
}

// Chart returns the numbers alone.
func (m Mapping) Chart() Chart {
	c := Chart{}
	for class, x := range m {
		if x.Number != "" {
			c[class] = x.Number
		}
	}
	return c
}
