// Package voucher is the signed e-voucher: its token, its factor, the rules of
// redemption on line and off, receipts, and its life from issue to expiry.
//
//	        bind (spare)
//	            |
//	issued -> active -> redeemed
//	   |        |  ^
//	   |      hold release
//	   |        v  |
//	   +-----> held
//	   |        |
//	   +--------+--> void | expired | replaced
//
// The life is derived from facts (Voucher.Life), never stored as a word.
//
// # What it guarantees
//
//  1. Only a lot's own key makes vouchers of the lot; it lives while the lot is
//     issued and is destroyed after it. The manifest, signed by the root key,
//     states how many there are and what they are worth together.
//  2. A voucher is spent whole and at most once: its account is emptied by the
//     redeem entry, and one redemption commits receipt, entry and balances
//     together or not at all.
//  3. Every record that a handheld sends gets its own answer, the same one each
//     time it is sent: the record's hash is its key.
//  4. Of two receipts for one voucher the full factor wins, then the home
//     handheld, then the first to arrive; handhelds' clocks never decide. A
//     receipt for what its own bundle listed as used or stopped gets nothing.
//  5. Every redeem entry names one stored receipt, signed by a handheld or, for
//     a typed stub, by two staff; no receipt has two.
//  6. A factor is checked against a keyed digest and never stored, logged or
//     returned.
package voucher
