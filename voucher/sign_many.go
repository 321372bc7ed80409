package voucher

import (
	"crypto/ed25519"
	"crypto/sha512"
	"hash"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// signedTogether is how many signatures share an inversion at most: enough that
// it costs each of them nothing to speak of.
const signedTogether = 64

// expandedKey makes the signatures of crypto/ed25519 (RFC 8032, 5.1.6), byte for
// byte, a quarter faster where there are many to make: the inversion of Z that
// ends each of them is done once for all (docs/adr/013). What crypto/ed25519 does
// in constant time is in constant time here.
type expandedKey struct {
	scalar edwards25519.Scalar // s
	prefix [32]byte
	public [ed25519.PublicKeySize]byte
}

func expand(key ed25519.PrivateKey) (k expandedKey, err error) {
	h := sha512.Sum512(key.Seed())
	defer clear(h[:])
	k.prefix, k.public = [32]byte(h[32:]), [ed25519.PublicKeySize]byte(key[ed25519.SeedSize:])
	_, err = k.scalar.SetBytesWithClamping(h[:32])
	return k, err
}

// sign signs at most signedTogether messages.
func (k *expandedKey) sign(messages [][]byte, sigs *[signedTogether][ed25519.SignatureSize]byte) error {
	var nonces [signedTogether]edwards25519.Scalar // r
	var xs, ys, zs, before [signedTogether]field.Element
	defer clear(nonces[:])
	sha, all := sha512.New(), new(field.Element).One()
	for i, message := range messages {
		if err := hashScalar(&nonces[i], sha, k.prefix[:], message); err != nil {
			return err
		}
		x, y, z, _ := new(edwards25519.Point).ScalarBaseMult(&nonces[i]).ExtendedCoordinates()
		xs[i], ys[i], zs[i], before[i] = *x, *y, *z, *all
		all.Multiply(all, z)
	}
	left := all.Invert(all) // 1 over the product of all Z up to i
	for i := len(messages) - 1; i >= 0; i-- {
		var over field.Element // 1 / Z
		over.Multiply(left, &before[i])
		left.Multiply(left, &zs[i])
		x, sig := xs[i].Multiply(&xs[i], &over), sigs[i][:0]
		sig = append(sig, ys[i].Multiply(&ys[i], &over).Bytes()...)
		sig[31] |= byte(x.IsNegative()) << 7
		var s edwards25519.Scalar
		if err := hashScalar(&s, sha, sig, k.public[:], messages[i]); err != nil {
			return err
		}
		copy(sigs[i][32:], s.MultiplyAdd(&s, &k.scalar, &nonces[i]).Bytes())
	}
	return nil
}

// hashScalar sets s to SHA-512 over the parts, modulo the group's order.
func hashScalar(s *edwards25519.Scalar, sha hash.Hash, parts ...[]byte) error {
	var room [sha512.Size]byte
	sha.Reset()
	for _, p := range parts {
		sha.Write(p)
	}
	_, err := s.SetUniformBytes(sha.Sum(room[:0]))
	return err
}
