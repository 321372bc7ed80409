package report

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	Round      httpkit.Endpoint[Query, Round]
	Explain    httpkit.Endpoint[Explain, Explanation]
	Donor      httpkit.Endpoint[DonorQuery, Donor]
	Activities httpkit.Endpoint[Query, []Activity]
}

// NewEndpoints puts each method behind mw, then behind the roles that Roles
// lists for it.
func NewEndpoints(s Service, mw func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		Round:      guarded(MethodRound, s.Round, mw),
		Explain:    guarded(MethodExplain, s.Explain, mw),
		Donor:      guarded(MethodDonor, s.Donor, mw),
		Activities: guarded(MethodActivities, s.Activities, mw),
	}
}

func guarded[C, R any](m Method, fn func(context.Context, C) (R, error), mw func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	return httpkit.Wrap(fn, mw(string(m)), access.Require(Roles[m]...))
}
