package handheld

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Sale is what happens at the counter: a card, the factor that the household
// showed, and the goods. Cash is what the household adds and Shortfall what
// the goods are worth less than the card, in francs.
type Sale struct {
	Scan      string // digits of the card's code, or the text they stand for
	Factor    voucher.Factor
	Lines     []voucher.Line
	Cash      int64
	Shortfall int64
}

// Sold is a sale that is durable. It is pending until the server accepted it.
type Sold struct {
	Seq    uint64       // number of the receipt on this handheld
	Hash   voucher.Hash // of the receipt
	Serial voucher.Serial
	Value  money.Amount
	At     time.Time
	Risk   []voucher.Risk
}

// Sell redeems a voucher without a network. The rules, in order:
//
//  1. the handheld sells, has lost nothing and is in no quarantine; the card's
//     code reads, and its signature is that of a lot in the bundle;
//  2. the time is within the card's dates, by the floor (see the package's
//     comment);
//  3. the bundle is not too old, the card is in no list of stopped cards, is
//     the very one that was issued, and was not sold on or locked here;
//  4. the card is of this zone; of another shop only below the zone's floor and
//     with a fresh bundle; and the sales since the last sync are within limits;
//  5. the goods are on the price list and in the card's basket, at no more than
//     the ceiling price, and add up;
//  6. the factor is right; three wrong tries lock the card here.
//
// Then the factor is sealed into a receipt, and Sell returns when that is
// durable. Each refusal is a fault of its own, of this package or of package
// voucher; a refused sale leaves nothing but a counted try.
func (h *Handheld) Sell(s Sale) (Sold, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sell(s, false)
}

func (h *Handheld) sell(s Sale, reserved bool) (Sold, error) {
	now := h.chain.floor(h.cfg.Now())
	c, err := h.look(s.Scan, now, reserved)
	if err != nil {
		return Sold{}, err
	}
	if err := h.bundle.checkGoods(c, s); err != nil {
		return Sold{}, err
	}
	if err := h.checkFactor(&c, s.Factor); err != nil {
		return Sold{}, err
	}
	seq, _ := h.chain.end()
	sealed, err := voucher.SealFactor(h.bundle.seal, s.Factor, h.id.Handheld, c.Serial, seq+1)
	if err != nil {
		return Sold{}, err
	}
	m, err := h.record(voucher.Receipt{Serial: c.Serial, Amount: c.Value.Minor(), Lines: s.Lines,
		Cash: s.Cash, Shortfall: s.Shortfall, Factor: sealed, Risk: c.Risk}, now, c.Value.Asset().String())
	if err != nil {
		return Sold{}, err
	}
	return Sold{Seq: m.Seq, Hash: m.hash, Serial: c.Serial, Value: c.Value, At: now, Risk: c.Risk}, nil
}

// SellOnline redeems a voucher that this handheld is not the home of, or of
// which only the number can be read: the server reserves it for this handheld
// first. Rule 4 of Sell does not apply. It returns the server's errors as well,
// and ErrCardNumber for a number while there is no network; the receipt is sent
// by the next Sync like any other.
func (h *Handheld) SellOnline(ctx context.Context, server Server, s Sale) (Sold, error) {
	if serial, err := readSerial(s.Scan); err == nil {
		return h.sellNumber(ctx, server, s, serial)
	}
	h.mu.Lock()
	c, err := h.look(s.Scan, h.chain.floor(h.cfg.Now()), true)
	if err == nil {
		err = h.bundle.checkGoods(c, s)
	}
	h.mu.Unlock()
	if err != nil {
		return Sold{}, err
	}
	if _, err := h.reserve(ctx, server, c.Serial); err != nil {
		return Sold{}, fmt.Errorf("reserve the card: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sell(s, true)
}

// sellNumber sells on a card whose number was typed: the server says what the
// card is, and it is verified like a scanned one.
func (h *Handheld) sellNumber(ctx context.Context, server Server, s Sale, serial voucher.Serial) (Sold, error) {
	h.mu.Lock()
	err := h.fit()
	h.mu.Unlock()
	if err != nil {
		return Sold{}, err
	}
	token, err := h.reserve(ctx, server, serial)
	switch {
	case errors.Is(err, ErrNoNetwork):
		return Sold{}, fmt.Errorf("reserve the card: %w", ErrCardNumber)
	case err != nil:
		return Sold{}, fmt.Errorf("reserve the card: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	b, err := h.usable()
	if err != nil {
		return Sold{}, err
	}
	claims, err := voucher.VerifySignature(string(token), b.keys)
	if err != nil {
		return Sold{}, err
	}
	if claims.Serial != serial {
		return Sold{}, ErrAnswer.At("token", "of another card")
	}
	s.Scan = token.Wire()
	return h.sell(s, true)
}

// reserve has the server hold a voucher, and returns its token, which is not
// verified.
func (h *Handheld) reserve(ctx context.Context, server Server, serial voucher.Serial) (voucher.Token, error) {
	path, body := h.path("reservations"), []byte(serial)
	var got voucher.Reservation
	err := h.signed(http.MethodPost, path, body, func(proof string) (err error) {
		got, err = server.Reserve(ctx, voucher.AskReserve{Body: body,
			AskBundle: voucher.AskBundle{Proof: proof, Method: http.MethodPost, Path: path}})
		return err
	})
	if err != nil {
		return "", err
	}
	if got.Serial != serial || got.Nonce == "" {
		return "", ErrAnswer
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return got.Token, h.keepSession(session{got.Nonce, h.sess.Counter})
}

// Cancel undoes the sale with the number, on its own day (UTC). The card can
// be sold on again. It returns ErrNoReceipt, ErrCancelled, ErrCancelLate,
// ErrCancelState and, for another reason than package voucher knows,
// voucher.ErrSignedContent.
func (h *Handheld) Cancel(seq uint64, reason voucher.CancelReason) (voucher.Hash, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.chain.fit(); err != nil {
		return voucher.Hash{}, err
	}
	if seq < 1 || seq > uint64(len(h.chain.records)) || h.chain.records[seq-1].Kind() != voucher.RecordReceipt {
		return voucher.Hash{}, ErrNoReceipt
	}
	sale := h.chain.records[seq-1]
	now := h.chain.floor(h.cfg.Now())
	switch {
	case h.chain.undone[sale.hash]:
		return voucher.Hash{}, ErrCancelled
	case sale.Time.Time().Format(time.DateOnly) != now.Format(time.DateOnly):
		return voucher.Hash{}, ErrCancelLate
	}
	switch h.chain.outcomes[sale.hash].State {
	case "", voucher.Payable, voucher.Waiting:
	default:
		return voucher.Hash{}, ErrCancelState
	}
	m, err := h.record(voucher.Cancellation{Of: sale.hash, Reason: reason}, now, noAsset)
	return m.hash, err
}

// Activate records that cards were handed over, and to whom: 1 to 64 of them,
// each scanned or by the number printed on it. A scanned card must be genuine,
// in time, and neither stopped nor used; a suspended one passes, because a
// spare is bound at the hand-over and no bundle tells so soon. It returns
// ErrPurpose, the refusals of a card and voucher.ErrSignedContent.
func (h *Handheld) Activate(cards []string, by voucher.Taker, reason voucher.TakerReason) (voucher.Hash, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.id.Purpose != vendors.ForDistribution {
		return voucher.Hash{}, ErrPurpose
	}
	if err := h.chain.fit(); err != nil {
		return voucher.Hash{}, err
	}
	now := h.chain.floor(h.cfg.Now())
	serials := make([]voucher.Serial, len(cards))
	for i, text := range cards {
		var err error
		if serials[i], err = h.handed(text, now); err != nil {
			return voucher.Hash{}, fmt.Errorf("card %d: %w", i+1, err)
		}
	}
	m, err := h.record(voucher.Activation{Serials: serials, By: by, Reason: reason}, now, noAsset)
	return m.hash, err
}

// handed returns the serial of a card that is handed over.
func (h *Handheld) handed(text string, now time.Time) (voucher.Serial, error) {
	if s, err := readSerial(text); err == nil {
		return s, nil
	}
	token, err := readCard(text)
	if err != nil {
		return "", err
	}
	b, err := h.usable()
	if err != nil {
		return "", err
	}
	claims, err := voucher.VerifySignature(string(token), b.keys)
	if err != nil {
		return "", err
	}
	if !now.Before(claims.Expires) {
		return "", voucher.ErrTokenExpired
	}
	switch b.lots[token.KID()].status.At(claims.Index) {
	case voucher.ListVoid:
		return "", ErrCardVoid
	case voucher.ListRedeemed:
		return "", ErrCardRedeemed
	}
	return claims.Serial, nil
}

func (c *Card) addRisk(r voucher.Risk) {
	if i, found := slices.BinarySearch(c.Risk, r); !found {
		c.Risk = slices.Insert(c.Risk, i, r)
	}
}
