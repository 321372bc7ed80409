package ledger

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line per statement of a household
// read. The lines name pseudonyms of staff and no household.
// Failures are logged by the endpoints' middleware.
func Logging(s Service, log *slog.Logger) Service { return logged{s, log} }

type logged struct {
	Service
	log *slog.Logger
}

func (l logged) HouseholdStatement(ctx context.Context, q StatementQuery) (Statement, error) {
	s, err := l.Service.HouseholdStatement(ctx, q)
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, "household statement read", slog.Int("lines", len(s.Lines)),
			slog.String("actor", q.By.Name), slog.String("role", q.By.Role))
	}
	return s, err
}
