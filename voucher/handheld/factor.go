package handheld

import (
	"crypto/hmac"

	"github.com/jate-cva/jate/voucher"
)

// triesMax is how many wrong secrets or PINs a handheld takes for one card.
const triesMax = 3

// checkFactor judges what the household showed, as far as a handheld can: a
// secret wholly, a PIN of a home voucher by its hint. A wrong one is counted
// durably before anybody hears of it, so that closing the program gains no
// tries.
func (h *Handheld) checkFactor(c *Card, f voucher.Factor) error {
	switch {
	case c.Secret && f.Secret == "":
		return ErrSecretNeeded
	case c.PIN && f.PIN == "":
		return ErrPINNeeded
	}
	if f.PIN != "" && len(f.PIN) != len("123456") {
		return voucher.ErrFactorForm
	}
	right := true
	if f.Secret != "" && c.check.HasVerifier {
		v, err := voucher.Verifier(f.Secret, c.Serial)
		if err != nil {
			return err
		}
		right = hmac.Equal(v[:], c.check.Verifier[:])
	}
	if c.PIN && c.Home {
		right = right && voucher.PINHint(c.lot.hints, c.Serial, f.PIN) == c.hint
	} else if f.PIN != "" {
		c.addRisk(voucher.RiskNoHint)
	}
	if right {
		return nil
	}
	if err := h.commit(line{lineTry, string(c.Serial)}); err != nil {
		return err
	}
	if left := triesMax - h.chain.tries[c.Serial]; left > 0 {
		return ErrFactorWrong.At("factor", "tries left: %d", left)
	}
	return ErrTries
}
