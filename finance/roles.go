package finance

import (
	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
)

// Method names a method of Service in the table of roles, in metrics and in
// the content that an idempotency key stands for.
type Method string

// The methods.
const (
	MethodAttach        Method = "attach_document"
	MethodAttachments   Method = "attachments"
	MethodDocument      Method = "document"
	MethodSetRules      Method = "set_document_rules"
	MethodDocumentRules Method = "document_rules"

	MethodSetAdvanceLimits Method = "set_advance_limits"
	MethodAdvanceLimits    Method = "advance_limits"
	MethodAgeing           Method = "advance_ageing"
	MethodPrepareMovement  Method = "prepare_movement"
	MethodApproveMovement  Method = "approve_movement"
	MethodRefuseMovement   Method = "refuse_movement"
	MethodMovements        Method = "movements"
	MethodPreparePeriod    Method = "prepare_period"
	MethodApprovePeriod    Method = "approve_period"
	MethodPeriod           Method = "period"
	MethodPeriodReport     Method = "period_report"
	MethodCutOff           Method = "cut_off"
	MethodStatement        Method = "vendor_statement"
	MethodReceipts         Method = "cash_receipts"
)

var (
	approve = []access.Role{access.RoleFinanceApprover}
	readers = []access.Role{access.RoleVendorManager, access.RoleFinancePreparer, access.RoleFinanceApprover,
		access.RoleMonitor, access.RoleAuditor}
	papers = append([]access.Role{access.RoleDistributionOfficer}, readers...)
)

// Roles says, for each method, who may call it: a caller holds at least one of
// the roles, and the first of them that he holds stands in the journal.
var Roles = map[Method][]access.Role{
	MethodAttach: {access.RoleVendorManager, access.RoleFinancePreparer, access.RoleFinanceApprover,
		access.RoleDistributionOfficer},
	MethodAttachments:   papers,
	MethodDocument:      append([]access.Role{access.RoleDPO}, papers...),
	MethodSetRules:      approve,
	MethodDocumentRules: readers,

	MethodSetAdvanceLimits: approve,
	MethodAdvanceLimits:    readers,
	MethodAgeing:           readers,
	MethodPrepareMovement:  {access.RoleFinancePreparer},
	MethodApproveMovement:  approve,
	MethodRefuseMovement:   {access.RoleFinancePreparer, access.RoleFinanceApprover},
	MethodMovements:        readers,
	MethodPreparePeriod:    {access.RoleFinancePreparer, access.RoleFinanceApprover},
	MethodApprovePeriod:    approve,
	MethodPeriod:           readers,
	MethodPeriodReport:     readers,
	MethodCutOff:           readers,
	MethodStatement:        readers,
	MethodReceipts:         {access.RoleFinancePreparer, access.RoleFinanceApprover},
}

// named are the kinds of document that may bear households' names, and who may
// read those.
var named = map[documents.Kind][]access.Role{
	documents.SignedSheet: {access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleDistributionOfficer,
		access.RoleMonitor, access.RoleDPO},
}

// mayRead reports whether the actor may see content of the kind.
func mayRead(by access.Actor, k documents.Kind) bool {
	roles, ok := named[k]
	return !ok || by.Has(roles...)
}
