package voucher

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"sync"

	"github.com/jate-cva/jate/vendors"
)

// keysMax bounds the handhelds whose keys are remembered, to some ten megabytes.
const keysMax = 1 << 16

// errKeyChanged says that a record was verified with a key that its handheld
// has no more.
var errKeyChanged = errors.New("the handheld has another key now")

// handheldKeys remembers the keys of handhelds, so that signatures can be
// verified before the store is asked for anything. The transaction that takes
// the records looks whether the key is still the handheld's (keyIs), so nothing
// depends on what is remembered here.
type handheldKeys struct {
	mu sync.RWMutex
	of map[vendors.HandheldID]ed25519.PublicKey
}

func (k *handheldKeys) get(id vendors.HandheldID) ed25519.PublicKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.of[id]
}

func (k *handheldKeys) put(id vendors.HandheldID, key ed25519.PublicKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || len(k.of) >= keysMax {
		k.of = map[vendors.HandheldID]ed25519.PublicKey{} // whoever calls is read again
	}
	k.of[id] = key
}

// keyOf returns the handheld's key, from the store where it is not remembered
// or must be fresh. It returns ErrBatch for one that is not known or not
// enrolled yet; of those nothing is remembered, so nobody can fill the memory
// with names.
func (s *service) keyOf(ctx context.Context, id vendors.HandheldID, fresh bool) (ed25519.PublicKey, error) {
	if key := s.keys.get(id); key != nil && !fresh {
		return key, nil
	}
	var key ed25519.PublicKey
	err := s.store.View(ctx, func(tx Tx) error {
		h, err := tx.Handheld(id)
		key = h.Key
		return err
	})
	if errors.Is(err, vendors.ErrNotFound) || err == nil && len(key) == 0 {
		return nil, ErrBatch.At("handheld", "not known")
	}
	if err != nil {
		return nil, err
	}
	s.keys.put(id, key)
	return key, nil
}

// keyIs returns errKeyChanged unless the key is the handheld's.
func keyIs(tx Tx, id vendors.HandheldID, key ed25519.PublicKey) error {
	h, err := tx.Handheld(id)
	if errors.Is(err, vendors.ErrNotFound) || err == nil && !bytes.Equal(h.Key, key) {
		return errKeyChanged
	}
	return err
}
