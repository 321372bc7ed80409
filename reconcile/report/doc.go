// Package report makes the reports that leave the office: on a round, to a
// donor, to the coordination of the response.
//
// # What it guarantees
//
//   - A report is made in one transaction and names the journal that it was made
//     from: its size and root, which a checkpoint signs. The same journal gives
//     the same bytes.
//   - Every figure has an id, and can say which entries of the journal, or
//     records of the store, it sums (Make). There is one way of counting:
//     matching and findings are those of package reconcile, and a figure that
//     is explained is counted again by the same code.
//   - The figures are compared with the ledger's balances and with each other
//     (Round.Ties), and the report says so where they differ.
//   - No name, phone or card number is in any of them.
//
// Package layout draws them.
package report
