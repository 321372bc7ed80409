package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/softkey"
)

// key answers a passkey's challenge of an answer.
func (a answer) passkey(path ...any) json.RawMessage {
	a.t.Helper()
	b, err := json.Marshal(a.at(path...))
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// joins accepts an invitation over HTTP, with a passkey in software.
func (s *story) joins(name, code string, more field) answer {
	s.t.Helper()
	o := s.post("", "/api/v1/invitations/opening", field{"code": code, "name": name})
	key, made, err := softkey.Create(usualURL, o.passkey("offer", "passkey"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.colleagues[name] = key
	body := field{"code": code, "name": name, "ceremony": o.need("offer", "ceremony"), "passkey": made}
	for k, v := range more {
		body[k] = v
	}
	return s.post("", "/api/v1/invitations/acceptance", body)
}

// signedIn is a new session of a program, as days pass in a story.
func (s *story) signedIn(name string) staff.SignedIn {
	s.t.Helper()
	c, err := s.app.people.Challenge(s.t.Context(), staff.Challenge{})
	if err != nil {
		s.t.Fatal(err)
	}
	proof, err := s.colleagues[name].Get(c.Options)
	if err != nil {
		s.t.Fatal(err)
	}
	in, err := s.app.people.SignIn(s.t.Context(), staff.SignIn{Program: true, Programme: demoProgramme, Presented: staff.Presented{Ceremony: c.ID, Passkey: proof}})
	if err != nil {
		s.t.Fatal(err)
	}
	return in
}

// people come, sign in in every way, change their factors, and one is disabled.
func (s *story) people() {
	first, err := s.app.people.First(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.joins("awa", first, field{"programme": demoProgramme})
	c := s.post("", "/api/v1/sign-in/challenge", field{})
	proof, err := s.colleagues["awa"].Get(c.passkey("passkey"))
	if err != nil {
		s.t.Fatal(err)
	}
	in := s.post("", "/api/v1/sign-in", field{"ceremony": c.need("ceremony"), "passkey": proof, "tokens": true, "programme": demoProgramme})
	s.post("", "/api/v1/sign-in/tokens", field{"refresh_token": in.need("refresh_token")})
	second := s.post("@awa", "/api/v1/staff", field{"language": "fr"})
	s.joins("ben", second.need("code"), field{"tokens": true, "programme": demoProgramme})
	ben := second.need("member", "id")
	s.get("@ben", "/api/v1/me")

	// A factor comes and goes.
	offer := s.post("@ben", "/api/v1/me/factors/offer", field{})
	code, err := totp.GenerateCode(offer.need("totp_secret"), s.clock.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	added := s.post("@ben", "/api/v1/me/factors", field{"ceremony": offer.need("ceremony"), "totp": code})
	for _, f := range added.list("account", "factors") {
		if f := (answer{t: s.t, value: f}); f.text("kind") == "totp" {
			s.post("@ben", "/api/v1/me/factors/"+f.need("id")+"/removal", field{})
		}
	}
	// The token that a request is made with belongs to a session of its own.
	c = s.post("", "/api/v1/sign-in/challenge", field{})
	if proof, err = s.colleagues["ben"].Get(c.passkey("passkey")); err != nil {
		s.t.Fatal(err)
	}
	s.post("@ben", "/api/v1/me/proof", field{"ceremony": c.need("ceremony"), "passkey": proof})

	s.provider()

	// Programs are let in, by a code to be typed and over the loopback.
	device := s.post("", "/api/v1/sign-in/device", field{})
	if a := s.send(s.request("", http.MethodPost, "/api/v1/sign-in/tokens", field{"code": device.need("device_code")})); a.text("code") != "authorization_pending" {
		s.t.Errorf("%d %s", a.status, a.raw)
	}
	s.post("@ben", "/api/v1/me/programs", field{"user_code": device.need("user_code"), "programme": demoProgramme})
	s.post("", "/api/v1/sign-in/tokens", field{"code": device.need("device_code")})
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	to := s.post("@ben", "/api/v1/me/programs", field{"redirect_uri": "http://127.0.0.1:9/", "state": strings.Repeat("s", 16), "programme": demoProgramme,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:])}).need("redirect")
	_, rest, _ := strings.Cut(to, "code=")
	got, _, _ := strings.Cut(rest, "&")
	s.post("", "/api/v1/sign-in/tokens", field{"code": got, "code_verifier": verifier})

	sessions := s.get("@ben", "/api/v1/me/sessions")
	s.post("@ben", "/api/v1/me/sessions/"+sessions.need("items", 0, "id")+"/end", field{})
	s.post("@ben", "/api/v1/me/sessions/others/end", field{})

	// Ben's factors are asked for in his name; he refuses.
	s.post("@awa", "/api/v1/staff/"+ben+"/recovery", field{})
	if a := s.post("@ben", "/api/v1/me/recovery/refusal", field{}); a.at("recovery") != false {
		s.t.Errorf("%s", a.raw)
	}
	third := s.post("@awa", "/api/v1/staff", field{})
	s.joins("chi", third.need("code"), nil)
	s.post("@awa", "/api/v1/staff/"+third.need("member", "id")+"/state", field{"state": "disabled"})
	if n := len(s.get("@awa", "/api/v1/staff/"+third.need("member", "id")+"/work").list("items")); n == 0 {
		s.t.Error("nothing is known of chi")
	}
	s.post("@awa", "/api/v1/staff/"+third.need("member", "id")+"/leaving", field{"successor": ben})
	if n := len(s.get("@awa", "/api/v1/staff").list("items")); n != 3 {
		s.t.Errorf("%d members", n)
	}
	s.roles(ben)
	s.clock.set(s.clock.Now().Add(time.Minute))
}

// provider: ben's organisation knows him too, and he links that to his account.
func (s *story) provider() {
	at := s.get("", "/api/v1/sign-in/providers").need("items", 0, "id")
	browser := func(path string, body field) answer {
		r := s.request("", http.MethodPost, "/api/v1/sign-in/providers/"+at+path, body)
		r.AddCookie(&http.Cookie{Name: staff.ProviderCookie, Value: strings.Repeat("b", 43)})
		r.Header.Set("Origin", s.address)
		return s.send(r)
	}
	code, q := s.forger.SignIn(s.t, browser("/departure", field{"then": "#account"}).need("location"))
	back := browser("/return", field{"state": q.Get("state"), "code": code, "iss": s.forger.URL})
	if back.at("linked") != false || back.at("code_needed") != true {
		s.t.Errorf("%s", back.raw)
	}
	s.post("@ben", "/api/v1/me/factors", field{"ticket": back.need("ticket")})
}

// roles: ben becomes the second administrator by the console's code, and what he
// proposes is then hers to approve.
func (s *story) roles(ben string) {
	p := s.post("@awa", "/api/v1/grants", field{"member": ben, "role": "administrator"})
	digest, err := hex.DecodeString(p.need("digest"))
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := grant.ConsoleKey(s.app.keys.data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.post("@awa", "/api/v1/grants/"+p.need("id")+"/approvals",
		field{"digest": p.need("digest"), "console_code": grant.ConsoleCode(key, p.need("id"), [32]byte(digest))})
	next := s.post("@ben", "/api/v1/grants", field{"member": ben, "role": "auditor"})
	begun := s.post("@ben", "/api/v1/approvals/challenges", field{"digest": next.need("digest")})
	agreed, err := s.colleagues["ben"].Get(begun.passkey("passkey"))
	if err != nil {
		s.t.Fatal(err)
	}
	record := s.post("@ben", "/api/v1/approvals/assertions", field{"digest": next.need("digest"), "nonce": begun.need("nonce"), "passkey": agreed})
	s.get("monitor", "/api/v1/approvals/records/"+record.need("hash"))
	shown := s.get("@awa", "/api/v1/approvals/contents/"+next.need("digest"))
	if sum := sha256.Sum256([]byte(shown.need("text"))); hex.EncodeToString(sum[:]) != next.need("digest") {
		s.t.Error("the content has another digest")
	}
	if n := len(s.get("monitor", "/api/v1/approvals/keys").list("items")); n == 0 {
		s.t.Error("no key of an approver is named")
	}
	s.post("@awa", "/api/v1/grants/"+next.need("id")+"/approvals", field{"digest": next.need("digest")})
	refused := s.post("@ben", "/api/v1/grants", field{"member": ben, "role": "registrar", "until": s.now(30)})
	s.post("@awa", "/api/v1/grants/"+refused.need("id")+"/refusal", field{})
	s.post("@ben", "/api/v1/grants/revocations", field{"member": ben, "role": "auditor"})
	if n := len(s.get("@awa", "/api/v1/grants").list("held")); n != 2 {
		s.t.Errorf("%d roles are held", n)
	}
}
