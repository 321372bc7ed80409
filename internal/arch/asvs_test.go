package arch

import (
	"go/ast"
	"strings"
	"testing"
)

// What is encrypted here is authenticated too: package crypto/cipher is used for
// GCM alone, and no cipher without authentication, no broken one and no broken
// hash is imported. Bank files and other forms of others keep their own rules,
// and would stand here with a reason.
func TestASVS_11_3_3(t *testing.T) {
	found := false
	for _, s := range readTree(t) {
		if s.isTest() {
			continue
		}
		for _, imported := range s.imports() {
			for _, weak := range []string{"crypto/des", "crypto/rc4", "crypto/md5", "crypto/sha1", "crypto/dsa", "golang.org/x/crypto/blowfish",
				"golang.org/x/crypto/openpgp", "golang.org/x/crypto/salsa20", "golang.org/x/crypto/md4", "golang.org/x/crypto/chacha20"} {
				if imported == weak {
					t.Errorf("%s imports %s", s.path, weak)
				}
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			x, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := x.X.(*ast.Ident); ok && pkg.Name == "cipher" && strings.HasPrefix(x.Sel.Name, "New") {
				found = true
				if !strings.HasPrefix(x.Sel.Name, "NewGCM") {
					t.Errorf("%s: cipher.%s", s.at(n.Pos()), x.Sel.Name)
				}
			}
			return true
		})
	}
	if !found {
		t.Error("nothing is encrypted: this test looks at the wrong files")
	}
}
