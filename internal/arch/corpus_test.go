package arch

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// What a Fuzz target keeps at most in testdata/fuzz: every run of the tests
// reads it.
const (
	keptMax      = 100
	keptBytesMax = 4 << 10
)

// fuzzed are the targets that must keep inputs: those that read what comes
// from outside. docs/fuzzing.md says what each of them holds.
var fuzzed = []string{
	"internal/httpkit/FuzzBody", "internal/table/FuzzCSV", "internal/table/FuzzXLSX", "internal/table/FuzzXLSXArchive",
	"voucher/FuzzParseBundle", "voucher/FuzzParseDigits", "voucher/FuzzParseRecord", "voucher/FuzzReadReceipt",
	"voucher/FuzzReadUpload", "voucher/FuzzVerify",
}

// The inputs that fuzzing has found are where their target looks for them:
// without them it would run on its few seeds alone, and nobody would see it.
func TestCorpora(t *testing.T) {
	want := map[string]bool{}
	for _, name := range fuzzed {
		want[name] = true
	}
	for _, s := range readTree(t) {
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !s.isTest() || !strings.HasPrefix(fn.Name.Name, "Fuzz") {
				continue
			}
			name := path.Join(s.dir(), fn.Name.Name)
			dir := filepath.Join("../..", filepath.FromSlash(s.dir()), "testdata", "fuzz", fn.Name.Name)
			if n := countKept(t, dir); n > keptMax || n == 0 && want[name] {
				t.Errorf("%s keeps %d inputs, want 1 to %d", name, n, keptMax)
			}
			delete(want, name)
		}
	}
	for name := range want {
		t.Errorf("there is no %s", name)
	}
}

// countKept returns how many inputs a folder has, 0 where there is none, and
// complains about large ones.
func countKept(t *testing.T, dir string) int {
	t.Helper()
	kept, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, k := range kept {
		info, err := k.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > keptBytesMax {
			t.Errorf("%s has %d bytes, at most %d are kept", filepath.Join(dir, k.Name()), info.Size(), keptBytesMax)
		}
	}
	return len(kept)
}
