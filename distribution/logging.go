package distribution

import (
	"context"
	"log/slog"
)

// Logging returns s with one audit line per command that reads a list, moves
// money or issues vouchers. Lines name rounds, lots, counts, sums and
// pseudonyms; never a household. Failures are logged by the endpoints'
// middleware.
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

func (l logged) ReceiveFund(ctx context.Context, cmd ReceiveFund) (FundReceipt, error) {
	r, err := l.Service.ReceiveFund(ctx, cmd)
	l.line(ctx, err, "fund received", slog.String("fund", r.Fund), slog.Int64("francs", r.XOF.Minor()), slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) ImportList(ctx context.Context, cmd ImportList) (ImportReport, error) {
	r, err := l.Service.ImportList(ctx, cmd)
	l.line(ctx, err, "list imported", slog.String("import", r.Import), slog.Bool("dry_run", r.DryRun), slog.Int("new", r.New),
		slog.Int("changed", r.Changed), slog.Int("same", r.Same), slog.Int("refused", r.Summary.Refused), slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) ImportPresence(ctx context.Context, cmd ImportPresence) (PresenceReport, error) {
	r, err := l.Service.ImportPresence(ctx, cmd)
	l.line(ctx, err, "list of other organisations imported", slog.String("list", r.List.ID), slog.Bool("dry_run", r.DryRun), slog.Int("rows", r.List.Rows),
		slog.Int("refused", r.List.Refused), slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) market(ctx context.Context, r MarketReport, err error, what string, cmd ImportMarket) (MarketReport, error) {
	l.line(ctx, err, what, slog.Bool("dry_run", r.DryRun), slog.Int("new", r.New), slog.Int("changed", r.Changed), slog.Int("refused", r.Refused),
		slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) ImportCalendar(ctx context.Context, cmd ImportMarket) (MarketReport, error) {
	r, err := l.Service.ImportCalendar(ctx, cmd)
	return l.market(ctx, r, err, "calendar imported", cmd)
}

func (l logged) ImportPrices(ctx context.Context, cmd ImportMarket) (MarketReport, error) {
	r, err := l.Service.ImportPrices(ctx, cmd)
	return l.market(ctx, r, err, "market prices imported", cmd)
}

func (l logged) Allocate(ctx context.Context, cmd Allocate) (Round, error) {
	r, err := l.Service.Allocate(ctx, cmd)
	l.line(ctx, err, "funds allocated", slog.String("round", r.ID), slog.Int("draws", len(cmd.Draws)), slog.String("actor", cmd.By.Pseudonym))
	return r, err
}

func (l logged) lot(ctx context.Context, err error, what string, lot Lot, actor string) {
	l.line(ctx, err, what, slog.String("lot", lot.ID), slog.String("state", string(lot.State)), slog.Int("vouchers", lot.Vouchers),
		slog.Int64("total", lot.Total.Minor()), slog.String("actor", actor))
}

func (l logged) PrepareLot(ctx context.Context, cmd PrepareLot) (Lot, error) {
	lot, err := l.Service.PrepareLot(ctx, cmd)
	l.lot(ctx, err, "lot prepared", lot, cmd.By.Pseudonym)
	return lot, err
}

func (l logged) ApproveLot(ctx context.Context, cmd ApproveLot) (Lot, error) {
	lot, err := l.Service.ApproveLot(ctx, cmd)
	l.lot(ctx, err, "lot approved by one", lot, cmd.By.Pseudonym)
	return lot, err
}

func (l logged) IssueLot(ctx context.Context, cmd IssueLot) (Lot, error) {
	lot, err := l.Service.IssueLot(ctx, cmd)
	l.lot(ctx, err, "lot issued", lot, cmd.By.Pseudonym)
	return lot, err
}

func (l logged) round(ctx context.Context, err error, what string, r Round, actor string) {
	l.line(ctx, err, what, slog.String("round", r.ID), slog.String("state", string(r.State)), slog.String("actor", actor))
}

func (l logged) EndSales(ctx context.Context, cmd ChangeRound) (Round, error) {
	r, err := l.Service.EndSales(ctx, cmd)
	l.round(ctx, err, "sales ended", r, cmd.By.Pseudonym)
	return r, err
}

func (l logged) CloseRound(ctx context.Context, cmd ChangeRound) (Round, error) {
	r, err := l.Service.CloseRound(ctx, cmd)
	l.round(ctx, err, "round closed", r, cmd.By.Pseudonym)
	return r, err
}

func (l logged) ApproveReturn(ctx context.Context, cmd ApproveReturn) (Round, error) {
	r, err := l.Service.ApproveReturn(ctx, cmd)
	l.round(ctx, err, "rest returned to funds", r, cmd.By.Pseudonym)
	return r, err
}

func (l logged) ApproveGiveBack(ctx context.Context, cmd ApproveReturn) (Fund, error) {
	f, err := l.Service.ApproveGiveBack(ctx, cmd)
	l.line(ctx, err, "fund returned to donor", slog.String("fund", f.ID), slog.String("actor", cmd.By.Pseudonym))
	return f, err
}
