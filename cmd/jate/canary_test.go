package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jate-cva/jate/ledger"
)

// canaries are words that a story plants, by what they give away, and where each
// was met in an answer. Whatever answer is not allowed to hold one fails.
type canaries struct {
	mu     sync.Mutex
	words  map[string]string // word: kind
	tokens int
	met    map[string][]string // kind: operations
}

// The kinds of canaries. Those of the list and of complaints are in the store only
// sealed; a payment number is in the clear there (SECURITY.md says so).
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
	canaryCode:  {"POST /api/v1/complaints", "POST /api/v1/held-cards"},
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
	c.words["70000001"] = canaryPayment
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
		if bytes.Contains(folded, []byte(strings.ToLower(w))) || bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString([]byte(w)))) {
			found = append(found, kind)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// look returns what an answer must not hold.
func (c *canaries) look(operation, url string, answer []byte) (wrong []string) {
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
// told: the log, metrics, each leaf of the journal, and the store as it is backed
// up, before it is encrypted.
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
	look("a metric", []byte(fmt.Sprint(metrics)))
	if n := testutil.CollectAndCount(s.app.registry); n == 0 {
		t.Error("there are no metrics")
	}
	err = s.app.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		size, err := tx.Size()
		for seq := uint64(0); err == nil && seq < size; seq++ {
			var leaf []byte
			if leaf, err = tx.Leaf(seq); err == nil {
				look(fmt.Sprintf("leaf %d", seq), leaf)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
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
		look("the backup's "+d.Name(), content, canaryPerson, canaryText, canaryCode, canaryToken)
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
	if wrong := c.look("GET /api/v1/households", "/", []byte("Zwkanari")); len(wrong) > 0 {
		t.Errorf("where it belongs: %v", wrong)
	}
}
