package feedback

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
)

// Dimension is what households are sorted into strata by.
type Dimension string

// The dimensions. Sex and status are of the head, as far as the list has them;
// a household's vendor is the one who redeemed its first card.
const (
	ByPoint  Dimension = "point"
	ByVendor Dimension = "vendor"
	BySex    Dimension = "sex"
	ByStatus Dimension = "status"
)

// Dimensions returns every dimension there is.
func Dimensions() []Dimension { return []Dimension{ByPoint, ByVendor, BySex, ByStatus} }

// Design says how large a sample is and how it is spread.
type Design struct {
	Confidence   int         // percent: 80, 85, 90, 95, 98 or 99
	Margin       int         // percentage points, 1 to 20
	By           []Dimension // of strata; none for a single one
	Minimum      int         // households of each stratum at least, as far as it has them; 0 to 100
	Replacements int         // percent more, called in order where somebody does not answer; 0 to 100
	// Vendors leaves in the frame who bought at one of these, where first calls leave a
	// doubt about them: shares are then of their customers. None for everybody; each
	// once, at most vendorsMax.
	Vendors []vendors.ID
}

// vendorsMax bounds the vendors of one sample.
const vendorsMax = 20

// quantiles are two-sided quantiles of the normal distribution, in millionths,
// by confidence in percent (any table; ISO 3534-1 for the words).
var quantiles = map[int]int64{80: 1_281_552, 85: 1_439_531, 90: 1_644_854, 95: 1_959_964, 98: 2_326_348, 99: 2_575_829}

// ErrDesign refuses a design.
var ErrDesign = fault.New(fault.Invalid, "sample_design",
	"The design of the sample breaks a rule.",
	"Le plan de l'échantillon enfreint une règle.")

// check returns ErrDesign where the design cannot be.
func (d Design) check() error {
	switch {
	case quantiles[d.Confidence] == 0:
		return ErrDesign.At("confidence", "80, 85, 90, 95, 98 or 99 percent")
	case d.Margin < 1 || d.Margin > 20:
		return ErrDesign.At("margin", "1 to 20 points")
	case d.Minimum < 0 || d.Minimum > 100:
		return ErrDesign.At("minimum", "0 to 100 households")
	case d.Replacements < 0 || d.Replacements > 100:
		return ErrDesign.At("replacements", "0 to 100 percent")
	}
	if len(d.Vendors) > vendorsMax {
		return ErrDesign.At("vendors", "%d at most", vendorsMax)
	}
	for i, v := range d.Vendors {
		if v == "" || len(v) > 32 || strings.ContainsAny(string(v), ", ") || slices.Contains(d.Vendors[:i], v) {
			return ErrDesign.At("vendors", "each once, by its id")
		}
	}
	for i, by := range d.By {
		if !slices.Contains(Dimensions(), by) || slices.Contains(d.By[:i], by) {
			return ErrDesign.At("by", "each once, of %v", Dimensions())
		}
	}
	return nil
}

// Size returns how many of n households have to answer, so that a share is
// within the margin with the confidence whatever it is: Cochran's z²·¼/e² with
// the correction for a finite population, in exact arithmetic, rounded up. It is
// 0 for no households, and at most n.
func (d Design) Size(n int) int {
	if n < 1 {
		return 0
	}
	z, e := big.NewInt(quantiles[d.Confidence]), big.NewInt(int64(d.Margin))
	// n0 = a/b with z in millionths and e in hundredths.
	a := new(big.Int).Mul(z, z)
	a.Mul(a, big.NewInt(100*100))
	b := new(big.Int).Mul(e, e)
	b.Mul(b, big.NewInt(4*1_000_000*1_000_000))
	// n0/(1+(n0-1)/n) = n·a / (b·(n-1) + a)
	top := new(big.Int).Mul(big.NewInt(int64(n)), a)
	bottom := new(big.Int).Mul(b, big.NewInt(int64(n-1)))
	bottom.Add(bottom, a)
	top.Add(top, bottom)
	top.Sub(top, big.NewInt(1))
	return min(int(top.Quo(top, bottom).Int64()), n)
}

// Stratum is a part of the frame.
type Stratum struct {
	Name         string // such as "point=p1 sex=F"
	Households   int
	Size         int // to be called
	Replacements int // to be called where those do not answer
}

// allocate spreads size over the strata in proportion to their households:
// whole households first, then one more to the largest remainders, ties in
// order. A stratum below the minimum is raised to it, so that the sum may be
// more than size and is never less.
func (d Design) allocate(strata []Stratum) {
	total := 0
	for _, s := range strata {
		total += s.Households
	}
	size, spread := d.Size(total), 0
	rests := make([]int, len(strata))
	for i := range strata {
		s := &strata[i]
		s.Size, rests[i] = size*s.Households/total, size*s.Households%total
		spread += s.Size
	}
	order := make([]int, len(strata))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:size-spread] {
		strata[i].Size++
	}
	for i := range strata {
		s := &strata[i]
		s.Size = max(s.Size, min(d.Minimum, s.Households))
		s.Replacements = min((s.Size*d.Replacements+99)/100, s.Households-s.Size)
	}
}

// FrameUnit is a household in the frame of a sample.
type FrameUnit struct {
	Unit      string // pseudonym in this sample alone: 16 hexadecimal digits
	Stratum   string
	Household distribution.BeneficiaryID // never leaves the store
}

// frameText is the frame as it is committed to and handed to who draws again:
// a line for each household, "stratum<tab>unit", in the order of bytes.
func frameText(units []FrameUnit) []byte {
	lines := make([]string, len(units))
	for i, u := range units {
		lines[i] = u.Stratum + "\t" + u.Unit + "\n"
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}

// parseFrame reads what frameText writes.
func parseFrame(text []byte) ([]FrameUnit, error) {
	var units []FrameUnit
	for line := range bytes.Lines(text) {
		stratum, unit, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), "\t")
		if !ok || len(units) >= frameMax {
			return nil, ErrDesign.At("frame", "line %d is not a stratum, a tab and a unit", len(units)+1)
		}
		units = append(units, FrameUnit{Unit: unit, Stratum: stratum})
	}
	return units, nil
}

// frameMax bounds the households of one frame.
const frameMax = 1_000_000

// Pick is a household that was drawn.
type Pick struct {
	FrameUnit
	N           int // from 1, in the order of calling
	Replacement bool
}

// draw draws the design's sample from the frame by the seed. Each household is
// placed by SHA-256 of seed, stratum and unit, with a line feed between the
// last two; the first of each stratum are the sample, the next its replacements.
// So every sample of the stratum's size is equally likely, and whoever has seed
// and frame draws the same.
func (d Design) draw(units []FrameUnit, seed [32]byte) ([]Pick, []Stratum) {
	type placed struct {
		FrameUnit
		at [32]byte
	}
	byStratum := map[string][]placed{}
	for _, u := range units {
		at := sha256.Sum256(append(seed[:], u.Stratum+"\n"+u.Unit...))
		byStratum[u.Stratum] = append(byStratum[u.Stratum], placed{u, at})
	}
	var strata []Stratum
	for name, all := range byStratum {
		strata = append(strata, Stratum{Name: name, Households: len(all)})
	}
	slices.SortFunc(strata, func(a, b Stratum) int { return strings.Compare(a.Name, b.Name) })
	d.allocate(strata)
	var picks []Pick
	for _, replacement := range []bool{false, true} {
		for _, s := range strata {
			all := byStratum[s.Name]
			slices.SortFunc(all, func(a, b placed) int { return bytes.Compare(a.at[:], b.at[:]) })
			from, to := 0, s.Size
			if replacement {
				from, to = s.Size, s.Size+s.Replacements
			}
			for _, p := range all[from:to] {
				picks = append(picks, Pick{FrameUnit: p.FrameUnit, N: len(picks) + 1, Replacement: replacement})
			}
		}
	}
	return picks, strata
}

// seedOf is SECURITY 3.2 rule 9: neither who knows the nonce nor who writes the
// journal could choose it alone.
func seedOf(root [32]byte, nonce []byte) [32]byte {
	return sha256.Sum256(append(append([]byte("jate-sample 1\n"), root[:]...), nonce...))
}

// listDigest is what the journal has of who was drawn.
func listDigest(picks []Pick) string {
	h := sha256.New()
	for _, p := range picks {
		fmt.Fprintf(h, "%d\t%t\t%s\t%s\n", p.N, p.Replacement, p.Stratum, p.Unit)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Sample is a post-distribution sample on its way: committed, frozen, drawn.
type Sample struct {
	ID          string // "m" and hexadecimal digits, in the order of commitment
	Programme   string
	Round       string
	Sought      bool     // its households are called because of their sales: see Seek; nothing was committed to, frozen or drawn
	Commitment  [32]byte // SHA-256 of the nonce
	CommittedBy string   // pseudonym, and so are the others
	Committed   time.Time
	CommitEntry uint64
	Design      Design
	Frame       [32]byte // SHA-256 of the frame's text
	Households  int      // in it
	FrozenBy    string
	Frozen      time.Time
	FrameEntry  uint64
	Strata      []Stratum
	Root        [32]byte // of the journal up to the frame's entry and with it
	Nonce       []byte
	DrawnBy     string
	Drawn       time.Time
	DrawEntry   uint64
}

// State says how far the sample is: committed, frozen or drawn.
func (s Sample) State() string {
	switch {
	case !s.Drawn.IsZero():
		return "drawn"
	case !s.Frozen.IsZero():
		return "frozen"
	}
	return "committed"
}

// Errors of samples.
var (
	ErrSampleState = fault.New(fault.Conflict, "sample_state",
		"The sample is not in a state that allows this.",
		"L'échantillon n'est pas dans un état qui le permet.")
	ErrNonce = fault.New(fault.Invalid, "sample_nonce",
		"This nonce is not the one that was committed to.",
		"Ce nombre aléatoire n'est pas celui qui a été engagé.")
	ErrCheckpoint = fault.New(fault.Unavailable, "sample_checkpoint",
		"No checkpoint covers the frame yet. Draw once one is signed.",
		"Aucun point de contrôle ne couvre encore la base de sondage. Tirez dès qu'il est signé.")
	ErrFrame = fault.New(fault.Conflict, "sample_frame",
		"The round has no household with a card.",
		"Aucun ménage du cycle n'a de carte.")
	ErrRedraw = fault.New(fault.Conflict, "sample_redraw",
		"Drawing again does not lead to what the journal says.",
		"Un nouveau tirage ne mène pas à ce que dit le journal.")
)

// Code names a line of the call list for people: its number and a check
// character over sample and number, so that a slip of the pen or a list of
// another sample is found.
func (s Sample) Code(n int) string {
	number := fmt.Sprintf("%05d", n)
	sum := sha256.Sum256([]byte(s.ID))
	text := number
	for _, b := range sum[:4] {
		text += string(codeAlphabet[b&31])
	}
	return number + "-" + string(codeAlphabet[checkOf(text)])
}

// lineOf reads such a code.
func (s Sample) lineOf(text string) (int, bool) {
	n := 0
	if _, err := fmt.Sscanf(strings.TrimLeft(text, " '"), "%d", &n); err != nil || n < 1 || n > 99_999 {
		return 0, false
	}
	plain := confusions.Replace(strings.ToUpper(strings.TrimLeft(text, "'")))
	plain = strings.TrimLeft(plain, "0")
	return n, plain == strings.TrimLeft(strings.ReplaceAll(s.Code(n), "-", ""), "0")
}
