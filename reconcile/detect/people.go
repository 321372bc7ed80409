package detect

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
	alikeDetector,
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
		if surprise[v] = betaBinomialTail(c.k, c.n, float64(r.DenialError)/100, 50); c.n > 0 {
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

// complaints stands for a signal: a rival may complain too.
func complaints(r *run) []Finding {
	var all int
	byVendor := make([][]int32, len(r.Vendors))
	for _, c := range r.Complaints {
		all++
		if c.Record >= 0 {
			byVendor[c.Vendor] = append(byVendor[c.Vendor], c.Record)
		}
	}
	var out []Finding
	for v, list := range byVendor {
		expected := float64(all) * float64(len(r.byVendor[v])) / float64(max(len(r.sales), 1))
		if len(list) < r.DenialsMin || gammaPoissonTail(len(list), expected, 2) > r.FalseDiscoveries/float64(len(byVendor)) {
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
