package feedback

import (
	"context"
	"io"
	"net/http"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

type deskWire struct {
	Hotline string `json:"hotline"`
	Where   string `json:"where"`
	Lang    string `json:"lang"`
}

func decodePrintSlips(ctx context.Context, r *http.Request) (PrintSlips, error) {
	o, b, err := access.Command[struct {
		Count int `json:"count"`
		deskWire
	}](ctx, r, access.OrderOf)
	return PrintSlips{By: o.By, Key: o.Key, Count: b.Count, Desk: Desk(b.deskWire)}, err
}

// decodeSlip reads a question that is posted, so that the code is in no address.
func decodeSlip(ctx context.Context, r *http.Request) (ComplaintSlip, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ComplaintSlip{}, err
	}
	b, err := httpkit.Body[struct {
		Code string `json:"code"`
		deskWire
	}](r)
	return ComplaintSlip{By: by, Code: b.Code, Desk: Desk(b.deskWire)}, err
}

func pdfOfSlips(b Slips) httpkit.Content { return pdfOfSlip(b.PDF) }

func pdfOfSlip(pdf []byte) httpkit.Content {
	return httpkit.Content{Type: "application/pdf", Filename: "slips.pdf", Write: func(w io.Writer) error {
		_, err := w.Write(pdf)
		return err
	}}
}
