package distribution

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Instrumenting returns s with counters registered with reg: of imported rows
// by what became of them (jate_import_rows_total), of lots by the state they
// reached (jate_lots_total), of overlaps with other organisations in lots as they
// were prepared (jate_lot_overlaps_total, by how sure they are) and of papers printed (jate_prints_total). A
// repeated command counts again. It fails if reg has one of them already.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{
		Service: s,
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_import_rows_total", Help: "Rows of imported lists, by outcome; dry runs do not count."}, []string{"outcome"}),
		lots: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_lots_total", Help: "Lots that reached a state."}, []string{"state"}),
		overlaps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_lot_overlaps_total", Help: "Places of prepared lots that another organisation serves, by sureness."}, []string{"sure"}),
		prints: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_prints_total", Help: "Papers printed, by kind."}, []string{"paper"}),
	}
	for _, v := range []prometheus.Collector{c.rows, c.lots, c.overlaps, c.prints} {
		if err := reg.Register(v); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type counted struct {
	Service
	rows, lots, overlaps, prints *prometheus.CounterVec
}

func (c counted) ImportList(ctx context.Context, cmd ImportList) (ImportReport, error) {
	r, err := c.Service.ImportList(ctx, cmd)
	if err == nil && !r.DryRun {
		for outcome, n := range map[string]int{"new": r.New, "changed": r.Changed, "same": r.Same, "refused": r.Summary.Refused} {
			c.rows.WithLabelValues(outcome).Add(float64(n))
		}
	}
	return r, err
}

func (c counted) lot(l Lot, err error) (Lot, error) {
	if err == nil {
		c.lots.WithLabelValues(string(l.State)).Inc()
	}
	return l, err
}

func (c counted) PrepareLot(ctx context.Context, cmd PrepareLot) (Lot, error) {
	l, err := c.Service.PrepareLot(ctx, cmd)
	for _, o := range l.Overlaps {
		c.overlaps.WithLabelValues(string(o.Sure)).Inc()
	}
	return c.lot(l, err)
}

func (c counted) ApproveLot(ctx context.Context, cmd ApproveLot) (Lot, error) {
	return c.lot(c.Service.ApproveLot(ctx, cmd))
}

func (c counted) IssueLot(ctx context.Context, cmd IssueLot) (Lot, error) {
	return c.lot(c.Service.IssueLot(ctx, cmd))
}

func (c counted) paper(kind string, d Document, err error) (Document, error) {
	if err == nil {
		c.prints.WithLabelValues(kind).Inc()
	}
	return d, err
}

func (c counted) PrintCards(ctx context.Context, cmd Print) (Document, error) {
	d, err := c.Service.PrintCards(ctx, cmd)
	return c.paper("cards", d, err)
}

func (c counted) PrintHandOver(ctx context.Context, cmd Print) (Document, error) {
	d, err := c.Service.PrintHandOver(ctx, cmd)
	return c.paper("hand-over", d, err)
}

func (c counted) PrintPackingList(ctx context.Context, cmd Print) (Document, error) {
	d, err := c.Service.PrintPackingList(ctx, cmd)
	return c.paper("packing-list", d, err)
}
