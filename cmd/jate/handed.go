package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
)

// takers are the roles that reports and exports are for. Who holds several of
// them takes a file in the first.
var takers = []access.Role{access.RoleFinanceApprover, access.RoleFinancePreparer, access.RoleVendorManager, access.RoleIssuer,
	access.RoleListApprover, access.RoleMEALOfficer, access.RoleMonitor, access.RoleAuditor, access.RoleDonor}

// handOut journals a report or an export that is about to leave over HTTP.
func (a *app) handOut(ctx context.Context, l httpkit.Left) error { return handingOut(a.db)(ctx, l) }

func handingOut(db *bolt.DB) func(context.Context, httpkit.Left) error {
	return func(ctx context.Context, l httpkit.Left) error {
		by, err := access.FromContext(ctx)
		if err != nil {
			return err
		}
		h := ledger.HandedOut{Kind: l.Kind, Of: l.Of, Round: l.Round, Form: l.Form, Lang: l.Lang, SHA256: l.SHA256, Bytes: l.Bytes}
		if l.From != nil {
			h.Size = l.From()
		}
		return noteHandedOut(ctx, db, by, h, l.Guessable)
	}
}

// noteHandedOut journals that a file leaves. With guessable its digest has a salt;
// the folder is then open with its keys.
func noteHandedOut(ctx context.Context, db *bolt.DB, by access.Actor, h ledger.HandedOut, guessable bool) error {
	role, err := by.As(takers...)
	if err != nil {
		return err
	}
	return db.Vendors().Update(ctx, func(tx vendors.Tx) error {
		noted := h
		if guessable {
			if noted, err = salted(tx, by, h); err != nil {
				return err
			}
		}
		_, err := noted.Note(tx, ledger.Actor{Role: string(role), Name: by.Pseudonym})
		return err
	})
}

// handOver notes what was written to a spool, before it is given to anybody.
func handOver(ctx context.Context, db *bolt.DB, by access.Actor, h ledger.HandedOut, file *httpkit.Spool, guessable bool) error {
	var err error
	if h.SHA256, h.Bytes, err = ledger.Digest(file.Reader()); err != nil {
		return err
	}
	return noteHandedOut(ctx, db, by, h, guessable)
}

// handedOut is one entry of the journal that says that a file left.
type handedOut struct {
	ledger.HandedOut
	entry ledger.Entry
}

// verifyFileCommand says when a file was handed out, to whom, and from what, as
// the journal has it.
func verifyFileCommand(ctx context.Context, env *environment) error {
	fs := env.flags("verify-file")
	dir := fs.String("data", "", "data folder of a server that is stopped")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking: the digests of payments are salted, and the salts sealed")
	server := fs.String("server", "", "address of a server, instead of --data")
	token := fs.String("token", "", "file with an access token")
	log := fs.String("log", "", "verifier key of the log, with --server: the entry must be proved by a signed checkpoint")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	if (*dir == "") == (*server == "") {
		return errors.New("verify-file needs --data or --server")
	}
	var v note.Verifier
	if *log != "" {
		if v, err = note.NewVerifier(*log); err != nil {
			return fmt.Errorf("--log: %w", err)
		}
	}
	var s sought
	if s.sum, s.bytes, err = digestOfFile(args[0]); err != nil {
		return err
	}
	if *dir != "" {
		err = s.inFolder(ctx, env, *dir, env.passphrases(*pass))
	} else {
		err = s.onServer(ctx, env, *server, *token, v)
	}
	if err != nil {
		return err
	}
	if len(s.found) == 0 {
		return s.missing()
	}
	for _, h := range s.found {
		if err := h.say(env); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(env.stdout, "ok sha256=%x entry=%d\n", s.sum, s.found[len(s.found)-1].entry.Seq)
	return err
}

func (h handedOut) say(env *environment) error {
	of := h.Of
	if of != "" {
		of = " " + of
	}
	form := h.Form
	if h.Lang != "" {
		form += ", " + h.Lang
	}
	err := env.say("entry %d: %s%s (%s, %d bytes), handed out %s to %s %s", "écriture %d : %s%s (%s, %d octets), remis le %s à %s %s",
		h.entry.Seq, h.Kind, of, form, h.Bytes, h.entry.Posted.Format("2006-01-02T15:04:05Z"), h.entry.Actor.Role, h.entry.Actor.Name)
	if err != nil || h.Size == 0 {
		return err
	}
	return env.say("made from the journal's first %d entries, root %s", "établi d'après les %d premières écritures du journal, racine %s", h.Size, h.entry.Facts["root"])
}

func digestOfFile(path string) (sum [32]byte, n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	return ledger.Digest(io.LimitReader(f, handedOutMax))
}

// handedOutMax bounds a file that is looked for: more than any export has.
const handedOutMax = 16 << 30

// inFolder reads a folder's journal, and holds what was found to its log. The
// keys are asked for only where a salt is needed.
func (s *sought) inFolder(ctx context.Context, env *environment, dir string, ask passphrases) error {
	db, _, err := openStore(dir, env.quiet())
	if err != nil {
		return err
	}
	err = db.Ledger().View(ctx, func(tx ledger.Tx) error {
		for r, err := range tx.Journal(0) {
			if err == nil {
				err = s.look(r.Leaf)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(s.found) == 0 && len(s.salted) > 0 {
		if err = db.Close(); err != nil {
			return err
		}
		if db, err = openSealed(dir, ask, env.quiet()); err != nil {
			return err
		}
		err = s.saltsInFolder(ctx, db)
	}
	if err == nil {
		err = db.Ledger().View(ctx, func(tx ledger.Tx) error {
			for _, h := range s.found {
				if err := h.inLog(tx); err != nil {
					return fmt.Errorf("entry %d: %w; try jate verify", h.entry.Seq, err)
				}
			}
			return nil
		})
	}
	return errors.Join(err, db.Close())
}

// inLog returns an error unless the log's hashes are those of the entry's leaf,
// and of the journal that the file was made from.
func (h handedOut) inLog(tx ledger.Tx) error {
	size, err := tx.Size()
	if err != nil {
		return err
	}
	root, err := ledger.Root(tx, size)
	if err != nil {
		return err
	}
	leaf, err := tx.Leaf(h.entry.Seq)
	if err != nil {
		return err
	}
	p, err := tlog.ProveRecord(int64(size), int64(h.entry.Seq), tx)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p, int64(size), root, int64(h.entry.Seq), tlog.RecordHash(leaf)); err != nil || h.Size == 0 {
		return err
	}
	if h.Size > h.entry.Seq {
		return ledger.ErrProof.At("size", "made from entries that came later")
	}
	if root, err = ledger.Root(tx, h.Size); err == nil && root.String() != h.entry.Facts["root"] {
		err = ledger.ErrProof.At("root", "the journal of %d entries has another", h.Size)
	}
	return err
}

// onServer reads a server's journal up to its latest checkpoint. With the log's
// key, what was found is proved by a checkpoint that the log has signed.
func (s *sought) onServer(ctx context.Context, env *environment, server, token string, log note.Verifier) error {
	r, err := newRemote(env.getenv, server, token)
	if err != nil {
		return err
	}
	r = r.patient(env)
	var c struct {
		Size uint64 `json:"size,string"`
	}
	if err := r.read(ctx, "/api/v1/ledger/checkpoint", &c); err != nil {
		return err
	}
	if err := r.leaves(ctx, 0, c.Size, s.look); err != nil {
		return err
	}
	if err := s.saltsOnServer(ctx, r); err != nil || log == nil {
		return err
	}
	for _, h := range s.found {
		file, leaf, err := r.entry(ctx, h.entry.Seq)
		if err != nil {
			return err
		}
		p, err := ledger.ParseProof(file)
		if err != nil {
			return err
		}
		if _, err := p.Verify(leaf, log.Name(), log); err != nil {
			return err
		}
		if e, err := ledger.ParseLeaf(leaf); err != nil || e.Seq != p.Index || !maps.Equal(e.Facts, h.entry.Facts) {
			return ledger.ErrProof.At("leaf", "it is not that of entry %d", h.entry.Seq)
		}
	}
	return nil
}
