package vendors

import (
	"io"
	"net/http"
	"time"

	"github.com/jate-cva/jate/internal/httpkit"
)

// slowly is how long an upload may take: 16 MiB over a slow line.
const slowly = 10 * time.Minute

// Routes adds the service's routes to mux. Staff routes stand behind staff,
// which puts the actor into the request's context; enrolment needs none.
func Routes(mux *http.ServeMux, e Endpoints, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	mux.Handle("POST /api/v1/enrolments", handle(e.EnrolHandheld, wireOfEnrolment, decodeEnrol, http.StatusCreated, opts))
	for pattern, h := range staffRoutes(e, opts) {
		mux.Handle(pattern, staff(h))
	}
	for pattern, h := range chequeRoutes(e, opts) {
		mux.Handle(pattern, staff(h))
	}
	upload := append(append([]httpkit.Option{}, opts...), httpkit.MaxBody(FileMax), httpkit.Within(slowly))
	for pattern, h := range bankRoutes(e, opts, upload) {
		mux.Handle(pattern, staff(h))
	}
}

// handle serves an endpoint whose result is shown in its wire form.
func handle[C, R, W any](e httpkit.Endpoint[C, R], show func(R) W, decode decoder[C], status int, opts []httpkit.Option) http.Handler {
	return httpkit.Handler(httpkit.Present(e, show), decode, status, opts...)
}

func staffRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	upload := append(append([]httpkit.Option{}, opts...), httpkit.MaxBody(FileMax), httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/vendors":                     handle(e.RegisterVendor, wireOfVendor, decodeRegister, http.StatusCreated, opts),
		"GET /api/v1/vendors":                      handle(e.Vendors, wirePage(wireOfVendor), decodeList, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}":                 handle(e.Vendor, wireOfVendor, decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/suspension":     handle(e.SuspendVendor, wireOfVendor, decodeSuspend, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}/summary":         handle(e.Summary, wireOfSummary, decodeID, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}/prices":          handle(e.Prices, wireOfPrices, decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/prices":         handle(e.SetPrices, wireOfPrices, decodePrices, http.StatusCreated, opts),
		"GET /api/v1/vendors/{id}/terms":           handle(e.Terms, wireOfTerms, decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/terms":          handle(e.SetTerms, wireOfTerms, decodeTerms, http.StatusCreated, opts),
		"POST /api/v1/vendors/{id}/terms/approval": handle(e.ApproveTerms, wireOfTerms, decodeApproveTerms, http.StatusOK, opts),
		"GET /api/v1/claims/{id}/charges":          handle(e.ClaimCharges, wireOfCharges, decodeID, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}/advances":        handle(e.Advances, wirePage(wireOfAdvance), decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/invoices":       handle(e.BringInvoice, wireOfClaim, decodeInvoice, http.StatusCreated, upload),
		"GET /api/v1/zones/{id}":                   handle(e.Zone, wireOfZone, decodeID, http.StatusOK, opts),
		"PUT /api/v1/zones/{id}":                   handle(e.SetZone, wireOfZone, decodeZone, http.StatusOK, opts),

		"POST /api/v1/handhelds":                  handle(e.InviteHandheld, wireOfInvitation, decodeInvite, http.StatusCreated, opts),
		"GET /api/v1/handhelds":                   handle(e.Handhelds, wirePage(wireOfHandheld), decodeList, http.StatusOK, opts),
		"GET /api/v1/handhelds/{id}":              handle(e.Handheld, wireOfHandheld, decodeID, http.StatusOK, opts),
		"POST /api/v1/handhelds/{id}/activation":  handle(e.ActivateHandheld, wireOfHandheld, decodeActivate, http.StatusOK, opts),
		"POST /api/v1/handhelds/{id}/revocation":  handle(e.RevokeHandheld, wireOfHandheld, decodeRevoke, http.StatusOK, opts),
		"POST /api/v1/handhelds/{id}/replacement": handle(e.ReplaceHandheld, wireOfHandheld, decodeReplace, http.StatusOK, opts),

		"POST /api/v1/claims":                 handle(e.PrepareClaim, wireOfClaim, decodePrepareClaim, http.StatusCreated, opts),
		"GET /api/v1/claims":                  handle(e.Claims, wirePage(wireOfClaim), decodeList, http.StatusOK, opts),
		"GET /api/v1/claims/{id}":             handle(e.Claim, wireOfClaim, decodeID, http.StatusOK, opts),
		"GET /api/v1/claims/{id}/lines":       handle(e.ClaimLines, wirePage(wireOfLine), decodeLines, http.StatusOK, opts),
		"POST /api/v1/claims/{id}/acceptance": handle(e.AcceptClaim, wireOfClaim, decodeAccept, http.StatusOK, opts),
		"POST /api/v1/claims/{id}/refusal":    handle(e.RefuseClaim, wireOfClaim, decodeRefuseClaim, http.StatusOK, opts),

		"POST /api/v1/settlements":                  handle(e.PrepareSettlement, wireOfSettlement, decodeSettlement, http.StatusCreated, opts),
		"GET /api/v1/settlements":                   handle(e.Settlements, wirePage(wireOfSettlement), decodeList, http.StatusOK, opts),
		"GET /api/v1/settlements/{id}":              handle(e.Settlement, wireOfSettlement, decodeID, http.StatusOK, opts),
		"POST /api/v1/settlements/{id}/approval":    handle(e.ApproveSettlement, wireOfSettlement, decodeApproval, http.StatusOK, opts),
		"POST /api/v1/settlements/{id}/refusal":     handle(e.RefuseSettlement, wireOfSettlement, decodeRefuseSettlement, http.StatusOK, opts),
		"POST /api/v1/settlements/{id}/results":     handle(e.ImportResults, wireOfResults, decodeResults, http.StatusOK, upload),
		"GET /api/v1/settlements/{id}/payments.csv": handle(e.PaymentFile, contentOf, decodePayments, http.StatusOK, opts),
		"GET /api/v1/settlements/{id}/payments.xml": handle(e.PaymentFile, contentOf, decodeOrder, http.StatusOK, opts),

		"POST /api/v1/advances":               handle(e.PrepareAdvance, wireOfAdvance, decodeAdvance, http.StatusCreated, opts),
		"POST /api/v1/advances/{id}/approval": handle(e.ApproveAdvance, wireOfAdvance, decodeApproveAdvance, http.StatusOK, opts),
	}
}

func contentOf(f File) httpkit.Content {
	return httpkit.Content{Type: f.Type, Filename: f.Name, Write: func(w io.Writer) error {
		_, err := w.Write(f.Content)
		return err
	}}
}
