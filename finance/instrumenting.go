package finance

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/documents"
)

// Instrumenting returns s with a metrics registered with reg: documents attached
// by kind (jate_documents_attached_total), and when the last month that was
// closed ended (jate_ledger_closed_through_timestamp_seconds). A repeated command
// counts again. It fails if reg has one of them already.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{Service: s, attached: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "jate_documents_attached_total", Help: "Documents attached, by kind."}, []string{"kind"}),
		closed: prometheus.NewGauge(prometheus.GaugeOpts{Name: "jate_ledger_closed_through_timestamp_seconds",
			Help: "End of the last period closed by this process, Unix time."})}
	return c, errors.Join(reg.Register(c.attached), reg.Register(c.closed))
}

type counted struct {
	Service
	attached *prometheus.CounterVec
	closed   prometheus.Gauge
}

func (c counted) ApprovePeriod(ctx context.Context, cmd ApprovePeriod) (Period, error) {
	p, err := c.Service.ApprovePeriod(ctx, cmd)
	if end, wrong := last(p.Month); err == nil && wrong == nil && p.State == PeriodClosed {
		c.closed.Set(float64(end.Unix()))
	}
	return p, err
}

func (c counted) Attach(ctx context.Context, cmd Attach) (documents.Attachment, error) {
	a, err := c.Service.Attach(ctx, cmd)
	if err == nil {
		c.attached.WithLabelValues(string(a.Kind)).Inc()
	}
	return a, err
}
