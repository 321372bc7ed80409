package voucher

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Instrumenting returns s with counters of what happens to vouchers, registered
// with reg: jate_vouchers_issued_total, and jate_records_total by state.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{
		Service: s,
		issued: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "jate_vouchers_issued_total", Help: "Vouchers issued, spares not included."}),
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_records_total", Help: "Records of handhelds answered, by state; resends count again."}, []string{"state"}),
	}
	for _, m := range []prometheus.Collector{c.issued, c.records} {
		if err := reg.Register(m); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type counted struct {
	Service
	issued  prometheus.Counter
	records *prometheus.CounterVec
}

func (c counted) IssueLot(ctx context.Context, cmd IssueLot) (Issue, error) {
	is, err := c.Service.IssueLot(ctx, cmd)
	if err == nil {
		c.issued.Add(float64(is.Count))
	}
	return is, err
}

func (c counted) Redeem(ctx context.Context, cmd Redeem) (Answer, error) {
	a, err := c.Service.Redeem(ctx, cmd)
	if err != nil {
		return a, err
	}
	for _, o := range a.outcomes {
		c.records.WithLabelValues(string(o.State)).Inc()
	}
	return a, nil
}
