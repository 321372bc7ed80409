package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

func keysCommand(ctx context.Context, env *environment) error {
	return env.choose(ctx, "keys", map[string]func(context.Context, *environment) error{
		"list": keysList, "rotate": keysRotate, "retire": keysRetire, "passphrase": keysPassphrase})
}

// sealsMax is how many seal keys before the one in use are kept.
const sealsMax = 4

// rotation replaces one key of a folder that no server has open.
type rotation struct {
	dir    string
	name   string
	s      settings // as it will be
	ask    passphrases
	factor int
	until  time.Time // of manifests of a root key that is replaced
	now    time.Time

	next   map[string][]byte // contents of the files that replace others, by key
	before string            // id of the key that was in use
	note   string            // what the operator must do now
}

func (r *rotation) flags(env *environment, word string) (*flag.FlagSet, *string) {
	fs := env.flags("keys " + word)
	fs.StringVar(&r.dir, "data", "", "data folder, which no server has open")
	fs.IntVar(&r.factor, "work-factor", workFactor, "cost of guessing a passphrase, 2^N")
	pass := fs.String("passphrases", "", "folder with the passphrases, server.txt and so on, instead of asking; root-new.txt of a new root key")
	return fs, pass
}

// begin reads the command line: one key's name.
func (r *rotation) begin(env *environment, fs *flag.FlagSet, pass *string) (err error) {
	names, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	known, ask := map[string]string{}, env.passphrases(*pass)
	r.ask = func(name string) (string, error) { // once each
		if _, ok := known[name]; !ok {
			p, err := ask(name)
			if err != nil {
				return "", err
			}
			known[name] = p
		}
		return known[name], nil
	}
	r.name, r.now, r.next = names[0], time.Now(), map[string][]byte{}
	r.s, err = readSettings(r.dir)
	return err
}

func keysRotate(ctx context.Context, env *environment) error {
	var r rotation
	fs, pass := r.flags(env, "rotate")
	until := fs.String("until", "", "with root: the day until which lots of the former root key are believed; a year from now where empty")
	halves := fs.Bool("two-custodians", false, "with root or server: two people have half a passphrase each from now on")
	if err := r.begin(env, fs, pass); err != nil {
		return err
	}
	r.until = r.now.AddDate(1, 0, 0)
	if *until != "" {
		day, err := time.Parse(time.DateOnly, *until)
		if err != nil || day.Before(r.now) {
			return errors.New("--until is a day to come, such as 2027-06-30")
		}
		r.until = day
	}
	if *halves && !slices.Contains(r.s.Halves, r.name) {
		r.s.Halves = append(slices.Clone(r.s.Halves), r.name)
	}
	makers := map[string]func() error{keyRoot: r.root, keyBeacon: r.beacon, keyCheckpoint: r.checkpoint, keySeal: r.seal,
		keyAccess: r.access, keyServer: r.server, keyData: r.data, keyPrint: r.print}
	one := makers[r.name]
	if one == nil {
		return fmt.Errorf("no key %q can be replaced; root, beacon, checkpoint, seal, access, data, server and print can", r.name)
	}
	r.before = r.s.Keys[r.name].ID
	db, err := bolt.Open(storePath(r.dir), bolt.Options{})
	if err != nil {
		return err
	}
	err = one()
	if err == nil {
		err = r.commit(ctx, db, "rotate-key")
	}
	if err == nil && r.name == keyData {
		err = r.rewrap(ctx, env, db)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	key := r.s.Keys[r.name]
	if r.name == keyCheckpoint {
		key = r.s.Keys[keyCheckpointNew]
	}
	fmt.Fprintf(env.stdout, "The %s key is now %s, after %s. %s\n", r.name, key.ID, r.before, r.note)
	return nil
}

// commit journals the change, and makes it: jate.json is the moment that counts.
func (r *rotation) commit(ctx context.Context, db *bolt.DB, what string) error {
	for name, content := range r.next {
		if err := durable.Replace(nextPath(r.dir, name), content); err != nil {
			return err
		}
	}
	id := r.s.Keys[r.name].ID
	if k, ok := r.s.Keys[keyCheckpointNew]; ok && r.name == keyCheckpoint {
		id = k.ID
	}
	err := db.Ledger().Update(ctx, func(tx ledger.Tx) error {
		_, err := ledger.Decide(tx, ledger.Actor{Role: string(access.RoleAdministrator), Name: "console.office"}, "", what, r.name,
			map[string]string{"id": id, "was": r.before})
		return err
	})
	if err != nil {
		return err
	}
	if err := r.s.write(r.dir); err != nil {
		return err
	}
	for name := range r.next {
		if err := os.Rename(nextPath(r.dir, name), keyPath(r.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// add has a new key take the place of the one under the name.
func (r *rotation) add(name string, key []byte, to age.Recipient) error {
	content, err := sealKey(key, to)
	if err != nil {
		return err
	}
	r.next[name] = content
	return r.s.made(name, key, r.now)
}

// addToServer is add under the server's key.
func (r *rotation) addToServer(name string, key []byte) error {
	server, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	return r.add(name, key, server.Recipient())
}

// openRoot returns the root key that handhelds believe.
func (r *rotation) openRoot() (ed25519.PrivateKey, error) {
	seed, err := openByPassphrase(r.dir, keyRoot, r.ask)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errRoot
	}
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// succeed has the root key in use say which keys come after.
func (r *rotation) succeed(root ed25519.PrivateKey, former []byte, until time.Time) error {
	jws, err := voucher.SignSuccession(voucher.Succession{At: voucher.UnixOf(r.now), Was: voucher.KeyID(former),
		Beacon: r.s.Beacon, Root: r.s.Root, Until: voucher.UnixOf(until)}, root)
	if err != nil {
		return err
	}
	r.s.Succession = append(slices.Clone(r.s.Succession), jws)
	return nil
}

func (r *rotation) beacon() error {
	root, err := r.openRoot()
	if err != nil {
		return err
	}
	defer clear(root)
	former := r.s.Beacon
	seed, err := newSeed(&r.s.Beacon)
	if err != nil {
		return err
	}
	r.note = "Handhelds learn it at their next contact; enrolments that are printed already bring the former one, and learn it too."
	return errors.Join(r.succeed(root, former, r.now), r.addToServer(keyBeacon, seed))
}

func (r *rotation) root() error {
	root, err := r.openRoot()
	if err != nil {
		return err
	}
	defer clear(root)
	seed, err := newSeed(&r.s.Root)
	if err != nil {
		return err
	}
	defer clear(seed)
	to, err := r.s.recipient(keyRoot, "root-new", r.ask, r.factor)
	if err != nil {
		return err
	}
	r.note = "Take keys/root.age off this machine. Destroy the former root key once its last lot is closed."
	return errors.Join(r.succeed(root, r.s.Beacon, r.until), r.add(keyRoot, seed, to))
}

func (r *rotation) checkpoint() error {
	if r.s.CheckpointNext != "" {
		return errors.New("a new checkpoint key signs beside the former one already; jate keys retire checkpoint ends the former")
	}
	signer, verifier, err := note.GenerateKey(rand.Reader, r.s.Origin)
	if err != nil {
		return err
	}
	r.s.CheckpointNext = verifier
	r.note = "Both sign from now on. Give witnesses and monitors the new one, then run jate keys retire checkpoint:\n" + verifier
	return r.addToServer(keyCheckpointNew, []byte(signer))
}

func (r *rotation) seal() error {
	server, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	former, err := openKey(r.dir, keySeal, server)
	if err != nil {
		return err
	}
	secret := make([]byte, sealKeySize)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	key, err := voucher.SealKeyFrom(secret)
	if err != nil {
		return err
	}
	r.s.Seal = key.PublicKey().Bytes()
	former = former[:min(len(former), sealsMax*sealKeySize)]
	r.note = "Handhelds seal to it once they have a new bundle. After the last receipt of before, run jate keys retire seal."
	return r.add(keySeal, append(secret, former...), server.Recipient())
}

func (r *rotation) access() error {
	server, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	key, err := openKey(r.dir, keyAccess, server)
	if err != nil {
		return err
	}
	// The second half makes pseudonyms, which stay.
	if _, err := rand.Read(key[:ed25519.SeedSize]); err != nil {
		return err
	}
	r.note = "Every access token of before is refused."
	return r.add(keyAccess, key, server.Recipient())
}

// server makes a new key for the others, and encrypts them to it.
func (r *rotation) server() error {
	former, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	next, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	names := []string{keyCheckpoint, keyBeacon, keySeal, keyAccess, keyData}
	if r.s.CheckpointNext != "" {
		names = append(names, keyCheckpointNew)
	}
	for _, p := range r.s.Providers {
		if p.HasSecret {
			names = append(names, providerKey(p.ID))
		}
	}
	for _, name := range names {
		key, err := openKey(r.dir, name, former)
		if err != nil {
			return err
		}
		if r.next[name], err = sealKey(key, next.Recipient()); err != nil {
			return err
		}
	}
	to, err := r.s.recipient(keyServer, "server-new", r.ask, r.factor)
	if err != nil {
		return err
	}
	r.note = "The former passphrase opens nothing any more but older backups of keys/."
	return r.add(keyServer, []byte(next.String()), to)
}

// keysRetire ends what was kept beside a new key.
func keysRetire(ctx context.Context, env *environment) error {
	var r rotation
	fs, pass := r.flags(env, "retire")
	force := fs.Bool("force", false, "with seal: although handhelds have not fetched a bundle with the new key")
	if err := r.begin(env, fs, pass); err != nil {
		return err
	}
	r.before = r.s.Keys[r.name].ID
	db, err := bolt.Open(storePath(r.dir), bolt.Options{})
	if err != nil {
		return err
	}
	switch r.name {
	case keySeal:
		err = r.retireSeal(ctx, db, *force)
	case keyData:
		err = r.retireData(ctx, env, db)
	case keyCheckpoint:
		err = r.retireCheckpoint(ctx, db)
	default:
		err = fmt.Errorf("nothing is kept of a former %q key; checkpoint, data and seal can be retired", r.name)
	}
	if err == nil {
		err = r.commit(ctx, db, "retire-key")
	}
	if err == nil && r.name == keyCheckpoint {
		err = os.Remove(keyPath(r.dir, keyCheckpointNew))
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, r.note)
	return nil
}

// retireSeal refuses while a handheld may still seal to a former key: what it
// sold could never be opened.
func (r *rotation) retireSeal(ctx context.Context, db *bolt.DB, force bool) error {
	behind := 0
	err := db.Distribution().View(ctx, func(tx distribution.Tx) error {
		for p, err := range tx.Programmes() {
			if err != nil {
				return err
			}
			for h, err := range tx.Handhelds(p.ID, "") {
				if err != nil {
					return err
				}
				if h.State == vendors.Active && h.Snapshot > 0 && time.Unix(int64(h.Snapshot), 0).Before(r.s.Keys[keySeal].Made) {
					behind++
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if behind > 0 && !force {
		return fmt.Errorf("%d handhelds have not fetched a bundle with the new seal key yet; --force gives up what they seal to a former one", behind)
	}
	server, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	keys, err := openKey(r.dir, keySeal, server)
	if err != nil {
		return err
	}
	content, err := sealKey(keys[:sealKeySize], server.Recipient())
	if err != nil {
		return err
	}
	r.next[keySeal] = content
	r.note = fmt.Sprintf("%d former seal keys are gone: factors sealed to them cannot be opened any more.", len(keys)/sealKeySize-1)
	return nil
}

func (r *rotation) retireCheckpoint(ctx context.Context, db *bolt.DB) error {
	if r.s.CheckpointNext == "" {
		return errors.New("only one checkpoint key signs; jate keys rotate checkpoint adds another")
	}
	v, err := note.NewVerifier(r.s.CheckpointNext)
	if err != nil {
		return err
	}
	var last ledger.Checkpoint
	if err := db.Ledger().View(ctx, func(tx ledger.Tx) (err error) { last, err = tx.Checkpoint(); return err }); err != nil {
		return err
	}
	if _, err := ledger.OpenCheckpoint(last.Note, r.s.Origin, v); err != nil {
		return errors.New("the latest checkpoint is not signed by the new key yet; run the server once, and then try again")
	}
	server, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	key, err := openKey(r.dir, keyCheckpointNew, server)
	if err != nil {
		return err
	}
	made := r.s.Keys[keyCheckpointNew].Made
	r.s.Earlier = append(slices.Clone(r.s.Earlier), epoch{Origin: r.s.Origin, Checkpoint: r.s.Checkpoint, Size: last.Size, Root: last.Root.String(),
		Ended: r.now.UTC().Truncate(time.Second)})
	r.s.Checkpoint, r.s.CheckpointNext = r.s.CheckpointNext, ""
	if err := r.add(keyCheckpoint, key, server.Recipient()); err != nil {
		return err
	}
	r.s.Keys[keyCheckpoint] = keyMade{ID: r.s.Keys[keyCheckpoint].ID, Made: made}
	delete(r.s.Keys, keyCheckpointNew)
	r.note = "The former checkpoint key signs no more. Verify with " + r.s.Checkpoint
	return nil
}

// keysPassphrase changes what opens a key, and not the key.
func keysPassphrase(_ context.Context, env *environment) error {
	var r rotation
	fs, pass := r.flags(env, "passphrase")
	halves := fs.Bool("two-custodians", false, "two people have half of it each from now on")
	if err := r.begin(env, fs, pass); err != nil {
		return err
	}
	if !slices.Contains([]string{keyRoot, keyServer, keyPrint}, r.name) {
		return fmt.Errorf("%q has no passphrase of its own; root, server and print do", r.name)
	}
	key, err := openByPassphrase(r.dir, r.name, r.ask)
	if err != nil {
		return err
	}
	defer clear(key)
	r.s.Halves = slices.DeleteFunc(slices.Clone(r.s.Halves), func(n string) bool { return n == r.name })
	if *halves {
		r.s.Halves = append(r.s.Halves, r.name)
	}
	to, err := r.s.recipient(r.name, r.name+"-new", r.ask, r.factor)
	if err != nil {
		return err
	}
	if err := writeKey(r.dir, r.name, key, to); err != nil {
		return err
	}
	if err := r.s.write(r.dir); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "The %s key has a new passphrase. Older copies of %s open with the former one.\n", r.name, filepath.Base(keyPath(r.dir, r.name)))
	return nil
}
