// Package export writes the books for the programs that accountants use: the
// whole journal as text for hledger, ledger or beancount, and the trial balance
// as CSV.
//
// # What it guarantees
//
//   - Every entry that moves value appears once, in the order of the journal,
//     with its date, sequence, kind, round and reference. Decisions do not.
//   - No household appears: the vouchers of a round are one account.
//   - The text ends by stating what we say each account holds, in a form that
//     the program itself checks against the entries before it.
//   - It is a stream: memory grows with the number of accounts, not of entries,
//     and no transaction is held open while somebody reads.
//
// # Accounts
//
//	bank:b1             Assets:Bank:b1
//	receivable:f1       Assets:Receivable:f1
//	advance:v3          Assets:Advance:v3
//	pledge:r7           Assets:Pledge:r7
//	fund:f1             Liabilities:Fund:f1
//	round:r7            Liabilities:Round:r7
//	contingency:r7      Liabilities:Contingency:r7
//	fees:r7             Liabilities:Fees:r7
//	vouchers:r7         Liabilities:Vouchers:r7
//	vendor:v3:redeemed  Liabilities:Redeemed:v3
//	vendor:v3:claimed   Liabilities:Claimed:v3
//	vendor:v3:contested Liabilities:Contested:v3
//	transit:t2          Liabilities:Transit:t2
//
// Debits are positive and credits negative, as these programs have it. With a
// Chart the number of the class stands after the root: Assets:521:Bank:b1. In
// beancount each part must begin with a capital or a digit and hold neither '_'
// nor '.': such an identifier is written as "Id-" with '-' doubled, '_' as "-u"
// and '.' as "-d", so that no two accounts ever share a name.
package export
