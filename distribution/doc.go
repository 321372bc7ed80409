// Package distribution is the programme's side of a round: funds, households
// and the lists they come from, entitlements, lots, approval, issue, hand-over
// and close.
//
// # What it guarantees
//
//  1. Importing a file twice changes nothing; a wrong row is reported with row,
//     column, value and reason, and stops no other.
//  2. What identifies a person is sealed under a key of the household's own,
//     wrapped by the data key; losing the wrapped key forgets the person. What is
//     searched for is found by a keyed digest.
//  3. A duplicate is listed with its reason; a person decides, nothing is merged
//     or excluded by itself.
//  4. A lot is issued only after somebody else than who prepared it approved the
//     SHA-256 of its exact content (and a third above the round's threshold);
//     any change after that voids the approvals.
//  5. Nothing of a person is in the journal or a log; each reading of persons is
//     journalled with its purpose and how many were read.
//  6. What a round issues never exceeds what was allocated to it from named
//     funds, and what is left at its close goes back to them.
package distribution
