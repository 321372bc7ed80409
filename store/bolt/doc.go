// Package bolt keeps everything durable in one bbolt file. It is the default
// store of one server.
//
// # What it promises
//
//   - An Update that returned nil is on the disk: its pages and the page that
//     names them were synced before the caller was answered.
//   - An Update whose function returned an error or panicked left nothing.
//   - Functions run one at a time, in the order in which they were queued.
//   - A View that returned nil saw one state, and that state is on the disk: a
//     View that read a commit whose sync was under way has waited for it.
//   - After a commit failed nobody is told anything more from memory. Callers
//     of that commit get ErrOutcomeUnknown, later ones ErrFailed, and Failed is
//     closed so that the process can stop. What is true is what the file holds
//     when it is opened again.
//
// # How
//
// One writer drains a bounded queue into one bbolt transaction. Each function
// writes to its own overlay, which is laid over what the functions before it
// left, and is thrown away or applied when it returns. Then one commit makes
// them all durable, and only then is anybody answered, the refused ones too: a
// refusal may rest on what an earlier function of the same batch wrote. There
// is no timer. While the disk syncs one batch, the next one gathers.
//
// # The file
//
// A bucket at the root for each name given to newBucket, and no bucket inside
// another. The bucket "store" holds the record "format", the text "jate 1". A
// file without it is not opened. Keys are made by key, and values by table: one
// byte for the version of the record, then its CBOR (RFC 8949, core
// deterministic encoding).
//
// The file is created under another name, complete and synced, and then linked
// to its own, so that a file under that name is always whole. Only its owner
// may read it.
package bolt
