package market_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/distribution/market"
)

// A file as WFP publishes it is read line by line; in another currency each line
// is refused by its row and column, and none is taken for francs of ours.
func TestReadPrices_wfp(t *testing.T) {
	file, err := os.ReadFile("testdata/wfp-cog.csv")
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		day, market, cercle, commodity, price string
		thousandths                           int64
	}
	read := func(file []byte) (lines []line, refused []market.Remark, sum market.PriceSummary) {
		t.Helper()
		sum, err := market.ReadPrices(t.Context(), bytes.NewReader(file), int64(len(file)), func(p market.Price) error {
			lines = append(lines, line{p.Day.Format(time.DateOnly), p.Market, p.Cercle, p.Commodity, p.Price.Text(), p.For.Minor()})
			return nil
		}, func(r market.Remark) error {
			refused = append(refused, r)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return lines, refused, sum
	}
	lines, refused, sum := read(file)
	if len(lines) != 0 || len(refused) != 6 || sum.Rows != 6 || refused[0].Row != 3 || refused[0].Column != "currency" || refused[0].Value != "XAF" {
		t.Errorf("in another currency: %v, %+v, %+v", lines, refused, sum)
	}
	lines, refused, sum = read(bytes.ReplaceAll(file, []byte("XAF"), []byte("XOF")))
	want := []line{
		{"2011-01-15", "Mikalou", "Brazzaville", "Rice (mixed, low quality)", "635", 1000},
		{"2011-01-15", "Mikalou", "Brazzaville", "Beans (white)", "2091", 1000},
		{"2011-01-15", "Ouenzé", "Brazzaville", "Rice (mixed, low quality)", "595", 1000},
		{"2011-02-15", "Bakandi", "Impfondo", "Wheat flour", "600", 1000},
		{"2011-02-15", "Grand marché/Fond Ntié-Ntié/Nkouikou", "Pointe-Noire", "Rice (mixed, low quality)", "446", 1000},
		{"2011-07-15", "Monzombo", "Betou", "Cassava flour", "170", 1000},
	}
	if diff := cmp.Diff(want, lines, cmp.AllowUnexported(line{})); diff != "" || len(refused) != 0 || sum != (market.PriceSummary{Rows: 6}) {
		t.Errorf("(-want +got)\n%s%+v %+v", diff, refused, sum)
	}
	if text := string(file); strings.Count(text, "\n") != 8 {
		t.Error("the file has other lines than it is said to have")
	}
}
