package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/jate-cva/jate/internal/toolcheck"
)

// With --acme the server gets its certificate from an ACME server (Let's
// Encrypt's own for tests), by a challenge on the very port that it serves on,
// keeps it where only its owner reads, and asks for no name but its own.
func TestServe_acme(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a program that has to be built first")
	}
	pebble := toolcheck.Built(t, "pebble")
	p := newPapers(t, t.TempDir(), 1) // by which the ACME server is known
	authority := freePort(t)
	var folder string
	s := runServer(t, func(dir string, c *appConfig) {
		folder = filepath.Join(dir, "acme")
		c.edge = reachedBy(t, dir, "--acme", "jate.example.org", "--acme-ca", p.cert, "--acme-directory", "https://"+authority+"/dir")
	})
	management := freePort(t)
	startPebble(t, s, pebble, p, authority, management)

	base := "https://" + s.address
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{ServerName: "jate.example.org", RootCAs: rootsOf(t, p, management)}}}
	if ready := readiness(t, client, base, ""); ready["tls"] != "acme" || ready["warning"] != "" {
		t.Errorf("ready: %v", ready)
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder with the certificate's key: %v, %v", info, err)
	}
	kept, err := filepath.Glob(filepath.Join(folder, "jate.example.org*"))
	if err != nil || len(kept) == 0 {
		t.Fatalf("nothing is kept: %v", err)
	}
	for _, name := range kept {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	other, err := tls.Dial("tcp", s.address, &tls.Config{ServerName: "other.example.org", InsecureSkipVerify: true}) // #nosec G402 -- any certificate would be wrong
	if err == nil {
		other.Close()
		t.Error("it has a certificate for a name that is not its own")
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return l.Addr().String()
}

// startPebble runs the ACME server, which looks at challenges on the port of
// s and finds every host on this machine.
func startPebble(t *testing.T, s *running, program string, p papers, authority, management string) {
	t.Helper()
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{"listenAddress": authority, "managementListenAddress": management,
		"certificate": p.cert, "privateKey": p.key, "httpPort": 1, "tlsPort": json.Number(port), "keyAlgorithm": "ecdsa",
		"retryAfter": map[string]int{"authz": 1, "order": 1}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	var log lines
	cmd := exec.CommandContext(t.Context(), program, "-config", file, "-dnsserver", nameServer(t)) // #nosec G204 -- a program of tools/go.mod
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PEBBLE_AUTHZREUSE=0")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed, which is an error to it
		if t.Failed() {
			t.Logf("server: %s\npebble: %s", s.log, &log)
		}
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", authority)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("no ACME server: %v", err)
		}
	}
}

// rootsOf asks the ACME server for the root of the certificates that it gives.
func rootsOf(t *testing.T, p papers, management string) *x509.CertPool {
	t.Helper()
	res, err := p.client().Get("https://" + management + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	pem, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no root: %s", pem)
	}
	return roots
}

// nameServer answers, over TCP, that every host is this machine.
func nameServer(t *testing.T) string {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			go answerNames(conn)
		}
	}()
	return l.Addr().String()
}

func answerNames(conn net.Conn) {
	defer conn.Close()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		var m dnsmessage.Message
		if b := make([]byte, length); readFull(conn, b) != nil || m.Unpack(b) != nil || len(m.Questions) != 1 {
			return
		}
		q := m.Questions[0]
		m = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
		if q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
		}
		packed, err := m.AppendPack([]byte{0, 0})
		if err != nil {
			return
		}
		binary.BigEndian.PutUint16(packed, uint16(len(packed)-2))
		if _, err := conn.Write(packed); err != nil {
			return
		}
	}
}

func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	return err
}
