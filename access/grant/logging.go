package grant

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line for each change of who may do what.
// Members go by their opaque ids. Failures are logged by the endpoints' middleware.
func Logging(s Service, log *slog.Logger) Service { return logged{s, log} }

type logged struct {
	Service
	log *slog.Logger
}

func (l logged) proposal(ctx context.Context, err error, what, by string, p Proposal) {
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, what, slog.String("grant", p.ID), slog.String("staff", p.Member), slog.String("by", by),
			slog.String("programme", p.Content.Programme), slog.String("role", string(p.Content.Role)), slog.Bool("console", p.Console))
	}
}

func (l logged) Propose(ctx context.Context, cmd Propose) (Proposal, error) {
	p, err := l.Service.Propose(ctx, cmd)
	l.proposal(ctx, err, "role proposed", cmd.By.ID, p)
	return p, err
}

func (l logged) Approve(ctx context.Context, cmd Approve) (Proposal, error) {
	p, err := l.Service.Approve(ctx, cmd)
	l.proposal(ctx, err, "role granted", cmd.By.ID, p)
	return p, err
}

func (l logged) Refuse(ctx context.Context, cmd Refuse) (Proposal, error) {
	p, err := l.Service.Refuse(ctx, cmd)
	l.proposal(ctx, err, "role refused", cmd.By.ID, p)
	return p, err
}

func (l logged) Revoke(ctx context.Context, cmd Revoke) (Held, error) {
	h, err := l.Service.Revoke(ctx, cmd)
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, "role revoked", slog.String("staff", h.Member), slog.String("by", cmd.By.ID),
			slog.String("programme", h.Programme), slog.String("role", string(h.Role)))
	}
	return h, err
}
