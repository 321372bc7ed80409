// Package bolt keeps everything durable in one bbolt file and the two files of
// its write-ahead log, the WAL. It is the default store of one server.
//
// # What it promises
//
//   - An Update that returned nil is on the disk: the group of the WAL that it
//     is in was synced before the caller was answered.
//   - An Update whose function returned an error or panicked left nothing.
//   - Functions run one at a time, in the order in which they were queued.
//   - A View that returned nil saw one state, and that state is on the disk.
//   - After the disk failed nobody is told anything more from memory. Callers of
//     the group that was being written get ErrOutcomeUnknown, later ones
//     ErrFailed, and Failed is closed so that the process can stop. What is true
//     is what the files hold when they are opened again.
//
// # How
//
// One writer drains a bounded queue. Each function writes to an overlay, over
// what the functions before it left. When it returns, the overlay is laid into
// the memory or thrown away. What a batch of functions did becomes one group of the
// WAL: appended, synced once, and only then is anybody answered, the refused ones
// too, since a refusal may rest on what an earlier function of the batch wrote.
// There is no timer. While one batch is being synced, the next one runs.
//
// What the file does not hold yet is kept in memory, with what the last groups
// left under each key, so that readers see a state that is durable (memory). When
// it has grown enough it is frozen, the WAL goes on in its other file, and the
// frozen changes are flushed: written to the bbolt file, sorted, in transactions
// of bounded size. Each change says what a key holds afterwards, so that a flush
// that was cut off anywhere is made again from the WAL when the store is opened.
// At most two segments are in memory; a writer that is faster than the disk
// waits. docs/adr/010-wal-before-bbolt.md says why.
//
// # The files
//
// The bbolt file has a bucket at its root for each name given to newBucket, and
// no bucket inside another. The bucket "store" holds the records "format", the
// text "jate 2", "id", which the WAL repeats, and "wal", how much of it was
// flushed. A file without them is not opened. Keys are made by key, and values by
// table: one byte for the version of the record, then the record.
//
// The WAL's format stands in wal.go. Its files are named after the bbolt file,
// with "-wal-0" and "-wal-1" behind, and belong to it: without them it lacks what
// was acknowledged last. Close empties them.
//
// The bbolt file is created under another name, complete and synced, and then
// linked to its own, so that a file under that name is always whole. Only their
// owner may read the files.
package bolt
