package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
)

// errConsoleRole is returned where somebody at the console would act in a role that
// needs a passkey: he is whoever --staff says, and so could be both of two people.
var errConsoleRole = fault.New(fault.Denied, "console_role",
	"Nobody acts in this role without a passkey, and a command on the folder has none: give it with --server.",
	"Personne n'agit dans ce rôle sans clé d'accès, et une commande sur le dossier n'en a pas : donnez-la avec --server.")

// acts returns errConsoleRole where somebody at the console may not change anything
// in his roles. A folder for development believes everybody.
func (s settings) acts(by access.Actor) error {
	if !s.Development && slices.ContainsFunc(by.Roles, access.NeedsPasskey) {
		return errConsoleRole
	}
	return nil
}

// console puts whoever is at the console into each call. In a role that needs a
// passkey he reads alone.
func (s settings) console(by *access.Actor, log *slog.Logger, next http.Handler) http.Handler {
	return httpkit.Authenticated(func(ctx context.Context, r *http.Request) (context.Context, error) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if err := s.acts(*by); err != nil {
				return nil, err
			}
		}
		return access.NewContext(ctx, *by), nil
	}, log, next)
}

// prover is what proves at the console that a person approves: nothing, but in a
// folder for development.
func (s settings) prover() access.Prover {
	if s.Development {
		return access.TokenProver{Now: time.Now}
	}
	return noProver{}
}

// noProver stands where nobody can approve.
type noProver struct{}

// Kind returns "none".
func (noProver) Kind() string { return "none" }

// Prove fails with grant.ErrProofMissing.
func (noProver) Prove(context.Context, [32]byte) (access.Proof, error) {
	return access.Proof{}, grant.ErrProofMissing
}
