// Package feedback takes evidence from people: complaints, reports that
// somebody else keeps a card, and the answers of households that are called
// after a distribution. In the words of the Core Humanitarian Standard it is
// the complaints and feedback mechanism, and post-distribution monitoring (PDM).
//
//	hotline, text, paper, box, point ── Complaint ── code ── its author asks
//	                                        │
//	                                  voucher or vendor ──┐
//	commitment ── frame ── draw ── call list              ├── detectors
//	                         │                            │
//	                      answers ────────────────────────┘
//	                         │
//	                     estimates
//
// # What it guarantees
//
//  1. A complaint has no author: no name, telephone number or household is asked
//     for. What a person says is sealed as a household's data are, is read by
//     role, each reading is journalled, and it is in no log, metric, leaf,
//     handheld bundle or export. It is erased RetentionDays after the closing.
//  2. A complaint about exploitation or abuse is seen by safeguarding alone;
//     nobody else learns from a list, a count or the journal that there is one.
//  3. Every complaint has a due date by its category, and a code by which its
//     author learns its state and answer. The store has a keyed digest of the
//     code and nothing else of it.
//  4. A report of a held card stops the card, proposes a spare and records the
//     complaint in one transaction. The spare is worth nothing until a second
//     person agrees.
//  5. Who is called is drawn from a seed that nobody could choose: SHA-256 of the
//     journal's root after the frame was fixed and of a nonce that was committed
//     to before. Whoever has the journal and the frame draws the same again.
//  6. An answer speaks for its household and names none. Only whole numbers and
//     exact fractions are computed with.
package feedback
