package voucher

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// Where money moves must not be known before it does. Until a lot's embargo ends
// a trader's handheld does not hear of the lot, and a distribution's carries it
// encrypted. The officer gets the lot's code from who planned the round, by voice
// or on paper, when he leaves; with it he opens the lot where there is no
// network.

const (
	// officerCodeLen is the length of a lot's code in bytes: 128 random bits, so
	// that nobody tries them all on a handheld that was lost.
	officerCodeLen = 16
	sealedLotInfo  = "jate ev1 embargo"
	nonceLen       = 12
	// sealedLotLeast is the least that a lot's content is filled up to, and
	// doubled from there: what is sealed shows only roughly how large it is.
	sealedLotLeast = 4 << 10
)

// Embargo hides a lot from handhelds until an instant.
type Embargo struct {
	Lot   string
	Until time.Time // zero: not at all
	Code  []byte    // the officer's: 16 random bytes
}

// ErrOfficerCode refuses a code that opens no lot here.
var ErrOfficerCode = fault.New(fault.Denied, "officer_code",
	"This code opens none of the lots on this handheld. Read it again, or fetch a new zone bundle.",
	"Ce code n'ouvre aucun lot de ce terminal. Relisez-le, ou récupérez un nouveau paquet de zone.")

// SealLot encrypts a lot for handhelds that must not know of it yet: a nonce of
// 12 bytes, then AES-256-GCM, under the key that HKDF-SHA-256 makes of the
// officer's code without salt and with the info "jate ev1 embargo". The
// plaintext is the length of the lot's JSON (32 bits, big endian), the JSON as
// a bundle has it, and zeros up to a power of two of at least 4,096 bytes.
func SealLot(random io.Reader, code []byte, l BundleLot) (BundleLot, error) {
	text, err := canonical(l)
	if err != nil {
		return BundleLot{}, err
	}
	size := max(sealedLotLeast, 1<<bits.Len(uint(len(text)+3)))
	plain := append(binary.BigEndian.AppendUint32(make([]byte, 0, size), uint32(len(text))), text...)
	box, err := lotBox(code)
	if err != nil {
		return BundleLot{}, err
	}
	nonce := make([]byte, nonceLen)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return BundleLot{}, fmt.Errorf("seal a lot: %w", err)
	}
	return BundleLot{Sealed: box.Seal(nonce, nonce, plain[:size], nil)}, nil
}

// OpenLot decrypts what SealLot returned for the same code. It returns
// ErrOfficerCode.
func OpenLot(code []byte, l BundleLot) (BundleLot, error) {
	box, err := lotBox(code)
	if err != nil || len(l.Sealed) < nonceLen {
		return BundleLot{}, ErrOfficerCode
	}
	plain, err := box.Open(nil, l.Sealed[:nonceLen], l.Sealed[nonceLen:], nil)
	if err != nil || len(plain) < 4 {
		return BundleLot{}, ErrOfficerCode
	}
	n := binary.BigEndian.Uint32(plain)
	if uint64(n) > uint64(len(plain)-4) {
		return BundleLot{}, ErrOfficerCode
	}
	open, err := parseCanonical[BundleLot](plain[4 : 4+n])
	if err != nil {
		return BundleLot{}, err
	}
	if len(open.Sealed) > 0 {
		return BundleLot{}, ErrSignedContent.At("sealed", "twice")
	}
	return open, open.check()
}

func lotBox(code []byte) (cipher.AEAD, error) {
	if len(code) != officerCodeLen {
		return nil, ErrOfficerCode
	}
	key, err := hkdf.Key(sha256.New, code, nil, sealedLotInfo, 32)
	if err != nil {
		return nil, fmt.Errorf("key of a sealed lot: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key of a sealed lot: %w", err)
	}
	return cipher.NewGCM(block)
}

var codeForm = base32.StdEncoding.WithPadding(base32.NoPadding)

// ParseOfficerCode reads a code as a person types it: small letters, spaces and
// hyphens do not matter. It returns ErrOfficerCode for what cannot be one.
func ParseOfficerCode(text string) ([]byte, error) {
	if len(text) > serialTextMax {
		return nil, ErrOfficerCode
	}
	code, err := codeForm.DecodeString(vendors.BareCode(text))
	if err != nil || len(code) != officerCodeLen {
		return nil, ErrOfficerCode
	}
	return code, nil
}

// ReadOfficerCode asks for a lot's code. That it was read stands in the journal.
type ReadOfficerCode struct {
	By  access.Actor `json:"-"`
	Key string       `json:"-"`
	Lot string
}

// OfficerCode is what opens a lot under embargo.
type OfficerCode struct {
	Lot  string
	Code string // as vendors.PrintCode writes it
}

// OfficerCode is documented at Service.
func (s *service) OfficerCode(ctx context.Context, cmd ReadOfficerCode) (OfficerCode, error) {
	// Results of commands are stored, so the code is no part of this one's.
	_, err := ledger.Once(ctx, s.store.Update, commandKey(cmd.By, cmd.Key), struct {
		What string
		ReadOfficerCode
	}{"officer-code", cmd}, func(tx Tx) (struct{}, error) {
		is, _, err := issueWithCode(tx, cmd)
		if err != nil {
			return struct{}{}, err
		}
		_, err = ledger.Decide(tx, by(cmd.By, "officer-code"), is.Round, "officer-code", is.Lot, nil)
		return struct{}{}, err
	})
	if err != nil {
		return OfficerCode{}, err
	}
	var out OfficerCode
	err = s.store.View(ctx, func(tx Tx) error {
		_, e, err := issueWithCode(tx, cmd)
		out = OfficerCode{e.Lot, vendors.PrintCode(e.Code)}
		return err
	})
	return out, err
}

func issueWithCode(tx Tx, cmd ReadOfficerCode) (Issue, Embargo, error) {
	is, err := tx.Issue(cmd.Lot)
	if err == nil && (is.Programme != cmd.By.Programme || is.Manifest == "") {
		err = ErrNotFound
	}
	if err != nil {
		return Issue{}, Embargo{}, err
	}
	e, err := tx.Embargo(is.Lot)
	return is, e, err
}
