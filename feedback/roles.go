package feedback

import "github.com/jate-cva/jate/access"

// Method names a method of Service in the table of roles, in metrics and in
// the content that an idempotency key stands for.
type Method string

// The methods.
const (
	MethodRecordComplaint Method = "record_complaint"
	MethodReportHeld      Method = "report_held"
	MethodPrintSlips      Method = "print_slips"
	MethodComplaintSlip   Method = "complaint_slip"
	MethodAssignComplaint Method = "assign_complaint"
	MethodAnswerComplaint Method = "answer_complaint"
	MethodCloseComplaint  Method = "close_complaint"
	MethodEraseComplaint  Method = "erase_complaint"
	MethodComplaint       Method = "complaint"
	MethodComplaints      Method = "complaints"
	MethodAsk             Method = "ask"
	MethodCommitSample    Method = "commit_sample"
	MethodFreezeSample    Method = "freeze_sample"
	MethodDrawSample      Method = "draw_sample"
	MethodSamples         Method = "samples"
	MethodFrame           Method = "sample_frame"
	MethodCallList        Method = "call_list"
	MethodImportAnswers   Method = "import_answers"
	MethodResults         Method = "sample_results"
)

var (
	// takers hear complaints; most of them may not read them afterwards.
	takers = []access.Role{access.RoleMEALOfficer, access.RoleSafeguarding, access.RoleDistributionOfficer,
		access.RoleRegistrar, access.RoleListApprover, access.RoleMonitor}
	handlers = []access.Role{access.RoleMEALOfficer, access.RoleSafeguarding}
	// samplers draw and call. A monitor does without telephone numbers.
	samplers = []access.Role{access.RoleMonitor, access.RoleMEALOfficer}
	readers  = []access.Role{access.RoleMEALOfficer, access.RoleMonitor, access.RoleAuditor, access.RoleFinanceApprover}
)

// Roles says, for each method, who may call it: a caller holds at least one of
// the roles, and the first of them that he holds stands in the journal. A
// complaint of the category safeguarding exists for access.RoleSafeguarding
// alone. MethodAsk is for everybody who has a code.
var Roles = map[Method][]access.Role{
	MethodRecordComplaint: takers,
	MethodReportHeld:      {access.RoleMEALOfficer, access.RoleDistributionOfficer, access.RoleIssuer},
	MethodPrintSlips:      handlers, // who prints slips sees codes, and so may read complaints anyhow
	MethodComplaintSlip:   takers,
	MethodAssignComplaint: handlers,
	MethodAnswerComplaint: handlers,
	MethodCloseComplaint:  handlers,
	MethodEraseComplaint:  {access.RoleDPO, access.RoleSafeguarding}, // not who handles it and may be meant
	MethodComplaint:       handlers,
	MethodComplaints:      {access.RoleMEALOfficer, access.RoleSafeguarding, access.RoleMonitor, access.RoleAuditor},
	MethodCommitSample:    samplers,
	MethodFreezeSample:    samplers,
	MethodDrawSample:      samplers,
	MethodSamples:         readers,
	MethodFrame:           samplers,
	MethodCallList:        samplers,
	MethodImportAnswers:   samplers,
	MethodResults:         readers,
}
