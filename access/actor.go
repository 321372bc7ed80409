package access

import (
	"context"
	"slices"
	"time"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/fault"
)

// Actor is the person, or the program on a person's behalf, that a call comes
// from. It speaks for one programme.
type Actor struct {
	ID        string // staff identifier: opaque, never a name; stays inside
	Pseudonym string // the same person in this programme's journal and logs
	Programme string
	Roles     []Role
	TokenID   string // jti of the access token that said so; the session's id where a cookie did

	Session string    // id of the sign-in; "" for a token of a development folder
	Passkey bool      // the session was opened with one
	Proved  time.Time // when the person last presented a factor
}

// Errors about who may do what.
var (
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "unauthenticated",
		"Log in first.",
		"Connectez-vous d'abord.")
	ErrDenied = fault.New(fault.Denied, "role_missing",
		"Your role does not allow this. Ask a colleague who holds it.",
		"Votre rôle ne le permet pas. Demandez à un collègue qui en dispose.")
	ErrProgramme = fault.New(fault.NotFound, "programme_unknown",
		"There is no such programme, or you are not in it.",
		"Ce programme n'existe pas, ou vous n'en faites pas partie.")
)

// Has reports whether the actor holds at least one of the roles.
func (a Actor) Has(roles ...Role) bool {
	_, err := a.As(roles...)
	return err == nil
}

// As returns the first of the roles that the actor holds, which is the one
// acted in, or ErrDenied.
func (a Actor) As(roles ...Role) (Role, error) {
	for _, r := range roles {
		if slices.Contains(a.Roles, r) {
			return r, nil
		}
	}
	return "", ErrDenied
}

// In returns nil if the actor speaks for the programme, and else ErrProgramme
// whether there is such a programme or not.
func (a Actor) In(programme string) error {
	if programme == "" || a.Programme != programme {
		return ErrProgramme
	}
	return nil
}

type actorKey int

// NewContext returns ctx with the actor in it.
func NewContext(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey(0), a)
}

// FromContext returns the actor in ctx, or ErrUnauthenticated if there is
// none.
func FromContext(ctx context.Context) (Actor, error) {
	a, ok := ctx.Value(actorKey(0)).(Actor)
	if !ok || a.ID == "" {
		return Actor{}, ErrUnauthenticated
	}
	return a, nil
}

// Require returns middleware that lets a call through only if its actor holds
// one of the roles, and else refuses it with ErrUnauthenticated or ErrDenied
// before the service sees it. Without a role it refuses everybody.
func Require(roles ...Role) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (any, error) {
			a, err := FromContext(ctx)
			if err != nil {
				return nil, err
			}
			if _, err := a.As(roles...); err != nil {
				return nil, err
			}
			return next(ctx, request)
		}
	}
}
