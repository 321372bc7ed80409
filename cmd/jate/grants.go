package main

import (
	"errors"
	"net/http"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/leaving"
)

// prover is what proves that a person approves: a passkey, but for a folder for
// development.
func (a *app) prover() access.Prover {
	if a.settings.Development {
		return grant.HandedProver{Prover: access.TokenProver{Now: a.cfg.now}, Store: a.db.Grant()}
	}
	return grant.HandedProver{Prover: grant.PasskeyProver{Store: a.db.Grant(), Now: a.cfg.now}, Store: a.db.Grant()}
}

// grant makes the service that says which roles a person holds.
func (a *app) grant() error {
	s, err := grant.New(grant.Config{Store: a.db.Grant(), Authority: a.authority, Prover: a.prover(), People: a.people, Data: a.keys.data, Now: a.cfg.now,
		Knows: func(tx grant.Tx, by access.Actor, lot string) error {
			dtx, ok := tx.(distribution.Tx)
			if !ok {
				return errors.New("a store whose transactions are not one")
			}
			return distribution.Knows(dtx, by, lot)
		}})
	if err != nil {
		return err
	}
	a.grants = grant.Logging(s, a.log)
	l, err := leaving.New(a.db.Leaving(), a.authority, a.cfg.now)
	if err != nil {
		return err
	}
	a.leaving = leaving.Logging(l, a.log)
	return nil
}

func (a *app) grantRoutes(mux *http.ServeMux, o *httpkit.Observer, known func(http.Handler) http.Handler, opts ...httpkit.Option) {
	grant.Routes(mux, grant.NewEndpoints(a.grants, o.Service("grant")), known, opts...)
	leaving.Routes(mux, leaving.NewEndpoints(a.leaving, o.Service("leaving")), known, opts...)
}
