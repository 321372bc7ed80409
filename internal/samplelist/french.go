package samplelist

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

var frenchColumns = []column{
	{"N°", number}, {"Nom du chef de ménage", family}, {"Prénom(s)", given},
	{"Sexe (H/F)", sex}, {"Âge", age}, {"N° de téléphone", phone},
	{"Région", region}, {"Cercle", cercle}, {"Commune", commune}, {"Village / Site", village},
	{"Taille du ménage", size}, {"Statut", status}, {"Date d'enregistrement", date},
	{"N° RSU", register}, {"Site de distribution", point}, {"Commerçant choisi", trader},
}

var statuses = []string{"Résident(e)", "PDI", "Retourné(e)", "Hôte"}

// common fills what every layout writes the same way.
func (g *generator) common(h household, i int) record {
	p := g.places[h.place]
	pt := g.points[p.point]
	var r record
	r[number] = strconv.Itoa(i + 1)
	r[age], r[size] = strconv.Itoa(h.age), strconv.Itoa(h.size)
	r[region], r[cercle], r[commune], r[village] = p.region, p.cercle, p.commune, p.name
	r[status] = statuses[h.status]
	r[point] = pt.Name
	if h.register != 0 {
		r[register] = fmt.Sprintf("RSU-%07d", h.register-1)
	}
	if h.trader >= 0 {
		r[trader] = pt.Traders[h.trader]
	}
	if h.phone != 0 {
		r[phone] = strconv.Itoa(h.phone)
	}
	return r
}

// fillFrench writes a household as a clerk types it: capitals, accents,
// spaces and phone numbers as the hand falls.
func fillFrench(g *generator, h household, i int) record {
	style := g.random(forStyle, i)
	r := g.common(h, i)
	r[family], r[given] = typedName(style, h)
	r[sex] = "H"
	if h.woman {
		r[sex] = "F"
	}
	if style.IntN(2) == 0 {
		r[region] = strings.Replace(r[region], "Segou", "Ségou", 1)
	}
	switch style.IntN(25) {
	case 0, 1:
		r[village] = strings.ToUpper(r[village])
	case 2:
		r[village] += " "
	}
	if h.phone != 0 {
		r[phone] = typedPhone(style, r[phone])
	}
	r[date] = h.registered.Format(dateFrench)
	return r
}

// typedName returns family and given names, half of them with the family in
// capitals, some without accents.
func typedName(style *rand.Rand, h household) (fam, giv string) {
	fam, giv = h.family.text, h.given.text
	if h.second.text != "" {
		giv += " " + h.second.text
	}
	if style.IntN(5) == 0 {
		fam, giv = withoutAccents.Replace(fam), withoutAccents.Replace(giv)
	}
	switch n := style.IntN(20); {
	case n < 10:
		fam = strings.ToUpper(fam)
	case n == 18:
		fam, giv = strings.ToUpper(fam), strings.ToUpper(giv)
	case n == 19:
		fam, giv = strings.ToLower(fam), strings.ToLower(giv)
	}
	if style.IntN(40) == 0 {
		fam += " "
	}
	return fam, giv
}

// typedPhone returns eight digits as they are written by hand.
func typedPhone(style *rand.Rand, d string) string {
	pairs := []string{d[:2], d[2:4], d[4:6], d[6:]}
	switch style.IntN(10) {
	case 0, 1:
		return d
	case 2, 3, 4:
		return "+" + countryCode + " " + d
	case 5:
		return "+" + countryCode + " " + strings.Join(pairs, " ")
	case 6:
		return strings.Join(pairs, nbsp)
	}
	return strings.Join(pairs, " ")
}

// nbsp is the no-break space, which French spreadsheets group digits with.
const nbsp = "\u00a0"

// thousands groups the digits of n in threes.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + nbsp + s[at:]
	}
	return s
}
