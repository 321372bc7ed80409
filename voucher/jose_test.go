package voucher

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jate-cva/jate/internal/toolcheck"
)

// Strangers' libraries (jose, @hpke/core, WebCrypto) read our vouchers,
// records, factors and lists, refuse changed ones, and what they sign and seal
// in return is accepted here: the handheld may rely on the same vectors.
func TestInterop_jose(t *testing.T) {
	if testing.Short() {
		t.Skip("installs two npm packages")
	}
	toolcheck.Need(t, "node", "npm")
	vectors, err := filepath.Abs(filepath.Join("testdata", "vectors"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "jose"))); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Logf("%s %v: %s%s", name, args, out, stderr.Bytes())
		}
		return out, err
	}
	if _, err := run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		if os.Getenv("JATE_TOOLS") == "required" {
			t.Fatal("npm ci failed")
		}
		t.Skip("npm ci failed; is the registry in reach?")
	}
	jwks, err := JWKS(testKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "jwks.json"), jwks, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run("node", "interop.mjs", vectors, "jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	type signed struct {
		X   Base64 `json:"x"`
		JWS string `json:"jws"`
	}
	var made struct {
		EV               Base64 `json:"ev"`
		Request, Receipt signed
	}
	if err := json.Unmarshal(out, &made); err != nil {
		t.Fatal(err)
	}
	if got, err := OpenFactor(testSealKey(t, "seal"), made.EV, "h1", "0123456789ABCDEF", 41); err != nil || got != (Factor{"9876543210987654", "135790"}) {
		t.Errorf("OpenFactor = %v, %v", got, err)
	}
	if r, err := ParseRequest(made.Request.JWS, ed25519.PublicKey(made.Request.X)); err != nil || r.Path != "/api/v1/bundles/z14?a=1&b=<2>" {
		t.Errorf("ParseRequest = %v, %v", r, err)
	}
	if r, _, err := ParseRecord(made.Receipt.JWS, ed25519.PublicKey(made.Receipt.X)); err != nil || r.Body.(Receipt).Amount != 5000 {
		t.Errorf("ParseRecord = %v, %v", r, err)
	}
}
