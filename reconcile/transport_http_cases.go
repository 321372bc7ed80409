package reconcile

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
)

// caseRoutes adds the routes about cases.
func caseRoutes(mux *http.ServeMux, e Endpoints, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	long := append(slices.Clone(opts), httpkit.MaxBody(documents.SizeMax), httpkit.Within(slowly))
	for pattern, h := range map[string]http.Handler{
		"POST /api/v1/cases":                       httpkit.Handler(httpkit.Present(e.OpenCase, jsonOfCase), decodeOpen, http.StatusCreated, opts...),
		"GET /api/v1/cases":                        httpkit.Handler(httpkit.Present(e.Cases, wireOfCases), decodeCases, http.StatusOK, opts...),
		"GET /api/v1/cases/proposals":              httpkit.Handler(httpkit.Present(e.ProposeCases, wireOfProposals), decodePropose, http.StatusOK, opts...),
		"POST /api/v1/cases/proposals":             httpkit.Handler(httpkit.Present(e.OpenProposed, wireOfOpened), decodeOpenProposed, http.StatusOK, opts...),
		"POST /api/v1/samples/sought":              httpkit.Handler(httpkit.Present(e.SeekCalls, feedback.Wire), decodeSeekCalls, http.StatusCreated, append(slices.Clone(opts), httpkit.Within(slowly))...),
		"GET /api/v1/cases/{id}":                   httpkit.Handler(httpkit.Present(e.Case, jsonOfCase), decodeCase, http.StatusOK, opts...),
		"GET /api/v1/cases/{id}/history":           httpkit.Handler(httpkit.Present(e.CaseHistory, wireOfHistory), decodeCase, http.StatusOK, opts...),
		"GET /api/v1/cases/{id}/pack.pdf":          httpkit.Handler(packAsPDF(e.CasePack), decodePaper, http.StatusOK, opts...),
		"GET /api/v1/cases/{id}/pack.json":         httpkit.Handler(packAsJSON(e.CasePack), decodeCase, http.StatusOK, opts...),
		"GET /api/v1/cases/{id}/comments":          httpkit.Handler(httpkit.Present(e.CaseComments, wireOfComments), decodeCase, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/comments":         httpkit.Handler(httpkit.Present(e.CommentCase, jsonOfComment), decodeComment, http.StatusCreated, opts...),
		"POST /api/v1/cases/{id}/documents":        httpkit.Handler(httpkit.Present(e.AttachToCase, wireOfPaper), decodePaperOf, http.StatusCreated, long...),
		"POST /api/v1/cases/{id}/assignment":       httpkit.Handler(httpkit.Present(e.AssignCase, jsonOfCase), decodeAssign, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/vendor-asked":     httpkit.Handler(httpkit.Present(e.AskVendor, jsonOfCase), decodeAsk, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/vendor-answer":    httpkit.Handler(httpkit.Present(e.AnswerOfVendor, jsonOfCase), decodeAnswer, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/freeze":           httpkit.Handler(httpkit.Present(e.Freeze, jsonOfCase), decodeFreeze, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/release":          httpkit.Handler(httpkit.Present(e.Release, jsonOfCase), decodeRelease, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/uphold":           httpkit.Handler(httpkit.Present(e.Uphold, jsonOfCase), decodeUphold, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/recovery":         httpkit.Handler(httpkit.Present(e.Recover, jsonOfCase), decodeRecover, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/give-up":          httpkit.Handler(httpkit.Present(e.ProposeGiveUp, jsonOfCase), decodeProposeGiveUp, http.StatusOK, opts...),
		"POST /api/v1/cases/{id}/give-up-approval": httpkit.Handler(httpkit.Present(e.GiveUp, jsonOfCase), decodeGiveUp, http.StatusOK, opts...),
	} {
		mux.Handle(pattern, staff(h))
	}
}

func decodeOpen(ctx context.Context, r *http.Request) (OpenCase, error) {
	o, b, err := access.Command[struct {
		Vendor   vendors.ID `json:"vendor"`
		Round    string     `json:"round"`
		Findings []string   `json:"findings"`
		Note     string     `json:"note"`
	}](ctx, r, access.OrderOf)
	return OpenCase{By: o.By, Key: o.Key, Vendor: b.Vendor, Round: b.Round, Findings: b.Findings, Note: b.Note}, err
}

func decodePropose(ctx context.Context, r *http.Request) (ProposeCases, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ProposeCases{}, err
	}
	q, err := httpkit.Query(r, "round")
	if err == nil && q.Get("round") == "" {
		err = httpkit.ErrQuery.At("query.round", "which round")
	}
	return ProposeCases{By: by, Round: q.Get("round")}, err
}

func decodeSeekCalls(ctx context.Context, r *http.Request) (SeekCalls, error) {
	o, b, err := access.Command[struct {
		Round string `json:"round"`
		Most  int    `json:"most"`
	}](ctx, r, access.OrderOf)
	return SeekCalls{By: o.By, Key: o.Key, Round: b.Round, Most: b.Most}, err
}

func decodeOpenProposed(ctx context.Context, r *http.Request) (OpenProposed, error) {
	o, b, err := access.Command[struct {
		Round    string     `json:"round"`
		Vendor   vendors.ID `json:"vendor"`
		ScoreMin int        `json:"score_min"`
		Note     string     `json:"note"`
	}](ctx, r, access.OrderOf)
	return OpenProposed{By: o.By, Key: o.Key, Round: b.Round, Vendor: b.Vendor, ScoreMin: b.ScoreMin, Note: b.Note}, err
}

// onePart is order of a command about the case in the path.
func onePart[B any](ctx context.Context, r *http.Request, note func(B) string) (Decide, B, error) {
	o, b, err := access.Command[B](ctx, r, access.OrderOf)
	if err != nil {
		return Decide{}, b, err
	}
	id, err := httpkit.PathValue(r, "id")
	return Decide{By: o.By, Key: o.Key, Case: id, Note: note(b)}, b, err
}

type noteBody struct {
	Note string `json:"note"`
}

func decodeFreeze(ctx context.Context, r *http.Request) (Decide, error) {
	d, _, err := onePart(ctx, r, func(b noteBody) string { return b.Note })
	return d, err
}

type releaseBody struct {
	Entries []string `json:"entries"`
	Note    string   `json:"note"`
}

func decodeRelease(ctx context.Context, r *http.Request) (Release, error) {
	d, b, err := onePart(ctx, r, func(b releaseBody) string { return b.Note })
	if err != nil {
		return Release{}, err
	}
	entries, err := entriesOf(b.Entries)
	return Release{Decide: d, Entries: entries}, err
}

type upholdBody struct {
	Digest   string   `json:"digest"`
	Permille int      `json:"permille"`
	Entries  []string `json:"entries"`
	Note     string   `json:"note"`
}

func decodeUphold(ctx context.Context, r *http.Request) (Uphold, error) {
	d, b, err := onePart(ctx, r, func(b upholdBody) string { return b.Note })
	if err != nil {
		return Uphold{}, err
	}
	entries, err := entriesOf(b.Entries)
	if err != nil {
		return Uphold{}, err
	}
	digest, err := sumOf("$.digest", b.Digest)
	return Uphold{Decide: d, Entries: entries, Digest: digest, Permille: b.Permille}, err
}

type recoverBody struct {
	Claim     vendors.ClaimID `json:"claim"`
	Bank      string          `json:"bank"`
	Amount    *money.Amount   `json:"amount"`
	Reference string          `json:"reference"`
	Note      string          `json:"note"`
}

func decodeRecover(ctx context.Context, r *http.Request) (Recover, error) {
	d, b, err := onePart(ctx, r, func(b recoverBody) string { return b.Note })
	cmd := Recover{Decide: d, Claim: b.Claim, Bank: b.Bank, Reference: b.Reference}
	if b.Amount != nil {
		cmd.Amount = *b.Amount
	}
	return cmd, err
}

func decodeProposeGiveUp(ctx context.Context, r *http.Request) (GiveUp, error) {
	d, err := decodeFreeze(ctx, r)
	return GiveUp{Decide: d}, err
}

type giveUpBody struct {
	Digest string `json:"digest"`
	Note   string `json:"note"`
}

func decodeGiveUp(ctx context.Context, r *http.Request) (GiveUp, error) {
	d, b, err := onePart(ctx, r, func(b giveUpBody) string { return b.Note })
	if err != nil {
		return GiveUp{}, err
	}
	cmd := GiveUp{Decide: d}
	if cmd.Digest, err = sumOf("$.digest", b.Digest); err == nil && cmd.Digest == ([32]byte{}) {
		err = ErrCase.At("$.digest", "that of the case")
	}
	return cmd, err
}

// entriesOf reads numbers of entries, which are strings in JSON.
func entriesOf(texts []string) ([]uint64, error) {
	if len(texts) > heldMax {
		return nil, ErrCase.At("$.entries", "at most %d", heldMax)
	}
	out := make([]uint64, len(texts))
	for i, text := range texts {
		var err error
		if out[i], err = strconv.ParseUint(text, 10, 63); err != nil {
			return nil, ErrCase.At("$.entries", "the numbers of entries, as strings")
		}
	}
	return out, nil
}

// sumOf reads a SHA-256 in hexadecimal.
func sumOf(where, text string) (sum [32]byte, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(sum) {
		return sum, ErrCase.At(where, "64 hexadecimal digits")
	}
	return [32]byte(b), nil
}

type assignBody struct {
	To   string    `json:"to"`
	Due  time.Time `json:"due"`
	Note string    `json:"note"`
}

func decodeAssign(ctx context.Context, r *http.Request) (Assign, error) {
	d, b, err := onePart(ctx, r, func(b assignBody) string { return b.Note })
	return Assign{Decide: d, To: b.To, Due: b.Due}, err
}

type askBody struct {
	Until time.Time `json:"until"`
	Note  string    `json:"note"`
}

func decodeAsk(ctx context.Context, r *http.Request) (AskVendor, error) {
	d, b, err := onePart(ctx, r, func(b askBody) string { return b.Note })
	return AskVendor{Decide: d, Until: b.Until}, err
}

type textBody struct {
	Text string `json:"text"`
}

func decodeComment(ctx context.Context, r *http.Request) (AddComment, error) {
	d, b, err := onePart(ctx, r, func(textBody) string { return "" })
	return AddComment{By: d.By, Key: d.Key, Case: d.Case, Text: b.Text}, err
}

type answerBody struct {
	Text  string `json:"text"`
	Paper string `json:"paper"`
}

func decodeAnswer(ctx context.Context, r *http.Request) (AnswerOfVendor, error) {
	d, b, err := onePart(ctx, r, func(answerBody) string { return "" })
	if err != nil {
		return AnswerOfVendor{}, err
	}
	cmd := AnswerOfVendor{By: d.By, Key: d.Key, Case: d.Case, Text: b.Text}
	if b.Paper != "" {
		cmd.SHA256, err = sumOf("$.paper", b.Paper)
	}
	return cmd, err
}

func decodeCase(ctx context.Context, r *http.Request) (CaseByID, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return CaseByID{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return CaseByID{By: by, ID: id}, err
}

func decodeCases(ctx context.Context, r *http.Request) (ListCases, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ListCases{}, err
	}
	after, limit, err := httpkit.PageQuery(r)
	return ListCases{By: by, After: after, Limit: limit}, err
}

func wireOfCases(p CasePage) httpkit.Page[caseJSON] {
	return httpkit.NewPage(eachOf(p.Items, jsonOfCase), p.Next)
}

func eachOf[T, W any](items []T, show func(T) W) []W {
	out := make([]W, len(items))
	for i, it := range items {
		out[i] = show(it)
	}
	return out
}

type proposalWire struct {
	Vendor   vendors.ID         `json:"vendor"`
	Round    string             `json:"round"`
	About    Subject            `json:"about,omitempty"`
	Joins    string             `json:"joins,omitempty"`
	Refers   string             `json:"refers,omitempty"`
	Score    int                `json:"score"`
	Value    money.Amount       `json:"value"`
	Freezes  bool               `json:"freezes"`
	Findings []evidence.Finding `json:"findings"`
}

type proposalsWire struct {
	Items []proposalWire `json:"items"`
}

func wireOfProposals(ps []CaseProposal) proposalsWire {
	return proposalsWire{eachOf(ps, func(p CaseProposal) proposalWire {
		return proposalWire{p.Vendor, p.Round, p.About, p.Joins, p.Refers, p.Score, p.Value, p.Freezes, eachOf(p.Findings, jsonOfFinding)}
	})}
}

type openedWire struct {
	Items []openedCaseWire `json:"items"`
}

type openedCaseWire struct {
	Case   string     `json:"case"`
	Vendor vendors.ID `json:"vendor"`
	About  Subject    `json:"about,omitempty"`
	Joined bool       `json:"joined"`
	Added  int        `json:"added"`
}

func wireOfOpened(cs []OpenedCase) openedWire {
	return openedWire{eachOf(cs, func(c OpenedCase) openedCaseWire { return openedCaseWire(c) })}
}

type historyWire struct {
	Items []evidence.Event `json:"items"`
}

func wireOfHistory(es []evidence.Event) historyWire { return historyWire{es} }

type commentsWire struct {
	Items []commentJSON `json:"items"`
}

func wireOfComments(cs []Comment) commentsWire { return commentsWire{eachOf(cs, jsonOfComment)} }

// packAsJSON answers with the file itself: its bytes are what its SHA-256 is of.
func packAsJSON(pack httpkit.Endpoint[CaseByID, evidence.Pack]) httpkit.Endpoint[CaseByID, httpkit.Content] {
	return func(ctx context.Context, q CaseByID) (httpkit.Content, error) {
		p, err := pack(ctx, q)
		if err != nil {
			return httpkit.Content{}, err
		}
		b, err := p.Bytes()
		return httpkit.Content{Type: "application/json", Filename: "case-" + p.Case.ID + ".json", Write: func(w io.Writer) error {
			_, err := w.Write(b)
			return err
		}}, err
	}
}

// paper is a case's evidence in a language.
type paper struct {
	CaseByID
	lang string
}

func decodePaper(ctx context.Context, r *http.Request) (paper, error) {
	q, err := decodeCase(ctx, r)
	if err != nil {
		return paper{}, err
	}
	v, err := httpkit.Query(r, "lang")
	if err == nil && v.Get("lang") != "" && v.Get("lang") != "en" && v.Get("lang") != "fr" {
		err = httpkit.ErrQuery.At("query.lang", "en or fr")
	}
	return paper{q, v.Get("lang")}, err
}

// packAsPDF answers with the file as people read it.
func packAsPDF(pack httpkit.Endpoint[CaseByID, evidence.Pack]) httpkit.Endpoint[paper, httpkit.Content] {
	return func(ctx context.Context, q paper) (httpkit.Content, error) {
		p, err := pack(ctx, q.CaseByID)
		if err != nil {
			return httpkit.Content{}, err
		}
		b, err := p.Bytes()
		return httpkit.Content{Type: "application/pdf", Filename: "case-" + p.Case.ID + ".pdf",
			Write: func(w io.Writer) error { return evidence.WritePDF(w, b, q.lang) }}, err
	}
}
