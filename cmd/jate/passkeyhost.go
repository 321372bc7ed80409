package main

import (
	"context"
	"log/slog"
	"net/url"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

var errHost = fault.New(fault.Conflict, "passkeys_elsewhere",
	"Passkeys are bound to another host than that of --url: nobody could sign in with one. Start with the former address, or with --new-host if it is gone for good: "+
		"then everybody needs new passkeys, administrators by jate staff rescue first (docs/sign-in.md).",
	"Les clés d'accès sont liées à un autre hôte que celui de --url : personne ne pourrait se connecter avec. Démarrez avec l'ancienne adresse, ou avec --new-host si elle a disparu pour de bon : "+
		"chacun aura alors besoin de nouvelles clés d'accès, les administrateurs d'abord, par jate staff rescue (docs/sign-in.md).")

// bindHost remembers the host of --url, and refuses another one while passkeys are
// bound to the first (WebAuthn, 5.1.3: the RP ID). anyway gives them up, which the
// journal says.
func (a *app) bindHost(ctx context.Context, anyway bool) error {
	u, err := url.Parse(a.cfg.url)
	if err != nil {
		return err
	}
	host, former := u.Hostname(), a.settings.PasskeyHost
	if host == former {
		return nil
	}
	keys := 0
	if former != "" {
		if keys, err = passkeys(ctx, a.db.Staff()); err != nil {
			return err
		}
	}
	if keys > 0 && !anyway {
		return errHost.At("url", "%s, and %d passkeys of %s", host, keys, former)
	}
	if keys > 0 {
		a.log.Warn("passkeys of the former host count for nothing from now on", slog.String("former", former), slog.String("host", host), slog.Int("passkeys", keys))
		if err := a.db.Ledger().Update(ctx, func(tx ledger.Tx) error {
			_, err := ledger.Decide(tx, ledger.Actor{Role: string(access.RoleAdministrator), Name: "console.office"}, "", "host-changed", "server",
				map[string]string{"was": former, "host": host})
			return err
		}); err != nil {
			return err
		}
	}
	a.settings.PasskeyHost = host
	return a.settings.write(a.cfg.dir)
}

// passkeys counts those of people who may sign in.
func passkeys(ctx context.Context, store staff.Store) (n int, err error) {
	err = store.View(ctx, func(tx staff.Tx) error {
		for m, err := range tx.Members() {
			if err != nil {
				return err
			}
			for c, err := range tx.Credentials(m.ID) {
				if err != nil {
					return err
				}
				if c.Kind == staff.Passkey && m.State == staff.Active {
					n++
				}
			}
		}
		return nil
	})
	return n, err
}
