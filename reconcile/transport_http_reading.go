package reconcile

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func decodeRead(ctx context.Context, r *http.Request) (ReadLines, error) {
	o, b, err := access.Command[struct {
		Lines   []int    `json:"lines"`
		Entries []string `json:"entries"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return ReadLines{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return ReadLines{}, err
	}
	cmd := ReadLines{By: o.By, Key: o.Key, Claim: vendors.ClaimID(id), Lines: b.Lines}
	for i, text := range b.Entries {
		seq, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return ReadLines{}, vendors.ErrClaimLine.At(fmt.Sprintf("$.entries[%d]", i), "the sequence of an entry, in decimal digits")
		}
		cmd.Entries = append(cmd.Entries, seq)
	}
	return cmd, nil
}

// readWire is a claim of which lines were read.
type readWire struct {
	Claim   vendors.ClaimID    `json:"claim"`
	State   vendors.ClaimState `json:"state"`
	Claimed money.Amount       `json:"claimed"`
	Lines   int                `json:"lines"`
}

func wireOfRead(c vendors.Claim) readWire { return readWire{c.ID, c.State, c.Claimed, c.Lines} }
