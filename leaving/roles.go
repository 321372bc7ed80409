package leaving

import "github.com/jate-cva/jate/access"

// Method names a method of Service in metrics and in the table of roles.
type Method string

// The methods.
const (
	MethodWork  Method = "staff_work"
	MethodLeave Method = "staff_leaving"
)

// Roles says who may call a method.
var Roles = map[Method][]access.Role{
	MethodWork:  {access.RoleAdministrator},
	MethodLeave: {access.RoleAdministrator},
}
