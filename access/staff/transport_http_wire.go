package staff

import (
	"encoding/json"
	"net/http"
	"time"

	"rsc.io/qr"

	"github.com/jate-cva/jate/access"
)

// optional is an instant that may be missing.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type offerWire struct {
	Ceremony string          `json:"ceremony"`
	Secret   string          `json:"totp_secret"`
	URI      string          `json:"totp_uri"`
	QR       []string        `json:"totp_qr"` // rows of 0 and 1
	Passkey  json.RawMessage `json:"passkey"`
}

func wireOfOffer(o Offer) offerWire {
	return offerWire{o.Ceremony, o.Secret, o.URI, qrOf(o.URI), o.Passkey}
}

// qrOf returns a text as the rows of a QR code, which a page draws: a library for
// it in the browser would be larger than the page. Our texts always fit one.
func qrOf(text string) []string {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return []string{}
	}
	rows := make([]string, c.Size)
	for y := range rows {
		row := make([]byte, c.Size)
		for x := range row {
			row[x] = '0'
			if c.Black(x, y) {
				row[x] = '1'
			}
		}
		rows[y] = string(row)
	}
	return rows
}

type openingWire struct {
	Organisation string    `json:"organisation"`
	Language     string    `json:"language"`
	First        bool      `json:"first"`
	Recovers     bool      `json:"recovers"`
	Name         string    `json:"name,omitempty"`
	Offer        offerWire `json:"offer"`
}

func wireOfOpening(o Opening) openingWire {
	return openingWire{o.Organisation, o.Language, o.First, o.Recovers, o.Name, wireOfOffer(o.Offer)}
}

type ceremonyWire struct {
	ID      string          `json:"ceremony"`
	Options json.RawMessage `json:"passkey"`
}

func wireOfCeremony(c Ceremony) ceremonyWire { return ceremonyWire(c) }

// signedInWire is a session with its secrets, named as OAuth names them (RFC 6749,
// 5.1). A cookie is in a header alone, where no script reads it.
type signedInWire struct {
	Session sessionWire `json:"session"`
	Access  string      `json:"access_token,omitempty"`
	Type    string      `json:"token_type,omitempty"`
	Expires int         `json:"expires_in,omitempty"` // seconds
	Refresh string      `json:"refresh_token,omitempty"`
	In      string      `json:"programme,omitempty"`
	Codes   []string    `json:"recovery_codes,omitempty"`
	cookie  string
}

func wireOfSignedIn(in SignedIn) signedInWire {
	w := signedInWire{Session: wireOfSession(in.Session), Access: in.Access, Expires: int(in.Expires / time.Second), Refresh: in.Refresh,
		In: in.Programme, Codes: in.Codes, cookie: in.Cookie}
	if w.Access != "" {
		w.Type = "Bearer"
	}
	return w
}

// Headers sets the session's cookie.
func (w signedInWire) Headers() http.Header {
	if w.cookie == "" {
		return nil
	}
	c := http.Cookie{Name: CookieName, Value: w.cookie, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	return http.Header{"Set-Cookie": {c.String()}}
}

type deviceWire struct {
	Code  string `json:"device_code"`
	User  string `json:"user_code"`
	Page  string `json:"verification_uri"`
	Life  int    `json:"expires_in"`
	Every int    `json:"interval"`
}

func wireOfDevice(d Device) deviceWire {
	return deviceWire{d.Code, d.User, d.Page, int(d.Life / time.Second), int(d.Every / time.Second)}
}

type sessionWire struct {
	ID        string    `json:"id"`
	Member    string    `json:"member"`
	Program   bool      `json:"program"`
	Programme string    `json:"programme,omitempty"`
	Passkey   bool      `json:"passkey"`
	Created   time.Time `json:"created"`
	Seen      time.Time `json:"seen"`
	Proved    time.Time `json:"proved"`
}

func wireOfSession(s Session) sessionWire {
	return sessionWire{s.ID, s.Member, s.Program, s.Programme, s.Passkey, s.Created, s.Seen, s.Proved}
}

type sessionsWire struct {
	Items []sessionWire `json:"items"`
}

func wireOfSessions(all []Session) sessionsWire {
	w := sessionsWire{Items: []sessionWire{}}
	for _, s := range all {
		w.Items = append(w.Items, wireOfSession(s))
	}
	return w
}

type factorWire struct {
	ID      string         `json:"id"`
	Kind    CredentialKind `json:"kind"`
	Left    *int           `json:"left,omitempty"`
	Created time.Time      `json:"created"`
	Used    *time.Time     `json:"used,omitempty"`
}

type noticeWire struct {
	What string    `json:"what"`
	At   time.Time `json:"at"`
}

type accountWire struct {
	Member       string                   `json:"member"`
	Name         string                   `json:"name"`
	Organisation string                   `json:"organisation"`
	Language     string                   `json:"language"`
	Roles        map[string][]access.Role `json:"roles"`
	Factors      []factorWire             `json:"factors"`
	Session      sessionWire              `json:"session"`
	Notices      []noticeWire             `json:"notices"`
	NeedsPasskey bool                     `json:"needs_passkey"`
	Recovery     bool                     `json:"recovery"`
}

func wireOfAccount(a Account) accountWire {
	w := accountWire{a.Member, a.Name, a.Organisation, a.Language, a.Roles, []factorWire{}, wireOfSession(a.Session), []noticeWire{}, a.NeedsPasskey, a.Recovery}
	if w.Roles == nil {
		w.Roles = map[string][]access.Role{}
	}
	for _, f := range a.Factors {
		fw := factorWire{ID: f.ID, Kind: f.Kind, Created: f.Created, Used: optional(f.Used)}
		if f.Kind == Codes {
			fw.Left = &f.Left
		}
		w.Factors = append(w.Factors, fw)
	}
	for _, n := range a.Notices {
		w.Notices = append(w.Notices, noticeWire(n))
	}
	return w
}

type addedWire struct {
	Account accountWire `json:"account"`
	Codes   []string    `json:"recovery_codes,omitempty"`
}

func wireOfAdded(a Added) addedWire { return addedWire{wireOfAccount(a.Account), a.Codes} }

type authorizedWire struct {
	Redirect string `json:"redirect,omitempty"`
}

func wireOfAuthorized(a Authorized) authorizedWire { return authorizedWire(a) }

type recoveryWire struct {
	AskedBy    string     `json:"asked_by"`
	ApprovedBy string     `json:"approved_by,omitempty"`
	From       *time.Time `json:"from,omitempty"`
}

type listedWire struct {
	ID           string                   `json:"id"`
	Name         string                   `json:"name,omitempty"`
	Organisation string                   `json:"organisation"`
	State        State                    `json:"state"`
	Created      time.Time                `json:"created"`
	Factors      []CredentialKind         `json:"factors"`
	Roles        map[string][]access.Role `json:"roles"`
	Recovery     *recoveryWire            `json:"recovery,omitempty"`
}

func wireOfListed(l Listed) listedWire {
	w := listedWire{l.ID, l.Name, l.Organisation, l.State, l.Created, append([]CredentialKind{}, l.Kinds...), l.Roles, nil}
	if w.Roles == nil {
		w.Roles = map[string][]access.Role{}
	}
	if l.Recovery.AskedBy != "" {
		w.Recovery = &recoveryWire{l.Recovery.AskedBy, l.Recovery.ApprovedBy, optional(l.Recovery.From)}
	}
	return w
}

type membersWire struct {
	Items []listedWire `json:"items"`
}

func wireOfMembers(all []Listed) membersWire {
	w := membersWire{Items: []listedWire{}}
	for _, l := range all {
		w.Items = append(w.Items, wireOfListed(l))
	}
	return w
}

type inviteeWire struct {
	Member listedWire `json:"member"`
	Code   string     `json:"code,omitempty"`
	Link   string     `json:"link,omitempty"`
	QR     []string   `json:"qr,omitempty"` // of the link
	Until  time.Time  `json:"until"`
}

func wireOfInvitee(i Invitee) inviteeWire {
	w := inviteeWire{wireOfListed(i.Member), i.Code, i.Link, nil, i.Until}
	if i.Link != "" {
		w.QR = qrOf(i.Link)
	}
	return w
}

type recoveredWire struct {
	Member listedWire `json:"member"`
	Code   string     `json:"code,omitempty"`
}

func wireOfRecovered(r Recovered) recoveredWire { return recoveredWire{wireOfListed(r.Member), r.Code} }
