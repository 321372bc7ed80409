package handheld

import (
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Card is what a handheld knows about a scanned card.
type Card struct {
	Serial  voucher.Serial
	Value   money.Amount
	Expires time.Time
	Home    bool // this handheld is its home
	Secret  bool // the secret under the label is needed
	PIN     bool // the PIN is needed
	// AskPIN says that the card may have a PIN without this handheld knowing:
	// another shop's card with a secret. If the household has one it is needed,
	// or the server will contest the sale.
	AskPIN bool
	// Risk is what a sale of it now would let pass, in ascending order.
	Risk []voucher.Risk
	// Categories and Items are the goods it buys; both empty: all.
	Categories, Items []string

	hint  uint16 // of the PIN, at home
	check voucher.Claims
	lot   lot
}

const (
	paceMax    = 20
	paceWithin = 10 * time.Minute
)

// Look reads a scanned card and judges everything about it but goods and
// factor, in the order of Sell; nothing is kept. The card is given as the
// digits of its code or as the text that they stand for.
func (h *Handheld) Look(scan string) (Card, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.look(scan, h.chain.floor(h.cfg.Now()), false)
}

// look judges a card as of now. Reserved says that the server holds it for
// this handheld.
func (h *Handheld) look(scan string, now time.Time, reserved bool) (Card, error) {
	if err := h.fit(); err != nil {
		return Card{}, err
	}
	b, err := h.usable()
	if err != nil {
		return Card{}, err
	}
	token, err := readCard(scan)
	if err != nil {
		return Card{}, err
	}
	claims, err := voucher.Verify(string(token), b.keys, now)
	if err != nil {
		return Card{}, err
	}
	c := b.card(token, claims)
	if err := h.standing(&c, token, now); err != nil {
		return Card{}, err
	}
	if !reserved {
		if err := h.binding(&c, now); err != nil {
			return Card{}, err
		}
	}
	if !c.Home {
		c.Risk = append(c.Risk, voucher.RiskNotHome)
	}
	if h.pace(now) {
		c.Risk = append(c.Risk, voucher.RiskPace)
	}
	slices.Sort(c.Risk)
	return c, nil
}

// fit returns why the handheld must not sell, whatever the card.
func (h *Handheld) fit() error {
	switch {
	case h.broken:
		return ErrStorage
	case h.id.Purpose != vendors.ForSales:
		return ErrPurpose
	}
	return h.chain.fit()
}

// readCard reads a scanned code. A card's number alone is no card.
func readCard(scan string) (voucher.Token, error) {
	if strings.Trim(scan, "0123456789") == "" && len(scan) > 40 {
		return voucher.ParseDigits(scan)
	}
	if _, err := readSerial(scan); err == nil {
		return "", ErrCardNumber
	}
	return voucher.ParseWire(scan)
}

// readSerial reads a card's number, as printed or in canonical form.
func readSerial(text string) (voucher.Serial, error) {
	if s := voucher.Serial(text); s.Valid() {
		return s, nil
	}
	return voucher.ParseSerial(text)
}

// card gathers what the bundle says about a genuine voucher. A home voucher's
// factor is known; of another, only whether its token has a verifier.
func (b *carried) card(t voucher.Token, claims voucher.Claims) Card {
	l := b.lots[t.KID()]
	p, _ := l.manifest.Profile(claims.Profile)
	c := Card{Serial: claims.Serial, Value: money.FromMinor(claims.Value, p.Asset), Expires: claims.Expires,
		Categories: p.Categories, Items: p.Basket, check: claims, lot: l,
		Secret: claims.HasVerifier, PIN: !claims.HasVerifier, AskPIN: claims.HasVerifier}
	if home, ok := l.homes[claims.Index]; ok {
		c.Home, c.hint, c.AskPIN = true, home.Hint, false
		c.Secret, c.PIN = c.Secret || home.Secret, home.PIN
	}
	return c
}

// standing refuses a card that is not to be redeemed by anybody, or was here.
func (h *Handheld) standing(c *Card, t voucher.Token, now time.Time) error {
	switch h.bundle.freshness(now) {
	case Stale:
		return ErrBundleStale
	case Degraded:
		c.Risk = append(c.Risk, voucher.RiskDegraded)
	}
	switch c.lot.status.At(c.check.Index) {
	case voucher.ListVoid:
		return ErrCardVoid
	case voucher.ListSuspended:
		return ErrCardSuspended
	case voucher.ListRedeemed:
		return ErrCardRedeemed
	}
	if c.Home && c.lot.homes[c.check.Index].Tag != voucher.IssuanceTag(t) {
		return ErrCardTag
	}
	if hash, ok := h.chain.spent[c.Serial]; ok {
		return ErrCardSpent.At("receipt", "number %d", h.chain.at[hash]+1)
	}
	if h.chain.tries[c.Serial] >= triesMax {
		return ErrTries
	}
	return nil
}

// binding refuses a card that may not be sold on without a network: of another
// zone; of another shop above the floor, or once the bundle is not fresh; and
// any beyond the limits since the last sync. The zone's floor and limit of
// value are francs, so of commodities only the number counts.
func (h *Handheld) binding(c *Card, now time.Time) error {
	p := h.bundle.Policy
	switch {
	case c.check.Binding != h.bundle.Zone:
		return ErrZone
	case !c.Home && h.bundle.freshness(now) != Fresh:
		return ErrBundleDegraded
	case !c.Home && (c.Value.Asset() != money.XOF || c.Value.Minor() > p.Floor):
		return ErrFloor.At("value", "at most %d", p.Floor)
	}
	count, sum := h.chain.exposure()
	if count+1 > p.Count {
		return ErrCountLimit.At("sales", "at most %d", p.Count)
	}
	if c.Value.Asset() != money.XOF {
		return nil
	}
	if total, ok := money.AddMinor(sum, c.Value.Minor()); !ok || total > p.Sum {
		return ErrSumLimit.At("value", "at most %d", p.Sum)
	}
	return nil
}

// exposure returns number and value, in francs, of the sales that the server
// is not known to have. Cancelled ones count: otherwise selling and cancelling
// would go on for ever.
func (c *chain) exposure() (count int, francs int64) {
	for _, m := range c.pending() {
		r, ok := m.Body.(voucher.Receipt)
		if !ok {
			continue
		}
		count++
		if m.asset == money.XOF {
			francs += r.Amount
		}
	}
	return count, francs
}

// pace reports whether many sales were made in the last minutes.
func (h *Handheld) pace(now time.Time) bool {
	n := 0
	for _, m := range slices.Backward(h.chain.records) {
		if now.Sub(m.Time.Time()) >= paceWithin {
			break
		}
		if m.Kind() == voucher.RecordReceipt {
			n++
		}
	}
	return n >= paceMax
}
