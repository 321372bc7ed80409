package main

import (
	"fmt"
	"maps"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"jate": func() { os.Exit(status()) }})
}

// reach waits until a server in the background answers at a port.
func reach(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+args[0])
		if err == nil {
			ts.Check(c.Close())
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("nobody answers at %s: %v", args[0], err)
		}
	}
}

// firstWord keeps a word of a file in a variable, the one after BEGINNING in a line
// that begins so, or the first one: firstword VAR FILE [BEGINNING]. It waits for who
// writes the file in the background.
func firstWord(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for line := range strings.Lines(ts.ReadFile(args[1])) {
			words := strings.Fields(line)
			if len(args) == 3 && len(words) > 1 && words[0] == args[2] {
				ts.Setenv(args[0], words[1])
				return
			}
			if len(args) == 2 && len(words) > 0 {
				ts.Setenv(args[0], words[0])
				return
			}
		}
	}
	ts.Fatalf("%s has no such line", args[1])
}

// scriptCommands are those that scripts have besides testscript's own.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	all := maps.Clone(roadCommands)
	all["reach"], all["firstword"] = reach, firstWord
	return all
}

// The command line, as a person types it.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(env *testscript.Env) error {
		env.Setenv("GORACE", os.Getenv("GORACE"))
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		env.Setenv("PORT", fmt.Sprint(free.Addr().(*net.TCPAddr).Port))
		if err := free.Close(); err != nil {
			return err
		}
		return documentScripts(env)
	}, Cmds: scriptCommands()})
}
