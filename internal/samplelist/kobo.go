package samplelist

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// koboColumns are the columns of a Kobo export as label and XML name.
var koboColumns = []struct {
	label, name string
	field       field
}{
	{"start", "start", start},
	{"end", "end", finish},
	{"Nom de famille", "identification/nom", family},
	{"Prénom(s)", "identification/prenom", given},
	{"Sexe", "identification/sexe", sex},
	{"Âge", "identification/age", age},
	{"Numéro de téléphone", "identification/telephone", phone},
	{"Région", "localisation/region", region},
	{"Cercle", "localisation/cercle", cercle},
	{"Commune", "localisation/commune", commune},
	{"Village", "localisation/village", village},
	{"Taille du ménage", "menage/taille", size},
	{"Statut du ménage", "menage/statut", status},
	{"Besoins prioritaires", "menage/besoins", needs},
	{"Besoins prioritaires/Eau", "menage/besoins/eau", needWater},
	{"Besoins prioritaires/Vivres", "menage/besoins/vivres", needFood},
	{"Besoins prioritaires/Abri", "menage/besoins/abri", needShelter},
	{"N° RSU", "menage/rsu", register},
	{"Site de distribution", "distribution/site", point},
	{"Commerçant choisi", "distribution/commercant", trader},
	{"_id", "_id", submission},
	{"_uuid", "_uuid", uuid},
	{"_submission_time", "_submission_time", submitted},
	{"_validation_status", "_validation_status", validation},
	{"_notes", "_notes", blank},
	{"_status", "_status", review},
	{"_submitted_by", "_submitted_by", enumerator},
	{"__version__", "__version__", version},
	{"_tags", "_tags", blank},
	{"_index", "_index", number},
}

var koboLabelColumns, koboNameColumns = func() (labels, names []column) {
	for _, c := range koboColumns {
		labels = append(labels, column{c.label, c.field})
		names = append(names, column{c.name, c.field})
	}
	return labels, names
}()

// koboChoices are the values that choices are exported as.
type koboChoices struct {
	man, woman string
	statuses   []string
	needs      []string // water, food, shelter
	approved   string
	codes      bool // places are given by code down to the commune
}

var (
	koboLabels = koboChoices{man: "Masculin", woman: "Féminin", statuses: statuses,
		needs: []string{"Eau", "Vivres", "Abri"}}
	koboCodes = koboChoices{man: "m", woman: "f",
		statuses: []string{"resident", "pdi", "retourne", "hote"},
		needs:    []string{"eau", "vivres", "abri"},
		approved: "validation_status_approved", codes: true}
)

// fillKobo writes a household as an enumerator's telephone sends it.
func fillKobo(choices koboChoices) func(*generator, household, int) record {
	return func(g *generator, h household, i int) record {
		style := g.random(forStyle, i)
		r := g.common(h, i)
		r[family], r[given] = typedName(style, h)
		r[sex] = choices.man
		if h.woman {
			r[sex] = choices.woman
		}
		r[status] = choices.statuses[h.status]
		if choices.codes {
			code := g.places[h.place].communeCode
			r[region], r[cercle], r[commune] = prefix(code, 4), prefix(code, 6), code
		}
		var named []string
		for n, f := range []field{needWater, needFood, needShelter} {
			r[f] = "0"
			if style.IntN(2) == 0 {
				r[f] = "1"
				named = append(named, choices.needs[n])
			}
		}
		r[needs] = strings.Join(named, " ")
		began := h.registered.Add(8*time.Hour + time.Duration(style.IntN(9*3600))*time.Second)
		r[start] = began.Format("2006-01-02T15:04:05.000Z")
		r[finish] = began.Add(11 * time.Minute).Format("2006-01-02T15:04:05.000Z")
		r[submitted] = began.Add(7 * time.Hour).Format("2006-01-02T15:04:05")
		r[submission] = strconv.Itoa(100_001 + i)
		r[uuid] = h.uuid()
		r[validation], r[review] = choices.approved, "submitted_via_web"
		r[enumerator] = "enq" + strconv.Itoa(1+style.IntN(12))
		r[version] = "vExemple1"
		return r
	}
}

func prefix(code string, n int) string { return code[:min(n, len(code))] }

// uuid returns the household's random UUID (RFC 9562, version 4).
func (h household) uuid() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], h.uuidHi)
	binary.BigEndian.PutUint64(b[8:], h.uuidLo)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
