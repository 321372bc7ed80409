package distribution

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// A copy of an export is a CSV file in UTF-8, encrypted to its recipient with
// age. Its first line says what it is and for whom. Each household has a
// reference that no other copy has for it, and the households are in an order
// that no other copy has: by either a leak is traced (TraceExport). Both are
// made with the data key, so that nobody else can tell them from chance.

// TakeExport asks for a copy.
type TakeExport struct {
	By     access.Actor
	Export string
}

// TakeExport is documented at Service.
func (s *service) TakeExport(ctx context.Context, cmd TakeExport) (Document, error) {
	actor, err := acting(cmd.By, MethodTakeExport)
	if err != nil {
		return Document{}, err
	}
	var e Export
	var ids []BeneficiaryID
	err = s.store.View(ctx, func(tx Tx) (err error) {
		if e, err = approvedExport(tx, cmd); err == nil {
			ids, err = exported(tx, e)
		}
		return err
	})
	if err != nil {
		return Document{}, err
	}
	if len(ids) > e.Households {
		return Document{}, ErrExportCopies.At("export", "%d households, approved were %d", len(ids), e.Households)
	}
	e.Copies++
	var sealed bytes.Buffer // a hundred bytes or two of each household
	n, err := s.writeExport(ctx, &sealed, e, ids)
	if err != nil {
		return Document{}, err
	}
	sum := sha256.Sum256(sealed.Bytes())
	err = s.store.Update(ctx, func(tx Tx) error {
		now, err := approvedExport(tx, cmd)
		if err != nil {
			return err
		}
		if now.Copies != e.Copies-1 {
			return ErrExportTaken
		}
		now.Copies = e.Copies
		facts := now.facts()
		facts["copy"], facts["count"], facts["sha256"] = number(e.Copies), number(n), hex.EncodeToString(sum[:])
		_, err = ledger.Decide(tx, actor, "", "export-persons", e.ID, facts)
		return errors.Join(err, tx.PutExport(now))
	})
	if err != nil {
		return Document{}, err
	}
	s.cfg.Reads.Count(actor.Role, "export", n)
	return Document{Filename: fmt.Sprintf("persons-%s-%d.csv.age", e.ID, e.Copies), Write: func(w io.Writer) error {
		_, err := sealed.WriteTo(w)
		return err
	}}, nil
}

func approvedExport(tx Tx, cmd TakeExport) (Export, error) {
	e, err := tx.Export(cmd.By.Programme, cmd.Export)
	if err != nil {
		return e, err
	}
	if err := e.proposal().Approved(1, tx.Now()); err != nil {
		return e, err
	}
	if e.Copies >= exportCopiesMax {
		return e, ErrExportCopies
	}
	return e, nil
}

// writeExport encrypts a copy as it is written: its clear text is nowhere else.
func (s *service) writeExport(ctx context.Context, w io.Writer, e Export, ids []BeneficiaryID) (int, error) {
	to, err := age.ParseX25519Recipient(e.Recipient)
	if err != nil {
		return 0, err
	}
	out, err := age.Encrypt(w, to)
	if err != nil {
		return 0, err
	}
	c := csv.NewWriter(out)
	titles := []string{"ref"}
	for _, f := range e.Fields {
		titles = append(titles, exportColumns[f].titles...)
	}
	mark := fmt.Sprintf("jate export %s copy %d for %s, purpose %s, %s. Confidential: this copy can be traced. / Confidentiel : cette copie est traçable.",
		e.ID, e.Copies, e.Recipient, e.Purpose, day(e.Prepared))
	if err := errors.Join(c.Write([]string{mark}), c.Write(titles)); err != nil {
		return 0, err
	}
	order := map[BeneficiaryID][32]byte{}
	for _, id := range ids {
		order[id] = s.cfg.Sealer.exportOrder(e, e.Copies, id)
	}
	slices.SortFunc(ids, func(a, b BeneficiaryID) int { x, y := order[a], order[b]; return bytes.Compare(x[:], y[:]) })
	n := 0
	for page := range slices.Chunk(ids, importChunk) {
		err := s.store.View(ctx, func(tx Tx) error {
			for _, id := range page {
				b, err := tx.Beneficiary(id)
				if err != nil {
					return err
				}
				p, err := s.cfg.Sealer.personOf(tx, b)
				if errors.Is(err, ErrForgotten) {
					continue
				}
				if err != nil {
					return err
				}
				row := []string{s.cfg.Sealer.exportRef(e, e.Copies, id)}
				for _, f := range e.Fields {
					row = append(row, exportColumns[f].cells(p)...)
				}
				for i, cell := range row {
					if cell != "" && strings.ContainsRune("=+-@\t\r\x00", rune(cell[0])) && !telephone(cell) {
						row[i] = "'" + cell
					}
				}
				if err := c.Write(row); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	c.Flush()
	return n, errors.Join(c.Error(), out.Close())
}

// telephone reports whether a cell is a number in E.164, which no spreadsheet
// takes for more than a number.
func telephone(cell string) bool {
	digits, plus := strings.CutPrefix(cell, "+")
	_, err := strconv.ParseUint(digits, 10, 64)
	return plus && err == nil
}

func (s *Sealer) exportOrder(e Export, copied int, id BeneficiaryID) [32]byte {
	return s.Secret("export-order", e.Programme, e.ID, number(copied), string(id))
}

func (s *Sealer) exportRef(e Export, copied int, id BeneficiaryID) string {
	sum := s.Secret("export-ref", e.Programme, e.ID, number(copied), string(id))
	return hex.EncodeToString(sum[:6])
}

// exportColumns are the columns of each field.
var exportColumns = map[Field]struct {
	titles []string
	cells  func(Person) []string
}{
	FieldName:      {[]string{"family name", "given name"}, func(p Person) []string { return []string{p.Family, p.Given} }},
	FieldSex:       {[]string{"sex"}, func(p Person) []string { return []string{p.Sex} }},
	FieldBirthYear: {[]string{"birth year"}, func(p Person) []string { return []string{known(p.BirthYear)} }},
	FieldPhone:     {[]string{"phone"}, func(p Person) []string { return []string{p.Phone} }},
	FieldArea:      {[]string{"region", "cercle", "commune"}, func(p Person) []string { return []string{p.Region, p.Cercle, p.Commune} }},
	FieldVillage:   {[]string{"village", "p-code", "edition"}, func(p Person) []string { return []string{p.Village, p.PlaceCode, p.PlaceEdition} }},
	FieldPointName: {[]string{"distribution point"}, func(p Person) []string { return []string{p.PointName} }},
	FieldSize:      {[]string{"size"}, func(p Person) []string { return []string{known(p.Size)} }},
	FieldComposition: {[]string{"women", "men", "girls", "boys"}, func(p Person) []string {
		return []string{number(p.Women), number(p.Men), number(p.Girls), number(p.Boys)}
	}},
	FieldMembers:    {[]string{"members"}, func(p Person) []string { return []string{membersText(p)} }},
	FieldStatus:     {[]string{"status"}, func(p Person) []string { return []string{p.Status} }},
	FieldLanguage:   {[]string{"language"}, func(p Person) []string { return []string{p.Language} }},
	FieldQuantity:   {[]string{"quantity"}, func(p Person) []string { return []string{p.Quantity} }},
	FieldHome:       {[]string{"trader"}, func(p Person) []string { return []string{p.Home} }},
	FieldAlternates: {[]string{"alternates"}, func(p Person) []string { return []string{strings.Join(p.Alternates, "; ")} }},
	FieldExternalIDs: {[]string{"ids"}, func(p Person) []string {
		var all []string
		for _, id := range p.ExternalIDs {
			all = append(all, id.Scheme+":"+id.Value)
		}
		return []string{strings.Join(all, "; ")}
	}},
}

// known is a number, or "" where it is not known.
func known(n int) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func membersText(p Person) string {
	var all []string
	for _, m := range p.Members {
		all = append(all, strings.TrimSpace(m.Name+" "+m.Sex+" "+known(m.BirthYear)))
	}
	return strings.Join(all, "; ")
}
