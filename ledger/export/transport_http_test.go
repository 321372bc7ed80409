package export_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-kit/kit/endpoint"
	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/ledger/export"
)

// The route streams each format and refuses others with a problem.
func TestRoutes(t *testing.T) {
	b := newBooks(t, 4, 200)
	mux := http.NewServeMux()
	var asked []string
	export.Routes(mux, b, export.DefaultMapping(), func(method string) endpoint.Middleware {
		return func(next endpoint.Endpoint) endpoint.Endpoint {
			return func(ctx context.Context, request any) (any, error) {
				asked = append(asked, method)
				return next(ctx, request)
			}
		}
	}, func(h http.Handler) http.Handler { return h })
	for _, c := range []struct {
		query  string
		status int
		want   string
	}{
		{"format=hledger", 200, "account Assets:Bank:b1\n"},
		{"format=ledger&chart=sycebnl", 200, "account Assets:521:Bank:b1\n"},
		{"format=beancount&chart=plain", 200, "open Assets:Bank:Id-b1\n"},
		{"format=csv", 200, "account,number,asset,debit,credit\nbank:b1,,XOF,"},
		{"format=csv&chart=sycebnl", 200, "bank:b1,521,XOF,"},
		{"format=sycebnl", 200, "journal;date;compte;tiers;piece;libelle;debit;credit;section\r\n"},
		{"format=sycebnl-daily", 200, ";521;"},
		{"", 400, `"code":"export_format"`},
		{"format=gnucash", 400, `"code":"export_format"`},
		{"format=csv&chart=pcg", 400, `"code":"query_invalid"`},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/ledger/export?"+c.query, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%q: %d, want %d with %q:\n%.300s", c.query, w.Code, c.status, c.want, w.Body)
		}
	}
	if d := cmp.Diff(slices.Repeat([]string{export.MethodExport}, 7), asked); d != "" {
		t.Errorf("the guard was asked about (-want +got):\n%s", d)
	}
}
