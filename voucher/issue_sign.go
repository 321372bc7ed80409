package voucher

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"runtime"
	"sync"
)

// sealed is what is known of a voucher besides what the store keeps.
type sealed struct {
	hash Hash      // of the token
	line PrintLine // its secrets, on their way to the printer
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

// sign yields the lot's chunks in their order, each to be signed soon or signed
// already, and signs them on all cores. It ends early when ctx does; whoever
// called it must read on until the channel is closed.
func (r *lotRun) sign(ctx context.Context) <-chan *chunk {
	todo := make(chan *chunk)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		m := &maker{lotRun: r, random: bufio.NewReaderSize(r.s.cfg.Rand, randomRoom),
			factor: hmac.New(sha256.New, r.issue.FactorKey), hint: hmac.New(sha256.New, r.issue.HintSecret)}
		wg.Go(func() {
			for c := range todo {
				c.err = m.sign(c)
				close(c.signed)
			}
		})
	}
	inOrder := make(chan *chunk, signedAhead)
	go func() {
		defer close(inOrder)
		defer wg.Wait()
		defer close(todo)
		for c := range r.chunks {
			c.signed = make(chan struct{})
			select {
			case inOrder <- c:
			case <-ctx.Done():
				return
			}
			if c.err != nil {
				close(c.signed)
				return
			}
			todo <- c
		}
	}()
	return inOrder
}

// sign draws the secrets of a chunk's vouchers and signs their tokens.
func (m *maker) sign(c *chunk) (err error) {
	c.issued, c.sealed = make([]SignedVoucher, len(c.items)), make([]sealed, len(c.items))
	claims := make([]Claims, len(c.items))
	for i := range c.items {
		if claims[i], err = m.make(&c.issued[i], &c.sealed[i], c.items[i], c.at+i, c.spare); err != nil {
			return err
		}
	}
	tokens, err := m.signer.SignAll(claims)
	if err != nil {
		return err
	}
	for i, t := range tokens {
		if (c.at+i)%proveEach == 0 {
			if err := m.signer.prove(t, claims[i]); err != nil {
				return err
			}
		}
		c.sealed[i].hash = t.Hash()
		c.issued[i].Token, c.issued[i].Voucher.Tag = t, tagOf(c.sealed[i].hash)
	}
	return nil
}

// make draws a voucher's secrets and returns what its token says.
func (m *maker) make(out *SignedVoucher, kept *sealed, it Item, at int, spare bool) (Claims, error) {
	out.Voucher = Voucher{Number: m.issue.First + Number(at), Programme: m.cmd.Programme,
		Round: m.cmd.Round, Lot: m.cmd.Lot, Beneficiary: it.Beneficiary, Index: m.indexes[at],
		Profile: it.Profile, Value: it.Value, NotBefore: m.cmd.NotBefore, Expires: m.cmd.Expires,
		Point: it.Point, Zone: it.Zone, Home: it.Home, Mode: it.Mode, Spare: spare}
	v := &out.Voucher
	claims := Claims{Issuer: m.cmd.Issuer, NotBefore: v.NotBefore, Expires: v.Expires,
		Value: v.Value.Minor(), Binding: v.Zone, Index: v.Index, Profile: v.Profile}
	var err error
	if kept.line, err = m.draw(v, &claims); err != nil {
		return claims, err
	}
	if !spare {
		out.Salt = make([]byte, 16)
		if _, err := io.ReadFull(m.random, out.Salt); err != nil {
			return claims, fmt.Errorf("draw a salt: %w", err)
		}
	}
	return claims, nil
}

// draw draws the voucher's serial and factor, and says how each is recognised.
func (m *maker) draw(v *Voucher, c *Claims) (PrintLine, error) {
	var err error
	if v.Serial, err = NewSerial(m.random); err != nil {
		return PrintLine{}, err
	}
	c.Serial = v.Serial
	line := PrintLine{Serial: v.Serial, Number: v.Number, Point: v.Point}
	if v.Mode.Secret() {
		if line.Secret, err = NewSecret(m.random); err != nil {
			return line, err
		}
		if c.Verifier, err = Verifier(line.Secret, v.Serial); err != nil {
			return line, err
		}
		c.HasVerifier = true
		v.SecretMAC = factorMAC(m.factor, v.Serial, line.Secret)
	}
	if v.Mode.PIN() {
		if line.PIN, err = NewPIN(m.random); err != nil {
			return line, err
		}
		v.PINMAC = factorMAC(m.factor, v.Serial, line.PIN)
		v.PINHint = pinHint(m.hint, v.Serial, line.PIN)
	}
	return line, nil
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
