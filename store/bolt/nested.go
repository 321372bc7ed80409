//go:build !race

package bolt

const findNesting = false
