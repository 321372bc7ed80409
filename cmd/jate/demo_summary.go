package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/voucher"
)

// demoSummary is what `jate demo --json` prints. Its keys are stable.
type demoSummary struct {
	List      listSummary       `json:"list"`
	Lots      []lotSummary      `json:"lots"`
	Traders   int               `json:"traders"`
	Cuts      int               `json:"network_cuts"`
	Money     moneySummary      `json:"money"`
	Receipts  map[string]int    `json:"receipts"` // by state, and by reason where there is one
	Incidents []incidentSummary `json:"incidents"`
	Claims    claimSummary      `json:"claims"`
	Payments  paymentSummary    `json:"payments"`
	Books     bookSummary       `json:"books"`
	Report    string            `json:"report"` // path of the report on the first round
	Seconds   int               `json:"seconds"`
}

type listSummary struct {
	Rows         int `json:"rows"`
	New          int `json:"new"`
	Refused      int `json:"refused"`
	Duplicates   int `json:"duplicates"` // pairs listed for a person
	Excluded     int `json:"excluded"`   // of those, decided to be one household
	SameOnRepeat int `json:"same_on_repeat"`
}

type lotSummary struct {
	ID         string       `json:"id"`
	Households int          `json:"households"`
	Vouchers   int          `json:"vouchers"`
	Total      money.Amount `json:"total"`
	Approvals  int          `json:"approvals"`
	Overlaps   int          `json:"overlaps"` // with other organisations
}

type moneySummary struct {
	Allocated       money.Amount `json:"allocated"`
	Issued          money.Amount `json:"issued"`
	Redeemed        money.Amount `json:"redeemed"`
	Void            money.Amount `json:"void"`
	Expired         money.Amount `json:"expired"`
	Returned        money.Amount `json:"returned"`
	Outstanding     money.Amount `json:"outstanding"`
	ContingencyUsed money.Amount `json:"contingency_used"`
	Unclaimed       int64        `json:"unclaimed_xof"`
	Owed            int64        `json:"owed_xof"` // claimed and not paid
	Contested       int64        `json:"contested_xof"`
	InTransit       int64        `json:"in_transit_xof"`
}

func (m *moneySummary) add(c ledger.Class, n int64) {
	switch c {
	case ledger.ClassRedeemed:
		m.Unclaimed += n
	case ledger.ClassClaimed:
		m.Owed += n
	case ledger.ClassContested:
		m.Contested += n
	case ledger.ClassTransit:
		m.InTransit += n
	}
}

type incidentSummary struct {
	What   string `json:"what"`
	Became string `json:"became"`
}

type claimSummary struct {
	Lines      int            `json:"lines"`
	Matched    int            `json:"matched"`
	Exceptions map[string]int `json:"exceptions"`
	Findings   map[string]int `json:"findings"`
	Cases      int            `json:"cases"`
	Ties       bool           `json:"ties_to_the_ledger"`
}

func (c *claimSummary) fill(r reconcile.Report) {
	c.Exceptions, c.Findings, c.Ties = map[string]int{}, map[string]int{}, r.Ties
	for _, l := range r.Lines.All() {
		c.Lines++
		if l.Matched {
			c.Matched++
			continue
		}
		c.Exceptions[string(l.Exception)]++
	}
	for _, f := range r.Findings {
		c.Findings[f.Detector]++
	}
}

func (c *claimSummary) exceptions() int {
	n := 0
	for _, k := range c.Exceptions {
		n += k
	}
	return n
}

type paymentSummary struct {
	Paid   int `json:"paid"`
	Failed int `json:"failed"`
}

type bookSummary struct {
	Balanced bool   `json:"balanced"`
	Entries  uint64 `json:"entries"`
	Root     string `json:"root"`
	Wrong    string `json:"wrong,omitempty"`
}

func stateOf(r voucher.StoredReceipt) string {
	if r.Reason == "" {
		return string(r.State)
	}
	return string(r.State) + ": " + r.Reason
}

// print writes the summary for a person.
func (s demoSummary) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(label string, value any) { fmt.Fprintf(t, "  %s\t%v\n", label, value) }
	title := func(text string) {
		t.Flush()
		fmt.Fprintf(w, "\n%s\n", text)
	}
	title("The list")
	line("rows", s.List.Rows)
	line("households", s.List.New)
	line("refused, with row, column and reason", s.List.Refused)
	line("pairs for a person to decide", s.List.Duplicates)
	title("The round")
	for _, l := range s.Lots {
		line("lot "+l.ID, fmt.Sprintf("%d households, %d vouchers, %s, %d approvals", l.Households, l.Vouchers, l.Total.Format("en"), l.Approvals))
	}
	for _, m := range []struct {
		label  string
		amount money.Amount
	}{{"allocated", s.Money.Allocated}, {"issued", s.Money.Issued}, {"redeemed", s.Money.Redeemed}, {"void", s.Money.Void},
		{"expired", s.Money.Expired}, {"outstanding", s.Money.Outstanding}, {"returned to the fund", s.Money.Returned},
		{"losses borne by the contingency", s.Money.ContingencyUsed}} {
		line(m.label, m.amount.Format("en"))
	}
	title(fmt.Sprintf("What %d traders sent (line cut %d times)", s.Traders, s.Cuts))
	counts(line, s.Receipts)
	title("What went wrong")
	for _, i := range s.Incidents {
		line(i.What, i.Became)
	}
	title("Claims")
	line("lines", s.Claims.Lines)
	line("matched", s.Claims.Matched)
	counts(line, s.Claims.Exceptions)
	for name, n := range s.Claims.Findings {
		line("finding: "+name, n)
	}
	line("cases", s.Claims.Cases)
	line("ties to the ledger to the franc", s.Claims.Ties)
	title("Money of traders")
	for _, m := range []struct {
		label string
		n     int64
	}{{"redeemed and not claimed", s.Money.Unclaimed}, {"claimed and not paid", s.Money.Owed},
		{"frozen by cases", s.Money.Contested}, {"in transit", s.Money.InTransit}} {
		line(m.label, money.Francs(m.n).Format("en"))
	}
	line("payments made / refused by the bank", fmt.Sprintf("%d / %d", s.Payments.Paid, s.Payments.Failed))
	title("The books")
	if s.Books.Balanced {
		line("recomputed from the journal", fmt.Sprintf("they balance: %d entries, root %s", s.Books.Entries, s.Books.Root))
	} else {
		line("WRONG", s.Books.Wrong)
	}
	line("report on the round", s.Report)
	line("time", fmt.Sprintf("%d s", s.Seconds))
	t.Flush()
}

// counts writes a table of counts, the most frequent first.
func counts(line func(string, any), m map[string]int) {
	for _, k := range frequent(m) {
		line(k, m[k])
	}
}

// list writes counts in one line: "3 payable, 1 contested".
func list(m map[string]int) string {
	var parts []string
	for _, k := range frequent(m) {
		parts = append(parts, fmt.Sprintf("%d %s", m[k], k))
	}
	return strings.Join(parts, ", ")
}

func frequent(m map[string]int) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
}
