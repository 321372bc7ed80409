// Package toolcheck decides what a test does where an outside tool is
// missing: skip by name under plain go test, fail under make test, so that a
// check never disappears unseen.
package toolcheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Need skips the test where one of the named programs is not installed, or
// fails it when JATE_TOOLS=required.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Getenv("JATE_TOOLS") == "required" {
			t.Fatalf("%s is not installed; run `make tools`", p)
		}
		t.Skipf("%s is not installed", p)
	}
}

// SharedData returns the folder of sample lists and places that may stand
// beside the repository, or skips the test where it does not.
func SharedData(t testing.TB) string {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("no caller")
	}
	dir := filepath.Join(filepath.Dir(self), "..", "..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the sample data beside the repository is not there")
	}
	return dir
}

// Built returns the path of a Go program that tools/go.mod names, built if it
// was not yet. Where it cannot be, such as without a network the first time, the
// test is skipped, or fails when JATE_TOOLS=required.
func Built(t testing.TB, program string) string {
	t.Helper()
	mod, err := exec.Command("go", "env", "GOMOD").Output() // a test runs in its package's folder
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools/go.mod", "-n", program) // #nosec G204 -- the name is a constant of the test
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	var said strings.Builder
	cmd.Stderr = &said
	path, err := cmd.Output()
	if err == nil {
		return strings.TrimSpace(string(path))
	}
	if os.Getenv("JATE_TOOLS") == "required" {
		t.Fatalf("%s cannot be built: %v\n%s", program, err, &said)
	}
	t.Skipf("%s cannot be built: %v", program, err)
	return ""
}
