package distribution

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// The bounds of an export.
const (
	exportMax       = 100_000 // households
	exportCopiesMax = 3       // a copy that was lost on the way is taken again
	exportsMax      = 1000    // of a programme
)

// Export is a list of persons that leaves the programme, encrypted to one
// recipient, when a second person has agreed to exactly this.
type Export struct {
	ID         string
	Programme  string
	Recipient  string // age recipient, age1…
	Point      string // households of one point; "" for all
	Fields     []Field
	Purpose    string // code of 1 to 40 letters, digits, dashes and points
	Households int    // at most so many are in it: those there were when it was prepared
	PreparedBy string
	Prepared   time.Time
	Approvals  []access.Approval
	Copies     int // taken so far
}

// Errors of exports.
var (
	ErrExportChanged = fault.New(fault.Conflict, "export_changed",
		"This export is not what you saw. Read it again.",
		"Cet export n'est pas celui que vous avez vu. Relisez-le.")
	ErrExportCopies = fault.New(fault.Conflict, "export_copies",
		"No copy of this export is left, or the list has grown since. Prepare another.",
		"Il ne reste aucune copie de cet export, ou la liste a grandi depuis. Préparez-en un autre.")
	ErrExportTaken = fault.New(fault.Unavailable, "export_busy",
		"Somebody took a copy at the same moment. Try again.",
		"Quelqu'un a pris une copie au même moment. Réessayez.")
)

// Digest is the SHA-256 of what an approval covers: recipient, scope, fields,
// purpose, and how many households.
func (e Export) Digest() [32]byte {
	return e.content().Digest()
}

func (e Export) content() access.Content {
	c := access.Content{What: "export", ID: e.ID, Programme: e.Programme, Lines: []access.Line{{"recipient", e.Recipient}, {"point", e.Point},
		{"purpose", e.Purpose}, {"households", number(e.Households)}, {"proposed", stamp(e.Prepared)}}}
	for _, f := range e.Fields {
		c.Lines = append(c.Lines, access.Line{"field", string(f)})
	}
	return c
}

func (e Export) proposal() access.Proposal {
	return access.Proposal{Programme: e.Programme, Digest: e.Digest(), PreparedBy: e.PreparedBy, Roles: Roles[MethodApproveExport], Approvals: e.Approvals}
}

// facts are what the journal says of an export. A recipient is a public key.
func (e Export) facts() map[string]string {
	fields := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		fields[i] = string(f)
	}
	return map[string]string{"digest": hexOf(e.Digest()), "recipient": e.Recipient, "point": e.Point, "fields": strings.Join(fields, ","),
		"purpose": e.Purpose, "households": number(e.Households)}
}

// PrepareExport begins an export.
type PrepareExport struct {
	By        access.Actor `json:"-"`
	Key       string       `json:"-"`
	Recipient string
	Point     string
	Fields    []Field
	Purpose   string
}

// PrepareExport is documented at Service.
func (s *service) PrepareExport(ctx context.Context, cmd PrepareExport) (Export, error) {
	return once(ctx, s, MethodPrepareExport, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Export, error) {
		if _, err := age.ParseX25519Recipient(cmd.Recipient); err != nil {
			return Export{}, ErrCommand.At("recipient", "an age recipient: age1 and 58 letters and digits")
		}
		if err := checkCode("purpose", cmd.Purpose, purposeMax); err != nil {
			return Export{}, err
		}
		e := Export{Programme: cmd.By.Programme, Recipient: cmd.Recipient, Point: cmd.Point, Purpose: cmd.Purpose,
			PreparedBy: cmd.By.ID, Prepared: tx.Now()}
		for _, f := range everyField { // in one order, each once
			if slices.Contains(cmd.Fields, f) && SightOf(ViewExport, access.Role(actor.Role), f) == Clear {
				e.Fields = append(e.Fields, f)
			}
		}
		if len(e.Fields) == 0 || len(e.Fields) != len(cmd.Fields) {
			return Export{}, ErrCommand.At("fields", "one or more, each once, that may be exported")
		}
		if e.Point != "" {
			if _, err := tx.Point(e.Programme, e.Point); err != nil {
				return Export{}, err
			}
		}
		ids, err := exported(tx, e)
		if err != nil {
			return Export{}, err
		}
		if len(ids) == 0 || len(ids) > exportMax {
			return Export{}, ErrCommand.At("point", "%d households; an export has 1 to %d", len(ids), exportMax)
		}
		before, err := collect(tx.Exports(e.Programme))
		if err != nil {
			return Export{}, err
		}
		if len(before) >= exportsMax {
			return Export{}, ErrCommand.At("recipient", "a programme has at most %d exports", exportsMax)
		}
		e.ID, e.Households = fmt.Sprintf("x%04d", len(before)+1), len(ids)
		_, err = ledger.Decide(tx, actor, "", "prepare-export", e.ID, e.facts())
		return e, errors.Join(err, tx.PutPrepared(e.content().Prepare(cmd.By, Roles[MethodApproveExport])), tx.PutExport(e))
	})
}

// exported returns the households that an export is of, in the order of their
// ids: those included, and not erased.
func exported(tx Tx, e Export) ([]BeneficiaryID, error) {
	var ids []BeneficiaryID
	for b, err := range tx.Beneficiaries(e.Programme, "") {
		if err != nil {
			return nil, err
		}
		if b.Excluded == "" && len(b.Sealed) > 0 && (e.Point == "" || b.Point == e.Point) {
			ids = append(ids, b.ID)
		}
	}
	return ids, nil
}

// ApproveExport is another person's agreement to an export.
type ApproveExport struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Export string
	Digest [32]byte
}

// ApproveExport is documented at Service.
func (s *service) ApproveExport(ctx context.Context, cmd ApproveExport) (Export, error) {
	proof, err := s.prove(ctx, cmd.By, MethodApproveExport, cmd.Digest)
	if err != nil {
		return Export{}, err
	}
	return once(ctx, s, MethodApproveExport, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Export, error) {
		e, err := tx.Export(cmd.By.Programme, cmd.Export)
		if err != nil {
			return Export{}, err
		}
		if e.Digest() != cmd.Digest {
			return Export{}, ErrExportChanged
		}
		p, err := e.proposal().Approve(cmd.By, proof, tx.Now())
		if err != nil {
			return Export{}, err
		}
		e.Approvals = p.Approvals
		_, err = ledger.Decide(tx, actor, "", "approve-export", e.ID, proof.Facts(e.facts()))
		return e, errors.Join(err, tx.PutExport(e))
	})
}

// Exports is documented at Service.
func (s *service) Exports(ctx context.Context, q Query) ([]Export, error) {
	return read(ctx, s, MethodExports, q.By, func(tx Tx) ([]Export, error) { return collect(tx.Exports(q.By.Programme)) })
}
