package feedback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Reply is an answer to a closed question; "" where there is none.
type Reply string

// The replies. Partly is for what was received alone.
const (
	Yes    Reply = "yes"
	No     Reply = "no"
	Partly Reply = "partly"
)

// Reached says what became of a call.
type Reached string

// What becomes of a call.
const (
	Spoken    Reached = "answered"
	Unreached Reached = "unreached" // nobody answered, or the number is not theirs
	Refused   Reached = "refused"
)

// Shopper is who bought with the card.
type Shopper string

// Who buys.
const (
	Oneself     Shopper = "self"
	HouseMember Shopper = "member"
	Alternate   Shopper = "alternate" // whom the household named
	TheVendor   Shopper = "vendor"    // without anybody of the household
	SomeoneElse Shopper = "other"
)

// Answer is what a household said when it was called. It has no name and no
// words: every field is one of few.
type Answer struct {
	Sample    string
	N         int // of the call
	Reached   Reached
	Received  Reply
	Amount    money.Amount // received, in XOF; no asset where nobody said
	Extra     Reply        // charged more than the price
	Fee       Reply        // asked for a fee or a gift
	By        Shopper
	Satisfied Reply
	At        time.Time // of the import
}

// ErrAnswers refuses a file of answers.
var ErrAnswers = fault.New(fault.Invalid, "answers_invalid",
	"The file is no list of answers: it needs the column of codes and one of the questions.",
	"Le fichier n'est pas une liste de réponses : il lui faut la colonne des codes et une des questions.")

// ImportAnswers reads the answers to a sample's calls.
type ImportAnswers struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Sample string
	File   []byte `json:"-"` // CSV or XLSX, at most FileMax bytes
}

// AnswersReport is what became of a file's rows.
type AnswersReport struct {
	New, Changed, Same int
	Refused            []fault.Field // "row[7].received" and what is wrong with it; without the value, which may be of a person
}

// refusedMax bounds the rows that a report names.
const refusedMax = 200

// ImportAnswers is documented at Service.
func (s *service) ImportAnswers(ctx context.Context, cmd ImportAnswers) (AnswersReport, error) {
	sum := sha256.Sum256(cmd.File)
	content := struct {
		ImportAnswers
		File string
	}{cmd, hex.EncodeToString(sum[:])}
	return once(ctx, s, MethodImportAnswers, cmd.By, cmd.Key, content, func(tx Tx, actor ledger.Actor) (AnswersReport, error) {
		m, err := sampleOf(tx, cmd.By, cmd.Sample)
		switch {
		case err != nil:
			return AnswersReport{}, err
		case m.State() != "drawn":
			return AnswersReport{}, ErrSampleState.At("sample", "it is %s", m.State())
		}
		r := answersReader{tx: tx, sample: m, seen: map[int]int{}}
		if err := r.read(ctx, cmd.File); err != nil {
			return AnswersReport{}, err
		}
		if r.report.New+r.report.Changed == 0 {
			return r.report, nil // the same file again is no decision
		}
		_, err = ledger.Decide(tx, actor, m.Round, "sample-answers", m.ID, map[string]string{"new": strconv.Itoa(r.report.New),
			"changed": strconv.Itoa(r.report.Changed), "file": content.File})
		return r.report, err
	})
}

// put stores an answer if it is another one than before.
func (r *answersReader) put(a Answer) error {
	was, err := r.tx.Answer(a.Sample, a.N)
	switch {
	case err == nil:
		a.At = was.At
		if a.Amount.Equal(was.Amount) {
			a.Amount = was.Amount
		}
		if a == was {
			r.report.Same++
			return nil
		}
		r.report.Changed++
	case fault.KindOf(err) == fault.NotFound:
		r.report.New++
	default:
		return err
	}
	a.At = r.tx.Now()
	return r.tx.PutAnswer(a)
}

// The values that cells may have, folded.
var (
	yesNo = map[string]string{"yes": "yes", "y": "yes", "oui": "yes", "o": "yes", "1": "yes", "true": "yes", "vrai": "yes", "awo": "yes",
		"no": "no", "n": "no", "non": "no", "0": "no", "false": "no", "faux": "no", "ayi": "no", "rien": "no", "nothing": "no"}
	received = with(yesNo, map[string]string{"partly": "partly", "partial": "partly", "partiel": "partly", "partiellement": "partly", "en partie": "partly", "p": "partly"})
	reached  = map[string]string{"answered": "answered", "reached": "answered", "repondu": "answered", "a repondu": "answered", "joint": "answered",
		"joignable": "answered", "oui": "answered", "yes": "answered", "unreached": "unreached", "not reached": "unreached", "no answer": "unreached",
		"non joint": "unreached", "injoignable": "unreached", "pas de reponse": "unreached", "wrong number": "unreached", "faux numero": "unreached",
		"non": "unreached", "no": "unreached", "refused": "refused", "refus": "refused", "a refuse": "refused", "refuse": "refused"}
	shoppers = map[string]string{"self": "self", "oneself": "self", "head": "self", "moi": "self", "moi meme": "self", "chef de menage": "self",
		"member": "member", "membre": "member", "famille": "member", "family": "member", "alternate": "alternate", "mandataire": "alternate",
		"vendor": "vendor", "trader": "vendor", "commercant": "vendor", "le commercant": "vendor", "other": "other", "autre": "other",
		"somebody else": "other", "quelqu un d autre": "other"}
)

func with(maps ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range maps {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// check says what contradicts itself in an answer.
func (a *Answer) check() (column, what string) {
	asked := a.Received != "" || a.Extra != "" || a.Fee != "" || a.By != "" || a.Satisfied != "" || !a.Amount.Asset().IsZero()
	switch {
	case a.Reached == "" && asked:
		a.Reached = Spoken
	case a.Reached == "":
		return columnReached, "say whether somebody answered"
	case a.Reached != Spoken && asked:
		return columnReached, "nobody answered, and there are answers"
	}
	if a.Received == No && a.Amount.Sign() > 0 {
		return columnAmount, "nothing was received, and there is an amount"
	}
	return "", ""
}

// statedCodes lists what a cell may say, for its refusal.
func statedCodes(values map[string]string) string {
	var codes []string
	for _, v := range values {
		if !slices.Contains(codes, v) {
			codes = append(codes, v)
		}
	}
	slices.Sort(codes)
	return fmt.Sprintf("one of %s", strings.Join(codes, ", "))
}
