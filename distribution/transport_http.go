package distribution

import (
	"net/http"
	"time"

	"github.com/jate-cva/jate/internal/httpkit"
)

// slowly is how long an upload, a print or the issue of a lot may take.
const slowly = 15 * time.Minute

// Routes adds the service's routes to mux. All stand behind staff, which puts
// the actor into the request's context.
func Routes(mux *http.ServeMux, e Endpoints, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	for _, routes := range []map[string]http.Handler{moneyRoutes(e, opts), listRoutes(e, opts), roundRoutes(e, opts), paperRoutes(e, opts), exportRoutes(e, opts)} {
		for pattern, h := range routes {
			mux.Handle(pattern, staff(h))
		}
	}
}

// handle serves an endpoint whose result is shown in its wire form.
func handle[C, R, W any](e httpkit.Endpoint[C, R], show func(R) W, decode decoder[C], status int, opts []httpkit.Option) http.Handler {
	return httpkit.Handler(httpkit.Present(e, show), decode, status, opts...)
}

func with(opts []httpkit.Option, more ...httpkit.Option) []httpkit.Option {
	return append(append([]httpkit.Option{}, opts...), more...)
}

func moneyRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	return map[string]http.Handler{
		"POST /api/v1/programmes":                 handle(e.CreateProgramme, wireOfProgramme, decodeProgramme, http.StatusCreated, opts),
		"GET /api/v1/programmes":                  handle(e.Programme, wireOfOwnProgramme, decodeQuery, http.StatusOK, opts),
		"POST /api/v1/funds":                      handle(e.CreateFund, wireOfFund, decodeFund, http.StatusCreated, opts),
		"GET /api/v1/funds":                       handle(e.Funds, wireList(wireOfFundView), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/funds/{id}/receipts":        handle(e.ReceiveFund, wireOfFundReceipt, decodeFundReceipt, http.StatusCreated, opts),
		"POST /api/v1/funds/{id}/return":          handle(e.PrepareGiveBack, wireOfFund, decodeGiveBack, http.StatusCreated, opts),
		"POST /api/v1/funds/{id}/return/approval": handle(e.ApproveGiveBack, wireOfFund, decodeReturnApproval, http.StatusOK, opts),
		"POST /api/v1/funds/{id}/readers":         handle(e.NameReader, wireOfFund, decodeNameReader, http.StatusOK, opts),
	}
}

func listRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	upload := with(opts, httpkit.MaxBody(uploadMax), httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/lists":                       spooled(handle(e.ImportList, wireAsIs, decodeList, http.StatusOK, upload)),
		"GET /api/v1/imports":                      handle(e.Imports, wireList(wireOfImport), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/imports/{id}/abandonment":    handle(e.AbandonImport, wireOfImport, decodeAbandon, http.StatusOK, opts),
		"GET /api/v1/duplicates":                   handle(e.Duplicates, wireOfDuplicates, decodeDuplicates, http.StatusOK, opts),
		"POST /api/v1/duplicates/{a}/{b}/decision": handle(e.DecideDuplicate, wireOfDuplicate, decodeDecision, http.StatusOK, opts),
		"POST /api/v1/places":                      spooled(handle(e.LoadPlaces, wireOfPlaces, decodePlaces, http.StatusOK, upload)),
		"GET /api/v1/points":                       handle(e.Points, wireList(wireOfPoint), decodeQuery, http.StatusOK, opts),
		"GET /api/v1/points/suggestions":           handle(e.SuggestPoints, wireList(wireOfSuggestion), decodeQuery, http.StatusOK, with(opts, httpkit.Within(slowly))),
		"PUT /api/v1/points/{id}":                  handle(e.SetPoint, wireOfPointView, decodePoint, http.StatusOK, with(opts, httpkit.Within(slowly))),
		"GET /api/v1/households":                   handle(e.Households, wireOfHouseholds, decodeHouseholds, http.StatusOK, opts),
		"GET /api/v1/households/{id}":              handle(e.Household, wireOfHousehold, decodeHousehold, http.StatusOK, opts),
		"POST /api/v1/households/search":           handle(e.FindHouseholds, wireList(wireOfHousehold), decodeSearch, http.StatusOK, opts),
		"POST /api/v1/households/{id}/erasure":     httpkit.Handler(e.Forget, decodeForget, http.StatusNoContent, opts...),
	}
}

func roundRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	slow := with(opts, httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/rounds":                      handle(e.CreateRound, wireOfRound, decodeRound, http.StatusCreated, opts),
		"POST /api/v1/rounds/{id}/named":           handle(e.NamePerson, wireOfRound, decodeNamePerson, http.StatusOK, opts),
		"GET /api/v1/rounds":                       handle(e.Rounds, wireList(wireOfRound), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/rounds/{id}/allocations":     handle(e.Allocate, wireOfRound, decodeAllocation, http.StatusCreated, opts),
		"POST /api/v1/rounds/{id}/lots":            handle(e.PrepareLot, wireOfLot, decodePrepareLot, http.StatusCreated, slow),
		"GET /api/v1/rounds/{id}/lots":             handle(e.Lots, wireList(wireOfLotShort), decodeLots, http.StatusOK, opts),
		"POST /api/v1/rounds/{id}/end-of-sales":    handle(e.EndSales, wireOfRound, decodeChangeRound, http.StatusOK, opts),
		"POST /api/v1/rounds/{id}/close":           handle(e.CloseRound, wireOfRound, decodeChangeRound, http.StatusOK, slow),
		"POST /api/v1/rounds/{id}/return":          handle(e.PrepareReturn, wireOfRound, decodeReturn, http.StatusCreated, opts),
		"POST /api/v1/rounds/{id}/return/approval": handle(e.ApproveReturn, wireOfRound, decodeReturnApproval, http.StatusOK, opts),
		"GET /api/v1/rounds/{id}/summary":          handle(e.Summary, wireOfSummary, decodeReadRound, http.StatusOK, slow),
		"GET /api/v1/lots/{id}":                    handle(e.Lot, wireOfLot, decodeReadLot, http.StatusOK, opts),
		"POST /api/v1/lots/{id}/approvals":         handle(e.ApproveLot, wireOfLot, decodeApproveLot, http.StatusOK, slow),
		"POST /api/v1/lots/{id}/issue":             handle(e.IssueLot, wireOfLot, decodeIssueLot, http.StatusOK, slow),
		"POST /api/v1/lots/{id}/inclusions":        handle(e.Include, wireList(wireOfProposal), decodeInclude, http.StatusCreated, opts),
	}
}

func paperRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	slow := with(opts, httpkit.Within(slowly))
	return map[string]http.Handler{
		"GET /api/v1/rounds/{id}/cards.pdf":  handle(e.PrintCards, pdfOf, decodePrintRound, http.StatusOK, slow),
		"GET /api/v1/lots/{id}/cards.pdf":    handle(e.PrintCards, pdfOf, decodePrintLot, http.StatusOK, slow),
		"GET /api/v1/lots/{id}/handover.pdf": handle(e.PrintHandOver, pdfOf, decodePrintLot, http.StatusOK, slow),
		"GET /api/v1/lots/{id}/packing.pdf":  handle(e.PrintPackingList, pdfOf, decodePrintLot, http.StatusOK, slow),
	}
}

func pdfOf(d Document) httpkit.Content {
	return httpkit.Content{Type: "application/pdf", Filename: d.Filename, Write: d.Write}
}
