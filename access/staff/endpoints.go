package staff

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	Open         httpkit.Endpoint[Open, Opening]
	Accept       httpkit.Endpoint[Accept, SignedIn]
	Providers    httpkit.Endpoint[Providers, []Shown]
	Depart       httpkit.Endpoint[Depart, Departure]
	Return       httpkit.Endpoint[Return, Ticket]
	Challenge    httpkit.Endpoint[Challenge, Ceremony]
	SignIn       httpkit.Endpoint[SignIn, SignedIn]
	Refresh      httpkit.Endpoint[Refresh, SignedIn]
	BeginDevice  httpkit.Endpoint[BeginDevice, Device]
	Me           httpkit.Endpoint[Me, Account]
	StepUp       httpkit.Endpoint[StepUp, SignedIn]
	Offer        httpkit.Endpoint[OfferFactors, Offer]
	AddFactor    httpkit.Endpoint[AddFactor, Added]
	RemoveFactor httpkit.Endpoint[RemoveFactor, Account]
	Sessions     httpkit.Endpoint[Me, []Session]
	EndSession   httpkit.Endpoint[EndSession, []Session]
	Authorize    httpkit.Endpoint[Authorize, Authorized]
	Refuse       httpkit.Endpoint[Me, Account]
	Members      httpkit.Endpoint[Members, []Listed]
	Invite       httpkit.Endpoint[Invite, Invitee]
	SetState     httpkit.Endpoint[SetState, Listed]
	Recover      httpkit.Endpoint[Recover, Recovered]
}

// NewEndpoints puts each method behind the middleware that observe returns for
// it, then behind the roles that Roles lists.
func NewEndpoints(s Service, observe func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		Open:         wrap(MethodOpen, s.Open, observe),
		Accept:       wrap(MethodAccept, s.Accept, observe),
		Providers:    wrap(MethodProviders, s.Providers, observe),
		Depart:       wrap(MethodDepart, s.Depart, observe),
		Return:       wrap(MethodReturn, s.Return, observe),
		Challenge:    wrap(MethodChallenge, s.Challenge, observe),
		SignIn:       wrap(MethodSignIn, s.SignIn, observe),
		Refresh:      wrap(MethodRefresh, s.Refresh, observe),
		BeginDevice:  wrap(MethodBeginDevice, s.BeginDevice, observe),
		Me:           wrap(MethodMe, s.Me, observe),
		StepUp:       wrap(MethodStepUp, s.StepUp, observe),
		Offer:        wrap(MethodOffer, s.OfferFactors, observe),
		AddFactor:    wrap(MethodAddFactor, s.AddFactor, observe),
		RemoveFactor: wrap(MethodRemoveFactor, s.RemoveFactor, observe),
		Sessions:     wrap(MethodSessions, s.Sessions, observe),
		EndSession:   wrap(MethodEndSession, s.EndSession, observe),
		Authorize:    wrap(MethodAuthorize, s.Authorize, observe),
		Refuse:       wrap(MethodRefuse, s.RefuseRecovery, observe),
		Members:      wrap(MethodMembers, s.Members, observe),
		Invite:       wrap(MethodInvite, s.Invite, observe),
		SetState:     wrap(MethodSetState, s.SetState, observe),
		Recover:      wrap(MethodRecover, s.Recover, observe),
	}
}

func wrap[C, R any](m Method, fn func(context.Context, C) (R, error), observe func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	if roles, ok := Roles[m]; ok {
		return httpkit.Wrap(fn, observe(string(m)), access.Require(roles...))
	}
	return httpkit.Wrap(fn, observe(string(m)))
}
