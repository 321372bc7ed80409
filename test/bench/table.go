package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// line is one measured fact. Where there is no peer, the bar is held against
// what was measured; otherwise against the ratio.
type line struct {
	Name     string
	Measured float64
	Unit     string  // "/s", "MiB", "bytes"
	Than     string  `json:",omitempty"` // the peer or limit
	Peer     float64 `json:",omitempty"`
	Ratio    float64 `json:",omitempty"` // median of the repetitions' ratios
	Low      float64 `json:",omitempty"`
	High     float64 `json:",omitempty"`
	Bar      float64 `json:",omitempty"` // 0 where there is none
	AtMost   bool    `json:",omitempty"` // the bar is the most it may be, not the least
	Note     string  `json:",omitempty"`
	Met      string  // "met", "not met", or "–" without a bar
}

func (l line) judged() line {
	got := l.Ratio
	if l.Than == "" {
		got = l.Measured
	}
	switch {
	case l.Bar == 0:
		l.Met = "–"
	case l.AtMost == (got <= l.Bar), got == l.Bar:
		l.Met = "met"
	default:
		l.Met = "NOT MET"
	}
	return l
}

// cells are the columns of the table.
func (l line) cells() []string {
	peer, ratio, bar := "–", "–", "–"
	if l.Than != "" {
		peer = l.Than + " " + figure(l.Peer, l.Unit)
		ratio = fmt.Sprintf("%.2f (%.2f–%.2f)", l.Ratio, l.Low, l.High)
	}
	sign := "≥"
	if l.AtMost {
		sign = "≤"
	}
	switch {
	case l.Bar != 0 && l.Than == "":
		bar = sign + " " + figure(l.Bar, l.Unit)
	case l.Bar != 0:
		bar = fmt.Sprintf("%s %.2f", sign, l.Bar)
	}
	return []string{l.Name, figure(l.Measured, l.Unit), peer, ratio, bar, l.Met}
}

var columns = []string{"line", "measured", "compared with", "ratio (min–max)", "bar", ""}

// figure writes a number with its thousands apart.
func figure(v float64, unit string) string {
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if unit != "/s" && unit != "" {
		unit = " " + unit
	}
	return digits + unit
}

// report is all that a run found.
type report struct {
	Conditions []condition
	Lines      []line
	Counters   []string // what the store counted
	Missing    []string // what was not measured, and why
}

func (r *report) add(lines ...line) {
	for _, l := range lines {
		r.Lines = append(r.Lines, l.judged())
	}
}

func (r *report) count(format string, args ...any) {
	r.Counters = append(r.Counters, fmt.Sprintf(format, args...))
}

// missed returns the names of the lines whose bar was not met, and what was not
// measured.
func (r *report) missed() []string {
	var names []string
	for _, l := range r.Lines {
		if l.Met == "NOT MET" {
			names = append(names, strings.TrimSuffix(l.Name+" / "+l.Than, " / "))
		}
	}
	return append(names, r.Missing...)
}

// notes are the remarks on lines, on counters, and on what is not there.
func (r *report) notes() []string {
	var notes []string
	for _, l := range r.Lines {
		if l.Note != "" {
			notes = append(notes, l.Name+": "+l.Note)
		}
	}
	notes = append(notes, r.Counters...)
	for _, m := range r.Missing {
		notes = append(notes, "not measured: "+m)
	}
	return notes
}

// text writes the table for a terminal.
func (r *report) text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Conditions {
		fmt.Fprintf(t, "%s\t%s\n", c.Name, c.Value)
	}
	fmt.Fprintf(t, "\n%s\n", strings.Join(columns, "\t"))
	for _, l := range r.Lines {
		fmt.Fprintln(t, strings.Join(l.cells(), "\t"))
	}
	fmt.Fprintln(t)
	for _, n := range r.notes() {
		fmt.Fprintln(t, n)
	}
	return t.Flush()
}

// markdown writes the table for a page.
func (r *report) markdown(w io.Writer) error {
	var b strings.Builder
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(columns)
	row([]string{"---", "---:", "---", "---", "---", "---"})
	for _, l := range r.Lines {
		row(l.cells())
	}
	b.WriteString("\n")
	for _, n := range r.notes() {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	b.WriteString("\nConditions:\n\n")
	for _, c := range r.Conditions {
		fmt.Fprintf(&b, "- %s: %s\n", c.Name, c.Value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write puts the report into a folder, as JSON and as Markdown.
func (r *report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	page, err := os.Create(filepath.Join(dir, "bench.md"))
	if err != nil {
		return err
	}
	if err := errors.Join(r.markdown(page), page.Close()); err != nil {
		return err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "bench.json"), append(b, '\n'), 0o644)
}

// noted adds a remark.
func (l line) noted(format string, args ...any) line {
	l.Note = fmt.Sprintf(format, args...)
	return l
}
