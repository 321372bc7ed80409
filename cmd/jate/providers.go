package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
)

// providersMost bounds how many providers a sign-in page offers.
const providersMost = 8

// providerSettings are a provider as jate.json has it. What the provider and this
// server share is in keys/provider-ID.age, under the server's key.
type providerSettings struct {
	provider.Config
	HasSecret bool `json:",omitempty"`
}

func providerKey(id string) string { return "provider-" + id }

// openProviders returns the providers with their secrets.
func (s settings) openProviders(dir string, server age.Identity) ([]provider.Config, error) {
	var all []provider.Config
	for _, p := range s.Providers {
		c := p.Config
		if p.HasSecret {
			secret, err := openKey(dir, providerKey(c.ID), server)
			if err != nil {
				return nil, err
			}
			c.Secret = string(secret)
		}
		all = append(all, c)
	}
	return all, nil
}

func providersCommand(ctx context.Context, env *environment) error {
	return env.choose(ctx, "providers", map[string]func(context.Context, *environment) error{
		"list": providersList, "add": providersAdd, "remove": providersRemove})
}

func providersList(_ context.Context, env *environment) error {
	fs := env.flags("providers list")
	dir := fs.String("data", "", "data folder")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	s, err := readSettings(*dir)
	if err != nil {
		return err
	}
	for _, p := range s.Providers {
		second := "a code of ours"
		if len(p.ACR)+len(p.AMR) > 0 {
			second = "acr " + strings.Join(p.ACR, ",") + " amr " + strings.Join(p.AMR, ",")
		}
		if _, err := fmt.Fprintf(env.stdout, "%s\t%s\t%s\tclient %s\tsecond factor: %s\n", p.ID, p.Name, p.Issuer, p.ClientID, second); err != nil {
			return err
		}
	}
	return nil
}

// providersAdd registers a provider. The secret is read like a passphrase: from a
// credential of systemd, a file of the folder, or the terminal.
func providersAdd(ctx context.Context, env *environment) error {
	flags := env.flags("providers add")
	dir := flags.String("data", "", "data folder, which no server has open")
	pass := flags.String("passphrases", "", "folder with server.txt and provider-ID.txt, the client's secret, instead of asking")
	var p providerSettings
	flags.StringVar(&p.Name, "name", "", "what people read on the button, such as the organisation's name")
	flags.StringVar(&p.Issuer, "issuer", "", "the issuer exactly as in its tokens, such as https://login.ngo.example")
	flags.StringVar(&p.ClientID, "client-id", "", "what the provider knows this server as")
	public := flags.Bool("public", false, "the provider gave no secret, PKCE alone")
	lists(flags, &p)
	args, err := env.parse(flags, 1)
	if err != nil {
		return err
	}
	p.ID, p.HasSecret = args[0], !*public
	s, err := readSettings(*dir)
	if err != nil {
		return err
	}
	if err := p.Check(s.Development); err != nil {
		return err
	}
	if len(s.Providers) == providersMost {
		return fmt.Errorf("there are %d providers already, which is the most", providersMost)
	}
	for _, q := range s.Providers {
		if q.ID == p.ID || q.Issuer == p.Issuer {
			return fmt.Errorf("%s is configured already; jate providers remove %s comes first", q.Issuer, q.ID)
		}
	}
	ask := env.passphrases(*pass)
	server, err := openServerKey(*dir, ask)
	if err != nil {
		return err
	}
	if p.HasSecret {
		secret, err := ask(providerKey(p.ID))
		if err != nil {
			return err
		}
		if p.Secret = secret; secret == "" || p.Check(s.Development) != nil {
			return errors.New("the provider's secret is empty or too long; --public is for a client without one")
		}
		sealed, err := sealKey([]byte(secret), server.Recipient())
		if err != nil {
			return err
		}
		if err := durable.Replace(keyPath(*dir, providerKey(p.ID)), sealed); err != nil {
			return err
		}
	}
	s.Providers = append(slices.Clone(s.Providers), p)
	if err := s.decide(ctx, *dir, "provider-added", map[string]string{"provider": p.ID, "issuer": p.Issuer}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%s is offered when the server starts again. Give the provider this address to send browsers back to: URL/office/provider-%s\n", p.Name, p.ID)
	return err
}

// lists are the flags that take several values.
func lists(flags *flag.FlagSet, p *providerSettings) {
	split := func(to *[]string) func(string) error {
		return func(text string) error {
			for _, v := range strings.Split(text, ",") {
				if v = strings.TrimSpace(v); v == "" || len(v) > 128 {
					return errors.New("values with commas between them")
				}
				*to = append(*to, v)
			}
			return nil
		}
	}
	flags.Func("acr", "values of acr, with commas between them, by which the provider says that it saw a second factor; ours is then not asked for", split(&p.ACR))
	flags.Func("amr", "values of amr that say so", split(&p.AMR))
}

func providersRemove(ctx context.Context, env *environment) error {
	flags := env.flags("providers remove")
	dir := flags.String("data", "", "data folder, which no server has open")
	args, err := env.parse(flags, 1)
	if err != nil {
		return err
	}
	s, err := readSettings(*dir)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(s.Providers, func(p providerSettings) bool { return p.ID == args[0] })
	if i < 0 {
		return fmt.Errorf("there is no provider %q", args[0])
	}
	gone := s.Providers[i]
	s.Providers = slices.Delete(slices.Clone(s.Providers), i, i+1)
	if err := s.decide(ctx, *dir, "provider-removed", map[string]string{"provider": gone.ID, "issuer": gone.Issuer}); err != nil {
		return err
	}
	if err := os.Remove(keyPath(*dir, providerKey(gone.ID))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Nobody signs in at %s any more once the server starts again; who has no other factor needs jate staff recover.\n", gone.Name)
	return err
}

// decide journals a decision of the console about the folder, and writes the
// settings. No server may have the folder open.
func (s settings) decide(ctx context.Context, dir, what string, facts map[string]string) error {
	db, err := bolt.Open(storePath(dir), bolt.Options{})
	if err != nil {
		return err
	}
	err = db.Ledger().Update(ctx, func(tx ledger.Tx) error {
		_, err := ledger.Decide(tx, ledger.Actor{Role: string(access.RoleAdministrator), Name: "console.office"}, "", what, "server", facts)
		return err
	})
	if err == nil {
		err = s.write(dir)
	}
	return errors.Join(err, db.Close())
}
