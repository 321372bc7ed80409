package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// module is our import path; what follows it in an import is a folder.
const module = "github.com/jate-cva/jate"

// source is one parsed Go file.
type source struct {
	path  string // from the root of the module, with slashes
	lines int
	fset  *token.FileSet
	file  *ast.File
}

// dir is the folder of the file, and of its package.
func (s source) dir() string { return path.Dir(s.path) }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// forTests reports whether the package serves tests and measurements alone:
// ledgertest, vouchertest, toolcheck, and all of test.
func (s source) forTests() bool {
	return strings.HasSuffix(path.Base(s.dir()), "test") || s.dir() == "internal/toolcheck" || place(s.dir()) == "test"
}

// imports returns the paths that the file imports.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has checked it
		}
		paths = append(paths, p)
	}
	return paths
}

// at gives a position in the file.
func (s source) at(pos token.Pos) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(pos).Line)
}

// under reports whether the folder dir is root or inside it.
func under(dir, root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }

func parse(name string, text []byte) (source, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: name, lines: bytes.Count(text, []byte("\n")), fset: fset, file: f}, err
}

// readTree parses every Go file of the module, tests included.
func readTree(t *testing.T) []source {
	t.Helper()
	const root = "../.."
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !bytes.HasPrefix(mod, []byte("module "+module+"\n")) {
		t.Fatalf("%s is not the root of %s: %v", root, module, err)
	}
	var sources []source
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != root && (name == "node_modules" || name == "testdata" || name[0] == '.' || name[0] == '_') {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		s, err := parse(filepath.ToSlash(name), text)
		if err != nil {
			return err
		}
		sources = append(sources, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// A tree without these was not read: the rules would hold of nothing.
	for _, want := range []string{"money/money.go", "fault/fault.go", "access/role.go", "internal/httpkit/endpoint.go"} {
		found := false
		for _, s := range sources {
			found = found || s.path == want
		}
		if !found {
			t.Fatalf("%s was not read", want)
		}
	}
	return sources
}
