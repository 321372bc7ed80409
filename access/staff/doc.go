// Package staff knows who the people of the organisations are, how they prove
// it, and which of their sessions are alive.
//
// A Member comes into being by an invitation: a code that is good once, for 72
// hours. Whoever presents it chooses a sign-in name and a factor.
//
//	invited ──accept──► active ◄──enable── disabled
//	                      └────────disable────►
//
// It guarantees:
//
//  1. there is no account but those that somebody was invited to, and the first
//     code is printed on the server's console, while there is nobody;
//  2. who signs in has a passkey, or knows a password and has a second factor;
//     a one-time code is good once;
//  3. what is presented is stored as a hash or sealed, and what a person
//     presents in vain looks the same whatever was wrong with it;
//  4. guessing gets slower for an account and for an address, across restarts,
//     and nobody is locked out for ever;
//  5. every request looks at the session, the member and the grants as they are
//     in the store, so that an end, a disabling and a change of roles act on the
//     next request;
//  6. a session that was not opened with a passkey has no role at all where its
//     member holds one that needs a passkey.
//
// Which roles a member holds is written by others as Grants. A person's sign-in
// name is personal: it is found by a keyed digest and stored sealed, and appears
// in no log, error, address, metric or entry of the journal.
package staff
