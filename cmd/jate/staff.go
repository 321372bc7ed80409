package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
)

// usualURL is where browsers reach a server that nobody configured. A passkey
// belongs to a host name, and an address is none.
const usualURL = "http://localhost:8437"

// officePath is where the office's pages are served.
const officePath = "/office/"

// loudly is what is said wherever a token is minted that nobody signed in for.
const loudly = `
  *** DEVELOPMENT ***  This folder believes tokens that nobody has signed in for. Whoever has its passphrase can be
  anybody, the two people of an approval included. Use it for trials; make another with jate init for real money.
`

var errDevelopment = fault.New(fault.Denied, "development_only",
	"jate token works only in a folder made with jate init --development. Sign in with jate login.",
	"jate token ne fonctionne que dans un dossier créé par jate init --development. Connectez-vous avec jate login.")

// publicURL is where browsers reach a server: what a flag says, else the host that
// it has a certificate for, else this machine.
func publicURL(flag, acme, listen string) string {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		port = "8437"
	}
	switch host, _, _ := strings.Cut(acme, ","); {
	case flag != "":
		return strings.TrimSuffix(flag, "/")
	case host != "" && port == "443":
		return "https://" + strings.TrimSpace(host)
	case host != "":
		return "https://" + strings.TrimSpace(host) + ":" + port
	}
	return "http://localhost:" + port
}

// staff makes the service that knows who the people are.
func (a *app) staff() error {
	organisation, _, _ := strings.Cut(a.settings.Origin, "/")
	if a.cfg.url == "" {
		a.cfg.url = usualURL
	}
	at := slices.Clone(a.cfg.providers)
	for _, c := range a.keys.providers {
		p, err := provider.New(c, provider.Surroundings{Now: a.cfg.now, Insecure: a.settings.Development})
		if err != nil {
			return fmt.Errorf("provider %s: %w", c.ID, err)
		}
		at = append(at, p)
	}
	s, err := staff.New(staff.Config{Providers: at, Store: a.db.Staff(), Authority: a.authority, Data: a.keys.data, Wraps: a.keys.wraps, Now: a.cfg.now, URL: a.cfg.url,
		Organisation: organisation, Cost: a.cfg.cost, Development: a.settings.Development})
	if err != nil {
		return err
	}
	if s, err = staff.Instrumenting(s, a.registry); err != nil {
		return err
	}
	a.people = staff.Logging(s, a.log)
	return nil
}

// staffRoutes adds the routes by which people become known.
func (a *app) staffRoutes(mux *http.ServeMux, o *httpkit.Observer, known func(http.Handler) http.Handler, opts ...httpkit.Option) {
	from := func(r *http.Request) string { return a.cfg.edge.proxies.Subscriber(r).String() }
	staff.Routes(mux, staff.NewEndpoints(a.people, o.Service("staff")), known, from, opts...)
}

// greet prints, where there is nobody yet, the code by which the first
// administrator comes to be. It goes to the console and not to the log.
func (a *app) greet(ctx context.Context, env *environment) error {
	if a.settings.Development {
		fmt.Fprint(env.stderr, loudly)
	}
	code, err := a.people.First(ctx)
	if err != nil || code == "" {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, firstCode, code, a.cfg.url+officePath)
	return err
}

const firstCode = `
Nobody can sign in here yet. The first administrator accepts this invitation, once and within 72 hours:

  code  %[1]s
  at    %[2]s#invitation
  or    jate staff accept --server URL --code FILE

Personne ne peut encore se connecter ici : ce code invite le premier administrateur.

`
