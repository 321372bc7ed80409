//go:build linux

package crash

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/jate-cva/jate/voucher"
)

// client sends a till's receipts in order, and some of them again.
type client struct {
	till till
	told *told
	rnd  *rand.Rand
	next int // index of the first receipt without an answer
	most int // receipts in a request
}

func newClients(t *told, rnd *rand.Rand, most int) []*client {
	var all []*client
	for _, l := range t.day.Tills {
		all = append(all, &client{till: l, told: t, rnd: rand.New(rand.NewPCG(rnd.Uint64(), 0)), most: most})
	}
	return all
}

// trade lets all clients send until ctx ends or everything was answered.
func trade(ctx context.Context, url string, clients []*client) {
	transport := &http.Transport{MaxIdleConnsPerHost: len(clients)}
	defer transport.CloseIdleConnections()
	h := &http.Client{Transport: transport, Timeout: time.Minute}
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			for ctx.Err() == nil && c.next < len(c.till.Sales) {
				c.turn(ctx, h, url)
			}
		})
	}
	wg.Wait()
}

// turn sends the next receipts, or once in a while old ones again.
func (c *client) turn(ctx context.Context, h *http.Client, url string) {
	from := c.next
	if c.next > 0 && c.rnd.IntN(8) == 0 {
		from = c.rnd.IntN(c.next)
	}
	sales := c.till.Sales[from:min(from+1+c.rnd.IntN(c.most), len(c.till.Sales))]
	if !c.send(ctx, h, url, from, sales) {
		select { // the server may be on its way out: the same bytes again, soon
		case <-ctx.Done():
		case <-time.After(2 * time.Millisecond):
		}
		return
	}
	c.next = max(c.next, from+len(sales))
}

// resend sends everything again that was answered.
func (c *client) resend(ctx context.Context, url string) error {
	for from := 0; from < c.next; from += 50 {
		if !c.send(ctx, http.DefaultClient, url, from, c.till.Sales[from:min(from+50, c.next)]) {
			return fmt.Errorf("%s sends again and is not answered", c.till.Handheld)
		}
	}
	return nil
}

// send reports whether the receipts were answered. An answer whose signature
// is not the server's is wrong; any other failure leaves the outcome unknown.
func (c *client) send(ctx context.Context, h *http.Client, url string, from int, sales []sale) bool {
	var body struct {
		Records []string `json:"records"`
	}
	for _, s := range sales {
		body.Records = append(body.Records, s.JWS)
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings can be written as JSON
	}
	answer, status, err := post(ctx, h, fmt.Sprintf("%s/api/v1/handhelds/%s/records", url, c.till.Handheld), text)
	switch {
	case err != nil || status >= 500:
		c.told.silence(sales)
		return false
	case status == http.StatusTooManyRequests: // refused unread
		return false
	case status != http.StatusOK:
		c.complain("%s is answered %d: %s", c.till.Handheld, status, answer)
		return false
	}
	var a struct {
		Ack string `json:"ack"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		c.complain("%s is answered %q", c.till.Handheld, answer)
		return false
	}
	ack, err := voucher.ParseAck(a.Ack, c.told.day.Keys.beacon().Public().(ed25519.PublicKey))
	if err != nil {
		c.complain("%s: %v", c.till.Handheld, err)
		return false
	}
	c.told.ack(c.till, from, sales, ack)
	return true
}

func (c *client) complain(format string, args ...any) {
	c.told.mu.Lock()
	defer c.told.mu.Unlock()
	c.told.wrong(corrupt, format, args...)
}

func post(ctx context.Context, h *http.Client, url string, body []byte) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := h.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return b, res.StatusCode, err
}
