package export

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/jate-cva/jate/internal/workbook"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// journalTitles are the columns that accounting packages in francophone Africa
// are told to read: the account, its third party (the trader, fund, round or
// bank), and the round as the analytical section.
var journalTitles = []string{"journal", "date", "compte", "tiers", "piece", "libelle", "debit", "credit", "section"}

// JournalOptions say how a journal is written.
type JournalOptions struct {
	Mapping Mapping
	// Daily sums up each day's entries of one kind and round in one piece:
	// thousands of redemptions a day are no use to an accountant one by one.
	Daily bool
	Read  func(size uint64) // as Options has it
}

// WriteJournal writes every entry that moves francs as the lines of one piece,
// in the order of the journal: CSV with semicolons, a byte order mark and line
// ends of Windows, which packages in West Africa and French spreadsheets read;
// dates as 31/12/2026, whole francs. The debits of a piece equal its credits; a
// piece that does not balance, or an account that the mapping gives no number, is
// an error, and nothing that was written before it may be used. Kilos are left
// out: they are in no accounts.
func WriteJournal(ctx context.Context, w io.Writer, store ledger.Store, o JournalOptions) error {
	b, err := read(ctx, store)
	if err != nil {
		return err
	}
	tell(o.Read, b.size)
	buffered := bufio.NewWriter(w)
	if _, err := buffered.WriteString("\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(buffered)
	out.Comma, out.UseCRLF = ';', true
	if err := out.Write(journalTitles); err != nil {
		return err
	}
	j := &journal{out: out, o: o, day: map[pieceKey]*piece{}}
	for from := uint64(0); from < b.size; from += pageEntries {
		page, err := entries(ctx, store, from, min(from+pageEntries, b.size))
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := j.entry(e); err != nil {
				return fmt.Errorf("entry %d: %w", e.Seq, err)
			}
		}
	}
	if err := j.flush(); err != nil {
		return err
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return buffered.Flush()
}

// journal writes pieces; with Daily it keeps those of one day.
type journal struct {
	out *csv.Writer
	o   JournalOptions
	at  string // the day of what is kept
	day map[pieceKey]*piece
}

type pieceKey struct {
	kind  ledger.Kind
	round string
}

// piece is what is written under one number: lines, whose debits equal their
// credits.
type piece struct {
	number, label, date, round string
	first                      uint64
	lines                      []line
	at                         map[lineKey]int
}

type lineKey struct {
	account ledger.Account
	credit  bool
}

func (p *piece) add(ls []line) error {
	for _, l := range ls {
		k := lineKey{l.account, l.credit}
		i, ok := p.at[k]
		if !ok {
			p.at[k] = len(p.lines)
			p.lines = append(p.lines, l)
			continue
		}
		sum, err := p.lines[i].amount.Add(l.amount)
		if err != nil {
			return err
		}
		p.lines[i].amount = sum
	}
	return nil
}

func (j *journal) entry(e ledger.Entry) error {
	lines, err := summed(e)
	if err != nil {
		return err
	}
	lines = slices.DeleteFunc(lines, func(l line) bool { return l.amount.Asset() != money.XOF })
	if len(lines) == 0 {
		return nil
	}
	date := e.Posted.UTC().Format("02/01/2006")
	p := &piece{number: strconv.FormatUint(e.Seq, 10), label: kindLabel(e.Kind) + refLabel(e.Ref), date: date, round: e.Round, first: e.Seq, at: map[lineKey]int{}}
	if !j.o.Daily {
		if err := p.add(lines); err != nil {
			return err
		}
		return j.write(p)
	}
	if date != j.at {
		if err := j.flush(); err != nil {
			return err
		}
		j.at = date
	}
	k := pieceKey{e.Kind, e.Round}
	if kept := j.day[k]; kept != nil {
		return kept.add(lines)
	}
	p.number, p.label = e.Posted.UTC().Format("060102-")+p.number, kindLabel(e.Kind)
	j.day[k] = p
	return p.add(lines)
}

// flush writes the pieces of the day that are kept, in the order of the first
// entry of each.
func (j *journal) flush() error {
	var ps []*piece
	for _, p := range j.day {
		ps = append(ps, p)
	}
	slices.SortFunc(ps, func(a, b *piece) int { return cmp.Compare(a.first, b.first) })
	clear(j.day)
	for _, p := range ps {
		if err := j.write(p); err != nil {
			return err
		}
	}
	return nil
}

// write writes a piece, after adding it up.
func (j *journal) write(p *piece) error {
	code, balance := "OD", money.Francs(0)
	for _, l := range p.lines {
		x, err := j.mapped(l.account)
		if err != nil {
			return err
		}
		if x.Journal != "" && code == "OD" {
			code = x.Journal
		}
		if l.credit {
			balance, err = balance.Sub(l.amount)
		} else {
			balance, err = balance.Add(l.amount)
		}
		if err != nil {
			return err
		}
	}
	if !balance.IsZero() {
		return fmt.Errorf("piece %s: debits and credits differ by %s", p.number, balance)
	}
	for _, l := range p.lines {
		x, err := j.mapped(l.account)
		if err != nil {
			return err
		}
		row := []string{code, p.date, x.Number, l.account.ID(), p.number, workbook.Inert(p.label), "", "", p.round}
		row[6+side(l)] = l.amount.Text()
		if err := j.out.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func side(l line) int {
	if l.credit {
		return 1
	}
	return 0
}

func (j *journal) mapped(a ledger.Account) (Mapped, error) {
	class, err := a.Class()
	if err != nil {
		return Mapped{}, err
	}
	x, ok := j.o.Mapping[class]
	if !ok || x.Number == "" {
		return x, ErrMapping.At("class", "%s has no account for francs", class)
	}
	return x, nil
}

// refMax bounds what of a reference a label shows; packages cut labels.
const refMax = 24

func refLabel(ref string) string {
	if ref == "" {
		return ""
	}
	if len(ref) > refMax {
		ref = ref[:refMax]
	}
	return " " + inert(ref)
}

// kinds are what entries are called in the journal.
var kinds = map[ledger.Kind]string{
	ledger.KindPledgeFund: "Promesse de financement", ledger.KindFund: "Fonds reçus", ledger.KindAllocate: "Affectation au cycle",
	ledger.KindIssue: "Émission de coupons", ledger.KindRedeem: "Échange de coupons", ledger.KindVoid: "Annulation de coupons",
	ledger.KindExpire: "Expiration de coupons", ledger.KindReissue: "Remplacement de coupons", ledger.KindAcceptLoss: "Perte hors ligne acceptée",
	ledger.KindClaim: "Demande de remboursement", ledger.KindFreeze: "Gel d'un montant", ledger.KindRelease: "Levée d'un gel",
	ledger.KindSettle: "Règlement ordonné", ledger.KindConfirm: "Règlement confirmé", ledger.KindAdvance: "Avance versée",
	ledger.KindRecover: "Avance récupérée", ledger.KindReturn: "Retour de fonds", ledger.KindReverse: "Contre-passation",
	ledger.KindRepay: "Avance remboursée", ledger.KindWriteOff: "Avance passée en perte", ledger.KindRemit: "Impôt reversé",
	ledger.KindTransfer: "Virement interne", ledger.KindCharge: "Frais bancaires", ledger.KindSuspend: "Mouvement à éclaircir",
	ledger.KindOwe: "Trop-payé à rembourser",
}

func kindLabel(k ledger.Kind) string {
	if fr, ok := kinds[k]; ok {
		return fr
	}
	return string(k)
}
