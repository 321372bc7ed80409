package vendors

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	RegisterVendor    httpkit.Endpoint[RegisterVendor, Vendor]
	SuspendVendor     httpkit.Endpoint[SuspendVendor, Vendor]
	Vendor            httpkit.Endpoint[ByID, Vendor]
	Vendors           httpkit.Endpoint[List, Page[Vendor]]
	Summary           httpkit.Endpoint[ByID, Summary]
	SetPrices         httpkit.Endpoint[SetPrices, PriceList]
	Prices            httpkit.Endpoint[ByID, PriceList]
	SetTerms          httpkit.Endpoint[SetTerms, Terms]
	ApproveTerms      httpkit.Endpoint[ApproveTerms, Terms]
	Terms             httpkit.Endpoint[ByID, Terms]
	ClaimCharges      httpkit.Endpoint[ByID, []ChargeLine]
	SetZone           httpkit.Endpoint[SetZone, Zone]
	Zone              httpkit.Endpoint[ByID, Zone]
	InviteHandheld    httpkit.Endpoint[InviteHandheld, Invitation]
	EnrolHandheld     httpkit.Endpoint[EnrolHandheld, Enrolment]
	ActivateHandheld  httpkit.Endpoint[ActivateHandheld, Handheld]
	RevokeHandheld    httpkit.Endpoint[RevokeHandheld, Handheld]
	ReplaceHandheld   httpkit.Endpoint[ReplaceHandheld, Handheld]
	Handheld          httpkit.Endpoint[ByID, Handheld]
	Handhelds         httpkit.Endpoint[List, Page[Handheld]]
	PrepareClaim      httpkit.Endpoint[PrepareClaim, Claim]
	BringInvoice      httpkit.Endpoint[BringInvoice, Claim]
	AcceptClaim       httpkit.Endpoint[AcceptClaim, Claim]
	RefuseClaim       httpkit.Endpoint[RefuseClaim, Claim]
	Claim             httpkit.Endpoint[ByID, Claim]
	Claims            httpkit.Endpoint[List, Page[Claim]]
	ClaimLines        httpkit.Endpoint[LinesOf, Page[ClaimLine]]
	PrepareSettlement httpkit.Endpoint[PrepareSettlement, Settlement]
	ApproveSettlement httpkit.Endpoint[ApproveSettlement, Settlement]
	RefuseSettlement  httpkit.Endpoint[RefuseSettlement, Settlement]
	Settlement        httpkit.Endpoint[ByID, Settlement]
	Settlements       httpkit.Endpoint[List, Page[Settlement]]
	PaymentFile       httpkit.Endpoint[PaymentFile, File]
	ImportResults     httpkit.Endpoint[ImportResults, Results]
	PrepareAdvance    httpkit.Endpoint[PrepareAdvance, AdvanceLine]
	ApproveAdvance    httpkit.Endpoint[ApproveAdvance, AdvanceLine]
	Advances          httpkit.Endpoint[ByID, Page[AdvanceLine]]
	ImportStatement   httpkit.Endpoint[ImportStatement, StatementImport]
	ExplainLine       httpkit.Endpoint[ExplainLine, BankLine]
	AnswerLine        httpkit.Endpoint[AnswerLine, BankLine]
	BankLines         httpkit.Endpoint[BankLinesOf, Page[BankLine]]
	BankMonth         httpkit.Endpoint[BankMonthOf, BankMonth]

	RegisterChequeBook  httpkit.Endpoint[RegisterChequeBook, ChequeBook]
	IssueCheque         httpkit.Endpoint[IssueCheque, Cheque]
	SpoilCheque         httpkit.Endpoint[SpoilCheque, Cheque]
	SayCheque           httpkit.Endpoint[SayCheque, Cheque]
	AnswerCheque        httpkit.Endpoint[AnswerCheque, Cheque]
	ChangePayment       httpkit.Endpoint[ChangePayment, PaymentChange]
	AnswerPaymentChange httpkit.Endpoint[AnswerPaymentChange, PaymentChange]
	PaymentChange       httpkit.Endpoint[ByID, ShownChange]
	PayOut              httpkit.Endpoint[PayOut, Payout]
	ConfirmCash         httpkit.Endpoint[ConfirmCash, Settlement]
	ChequeRegister      httpkit.Endpoint[ChequeRegisterOf, ChequeRegister]
}

// NewEndpoints puts each method behind the middleware that observe returns for
// it and, but for EnrolHandheld, behind the roles that Roles lists.
func NewEndpoints(s Service, observe func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		RegisterVendor:    guarded(MethodRegisterVendor, s.RegisterVendor, observe),
		SuspendVendor:     guarded(MethodSuspendVendor, s.SuspendVendor, observe),
		Vendor:            guarded(MethodVendor, s.Vendor, observe),
		Vendors:           guarded(MethodVendors, s.Vendors, observe),
		Summary:           guarded(MethodSummary, s.Summary, observe),
		SetPrices:         guarded(MethodSetPrices, s.SetPrices, observe),
		Prices:            guarded(MethodPrices, s.Prices, observe),
		SetTerms:          guarded(MethodSetTerms, s.SetTerms, observe),
		ApproveTerms:      guarded(MethodApproveTerms, s.ApproveTerms, observe),
		Terms:             guarded(MethodTerms, s.Terms, observe),
		ClaimCharges:      guarded(MethodClaimCharges, s.ClaimCharges, observe),
		SetZone:           guarded(MethodSetZone, s.SetZone, observe),
		Zone:              guarded(MethodZone, s.Zone, observe),
		InviteHandheld:    guarded(MethodInviteHandheld, s.InviteHandheld, observe),
		EnrolHandheld:     httpkit.Wrap(s.EnrolHandheld, observe(string(MethodEnrolHandheld))),
		ActivateHandheld:  guarded(MethodActivateHandheld, s.ActivateHandheld, observe),
		RevokeHandheld:    guarded(MethodRevokeHandheld, s.RevokeHandheld, observe),
		ReplaceHandheld:   guarded(MethodReplaceHandheld, s.ReplaceHandheld, observe),
		Handheld:          guarded(MethodHandheld, s.Handheld, observe),
		Handhelds:         guarded(MethodHandhelds, s.Handhelds, observe),
		PrepareClaim:      guarded(MethodPrepareClaim, s.PrepareClaim, observe),
		BringInvoice:      guarded(MethodBringInvoice, s.BringInvoice, observe),
		AcceptClaim:       guarded(MethodAcceptClaim, s.AcceptClaim, observe),
		RefuseClaim:       guarded(MethodRefuseClaim, s.RefuseClaim, observe),
		Claim:             guarded(MethodClaim, s.Claim, observe),
		Claims:            guarded(MethodClaims, s.Claims, observe),
		ClaimLines:        guarded(MethodClaimLines, s.ClaimLines, observe),
		PrepareSettlement: guarded(MethodPrepareSettlement, s.PrepareSettlement, observe),
		ApproveSettlement: guarded(MethodApproveSettlement, s.ApproveSettlement, observe),
		RefuseSettlement:  guarded(MethodRefuseSettlement, s.RefuseSettlement, observe),
		Settlement:        guarded(MethodSettlement, s.Settlement, observe),
		Settlements:       guarded(MethodSettlements, s.Settlements, observe),
		PaymentFile:       guarded(MethodPaymentFile, s.PaymentFile, observe),
		ImportResults:     guarded(MethodImportResults, s.ImportResults, observe),
		PrepareAdvance:    guarded(MethodPrepareAdvance, s.PrepareAdvance, observe),
		ApproveAdvance:    guarded(MethodApproveAdvance, s.ApproveAdvance, observe),
		Advances:          guarded(MethodAdvances, s.Advances, observe),
		ImportStatement:   guarded(MethodImportStatement, s.ImportStatement, observe),
		ExplainLine:       guarded(MethodExplainLine, s.ExplainLine, observe),
		AnswerLine:        guarded(MethodAnswerLine, s.AnswerLine, observe),
		BankLines:         guarded(MethodBankLines, s.BankLines, observe),
		BankMonth:         guarded(MethodBankMonth, s.BankMonth, observe),

		RegisterChequeBook:  guarded(MethodRegisterChequeBook, s.RegisterChequeBook, observe),
		IssueCheque:         guarded(MethodIssueCheque, s.IssueCheque, observe),
		SpoilCheque:         guarded(MethodSpoilCheque, s.SpoilCheque, observe),
		SayCheque:           guarded(MethodSayCheque, s.SayCheque, observe),
		AnswerCheque:        guarded(MethodAnswerCheque, s.AnswerCheque, observe),
		ChangePayment:       guarded(MethodChangePayment, s.ChangePayment, observe),
		AnswerPaymentChange: guarded(MethodAnswerPaymentChange, s.AnswerPaymentChange, observe),
		PaymentChange:       guarded(MethodPaymentChange, s.PaymentChange, observe),
		PayOut:              guarded(MethodPayOut, s.PayOut, observe),
		ConfirmCash:         guarded(MethodConfirmCash, s.ConfirmCash, observe),
		ChequeRegister:      guarded(MethodChequeRegister, s.ChequeRegister, observe),
	}
}

func guarded[C, R any](m Method, fn func(context.Context, C) (R, error), observe func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	return httpkit.Wrap(fn, observe(string(m)), access.Require(Roles[m]...))
}
