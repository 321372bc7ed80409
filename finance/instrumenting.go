package finance

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/documents"
)

// Instrumenting returns s with a counter registered with reg: of documents
// attached by kind (jate_documents_attached_total). A repeated command counts
// again. It fails if reg has it already.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{Service: s, attached: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "jate_documents_attached_total", Help: "Documents attached, by kind."}, []string{"kind"})}
	return c, reg.Register(c.attached)
}

type counted struct {
	Service
	attached *prometheus.CounterVec
}

func (c counted) Attach(ctx context.Context, cmd Attach) (documents.Attachment, error) {
	a, err := c.Service.Attach(ctx, cmd)
	if err == nil {
		c.attached.WithLabelValues(string(a.Kind)).Inc()
	}
	return a, err
}
