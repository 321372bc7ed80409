package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/access/staff"
)

// staffRescue gives an administrator new factors where too few are left to recover
// each other: at the console, with the root key, which its custodian brings. It asks
// the first time, and gives a code a day later.
func staffRescue(ctx context.Context, env *environment) error {
	fs := env.flags("staff rescue")
	dir := fs.String("data", "", "data folder, which no server has open, with keys/root.age brought back")
	pass := fs.String("passphrases", "", "folder with server.txt and root.txt instead of asking")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	ask := env.passphrases(*pass)
	seed, err := openByPassphrase(*dir, keyRoot, ask)
	if err != nil {
		return fmt.Errorf("the root key's custodian must be there: %w", err)
	}
	root := ed25519.NewKeyFromSeed(seed)
	defer clear(root)
	defer clear(seed)
	a, err := openApp(appConfig{dir: *dir, ask: ask, now: time.Now, random: rand.Reader, log: env.quiet()})
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(root.Public().(ed25519.PublicKey), a.settings.Root) != 1 {
		return errors.Join(errors.New("this is not the root key in use"), a.close())
	}
	r, err := a.people.Rescue(ctx, staff.Rescue{Member: args[0], Root: root})
	if err := errors.Join(err, a.close()); err != nil {
		return err
	}
	if r.Code == "" {
		_, err = fmt.Fprintf(env.stdout, "Asked, and everybody concerned is told. Give this command again after %s, the root key's custodian with you.\n", r.From.Format(time.RFC3339))
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%s\nGive this code to the administrator, and to nobody else; it is good once, for 72 hours, at URL%s#invitation.\n", r.Code, officePath)
	return err
}
