package vendors

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Instrumenting returns s with counters registered with reg: of claims by kind
// and state (jate_claims_total), of sums accepted by kind
// (jate_claims_accepted_francs_total), of bank answers by outcome
// (jate_payments_total) and of handhelds by state (jate_handhelds_total). A
// repeated command counts again. It fails if reg has one of them already.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{
		Service: s,
		claims: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_claims_total", Help: "Claims that reached a state, by kind."}, []string{"kind", "state"}),
		francs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_claims_accepted_francs_total", Help: "XOF accepted in claims, before charges, by kind."}, []string{"kind"}),
		payments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_payments_total", Help: "Payments that the bank answered, by outcome."}, []string{"outcome"}),
		handhelds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jate_handhelds_total", Help: "Handhelds that reached a state."}, []string{"state"}),
	}
	for _, v := range []prometheus.Collector{c.claims, c.francs, c.payments, c.handhelds} {
		if err := reg.Register(v); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type counted struct {
	Service
	claims, francs, payments, handhelds *prometheus.CounterVec
}

func (c counted) claim(claim Claim, err error) (Claim, error) {
	if err == nil {
		c.claims.WithLabelValues(string(claim.Kind), string(claim.State)).Inc()
	}
	return claim, err
}

func (c counted) handheld(h Handheld, err error) (Handheld, error) {
	if err == nil {
		c.handhelds.WithLabelValues(string(h.State)).Inc()
	}
	return h, err
}

func (c counted) PrepareClaim(ctx context.Context, cmd PrepareClaim) (Claim, error) {
	return c.claim(c.Service.PrepareClaim(ctx, cmd))
}

func (c counted) BringInvoice(ctx context.Context, cmd BringInvoice) (Claim, error) {
	return c.claim(c.Service.BringInvoice(ctx, cmd))
}

func (c counted) AcceptClaim(ctx context.Context, cmd AcceptClaim) (Claim, error) {
	claim, err := c.claim(c.Service.AcceptClaim(ctx, cmd))
	if err == nil {
		c.francs.WithLabelValues(string(claim.Kind)).Add(float64(claim.Accepted.Minor()))
	}
	return claim, err
}

func (c counted) RefuseClaim(ctx context.Context, cmd RefuseClaim) (Claim, error) {
	return c.claim(c.Service.RefuseClaim(ctx, cmd))
}

func (c counted) ImportResults(ctx context.Context, cmd ImportResults) (Results, error) {
	r, err := c.Service.ImportResults(ctx, cmd)
	if err == nil {
		c.payments.WithLabelValues(string(PaidOut)).Add(float64(r.Paid))
		c.payments.WithLabelValues(string(NotPaid)).Add(float64(r.Failed))
		c.payments.WithLabelValues(string(CameBack)).Add(float64(r.Returned))
	}
	return r, err
}

func (c counted) EnrolHandheld(ctx context.Context, cmd EnrolHandheld) (Enrolment, error) {
	e, err := c.Service.EnrolHandheld(ctx, cmd)
	if err == nil {
		c.handhelds.WithLabelValues(string(e.State)).Inc()
	}
	return e, err
}

func (c counted) ActivateHandheld(ctx context.Context, cmd ActivateHandheld) (Handheld, error) {
	return c.handheld(c.Service.ActivateHandheld(ctx, cmd))
}

func (c counted) RevokeHandheld(ctx context.Context, cmd RevokeHandheld) (Handheld, error) {
	return c.handheld(c.Service.RevokeHandheld(ctx, cmd))
}

func (c counted) ReplaceHandheld(ctx context.Context, cmd ReplaceHandheld) (Handheld, error) {
	return c.handheld(c.Service.ReplaceHandheld(ctx, cmd))
}
