package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// watched reports whether a person looks at what is written to w.
func watched(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress says what is being done.
type progress struct{ w io.Writer }

func (p *progress) step(format string, args ...any) { fmt.Fprintf(p.w, "  "+format+"\n", args...) }

// bar returns what says how far it is: in place, and only where somebody looks on.
func (p *progress) bar(what string) func(done, of int) {
	if !watched(p.w) {
		return func(int, int) {}
	}
	last := -1
	return func(done, of int) {
		if of == 0 || done*20/of == last {
			return
		}
		last = done * 20 / of
		fmt.Fprintf(p.w, "\r  %s %3d %%", what, done*100/of)
		if done == of {
			fmt.Fprint(p.w, "\r\033[K")
		}
	}
}
