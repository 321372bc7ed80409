package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jate-cva/jate/internal/workbook"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

// canaries are words that a story plants, by what they give away, and where each
// was met in an answer. Whatever answer is not allowed to hold one fails.
type canaries struct {
	mu     sync.Mutex
	words  map[string]string // word: kind
	tokens int
	met    map[string][]string // kind: operations
}

// The kinds of canaries. The store has each only sealed, or as a digest.
const (
	canaryPerson  = "person"
	canaryText    = "complaint"
	canaryCode    = "code"
	canaryToken   = "token"
	canaryPayment = "payment"
)

// canaryAllowed are the operations whose answers may hold a kind: what they are for.
var canaryAllowed = map[string][]string{
	canaryPerson: {"GET /api/v1/households", "GET /api/v1/households/{id}", "POST /api/v1/households/search", "GET /api/v1/duplicates",
		"GET /api/v1/samples/{id}/calls", "GET /api/v1/samples/{id}/calls.csv", "GET /api/v1/samples/{id}/calls.xlsx"},
	canaryText: {"GET /api/v1/complaints/{id}", "POST /api/v1/complaints/{id}/assignment", "POST /api/v1/complaints/{id}/answer",
		"POST /api/v1/complaints/{id}/closing"},
	canaryCode:  {"POST /api/v1/complaints", "POST /api/v1/held-cards", "POST /api/v1/issues/{lot}/officer-code", "POST /api/v1/complaint-slips/filled"},
	canaryToken: nil,
	canaryPayment: {"GET /api/v1/vendors", "GET /api/v1/vendors/{id}", "PUT /api/v1/vendors/{id}", "POST /api/v1/vendors",
		"POST /api/v1/settlements", "GET /api/v1/settlements", "GET /api/v1/settlements/{id}", "POST /api/v1/settlements/{id}/approval",
		"POST /api/v1/settlements/{id}/refusal", "POST /api/v1/settlements/{id}/results", "GET /api/v1/settlements/{id}/payments.csv", "GET /api/v1/settlements/{id}/payments.xml"},
}

func newCanaries() *canaries {
	c := &canaries{words: map[string]string{}, met: map[string][]string{}}
	for _, w := range []string{"Zwkanari", "Qvkanari", "76000006"} {
		c.words[w] = canaryPerson
	}
	c.words["Il a demandé une commission."] = canaryText
	for _, w := range []string{"70000001", "ML016 01201 026001006684 97", "ML0160120102600100668497"} {
		c.words[w] = canaryPayment
	}
	return c
}

func (c *canaries) plant(word, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.words[word] = kind
}

// token plants the first access tokens that are used: a story has thousands.
func (c *canaries) token(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const enough = 12
	if c.tokens < enough && c.words[text] == "" {
		c.words[text] = canaryToken
		c.tokens++
	}
}

// in returns the words that a content holds, as they are, in base64 or escaped,
// of the kinds that are given; of all where none is.
func (c *canaries) in(content []byte, kinds ...string) (found []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	folded := bytes.ToLower(content)
	for w, kind := range c.words {
		if len(kinds) > 0 && !slices.Contains(kinds, kind) {
			continue
		}
		if bytes.Contains(folded, []byte(strings.ToLower(w))) || bytes.Contains(content, []byte(w)) || bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString([]byte(w)))) {
			found = append(found, kind)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// legible returns a content with what a person would find in it: the text of a PDF,
// the parts of a workbook, what gzip packed.
func legible(content []byte) ([]byte, error) {
	var text bytes.Buffer
	switch {
	case bytes.HasPrefix(content, []byte("%PDF")):
		read := exec.Command("pdftotext", "-q", "-", "-")
		read.Stdin, read.Stdout = bytes.NewReader(content), &text
		if read.Run() != nil { // only called a PDF, as an attached document may be
			return content, nil
		}
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		parts, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return nil, err
		}
		for _, part := range parts.File {
			if err := unpackedInto(&text, part.Open); err != nil {
				return nil, err
			}
		}
	case bytes.HasPrefix(content, []byte("\x1f\x8b")):
		if err := unpackedInto(&text, func() (io.ReadCloser, error) { return gzip.NewReader(bytes.NewReader(content)) }); err != nil {
			return nil, err
		}
	}
	return append(text.Bytes(), content...), nil
}

func unpackedInto(to *bytes.Buffer, open func() (io.ReadCloser, error)) error {
	from, err := open()
	if err != nil {
		return err
	}
	_, err = to.ReadFrom(from)
	return errors.Join(err, from.Close())
}

// look returns what an answer must not hold.
func (c *canaries) look(operation, url string, answer []byte) (wrong []string) {
	if _, err := exec.LookPath("pdftotext"); err == nil || !bytes.HasPrefix(answer, []byte("%PDF")) {
		if answer, err = legible(answer); err != nil {
			return []string{err.Error()}
		}
	}
	for _, kind := range c.in(answer) {
		c.mu.Lock()
		c.met[kind] = append(c.met[kind], operation)
		c.mu.Unlock()
		if !slices.Contains(canaryAllowed[kind], operation) {
			wrong = append(wrong, kind)
		}
	}
	for _, kind := range c.in([]byte(url)) {
		wrong = append(wrong, kind+" in the address")
	}
	return wrong
}

// leaks looks for canaries everywhere but in answers, when the story has been
// told: the log, metrics, each leaf of the journal, the store's own files with the
// log that it writes ahead, and the store as it is backed up, before it is encrypted.
func (s *story) leaks(t *testing.T) {
	s.in(t)
	c := s.contract.canaries
	for _, kind := range []string{canaryPerson, canaryText, canaryPayment} {
		if len(c.met[kind]) == 0 {
			t.Errorf("no answer held a canary of the kind %s: the check proves nothing", kind)
		}
	}
	log, err := os.ReadFile(filepath.Join(s.dir, "server.log"))
	if err != nil || len(log) == 0 {
		t.Fatalf("the log: %d bytes, %v", len(log), err)
	}
	look := func(what string, content []byte, kinds ...string) {
		t.Helper()
		if found := c.in(content, kinds...); len(found) > 0 {
			t.Errorf("%s holds %v", what, found)
		}
	}
	look("the log", log)
	metrics, err := s.app.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	// Names, labels, and numbers without what follows the point, where the sum of
	// some durations has the digits of any number by chance.
	var said bytes.Buffer
	for _, family := range metrics {
		fmt.Fprintln(&said, family.GetName(), family.GetHelp())
		for _, m := range family.GetMetric() {
			fmt.Fprintln(&said, m.GetLabel())
			for _, v := range []float64{m.GetCounter().GetValue(), m.GetGauge().GetValue(), m.GetHistogram().GetSampleSum()} {
				fmt.Fprintf(&said, "%.0f\n", v)
			}
		}
	}
	look("a metric", said.Bytes())
	if n := testutil.CollectAndCount(s.app.registry); n == 0 {
		t.Error("there are no metrics")
	}
	// Each reading of persons is counted as the journal has it, by role and purpose.
	read := map[string]float64{}
	// Labels come in the order of their names: purpose, role.
	for _, family := range metrics {
		for _, m := range family.GetMetric() {
			if family.GetName() == "jate_persons_read_total" {
				read[m.GetLabel()[1].GetValue()+" "+m.GetLabel()[0].GetValue()] += m.GetCounter().GetValue()
			}
		}
	}
	journalled := map[string]float64{}
	err = s.app.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		size, err := tx.Size()
		for seq := uint64(0); err == nil && seq < size; seq++ {
			var leaf []byte
			if leaf, err = tx.Leaf(seq); err == nil {
				look(fmt.Sprintf("leaf %d", seq), leaf)
			}
			e, err := tx.Entry(seq)
			if err != nil {
				return err
			}
			if e.Facts["what"] == "read-households" && e.Facts["purpose"] == "check-list" {
				n, err := strconv.ParseFloat(e.Facts["count"], 64)
				if err != nil {
					return err
				}
				purpose := e.Actor.Role + " " + e.Facts["purpose"]
				journalled[purpose] += n
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(journalled) == 0 {
		t.Error("nobody was read")
	}
	for purpose, n := range journalled {
		if read[purpose] != n {
			t.Errorf("%s: counted %v, in the journal %v", purpose, read[purpose], n)
		}
	}
	for _, name := range []string{"jate.db", "jate.db-wal-0", "jate.db-wal-1"} {
		content, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		look(name, content)
	}
	folder := filepath.Join(t.TempDir(), "copy")
	if _, err := copyStore(t.Context(), s.app.db, folder, s.app.settings, s.dir); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		look("the backup's "+d.Name(), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What leaks on purpose is found.
func TestCanaries_bite(t *testing.T) {
	c := newCanaries()
	c.plant("AAAAA-BBBBB", canaryCode)
	for _, leak := range []struct{ operation, url, answer string }{
		{"GET /api/v1/rounds", "/", `{"name":"Zwkanari"}`}, {"GET /api/v1/rounds", "/", `{"name":"zwkanari"}`},
		{"GET /api/v1/rounds", "/?phone=76000006", ``}, {"GET /api/v1/rounds", "/", base64.StdEncoding.EncodeToString([]byte("Qvkanari"))},
		{"GET /api/v1/complaints", "/", "AAAAA-BBBBB"}, {"GET /api/v1/households", "/", "+22370000001"},
		{"GET /api/v1/complaints", "/", `"Il a demandé une commission."`},
	} {
		if len(c.look(leak.operation, leak.url, []byte(leak.answer))) == 0 {
			t.Errorf("not found: %+v", leak)
		}
	}
	var book, packed, paper bytes.Buffer
	table := workbook.Table{Name: "x", Titles: []string{"Nom"}, Rows: [][]any{{"Zwkanari"}}}
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte("Zwkanari"))
	if err := errors.Join(err, z.Close(), table.WriteXLSX(&book), layout.WritePDF(&paper, layout.Document{Lang: "en", Title: "Zwkanari", Made: time.Now()})); err != nil {
		t.Fatal(err)
	}
	hidden := map[string][]byte{"a workbook": book.Bytes(), "gzip": packed.Bytes()}
	if _, err := exec.LookPath("pdftotext"); err == nil {
		hidden["a PDF"] = paper.Bytes()
	}
	for what, content := range hidden {
		if bytes.Contains(content, []byte("Zwkanari")) || len(c.look("GET /api/v1/rounds", "/", content)) != 1 {
			t.Errorf("%s: nothing found, or nothing to unpack", what)
		}
	}
	if wrong := c.look("GET /api/v1/households", "/", []byte("Zwkanari")); len(wrong) > 0 {
		t.Errorf("where it belongs: %v", wrong)
	}
}
