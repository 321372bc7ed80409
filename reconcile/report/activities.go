package report

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/distribution"
)

// Activity is one row of who does what, where, when and for whom (3W/5W), with
// the fields by which voucher assistance is tracked: the modality, whether it is
// conditional, and the value for people apart from what it cost to deliver.
type Activity map[string]string

// The fields of a row that the program fills. An organisation's own, such as its
// name and sector, come from the file of columns.
var activityFields = []string{"donor", "fund", "programme", "round", "modality", "delivery", "status", "month_from", "month_to",
	"adm1_name", "adm1_code", "adm2_name", "adm2_code", "adm_edition", "households_planned", "households_reached", "people_reached", "women", "men",
	"girls", "boys", "asset", "transfer_value", "associated_cost_xof", "suppressed", "checkpoint"}

// What a row says in words.
const (
	valueVoucher     = "value voucher"
	commodityVoucher = "commodity voucher"
	eVoucher         = "e-voucher card"
	ongoing          = "ongoing"
	completed        = "completed"
	severalPlaces    = "several cercles together"
	smallCounts      = "small counts"
	fewHouseholds    = "fewer than 10 households"
)

// Activities is documented at Service.
func (s *service) Activities(ctx context.Context, q Query) ([]Activity, error) {
	if err := s.may(MethodActivities, q.By); err != nil {
		return nil, err
	}
	var rounds []Round
	if err := s.Store.View(ctx, func(tx Tx) error {
		rounds = nil
		var ids []string
		issued, err := issuedRounds(tx, q.By.Programme)
		if err != nil {
			return err
		}
		for r, err := range tx.Rounds(q.By.Programme) {
			if err != nil {
				return err
			}
			if issued[r.ID] && (q.Round == "" || q.Round == r.ID) {
				ids = append(ids, r.ID)
			}
		}
		for i, id := range ids {
			r, err := s.round(ctx, tx, Query{By: q.By, Round: id, Progress: within(q.Progress, i, len(ids))}, nil)
			if err != nil {
				return err
			}
			rounds = append(rounds, r)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	var out []Activity
	for _, r := range rounds {
		p, err := s.public(ctx, q.By, r)
		if err != nil {
			return nil, err
		}
		out = append(out, r.activities(p)...)
	}
	return out, nil
}

// activities makes a row for each place, and one for what the delivery cost.
func (r Round) activities(p Public) []Activity {
	common := func() Activity {
		var funds []string
		for _, f := range r.Split("budget", "fund") {
			funds = append(funds, f.Of)
		}
		status := ongoing
		if p.Ended {
			status = completed
		}
		modality := valueVoucher
		if r.Round.Kind == distribution.CommodityRound {
			modality = commodityVoucher
		}
		const month = "2006-01"
		return Activity{"fund": strings.Join(funds, " "), "donor": strings.Join(r.donors, ", "), "programme": r.Programme.Name, "round": r.Round.ID,
			"modality": modality, "delivery": eVoucher, "status": status, "asset": r.Round.Asset.Code(),
			"month_from": r.Round.Opens.UTC().Format(month), "month_to": r.Round.SalesEnd.Add(-time.Second).UTC().Format(month),
			"checkpoint": strconv.FormatUint(r.Size, 10) + " " + r.Checkpoint}
	}
	var out []Activity
	for i, at := range p.Places {
		a := common()
		a["adm1_name"], a["adm1_code"], a["adm2_name"], a["adm2_code"], a["adm_edition"] = at.Region, at.RegionCode, at.Cercle, at.CercleCode, at.Edition
		if at.Planned >= 0 {
			a["households_planned"] = strconv.FormatInt(at.Planned, 10)
		}
		if at.Name == "" && len(p.Places) > 1 {
			a["suppressed"] = severalPlaces
		}
		if p.Ended {
			a["households_reached"] = strconv.FormatInt(at.Reached, 10)
			a["transfer_value"] = amountText(at.Value, r.Round.Asset.Digits())
			p.people(a, i)
		}
		out = append(out, a)
	}
	cost := common()
	cost["associated_cost_xof"] = strconv.FormatInt(r.Get(Key{"spent", "part", "fees"}).Value, 10)
	if !p.Enough {
		cost["suppressed"] = fewHouseholds
	}
	return append(out, cost)
}

// people fills in a row's people.
func (p Public) people(a Activity, row int) {
	if row >= len(p.People.RowTotals) {
		return
	}
	a["people_reached"] = strconv.FormatInt(p.People.RowTotals[row], 10)
	if p.People.Cells == nil {
		return
	}
	for j, name := range p.People.Columns {
		if c := p.People.Cells[row][j]; !c.Hidden {
			a[name] = strconv.FormatInt(c.N, 10)
		} else {
			a["suppressed"] = smallCounts
		}
	}
}

// amountText writes smallest units as a decimal with a point.
func amountText(n int64, digits int) string {
	text := strconv.FormatInt(n, 10)
	if digits == 0 {
		return text
	}
	for len(text) <= digits {
		text = "0" + text
	}
	return text[:len(text)-digits] + "." + text[len(text)-digits:]
}
