package report

import (
	"fmt"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

// lotOverlap is what a lot said, when it was prepared, of another organisation.
type lotOverlap struct {
	lot string
	distribution.Overlap
}

// coordination is what a lot's preparer answered.
type coordination struct{ lot, words string }

// overlaps reads what the round's lots say of other organisations; nothing while the
// round's places are embargoed.
func (m *maker) overlaps(out *Round) error {
	if m.tx.Now().Before(m.round.EmbargoUntil) {
		return nil
	}
	for l, err := range m.tx.Lots(m.round.ID) {
		if err != nil {
			return err
		}
		for _, o := range l.Overlaps {
			out.overlaps = append(out.overlaps, lotOverlap{l.ID, o})
		}
		if l.OverlapsMore > 0 {
			out.overlapsMore += l.OverlapsMore
		}
		if l.Coordination != "" {
			out.answers = append(out.answers, coordination{l.ID, l.Coordination})
		}
	}
	return nil
}

// elsewhere lists who else served the round's places; there is no such section where
// nobody did.
func (w writer) elsewhere() []layout.Section {
	if len(w.overlaps)+len(w.answers) == 0 {
		return nil
	}
	t := layout.Table{ID: "overlaps", Title: w.say("By lot and place", "Par lot et lieu"), Columns: []layout.Column{
		col("Lot"), col(w.say("What the approvers saw", "Ce que les approbateurs ont vu")), num(w.say("Households of the lot", "Ménages du lot"))}}
	for _, o := range w.overlaps {
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(o.lot), layout.Text(w.say(o.Text(), o.Texte())), layout.Number(int64(o.Households), 0, "")})
	}
	if w.overlapsMore > 0 {
		t.Note = fmt.Sprintf(w.say("And %d more.", "Et %d de plus."), w.overlapsMore)
	}
	s := layout.Section{Title: w.say("Other organisations in the same places", "Autres organisations dans les mêmes lieux"),
		Text: w.say("As lists of who does what where said when the lots were approved. A warning, not a finding.",
			"D'après les listes « qui fait quoi où » à l'approbation des lots. Un avertissement, pas un constat."), Tables: []layout.Table{t}}
	if len(w.answers) > 0 {
		a := layout.Table{ID: "answers", Title: w.say("How it was coordinated", "Comment cela a été coordonné"), Columns: []layout.Column{col("Lot"), col(w.say("Answer", "Réponse"))}}
		for _, c := range w.answers {
			a.Rows = append(a.Rows, []layout.Cell{layout.Text(c.lot), layout.Text(c.words)})
		}
		s.Tables = append(s.Tables, a)
	}
	return []layout.Section{s}
}
