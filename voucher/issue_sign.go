package voucher

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime"
	"sync"
)

// signed is one voucher with what leaves the process beside it.
type signed struct {
	voucher Voucher
	token   Token
	hash    Hash // of the token
	salt    []byte
	line    PrintLine
}

// randomRoom is how many bytes of randomness are drawn at once: asking for the
// few that one voucher takes would cost more than all the rest of it but the
// signature.
const randomRoom = 4 << 10

// proveEach is how often a token is read back as everybody will read it: a
// machine that signs badly is found before a lot of it is printed.
const proveEach = 1_000

// maker draws the secrets of vouchers and signs them, on one core.
type maker struct {
	*lotRun
	random       *bufio.Reader
	factor, hint hash.Hash // HMACs under the lot's two secrets
}

// signAll signs a chunk on all cores.
func (r *lotRun) signAll(c chunk) ([]signed, error) {
	vs := make([]signed, len(c.items))
	workers := min(runtime.GOMAXPROCS(0), len(c.items))
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		m := maker{lotRun: r, random: bufio.NewReaderSize(r.s.cfg.Rand, randomRoom),
			factor: hmac.New(sha256.New, r.issue.FactorKey), hint: hmac.New(sha256.New, r.issue.HintSecret)}
		wg.Go(func() {
			for i := w; i < len(c.items) && errs[w] == nil; i += workers {
				vs[i], errs[w] = m.sign(c.items[i], c.at+i, c.spare)
			}
		})
	}
	wg.Wait()
	return vs, errors.Join(errs...)
}

// sign draws the voucher's secrets and signs its token.
func (m *maker) sign(it Item, at int, spare bool) (signed, error) {
	serial, err := NewSerial(m.random)
	if err != nil {
		return signed{}, err
	}
	v := Voucher{Number: m.issue.First + Number(at), Serial: serial, Programme: m.cmd.Programme,
		Round: m.cmd.Round, Lot: m.cmd.Lot, Beneficiary: it.Beneficiary, Index: m.indexes[at],
		Profile: it.Profile, Value: it.Value, NotBefore: m.cmd.NotBefore, Expires: m.cmd.Expires,
		Point: it.Point, Zone: it.Zone, Home: it.Home, Mode: it.Mode, Spare: spare}
	out := signed{line: PrintLine{Serial: serial, Number: v.Number, Point: it.Point}, salt: make([]byte, 16)}
	claims := Claims{Issuer: m.cmd.Issuer, Serial: serial, NotBefore: v.NotBefore, Expires: v.Expires,
		Value: v.Value.Minor(), Binding: v.Zone, Index: v.Index, Profile: v.Profile}
	if it.Mode.Secret() {
		if out.line.Secret, err = NewSecret(m.random); err != nil {
			return signed{}, err
		}
		if claims.Verifier, err = Verifier(out.line.Secret, serial); err != nil {
			return signed{}, err
		}
		claims.HasVerifier = true
		v.SecretMAC = factorMAC(m.factor, serial, out.line.Secret)
	}
	if it.Mode.PIN() {
		if out.line.PIN, err = NewPIN(m.random); err != nil {
			return signed{}, err
		}
		v.PINMAC = factorMAC(m.factor, serial, out.line.PIN)
		v.PINHint = pinHint(m.hint, serial, out.line.PIN)
	}
	if _, err := io.ReadFull(m.random, out.salt); err != nil {
		return signed{}, fmt.Errorf("draw a salt: %w", err)
	}
	if out.token, err = m.signer.Sign(claims); err != nil {
		return signed{}, err
	}
	if at%proveEach == 0 {
		if err := m.signer.prove(out.token, claims); err != nil {
			return signed{}, err
		}
	}
	out.hash = out.token.Hash()
	v.Tag = tagOf(out.hash)
	out.voucher = v
	return out, nil
}

// permutation returns 0 … n-1 in random order, so that an index says nothing
// about the order of issue.
func permutation(random io.Reader, n int) ([]uint32, error) {
	random = bufio.NewReaderSize(random, randomRoom)
	p := make([]uint32, n)
	for i := range p {
		p[i] = uint32(i)
	}
	var b [4]byte
	for i := n - 1; i > 0; i-- {
		j, err := below(random, uint32(i+1), b[:])
		if err != nil {
			return nil, err
		}
		p[i], p[j] = p[j], p[i]
	}
	return p, nil
}

// below draws a number below n, each as likely as the others, through 4 bytes
// of room.
func below(random io.Reader, n uint32, room []byte) (uint32, error) {
	for {
		if _, err := io.ReadFull(random, room); err != nil {
			return 0, fmt.Errorf("draw an index: %w", err)
		}
		// The first 2³² mod n numbers would make low results likelier.
		if x := binary.BigEndian.Uint32(room); x >= -n%n {
			return x % n, nil
		}
	}
}
