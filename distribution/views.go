package distribution

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jate-cva/jate/access"
)

// Field is a part of a Person that is shown or kept back as a whole.
type Field string

// The fields.
const (
	FieldName        Field = "name"        // family and given name of the head
	FieldSex         Field = "sex"         // of the head
	FieldBirthYear   Field = "birth-year"  // of the head
	FieldPhone       Field = "phone"       //
	FieldArea        Field = "area"        // region, cercle, commune
	FieldVillage     Field = "village"     // with its p-code and edition
	FieldPointName   Field = "point-name"  // distribution point as the list names it
	FieldSize        Field = "size"        //
	FieldComposition Field = "composition" // women, men, girls, boys
	FieldMembers     Field = "members"     // name, sex and birth year of each
	FieldStatus      Field = "status"      // resident, displaced …
	FieldLanguage    Field = "language"    //
	FieldQuantity    Field = "quantity"    // such as days worked
	FieldHome        Field = "home"        // the trader that the household chose
	FieldAlternates  Field = "alternates"  // who may collect in its place
	FieldExternalIDs Field = "external-ids"
)

// Sight says how much of a field is shown.
type Sight int

// The sights. What is masked is enough to tell two people apart: initials, the
// last two digits of a number, members without their names.
const (
	Hidden Sight = iota
	Masked
	Clear
)

// View is a place where persons are shown.
type View string

// The views.
const (
	ViewHousehold View = "household" // one household
	ViewList      View = "list"      // lists, searches, and pairs that may be one household
	ViewSheet     View = "hand-over" // a hand-over sheet printed with names
	ViewFrame     View = "frame"     // the frame from which a sample is drawn
	ViewCalls     View = "call-list" // the call list of a sample
	ViewExport    View = "export"    // what two people may agree to hand out
)

// fieldRule is how a field is cut: hide removes it, mask leaves what a masked
// field shows, where nil all that is personal of it.
type fieldRule struct {
	field Field
	hide  func(*Person)
	mask  func(*Person)
}

// fieldRules has every field of a Person once; TestViews_everyField holds it to
// that.
var fieldRules = []fieldRule{
	{FieldName, func(p *Person) { p.Family, p.Given = "", "" }, func(p *Person) { p.Family, p.Given = initial(p.Family), initial(p.Given) }},
	{FieldSex, func(p *Person) { p.Sex = "" }, nil},
	{FieldBirthYear, func(p *Person) { p.BirthYear = 0 }, nil},
	{FieldPhone, func(p *Person) { p.Phone = "" }, func(p *Person) { p.Phone = lastTwo(p.Phone) }},
	{FieldArea, func(p *Person) { p.Region, p.Cercle, p.Commune = "", "", "" }, nil},
	{FieldVillage, func(p *Person) { p.Village, p.PlaceCode, p.PlaceEdition = "", "", "" }, nil},
	{FieldPointName, func(p *Person) { p.PointName = "" }, nil},
	{FieldSize, func(p *Person) { p.Size = 0 }, nil},
	{FieldComposition, func(p *Person) { p.Women, p.Men, p.Girls, p.Boys = 0, 0, 0, 0 }, nil},
	{FieldMembers, func(p *Person) { p.Members = nil }, func(p *Person) {
		p.Members = slices.Clone(p.Members)
		for i := range p.Members {
			p.Members[i].Name = initial(p.Members[i].Name)
		}
	}},
	{FieldStatus, func(p *Person) { p.Status = "" }, nil},
	{FieldLanguage, func(p *Person) { p.Language = "" }, nil},
	{FieldQuantity, func(p *Person) { p.Quantity = "" }, nil},
	{FieldHome, func(p *Person) { p.Home = "" }, nil},
	{FieldAlternates, func(p *Person) { p.Alternates = nil }, func(p *Person) {
		p.Alternates = slices.Clone(p.Alternates)
		for i := range p.Alternates {
			p.Alternates[i] = initial(p.Alternates[i])
		}
	}},
	{FieldExternalIDs, func(p *Person) { p.ExternalIDs = nil }, func(p *Person) {
		p.ExternalIDs = slices.Clone(p.ExternalIDs)
		for i := range p.ExternalIDs {
			p.ExternalIDs[i].Value = lastTwo(p.ExternalIDs[i].Value)
		}
	}},
}

func initial(name string) string {
	for _, r := range name {
		return string(r) + "."
	}
	return ""
}

func lastTwo(s string) string {
	r := []rune(s)
	if len(r) <= 2 {
		return strings.Repeat("…", min(len(r), 1))
	}
	return "…" + string(r[len(r)-2:])
}

// FieldView is what one role sees in one view. A field in neither list is
// hidden.
type FieldView struct {
	View   View
	Role   access.Role
	Clear  []Field
	Masked []Field
}

var (
	everyField = func() (all []Field) {
		for _, r := range fieldRules {
			all = append(all, r.field)
		}
		return all
	}()
	// described are the fields of a list.
	described = []Field{FieldSex, FieldBirthYear, FieldArea, FieldVillage, FieldSize}
)

// Views is the one table of who sees what of a person. A role that is not in
// it for a view sees nobody there. Roles that show no person at all, among them
// the administrator's, are in none.
var Views = []FieldView{
	{ViewHousehold, access.RoleRegistrar, everyField, nil},
	{ViewHousehold, access.RoleDPO, everyField, nil},
	// Who accepts a list judges whether people are eligible and live there; he
	// calls nobody.
	{ViewHousehold, access.RoleListApprover,
		[]Field{FieldName, FieldSex, FieldBirthYear, FieldArea, FieldVillage, FieldPointName, FieldSize, FieldComposition,
			FieldStatus, FieldLanguage, FieldQuantity, FieldHome},
		[]Field{FieldPhone, FieldMembers, FieldAlternates, FieldExternalIDs}},
	{ViewList, access.RoleRegistrar, append([]Field{FieldName}, described...), []Field{FieldPhone}},
	{ViewList, access.RoleListApprover, append([]Field{FieldName}, described...), []Field{FieldPhone}},
	{ViewList, access.RoleDPO, described, []Field{FieldName, FieldPhone}},
	{ViewSheet, access.RoleRegistrar, []Field{FieldName}, nil},
	{ViewSheet, access.RoleListApprover, []Field{FieldName}, nil},
	{ViewFrame, access.RoleMEALOfficer, []Field{FieldSex, FieldStatus}, nil},
	{ViewFrame, access.RoleMonitor, []Field{FieldSex, FieldStatus}, nil},
	{ViewCalls, access.RoleMEALOfficer, []Field{FieldSex, FieldLanguage, FieldPhone}, nil},
	// A monitor checks that the calls were of the sample, and makes none.
	{ViewCalls, access.RoleMonitor, []Field{FieldSex, FieldLanguage}, nil},
	// What a registrar may prepare for export; the DPO agrees to its fields.
	{ViewExport, access.RoleRegistrar, everyField, nil},
}

// SightOf returns how much of a field the role sees in the view.
func SightOf(v View, role access.Role, f Field) Sight {
	for _, w := range Views {
		if w.View != v || w.Role != role {
			continue
		}
		switch {
		case slices.Contains(w.Clear, f):
			return Clear
		case slices.Contains(w.Masked, f):
			return Masked
		}
	}
	return Hidden
}

// Seen returns what the role sees of a person in the view. The person given is
// not changed. A role that sees nothing there gets the zero Person.
func Seen(v View, role access.Role, p Person) Person {
	for _, r := range fieldRules {
		switch sight := SightOf(v, role, r.field); {
		case sight == Clear || sight == Masked && r.mask == nil:
		case sight == Masked:
			r.mask(&p)
		default:
			r.hide(&p)
		}
	}
	return p
}

// seesAny reports whether the role sees anything of a person in the view.
func seesAny(v View, role access.Role) bool {
	return slices.ContainsFunc(Views, func(w FieldView) bool { return w.View == v && w.Role == role })
}

// seer is the role in which the actor sees persons in the view: the first of
// the method's roles that he holds and that the view shows to. It is false
// where he sees nobody.
func seer(v View, m Method, by access.Actor) (access.Role, bool) {
	for _, role := range Roles[m] {
		if by.Has(role) && seesAny(v, role) {
			return role, true
		}
	}
	return "", false
}

// WriteViews writes the table of fields and roles in Markdown, a table for each
// view.
func WriteViews(w io.Writer) error {
	var last View
	for i, v := range Views {
		if v.View == last {
			continue
		}
		last = v.View
		var roles []access.Role
		for _, o := range Views[i:] {
			if o.View == last {
				roles = append(roles, o.Role)
			}
		}
		fmt.Fprintf(w, "| %s |", last)
		for _, r := range roles {
			fmt.Fprintf(w, " %s |", r)
		}
		fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---|", len(roles)))
		for _, f := range everyField {
			row := "| " + string(f) + " |"
			seen := false
			for _, r := range roles {
				s := SightOf(last, r, f)
				seen = seen || s != Hidden
				row += " " + []string{"", "masked", "clear"}[s] + " |"
			}
			if seen {
				if _, err := fmt.Fprintln(w, strings.ReplaceAll(row, "  |", " |")); err != nil {
					return err
				}
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}
