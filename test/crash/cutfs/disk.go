package cutfs

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
)

const (
	pageBytes   = 4096
	sectorBytes = 512
	sectors     = pageBytes / sectorBytes
)

// page is a part of a file. One that two maps share is never written to.
type page [pageBytes]byte

// node is a file or a folder: as a process sees it, and as it is on the disk.
type node struct {
	ino   uint64
	mode  uint32
	links uint32 // names that lead to it

	// Of a folder.
	names, safeNames map[string]*node

	// Of a file. A page that is missing holds zeros.
	size, safeSize   int64
	pages, safePages map[int64]*page
	dirty            map[int64]uint8 // sectors written since the last sync, a bit each
}

func (n *node) isDir() bool { return n.names != nil }

// rename is a change of names that takes place whole: what each name leads to
// afterwards, nil for nothing.
type rename struct {
	folders []*node
	names   []string
	to      []*node
}

func (r rename) touches(folder *node) bool { return slices.Contains(r.folders, folder) }

// Fault is something that happens at an operation that changes or syncs
// something: the At-th after Arm, from 1.
type Fault struct {
	At int
	// Errno is what the operation returns, once; it does nothing. Zero cuts
	// the power: the operation is the first one that fails.
	Errno syscall.Errno
}

// Disk is the file system without its mount.
type Disk struct {
	// IgnoreSync and IgnoreFolderSync make a disk that lies: it says that it
	// has synced files, or folders, and has not. A test that finds nothing
	// wrong on such a disk finds nothing.
	IgnoreSync, IgnoreFolderSync bool

	mu       sync.Mutex
	next     uint64
	root     *node
	unsynced []rename // in order

	pagesMax, used int64 // what is free; pagesMax 0 for no bound

	ops   int // since Arm
	fault Fault
	fired chan struct{}
	off   bool // the power is cut
}

// New returns an empty disk.
func New() *Disk {
	d := &Disk{}
	d.root = d.newNode(syscall.S_IFDIR | 0o700)
	return d
}

func (d *Disk) newNode(mode uint32) *node {
	d.next++
	n := &node{ino: d.next, mode: mode}
	if mode&syscall.S_IFMT == syscall.S_IFDIR {
		n.names, n.safeNames = map[string]*node{}, map[string]*node{}
		return n
	}
	n.pages, n.safePages, n.dirty = map[int64]*page{}, map[int64]*page{}, map[int64]uint8{}
	return n
}

// Arm sets what happens next, and returns a channel that is closed when it
// has happened. A Fault that is At 0 never does.
func (d *Disk) Arm(f Fault) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops, d.fault, d.fired = 0, f, make(chan struct{})
	return d.fired
}

// Ops returns how many operations changed or synced something since Arm.
func (d *Disk) Ops() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

// Limit bounds the bytes in files; beyond, writing fails with ENOSPC. Zero is
// no bound.
func (d *Disk) Limit(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pagesMax = bytes / pageBytes
}

// Used returns how many bytes the files hold.
func (d *Disk) Used() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used * pageBytes
}

// Cut switches the power off, if it was not off yet.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = true
}

// step counts an operation and returns what it must fail with.
func (d *Disk) step() syscall.Errno {
	if d.off {
		return syscall.EIO
	}
	d.ops++
	if d.ops != d.fault.At {
		return 0
	}
	close(d.fired)
	if d.fault.Errno == 0 {
		d.off = true
		return syscall.EIO
	}
	return d.fault.Errno
}

// write changes a file's bytes. Cut while it writes, it may have written.
func (d *Disk) write(n *node, p []byte, at int64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	wasOff := d.off
	errno := d.step()
	if errno != 0 && (wasOff || !d.off) {
		return errno
	}
	if d.full(n, at, int64(len(p))) {
		return syscall.ENOSPC
	}
	for done := 0; done < len(p); {
		number, from := (at+int64(done))/pageBytes, int((at+int64(done))%pageBytes)
		end := min(pageBytes, from+len(p)-done)
		copy(d.own(n, number)[from:end], p[done:])
		for s := from / sectorBytes; s*sectorBytes < end; s++ {
			n.dirty[number] |= 1 << s
		}
		done += end - from
	}
	n.size = max(n.size, at+int64(len(p)))
	return errno
}

// full reports whether a write needs more pages than there are.
func (d *Disk) full(n *node, at, length int64) bool {
	if d.pagesMax == 0 || length == 0 {
		return false
	}
	needed := int64(0)
	for number := at / pageBytes; number*pageBytes < at+length; number++ {
		if n.pages[number] == nil {
			needed++
		}
	}
	return needed > 0 && d.used+needed > d.pagesMax
}

// own returns a page that only the process's view of the file has.
func (d *Disk) own(n *node, number int64) *page {
	switch p := n.pages[number]; {
	case p == nil:
		n.pages[number] = new(page)
		d.used++
	case p == n.safePages[number]:
		c := *p
		n.pages[number] = &c
	}
	return n.pages[number]
}

func (d *Disk) read(n *node, p []byte, at int64) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	length := int(max(0, min(int64(len(p)), n.size-at)))
	for done := 0; done < length; {
		number, from := (at+int64(done))/pageBytes, int((at+int64(done))%pageBytes)
		end := min(pageBytes, from+length-done)
		if stored := n.pages[number]; stored != nil {
			copy(p[done:length], stored[from:end])
		} else {
			clear(p[done : done+end-from])
		}
		done += end - from
	}
	return length
}

// resize sets a file's length.
func (d *Disk) resize(n *node, size int64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errno := d.step(); errno != 0 {
		return errno
	}
	if size < n.size {
		for number := range n.pages {
			if number*pageBytes >= size {
				delete(n.pages, number)
				n.dirty[number] = 1<<sectors - 1
				d.used--
			}
		}
		if last := size / pageBytes; n.pages[last] != nil {
			clear(d.own(n, last)[size%pageBytes:])
			n.dirty[last] = 1<<sectors - 1
		}
	}
	n.size = size
	return 0
}

// allocate lengthens a file, and has room for what it will hold.
func (d *Disk) allocate(n *node, at, length int64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errno := d.step(); errno != 0 {
		return errno
	}
	if d.full(n, at, length) {
		return syscall.ENOSPC
	}
	for number := at / pageBytes; number*pageBytes < at+length; number++ {
		d.own(n, number)
	}
	n.size = max(n.size, at+length)
	return 0
}

// sync makes a file, or a folder's names, safe.
func (d *Disk) sync(n *node) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	wasOff := d.off
	if errno := d.step(); errno != 0 {
		if !wasOff && !d.off {
			clear(n.dirty) // lost for good, whatever a later sync says
		}
		return errno
	}
	switch {
	case n.isDir() && !d.IgnoreFolderSync:
		d.unsynced = slices.DeleteFunc(d.unsynced, func(r rename) bool {
			if r.touches(n) {
				r.apply()
			}
			return r.touches(n)
		})
	case !n.isDir() && !d.IgnoreSync:
		n.save()
	}
	return 0
}

func (n *node) save() {
	for number := range n.dirty {
		n.put(number, n.pages[number])
	}
	clear(n.dirty)
	n.safeSize = n.size
}

func (n *node) put(number int64, p *page) {
	if p == nil {
		delete(n.safePages, number)
		return
	}
	n.safePages[number] = p
}

func (r rename) apply() {
	for i, folder := range r.folders {
		if r.to[i] == nil {
			delete(folder.safeNames, r.names[i])
		} else {
			folder.safeNames[r.names[i]] = r.to[i]
		}
	}
}

// change makes a change of names that is not synced yet.
func (d *Disk) change(r rename) {
	for i, folder := range r.folders {
		if r.to[i] == nil {
			delete(folder.names, r.names[i])
		} else {
			folder.names[r.names[i]] = r.to[i]
		}
	}
	d.unsynced = append(d.unsynced, r)
	d.count()
}

func (d *Disk) lookup(folder *node, name string) *node {
	d.mu.Lock()
	defer d.mu.Unlock()
	return folder.names[name]
}

func (d *Disk) create(folder *node, name string, mode uint32) (*node, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errno := d.step(); errno != 0 {
		return nil, errno
	}
	if folder.names[name] != nil {
		return nil, syscall.EEXIST
	}
	n := d.newNode(mode)
	d.change(rename{[]*node{folder}, []string{name}, []*node{n}})
	return n, 0
}

func (d *Disk) link(folder *node, name string, n *node) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errno := d.step(); errno != 0 {
		return errno
	}
	if folder.names[name] != nil {
		return syscall.EEXIST
	}
	d.change(rename{[]*node{folder}, []string{name}, []*node{n}})
	return 0
}

func (d *Disk) unlink(folder *node, name string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errno := d.step(); errno != 0 {
		return errno
	}
	n := folder.names[name]
	switch {
	case n == nil:
		return syscall.ENOENT
	case n.isDir() && len(n.names) > 0:
		return syscall.ENOTEMPTY
	}
	d.change(rename{[]*node{folder}, []string{name}, []*node{nil}})
	return 0
}

func (d *Disk) move(from *node, old string, to *node, name string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errno := d.step(); errno != 0 {
		return errno
	}
	n := from.names[old]
	if n == nil {
		return syscall.ENOENT
	}
	if to.names[name] == n {
		return 0 // two names of one file: POSIX leaves both
	}
	d.change(rename{[]*node{from, to}, []string{old, name}, []*node{nil, n}})
	return 0
}

// count counts the names of every node, and the pages of files with a name. One
// that is open without a name is not counted: it will be gone soon.
func (d *Disk) count() {
	d.used, d.root.links = 0, 0
	seen := map[*node]bool{d.root: true}
	var visit func(*node)
	visit = func(folder *node) {
		for _, n := range folder.names {
			if seen[n] {
				n.links++
				continue
			}
			seen[n], n.links = true, 1
			d.used += int64(len(n.pages))
			visit(n)
		}
	}
	visit(d.root)
}

// PowerOn makes what a Plain cut left, or a Torn one if torn gives the luck, the
// content of the disk, and switches it on. The disk must not be mounted.
func (d *Disk) PowerOn(torn *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if torn != nil {
		for _, r := range d.unsynced[:torn.IntN(len(d.unsynced)+1)] {
			r.apply()
		}
	}
	d.unsynced = nil
	seen := map[*node]bool{}
	var settle func(*node)
	settle = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if n.isDir() {
			n.names = maps.Clone(n.safeNames)
			for _, name := range slices.Sorted(maps.Keys(n.names)) { // the same luck, the same file
				settle(n.names[name])
			}
			return
		}
		if torn != nil {
			n.tear(torn)
		}
		n.size, n.pages = n.safeSize, maps.Clone(n.safePages)
		clear(n.dirty)
	}
	settle(d.root)
	d.count()
	d.off, d.ops, d.fault, d.fired = false, 0, Fault{}, nil
}

// Revive switches the disk on as if the power had not been cut: what was not
// synced is still on its way. A process that was only killed leaves it so.
func (d *Disk) Revive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off, d.ops, d.fault, d.fired = false, 0, Fault{}, nil
}

// tear writes a random part of what was not synced.
func (n *node) tear(luck *rand.Rand) {
	if len(n.dirty) == 0 && n.size == n.safeSize {
		return
	}
	// Some cuts keep nearly all, some nearly nothing.
	keep := luck.IntN(101)
	if luck.IntN(2) == 0 {
		n.safeSize = n.size
	}
	for _, number := range slices.Sorted(maps.Keys(n.dirty)) {
		var mixed page
		if old := n.safePages[number]; old != nil {
			mixed = *old
		}
		for s := range sectors {
			if n.dirty[number]&(1<<s) == 0 || luck.IntN(100) >= keep {
				continue
			}
			from, to := s*sectorBytes, (s+1)*sectorBytes
			if written := n.pages[number]; written != nil {
				copy(mixed[from:to], written[from:to])
			} else {
				clear(mixed[from:to])
			}
		}
		n.put(number, &mixed)
	}
	for number := range n.safePages { // nothing lies behind the end
		switch {
		case number*pageBytes >= n.safeSize:
			delete(n.safePages, number)
		case (number+1)*pageBytes > n.safeSize:
			last := *n.safePages[number]
			clear(last[n.safeSize-number*pageBytes:])
			n.safePages[number] = &last
		}
	}
}

// Clone returns a disk with the same safe content, switched on.
func (d *Disk) Clone() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &Disk{next: d.next}
	copies := map[*node]*node{}
	var clone func(*node) *node
	clone = func(n *node) *node {
		if copies[n] != nil {
			return copies[n]
		}
		m := &node{ino: n.ino, mode: n.mode}
		copies[n] = m
		if n.isDir() {
			m.names, m.safeNames = map[string]*node{}, map[string]*node{}
			for name, child := range n.safeNames {
				m.names[name] = clone(child)
			}
			m.safeNames = maps.Clone(m.names)
			return m
		}
		m.size, m.safeSize = n.safeSize, n.safeSize
		m.pages, m.safePages, m.dirty = maps.Clone(n.safePages), maps.Clone(n.safePages), map[int64]uint8{}
		return m
	}
	c.root = clone(d.root)
	c.count()
	return c
}
