//go:build race

package bolt

// findNesting is whether View and Update look for themselves on the stack. It
// takes microseconds, and what it finds is a mistake that any test meets: only
// programs with the race detector, as tests are built, pay for it.
const findNesting = true
