package staff

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/fault"
)

// Instrumenting returns s with a counter registered with reg: sign-ins by what
// they were tried with and how they ended (jate_sign_ins_total). It fails if reg
// has it already.
func Instrumenting(s Service, reg prometheus.Registerer) (Service, error) {
	c := counted{s, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "jate_sign_ins_total",
		Help: "Sign-ins, by factor and outcome."}, []string{"factor", "outcome"})}
	return c, reg.Register(c.signIns)
}

type counted struct {
	Service
	signIns *prometheus.CounterVec
}

func (c counted) SignIn(ctx context.Context, cmd SignIn) (SignedIn, error) {
	in, err := c.Service.SignIn(ctx, cmd)
	factor, outcome := "password", "ok"
	if cmd.Ceremony != "" {
		factor = "passkey"
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
