package feedback

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// Estimate is a share of households, in permille, with its interval.
type Estimate struct {
	Answers    int // that it rests on
	Share      int // weighted by strata, rounded to the nearest
	Low, High  int // Wilson's interval, rounded outwards
	Suppressed bool
}

// Question is one of the closed questions.
type Question struct {
	Name   string // received, extra, fee, elsewhere, satisfied
	EN, FR string
	counts func(Answer) (asked, yes bool)
}

func closed(get func(Answer) Reply) func(Answer) (bool, bool) {
	return func(a Answer) (bool, bool) { r := get(a); return r != "", r == Yes }
}

// Questions returns what is estimated, in order.
func Questions() []Question {
	return []Question{
		{"received", "received everything", "ont tout reçu", closed(func(a Answer) Reply { return a.Received })},
		{"extra", "were charged extra", "ont payé un supplément", closed(func(a Answer) Reply { return a.Extra })},
		{"fee", "were asked for a fee", "se sont vu demander des frais", closed(func(a Answer) Reply { return a.Fee })},
		{"elsewhere", "somebody else bought with the card", "quelqu'un d'autre a acheté avec la carte",
			func(a Answer) (bool, bool) { return a.By != "", a.By == TheVendor || a.By == SomeoneElse }},
		{"satisfied", "are satisfied", "sont satisfaits", closed(func(a Answer) Reply { return a.Satisfied })},
	}
}

// StratumResult is what one stratum said.
type StratumResult struct {
	Name            string
	Households      int
	Called, Answers int // lines with any answer; households that spoke
	Unreached       int
	Refused         int
	Suppressed      bool // what became of the calls is not shown, as few answers are not
	Estimates       map[string]Estimate
}

// Results are what a sample says, for the whole round and each stratum.
type Results struct {
	Sample             Sample
	Called, Spoken     int // calls with an outcome; households that spoke
	Unreached, Refused int
	ResponsePermille   int  // spoken of called, rounded to the nearest
	Enough             bool // as many spoke as the design wants
	Wanted             int
	Estimates          map[string]Estimate
	Strata             []StratumResult
}

// smallCell is how few answers are not shown (SECURITY 6.4: k < 10).
const smallCell = 10

// Results is documented at Service.
func (s *service) Results(ctx context.Context, q SampleByID) (Results, error) {
	return read(ctx, s, MethodResults, q.By, func(tx Tx) (Results, error) {
		m, err := sampleOf(tx, q.By, q.ID)
		if err != nil {
			return Results{}, err
		}
		if m.State() != "drawn" {
			return Results{}, ErrSampleState.At("sample", "it is %s", m.State())
		}
		if m.Sought {
			return Results{}, ErrSought
		}
		answers := map[string][]Answer{}
		for p, err := range tx.Picks(m.ID) {
			if err != nil {
				return Results{}, err
			}
			a, err := tx.Answer(m.ID, p.N)
			if err == nil {
				answers[p.Stratum] = append(answers[p.Stratum], a)
			}
		}
		return resultsOf(m, answers), nil
	})
}

// resultsOf computes what the answers of each stratum say.
func resultsOf(m Sample, answers map[string][]Answer) Results {
	r := Results{Sample: m, Wanted: m.Design.Size(m.Households), Estimates: map[string]Estimate{}}
	cells := map[string][]cell{}
	for _, x := range m.Strata {
		out := StratumResult{Name: x.Name, Households: x.Households, Estimates: map[string]Estimate{}}
		for _, a := range answers[x.Name] {
			out.Called++
			switch a.Reached {
			case Spoken:
				out.Answers++
			case Unreached:
				out.Unreached++
			case Refused:
				out.Refused++
			}
		}
		for _, q := range Questions() {
			c := cell{households: x.Households}
			for _, a := range answers[x.Name] {
				if asked, yes := q.counts(a); asked && a.Reached == Spoken {
					c.n++
					if yes {
						c.k++
					}
				}
			}
			cells[q.Name] = append(cells[q.Name], c)
			out.Estimates[q.Name] = m.Design.estimate([]cell{c})
		}
		r.Called, r.Spoken = r.Called+out.Called, r.Spoken+out.Answers
		r.Unreached, r.Refused = r.Unreached+out.Unreached, r.Refused+out.Refused
		r.Strata = append(r.Strata, out)
	}
	for _, q := range Questions() {
		r.Estimates[q.Name] = m.Design.estimate(cells[q.Name])
		r.suppress(q.Name)
	}
	r.suppressCalls()
	if r.Called > 0 {
		r.ResponsePermille = (2000*r.Spoken + r.Called) / (2 * r.Called)
	}
	r.Enough = r.Spoken >= r.Wanted
	return r
}

// suppressCalls hides who of few households answered a call, and where that is a
// single stratum, the next smallest too.
func (r *Results) suppressCalls() {
	hidden, next := 0, -1
	for i := range r.Strata {
		x := &r.Strata[i]
		x.Suppressed = x.Called < smallCell
		switch {
		case x.Suppressed:
			hidden++
		case next < 0 || x.Called < r.Strata[next].Called:
			next = i
		}
	}
	if hidden == 1 && next >= 0 {
		r.Strata[next].Suppressed = true
	}
	for i := range r.Strata {
		if x := &r.Strata[i]; x.Suppressed {
			x.Answers, x.Unreached, x.Refused = 0, 0, 0
		}
	}
}

// suppress hides small cells, and where that is a single one, the next smallest
// too: the total less the others would show it.
func (r *Results) suppress(question string) {
	hidden, next := 0, -1
	for i := range r.Strata {
		e := r.Strata[i].Estimates[question]
		switch {
		case e.Answers < smallCell:
			r.Strata[i].Estimates[question] = Estimate{Suppressed: true}
			hidden++
		case next < 0 || e.Answers < r.Strata[next].Estimates[question].Answers:
			next = i
		}
	}
	if hidden == 1 && next >= 0 {
		r.Strata[next].Estimates[question] = Estimate{Suppressed: true}
	}
	if r.Estimates[question].Answers < smallCell {
		r.Estimates[question] = Estimate{Suppressed: true}
	}
}

// cell is a stratum's answers to one question.
type cell struct{ households, n, k int }

// estimate weights each stratum by its households: p = ΣN·(k/n)/ΣN over strata
// with answers. The interval is Wilson's (1927) at p with Kish's effective
// size (ΣN)²/Σ(N²/n), which is n for a single stratum and for proportional
// allocation, and leaves the correction for a finite population away, so that it
// is rather too wide. All in exact fractions; the root is rounded outwards.
func (d Design) estimate(cells []cell) Estimate {
	e := Estimate{}
	total, share, spread := new(big.Rat), new(big.Rat), new(big.Rat)
	for _, c := range cells {
		if c.n == 0 {
			continue
		}
		e.Answers += c.n
		households := big.NewRat(int64(c.households), 1)
		total.Add(total, households)
		share.Add(share, new(big.Rat).Mul(households, big.NewRat(int64(c.k), int64(c.n))))
		spread.Add(spread, new(big.Rat).Mul(households, big.NewRat(int64(c.households), int64(c.n))))
	}
	if e.Answers == 0 {
		return e
	}
	p := share.Quo(share, total)
	n := new(big.Rat).Mul(total, total)
	n.Quo(n, spread)
	e.Share = permille(new(big.Rat).Add(p, big.NewRat(1, 2000)), false)
	e.Low, e.High = wilson(p, n, big.NewRat(quantiles[d.Confidence], 1_000_000))
	return e
}

// wilson returns the bounds of Wilson's score interval in permille, the lower
// one rounded down and the upper one up.
func wilson(p, n, z *big.Rat) (low, high int) {
	one := big.NewRat(1, 1)
	zz := new(big.Rat).Mul(z, z)
	over := new(big.Rat).Quo(zz, n)                                         // z²/n
	center := new(big.Rat).Add(p, new(big.Rat).Quo(over, big.NewRat(2, 1))) // p + z²/2n
	q := new(big.Rat).Sub(one, p)
	inner := new(big.Rat).Quo(new(big.Rat).Mul(p, q), n)
	inner.Add(inner, new(big.Rat).Quo(over, new(big.Rat).Mul(n, big.NewRat(4, 1)))) // p(1-p)/n + z²/4n²
	half := new(big.Rat).Mul(z, rootUp(inner))
	scale := new(big.Rat).Add(one, over)
	lower := new(big.Rat).Quo(new(big.Rat).Sub(center, half), scale)
	upper := new(big.Rat).Quo(new(big.Rat).Add(center, half), scale)
	return max(permille(lower, false), 0), min(permille(upper, true), 1000)
}

// rootUp returns the square root, rounded up to a billionth.
func rootUp(x *big.Rat) *big.Rat {
	const digits = 1_000_000_000
	scaled := new(big.Int).Mul(x.Num(), big.NewInt(digits))
	scaled.Mul(scaled, big.NewInt(digits))
	scaled.Quo(scaled, x.Denom())
	root := scaled.Sqrt(scaled)
	return new(big.Rat).SetFrac(root.Add(root, big.NewInt(1)), big.NewInt(digits))
}

// permille rounds a share down or up to whole thousandths.
func permille(x *big.Rat, up bool) int {
	scaled := new(big.Int).Mul(x.Num(), big.NewInt(1000))
	whole, rest := scaled.DivMod(scaled, x.Denom(), new(big.Int))
	n := int(whole.Int64())
	if up && rest.Sign() > 0 {
		n++
	}
	return n
}

// WriteText writes the results for a screen or a donor, in "fr" or else English.
func (r Results) WriteText(w io.Writer, lang string) error {
	m := r.Sample
	var b strings.Builder
	fmt.Fprintf(&b, in(lang, "Post-distribution monitoring of round %s, sample %s\n", "Suivi post-distribution du cycle %s, échantillon %s\n"), m.Round, m.ID)
	fmt.Fprintf(&b, in(lang, "%d households; %d answers wanted for %d %% within %d points; %d called, %d answered (%s), %d not reached, %d refused\n",
		"%d ménages ; %d réponses voulues pour %d %% à %d points près ; %d appelés, %d ont répondu (%s), %d non joints, %d ont refusé\n"),
		m.Households, r.Wanted, m.Design.Confidence, m.Design.Margin, r.Called, r.Spoken, percent(r.ResponsePermille, lang), r.Unreached, r.Refused)
	if !r.Enough {
		b.WriteString(in(lang, "Too few answers for that margin: the intervals say what these are worth.\n",
			"Trop peu de réponses pour cette marge : les intervalles disent ce que valent celles-ci.\n"))
	}
	r.lines(&b, lang, in(lang, "all households", "tous les ménages"), r.Estimates)
	for _, x := range r.Strata {
		if x.Name != "" {
			r.lines(&b, lang, x.Name, x.Estimates)
		}
	}
	fmt.Fprintf(&b, in(lang, "Intervals: Wilson's, %d %%, weighted by group. Fewer than %d answers are not shown.\n",
		"Intervalles : de Wilson, %d %%, pondérés par groupe. Moins de %d réponses ne sont pas montrées.\n"), m.Design.Confidence, smallCell)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Results) lines(b *strings.Builder, lang, name string, estimates map[string]Estimate) {
	fmt.Fprintf(b, "%s\n", name)
	for _, q := range Questions() {
		e := estimates[q.Name]
		if e.Suppressed {
			fmt.Fprintf(b, "  %-45s %s\n", in(lang, q.EN, q.FR), in(lang, "not shown", "non montré"))
			continue
		}
		fmt.Fprintf(b, "  %-45s %s  [%s ; %s]  n=%d\n", in(lang, q.EN, q.FR), percent(e.Share, lang), percent(e.Low, lang), percent(e.High, lang), e.Answers)
	}
}

// percent writes thousandths as percent with one decimal.
func percent(n int, lang string) string {
	return fmt.Sprintf("%d%s%d %%", n/10, in(lang, ".", ","), n%10)
}
