// Package detect finds diversion that matches on paper. It is pure: the same
// facts and thresholds give the same findings, byte for byte.
//
//	Facts ──► direct detectors ─────────────────────────► findings of their own score
//	   └────► signals: marks on sales ──► units ──► combined finding per vendor
//
// A direct detector rests on a record that should not be there: a forked chain,
// a claim without a receipt, a price above the list. A signal is a mark that
// honest sales carry too, only more rarely: a sale at night, one that follows
// its predecessor within seconds. How often vendors carry each mark is a
// beta-binomial of the zone, shrunk towards that of the programme, so that a
// vendor with few sales is compared with few sales. Marks are counted within
// units (a vendor, one of its days, its customers of one registrar …), all
// tests together are held to a false discovery rate by Benjamini and Hochberg,
// and signals of one family count once. Of what a combined finding is about, and
// where more households deny than mistakes explain, the vendor's sales are taken
// for a mixture of honest ones and others, and only the others are in question.
//
// # What it guarantees
//
//  1. A signal alone scores below Thresholds.FreezeMin, however significant it
//     is; a combined finding needs two families that both stand out in one unit.
//  2. Findings speak of vendors and handhelds, never of a household: nothing
//     here excludes anybody from anything.
//  3. A mark that cannot be known (no clock, no phone number, a typed stub) is
//     not counted against anybody and not for him either.
//  4. Amounts are whole francs; floats are for probabilities alone.
package detect
