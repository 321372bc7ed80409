package leaving

import (
	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	Work  httpkit.Endpoint[Work, Left]
	Leave httpkit.Endpoint[Leave, Left]
}

// NewEndpoints puts each method behind the middleware that observe returns for
// it, then behind the roles that Roles lists.
func NewEndpoints(s Service, observe func(method string) endpoint.Middleware) Endpoints {
	mw := func(m Method) endpoint.Middleware {
		return endpoint.Chain(observe(string(m)), access.Require(Roles[m]...))
	}
	return Endpoints{Work: httpkit.Wrap(s.Work, mw(MethodWork)), Leave: httpkit.Wrap(s.Leave, mw(MethodLeave))}
}
