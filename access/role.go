package access

import (
	"slices"

	"github.com/jate-cva/jate/fault"
)

// Role is what a person may do within a programme. The set is closed, and the
// names are part of the journal.
type Role string

// The roles.
const (
	RoleRegistrar           Role = "registrar"            // imports and corrects lists of households
	RoleListApprover        Role = "list-approver"        // freezes lists, approves lots
	RoleIssuer              Role = "issuer"               // signs and prints vouchers
	RoleDistributionOfficer Role = "distribution-officer" // hands vouchers over and activates them
	RoleVendorManager       Role = "vendor-manager"       // traders, contracts, prices, bank details
	RoleHandheldManager     Role = "handheld-manager"     // enrols, activates and revokes handhelds
	RoleFinancePreparer     Role = "finance-preparer"     // prepares payments, reversals and returns
	RoleFinanceApprover     Role = "finance-approver"     // approves them
	RoleMonitor             Role = "monitor"              // another organisation: verifies, finds, samples
	RoleMEALOfficer         Role = "meal-officer"         // takes complaints, draws samples, calls households
	RoleSafeguarding        Role = "safeguarding"         // the focal point for exploitation and abuse (PSEA)
	RoleDPO                 Role = "dpo"                  // protects personal data: exports, erasure, retention
	RoleAuditor             Role = "auditor"              // reads, changes nothing
	RoleAdministrator       Role = "administrator"        // runs the system; no business rights, no decryption
	RoleDonor               Role = "donor"                // a person of a donor: takes the reports on the donor's funds
)

// Errors about roles.
var (
	ErrRole = fault.New(fault.Invalid, "role_unknown",
		"A role is unknown or given twice.",
		"Un rôle est inconnu ou donné deux fois.")
	ErrIncompatible = fault.New(fault.Invalid, "roles_incompatible",
		"One person may not hold these roles together in a programme. Give one of them to somebody else.",
		"Une même personne ne peut pas cumuler ces rôles dans un programme. Confiez l'un d'eux à quelqu'un d'autre.")
)

var roles = []Role{RoleRegistrar, RoleListApprover, RoleIssuer, RoleDistributionOfficer, RoleVendorManager, RoleHandheldManager,
	RoleFinancePreparer, RoleFinanceApprover, RoleMonitor, RoleMEALOfficer, RoleSafeguarding, RoleDPO, RoleAuditor, RoleAdministrator, RoleDonor}

// Roles returns every role there is.
func Roles() []Role { return slices.Clone(roles) }

// apart lists, for a role, those that the same person may not hold with it.
// Whoever makes a list may not accept it, nor print its vouchers; whoever
// chooses traders and handhelds may not pay them; whoever runs the machine
// may not approve, nor as DPO agree to exports of persons; whoever hands cards
// over or chooses traders does not answer complaints about it; a monitor
// belongs to another organisation; and what a donor's person is shown leaves out
// small counts, which any other role could fill in.
var apart = map[Role][]Role{
	RoleRegistrar:       {RoleListApprover, RoleIssuer},
	RoleVendorManager:   {RoleFinancePreparer, RoleFinanceApprover},
	RoleHandheldManager: {RoleFinancePreparer, RoleFinanceApprover},
	RoleAdministrator:   {RoleListApprover, RoleFinanceApprover, RoleDPO},
	RoleMEALOfficer:     {RoleDistributionOfficer, RoleVendorManager},
	RoleSafeguarding:    {RoleDistributionOfficer, RoleVendorManager},
	RoleMonitor: {RoleRegistrar, RoleListApprover, RoleIssuer, RoleDistributionOfficer, RoleVendorManager, RoleHandheldManager,
		RoleFinancePreparer, RoleFinanceApprover, RoleMEALOfficer, RoleSafeguarding, RoleDPO, RoleAdministrator},
	RoleDonor: {RoleRegistrar, RoleListApprover, RoleIssuer, RoleDistributionOfficer, RoleVendorManager, RoleHandheldManager,
		RoleFinancePreparer, RoleFinanceApprover, RoleMonitor, RoleMEALOfficer, RoleSafeguarding, RoleDPO, RoleAuditor, RoleAdministrator},
}

// NeedsPasskey reports whether a role may be acted in only by somebody who signed
// in with a passkey, which a page that imitates this server cannot ask for (ASVS
// 6.3.3, level 3): whoever approves (exports too), moves money, verifies for others, or runs
// the system.
func NeedsPasskey(r Role) bool {
	switch r {
	case RoleListApprover, RoleFinancePreparer, RoleFinanceApprover, RoleDPO, RoleMonitor, RoleAdministrator:
		return true
	}
	return false
}

// Incompatible reports whether one person may not hold both roles in one
// programme.
func Incompatible(a, b Role) bool {
	return slices.Contains(apart[a], b) || slices.Contains(apart[b], a)
}

// CheckRoles checks what one person is to hold in one programme. Errors are
// ErrRole and ErrIncompatible, naming the roles. No role at all is allowed:
// such a person can do nothing.
func CheckRoles(held []Role) error {
	for i, r := range held {
		if !slices.Contains(roles, r) {
			return ErrRole.At("roles", "%.40q is not a role", string(r))
		}
		for _, other := range held[:i] {
			if other == r {
				return ErrRole.At("roles", "%s is given twice", r)
			}
			if Incompatible(other, r) {
				return ErrIncompatible.At("roles", "%s and %s", other, r)
			}
		}
	}
	return nil
}
