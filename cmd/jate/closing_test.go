package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// documentScripts leaves the blocks of documents as shell scripts in a script test's
// folder, so that the documents are what is tested: the close of a round, and a
// first programme with its first sale. Of the latter only the port is another, which
// JATE_LISTEN says.
func documentScripts(env *testscript.Env) error {
	for name, files := range map[string]map[string]int{
		"closing.sh": {"docs/closing-a-round.md": 8},
		"first.sh":   {"README.md#Your first programme": 12},
		"sale.sh":    {"docs/first-sale.md": 6},
	} {
		script := "set -eu\n"
		for file, least := range files {
			blocks, err := blocksOf(file, least)
			if err != nil {
				return err
			}
			script += blocks
		}
		if name == "closing.sh" { // the round as it is before somebody closes it serves once more
			script = strings.Replace(script, "export JATE_DATA=round", "cp -R round before\nexport JATE_DATA=round", 1)
		} else {
			script = strings.ReplaceAll(script, "localhost:8437", "localhost:"+env.Getenv("PORT"))
		}
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(script), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// blocksOf returns the shell blocks of a document, or of the section that follows #;
// there are at least so many.
func blocksOf(file string, least int) (string, error) {
	file, section, _ := strings.Cut(file, "#")
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
	if err != nil {
		return "", err
	}
	rest := string(text)
	if section != "" {
		_, after, ok := strings.Cut(rest, "\n## "+section+"\n")
		if !ok {
			return "", fmt.Errorf("%s has no section %q", file, section)
		}
		rest, _, _ = strings.Cut(after, "\n## ")
	}
	var script strings.Builder
	for blocks := 0; ; blocks++ {
		_, after, ok := strings.Cut(rest, "\n```sh\n")
		if !ok {
			if blocks < least {
				return "", fmt.Errorf("%s has %d blocks, fewer than %d", file, blocks, least)
			}
			return script.String(), nil
		}
		block, after, ok := strings.Cut(after, "\n```\n")
		if !ok {
			return "", fmt.Errorf("%s: a block does not end", file)
		}
		script.WriteString(block + "\n")
		rest = after
	}
}
