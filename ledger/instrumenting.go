package ledger

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Instrumenting returns s with metrics registered with reg: leaves handed out (jate_ledger_leaves_served_total) and proofs by kind
// (jate_ledger_proofs_total): a monitor that stopped looking shows. It fails if
// reg has one of them already.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{
		Service: s,
		leaves: prometheus.NewCounter(prometheus.CounterOpts{Name: "jate_ledger_leaves_served_total",
			Help: "Leaves of the journal handed out."}),
		proofs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "jate_ledger_proofs_total",
			Help: "Proofs handed out, by kind."}, []string{"kind"}),
	}
	for _, v := range []prometheus.Collector{c.leaves, c.proofs} {
		if err := reg.Register(v); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type counted struct {
	Service
	leaves prometheus.Counter
	proofs *prometheus.CounterVec
}

func (c counted) Journal(ctx context.Context, q JournalQuery) (JournalPage, error) {
	p, err := c.Service.Journal(ctx, q)
	c.leaves.Add(float64(len(p.Leaves)))
	return p, err
}

func (c counted) Leaves(ctx context.Context, q LeavesQuery) (Leaves, error) {
	l, err := c.Service.Leaves(ctx, q)
	c.leaves.Add(float64(l.Count))
	return l, err
}

func (c counted) Inclusion(ctx context.Context, q InclusionQuery) (Inclusion, error) {
	i, err := c.Service.Inclusion(ctx, q)
	if err == nil {
		c.proofs.WithLabelValues("inclusion").Inc()
	}
	return i, err
}

func (c counted) Consistency(ctx context.Context, q ConsistencyQuery) (Consistency, error) {
	p, err := c.Service.Consistency(ctx, q)
	if err == nil {
		c.proofs.WithLabelValues("consistency").Inc()
	}
	return p, err
}
