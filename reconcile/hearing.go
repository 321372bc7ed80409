package reconcile

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

const (
	commentMax  = 2_000 // bytes
	commentsMax = 200   // of one case
	// hearMin is the least that a vendor has to answer.
	hearMin = 3 * 24 * time.Hour
	// dueMax is how far ahead anything of a case may be due.
	dueMax = 366 * 24 * time.Hour
)

// Assign is the command to give a case to somebody who looks into it.
type Assign struct {
	Decide
	To  string    // pseudonym, as in the journal; the caller's own where empty
	Due time.Time // until when; later than now, at most a year
}

// AddComment is the command to write something about a case.
type AddComment struct {
	By   access.Actor `json:"-"`
	Key  string       `json:"-"`
	Case string
	Text string // 1 to 2000 bytes
}

// AskVendor is the command to note that the findings were put to the vendor.
type AskVendor struct {
	Decide
	Until time.Time // he may answer; at least three days from now
}

// AnswerOfVendor is the command to record what he answered: his words, or the
// SHA-256 of the paper that has them.
type AnswerOfVendor struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Case   string
	Text   string   // at most 2000 bytes
	SHA256 [32]byte // of the paper; not both
}

// AssignCase is documented at Service.
func (s *service) AssignCase(ctx context.Context, cmd Assign) (Case, error) {
	if cmd.To == "" {
		cmd.To = cmd.By.Pseudonym
	}
	return onCase(ctx, s, MethodAssignCase, cmd.Decide, cmd, undecided, func(d *desk) (Case, error) {
		if err := checkLine("to", cmd.To, 100); err != nil {
			return Case{}, err
		}
		if now := d.tx.Now(); !cmd.Due.After(now) || cmd.Due.After(now.Add(dueMax)) {
			return Case{}, ErrCase.At("due", "later than now, and within a year")
		}
		d.c.Assigned = Assignment{To: cmd.To, Due: cmd.Due.UTC().Truncate(time.Second)}
		return d.decided("case-assigned", map[string]string{"to": cmd.To, "due": moment(d.c.Assigned.Due)})
	})
}

// CommentCase is documented at Service.
func (s *service) CommentCase(ctx context.Context, cmd AddComment) (Comment, error) {
	if err := checkWords(cmd.Text, 1); err != nil {
		return Comment{}, err
	}
	c, err := once(ctx, s, MethodCommentCase, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Comment, error) {
		c, err := ownCase(tx, cmd.Case, cmd.By, undecided...)
		if err != nil {
			return Comment{}, err
		}
		d := &desk{tx: tx, by: cmd.By, as: as, c: c}
		return d.comment("case-commented", cmd.Text, false)
	})
	if err == nil {
		c.Text = cmd.Text
	}
	return c, err
}

// comment journals and stores words. It returns the comment without them: what
// is returned is kept as the command's outcome, where nobody could erase it.
func (d *desk) comment(what, text string, vendor bool) (Comment, error) {
	old, err := comments(d.tx, d.c.ID)
	if err != nil {
		return Comment{}, err
	}
	if len(old) == commentsMax {
		return Comment{}, ErrCase.At("text", "a case has at most %d comments", commentsMax)
	}
	c := Comment{Case: d.c.ID, N: len(old) + 1, By: d.by.ID, Actor: d.by.Pseudonym, Role: access.Role(d.as.Role), Vendor: vendor,
		Text: text, SHA256: sha256.Sum256([]byte(text)), At: d.tx.Now()}
	if _, err := d.decided(what, map[string]string{"comment": strconv.Itoa(c.N), "sha256": hexadecimal(c.SHA256)}); err != nil {
		return Comment{}, err
	}
	c.Entry = d.c.Entries[len(d.c.Entries)-1]
	err = d.tx.PutCaseComment(c)
	c.Text = ""
	return c, err
}

// AskVendor is documented at Service.
func (s *service) AskVendor(ctx context.Context, cmd AskVendor) (Case, error) {
	return onCase(ctx, s, MethodAskVendor, cmd.Decide, cmd, undecided, func(d *desk) (Case, error) {
		if now := d.tx.Now(); cmd.Until.Before(now.Add(hearMin)) || cmd.Until.After(now.Add(dueMax)) {
			return Case{}, ErrCase.At("until", "at least %d days from now, and within a year", int(hearMin.Hours()/24))
		}
		d.c.Hearing = Hearing{Findings: len(d.c.Findings), Asked: d.tx.Now(), Until: cmd.Until.UTC().Truncate(time.Second)}
		return d.decided("case-vendor-asked", map[string]string{"until": moment(d.c.Hearing.Until)})
	})
}

// AnswerOfVendor is documented at Service.
func (s *service) AnswerOfVendor(ctx context.Context, cmd AnswerOfVendor) (Case, error) {
	if err := checkWords(cmd.Text, 0); err != nil {
		return Case{}, err
	}
	if (cmd.Text == "") == (cmd.SHA256 == [32]byte{}) {
		return Case{}, ErrCase.At("text", "his words, or the SHA-256 of the paper that has them")
	}
	return once(ctx, s, MethodAnswerOfVendor, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Case, error) {
		c, err := ownCase(tx, cmd.Case, cmd.By, undecided...)
		if err != nil {
			return Case{}, err
		}
		if c.Hearing.Asked.IsZero() {
			return Case{}, ErrUnheard.At("asked", "he was not asked yet")
		}
		d := &desk{tx: tx, by: cmd.By, as: as, c: c}
		d.c.Hearing.Answered, d.c.Hearing.Answer = tx.Now(), cmd.SHA256
		if cmd.Text == "" {
			return d.decided("case-vendor-answered", map[string]string{"paper": hexadecimal(cmd.SHA256)})
		}
		d.c.Hearing.Answer = sha256.Sum256([]byte(cmd.Text))
		_, err = d.comment("case-vendor-answered", cmd.Text, true)
		return d.c, err
	})
}

// heard returns how the vendor was heard, or ErrUnheard.
func (c Case) heard(now time.Time) (string, error) {
	h := c.Hearing
	switch {
	case h.Asked.IsZero():
		return "", ErrUnheard.At("asked", "he was not asked yet")
	case h.Findings < len(c.Findings):
		return "", ErrUnheard.At("findings", "%d came in after he was asked", len(c.Findings)-h.Findings)
	case !h.Answered.IsZero() && c.Vendor != "": // of several, one has not answered for the others
		return "answered", nil
	case now.Before(h.Until):
		return "", ErrUnheard.At("until", "he has until %s", moment(h.Until))
	}
	return "no answer by " + moment(h.Until), nil
}

// moment is how times stand in facts and refusals.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// checkLine checks a short text on one line.
func checkLine(name, text string, most int) error {
	if text == "" || len(text) > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return ErrCase.At(name, "1 to %d bytes of text on one line", most)
	}
	return nil
}

// checkWords checks what people write of a case.
func checkWords(text string, least int) error {
	other := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if len(text) < least || len(text) > commentMax || !utf8.ValidString(text) || strings.ContainsFunc(text, other) {
		return ErrCase.At("text", "%d to %d bytes of text", least, commentMax)
	}
	return nil
}
