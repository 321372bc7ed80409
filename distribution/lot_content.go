package distribution

import (
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// The exact content of a lot, which its approval covers, has the SHA-256 of this
// text, and beside it in words what that comes to (Lot.content):
//
//	jate-lot 1
//	round <terms, one per line: Round.writeTerms>
//	lot <id>
//	overlap-list, overlap, overlap-more, coordination <Lot.writeCompared>    where a list of others was compared
//	<n> <beneficiary> <point> <zone> <home, or "-"> <asset> <minor units> <mode>    for each voucher
//	spare <point> <zone> <asset> <minor units> <mode> <how many>                     for each point and denomination
//
// Names hold no space, and what may is quoted, so that no two contents have one
// text.

// writeTerms writes what of a round a lot's vouchers depend on.
func (r Round) writeTerms(w io.Writer) {
	fmt.Fprintf(w, "round %s %s %s\n", r.Programme, r.ID, r.Kind)
	fmt.Fprintf(w, "asset %s ceiling %d\n", r.Asset, r.Ceiling.Minor())
	fmt.Fprintf(w, "categories %s\nbasket %s\n", strings.Join(r.Categories, " "), strings.Join(r.Basket, " "))
	fmt.Fprintf(w, "opens %s ends %s grace %s\n", stamp(r.Opens), stamp(r.SalesEnd), stamp(r.GraceUntil))
	fmt.Fprintf(w, "mode %s pin-above %d spares %d third-above %d\n", r.Mode, r.PINAbove.Minor(), r.SparePermille, r.ThirdAbove.Minor())
	for _, a := range r.Rule.amounts() {
		fmt.Fprintf(w, "%s %d\n", a.field, a.amount.Minor())
	}
	for _, d := range r.Rule.Denominations {
		fmt.Fprintf(w, "denomination %d\n", d.Minor())
	}
	fmt.Fprintf(w, "vouchers-max %d\n", r.Rule.vouchersMax())
	if r.AnswerOverlaps {
		io.WriteString(w, "answer-overlaps\n")
	}
}

// digest returns the SHA-256 of the round's terms.
func (r Round) digest() [32]byte {
	h := sha256.New()
	r.writeTerms(h)
	return [32]byte(h.Sum(nil))
}

// content is what a lot comes to.
type content struct {
	digest     [32]byte       // of its text
	served     map[string]int // households by point
	households int
	vouchers   int
	total      money.Amount
	spares     []voucher.Spare
}

// contentOf reads a lot's lines once and returns what they come to. Points are
// those of the lot, in the order of their codes.
func contentOf(r Round, lot Lot, points []Point, lines iter.Seq2[Entitlement, error]) (content, error) {
	c := content{served: map[string]int{}, total: money.FromMinor(0, r.Asset)}
	zones := map[string]string{}
	for _, p := range points {
		zones[p.Code] = p.Zone
	}
	type pack struct {
		point string
		minor int64
	}
	packed := map[pack]int{}
	h := sha256.New()
	io.WriteString(h, "jate-lot 1\n")
	r.writeTerms(h)
	fmt.Fprintf(h, "lot %s\n", lot.ID)
	lot.writeCompared(h)
	for e, err := range lines {
		if err != nil {
			return c, err
		}
		c.households++
		c.served[e.Point]++
		for i, m := range e.Amounts {
			if c.total, err = c.total.Add(m); err != nil {
				return c, err
			}
			c.vouchers++
			packed[pack{e.Point, m.Minor()}]++
			fmt.Fprintf(h, "%d %s %s %s %s %s %d %s\n", e.N, e.Beneficiary, e.Point, zones[e.Point],
				homeText(e, i), m.Asset(), m.Minor(), r.modeOf(m))
		}
	}
	for _, p := range points {
		for _, d := range r.Rule.Denominations {
			n := max(1, (packed[pack{p.Code, d.Minor()}]*r.SparePermille+999)/1000)
			c.spares = append(c.spares, voucher.Spare{Count: n, Point: p.Code, Zone: p.Zone, Profile: profile, Value: d, Mode: r.modeOf(d)})
			fmt.Fprintf(h, "spare %s %s %s %d %s %d\n", p.Code, p.Zone, d.Asset(), d.Minor(), r.modeOf(d), n)
		}
	}
	c.digest = [32]byte(h.Sum(nil))
	return c, nil
}

// content is what the lot's approval covers. Dates and places are in its closed
// part, for the sake of embargoes; the digest of its text, which names every
// household's code, keeps that from being guessed.
func (l Lot) content(r Round, points []Point, c content) access.Content {
	said := access.Content{What: "lot", ID: l.ID, Programme: l.Programme, Lines: []access.Line{{"round", r.ID}, {"kind", string(r.Kind)},
		{"households", number(c.households)}, {"vouchers", number(c.vouchers)}, {"total", c.total.String()}, {"exposure", l.Exposure.String()}}}
	closed := []access.Line{{"list", fmt.Sprintf("%x", c.digest)}, {"opens", stamp(r.Opens)}, {"sales-end", stamp(r.SalesEnd)}, {"grace-until", stamp(r.GraceUntil)}}
	for _, p := range points {
		closed = append(closed, access.Line{"where", p.Code, p.Name, number(c.served[p.Code])})
	}
	for _, o := range l.Overlaps {
		closed = append(closed, access.Line{"overlap", o.Text(), o.Texte()})
	}
	if l.OverlapsMore > 0 {
		closed = append(closed, access.Line{"overlaps-more", number(l.OverlapsMore)})
	}
	if l.Coordination != "" {
		closed = append(closed, access.Line{"coordination", l.Coordination})
	}
	for _, w := range l.Warnings {
		closed = append(closed, access.Line{"warning", w.Text, w.Texte})
	}
	said.Closed = closed
	return said
}

func homeText(e Entitlement, i int) string {
	if i < len(e.Homes) && e.Homes[i] != "" {
		return string(e.Homes[i])
	}
	return "-"
}

// verified returns what a stored lot comes to, or ErrLotChanged where that is
// not what was prepared: its round, points, lines, or one of its households
// changed so that it would be left out or served elsewhere.
func verified(tx Tx, r Round, l Lot) (content, error) {
	points, err := pointsOf(tx, l.Programme, l.Points)
	if err != nil {
		return content{}, err
	}
	c, err := contentOf(r, l, points, func(yield func(Entitlement, error) bool) {
		for e, err := range tx.Entitlements(l.ID, 1) {
			if err == nil {
				err = stillDue(tx, e)
			}
			if !yield(e, err) {
				return
			}
		}
	})
	if err != nil {
		return c, err
	}
	if l.content(r, points, c).Digest() != l.Digest {
		return c, ErrLotChanged
	}
	return c, nil
}

func stillDue(tx Tx, e Entitlement) error {
	b, err := tx.Beneficiary(e.Beneficiary)
	if err == nil && (b.Excluded != "" || b.Point != e.Point) {
		return ErrLotChanged.At("household", "%s", b.ID)
	}
	return err
}

// pointsOf returns the points with the codes, in the order of their codes.
func pointsOf(tx Tx, programme string, codes []string) ([]Point, error) {
	codes = slices.Clone(codes)
	slices.Sort(codes)
	var ps []Point
	for _, code := range slices.Compact(codes) {
		p, err := tx.Point(programme, code)
		if err != nil {
			return nil, fmt.Errorf("point %s: %w", code, err)
		}
		ps = append(ps, p)
	}
	return ps, nil
}
