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
	for _, routes := range []map[string]http.Handler{moneyRoutes(e, opts), listRoutes(e, opts), roundRoutes(e, opts), paperRoutes(e, opts), exportRoutes(e, opts), presenceRoutes(e, opts), marketRoutes(e, opts)} {
		for pattern, h := range routes {
			mux.Handle(pattern, staff(h))
		}
	}
}

// handle serves an endpoint whose result is shown in its wire form.
func with(opts []httpkit.Option, more ...httpkit.Option) []httpkit.Option {
	return append(append([]httpkit.Option{}, opts...), more...)
}

func moneyRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	return map[string]http.Handler{
		"POST /api/v1/programmes":                 httpkit.Shown(e.CreateProgramme, wireOfProgramme, decodeProgramme, http.StatusCreated, opts),
		"GET /api/v1/programmes":                  httpkit.Shown(e.Programme, wireOfOwnProgramme, decodeQuery, http.StatusOK, opts),
		"POST /api/v1/funds":                      httpkit.Shown(e.CreateFund, wireOfFund, decodeFund, http.StatusCreated, opts),
		"GET /api/v1/funds":                       httpkit.Shown(e.Funds, wireList(wireOfFundView), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/funds/{id}/receipts":        httpkit.Shown(e.ReceiveFund, wireOfFundReceipt, decodeFundReceipt, http.StatusCreated, opts),
		"POST /api/v1/funds/{id}/return":          httpkit.Shown(e.PrepareGiveBack, wireOfFund, decodeGiveBack, http.StatusCreated, opts),
		"POST /api/v1/funds/{id}/return/approval": httpkit.Shown(e.ApproveGiveBack, wireOfFund, decodeReturnApproval, http.StatusOK, opts),
		"POST /api/v1/funds/{id}/readers":         httpkit.Shown(e.NameReader, wireOfFund, decodeNameReader, http.StatusOK, opts),
	}
}

func listRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	upload := with(opts, httpkit.MaxBody(uploadMax), httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/lists":                       spooled(httpkit.Shown(e.ImportList, wireAsIs, decodeList, http.StatusOK, upload)),
		"GET /api/v1/imports":                      httpkit.Shown(e.Imports, wireList(wireOfImport), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/imports/{id}/abandonment":    httpkit.Shown(e.AbandonImport, wireOfImport, decodeAbandon, http.StatusOK, opts),
		"GET /api/v1/duplicates":                   httpkit.Shown(e.Duplicates, wireOfDuplicates, decodeDuplicates, http.StatusOK, opts),
		"POST /api/v1/duplicates/{a}/{b}/decision": httpkit.Shown(e.DecideDuplicate, wireOfDuplicate, decodeDecision, http.StatusOK, opts),
		"POST /api/v1/places":                      spooled(httpkit.Shown(e.LoadPlaces, wireOfPlaces, decodePlaces, http.StatusOK, upload)),
		"GET /api/v1/points":                       httpkit.Shown(e.Points, wireList(wireOfPoint), decodeQuery, http.StatusOK, opts),
		"GET /api/v1/points/suggestions":           httpkit.Shown(e.SuggestPoints, wireList(wireOfSuggestion), decodeQuery, http.StatusOK, with(opts, httpkit.Within(slowly))),
		"PUT /api/v1/points/{id}":                  httpkit.Shown(e.SetPoint, wireOfPointView, decodePoint, http.StatusOK, with(opts, httpkit.Within(slowly))),
		"GET /api/v1/households":                   httpkit.Shown(e.Households, wireOfHouseholds, decodeHouseholds, http.StatusOK, opts),
		"GET /api/v1/households/{id}":              httpkit.Shown(e.Household, wireOfHousehold, decodeHousehold, http.StatusOK, opts),
		"POST /api/v1/households/search":           httpkit.Shown(e.FindHouseholds, wireList(wireOfHousehold), decodeSearch, http.StatusOK, opts),
		"POST /api/v1/households/{id}/erasure":     httpkit.Handler(e.Forget, decodeForget, http.StatusNoContent, opts...),
	}
}

func roundRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	slow := with(opts, httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/rounds":                      httpkit.Shown(e.CreateRound, wireOfRound, decodeRound, http.StatusCreated, opts),
		"POST /api/v1/rounds/{id}/named":           httpkit.Shown(e.NamePerson, wireOfRound, decodeNamePerson, http.StatusOK, opts),
		"GET /api/v1/rounds":                       httpkit.Shown(e.Rounds, wireList(wireOfRound), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/rounds/{id}/allocations":     httpkit.Shown(e.Allocate, wireOfRound, decodeAllocation, http.StatusCreated, opts),
		"POST /api/v1/rounds/{id}/lots":            httpkit.Shown(e.PrepareLot, wireOfLot, decodePrepareLot, http.StatusCreated, slow),
		"GET /api/v1/rounds/{id}/lots":             httpkit.Shown(e.Lots, wireList(wireOfLotShort), decodeLots, http.StatusOK, opts),
		"POST /api/v1/rounds/{id}/end-of-sales":    httpkit.Shown(e.EndSales, wireOfRound, decodeChangeRound, http.StatusOK, opts),
		"POST /api/v1/rounds/{id}/close":           httpkit.Shown(e.CloseRound, wireOfRound, decodeChangeRound, http.StatusOK, slow),
		"POST /api/v1/rounds/{id}/return":          httpkit.Shown(e.PrepareReturn, wireOfRound, decodeReturn, http.StatusCreated, opts),
		"POST /api/v1/rounds/{id}/return/approval": httpkit.Shown(e.ApproveReturn, wireOfRound, decodeReturnApproval, http.StatusOK, opts),
		"GET /api/v1/rounds/{id}/summary":          httpkit.Shown(e.Summary, wireOfSummary, decodeReadRound, http.StatusOK, slow),
		"GET /api/v1/lots/{id}":                    httpkit.Shown(e.Lot, wireOfLot, decodeReadLot, http.StatusOK, opts),
		"POST /api/v1/lots/{id}/approvals":         httpkit.Shown(e.ApproveLot, wireOfLot, decodeApproveLot, http.StatusOK, slow),
		"POST /api/v1/lots/{id}/issue":             httpkit.Shown(e.IssueLot, wireOfLot, decodeIssueLot, http.StatusOK, slow),
		"POST /api/v1/lots/{id}/inclusions":        httpkit.Shown(e.Include, wireList(wireOfProposal), decodeInclude, http.StatusCreated, opts),
	}
}

func paperRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	slow := with(opts, httpkit.Within(slowly))
	return map[string]http.Handler{
		"GET /api/v1/rounds/{id}/cards.pdf":  httpkit.Shown(e.PrintCards, pdfOf, decodePrintRound, http.StatusOK, slow),
		"GET /api/v1/lots/{id}/cards.pdf":    httpkit.Shown(e.PrintCards, pdfOf, decodePrintLot, http.StatusOK, slow),
		"GET /api/v1/lots/{id}/handover.pdf": httpkit.Shown(e.PrintHandOver, pdfOf, decodePrintLot, http.StatusOK, slow),
		"GET /api/v1/lots/{id}/packing.pdf":  httpkit.Shown(e.PrintPackingList, pdfOf, decodePrintLot, http.StatusOK, slow),
	}
}

func pdfOf(d Document) httpkit.Content {
	return httpkit.Content{Type: "application/pdf", Filename: d.Filename, Write: d.Write}
}
