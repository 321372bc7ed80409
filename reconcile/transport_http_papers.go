package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/internal/httpkit"
)

func decodePaperOf(ctx context.Context, r *http.Request) (AttachToCase, error) {
	q, err := decodeCase(ctx, r)
	if err != nil {
		return AttachToCase{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return AttachToCase{}, err
	}
	v, err := httpkit.Query(r, "kind", "note")
	if err != nil {
		return AttachToCase{}, err
	}
	cmd := AttachToCase{By: q.By, Key: key, Case: q.ID, Kind: documents.Kind(v.Get("kind")), Note: v.Get("note")}
	cmd.File, err = io.ReadAll(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return AttachToCase{}, httpkit.ErrBodySize.At("$", "at most %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return AttachToCase{}, fmt.Errorf("read the document: %w: %w", err, httpkit.ErrInterrupted)
	}
	return cmd, nil
}

type paperWire struct {
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

func wireOfPaper(a documents.Attachment) paperWire {
	return paperWire{a.Document.Hash.String(), a.Subject.Kind, a.Subject.ID, a.Kind, a.Document.Type, a.Document.Size, a.Note, a.At, a.Entry}
}
