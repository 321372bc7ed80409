package reconcile

import (
	"context"
	"log/slog"

	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
)

// Logging returns s with one audit line per command that moves or decides
// something, and per report, which shows whole rounds. Lines name vendors,
// claims, cases and pseudonyms; never a serial.
func Logging(s Service, log *slog.Logger) Service { return logged{s, log} }

type logged struct {
	Service
	log *slog.Logger
}

func (l logged) Run(ctx context.Context, q Query) (Report, error) {
	r, err := l.Service.Run(ctx, q)
	l.line(ctx, "reconciled", err, slog.String("round", q.Round), slog.Int("lines", r.Lines.Len()), slog.Int("findings", len(r.Findings)),
		slog.Bool("ties", r.Ties), slog.String("actor", q.By.Pseudonym))
	if err == nil && !r.Ties {
		l.log.LogAttrs(ctx, slog.LevelError, "totals do not equal the ledger", slog.String("round", q.Round), slog.Int("differences", len(r.TieErrors)))
	}
	return r, err
}

func (l logged) AcceptMatched(ctx context.Context, cmd AcceptMatched) (vendors.Claim, error) {
	c, err := l.Service.AcceptMatched(ctx, cmd)
	l.line(ctx, "accept matched lines", err, slog.String("claim", string(cmd.Claim)), slog.String("vendor", string(c.Vendor)),
		slog.String("accepted", c.Accepted.Text()), slog.String("claimed", c.Claimed.Text()), slog.String("actor", cmd.By.Pseudonym))
	return c, err
}

func (l logged) ReadLines(ctx context.Context, cmd ReadLines) (vendors.Claim, error) {
	c, err := l.Service.ReadLines(ctx, cmd)
	l.line(ctx, "read lines of a claim", err, slog.String("claim", string(cmd.Claim)), slog.String("vendor", string(c.Vendor)),
		slog.Int("lines", len(cmd.Lines)), slog.Int("redemptions", len(cmd.Entries)), slog.String("actor", cmd.By.Pseudonym))
	return c, err
}

func (l logged) OpenCase(ctx context.Context, cmd OpenCase) (Case, error) {
	c, err := l.Service.OpenCase(ctx, cmd)
	return l.decided(ctx, "open case", c, cmd.By.Pseudonym, err)
}

func (l logged) OpenProposed(ctx context.Context, cmd OpenProposed) ([]OpenedCase, error) {
	cs, err := l.Service.OpenProposed(ctx, cmd)
	l.line(ctx, "open proposed cases", err, slog.String("round", cmd.Round), slog.Int("cases", len(cs)), slog.String("actor", cmd.By.Pseudonym))
	return cs, err
}

func (l logged) SeekCalls(ctx context.Context, cmd SeekCalls) (feedback.Sample, error) {
	m, err := l.Service.SeekCalls(ctx, cmd)
	l.line(ctx, "seek calls", err, slog.String("sample", m.ID), slog.String("round", cmd.Round), slog.Int("households", m.Households),
		slog.String("actor", cmd.By.Pseudonym))
	return m, err
}

func (l logged) CasePack(ctx context.Context, q CaseByID) (evidence.Pack, error) {
	p, err := l.Service.CasePack(ctx, q)
	l.line(ctx, "evidence pack", err, slog.String("case", q.ID), slog.Int("redemptions", len(p.Redemptions)), slog.String("actor", q.By.Pseudonym))
	return p, err
}

func (l logged) Freeze(ctx context.Context, cmd Decide) (Case, error) {
	c, err := l.Service.Freeze(ctx, cmd)
	return l.decided(ctx, "freeze", c, cmd.By.Pseudonym, err)
}

func (l logged) Release(ctx context.Context, cmd Release) (Case, error) {
	c, err := l.Service.Release(ctx, cmd)
	return l.decided(ctx, "release", c, cmd.By.Pseudonym, err)
}

func (l logged) Uphold(ctx context.Context, cmd Uphold) (Case, error) {
	c, err := l.Service.Uphold(ctx, cmd)
	return l.decided(ctx, "uphold", c, cmd.By.Pseudonym, err)
}

func (l logged) Recover(ctx context.Context, cmd Recover) (Case, error) {
	c, err := l.Service.Recover(ctx, cmd)
	return l.decided(ctx, "recover", c, cmd.By.Pseudonym, err)
}

func (l logged) GiveUp(ctx context.Context, cmd GiveUp) (Case, error) {
	c, err := l.Service.GiveUp(ctx, cmd)
	return l.decided(ctx, "give up", c, cmd.By.Pseudonym, err)
}

func (l logged) AssignCase(ctx context.Context, cmd Assign) (Case, error) {
	c, err := l.Service.AssignCase(ctx, cmd)
	return l.decided(ctx, "assign case", c, cmd.By.Pseudonym, err)
}

func (l logged) CommentCase(ctx context.Context, cmd AddComment) (Comment, error) {
	c, err := l.Service.CommentCase(ctx, cmd)
	l.line(ctx, "comment on case", err, slog.String("case", cmd.Case), slog.Int("comment", c.N), slog.String("actor", cmd.By.Pseudonym))
	return c, err
}

func (l logged) AskVendor(ctx context.Context, cmd AskVendor) (Case, error) {
	c, err := l.Service.AskVendor(ctx, cmd)
	return l.decided(ctx, "ask trader", c, cmd.By.Pseudonym, err)
}

func (l logged) AnswerOfVendor(ctx context.Context, cmd AnswerOfVendor) (Case, error) {
	c, err := l.Service.AnswerOfVendor(ctx, cmd)
	return l.decided(ctx, "answer of trader", c, cmd.By.Pseudonym, err)
}

func (l logged) AttachToCase(ctx context.Context, cmd AttachToCase) (documents.Attachment, error) {
	a, err := l.Service.AttachToCase(ctx, cmd)
	l.line(ctx, "attach to case", err, slog.String("case", cmd.Case), slog.String("kind", string(a.Kind)), slog.String("sha256", a.Document.Hash.String()),
		slog.String("actor", cmd.By.Pseudonym))
	return a, err
}

func (l logged) decided(ctx context.Context, what string, c Case, actor string, err error) (Case, error) {
	l.line(ctx, what, err, slog.String("case", c.ID), slog.String("vendor", string(c.Vendor)), slog.String("round", c.Round),
		slog.String("value", c.Value.Text()), slog.String("frozen", c.Frozen.Text()), slog.String("actor", actor))
	return c, err
}

// line leaves failures to the endpoint middleware, which logs each once.
func (l logged) line(ctx context.Context, what string, err error, attrs ...slog.Attr) {
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, what, attrs...)
	}
}
