package main

import (
	"net/http"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/internal/httpkit"
)

// prover is what proves that a person approves.
func (a *app) prover() access.Prover { return access.TokenProver{Now: a.cfg.now} }

// grant makes the service that says which roles a person holds.
func (a *app) grant() error {
	console, err := grant.ConsoleKey(a.keys.data)
	if err != nil {
		return err
	}
	s, err := grant.New(grant.Config{Store: a.db.Grant(), Authority: a.authority, Prover: a.prover(), Console: console, Now: a.cfg.now})
	if err != nil {
		return err
	}
	a.grants = grant.Logging(s, a.log)
	return nil
}

func (a *app) grantRoutes(mux *http.ServeMux, o *httpkit.Observer, known func(http.Handler) http.Handler, opts ...httpkit.Option) {
	grant.Routes(mux, grant.NewEndpoints(a.grants, o.Service("grant")), known, opts...)
}
