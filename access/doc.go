// Package access knows who is asking, what they may do, and when two people
// are needed.
//
// It guarantees:
//
//  1. an access token is believed only if it is byte for byte what this
//     Authority would have signed: its header, type, issuer, audience and
//     claims, at most 12 hours old, by a clock that is given;
//  2. roles are a closed set, and nobody holds two that together would let
//     one person move value alone;
//  3. without an Actor in the context everything is refused, and another
//     programme's things look as if they did not exist;
//  4. an approval covers the SHA-256 of the exact content and is given by
//     somebody who neither prepared it nor approved it before; any change
//     voids it, and so do 72 hours.
//
// Outside the process a person is a Pseudonym, different in every programme.
// Staff identifiers are opaque: names, addresses and telephones are none of
// this package's business.
package access
