// Package bankfile reads and writes the messages of banks: payment orders as
// ISO 20022 pain.001.001.03, statements as camt.053 and notices as camt.054. It
// is pure: it knows formats, and nothing of vendors, stores or ledgers.
//
// Everything that is read has a bound: bytes, depth, entries. A document type
// declaration is refused, so that no entity is ever looked up or grown.
package bankfile
