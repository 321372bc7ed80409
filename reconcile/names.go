package reconcile

import (
	"math"
	"time"

	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/voucher"
)

// names numbers texts from 1 in the order in which they are met; 0 is "". A
// million rows that say the same few hundred texts have numbers in their place.
// A copy goes on knowing what it knew when it was made.
type names struct {
	at map[string]int32
	of []string
}

// id returns the text's number.
func (n *names) id(s string) int32 {
	if s == "" {
		return 0
	}
	i, ok := n.at[s]
	if !ok {
		if n.at == nil {
			n.at = map[string]int32{}
		}
		n.of = append(n.of, s)
		i = int32(len(n.of))
		n.at[s] = i
	}
	return i
}

// known returns the text's number, 0 where it was never met.
func (n *names) known(s string) int32 { return n.at[s] }

// text returns the text of a number.
func (n *names) text(i int32) string {
	if i == 0 {
		return ""
	}
	return n.of[i-1]
}

// never stands for no time at all.
const never = math.MinInt64

// unixOf returns an instant as seconds, never for the zero time.
func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.Unix()
}

// timeOf is the inverse of unixOf, in UTC.
func timeOf(s int64) time.Time {
	if s == never {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// assets numbers assets from 1; 0 is that of an amount of nothing.
type assets struct{ of []money.Asset }

func (a *assets) id(m money.Amount) uint8 {
	asset := m.Asset()
	if asset.IsZero() {
		return 0
	}
	for i, known := range a.of {
		if known == asset {
			return uint8(i + 1)
		}
	}
	a.of = append(a.of, asset)
	return uint8(len(a.of))
}

func (a *assets) amount(n int64, id uint8) money.Amount {
	if id == 0 {
		return money.Amount{}
	}
	return money.FromMinor(n, a.of[id-1])
}

// serialText is a serial: as numbers where it is a canonical one, and else by name.
type serialText struct {
	packed engine.Serial
	other  int32
}

func (n *names) serial(s string) serialText {
	if p, ok := engine.Pack(voucher.Serial(s)); ok {
		return serialText{packed: p}
	}
	return serialText{other: n.id(s)}
}

func (n *names) serialOf(s serialText) string {
	if !s.packed.IsZero() {
		return string(s.packed.Voucher())
	}
	return n.text(s.other)
}
