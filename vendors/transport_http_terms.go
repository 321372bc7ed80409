package vendors

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

type bandWire struct {
	UpToKm int          `json:"up_to_km"`
	Amount money.Amount `json:"amount"`
}

type termWire struct {
	Name        string       `json:"name"`
	Kind        TermKind     `json:"kind"`
	BasisPoints int          `json:"basis_points,omitempty"`
	On          Base         `json:"on,omitempty"`
	PerSale     money.Amount `json:"per_sale,omitzero"`
	PerRound    money.Amount `json:"per_round,omitzero"`
	Bands       []bandWire   `json:"bands,omitempty"`
}

type termsWire struct {
	Vendor   ID         `json:"vendor"`
	Version  int        `json:"version"`
	From     time.Time  `json:"from"`
	Km       int        `json:"km"`
	Lines    []termWire `json:"lines"`
	Digest   string     `json:"digest"`
	Approved bool       `json:"approved"`
}

func wireOfTerms(t Terms) termsWire {
	w := termsWire{t.Vendor, t.Version, t.From, t.Km, []termWire{}, fmt.Sprintf("%x", t.Digest), t.ApprovedBy != ""}
	for _, l := range t.Lines {
		x := termWire{l.Name, l.Kind, l.BasisPoints, l.On, l.PerSale, l.PerRound, nil}
		for _, b := range l.Bands {
			x.Bands = append(x.Bands, bandWire(b))
		}
		w.Lines = append(w.Lines, x)
	}
	return w
}

func decodeTerms(ctx context.Context, r *http.Request) (SetTerms, error) {
	o, b, err := access.Command[struct {
		From  time.Time  `json:"from"`
		Km    int        `json:"km"`
		Lines []termWire `json:"lines"`
	}](ctx, r, access.OrderOn)
	cmd := SetTerms{By: o.By, Key: o.Key, Vendor: ID(o.ID), From: b.From, Km: b.Km}
	for _, l := range b.Lines {
		t := Term{l.Name, l.Kind, l.BasisPoints, l.On, l.PerSale, l.PerRound, nil}
		for _, band := range l.Bands {
			t.Bands = append(t.Bands, Band(band))
		}
		cmd.Lines = append(cmd.Lines, t)
	}
	return cmd, err
}

// digestBody is the body of an approval.
type digestBody struct {
	Digest string `json:"digest"`
}

func (b digestBody) digest() (d [32]byte, err error) {
	p, err := hex.DecodeString(b.Digest)
	if err != nil || len(p) != len(d) {
		return d, httpkit.ErrBody.At("$.digest", "64 hexadecimal digits, as they are shown")
	}
	return [32]byte(p), nil
}

func decodeApproveTerms(ctx context.Context, r *http.Request) (ApproveTerms, error) {
	o, b, err := access.Command[digestBody](ctx, r, access.OrderOn)
	if err != nil {
		return ApproveTerms{}, err
	}
	d, err := b.digest()
	return ApproveTerms{o.By, o.Key, ID(o.ID), d}, err
}

type chargeLineWire struct {
	Name   string       `json:"name"`
	Kind   TermKind     `json:"kind"`
	Base   money.Amount `json:"base"`
	Amount money.Amount `json:"amount"`
}

type chargesWire struct {
	Items []chargeLineWire `json:"items"`
}

func wireOfCharges(lines []ChargeLine) chargesWire {
	w := chargesWire{Items: []chargeLineWire{}}
	for _, l := range lines {
		w.Items = append(w.Items, chargeLineWire(l))
	}
	return w
}

type installmentWire struct {
	Due    time.Time    `json:"due"`
	Amount money.Amount `json:"amount"`
}
