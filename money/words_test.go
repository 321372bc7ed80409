package money_test

import (
	"testing"

	"github.com/jate-cva/jate/money"
)

// A sum in words is what is paid where it differs from the figures, so its
// spelling is that of the grammar: plurals of vingt and cent, none of mille.
func TestWords(t *testing.T) {
	for n, want := range map[int64]string{
		0: "zéro franc CFA", 1: "un franc CFA", 16: "seize francs CFA", 21: "vingt et un francs CFA", 70: "soixante-dix francs CFA",
		71: "soixante et onze francs CFA", 77: "soixante-dix-sept francs CFA", 80: "quatre-vingts francs CFA", 81: "quatre-vingt-un francs CFA",
		91: "quatre-vingt-onze francs CFA", 99: "quatre-vingt-dix-neuf francs CFA", 100: "cent francs CFA", 101: "cent un francs CFA",
		200: "deux cents francs CFA", 280: "deux cent quatre-vingts francs CFA", 201: "deux cent un francs CFA", 1000: "mille francs CFA",
		1001: "mille un francs CFA", 2500: "deux mille cinq cents francs CFA", 80_000: "quatre-vingt mille francs CFA",
		200_000: "deux cent mille francs CFA", 1_000_000: "un million de francs CFA", 80_000_000: "quatre-vingts millions de francs CFA",
		200_000_000: "deux cents millions de francs CFA", 1_234_567: "un million deux cent trente-quatre mille cinq cent soixante-sept francs CFA",
		2_000_000_001: "deux milliards un francs CFA", -1: "", 1_000_000_000_000: "",
	} {
		if got := money.Words(n, true); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := money.Words(1_234_567, false); got != "one million two hundred and thirty-four thousand five hundred and sixty-seven CFA francs" {
		t.Error(got)
	}
}
