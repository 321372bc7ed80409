package feedback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// RecordComplaint is the command to record a complaint. No field is for a name.
type RecordComplaint struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Channel  Channel
	Category Category
	Text     string           `json:"-"` // what was said, 1 to 4,000 characters; personal data
	Serials  []voucher.Serial // of cards that it names; none is needed
	Vendor   vendors.ID
	Point    string
	Round    string // that of the cards where "" and there are some
	Slip     string `json:",omitempty"` // number of the blank slip that its author has; "" makes a code
}

// Recorded is a complaint with its author's code, in groups of four. It is ""
// where the author has it on a slip: nobody else needs it.
type Recorded struct {
	Complaint Complaint
	Code      string
	OnPaper   time.Time // the day to write on a slip, which tells nothing of the subject
}

// serialsMax bounds the cards that one complaint names: those of a household.
const serialsMax = 20

// said is a command as its key stands for it. Of the words it has a keyed
// digest: what is stored of a command outlives their erasure.
type said struct {
	Command any
	Words   [32]byte
}

func (s *service) said(command any, text string) said {
	return said{command, s.sealer.Secret("complaint-words", hex.EncodeToString([]byte(text)))}
}

// code returns the author's code of the complaint that was recorded under the
// key. It is made anew for each answer: nothing keeps it.
func (s *service) code(by access.Actor, key string) string {
	return codeOf(s.sealer.Secret("complaint-code", by.Programme, by.ID, key))
}

// digest returns what the store keeps of a bare code.
func (s *service) digest(bare string) [32]byte { return s.sealer.Secret("complaint-code-digest", bare) }

// RecordComplaint is documented at Service.
func (s *service) RecordComplaint(ctx context.Context, cmd RecordComplaint) (Recorded, error) {
	id, err := once(ctx, s, MethodRecordComplaint, cmd.By, cmd.Key, s.said(cmd, cmd.Text), func(tx Tx, actor ledger.Actor) (string, error) {
		c, err := s.record(tx, actor, cmd)
		return c.ID, err
	})
	if err != nil {
		return Recorded{}, err
	}
	c, err := read(ctx, s, MethodRecordComplaint, cmd.By, func(tx Tx) (Complaint, error) { return tx.Complaint(id) })
	r := Recorded{Complaint: c, OnPaper: s.onPaper(c)}
	if cmd.Slip == "" {
		r.Code = s.code(cmd.By, cmd.Key)
	}
	return r, err
}

// record checks and stores a complaint, and writes it into the journal.
func (s *service) record(tx Tx, actor ledger.Actor, cmd RecordComplaint) (Complaint, error) {
	if !slices.Contains(Channels(), cmd.Channel) {
		return Complaint{}, ErrComplaint.At("channel", "one of %v", Channels())
	}
	if cmd.Category.DueDays() == 0 {
		return Complaint{}, ErrComplaint.At("category", "one of %v", Categories())
	}
	if err := checkText("text", cmd.Text, 1); err != nil {
		return Complaint{}, err
	}
	if err := named(tx, &cmd); err != nil {
		return Complaint{}, err
	}
	code := s.code(cmd.By, cmd.Key)
	if cmd.Slip != "" {
		var err error
		if code, err = s.codeOnSlip(tx, cmd.By.Programme, cmd.Slip); err != nil {
			return Complaint{}, err
		}
	}
	bare, err := bareCode(code)
	if err != nil {
		return Complaint{}, err
	}
	sum := sha256.Sum256([]byte(cmd.By.Programme + "\x00" + cmd.By.ID + "\x00" + cmd.Key))
	now := tx.Now()
	c := Complaint{ID: fmt.Sprintf("q%08x%s", now.Unix(), hex.EncodeToString(sum[:5])), Programme: cmd.By.Programme, Round: cmd.Round,
		Channel: cmd.Channel, Category: cmd.Category, Serials: cmd.Serials, Vendor: cmd.Vendor, Point: cmd.Point,
		Code: s.digest(bare), RecordedBy: cmd.By.Pseudonym, Recorded: now, Due: now.AddDate(0, 0, s.due(cmd.By.Programme, cmd.Category))}
	digest, err := s.putWords(tx, c.ID, words{Text: cmd.Text})
	if err != nil {
		return Complaint{}, err
	}
	if err := decide(tx, actor, "complaint", c, map[string]string{"channel": string(c.Channel), "words": digest}); err != nil {
		return Complaint{}, err
	}
	return c, tx.PutComplaint(c)
}

// named checks what the complaint names, and completes its round.
func named(tx Tx, cmd *RecordComplaint) error {
	if len(cmd.Serials) > serialsMax {
		return ErrComplaint.At("serials", "at most %d", serialsMax)
	}
	for i, serial := range cmd.Serials {
		v, err := tx.VoucherBySerial(serial)
		switch {
		case err != nil:
			return err
		case v.Programme != cmd.By.Programme:
			return voucher.ErrNotFound
		case slices.Contains(cmd.Serials[:i], serial):
			return ErrComplaint.At("serials", "a card is given twice")
		case cmd.Round == "":
			cmd.Round = v.Round
		case cmd.Round != v.Round:
			return ErrComplaint.At("round", "the card is not of this round")
		}
	}
	if cmd.Vendor != "" {
		if v, err := tx.Vendor(cmd.Vendor); err != nil || v.Programme != cmd.By.Programme {
			return missing(err, vendors.ErrNotFound)
		}
	}
	if cmd.Point != "" {
		if _, err := tx.Point(cmd.By.Programme, cmd.Point); err != nil {
			return err
		}
	}
	if cmd.Round != "" && len(cmd.Serials) == 0 {
		if r, err := tx.Round(cmd.Round); err != nil || r.Programme != cmd.By.Programme {
			return missing(err, distribution.ErrNotFound)
		}
	}
	return nil
}

// missing returns err, or that there is no such thing.
func missing(err, none error) error {
	if err != nil {
		return err
	}
	return none
}

// putWords seals what was said, and returns a digest for the journal of what
// was sealed, which tells nothing of it.
func (s *service) putWords(tx Tx, id string, w words) (string, error) {
	plain, err := json.Marshal(w)
	if err != nil {
		return "", err
	}
	sealed, wrapped, err := s.sealer.SealBytes(sealedAs(id), plain)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(sealed)
	return hex.EncodeToString(sum[:]), tx.PutComplaintText(id, SealedText{sealed, wrapped})
}

// wordsOf opens what was said, or returns ErrErased.
func (s *service) wordsOf(tx Tx, c Complaint) (words, error) {
	var w words
	if !c.Erased.IsZero() {
		return w, ErrErased
	}
	t, err := tx.ComplaintText(c.ID)
	if err != nil {
		return w, err
	}
	if len(t.Wrapped) == 0 { // a backup that came back without its key file
		return w, ErrErased
	}
	plain, err := s.sealer.OpenBytes(sealedAs(c.ID), t.Sealed, t.Wrapped)
	if err != nil {
		return w, err
	}
	return w, json.Unmarshal(plain, &w)
}

// decide writes into the journal what happened to a complaint. Where it must
// not be seen that somebody was accused, neither category nor round is there.
func decide(tx Tx, actor ledger.Actor, what string, c Complaint, facts map[string]string) error {
	if facts == nil {
		facts = map[string]string{}
	}
	facts["category"] = c.Category.shown()
	round := c.Round
	if facts["category"] == restricted {
		round = ""
	} else {
		facts["due"] = c.Due.Format(time.DateOnly)
	}
	_, err := ledger.Decide(tx, actor, round, what, c.ID, facts)
	return err
}
