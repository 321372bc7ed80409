// Package cutfs is a file system whose power can be cut. It lives in memory,
// is mounted with FUSE, and forgets at a cut whatever the process that used it
// did not sync. What it promises is what POSIX promises and no more:
//
//   - What was written to a file, and its length, is safe once fsync or
//     fdatasync of that file has returned.
//   - A name that was made, moved, linked or removed is safe once fsync of its
//     folder has returned. Syncing a file does not save its name.
//   - A rename takes place whole or not at all. Names change in the order in
//     which they were changed.
//   - A sync that failed has lost what it should have saved: a later one that
//     succeeds does not bring it back, as on Linux.
//
// A Plain cut keeps nothing else. A Torn one keeps a random part of the rest:
// single sectors of 512 bytes of any unsynced write, the old or the new length
// of a file, and the first few changes of names.
//
// The cut comes at an operation that is counted, so that it can be put between
// any two steps of what is tested; from there on every operation fails. The
// process that mounts must not use the mounted folder itself: it would wait for
// its own answer.
package cutfs
