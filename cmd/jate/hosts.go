package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/jate-cva/jate/internal/httpkit"
)

// hosts are names under which a browser keeps what it runs apart (ASVS 3.5.4):
// a script that comes into one application has no cookie, storage or page of
// another. Where a name is empty, its part is served under every name.
type hosts struct {
	office   string // that of the URL: pages, and the API with a cookie
	handheld string // the trader's application, and what handhelds ask for
	api      string // the API for programs, which bring a token
}

// handheldAsks is what a handheld asks of the server, beside its application.
var handheldAsks = regexp.MustCompile(`^/(livez|api/v1/(keys|enrolments|handhelds/[^/]+/(records|bundle|reservations)))$`)

// newHosts checks the names; none may be that of another part.
func newHosts(office, handheld, api string) (hosts, error) {
	u, err := url.Parse(office)
	if err != nil {
		return hosts{}, fmt.Errorf("--url: %w", err)
	}
	h := hosts{office: strings.ToLower(u.Hostname()), handheld: strings.ToLower(handheld), api: strings.ToLower(api)}
	for _, name := range []string{h.handheld, h.api} {
		if strings.ContainsAny(name, "/: ") {
			return h, fmt.Errorf("--handheld-host and --api-host are names alone, not %q", name)
		}
	}
	if h.handheld == "" && h.api == "" {
		return h, nil
	}
	if h.office == "" || h.handheld == h.office || h.api == h.office || h.handheld == h.api {
		return h, errors.New("--url, --handheld-host and --api-host name three different hosts")
	}
	return h, nil
}

// apart lets each part be reached under its own name, and refuses every other.
func (h hosts) apart(log *slog.Logger, next http.Handler) http.Handler {
	if h.handheld == "" && h.api == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.ToLower(r.Host)
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		if !h.serves(name, r.URL.Path) {
			log.Info("asked under the name of another part", slog.String("path", r.URL.Path))
			httpkit.WriteProblem(w, r, httpkit.ErrPath)
			return
		}
		if name != h.office && r.Header.Get("Cookie") != "" {
			r = r.Clone(r.Context())
			r.Header.Del("Cookie") // a session is the office's alone
		}
		next.ServeHTTP(w, r)
	})
}

// serves reports whether the path belongs to the name.
func (h hosts) serves(name, path string) bool {
	health := path == "/livez" || path == "/readyz"
	switch {
	case health:
		return true // a probe may know only an address
	case name == h.office && h.handheld != "":
		return !strings.HasPrefix(path, handheldPath)
	case name == h.office:
		return true
	case name == h.handheld:
		return strings.HasPrefix(path, handheldPath) || handheldAsks.MatchString(path)
	case name == h.api:
		return !strings.HasPrefix(path, officePath) && !strings.HasPrefix(path, handheldPath)
	}
	return false
}
