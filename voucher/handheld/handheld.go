package handheld

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Server is what a handheld asks of the server. A Client is one over HTTP; a
// vendors.Service and a voucher.Service together are one as well.
type Server interface {
	EnrolHandheld(ctx context.Context, cmd vendors.EnrolHandheld) (vendors.Enrolment, error)
	Redeem(ctx context.Context, cmd voucher.Redeem) (voucher.Answer, error)
	Bundle(ctx context.Context, cmd voucher.AskBundle) (voucher.SignedBundle, error)
	Reserve(ctx context.Context, cmd voucher.AskReserve) (voucher.Reservation, error)
}

// Config is what a Handheld takes from its surroundings. Both are required.
type Config struct {
	Now  func() time.Time
	Rand io.Reader // cryptographically secure; for the handheld's key
}

// Trust is the public keys that a handheld believes. They come with the
// program or with the enrolment code, and later ones as a voucher.Succession;
// never from the network alone.
type Trust struct {
	Root   ed25519.PublicKey // signs manifests
	Beacon ed25519.PublicKey // signs bundles, beacons and acknowledgements
}

// Identity is who the handheld is.
type Identity struct {
	Handheld  vendors.HandheldID `json:"handheld"`
	Programme string             `json:"programme"`
	Vendor    vendors.ID         `json:"vendor"`
	Purpose   vendors.Purpose    `json:"purpose"`
	Server    string             `json:"server"` // address; "" where it has none
	Root      voucher.Base64     `json:"root"`   // keys of Trust
	Beacon    voucher.Base64     `json:"beacon"`
}

// Handheld is an enrolled handheld. It may be used by several goroutines.
type Handheld struct {
	cfg   Config
	store Storage
	id    Identity
	key   ed25519.PrivateKey

	syncing sync.Mutex // held by Sync, before mu

	mu     sync.Mutex
	chain  *chain
	bundle *carried // nil where there is none that can be used
	unfit  error    // why there is none
	broken bool     // the storage failed: what it holds is unknown
	sess   session
	codes  [][]byte // officers' codes, the oldest first
}

// session is the freshness of signed requests.
type session struct {
	Nonce   string `json:"nonce"`
	Counter uint64 `json:"counter"`
}

// Open returns the handheld that the storage holds. It verifies the journal
// from its first line, and cuts off an unfinished last one. A bundle that does
// not verify is refused when it is needed, so that records can still be sent.
// It returns ErrNotEnrolled, ErrJournal and the errors of the storage.
func Open(store Storage, cfg Config) (*Handheld, error) {
	h := &Handheld{cfg: cfg, store: store, unfit: ErrNoBundle}
	text, err := store.Load(docIdentity)
	if err != nil {
		return nil, fmt.Errorf("open the handheld: %w", err)
	}
	if text == nil {
		return nil, ErrNotEnrolled
	}
	if err := json.Unmarshal(text, &h.id); err != nil || len(h.id.Root) != ed25519.PublicKeySize || len(h.id.Beacon) != ed25519.PublicKeySize {
		return nil, ErrJournal.At(docIdentity, "not an identity")
	}
	if h.key, err = loadKey(store); err != nil {
		return nil, fmt.Errorf("open the handheld: %w", err)
	}
	if h.key == nil {
		return nil, ErrJournal.At(docKey, "missing")
	}
	if text, err = store.Load(docSession); err != nil {
		return nil, fmt.Errorf("open the handheld: %w", err)
	}
	if err := json.Unmarshal(text, &h.sess); err != nil {
		return nil, ErrJournal.At(docSession, "not a session")
	}
	if h.codes, err = loadCodes(store); err != nil {
		return nil, fmt.Errorf("open the handheld: %w", err)
	}
	if err := h.openJournal(); err != nil {
		return nil, fmt.Errorf("open the handheld: %w", err)
	}
	if text, err = store.Load(docBundle); err != nil {
		return nil, fmt.Errorf("open the handheld: %w", err)
	}
	if text != nil {
		h.bundle, h.unfit = h.readBundle(string(text), h.chain.trust.beaconOf(string(text)))
	}
	return h, nil
}

// openJournal reads the journal, and mends its end where a write was cut off.
func (h *Handheld) openJournal() error {
	text, err := h.store.ReadJournal()
	if err != nil {
		return err
	}
	lines, size, err := readJournal(text)
	if err != nil {
		return err
	}
	h.chain = newChain(h.id, h.key.Public().(ed25519.PublicKey))
	for i, l := range lines {
		effect, err := h.chain.read(l)
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		effect()
	}
	if size == len(text) {
		return nil
	}
	if err := h.store.Save(docTorn, text[size:]); err != nil {
		return err
	}
	return h.store.TruncateJournal(size)
}

// Identity returns who the handheld is.
func (h *Handheld) Identity() Identity { return h.id }

// commit makes a line durable and only then lets it count. After a failure
// nobody knows what the storage holds, so the handheld stops.
func (h *Handheld) commit(l line) error {
	if h.broken {
		return ErrStorage
	}
	effect, err := h.chain.read(l)
	if err != nil {
		return err
	}
	if err := h.store.AppendJournal(l.encode()); err != nil {
		h.broken = true
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	effect()
	return nil
}

// save replaces a document, with the same consequence as commit.
func (h *Handheld) save(name string, content []byte) error {
	if h.broken {
		return ErrStorage
	}
	if err := h.store.Save(name, content); err != nil {
		h.broken = true
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	return nil
}

// record signs what happened as the next record, and returns it once it is
// durable.
func (h *Handheld) record(body voucher.Body, now time.Time, asset string) (made, error) {
	seq, prev := h.chain.end()
	r := voucher.Record{Body: body, Head: voucher.Head{Handheld: h.id.Handheld, Seq: seq + 1, Prev: prev,
		Time: voucher.UnixOf(now), Beacon: h.chain.beaconHash}}
	if h.bundle != nil {
		r.Bundle = h.bundle.Snapshot
	}
	jws, err := voucher.SignRecord(r, h.key)
	if err != nil {
		return made{}, err
	}
	if err := h.commit(line{lineRecord, asset + " " + jws}); err != nil {
		return made{}, err
	}
	return h.chain.records[seq], nil
}

// request signs a request under the next counter, which is saved before.
func (h *Handheld) request(method, path string, body []byte) (string, error) {
	s := h.sess
	s.Counter++
	if err := h.keepSession(s); err != nil {
		return "", err
	}
	return voucher.SignRequest(voucher.Request{Handheld: h.id.Handheld, Method: method, Path: path,
		Body: voucher.HashOf(string(body)), Nonce: s.Nonce, Counter: s.Counter}, h.key)
}

func (h *Handheld) keepSession(s session) error {
	if s == h.sess {
		return nil
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := h.save(docSession, text); err != nil {
		return err
	}
	h.sess = s
	return nil
}

// renonce takes the nonce that the server names to a handheld that missed an
// answer. It reports whether the request is worth signing again.
func (h *Handheld) renonce(refusal error) (bool, error) {
	if !errors.Is(refusal, vendors.ErrNonce) {
		return false, nil
	}
	for _, f := range fault.Of(refusal).Fields {
		if f.Location == "nonce" && f.Value != "" && f.Value != h.sess.Nonce {
			return true, h.keepSession(session{f.Value, h.sess.Counter})
		}
	}
	return false, nil
}

// signed makes a request with a fresh proof, twice where the first was signed
// over an old nonce.
func (h *Handheld) signed(method, path string, body []byte, send func(proof string) error) error {
	for try := 0; ; try++ {
		h.mu.Lock()
		proof, err := h.request(method, path, body)
		h.mu.Unlock()
		if err != nil {
			return err
		}
		refusal := send(proof)
		if refusal == nil || try > 0 {
			return refusal
		}
		h.mu.Lock()
		again, err := h.renonce(refusal)
		h.mu.Unlock()
		if err != nil || !again {
			return errors.Join(refusal, err)
		}
	}
}

const keyBlock = "PRIVATE KEY"

// loadKey returns the handheld's key, or nil where it has none yet.
func loadKey(store Storage) (ed25519.PrivateKey, error) {
	text, err := store.Load(docKey)
	if err != nil || text == nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != keyBlock {
		return nil, ErrJournal.At(docKey, "not a private key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, ErrJournal.At(docKey, "not a private key")
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, ErrJournal.At(docKey, "not an Ed25519 key")
	}
	return private, nil
}

// makeKey draws the handheld's key and keeps it.
func makeKey(store Storage, random io.Reader) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, store.Save(docKey, pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}))
}
