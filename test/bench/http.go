package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

const (
	syncClients = 8 // callers at once when they sync: more than the server begins at a time on two cores
	peerChecks  = "one Ed25519 verification and one HPKE opening each, all cores"
)

// upload is a request that was made before the clock starts.
type upload struct {
	request []byte
	records int
}

// uploadOf renders POST /api/v1/handhelds/{id}/records.
func uploadOf(address string, id vendors.HandheldID, records []string) (upload, error) {
	body, err := json.Marshal(struct {
		Records []string `json:"records"`
		Channel string   `json:"channel"`
	}{records, "https"})
	if err != nil {
		return upload{}, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /api/v1/handhelds/%s/records HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", id, address, len(body))
	b.Write(body)
	return upload{b.Bytes(), len(records)}, nil
}

// sales signs and seals, on all cores, each handheld's next uploads of so many
// receipts.
func (f *field) sales(uploads, receipts int) ([][]upload, error) {
	out := make([][]upload, len(f.phones))
	w := newWork(0, len(f.phones), 0)
	err := each(runtime.GOMAXPROCS(0), func(int) error {
		for {
			i, ok := w.take()
			if !ok {
				return nil
			}
			for range uploads {
				records := make([]string, receipts)
				for r := range records {
					var err error
					if records[r], err = f.phones[i].sale(f.seal); err != nil {
						return err
					}
				}
				u, err := uploadOf(f.server.address, f.phones[i].id, records)
				if err != nil {
					return err
				}
				out[i] = append(out[i], u)
			}
		}
	})
	return out, err
}

// sent is what came of uploads.
type sent struct {
	rate    float64         // records a second
	took    []time.Duration // of each upload, sorted
	refused int             // answers that told to come back, which was done
	server  time.Duration   // of the processors, for each record
	clients time.Duration
}

// burden says what a record took of the processors.
func (s sent) burden() string {
	return fmt.Sprintf("processor time each: server %d µs, clients %d µs", s.server.Microseconds(), s.clients.Microseconds())
}

// send lets so many callers make the uploads of all handhelds, those of one
// handheld one after the other; who is told to come back does so. When the clock
// has stopped it checks that each answer is signed and that every record got the
// state.
func (f *field) send(ctx context.Context, uploads [][]upload, callers int, want voucher.ReceiptState) (sent, error) {
	var out sent
	var refused atomic.Int64
	clients := make([]*client, callers)
	for i := range clients {
		clients[i] = &client{address: f.server.address, number: i}
		defer clients[i].close()
	}
	records := 0
	for _, us := range uploads {
		for _, u := range us {
			records += u.records
		}
	}
	took, answers := make([][]time.Duration, callers), make([][][]byte, len(uploads))
	used, usedHere := spent(f.server.cmd.Process.Pid), spentHere()
	began := time.Now()
	err := each(callers, func(caller int) error {
		for i := caller; i < len(uploads); i += callers {
			for _, u := range uploads[i] {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				at := time.Now()
				a, err := clients[caller].do(ctx, u.request)
				for ; err == nil && a.refused(); a, err = clients[caller].do(ctx, u.request) {
					refused.Add(1)
					time.Sleep(a.retry)
				}
				if err == nil && a.status != http.StatusOK {
					err = fmt.Errorf("%d: %s", a.status, a.body)
				}
				if err != nil {
					return err
				}
				took[caller] = append(took[caller], time.Since(at))
				answers[i] = append(answers[i], a.body)
			}
		}
		return nil
	})
	out.rate, out.took, out.refused = perSecond(records, began), slices.Sorted(slices.Values(slices.Concat(took...))), int(refused.Load())
	if err != nil {
		return out, fmt.Errorf("%w; the server's log ends with\n%s", err, f.server.last())
	}
	out.server = (spent(f.server.cmd.Process.Pid) - used) / time.Duration(records)
	out.clients = (spentHere() - usedHere) / time.Duration(records)
	return out, f.check(answers, records, want)
}

// spentHere returns the processor time that this process has used.
func spentHere() time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// check verifies the acknowledgements on all cores.
func (f *field) check(answers [][][]byte, records int, want voucher.ReceiptState) error {
	all := slices.Concat(answers...)
	counted := make([]int, runtime.GOMAXPROCS(0))
	w := newWork(0, len(all), 0)
	err := each(len(counted), func(core int) error {
		for {
			n, ok := w.take()
			if !ok {
				return nil
			}
			var answer struct{ Ack string }
			if err := json.Unmarshal(all[n], &answer); err != nil {
				return err
			}
			ack, err := voucher.ParseAck(answer.Ack, f.beacon)
			if err != nil {
				return err
			}
			for _, o := range ack.Outcomes {
				if o.State != want {
					return fmt.Errorf("record %d of %s is %s (%s), not %s", o.Seq, ack.Handheld, o.State, o.Reason, want)
				}
			}
			counted[core] += len(ack.Outcomes)
		}
	})
	sum := 0
	for _, n := range counted {
		sum += n
	}
	if err == nil && sum != records {
		err = fmt.Errorf("%d records were answered, not %d", sum, records)
	}
	return err
}

// activate hands out every card that was issued last, 64 to a record.
func (f *field) activate(ctx context.Context) error {
	const cards, records = 64, 50
	var jws []string
	var uploads []upload
	for some := range slices.Chunk(f.cards, cards) {
		a := voucher.Activation{By: voucher.TakerHead}
		for _, c := range some {
			a.Serials = append(a.Serials, c.serial)
		}
		r, err := f.officer.record(a)
		if err != nil {
			return err
		}
		jws = append(jws, r)
	}
	for some := range slices.Chunk(jws, records) {
		u, err := uploadOf(f.server.address, f.officer.id, some)
		if err != nil {
			return err
		}
		uploads = append(uploads, u)
	}
	_, err := f.send(ctx, [][]upload{uploads}, 1, voucher.Accepted)
	return err
}

// fieldOf returns a folder of which every voucher was handed over, served.
func (b *bench) fieldOf(ctx context.Context, name string, vouchers int) (*field, error) {
	jate, err := buildJate(ctx, b.dir)
	if err != nil {
		return nil, err
	}
	f, err := newField(ctx, jate, filepath.Join(b.dir, name), vouchers)
	if err == nil {
		err = f.serve()
	}
	if err == nil {
		err = f.activate(ctx)
	}
	if err != nil && f != nil {
		err = errors.Join(err, f.stop())
	}
	return f, err
}

// fieldClosed stops the server if one runs.
func (b *bench) fieldClosed() error {
	if b.field == nil {
		return nil
	}
	return b.field.stop()
}

// httpLines measures redemption over HTTP: singly, and in batches of 100. When
// it is done every voucher of the folder has lived its whole life.
func (b *bench) httpLines(ctx context.Context) error {
	vouchers := b.reps * together * (b.sales + b.syncs*b.batch)
	var err error
	if b.field, err = b.fieldOf(ctx, "field", vouchers); err != nil {
		return err
	}
	if err := b.pg.load(ctx, max(vouchers, 100_000)); err != nil {
		return err
	}
	s := series{}
	for i := range b.reps {
		if err := b.singly(ctx, s, i); err != nil {
			return err
		}
		if err := b.inBatches(ctx, s, i); err != nil {
			return err
		}
	}
	b.report.add(
		s.against("redeem singly over HTTP, 64 clients", ours, peerSingle, 0.8).
			noted("p50 %.1f ms, p99 %.1f ms", median(s["p50"]), median(s["p99"])),
		s.against(fmt.Sprintf("sync in batches of %d over HTTP", b.batch), "batches", peerChecks, 0.45).
			noted("%d clients; p50 %.0f ms, p99 %.0f ms a batch", syncClients, median(s["batch p50"]), median(s["batch p99"])))
	return errors.Join(b.pg.unload(ctx), b.field.stop())
}

// singly redeems one receipt a call.
func (b *bench) singly(ctx context.Context, s series, i int) error {
	uploads, err := b.field.sales(b.sales, 1)
	if err != nil {
		return err
	}
	// Reloaded before PostgreSQL runs out: its random accounts are as many.
	if b.pg.accounts-b.pg.next < b.pg.accounts/2 {
		if err := b.pg.load(ctx, b.pg.accounts); err != nil {
			return err
		}
	}
	unix.Sync() // what was prepared is nobody's burden
	used := spent(b.pg.process.Pid) + spentHere()
	peer, err := b.pg.single(ctx, b.seconds)
	if err != nil {
		return err
	}
	used = time.Duration(float64(spent(b.pg.process.Pid)+spentHere()-used) / (peer * b.seconds.Seconds()))
	seen := countersAt(b.field.server.metrics)
	seen.start()
	got, err := b.field.send(ctx, uploads, together, voucher.Payable)
	if err != nil {
		return err
	}
	p50, p99 := percentile(got.took, 0.5).Seconds()*1000, percentile(got.took, 0.99).Seconds()*1000
	s.add(ours, got.rate)
	s.add(peerSingle, peer)
	s.add("p50", p50)
	s.add("p99", p99)
	say("  %d of %d: singly %.0f/s, p99 %.1f ms, %s; PostgreSQL %.0f/s, both together %d µs", i+1, b.reps, got.rate, p99, got.burden(), peer, used.Microseconds())
	if i < b.reps-1 {
		return nil
	}
	if err := seen.stop(len(got.took)); err != nil {
		return err
	}
	b.report.count("redeem singly over HTTP: %s; %s", seen, got.burden())
	return nil
}

// inBatches redeems 100 receipts a call.
func (b *bench) inBatches(ctx context.Context, s series, i int) error {
	uploads, err := b.field.sales(b.syncs, b.batch)
	if err != nil {
		return err
	}
	used := spentHere()
	checks, err := checkAlone(b.seconds / 2)
	if err != nil {
		return err
	}
	used = time.Duration(float64(spentHere()-used) / (checks * b.seconds.Seconds() / 2))
	seen := countersAt(b.field.server.metrics)
	seen.start()
	got, err := b.field.send(ctx, uploads, syncClients, voucher.Payable)
	if err != nil {
		return err
	}
	s.add("batches", got.rate)
	s.add(peerChecks, checks)
	s.add("batch p50", percentile(got.took, 0.5).Seconds()*1000)
	s.add("batch p99", percentile(got.took, 0.99).Seconds()*1000)
	say("  %d of %d: in batches %.0f/s, %s; checks alone %.0f/s, %d µs", i+1, b.reps, got.rate, got.burden(), checks, used.Microseconds())
	if i < b.reps-1 {
		return nil
	}
	if err := seen.stop(len(got.took) * b.batch); err != nil {
		return err
	}
	b.report.count("sync in batches of %d: %s; %s; %d uploads were refused and sent again", b.batch, seen, got.burden(), got.refused)
	return nil
}

// checkAlone verifies the signature of a receipt and opens its factor, on all
// cores, and does nothing else.
func checkAlone(within time.Duration) (float64, error) {
	secret := make([]byte, 32)
	secret[0] = 1
	open, err := voucher.SealKeyFrom(secret)
	if err != nil {
		return 0, err
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return 0, err
	}
	p := &phone{id: "h1", key: key, bundle: 1, cards: []card{{"1234567890123456", "135790"}}}
	sealed, err := voucher.SealFactor(open.PublicKey(), voucher.Factor{PIN: p.cards[0].pin}, p.id, p.cards[0].serial, 1)
	if err != nil {
		return 0, err
	}
	serial := p.cards[0].serial
	jws, err := p.sale(open.PublicKey())
	if err != nil {
		return 0, err
	}
	dot := strings.LastIndexByte(jws, '.')
	signature, err := base64.RawURLEncoding.DecodeString(jws[dot+1:])
	if err != nil {
		return 0, err
	}
	public, message := key.Public().(ed25519.PublicKey), []byte(jws[:dot])
	return allCores(within, func() error {
		if !ed25519.Verify(public, message, signature) {
			return errors.New("the receipt's signature is wrong")
		}
		_, err := voucher.OpenFactor(open, sealed, "h1", serial, 1)
		return err
	})
}
