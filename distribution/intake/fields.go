package intake

import (
	"slices"
	"strings"

	"github.com/jate-cva/jate/internal/table"
)

// Field is what a column holds. "id:" and a scheme is an external id.
type Field string

// The fields a column may be mapped to.
const (
	Ignore     Field = "ignore"
	Family     Field = "family"
	Given      Field = "given"
	Middle     Field = "middle"
	FullName   Field = "fullname"
	Sex        Field = "sex"
	Age        Field = "age"
	BirthDate  Field = "birthdate"
	Phone      Field = "phone"
	Region     Field = "region"
	Cercle     Field = "cercle"
	Commune    Field = "commune"
	Village    Field = "village"
	PlaceCode  Field = "pcode"
	Point      Field = "point"
	Size       Field = "size"
	Women      Field = "women"
	Men        Field = "men"
	Girls      Field = "girls"
	Boys       Field = "boys"
	Status     Field = "status"
	Language   Field = "language"
	Quantity   Field = "quantity"
	Home       Field = "home"
	Alternate  Field = "alternate"
	Consent    Field = "consent"
	Registered Field = "registered" // when the household was listed; ages count from it
	Relation   Field = "relation"   // of a member to the head
	Index      Field = "_index"     // Kobo's number of a row of the main sheet
	Parent     Field = "_parent_index"
)

// idPrefix begins the field of an external id.
const idPrefix = "id:"

// titles are the column titles known, folded, by field. Kobo's XML names fold
// to the same words as labels do.
var titles = map[Field][]string{
	Family: {"nom", "nom de famille", "nom famille", "family name", "last name", "lastname", "surname", "name", "nom du chef de menage",
		"nom chef de menage", "nom du beneficiaire", "nom beneficiaire", "nom cm", "nom du cm"},
	Given: {"prenom", "prenoms", "prenom s", "first name", "firstname", "given name", "given names", "prenom du chef de menage",
		"prenom s du chef de menage", "prenoms du chef de menage", "prenom du beneficiaire", "prenom cm"},
	Middle: {"middle name", "middlename", "deuxieme prenom"},
	FullName: {"full name", "fullname", "full name i c", "nom complet", "nom et prenom", "nom et prenoms", "nom et prenom s", "noms et prenoms",
		"nom prenom", "nom prenoms", "prenom et nom", "prenoms et nom", "prenom s et nom", "nom et prenom du chef de menage",
		"nom et prenoms du chef de menage", "nom et prenom s du chef de menage", "nom complet du chef de menage", "noms",
		"nom et prenom du beneficiaire", "chef de menage", "beneficiaire", "head of household", "household head", "nom du membre",
		"nom membre", "nom et prenom du membre", "member name"},
	Sex: {"sexe", "sex", "gender", "genre", "gender i c", "sexe h f", "sexe f h", "sexe m f", "sexe f m", "sexe cm", "sexe du chef de menage", "sexe membre"},
	Age: {"age", "age ans", "age en annees", "age annees", "age cm", "age du chef de menage", "age years", "age membre"},
	BirthDate: {"date de naissance", "date naissance", "naissance", "annee de naissance", "birthdate", "birth date", "birth date i c",
		"date of birth", "dob", "year of birth"},
	Phone: {"telephone", "tel", "phone", "phone number", "phonenumber", "phone no i c", "numero de telephone", "numero telephone", "numero tel", "num tel",
		"num telephone", "n de telephone", "no de telephone", "n telephone", "n tel", "telephone 1", "tel 1", "tel cm", "contact", "contacts",
		"contact telephonique", "portable", "mobile"},
	Region:    {"region", "admin1", "admin1 h c", "admin1name", "region de residence"},
	Cercle:    {"cercle", "admin2", "admin2 h c", "admin2name", "cercle de residence"},
	Commune:   {"commune", "admin3", "admin3 h c", "admin3name", "commune de residence"},
	Village:   {"village", "village site", "site village", "village quartier", "village quartier site", "village fraction", "village de residence", "nom du village", "village h c", "localite", "quartier", "site", "settlement", "addresscity"},
	PlaceCode: {"pcode", "p code", "village pcode", "p code village", "code village", "admin4pcode", "admin4pcod"},
	Point:     {"point de distribution", "site de distribution", "lieu de distribution", "distribution point", "distribution site"},
	Size: {"taille du menage", "taille menage", "taille de menage", "taille", "nombre de personnes", "nb personnes", "nb de personnes", "nombre de membres", "nb membres",
		"nombre de membres du menage", "nombre de personnes dans le menage", "personnes dans le menage", "personnes", "membres", "nb pers", "effectif", "effectif du menage", "household size", "hh size", "hhsize", "totalhhsize", "size", "size h c"},
	Women:      {"femmes", "nombre de femmes", "nb femmes", "women"},
	Men:        {"hommes", "nombre d hommes", "nb hommes", "men", "males"},
	Girls:      {"filles", "nombre de filles", "nb filles", "girls"},
	Boys:       {"garcons", "nombre de garcons", "nb garcons", "boys"},
	Status:     {"statut", "statut du menage", "statut menage", "statut de residence", "situation du menage", "householdsituation", "household status", "residence status", "residence status h c", "status"},
	Language:   {"langue", "langue parlee", "language", "preferred language", "preferredlanguage"},
	Quantity:   {"quantite", "quantity", "jours travailles", "nombre de jours", "nombre de jours travailles", "nb jours", "nb de jours", "jours de travail", "days", "days worked", "paymentamountmultiplier"},
	Home:       {"commercant", "commercant choisi", "boutique", "boutique choisie", "trader", "vendor", "handheld", "home"},
	Alternate:  {"suppleant", "suppleante", "suppleant 1", "suppleant 2", "mandataire", "mandataire 1", "mandataire 2", "alternate", "alternate 1", "alternate 2", "alternate collector", "deuxieme receptionnaire"},
	Consent:    {"consentement", "consentement eclaire", "consent", "consent h c", "consent sharing h c"},
	Registered: {"date d enregistrement", "date enregistrement", "date de l enregistrement", "date de collecte", "registration date", "submission time"},
	Relation:   {"lien", "lien de parente", "lien avec le chef", "lien avec le chef de menage", "relation", "relationship", "relationship i c"},
	Index:      {"index"},
	Parent:     {"parent index"},

	"id:kobo":      {"uuid", "key"},
	"id:121":       {"referenceid"},
	"id:nina-ml":   {"nina", "n nina", "no nina", "numero nina", "num nina"},
	"id:rsu-ml":    {"rsu", "n rsu", "no rsu", "numero rsu", "code rsu", "id rsu"},
	"id:scope":     {"scope id", "id scope", "n scope", "no scope", "numero scope", "scope id no", "scope id no i c"},
	"id:national":  {"nationalid", "national id", "documentid", "document id", "cni", "n cni", "numero cni", "n carte d identite", "numero carte d identite", "carte nationale d identite", "piece d identite", "n piece d identite", "numero piece d identite"},
	"id:household": {"household id", "id menage", "code menage", "code du menage", "identifiant du menage"},
	"id:commcare":  {"case id", "caseid"},
}

// byTitle is titles the other way round.
var byTitle = func() map[string]Field {
	m := map[string]Field{}
	for f, ts := range titles {
		for _, t := range ts {
			m[t] = f
		}
	}
	return m
}()

// severalTimes are the fields that more than one column may hold.
func severalTimes(f Field) bool {
	return f == Alternate || strings.HasPrefix(string(f), idPrefix)
}

// columns is a header understood.
type columns struct {
	kind    string
	titles  []string
	fields  []Field // by column; "" where it is not read
	first   map[Field]int
	ignored []string
}

// hasTitle reports whether the header has the exact title.
func hasTitle(header []string, title string) bool {
	return slices.ContainsFunc(header, func(h string) bool { return strings.TrimSpace(h) == title })
}

// kindOf tells the kinds of list by the columns that only they have.
func kindOf(header []string) string {
	switch {
	case hasTitle(header, "_uuid"), hasTitle(header, "_submission_time"), hasTitle(header, "_index"), hasTitle(header, "KEY"):
		for _, h := range header {
			if strings.Trim(strings.ToLower(h), "abcdefghijklmnopqrstuvwxyz0123456789_-/.:") != "" {
				return KoboLabels
			}
		}
		return KoboXML
	case hasTitle(header, "referenceId"), hasTitle(header, "programFspConfigurationName"), hasTitle(header, "preferredLanguage"):
		return Kind121
	}
	return List
}

// understand maps a header's columns to fields.
func understand(header []string, mapping map[string]Field) columns {
	c := columns{kind: kindOf(header), titles: make([]string, len(header)), fields: make([]Field, len(header)), first: map[Field]int{}}
	for i, h := range header {
		h = clean(h)
		c.titles[i] = h
		f := c.fieldOf(header, h, mapping)
		if _, taken := c.first[f]; f == Ignore || f == "" || taken && !severalTimes(f) {
			if h != "" {
				c.ignored = append(c.ignored, h)
			}
			continue
		}
		c.fields[i] = f
		if _, taken := c.first[f]; !taken {
			c.first[f] = i
		}
	}
	return c
}

// fieldOf finds the field of one title: by the mapping, by the whole title,
// or by its last part where Kobo put the names of groups before it. A column
// "question/choice" beside one "question" is an answer, not a question.
func (c *columns) fieldOf(header []string, title string, mapping map[string]Field) Field {
	if f, ok := mapping[title]; ok {
		return f
	}
	folded := table.Fold(title)
	f, ok := byTitle[folded]
	switch {
	case c.kind == Kind121 && folded == "status": // of the registration, not of the household
		return ""
	case strings.HasPrefix(title, "_") && f != "id:kobo" && f != Index && f != Parent && f != Registered: // Kobo's own
		return ""
	case ok:
		return f
	}
	separator := "/"
	if hasTitle(header, "KEY") { // ODK Briefcase
		separator = "-"
	}
	cut := strings.LastIndex(title, separator)
	if cut < 0 || hasTitle(header, title[:cut]) {
		return ""
	}
	return byTitle[table.Fold(title[cut+1:])]
}

// has reports whether a column holds one of the fields.
func (c *columns) has(fs ...Field) bool {
	return slices.ContainsFunc(fs, func(f Field) bool { _, ok := c.first[f]; return ok })
}

// score says how much the header looks like one of households.
func (c *columns) score() int {
	if !c.has(Family, Given, FullName) || c.has(Parent) {
		return 0
	}
	return len(c.first)
}

// checkMapping refuses a mapping from a column that is not there or to a
// field that is none: a typing error must not lose a column.
func checkMapping(header []string, mapping map[string]Field) error {
	for title, f := range mapping {
		if !slices.ContainsFunc(header, func(h string) bool { return clean(h) == title }) {
			return ErrMapping.At(title, "the list has no such column")
		}
		scheme, isID := strings.CutPrefix(string(f), idPrefix)
		if _, known := titles[f]; !known && f != Ignore && (!isID || scheme == "" || len(scheme) > 32) {
			return ErrMapping.At(title, "there is no field %q", f)
		}
	}
	return nil
}
