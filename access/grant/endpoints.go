package grant

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	List    httpkit.Endpoint[List, Overview]
	Propose httpkit.Endpoint[Propose, Proposal]
	Approve httpkit.Endpoint[Approve, Proposal]
	Refuse  httpkit.Endpoint[Refuse, Proposal]
	Revoke  httpkit.Endpoint[Revoke, Held]
	Begin   httpkit.Endpoint[BeginProof, Begun]
	End     httpkit.Endpoint[EndProof, Record]
	Record  httpkit.Endpoint[OneRecord, Record]
	Keys    httpkit.Endpoint[AllKeys, []Keys]
	Content httpkit.Endpoint[OneContent, Shown]
}

// NewEndpoints puts each method behind the middleware that observe returns for
// it, then behind the roles that Roles lists.
func NewEndpoints(s Service, observe func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		List:    wrap(MethodList, s.List, observe),
		Propose: wrap(MethodPropose, s.Propose, observe),
		Approve: wrap(MethodApprove, s.Approve, observe),
		Refuse:  wrap(MethodRefuse, s.Refuse, observe),
		Revoke:  wrap(MethodRevoke, s.Revoke, observe),
		Begin:   wrap(MethodBegin, s.BeginProof, observe),
		End:     wrap(MethodEnd, s.EndProof, observe),
		Record:  wrap(MethodRecord, s.Record, observe),
		Keys:    wrap(MethodKeys, s.NamedKeys, observe),
		Content: wrap(MethodContent, s.Content, observe),
	}
}

func wrap[C, R any](m Method, fn func(context.Context, C) (R, error), observe func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	if roles, ok := Roles[m]; ok {
		return httpkit.Wrap(fn, observe(string(m)), access.Require(roles...))
	}
	return httpkit.Wrap(fn, observe(string(m)))
}
