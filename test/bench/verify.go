package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/voucher"
)

const (
	bytesMax = 2_000 // of one voucher, through its whole life

	// fillClients fill a folder that is measured afterwards: so few that a
	// server on a busy machine refuses none of them.
	fillClients = 4
)

// wholeLife makes a folder whose vouchers were all redeemed in batches.
func (b *bench) wholeLife(ctx context.Context, name string, vouchers int) (*field, error) {
	vouchers = max(vouchers-vouchers%(together*b.batch), together*b.batch)
	f, err := b.fieldOf(ctx, name, vouchers)
	if err != nil {
		return nil, err
	}
	uploads, err := f.sales(vouchers/together/b.batch, b.batch)
	if err == nil {
		_, err = f.send(ctx, uploads, fillClients, voucher.Payable)
	}
	return f, errors.Join(err, f.stop())
}

// filled returns the folder that HTTP calls filled, or makes one.
func (b *bench) filled(ctx context.Context) (*field, error) {
	if b.field != nil {
		return b.field, nil
	}
	var err error
	b.field, err = b.wholeLife(ctx, "field", b.reps*together*(b.sales+b.syncs*b.batch))
	return b.field, err
}

// bytesLines counts the bytes of a voucher through its whole life, in a small
// folder and in a larger one.
func (b *bench) bytesLines(ctx context.Context) error {
	small, err := b.wholeLife(ctx, "small", b.small)
	if err != nil {
		return err
	}
	large, err := b.filled(ctx)
	if err != nil {
		return err
	}
	for _, f := range []*field{small, large} {
		bytes, err := f.bytes()
		if err != nil {
			return err
		}
		kinds, err := f.kinds(ctx)
		if err != nil {
			return err
		}
		n, issued := kinds[ledger.KindRedeem].postings, kinds[ledger.KindIssue].postings
		if n == 0 || n != issued {
			return fmt.Errorf("%d vouchers were issued and %d redeemed", issued, n)
		}
		b.report.add(line{Name: fmt.Sprintf("bytes a voucher, %s in the folder", figure(float64(n), "")),
			Measured: float64(bytes) / float64(n), Unit: "bytes", Bar: bytesMax, AtMost: true,
			Note: "issued, activated and redeemed; the whole folder after a clean stop, print jobs aside"})
	}
	return os.RemoveAll(small.dir)
}

// verifyLines measures jate verify and jate monitor on a folder of many
// entries, by the time that the process used of its cores.
func (b *bench) verifyLines(ctx context.Context) error {
	f, err := b.filled(ctx)
	if err != nil {
		return err
	}
	kinds, err := b.grow(ctx, f)
	if err != nil {
		return err
	}
	entries, said := 0, []string{}
	for k, n := range kinds {
		entries += n.entries
		said = append(said, fmt.Sprintf("%s %s", figure(float64(n.entries), ""), k))
	}
	slices.Sort(said)
	note := "entries: " + strings.Join(said, ", ") + "; each redeem entry has its signed receipt"
	// What one of them refuses is said, and does not cost the whole run.
	for _, measure := range []func() error{
		func() error {
			return b.reader("verify", entries, note, func() (*os.ProcessState, string, error) { return f.run(ctx, "verify") })
		},
		func() error {
			if err := f.serve(); err != nil {
				return err
			}
			err := b.reader("monitor", entries, note+"; over HTTP, the server's own time aside",
				func() (*os.ProcessState, string, error) { return f.monitor(ctx) })
			return errors.Join(err, f.stop())
		},
	} {
		if err := measure(); err != nil {
			b.report.Missing = append(b.report.Missing, err.Error())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// grow issues vouchers that nobody redeems until the folder has its entries.
// Each has an entry of its own, as a late one has: what is measured is entries,
// and not how many households of a lot share one.
func (b *bench) grow(ctx context.Context, f *field) (map[ledger.Kind]counted, error) {
	kinds, err := f.kinds(ctx)
	if err != nil {
		return nil, err
	}
	have := 0
	for _, n := range kinds {
		have += n.entries
	}
	if have >= b.entries {
		return kinds, nil
	}
	if err := f.open(func(db *bolt.DB) error { return issueLate(ctx, db, b.entries-have) }); err != nil {
		return nil, err
	}
	// The last entries get their checkpoint.
	if err := errors.Join(f.serve(), f.stop()); err != nil {
		return nil, err
	}
	return f.kinds(ctx)
}

// issueLate issues so many vouchers with an entry for each.
func issueLate(ctx context.Context, db *bolt.DB, count int) error {
	const perUpdate = 5_000
	for from := 0; from < count; from += perUpdate {
		err := db.Ledger().Update(ctx, func(tx ledger.Tx) error {
			for i := from; i < min(from+perUpdate, count); i++ {
				if err := fundSome(tx, "l2", i, i+1); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("issue late vouchers: %w", err)
		}
	}
	return nil
}

// reader measures one of the commands that read everything, by the processor
// time of its process. It must say that it read as many entries as there are.
func (b *bench) reader(command string, entries int, note string, run func() (*os.ProcessState, string, error)) error {
	s := series{}
	for i := range b.reps {
		process, said, err := run()
		if err != nil {
			return err
		}
		if !strings.Contains(said, fmt.Sprintf("ok size=%d ", entries)) {
			return fmt.Errorf("jate %s read something else than %d entries: %s", command, entries, said)
		}
		used := process.UserTime() + process.SystemTime()
		s.add(ours, float64(entries)/used.Seconds())
		say("  %d of %d: jate %s %.0f entries a second a core", i+1, b.reps, command, s[ours][i])
	}
	b.report.add(line{Name: "jate " + command + ", entries a second a core", Measured: median(s[ours]), Unit: "/s", Bar: 100_000, Note: note})
	return nil
}
