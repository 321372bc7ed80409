// Package watch verifies what took two people, for a monitor who does not believe
// the server: not its store, not its keys, not its program.
//
// It reads the journal's entries in their order. For each that needed two people
// (Rules) it obtains the record of the approval and the content that was agreed to,
// and finds by itself that
//
//  1. a passkey signed the content's digest, at a page of its host, by a user whom
//     it verified, and not long before;
//  2. the content is about this entry, and names each of its postings;
//  3. a grant had named the passkey for that person before, and that grant was
//     itself agreed to by two;
//  4. the person held the role then, and no other that is incompatible;
//  5. somebody else had prepared it;
//  6. the approval was not used for anything else.
//
// What is wrong or withheld is an Alarm, with the entry's number. A server that
// shows different histories is found by its checkpoints (ledger/monitor).
//
// The first administrator's passkeys are believed when they are first seen: their
// hash is said, to be compared with the person.
package watch
