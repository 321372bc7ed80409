package reconcile

import "github.com/jate-cva/jate/access"

// Method names a method of Service in the table of roles, in metrics and in
// the content that an idempotency key stands for.
type Method string

// The methods.
const (
	MethodRun            Method = "run"
	MethodMatchClaim     Method = "match_claim"
	MethodAcceptMatched  Method = "accept_matched"
	MethodReadLines      Method = "read_lines"
	MethodOpenCase       Method = "open_case"
	MethodProposeCases   Method = "propose_cases"
	MethodOpenProposed   Method = "open_proposed_cases"
	MethodSeekCalls      Method = "seek_calls"
	MethodFreeze         Method = "freeze_case"
	MethodRelease        Method = "release_case"
	MethodUphold         Method = "uphold_case"
	MethodRecover        Method = "recover_case"
	MethodProposeGiveUp  Method = "propose_give_up"
	MethodGiveUp         Method = "give_up"
	MethodCase           Method = "case"
	MethodCases          Method = "cases"
	MethodAssignCase     Method = "assign_case"
	MethodCommentCase    Method = "comment_case"
	MethodAskVendor      Method = "ask_vendor"
	MethodAnswerOfVendor Method = "answer_of_vendor"
	MethodCaseHistory    Method = "case_history"
	MethodCasePack       Method = "case_pack"
	MethodCaseComments   Method = "case_comments"
	MethodAttachToCase   Method = "attach_to_case"
)

var (
	readers = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleMonitor, access.RoleAuditor}
	finance = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover}
	opens   = []access.Role{access.RoleFinancePreparer, access.RoleMonitor, access.RoleFinanceApprover}
	approve = []access.Role{access.RoleFinanceApprover}
)

// Roles says, for each method, who may call it: a caller holds at least one of
// the roles, and the first of them that he holds stands in the journal. A
// monitor may open a case, which moves nothing, and decides none.
var Roles = map[Method][]access.Role{
	MethodRun:            readers,
	MethodMatchClaim:     readers,
	MethodAcceptMatched:  finance,
	MethodReadLines:      finance,
	MethodOpenCase:       opens,
	MethodProposeCases:   readers,
	MethodOpenProposed:   opens,
	MethodSeekCalls:      {access.RoleMonitor, access.RoleMEALOfficer}, // who draws samples
	MethodFreeze:         finance,
	MethodRelease:        approve,
	MethodUphold:         approve,
	MethodRecover:        finance,
	MethodProposeGiveUp:  finance,
	MethodGiveUp:         approve,
	MethodCase:           readers,
	MethodCases:          readers,
	MethodAssignCase:     finance,
	MethodCommentCase:    opens,
	MethodAskVendor:      finance,
	MethodAnswerOfVendor: finance,
	MethodCaseHistory:    readers,
	MethodCasePack:       readers,
	MethodCaseComments:   opens, // what people wrote is personal data
	MethodAttachToCase:   opens,
}
