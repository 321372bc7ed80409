package witness

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/ledger"
)

// WitnessesMax bounds the witnesses of one log: an acknowledgement carries the
// note with all of their cosignatures.
const WitnessesMax = 8

// Cosigners are the witnesses that every checkpoint of one log must have.
// Cosign is called by one goroutine, the rest by any.
type Cosigners struct {
	clients []*Client
	log     note.Verifier

	pause, wait uint // attempts to leave out after failures: 0, 1, 3 … 63
	began       bool // whether a checkpoint was cosigned since the start

	mu           sync.Mutex
	contradicted error

	meters meters
}

// NewCosigners returns the witnesses of a log. It registers with reg the size
// last cosigned by all (jate_witness_cosigned_entries), attempts that failed
// (jate_witness_failures_total), and whether a witness contradicts the journal
// (jate_witness_contradicted, 0 or 1).
func NewCosigners(clients []*Client, log note.Verifier, reg prometheus.Registerer) (*Cosigners, error) {
	if len(clients) > WitnessesMax {
		return nil, fmt.Errorf("%d witnesses, at most %d", len(clients), WitnessesMax)
	}
	m, err := newMeters(reg)
	return &Cosigners{clients: clients, log: log, meters: m}, err
}

// Contradicted returns ErrContradicted once a witness has refused, for as long
// as the process runs, and nil before.
func (c *Cosigners) Contradicted() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.contradicted
}

// Began reports whether a checkpoint was cosigned since the start. The first
// one is due without new entries too: it shows that an older store was restored.
func (c *Cosigners) Began() bool { return c.began }

// Due reports whether this is a moment to sign and ask. The caller asks at a
// steady interval; after failures in a row 1, 3, 7 … 63 moments are left out.
// After a contradiction none is due.
func (c *Cosigners) Due() bool {
	if c.Contradicted() != nil {
		return false
	}
	if c.wait > 0 {
		c.wait--
		return false
	}
	return true
}

// Cosign returns the checkpoint with a cosignature of every witness, or an
// error if any did not give one: ErrContradicted if a witness has cosigned what
// the checkpoint does not extend. It waits for at most 15 seconds.
func (c *Cosigners) Cosign(ctx context.Context, cp ledger.Checkpoint, prove Prover) (ledger.Checkpoint, error) {
	sigs, errs := make([]note.Signature, len(c.clients)), make([]error, len(c.clients))
	var all sync.WaitGroup
	for i, client := range c.clients {
		all.Go(func() { sigs[i], errs[i] = client.Cosign(ctx, cp, prove) })
	}
	all.Wait()
	err := errors.Join(errs...)
	if errors.Is(err, ErrContradicted) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.contradicted = err
		c.meters.contradicted.Set(1)
	}
	if err != nil {
		c.meters.failures.Inc()
		c.pause = min(2*c.pause+1, 63)
		c.wait = c.pause
		return ledger.Checkpoint{}, fmt.Errorf("cosign %d entries: %w", cp.Size, err)
	}
	n, err := note.Open([]byte(cp.Note), note.VerifierList(c.log))
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	n.Sigs = append(n.Sigs, sigs...)
	text, err := note.Sign(n)
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	c.pause, c.began = 0, true
	c.meters.done(cp.Size)
	cp.Note = string(text)
	return cp, nil
}
