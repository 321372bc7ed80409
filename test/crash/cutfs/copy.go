package cutfs

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Load copies a folder's files onto the disk, safe.
func (d *Disk) Load(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(d.root, dir); err != nil {
		return err
	}
	d.count()
	return nil
}

func (d *Disk) load(folder *node, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			n := d.newNode(syscall.S_IFDIR | 0o700)
			folder.names[e.Name()], folder.safeNames[e.Name()] = n, n
			if err := d.load(n, path); err != nil {
				return err
			}
			continue
		}
		n := d.newNode(syscall.S_IFREG | 0o600)
		if err := n.load(path); err != nil {
			return err
		}
		folder.names[e.Name()], folder.safeNames[e.Name()] = n, n
	}
	return nil
}

func (n *node) load(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for number := int64(0); ; number++ {
		p := new(page)
		read, err := io.ReadFull(f, p[:])
		n.size += int64(read)
		if *p != (page{}) {
			n.pages[number], n.safePages[number] = p, p
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			n.safeSize = n.size
			return nil
		default:
			return err
		}
	}
}

// Save copies what is safe on the disk into a folder, which it makes. What is
// hidden behind several names is copied once for each.
func (d *Disk) Save(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.root.saveTo(dir)
}

func (n *node) saveTo(path string) error {
	if n.isDir() {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(n.safeNames)) {
			if err := n.safeNames[name].saveTo(filepath.Join(path, name)); err != nil {
				return err
			}
		}
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for number, p := range n.safePages {
		if *p == (page{}) {
			continue
		}
		end := min(pageBytes, n.safeSize-number*pageBytes)
		if _, err := f.WriteAt(p[:end], number*pageBytes); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(f.Truncate(n.safeSize), f.Close())
}
