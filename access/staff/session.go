package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
)

// CookieName is the session's cookie. The prefix has browsers keep it to this
// host, this path and TLS (RFC 6265bis, 4.1.3; ASVS 3.3.3).
const CookieName = "__Host-sid"

// ProgrammeHeader names the programme that a request with a cookie is for. It may
// be left out by who has roles in one alone.
const ProgrammeHeader = "Jate-Programme"

// seenEvery is how exactly the last use of a session is stored: its idle time is
// shorter by up to as much, and never longer.
const seenEvery = time.Minute

var programmeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// newSecret returns 256 random bits and their SHA-256.
func newSecret() (string, [32]byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	text := base64.RawURLEncoding.EncodeToString(b)
	return text, sha256.Sum256([]byte(text))
}

func matches(text string, want [32]byte) bool {
	got := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// rights are what a member holds now.
type rights map[string][]access.Role

func rightsOf(tx Tx, member string) (rights, error) {
	r := rights{}
	for g, err := range tx.Grants(member) {
		if err != nil {
			return nil, err
		}
		if g.InForce(tx.Now()) {
			r[g.Programme] = append(r[g.Programme], g.Role)
		}
	}
	return r, nil
}

// privileged reports whether one of the roles needs a passkey.
func (r rights) privileged() bool {
	for _, roles := range r {
		if slices.ContainsFunc(roles, access.NeedsPasskey) {
			return true
		}
	}
	return false
}

// Programmes returns where the member has roles, in order.
func (r rights) programmes() []string {
	var ps []string
	for p := range r {
		ps = append(ps, p)
	}
	slices.Sort(ps)
	return ps
}

// alive reports whether the session may be used at a time.
func (s Session) alive(now time.Time, privileged bool) bool {
	idle := IdleOthers
	if privileged {
		idle = IdlePrivileged
	}
	return s.Ended.IsZero() && now.Sub(s.Created) < SessionLife && now.Sub(s.Seen) < idle
}

// live returns a session, its member and what the member holds, or ErrSession
// where any of it does not allow a request.
func live(tx Tx, id string) (Session, Member, rights, error) {
	s, err := tx.Session(id)
	if errors.Is(err, ErrNotFound) {
		return s, Member{}, nil, ErrSession
	}
	if err != nil {
		return s, Member{}, nil, err
	}
	m, err := tx.Member(s.Member)
	if err != nil {
		return s, m, nil, err
	}
	r, err := rightsOf(tx, m.ID)
	if err != nil {
		return s, m, nil, err
	}
	if m.State != Active || !s.alive(tx.Now(), r.privileged()) {
		return s, m, nil, ErrSession
	}
	return s, m, r, nil
}

// Authenticate implements Service. The roles are those that are granted at this
// moment; a token says only which session and which programme.
func (s *service) Authenticate(ctx context.Context, r *http.Request) (context.Context, error) {
	a, secret, err := s.presented(r)
	if err != nil {
		return nil, err
	}
	if a.Session == "" { // a token of a development folder
		return access.NewContext(ctx, a), nil
	}
	var session Session
	err = s.Store.View(ctx, func(tx Tx) error {
		var m Member
		var held rights
		var err error
		session, m, held, err = live(tx, a.Session)
		if err != nil {
			return err
		}
		if session.Program == (secret != "") || secret != "" && !matches(secret, session.Secret) || a.ID != "" && a.ID != m.ID {
			return ErrSession
		}
		a.ID, a.Passkey, a.Proved = m.ID, session.Passkey, session.Proved
		if ps := held.programmes(); a.Programme == "" && len(ps) == 1 {
			a.Programme = ps[0]
		}
		a.Pseudonym, a.Roles = s.Authority.Pseudonym(a.Programme, a.ID), held[a.Programme]
		if held.privileged() && !session.Passkey {
			a.Roles = nil
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.Now().Sub(session.Seen) >= seenEvery {
		if err := s.touch(ctx, session.ID); err != nil {
			return nil, err
		}
	}
	return access.NewContext(ctx, a), nil
}

// presented reads what r carries: a token, which says who it is for, or a cookie
// with its secret.
func (s *service) presented(r *http.Request) (a access.Actor, secret string, err error) {
	token, err := access.BearerToken(r)
	switch {
	case err == nil:
		a, err = s.Authority.Verify(token)
		if err == nil && a.Session == "" && !s.Development {
			err = access.ErrToken
		}
		return a, "", err
	case !errors.Is(err, access.ErrUnauthenticated):
		return a, "", err
	}
	c, err := r.Cookie(CookieName)
	if err != nil {
		return a, "", access.ErrUnauthenticated
	}
	id, secret, ok := strings.Cut(c.Value, ".")
	if !ok || len(id) > 64 || secret == "" || len(secret) > 64 {
		return a, "", ErrSession
	}
	programme := r.Header.Get(ProgrammeHeader)
	if programme != "" && !programmeForm.MatchString(programme) {
		return a, "", access.ErrProgramme
	}
	return access.Actor{Session: id, TokenID: id, Programme: programme}, secret, nil
}

// touch notes that a session was used.
func (s *service) touch(ctx context.Context, id string) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		now, err := tx.Session(id)
		if err != nil || !now.Ended.IsZero() || !tx.Now().After(now.Seen) {
			return err
		}
		now.Seen = tx.Now()
		return tx.PutSession(now)
	})
}

// SignedIn is a session that was opened or renewed, with its secrets: the cookie
// for a browser, tokens for a program.
type SignedIn struct {
	Session   Session
	Cookie    string        // value of the cookie; "" for a program
	Access    string        // access token; "" for a browser, or where no programme is known
	Expires   time.Duration // of the access token
	Refresh   string        // good once; "" for a browser
	Programme string        // that the access token is for
	Codes     []string      // recovery codes that were made with it, shown once
}

// opening is what a session's secrets are drawn as, before the transaction.
type opening struct {
	id, secret, rotation         string
	secretDigest, rotationDigest [32]byte
}

func newOpening() opening {
	o := opening{id: strings.ToLower(rand.Text())}
	o.secret, o.secretDigest = newSecret()
	o.rotation, o.rotationDigest = newSecret()
	return o
}

// wanted is what a new session is for.
type wanted struct {
	Program   bool
	Programme string
	Passkey   bool
	Proved    time.Time // now where zero
}

// open stores a new session of a member.
func (s *service) open(tx Tx, o opening, member string, w wanted) (Session, error) {
	now := tx.Now()
	session := Session{ID: o.id, Member: member, Program: w.Program, Programme: w.Programme, Passkey: w.Passkey, Secret: o.secretDigest,
		Created: now, Seen: now, Proved: now}
	if !w.Proved.IsZero() {
		session.Proved = w.Proved
	}
	if w.Program {
		session.Rotation = o.rotationDigest
	}
	return session, tx.PutSession(session)
}

// shown returns what the session's owner is given. held are the member's roles.
func (s *service) shown(session Session, secret, rotation string, held rights) (SignedIn, error) {
	in := SignedIn{Session: session}
	if !session.Program {
		in.Cookie = session.ID + "." + secret
		return in, nil
	}
	in.Refresh = session.ID + "." + secret + "." + rotation
	in.Programme = session.Programme
	if ps := held.programmes(); in.Programme == "" && len(ps) == 1 {
		in.Programme = ps[0]
	}
	if in.Programme == "" {
		return in, nil
	}
	in.Expires = access.TTLDefault
	var err error
	in.Access, err = s.Authority.Mint(access.Grant{Staff: session.Member, Programme: in.Programme, Session: session.ID, TTL: in.Expires})
	return in, err
}

// EndSessions ends every session of a member but one, within the caller's
// transaction: when roles change, when a factor goes, when somebody leaves.
func EndSessions(tx Tx, member, but string) error {
	var all []Session
	for s, err := range tx.Sessions(member) {
		if err != nil {
			return err
		}
		if s.ID != but && s.Ended.IsZero() {
			all = append(all, s)
		}
	}
	for _, s := range all {
		s.Ended = tx.Now()
		if err := tx.PutSession(s); err != nil {
			return err
		}
	}
	return nil
}

// noticesMost bounds what a member can be told at the next sign-in.
const noticesMost = 50

// Tell has a member told at the next sign-in. The last fifty count.
func Tell(tx Tx, member, what string) error {
	ns, err := tx.Notices(member)
	if err != nil {
		return err
	}
	ns = append(ns, Notice{What: what, At: tx.Now()})
	return tx.PutNotices(member, ns[max(0, len(ns)-noticesMost):])
}
