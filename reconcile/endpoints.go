package reconcile

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	Run            httpkit.Endpoint[Query, Report]
	MatchClaim     httpkit.Endpoint[MatchClaim, Match]
	AcceptMatched  httpkit.Endpoint[AcceptMatched, vendors.Claim]
	ReadLines      httpkit.Endpoint[ReadLines, vendors.Claim]
	OpenCase       httpkit.Endpoint[OpenCase, Case]
	ProposeCases   httpkit.Endpoint[ProposeCases, []CaseProposal]
	OpenProposed   httpkit.Endpoint[OpenProposed, []OpenedCase]
	SeekCalls      httpkit.Endpoint[SeekCalls, feedback.Sample]
	Freeze         httpkit.Endpoint[Decide, Case]
	Release        httpkit.Endpoint[Release, Case]
	Uphold         httpkit.Endpoint[Uphold, Case]
	Recover        httpkit.Endpoint[Recover, Case]
	ProposeGiveUp  httpkit.Endpoint[GiveUp, Case]
	GiveUp         httpkit.Endpoint[GiveUp, Case]
	Case           httpkit.Endpoint[CaseByID, Case]
	Cases          httpkit.Endpoint[ListCases, CasePage]
	AssignCase     httpkit.Endpoint[Assign, Case]
	CommentCase    httpkit.Endpoint[AddComment, Comment]
	AskVendor      httpkit.Endpoint[AskVendor, Case]
	AnswerOfVendor httpkit.Endpoint[AnswerOfVendor, Case]
	CaseHistory    httpkit.Endpoint[CaseByID, []evidence.Event]
	CasePack       httpkit.Endpoint[CaseByID, evidence.Pack]
	CaseComments   httpkit.Endpoint[CaseByID, []Comment]
	AttachToCase   httpkit.Endpoint[AttachToCase, documents.Attachment]
}

// NewEndpoints puts each method behind mw, then behind the roles that Roles
// lists for it.
func NewEndpoints(s Service, mw func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		Run:            guarded(MethodRun, s.Run, mw),
		MatchClaim:     guarded(MethodMatchClaim, s.MatchClaim, mw),
		AcceptMatched:  guarded(MethodAcceptMatched, s.AcceptMatched, mw),
		ReadLines:      guarded(MethodReadLines, s.ReadLines, mw),
		OpenCase:       guarded(MethodOpenCase, s.OpenCase, mw),
		ProposeCases:   guarded(MethodProposeCases, s.ProposeCases, mw),
		OpenProposed:   guarded(MethodOpenProposed, s.OpenProposed, mw),
		SeekCalls:      guarded(MethodSeekCalls, s.SeekCalls, mw),
		Freeze:         guarded(MethodFreeze, s.Freeze, mw),
		Release:        guarded(MethodRelease, s.Release, mw),
		Uphold:         guarded(MethodUphold, s.Uphold, mw),
		Recover:        guarded(MethodRecover, s.Recover, mw),
		ProposeGiveUp:  guarded(MethodProposeGiveUp, s.GiveUp, mw),
		GiveUp:         guarded(MethodGiveUp, s.GiveUp, mw),
		Case:           guarded(MethodCase, s.Case, mw),
		Cases:          guarded(MethodCases, s.Cases, mw),
		AssignCase:     guarded(MethodAssignCase, s.AssignCase, mw),
		CommentCase:    guarded(MethodCommentCase, s.CommentCase, mw),
		AskVendor:      guarded(MethodAskVendor, s.AskVendor, mw),
		AnswerOfVendor: guarded(MethodAnswerOfVendor, s.AnswerOfVendor, mw),
		CaseHistory:    guarded(MethodCaseHistory, s.CaseHistory, mw),
		CasePack:       guarded(MethodCasePack, s.CasePack, mw),
		CaseComments:   guarded(MethodCaseComments, s.CaseComments, mw),
		AttachToCase:   guarded(MethodAttachToCase, s.AttachToCase, mw),
	}
}

func guarded[C, R any](m Method, fn func(context.Context, C) (R, error), mw func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	return httpkit.Wrap(fn, mw(string(m)), access.Require(Roles[m]...))
}
