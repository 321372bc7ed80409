package reconcile

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Instrumenting returns s with counters registered with reg:
// jate_reconcile_runs_total by whether the totals tie,
// jate_reconcile_lines_total by class (matched, or the exception) and
// jate_reconcile_findings_total by detector, in which each run counts again,
// and jate_reconcile_cases_total by the state that cases came into.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	c := counted{
		Service:  s,
		runs:     vec("jate_reconcile_runs_total", "Reconciliations, by whether their totals equal the ledger.", "ties"),
		lines:    vec("jate_reconcile_lines_total", "Lines reported, by class; each run counts them again.", "class"),
		findings: vec("jate_reconcile_findings_total", "Findings reported, by detector; each run counts them again.", "detector"),
		cases:    vec("jate_reconcile_cases_total", "Cases that came into a state.", "state"),
	}
	for _, m := range []prometheus.Collector{c.runs, c.lines, c.findings, c.cases} {
		if err := reg.Register(m); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type counted struct {
	Service
	runs, lines, findings, cases *prometheus.CounterVec
}

func (c counted) Run(ctx context.Context, q Query) (Report, error) {
	r, err := c.Service.Run(ctx, q)
	if err != nil {
		return r, err
	}
	c.runs.WithLabelValues(strconv.FormatBool(r.Ties)).Inc()
	for _, l := range r.Lines.All() {
		c.lines.WithLabelValues(l.class()).Inc()
	}
	for _, f := range r.Findings {
		c.findings.WithLabelValues(f.Detector).Inc()
	}
	return r, nil
}

func (c counted) OpenCase(ctx context.Context, cmd OpenCase) (Case, error) {
	return c.count(c.Service.OpenCase(ctx, cmd))
}

func (c counted) OpenProposed(ctx context.Context, cmd OpenProposed) ([]OpenedCase, error) {
	cs, err := c.Service.OpenProposed(ctx, cmd)
	for _, k := range cs {
		if err == nil && !k.Joined {
			c.cases.WithLabelValues(string(CaseOpen)).Inc()
		}
	}
	return cs, err
}

func (c counted) Freeze(ctx context.Context, cmd Decide) (Case, error) {
	return c.count(c.Service.Freeze(ctx, cmd))
}

func (c counted) Release(ctx context.Context, cmd Release) (Case, error) {
	return c.count(c.Service.Release(ctx, cmd))
}

func (c counted) Uphold(ctx context.Context, cmd Uphold) (Case, error) {
	return c.count(c.Service.Uphold(ctx, cmd))
}

func (c counted) count(k Case, err error) (Case, error) {
	if err == nil {
		c.cases.WithLabelValues(string(k.State)).Inc()
	}
	return k, err
}
