// Package docs holds the pages about decisions, and the test that what all
// pages name is there.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = ".."

// pages returns every page by its path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			found[strings.TrimPrefix(filepath.ToSlash(name), root+"/")] = read(t, name)
		}
	}
	for _, want := range []string{"README.md", "ARCHITECTURE.md", "SECURITY.md"} {
		if found[want] == "" {
			t.Fatalf("%s was not read", want)
		}
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// anchor is what the host of a repository makes of a heading.
func anchor(title string) string {
	title = strings.ToLower(strings.ReplaceAll(title, " ", "-"))
	return regexp.MustCompile(`[^\p{L}\p{N}_-]`).ReplaceAllString(title, "")
}

// Every link within the repository leads somewhere.
func TestLinks(t *testing.T) {
	links := 0
	for page, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			file, part, _ := strings.Cut(m[1], "#")
			target := filepath.Join(root, page)
			if file != "" {
				target = filepath.Join(root, filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s: %v", page, m[1], err)
				continue
			}
			if part == "" {
				continue
			}
			var anchors []string
			for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(read(t, target), ""), -1) {
				anchors = append(anchors, anchor(h[1]))
			}
			if !slices.Contains(anchors, part) {
				t.Errorf("%s: %s: no such heading", page, m[1])
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links were looked at", links)
	}
}

// names are the files, packages and declared names of the repository. Members
// stand behind their type: "Handheld.Sell".
type names struct {
	files    map[string]bool            // whole paths, and last parts
	packages map[string]map[string]bool // declared names, by package
	all      map[string]bool            // declared names of every package, members with and without their type
}

func (n names) declare(pkg, name, member string) {
	if n.packages[pkg] == nil {
		n.packages[pkg] = map[string]bool{}
	}
	if member != "" {
		n.all[member] = true
		name += "." + member
	}
	n.packages[pkg][name], n.all[name] = true, true
}

func (n names) file(f *ast.File) {
	pkg := strings.TrimSuffix(f.Name.Name, "_test")
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				n.declare(pkg, d.Name.Name, "")
				continue
			}
			ast.Inspect(d.Recv.List[0].Type, func(node ast.Node) bool {
				id, ok := node.(*ast.Ident)
				if ok {
					n.declare(pkg, id.Name, d.Name.Name)
				}
				return !ok
			})
		case *ast.GenDecl:
			for _, s := range d.Specs {
				n.spec(pkg, s)
			}
		}
	}
}

func (n names) spec(pkg string, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, id := range s.Names {
			n.declare(pkg, id.Name, "")
		}
	case *ast.TypeSpec:
		n.declare(pkg, s.Name.Name, "")
		var members *ast.FieldList
		switch typ := s.Type.(type) {
		case *ast.StructType:
			members = typ.Fields
		case *ast.InterfaceType:
			members = typ.Methods
		default:
			return
		}
		for _, f := range members.List {
			for _, id := range f.Names {
				n.declare(pkg, s.Name.Name, id.Name)
			}
		}
	}
}

func namesOf(t *testing.T) names {
	t.Helper()
	n := names{files: map[string]bool{}, packages: map[string]map[string]bool{}, all: map[string]bool{}}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		path := strings.TrimPrefix(filepath.ToSlash(p), root+"/")
		n.files[path] = true
		n.files[filepath.Base(path)] = true
		if filepath.Ext(p) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err == nil {
			n.file(f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// outside are packages of others that pages name.
var outside = []string{"tlog", "note", "excelize"}

// has reports whether there is such a file, package or Go name.
func (n names) has(word string) bool {
	if n.files[word] || n.all[word] || n.packages[word] != nil {
		return true
	}
	pkg, name, _ := strings.Cut(word, ".")
	return slices.Contains(outside, pkg) || n.packages[pkg][name]
}

var (
	span   = regexp.MustCompile("`([^`\n]+)`")
	goName = regexp.MustCompile(`^[A-Za-z]+(\.[A-Za-z]+)*$|^[a-z][a-z/]+(/[a-z_]+\.go)?$|^[a-z_]+\.go$`)
	// data ends the names of files that a running program makes.
	data = regexp.MustCompile(`\.(age|db|json|txt)$`)
	// words are code, and no names of ours: kinds of entry, a leaf's field,
	// packages of others.
	words = []string{"claim", "confirm", "print", "v", "excelize",
		"archive/zip", "boombuler/barcode", "encoding/csv", "encoding/xml"}
)

// Every file and Go name that a page names is there.
func TestNames(t *testing.T) {
	n := namesOf(t)
	looked := 0
	for page, text := range pages(t) {
		if page == "README.md" || page == "docs/first-sale.md" {
			continue // they speak of commands, not of code
		}
		for _, m := range span.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			word := strings.TrimSuffix(m[1], "/")
			if !goName.MatchString(word) || data.MatchString(word) || slices.Contains(words, word) {
				continue
			}
			looked++
			if !n.has(word) {
				t.Errorf("%s: there is no %s", page, m[1])
			}
		}
	}
	if looked < 100 {
		t.Errorf("only %d names were looked at", looked)
	}
}

var (
	apiCall  = regexp.MustCompile(`(?:\bapi \w+ (?:GET|POST|PUT) "?|localhost:8437)(/[^\s'"?]*)`)
	variable = regexp.MustCompile(`\{\w+\}`)
	command  = regexp.MustCompile("(?m)(?:^|`|\\()jate ([a-z]+)")
	target   = regexp.MustCompile("(?m)(?:^ {4}|`|^)make ([a-z]+)")
)

// Every route, command and make target that a page uses is there.
func TestCommands(t *testing.T) {
	main, targets := read(t, filepath.Join(root, "cmd/jate/main.go")), read(t, filepath.Join(root, "Makefile"))
	var routes []*regexp.Regexp
	for line := range strings.Lines(read(t, filepath.Join(root, "openapi.yaml"))) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, ":\n"), "  /"); ok && !strings.Contains(path, " ") {
			routes = append(routes, regexp.MustCompile("^/"+variable.ReplaceAllString(path, "[^/]+")+"$"))
		}
	}
	calls := 0
	for page, text := range pages(t) {
		for _, m := range apiCall.FindAllStringSubmatch(text, -1) {
			path := m[1]
			if strings.HasPrefix(m[0], "api ") {
				path = "/api/v1" + path
			}
			path = strings.ReplaceAll(path, "/$(id", "/id")
			if strings.Contains(path, "$") {
				continue
			}
			calls++
			if !slices.ContainsFunc(routes, func(r *regexp.Regexp) bool { return r.MatchString(path) }) {
				t.Errorf("%s: %s is not in openapi.yaml", page, path)
			}
		}
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			if m[1] != "help" && !strings.Contains(main, `{"`+m[1]+`", `) {
				t.Errorf("%s: there is no jate %s", page, m[1])
			}
		}
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(targets, "\n"+m[1]+":") {
				t.Errorf("%s: there is no make %s", page, m[1])
			}
		}
	}
	if calls < 15 {
		t.Errorf("only %d calls were looked at", calls)
	}
}
