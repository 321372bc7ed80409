package staff

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/fault"
)

// Instrumenting returns s with counters registered with reg: sign-ins by what
// they were tried with and how they ended (jate_sign_ins_total), and what browsers
// brought back from providers (jate_provider_returns_total). It fails if reg has
// them already.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{s, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "jate_sign_ins_total",
		Help: "Sign-ins, by factor and outcome."}, []string{"factor", "outcome"}),
		prometheus.NewCounterVec(prometheus.CounterOpts{Name: "jate_provider_returns_total",
			Help: "Answers of OpenID providers that browsers brought, by outcome."}, []string{"outcome"})}
	return c, errors.Join(reg.Register(c.signIns), reg.Register(c.returns))
}

type counted struct {
	Service
	signIns *prometheus.CounterVec
	returns *prometheus.CounterVec
}

func (c counted) Return(ctx context.Context, cmd Return) (Ticket, error) {
	t, err := c.Service.Return(ctx, cmd)
	outcome := "ok"
	if err != nil {
		outcome = "error"
		if f := fault.Of(err); f != nil {
			outcome = f.Code
		}
	}
	c.returns.WithLabelValues(outcome).Inc()
	return t, err
}

func (c counted) SignIn(ctx context.Context, cmd SignIn) (SignedIn, error) {
	in, err := c.Service.SignIn(ctx, cmd)
	factor, outcome := "password", "ok"
	if cmd.Ceremony != "" {
		factor = "passkey"
	}
	if cmd.Ticket != "" {
		factor = "provider"
	}
	switch {
	case errors.Is(err, ErrSignIn), errors.Is(err, ErrWait):
		outcome = fault.Of(err).Code
	case err != nil:
		outcome = "error"
	}
	c.signIns.WithLabelValues(factor, outcome).Inc()
	return in, err
}
