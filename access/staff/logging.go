package staff

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line for each sign-in, each change of who can
// act, and each decision about a member. Lines name members by their opaque ids;
// never a sign-in name, an address or a code. Failures are logged by the
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

func (l logged) session(ctx context.Context, err error, what string, in SignedIn) {
	l.line(ctx, err, what, slog.String("staff", in.Session.Member), slog.Bool("passkey", in.Session.Passkey), slog.Bool("program", in.Session.Program))
}

func (l logged) Accept(ctx context.Context, cmd Accept) (SignedIn, error) {
	in, err := l.Service.Accept(ctx, cmd)
	l.session(ctx, err, "invitation accepted", in)
	return in, err
}

func (l logged) SignIn(ctx context.Context, cmd SignIn) (SignedIn, error) {
	in, err := l.Service.SignIn(ctx, cmd)
	l.session(ctx, err, "signed in", in)
	return in, err
}

func (l logged) StepUp(ctx context.Context, cmd StepUp) (SignedIn, error) {
	in, err := l.Service.StepUp(ctx, cmd)
	l.session(ctx, err, "stepped up", in)
	return in, err
}

func (l logged) Refresh(ctx context.Context, cmd Refresh) (SignedIn, error) {
	in, err := l.Service.Refresh(ctx, cmd)
	if cmd.Token == "" {
		l.session(ctx, err, "signed in by a program", in)
	}
	return in, err
}

func (l logged) AddFactor(ctx context.Context, cmd AddFactor) (Added, error) {
	a, err := l.Service.AddFactor(ctx, cmd)
	l.line(ctx, err, "factor added", slog.String("staff", cmd.By.ID))
	return a, err
}

func (l logged) RemoveFactor(ctx context.Context, cmd RemoveFactor) (Account, error) {
	a, err := l.Service.RemoveFactor(ctx, cmd)
	l.line(ctx, err, "factor removed", slog.String("staff", cmd.By.ID))
	return a, err
}

func (l logged) Invite(ctx context.Context, cmd Invite) (Invitee, error) {
	in, err := l.Service.Invite(ctx, cmd)
	l.line(ctx, err, "member invited", slog.String("staff", in.Member.ID), slog.String("by", cmd.By.ID))
	return in, err
}

func (l logged) SetState(ctx context.Context, cmd SetState) (Listed, error) {
	m, err := l.Service.SetState(ctx, cmd)
	l.line(ctx, err, "member "+string(m.State), slog.String("staff", m.ID), slog.String("by", cmd.By.ID))
	return m, err
}

func (l logged) Recover(ctx context.Context, cmd Recover) (Recovered, error) {
	r, err := l.Service.Recover(ctx, cmd)
	l.line(ctx, err, "recovery goes on", slog.String("staff", r.Member.ID), slog.String("by", cmd.By.ID))
	return r, err
}
