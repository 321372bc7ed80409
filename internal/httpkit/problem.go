package httpkit

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/jate-cva/jate/fault"
)

// TypeBase begins the type URI of every problem; the problem's code follows.
// It is an identifier and stays the same whatever becomes of the address.
const TypeBase = "https://jate-cva.github.io/problems/"

// Problem is the problem details document (RFC 9457) of a failed call, sent
// as application/problem+json.
type Problem struct {
	Type      string         `json:"type"`      // TypeBase and the code
	Title     string         `json:"title"`     // a sentence in the caller's language
	Status    int            `json:"status"`    // the HTTP status
	Code      string         `json:"code"`      // stable, snake_case: what programs compare
	Reference string         `json:"reference"` // under which the log has the rest
	Errors    []ProblemField `json:"errors,omitempty"`
}

// ProblemField says what is wrong where in the input.
type ProblemField struct {
	Location string `json:"location"`
	Message  string `json:"message"`
	Value    string `json:"value,omitempty"`
}

// Errors that httpkit itself answers with.
var (
	ErrInternal = fault.New(fault.Internal, "internal",
		"Something went wrong on our side. Nothing was changed unless it was confirmed. Quote the reference when you report it.",
		"Une erreur est survenue de notre côté. Rien n'a été modifié sans confirmation. Indiquez la référence en la signalant.")
	ErrInterrupted = fault.New(fault.Unavailable, "interrupted",
		"The call was interrupted or took too long. Send the same command again.",
		"L'appel a été interrompu ou a pris trop de temps. Renvoyez la même commande.")
	ErrBusy = fault.New(fault.Unavailable, "busy",
		"The server is busy. Send the same command again in a few seconds.",
		"Le serveur est occupé. Renvoyez la même commande dans quelques secondes.")
	ErrRate = fault.New(fault.Limited, "too_many_calls",
		"Too many calls. Wait and try again.",
		"Trop d'appels. Patientez puis réessayez.")
	ErrPath = fault.New(fault.NotFound, "path_unknown",
		"There is nothing at this address.",
		"Il n'y a rien à cette adresse.")
	ErrMethod = fault.New(fault.Invalid, "method_not_allowed",
		"This address does not answer that method.",
		"Cette adresse n'accepte pas cette méthode.")
)

// answer is how a kind leaves over HTTP. Zero retry sends no Retry-After;
// else the caller is told to come back after that and a random part of spread,
// so that those who were refused together do not come back together.
type answer struct {
	status        int
	retry, spread time.Duration
}

// answers is the one table from kinds to statuses.
var answers = map[fault.Kind]answer{
	fault.Internal:        {status: http.StatusInternalServerError},
	fault.Invalid:         {status: http.StatusBadRequest},
	fault.Unauthenticated: {status: http.StatusUnauthorized},
	fault.Denied:          {status: http.StatusForbidden},
	fault.NotFound:        {status: http.StatusNotFound},
	fault.Conflict:        {status: http.StatusConflict},
	fault.Gone:            {status: http.StatusGone},
	fault.Limited:         {status: http.StatusTooManyRequests, retry: 20 * time.Second, spread: 20 * time.Second},
	fault.Unavailable:     {status: http.StatusServiceUnavailable, retry: 2 * time.Second, spread: 8 * time.Second},
}

// Status returns the HTTP status of a kind of failure.
func Status(k fault.Kind) int { return answers[k].status }

// known returns the fault that err is for the caller: its own if it wraps
// one, ErrInterrupted for a cancelled or expired context, else ErrInternal.
func known(err error) *fault.Error {
	f := fault.Of(err)
	switch {
	case f != nil && f.Kind != fault.Internal:
		return f
	case f == nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		return ErrInterrupted
	}
	return ErrInternal
}

// Bounds on what a problem carries back, so that an import of a hundred
// thousand wrong rows still has an answer of ordinary size.
const (
	problemFieldsMax = 100
	problemTextMax   = 200 // bytes of one message or value
)

// WriteProblem answers r with the problem document of err. It does not log.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	f := known(err)
	writeProblem(w, callOf(r.Context(), r), f, Status(f.Kind))
}

func writeProblem(w http.ResponseWriter, c call, f *fault.Error, status int) {
	p := Problem{
		Type:      TypeBase + f.Code,
		Title:     f.Sentence(c.language),
		Status:    status,
		Code:      f.Code,
		Reference: c.reference,
	}
	for _, e := range f.Fields[:min(len(f.Fields), problemFieldsMax)] {
		p.Errors = append(p.Errors, ProblemField{
			Location: shorten(e.Location), Message: shorten(e.Message), Value: shorten(e.Value)})
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", c.language)
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Disposition")
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110, 11.6.1
	}
	if a := answers[f.Kind]; a.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((a.retry+rand.N(a.spread+time.Second))/time.Second))) // #nosec G404 -- spreads callers in time; nobody gains by guessing it
	}
	w.WriteHeader(status)
	// An error here means that the caller has left: there is nobody to tell.
	_ = json.NewEncoder(w).Encode(p)
}

// shorten cuts a text at a rune boundary to at most problemTextMax bytes and
// an ellipsis.
func shorten(s string) string {
	if len(s) <= problemTextMax {
		return s
	}
	n := problemTextMax
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

var languages = language.NewMatcher([]language.Tag{language.English, language.French})

// Language returns the language to answer r in, "en" or "fr".
func Language(r *http.Request) string { return speaks(r.Header.Get("Accept-Language")) }

// speaks returns "fr" or "en" for an Accept-Language header: English where it
// is absent, malformed or longer than any browser sends.
func speaks(accept string) string {
	const acceptMax = 256
	if accept == "" || len(accept) > acceptMax {
		return "en"
	}
	if _, i := language.MatchStrings(languages, accept); i == 1 {
		return "fr"
	}
	return "en"
}
