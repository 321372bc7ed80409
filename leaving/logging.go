package leaving

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line for everybody who leaves. Members go by
// their opaque ids.
func Logging(s Service, log *slog.Logger) Service { return logged{s, log} }

type logged struct {
	Service
	log *slog.Logger
}

func (l logged) Leave(ctx context.Context, cmd Leave) (Left, error) {
	left, err := l.Service.Leave(ctx, cmd)
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, "staff left", slog.String("staff", cmd.Member), slog.String("by", cmd.By.ID),
			slog.String("to", cmd.Successor), slog.Int("items", len(left.Items)+left.More), slog.Int("gaps", len(left.Gaps)))
	}
	return left, err
}
