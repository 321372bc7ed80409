package feedback_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/feedback"
)

// The workbook has the figures of the JSON, each where its title says, and hides
// what that hides.
func TestResults_WriteXLSX(t *testing.T) {
	s := newSite(t, newWorld(t, 60, 2))
	m := s.drawn(feedback.Design{Confidence: 95, Margin: 5, By: []feedback.Dimension{feedback.BySex}, Minimum: 4})
	file := "code,call,received,fee asked\n"
	for i := range m.Strata[0].Size + m.Strata[1].Size {
		switch { // fewer than ten of the second stratum answer about the fee
		case i == 3:
			file += m.Code(i+1) + ",unreached,,\n"
		case i == 5:
			file += m.Code(i+1) + ",refused,,\n"
		case i < m.Strata[0].Size:
			file += m.Code(i+1) + fmt.Sprintf(",answered,%s,no\n", []string{"yes", "no"}[i%2])
		case i < m.Strata[0].Size+9:
			file += m.Code(i+1) + ",answered,yes,yes\n"
		case i < m.Strata[0].Size+12:
			file += m.Code(i+1) + ",answered,yes,\n"
		}
	}
	if r := s.importing(m, file); len(r.Refused) > 0 {
		t.Fatal(r.Refused)
	}
	status, text := s.call(auditor, "GET", "/api/v1/samples/"+m.ID+"/results", "")
	type estimate struct {
		Answers    int
		Share      int `json:"share_permille"`
		Low        int `json:"low_permille"`
		High       int `json:"high_permille"`
		Suppressed bool
	}
	type group struct {
		Name                                             string
		Households, Called, Answered, Unreached, Refused int
		Estimates                                        map[string]estimate
	}
	var want struct {
		Wanted int
		Strata []group
		group
	}
	if err := json.Unmarshal([]byte(text), &want); err != nil || status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	if want.Strata[0].Unreached != 1 || want.Strata[0].Refused != 1 || want.Strata[1].Answered != 12 || !want.Strata[1].Estimates["fee"].Suppressed {
		t.Fatalf("answered %s", text)
	}
	_, file = s.call(auditor, "GET", "/api/v1/samples/"+m.ID+"/results.xlsx?lang=fr", "")
	if _, again := s.call(auditor, "GET", "/api/v1/samples/"+m.ID+"/results.xlsx?lang=fr", ""); again != file {
		t.Error("the same results give other bytes")
	}
	book, err := excelize.OpenReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows := func(sheet string) [][]string {
		t.Helper()
		all, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil || len(all) < 2 {
			t.Fatalf("the sheet %s has %d rows, %v", sheet, len(all), err)
		}
		return all[1:]
	}
	want.group.Name, want.group.Households = "tous les ménages", m.Households
	groups := append([]group{want.group}, want.Strata...)
	n := strconv.Itoa
	var answers, calls [][]string
	for i, g := range groups {
		drawn := m.Strata[0].Size + m.Strata[1].Size
		if i > 0 {
			drawn = m.Strata[i-1].Size
		}
		calls = append(calls, []string{g.Name, n(g.Households), n(drawn), "0", n(g.Called), n(g.Answered), n(g.Unreached), n(g.Refused), n(drawn - g.Called)})
		for _, q := range feedback.Questions() {
			row := []string{g.Name, q.FR, n(g.Households), n(1000 * g.Households / m.Households)}
			if e := g.Estimates[q.Name]; e.Suppressed {
				row = append(row, "", "", "", "", "non montré")
			} else {
				row = append(row, n(e.Answers), n(e.Share), n(e.Low), n(e.High))
			}
			answers = append(answers, row)
		}
	}
	if diff := cmp.Diff(answers, rows("réponses")); diff != "" {
		t.Errorf("answers (-JSON +workbook):\n%s", diff)
	}
	if diff := cmp.Diff(calls, rows("appels")); diff != "" {
		t.Errorf("calls (-JSON +workbook):\n%s", diff)
	}
	if method := fmt.Sprint(rows("méthode")); !strings.Contains(method, "[réponses voulues "+n(want.Wanted)+"]") || !strings.Contains(method, "Wilson") {
		t.Errorf("method: %s", method)
	}
	var english bytes.Buffer
	r, err := s.s.Results(t.Context(), feedback.SampleByID{By: auditor, ID: m.ID})
	s.must(err)
	s.must(r.WriteXLSX(&english, "en"))
	if english.String() == file {
		t.Error("both languages are one")
	}
}
