package handheld

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jate-cva/jate/voucher"
)

const (
	// batchMax bounds the records of one upload, so that a slow line loses
	// little when it breaks.
	batchMax = 100
	// setbacksMax bounds how often, within one Sync, the server may turn out to
	// know less than it said before.
	setbacksMax = 3
)

// Synced says what a Sync did.
type Synced struct {
	Sent    int // records that the server answered
	Settled int // records whose answer is now another than before
	Pending int // records that the server is not known to have
}

// Sync sends the records that the server is not known to have, oldest first,
// at most 100 in one upload, and asks again about those without a final answer.
// Answers count only if signed by the server, and are kept before the next
// upload; so an interrupted Sync goes on where it was, and a server that was
// restored from a backup gets again what it lost. It returns ErrQuarantined,
// ErrStateLost, ErrStuck, ErrAnswer, ErrStorage and the server's errors.
func (h *Handheld) Sync(ctx context.Context, server Server) (Synced, error) {
	h.syncing.Lock()
	defer h.syncing.Unlock()
	var done Synced
	open := h.unsettled()
	err := h.sendPending(ctx, server, &done)
	if err == nil && len(open) > 0 {
		err = h.send(ctx, server, open, &done)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	done.Pending = len(h.chain.pending())
	if err != nil {
		return done, fmt.Errorf("sync: %w", err)
	}
	return done, h.chain.fit()
}

// sendPending uploads until the server has everything. It begins even with
// nothing to send, because the answer tells where the server stands.
func (h *Handheld) sendPending(ctx context.Context, server Server, done *Synced) error {
	from, setbacks := h.acked(), 0
	for first := true; ; first = false {
		batch := h.after(from)
		if len(batch) == 0 && !first {
			return nil
		}
		if err := h.send(ctx, server, batch, done); err != nil {
			return err
		}
		now := h.acked()
		switch {
		case h.unbelieved():
			// The rest is evidence: it is sent once, and nothing moves on.
			from += uint64(len(batch))
		case now > from:
			from = now
		case now == from && len(batch) == 0:
			return nil
		case now == from || setbacks == setbacksMax:
			return ErrStuck.At("seq", "%d", from+1)
		default:
			from, setbacks = now, setbacks+1
		}
	}
}

func (h *Handheld) acked() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.chain.acked
}

func (h *Handheld) unbelieved() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.chain.fit() != nil
}

// after returns the next records from a number on, of one upload.
func (h *Handheld) after(seq uint64) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return texts(h.chain.records[seq:])
}

func texts(records []made) []string {
	records = records[:min(len(records), batchMax)]
	list := make([]string, len(records))
	for i, m := range records {
		list[i] = m.jws
	}
	return list
}

// unsettled returns records whose answer may have changed since: 100 at most,
// those asked about longest ago first.
func (h *Handheld) unsettled() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var open []made
	for _, m := range h.chain.records[:h.chain.acked] {
		switch h.chain.outcomes[m.hash].State {
		case "", voucher.Waiting, voucher.Contested:
			open = append(open, m)
		}
	}
	slices.SortStableFunc(open, func(a, b made) int {
		return cmp.Compare(h.chain.outcomes[a.hash].ack, h.chain.outcomes[b.hash].ack)
	})
	return texts(open)
}

// send uploads records and takes the answer in.
func (h *Handheld) send(ctx context.Context, server Server, records []string, done *Synced) error {
	answer, err := server.Redeem(ctx, voucher.Redeem{Handheld: h.id.Handheld, Records: records, Channel: "https"})
	if err != nil {
		return err
	}
	if err := h.learn(ctx, server, answer.Ack); err != nil {
		return err
	}
	settled, err := h.TakeAck(answer.Ack)
	done.Sent += len(records)
	done.Settled += settled
	return err
}

// TakeAck takes a signed acknowledgement in, however it came, and returns how
// many records have another answer now. It returns ErrAnswer and ErrStorage.
func (h *Handheld) TakeAck(jws string) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, err := voucher.ParseAck(jws, h.chain.trust.beacon())
	if err != nil || a.Handheld != h.id.Handheld {
		return 0, ErrAnswer.At("ack", "not the server's answer to this handheld")
	}
	settled := 0
	for _, o := range a.Outcomes {
		if _, ours := h.chain.at[o.Hash]; ours && h.chain.outcomes[o.Hash].State != o.State {
			settled++
		}
	}
	if err := h.commit(line{lineAck, jws}); err != nil {
		return 0, err
	}
	return settled, h.keepSession(session{a.Nonce, h.sess.Counter})
}
