package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	actors "github.com/oklog/run"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
)

// errClear is no refusal but what an operator must know.
var errClear = fault.New(fault.Invalid, "tls_missing",
	"Other machines reach this server without TLS. Whoever is on the way can read passwords, tokens and lists, and change what is answered. "+
		"Start it with --tls-cert and --tls-key, or with --acme HOST; or let it listen on 127.0.0.1 behind a proxy that speaks TLS.",
	"D'autres machines accèdent à ce serveur sans TLS. Quiconque se trouve sur le chemin peut lire mots de passe, jetons et listes, et modifier les réponses. "+
		"Démarrez-le avec --tls-cert et --tls-key, ou avec --acme HÔTE ; ou faites-le écouter sur 127.0.0.1 derrière un proxy qui parle TLS.")

// edgeFlags are the flags that say how callers reach the API.
type edgeFlags struct {
	cert, key           *string
	acme, directory, ca *string
	proxy, redirect     *string
}

func newEdgeFlags(fs *flag.FlagSet) edgeFlags {
	return edgeFlags{
		cert: fs.String("tls-cert", "", "PEM file with the certificate and its chain; read again when it changes, and on SIGHUP"),
		key:  fs.String("tls-key", "", "PEM file with the certificate's key"),
		acme: fs.String("acme", "",
			"host names, with commas between them, to get certificates for from an ACME server, whose terms you agree to by this; listen on :443 then"),
		directory: fs.String("acme-directory", autocert.DefaultACMEDirectory, "address of the ACME server's directory"),
		ca:        fs.String("acme-ca", "", "PEM file with the roots by which to know the ACME server, in the place of the system's"),
		proxy: fs.String("proxy", "",
			"addresses of proxies, with commas between them, that say whom a call comes from (X-Forwarded-For) and whether over TLS (X-Forwarded-Proto)"),
		redirect: fs.String("redirect", "", "address, such as :80, on which to send callers in the clear to HTTPS"),
	}
}

// edge is how callers reach the API. The zero edge is in the clear.
type edge struct {
	config   *tls.Config // nil in the clear
	proxies  httpkit.Proxies
	files    *httpkit.Certificate
	manager  *autocert.Manager
	redirect string // address; empty for none
	exposed  bool   // other machines reach it in the clear
}

// open reads what the flags name. dir is the data folder, where certificates of
// an ACME server are kept.
func (f edgeFlags) open(dir string) (edge, error) {
	e := edge{redirect: *f.redirect}
	var err error
	if e.proxies, err = httpkit.ParseProxies(*f.proxy); err != nil {
		return e, fmt.Errorf("--proxy: %w", err)
	}
	switch files := *f.cert != "" || *f.key != ""; {
	case files && *f.acme != "":
		return e, errors.New("serve takes --tls-cert and --tls-key, or --acme, and not both")
	case files && (*f.cert == "" || *f.key == ""):
		return e, errors.New("serve needs --tls-cert and --tls-key together")
	case files:
		if e.files, err = httpkit.OpenCertificate(*f.cert, *f.key); err != nil {
			return e, fmt.Errorf("the certificate: %w", err)
		}
		e.config = e.files.Config()
	case *f.acme != "":
		if e.manager, err = f.automatic(dir); err != nil {
			return e, err
		}
		e.config = httpkit.SecureTLS(e.manager.TLSConfig())
	}
	if e.redirect != "" && e.config == nil {
		return e, errors.New("--redirect needs TLS: --tls-cert and --tls-key, or --acme")
	}
	return e, nil
}

// how callers reach the API, as /readyz says it.
func (e *edge) how() string {
	switch {
	case e.files != nil:
		return "files" // TLS, with a certificate from files
	case e.manager != nil:
		return "acme" // TLS, with a certificate that an ACME server gives
	case len(e.proxies) > 0:
		return "proxy" // a proxy that is believed about TLS
	}
	return "none"
}

// automatic gets and renews certificates (RFC 8555), by a challenge over TLS
// itself (RFC 8737) or, with --redirect, over HTTP.
func (f edgeFlags) automatic(dir string) (*autocert.Manager, error) {
	hosts := strings.Split(*f.acme, ",")
	for i := range hosts {
		if hosts[i] = strings.TrimSpace(hosts[i]); !strings.Contains(hosts[i], ".") {
			return nil, fmt.Errorf("--acme: %q is not the whole name of a host", hosts[i])
		}
	}
	client := &acme.Client{DirectoryURL: *f.directory, UserAgent: "jate"}
	if *f.ca != "" {
		pem, err := os.ReadFile(*f.ca)
		if err != nil {
			return nil, fmt.Errorf("--acme-ca: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--acme-ca: %s holds no certificate", *f.ca)
		}
		client.HTTPClient = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	}
	return &autocert.Manager{
		Prompt: autocert.AcceptTOS,
		// Other names are refused, or anybody could have the server ask for
		// certificates until the ACME server gives it none.
		HostPolicy: autocert.HostWhitelist(hosts...),
		Cache:      autocert.DirCache(filepath.Join(dir, "acme")), // 0700, with files of 0600
		Client:     client,
	}, nil
}

// tell logs why an ACME server gives no certificate. net/http would say it with
// the address of whoever called, and to nobody (see quietly).
func (e *edge) tell(log *slog.Logger) {
	if e.manager == nil {
		return
	}
	get := e.config.GetCertificate
	e.config.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := get(h)
		if err != nil && e.manager.HostPolicy(h.Context(), h.ServerName) == nil {
			log.Warn("no certificate from the ACME server", slog.String("error", err.Error()))
		}
		return c, err
	}
}

// scheme is how the address of the API begins.
func (e edge) scheme() string {
	if e.config != nil {
		return "https://"
	}
	return "http://"
}

// warn logs what an operator must know about the way to the API, and remembers
// it for /readyz.
func (e *edge) warn(api net.Addr, log *slog.Logger) {
	if e.exposed = e.how() == "none" && !loopback(api); e.exposed {
		log.Warn(errClear.Sentence("en"), slog.String("code", errClear.Code))
	}
	if e.files != nil {
		e.warnEnd(time.Now(), log)
	}
	e.tell(log)
}

// endsSoon is how long before its end a certificate is warned of: those who
// renew by a program do so a month before.
const endsSoon = 14 * 24 * time.Hour

func (e *edge) warnEnd(now time.Time, log *slog.Logger) {
	if until := e.files.Until(); now.Add(endsSoon).After(until) {
		log.Warn("the certificate of --tls-cert ends soon, or has ended; callers will refuse it", slog.Time("until", until))
	}
}

// reload reads the certificate's files again.
func (e *edge) reload(log *slog.Logger) {
	changed, err := e.files.Reload()
	switch {
	case err != nil:
		log.Warn("the certificate stays what it was: its files cannot be used", slog.String("error", err.Error()))
	case changed:
		log.Info("another certificate", slog.Time("until", e.files.Until()))
		e.warnEnd(time.Now(), log)
	}
}

// details adds to what /readyz says.
func (e *edge) details(to map[string]any, language string) {
	to["tls"] = e.how()
	if e.files != nil {
		to["certificate_until"] = e.files.Until().UTC().Format(time.RFC3339)
	}
	if e.exposed {
		to["warning"], to["warning_text"] = errClear.Code, errClear.Sentence(language)
	}
}

// elsewhere sends callers in the clear to HTTPS on the port of api, and answers
// challenges of an ACME server. A command is not sent on: it has travelled in
// the clear already, and whoever sent it should know.
func (e *edge) elsewhere(api net.Addr) http.Handler {
	port := ""
	if t, ok := api.(*net.TCPAddr); ok && t.Port != 443 {
		port = fmt.Sprintf(":%d", t.Port)
	}
	to := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead || !e.named(r.Context(), host) {
			httpkit.WriteProblem(w, r, httpkit.ErrPath)
			return
		}
		http.Redirect(w, r, "https://"+host+port+r.URL.RequestURI(), http.StatusPermanentRedirect) // #nosec G710 -- only to names of this server
	}))
	if e.manager != nil {
		to = e.manager.HTTPHandler(to)
	}
	return to
}

// named reports whether a host is one that the certificate is for.
func (e *edge) named(ctx context.Context, host string) bool {
	if e.manager != nil {
		return e.manager.HostPolicy(ctx, host) == nil
	}
	return e.files.Names(host)
}

// certificateEvery is how often the certificate's files are looked at.
const certificateEvery = 10 * time.Second

// watch adds an actor that reads the certificate's files again, at an interval
// and when SIGHUP asks for it.
func (e *edge) watch(g *actors.Group, log *slog.Logger) {
	if e.files == nil {
		return
	}
	stop, asked := make(chan struct{}), make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	g.Add(func() error {
		t := time.NewTicker(certificateEvery)
		defer t.Stop()
		for {
			select {
			case <-stop:
				return nil
			case <-asked:
			case <-t.C:
			}
			e.reload(log)
		}
	}, func(error) {
		signal.Stop(asked)
		close(stop)
	})
}

// quietly keeps the addresses of callers out of the log, which net/http writes
// there when a handshake or a frame of HTTP/2 was not to its liking. What else
// it says is worth reading.
type quietly struct{ log *slog.Logger }

// Write implements io.Writer, one line at a time.
func (q quietly) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if !strings.Contains(text, "TLS handshake error") && !strings.HasPrefix(text, "http2:") {
		q.log.Warn("server", slog.String("error", text))
	}
	return len(line), nil
}
