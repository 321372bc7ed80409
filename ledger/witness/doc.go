// Package witness has both ends of C2SP tlog-witness: a Witness, which a donor
// or monitor runs elsewhere with a key of its own, and Cosigners, through which
// the server obtains cosignatures of its checkpoints.
//
// A cosignature (C2SP tlog-cosignature, cosignature/v1 with Ed25519) says that
// at its time the checkpoint was the largest that the witness had seen of the
// log, and that it extends every one it cosigned before. Who demands it cannot
// be shown one history while others are shown another, whatever keys the
// server's administrator has.
//
// A witness keeps one line of state for each log, and refuses by it:
//
//  1. It cosigns what the log's key signed and nothing else.
//  2. It cosigns at most one root for a size, and never a smaller size after a
//     larger one.
//  3. It cosigns a larger size only with a proof (RFC 6962, 2.1.2) that what it
//     cosigned before is the beginning of it.
//  4. What it cosigned is durable before the cosignature leaves.
//
// The first checkpoint of a log is believed. A witness whose state is lost must
// therefore not go on under the same key: Open refuses a folder without state.
package witness
