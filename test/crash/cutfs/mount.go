//go:build linux

package cutfs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Mount is a disk at a folder.
type Mount struct {
	disk   *Disk
	dir    string
	server *fuse.Server
}

// Mount puts the disk at the folder, which must exist: directly as root,
// otherwise by fusermount3.
func (d *Disk) Mount(dir string) (*Mount, error) {
	const ever = time.Hour // nobody changes the disk but through the mount
	timeout := ever
	server, err := fs.Mount(dir, &inode{disk: d, node: d.root}, &fs.Options{
		EntryTimeout: &timeout, AttrTimeout: &timeout, NullPermissions: true,
		RootStableAttr: &fs.StableAttr{Ino: d.root.ino},
		UID:            uint32(os.Getuid()), GID: uint32(os.Getgid()),
		MountOptions: fuse.MountOptions{FsName: "cutfs", Name: "cutfs", DisableXAttrs: true,
			DirectMountStrict: os.Getuid() == 0},
	})
	if err != nil {
		return nil, fmt.Errorf("mount on %s: %w", dir, err)
	}
	return &Mount{d, dir, server}, nil
}

// Unmount takes the disk away once nobody has a file of it open. Files that
// somebody keeps open for seconds are an error.
func (m *Mount) Unmount() error {
	var err error
	for range 100 {
		if err = m.server.Unmount(); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	if os.Getuid() == 0 {
		err = errors.Join(err, syscall.Unmount(m.dir, syscall.MNT_DETACH))
	}
	return fmt.Errorf("unmount %s: %w", m.dir, err)
}

// inode is a node as FUSE sees it. Files have no handles: all there is to know
// is in the node. It never asks for direct I/O, because that would forbid the
// memory maps that bbolt reads by.
type inode struct {
	fs.Inode
	disk *Disk
	node *node
}

var (
	_ fs.NodeLookuper   = (*inode)(nil)
	_ fs.NodeGetattrer  = (*inode)(nil)
	_ fs.NodeSetattrer  = (*inode)(nil)
	_ fs.NodeCreater    = (*inode)(nil)
	_ fs.NodeMkdirer    = (*inode)(nil)
	_ fs.NodeOpener     = (*inode)(nil)
	_ fs.NodeReader     = (*inode)(nil)
	_ fs.NodeWriter     = (*inode)(nil)
	_ fs.NodeAllocater  = (*inode)(nil)
	_ fs.NodeFsyncer    = (*inode)(nil)
	_ fs.NodeUnlinker   = (*inode)(nil)
	_ fs.NodeRmdirer    = (*inode)(nil)
	_ fs.NodeRenamer    = (*inode)(nil)
	_ fs.NodeLinker     = (*inode)(nil)
	_ fs.NodeReaddirer  = (*inode)(nil)
	_ fs.NodeGetxattrer = (*inode)(nil)
)

// enter makes a node known to the kernel.
func (i *inode) enter(ctx context.Context, n *node, out *fuse.EntryOut) *fs.Inode {
	i.disk.attr(n, &out.Attr)
	return i.NewInode(ctx, &inode{disk: i.disk, node: n}, fs.StableAttr{Mode: n.mode & syscall.S_IFMT, Ino: n.ino})
}

func (d *Disk) attr(n *node, out *fuse.Attr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out.Ino, out.Mode, out.Nlink = n.ino, n.mode, n.links
	out.Size, out.Blocks, out.Blksize = uint64(n.size), uint64(len(n.pages))*sectors, pageBytes
	out.Uid, out.Gid = uint32(os.Getuid()), uint32(os.Getgid())
}

// Lookup implements fs.NodeLookuper.
func (i *inode) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	n := i.disk.lookup(i.node, name)
	if n == nil {
		return nil, syscall.ENOENT
	}
	return i.enter(ctx, n, out), 0
}

// Getattr implements fs.NodeGetattrer.
func (i *inode) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	i.disk.attr(i.node, &out.Attr)
	return 0
}

// Setattr implements fs.NodeSetattrer: lengths and modes.
func (i *inode) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		if errno := i.disk.resize(i.node, int64(size)); errno != 0 {
			return errno
		}
	}
	if mode, ok := in.GetMode(); ok {
		i.disk.mu.Lock()
		i.node.mode = i.node.mode&syscall.S_IFMT | mode&0o7777
		i.disk.mu.Unlock()
	}
	i.disk.attr(i.node, &out.Attr)
	return 0
}

// Create implements fs.NodeCreater.
func (i *inode) Create(ctx context.Context, name string, _ uint32, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	n, errno := i.disk.create(i.node, name, syscall.S_IFREG|mode&0o7777)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	return i.enter(ctx, n, out), nil, fuse.FOPEN_KEEP_CACHE, 0
}

// Mkdir implements fs.NodeMkdirer.
func (i *inode) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	n, errno := i.disk.create(i.node, name, syscall.S_IFDIR|mode&0o7777)
	if errno != 0 {
		return nil, errno
	}
	return i.enter(ctx, n, out), 0
}

// Open implements fs.NodeOpener.
func (i *inode) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if flags&syscall.O_TRUNC != 0 {
		if errno := i.disk.resize(i.node, 0); errno != 0 {
			return nil, 0, errno
		}
	}
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

// Read implements fs.NodeReader.
func (i *inode) Read(_ context.Context, _ fs.FileHandle, p []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	return fuse.ReadResultData(p[:i.disk.read(i.node, p, at)]), 0
}

// Write implements fs.NodeWriter.
func (i *inode) Write(_ context.Context, _ fs.FileHandle, p []byte, at int64) (uint32, syscall.Errno) {
	if errno := i.disk.write(i.node, p, at); errno != 0 {
		return 0, errno
	}
	return uint32(len(p)), 0
}

// Allocate implements fs.NodeAllocater for the plain mode of fallocate.
func (i *inode) Allocate(_ context.Context, _ fs.FileHandle, at, size uint64, mode uint32) syscall.Errno {
	if mode != 0 {
		return syscall.EOPNOTSUPP
	}
	return i.disk.allocate(i.node, int64(at), int64(size))
}

// Fsync implements fs.NodeFsyncer, of files and folders.
func (i *inode) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return i.disk.sync(i.node)
}

// Unlink implements fs.NodeUnlinker.
func (i *inode) Unlink(_ context.Context, name string) syscall.Errno {
	return i.disk.unlink(i.node, name)
}

// Rmdir implements fs.NodeRmdirer.
func (i *inode) Rmdir(_ context.Context, name string) syscall.Errno {
	return i.disk.unlink(i.node, name)
}

// Rename implements fs.NodeRenamer. Flags, such as not to replace, are refused.
func (i *inode) Rename(_ context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	target, ok := to.(*inode)
	if !ok || flags != 0 {
		return syscall.EINVAL
	}
	return i.disk.move(i.node, name, target.node, newName)
}

// Link implements fs.NodeLinker.
func (i *inode) Link(_ context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	t, ok := target.(*inode)
	if !ok {
		return nil, syscall.EXDEV
	}
	if errno := i.disk.link(i.node, name, t.node); errno != 0 {
		return nil, errno
	}
	i.disk.attr(t.node, &out.Attr)
	return t.EmbeddedInode(), 0
}

// Readdir implements fs.NodeReaddirer.
func (i *inode) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	i.disk.mu.Lock()
	defer i.disk.mu.Unlock()
	var entries []fuse.DirEntry
	for _, name := range slices.Sorted(maps.Keys(i.node.names)) {
		n := i.node.names[name]
		entries = append(entries, fuse.DirEntry{Name: name, Mode: n.mode & syscall.S_IFMT, Ino: n.ino})
	}
	return fs.NewListDirStream(entries), 0
}

// Getxattr implements fs.NodeGetxattrer: there are none.
func (i *inode) Getxattr(context.Context, string, []byte) (uint32, syscall.Errno) {
	return 0, syscall.ENODATA
}
