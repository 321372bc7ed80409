package grant

import "github.com/jate-cva/jate/access"

// Method names a method of Service in metrics and in the table of roles.
type Method string

// The methods that go over HTTP.
const (
	MethodList    Method = "grants"
	MethodPropose Method = "propose_grant"
	MethodApprove Method = "approve_grant"
	MethodRefuse  Method = "refuse_grant"
	MethodRevoke  Method = "revoke_grant"
	MethodBegin   Method = "begin_proof"
	MethodEnd     Method = "end_proof"
	MethodRecord  Method = "approval_record"
	MethodKeys    Method = "approver_keys"
	MethodContent Method = "approval_content"
)

// Roles says who may call a method. The others are for whoever has signed in: the
// first member of a monitor's organisation holds no role when he agrees to the
// first, and everybody may lay down what he holds. The service refuses the rest.
var Roles = map[Method][]access.Role{
	MethodPropose: {access.RoleAdministrator},
	MethodRecord:  {access.RoleMonitor, access.RoleAuditor},
	MethodKeys:    {access.RoleMonitor, access.RoleAuditor},
}

// overseers see all grants of their programme.
var overseers = []access.Role{access.RoleAdministrator, access.RoleAuditor, access.RoleMonitor, access.RoleDPO}

// leadOnly reports whether a role's holders belong to the lead organisation.
func leadOnly(r access.Role) bool {
	return r == access.RoleAdministrator || r == access.RoleListApprover || r == access.RoleFinanceApprover
}
