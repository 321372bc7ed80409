package feedback

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Instrumenting returns s with counters registered with reg: of complaints by
// category and channel (jate_complaints_total), in which those that accuse
// somebody are one, and of answers to them (jate_complaints_answered_total). A
// repeated command counts again.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{
		Service: s,
		complaints: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_complaints_total", Help: "Complaints recorded, by category and channel."}, []string{"category", "channel"}),
		answered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "jate_complaints_answered_total", Help: "Answers to complaints."}),
	}
	for _, m := range []prometheus.Collector{c.complaints, c.answered} {
		if err := reg.Register(m); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type counted struct {
	Service
	complaints *prometheus.CounterVec
	answered   prometheus.Counter
}

func (c counted) count(k Complaint, err error) {
	if err == nil {
		c.complaints.WithLabelValues(k.Category.shown(), string(k.Channel)).Inc()
	}
}

func (c counted) RecordComplaint(ctx context.Context, cmd RecordComplaint) (Recorded, error) {
	r, err := c.Service.RecordComplaint(ctx, cmd)
	c.count(r.Complaint, err)
	return r, err
}

func (c counted) ReportHeld(ctx context.Context, cmd ReportHeld) (HeldReport, error) {
	r, err := c.Service.ReportHeld(ctx, cmd)
	c.count(r.Complaint, err)
	return r, err
}

func (c counted) AnswerComplaint(ctx context.Context, cmd AnswerComplaint) (Complaint, error) {
	k, err := c.Service.AnswerComplaint(ctx, cmd)
	if err == nil {
		c.answered.Inc()
	}
	return k, err
}
