package detect

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

// Thresholds are the numbers that detectors compare with. The defaults are in
// thresholds.json beside this file; an operator overrides some in a file of the
// same form.
type Thresholds struct {
	FreezeMin        int     `json:"freeze_min"`        // a case with no finding of this score freezes nothing; above every signal's
	FalseDiscoveries float64 `json:"false_discoveries"` // rate among significant tests, in (0, 0.2]
	LiftMin          float64 `json:"lift_min"`          // times the expected rate, from which a mark weighs anything
	WeightCap        float64 `json:"weight_cap"`        // most that one family weighs, as a power of ten
	EverydayCap      float64 `json:"everyday_cap"`      // the same of families that honest life explains; two of them with no other weigh nothing
	WeightMin        float64 `json:"weight_min"`        // of all families, for a combined finding; above WeightCap
	MarksMin         int     `json:"marks_min"`         // marked sales in a unit
	CombinedMin      int     `json:"combined_min"`      // sales of a unit on which several signals fall

	NightFrom        int `json:"night_from_hour"` // in Mali, where the clock is UTC
	NightTo          int `json:"night_to_hour"`
	FastSeconds      int `json:"fast_seconds"`  // between two sales of one handheld
	NearRanks        int `json:"near_ranks"`    // in the list, of two sales in a row
	RunLength        int `json:"run_length"`    // of sales in the order of the list
	OrderWindow      int `json:"order_window"`  // of sales whose order is compared with the list's
	OrderPercent     int `json:"order_percent"` // rank correlation, from which they count as in order
	RhythmGaps       int `json:"rhythm_gaps"`
	RhythmVariation  int `json:"rhythm_variation_percent"` // standard deviation of gaps over their mean
	QuickMinutes     int `json:"quick_minutes"`            // from hand-over to sale
	QuickMetres      int `json:"quick_metres_per_minute"`
	CarMetres        int `json:"car_metres_per_minute"`
	ImpossibleMin    int `json:"impossible_min"` // sales that no car explains
	LateHours        int `json:"late_hours"`     // from sale to arrival
	BeforeClaimHours int `json:"before_claim_hours"`
	BackwardsMinutes int `json:"backwards_minutes"`
	PhoneHouseholds  int `json:"phone_households"` // that may share a phone
	CollectorCards   int `json:"collector_cards"`  // that one person may collect
	RareHours        int `json:"rare_hours_percent"`
	CrowdPercent     int `json:"crowd_percent"`    // of a vendor's usual crowd
	CompanyMin       int `json:"company_min"`      // of companions
	Extreme          int `json:"extreme_percent"`  // of the zone's sales are called extreme
	Unlikely         int `json:"unlikely_percent"` // of the zone's sales are called unlikely

	CounterfeitsMin int   `json:"counterfeits_min"`
	WrongMin        int   `json:"wrong_min"` // wrong PINs before a sale that make a mark
	DenialsMin      int   `json:"denials_min"`
	DenialError     int   `json:"denial_error_percent"` // of those asked who are mistaken
	KeptPercent     int   `json:"kept_percent"`         // probability from which a sale on which several signals fall stays in question
	AlikePercent    int   `json:"alike_percent"`        // the same for a sale to be like those that are denied
	PartMin         int   `json:"part_min"`             // households that say that a part is missing, until it is taken for the part in question
	SpeaksUp        int   `json:"speaks_up_percent"`    // of those whose goods were kept from them who say so, at the very least: others are afraid, or were paid
	DenialsAll      int   `json:"denials_all_percent"`  // of all customers; where more denied than this explains, all sales are in question
	OverList        int64 `json:"over_list_permille"`
	OverMarket      int64 `json:"over_market_permille"`
	BasketLinesMin  int   `json:"basket_lines_min"`
	SharePercent    int64 `json:"share_percent"` // of a point's sales
	ShareGrowth     int64 `json:"share_growth_percent"`
	ClaimLimit      int64 `json:"claim_limit"` // francs from which a claim is looked at more closely
	SplitClaimsMin  int   `json:"split_claims_min"`
	DigitSpreads    int   `json:"digit_spreads"` // that a vendor's digits may be from the median vendor's
	RoundTo         int64 `json:"round_to"`      // francs
}

//go:embed thresholds.json
var defaults []byte

// Defaults returns the thresholds that are measured in docs/detection.md.
func Defaults() Thresholds {
	t, err := Override(nil)
	if err != nil {
		panic("detect: " + err.Error()) // the file is part of the program
	}
	return t
}

// Override returns the defaults with those fields replaced that the JSON object
// has; nothing where it is empty. It fails for an unknown field and for a value
// that would let a single signal freeze somebody.
func Override(object []byte) (Thresholds, error) {
	var t Thresholds
	for _, b := range [][]byte{defaults, object} {
		if len(b) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&t); err != nil {
			return Thresholds{}, fmt.Errorf("thresholds: %w", err)
		}
	}
	switch {
	case t.FreezeMin <= signalMax || t.FreezeMin > 100:
		return Thresholds{}, fmt.Errorf("thresholds: freeze_min is %d, must be %d to 100", t.FreezeMin, signalMax+1)
	case !(t.FalseDiscoveries > 0 && t.FalseDiscoveries <= 0.2):
		return Thresholds{}, fmt.Errorf("thresholds: false_discoveries is %v, must be above 0 and at most 0.2", t.FalseDiscoveries)
	case !(t.LiftMin >= 1.5):
		return Thresholds{}, fmt.Errorf("thresholds: lift_min is %v, must be 1.5 or more", t.LiftMin)
	case !(t.WeightCap > 0 && t.WeightMin > max(t.WeightCap, t.EverydayCap)):
		return Thresholds{}, fmt.Errorf("thresholds: weight_min %v must be above weight_cap and everyday_cap, so that one family is never enough", t.WeightMin)
	case t.MarksMin < 2 || t.RunLength < 4 || t.RhythmGaps < 5 || t.OrderWindow < 6 || t.OrderPercent < 1 || t.RoundTo < 1 || t.FastSeconds < 1, t.Extreme < 1 || t.Extreme > 50, t.Unlikely < 1 || t.Unlikely > 30:
		return Thresholds{}, fmt.Errorf("thresholds: marks_min, run_length, rhythm_gaps, fast_seconds, order_window, order_percent, round_to, extreme_percent or unlikely_percent is out of bounds")
	}
	return t, nil
}
