package main

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/internal/durable"
)

// A backup is a tar archive (POSIX ustar): each document as the folder holds it,
// sealed, and at the end the store, so that an archive that was cut lacks it.
// Backups of before were the store alone.
const (
	archivedStore     = "jate.db"
	archivedDocuments = "documents/"
	// archivedMax bounds one document with what seals it.
	archivedMax = documents.SizeMax + 1<<10
)

// write writes the copy as an archive. A document is in its folder before the
// store names it, and stays, so that what is there now is all that the store
// names.
func (c copied) write(w io.Writer) error {
	t := tar.NewWriter(w)
	files, err := os.ReadDir(c.documents)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range files {
		if _, err := documents.ParseHash(f.Name()); err != nil {
			continue // one that is being written
		}
		if err := addToArchive(t, archivedDocuments+f.Name(), filepath.Join(c.documents, f.Name())); err != nil {
			return err
		}
	}
	if err := addToArchive(t, archivedStore, c.path); err != nil {
		return err
	}
	return t.Close()
}

func addToArchive(t *tar.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

// unpack writes what a backup holds into the folder, where nothing of it is.
func unpack(in io.Reader, folder string) error {
	content := bufio.NewReader(in)
	const magicAt, magic = 257, "ustar"
	if start, _ := content.Peek(magicAt + len(magic)); !strings.HasSuffix(string(start), magic) {
		return unpackFile(content, storePath(folder))
	}
	if err := os.Mkdir(documentsPath(folder), 0o700); err != nil {
		return err
	}
	t := tar.NewReader(content)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return io.ErrUnexpectedEOF // without a store
		}
		if err != nil {
			return err
		}
		if h.Name == archivedStore {
			return unpackFile(t, storePath(folder))
		}
		name, found := strings.CutPrefix(h.Name, archivedDocuments)
		if _, err := documents.ParseHash(name); err != nil || !found || h.Size > archivedMax {
			return fmt.Errorf("%.80q does not belong into a backup", h.Name)
		}
		if err := unpackFile(t, filepath.Join(documentsPath(folder), name)); err != nil {
			return err
		}
	}
}

func unpackFile(in io.Reader, path string) error {
	return writeNew(path, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}

// installDocuments moves unpacked documents to the folder's. Those that the
// folder has besides stay: no document ever changes or goes.
func installDocuments(from, to string) error {
	files, err := os.ReadDir(documentsPath(from))
	if errors.Is(err, fs.ErrNotExist) || len(files) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(documentsPath(to), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, f := range files {
		if err := os.Rename(filepath.Join(documentsPath(from), f.Name()), filepath.Join(documentsPath(to), f.Name())); err != nil {
			return err
		}
	}
	return errors.Join(durable.SyncDir(documentsPath(to)), durable.SyncDir(to))
}
