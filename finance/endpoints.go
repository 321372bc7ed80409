package finance

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	Attach           httpkit.Endpoint[Attach, documents.Attachment]
	Attachments      httpkit.Endpoint[AttachedTo, []documents.Attachment]
	Document         httpkit.Endpoint[ReadDocument, Content]
	SetDocumentRules httpkit.Endpoint[SetDocumentRules, []documents.Rule]
	DocumentRules    httpkit.Endpoint[Query, []documents.Rule]
	SetAdvanceLimits httpkit.Endpoint[SetAdvanceLimits, vendors.AdvanceLimits]
	AdvanceLimits    httpkit.Endpoint[Query, vendors.AdvanceLimits]
	Ageing           httpkit.Endpoint[Query, Ageing]
	PrepareMovement  httpkit.Endpoint[PrepareMovement, Movement]
	ApproveMovement  httpkit.Endpoint[DecideMovement, Movement]
	RefuseMovement   httpkit.Endpoint[DecideMovement, Movement]
	Movements        httpkit.Endpoint[List, Page[Movement]]
	PreparePeriod    httpkit.Endpoint[PreparePeriod, Period]
	ApprovePeriod    httpkit.Endpoint[ApprovePeriod, Period]
	Period           httpkit.Endpoint[ReadPeriod, Period]
	PeriodReport     httpkit.Endpoint[ReadPeriod, PeriodReport]
	CutOff           httpkit.Endpoint[ReadCutOff, CutOff]
	Statement        httpkit.Endpoint[ReadStatement, Statement]
	Receipts         httpkit.Endpoint[ReadReceipts, Receipts]
}

// NewEndpoints puts each method behind the middleware that observe returns for
// it, then behind the roles that Roles lists.
func NewEndpoints(s Service, observe func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		Attach:           guarded(MethodAttach, s.Attach, observe),
		Attachments:      guarded(MethodAttachments, s.Attachments, observe),
		Document:         guarded(MethodDocument, s.Document, observe),
		SetDocumentRules: guarded(MethodSetRules, s.SetDocumentRules, observe),
		DocumentRules:    guarded(MethodDocumentRules, s.DocumentRules, observe),
		SetAdvanceLimits: guarded(MethodSetAdvanceLimits, s.SetAdvanceLimits, observe),
		AdvanceLimits:    guarded(MethodAdvanceLimits, s.AdvanceLimits, observe),
		Ageing:           guarded(MethodAgeing, s.Ageing, observe),
		PrepareMovement:  guarded(MethodPrepareMovement, s.PrepareMovement, observe),
		ApproveMovement:  guarded(MethodApproveMovement, s.ApproveMovement, observe),
		RefuseMovement:   guarded(MethodRefuseMovement, s.RefuseMovement, observe),
		Movements:        guarded(MethodMovements, s.Movements, observe),
		PreparePeriod:    guarded(MethodPreparePeriod, s.PreparePeriod, observe),
		ApprovePeriod:    guarded(MethodApprovePeriod, s.ApprovePeriod, observe),
		Period:           guarded(MethodPeriod, s.Period, observe),
		PeriodReport:     guarded(MethodPeriodReport, s.PeriodReport, observe),
		CutOff:           guarded(MethodCutOff, s.CutOff, observe),
		Statement:        guarded(MethodStatement, s.Statement, observe),
		Receipts:         guarded(MethodReceipts, s.Receipts, observe),
	}
}

func guarded[C, R any](m Method, fn func(context.Context, C) (R, error), observe func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	return httpkit.Wrap(fn, observe(string(m)), access.Require(Roles[m]...))
}
