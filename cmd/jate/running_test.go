package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// running is the real server on a folder and ports of its own, until the test
// ends.
type running struct {
	*app
	address string // without the scheme
	log     *lines
}

// run starts it with what the test changes of its configuration.
func runServer(t *testing.T, change func(dir string, c *appConfig)) *running {
	t.Helper()
	dir := t.TempDir()
	ask := func(name string) (string, error) { return "pass of " + name, nil }
	if err := makeFolder(dir, settings{Origin: "ngo.example/test", Issuer: "ngo", Development: true}, ask, 10); err != nil {
		t.Fatal(err)
	}
	r := &running{log: &lines{}}
	c := appConfig{dir: dir, ask: ask, now: time.Now, random: rand.Reader, log: httpkit.NewLogger(r.log, slog.LevelInfo)}
	api, inside := listen(t), listen(t)
	r.address = api.Addr().String()
	c.url = strings.Replace("http://"+r.address, "127.0.0.1", "localhost", 1)
	if change != nil {
		change(dir, &c)
	}
	var err error
	if r.app, err = openApp(c); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, r.app, api, inside) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := errors.Join(<-ended, r.app.close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// token is an access token in a role.
func (r *running) token(t *testing.T, role access.Role) string {
	t.Helper()
	token, err := r.authority.Mint(access.Grant{Staff: "s-" + string(role), Programme: "p1", Roles: []access.Role{role}})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// programme is a request for a programme, which changes something.
func programme(t *testing.T, base, token string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/programmes", strings.NewReader(`{"name":"One"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Idempotency-Key": {rand.Text()}}
	return r
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// papers are a certificate for 127.0.0.1 and its key as files, and the pool of
// who believes it.
type papers struct {
	cert, key string
	roots     *x509.CertPool
}

// newPapers writes a certificate with a number into dir, which may hold another.
func newPapers(t *testing.T, dir string, number int64) papers {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames: []string{"jate.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 0, 60),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p := papers{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()}
	for name, block := range map[string]*pem.Block{p.cert: {Type: "CERTIFICATE", Bytes: der}, p.key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	p.roots.AddCert(parsed)
	return p
}

// client believes the papers and keeps no connection.
func (p papers) client() *http.Client {
	return &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: p.roots}}}
}

// reachedBy opens what flags of serve say.
func reachedBy(t *testing.T, dir string, args ...string) edge {
	t.Helper()
	env := &environment{args: args, getenv: func(string) string { return "" }, stderr: &lines{}}
	fs := env.flags("serve")
	f := newEdgeFlags(fs)
	if _, err := env.parse(fs, 0); err != nil {
		t.Fatal(err)
	}
	e, err := f.open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
