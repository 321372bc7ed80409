// Package handheld is the handheld's side of the protocol: it enrols, carries
// the signed zone bundle, redeems vouchers with or without a network, activates
// cards at a distribution, and syncs. It is the reference for every other
// handheld, such as the browser's.
//
// # What it guarantees
//
//  1. A sale, a cancellation or an activation is returned only after its record
//     is durable. Where the storage fails, the handheld stops until it is opened
//     again; the record may then turn out to be kept after all, and counts, but
//     nobody was told so of one that is not.
//  2. Records are numbered from 1 without a gap, each names its predecessor's
//     hash, and a voucher is sold at most once here unless its sale was
//     cancelled.
//  3. A sale follows the rules in one order (Handheld.Sell); the first rule that
//     is broken refuses it, with a fault of its own.
//  4. Nothing unsigned is believed: bundle, beacon and acknowledgement are
//     verified with keys pinned at enrolment, or that the pinned root key named
//     since, again each time they are read.
//  5. A secret or PIN is sealed to the server with the receipt and kept nowhere
//     else. No name, telephone or place of a household can be kept: nothing here
//     has a field for one.
//
// # What it keeps
//
// A Storage holds a few documents, each replaced as a whole, and one journal
// that only grows:
//
//	key.pem        the Ed25519 private key (PKCS #8), readable by its owner alone,
//	               not encrypted: who holds the phone unlocked can sign with it
//	identity.json  what enrolment said, and the pinned root and beacon keys
//	bundle.jws     the zone bundle as it was received
//	session.json   nonce and counter of signed requests, saved before each use
//	codes.json     officers' codes that opened lots under embargo
//	journal        one line for each event
//	journal.torn   what a crash left of the journal's last line, if it did
//
// A journal's line is
//
//	<CRC-32C of the rest, 8 hex digits> <kind> <text> LF
//
// where kind and text are "R" and the record's asset (or "-") and JWS, "T" and
// the serial of a card whose secret or PIN was wrong, "A" and an
// acknowledgement, "B" and a beacon, or "K" and the root key's word on new keys. All else is derived from these lines.
// An unfinished last line is cut off when the journal is opened; a damaged line
// with a good one behind it is refused with ErrJournal.
//
// The time of a sale is the floor: the latest of the clock, the server's last
// word, and the records made since that word. A clock set back gains nothing; a
// clock set forward for a while is forgotten at the next sync.
package handheld
