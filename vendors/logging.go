package vendors

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line per command that moves money or makes
// a handheld believed. Lines name ids, sums and pseudonyms; never a shop, a
// telephone number or a code. Failures are logged by the endpoints' middleware.
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

func (l logged) ActivateHandheld(ctx context.Context, cmd ActivateHandheld) (Handheld, error) {
	h, err := l.Service.ActivateHandheld(ctx, cmd)
	l.line(ctx, err, "handheld activated", slog.String("handheld", string(h.ID)), slog.String("actor", cmd.By.Pseudonym))
	return h, err
}

func (l logged) RevokeHandheld(ctx context.Context, cmd RevokeHandheld) (Handheld, error) {
	h, err := l.Service.RevokeHandheld(ctx, cmd)
	l.line(ctx, err, "handheld revoked", slog.String("handheld", string(h.ID)), slog.String("actor", cmd.By.Pseudonym))
	return h, err
}

func (l logged) AcceptClaim(ctx context.Context, cmd AcceptClaim) (Claim, error) {
	c, err := l.Service.AcceptClaim(ctx, cmd)
	l.line(ctx, err, "claim accepted", slog.String("claim", string(c.ID)), slog.String("kind", string(c.Kind)),
		slog.Int64("accepted", c.Accepted.Minor()), slog.Uint64("entry", c.Entry), slog.String("actor", cmd.By.Pseudonym))
	return c, err
}

func (l logged) ApproveSettlement(ctx context.Context, cmd ApproveSettlement) (Settlement, error) {
	s, err := l.Service.ApproveSettlement(ctx, cmd)
	l.line(ctx, err, "settlement ordered", slog.String("settlement", s.ID), slog.Int("payments", len(s.Payments)),
		slog.Int64("total", s.Total.Minor()), slog.String("actor", cmd.By.Pseudonym))
	return s, err
}

func (l logged) ApproveTerms(ctx context.Context, cmd ApproveTerms) (Terms, error) {
	t, err := l.Service.ApproveTerms(ctx, cmd)
	l.line(ctx, err, "terms approved", slog.String("vendor", string(t.Vendor)), slog.Int("version", t.Version), slog.String("actor", cmd.By.Pseudonym))
	return t, err
}

func (l logged) AnswerPaymentChange(ctx context.Context, cmd AnswerPaymentChange) (PaymentChange, error) {
	c, err := l.Service.AnswerPaymentChange(ctx, cmd)
	l.line(ctx, err, "payment address answered", slog.String("vendor", string(c.Vendor)), slog.Bool("refused", c.Refused), slog.String("actor", cmd.By.Pseudonym))
	return c, err
}

func (l logged) ImportResults(ctx context.Context, cmd ImportResults) (Results, error) {
	r, err := l.Service.ImportResults(ctx, cmd)
	l.line(ctx, err, "payment results imported", slog.String("settlement", cmd.Settlement), slog.Int("paid", r.Paid),
		slog.Int("failed", r.Failed), slog.Int("returned", r.Returned), slog.Int("same", r.Same), slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) ApproveAdvance(ctx context.Context, cmd ApproveAdvance) (AdvanceLine, error) {
	a, err := l.Service.ApproveAdvance(ctx, cmd)
	l.line(ctx, err, "advance given", slog.String("advance", a.ID), slog.Int64("amount", a.Amount.Minor()),
		slog.String("actor", cmd.By.Pseudonym))
	return a, err
}

func (l logged) ConfirmCash(ctx context.Context, cmd ConfirmCash) (Settlement, error) {
	s, err := l.Service.ConfirmCash(ctx, cmd)
	l.line(ctx, err, "cash confirmed", slog.String("payment", cmd.Payment), slog.Bool("paid", cmd.NotPaid == ""), slog.String("actor", cmd.By.Pseudonym))
	return s, err
}

func (l logged) IssueCheque(ctx context.Context, cmd IssueCheque) (Cheque, error) {
	c, err := l.Service.IssueCheque(ctx, cmd)
	l.cheque(ctx, err, "cheque issued", c, cmd.By.Pseudonym)
	return c, err
}

func (l logged) SpoilCheque(ctx context.Context, cmd SpoilCheque) (Cheque, error) {
	c, err := l.Service.SpoilCheque(ctx, cmd)
	l.cheque(ctx, err, "cheque spoilt", c, cmd.By.Pseudonym)
	return c, err
}

func (l logged) AnswerCheque(ctx context.Context, cmd AnswerCheque) (Cheque, error) {
	c, err := l.Service.AnswerCheque(ctx, cmd)
	l.cheque(ctx, err, "cheque answered", c, cmd.By.Pseudonym)
	return c, err
}

func (l logged) cheque(ctx context.Context, err error, what string, c Cheque, by string) {
	l.line(ctx, err, what, slog.String("bank", c.Bank), slog.String("cheque", c.No()), slog.String("state", string(c.State)), slog.String("actor", by))
}

func (l logged) ImportStatement(ctx context.Context, cmd ImportStatement) (StatementImport, error) {
	r, err := l.Service.ImportStatement(ctx, cmd)
	l.line(ctx, err, "bank statement imported", slog.String("bank", cmd.Bank), slog.Int("new", r.New), slog.Int("matched", r.Matched),
		slog.Int("open", r.Open), slog.Int("same", r.Same), slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) AnswerLine(ctx context.Context, cmd AnswerLine) (BankLine, error) {
	b, err := l.Service.AnswerLine(ctx, cmd)
	l.line(ctx, err, "bank line answered", slog.String("bank", cmd.Bank), slog.Int("line", cmd.N), slog.String("is", string(b.What)),
		slog.String("state", string(b.State)), slog.Int64("amount", b.Amount.Minor()), slog.String("actor", cmd.By.Pseudonym))
	return b, err
}
