package feedback

import (
	"context"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Routes adds the service's routes to mux. Staff routes stand behind staff,
// which puts the actor into the request's context. The route by which authors
// ask stands behind rationed, which bounds how often one address may try; the
// code is in its body and so in no address.
func Routes(mux *http.ServeMux, e Endpoints, staff, rationed func(http.Handler) http.Handler, opts ...httpkit.Option) {
	mux.Handle("POST /api/v1/complaint-status", rationed(httpkit.Shown(e.Ask, wireOfProgress, decodeAsk, http.StatusOK, opts)))
	for _, routes := range []map[string]http.Handler{complaintRoutes(e, opts), sampleRoutes(e, opts)} {
		for pattern, h := range routes {
			mux.Handle(pattern, staff(h))
		}
	}
}

// handle serves an endpoint whose result is shown in its wire form.
func complaintRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	return map[string]http.Handler{
		"POST /api/v1/complaints":                 httpkit.Shown(e.RecordComplaint, wireOfRecorded, decodeRecord, http.StatusCreated, opts),
		"GET /api/v1/complaints":                  httpkit.Shown(e.Complaints, wireOfComplaints, decodeComplaints, http.StatusOK, opts),
		"GET /api/v1/complaints/{id}":             httpkit.Shown(e.Complaint, wireOfView, decodeComplaint, http.StatusOK, opts),
		"POST /api/v1/complaint-slips":            httpkit.Shown(e.PrintSlips, pdfOfSlips, decodePrintSlips, http.StatusCreated, opts),
		"POST /api/v1/complaint-slips/filled":     httpkit.Shown(e.ComplaintSlip, pdfOfSlip, decodeSlip, http.StatusOK, opts),
		"POST /api/v1/complaints/{id}/assignment": httpkit.Shown(e.AssignComplaint, wireOfComplaint, decodeAssign, http.StatusOK, opts),
		"POST /api/v1/complaints/{id}/answer":     httpkit.Shown(e.AnswerComplaint, wireOfComplaint, decodeAnswer, http.StatusOK, opts),
		"POST /api/v1/complaints/{id}/closing":    httpkit.Shown(e.CloseComplaint, wireOfComplaint, decodeClose, http.StatusOK, opts),
		"POST /api/v1/complaints/{id}/erasure":    httpkit.Handler(e.EraseComplaint, decodeErase, http.StatusNoContent, opts...),
		"POST /api/v1/held-cards":                 httpkit.Shown(e.ReportHeld, wireOfHeld, decodeHeld, http.StatusCreated, opts),
	}
}

// serialsOf reads printed or bare numbers of cards.
func serialsOf(texts []string) ([]voucher.Serial, error) {
	var out []voucher.Serial
	for _, text := range texts {
		serial := voucher.Serial(text)
		if !serial.Valid() {
			var err error
			if serial, err = voucher.ParseSerial(text); err != nil {
				return nil, err
			}
		}
		out = append(out, serial)
	}
	return out, nil
}

func decodeRecord(ctx context.Context, r *http.Request) (RecordComplaint, error) {
	o, b, err := access.Command[struct {
		Channel  Channel    `json:"channel"`
		Category Category   `json:"category"`
		Text     string     `json:"text"`
		Serials  []string   `json:"serials"`
		Vendor   vendors.ID `json:"vendor"`
		Point    string     `json:"point"`
		Round    string     `json:"round"`
		Slip     string     `json:"slip"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return RecordComplaint{}, err
	}
	serials, err := serialsOf(b.Serials)
	return RecordComplaint{By: o.By, Key: o.Key, Channel: b.Channel, Category: b.Category, Text: b.Text, Serials: serials,
		Vendor: b.Vendor, Point: b.Point, Round: b.Round, Slip: b.Slip}, err
}

func decodeHeld(ctx context.Context, r *http.Request) (ReportHeld, error) {
	o, b, err := access.Command[struct {
		Channel   Channel                    `json:"channel"`
		Text      string                     `json:"text"`
		Serials   []string                   `json:"serials"`
		Household distribution.BeneficiaryID `json:"household"`
		Round     string                     `json:"round"`
		Spare     string                     `json:"spare"`
		Point     string                     `json:"point"`
		Slip      string                     `json:"slip"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return ReportHeld{}, err
	}
	cmd := ReportHeld{By: o.By, Key: o.Key, Channel: b.Channel, Text: b.Text, Household: b.Household, Round: b.Round, Point: b.Point, Slip: b.Slip}
	if b.Spare != "" {
		spare, err := serialsOf([]string{b.Spare})
		if err != nil {
			return ReportHeld{}, err
		}
		cmd.Spare = spare[0]
	}
	cmd.Serials, err = serialsOf(b.Serials)
	return cmd, err
}

func decodeAssign(ctx context.Context, r *http.Request) (AssignComplaint, error) {
	o, b, err := access.Command[struct {
		To       string   `json:"to"`
		Category Category `json:"category"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return AssignComplaint{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return AssignComplaint{By: o.By, Key: o.Key, ID: id, To: b.To, Category: b.Category}, err
}

func decodeAnswer(ctx context.Context, r *http.Request) (AnswerComplaint, error) {
	o, b, err := access.Command[struct {
		Answer string `json:"answer"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return AnswerComplaint{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return AnswerComplaint{By: o.By, Key: o.Key, ID: id, Answer: b.Answer}, err
}

func decodeClose(ctx context.Context, r *http.Request) (CloseComplaint, error) {
	o, b, err := access.Command[struct {
		Outcome Outcome `json:"outcome"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return CloseComplaint{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return CloseComplaint{By: o.By, Key: o.Key, ID: id, Outcome: b.Outcome}, err
}

func decodeErase(ctx context.Context, r *http.Request) (EraseComplaint, error) {
	o, b, err := access.Command[struct {
		Reason string `json:"reason"`
	}](ctx, r, access.OrderOn)
	return EraseComplaint{o.By, o.Key, o.ID, b.Reason}, err
}

func decodeComplaint(ctx context.Context, r *http.Request) (ReadComplaint, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ReadComplaint{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return ReadComplaint{By: by, ID: id}, err
}

func decodeComplaints(ctx context.Context, r *http.Request) (ListComplaints, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ListComplaints{}, err
	}
	after, limit, err := httpkit.PageQuery(r, "overdue", "round")
	if err != nil {
		return ListComplaints{}, err
	}
	q := r.URL.Query()
	switch q.Get("overdue") {
	case "", "false", "true":
	default:
		return ListComplaints{}, httpkit.ErrQuery.At("query.overdue", "true or false")
	}
	return ListComplaints{By: by, Overdue: q.Get("overdue") == "true", Round: q.Get("round"), After: after, Limit: limit}, nil
}

func decodeAsk(_ context.Context, r *http.Request) (Ask, error) {
	b, err := httpkit.Body[struct {
		Code string `json:"code"`
	}](r)
	return Ask{b.Code}, err
}

// complaintWire is a complaint over the wire, without words.
type complaintWire struct {
	ID         string     `json:"id"`
	Channel    Channel    `json:"channel"`
	Category   Category   `json:"category"`
	State      State      `json:"state"`
	Round      string     `json:"round,omitempty"`
	Serials    []string   `json:"serials,omitempty"`
	Vendor     vendors.ID `json:"vendor,omitempty"`
	Point      string     `json:"point,omitempty"`
	RecordedBy string     `json:"recorded_by"`
	Recorded   time.Time  `json:"recorded"`
	Due        time.Time  `json:"due"`
	Overdue    bool       `json:"overdue,omitempty"`
	AssignedTo string     `json:"assigned_to,omitempty"`
	AnsweredBy string     `json:"answered_by,omitempty"`
	Answered   *time.Time `json:"answered,omitempty"`
	Outcome    Outcome    `json:"outcome,omitempty"`
	ClosedBy   string     `json:"closed_by,omitempty"`
	Closed     *time.Time `json:"closed,omitempty"`
	Erased     *time.Time `json:"erased,omitempty"`
	Proposals  []string   `json:"proposals,omitempty"`
}

func wireOfComplaint(c Complaint) complaintWire {
	w := complaintWire{ID: c.ID, Channel: c.Channel, Category: c.Category, State: c.State(), Round: c.Round, Vendor: c.Vendor, Point: c.Point,
		RecordedBy: c.RecordedBy, Recorded: c.Recorded, Due: c.Due, AssignedTo: c.AssignedTo, AnsweredBy: c.AnsweredBy,
		Answered: happened(c.Answered), Outcome: c.Outcome, ClosedBy: c.ClosedBy, Closed: happened(c.Closed), Erased: happened(c.Erased),
		Proposals: c.Proposals}
	for _, s := range c.Serials {
		w.Serials = append(w.Serials, s.Printed())
	}
	return w
}

func happened(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func wireOfComplaints(p ComplaintPage) httpkit.Page[complaintWire] {
	var items []complaintWire
	for _, c := range p.Items {
		w := wireOfComplaint(c)
		w.Overdue = c.Overdue(p.Now)
		items = append(items, w)
	}
	return httpkit.NewPage(items, p.Next)
}

type recordedWire struct {
	Complaint complaintWire `json:"complaint"`
	Code      string        `json:"code,omitempty"`
	OnPaper   time.Time     `json:"due_on_paper"`
}

func wireOfRecorded(r Recorded) recordedWire {
	return recordedWire{wireOfComplaint(r.Complaint), r.Code, r.OnPaper}
}

type viewWire struct {
	Complaint complaintWire  `json:"complaint"`
	Text      string         `json:"text,omitempty"`
	Answer    string         `json:"answer,omitempty"`
	Evidence  []evidenceWire `json:"evidence,omitempty"`
}

type evidenceWire struct {
	Serial  string               `json:"serial"`
	Receipt string               `json:"receipt"`
	Vendor  vendors.ID           `json:"vendor"`
	State   voucher.ReceiptState `json:"state"`
	Reason  string               `json:"reason,omitempty"`
	From    time.Time            `json:"from"`
	To      time.Time            `json:"to"`
	After   bool                 `json:"after_complaint"`
}

func wireOfView(v ComplaintView) viewWire {
	w := viewWire{Complaint: wireOfComplaint(v.Complaint), Text: v.Text, Answer: v.Answer}
	w.Complaint.Overdue = v.Overdue
	for _, e := range v.Evidence {
		w.Evidence = append(w.Evidence, evidenceWire{e.Serial.Printed(), e.Receipt.String(), e.Vendor, e.State, e.Reason, e.At.From, e.At.To, e.After})
	}
	return w
}

type heldWire struct {
	Complaint complaintWire  `json:"complaint"`
	Code      string         `json:"code,omitempty"`
	Cards     []heldCardWire `json:"cards"`
}

type heldCardWire struct {
	Serial   string       `json:"serial"`
	Life     voucher.Life `json:"life"`
	Proposal string       `json:"proposal,omitempty"`
	Spare    string       `json:"spare,omitempty"`
	Problem  string       `json:"problem,omitempty"`
}

func wireOfHeld(r HeldReport) heldWire {
	w := heldWire{Complaint: wireOfComplaint(r.Complaint), Code: r.Code}
	for _, c := range r.Cards {
		card := heldCardWire{Serial: c.Serial.Printed(), Life: c.Life, Proposal: c.Proposal, Problem: c.Problem}
		if c.Spare != "" {
			card.Spare = c.Spare.Printed()
		}
		w.Cards = append(w.Cards, card)
	}
	return w
}

type progressWire struct {
	State  State  `json:"state"`
	Answer string `json:"answer,omitempty"`
}

func wireOfProgress(p Progress) progressWire { return progressWire(p) }
