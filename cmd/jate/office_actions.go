package main

import (
	"bytes"

	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/vendors"
)

// call is one command of an office, as it was typed.
type call struct {
	env   *environment
	r     *remote
	files []string
	flags func(name string) string
	asked func(name string) bool // of a flag without a value
}

// officeAction is one word after a command's name.
type officeAction struct {
	needs []string // flags
	files int
	run   func(ctx context.Context, c call) error
}

// officeFlag is one of a command's flags; those without a value are switches.
type officeFlag struct {
	name, help string
	toggle     bool
}

// officeCommand finds the action of a command and runs it on a server or a
// folder.
func officeCommand(ctx context.Context, env *environment, name string, flags []officeFlag, actions map[string]officeAction) error {
	word := ""
	if len(env.args) > 0 {
		word = env.args[0]
	}
	action, ok := actions[word]
	if !ok {
		return fmt.Errorf("there is no command %q; try jate help", strings.TrimSpace(name+" "+word))
	}
	sub := *env
	sub.args = env.args[1:]
	fs := sub.flags(name + " " + word)
	var o officeAPI
	o.add(fs)
	texts, toggles := map[string]*string{}, map[string]*bool{}
	for _, f := range flags {
		if f.toggle {
			toggles[f.name] = fs.Bool(f.name, false, f.help)
			continue
		}
		texts[f.name] = fs.String(f.name, "", f.help)
	}
	files, err := sub.parse(fs, action.files)
	if err != nil {
		return err
	}
	for _, need := range action.needs {
		if *texts[need] == "" {
			return fmt.Errorf("%s %s needs --%s", name, word, need)
		}
	}
	r, done, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	c := call{env, r, files, func(name string) string { return *texts[name] }, func(name string) bool { return *toggles[name] }}
	return errors.Join(action.run(ctx, c), done())
}

// path puts what was typed for flags into a path: "/claims/{claim}".
func (c call) path(pattern string) string {
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		if !ok {
			return "/api/v1" + pattern
		}
		name, after, _ := strings.Cut(rest, "}")
		pattern = before + url.PathEscape(c.flags(name)) + after
	}
}

// send uploads the file that was named.
func send[T any](ctx context.Context, c call, path, key string) (T, error) {
	var answer T
	file, err := readBounded(c.files[0], vendors.FileMax)
	if err != nil {
		return answer, err
	}
	b, err := c.r.upload(ctx, path, mediaOf(file), key+"-"+hashText(file), file)
	if err == nil {
		err = json.Unmarshal(b, &answer)
	}
	return answer, err
}

// mediaOf says what a table or a bank's message is by its first bytes.
func mediaOf(file []byte) string {
	switch {
	case bytes.HasPrefix(file, []byte("PK")):
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case bytes.HasPrefix(bytes.TrimLeft(file, "\ufeff \t\r\n"), []byte("<")):
		return "application/xml"
	}
	return "text/csv"
}

// keep writes what came to --out, or prints it.
func (c call) keep(ctx context.Context, path string) error {
	b, err := c.r.get(ctx, path)
	if err != nil {
		return err
	}
	return c.write(b)
}

// write writes to --out, or prints.
func (c call) write(b []byte) error {
	if out := c.flags("out"); out != "" {
		return durable.Replace(out, b)
	}
	_, err := c.env.stdout.Write(b)
	return err
}

// table prints rows in columns; rows ends with the first error.
func (c call) table(rows func(w io.Writer) error) error {
	var wrong error
	return errors.Join(columns(c.env.stdout, func(w io.Writer) { wrong = rows(w) }), wrong)
}

// readPaper returns the form in which the SHA-256 of a signed paper is kept.
func readPaper(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	paper, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return "signed-pdf:" + hashText(paper), nil
}
