package distribution

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/voucher"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	CreateProgramme  httpkit.Endpoint[CreateProgramme, Programme]
	Programme        httpkit.Endpoint[Query, Programme]
	CreateFund       httpkit.Endpoint[CreateFund, Fund]
	ReceiveFund      httpkit.Endpoint[ReceiveFund, FundReceipt]
	Funds            httpkit.Endpoint[Query, []FundView]
	PrepareGiveBack  httpkit.Endpoint[PrepareGiveBack, Fund]
	ApproveGiveBack  httpkit.Endpoint[ApproveReturn, Fund]
	NameReader       httpkit.Endpoint[NameReader, Fund]
	ImportList       httpkit.Endpoint[ImportList, ImportReport]
	AbandonImport    httpkit.Endpoint[AbandonImport, Import]
	Imports          httpkit.Endpoint[Query, []Import]
	Duplicates       httpkit.Endpoint[ListDuplicates, DuplicatePage]
	DecideDuplicate  httpkit.Endpoint[DecideDuplicate, Duplicate]
	LoadPlaces       httpkit.Endpoint[LoadPlaces, LoadedPlaces]
	ImportPresence   httpkit.Endpoint[ImportPresence, PresenceReport]
	PresenceLists    httpkit.Endpoint[Query, []PresenceList]
	WithdrawPresence httpkit.Endpoint[WithdrawPresence, PresenceList]
	ImportCalendar   httpkit.Endpoint[ImportMarket, MarketReport]
	Calendar         httpkit.Endpoint[Query, []Occasion]
	ImportPrices     httpkit.Endpoint[ImportMarket, MarketReport]
	MarketPrices     httpkit.Endpoint[Query, []MarketPrice]
	SetPoint         httpkit.Endpoint[SetPoint, PointView]
	Points           httpkit.Endpoint[Query, []Point]
	SuggestPoints    httpkit.Endpoint[Query, []SuggestedPoint]
	Households       httpkit.Endpoint[ListHouseholds, HouseholdPage]
	Household        httpkit.Endpoint[ReadHousehold, HouseholdView]
	FindHouseholds   httpkit.Endpoint[FindHouseholds, []HouseholdView]
	Forget           httpkit.Endpoint[Forget, struct{}]
	PrepareExport    httpkit.Endpoint[PrepareExport, Export]
	ApproveExport    httpkit.Endpoint[ApproveExport, Export]
	Exports          httpkit.Endpoint[Query, []Export]
	TakeExport       httpkit.Endpoint[TakeExport, Document]
	TraceExport      httpkit.Endpoint[TraceExport, []Traced]
	CreateRound      httpkit.Endpoint[CreateRound, Round]
	NamePerson       httpkit.Endpoint[NamePerson, Round]
	Rounds           httpkit.Endpoint[Query, []Round]
	Allocate         httpkit.Endpoint[Allocate, Round]
	PrepareLot       httpkit.Endpoint[PrepareLot, Lot]
	ApproveLot       httpkit.Endpoint[ApproveLot, Lot]
	IssueLot         httpkit.Endpoint[IssueLot, Lot]
	Lots             httpkit.Endpoint[ListLots, []Lot]
	Lot              httpkit.Endpoint[ReadLot, Lot]
	Include          httpkit.Endpoint[Include, []voucher.Proposal]
	PrintCards       httpkit.Endpoint[Print, Document]
	PrintHandOver    httpkit.Endpoint[Print, Document]
	PrintPackingList httpkit.Endpoint[Print, Document]
	EndSales         httpkit.Endpoint[ChangeRound, Round]
	CloseRound       httpkit.Endpoint[ChangeRound, Round]
	PrepareReturn    httpkit.Endpoint[PrepareReturn, Round]
	ApproveReturn    httpkit.Endpoint[ApproveReturn, Round]
	Summary          httpkit.Endpoint[ReadRound, RoundSummary]
}

// NewEndpoints puts each method behind the middleware that observe returns for
// it, then behind the roles that Roles lists.
func NewEndpoints(s Service, observe func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		CreateProgramme:  guarded(MethodCreateProgramme, s.CreateProgramme, observe),
		Programme:        guarded(MethodProgramme, s.Programme, observe),
		CreateFund:       guarded(MethodCreateFund, s.CreateFund, observe),
		ReceiveFund:      guarded(MethodReceiveFund, s.ReceiveFund, observe),
		Funds:            guarded(MethodFunds, s.Funds, observe),
		PrepareGiveBack:  guarded(MethodPrepareGiveBack, s.PrepareGiveBack, observe),
		ApproveGiveBack:  guarded(MethodApproveGiveBack, s.ApproveGiveBack, observe),
		NameReader:       guarded(MethodNameReader, s.NameReader, observe),
		ImportList:       guarded(MethodImportList, s.ImportList, observe),
		AbandonImport:    guarded(MethodAbandonImport, s.AbandonImport, observe),
		Imports:          guarded(MethodImports, s.Imports, observe),
		Duplicates:       guarded(MethodDuplicates, s.Duplicates, observe),
		DecideDuplicate:  guarded(MethodDecideDuplicate, s.DecideDuplicate, observe),
		LoadPlaces:       guarded(MethodLoadPlaces, s.LoadPlaces, observe),
		ImportPresence:   guarded(MethodImportPresence, s.ImportPresence, observe),
		PresenceLists:    guarded(MethodPresenceLists, s.PresenceLists, observe),
		WithdrawPresence: guarded(MethodWithdrawPresence, s.WithdrawPresence, observe),
		ImportCalendar:   guarded(MethodImportCalendar, s.ImportCalendar, observe),
		Calendar:         guarded(MethodCalendar, s.Calendar, observe),
		ImportPrices:     guarded(MethodImportPrices, s.ImportPrices, observe),
		MarketPrices:     guarded(MethodMarketPrices, s.MarketPrices, observe),
		SetPoint:         guarded(MethodSetPoint, s.SetPoint, observe),
		Points:           guarded(MethodPoints, s.Points, observe),
		SuggestPoints:    guarded(MethodSuggestPoints, s.SuggestPoints, observe),
		Households:       guarded(MethodHouseholds, s.Households, observe),
		Household:        guarded(MethodHousehold, s.Household, observe),
		FindHouseholds:   guarded(MethodFindHouseholds, s.FindHouseholds, observe),
		Forget:           guarded(MethodForget, s.Forget, observe),
		PrepareExport:    guarded(MethodPrepareExport, s.PrepareExport, observe),
		ApproveExport:    guarded(MethodApproveExport, s.ApproveExport, observe),
		Exports:          guarded(MethodExports, s.Exports, observe),
		TakeExport:       guarded(MethodTakeExport, s.TakeExport, observe),
		TraceExport:      guarded(MethodTraceExport, s.TraceExport, observe),
		CreateRound:      guarded(MethodCreateRound, s.CreateRound, observe),
		NamePerson:       guarded(MethodNamePerson, s.NamePerson, observe),
		Rounds:           guarded(MethodRounds, s.Rounds, observe),
		Allocate:         guarded(MethodAllocate, s.Allocate, observe),
		PrepareLot:       guarded(MethodPrepareLot, s.PrepareLot, observe),
		ApproveLot:       guarded(MethodApproveLot, s.ApproveLot, observe),
		IssueLot:         guarded(MethodIssueLot, s.IssueLot, observe),
		Lots:             guarded(MethodLots, s.Lots, observe),
		Lot:              guarded(MethodLot, s.Lot, observe),
		Include:          guarded(MethodInclude, s.Include, observe),
		PrintCards:       guarded(MethodPrintCards, s.PrintCards, observe),
		PrintHandOver:    guarded(MethodPrintHandOver, s.PrintHandOver, observe),
		PrintPackingList: guarded(MethodPrintPackingList, s.PrintPackingList, observe),
		EndSales:         guarded(MethodEndSales, s.EndSales, observe),
		CloseRound:       guarded(MethodCloseRound, s.CloseRound, observe),
		PrepareReturn:    guarded(MethodPrepareReturn, s.PrepareReturn, observe),
		ApproveReturn:    guarded(MethodApproveReturn, s.ApproveReturn, observe),
		Summary:          guarded(MethodSummary, s.Summary, observe),
	}
}

func guarded[C, R any](m Method, fn func(context.Context, C) (R, error), observe func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	return httpkit.Wrap(fn, observe(string(m)), access.Require(Roles[m]...))
}
