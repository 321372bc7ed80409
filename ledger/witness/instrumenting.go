package witness

import "github.com/prometheus/client_golang/prometheus"

// meters count what becomes of checkpoints.
type meters struct {
	cosigned, contradicted prometheus.Gauge
	failures               prometheus.Counter
}

func newMeters(reg prometheus.Registerer) (meters, error) {
	m := meters{
		cosigned: prometheus.NewGauge(prometheus.GaugeOpts{Name: "jate_witness_cosigned_entries",
			Help: "Entries covered by the last checkpoint that every witness cosigned."}),
		contradicted: prometheus.NewGauge(prometheus.GaugeOpts{Name: "jate_witness_contradicted",
			Help: "1 if a witness has cosigned what the journal is not an extension of."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "jate_witness_failures_total",
			Help: "Checkpoints that not every witness cosigned."}),
	}
	for _, v := range []prometheus.Collector{m.cosigned, m.contradicted, m.failures} {
		if err := reg.Register(v); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m meters) done(size uint64) { m.cosigned.Set(float64(size)) }
