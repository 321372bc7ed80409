package bolt

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
)

// What a copied file must not show although the store needs it again, such as a
// trader's payment number, is in a box of its record: its fields are empty in the
// record, and a box that follows them is
//
//	8 bytes that name the key, a nonce of 12, AES-256-GCM of the CBOR array of the fields
//
// bound to bucket, key and number of the box within the record. Each owner of
// boxes, such as a trader, has a key of his own, which is in "secret-key" under
// his name, wrapped by the data key. Without that row the fields come back empty,
// as where a backup was restored without its key file; whoever deletes it has
// erased them.
var secretKeyTable = table[string, []byte]{newBucket("secret-key"), 1, textKey[string]()}

// Keys makes and opens the keys of boxes. distribution.Sealer is one.
type Keys interface {
	// NewKey returns a new key of 32 bytes, and the same wrapped for the owner.
	NewKey(owner string) (key, wrapped []byte, err error)
	// OpenKey returns what NewKey wrapped for the same owner.
	OpenKey(owner string, wrapped []byte) ([]byte, error)
	// Rewrap returns the key under what wraps now, or nil where it is already.
	Rewrap(owner string, wrapped []byte) ([]byte, error)
}

// ErrSealed is returned where a record with boxes is written to a store that was
// opened without Options.Keys: it would lose what is in them. Read so, their
// fields are empty.
var ErrSealed = errors.New("the record has sealed parts, and the store was opened without its keys")

var errNoKey = errors.New("the owner of a box has no key")

// Whose keys open what. Those of traders, of contents and of commands' outcomes
// open what is somebody's, and are kept apart from backups; those of lots are
// in them: without them no card is worth anything.
const (
	ownerVendor  = "vendor/"
	ownerBank    = "bank/"
	ownerContent = "content/"
	ownerOutcome = "outcome/"
	ownerIssue   = "issue/"
	ownerEmbargo = "embargo/"
)

// box is one of a record's: the fields that go into it, and where it goes.
type box struct {
	owner string
	texts []*string
	bytes []*[]byte
	to    *[]byte
}

// boxed is a record with boxes, in an order that never changes.
type boxed[K any] interface{ boxes(k K) []box }

const (
	boxNameLen = 8
	boxSchema  = 1 // authenticated with each box
)

// empty reports whether there is nothing to hide.
func (b box) empty() bool {
	for _, s := range b.texts {
		if *s != "" {
			return false
		}
	}
	for _, s := range b.bytes {
		if len(*s) > 0 {
			return false
		}
	}
	return true
}

func (b box) encode() ([]byte, error) {
	fields := make([][]byte, 0, len(b.texts)+len(b.bytes))
	for _, s := range b.texts {
		fields = append(fields, []byte(*s))
	}
	for _, s := range b.bytes {
		fields = append(fields, *s)
	}
	return recordEnc.Marshal(fields)
}

func (b box) decode(plain []byte) error {
	var fields [][]byte
	if err := recordDec.Unmarshal(plain, &fields); err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if len(fields) != len(b.texts)+len(b.bytes) {
		return fmt.Errorf("%d sealed fields where there are %d: %w", len(fields), len(b.texts)+len(b.bytes), ErrRecord)
	}
	for i, s := range b.texts {
		*s = string(fields[i])
	}
	for i, s := range b.bytes {
		*s = fields[len(b.texts)+i]
	}
	return nil
}

func (b box) clear() {
	for _, s := range b.texts {
		*s = ""
	}
	for _, s := range b.bytes {
		*s = nil
	}
}

// vault opens boxes; without keys it opens and makes none. It remembers keys by their wrapped bytes, so that one that
// was deleted, or rolled back, is never used.
type vault struct {
	keys Keys

	mu     sync.Mutex
	opened map[string]boxKey
}

// openedMax bounds the keys that are remembered.
const openedMax = 1 << 12

type boxKey struct {
	name [boxNameLen]byte
	aead cipher.AEAD
}

// newVault returns the vault of a store, or nil where nothing in it is sealed.
func newVault(keys Keys, sealed bool) *vault {
	if keys == nil && !sealed {
		return nil
	}
	return &vault{keys: keys, opened: map[string]boxKey{}}
}

func newBoxKey(key []byte) (boxKey, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return boxKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	sum := sha256.Sum256(append([]byte("jate box key\n"), key...))
	return boxKey{[boxNameLen]byte(sum[:]), aead}, err
}

// key returns an owner's key, or false where he has none.
func (v *vault) key(tx *Tx, owner string) (boxKey, bool, error) {
	wrapped, err := secretKeyTable.get(tx, owner, errNoKey)
	if errors.Is(err, errNoKey) {
		return boxKey{}, false, nil
	}
	if err != nil {
		return boxKey{}, false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if k, ok := v.opened[string(wrapped)]; ok {
		return k, true, nil
	}
	key, err := v.keys.OpenKey(owner, wrapped)
	if err != nil {
		return boxKey{}, false, fmt.Errorf("the key of a box: %w", err)
	}
	k, err := newBoxKey(key)
	if err != nil {
		return boxKey{}, false, err
	}
	if len(v.opened) >= openedMax {
		clear(v.opened)
	}
	v.opened[string(wrapped)] = k
	return k, true, nil
}

// keyFor returns an owner's key, which is made where he has none.
func (v *vault) keyFor(tx *Tx, owner string) (boxKey, error) {
	k, there, err := v.key(tx, owner)
	if there || err != nil {
		return k, err
	}
	key, wrapped, err := v.keys.NewKey(owner)
	if err != nil {
		return boxKey{}, err
	}
	if err := secretKeyTable.put(tx, owner, wrapped); err != nil {
		return boxKey{}, err
	}
	return newBoxKey(key)
}

// boundTo is what a box counts for alone.
func boundTo(bucketName string, key []byte, n int) []byte {
	b := append([]byte{boxSchema, byte(n >> 8), byte(n)}, bucketName...)
	return append(append(b, 0), key...)
}

// sealBoxes moves the fields of a record into its boxes. Where nothing in the
// store is sealed it leaves them where they are.
func sealBoxes(tx *Tx, bucketName string, key []byte, boxes []box) error {
	if tx.vault == nil {
		return nil
	}
	if tx.vault.keys == nil {
		return ErrSealed
	}
	key = bytes.Clone(key) // its memory is used again when owners' keys are looked for
	for i, b := range boxes {
		if *b.to = nil; b.empty() {
			continue
		}
		k, err := tx.vault.keyFor(tx, b.owner)
		if err != nil {
			return err
		}
		plain, err := b.encode()
		if err != nil {
			return err
		}
		*b.to = k.aead.Seal(k.name[:], nil, plain, boundTo(bucketName, key, i)) // #nosec G407 -- the AEAD draws its nonce
		b.clear()
	}
	return nil
}

// openBoxes moves what boxes hold back into the fields of the record. Where the
// owner's key is gone or another one by now, they stay empty.
func openBoxes(tx *Tx, bucketName string, key []byte, boxes []box) error {
	key = bytes.Clone(key)
	for i, b := range boxes {
		sealed := *b.to
		if len(sealed) == 0 {
			continue
		}
		if tx.vault == nil { // whoever sealed it was interrupted
			return ErrSealed
		}
		if tx.vault.keys == nil {
			return nil
		}
		k, there, err := tx.vault.key(tx, b.owner)
		switch {
		case err != nil:
			return err
		case len(sealed) < boxNameLen:
			return fmt.Errorf("a box of %d bytes: %w", len(sealed), ErrRecord)
		case !there || string(k.name[:]) != string(sealed[:boxNameLen]):
			continue
		}
		plain, err := k.aead.Open(nil, nil, sealed[boxNameLen:], boundTo(bucketName, key, i))
		if err != nil {
			return fmt.Errorf("open a box: %w: %w", ErrRecord, err)
		}
		if err := b.decode(plain); err != nil {
			return err
		}
	}
	return nil
}

// RewrapKeys wraps the keys of boxes by what wraps now, and returns how many it
// did. It may be stopped, and the next one does what is left.
func (tx *Tx) RewrapKeys(keys Keys) (int, error) {
	again := map[string][]byte{}
	for r, err := range secretKeyTable.scan(tx, under(key{})) {
		if err != nil {
			return 0, err
		}
		wrapped, err := keys.Rewrap(r.key, r.value)
		if err != nil {
			return 0, secretKeyTable.wrap(err)
		}
		if wrapped != nil {
			again[r.key] = wrapped
		}
	}
	for owner, wrapped := range again {
		if err := secretKeyTable.put(tx, owner, wrapped); err != nil {
			return 0, err
		}
	}
	return len(again), nil
}
