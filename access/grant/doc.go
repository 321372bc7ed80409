// Package grant decides which roles a person holds in a programme.
//
// A role is proposed by one administrator of the programme and approved by
// another; it is taken away by one. What is proposed is a Content, whose digest
// the approver agrees to and the journal names:
//
//	open ──approve──► granted ──revoke──► (gone)
//	  └───refuse────► refused
//
// It guarantees:
//
//  1. nobody approves what he proposed, nor a role of his own, and after 72
//     hours nobody approves it any more;
//  2. nobody holds two roles that are incompatible at the same time in one
//     programme, deputies included: it is looked at in the transaction that
//     grants, across all times that overlap;
//  3. list approvers, finance approvers and administrators belong to the
//     programme's lead organisation, so that the last word on what a partner
//     prepared is the lead's;
//  4. monitors belong to another organisation, whose first member agrees to each
//     and alone takes the role away again; a donor's people belong to another too;
//  5. a grant names the passkeys that the person has then. Another passkey signs
//     in, but approves nothing before two people have granted with it.
//
// The grant that cannot have two people is that of the second administrator. It
// is approved with a code that whoever has the server's folder and its passphrase
// computes for that one proposal, and the journal says so.
package grant
