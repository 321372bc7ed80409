package access

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/jate-cva/jate/fault"
)

// ErrContent is returned where there is no such content, or none that the caller
// may see.
var ErrContent = fault.New(fault.NotFound, "content_unknown",
	"Nothing with this digest waits for an approval that you may give.",
	"Rien avec cette empreinte n'attend une approbation de votre part.")

// Line is one thing that content says: a key that the pages have words for, and
// values.
type Line []string

// Content is what people agree to, in words. Its digest is what a passkey signs and
// the journal names, so that whoever has the texts computes it himself: the page
// that shows them, and a monitor.
//
// A part may be closed: payment addresses, places that are under embargo, staff
// identifiers. The open part names its SHA-256, and monitors see that alone.
type Content struct {
	What      string // kind, such as "settlement"
	ID        string // of the thing
	Programme string
	Lines     []Line
	Closed    []Line // must be impossible to guess: with a salt, or a digest of what nobody outside has
}

const contentDomain = "jate-content-v1\n"

// Texts returns the open text, and the closed one or nil: each a line with a domain
// and a JSON array of lines.
func (c Content) Texts() (text, closed []byte) {
	lines := append([]Line{{"what", c.What}, {"id", c.ID}, {"programme", c.Programme}}, c.Lines...)
	if len(c.Closed) > 0 {
		closed = contentText(c.Closed)
		sum := sha256.Sum256(closed)
		lines = append(lines, Line{"closed", hex.EncodeToString(sum[:])})
	}
	return contentText(lines), closed
}

func contentText(lines []Line) []byte {
	b, _ := json.Marshal(lines) // strings never fail
	return append([]byte(contentDomain), b...)
}

// Digest is the SHA-256 of the open text.
func (c Content) Digest() [32]byte {
	text, _ := c.Texts()
	return sha256.Sum256(text)
}

// ParseContent reads an open text, for whoever was given it by somebody he does not
// believe. The digest is to be computed of the text.
func ParseContent(text []byte) (Content, error) {
	var c Content
	if len(text) < len(contentDomain) || string(text[:len(contentDomain)]) != contentDomain {
		return c, ErrContent.At("text", "it is not one")
	}
	var lines []Line
	if err := json.Unmarshal(text[len(contentDomain):], &lines); err != nil {
		return c, ErrContent.At("text", "%v", err)
	}
	for i, name := range []string{"what", "id", "programme"} {
		if len(lines) <= i || len(lines[i]) != 2 || lines[i][0] != name {
			return c, ErrContent.At("text", "it has no %s", name)
		}
	}
	c.What, c.ID, c.Programme, c.Lines = lines[0][1], lines[1][1], lines[2][1], lines[3:]
	for _, l := range c.Lines {
		if len(l) == 0 {
			return c, ErrContent.At("text", "a line is empty")
		}
	}
	return c, nil
}

// Prepared is content as it is kept.
type Prepared struct {
	Programme    string
	Digest       [32]byte
	Text, Closed []byte
	By           string // staff identifier of who prepared it; stays inside
	Pseudonym    string // the same person in the journal
	Roles        []Role // who approves it holds one
	Lot          string // whose embargo covers the closed part; "" for none
}

// Salt returns what keeps the closed part from being guessed; "" where that is
// something else.
func (p Prepared) Salt() string {
	var lines []Line
	if len(p.Closed) < len(contentDomain) || json.Unmarshal(p.Closed[len(contentDomain):], &lines) != nil {
		return ""
	}
	if len(lines) > 0 && len(lines[0]) == 2 && lines[0][0] == "salt" {
		return lines[0][1]
	}
	return ""
}

// Prepare returns content as it is kept.
func (c Content) Prepare(by Actor, roles []Role) Prepared {
	text, closed := c.Texts()
	return Prepared{Programme: c.Programme, Digest: sha256.Sum256(text), Text: text, Closed: closed, By: by.ID, Pseudonym: by.Pseudonym, Roles: roles}
}

// Contents is what a store keeps of contents. Each package's Tx has it.
type Contents interface {
	// PutPrepared stores content by its digest; the same again replaces it.
	PutPrepared(p Prepared) error
	// PreparedContent returns ErrContent where there is none.
	PreparedContent(programme string, digest [32]byte) (Prepared, error)
}

// Facts adds to what an entry says by whose proof it was made.
func (p Proof) Facts(facts map[string]string) map[string]string {
	if facts == nil {
		facts = map[string]string{}
	}
	if p.Kind != "" {
		facts["proof"], facts["proof-reference"], facts["digest"] = p.Kind, p.Reference, hex.EncodeToString(p.Digest[:])
	}
	return facts
}
