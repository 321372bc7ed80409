package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/jate-cva/jate/voucher"
)

// printRoom encrypts print jobs as that of command jate does, which nobody can
// import, and lets somebody see each line on its way.
type printRoom struct {
	dir string
	to  age.Recipient
	see func(voucher.PrintLine) // nil: nobody looks
}

// newPrintRoom makes a room with a printer's key that nobody keeps.
func newPrintRoom(dir string, see func(voucher.PrintLine)) (printRoom, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return printRoom{}, err
	}
	return printRoom{dir, id.Recipient(), see}, os.MkdirAll(dir, 0o700)
}

// Open begins a lot's job.
func (r printRoom) Open(lot string) (voucher.PrintJob, error) {
	f, err := os.Create(filepath.Join(r.dir, lot+".age"))
	if err != nil {
		return nil, err
	}
	sealed, err := age.Encrypt(f, r.to)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w := bufio.NewWriter(sealed)
	return &printJob{room: r, file: f, sealed: sealed, w: w, enc: json.NewEncoder(w)}, nil
}

type printJob struct {
	room   printRoom
	file   *os.File
	sealed io.WriteCloser
	w      *bufio.Writer
	enc    *json.Encoder
}

// Line adds a voucher's factor.
func (j *printJob) Line(l voucher.PrintLine) error {
	if j.room.see != nil {
		j.room.see(l)
	}
	return j.enc.Encode(l)
}

// Commit makes the job durable.
func (j *printJob) Commit() error {
	return errors.Join(j.w.Flush(), j.sealed.Close(), j.file.Sync(), j.file.Close())
}

// Discard leaves the file to whoever removes the folder.
func (j *printJob) Discard() error { return nil }
