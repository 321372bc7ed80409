package export

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Dialect names the program that a text is for.
type Dialect string

// The dialects.
const (
	HLedger   Dialect = "hledger"   // hledger 1.25 or later
	Ledger    Dialect = "ledger"    // ledger 3
	Beancount Dialect = "beancount" // beancount 2 or 3
)

// ErrDialect refuses a dialect that is not there.
var ErrDialect = fault.New(fault.Invalid, "export_format",
	"Choose the format hledger, ledger, beancount, sycebnl or sycebnl-daily.",
	"Choisissez le format hledger, ledger, beancount, sycebnl ou sycebnl-daily.")

// ParseDialect returns the dialect of that name, or ErrDialect.
func ParseDialect(name string) (Dialect, error) {
	if _, ok := styles[Dialect(name)]; !ok {
		return "", ErrDialect.At("format", "%q", name)
	}
	return Dialect(name), nil
}

// style is what the dialects write differently. Their writer keeps the first
// error.
type style struct {
	id        func(string) string
	commodity func(money.Asset) string
	declare   func(w io.Writer, accounts []string, assets []money.Asset)
	head      func(w io.Writer, e ledger.Entry)
	claims    func(w io.Writer, last time.Time, held []holding)
}

// holding is what one account holds, debits positive.
type holding struct {
	account string
	amount  string // without the commodity
	asset   string
}

var styles = map[Dialect]style{
	HLedger:   {plainID, quoted, declareHLedger, plainHead, plainClaims},
	Ledger:    {plainID, quoted, declareLedger, plainHead, plainClaims},
	Beancount: {capitalID, currencyName, declareBeancount, beancountHead, beancountClaims},
}

const day = "2006-01-02"

func plainID(id string) string { return id }

// quoted is a commodity's name where digits and signs need quotes.
func quoted(a money.Asset) string {
	if a.IsCurrency() && strings.Trim(a.Code(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return a.Code()
	}
	return `"` + a.Code() + `"`
}

func declareHLedger(w io.Writer, accounts []string, assets []money.Asset) {
	fmt.Fprint(w, "decimal-mark .\n\n")
	for _, a := range assets {
		fmt.Fprintf(w, "commodity 1000.%s %s\n", strings.Repeat("0", a.Digits()), quoted(a))
	}
	for _, a := range accounts {
		fmt.Fprintf(w, "account %s\n", a)
	}
}

func declareLedger(w io.Writer, accounts []string, assets []money.Asset) {
	fmt.Fprint(w, "tag round\ntag ref\n")
	for _, a := range assets {
		fmt.Fprintf(w, "commodity %s\n    format %s %s\n", quoted(a), money.FromMinor(0, a).Text(), quoted(a))
	}
	for _, a := range accounts {
		fmt.Fprintf(w, "account %s\n", a)
	}
}

func plainHead(w io.Writer, e ledger.Entry) {
	fmt.Fprintf(w, "\n%s * (%d) %s\n", e.Posted.UTC().Format(day), e.Seq, e.Kind)
	for _, tag := range [][2]string{{"round", e.Round}, {"ref", e.Ref}} {
		if tag[1] != "" {
			fmt.Fprintf(w, "    ; %s: %s\n", tag[0], inert(tag[1]))
		}
	}
}

// plainClaims asserts balances in one last entry that moves nothing.
func plainClaims(w io.Writer, last time.Time, held []holding) {
	if len(held) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s * balances\n", last.Format(day))
	for _, h := range held {
		fmt.Fprintf(w, "    %s  0 %s = %s %s\n", h.account, h.asset, h.amount, h.asset)
	}
}

// capitalID writes an identifier as beancount allows it, see the package's
// comment. It never gives two identifiers one form.
func capitalID(id string) string {
	capital := id[0] >= 'A' && id[0] <= 'Z' || id[0] >= '0' && id[0] <= '9'
	if capital && !strings.ContainsAny(id, "_.") && !strings.HasPrefix(id, "Id-") {
		return id
	}
	return "Id-" + strings.NewReplacer("-", "--", "_", "-u", ".", "-d").Replace(id)
}

// currencyName is a commodity's name, which in beancount may not end in '-'.
func currencyName(a money.Asset) string {
	if strings.HasSuffix(a.Code(), "-") {
		return a.Code() + "_0"
	}
	return a.Code()
}

func declareBeancount(w io.Writer, accounts []string, assets []money.Asset) {
	for _, a := range assets {
		fmt.Fprintf(w, "1970-01-01 commodity %s\n", currencyName(a))
	}
	for _, a := range accounts {
		fmt.Fprintf(w, "1970-01-01 open %s\n", a)
	}
}

func beancountHead(w io.Writer, e ledger.Entry) {
	fmt.Fprintf(w, "\n%s * %q\n  seq: %d\n", e.Posted.UTC().Format(day), string(e.Kind), e.Seq)
	for _, tag := range [][2]string{{"round", e.Round}, {"ref", e.Ref}} {
		if tag[1] != "" {
			fmt.Fprintf(w, "  %s: \"%s\"\n", tag[0], inert(tag[1]))
		}
	}
}

// beancountClaims asserts balances exactly, on the morning after.
func beancountClaims(w io.Writer, last time.Time, held []holding) {
	fmt.Fprintln(w)
	for _, h := range held {
		fmt.Fprintf(w, "%s balance %s  %s ~ 0 %s\n", last.AddDate(0, 0, 1).Format(day), h.account, h.amount, h.asset)
	}
}

// inert percent-encodes all that a dialect might take for a tag, a date, a
// comment or the end of a text.
func inert(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
