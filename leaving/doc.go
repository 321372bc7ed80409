// Package leaving hands over what somebody leaves behind.
//
//	Work    lists what is open in a member's name, in every programme
//	Leave   ends it: by an administrator of the member's organisation, at once
//
// What waits for a second person and the member prepared goes to a successor who
// may prepare such things, and who may then not approve it; without one it is
// withdrawn, and nobody approves it any more (grant.Handed). Cases and complaints
// go to the successor who may work on them, or to nobody. Roles, proposals of roles,
// sessions and codes end. The journal says all of it.
//
// Nobody is locked out: who is a programme's last administrator does not leave, and
// where a programme would have too few people for what takes two (Gap), the
// administrator says that he knows. A successor is given no role by this: that
// takes two people, as always.
package leaving
