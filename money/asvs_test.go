package money_test

import (
	"errors"
	"math"
	"testing"

	"github.com/jate-cva/jate/money"
)

// No sum, product or text wraps around the largest amount.
func TestASVS_1_4_2(t *testing.T) {
	most := money.Francs(math.MaxInt64)
	for name, err := range map[string]error{
		"sum":        second(most.Add(money.Francs(1))),
		"difference": second(money.Francs(math.MinInt64 + 1).Sub(money.Francs(2))),
		"product":    second(money.Francs(math.MaxInt64/2 + 1).Mul(2)),
		"text":       second(money.Parse("9223372036854775808", money.XOF)),
	} {
		if !errors.Is(err, money.ErrRange) {
			t.Errorf("%s: %v, want ErrRange", name, err)
		}
	}
	if got, err := most.Sub(money.Francs(1)); err != nil || got.Minor() != math.MaxInt64-1 {
		t.Errorf("%v, %v", got, err)
	}
}

func second[T any](_ T, err error) error { return err }
