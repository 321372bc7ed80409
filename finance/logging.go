package finance

import (
	"context"
	"log/slog"

	"github.com/jate-cva/jate/documents"
)

// Logging returns s with one audit line per command, and per document read,
// because some bear names. Lines name subjects, hashes and pseudonyms; never a
// note. Failures are logged by the endpoints' middleware.
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

func (l logged) Attach(ctx context.Context, cmd Attach) (documents.Attachment, error) {
	a, err := l.Service.Attach(ctx, cmd)
	l.line(ctx, err, "document attached", slog.String("subject", a.Subject.String()), slog.String("kind", string(a.Kind)),
		slog.String("hash", a.Document.Hash.String()), slog.String("actor", cmd.By.Pseudonym))
	return a, err
}

func (l logged) Document(ctx context.Context, q ReadDocument) (Content, error) {
	c, err := l.Service.Document(ctx, q)
	l.line(ctx, err, "document read", slog.String("kind", string(c.Kind)), slog.String("hash", q.Hash.String()),
		slog.String("actor", q.By.Pseudonym))
	return c, err
}

func (l logged) ApproveMovement(ctx context.Context, cmd DecideMovement) (Movement, error) {
	m, err := l.Service.ApproveMovement(ctx, cmd)
	l.line(ctx, err, "movement posted", slog.String("movement", m.ID), slog.String("kind", string(m.Kind)), slog.Int64("amount", m.Amount.Minor()),
		slog.Uint64("entry", m.Entry), slog.String("actor", cmd.By.Pseudonym))
	return m, err
}

func (l logged) ApprovePeriod(ctx context.Context, cmd ApprovePeriod) (Period, error) {
	p, err := l.Service.ApprovePeriod(ctx, cmd)
	l.line(ctx, err, "period "+string(p.State), slog.String("month", p.Month), slog.Uint64("entry", p.Entry), slog.String("actor", cmd.By.Pseudonym))
	return p, err
}

func (l logged) SetDocumentRules(ctx context.Context, cmd SetDocumentRules) ([]documents.Rule, error) {
	rules, err := l.Service.SetDocumentRules(ctx, cmd)
	l.line(ctx, err, "document rules set", slog.Int("rules", len(rules)), slog.String("actor", cmd.By.Pseudonym))
	return rules, err
}
