package feedback

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/voucher/cards"
)

// A slip is the paper that an author takes home. Those that are printed ahead
// have a number on the stub, by which the desk records the complaint, and a code
// that only the author's part has: who records it does not learn it. The
// number is the journal's entry of the batch, four digits in the batch, and a
// check character, such as 10482-0042-K.

// Desk says where an author asks, as it is printed on slips.
type Desk struct {
	Hotline string // at most 24 letters, may be empty
	Where   string // in words of the office, at most 60 letters, may be empty
	Lang    string // "fr", "en"; both where empty
}

// PrintSlips is the command to print a batch of blank slips.
type PrintSlips struct {
	By    access.Actor `json:"-"`
	Key   string       `json:"-"`
	Count int          // 1 to SlipsMax
	Desk
}

// SlipsMax bounds a batch.
const SlipsMax = cards.FollowUpsMax

// Slips are a batch of blank slips. Nothing keeps their codes: the same command
// prints them again.
type Slips struct {
	Batch uint64 // the journal's entry of it
	Count int
	Made  time.Time
	PDF   []byte `json:"-"`
}

// slipsPrinted is what the journal calls the printing of a batch.
const slipsPrinted = "complaint-slips"

// Errors of slips.
var (
	ErrSlip = fault.New(fault.Invalid, "complaint_slip_unknown",
		"No slip with this number was printed. Read it on the stub again: 10482-0042-K.",
		"Aucun papier n'a été imprimé avec ce numéro. Relisez-le sur la souche : 10482-0042-K.")
	ErrSlipTaken = fault.New(fault.Conflict, "complaint_slip_taken",
		"A complaint was recorded with this slip already. Take another one.",
		"Une plainte est déjà notée avec ce papier. Prenez-en un autre.")
)

// PrintSlips is documented at Service.
func (s *service) PrintSlips(ctx context.Context, cmd PrintSlips) (Slips, error) {
	if cmd.Count < 1 || cmd.Count > SlipsMax {
		return Slips{}, ErrComplaint.At("count", "1 to %d", SlipsMax)
	}
	batch, err := once(ctx, s, MethodPrintSlips, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Slips, error) {
		if _, err := cmd.paper(tx.Now(), []cards.FollowUp{{Code: "0000"}}); err != nil {
			return Slips{}, err // before a batch is journalled that cannot be printed
		}
		e, err := ledger.Decide(tx, actor, "", slipsPrinted, cmd.By.Programme, map[string]string{"count": strconv.Itoa(cmd.Count)})
		return Slips{Batch: e.Seq, Count: cmd.Count, Made: tx.Now()}, err
	})
	if err != nil {
		return Slips{}, err
	}
	slips := make([]cards.FollowUp, batch.Count)
	for i := range slips {
		slips[i] = cards.FollowUp{Number: slipNumber(batch.Batch, i+1), Code: s.slipCode(cmd.By.Programme, batch.Batch, i+1)}
	}
	batch.PDF, err = cmd.paper(batch.Made, slips)
	return batch, err
}

// ComplaintSlip asks for the slip of a complaint that was recorded, by the code
// that its author was given.
type ComplaintSlip struct {
	By   access.Actor
	Code string
	Desk
}

// ComplaintSlip is documented at Service.
func (s *service) ComplaintSlip(ctx context.Context, q ComplaintSlip) ([]byte, error) {
	bare, err := bareCode(q.Code)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, MethodComplaintSlip, q.By, func(tx Tx) ([]byte, error) {
		c, err := tx.ComplaintByCode(s.digest(bare))
		if err == nil && c.Programme != q.By.Programme {
			err = ErrCode
		}
		if err != nil {
			return nil, err
		}
		return q.paper(tx.Now(), []cards.FollowUp{{Code: printedCode(bare), Due: s.onPaper(c)}})
	})
}

// onPaper is the day that a slip may bear. An answer to who accuses somebody is
// due sooner than others, or later: the day would say so to whoever reads the
// slip, so that it is the one of most complaints, or its own if that is later.
func (s *service) onPaper(c Complaint) time.Time {
	if c.Category.shown() != restricted {
		return c.Due
	}
	if usual := c.Recorded.AddDate(0, 0, s.due(c.Programme, Other)); usual.After(c.Due) {
		return usual
	}
	return c.Due
}

// paper draws slips.
func (d Desk) paper(made time.Time, slips []cards.FollowUp) ([]byte, error) {
	lang, ok := map[string]cards.Lang{"": cards.FrenchEnglish, "fr": cards.French, "en": cards.English}[d.Lang]
	if !ok {
		return nil, ErrComplaint.At("lang", "fr or en; both where it is missing")
	}
	var b bytes.Buffer
	err := cards.WriteFollowUps(&b, cards.FollowUpDesk{Made: made, Hotline: d.Hotline, Where: d.Where, Lang: lang}, slips)
	return b.Bytes(), err
}

// slipCode is the code on a slip.
func (s *service) slipCode(programme string, batch uint64, n int) string {
	return codeOf(s.sealer.Secret("complaint-slip", programme, strconv.FormatUint(batch, 10), strconv.Itoa(n)))
}

// slipDigits is how many digits stand for the place in a batch.
const slipDigits = 4

func slipNumber(batch uint64, n int) string {
	text := fmt.Sprintf("%d%0*d", batch, slipDigits, n)
	at := len(text) - slipDigits
	return text[:at] + "-" + text[at:] + "-" + string(codeAlphabet[checkOf(text)])
}

// parseSlip undoes what people do to a number when they copy it.
func parseSlip(text string) (batch uint64, n int, err error) {
	if len(text) > codeTextMax {
		return 0, 0, ErrSlip
	}
	plain := confusions.Replace(strings.ToUpper(text))
	end := len(plain) - 1
	if end <= slipDigits || strings.Trim(plain, codeAlphabet) != "" || codeAlphabet[checkOf(plain[:end])] != plain[end] {
		return 0, 0, ErrSlip
	}
	batch, err = strconv.ParseUint(plain[:end-slipDigits], 10, 63)
	if err != nil {
		return 0, 0, ErrSlip
	}
	if n, err = strconv.Atoi(plain[end-slipDigits : end]); err != nil {
		return 0, 0, ErrSlip
	}
	return batch, n, nil
}

// codeOnSlip returns the code of a slip that was printed for the programme and
// is not in use.
func (s *service) codeOnSlip(tx Tx, programme, number string) (string, error) {
	batch, n, err := parseSlip(number)
	if err != nil {
		return "", err
	}
	size, err := tx.Size()
	if err != nil {
		return "", err
	}
	if batch >= size {
		return "", ErrSlip
	}
	e, err := tx.Entry(batch)
	if err != nil {
		return "", err
	}
	count, err := strconv.Atoi(e.Facts["count"])
	if err != nil || e.Facts["what"] != slipsPrinted || e.Ref != programme || n < 1 || n > count {
		return "", ErrSlip
	}
	code := s.slipCode(programme, batch, n)
	bare, err := bareCode(code)
	if err != nil {
		return "", err
	}
	switch _, err := tx.ComplaintByCode(s.digest(bare)); {
	case err == nil:
		return "", ErrSlipTaken
	case fault.KindOf(err) != fault.NotFound:
		return "", err
	}
	return code, nil
}
