package presence

import (
	"strings"

	"github.com/jate-cva/jate/internal/table"
)

// field is what a column holds.
type field string

const (
	organisation field = "organisation"
	acronym      field = "acronym"
	partner      field = "partner"
	sector       field = "sector"
	activity     field = "activity"
	modality     field = "modality"
	status       field = "status"
	region       field = "region"
	cercle       field = "cercle"
	commune      field = "commune"
	village      field = "village"
	cercleCode   field = "cercle-code"
	communeCode  field = "commune-code"
	villageCode  field = "village-code"
	start        field = "start"
	end          field = "end"
	period       field = "period"
	month        field = "month"
	year         field = "year"
	planned      field = "households-planned"
	reached      field = "households-reached"
)

// titles are the column titles known, folded.
var titles = map[field][]string{
	organisation: {"organisation", "organization", "nom de l organisation", "organisation name", "organization name", "org", "org name",
		"lead organisation", "lead organization", "organisation chef de file", "agence", "agency", "ong", "ngo", "acteur", "structure",
		"organisation responsable", "reporting organization", "prog org"},
	acronym: {"acronyme", "acronym", "org acronym", "sigle", "acronyme de l organisation", "organization acronym", "organisation acronym"},
	partner: {"partenaire", "partner", "partenaire de mise en oeuvre", "partenaire d execution", "implementing partner", "implementing organization",
		"implementing organisation", "organisation de mise en oeuvre", "pmo"},
	sector: {"secteur", "sector", "cluster", "project sector", "secteur cluster", "cluster secteur", "cluster sector", "domaine", "groupe sectoriel"},
	activity: {"activite", "activity", "activities", "activites", "type d activite", "activity type", "type d assistance", "intervention",
		"type d intervention", "description de l activite", "activity description", "assistance", "sous secteur", "sub sector"},
	modality: {"modalite", "modality", "modalite de transfert", "transfer modality", "type de transfert", "mecanisme", "delivery mechanism"},
	status:   {"statut", "status", "etat", "project status", "activity status", "statut de l activite"},
	region:   {"region", "adm1", "admin1", "admin 1", "admin1 name", "adm1 name", "adm1 fr", "admin1name fr", "state"},
	cercle:   {"cercle", "adm2", "admin2", "admin 2", "admin2 name", "adm2 name", "adm2 fr", "admin2name fr", "district", "lga"},
	commune:  {"commune", "adm3", "admin3", "admin 3", "admin3 name", "adm3 name", "adm3 fr", "admin3name fr"},
	village: {"village", "localite", "location", "adm4", "admin4", "admin 4", "admin4 name", "adm4 name", "village site", "site", "village quartier",
		"village fraction", "village fraction quartier", "lieu"},
	cercleCode:  {"pcode cercle", "cercle pcode", "code cercle", "adm2 pcode", "admin2 pcode", "adm2 code", "admin2 p code", "lga pcode", "admin2pcode"},
	communeCode: {"pcode commune", "commune pcode", "code commune", "adm3 pcode", "admin3 pcode", "adm3 code", "admin3 p code", "admin3pcode"},
	villageCode: {"pcode village", "village pcode", "code village", "adm4 pcode", "admin4 pcode", "adm4 code", "pcode", "p code", "pcode localite"},
	start:       {"date de debut", "debut", "start date", "start", "date debut", "from", "du", "date start", "debut de l activite"},
	end:         {"date de fin", "fin", "end date", "end", "date fin", "to", "au", "date end", "fin de l activite"},
	period:      {"periode", "period", "reporting period", "periode de reference", "trimestre", "quarter", "periode de mise en oeuvre", "date"},
	month:       {"mois", "month", "reporting month", "mois de distribution"},
	year:        {"annee", "year", "reporting year", "exercice"},
	planned: {"menages prevus", "menages planifies", "menages cibles", "households planned", "households targeted", "hh planned", "hh targeted",
		"nombre de menages prevus", "nombre de menages planifies", "nombre de menages cibles", "nb menages prevus", "nb menages cibles", "menages vises",
		"planned households", "targeted households"},
	reached: {"menages atteints", "menages servis", "menages touches", "households reached", "hh reached", "nombre de menages atteints",
		"nombre de menages servis", "nb menages atteints", "nb menages servis", "menages assistes", "reached households"},
}

var byTitle = func() map[string]field {
	all := map[string]field{}
	for f, names := range titles {
		for _, name := range names {
			all[name] = f
		}
	}
	return all
}()

// columns says what each column of a header holds; the first of a field counts.
type columns struct {
	of   []field
	at   map[field]int
	tags int
}

// understand reads a row as a header of titles or of HXL tags.
func understand(cells []string) columns {
	c := columns{of: make([]field, len(cells)), at: map[field]int{}}
	for i, cell := range cells {
		var f field
		if cell = strings.TrimSpace(cell); strings.HasPrefix(cell, "#") {
			f = fieldOfTag(cell)
			c.tags++
		} else {
			f = byTitle[table.Fold(cell)]
		}
		if _, twice := c.at[f]; f != "" && !twice {
			c.of[i], c.at[f] = f, i
		}
	}
	return c
}

// score is 0 for what is no header. A row of tags is worth more than the titles
// above it: tags mean the same in every language.
func (c columns) score() int {
	if c.first(organisation, partner, acronym) < 0 || c.first(village, commune, cercle) < 0 {
		return 0
	}
	if c.tags > 0 {
		return 2*len(c.at) + 1
	}
	return len(c.at)
}

func (c columns) get(row table.Row, f field) string {
	if i, ok := c.at[f]; ok {
		return strings.TrimSpace(row.Cell(i))
	}
	return ""
}

// first returns the column of the first of the fields that there is, or -1.
func (c columns) first(fields ...field) int {
	for _, f := range fields {
		if i, ok := c.at[f]; ok {
			return i
		}
	}
	return -1
}

// fieldOfTag reads an HXL 1.1 tag: #tag+attribute+attribute. What only says how
// something is coded or classed is not needed.
func fieldOfTag(cell string) field {
	parts := strings.Split(strings.ToLower(strings.ReplaceAll(cell, " ", "")), "+")
	has := func(names ...string) bool {
		for _, name := range names {
			for _, part := range parts[1:] {
				if part == name {
					return true
				}
			}
		}
		return false
	}
	coded := has("code", "id", "pcode")
	place := func(name, code field) field {
		if coded {
			return code
		}
		return name
	}
	switch parts[0] {
	case "#org":
		switch {
		case coded, has("type", "funder", "donor", "count", "num"):
		case has("impl", "partner"):
			return partner
		case has("acronym"):
			return acronym
		default:
			return organisation
		}
	case "#adm1":
		return place(region, "")
	case "#adm2":
		return place(cercle, cercleCode)
	case "#adm3":
		return place(commune, communeCode)
	case "#adm4", "#loc":
		if has("type", "lat", "lon", "coord") {
			return ""
		}
		return place(village, villageCode)
	case "#sector", "#subsector":
		return place(sector, "")
	case "#activity", "#output":
		return place(activity, "")
	case "#modality", "#channel", "#item":
		return place(modality, "")
	case "#status":
		return status
	case "#date", "#period":
		return fieldOfDate(has)
	case "#targeted", "#reached":
		if !has("hh", "household", "households") {
			return ""
		}
		if parts[0] == "#targeted" {
			return planned
		}
		return reached
	}
	return ""
}

func fieldOfDate(has func(...string) bool) field {
	switch {
	case has("start"):
		return start
	case has("end"):
		return end
	case has("month"):
		return month
	case has("year"):
		return year
	case has("reported", "updated"):
		return ""
	}
	return period
}
