// Package finance is the desk of a finance office: the documents that prove
// what was agreed and paid, and which of them a programme requires before it
// pays.
package finance
