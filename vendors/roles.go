package vendors

import "github.com/jate-cva/jate/access"

// Method names a method of Service in the table of roles, in metrics and in
// the content that an idempotency key stands for.
type Method string

// The methods.
const (
	MethodRegisterVendor    Method = "register_vendor"
	MethodSuspendVendor     Method = "suspend_vendor"
	MethodVendor            Method = "vendor"
	MethodVendors           Method = "vendors"
	MethodSummary           Method = "vendor_summary"
	MethodSetPrices         Method = "set_prices"
	MethodPrices            Method = "prices"
	MethodSetTerms          Method = "set_terms"
	MethodApproveTerms      Method = "approve_terms"
	MethodTerms             Method = "terms"
	MethodClaimCharges      Method = "claim_charges"
	MethodSetZone           Method = "set_zone"
	MethodZone              Method = "zone"
	MethodInviteHandheld    Method = "invite_handheld"
	MethodEnrolHandheld     Method = "enrol_handheld"
	MethodActivateHandheld  Method = "activate_handheld"
	MethodRevokeHandheld    Method = "revoke_handheld"
	MethodReplaceHandheld   Method = "replace_handheld"
	MethodHandheld          Method = "handheld"
	MethodHandhelds         Method = "handhelds"
	MethodPrepareClaim      Method = "prepare_claim"
	MethodBringInvoice      Method = "bring_invoice"
	MethodAcceptClaim       Method = "accept_claim"
	MethodRefuseClaim       Method = "refuse_claim"
	MethodClaim             Method = "claim"
	MethodClaims            Method = "claims"
	MethodClaimLines        Method = "claim_lines"
	MethodPrepareSettlement Method = "prepare_settlement"
	MethodApproveSettlement Method = "approve_settlement"
	MethodRefuseSettlement  Method = "refuse_settlement"
	MethodSettlement        Method = "settlement"
	MethodSettlements       Method = "settlements"
	MethodPaymentFile       Method = "payment_file"
	MethodImportResults     Method = "import_results"
	MethodPrepareAdvance    Method = "prepare_advance"
	MethodApproveAdvance    Method = "approve_advance"
	MethodAdvances          Method = "advances"
	MethodImportStatement   Method = "import_statement"
	MethodExplainLine       Method = "explain_line"
	MethodAnswerLine        Method = "answer_line"
	MethodBankLines         Method = "bank_lines"
	MethodBankMonth         Method = "bank_month"

	MethodRegisterChequeBook  Method = "register_cheque_book"
	MethodIssueCheque         Method = "issue_cheque"
	MethodSpoilCheque         Method = "spoil_cheque"
	MethodSayCheque           Method = "say_cheque"
	MethodAnswerCheque        Method = "answer_cheque"
	MethodChangePayment       Method = "change_payment"
	MethodAnswerPaymentChange Method = "answer_payment_change"
	MethodPaymentChange       Method = "payment_change"
	MethodPayOut              Method = "pay_out"
	MethodConfirmCash         Method = "confirm_cash"
	MethodChequeRegister      Method = "cheque_register"
)

var (
	// field manages what stands in shops; finance pays for it. Package access
	// keeps the two apart in every person.
	field   = []access.Role{access.RoleVendorManager}
	phones  = []access.Role{access.RoleHandheldManager}
	prepare = []access.Role{access.RoleFinancePreparer}
	approve = []access.Role{access.RoleFinanceApprover}
	finance = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover}
	readers = []access.Role{access.RoleVendorManager, access.RoleHandheldManager, access.RoleFinancePreparer,
		access.RoleFinanceApprover, access.RoleDistributionOfficer, access.RoleMonitor, access.RoleAuditor}
	bookReaders = []access.Role{access.RoleVendorManager, access.RoleFinancePreparer, access.RoleFinanceApprover,
		access.RoleMonitor, access.RoleAuditor}
)

// Roles says, for each method, who may call it: a caller holds at least one of
// the roles, and the first of them that he holds stands in the journal.
// EnrolHandheld is not here: a handheld calls it, with its code.
var Roles = map[Method][]access.Role{
	MethodRegisterVendor:    field,
	MethodSuspendVendor:     field,
	MethodVendor:            readers,
	MethodVendors:           readers,
	MethodSummary:           bookReaders,
	MethodSetPrices:         field,
	MethodPrices:            readers,
	MethodSetTerms:          field,
	MethodApproveTerms:      approve,
	MethodTerms:             bookReaders,
	MethodClaimCharges:      bookReaders,
	MethodSetZone:           field,
	MethodZone:              readers,
	MethodInviteHandheld:    phones,
	MethodActivateHandheld:  {access.RoleHandheldManager, access.RoleVendorManager},
	MethodRevokeHandheld:    phones,
	MethodReplaceHandheld:   phones,
	MethodHandheld:          readers,
	MethodHandhelds:         readers,
	MethodPrepareClaim:      {access.RoleFinancePreparer, access.RoleVendorManager},
	MethodBringInvoice:      {access.RoleFinancePreparer, access.RoleVendorManager},
	MethodAcceptClaim:       finance,
	MethodRefuseClaim:       finance,
	MethodClaim:             bookReaders,
	MethodClaims:            bookReaders,
	MethodClaimLines:        bookReaders,
	MethodPrepareSettlement: prepare,
	MethodApproveSettlement: approve,
	MethodRefuseSettlement:  finance,
	MethodSettlement:        bookReaders,
	MethodSettlements:       bookReaders,
	MethodPaymentFile:       finance,
	MethodImportResults:     finance,
	MethodPrepareAdvance:    prepare,
	MethodApproveAdvance:    approve,
	MethodAdvances:          bookReaders,
	MethodImportStatement:   finance,
	MethodExplainLine:       finance,
	MethodAnswerLine:        approve,
	MethodBankLines:         bookReaders,
	MethodBankMonth:         bookReaders,

	MethodRegisterChequeBook:  prepare,
	MethodIssueCheque:         prepare,
	MethodSpoilCheque:         prepare,
	MethodSayCheque:           finance,
	MethodAnswerCheque:        approve,
	MethodChangePayment:       field,
	MethodAnswerPaymentChange: approve,
	MethodPaymentChange:       bookReaders,
	MethodPayOut:              prepare,
	MethodConfirmCash:         finance,
	MethodChequeRegister:      bookReaders,
}
