package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/voucher"
)

func verifyCommand(ctx context.Context, env *environment) error {
	fs := env.flags("verify")
	dir := fs.String("data", "", "data folder")
	all := fs.Bool("signatures", false, fmt.Sprintf("verify every receipt's signature again, not one in %d", sampleOneIn))
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	db, s, err := openStore(*dir, env.quiet())
	if err != nil {
		return err
	}
	r, checks, err := verifyStore(ctx, db, *dir, s, *all)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	signatures := "all"
	if !*all {
		signatures = fmt.Sprintf("one in %d at random", sampleOneIn)
	}
	_, err = fmt.Fprintf(env.stdout, "receipts=%d signatures=%q\nok size=%d root=%s\n", checks.Receipts, signatures, r.Size, r.Root)
	return err
}

func verifyStore(ctx context.Context, db *bolt.DB, dir string, s settings, all bool) (ledger.Report, *voucher.Checks, error) {
	p, err := proofsOf(dir, s)
	if err != nil {
		return ledger.Report{}, nil, err
	}
	size := uint64(0)
	if err := db.Ledger().View(ctx, func(tx ledger.Tx) (err error) { size, err = tx.Size(); return err }); err != nil {
		return ledger.Report{}, nil, err
	}
	defer leaveGarbage(passMemory(size))()
	checks := sampled()
	if all {
		checks = voucher.NewChecks(1, nil)
	}
	r, err := verifyWith(ctx, db, p, checks)
	return r, checks, err
}
