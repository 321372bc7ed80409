package httpkit

import (
	"net/http"
	"strings"

	"github.com/jate-cva/jate/fault"
)

// ErrCrossOrigin refuses a change that a page of somebody else asks for.
var ErrCrossOrigin = fault.New(fault.Denied, "cross_origin",
	"A page of another site asked for this. Open the application itself and try again.",
	"Une page d'un autre site a fait cette demande. Ouvrez l'application elle-même et réessayez.")

// secured are the headers of every answer: nobody may frame it, run anything in
// it, read it from another origin, guess its type or keep it. The lists are
// shared: a handler that wants another value sets it, and never appends.
var secured = http.Header{
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"}, // for browsers older than frame-ancestors
	"Content-Security-Policy":      {"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Cross-Origin-Embedder-Policy": {"require-corp"},
	"Permissions-Policy":           {"camera=(), microphone=(), geolocation=(), payment=(), usb=()"},
	"Referrer-Policy":              {"no-referrer"},
	"Cache-Control":                {"no-store"},
}

// strict keeps a browser that came over TLS once from coming without it for a
// year (RFC 6797). Over plain HTTP the header is void, and a browser that heeded
// it would be locked out of a server that has no TLS.
var strict = []string{"max-age=31536000"}

func secure(h http.Header, tls bool) {
	for k, v := range secured {
		h[k] = v[:1:1] // an append makes a new list
	}
	if tls {
		h["Strict-Transport-Security"] = strict[:1:1]
	}
}

// foreign reports whether a page of another origin may be behind a request that
// changes something. What a browser says of itself (Sec-Fetch-Site, or else
// Origin against Host) decides. A request that says neither is from no browser
// of the last years, and is judged by what it carries: a bearer token, a
// handheld's proof and a signed record are added by whoever makes the request,
// on purpose. A cookie is not, and neither are the credentials that browsers
// keep (Basic, Digest, Negotiate): they are refused here.
//
// This is the one place that knows which credentials travel by themselves. A
// session in a cookie needs nothing more here, but must be SameSite=Strict.
func foreign(r *http.Request, protection *http.CrossOriginProtection) bool {
	if protection.Check(r) != nil {
		return true
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	silent := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == ""
	return silent && ambient(r)
}

// ambient reports whether r carries a credential that a browser adds by itself.
func ambient(r *http.Request) bool {
	if len(r.Header["Cookie"]) > 0 {
		return true
	}
	for _, v := range r.Header["Authorization"] {
		if scheme, _, _ := strings.Cut(v, " "); !strings.EqualFold(scheme, "Bearer") {
			return true
		}
	}
	return false
}
