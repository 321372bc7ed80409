package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// load is the program as serve runs it, over a store in a temporary folder,
// with traders who have sold and not yet sent: the handler, the middleware, the
// keys and the store are those of the server.
type load struct {
	app    *app
	world  *vouchertest.World
	server *httptest.Server
	client *http.Client
	phones []vendors.HandheldID
}

// newLoad opens the program and gives it the handhelds.
func newLoad(t testing.TB, phones int, c httpkit.Capacity) *load {
	t.Helper()
	dir := t.TempDir()
	ask := func(name string) (string, error) { return "pass of " + name, nil }
	if err := makeFolder(dir, settings{Origin: "ngo.example/load", Issuer: "ngo", Development: true}, ask, 10); err != nil {
		t.Fatal(err)
	}
	l := &load{}
	l.world = vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		var err error
		l.app, err = openApp(appConfig{dir: dir, ask: ask, now: now, random: rand.Reader,
			log: slog.New(slog.DiscardHandler), capacity: c})
		if err != nil {
			t.Fatal(err)
		}
		return l.app.db.Vouchers()
	})
	w := l.world
	w.Seal, w.Beacon = l.app.keys.seal[0], l.app.keys.beacon
	w.Service = voucher.New(w.Store, w.Config())
	w.Update(func(tx voucher.Tx) error {
		by := ledger.Actor{Role: "finance-preparer", Name: "p9"}
		for _, e := range []ledger.Entry{
			{Kind: ledger.KindPledgeFund, Actor: by, Postings: []ledger.Posting{
				{Debit: ledger.Receivable("f1"), Credit: ledger.Fund("f1"), Amount: money.Francs(1e11)}}},
			{Kind: ledger.KindAllocate, Round: "r1", Actor: by, Postings: []ledger.Posting{
				{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: money.Francs(1e11)}}},
		} {
			if _, err := ledger.Post(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range phones {
		vendor := vendors.ID(fmt.Sprintf("t%d", i%50))
		w.Update(func(tx voucher.Tx) error {
			return tx.PutVendor(vendors.Vendor{ID: vendor, Programme: "mopti", Zone: "z1", Contract: vendors.Contract{
				From: vouchertest.Opens.AddDate(-1, 0, 0), Until: vouchertest.Opens.AddDate(1, 0, 0)}})
		})
		id := vendors.HandheldID(fmt.Sprintf("p%d", i))
		w.Handheld(id, vendor, vendors.ForSales)
		w.Refresh(id)
		l.phones = append(l.phones, id)
	}
	l.server = httptest.NewServer(l.app.handler)
	l.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10_000, DisableCompression: true}}
	t.Cleanup(func() {
		l.client.CloseIdleConnections()
		l.server.Close()
		if err := l.app.close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// loadUpload is a request that a handheld has ready.
type loadUpload struct {
	phone   vendors.HandheldID
	records int
	body    []byte
}

// sell issues and hands over cards, and has every handheld sell its part of
// them. It returns each handheld's uploads, in the order of its chain.
func (l *load) sell(t testing.TB, uploads, records int) [][]loadUpload {
	t.Helper()
	w := l.world
	each := (uploads + len(l.phones) - 1) / len(l.phones)
	cards := w.Issue(fmt.Sprintf("l%d", len(w.Room.Order)), each*len(l.phones)*records, 0, voucher.ModePIN)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	slices.Sort(cards) // serials are random: the order of sale has nothing to do with that of issue
	var activations []string
	for batch := range slices.Chunk(cards, 64) {
		activations = append(activations, w.Record("d1", voucher.Activation{Serials: batch, By: voucher.TakerHead}))
	}
	for batch := range slices.Chunk(activations, 100) {
		for _, o := range w.Send("d1", batch...) {
			w.Expect(o, voucher.Accepted, "")
		}
	}
	out := make([][]loadUpload, len(l.phones))
	var wg sync.WaitGroup
	next := atomic.Int64{}
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(l.phones); i = int(next.Add(1)) - 1 {
				mine := cards[i*each*records : (i+1)*each*records]
				for batch := range slices.Chunk(mine, records) {
					var texts []string
					for _, s := range batch {
						texts = append(texts, w.Sale(l.phones[i], s))
					}
					body, err := json.Marshal(map[string]any{"records": texts, "channel": "https"})
					if err != nil {
						t.Error(err)
					}
					out[i] = append(out[i], loadUpload{l.phones[i], records, body})
				}
			}
		})
	}
	wg.Wait()
	return out
}

// send makes one upload and returns its status, what the server answered, and
// the headers.
func (l *load) send(u loadUpload) (int, []byte, http.Header, error) {
	res, err := l.client.Post(l.server.URL+"/api/v1/handhelds/"+string(u.phone)+"/records", "application/json", bytes.NewReader(u.body))
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, res.Header, err
}

// paid returns how many records of an answer are payable, having checked the
// server's signature.
func (l *load) paid(t testing.TB, answer []byte) int {
	t.Helper()
	var w struct{ Ack string }
	if err := json.Unmarshal(answer, &w); err != nil {
		t.Fatal(err)
	}
	ack, err := voucher.ParseAck(w.Ack, l.world.Beacon.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, o := range ack.Outcomes {
		if o.State == voucher.Payable {
			n++
		}
	}
	return n
}

// benchmarkRedeem has clients send uploads, each its next one when the one
// before was answered, client and server sharing the machine.
func benchmarkRedeem(b *testing.B, clients, records int) {
	l := newLoad(b, clients, httpkit.Capacity{})
	work := l.sell(b, b.N, records)
	took := make([][]time.Duration, len(work))
	answers := make([][]byte, len(work))
	var refused atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, mine := range work {
		wg.Go(func() {
			for _, u := range mine {
				begin := time.Now()
				status, answer, _, err := l.send(u)
				for ; status == http.StatusServiceUnavailable; status, answer, _, err = l.send(u) {
					refused.Add(1) // the machine is slower than the clients are many
					time.Sleep(100 * time.Millisecond)
				}
				took[i] = append(took[i], time.Since(begin))
				if err != nil || status != http.StatusOK {
					b.Errorf("%d %v: %s", status, err, answer)
					return
				}
				answers[i] = answer
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	for _, a := range answers {
		if n := l.paid(b, a); n != records {
			b.Fatalf("%d of %d receipts payable", n, records)
		}
	}
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(len(all)*records)/b.Elapsed().Seconds(), "receipts/s")
	b.ReportMetric(float64(refused.Load()), "refused")
	b.ReportMetric(all[len(all)/2].Seconds()*1e3, "p50-ms")
	b.ReportMetric(all[len(all)*99/100].Seconds()*1e3, "p99-ms")
}

// BenchmarkRedeemSingle: one receipt an upload, each answered when it is
// durable, 64 clients.
func BenchmarkRedeemSingle(b *testing.B) { benchmarkRedeem(b, 64, 1) }

// BenchmarkRedeemBatch100: what a handheld sends after days without a network,
// eight at a time.
func BenchmarkRedeemBatch100(b *testing.B) { benchmarkRedeem(b, 8, 100) }
