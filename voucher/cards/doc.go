// Package cards prints the papers of a round: voucher cards, the labels and
// slips that carry their secrets, the sheets of a hand-over, the list packed
// with each point's cards, and a statement to sign.
//
// What it guarantees:
//
//   - A card bears its code, serial, value, end date, pictograms and a hotline.
//     There is no field through which a name, a place or a logo could reach it.
//     A point is an opaque code and is printed outside the cut lines.
//   - A card's code is a numeric QR code of at most 61 by 61 modules (version
//     11, error correction M), 43 mm wide with its four-module quiet zone. A
//     code that would need more is refused: a handheld could not be relied on
//     to read it.
//   - Papers come out in the order of their input, so that cards and labels of
//     one job, and the cards of one household, lie in the same order.
//   - The same input gives the same bytes; nothing reads a clock.
//   - Nothing given to this package is logged, kept or named in an error.
//     Labels and slips hold redemption secrets in clear: the writer they are
//     given must encrypt.
//   - On an error nothing has been written.
//
// Fonts are embedded (DejaVu 2.37, fonts/LICENSE): they cover French, Bambara,
// Fulfulde, Songhai and Tifinagh. Letters that join, such as Arabic, are not
// shaped.
//
// A document is built in memory and then written. Its size is therefore
// bounded (see the Max constants); larger jobs are split by point.
package cards

import (
	"iter"
	"time"
)

// Job is what the documents of one print job have in common.
type Job struct {
	Round   string    // opaque code of the round or lot; at most 24 letters
	Made    time.Time // when the job was made; required, printed on sheets
	Hotline string    // number to call, as printed; at most 24 letters, may be empty
	Lang    Lang      // of cards, labels and slips; other papers are in both
}

// All returns a sequence of items for the functions that take one.
func All[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, it := range items {
			if !yield(it, nil) {
				return
			}
		}
	}
}

// Lang says in which language a paper speaks.
type Lang uint8

// The languages. The zero Lang is both.
const (
	FrenchEnglish Lang = iota
	French
	English
)

// words returns the words in the language, or both with a dot between.
func (l Lang) words(fr, en string) string {
	if s := l.lines(fr, en); len(s) == 1 {
		return s[0]
	}
	return fr + " · " + en
}

// lines returns the words one language to a line.
func (l Lang) lines(fr, en string) []string {
	switch {
	case l == French || fr == en:
		return []string{fr}
	case l == English:
		return []string{en}
	}
	return []string{fr, en}
}
