package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/durable"
)

// slipFlags are what papers for authors need.
type slipFlags struct{ hotline, where, paper, out *string }

func addSlipFlags(fs *flag.FlagSet) slipFlags {
	return slipFlags{
		hotline: fs.String("hotline", "", "number to call, as printed"),
		where:   fs.String("where", "", "where else to ask, in your words, at most 60 letters"),
		paper:   fs.String("paper", "", "language of the paper, fr or en; both without it"),
		out:     fs.String("out", "", "file to write, a PDF; it holds codes, so destroy it once it is printed"),
	}
}

func (f slipFlags) desk() feedback.Desk {
	return feedback.Desk{Hotline: *f.hotline, Where: *f.where, Lang: *f.paper}
}

// printSlips prints slips ahead, for desks that record complaints on paper.
func printSlips(ctx context.Context, env *environment) error {
	fs := env.flags("complaint slips")
	o := addOfficeFlags(fs)
	f := addSlipFlags(fs)
	count := fs.Int("count", 40, "how many, 1 to 1000")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *f.out == "" {
		return errors.New("slips need --out")
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		b, err := a.feedbacks.PrintSlips(ctx, feedback.PrintSlips{By: by, Key: rand.Text(), Count: *count, Desk: f.desk()})
		if err != nil {
			return err
		}
		if err := durable.Replace(*f.out, b.PDF); err != nil { // mode 0600
			return err
		}
		_, err = fmt.Fprintf(env.stdout, o.say("batch %d: %d slips\n", "série %d : %d papiers\n"), b.Batch, b.Count)
		return err
	}, access.RoleMEALOfficer)
}

// printSlip prints the slip of a complaint, whose code it reads from the input.
func printSlip(ctx context.Context, env *environment) error {
	fs := env.flags("complaint slip")
	o := addOfficeFlags(fs)
	f := addSlipFlags(fs)
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *f.out == "" {
		return errors.New("a slip needs --out")
	}
	code, err := readInput(env, "-")
	if err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		pdf, err := a.feedbacks.ComplaintSlip(ctx, feedback.ComplaintSlip{By: by, Code: code, Desk: f.desk()})
		if err != nil {
			return err
		}
		return durable.Replace(*f.out, pdf)
	}, access.RoleMEALOfficer)
}
