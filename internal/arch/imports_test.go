package arch

import (
	"fmt"
	"path"
	"strings"
	"testing"
)

// layers is the order of the domain: a package imports what stands before it
// and nothing that stands beside or behind it. A folder inside a package
// belongs to it.
var layers = map[string]int{
	"money": 0, "fault": 0,
	"ledger":       1,
	"access":       2,
	"documents":    3,
	"vendors":      4,
	"voucher":      5,
	"distribution": 6,
	"feedback":     7,
	"finance":      7,
	"reconcile":    8,
	"leaving":      9,
}

// isEdgeFile reports whether transport may be spoken of in a file of a service
// package: outside cmd only these may use internal/httpkit.
func isEdgeFile(p string) bool {
	name := path.Base(p)
	return strings.HasPrefix(name, "endpoints") || strings.HasPrefix(name, "transport") ||
		name == "instrumenting.go" || name == "logging.go"
}

// place says where a folder stands: the name of a layer, "store", "cmd",
// "web", "test", "internal/x", or "" for a place the diagram does not have.
func place(dir string) string {
	top, rest, _ := strings.Cut(dir, "/")
	switch {
	case top == "internal" && rest != "":
		name, _, _ := strings.Cut(rest, "/")
		return "internal/" + name
	case top == "store" && rest != "":
		name, _, _ := strings.Cut(rest, "/")
		return "store/" + name
	case top == "cmd" || top == "web" || top == "test":
		return top
	}
	if _, ok := layers[top]; ok {
		return top
	}
	return ""
}

// checkOwn returns what is wrong with s importing the folder to of this
// module, or "".
func checkOwn(s source, to string) string {
	from, target := place(s.dir()), place(to)
	fromLayer, isLayer := layers[from]
	toLayer, toIsLayer := layers[target]
	pure := toIsLayer && toLayer == 0
	switch {
	case target == "":
		return "has no place in the diagram"
	case from == target && from != "money" && from != "fault":
		return "" // within one package and its folders
	case target == "cmd" || target == "test":
		return "nothing imports " + target
	case from == "cmd" || from == "test":
		return ""
	case strings.HasPrefix(target, "store/"):
		return "only cmd imports a store"
	case target == "web":
		return "only cmd imports web"
	case from == "web":
		return "web imports nothing of ours"
	case from == "money" || from == "fault":
		return "money and fault import nothing of ours"
	case from == "internal/httpkit" && target != "fault":
		return "httpkit imports nothing of ours but fault"
	case strings.HasPrefix(from, "internal/") && !pure && target != "internal/workbook":
		return "internal packages import money, fault and internal/workbook at most"
	case target == "internal/httpkit" && !(isLayer && isEdgeFile(s.path)):
		return "httpkit is for endpoints*.go, transport*.go, instrumenting.go, logging.go and cmd"
	case isLayer && toIsLayer && toLayer >= fromLayer:
		return "points upwards: " + target + " stands above " + from
	}
	return ""
}

// confined says where an outside dependency may appear, and why.
var confined = []struct {
	prefix  string
	allowed func(source) bool
	reason  string
}{
	{"go.etcd.io/bbolt", func(s source) bool { return place(s.dir()) == "store/bolt" },
		"bbolt is known to store/bolt alone"},
	{"net/http", func(s source) bool { return !strings.HasPrefix(place(s.dir()), "store/") },
		"a store speaks no HTTP"},
	{"github.com/go-kit/", func(s source) bool { return !strings.HasPrefix(place(s.dir()), "store/") },
		"a store knows no endpoints"},
	{"testing", source.forTests, "only packages for tests link testing"},
	{"github.com/google/go-cmp", source.forTests, "only packages for tests link go-cmp"},
	{"pgregory.net/rapid", source.forTests, "only packages for tests link rapid"},
	{"github.com/anishathalye/porcupine", source.forTests, "only packages for tests link porcupine"},
	{"github.com/hanwen/go-fuse", source.forTests, "only packages for tests link go-fuse"},
	{"github.com/jackc/pgx", source.forTests, "only packages for tests link pgx"},
}

// checkImports returns every wrong import of a file that is no test.
func checkImports(s source) []string {
	var wrong []string
	if place(s.dir()) == "" {
		wrong = append(wrong, fmt.Sprintf("%s: %s has no place in the diagram", s.path, s.dir()))
	}
	for _, imported := range s.imports() {
		why := ""
		if to, ours := strings.CutPrefix(imported, module+"/"); ours {
			why = checkOwn(s, to)
		}
		for _, c := range confined {
			if under(imported, strings.TrimSuffix(c.prefix, "/")) && !c.allowed(s) {
				why = c.reason
			}
		}
		if why != "" {
			wrong = append(wrong, fmt.Sprintf("%s imports %s: %s", s.path, imported, why))
		}
	}
	return wrong
}

func TestImports(t *testing.T) {
	for _, s := range readTree(t) {
		if s.isTest() {
			continue
		}
		for _, w := range checkImports(s) {
			t.Error(w)
		}
	}
}

// The checker bites: every wrong arrow is refused and every right one passes.
func TestImports_Bites(t *testing.T) {
	for _, tt := range []struct {
		path, imported string
		ok             bool
	}{
		// Downwards, near and far.
		{"reconcile/match.go", "distribution", true},
		{"reconcile/load.go", "feedback", true},
		{"feedback/answer.go", "distribution", true},
		{"feedback/answer.go", "reconcile", false},
		{"reconcile/match.go", "ledger", true},
		{"distribution/round.go", "voucher", true},
		{"distribution/intake/csv.go", "vendors", true},
		{"voucher/judge.go", "vendors", true},
		{"vendors/claim.go", "access", true},
		{"access/actor.go", "ledger", true},
		{"ledger/entry.go", "money", true},
		{"voucher/cards/card.go", "voucher", true},
		{"voucher/print.go", "voucher/cards", true},
		{"vouchers/print.go", "voucher", false},
		// Upwards and sideways.
		{"vendors/claim.go", "voucher", false},
		{"voucher/issue.go", "distribution", false},
		{"voucher/cards/card.go", "distribution/places", false},
		{"distribution/round.go", "reconcile", false},
		{"access/actor.go", "vendors", false},
		{"ledger/post.go", "access", false},
		{"ledger/export/hledger.go", "access", false},
		{"ledger/ledgertest/store.go", "voucher", false},
		{"money/money.go", "fault", false},
		{"fault/fault.go", "money", false},
		{"money/money.go", "internal/table", false},
		// The edge.
		{"internal/httpkit/problem.go", "fault", true},
		{"internal/httpkit/problem.go", "money", false},
		{"internal/httpkit/problem.go", "access", false},
		{"voucher/endpoints.go", "internal/httpkit", true},
		{"voucher/endpoints_sync.go", "internal/httpkit", true},
		{"voucher/transport_http.go", "internal/httpkit", true},
		{"voucher/instrumenting.go", "internal/httpkit", true},
		{"voucher/service.go", "internal/httpkit", false},
		{"voucher/endpoint.go", "internal/httpkit", false},
		{"store/bolt/transport.go", "internal/httpkit", false},
		{"internal/table/transport.go", "internal/httpkit", false},
		{"cmd/jate/serve.go", "internal/httpkit", true},
		// Internal packages.
		{"internal/table/table.go", "money", true},
		{"internal/samplelist/list.go", "fault", true},
		{"internal/samplelist/list.go", "internal/table", false},
		{"internal/samplelist/list.go", "internal/workbook", true},
		{"internal/samplelist/list.go", "distribution", false},
		{"distribution/intake/csv.go", "internal/table", true},
		// Stores, cmd and web.
		{"store/bolt/tx.go", "voucher", true},
		{"store/bolt/tx.go", "store/bolt/record", true},
		{"store/bolt/tx.go", "store/mem", false},
		{"store/bolt/tx.go", "internal/httpkit", false},
		{"voucher/service.go", "store/mem", false},
		{"voucher/vouchertest/store.go", "store/mem", false},
		{"cmd/jate/serve.go", "store/bolt", true},
		{"cmd/jate/serve.go", "web", true},
		{"cmd/jate/serve.go", "cmd/internal/flags", true},
		{"voucher/service.go", "cmd/jate", false},
		{"store/mem/tx.go", "cmd/jate", false},
		{"web/embed.go", "fault", false},
		{"voucher/service.go", "web", false},
		{"voucher/service.go", "newplace", false},
		// Of others.
		{"store/bolt/db.go", "//go.etcd.io/bbolt", true},
		{"store/bolt/db.go", "//go.etcd.io/bbolt/errors", true},
		{"store/mem/db.go", "//go.etcd.io/bbolt", false},
		{"cmd/jate/bench.go", "//go.etcd.io/bbolt", false},
		{"store/bolt/db.go", "//net/http", false},
		{"store/bolt/db.go", "//net/http/httptest", false},
		{"store/mem/db.go", "//github.com/go-kit/kit/endpoint", false},
		{"voucher/transport_http.go", "//net/http", true},
		{"access/actor.go", "//github.com/go-kit/kit/endpoint", true},
		{"voucher/vouchertest/store.go", "//testing", true},
		{"voucher/vouchertest/store.go", "//pgregory.net/rapid", true},
		{"voucher/service.go", "//testing", false},
		{"voucher/service.go", "//testing/fstest", false},
		{"ledger/post.go", "//github.com/google/go-cmp/cmp", false},
		{"main.go", "//fmt", false},
	} {
		imported, outside := strings.CutPrefix(tt.imported, "//")
		if !outside {
			imported = module + "/" + imported
		}
		s, err := parse(tt.path, fmt.Appendf(nil, "package x\n\nimport _ %q\n", imported))
		if err != nil {
			t.Fatal(err)
		}
		if wrong := checkImports(s); (len(wrong) == 0) != tt.ok {
			t.Errorf("%s importing %s: %q, want ok = %v", tt.path, tt.imported, wrong, tt.ok)
		}
	}
}
