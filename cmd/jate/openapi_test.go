package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
)

// openapi.yaml is the contract: every route is in it and nothing else, each
// answers as it says in a round from the list to the closed books, and each
// refuses whom and what it says.
func TestOpenAPI(t *testing.T) {
	c := newContract(t)
	described := c.operations()
	t.Run("every route of the sources is described, and no other", func(t *testing.T) {
		if diff := cmp.Diff(routesOfSources(t), slices.Sorted(maps.Keys(described))); diff != "" {
			t.Errorf("routes (-sources +openapi.yaml):\n%s", diff)
		}
	})
	s := newStory(t, c)
	if !t.Run("a round", s.tell) {
		return // what follows repeats its requests
	}
	t.Run("every operation succeeded once", func(t *testing.T) {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(described)), slices.Sorted(maps.Keys(c.done))); diff != "" {
			t.Errorf("operations (-openapi.yaml +done):\n%s", diff)
		}
	})
	t.Run("nothing that was planted leaks", s.leaks)
	t.Run("reports and exports that left are in the journal", s.handedOut)
	t.Run("every act that takes two people has a proof", func(t *testing.T) { s.in(t); s.watched() })
	for _, name := range slices.Sorted(maps.Keys(described)) {
		t.Run(name, func(t *testing.T) { s.refusals(t, name) })
	}
	t.Run("from another programme", s.apart) // last: with it the server has two
}

var routePattern = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) /\S*$`)

// routesOfSources collects the patterns of net/http that stand in the module's
// sources. Each must be one literal, so that it can be found here.
func routesOfSources(t *testing.T) []string {
	t.Helper()
	var routes []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sum, ok := n.(*ast.BinaryExpr); ok {
				if text, ok := literal(sum.X); ok && routePattern.MatchString(text) {
					t.Errorf("%s: the pattern %q… is not one literal", path, text)
				}
			}
			if e, ok := n.(ast.Expr); ok {
				if text, ok := literal(e); ok && routePattern.MatchString(text) {
					routes = append(routes, text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(routes)
	return routes
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// refusals repeats the request of an operation that succeeded, each time with
// one thing wrong. The contract checks the form of every answer.
func (s *story) refusals(t *testing.T, name string) {
	op := s.contract.operations()[name]
	allowed, byStaff := roles(op)
	if byStaff {
		t.Run("without a token", func(t *testing.T) {
			s.refused(t, name, http.StatusUnauthorized, "unauthenticated", func(r *http.Request) { r.Header.Del("Authorization") })
		})
		t.Run("in the wrong role", func(t *testing.T) { s.rolesOf(t, name, allowed) })
	} else if takesSession(op) {
		t.Run("without a session", func(t *testing.T) {
			s.refused(t, name, http.StatusUnauthorized, "unauthenticated", func(r *http.Request) { r.Header.Del("Authorization") })
		})
	} else if len(*op.Security) > 0 {
		t.Run("without a proof", func(t *testing.T) {
			s.refused(t, name, http.StatusUnauthorized, "handheld_request", func(r *http.Request) { r.Header.Del("Jate-Proof") })
		})
	}
	if op.RequestBody != nil && op.RequestBody.Value.Content["application/json"] != nil {
		for what, text := range map[string]string{"is cut": "{", "has an unknown field": `{"surprise":1}`, "is of another kind": "[]"} {
			t.Run("with a body that "+what, func(t *testing.T) {
				s.refused(t, name, http.StatusBadRequest, "body_malformed", func(r *http.Request) { *r = *withBody(r, []byte(text)) })
			})
		}
	}
	if takesKey(op) {
		t.Run("without a key", func(t *testing.T) {
			s.refused(t, name, http.StatusBadRequest, "idempotency_key", func(r *http.Request) { r.Header.Del("Idempotency-Key") })
		})
		if used := s.keyOfAnother(name); used != "" {
			t.Run("with the key of another command", func(t *testing.T) {
				s.refused(t, name, http.StatusConflict, "idempotency_key_reused", func(r *http.Request) { r.Header.Set("Idempotency-Key", used) })
			})
		}
	}
	if _, path, _ := strings.Cut(name, " "); byStaff && strings.Contains(path, "{") && !answersUnknown[name] {
		t.Run("of something unknown", func(t *testing.T) {
			a := s.repeat(t, name, func(r *http.Request) {
				r.URL.Path = pathParameter.ReplaceAllString(path, "0000000000000000")
				r.Header.Set("Idempotency-Key", s.key())
			})
			if a.status != http.StatusNotFound {
				t.Errorf("%d %s", a.status, a.text("code"))
			}
		})
	}
}

// rolesOf has every role repeat the request: those that the description names
// get past the gate and nobody else.
func (s *story) rolesOf(t *testing.T, name string, allowed map[string]bool) {
	for _, role := range access.Roles() {
		a := s.repeat(t, name, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.token(string(role))) })
		if refused := a.status == http.StatusForbidden && a.text("code") == "role_missing"; refused == allowed[string(role)] {
			t.Errorf("%s: %d %s, but described are %v", role, a.status, a.text("code"), slices.Sorted(maps.Keys(allowed)))
		}
	}
}

// pathParameter is what is replaced by a serial and id that nothing has.
var pathParameter = regexp.MustCompile(`\{[a-z]+\}`)

// answersUnknown lists what is no mistake to ask of something unknown: it is
// made.
var answersUnknown = map[string]bool{
	"PUT /api/v1/points/{id}": true,
	"PUT /api/v1/zones/{id}":  true,
}
