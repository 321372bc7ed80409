// Package crash tests that nothing breaks the ledger: the real server and
// store, driven by clients over HTTP, through power cuts, kills, failed and
// full disks, processes that were stopped for a while, and second openers.
//
// What is true is what the clients were told. They keep every answer that was
// signed for them, and after each accident, when the server has been started
// again on the same folder, an audit must find:
//
//  1. No loss: each receipt that was answered is answered by the same entry of
//     the journal, for ever; so is each that an earlier audit has shown.
//  2. No second payment: an entry moves money for one receipt, and a voucher's
//     account is emptied once.
//  3. Nothing corrupt: ledger.Verify recomputes the books from the leaves, with
//     the stored checkpoint and the notary's guard, and finds them balanced;
//     the store's own check passes; a handheld's chain has no hole.
//  4. One history: the log's roots at the sizes of every checkpoint that was
//     seen, and of every audit before, are what they were.
//
// An answer that did not arrive means nothing: the client sends the same bytes
// again after the restart, and the answer must agree with what the audit
// showed.
//
// The short form runs with the other tests. JATE_SOAK=N asks for N power cuts
// of each kind and N kills, and for the system call sweep at every call. A
// failure prints its seed, for JATE_CRASH_SEED, and keeps the disk as it was
// found with what the clients had been told in a folder, for
// JATE_CRASH_REPLAY: the timing of processes does not repeat, so the same seed
// alone may not.
package crash
