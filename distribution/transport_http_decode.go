package distribution

import (
	"cmp"
	"context"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/cards"
)

// question is what every query has: who, and the id in the path.
func question(ctx context.Context, r *http.Request) (access.Actor, string, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return by, "", err
	}
	id, err := httpkit.PathValue(r, "id")
	return by, id, err
}

func decodeQuery(ctx context.Context, r *http.Request) (Query, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return Query{}, err
	}
	_, err = httpkit.Query(r)
	return Query{By: by}, err
}

func decodeProgramme(ctx context.Context, r *http.Request) (CreateProgramme, error) {
	o, b, err := access.Command[struct {
		Name string `json:"name"`
	}](ctx, r, access.OrderOf)
	return CreateProgramme{By: o.By, Key: o.Key, Name: b.Name}, err
}

func decodeFund(ctx context.Context, r *http.Request) (CreateFund, error) {
	o, b, err := access.Command[struct {
		ID         string       `json:"id"`
		Name       string       `json:"name"`
		Donor      string       `json:"donor"`
		Pledged    money.Amount `json:"pledged"`
		PledgedXOF money.Amount `json:"pledged_xof"`
	}](ctx, r, access.OrderOf)
	return CreateFund{o.By, o.Key, b.ID, b.Name, b.Donor, b.Pledged, b.PledgedXOF}, err
}

func decodeFundReceipt(ctx context.Context, r *http.Request) (ReceiveFund, error) {
	o, b, err := access.Command[struct {
		Donor   money.Amount `json:"donor"`
		XOF     money.Amount `json:"xof"`
		Bank    string       `json:"bank"`
		On      time.Time    `json:"on"`
		BankRef string       `json:"bank_reference"`
	}](ctx, r, access.OrderOn)
	return ReceiveFund{o.By, o.Key, o.ID, b.Donor, b.XOF, b.Bank, b.On, b.BankRef}, err
}

func decodeGiveBack(ctx context.Context, r *http.Request) (PrepareGiveBack, error) {
	o, b, err := access.Command[struct {
		Amount money.Amount `json:"amount"`
		Bank   string       `json:"bank"`
	}](ctx, r, access.OrderOn)
	return PrepareGiveBack{o.By, o.Key, o.ID, b.Amount, b.Bank}, err
}

// digestBody is the SHA-256 of what is approved.
type digestBody struct {
	Digest string `json:"digest"`
}

func (b digestBody) sum() ([32]byte, error) {
	raw, err := hex.DecodeString(b.Digest)
	if err != nil || len(raw) != 32 || strings.ToLower(b.Digest) != b.Digest {
		return [32]byte{}, ErrCommand.At("digest", "64 hexadecimal digits in small letters")
	}
	return [32]byte(raw), nil
}

func decodeReturnApproval(ctx context.Context, r *http.Request) (ApproveReturn, error) {
	o, b, err := access.Command[digestBody](ctx, r, access.OrderOn)
	if err != nil {
		return ApproveReturn{}, err
	}
	sum, err := b.sum()
	return ApproveReturn{o.By, o.Key, o.ID, sum}, err
}

func decodeList(ctx context.Context, r *http.Request) (ImportList, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ImportList{}, err
	}
	q, err := httpkit.Query(r, "dry_run", "sheet", "country", "edition")
	if err != nil {
		return ImportList{}, err
	}
	dry, err := flag(q.Get("dry_run"), "dry_run")
	if err != nil {
		return ImportList{}, err
	}
	cmd := ImportList{By: by, DryRun: dry, Edition: q.Get("edition")}
	if !dry {
		if cmd.Key, err = httpkit.IdempotencyKey(r); err != nil {
			return ImportList{}, err
		}
	}
	u, err := receiveUpload(ctx, r)
	cmd.File, cmd.Size = u.file, u.size
	cmd.Options = intake.Options{Sheet: q.Get("sheet"), DefaultCountry: q.Get("country"), Mapping: u.mapping}
	return cmd, err
}

// flag reads a parameter of an address that is true, false or missing.
func flag(text, name string) (bool, error) {
	if text == "" {
		return false, nil
	}
	v, err := strconv.ParseBool(text)
	if err != nil {
		return false, httpkit.ErrQuery.At("query."+name, "true or false")
	}
	return v, nil
}

func decodeAbandon(ctx context.Context, r *http.Request) (AbandonImport, error) {
	o, err := access.OrderOn(ctx, r)
	return AbandonImport{o.By, o.Key, o.ID}, err
}

func decodeDuplicates(ctx context.Context, r *http.Request) (ListDuplicates, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ListDuplicates{}, err
	}
	after, limit, err := httpkit.PageQuery(r, "open")
	if err != nil {
		return ListDuplicates{}, err
	}
	open, err := flag(r.URL.Query().Get("open"), "open")
	return ListDuplicates{By: by, Open: open, After: after, Limit: limit}, err
}

func decodeDecision(ctx context.Context, r *http.Request) (DecideDuplicate, error) {
	o, b, err := access.Command[struct {
		Decision string `json:"decision"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return DecideDuplicate{}, err
	}
	first, err := httpkit.PathValue(r, "a")
	if err != nil {
		return DecideDuplicate{}, err
	}
	second, err := httpkit.PathValue(r, "b")
	return DecideDuplicate{o.By, o.Key, BeneficiaryID(first), BeneficiaryID(second), b.Decision}, err
}

func decodePlaces(ctx context.Context, r *http.Request) (LoadPlaces, error) {
	o, err := access.OrderOf(ctx, r)
	if err != nil {
		return LoadPlaces{}, err
	}
	q, err := httpkit.Query(r, "edition")
	if err != nil {
		return LoadPlaces{}, err
	}
	u, err := receiveUpload(ctx, r)
	return LoadPlaces{By: o.By, Key: o.Key, File: u.file, Size: u.size, Edition: q.Get("edition")}, err
}

func decodePoint(ctx context.Context, r *http.Request) (SetPoint, error) {
	o, b, err := access.Command[struct {
		Name      string   `json:"name"`
		Zone      string   `json:"zone"`
		PlaceCode string   `json:"place_code"`
		Villages  []string `json:"villages"`
	}](ctx, r, access.OrderOn)
	return SetPoint{o.By, o.Key, o.ID, b.Name, b.Zone, b.PlaceCode, b.Villages}, err
}

func decodeHouseholds(ctx context.Context, r *http.Request) (ListHouseholds, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ListHouseholds{}, err
	}
	after, limit, err := httpkit.PageQuery(r, "purpose", "point")
	q := r.URL.Query()
	return ListHouseholds{By: by, Point: q.Get("point"), Purpose: q.Get("purpose"), After: BeneficiaryID(after), Limit: limit}, err
}

func decodeHousehold(ctx context.Context, r *http.Request) (ReadHousehold, error) {
	by, id, err := question(ctx, r)
	if err != nil {
		return ReadHousehold{}, err
	}
	q, err := httpkit.Query(r, "purpose")
	return ReadHousehold{By: by, ID: BeneficiaryID(id), Purpose: q.Get("purpose")}, err
}

func decodeSearch(ctx context.Context, r *http.Request) (FindHouseholds, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return FindHouseholds{}, err
	}
	b, err := httpkit.Body[struct {
		Phone   string `json:"phone"`
		Scheme  string `json:"scheme"`
		Value   string `json:"value"`
		Purpose string `json:"purpose"`
	}](r)
	return FindHouseholds{By: by, Phone: b.Phone, ID: ExternalID{b.Scheme, b.Value}, Purpose: b.Purpose}, err
}

func decodeForget(ctx context.Context, r *http.Request) (Forget, error) {
	o, b, err := access.Command[struct {
		Reason string `json:"reason"`
	}](ctx, r, access.OrderOn)
	return Forget{o.By, o.Key, BeneficiaryID(o.ID), b.Reason}, err
}

func decodeRound(ctx context.Context, r *http.Request) (CreateRound, error) {
	o, b, err := access.Command[struct {
		ID            string       `json:"id"`
		Name          string       `json:"name"`
		Asset         money.Asset  `json:"asset"`
		Ceiling       money.Amount `json:"ceiling"`
		Categories    []string     `json:"categories"`
		Basket        []string     `json:"basket"`
		Rule          ruleWire     `json:"rule"`
		Mode          voucher.Mode `json:"mode"`
		PINAbove      money.Amount `json:"pin_above"`
		Opens         time.Time    `json:"opens"`
		SalesEnd      time.Time    `json:"sales_end"`
		GraceUntil    time.Time    `json:"grace_until"`
		SparePermille int          `json:"spare_permille"`
		ThirdAbove    money.Amount `json:"third_above"`
		EmbargoUntil  time.Time    `json:"embargo_until"`
		Answer        bool         `json:"answer_overlaps"`
	}](ctx, r, access.OrderOf)
	return CreateRound{o.By, o.Key, b.ID, b.Name, b.Asset, b.Ceiling, b.Categories, b.Basket, Rule(b.Rule), b.Mode, b.PINAbove,
		b.Opens, b.SalesEnd, b.GraceUntil, b.SparePermille, b.ThirdAbove, b.EmbargoUntil, b.Answer}, err
}

func decodeAllocation(ctx context.Context, r *http.Request) (Allocate, error) {
	type draw struct {
		Fund        string       `json:"fund"`
		Vouchers    money.Amount `json:"vouchers"`
		Contingency money.Amount `json:"contingency"`
		Fees        money.Amount `json:"fees"`
	}
	o, b, err := access.Command[struct {
		Draws            []draw       `json:"draws"`
		Kilos            money.Amount `json:"kilos"`
		KilosContingency money.Amount `json:"kilos_contingency"`
	}](ctx, r, access.OrderOn)
	cmd := Allocate{By: o.By, Key: o.Key, Round: o.ID, Kilos: b.Kilos, KilosContingency: b.KilosContingency}
	for _, d := range b.Draws {
		cmd.Draws = append(cmd.Draws, Draw(d))
	}
	return cmd, err
}

func decodePrepareLot(ctx context.Context, r *http.Request) (PrepareLot, error) {
	o, b, err := access.Command[struct {
		Points       []string `json:"points"`
		Lot          string   `json:"lot"`
		Coordination string   `json:"coordination"`
	}](ctx, r, access.OrderOn)
	return PrepareLot{o.By, o.Key, o.ID, b.Points, b.Lot, b.Coordination}, err
}

func decodeLots(ctx context.Context, r *http.Request) (ListLots, error) {
	by, id, err := question(ctx, r)
	return ListLots{by, id}, err
}

func decodeReadLot(ctx context.Context, r *http.Request) (ReadLot, error) {
	by, id, err := question(ctx, r)
	return ReadLot{by, id}, err
}

func decodeReadRound(ctx context.Context, r *http.Request) (ReadRound, error) {
	by, id, err := question(ctx, r)
	return ReadRound{by, id}, err
}

func decodeApproveLot(ctx context.Context, r *http.Request) (ApproveLot, error) {
	o, b, err := access.Command[digestBody](ctx, r, access.OrderOn)
	if err != nil {
		return ApproveLot{}, err
	}
	sum, err := b.sum()
	return ApproveLot{o.By, o.Key, o.ID, sum}, err
}

func decodeIssueLot(ctx context.Context, r *http.Request) (IssueLot, error) {
	o, err := access.OrderOn(ctx, r)
	return IssueLot{By: o.By, Key: o.Key, Lot: o.ID}, err
}

func decodeInclude(ctx context.Context, r *http.Request) (Include, error) {
	o, b, err := access.Command[struct {
		Beneficiary BeneficiaryID `json:"beneficiary"`
	}](ctx, r, access.OrderOn)
	return Include{o.By, o.Key, o.ID, b.Beneficiary}, err
}

func decodeChangeRound(ctx context.Context, r *http.Request) (ChangeRound, error) {
	o, err := access.OrderOn(ctx, r)
	return ChangeRound{o.By, o.Key, o.ID}, err
}

func decodeReturn(ctx context.Context, r *http.Request) (PrepareReturn, error) {
	o, b, err := access.Command[struct {
		KeepFees    money.Amount `json:"keep_fees"`
		Contingency bool         `json:"contingency"`
	}](ctx, r, access.OrderOn)
	return PrepareReturn{o.By, o.Key, o.ID, b.KeepFees, b.Contingency}, err
}

var languages = map[string]cards.Lang{"": cards.FrenchEnglish, "fr": cards.French, "en": cards.English}

func decodePrint(ctx context.Context, r *http.Request) (Print, string, error) {
	by, id, err := question(ctx, r)
	if err != nil {
		return Print{}, "", err
	}
	q, err := httpkit.Query(r, "point", "lang", "names", "part")
	if err != nil {
		return Print{}, "", err
	}
	lang, ok := languages[q.Get("lang")]
	if !ok {
		return Print{}, "", httpkit.ErrQuery.At("query.lang", "fr or en")
	}
	part, err := strconv.Atoi(cmp.Or(q.Get("part"), "0"))
	if err != nil || q.Has("part") && part < 1 {
		return Print{}, "", httpkit.ErrQuery.At("query.part", "a number from 1")
	}
	names, err := flag(q.Get("names"), "names")
	return Print{By: by, Point: q.Get("point"), Lang: lang, Names: names, Part: part}, id, err
}

func decodePrintRound(ctx context.Context, r *http.Request) (Print, error) {
	p, id, err := decodePrint(ctx, r)
	p.Round = id
	return p, err
}

func decodePrintLot(ctx context.Context, r *http.Request) (Print, error) {
	p, id, err := decodePrint(ctx, r)
	p.Lot = id
	return p, err
}
