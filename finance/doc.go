// Package finance is the desk of a finance office: the documents that prove
// what was agreed and paid, and which of them a programme requires before it
// pays; what traders owe, and how that ends; months, and who stood how at the
// end of a day.
//
// # What it guarantees
//
//  1. Whatever moves money or closes a month is prepared by one person and
//     approved by another over its digest.
//  2. A closed month never gains an entry. What happened in it and comes later
//     counts in the open one and says its day.
//  3. A month's report and a cut-off list are made from the whole journal, and
//     only where it comes to the ledger's balances.
package finance
