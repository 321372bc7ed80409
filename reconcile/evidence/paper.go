package evidence

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

// WritePDF writes a pack, given as its file, as people read it: in French for
// "fr", else in English. The file is the evidence and the PDF a copy of it for
// reading, which bears the file's SHA-256. The same file gives the same bytes,
// so that who has the file can tell whether a PDF is of it. It verifies nothing
// and returns ErrPack for what Parse refuses.
func WritePDF(w io.Writer, file []byte, lang string) error {
	p, err := Parse(file)
	if err != nil {
		return err
	}
	if lang != "fr" {
		lang = "en"
	}
	s, sum := sheet{p, lang}, sha256.Sum256(file)
	d := s.document(sum)
	if d.Code, err = p.code(sum); err != nil {
		return err
	}
	return layout.WritePDF(w, d)
}

// rowsMax bounds the rows of a table on paper: about 25 pages of it.
const rowsMax = 1_000

// tradersShown are how many traders the title names.
const tradersShown = 6

// sheet puts a pack into words.
type sheet struct {
	Pack
	lang string
}

// say returns one of two texts, with values in their place.
func (s sheet) say(en, fr string, args ...any) string {
	if s.lang == "fr" {
		en = fr
	}
	return fmt.Sprintf(en, args...)
}

func (s sheet) document(sum [32]byte) layout.Document {
	c := s.Case
	d := layout.Document{Lang: s.lang, Title: s.say("Evidence pack", "Dossier de preuves"),
		Subtitle: s.say("Case %s: %s, round %s", "Dossier %s : %s, cycle %s", c.ID, s.traders(), c.Round),
		Verdict:  s.claim(), Good: c.State == "cleared", Page: "page",
		RowsMax: rowsMax,
		More: s.say("This paper leaves out %%d more rows. The JSON file has them all.",
			"Ce document laisse de côté %%d autres lignes. Le fichier JSON les contient toutes.")}
	if n := len(s.History); n > 0 {
		d.Made = s.History[n-1].At
	}
	d.Facts = s.facts(sum)
	d.Sections = []layout.Section{s.findings(), s.redemptions(), s.claims(), s.history(), s.proof(sum)}
	if len(s.Documents) > 0 {
		d.Sections = slices.Insert(d.Sections, 3, s.documents())
	}
	return d
}

// traders says whom the case is about.
func (s sheet) traders() string {
	if s.Case.Vendor != "" {
		return s.say("trader %s", "commerçant %s", s.Case.Vendor)
	}
	var ids []string
	for _, f := range s.Findings {
		ids = append(ids, f.Vendor)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 1 {
		return s.say("trader %s", "commerçant %s", ids[0])
	}
	more := ""
	if n := len(ids) - tradersShown; n > 0 {
		more = s.say(" and %d more", " et %d autres", n)
		ids = ids[:tradersShown]
	}
	return s.say("traders %s%s", "commerçants %s%s", strings.Join(ids, ", "), more)
}

// claim says what the case claims.
func (s sheet) claim() string {
	sum, paid := int64(0), 0
	for _, r := range s.Redemptions {
		if r.Amount.Asset() == money.XOF {
			sum += r.Amount.Minor()
		}
		if r.Paid {
			paid++
		}
	}
	return s.say("%d findings worth %s; %d redemptions concerned, %s in francs, %d of them paid. The case is %s.",
		"%d constats pour %s ; %d échanges concernés, %s en francs, dont %d payés. Le dossier est %s.",
		len(s.Findings), s.Case.Value.Format(s.lang), len(s.Redemptions), money.Francs(sum).Format(s.lang), paid, s.word(s.Case.State))
}

func (s sheet) facts(sum [32]byte) [][2]string {
	c := s.Case
	var out [][2]string
	add := func(name, text string) {
		if text != "" {
			out = append(out, [2]string{name, text})
		}
	}
	add(s.say("Programme", "Programme"), s.Programme)
	add(s.say("About", "Objet"), c.About)
	add(s.say("After case", "Suite du dossier"), c.Refers)
	add(s.say("Opened", "Ouvert le"), s.moment(&c.Opened))
	add(s.say("Looked into by", "Instruit par"), strings.TrimSpace(c.Assigned+" "+s.until(c.Due)))
	heard := s.say("not asked yet", "pas encore interrogé")
	if c.Asked != nil {
		heard = s.say("asked %s, %s", "interrogé le %s, %s", s.moment(c.Asked), s.until(c.Until))
	}
	if c.Answered != nil {
		heard += s.say("; answered %s", " ; a répondu le %s", s.moment(c.Answered))
	}
	add(s.say("Trader", "Commerçant"), heard)
	add(s.say("Frozen", "Bloqué"), c.Frozen.Format(s.lang))
	if c.Charged != nil {
		add(s.say("To pay back", "À rembourser"), s.say("%s, of which %s came in and %s was given up", "%s, dont %s encaissés et %s abandonnés",
			c.Charged.Format(s.lang), c.Recovered.Format(s.lang), c.GivenUp.Format(s.lang)))
	}
	add(s.say("Decided", "Décidé le"), s.moment(c.Decided))
	add("SHA-256", s.say("%x (of the JSON file)", "%x (du fichier JSON)", sum))
	return out
}

func (s sheet) moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func (s sheet) until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return s.say("until %s", "jusqu'au %s", s.moment(t))
}

func (s sheet) columns(titles ...string) []layout.Column {
	out := make([]layout.Column, len(titles))
	for i, t := range titles {
		t, numbers := strings.CutPrefix(t, "#")
		out[i] = layout.Column{Title: t, Numbers: numbers}
	}
	return out
}

// cell shows a sum: francs as a number, kilos with their unit.
func (s sheet) cell(m money.Amount) layout.Cell {
	if m.Asset() == money.XOF {
		return layout.Number(m.Minor(), 0, "")
	}
	return layout.Text(m.Format(s.lang))
}

// found says what a finding says, of whom where the case is about several, and in
// brackets what the detector is called in every language.
func (s sheet) found(f Finding) string {
	var of []string
	if s.Case.Vendor == "" {
		of = append(of, f.Vendor)
	}
	if f.Handheld != "" {
		of = append(of, f.Handheld)
	}
	text := f.Says.in(s.lang) + " [" + f.Detector + "]"
	if len(of) == 0 {
		return text
	}
	return strings.Join(of, ", ") + s.say(": ", "\u00a0: ") + text
}

func (s sheet) findings() layout.Section {
	t := layout.Table{ID: "findings", Title: s.say("What was found", "Ce qui a été constaté"),
		Columns: s.columns("#Score", "#FCFA", s.say("What it says", "Ce qu'il dit"), s.say("What would clear it", "Ce qui l'écarterait"),
			s.say("#Evidence", "#Preuves"))}
	for _, f := range s.Findings {
		t.Rows = append(t.Rows, []layout.Cell{layout.Number(int64(f.Score), 0, ""), s.cell(f.Value), layout.Text(s.found(f)),
			layout.Text(f.Clears.in(s.lang)), layout.Number(int64(len(f.Evidence)), 0, "")})
	}
	return layout.Section{Title: s.say("Findings", "Constats"), Tables: []layout.Table{t},
		Text: s.say("Scores run from 1, weak, to 100, certain. One signal by itself freezes nothing, and no finding stops a household.",
			"Les scores vont de 1, faible, à 100, certain. Un indice isolé ne bloque rien, et aucun constat n'arrête un ménage.")}
}

func (s sheet) redemptions() layout.Section {
	t := layout.Table{ID: "redemptions", Title: s.say("Redemptions", "Échanges"),
		Columns: s.columns(s.say("#Entry", "#Écriture"), s.say("Between (UTC)", "Entre (UTC)"), s.say("Receipt begins", "Début du reçu"),
			s.say("Voucher begins", "Début du coupon"), s.say("#Amount", "#Montant"), s.say("State", "État")),
		Note: s.say("Receipts and vouchers by the first signs of their hash and pseudonym; the file has them whole.",
			"Reçus et coupons par le début de leur empreinte et de leur pseudonyme ; le fichier les donne en entier.")}
	for _, r := range s.Redemptions {
		state := s.word(r.State)
		if r.Outcome != "" {
			state += "; " + s.word(r.Outcome)
		}
		t.Rows = append(t.Rows, []layout.Cell{layout.Number(int64(r.Entry), 0, ""), layout.Text(s.moment(&r.From) + " – " + s.moment(&r.To)),
			layout.Text(head(r.Receipt)), layout.Text(head(strings.TrimPrefix(r.Voucher, "voucher:"))), s.cell(r.Amount), layout.Text(state)})
	}
	return layout.Section{Title: s.say("Redemptions concerned", "Échanges concernés"), Tables: []layout.Table{t}}
}

func head(text string) string { return text[:min(len(text), 8)] }

func (s sheet) claims() layout.Section {
	t := layout.Table{ID: "claims", Title: s.say("Claims", "Demandes"),
		Columns: s.columns(s.say("Claim", "Demande"), s.say("State", "État"), s.say("#Claimed", "#Réclamé"), s.say("#Accepted", "#Accepté"),
			s.say("Lines without a redemption", "Lignes sans échange"))}
	for _, c := range s.Claims {
		var lines []string
		for _, l := range c.Lines {
			lines = append(lines, fmt.Sprintf("%d: %s %s", l.N, l.Amount.Format(s.lang), s.word(l.Problem)))
		}
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(c.ID), layout.Text(s.word(c.State)), s.cell(c.Claimed), s.cell(c.Accepted), layout.Text(strings.Join(lines, "; "))})
	}
	return layout.Section{Title: s.say("Claims concerned", "Demandes concernées"), Tables: []layout.Table{t}}
}

func (s sheet) documents() layout.Section {
	t := layout.Table{ID: "documents", Title: s.say("Papers", "Pièces"),
		Columns: s.columns(s.say("#Entry", "#Écriture"), s.say("What", "Nature"), s.say("Form", "Format"), s.say("#Bytes", "#Octets"), "SHA-256")}
	for _, d := range s.Documents {
		t.Rows = append(t.Rows, []layout.Cell{layout.Number(int64(d.Entry), 0, ""), layout.Text(s.word(d.Kind)), layout.Text(d.Type),
			layout.Number(d.Bytes, 0, ""), layout.Text(d.SHA256)})
	}
	return layout.Section{Title: s.say("Papers attached", "Pièces jointes"), Tables: []layout.Table{t},
		Text: s.say("Whoever is given one of these files hashes it: jate verify-pack --document FILE says whether it is the one.",
			"Qui reçoit l'un de ces fichiers en calcule l'empreinte : jate verify-pack --document FICHIER dit si c'est le bon.")}
}

func (s sheet) history() layout.Section {
	t := layout.Table{ID: "history", Title: s.say("Who did what", "Qui a fait quoi"),
		Columns: s.columns(s.say("#Entry", "#Écriture"), s.say("When (UTC)", "Quand (UTC)"), s.say("Role", "Rôle"), s.say("Who", "Qui"), s.say("What", "Quoi"), s.say("#Amount", "#Montant"))}
	for _, e := range s.History {
		amount := layout.Text("")
		if e.Amount != nil {
			amount = s.cell(*e.Amount)
		}
		what := s.word(cmp.Or(e.What, string(e.Kind)))
		if e.Kind != ledger.KindDecision && strings.HasPrefix(e.Ref, "entry:") {
			what += " (" + strings.TrimPrefix(e.Ref, "entry:") + ")"
		}
		t.Rows = append(t.Rows, []layout.Cell{layout.Number(int64(e.Entry), 0, ""), layout.Text(s.moment(&e.At)), layout.Text(s.role(e.Role)), layout.Text(e.Actor),
			layout.Text(what), amount})
	}
	return layout.Section{Title: s.say("History of the case", "Historique du dossier"), Tables: []layout.Table{t},
		Text: s.say("From the journal. People stand under the pseudonyms that they have there.", "Tiré du journal. Les personnes y figurent sous leur pseudonyme.")}
}

func (s sheet) proof(sum [32]byte) layout.Section {
	t := layout.Table{ID: "checkpoint", Title: s.say("Signed checkpoint", "Point de contrôle signé"), Columns: s.columns(s.say("Line", "Ligne"))}
	for line := range strings.Lines(s.Checkpoint) {
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(strings.TrimSuffix(line, "\n"))})
	}
	return layout.Section{Title: s.say("Proof", "Preuve"), Tables: []layout.Table{t},
		Text: s.say("The JSON file with this SHA-256 is the evidence: %x. It has %s entries of the journal, each with the proof that it is in the log that this checkpoint signs. "+
			"Check it off line, with the log's public key alone: jate verify-pack --log KEY FILE.json; with --pdf FILE.pdf it says whether this paper is of that file, and with --code whether its QR code is.",
			"Le fichier JSON de ce SHA-256 fait foi : %x. Il contient %s écritures du journal, chacune avec la preuve qu'elle figure dans le registre que ce point de contrôle signe. "+
				"Vérifiez-le hors ligne, avec la seule clé publique du registre : jate verify-pack --log CLÉ FICHIER.json ; avec --pdf FICHIER.pdf, il dit si ce document en est issu, et avec --code si son code QR l'est.",
			sum, strconv.Itoa(len(s.Leaves)))}
}
