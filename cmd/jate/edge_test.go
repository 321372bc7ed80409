package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
)

// With a certificate from files the API and the handheld answer over TLS, in
// HTTP/2 too, browsers are told to come so for a year, and a renewed
// certificate is taken without a restart.
func TestServe_tls(t *testing.T) {
	files := t.TempDir()
	p := newPapers(t, files, 1)
	s := runServer(t, func(dir string, c *appConfig) {
		c.edge = reachedBy(t, dir, "--tls-cert", p.cert, "--tls-key", p.key, "--redirect", "127.0.0.1:0")
	})
	base := "https://" + s.address
	res, err := p.client().Do(programme(t, base, s.token(t, access.RoleAdministrator)))
	if err != nil || res.StatusCode != http.StatusCreated || res.ProtoMajor != 2 {
		t.Fatalf("a programme over TLS: %v, %v", res, err)
	}
	for _, path := range []string{"/readyz", handheldPath} {
		res, err := p.client().Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("%s: Strict-Transport-Security is %q", path, got)
		}
	}
	ready := readiness(t, p.client(), base, "")
	if ready["tls"] != "files" || ready["certificate_until"] == "" || ready["warning"] != "" {
		t.Errorf("ready: %v", ready)
	}
	if res, err := http.Get("http://" + s.address + "/readyz"); err == nil && res.StatusCode == http.StatusOK {
		t.Error("it answers in the clear too")
	}

	number := func() int64 {
		conn, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true}) // #nosec G402 -- looks at the number alone
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	after := func(said string) {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(10 * time.Second); !strings.Contains(s.log.String(), said); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the log does not say %q:\n%s", said, s.log)
			}
		}
	}
	whole, err := os.ReadFile(p.cert)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.cert, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	after("cannot be used")
	if n := number(); n != 1 {
		t.Errorf("with half a file the certificate is number %d", n)
	}
	newPapers(t, files, 2)
	after("another certificate")
	if n := number(); n != 2 {
		t.Errorf("renewed, the certificate is number %d", n)
	}
}

// TLS is version 1.2 at least, with forward secrecy and authenticated
// encryption.
func TestASVS_12_1_1(t *testing.T) {
	p := newPapers(t, t.TempDir(), 1)
	s := runServer(t, func(dir string, c *appConfig) { c.edge = reachedBy(t, dir, "--tls-cert", p.cert, "--tls-key", p.key) })
	try := func(c *tls.Config) error {
		c.RootCAs = p.roots
		conn, err := tls.Dial("tcp", s.address, c)
		if err == nil {
			conn.Close()
		}
		return err
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if try(&tls.Config{MinVersion: version, MaxVersion: version}) == nil {
			t.Errorf("it speaks %s", tls.VersionName(version))
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if err := try(&tls.Config{MinVersion: version, MaxVersion: version}); err != nil {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	weak := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}
	for _, suite := range tls.InsecureCipherSuites() {
		weak = append(weak, suite.ID)
	}
	if try(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: weak}) == nil {
		t.Error("it takes suites without authenticated encryption")
	}
}

// Without TLS nothing is said to a browser about TLS, and an operator is told,
// in words, when other machines can reach the server.
func TestServe_clear(t *testing.T) {
	s := runServer(t, nil)
	base := "http://" + s.address
	ready := readiness(t, http.DefaultClient, base, "")
	if ready["tls"] != "none" || ready["warning"] != "" || strings.Contains(s.log.String(), "TLS") {
		t.Errorf("on the loopback: %v\n%s", ready, s.log)
	}
	if res, err := http.Get(base + "/readyz"); err != nil || res.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("in the clear: %v, %v", res, err)
	}
	anywhere := &net.TCPAddr{IP: net.IPv4zero, Port: 8437}
	s.cfg.edge.warn(anywhere, s.app.log)
	if !strings.Contains(s.log.String(), "--tls-cert") || !strings.Contains(s.log.String(), `"code":"tls_missing"`) {
		t.Errorf("no warning: %s", s.log)
	}
	if ready = readiness(t, http.DefaultClient, base, "fr"); ready["warning"] != "tls_missing" || !strings.Contains(ready["warning_text"], "sans TLS") {
		t.Errorf("from anywhere: %v", ready)
	}
	proxied := edge{proxies: reachedBy(t, "", "--proxy", "127.0.0.1, 10.0.0.0/8").proxies}
	if proxied.warn(anywhere, s.app.log); proxied.exposed || proxied.how() != "proxy" {
		t.Error("behind a proxy it warns")
	}
}

// readiness returns what /readyz says.
func readiness(t *testing.T, c *http.Client, base, language string) map[string]string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", language)
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all map[string]any
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	said := map[string]string{}
	for name, v := range all {
		said[name] = fmt.Sprint(v)
	}
	for name := range said {
		if all[name] == nil {
			t.Errorf("%s is null", name)
		}
	}
	return said
}
