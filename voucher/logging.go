package voucher

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line per command that moves value or ends a
// voucher. Lines name lots, handhelds and pseudonyms; never a serial, a
// beneficiary or a factor.
func Logging(s Service, log *slog.Logger) Service { return logged{s, log} }

type logged struct {
	Service
	log *slog.Logger
}

func (l logged) IssueLot(ctx context.Context, cmd IssueLot) (Issue, error) {
	is, err := l.Service.IssueLot(ctx, cmd)
	l.line(ctx, "issue lot", err, slog.String("lot", cmd.Lot), slog.Int("vouchers", is.Count),
		slog.Int("spares", is.Spares), slog.String("actor", cmd.By.Pseudonym))
	return is, err
}

func (l logged) Redeem(ctx context.Context, cmd Redeem) (Answer, error) {
	a, err := l.Service.Redeem(ctx, cmd)
	l.line(ctx, "records", err, slog.String("handheld", string(cmd.Handheld)), slog.Int("records", len(cmd.Records)))
	return a, err
}

func (l logged) Hold(ctx context.Context, cmd Change) (Voucher, error) {
	return l.change(ctx, "hold", cmd, l.Service.Hold)
}

func (l logged) Release(ctx context.Context, cmd Change) (Voucher, error) {
	return l.change(ctx, "release", cmd, l.Service.Release)
}

func (l logged) Void(ctx context.Context, cmd Change) (Voucher, error) {
	return l.change(ctx, "void", cmd, l.Service.Void)
}

func (l logged) change(ctx context.Context, what string, cmd Change, do func(context.Context, Change) (Voucher, error)) (Voucher, error) {
	v, err := do(ctx, cmd)
	l.line(ctx, what, err, slog.String("lot", v.Lot), slog.String("reason", cmd.Reason), slog.String("actor", cmd.By.Pseudonym))
	return v, err
}

func (l logged) Agree(ctx context.Context, cmd Agree) (Voucher, error) {
	v, err := l.Service.Agree(ctx, cmd)
	l.line(ctx, "agree", err, slog.String("proposal", cmd.Proposal), slog.String("lot", v.Lot), slog.String("actor", cmd.By.Pseudonym))
	return v, err
}

func (l logged) Expire(ctx context.Context, cmd ExpireLot) (Issue, error) {
	is, err := l.Service.Expire(ctx, cmd)
	l.line(ctx, "expire lot", err, slog.String("lot", cmd.Lot), slog.String("actor", cmd.By.Pseudonym))
	return is, err
}

// line leaves failures to the endpoint middleware, which logs each once.
func (l logged) line(ctx context.Context, what string, err error, attrs ...slog.Attr) {
	if err == nil {
		l.log.LogAttrs(ctx, slog.LevelInfo, what, attrs...)
	}
}
