package report

import "github.com/jate-cva/jate/access"

// Method names a method of Service in the table of roles, in metrics and logs.
type Method string

// The methods.
const (
	MethodRound      Method = "round_report"
	MethodExplain    Method = "explain_figure"
	MethodDonor      Method = "donor_report"
	MethodActivities Method = "activities"
)

var (
	books = []access.Role{access.RoleIssuer, access.RoleListApprover, access.RoleFinancePreparer, access.RoleFinanceApprover,
		access.RoleMonitor, access.RoleAuditor}
	// donors are those who report to donors and to the coordination of the
	// response; a monitor and an auditor see what was reported.
	donors = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleMonitor, access.RoleAuditor}
	// takers are besides them a donor's own people, each of the funds that he was
	// named for.
	takers     = append(donors[:len(donors):len(donors)], access.RoleDonor)
	explainers = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover}
)

// Roles says, for each method, who may call it. What a figure is made of names
// vouchers and households by their ids, as their statements do: that is for
// finance alone.
var Roles = map[Method][]access.Role{
	MethodRound:      books,
	MethodExplain:    explainers,
	MethodDonor:      takers,
	MethodActivities: donors,
}
