package reconcile_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/evidence"
)

const logName = "ngo.example/test"

// sign signs a checkpoint of all there is and stores it.
func (w *world) sign() note.Verifier {
	w.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, logName)
	w.must(err)
	signer, err := note.NewSigner(secret)
	w.must(err)
	v, err := note.NewVerifier(public)
	w.must(err)
	notary := ledger.NewNotary(logName, filepath.Join(w.TempDir(), "guard.json"), signer)
	w.must(w.db.Ledger().Update(w.Context(), func(tx ledger.Tx) error {
		c, err := notary.Sign(tx)
		if err != nil {
			return err
		}
		return tx.PutCheckpoint(c)
	}))
	return v
}

// decidedCase is one of everything: an invoice with an invented line, a clone's
// sales, one of them let go and one written off, words, and an answer.
func decidedCase(t *testing.T) (*world, reconcile.Case) {
	w := newWorld(t, 8)
	w.sell("h1", w.cards[:2]...)
	twin := *w.Phones["h1"]
	w.sell("h1", w.cards[2:4]...)
	w.Phones["h1"] = &twin
	w.Send("h1", w.Sale("h1", w.cards[4]))
	claim := w.bring("v1", append(rows(w.cards[:3]...), row{w.cards[6].Printed(), 7_000, ""})...)
	w.accept(claim)
	var ids []string
	for _, f := range w.run().Findings {
		ids = append(ids, f.ID)
	}
	c, err := w.s.OpenCase(t.Context(), reconcile.OpenCase{By: monitor, Key: w.Key(), Vendor: "v1", Round: "r1", Findings: ids[:1]})
	w.must(err)
	c, err = w.s.OpenCase(t.Context(), reconcile.OpenCase{By: monitor, Key: w.Key(), Vendor: "v1", Round: "r1", Findings: ids})
	w.must(err)
	_, err = w.s.CommentCase(t.Context(), reconcile.AddComment{By: monitor, Key: w.Key(), Case: c.ID, Text: "Mariam was there."})
	w.must(err)
	w.attach(monitor, c, "%PDF-1.7 the market register")
	c, err = w.s.Case(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	c = w.hear(w.freeze(c))
	c, err = w.s.Release(t.Context(), reconcile.Release{Decide: decide(judge, w, c), Entries: []uint64{c.Money[0].Entry}})
	w.must(err)
	c, err = w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest})
	w.must(err)
	return w, c
}

// A pack is checked with the log's key alone, and shows what it says.
func TestService_CasePack(t *testing.T) {
	w, c := decidedCase(t)
	q := reconcile.CaseByID{By: auditor, ID: c.ID}
	if _, err := w.s.CasePack(t.Context(), q); !errors.Is(err, reconcile.ErrUnsigned) {
		t.Errorf("before a checkpoint: %v", err)
	}
	key := w.sign()
	p, err := w.s.CasePack(t.Context(), q)
	w.must(err)
	file, err := p.Bytes()
	w.must(err)
	read := func() evidence.Pack {
		p, err := evidence.Parse(file)
		w.must(err)
		return p
	}
	if _, err := read().Verify(logName, key); err != nil {
		t.Fatal(err)
	}
	if len(p.Redemptions) != 2 || len(p.Claims) != 1 || len(p.Claims[0].Lines) != 1 || len(p.Findings) < 2 || len(p.History) < 10 {
		t.Errorf("%d redemptions, claims %+v, %d findings, %d events", len(p.Redemptions), p.Claims, len(p.Findings), len(p.History))
	}
	for _, secret := range append([]string{"Mariam", "cousin", `b1"`, string(w.cards[2]), w.cards[2].Printed(), string(w.cards[6])}, judge.ID+`"`, preparer.ID+`"`) {
		if bytes.Contains(file, []byte(`"`+secret)) || bytes.Contains(file, []byte(" "+secret)) {
			t.Errorf("it holds %q", secret)
		}
	}
	_, public, err := note.GenerateKey(rand.Reader, "witness.example")
	w.must(err)
	witness, err := note.NewVerifier(public)
	w.must(err)
	if _, err := read().Verify(logName, key, witness); err == nil {
		t.Error("no witness has cosigned it")
	}
	if _, err := evidence.Parse(bytes.Replace(file, []byte(`"programme"`), []byte(`"programe"`), 1)); !errors.Is(err, evidence.ErrPack) {
		t.Errorf("an unknown field: %v", err)
	}
	if d, err := p.Document([]byte("%PDF-1.7 the market register")); err != nil || d.Kind != "evidence" || len(p.Documents) != 1 {
		t.Errorf("%+v, %v", p.Documents, err)
	}
	if _, err := p.Document([]byte("%PDF-1.7 another register")); !errors.Is(err, evidence.ErrPack) {
		t.Errorf("another paper: %v", err)
	}
	for name, forge := range map[string]func(*evidence.Pack){
		"a finding put otherwise":       func(p *evidence.Pack) { p.Findings[0].Says.FR += " !" },
		"a finding left out":            func(p *evidence.Pack) { p.Findings = p.Findings[:1] },
		"a finding about another":       func(p *evidence.Pack) { p.Findings[0].Vendor = "v2" },
		"another sum":                   func(p *evidence.Pack) { p.Redemptions[0].Amount = money.Francs(9) },
		"another receipt":               func(p *evidence.Pack) { p.Redemptions[0].Receipt = p.Redemptions[1].Receipt },
		"another voucher":               func(p *evidence.Pack) { p.Redemptions[0].Voucher = p.Redemptions[1].Voucher },
		"another time":                  func(p *evidence.Pack) { p.Redemptions[0].To = p.Redemptions[0].To.Add(time.Hour) },
		"a frozen redemption left out":  func(p *evidence.Pack) { p.Redemptions = p.Redemptions[1:] },
		"never frozen":                  func(p *evidence.Pack) { p.Redemptions[0].Frozen, p.Redemptions[0].Outcome = false, "" },
		"not decided":                   func(p *evidence.Pack) { p.Redemptions[0].Outcome = "" },
		"another person":                func(p *evidence.Pack) { p.History[0].Actor = "p-judge" },
		"another role":                  func(p *evidence.Pack) { p.History[0].Role = "auditor" },
		"an event told twice":           func(p *evidence.Pack) { p.History = append(p.History[:1], p.History...) },
		"a freeze left out":             func(p *evidence.Pack) { p.History = append(p.History[:3:3], p.History[4:]...) },
		"no history":                    func(p *evidence.Pack) { p.History = nil },
		"another value":                 func(p *evidence.Pack) { p.Case.Value = money.Francs(1) },
		"more frozen":                   func(p *evidence.Pack) { p.Case.Frozen = money.Francs(1) },
		"another trader":                func(p *evidence.Pack) { p.Case.Vendor = "v2" },
		"another state":                 func(p *evidence.Pack) { p.Case.State = "cleared" },
		"another case":                  func(p *evidence.Pack) { p.Case.ID = "k0" },
		"another paper":                 func(p *evidence.Pack) { p.Documents[0].SHA256 = strings.Repeat("a", 64) },
		"a paper of another kind":       func(p *evidence.Pack) { p.Documents[0].Kind = "contract" },
		"a paper of another size":       func(p *evidence.Pack) { p.Documents[0].Bytes++ },
		"a paper of another type":       func(p *evidence.Pack) { p.Documents[0].Type = "image/png" },
		"a paper of another entry":      func(p *evidence.Pack) { p.Documents[0].Entry++ },
		"a paper twice":                 func(p *evidence.Pack) { p.Documents = append(p.Documents, p.Documents...) },
		"a paper left out":              func(p *evidence.Pack) { p.Documents = nil },
		"another leaf":                  func(p *evidence.Pack) { p.Leaves[0].Text = p.Leaves[1].Text },
		"a leaf under another number":   func(p *evidence.Pack) { p.Leaves[0].Entry++ },
		"another proof":                 func(p *evidence.Pack) { p.Leaves[0].Proof[0] = p.Leaves[0].Proof[1] },
		"no leaf":                       func(p *evidence.Pack) { p.Leaves = p.Leaves[1:] },
		"another claim accepted by it":  func(p *evidence.Pack) { p.Claims[0].ID = "c0" },
		"a checkpoint that was changed": func(p *evidence.Pack) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n", "\n1", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			forged := read()
			forge(&forged)
			if _, err := forged.Verify(logName, key); err == nil {
				t.Error("it is believed")
			}
		})
	}
}

// The paper says in both languages what the file says, and bears its SHA-256.
func TestWritePDF(t *testing.T) {
	toolcheck.Need(t, "pdftotext", "pdftoppm", "zbarimg")
	w, c := decidedCase(t)
	w.sign()
	p, err := w.s.CasePack(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	file, err := p.Bytes()
	w.must(err)
	for lang, words := range map[string][]string{
		"en": {"Evidence pack", "What would clear it", "case cleared in part", "written off", "answered", "Papers attached", logName},
		"fr": {"Dossier de preuves", "Ce qui l'écarterait", "libéré en partie", "passé en perte", "a répondu", "commentaire", "Pièces jointes", "preuve", logName},
	} {
		t.Run(lang, func(t *testing.T) {
			var b, again bytes.Buffer
			w.must(evidence.WritePDF(&b, file, lang))
			w.must(evidence.WritePDF(&again, file, lang))
			if !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Error("the same file gives two papers")
			}
			path := filepath.Join(t.TempDir(), "pack.pdf")
			w.must(os.WriteFile(path, b.Bytes(), 0o600))
			out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
			w.must(err)
			text := strings.Join(strings.Fields(string(out)), "") // a line may end in a word
			words := append(words, c.ID, fmt.Sprintf("%x", sha256.Sum256(file)), p.Findings[0].Detector, judge.Pseudonym,
				c.Value.Format(lang), p.Redemptions[0].Receipt[:8], p.Documents[0].SHA256)
			for _, want := range words {
				if !strings.Contains(text, strings.Join(strings.Fields(want), "")) {
					t.Errorf("the paper has no %q:\n%s", want, text)
				}
			}
			if strings.Contains(text, string(w.cards[2])) || strings.Contains(text, "Mariam") {
				t.Error("it names what it must not")
			}
			// Somebody else's reader decodes what ties the paper to the file.
			page := filepath.Join(t.TempDir(), "page")
			w.must(exec.CommandContext(t.Context(), "pdftoppm", "-r", "150", "-png", "-f", "1", "-l", "1", "-singlefile", path, page).Run())
			said, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", page+".png").Output()
			w.must(err)
			want, err := evidence.Code(file)
			w.must(err)
			if got := strings.TrimSpace(string(said)); got != want || !strings.Contains(got, fmt.Sprintf("sha256=%x size=", sha256.Sum256(file))) {
				t.Errorf("the code says %q, want %q", got, want)
			}
			if keep := os.Getenv("KEEP_PDF"); keep != "" {
				w.must(os.WriteFile(keep+"-"+lang+".pdf", b.Bytes(), 0o600))
			}
		})
	}
}

// A paper that cannot hold all rows says how many it leaves out, and where they are.
func TestWritePDF_longTable(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	w, c := decidedCase(t)
	w.sign()
	p, err := w.s.CasePack(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	for len(p.Redemptions) < 1_003 {
		p.Redemptions = append(p.Redemptions, p.Redemptions[0])
	}
	file, err := p.Bytes()
	w.must(err)
	for lang, want := range map[string]string{"fr": "laisse de côté 3 autres lignes"} {
		var b bytes.Buffer
		w.must(evidence.WritePDF(&b, file, lang))
		path := filepath.Join(t.TempDir(), "pack.pdf")
		w.must(os.WriteFile(path, b.Bytes(), 0o600))
		out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
		w.must(err)
		if !strings.Contains(string(out), want) {
			t.Errorf("%s: no %q in it", lang, want)
		}
	}
}
