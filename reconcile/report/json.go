package report

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
)

type figureJSON struct {
	ID      string        `json:"id"`
	Unit    Unit          `json:"unit"`
	Count   *int64        `json:"count,omitempty"`
	Amount  *money.Amount `json:"amount,omitempty"`
	Terms   int           `json:"terms"` // how many entries, records or figures it is made of
	Formula []string      `json:"formula,omitempty"`
}

func jsonOfFigure(f Figure) figureJSON {
	w := figureJSON{ID: f.Key.String(), Unit: f.Unit, Terms: f.Terms}
	if f.Unit == Amounts {
		m := money.FromMinor(f.Value, f.Asset)
		w.Amount = &m
	} else {
		w.Count = &f.Value
	}
	for _, p := range f.Parts {
		sign := "+"
		if p.Sign < 0 {
			sign = "-"
		}
		w.Formula = append(w.Formula, sign+p.Key.String())
	}
	return w
}

type checkpointJSON struct {
	Size string `json:"size"`
	Root string `json:"root"` // standard base64, as in a signed checkpoint
}

func jsonOfCheckpoint(size uint64, root string) checkpointJSON {
	return checkpointJSON{strconv.FormatUint(size, 10), root}
}

type overlapJSON struct {
	Lot string `json:"lot"`
	distribution.ShownOverlap
}

type coordinationJSON struct {
	Lot  string `json:"lot"`
	Text string `json:"text"`
}

// WriteJSON writes every figure of the report as one JSON object. Its fields
// are programme, round, name, at, figures, ties, tie_errors, checkpoint, and of
// other organisations in the same places overlaps, overlaps_more and coordination,
// none of them while the round's places are embargoed; amounts are
// {"amount":"5000","asset":"XOF/0"}.
func WriteJSON(w io.Writer, r Round) error {
	out := struct {
		Programme  string         `json:"programme"`
		Round      string         `json:"round"`
		Name       string         `json:"name"`
		At         time.Time      `json:"at"`
		Figures    []figureJSON   `json:"figures"`
		Ties       bool           `json:"ties"`
		TieErrors  []string       `json:"tie_errors"`
		Checkpoint checkpointJSON `json:"checkpoint"`

		Overlaps     []overlapJSON      `json:"overlaps"`
		OverlapsMore int                `json:"overlaps_more"`
		Coordination []coordinationJSON `json:"coordination"`
	}{Programme: r.Programme.ID, Round: r.Round.ID, Name: r.Round.Name, At: r.At, Figures: []figureJSON{}, Ties: r.Ties, TieErrors: r.TieErrors,
		Checkpoint: jsonOfCheckpoint(r.Size, r.Checkpoint), Overlaps: []overlapJSON{}, OverlapsMore: r.overlapsMore, Coordination: []coordinationJSON{}}
	for _, o := range r.overlaps {
		out.Overlaps = append(out.Overlaps, overlapJSON{o.lot, distribution.ShowOverlap(o.Overlap)})
	}
	for _, c := range r.answers {
		out.Coordination = append(out.Coordination, coordinationJSON{c.lot, c.words})
	}
	for _, f := range r.All() {
		out.Figures = append(out.Figures, jsonOfFigure(f))
	}
	if out.TieErrors == nil {
		out.TieErrors = []string{}
	}
	return json.NewEncoder(w).Encode(out)
}

type termJSON struct {
	Ref    string `json:"ref"`
	Amount int64  `json:"amount"` // smallest units of the figure's asset, or how many
}

// MarshalJSON writes the explanation as {"figure","terms","checkpoint"}.
func (e Explanation) MarshalJSON() ([]byte, error) {
	out := struct {
		Figure     figureJSON     `json:"figure"`
		Terms      []termJSON     `json:"terms"`
		Checkpoint checkpointJSON `json:"checkpoint"`
	}{jsonOfFigure(e.Figure), make([]termJSON, len(e.Terms)), jsonOfCheckpoint(e.Size, e.Checkpoint)}
	for i, t := range e.Terms {
		out.Terms[i] = termJSON(t)
	}
	return json.Marshal(out)
}
