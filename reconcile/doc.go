// Package reconcile matches what vendors claim against what was redeemed and
// what was paid, so that every franc is explained or stands in a named
// exception, and groups what cannot be explained into cases.
//
//	voucher ── redemption ── claim ── payment
//	   |           |           |         |
//	 issue      journal      lines   settlement
//	   └───────────┴─────┬─────┴─────────┘
//	                   Facts          read in one transaction
//	              ┌──────┼──────┐
//	            match  detect  tie
//	              └──────┼──────┘
//	                   Report         text, CSV, XLSX, JSON
//
// # What it guarantees
//
//  1. Every line of every claim that was not refused, and every redemption that
//     stands, ends matched or in exactly one named exception.
//  2. The totals tie to the ledger to the franc and the gram, or the report says
//     where they do not; it names the size and root of the journal it was made
//     from, so that anybody who holds a checkpoint can check it.
//  3. Running it again on the same journal gives the same report, byte for byte.
//  4. A finding carries its evidence and what would clear it. Only people decide
//     cases, and only about a vendor's money: no finding stops a voucher or a
//     household.
//  5. A case freezes the money of its own redemptions and nothing else, and each
//     movement is an entry of the journal. Writing money off takes two people:
//     one who froze it, and another who approves the digest of exactly that.
package reconcile
