package voucher

import (
	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Endpoints are the service's methods behind their middleware. IssueLot,
// Expire and Sweep have none: package distribution and the server call them.
type Endpoints struct {
	Redeem   httpkit.Endpoint[Redeem, Answer]
	Bundle   httpkit.Endpoint[AskBundle, SignedBundle]
	Reserve  httpkit.Endpoint[AskReserve, Reservation]
	Hold     httpkit.Endpoint[Change, Voucher]
	Release  httpkit.Endpoint[Change, Voucher]
	Void     httpkit.Endpoint[Change, Voucher]
	Propose  httpkit.Endpoint[Propose, Proposal]
	Agree    httpkit.Endpoint[Agree, Voucher]
	Lookup   httpkit.Endpoint[Query, Voucher]
	Receipts httpkit.Endpoint[Query, []StoredReceipt]
	Issues   httpkit.Endpoint[Query, []Issue]
	Keys     httpkit.Endpoint[Query, JSON]

	OfficerCode httpkit.Endpoint[ReadOfficerCode, OfficerCode]
}

// allowed says who may call what. Handhelds prove themselves by their
// signatures: their methods are not here. Package distribution, which calls
// the first two, has checked the caller already.
var allowed = map[string][]access.Role{
	"issue-lot": {access.RoleIssuer},
	"expire":    {access.RoleIssuer, access.RoleFinancePreparer},
	"hold":      {access.RoleIssuer, access.RoleDistributionOfficer, access.RoleListApprover},
	"release":   {access.RoleIssuer, access.RoleListApprover},
	"void":      {access.RoleIssuer, access.RoleListApprover},
	"propose":   {access.RoleIssuer, access.RoleDistributionOfficer},
	"agree":     {access.RoleIssuer, access.RoleListApprover, access.RoleFinanceApprover},
	"lookup":    {access.RoleIssuer, access.RoleListApprover, access.RoleDistributionOfficer, access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleMonitor, access.RoleAuditor},
	"receipts":  {access.RoleIssuer, access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleMonitor, access.RoleAuditor},
	"keys":      {access.RoleIssuer, access.RoleListApprover, access.RoleMonitor, access.RoleAuditor},
	// Not the officer himself: somebody who planned the round gives it to him.
	"officer-code": {access.RoleIssuer, access.RoleListApprover},
	"issues":       {access.RoleIssuer, access.RoleListApprover, access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleMonitor, access.RoleAuditor},
}

// NewEndpoints puts the service's methods behind mw, then behind the roles
// they need.
func NewEndpoints(s Service, mw func(method string) endpoint.Middleware) Endpoints {
	staff := func(method string) endpoint.Middleware {
		return endpoint.Chain(mw(method), access.Require(allowed[method]...))
	}
	return Endpoints{
		Redeem:   httpkit.Wrap(s.Redeem, mw("redeem")),
		Bundle:   httpkit.Wrap(s.Bundle, mw("bundle")),
		Reserve:  httpkit.Wrap(s.Reserve, mw("reserve")),
		Hold:     httpkit.Wrap(s.Hold, staff("hold")),
		Release:  httpkit.Wrap(s.Release, staff("release")),
		Void:     httpkit.Wrap(s.Void, staff("void")),
		Propose:  httpkit.Wrap(s.Propose, staff("propose")),
		Agree:    httpkit.Wrap(s.Agree, staff("agree")),
		Lookup:   httpkit.Wrap(s.Lookup, staff("lookup")),
		Receipts: httpkit.Wrap(s.Receipts, staff("receipts")),
		Issues:   httpkit.Wrap(s.Issues, staff("issues")),
		Keys:     httpkit.Wrap(s.Keys, staff("keys")),

		OfficerCode: httpkit.Wrap(s.OfficerCode, staff("officer-code")),
	}
}
