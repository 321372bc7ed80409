package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const linesMax = 700 // of one file

// namesMeaningNothing are names under which anything could be found.
var namesMeaningNothing = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "misc", "shared"}

// domain are the folders whose time comes from outside, so that a round can
// be replayed and a test decides what day it is.
var domain = []string{"money", "fault", "ledger", "voucher", "vendors", "distribution", "feedback", "reconcile", "store"}

// explained are the folders where every exported name has a comment.
var explained = append([]string{"access", "internal"}, domain...)

// exact are the folders where no amount may pass through a float. Millimetres
// on paper are no amounts, and neither are probabilities and scores: detectors
// keep theirs in a folder of their own, which the books do not import, and hand
// out whole numbers.
var (
	exact    = []string{"money", "ledger", "vendors", "voucher", "feedback", "reconcile"}
	geometry = []string{"voucher/cards", "reconcile/report/layout"}
	odds     = []string{"reconcile/detect"}
)

// inexact are the names by which a float comes in.
var inexact = []string{"float32", "float64", "ParseFloat", "InexactFloat64", "NewFromFloat", "NewFromFloat32", "BigFloat"}

// measures reports whether the file exists to measure: a duration is not the
// time of an event, and a metric counts in floats beside the books.
func measures(s source) bool { return path.Base(s.path) == "instrumenting.go" }

func inside(s source, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return under(s.dir(), f) })
}

// checkStyle returns what is wrong with one file. Tests are held to the first
// two rules only.
func checkStyle(s source) []string {
	var wrong []string
	complain := func(pos token.Pos, format string, args ...any) {
		wrong = append(wrong, s.at(pos)+": "+fmt.Sprintf(format, args...))
	}
	if slices.Contains(namesMeaningNothing, strings.TrimSuffix(s.file.Name.Name, "_test")) {
		complain(s.file.Name.Pos(), "package %s: name it after what it provides", s.file.Name.Name)
	}
	if s.lines > linesMax {
		complain(s.file.Name.Pos(), "%d lines, at most %d", s.lines, linesMax)
	}
	if s.isTest() {
		return wrong
	}
	if inside(s, domain) && !measures(s) {
		for _, call := range clockReadings(s.file) {
			complain(call.Pos(), "reads the clock; time comes from outside")
		}
	}
	if inside(s, exact) && !inside(s, geometry) && !inside(s, odds) && !measures(s) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if slices.Contains(inexact, n.Name) {
					complain(n.Pos(), "%s: amounts are whole numbers", n.Name)
				}
			case *ast.BasicLit:
				// 1e6 is how a whole number may be written; 0.5 is not one.
				if n.Kind == token.FLOAT && strings.Contains(n.Value, ".") {
					complain(n.Pos(), "%s: amounts are whole numbers", n.Value)
				}
			}
			return true
		})
	}
	if inside(s, explained) {
		for _, name := range unexplained(s.file) {
			complain(name.Pos(), "%s is exported and has no comment", name.Name)
		}
	}
	return wrong
}

// clockReadings returns the calls of time.Now, time.Since and time.Until,
// whatever the file calls package time.
func clockReadings(f *ast.File) []ast.Node {
	name := ""
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil && p == "time" {
			name = "time"
			if spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	var calls []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		var pkg, fn string
		switch fun := call.Fun.(type) {
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok {
				pkg, fn = x.Name, fun.Sel.Name
			}
		case *ast.Ident:
			pkg, fn = ".", fun.Name
		}
		if name != "" && pkg == name && (fn == "Now" || fn == "Since" || fn == "Until") {
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

// unexplained returns the exported functions, methods of exported types,
// types, constants and variables without a comment. A group's comment
// explains its members, and so does one behind them.
func unexplained(f *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d.Recv))) && !said(d) {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() && spec.Doc == nil && d.Doc == nil {
						names = append(names, spec.Name)
					}
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						if n.IsExported() && spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
							names = append(names, n)
						}
					}
				}
			}
		}
	}
	return names
}

// said lists methods whose meaning another package's interface fixes.
func said(d *ast.FuncDecl) bool {
	return d.Recv != nil && slices.Contains([]string{"Len", "Less", "Swap", "Unwrap"}, d.Name.Name)
}

// receiver returns the name of a method's type.
func receiver(fields *ast.FieldList) string {
	t := fields.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func TestStyle(t *testing.T) {
	for _, s := range readTree(t) {
		for _, w := range checkStyle(s) {
			t.Error(w)
		}
	}
}

func TestStyle_Bites(t *testing.T) {
	for name, tt := range map[string]struct {
		path, text string
		wrong      int
	}{
		"a name meaning nothing":          {"voucher/x.go", "package utils", 1},
		"its tests":                       {"voucher/x_test.go", "package helpers_test", 1},
		"a long file":                     {"cmd/jate/x.go", "package main" + strings.Repeat("\n", linesMax+1), 1},
		"a file of the longest":           {"cmd/jate/x.go", "package main" + strings.Repeat("\n", linesMax), 0},
		"the clock":                       {"ledger/x.go", "package x\nimport \"time\"\nvar t = time.Now()", 1},
		"the clock, elapsed":              {"store/bolt/x.go", "package x\nimport \"time\"\nvar t = time.Since(u)", 1},
		"the clock by another name":       {"ledger/x.go", "package x\nimport clock \"time\"\nvar t = clock.Now()", 1},
		"the clock by no name":            {"ledger/x.go", "package x\nimport . \"time\"\nvar t = Now()", 1},
		"the clock in a test":             {"ledger/x_test.go", "package x\nimport \"time\"\nvar t = time.Now()", 0},
		"the clock in cmd":                {"cmd/jate/x.go", "package x\nimport \"time\"\nvar t = time.Now()", 0},
		"a clock given":                   {"ledger/x.go", "package x\nfunc f(time struct{Now func()}) { time.Now() }", 0},
		"the clock as a default":          {"ledger/x.go", "package x\nimport \"time\"\nvar now = time.Now", 0},
		"a float":                         {"money/x.go", "package x\nvar f float64", 1},
		"a float in a folder inside":      {"ledger/export/x.go", "package x\nfunc f() []float32 { return nil }", 1},
		"half":                            {"voucher/x.go", "package x\nconst half = 0.5", 1},
		"a million":                       {"voucher/x.go", "package x\nconst million int = 1e6", 0},
		"a parsed float":                  {"vendors/x.go", "package x\nimport \"strconv\"\nvar f, _ = strconv.ParseFloat(\"1\", 64)", 1},
		"millimetres":                     {"voucher/cards/x.go", "package x\nconst edge float64 = 0.5", 0},
		"a score":                         {"reconcile/detect/x.go", "package x\nvar score float64", 0},
		"a score beside amounts":          {"reconcile/x.go", "package x\nvar score float64", 1},
		"a measured duration":             {"store/bolt/instrumenting.go", "package x\nimport \"time\"\nvar t = time.Now()", 0},
		"a counter":                       {"voucher/instrumenting.go", "package x\nfunc f(n int) float64 { return float64(n) }", 0},
		"a bare function":                 {"ledger/x.go", "package x\nfunc F() {}", 1},
		"a bare method":                   {"ledger/x.go", "package x\n// T is.\ntype T int\nfunc (t *T) F() {}", 1},
		"a bare method of a generic type": {"ledger/x.go", "package x\n// T is.\ntype T[A any] struct{}\nfunc (t T[A]) F() {}", 1},
		"a method of a hidden type":       {"ledger/x.go", "package x\ntype t int\nfunc (t) F() {}", 0},
		"bare names":                      {"ledger/x.go", "package x\ntype T int\nconst C = 1\nvar A, b, D int", 4},
		"a group explained":               {"ledger/x.go", "package x\n// These are.\nconst (\n\tA = 1\n\tB = 2\n)", 0},
		"members explained":               {"ledger/x.go", "package x\nconst (\n\tA = 1 // one\n\t// B is.\n\tB = 2\n)", 0},
		"a bare function in cmd":          {"cmd/jate/x.go", "package x\nfunc F() {}", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parse(tt.path, []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := checkStyle(s); len(got) != tt.wrong {
				t.Errorf("%d complaints, want %d: %q", len(got), tt.wrong, got)
			}
		})
	}
}
