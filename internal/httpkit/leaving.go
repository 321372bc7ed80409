package httpkit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

// Leaving says of a Content that it is a report or an export which leaves the
// house, so that somebody has to write down which.
type Leaving struct {
	Kind  string // such as donor-report; "" for what is not written down
	Of    string // what it is on
	Round string
	Form  string
	Lang  string
	From  func() uint64 // entries of the journal that it was made from; asked once it is written; nil where unknown
	// Guessable says that all of it but a telephone or an account number is known
	// to others, to whom a plain digest would tell whether a guess is right.
	Guessable bool
}

// Left is a content that is about to leave.
type Left struct {
	Leaving
	SHA256 [sha256.Size]byte
	Bytes  int64
}

// Noted has note told of each Content that says it leaves, before its first byte
// does; where note fails nothing leaves. Such a content is written whole before
// it is sent: in memory, and from 8 MiB on in a temporary file without a name.
func Noted(note func(context.Context, Left) error) Option { return func(o *options) { o.note = note } }

// spoolMax is how much of a content is kept in memory.
const spoolMax = 8 << 20

// Spool keeps what is written to it, and gives it back. The zero Spool is empty;
// it must be closed.
type Spool struct {
	memory bytes.Buffer
	file   *os.File
	size   int64
}

// Write implements io.Writer.
func (s *Spool) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	if s.file == nil && s.memory.Len()+len(p) <= spoolMax {
		return s.memory.Write(p)
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "jate-content-*")
		if err != nil {
			return 0, fmt.Errorf("spool a content: %w", err)
		}
		_ = os.Remove(f.Name()) // the open file stays
		s.file = f
		if _, err := s.memory.WriteTo(f); err != nil {
			return 0, fmt.Errorf("spool a content: %w", err)
		}
	}
	return s.file.Write(p)
}

// Reader returns all that was written, from its first byte. Nothing may be
// written any more.
func (s *Spool) Reader() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.memory.Bytes())
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

// Close drops what was written.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	_ = os.Remove(s.file.Name()) // where it could not be removed while open
	return s.file.Close()
}

// noted writes c down, and returns it with what was written in its place.
func (o options) noted(ctx context.Context, c Content, s *Spool) (Content, error) {
	if err := c.Write(s); err != nil {
		return c, err
	}
	h := sha256.New()
	n, err := io.Copy(h, s.Reader())
	if err != nil {
		return c, err
	}
	c.Write = func(w io.Writer) error {
		_, err := io.Copy(w, s.Reader())
		return err
	}
	return c, o.note(ctx, Left{c.Leaving, [sha256.Size]byte(h.Sum(nil)), n})
}
