package detect

import "slices"

// peopleDetectors rest on what people say.
var peopleDetectors = []Detector{
	{
		Name:  "not-received",
		Looks: Text{"households that say that they did not receive what was sold to them", "des ménages qui disent n'avoir pas reçu ce qui leur a été vendu"},
		Says: Text{"Of the households that were called, so many say that they received nothing that {n} sales, worth {value}, are in question.",
			"Parmi les ménages appelés, tant disent n'avoir rien reçu que {n} ventes, pour {value}, sont en question."},
		Clears: Text{"A second call by somebody else, visits to the households, the goods book.",
			"Un second appel par une autre personne, des visites aux ménages, le cahier des marchandises."},
		find: denials,
	},
	{
		Name:   "complaints",
		Looks:  Text{"complaints about one trader, more than about others", "des plaintes sur un commerçant, plus que sur les autres"},
		Says:   Text{"{n} sales of this trader were complained about.", "{n} ventes de ce commerçant ont fait l'objet de plaintes."},
		Clears: Text{"Answers to the complaints that satisfy those who made them.", "Des réponses qui satisfont les plaignants."},
		find:   complaints,
	},
	{
		Name:  "received-less",
		Looks: Text{"households that say that they received less than was sold to them", "des ménages qui disent avoir reçu moins que ce qui leur a été vendu"},
		Says: Text{"Of the households that were called, so many say that they got less, paid more or had to give a part that {n} sales are in question; {value} of them is missing.",
			"Parmi les ménages appelés, tant disent avoir reçu moins, payé plus ou dû donner une part que {n} ventes sont en question ; il en manque {value}."},
		Clears: Text{"More calls to this trader's customers, by lot; weighing what is sold; the price list on the wall.",
			"D'autres appels à ses clients, par tirage ; peser ce qui est vendu ; la liste des prix au mur."},
		find: lessened,
	},
	alikeDetector,
}

// What explains how many of an honest trader's customers say that they got less:
// one in twenty is mistaken, or takes a rise of prices for it, and shops differ.
// Where more say so than lessAll explains, it was done to all.
const (
	lessError    = 0.05
	lessStrength = 100
	lessAll      = 0.15
)

// lessened asks whether mistakes explain how many of a vendor's customers say that
// they got less than was sold. Where it is done to all, all the other sales are in
// question, with the share that is missing in the median; otherwise those that were
// spoken of are, with what is missing of them.
func lessened(r *run) []Finding {
	asked := make([]count, len(r.Vendors))
	told, shares := make([][]Answer, len(r.Vendors)), make([][]float64, len(r.Vendors))
	for _, a := range r.Answers {
		if a.Unreached || !a.Received || r.questioned[a.Record] {
			continue
		}
		x := r.Records[a.Record]
		asked[x.Vendor].n++
		if a.Missing > 0 && x.Value > 0 {
			asked[x.Vendor].k++
			told[x.Vendor] = append(told[x.Vendor], a)
			shares[x.Vendor] = append(shares[x.Vendor], min(float64(a.Missing)/float64(x.Value), 1))
		}
	}
	surprise, ps := make([]float64, len(asked)), []float64{}
	for v, c := range asked {
		if surprise[v] = betaBinomialTail(c.k, c.n, lessError, lessStrength); c.n > 0 {
			ps = append(ps, surprise[v])
		}
	}
	limit := discoveries(ps, max(len(ps), 1), denialsFalse*r.FalseDiscoveries)
	var out []Finding
	for v, c := range asked {
		if c.k < r.DenialsMin-1 {
			continue
		}
		one := Finding{Vendor: int32(v), Handheld: -1, Score: 20}
		for _, a := range told[v] {
			one.Records = append(one.Records, a.Record)
			one.Value += min(a.Missing, r.Records[a.Record].Value)
		}
		if c.k >= r.DenialsMin && surprise[v] <= limit {
			one.Score = 60
			part := r.where(r.unquestioned(v), func(a said) bool { return a == less })
			var in count
			for _, i := range part {
				if a := r.answers()[i]; a == less || a == received {
					in.say(a == less)
				}
			}
			if betaBinomialTail(in.k, in.n, lessAll, 1e6) < 0.1 {
				share := median(shares[v])
				one.Records, one.Value = part, 0
				for _, i := range part {
					one.Value += int64(share * float64(r.Records[i].Value))
				}
			}
		}
		out = append(out, one)
	}
	return out
}

// unquestioned returns a vendor's sales that no other finding questions.
func (r *run) unquestioned(v int) []int32 {
	return slices.DeleteFunc(slices.Clone(r.byVendor[v]), func(i int32) bool { return r.questioned[i] })
}

// denialsFalse is how many times the usual rate of false discoveries is borne
// here: there is one test for each vendor, and people speak for themselves.
const denialsFalse = 10

// denials asks whether mistakes explain how many of a vendor's customers say
// that they received nothing. It leaves out sales that other findings question
// already: a pile of held cards explains its own denials. Where so many deny
// that even a quarter of all customers would not explain it, all the other
// sales are in question; otherwise those denied are.
func denials(r *run) []Finding {
	asked, denied := make([]count, len(r.Vendors)), make([][]int32, len(r.Vendors))
	drawn := make([]count, len(r.Vendors)) // by lot
	for _, a := range r.Answers {
		x := r.Records[a.Record]
		if r.questioned[a.Record] || a.Unreached {
			continue
		}
		asked[x.Vendor].n++
		if !a.Sought {
			drawn[x.Vendor].n++
		}
		if !a.Received {
			asked[x.Vendor].k++
			if !a.Sought {
				drawn[x.Vendor].k++
			}
			denied[x.Vendor] = append(denied[x.Vendor], a.Record)
		}
	}
	surprise, ps := make([]float64, len(asked)), []float64{}
	for v, c := range asked {
		if surprise[v] = betaBinomialTail(c.k, c.n, float64(r.DenialError)/100, 100); c.n > 0 {
			ps = append(ps, surprise[v])
		}
	}
	limit := discoveries(ps, max(len(ps), 1), denialsFalse*r.FalseDiscoveries)
	var out []Finding
	for v, c := range asked {
		if c.k == 0 {
			continue
		}
		one := Finding{Vendor: int32(v), Handheld: -1, Score: 20, Records: denied[v]}
		if c.k >= r.DenialsMin && surprise[v] <= limit {
			one.Score = 60
			if betaBinomialTail(drawn[v].k, drawn[v].n, float64(r.DenialsAll)/100, 1e6) < 0.1 {
				one.Records = nil
				for _, i := range r.byVendor[v] {
					if !r.questioned[i] {
						one.Records = append(one.Records, i)
					}
				}
			}
		}
		for _, i := range one.Records {
			one.Value += r.Records[i].Value
		}
		out = append(out, one)
	}
	return out
}

// complaints stands for a signal: a rival may complain too. One that names a
// trader and no sale counts once somebody names one of his sales; by itself it is
// hearsay and no evidence.
func complaints(r *run) []Finding {
	var all int
	count := make([]int, len(r.Vendors))
	byVendor := make([][]int32, len(r.Vendors))
	for _, c := range r.Complaints {
		all++
		count[c.Vendor]++
		if c.Record >= 0 {
			byVendor[c.Vendor] = append(byVendor[c.Vendor], c.Record)
		}
	}
	var out []Finding
	for v, list := range byVendor {
		expected := float64(all) * float64(len(r.byVendor[v])) / float64(max(len(r.sales), 1))
		if len(list) == 0 || count[v] < r.DenialsMin || gammaPoissonTail(count[v], expected, 2) > r.FalseDiscoveries/float64(len(byVendor)) {
			continue
		}
		one := Finding{Vendor: int32(v), Handheld: -1, Score: 30, Records: list}
		for _, i := range list {
			one.Value += r.Records[i].Value
		}
		out = append(out, one)
	}
	return out
}
