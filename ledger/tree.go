package ledger

import (
	"crypto/sha256"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is a Merkle tree that grows by one leaf at a time and keeps only the
// roots of its complete subtrees.
type tree struct {
	size  uint64
	roots []tlog.Hash // of complete subtrees, the largest first
	made  []tlog.Hash // room for what add returns
}

// leafHash returns the hash of a leaf (RFC 6962, 2.1).
func leafHash(leaf []byte) tlog.Hash {
	var room [1 + leafUsual]byte
	return sha256.Sum256(append(append(room[:0], 0), leaf...))
}

// add appends a leaf and returns the hashes that the log stores for it, in the
// order in which it stores them. They are good until the next leaf.
func (t *tree) add(leaf []byte) []tlog.Hash {
	h := leafHash(leaf)
	t.made = append(t.made[:0], h)
	for range bits.TrailingZeros64(^t.size) {
		left := t.roots[len(t.roots)-1]
		t.roots = t.roots[:len(t.roots)-1]
		h = tlog.NodeHash(left, h)
		t.made = append(t.made, h)
	}
	t.roots = append(t.roots, h)
	t.size++
	return t.made
}

// root returns the root of the tree as it is.
func (t *tree) root() tlog.Hash {
	if len(t.roots) == 0 {
		return sha256.Sum256(nil) // RFC 6962, 2.1
	}
	h := t.roots[len(t.roots)-1]
	for i := len(t.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.roots[i], h)
	}
	return h
}
