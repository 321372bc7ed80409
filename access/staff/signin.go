package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/jate-cva/jate/access"
)

var nameForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@+-]{2,63}$`)

// canonical returns the one form of a sign-in name.
func canonical(name string) string { return strings.ToLower(norm.NFKC.String(strings.TrimSpace(name))) }

// Presented is what somebody proves with: a passkey's answer to a challenge, or
// a password or a ticket of a provider, and a code, of an authenticator
// application or for recovery.
type Presented struct {
	Name     string
	Password string
	Code     string
	Ceremony string          // of the passkey's challenge
	Passkey  json.RawMessage // PublicKeyCredential.toJSON()
	Ticket   string          // of Return, in the place of name and password
}

// SignIn asks for a session.
type SignIn struct {
	Presented
	Program   bool   // wants tokens, not a cookie
	Programme string // of the tokens
	From      string // what the address is counted under
}

// StepUp proves again who has a session. Presented.Name is not looked at.
type StepUp struct {
	By access.Actor
	Presented
	From string
}

// proven is what somebody presented with success.
type proven struct {
	member  string
	passkey bool
	at      time.Time      // when it was proved; zero: now
	use     func(Tx) error // notes the use, in the transaction that acts on it
}

// prove looks at what was presented, in constant time as far as the name is
// concerned. member restricts whose it may be; "" for anybody's.
func (s *service) prove(ctx context.Context, p Presented, member, from string) (proven, attempt, error) {
	if p.Ceremony != "" {
		a := s.attemptOn("", from)
		if err := s.begin(ctx, a); err != nil {
			return proven{}, a, err
		}
		proof, err := s.provePasskey(ctx, p, member)
		return proof, a, err
	}
	if p.Ticket != "" {
		return s.proveIdentity(ctx, p, member, from)
	}
	account := member
	if account == "" {
		account = canonical(p.Name)
	}
	a := s.attemptOn(account, from)
	if err := s.begin(ctx, a); err != nil {
		return proven{}, a, err
	}
	proof, err := s.provePassword(ctx, p, member)
	return proof, a, err
}

// provePassword checks a password and a code. Whether there is such an account,
// the same is read and the same is computed (ASVS 6.3.8).
func (s *service) provePassword(ctx context.Context, p Presented, member string) (proven, error) {
	if len(p.Password) > 4*passwordMax || len(p.Name) > 256 || len(p.Code) > 64 {
		return proven{}, ErrSignIn
	}
	var cs []Credential
	phc, known := s.hasher.dummy, false
	err := s.Store.View(ctx, func(tx Tx) error {
		id, err := member, error(nil)
		if id == "" {
			id, err = tx.Handle(s.nameDigest(p.Name))
		}
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		m, err := tx.Member(id)
		if err != nil {
			return err
		}
		for c, err := range tx.Credentials(id) {
			if err != nil {
				return err
			}
			cs = append(cs, c)
			if c.Kind == Password && m.State == Active {
				phc, known = string(c.Secret), true
			}
		}
		member = id
		return nil
	})
	if err != nil {
		return proven{}, err
	}
	right, again, err := s.hasher.check(ctx, norm.NFC.String(p.Password), phc)
	if err != nil {
		return proven{}, err
	}
	second, found := s.secondFactor(cs, p.Code)
	if !known || !right || !found {
		return proven{}, ErrSignIn
	}
	fresh := ""
	if again {
		if fresh, err = s.hasher.hash(ctx, norm.NFC.String(p.Password)); err != nil {
			return proven{}, err
		}
	}
	return proven{member: member, use: func(tx Tx) error {
		if err := second(tx); err != nil {
			return err
		}
		c, err := tx.Credential(member, string(Password))
		if err != nil || string(c.Secret) != phc {
			return errors.Join(err, ErrSignIn) // it was changed meanwhile
		}
		if fresh != "" {
			c.Secret = []byte(fresh)
		}
		c.Used = tx.Now()
		return tx.PutCredential(c)
	}}, nil
}

// SignIn implements Service.
func (s *service) SignIn(ctx context.Context, cmd SignIn) (SignedIn, error) {
	if cmd.Programme != "" && !programmeForm.MatchString(cmd.Programme) {
		return SignedIn{}, ErrMember.At("programme", "no identifier of a programme")
	}
	proof, a, err := s.prove(ctx, cmd.Presented, "", cmd.From)
	if err != nil {
		return SignedIn{}, err
	}
	return s.enter(ctx, proof, a, wanted{Program: cmd.Program, Programme: cmd.Programme, Passkey: proof.passkey, Proved: proof.at})
}

// enter opens a session for somebody who has proved who it is.
func (s *service) enter(ctx context.Context, proof proven, a attempt, w wanted) (SignedIn, error) {
	o := newOpening()
	var session Session
	var held rights
	err := s.Store.Update(ctx, func(tx Tx) error {
		m, err := tx.Member(proof.member)
		if err != nil {
			return err
		}
		if m.State != Active {
			return ErrSignIn
		}
		if err := proof.use(tx); err != nil {
			return err
		}
		if err := a.succeed(tx); err != nil {
			return err
		}
		if held, err = rightsOf(tx, m.ID); err != nil {
			return err
		}
		session, err = s.open(tx, o, m.ID, w)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.shown(session, o.secret, o.rotation, held)
}

// StepUp implements Service. A passkey makes the session one that was opened with
// a passkey; a password leaves it what it was.
func (s *service) StepUp(ctx context.Context, cmd StepUp) (SignedIn, error) {
	if err := signedIn(cmd.By); err != nil {
		return SignedIn{}, err
	}
	proof, a, err := s.prove(ctx, cmd.Presented, cmd.By.ID, cmd.From)
	if err != nil {
		return SignedIn{}, err
	}
	if proof.member != cmd.By.ID || !proof.at.IsZero() && s.Now().Sub(proof.at) > StepUpLife {
		return SignedIn{}, ErrSignIn
	}
	o := newOpening()
	var session Session
	var held rights
	err = s.Store.Update(ctx, func(tx Tx) error {
		var err error
		if session, _, held, err = live(tx, cmd.By.Session); err != nil {
			return err
		}
		if err := proof.use(tx); err != nil {
			return err
		}
		if err := a.succeed(tx); err != nil {
			return err
		}
		session.Secret, session.Seen, session.Proved = o.secretDigest, tx.Now(), tx.Now()
		session.Passkey = session.Passkey || proof.passkey
		if session.Program {
			session.Rotation = o.rotationDigest
		}
		return tx.PutSession(session)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.shown(session, o.secret, o.rotation, held)
}

// nameDigest is what a sign-in name is filed under.
func (s *service) nameDigest(name string) [32]byte { return s.seal.digest("name", canonical(name)) }

// nameOf opens a member's sign-in name; "" where none is chosen.
func (s *service) nameOf(m Member) (string, error) {
	if m.Name == nil {
		return "", nil
	}
	b, err := s.seal.open("name", m.ID, m.Name)
	if err != nil {
		return "", fmt.Errorf("member %s: %w", m.ID, err)
	}
	return string(b), nil
}
