package evidence

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/jate-cva/jate/ledger"
)

// Code is what the QR code on the paper of a file says: the SHA-256 of the file,
// and the size and root of the log in the checkpoint that its proofs are for.
// Whoever holds the paper and the file compares both with what verify-pack
// prints; nothing of it is about a person. It returns ErrPack where the
// checkpoint is none.
func Code(file []byte) (string, error) {
	p, err := Parse(file)
	if err != nil {
		return "", err
	}
	return p.code(sha256.Sum256(file))
}

func (p Pack) code(sum [32]byte) (string, error) {
	text, _, _ := strings.Cut(p.Checkpoint, "\n\n") // signatures follow the empty line
	_, size, root, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		return "", ErrPack.At("checkpoint", "it is none")
	}
	return fmt.Sprintf("%s sha256=%x size=%d root=%s", Format, sum, size, root), nil
}
