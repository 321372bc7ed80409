// Package match finds the redemption that each line of a claim asks for. It is
// pure: tables of values of fixed width in, an answer in tables out. It knows
// no store and no names; who calls it numbers vendors, rounds and households.
//
// # What it guarantees
//
//  1. A sale is given to one line at most, and a line gets one sale at most.
//  2. What a line holds already it keeps. Otherwise the first line of a claim
//     that is still being agreed on, and that names a sale's voucher, has it.
//  3. A serial with slips of the hand is matched by itself only where one sale
//     of that vendor and round can be meant, its check digits speak for it, and
//     amount and day agree. Whatever else is possible is proposed to a person,
//     the likeliest first, and given to nobody.
//  4. The same tables give the same answer. Going on with more sales and lines
//     gives the answer of all of them at once.
package match
