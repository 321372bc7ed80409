package distribution_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
)

// whole is a person of whom everything is known, each text found nowhere else.
func whole() distribution.Person {
	return distribution.Person{Family: "Zwkanari", Given: "Qvkanari", Sex: "F", BirthYear: 1971, Phone: "+22371234567",
		Region: "Xrregion", Cercle: "Xccercle", Commune: "Xkcommune", Village: "Xyvillage", PlaceCode: "ML99887", PlaceEdition: "ed7",
		PointName: "Xppoint", Size: 9, Women: 2, Men: 3, Girls: 1, Boys: 3, Members: []distribution.Member{{Name: "Mmember", Sex: "M", BirthYear: 1999}},
		Status: "displaced", Language: "bm", Quantity: "17.5", Home: "Jhboutique", Alternates: []string{"Kvsuppleant"},
		ExternalIDs: []distribution.ExternalID{{Scheme: "nina-ml", Value: "NINA998877"}}}
}

// Every field of a Person is part of one Field: one that is added is shown to
// nobody until the table says so, because this fails.
func TestViews_everyField(t *testing.T) {
	p := whole()
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is empty here, so that nothing is shown of it", v.Type().Field(i).Name)
		}
	}
	if got := distribution.Seen("no-view", access.RoleRegistrar, p); !reflect.DeepEqual(got, distribution.Person{}) {
		t.Errorf("where nothing is seen: %+v", got)
	}
	if diff := cmp.Diff(p, distribution.Seen(distribution.ViewHousehold, access.RoleDPO, p)); diff != "" {
		t.Error(diff)
	}
}

// samples are what a field looks like in the clear and masked, in an answer.
var samples = map[distribution.Field]struct{ clear, masked []string }{
	distribution.FieldName:        {[]string{"Zwkanari", "Qvkanari"}, []string{"Q.", "Z."}},
	distribution.FieldBirthYear:   {[]string{"1971"}, nil},
	distribution.FieldPhone:       {[]string{"+22371234567"}, []string{"…67"}},
	distribution.FieldVillage:     {[]string{"Xyvillage"}, nil},
	distribution.FieldMembers:     {[]string{"Mmember"}, []string{`"M."`}},
	distribution.FieldStatus:      {[]string{"displaced"}, nil},
	distribution.FieldQuantity:    {[]string{"17.5"}, nil},
	distribution.FieldHome:        {[]string{"Jhboutique"}, nil},
	distribution.FieldAlternates:  {[]string{"Kvsuppleant"}, []string{`"K."`}},
	distribution.FieldExternalIDs: {[]string{"NINA998877"}, []string{"…77"}},
	distribution.FieldPointName:   {[]string{"Xppoint"}, nil},
	distribution.FieldComposition: {[]string{`"women":2`}, nil},
	distribution.FieldLanguage:    {[]string{`"bm"`}, nil},
	distribution.FieldArea:        {[]string{"Xkcommune"}, nil},
}

// Each role gets from each route that shows persons the fields that the table
// gives it, masked where it says so, and none of the others; and each reading
// is in the journal, with its purpose and number.
func TestASVS_8_2_3_persons(t *testing.T) {
	s := newSite(t)
	s.importing("Nom;Prénom\nTraoré;Oumar\n")
	var id distribution.BeneficiaryID
	s.must(s.store.Update(t.Context(), func(tx distribution.Tx) error {
		for b, err := range tx.Beneficiaries("mopti", "") {
			if err != nil {
				return err
			}
			id = b.ID
			sealed, wrapped, err := s.sealer.SealPerson(id, whole())
			if err != nil {
				return err
			}
			b.Sealed = sealed
			s.must(tx.PutBeneficiary(b))
			return tx.PutWrappedKey(id, wrapped)
		}
		return nil
	}))
	reads := func() (n int) {
		s.view(func(tx distribution.Tx) error {
			size, err := tx.Size()
			for seq := uint64(0); err == nil && seq < size; seq++ {
				e, err := tx.Entry(seq)
				if err != nil {
					return err
				}
				if e.Facts["what"] == "read-households" && e.Facts["purpose"] == "check" && e.Facts["count"] == "1" {
					n++
				}
			}
			return err
		})
		return n
	}
	shown := 0
	for _, route := range []struct {
		view       distribution.View
		line, body string
	}{
		{distribution.ViewHousehold, "GET /households/" + string(id) + "?purpose=check", ""},
		{distribution.ViewList, "GET /households?purpose=check", ""},
	} {
		for _, role := range access.Roles() {
			before := reads()
			r := s.call(person("x-"+string(role), role), route.line, route.body)
			sees := slices.ContainsFunc(distribution.Views, func(v distribution.FieldView) bool { return v.View == route.view && v.Role == role })
			if (r.status == 200) != sees || r.status != 200 && r.status != 403 {
				t.Errorf("%s asks for %s: %d, and the table says %t", role, route.view, r.status, sees)
			}
			if got := reads() - before; (got == 1) != sees {
				t.Errorf("%s asked for %s: %d readings in the journal", role, route.view, got)
			}
			// One household comes with what lists show of it.
			views := []distribution.View{route.view, distribution.ViewList}
			for field, sample := range samples {
				want := distribution.Hidden
				for _, v := range views {
					want = max(want, distribution.SightOf(v, role, field))
				}
				for i, text := range sample.clear {
					if got := strings.Contains(r.body, text); got != (want == distribution.Clear) {
						t.Errorf("%s in %s: %s in the clear %t", role, route.view, field, got)
					}
					if sample.masked != nil && want == distribution.Masked && !strings.Contains(r.body, sample.masked[min(i, len(sample.masked)-1)]) {
						t.Errorf("%s in %s: %s is not masked but gone: %s", role, route.view, field, r.body)
					}
				}
				if want == distribution.Clear {
					shown++
				}
			}
		}
	}
	if shown < 20 {
		t.Errorf("%d fields were shown: the check proves nothing", shown)
	}
}

// What a sheet, a frame and a call list may show is what the table says.
func TestSeen(t *testing.T) {
	for _, v := range distribution.Views {
		got, err := json.Marshal(distribution.Seen(v.View, v.Role, whole()))
		if err != nil {
			t.Fatal(err)
		}
		for field, sample := range samples {
			sight := distribution.SightOf(v.View, v.Role, field)
			for _, text := range sample.clear {
				if strings.HasPrefix(text, `"women`) {
					continue // written otherwise on the wire
				}
				if strings.Contains(string(got), text) != (sight == distribution.Clear) {
					t.Errorf("%s as %s: %s", v.View, v.Role, field)
				}
			}
		}
	}
}

// Who acts in the first of a method's roles sees the most.
func TestViews_order(t *testing.T) {
	roles := distribution.Roles[distribution.MethodHousehold]
	for i := range roles[1:] {
		for f := range samples {
			if distribution.SightOf(distribution.ViewHousehold, roles[i], f) < distribution.SightOf(distribution.ViewHousehold, roles[i+1], f) {
				t.Errorf("%s sees less of %s than %s", roles[i], f, roles[i+1])
			}
		}
	}
}

// The page has the table as it is.
func TestWriteViews(t *testing.T) {
	var table bytes.Buffer
	if err := distribution.WriteViews(&table); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/personal-data.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, table.Bytes()) {
		t.Errorf("docs/personal-data.md lacks this table:\n%s", &table)
	}
}
