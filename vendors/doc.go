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
//     A file of answers is taken whole or not at all, and again without effect.
//  4. An advance is a debt in the ledger, given by two people; it is recovered
//     from what is paid, and never more than is owed.
//  5. An undone sale is taken back from wherever its value is, until the payment
//     was ordered; after that the payment stands.
//
// # How money moves
//
//	redeem ──> vendor:…:redeemed ──claim──> vendor:…:claimed ──settle──> transit ──confirm──> bank
//	               ^                          ^        │                   │
//	               │ accept-loss              │        └──recover──> advance
//	          contingency          fees, round (kind)  <─────reverse───────┘ (the bank refused)
//
// Kilos end at the claim: they go back to the pledge, and the round pays francs
// at the price that the redeem entry names.
package vendors
