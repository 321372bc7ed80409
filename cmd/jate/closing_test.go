package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// closingScript leaves the blocks of docs/closing-a-round.md as one shell script
// in a script test's folder, so that the document is what is tested.
func closingScript(env *testscript.Env) error {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "closing-a-round.md"))
	if err != nil {
		return err
	}
	var script strings.Builder
	script.WriteString("set -eu\n")
	blocks := 0
	for rest := string(text); ; blocks++ {
		_, after, ok := strings.Cut(rest, "\n```sh\n")
		if !ok {
			break
		}
		block, after, ok := strings.Cut(after, "\n```\n")
		if !ok {
			return errors.New("closing-a-round.md: a block does not end")
		}
		script.WriteString(block + "\n")
		rest = after
	}
	if blocks < 8 {
		return errors.New("closing-a-round.md has too few blocks")
	}
	return os.WriteFile(filepath.Join(env.WorkDir, "closing.sh"), []byte(script.String()), 0o600)
}
