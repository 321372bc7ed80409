package voucher

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Service issues vouchers, redeems them and ends them. Every method returns
// ErrNotFound for what is not in the actor's or handheld's programme.
type Service interface {
	// IssueLot signs a lot's vouchers and spares with a key of its own, which
	// is destroyed before the manifest is signed. It returns ErrIssued for a
	// lot that was issued. An interrupted issue is voided and begun again.
	IssueLot(ctx context.Context, cmd IssueLot) (Issue, error)

	// Redeem takes a handheld's records in order and answers each in a signed
	// acknowledgement. Sent again, a record gets its present state and the
	// same leaf index. Bad records are answered, not errors.
	Redeem(ctx context.Context, cmd Redeem) (Answer, error)
	// Bundle returns the signed zone bundle for a handheld.
	Bundle(ctx context.Context, cmd AskBundle) (SignedBundle, error)
	// Reserve holds a voucher for one handheld for 15 minutes, so that a
	// handheld that is not its home may redeem it on line.
	Reserve(ctx context.Context, cmd AskReserve) (Reservation, error)

	// Hold stops a voucher for the time being, Release lets it go again.
	Hold(ctx context.Context, cmd Change) (Voucher, error)
	Release(ctx context.Context, cmd Change) (Voucher, error)
	// Void ends a voucher; its value goes back to the round.
	Void(ctx context.Context, cmd Change) (Voucher, error)
	// Propose begins what takes two people: replacing a card by a spare,
	// binding a spare to a household that came late, or paying a stub typed
	// at the office. It returns ErrLife, ErrSpares, ErrFactor.
	Propose(ctx context.Context, cmd Propose) (Proposal, error)
	// Agree is the second person's word, within 72 hours.
	Agree(ctx context.Context, cmd Agree) (Voucher, error)
	// Expire ends every voucher of a lot that was not redeemed, voids spares
	// and destroys the factor key. It returns ErrGrace before GraceUntil.
	Expire(ctx context.Context, cmd ExpireLot) (Issue, error)
	// Sweep pays rule-keeping receipts that have waited for an activation
	// longer than their zone allows. It returns how many it settled.
	Sweep(ctx context.Context) (int, error)

	// Lookup returns a voucher by its serial; until its lot's embargo ends without
	// place, handheld and dates.
	Lookup(ctx context.Context, q Query) (Voucher, error)
	// Receipts lists the records that name a voucher.
	Receipts(ctx context.Context, q Query) ([]StoredReceipt, error)
	// Issues lists a programme's issued lots with their manifests.
	Issues(ctx context.Context, q Query) ([]Issue, error)
	// OfficerCode returns the code with which a distribution officer opens the lot
	// on his handheld before its embargo ends, and writes down who read it. It
	// returns ErrNotFound.
	OfficerCode(ctx context.Context, cmd ReadOfficerCode) (OfficerCode, error)
	// Keys returns the public keys of a programme's lots as a JWKS (RFC 7517),
	// for whoever verifies vouchers with other software.
	Keys(ctx context.Context, q Query) (JSON, error)
}

// JSON is a document that goes over the wire as it is.
type JSON []byte

// Query names a voucher, or a programme where Serial is empty.
type Query struct {
	By     access.Actor
	Serial Serial
}

// Config is what a Service works with.
type Config struct {
	Rand      io.Reader // cryptographically secure, safe for concurrent use
	PrintRoom PrintRoom
	// SignManifest signs with the offline root key.
	SignManifest func(Manifest) (string, error)
	RootPublic   ed25519.PublicKey
	// Beacon signs acknowledgements, beacons and bundles.
	Beacon ed25519.PrivateKey
	// Seal opens the factors that handhelds sealed; bundles name its public half.
	Seal hpke.PrivateKey
	// SealedBefore open factors that were sealed before Seal was there.
	SealedBefore []hpke.PrivateKey
	// Prover proves that a second person agrees to value that a late household gets.
	// Without it nothing says so but the journal's word.
	Prover access.Prover
}

type service struct {
	store    Store
	cfg      Config
	issuing  sync.Mutex // held for the whole issue of a lot
	keys     handheldKeys
	beaconID string // KeyID of cfg.Beacon; empty where there is no key
}

// New returns the service on the store.
func New(store Store, cfg Config) Service {
	s := &service{store: store, cfg: cfg}
	if len(cfg.Beacon) == ed25519.PrivateKeySize {
		s.beaconID = KeyID(cfg.Beacon.Public().(ed25519.PublicKey))
	}
	return s
}

// by is the actor as the journal names it: in the first role that he holds of
// those that allow the method. The server's own calls need none of them.
func by(a access.Actor, method string) ledger.Actor {
	role, err := a.As(allowed[method]...)
	if err != nil {
		role = "server"
	}
	return ledger.Actor{Role: string(role), Name: a.Pseudonym}
}

// commandKey scopes an idempotency key to the actor in his programme.
func commandKey(a access.Actor, key string) ledger.CommandKey {
	return ledger.CommandKey{Actor: a.Programme + "/" + a.ID, Key: key}
}

// theServer is the actor of what the rules decide by themselves.
var theServer = ledger.Actor{Role: "server", Name: "rules"}

func sortedAmounts(m map[money.Asset]money.Amount) []money.Amount {
	return slices.SortedFunc(maps.Values(m), func(a, b money.Amount) int {
		return cmp.Compare(a.Asset().String(), b.Asset().String())
	})
}

// Lookup is documented at Service.
func (s *service) Lookup(ctx context.Context, q Query) (Voucher, error) {
	var v Voucher
	err := s.store.View(ctx, func(tx Tx) (err error) {
		if v, err = mine(tx, q); err != nil {
			return err
		}
		switch e, err := tx.Embargo(v.Lot); {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case tx.Now().Before(e.Until):
			v.Point, v.Zone, v.Home, v.NotBefore, v.Expires = "", "", "", time.Time{}, time.Time{}
		}
		return nil
	})
	return v, err
}

// mine returns the voucher if it is in the actor's programme.
func mine(tx Tx, q Query) (Voucher, error) {
	v, err := tx.VoucherBySerial(q.Serial)
	if err != nil {
		return Voucher{}, err
	}
	if v.Programme != q.By.Programme {
		return Voucher{}, ErrNotFound
	}
	return v, nil
}

// Receipts is documented at Service.
func (s *service) Receipts(ctx context.Context, q Query) ([]StoredReceipt, error) {
	var rs []StoredReceipt
	err := s.store.View(ctx, func(tx Tx) error {
		v, err := mine(tx, q)
		if err != nil {
			return err
		}
		rs, err = collect(tx.ReceiptsFor(v.Number))
		return err
	})
	return rs, err
}

// Issues is documented at Service.
func (s *service) Issues(ctx context.Context, q Query) ([]Issue, error) {
	var is []Issue
	err := s.store.View(ctx, func(tx Tx) (err error) {
		is, err = collect(tx.Issues(q.By.Programme))
		return err
	})
	return is, err
}

// Keys is documented at Service.
func (s *service) Keys(ctx context.Context, q Query) (JSON, error) {
	issues, err := s.Issues(ctx, q)
	if err != nil {
		return nil, err
	}
	var ms []Manifest
	for _, is := range issues {
		if is.Manifest == "" {
			continue
		}
		m, err := ParseManifest(is.Manifest, s.cfg.RootPublic)
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	keys, err := NewKeySet(ms...)
	if err != nil {
		return nil, err
	}
	return JWKS(keys)
}

func collect[T any](seq func(func(T, error) bool)) ([]T, error) {
	var all []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func found(err error) (bool, error) {
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
