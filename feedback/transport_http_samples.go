package feedback

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
)

// slowly is how long a file may take over a slow line.
const slowly = 10 * time.Minute

func sampleRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	slow := append(append([]httpkit.Option{}, opts...), httpkit.Within(slowly))
	upload := append(append([]httpkit.Option{}, slow...), httpkit.MaxBody(FileMax))
	return map[string]http.Handler{
		"POST /api/v1/samples":                  httpkit.Shown(e.CommitSample, wireOfSample, decodeCommit, http.StatusCreated, opts),
		"GET /api/v1/samples":                   httpkit.Shown(e.Samples, wireOfSamples, decodeSamples, http.StatusOK, opts),
		"POST /api/v1/samples/{id}/frame":       httpkit.Shown(e.FreezeSample, wireOfSample, decodeFreeze, http.StatusOK, slow),
		"GET /api/v1/samples/{id}/frame.txt":    httpkit.Shown(e.Frame, frameContent, decodeSample, http.StatusOK, slow),
		"POST /api/v1/samples/{id}/draw":        httpkit.Shown(e.DrawSample, wireOfSample, decodeDraw, http.StatusOK, slow),
		"GET /api/v1/samples/{id}/calls.csv":    httpkit.Handler(callContent(e.CallList, false), decodeCalls, http.StatusOK, slow...),
		"GET /api/v1/samples/{id}/calls.xlsx":   httpkit.Handler(callContent(e.CallList, true), decodeCalls, http.StatusOK, slow...),
		"POST /api/v1/samples/{id}/answers":     httpkit.Shown(e.ImportAnswers, wireOfAnswers, decodeAnswers, http.StatusOK, upload),
		"GET /api/v1/samples/{id}/results":      httpkit.Shown(e.Results, wireOfResults, decodeSample, http.StatusOK, opts),
		"GET /api/v1/samples/{id}/results.txt":  httpkit.Handler(resultContent(e.Results, "txt"), decodeCalls, http.StatusOK, opts...),
		"GET /api/v1/samples/{id}/results.xlsx": httpkit.Handler(resultContent(e.Results, "xlsx"), decodeCalls, http.StatusOK, opts...),
	}
}

func digestOf(field, text string) (sum [32]byte, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(sum) {
		return sum, ErrDesign.At(field, "64 hexadecimal digits")
	}
	return [32]byte(b), nil
}

func decodeCommit(ctx context.Context, r *http.Request) (CommitSample, error) {
	o, b, err := access.Command[struct {
		Round      string `json:"round"`
		Commitment string `json:"commitment"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return CommitSample{}, err
	}
	sum, err := digestOf("commitment", b.Commitment)
	return CommitSample{By: o.By, Key: o.Key, Round: b.Round, Commitment: sum}, err
}

// designWire is a sample's design over the wire.
type designWire struct {
	Confidence   int         `json:"confidence"`
	Margin       int         `json:"margin"`
	By           []Dimension `json:"by,omitempty"`
	Minimum      int         `json:"minimum,omitempty"`
	Replacements int         `json:"replacements,omitempty"`

	Vendors []vendors.ID `json:"vendors,omitempty"`
}

func decodeFreeze(ctx context.Context, r *http.Request) (FreezeSample, error) {
	o, b, err := access.Command[designWire](ctx, r, access.OrderOf)
	if err != nil {
		return FreezeSample{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return FreezeSample{By: o.By, Key: o.Key, Sample: id, Design: Design(b)}, err
}

func decodeDraw(ctx context.Context, r *http.Request) (DrawSample, error) {
	o, b, err := access.Command[struct {
		Nonce string `json:"nonce"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return DrawSample{}, err
	}
	nonce, err := digestOf("nonce", b.Nonce)
	if err != nil {
		return DrawSample{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return DrawSample{By: o.By, Key: o.Key, Sample: id, Nonce: nonce[:]}, err
}

func decodeSamples(ctx context.Context, r *http.Request) (distribution.Query, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return distribution.Query{}, err
	}
	_, err = httpkit.Query(r)
	return distribution.Query{By: by}, err
}

func decodeSample(ctx context.Context, r *http.Request) (SampleByID, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return SampleByID{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return SampleByID{By: by, ID: id}, err
}

// inLanguage is a query with the language of its answer.
type inLanguage struct {
	SampleByID
	lang string
}

func decodeCalls(ctx context.Context, r *http.Request) (inLanguage, error) {
	q, err := decodeSample(ctx, r)
	if err != nil {
		return inLanguage{}, err
	}
	v, err := httpkit.Query(r, "lang")
	if err != nil {
		return inLanguage{}, err
	}
	lang := v.Get("lang")
	switch lang {
	case "en", "fr":
	case "":
		lang = "en"
		if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "fr") {
			lang = "fr"
		}
	default:
		return inLanguage{}, httpkit.ErrQuery.At("query.lang", "en or fr")
	}
	return inLanguage{q, lang}, nil
}

func decodeAnswers(ctx context.Context, r *http.Request) (ImportAnswers, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ImportAnswers{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return ImportAnswers{}, err
	}
	file, err := io.ReadAll(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ImportAnswers{}, httpkit.ErrBodySize.At("$", "at most %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return ImportAnswers{}, errors.Join(err, httpkit.ErrInterrupted)
	}
	id, err := httpkit.PathValue(r, "id")
	return ImportAnswers{By: by, Key: key, Sample: id, File: file}, err
}

func frameContent(text []byte) httpkit.Content {
	return httpkit.Content{Type: "text/plain; charset=utf-8", Filename: "frame.txt", Write: func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}}
}

// callContent answers with the call list as a workbook or CSV.
func callContent(list httpkit.Endpoint[SampleByID, CallList], xlsx bool) httpkit.Endpoint[inLanguage, httpkit.Content] {
	return func(ctx context.Context, q inLanguage) (httpkit.Content, error) {
		l, err := list(ctx, q.SampleByID)
		if err != nil {
			return httpkit.Content{}, err
		}
		c := httpkit.Content{Type: "text/csv; charset=utf-8", Filename: "calls-" + l.Sample.ID + ".csv", Write: func(w io.Writer) error { return l.WriteCSV(w, q.lang) }}
		if xlsx {
			c = httpkit.Content{Type: xlsxType, Filename: "calls-" + l.Sample.ID + ".xlsx",
				Write: func(w io.Writer) error { return l.WriteXLSX(w, q.lang) }}
		}
		return c, nil
	}
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func resultContent(results httpkit.Endpoint[SampleByID, Results], form string) httpkit.Endpoint[inLanguage, httpkit.Content] {
	return func(ctx context.Context, q inLanguage) (httpkit.Content, error) {
		r, err := results(ctx, q.SampleByID)
		c := httpkit.Content{Type: "text/plain; charset=utf-8", Leaving: leavingResults(r, form, q.lang), Write: func(w io.Writer) error { return r.WriteText(w, q.lang) }}
		if form == "xlsx" {
			c.Type, c.Filename = xlsxType, "results-"+r.Sample.ID+".xlsx"
			c.Write = func(w io.Writer) error { return r.WriteXLSX(w, q.lang) }
		}
		return c, err
	}
}

func leavingResults(r Results, form, lang string) httpkit.Leaving {
	if lang == "" {
		lang = "en"
	}
	return httpkit.Leaving{Kind: "sample-results", Of: "sample:" + r.Sample.ID, Round: r.Sample.Round, Form: form, Lang: lang}
}

type sampleWire struct {
	ID         string        `json:"id"`
	Round      string        `json:"round"`
	State      string        `json:"state"`
	Sought     bool          `json:"sought,omitempty"`
	Commitment string        `json:"commitment,omitempty"`
	Committed  time.Time     `json:"committed"`
	Design     *designWire   `json:"design,omitempty"`
	Frame      string        `json:"frame,omitempty"`
	Households int           `json:"households,omitempty"`
	FrameEntry string        `json:"frame_entry,omitempty"`
	Strata     []stratumWire `json:"strata,omitempty"`
	Nonce      string        `json:"nonce,omitempty"`
	DrawEntry  string        `json:"draw_entry,omitempty"`
}

type stratumWire struct {
	Name         string `json:"name"`
	Households   int    `json:"households"`
	Size         int    `json:"size"`
	Replacements int    `json:"replacements"`
}

// Wire returns a sample as it goes over the wire, for a route that makes one
// elsewhere.
func Wire(m Sample) any { return wireOfSample(m) }

func wireOfSample(m Sample) sampleWire {
	w := sampleWire{ID: m.ID, Round: m.Round, State: m.State(), Sought: m.Sought, Committed: m.Committed}
	if !m.Sought {
		w.Commitment = hex.EncodeToString(m.Commitment[:])
	}
	if !m.Frozen.IsZero() {
		d := designWire(m.Design)
		w.Design, w.Frame, w.Households, w.FrameEntry = &d, hex.EncodeToString(m.Frame[:]), m.Households, strconv.FormatUint(m.FrameEntry, 10)
	}
	if !m.Drawn.IsZero() {
		w.Households, w.Nonce, w.DrawEntry = m.Households, hex.EncodeToString(m.Nonce), strconv.FormatUint(m.DrawEntry, 10)
	}
	for _, x := range m.Strata {
		w.Strata = append(w.Strata, stratumWire(x))
	}
	return w
}

func wireOfSamples(ms []Sample) httpkit.Page[sampleWire] {
	var items []sampleWire
	for _, m := range ms {
		items = append(items, wireOfSample(m))
	}
	return httpkit.NewPage(items, "")
}

type answersWire struct {
	New     int           `json:"new"`
	Changed int           `json:"changed"`
	Same    int           `json:"same"`
	Refused []refusedWire `json:"refused"`
}

type refusedWire struct {
	Location string `json:"location"`
	Reason   string `json:"reason"`
}

func wireOfAnswers(r AnswersReport) answersWire {
	w := answersWire{r.New, r.Changed, r.Same, []refusedWire{}}
	for _, f := range r.Refused {
		w.Refused = append(w.Refused, refusedWire{f.Location, f.Message})
	}
	return w
}

type estimateWire struct {
	Answers    int  `json:"answers,omitempty"`
	Share      int  `json:"share_permille"`
	Low        int  `json:"low_permille"`
	High       int  `json:"high_permille"`
	Suppressed bool `json:"suppressed,omitempty"`
}

type stratumResultWire struct {
	Name       string                  `json:"name"`
	Households int                     `json:"households"`
	Called     int                     `json:"called"`
	Answered   *int                    `json:"answered,omitempty"`
	Unreached  *int                    `json:"unreached,omitempty"`
	Refused    *int                    `json:"refused,omitempty"`
	Estimates  map[string]estimateWire `json:"estimates"`
}

type resultsWire struct {
	Sample    string                  `json:"sample"`
	Round     string                  `json:"round"`
	Wanted    int                     `json:"wanted"`
	Called    int                     `json:"called"`
	Answered  int                     `json:"answered"`
	Unreached int                     `json:"unreached"`
	Refused   int                     `json:"refused"`
	Response  int                     `json:"response_permille"`
	Enough    bool                    `json:"enough"`
	Interval  string                  `json:"interval"`
	Estimates map[string]estimateWire `json:"estimates"`
	Strata    []stratumResultWire     `json:"strata"`
}

func wireOfResults(r Results) resultsWire {
	w := resultsWire{Sample: r.Sample.ID, Round: r.Sample.Round, Wanted: r.Wanted, Called: r.Called, Answered: r.Spoken, Unreached: r.Unreached,
		Refused: r.Refused, Response: r.ResponsePermille, Enough: r.Enough, Interval: "wilson " + strconv.Itoa(r.Sample.Design.Confidence) + "%",
		Estimates: wireOfEstimates(r.Estimates), Strata: []stratumResultWire{}}
	for _, x := range r.Strata {
		out := stratumResultWire{Name: x.Name, Households: x.Households, Called: x.Called, Estimates: wireOfEstimates(x.Estimates)}
		if !x.Suppressed {
			out.Answered, out.Unreached, out.Refused = &x.Answers, &x.Unreached, &x.Refused
		}
		w.Strata = append(w.Strata, out)
	}
	return w
}

func wireOfEstimates(es map[string]Estimate) map[string]estimateWire {
	w := map[string]estimateWire{}
	for name, e := range es {
		w[name] = estimateWire(e)
	}
	return w
}
