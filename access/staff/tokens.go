package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
)

// A program signs in on behalf of the person who runs it in one of two ways. With
// a browser on the same machine it listens on the loopback and receives a code
// there (RFC 8252, 7.3), which is worth nothing without the verifier of which it
// sent the SHA-256 (PKCE, RFC 7636, S256 alone). Without a browser it shows a short
// code, which its user types at a page (RFC 8628).

// deviceEvery is how often a program may ask whether its code was typed.
const deviceEvery = 5 * time.Second

// userAlphabet has no vowels and nothing that looks alike (RFC 8628, 6.1).
const (
	userAlphabet = "BCDFGHJKLMNPQRSTVWXZ"
	userLength   = 8
)

// granted is what somebody authorized a program to be.
type granted struct {
	member    string
	programme string
	passkey   bool
	proved    time.Time
	verifier  string // the code challenge that must be met; "" for a device
}

// asked is a device code that waits for its user.
type asked struct {
	user string
}

// BeginDevice asks for a code to be typed at a page.
type BeginDevice struct{ From string }

// Device is such a code.
type Device struct {
	Code  string // which the program keeps, and asks with
	User  string // which its user types, such as "BCDF-GHJK"
	Page  string // where
	Life  time.Duration
	Every time.Duration // how often to ask
}

// BeginDevice implements Service.
func (s *service) BeginDevice(ctx context.Context, cmd BeginDevice) (Device, error) {
	user := make([]byte, userLength)
	for i := range user {
		user[i] = userAlphabet[randomBelow(len(userAlphabet))]
	}
	code := s.pending.put(asked{string(user)}, deviceLife)
	s.pending.set("user "+string(user), code, deviceLife)
	return Device{Code: code, User: string(user[:4]) + "-" + string(user[4:]), Page: strings.TrimSuffix(s.URL, "/") + "/office/#device", Life: deviceLife, Every: deviceEvery}, nil
}

// randomBelow returns a random number from 0 to n-1, each as likely; n ≤ 256.
func randomBelow(n int) int {
	b := make([]byte, 1)
	for {
		_, _ = rand.Read(b) // never fails
		if int(b[0]) < 256/n*n {
			return int(b[0]) % n
		}
	}
}

// Authorize lets a program act for the caller.
type Authorize struct {
	By        access.Actor
	Programme string // "" for the caller's only one
	User      string // the code that a program shows; "" where it listens on the loopback
	Redirect  string // where it listens: http on a loopback address
	Challenge string // its code challenge, S256
	State     string // which it recognises the answer by
}

// Authorized says where the browser goes now; "" where a device waits.
type Authorized struct{ Redirect string }

// Authorize implements Service.
func (s *service) Authorize(ctx context.Context, cmd Authorize) (Authorized, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Authorized{}, err
	}
	if cmd.Programme != "" && !programmeForm.MatchString(cmd.Programme) {
		return Authorized{}, ErrMember.At("programme", "no identifier of a programme")
	}
	g := granted{cmd.By.ID, cmd.Programme, cmd.By.Passkey, cmd.By.Proved, cmd.Challenge}
	if cmd.User != "" {
		a := s.attemptOn("device "+cmd.By.ID, "") // the short code could be guessed
		if err := s.begin(ctx, a); err != nil {
			return Authorized{}, err
		}
		user := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(cmd.User))
		code, ok := take[string](s.pending, "user "+user)
		if !ok {
			return Authorized{}, ErrCode
		}
		g.verifier = ""
		s.pending.set(code, g, deviceLife)
		return Authorized{}, s.Store.Update(ctx, a.succeed)
	}
	to, err := loopback(cmd.Redirect)
	if err != nil {
		return Authorized{}, err
	}
	if b, err := base64.RawURLEncoding.Strict().DecodeString(cmd.Challenge); err != nil || len(b) != sha256.Size || len(cmd.State) < 16 || len(cmd.State) > 128 {
		return Authorized{}, ErrMember.At("challenge, state", "as RFC 7636 says, S256")
	}
	to.RawQuery = url.Values{"code": {s.pending.put(g, loopbackLife)}, "state": {cmd.State}, "iss": {s.URL}}.Encode()
	return Authorized{to.String()}, nil
}

// loopback reads the address of a program on the same machine. Any other would
// hand the code to somebody else.
func loopback(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || len(text) > 128 || u.Scheme != "http" || u.Port() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.Hostname() != "127.0.0.1" && u.Hostname() != "::1" {
		return nil, ErrMember.At("redirect", "http://127.0.0.1:PORT/…")
	}
	return u, nil
}

// Refresh asks for tokens: with a code and its verifier, with a device code, or
// with the refresh token of a session.
type Refresh struct {
	Code      string
	Verifier  string // of a code that came over the loopback
	Token     string
	Programme string // of the tokens; "" for that of the session
	From      string
}

// Refresh implements Service.
func (s *service) Refresh(ctx context.Context, cmd Refresh) (SignedIn, error) {
	if cmd.Programme != "" && !programmeForm.MatchString(cmd.Programme) {
		return SignedIn{}, ErrMember.At("programme", "no identifier of a programme")
	}
	if cmd.Token != "" {
		return s.rotate(ctx, cmd)
	}
	if len(cmd.Code) > 64 {
		return SignedIn{}, ErrCode
	}
	if _, waits := look[asked](s.pending, cmd.Code); waits {
		return SignedIn{}, ErrPending
	}
	g, ok := take[granted](s.pending, cmd.Code)
	if !ok {
		return SignedIn{}, ErrCode
	}
	sum := sha256.Sum256([]byte(cmd.Verifier))
	met := base64.RawURLEncoding.EncodeToString(sum[:])
	if g.verifier != "" && (len(cmd.Verifier) < 43 || subtle.ConstantTimeCompare([]byte(met), []byte(g.verifier)) != 1) {
		return SignedIn{}, ErrCode
	}
	return s.enter(ctx, proven{member: g.member, use: func(Tx) error { return nil }}, attempt{}, wanted{true, g.programme, g.passkey, g.proved})
}

// rotate exchanges a refresh token for the next one (RFC 9700, 4.14.2). One that
// was used before ends the session: either its owner or a thief comes late, and
// nobody knows which.
func (s *service) rotate(ctx context.Context, cmd Refresh) (SignedIn, error) {
	parts := strings.Split(cmd.Token, ".")
	if len(parts) != 3 || len(cmd.Token) > 256 {
		return SignedIn{}, ErrSession
	}
	o := newOpening()
	var session Session
	var held rights
	reused := false
	err := s.Store.Update(ctx, func(tx Tx) error {
		reused = false
		var err error
		if session, _, held, err = live(tx, parts[0]); err != nil {
			return err
		}
		if !session.Program || !matches(parts[1], session.Secret) {
			return ErrSession
		}
		if !matches(parts[2], session.Rotation) {
			reused = true
			session.Ended = tx.Now()
			return errors.Join(tx.PutSession(session), Tell(tx, session.Member, "refresh_token_reused"))
		}
		session.Rotation, session.Seen = o.rotationDigest, tx.Now()
		if cmd.Programme != "" {
			session.Programme = cmd.Programme
		}
		return tx.PutSession(session)
	})
	if err == nil && reused {
		err = ErrSession
	}
	if err != nil {
		return SignedIn{}, err
	}
	return s.shown(session, parts[1], o.rotation, held)
}

// Sessions implements Service.
func (s *service) Sessions(ctx context.Context, q Me) ([]Session, error) {
	var all []Session
	if err := signedIn(q.By); err != nil {
		return nil, err
	}
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		all, err = sessionsOf(tx, q.By.ID)
		return err
	})
	return all, err
}

func sessionsOf(tx Tx, member string) ([]Session, error) {
	held, err := rightsOf(tx, member)
	if err != nil {
		return nil, err
	}
	var all []Session
	for s, err := range tx.Sessions(member) {
		if err != nil {
			return nil, err
		}
		if s.alive(tx.Now(), held.privileged()) {
			all = append(all, s)
		}
	}
	return all, nil
}

// EndSession ends one of the caller's sessions, the own one too, or with
// AllOthers every other one.
type EndSession struct {
	By access.Actor
	ID string
}

// AllOthers names all sessions but the caller's.
const AllOthers = "others"

// Current names the caller's own session.
const Current = "current"

// EndSession implements Service.
func (s *service) EndSession(ctx context.Context, cmd EndSession) ([]Session, error) {
	var left []Session
	if err := signedIn(cmd.By); err != nil {
		return nil, err
	}
	if cmd.ID == Current {
		cmd.ID = cmd.By.Session
	}
	err := s.Store.Update(ctx, func(tx Tx) error {
		if cmd.ID == AllOthers {
			if err := EndSessions(tx, cmd.By.ID, cmd.By.Session); err != nil {
				return err
			}
		} else {
			session, err := tx.Session(cmd.ID)
			if err != nil {
				return err
			}
			if session.Member != cmd.By.ID {
				return ErrNotFound
			}
			if session.Ended.IsZero() {
				session.Ended = tx.Now()
				if err := tx.PutSession(session); err != nil {
					return err
				}
			}
		}
		var err error
		left, err = sessionsOf(tx, cmd.By.ID)
		return err
	})
	return left, err
}
