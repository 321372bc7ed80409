// Package evidence is the file that a case leaves the house as: what is claimed,
// what was found, the redemptions concerned, what was done by whom, and for each
// entry of the journal behind it the proof that it is in the log of a signed
// checkpoint. Whoever has the log's public key checks it off line with Verify.
//
// # What Verify shows
//
//  1. Every entry shown is in the log that the checkpoint signs, and says what
//     the pack says of it: the redemption, its receipt, sum and time, who did
//     what when in which role, and where money went.
//  2. The findings are, word for word, those whose SHA-256 was journalled when
//     the case was opened and each time more was added.
//  3. The sums of the case are those of its entries.
//
// It does not show that a receipt was honest, nor that the pack has every entry
// about the case: whoever wants that folds the journal (jate monitor) or asks
// for a later pack.
//
// # What it holds
//
// No name, no phone number, no serial and no words that people wrote: people are
// roles and pseudonyms, vouchers the pseudonyms that the journal has, comments
// and answers their SHA-256.
package evidence
