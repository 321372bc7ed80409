package httpkit

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// SecureTLS sets what a server's TLS must be: version 1.2 at least (ASVS 12.1.1,
// RFC 9325), and of 1.2 only suites with forward secrecy and authenticated
// encryption. Of 1.3 Go offers no others.
func SecureTLS(c *tls.Config) *tls.Config {
	c.MinVersion = tls.VersionTLS12
	c.CipherSuites = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
	return c
}

// Certificate is a certificate and its key, in PEM files that somebody else
// renews.
type Certificate struct {
	certFile, keyFile string

	now  atomic.Pointer[tls.Certificate]
	read [2][]byte // what the files held; of Reload alone
}

// OpenCertificate reads the files. The first certificate is the server's, the
// others lead to one that clients know.
func OpenCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	_, err := c.Reload()
	return c, err
}

// certificateMax bounds each file: a chain of RSA certificates has some 8 KiB.
const certificateMax = 1 << 20

// Reload reads the files again and reports whether the certificate is another
// now. Where they cannot be used, such as between the writing of one and of the
// other, the certificate stays what it was. Calls must not overlap.
func (c *Certificate) Reload() (changed bool, err error) {
	var read [2][]byte
	for i, name := range []string{c.certFile, c.keyFile} {
		if read[i], err = readFile(name); err != nil {
			return false, err
		}
	}
	if c.now.Load() != nil && bytes.Equal(read[0], c.read[0]) && bytes.Equal(read[1], c.read[1]) {
		return false, nil
	}
	pair, err := tls.X509KeyPair(read[0], read[1])
	if err != nil {
		return false, fmt.Errorf("%s with %s: %w", c.certFile, c.keyFile, err)
	}
	c.read = read
	c.now.Store(&pair)
	return true, nil
}

func readFile(name string) (b []byte, err error) {
	f, err := os.Open(name) // #nosec G304 -- the operator names the file by a flag
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if b, err = io.ReadAll(io.LimitReader(f, certificateMax+1)); err == nil && len(b) > certificateMax {
		err = fmt.Errorf("%s: more than %d bytes", name, certificateMax)
	}
	return b, err
}

// Until returns when the certificate ends.
func (c *Certificate) Until() time.Time { return c.now.Load().Leaf.NotAfter }

// Names reports whether the certificate is for a host.
func (c *Certificate) Names(host string) bool { return c.now.Load().Leaf.VerifyHostname(host) == nil }

// Config returns a configuration that always has the certificate of now.
func (c *Certificate) Config() *tls.Config {
	return SecureTLS(&tls.Config{NextProtos: []string{"h2", "http/1.1"}, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return c.now.Load(), nil
	}})
}
