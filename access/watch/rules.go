package watch

import (
	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// Rule says which entries took two people, and what of.
type Rule struct {
	Operation string // as the list of two-person operations has it
	Kind      ledger.Kind
	What      string // of a decision
	With      string // of entries with this fact alone
	Without   string // of entries without it
	Content   string // what is agreed to
	ID        string // the fact that is the content's id; "" for the entry's Ref
	Roles     []access.Role
	Postings  bool // the content names each posting
}

var (
	approvers = []access.Role{access.RoleFinanceApprover}
	lists     = []access.Role{access.RoleListApprover, access.RoleFinanceApprover}
)

// Rules lists every entry that takes two people with a proof. What only follows
// from one is in the code of Watch: issuing a lot, taking a copy of an export.
var Rules = []Rule{
	{Operation: "list freeze, round launch, manifest", Kind: ledger.KindDecision, What: "approve-lot", Content: "lot", Roles: lists},
	{Operation: "supplement issue", Kind: ledger.KindIssue, With: "proposed-by", Content: "spare", ID: "proposal",
		Roles: []access.Role{access.RoleIssuer, access.RoleListApprover, access.RoleFinanceApprover}},
	{Operation: "trader bank details", Kind: ledger.KindDecision, What: "payment-change-approved", Content: "payment-change", Roles: approvers},
	{Operation: "trader terms", Kind: ledger.KindDecision, What: "terms-approved", Content: "terms", Roles: approvers},
	{Operation: "payment order", Kind: ledger.KindDecision, What: "settlement-approved", Content: "settlement", Roles: approvers},
	{Operation: "payment order", Kind: ledger.KindSettle, Content: "settlement", ID: "settlement", Roles: approvers, Postings: true},
	{Operation: "payment order", Kind: ledger.KindAdvance, Content: "advance", Roles: approvers, Postings: true},
	{Operation: "payment order", Kind: ledger.KindRemit, Content: "movement", Roles: approvers, Postings: true},
	{Operation: "payment order", Kind: ledger.KindReturn, Content: "return", Roles: approvers, Postings: true},
	{Operation: "payment order", Kind: ledger.KindDecision, What: "cheque-agreed", Content: "cheque", Roles: approvers},
	{Operation: "payment order", Kind: ledger.KindDecision, What: "bank-line-agreed", Content: "bank-line", Roles: approvers},
	{Operation: "repayment", Kind: ledger.KindRepay, Without: "case", Content: "movement", Roles: approvers, Postings: true},
	{Operation: "write-off, reversal", Kind: ledger.KindWriteOff, Without: "case", Content: "movement", Roles: approvers, Postings: true},
	{Operation: "write-off, reversal", Kind: ledger.KindWriteOff, With: "case", Content: "give-up", ID: "case", Roles: approvers, Postings: true},
	{Operation: "write-off, reversal", Kind: ledger.KindDecision, What: "case-given-up", Content: "give-up", Roles: approvers},
	{Operation: "write-off, reversal", Kind: ledger.KindReverse, With: "case", Content: "case", ID: "case", Roles: approvers},
	{Operation: "write-off, reversal", Kind: ledger.KindOwe, Content: "case", ID: "case", Roles: approvers},
	{Operation: "write-off, reversal", Kind: ledger.KindDecision, What: "case-upheld", Content: "case", Roles: approvers},
	{Operation: "write-off, reversal", Kind: ledger.KindDecision, What: "case-upheld-in-part", Content: "case", Roles: approvers},
	{Operation: "month closed", Kind: ledger.KindDecision, What: "close-period", Content: "period", ID: "month", Roles: approvers},
	{Operation: "month closed", Kind: ledger.KindDecision, What: "reopen-period", Content: "period", ID: "month", Roles: approvers},
	{Operation: "PII export", Kind: ledger.KindDecision, What: "approve-export", Content: "export", Roles: []access.Role{access.RoleDPO}},
	{Operation: "role grant", Kind: ledger.KindDecision, What: "role-granted", Content: "grant", Roles: []access.Role{access.RoleAdministrator}},
}

// RuleOf returns the place in Rules of an entry's rule.
func RuleOf(e ledger.Entry) (int, bool) {
	for i, r := range Rules {
		if r.Kind != e.Kind || r.What != "" && r.What != e.Facts["what"] {
			continue
		}
		if r.With != "" && e.Facts[r.With] == "" || r.Without != "" && e.Facts[r.Without] != "" {
			continue
		}
		return i, true
	}
	return 0, false
}

// id is which thing an entry is about.
func (r Rule) id(e ledger.Entry) string {
	if r.ID == "" {
		return e.Ref
	}
	return e.Facts[r.ID]
}
