package feedback

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line per command that decides something.
// Lines name complaints, counts and pseudonyms; never a serial, a word that was
// said, a code, or that somebody was accused. Failures are logged by the
// endpoints' middleware.
func Logging(s Service, log *slog.Logger) Service { return logged{s, log} }

type logged struct {
	Service
	log *slog.Logger
}

func (l logged) line(ctx context.Context, err error, what string, attrs ...slog.Attr) {
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, what, attrs...)
	}
}

func (l logged) complaint(ctx context.Context, err error, what string, c Complaint, actor string) {
	l.line(ctx, err, what, slog.String("complaint", c.ID), slog.String("category", c.Category.shown()),
		slog.String("state", string(c.State())), slog.String("actor", actor))
}

func (l logged) RecordComplaint(ctx context.Context, cmd RecordComplaint) (Recorded, error) {
	r, err := l.Service.RecordComplaint(ctx, cmd)
	l.complaint(ctx, err, "complaint recorded", r.Complaint, cmd.By.Pseudonym)
	return r, err
}

func (l logged) ReportHeld(ctx context.Context, cmd ReportHeld) (HeldReport, error) {
	r, err := l.Service.ReportHeld(ctx, cmd)
	l.complaint(ctx, err, "cards reported as held", r.Complaint, cmd.By.Pseudonym)
	return r, err
}

func (l logged) PrintSlips(ctx context.Context, cmd PrintSlips) (Slips, error) {
	b, err := l.Service.PrintSlips(ctx, cmd)
	l.line(ctx, err, "blank slips printed", slog.Uint64("batch", b.Batch), slog.Int("count", b.Count), slog.String("actor", cmd.By.Pseudonym))
	return b, err
}

func (l logged) AssignComplaint(ctx context.Context, cmd AssignComplaint) (Complaint, error) {
	c, err := l.Service.AssignComplaint(ctx, cmd)
	l.complaint(ctx, err, "complaint assigned", c, cmd.By.Pseudonym)
	return c, err
}

func (l logged) AnswerComplaint(ctx context.Context, cmd AnswerComplaint) (Complaint, error) {
	c, err := l.Service.AnswerComplaint(ctx, cmd)
	l.complaint(ctx, err, "complaint answered", c, cmd.By.Pseudonym)
	return c, err
}

func (l logged) CloseComplaint(ctx context.Context, cmd CloseComplaint) (Complaint, error) {
	c, err := l.Service.CloseComplaint(ctx, cmd)
	l.complaint(ctx, err, "complaint closed", c, cmd.By.Pseudonym)
	return c, err
}

func (l logged) EraseComplaint(ctx context.Context, cmd EraseComplaint) (struct{}, error) {
	none, err := l.Service.EraseComplaint(ctx, cmd)
	l.line(ctx, err, "complaint erased", slog.String("complaint", cmd.ID), slog.String("actor", cmd.By.Pseudonym))
	return none, err
}

func (l logged) Complaint(ctx context.Context, q ReadComplaint) (ComplaintView, error) {
	v, err := l.Service.Complaint(ctx, q)
	l.complaint(ctx, err, "complaint read", v.Complaint, q.By.Pseudonym)
	return v, err
}

func (l logged) sample(ctx context.Context, err error, what string, m Sample, actor string) {
	l.line(ctx, err, what, slog.String("sample", m.ID), slog.String("round", m.Round), slog.Int("households", m.Households), slog.String("actor", actor))
}

func (l logged) CommitSample(ctx context.Context, cmd CommitSample) (Sample, error) {
	m, err := l.Service.CommitSample(ctx, cmd)
	l.sample(ctx, err, "sample committed", m, cmd.By.Pseudonym)
	return m, err
}

func (l logged) FreezeSample(ctx context.Context, cmd FreezeSample) (Sample, error) {
	m, err := l.Service.FreezeSample(ctx, cmd)
	l.sample(ctx, err, "sample's frame fixed", m, cmd.By.Pseudonym)
	return m, err
}

func (l logged) DrawSample(ctx context.Context, cmd DrawSample) (Sample, error) {
	m, err := l.Service.DrawSample(ctx, cmd)
	l.sample(ctx, err, "sample drawn", m, cmd.By.Pseudonym)
	return m, err
}

func (l logged) CallList(ctx context.Context, q SampleByID) (CallList, error) {
	c, err := l.Service.CallList(ctx, q)
	l.sample(ctx, err, "call list read", c.Sample, q.By.Pseudonym)
	return c, err
}

func (l logged) ImportAnswers(ctx context.Context, cmd ImportAnswers) (AnswersReport, error) {
	r, err := l.Service.ImportAnswers(ctx, cmd)
	l.line(ctx, err, "answers imported", slog.String("sample", cmd.Sample), slog.Int("new", r.New), slog.Int("changed", r.Changed),
		slog.Int("refused", len(r.Refused)), slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) Sweep(ctx context.Context) (int, error) {
	n, err := l.Service.Sweep(ctx)
	if n > 0 {
		l.line(ctx, err, "complaints erased", slog.Int("count", n))
	}
	return n, err
}
