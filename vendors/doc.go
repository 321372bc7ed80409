// Package vendors keeps the traders who redeem vouchers: their contracts and
// price lists, their handhelds, what they claim, and what they are paid.
//
// # What it guarantees
//
//  1. A handheld sells only after one person invited it and another activated
//     it; it signs with a key that it made itself and that never leaves it.
//  2. A claim is built from the ledger's vendor:…:redeemed postings. A redeem
//     entry is in at most one claim; a claim moves exactly its lines' money.
//  3. A settlement pays accepted claims only, is ordered by one person and
//     approved by another over the digest of its exact lines, and stands in
//     transit until the bank's answer is imported.
//  4. An advance is a debt in the ledger; it is recovered from claims and never
//     exceeds what is owed.
package vendors
