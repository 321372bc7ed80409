package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/cards"
)

var (
	errPrintKey = fault.New(fault.Unavailable, "print_key_away",
		"The print key is not on this machine. Run jate print at the print station.",
		"La clé d'impression n'est pas sur cette machine. Lancez jate print au poste d'impression.")
	errPrintJob = fault.New(fault.NotFound, "print_job_missing",
		"The lot has no print job here: it was not issued, or its secrets were printed and destroyed.",
		"Le lot n'a pas de travail d'impression ici : il n'a pas été émis, ou ses secrets ont été imprimés et détruits.")
	errPrintTooLarge = fault.New(fault.Invalid, "print_job_too_large",
		"The print job is larger than any lot. Its file is not one of ours.",
		"Le travail d'impression dépasse tout lot possible. Son fichier n'est pas l'un des nôtres.")
)

// printLinesMax bounds the job kept in memory: the vouchers of a whole round.
const printLinesMax = 1_000_000

// printCommand opens a lot's sealed print job and writes its labels and slips
// as documents that only their owner may read: all of them or none, and none
// over a file that exists. Nothing secret reaches the terminal.
func printCommand(ctx context.Context, env *environment) error {
	fs := env.flags("print")
	dir := fs.String("data", "", "the data folder, with keys/print.age and print/LOT.age")
	lot := fs.String("lot", "", "the lot to print")
	labels := fs.String("labels", "", "where to write the labels; longer jobs become FILE-1.pdf, FILE-2.pdf …")
	slips := fs.String("slips", "", "where to write the PIN slips, likewise")
	pass := fs.String("passphrases", "", "folder with print.txt instead of asking")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *dir == "" || *lot == "" || *labels == "" || *slips == "" {
		return errors.New("print needs --data, --lot, --labels and --slips")
	}
	s, err := readSecrets(ctx, *dir, *lot, env.passphrases(*pass))
	if err != nil {
		return err
	}
	var out newFiles
	if err := out.papers(ctx, *lot, s, *labels, *slips); err != nil {
		return errors.Join(err, out.drop())
	}
	fmt.Fprintf(env.stdout, "lot %s: %d labels, %d slips\n", *lot, len(s.labels), len(s.slips))
	for _, f := range out {
		fmt.Fprintln(env.stdout, f.path)
	}
	fmt.Fprintln(env.stderr, "These files hold secrets in the clear. Print them, count the sheets, destroy the files.")
	return nil
}

// lotSecrets are what one lot's labels and slips say, in the order of issue. A
// household's vouchers are not known here, so each has a slip of its own.
type lotSecrets struct {
	labels []cards.Label
	slips  []cards.Slip
}

// readSecrets opens a lot's print job with the print station's key.
func readSecrets(ctx context.Context, dir, lot string, ask passphrases) (lotSecrets, error) {
	var s lotSecrets
	if lot != filepath.Base(lot) {
		return s, fmt.Errorf("lot %q cannot name a file", lot)
	}
	// Before the passphrase is asked for in vain.
	if _, err := os.Stat(printPath(dir, lot)); errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("lot %s: %w", lot, errPrintJob)
	}
	text, err := openByPassphrase(dir, "print", ask)
	if errors.Is(err, fs.ErrNotExist) {
		return s, errPrintKey
	}
	if err != nil {
		return s, err
	}
	id, err := age.ParseX25519Identity(string(text))
	if err != nil {
		return s, errors.New("the print key is damaged") // age's text may quote it
	}
	n := 0
	err = printLines(ctx, dir, lot, id, func(l voucher.PrintLine) error {
		if n++; n > printLinesMax {
			return errPrintTooLarge
		}
		if l.Secret != "" {
			s.labels = append(s.labels, cards.Label{Secret: l.Secret, Serial: l.Serial.Printed()})
		}
		if l.PIN != "" {
			s.slips = append(s.slips, cards.Slip{PIN: l.PIN, Serials: []string{l.Serial.Printed()}})
		}
		return nil
	})
	if err == nil && len(s.labels)+len(s.slips) == 0 {
		err = fmt.Errorf("lot %s has neither secrets nor PINs to print", lot)
	}
	return s, err
}

// lotHeading is a lot's name as papers have room for it: its end tells lots of
// one round apart.
func lotHeading(lot string) string {
	const most = 24
	if r := []rune(lot); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return lot
}

// papers writes a lot's labels and slips and keeps them.
func (n *newFiles) papers(ctx context.Context, lot string, s lotSecrets, labels, slips string) error {
	job := cards.Job{Round: lotHeading(lot), Made: time.Now()}
	if err := addParts(ctx, n, labels, s.labels, cards.LabelsMax, job, cards.WriteLabels); err != nil {
		return err
	}
	if err := addParts(ctx, n, slips, s.slips, cards.SlipsMax, job, cards.WriteSlips); err != nil {
		return err
	}
	return n.keep()
}

// addParts writes items as documents of at most most items each: path itself
// if one is enough, else numbered. Without items there is none.
func addParts[T any](ctx context.Context, out *newFiles, path string, items []T, most int, job cards.Job,
	write func(io.Writer, cards.Job, iter.Seq2[T, error]) error) error {
	n := 0
	for part := range slices.Chunk(items, most) {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path
		if n++; len(items) > most {
			ext := filepath.Ext(path)
			name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
		}
		err := out.add(name, func(w io.Writer) error { return write(w, job, cards.All(part)) })
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// newFiles are files under other names until all are complete.
type newFiles []newFile

type newFile struct{ at, path string } // where it is, and where it shall be

// add writes a file that only its owner may read. It refuses a path that
// exists or was added, so that a name given by mistake costs nobody a file.
func (n *newFiles) add(path string, write func(io.Writer) error) error {
	path = filepath.Clean(path)
	taken := slices.ContainsFunc(*n, func(f newFile) bool { return f.path == path })
	if _, err := os.Lstat(path); err == nil || taken {
		return fs.ErrExist
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	*n = append(*n, newFile{at: f.Name(), path: path})
	err = write(f)
	return errors.Join(err, f.Sync(), f.Close())
}

// keep gives all files their names. After an error drop removes them all.
func (n newFiles) keep() error {
	for i := range n {
		f := &n[i]
		if err := os.Rename(f.at, f.path); err != nil {
			return err
		}
		f.at = f.path
		if err := durable.SyncDir(filepath.Dir(f.path)); err != nil {
			return err
		}
	}
	return nil
}

// drop removes all files, wherever they are by now.
func (n newFiles) drop() error {
	var err error
	for _, f := range n {
		err = errors.Join(err, os.Remove(f.at))
	}
	return err
}
