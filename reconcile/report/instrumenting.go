package report

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Instrumenting returns s with a counter registered with reg:
// jate_report_rounds_total, reports on rounds by whether their figures tie.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{s, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "jate_report_rounds_total",
		Help: "Reports on rounds, by whether their figures equal the ledger."}, []string{"ties"})}
	return c, reg.Register(c.rounds)
}

type counted struct {
	Service
	rounds *prometheus.CounterVec
}

func (c counted) Round(ctx context.Context, q Query) (Round, error) {
	r, err := c.Service.Round(ctx, q)
	if err == nil {
		c.rounds.WithLabelValues(strconv.FormatBool(r.Ties)).Inc()
	}
	return r, err
}
