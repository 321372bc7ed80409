package report

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line for each report that is handed out: it
// shows a whole round or fund. Lines name rounds, funds, the journal's size and
// pseudonyms.
func Logging(s Service, log *slog.Logger) Service { return logged{s, log} }

type logged struct {
	Service
	log *slog.Logger
}

func (l logged) line(ctx context.Context, err error, what, of string, size uint64, by string) {
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, "report", slog.String("kind", what), slog.String("of", of), slog.Uint64("size", size), slog.String("actor", by))
	}
}

func (l logged) Round(ctx context.Context, q Query) (Round, error) {
	r, err := l.Service.Round(ctx, q)
	l.line(ctx, err, "round", q.Round, r.Size, q.By.Pseudonym)
	return r, err
}

func (l logged) Explain(ctx context.Context, q Explain) (Explanation, error) {
	e, err := l.Service.Explain(ctx, q)
	l.line(ctx, err, "figure", q.Round, e.Size, q.By.Pseudonym)
	return e, err
}

func (l logged) Donor(ctx context.Context, q DonorQuery) (Donor, error) {
	d, err := l.Service.Donor(ctx, q)
	l.line(ctx, err, "donor", q.Fund, d.Size, q.By.Pseudonym)
	return d, err
}

func (l logged) Activities(ctx context.Context, q Query) ([]Activity, error) {
	rows, err := l.Service.Activities(ctx, q)
	l.line(ctx, err, "activities", q.Round, uint64(len(rows)), q.By.Pseudonym)
	return rows, err
}
