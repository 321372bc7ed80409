package vendors

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

func decodeID(ctx context.Context, r *http.Request) (ByID, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ByID{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return ByID{By: by, ID: id}, err
}

func decodeList(ctx context.Context, r *http.Request) (List, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return List{}, err
	}
	after, limit, err := httpkit.PageQuery(r)
	return List{By: by, After: after, Limit: limit}, err
}

func decodeLines(ctx context.Context, r *http.Request) (LinesOf, error) {
	q, err := decodeID(ctx, r)
	if err != nil {
		return LinesOf{}, err
	}
	after, limit, err := httpkit.PageQuery(r)
	if err != nil {
		return LinesOf{}, err
	}
	n := 0
	if after != "" {
		if n, err = strconv.Atoi(after); err != nil || n < 0 {
			return LinesOf{}, httpkit.ErrQuery.At("query.cursor", "not a cursor of this list")
		}
	}
	return LinesOf{By: q.By, Claim: ClaimID(q.ID), After: n, Limit: limit}, nil
}

func decodeRegister(ctx context.Context, r *http.Request) (RegisterVendor, error) {
	o, b, err := access.Command[struct {
		ID        ID           `json:"id"`
		Name      string       `json:"name"`
		Zone      string       `json:"zone"`
		Village   string       `json:"village"`
		PlaceCode string       `json:"place_code"`
		Contract  contractWire `json:"contract"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return RegisterVendor{}, err
	}
	c, err := b.Contract.contract()
	return RegisterVendor{o.By, o.Key, b.ID, b.Name, b.Zone, b.Village, b.PlaceCode, c}, err
}

func decodeSuspend(ctx context.Context, r *http.Request) (SuspendVendor, error) {
	o, b, err := access.Command[struct {
		Suspended bool   `json:"suspended"`
		Reason    string `json:"reason"`
	}](ctx, r, access.OrderOn)
	return SuspendVendor{o.By, o.Key, ID(o.ID), b.Suspended, b.Reason}, err
}

func decodePrices(ctx context.Context, r *http.Request) (SetPrices, error) {
	o, b, err := access.Command[struct {
		From  time.Time  `json:"from"`
		Items []itemWire `json:"items"`
	}](ctx, r, access.OrderOn)
	cmd := SetPrices{By: o.By, Key: o.Key, Vendor: ID(o.ID), From: b.From}
	for _, it := range b.Items {
		cmd.Items = append(cmd.Items, Item(it))
	}
	return cmd, err
}

func decodeZone(ctx context.Context, r *http.Request) (SetZone, error) {
	o, b, err := access.Command[struct {
		Policy policyWire `json:"policy"`
	}](ctx, r, access.OrderOn)
	return SetZone{o.By, o.Key, o.ID, Policy(b.Policy)}, err
}

func decodeInvite(ctx context.Context, r *http.Request) (InviteHandheld, error) {
	o, b, err := access.Command[struct {
		Purpose Purpose `json:"purpose"`
		Vendor  ID      `json:"vendor"`
		Zone    string  `json:"zone"`
	}](ctx, r, access.OrderOf)
	return InviteHandheld{o.By, o.Key, b.Purpose, b.Vendor, b.Zone}, err
}

func decodeEnrol(_ context.Context, r *http.Request) (EnrolHandheld, error) {
	b, err := httpkit.Body[struct {
		Code      string `json:"code"`
		PublicKey string `json:"public_key"`
		Signature string `json:"signature"`
	}](r)
	if err != nil {
		return EnrolHandheld{}, err
	}
	key, keyErr := base64.RawURLEncoding.Strict().DecodeString(b.PublicKey)
	sig, sigErr := base64.RawURLEncoding.Strict().DecodeString(b.Signature)
	if err := errors.Join(keyErr, sigErr); err != nil {
		return EnrolHandheld{}, httpkit.ErrBody.At("$", "public_key and signature must be base64url without padding")
	}
	return EnrolHandheld{Code: b.Code, PublicKey: key, Signature: sig}, nil
}

// nothing is a body of no fields: {}.
type nothing struct{}

func decodeActivate(ctx context.Context, r *http.Request) (ActivateHandheld, error) {
	o, _, err := access.Command[nothing](ctx, r, access.OrderOn)
	return ActivateHandheld{o.By, o.Key, HandheldID(o.ID)}, err
}

func decodeRevoke(ctx context.Context, r *http.Request) (RevokeHandheld, error) {
	o, b, err := access.Command[struct {
		LostAt time.Time `json:"lost_at"`
	}](ctx, r, access.OrderOn)
	return RevokeHandheld{o.By, o.Key, HandheldID(o.ID), b.LostAt}, err
}

func decodeReplace(ctx context.Context, r *http.Request) (ReplaceHandheld, error) {
	o, b, err := access.Command[struct {
		By     HandheldID `json:"by"`
		LostAt time.Time  `json:"lost_at"`
	}](ctx, r, access.OrderOn)
	return ReplaceHandheld{o.By, o.Key, HandheldID(o.ID), b.By, b.LostAt}, err
}

func decodePrepareClaim(ctx context.Context, r *http.Request) (PrepareClaim, error) {
	o, b, err := access.Command[struct {
		Vendor ID     `json:"vendor"`
		Round  string `json:"round"`
	}](ctx, r, access.OrderOf)
	return PrepareClaim{o.By, o.Key, b.Vendor, b.Round}, err
}

// file reads an uploaded file. What it is, its content says.
func file(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, httpkit.ErrBodySize.At("$", "at most %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read the file: %w: %w", err, httpkit.ErrInterrupted)
	}
	return b, nil
}

func decodeInvoice(ctx context.Context, r *http.Request) (BringInvoice, error) {
	o, err := access.OrderOn(ctx, r)
	if err != nil {
		return BringInvoice{}, err
	}
	q, err := httpkit.Query(r, "round", "number", "asset")
	if err != nil {
		return BringInvoice{}, err
	}
	cmd := BringInvoice{By: o.By, Key: o.Key, Vendor: ID(o.ID), Round: q.Get("round"), Number: q.Get("number")}
	if text := q.Get("asset"); text != "" {
		if cmd.Asset, err = money.ParseAsset(text); err != nil {
			return BringInvoice{}, httpkit.ErrQuery.At("query.asset", "a commodity with its digits, such as RICE-KG/2")
		}
	}
	cmd.File, err = file(r)
	return cmd, err
}

func decodeAccept(ctx context.Context, r *http.Request) (AcceptClaim, error) {
	o, b, err := access.Command[struct {
		VendorProof string `json:"vendor_proof"`
	}](ctx, r, access.OrderOn)
	return AcceptClaim{By: o.By, Key: o.Key, Claim: ClaimID(o.ID), VendorProof: b.VendorProof}, err
}

// reason is the body of a refusal.
type reason struct {
	Reason string `json:"reason"`
}

func decodeRefuseClaim(ctx context.Context, r *http.Request) (RefuseClaim, error) {
	o, b, err := access.Command[reason](ctx, r, access.OrderOn)
	return RefuseClaim{o.By, o.Key, ClaimID(o.ID), b.Reason}, err
}

func decodeSettlement(ctx context.Context, r *http.Request) (PrepareSettlement, error) {
	o, b, err := access.Command[struct {
		Method  string `json:"method"`
		Bank    string `json:"bank"`
		Vendors []ID   `json:"vendors"`
	}](ctx, r, access.OrderOf)
	return PrepareSettlement{o.By, o.Key, b.Method, b.Bank, b.Vendors}, err
}

func decodeApproval(ctx context.Context, r *http.Request) (ApproveSettlement, error) {
	o, b, err := access.Command[struct {
		Digest string `json:"digest"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return ApproveSettlement{}, err
	}
	d, err := readDigest(b.Digest)
	return ApproveSettlement{By: o.By, Key: o.Key, Settlement: o.ID, Digest: d}, err
}

// readDigest reads the digest of what somebody has looked at.
func readDigest(text string) (d [32]byte, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(d) {
		return d, httpkit.ErrBody.At("$.digest", "64 hexadecimal digits, as they are shown")
	}
	return [32]byte(b), nil
}

func decodeRefuseSettlement(ctx context.Context, r *http.Request) (RefuseSettlement, error) {
	o, b, err := access.Command[reason](ctx, r, access.OrderOn)
	return RefuseSettlement{o.By, o.Key, o.ID, b.Reason}, err
}

func decodeResults(ctx context.Context, r *http.Request) (ImportResults, error) {
	o, err := access.OrderOn(ctx, r)
	if err != nil {
		return ImportResults{}, err
	}
	b, err := file(r)
	return ImportResults{o.By, o.Key, o.ID, b}, err
}

func decodePayments(ctx context.Context, r *http.Request) (PaymentFile, error) {
	q, err := decodeID(ctx, r)
	if err != nil {
		return PaymentFile{}, err
	}
	form, err := httpkit.Query(r, "template")
	if err == nil && form.Get("template") == FilePain001 {
		err = ErrTemplate
	}
	return PaymentFile{By: q.By, Settlement: q.ID, Template: form.Get("template")}, err
}

func decodeOrder(ctx context.Context, r *http.Request) (PaymentFile, error) {
	q, err := decodeID(ctx, r)
	return PaymentFile{By: q.By, Settlement: q.ID, Template: FilePain001}, err
}

func decodeAdvance(ctx context.Context, r *http.Request) (PrepareAdvance, error) {
	o, b, err := access.Command[struct {
		Vendor   ID                `json:"vendor"`
		Amount   money.Amount      `json:"amount"`
		Permille int               `json:"permille"`
		Plan     []installmentWire `json:"plan"`
		Bank     string            `json:"bank"`
	}](ctx, r, access.OrderOf)
	cmd := PrepareAdvance{By: o.By, Key: o.Key, Vendor: b.Vendor, Amount: b.Amount, Permille: b.Permille, Bank: b.Bank}
	for _, p := range b.Plan {
		cmd.Plan = append(cmd.Plan, Installment{p.Due.UTC(), p.Amount})
	}
	return cmd, err
}

func decodeApproveAdvance(ctx context.Context, r *http.Request) (ApproveAdvance, error) {
	o, b, err := access.Command[struct {
		Digest string `json:"digest"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return ApproveAdvance{}, err
	}
	d, err := readDigest(b.Digest)
	return ApproveAdvance{o.By, o.Key, o.ID, d}, err
}
