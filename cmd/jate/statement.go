package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/vendors"
)

// statementCommand writes the monthly statement of a bank account: the bank's
// balance less the books', explained line by line.
func statementCommand(ctx context.Context, env *environment) error {
	fs := env.flags("statement")
	dir := fs.String("data", "", "data folder")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking: a bank's words are sealed")
	bank := fs.String("bank", "", "id of the bank account")
	until := fs.String("until", "", "last day, such as 2026-03-31; the last that the bank's statements reached where empty")
	programme := fs.String("programme", "", "programme id; needed where there are several")
	format := fs.String("format", "text", "text, json, csv, xlsx or pdf")
	out := fs.String("out", "", "file to write; standard output where empty")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	var day time.Time
	if *until != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, *until); err != nil {
			return fmt.Errorf("--until: %q is no day such as 2026-03-31", *until)
		}
	}
	db, err := openSealed(*dir, env.passphrases(*pass), env.quiet())
	if err != nil {
		return err
	}
	var m vendors.BankMonth
	id, err := onlyProgramme(ctx, db, *programme)
	if err == nil {
		err = db.Vendors().View(ctx, func(tx vendors.Tx) error {
			m, err = vendors.MonthOf(tx, vendors.BankMonthOf{By: access.Actor{Programme: id}, Bank: *bank, Until: day})
			return err
		})
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	var b bytes.Buffer
	if draw, ok := report.BankFormats[*format]; ok {
		err = draw(&b, m, env.lang())
	} else {
		err = m.Write(&b, *format)
	}
	if err != nil {
		return err
	}
	if *out != "" {
		return os.WriteFile(*out, b.Bytes(), 0o600)
	}
	_, err = env.stdout.Write(b.Bytes())
	return err
}
