// Package ledger keeps assets, accounts, entries, balances, and the journal
// with its proofs. The ledger is the state: a voucher's value is the balance
// of its account, redeeming it is an entry.
//
// # What it guarantees
//
//  1. Debits equal credits in every entry and every asset: a posting moves one
//     amount from one account to another, so nothing else can be written.
//  2. No account falls below zero on its normal side.
//  3. The sequence has no gap and no entry ever changes. Each entry's canonical,
//     pseudonymous JSON (RFC 8785) is a leaf of a Merkle log (RFC 6962, package
//     tlog), written in the same atomic commit; signed checkpoints of the log
//     (C2SP tlog-checkpoint) leave the machine.
//  4. One idempotency key has one effect: the same content is answered again,
//     other content is a Conflict.
//  5. Balances are the fold of the journal.
//  6. For each round and asset, what was allocated and not returned equals
//     round + contingency + outstanding vouchers + redeemed and accepted losses,
//     net of reversals.
//
// The seventh, that each redeem entry names one stored receipt, is kept and
// verified where receipts are: package voucher.
//
// # Leaves
//
// A leaf is one line of JSON with sorted keys. Amounts are strings of minor
// units, times RFC 3339 UTC seconds, actors a role and a pseudonym. A voucher's
// account appears as voucher:<base64url(SHA-256(salt || serial))> with a random
// salt of its own kept beside the personal data, so that erasing the salt breaks
// the link and leaves the log whole. No beneficiary appears.
package ledger
