package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/evidence"
)

// caseShown is what is printed of a case.
type caseShown struct {
	ID, Vendor, Round, About, State, Refers, Digest string
	Findings                                        []evidence.Finding
	Value, Frozen                                   money.Amount
	Money                                           []struct {
		Entry, Claim, Outcome string
		Value                 money.Amount
		Paid                  bool
	}
	Assigned struct{ To, Due string }
	Hearing  struct{ Asked, Until, Answered string }
	Debt     *struct {
		Charged, Recovered, Left money.Amount
		GivenUp                  money.Amount `json:"given_up"`
		Digest                   string       `json:"give_up_digest"`
	}
}

// columns prints rows in columns.
func columns(w io.Writer, rows func(io.Writer)) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	rows(t)
	return t.Flush()
}

func showCases(w io.Writer, answer []byte) error {
	var page struct{ Items []caseShown }
	if err := json.Unmarshal(answer, &page); err != nil {
		return err
	}
	return columns(w, func(w io.Writer) {
		for _, c := range page.Items {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d findings\t%s\t%s %s\n", c.ID, c.State, c.Vendor, c.Round, c.About, len(c.Findings), c.Value, c.Assigned.To, c.Assigned.Due)
		}
	})
}

func showProposals(w io.Writer, answer []byte) error {
	var page struct {
		Items []struct {
			Vendor, Round, About, Joins, Refers string
			Score                               int
			Value                               money.Amount
			Freezes                             bool
			Findings                            []evidence.Finding
		}
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		return err
	}
	return columns(w, func(w io.Writer) {
		for _, p := range page.Items {
			what := "new"
			if p.Refers != "" {
				what = "new, after " + p.Refers
			}
			if p.Joins != "" {
				what = "joins " + p.Joins
			}
			fmt.Fprintf(w, "%s\t%s\t%d findings\tscore %d\t%s\t%s\n", p.Vendor, p.About, len(p.Findings), p.Score, p.Value, what)
		}
	})
}

func showOpened(w io.Writer, answer []byte) error {
	var page struct {
		Items []struct {
			Case, Vendor, About string
			Joined              bool
			Added               int
		}
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		return err
	}
	return columns(w, func(w io.Writer) {
		for _, c := range page.Items {
			what := "opened"
			if c.Joined {
				what = "joined"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d findings\n", c.Case, what, c.Vendor, c.About, c.Added)
		}
	})
}

func showCase(w io.Writer, answer []byte) error {
	var c caseShown
	if err := json.Unmarshal(answer, &c); err != nil {
		return err
	}
	return columns(w, func(w io.Writer) {
		fmt.Fprintf(w, "case\t%s\t%s\ntrader\t%s\t%s\nround\t%s\nvalue\t%s\nfrozen\t%s\n", c.ID, c.State, c.Vendor, c.About, c.Round, c.Value, c.Frozen)
		if c.Assigned.To != "" {
			fmt.Fprintf(w, "assigned\t%s\tuntil %s\n", c.Assigned.To, c.Assigned.Due)
		}
		if c.Hearing.Asked != "" {
			fmt.Fprintf(w, "trader asked\t%s\tuntil %s\tanswered %s\n", c.Hearing.Asked, c.Hearing.Until, c.Hearing.Answered)
		}
		for _, f := range c.Findings {
			fmt.Fprintf(w, "finding\t%d\t%s\t%s\n", f.Score, f.Value, f.Says.EN)
		}
		for _, m := range c.Money {
			state := m.Outcome
			if state == "" && m.Paid {
				state = "paid, to be decided"
			} else if state == "" {
				state = "frozen"
			}
			fmt.Fprintf(w, "entry\t%s\t%s\t%s\n", m.Entry, m.Value, state)
		}
		if d := c.Debt; d != nil {
			fmt.Fprintf(w, "to pay back\t%s\tcame in %s\tgiven up %s\tleft %s\t%s\n", d.Charged, d.Recovered, d.GivenUp, d.Left, d.Digest)
		}
		if c.Digest != "" {
			fmt.Fprintf(w, "digest\t%s\n", c.Digest)
		}
	})
}

func showHistory(w io.Writer, answer []byte) error {
	var page struct{ Items []evidence.Event }
	if err := json.Unmarshal(answer, &page); err != nil {
		return err
	}
	return columns(w, func(w io.Writer) {
		for _, e := range page.Items {
			what := e.What
			if e.Amount != nil {
				what = fmt.Sprintf("%s %s, %s", e.Kind, e.Amount, e.Ref)
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", e.Entry, e.At.UTC().Format("2006-01-02 15:04:05"), e.Role, e.Actor, what)
		}
	})
}

func showNothing(io.Writer, []byte) error { return nil }
