package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
)

// errBehind refuses a backup from before the last checkpoint that was signed:
// going on from it would sign two histories under one name.
var errBehind = fault.New(fault.Conflict, "restore_behind",
	"The backup is older than what this log has signed. Look for a newer one; if there is none, begin a new epoch with --new-epoch.",
	"La sauvegarde est antérieure à ce que ce journal a signé. Cherchez-en une plus récente ; s'il n'y en a pas, ouvrez une nouvelle époque avec --new-epoch.")

// epoch is a name under which this folder's log signed checkpoints, and no
// longer does.
type epoch struct {
	Origin     string
	Checkpoint string // note verifier key
	Size       uint64 // of the last checkpoint known to be signed; 0 where none is
	Root       string // its root, base64
	Ended      time.Time
}

// restoreCommand puts a backup in the place of a folder's store. What was there
// is moved aside, never deleted.
func restoreCommand(ctx context.Context, env *environment) error {
	fs := env.flags("restore")
	dir := fs.String("data", "", "data folder with jate.json and keys/; no server may have it")
	in := fs.String("in", "", "backup file")
	identity := fs.String("identity", "", "file with the age identity that opens it")
	keys := fs.String("keys", "", "the backup's key file, 35 days old at most; without it no person can be read")
	keysIdentity := fs.String("keys-identity", "", "file with the age identity that opens --keys; that of --identity where it is missing")
	newEpoch := fs.Bool("new-epoch", false, "go on from a backup older than the last signed checkpoint, under a new origin")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking, for --new-epoch")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	s, err := readSettings(*dir)
	if err != nil {
		return err
	}
	free, err := holdFolder(*dir)
	if err != nil {
		return err
	}
	r := restore{dir: *dir, temp: filepath.Join(*dir, ".restore"), settings: s, now: time.Now().UTC().Truncate(time.Second)}
	defer os.RemoveAll(r.temp)
	c, err := r.prepare(ctx, *in, *identity, *keys, cmp.Or(*keysIdentity, *identity))
	if err == nil && *newEpoch {
		c, err = r.begin(ctx, env.passphrases(*pass))
	} else if err == nil {
		c, err = r.extends(ctx)
	}
	if err := errors.Join(err, free()); err != nil {
		return err
	}
	if err := r.install(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "ok size=%d root=%s origin=%s\nWhat was there is in %s. Start the server and let every handheld sync: they send again what the backup lacks.\n",
		c.entries, c.root, r.settings.Origin, r.aside())
	if p := r.persons; p.Readable < p.Households && err == nil {
		_, err = fmt.Fprintf(env.stdout, "%d of %d households' persons can be read; the money is whole. The key file of this backup has the keys of the others, but of those who were erased.\n",
			p.Readable, p.Households)
	}
	return err
}

// holdFolder keeps servers out of the folder until free is called. A store that
// does not open is what a restore may be for.
func holdFolder(dir string) (free func() error, err error) {
	if _, err := os.Stat(storePath(dir)); errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	db, err := bolt.Open(storePath(dir), bolt.Options{})
	if errors.Is(err, bolt.ErrInUse) {
		return nil, err
	}
	if err != nil {
		return func() error { return nil }, nil
	}
	return db.Close, nil
}

// restore is one under way. Nothing outside temp changes before install.
type restore struct {
	dir, temp string
	settings  settings // as they will be
	now       time.Time
	persons   bolt.Apart
	key       []byte // the new checkpoint key file's content; nil where the old one stays
}

func (r *restore) aside() string { return filepath.Join(r.dir, stamped("before-restore", r.now)) }

// prepare unpacks the backup and checks that it is whole and this log's.
func (r *restore) prepare(ctx context.Context, in, identity, keys, keysIdentity string) (copied, error) {
	if err := errors.Join(os.RemoveAll(r.temp), os.Mkdir(r.temp, 0o700)); err != nil {
		return copied{}, err
	}
	src, err := os.Open(in)
	if err != nil {
		return copied{}, err
	}
	defer src.Close()
	content, err := decrypted(bufio.NewReader(src), identity)
	if err != nil {
		return copied{}, err
	}
	if err := unpack(content, r.temp); err != nil {
		return copied{}, fmt.Errorf("unpack %s: %w", in, err)
	}
	if keys != "" {
		if err := r.giveKeys(keys, keysIdentity); err != nil {
			return copied{}, fmt.Errorf("the keys in %s: %w", keys, err)
		}
	}
	if r.persons, err = bolt.CountApart(storePath(r.temp)); err != nil {
		return copied{}, err
	}
	former, err := r.signedAs()
	if err != nil {
		return copied{}, err
	}
	return checkCopy(ctx, r.temp, former)
}

func decrypted(in *bufio.Reader, identity string) (io.Reader, error) {
	if start, _ := in.Peek(4); string(start) != "age-" {
		return in, nil
	}
	if identity == "" {
		return nil, errors.New("the backup is encrypted; --identity names the file with the key that opens it")
	}
	f, err := os.Open(identity)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", identity, err)
	}
	return age.Decrypt(in, ids...)
}

// signedAs returns the settings of the epoch that the backup's checkpoint is of.
func (r *restore) signedAs() (settings, error) {
	var c ledger.Checkpoint
	err := r.open(func(db *bolt.DB) error {
		return db.Ledger().View(context.Background(), func(tx ledger.Tx) (err error) {
			if c, err = tx.Checkpoint(); errors.Is(err, ledger.ErrNotFound) {
				return nil
			}
			return err
		})
	})
	if err != nil || c.Note == "" {
		return r.settings, err
	}
	as := r.settings
	for _, e := range append([]epoch{{Origin: as.Origin, Checkpoint: as.Checkpoint}}, as.Earlier...) {
		v, err := note.NewVerifier(e.Checkpoint)
		if err != nil {
			return as, err
		}
		if _, err := ledger.OpenCheckpoint(c.Note, e.Origin, v); err == nil {
			as.Origin, as.Checkpoint = e.Origin, e.Checkpoint
			return as, nil
		}
	}
	return as, errors.New("the backup is of another log: its checkpoint is signed by none of this folder's keys")
}

func (r *restore) open(do func(*bolt.DB) error) error {
	db, err := bolt.Open(storePath(r.temp), bolt.Options{})
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// extends checks that the backup extends the last checkpoint that the notary
// signed, and else returns errBehind.
func (r *restore) extends(ctx context.Context) (copied, error) {
	err := r.open(func(db *bolt.DB) error {
		return db.Ledger().View(ctx, ledger.NewNotary(r.settings.Origin, guardPath(r.dir)).Check)
	})
	if errors.Is(err, ledger.ErrFork) {
		return copied{}, fmt.Errorf("%w (%w)", errBehind, err)
	}
	if err != nil {
		return copied{}, err
	}
	return checkCopy(ctx, r.temp, r.settings)
}

// begin opens a new epoch in the backup: a new origin and checkpoint key, and a
// first entry that quotes the last checkpoint of the old. Checkpoints of the two
// are never compared, so that nobody sees one log with two histories. No
// witness has cosigned the first checkpoint, as none knows the new key yet.
func (r *restore) begin(ctx context.Context, ask passphrases) (copied, error) {
	server, err := openServerKey(r.dir, ask)
	if err != nil {
		return copied{}, err
	}
	last, err := ledger.LastSigned(guardPath(r.dir))
	if err != nil {
		return copied{}, err
	}
	old := epoch{Origin: r.settings.Origin, Checkpoint: r.settings.Checkpoint, Size: last.Size, Root: last.Root.String(), Ended: r.now}
	first := old.Origin
	if len(r.settings.Earlier) > 0 {
		first = r.settings.Earlier[0].Origin
	}
	r.settings.Earlier = append(r.settings.Earlier, old)
	r.settings.Origin = first + "/epoch-" + strconv.Itoa(len(r.settings.Earlier)+1)
	key, verifier, err := note.GenerateKey(rand.Reader, r.settings.Origin)
	if err != nil {
		return copied{}, err
	}
	r.settings.Checkpoint, r.settings.CheckpointNext = verifier, ""
	if err := r.settings.made(keyCheckpoint, []byte(key), r.now); err != nil {
		return copied{}, err
	}
	if r.key, err = sealKey([]byte(key), server.Recipient()); err != nil {
		return copied{}, err
	}
	signer, err := note.NewSigner(key)
	if err != nil {
		return copied{}, err
	}
	notary := ledger.NewNotary(r.settings.Origin, guardPath(r.temp), signer)
	err = r.open(func(db *bolt.DB) error {
		var c ledger.Checkpoint
		l := db.Ledger()
		decide := func(tx ledger.Tx) error {
			_, err := ledger.Decide(tx, ledger.Actor{Role: string(access.RoleAdministrator), Name: "console.office"}, "", "new-epoch", old.Origin,
				map[string]string{"origin": r.settings.Origin, "signed_size": strconv.FormatUint(old.Size, 10), "signed_root": old.Root})
			return err
		}
		if err := l.Update(ctx, decide); err != nil {
			return err
		}
		if err := l.View(ctx, func(tx ledger.Tx) (err error) { c, err = notary.Sign(tx); return err }); err != nil {
			return err
		}
		return l.Update(ctx, func(tx ledger.Tx) error { return tx.PutCheckpoint(c) })
	})
	if err != nil {
		return copied{}, err
	}
	return checkCopy(ctx, r.temp, r.settings)
}

// install moves the folder's store aside and the prepared one to its place. A
// power cut between any two steps leaves a folder that no server starts on,
// because the notary's file, which says how much was signed, is put back last;
// restore again then.
func (r *restore) install() error {
	if err := installDocuments(r.temp, r.dir); err != nil {
		return err
	}
	aside := r.aside()
	if err := os.Mkdir(aside, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"jate.json", "checkpoint.json"} {
		if err := copyFile(filepath.Join(aside, name), filepath.Join(r.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if r.key != nil {
		if err := copyFile(filepath.Join(aside, "checkpoint.age"), keyPath(r.dir, "checkpoint")); err != nil {
			return err
		}
	}
	for _, move := range [][2]string{{r.dir, aside}, {r.temp, r.dir}} {
		names, err := filepath.Glob(storePath(move[0]) + "*") // with its WAL
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := os.Rename(name, filepath.Join(move[1], filepath.Base(name))); err != nil {
				return err
			}
		}
		if err := errors.Join(durable.SyncDir(aside), durable.SyncDir(r.dir)); err != nil {
			return err
		}
	}
	if r.key == nil {
		return nil
	}
	text, err := json.MarshalIndent(r.settings, "", "  ")
	if err != nil {
		return err
	}
	guard, err := os.ReadFile(guardPath(r.temp))
	if err != nil {
		return err
	}
	for _, f := range []struct {
		path    string
		content []byte
	}{{keyPath(r.dir, "checkpoint"), r.key}, {filepath.Join(r.dir, "jate.json"), append(text, '\n')}, {guardPath(r.dir), guard}} {
		if err := durable.Replace(f.path, f.content); err != nil {
			return err
		}
	}
	return nil
}
