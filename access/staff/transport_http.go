package staff

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Routes adds the service's routes to mux: the first of them for anybody, the rest
// behind known, which puts the actor into the request's context. from says what
// the client of a request is counted under.
func Routes(mux *http.ServeMux, e Endpoints, known func(http.Handler) http.Handler, from func(*http.Request) string, opts ...httpkit.Option) {
	d := decoders{from}
	for pattern, h := range map[string]http.Handler{
		"GET /api/v1/sign-in/providers":                 httpkit.Shown(e.Providers, wireOfProviders, decodeProviders, http.StatusOK, opts),
		"POST /api/v1/sign-in/providers/{id}/departure": httpkit.Shown(e.Depart, wireOfDeparture, d.depart, http.StatusOK, opts),
		"POST /api/v1/sign-in/providers/{id}/return":    httpkit.Shown(e.Return, wireOfTicket, d.comeBack, http.StatusOK, opts),
		"POST /api/v1/invitations/opening":              httpkit.Shown(e.Open, wireOfOpening, d.open, http.StatusOK, opts),
		"POST /api/v1/invitations/acceptance":           httpkit.Shown(e.Accept, wireOfSignedIn, d.accept, http.StatusCreated, opts),
		"POST /api/v1/sign-in/challenge":                httpkit.Shown(e.Challenge, wireOfCeremony, d.challenge, http.StatusOK, opts),
		"POST /api/v1/sign-in":                          httpkit.Shown(e.SignIn, wireOfSignedIn, d.signIn, http.StatusOK, opts),
		"POST /api/v1/sign-in/tokens":                   httpkit.Shown(e.Refresh, wireOfSignedIn, d.refresh, http.StatusOK, opts),
		"POST /api/v1/sign-in/device":                   httpkit.Shown(e.BeginDevice, wireOfDevice, d.device, http.StatusOK, opts),
	} {
		mux.Handle(pattern, h)
	}
	for pattern, h := range map[string]http.Handler{
		"GET /api/v1/me":                       httpkit.Shown(e.Me, wireOfAccount, decodeMe, http.StatusOK, opts),
		"POST /api/v1/me/proof":                httpkit.Shown(e.StepUp, wireOfSignedIn, d.stepUp, http.StatusOK, opts),
		"POST /api/v1/me/factors/offer":        httpkit.Shown(e.Offer, wireOfOffer, decodeOffer, http.StatusOK, opts),
		"POST /api/v1/me/factors":              httpkit.Shown(e.AddFactor, wireOfAdded, decodeAddFactor, http.StatusCreated, opts),
		"POST /api/v1/me/factors/{id}/removal": httpkit.Shown(e.RemoveFactor, wireOfAccount, decodeRemoveFactor, http.StatusOK, opts),
		"GET /api/v1/me/sessions":              httpkit.Shown(e.Sessions, wireOfSessions, decodeMe, http.StatusOK, opts),
		"POST /api/v1/me/sessions/{id}/end":    httpkit.Shown(e.EndSession, wireOfSessions, decodeEndSession, http.StatusOK, opts),
		"POST /api/v1/me/programs":             httpkit.Shown(e.Authorize, wireOfAuthorized, decodeAuthorize, http.StatusOK, opts),
		"POST /api/v1/me/recovery/refusal":     httpkit.Shown(e.Refuse, wireOfAccount, decodeRefuse, http.StatusOK, opts),
		"GET /api/v1/staff":                    httpkit.Shown(e.Members, wireOfMembers, decodeMembers, http.StatusOK, opts),
		"POST /api/v1/staff":                   httpkit.Shown(e.Invite, wireOfInvitee, decodeInvite, http.StatusCreated, opts),
		"POST /api/v1/staff/{id}/state":        httpkit.Shown(e.SetState, wireOfListed, decodeSetState, http.StatusOK, opts),
		"POST /api/v1/staff/{id}/recovery":     httpkit.Shown(e.Recover, wireOfRecovered, decodeRecover, http.StatusOK, opts),
	} {
		mux.Handle(pattern, known(h))
	}
}

// decoders know what a client is counted under.
type decoders struct{ from func(*http.Request) string }

func (d decoders) open(_ context.Context, r *http.Request) (Open, error) {
	b, err := httpkit.Body[struct {
		Code string `json:"code"`
		Name string `json:"name"`
	}](r)
	return Open{b.Code, b.Name, d.from(r)}, err
}

func (d decoders) accept(_ context.Context, r *http.Request) (Accept, error) {
	b, err := httpkit.Body[struct {
		Code      string          `json:"code"`
		Name      string          `json:"name"`
		Language  string          `json:"language"`
		Programme string          `json:"programme"`
		Password  string          `json:"password"`
		Ceremony  string          `json:"ceremony"`
		TOTP      string          `json:"totp"`
		Passkey   json.RawMessage `json:"passkey"`
		Tokens    bool            `json:"tokens"`
		Ticket    string          `json:"ticket"`
	}](r)
	return Accept{b.Code, b.Name, b.Language, b.Programme, b.Password, b.Ceremony, b.TOTP, b.Passkey, b.Tokens, d.from(r), b.Ticket}, err
}

func (d decoders) challenge(_ context.Context, r *http.Request) (Challenge, error) {
	_, err := httpkit.Body[struct{}](r)
	return Challenge{d.from(r)}, err
}

// presentedWire is what somebody proves with.
type presentedWire struct {
	Name     string          `json:"name"`
	Password string          `json:"password"`
	Code     string          `json:"code"`
	Ceremony string          `json:"ceremony"`
	Passkey  json.RawMessage `json:"passkey"`
	Ticket   string          `json:"ticket"`
}

func (d decoders) signIn(_ context.Context, r *http.Request) (SignIn, error) {
	b, err := httpkit.Body[struct {
		presentedWire
		Tokens    bool   `json:"tokens"`
		Programme string `json:"programme"`
	}](r)
	return SignIn{Presented(b.presentedWire), b.Tokens, b.Programme, d.from(r)}, err
}

func (d decoders) stepUp(ctx context.Context, r *http.Request) (StepUp, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return StepUp{}, err
	}
	b, err := httpkit.Body[presentedWire](r)
	return StepUp{by, Presented(b), d.from(r)}, err
}

func (d decoders) refresh(_ context.Context, r *http.Request) (Refresh, error) {
	b, err := httpkit.Body[struct {
		Code      string `json:"code"`
		Verifier  string `json:"code_verifier"`
		Token     string `json:"refresh_token"`
		Programme string `json:"programme"`
	}](r)
	return Refresh{b.Code, b.Verifier, b.Token, b.Programme, d.from(r)}, err
}

func (d decoders) device(_ context.Context, r *http.Request) (BeginDevice, error) {
	_, err := httpkit.Body[struct{}](r)
	return BeginDevice{d.from(r)}, err
}

func decodeMe(ctx context.Context, _ *http.Request) (Me, error) {
	by, err := access.FromContext(ctx)
	return Me{by}, err
}

func decodeRefuse(ctx context.Context, r *http.Request) (Me, error) {
	by, err := access.FromContext(ctx)
	if err == nil {
		_, err = httpkit.Body[struct{}](r)
	}
	return Me{by}, err
}

func decodeMembers(ctx context.Context, _ *http.Request) (Members, error) {
	by, err := access.FromContext(ctx)
	return Members{by}, err
}

func decodeOffer(ctx context.Context, r *http.Request) (OfferFactors, error) {
	by, err := access.FromContext(ctx)
	if err == nil {
		_, err = httpkit.Body[struct{}](r)
	}
	return OfferFactors{by}, err
}

func decodeAddFactor(ctx context.Context, r *http.Request) (AddFactor, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return AddFactor{}, err
	}
	b, err := httpkit.Body[struct {
		Ceremony string          `json:"ceremony"`
		TOTP     string          `json:"totp"`
		Passkey  json.RawMessage `json:"passkey"`
		Password string          `json:"password"`
		Codes    bool            `json:"recovery_codes"`
		Ticket   string          `json:"ticket"`
	}](r)
	return AddFactor{by, b.Ceremony, b.TOTP, b.Passkey, b.Password, b.Codes, b.Ticket}, err
}

func decodeRemoveFactor(ctx context.Context, r *http.Request) (RemoveFactor, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return RemoveFactor{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err == nil {
		_, err = httpkit.Body[struct{}](r)
	}
	return RemoveFactor{by, id}, err
}

func decodeEndSession(ctx context.Context, r *http.Request) (EndSession, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return EndSession{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err == nil {
		_, err = httpkit.Body[struct{}](r)
	}
	return EndSession{by, id}, err
}

func decodeAuthorize(ctx context.Context, r *http.Request) (Authorize, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return Authorize{}, err
	}
	b, err := httpkit.Body[struct {
		Programme string `json:"programme"`
		User      string `json:"user_code"`
		Redirect  string `json:"redirect_uri"`
		Challenge string `json:"code_challenge"`
		State     string `json:"state"`
	}](r)
	return Authorize{by, b.Programme, b.User, b.Redirect, b.Challenge, b.State}, err
}

func decodeInvite(ctx context.Context, r *http.Request) (Invite, error) {
	o, b, err := access.Command[struct {
		Member       string `json:"member"`
		Organisation string `json:"organisation"`
		Language     string `json:"language"`
	}](ctx, r, access.OrderOf)
	return Invite{o.By, o.Key, b.Member, b.Organisation, b.Language}, err
}

func decodeSetState(ctx context.Context, r *http.Request) (SetState, error) {
	o, b, err := access.Command[struct {
		State State `json:"state"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return SetState{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return SetState{o.By, o.Key, id, b.State}, err
}

func decodeRecover(ctx context.Context, r *http.Request) (Recover, error) {
	o, _, err := access.Command[struct{}](ctx, r, access.OrderOf)
	if err != nil {
		return Recover{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return Recover{o.By, o.Key, id}, err
}
