package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/voucher"
)

// printRoom keeps each lot's print job as a file that only the print station's
// key opens. It implements voucher.PrintRoom.
type printRoom struct {
	dir string // the data folder
	to  age.Recipient
}

func openPrintRoom(dir string, s settings) (printRoom, error) {
	to, err := age.ParseX25519Recipient(s.Print)
	if err != nil {
		return printRoom{}, fmt.Errorf("print key: %w", err)
	}
	return printRoom{dir: dir, to: to}, nil
}

func printPath(dir, lot string) string { return filepath.Join(dir, "print", lot+".age") }

// Open begins a lot's job under another name; Commit gives it its own.
func (r printRoom) Open(lot string) (voucher.PrintJob, error) {
	if lot != filepath.Base(lot) {
		return nil, fmt.Errorf("lot %q cannot name a file", lot)
	}
	f, err := os.OpenFile(printPath(r.dir, lot)+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	sealed, err := age.Encrypt(f, r.to)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w := bufio.NewWriter(sealed)
	return &printJob{path: printPath(r.dir, lot), file: f, sealed: sealed, w: w, enc: json.NewEncoder(w)}, nil
}

type printJob struct {
	path   string
	file   *os.File // nil once it is over
	sealed io.WriteCloser
	w      *bufio.Writer
	enc    *json.Encoder
}

// Line adds a voucher's factor.
func (j *printJob) Line(l voucher.PrintLine) error { return j.enc.Encode(l) } // #nosec G117 -- into an age file

// Commit makes the job durable.
func (j *printJob) Commit() error {
	err := errors.Join(j.w.Flush(), j.sealed.Close(), j.file.Sync(), j.file.Close())
	j.file = nil
	if err != nil {
		return err
	}
	if err := os.Rename(j.path+".part", j.path); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(j.path))
}

// Discard drops a job that was not committed.
func (j *printJob) Discard() error {
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return errors.Join(err, os.Remove(j.path+".part"))
}

// printLines calls fn with each line of a lot's job, in the order of issue.
func printLines(ctx context.Context, dir, lot string, id age.Identity, fn func(voucher.PrintLine) error) error {
	f, err := os.Open(printPath(dir, lot))
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := age.Decrypt(bufio.NewReader(f), id)
	if err != nil {
		return fmt.Errorf("%w (print)", errPassphrase)
	}
	for d := json.NewDecoder(bufio.NewReader(r)); ; {
		var l voucher.PrintLine
		switch err := d.Decode(&l); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("print job of lot %s: %w", lot, err)
		}
		if err := errors.Join(ctx.Err(), fn(l)); err != nil {
			return err
		}
	}
}
