package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
)

// Errors of a backup.
var (
	errBackupRunning = fault.New(fault.Unavailable, "backup_running",
		"Another backup is being made. Try again when it is done.",
		"Une autre sauvegarde est en cours. Réessayez quand elle sera terminée.")
	errBackupRecipient = fault.New(fault.Invalid, "backup_recipient",
		"A backup is encrypted to an age recipient: age1 and 58 letters and digits.",
		"Une sauvegarde est chiffrée pour un destinataire age : age1 puis 58 lettres et chiffres.")
	errBackupOther = fault.New(fault.Denied, "backup_recipient_other",
		"This server encrypts its backups to the one recipient that its jate.json names.",
		"Ce serveur chiffre ses sauvegardes pour le seul destinataire que nomme son jate.json.")
)

const (
	// backupWithin is how long a copy may take to be made and fetched.
	backupWithin  = 6 * time.Hour
	headerEntries = "Jate-Entries"
	headerKeys    = "Jate-Keys-Bytes"
	headerRoot    = "Jate-Root"
)

// copied is a copy of the store that was opened and found right, and where the
// documents are that it names.
type copied struct {
	path      string
	documents string
	entries   uint64
	root      tlog.Hash
}

// copyStore writes a copy of the open store of the data folder dir into folder,
// which it makes anew, moves what opens persons into a file beside it, and checks
// what remains: every page, the whole ledger, and that it
// extends what the notary had signed before. Everything that was acknowledged
// before the call is in it.
func copyStore(ctx context.Context, db *bolt.DB, folder string, s settings, dir string) (copied, error) {
	if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o700)); err != nil {
		return copied{}, err
	}
	// As it is now: the notary signs on while the copy is made.
	if err := copyFile(guardPath(folder), guardPath(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return copied{}, err
	}
	err := writeNew(storePath(folder), func(w io.Writer) error {
		_, err := db.Backup(ctx, w)
		return err
	})
	if err != nil {
		return copied{}, err
	}
	if err := takeKeys(folder, time.Now()); err != nil {
		return copied{}, err
	}
	c, err := checkCopy(ctx, folder, s)
	c.documents = documentsPath(dir)
	return c, err
}

// checkCopy opens the store in the folder and reads all of it.
func checkCopy(ctx context.Context, folder string, s settings) (copied, error) {
	p, err := proofsOf(folder, s)
	if err != nil {
		return copied{}, err
	}
	db, err := bolt.Open(storePath(folder), bolt.Options{})
	if err != nil {
		return copied{}, err
	}
	r, err := verifyWith(ctx, db, p, sampled())
	if err := errors.Join(err, db.Check(), db.Close()); err != nil {
		return copied{}, err
	}
	return copied{path: storePath(folder), entries: r.Size, root: r.Root}, nil
}

// writeNew makes a file that only its owner may read, and syncs it.
func writeNew(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	return errors.Join(err, f.Sync(), f.Close())
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeNew(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}

// encryptTo writes the copy encrypted to the recipient (age-encryption.org/v1).
// What is cut short does not decrypt.
func (c copied) encryptTo(w io.Writer, to age.Recipient) error {
	out, err := age.Encrypt(w, to)
	if err != nil {
		return err
	}
	if err := c.write(out); err != nil {
		return err
	}
	return out.Close()
}

func parseRecipient(text string) (age.Recipient, error) {
	r, err := age.ParseX25519Recipient(text)
	if err != nil {
		return nil, errBackupRecipient.At("recipient", "%.80q", text)
	}
	return r, nil
}

// makeBackup asks for a backup of the running store.
type makeBackup struct {
	By        access.Actor
	Recipient string
	Keys      string // recipient of the key file; the same where ""
}

// backups makes backups of the running store, one at a time: each is written
// to the folder first, because a slow line must not hold the store's pages.
type backups struct {
	app  *app
	busy sync.Mutex
}

// routes adds POST /api/v1/backups to mux, for administrators.
func (b *backups) routes(mux *http.ServeMux, observer *httpkit.Observer, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	e := httpkit.Wrap(b.make, observer.Service("backup")("make"), access.Require(access.RoleAdministrator))
	mux.Handle("POST /api/v1/backups", staff(httpkit.Handler(e, decodeBackup, http.StatusOK, append(opts, httpkit.Within(backupWithin))...)))
}

func decodeBackup(ctx context.Context, r *http.Request) (makeBackup, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return makeBackup{}, err
	}
	body, err := httpkit.Body[struct {
		Recipient string `json:"recipient"`
		Keys      string `json:"keys_recipient,omitempty"`
	}](r)
	return makeBackup{By: by, Recipient: body.Recipient, Keys: cmp.Or(body.Keys, body.Recipient)}, err
}

func (b *backups) folder() string { return filepath.Join(b.app.cfg.dir, ".backup") }

// make journals that a backup is taken, by whom and for whom, and returns the
// copy that holds this entry too.
func (b *backups) make(ctx context.Context, cmd makeBackup) (httpkit.Content, error) {
	to, err := parseRecipient(cmd.Recipient)
	if err != nil {
		return httpkit.Content{}, err
	}
	toKeys, err := parseRecipient(cmd.Keys)
	if err != nil {
		return httpkit.Content{}, err
	}
	if only := b.app.settings.Backup; only != "" && (only != cmd.Recipient || only != cmd.Keys) {
		return httpkit.Content{}, errBackupOther
	}
	if !b.busy.TryLock() {
		return httpkit.Content{}, errBackupRunning
	}
	done := func() error {
		defer b.busy.Unlock()
		return os.RemoveAll(b.folder())
	}
	c, err := b.copy(ctx, cmd)
	if err != nil {
		return httpkit.Content{}, errors.Join(err, done())
	}
	var keys bytes.Buffer // a hundred bytes or two of each household
	if err := c.writeKeys(&keys, toKeys); err != nil {
		return httpkit.Content{}, errors.Join(err, done())
	}
	b.app.log.LogAttrs(ctx, slog.LevelInfo, "backup taken", slog.Uint64("entries", c.entries), slog.String("root", c.root.String()),
		slog.String("actor", cmd.By.Pseudonym), slog.String("role", string(access.RoleAdministrator)))
	entries := strconv.FormatUint(c.entries, 10)
	return httpkit.Content{Type: "application/octet-stream", Filename: "jate-" + entries + ".age",
		Header: http.Header{headerEntries: {entries}, headerRoot: {c.root.String()}, headerKeys: {strconv.Itoa(keys.Len())}},
		Write: func(w io.Writer) error {
			_, err := keys.WriteTo(w)
			if err == nil {
				err = c.encryptTo(w, to)
			}
			return errors.Join(err, done())
		}}, nil
}

func (b *backups) copy(ctx context.Context, cmd makeBackup) (copied, error) {
	err := b.app.db.Ledger().Update(ctx, func(tx ledger.Tx) error {
		_, err := ledger.Decide(tx, ledger.Actor{Role: string(access.RoleAdministrator), Name: cmd.By.Pseudonym}, "", "backup", "",
			map[string]string{"recipient": cmd.Recipient, "keys_recipient": cmd.Keys})
		return err
	})
	if err != nil {
		return copied{}, err
	}
	return copyStore(ctx, b.app.db, b.folder(), b.app.settings, b.app.cfg.dir)
}
