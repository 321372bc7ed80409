package staff

import "github.com/jate-cva/jate/access"

// Method names a method of Service in metrics and in the table of roles.
type Method string

// The methods that go over HTTP.
const (
	MethodOpen         Method = "open_invitation"
	MethodAccept       Method = "accept_invitation"
	MethodProviders    Method = "sign_in_providers"
	MethodDepart       Method = "sign_in_departure"
	MethodReturn       Method = "sign_in_return"
	MethodChallenge    Method = "sign_in_challenge"
	MethodSignIn       Method = "sign_in"
	MethodRefresh      Method = "sign_in_tokens"
	MethodBeginDevice  Method = "sign_in_device"
	MethodMe           Method = "me"
	MethodStepUp       Method = "step_up"
	MethodOffer        Method = "offer_factors"
	MethodAddFactor    Method = "add_factor"
	MethodRemoveFactor Method = "remove_factor"
	MethodSessions     Method = "sessions"
	MethodEndSession   Method = "end_session"
	MethodAuthorize    Method = "authorize_program"
	MethodRefuse       Method = "refuse_recovery"
	MethodMembers      Method = "members"
	MethodInvite       Method = "invite"
	MethodSetState     Method = "set_state"
	MethodRecover      Method = "recover"
)

// Roles says who may call a method. The others are for whoever has a session, or
// for anybody who wants one.
var Roles = map[Method][]access.Role{
	MethodMembers:  {access.RoleAdministrator},
	MethodInvite:   {access.RoleAdministrator},
	MethodSetState: {access.RoleAdministrator},
	MethodRecover:  {access.RoleAdministrator},
}
