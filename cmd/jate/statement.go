package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/store/bolt"
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
	err = writeStatement(ctx, env, db, *out, *format, *programme, vendors.BankMonthOf{Bank: *bank, Until: day})
	return errors.Join(err, db.Close())
}

// writeStatement journals that the statement leaves, and writes it to the file, or
// to the output where none is named.
func writeStatement(ctx context.Context, env *environment, db *bolt.DB, out, format, programme string, q vendors.BankMonthOf) error {
	id, err := onlyProgramme(ctx, db, programme)
	if err != nil {
		return err
	}
	q.By = local(id, "office", access.RoleFinanceApprover)
	var m vendors.BankMonth
	err = db.Vendors().View(ctx, func(tx vendors.Tx) error {
		m, err = vendors.MonthOf(tx, q)
		return err
	})
	if err != nil {
		return err
	}
	var file httpkit.Spool
	defer file.Close()
	h := ledger.HandedOut{Kind: "bank-statement", Of: "bank:" + m.Bank, Form: format, Size: m.Size}
	if draw, ok := report.BankFormats[format]; ok {
		h.Lang = env.lang()
		err = draw(&file, m, h.Lang)
	} else {
		err = m.Write(&file, format)
	}
	if err != nil {
		return err
	}
	if err := handOver(ctx, db, q.By, h, &file, true); err != nil {
		return err
	}
	b, err := io.ReadAll(file.Reader())
	if err != nil {
		return err
	}
	if out != "" {
		return os.WriteFile(out, b, 0o600)
	}
	_, err = env.stdout.Write(b)
	return err
}
