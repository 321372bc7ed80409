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
	mux.Handle("POST /api/v1/enrolments", httpkit.Shown(e.EnrolHandheld, wireOfEnrolment, decodeEnrol, http.StatusCreated, opts))
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
func staffRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	upload := append(append([]httpkit.Option{}, opts...), httpkit.MaxBody(FileMax), httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/vendors":                     httpkit.Shown(e.RegisterVendor, wireOfVendor, decodeRegister, http.StatusCreated, opts),
		"GET /api/v1/vendors":                      httpkit.Shown(e.Vendors, wirePage(wireOfVendor), decodeList, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}":                 httpkit.Shown(e.Vendor, wireOfVendor, decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/suspension":     httpkit.Shown(e.SuspendVendor, wireOfVendor, decodeSuspend, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}/summary":         httpkit.Shown(e.Summary, wireOfSummary, decodeID, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}/prices":          httpkit.Shown(e.Prices, wireOfPrices, decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/prices":         httpkit.Shown(e.SetPrices, wireOfPrices, decodePrices, http.StatusCreated, opts),
		"GET /api/v1/vendors/{id}/terms":           httpkit.Shown(e.Terms, wireOfTerms, decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/terms":          httpkit.Shown(e.SetTerms, wireOfTerms, decodeTerms, http.StatusCreated, opts),
		"POST /api/v1/vendors/{id}/terms/approval": httpkit.Shown(e.ApproveTerms, wireOfTerms, decodeApproveTerms, http.StatusOK, opts),
		"GET /api/v1/claims/{id}/charges":          httpkit.Shown(e.ClaimCharges, wireOfCharges, decodeID, http.StatusOK, opts),
		"GET /api/v1/vendors/{id}/advances":        httpkit.Shown(e.Advances, wirePage(wireOfAdvance), decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/invoices":       httpkit.Shown(e.BringInvoice, wireOfClaim, decodeInvoice, http.StatusCreated, upload),
		"GET /api/v1/zones/{id}":                   httpkit.Shown(e.Zone, wireOfZone, decodeID, http.StatusOK, opts),
		"PUT /api/v1/zones/{id}":                   httpkit.Shown(e.SetZone, wireOfZone, decodeZone, http.StatusOK, opts),

		"POST /api/v1/handhelds":                  httpkit.Shown(e.InviteHandheld, wireOfInvitation, decodeInvite, http.StatusCreated, opts),
		"GET /api/v1/handhelds":                   httpkit.Shown(e.Handhelds, wirePage(wireOfHandheld), decodeList, http.StatusOK, opts),
		"GET /api/v1/handhelds/{id}":              httpkit.Shown(e.Handheld, wireOfHandheld, decodeID, http.StatusOK, opts),
		"POST /api/v1/handhelds/{id}/activation":  httpkit.Shown(e.ActivateHandheld, wireOfHandheld, decodeActivate, http.StatusOK, opts),
		"POST /api/v1/handhelds/{id}/revocation":  httpkit.Shown(e.RevokeHandheld, wireOfHandheld, decodeRevoke, http.StatusOK, opts),
		"POST /api/v1/handhelds/{id}/replacement": httpkit.Shown(e.ReplaceHandheld, wireOfHandheld, decodeReplace, http.StatusOK, opts),

		"POST /api/v1/claims":                 httpkit.Shown(e.PrepareClaim, wireOfClaim, decodePrepareClaim, http.StatusCreated, opts),
		"GET /api/v1/claims":                  httpkit.Shown(e.Claims, wirePage(wireOfClaim), decodeList, http.StatusOK, opts),
		"GET /api/v1/claims/{id}":             httpkit.Shown(e.Claim, wireOfClaim, decodeID, http.StatusOK, opts),
		"GET /api/v1/claims/{id}/lines":       httpkit.Shown(e.ClaimLines, wirePage(wireOfLine), decodeLines, http.StatusOK, opts),
		"POST /api/v1/claims/{id}/acceptance": httpkit.Shown(e.AcceptClaim, wireOfClaim, decodeAccept, http.StatusOK, opts),
		"POST /api/v1/claims/{id}/refusal":    httpkit.Shown(e.RefuseClaim, wireOfClaim, decodeRefuseClaim, http.StatusOK, opts),

		"POST /api/v1/settlements":                  httpkit.Shown(e.PrepareSettlement, wireOfSettlement, decodeSettlement, http.StatusCreated, opts),
		"GET /api/v1/settlements":                   httpkit.Shown(e.Settlements, wirePage(wireOfSettlement), decodeList, http.StatusOK, opts),
		"GET /api/v1/settlements/{id}":              httpkit.Shown(e.Settlement, wireOfSettlement, decodeID, http.StatusOK, opts),
		"POST /api/v1/settlements/{id}/approval":    httpkit.Shown(e.ApproveSettlement, wireOfSettlement, decodeApproval, http.StatusOK, opts),
		"POST /api/v1/settlements/{id}/refusal":     httpkit.Shown(e.RefuseSettlement, wireOfSettlement, decodeRefuseSettlement, http.StatusOK, opts),
		"POST /api/v1/settlements/{id}/results":     httpkit.Shown(e.ImportResults, wireOfResults, decodeResults, http.StatusOK, upload),
		"GET /api/v1/settlements/{id}/payments.csv": httpkit.Shown(e.PaymentFile, contentOf, decodePayments, http.StatusOK, opts),
		"GET /api/v1/settlements/{id}/payments.xml": httpkit.Shown(e.PaymentFile, contentOf, decodeOrder, http.StatusOK, opts),

		"POST /api/v1/advances":               httpkit.Shown(e.PrepareAdvance, wireOfAdvance, decodeAdvance, http.StatusCreated, opts),
		"POST /api/v1/advances/{id}/approval": httpkit.Shown(e.ApproveAdvance, wireOfAdvance, decodeApproveAdvance, http.StatusOK, opts),
	}
}

func contentOf(f File) httpkit.Content {
	leaving := httpkit.Leaving{Kind: "payments", Of: "settlement:" + f.Settlement, Form: f.Form, Guessable: true}
	return httpkit.Content{Type: f.Type, Filename: f.Name, Leaving: leaving, Write: func(w io.Writer) error {
		_, err := w.Write(f.Content)
		return err
	}}
}
