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

func (l logged) Complaint(ctx context.Context, q ReadComplaint) (ComplaintView, error) {
	v, err := l.Service.Complaint(ctx, q)
	l.complaint(ctx, err, "complaint read", v.Complaint, q.By.Pseudonym)
	return v, err
}

func (l logged) Sweep(ctx context.Context) (int, error) {
	n, err := l.Service.Sweep(ctx)
	if n > 0 {
		l.line(ctx, err, "complaints erased", slog.Int("count", n))
	}
	return n, err
}
