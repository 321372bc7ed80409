package finance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

// slowly is how long a document may take over a slow line: 16 MiB.
const slowly = 10 * time.Minute

// Routes adds the service's routes to mux, all behind staff, which puts the
// actor into the request's context.
func Routes(mux *http.ServeMux, e Endpoints, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	long := append(append([]httpkit.Option{}, opts...), httpkit.MaxBody(documents.SizeMax), httpkit.Within(slowly))
	for pattern, h := range map[string]http.Handler{
		"POST /api/v1/documents":                    httpkit.Shown(e.Attach, wireOfAttachment, decodeAttach, http.StatusCreated, long),
		"GET /api/v1/documents":                     httpkit.Shown(e.Attachments, wireOfAttachments, decodeAttachments, http.StatusOK, opts),
		"GET /api/v1/documents/{id}":                httpkit.Shown(e.Document, contentOf, decodeDocument, http.StatusOK, long),
		"GET /api/v1/document-rules":                httpkit.Shown(e.DocumentRules, wireOfRules, decodeQuery, http.StatusOK, opts),
		"PUT /api/v1/document-rules":                httpkit.Shown(e.SetDocumentRules, wireOfRules, decodeRules, http.StatusOK, opts),
		"GET /api/v1/advance-limits":                httpkit.Shown(e.AdvanceLimits, wireOfLimits, decodeQuery, http.StatusOK, opts),
		"PUT /api/v1/advance-limits":                httpkit.Shown(e.SetAdvanceLimits, wireOfLimits, decodeLimits, http.StatusOK, opts),
		"GET /api/v1/advances/ageing":               httpkit.Shown(e.Ageing, wireOfAgeing, decodeQuery, http.StatusOK, opts),
		"GET /api/v1/movements":                     httpkit.Shown(e.Movements, wireOfMovements, decodeList, http.StatusOK, opts),
		"POST /api/v1/movements":                    httpkit.Shown(e.PrepareMovement, wireOfMovement, decodePrepareMovement, http.StatusCreated, opts),
		"POST /api/v1/movements/{id}/approval":      httpkit.Shown(e.ApproveMovement, wireOfMovement, decodeApproveMovement, http.StatusOK, opts),
		"POST /api/v1/movements/{id}/refusal":       httpkit.Shown(e.RefuseMovement, wireOfMovement, decodeRefuseMovement, http.StatusOK, opts),
		"GET /api/v1/periods/{id}":                  httpkit.Shown(e.Period, wireOfPeriod, decodePeriod, http.StatusOK, opts),
		"GET /api/v1/periods/{id}/report":           httpkit.Shown(e.PeriodReport, wireOfReport, decodePeriod, http.StatusOK, long),
		"POST /api/v1/periods/{id}/proposal":        httpkit.Shown(e.PreparePeriod, wireOfPeriod, decodePreparePeriod, http.StatusCreated, long),
		"POST /api/v1/periods/{id}/approval":        httpkit.Shown(e.ApprovePeriod, wireOfPeriod, decodeApprovePeriod, http.StatusOK, long),
		"GET /api/v1/cut-off":                       httpkit.Shown(e.CutOff, wireOfCutOff, decodeCutOff, http.StatusOK, long),
		"GET /api/v1/cut-off.csv":                   httpkit.Shown(e.CutOff, cutOffAs("csv"), decodeCutOff, http.StatusOK, long),
		"GET /api/v1/cut-off.xlsx":                  httpkit.Shown(e.CutOff, cutOffAs("xlsx"), decodeCutOff, http.StatusOK, long),
		"GET /api/v1/settlements/{id}/receipts.pdf": httpkit.Shown(e.Receipts, receiptsOf, decodeReceipts, http.StatusOK, long),
		"GET /api/v1/vendors/{id}/statement.pdf":    httpkit.Shown(e.Statement, pdfOf, decodeStatement, http.StatusOK, long),
	} {
		mux.Handle(pattern, staff(h))
	}
}

// handle serves an endpoint whose result is shown in its wire form.
func decodeQuery(ctx context.Context, _ *http.Request) (Query, error) {
	by, err := access.FromContext(ctx)
	return Query{by}, err
}

func decodeAttach(ctx context.Context, r *http.Request) (Attach, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return Attach{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return Attach{}, err
	}
	q, err := httpkit.Query(r, "subject", "id", "kind", "note")
	if err != nil {
		return Attach{}, err
	}
	cmd := Attach{By: by, Key: key, Subject: documents.Subject{Kind: documents.SubjectKind(q.Get("subject")), ID: q.Get("id")},
		Kind: documents.Kind(q.Get("kind")), Note: q.Get("note")}
	cmd.File, err = io.ReadAll(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Attach{}, httpkit.ErrBodySize.At("$", "at most %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return Attach{}, fmt.Errorf("read the document: %w: %w", err, httpkit.ErrInterrupted)
	}
	return cmd, nil
}

func decodeAttachments(ctx context.Context, r *http.Request) (AttachedTo, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return AttachedTo{}, err
	}
	q, err := httpkit.Query(r, "subject", "id")
	return AttachedTo{by, documents.Subject{Kind: documents.SubjectKind(q.Get("subject")), ID: q.Get("id")}}, err
}

func decodeDocument(ctx context.Context, r *http.Request) (ReadDocument, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ReadDocument{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return ReadDocument{}, err
	}
	h, err := documents.ParseHash(id)
	return ReadDocument{by, h}, err
}

type ruleWire struct {
	Subject documents.SubjectKind `json:"subject"`
	Kind    documents.Kind        `json:"kind"`
	Method  string                `json:"method,omitempty"`
	Above   money.Amount          `json:"above,omitzero"`
}

type rulesWire struct {
	Rules []ruleWire `json:"rules"`
}

func decodeRules(ctx context.Context, r *http.Request) (SetDocumentRules, error) {
	o, b, err := access.Command[rulesWire](ctx, r, access.OrderOf)
	cmd := SetDocumentRules{By: o.By, Key: o.Key}
	for _, rule := range b.Rules {
		cmd.Rules = append(cmd.Rules, documents.Rule(rule))
	}
	return cmd, err
}

func wireOfRules(rules []documents.Rule) rulesWire {
	w := rulesWire{Rules: []ruleWire{}}
	for _, r := range rules {
		w.Rules = append(w.Rules, ruleWire(r))
	}
	return w
}

type attachmentWire struct {
	Hash    string                `json:"hash"`
	Subject documents.SubjectKind `json:"subject"`
	ID      string                `json:"id"`
	Kind    documents.Kind        `json:"kind"`
	Type    documents.Type        `json:"type"`
	Bytes   int64                 `json:"bytes"`
	Note    string                `json:"note,omitempty"`
	At      time.Time             `json:"at"`
	Entry   uint64                `json:"entry,string"`
}

func wireOfAttachment(a documents.Attachment) attachmentWire {
	return attachmentWire{a.Document.Hash.String(), a.Subject.Kind, a.Subject.ID, a.Kind, a.Document.Type, a.Document.Size, a.Note, a.At, a.Entry}
}

type attachmentsWire struct {
	Items []attachmentWire `json:"items"`
}

func wireOfAttachments(as []documents.Attachment) attachmentsWire {
	w := attachmentsWire{Items: []attachmentWire{}}
	for _, a := range as {
		w.Items = append(w.Items, wireOfAttachment(a))
	}
	return w
}

// contentOf offers the document to be saved, never to be shown in the page of
// this server: a file of others must not run here.
func contentOf(c Content) httpkit.Content {
	return httpkit.Content{Type: string(c.Type), Filename: string(c.Kind) + "-" + c.Hash.String()[:12] + c.Type.Extension(),
		Write: func(w io.Writer) error {
			_, err := w.Write(c.Bytes)
			return err
		}}
}
