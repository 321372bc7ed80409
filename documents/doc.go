// Package documents keeps what paper proves: contracts, invoices, signed
// sheets, payment receipts. Each is known by the SHA-256 of its content.
//
// # What it guarantees
//
//  1. Content is stored once, whole, sealed, and durably before anything refers
//     to it; it never changes. What is read has the hash that was asked for, or
//     is ErrDamaged.
//  2. Content is one of a few types by its own first bytes, whatever anybody
//     says of it, and at most SizeMax bytes; all else is refused.
//  3. That a document belongs to a vendor, claim, settlement, advance, period or
//     case is an entry of the journal. It holds the hash, never the content.
//  4. Where a programme requires a document before it pays, Missing says which
//     one is not there.
//
// The content is a file named by its hash in one folder of the data folder; the
// store has what is known of it. Files are sealed under a key derived from the
// data key, because signed sheets bear names. A file that nothing refers to is
// left by an attachment that was refused or cut short, and does no harm.
package documents
