package main

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/internal/toolcheck"
)

// inEarnestProvider starts oidc-provider, which knows the pages that it may send
// browsers back to, and returns its issuer and how to stop it.
func inEarnestProvider(t *testing.T, redirects ...string) (issuer string, stop func()) {
	t.Helper()
	toolcheck.Need(t, "node")
	dir := filepath.Join("..", "..", "web", "handheld")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider")); err != nil {
		if os.Getenv("JATE_TOOLS") == "required" {
			t.Fatal("oidc-provider is not installed; run `make web`")
		}
		t.Skip("oidc-provider is not installed; run `make web`")
	}
	cmd := exec.Command("node", append([]string{"test/provider/op.mjs"}, redirects...)...)
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() { _, _ = in.Close(), cmd.Wait() }
	t.Cleanup(stop)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "http") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return lines.Text(), stop
		}
	}
	t.Fatal("the provider did not start")
	return "", nil
}

// browsing is a browser at the provider's pages.
type browsing struct {
	t    *testing.T
	http *http.Client
	back string // the page of ours that it is sent back to
}

func newBrowsing(t *testing.T, back string) *browsing {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browsing{t, &http.Client{Jar: jar, Timeout: 10 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), back) {
			return http.ErrUseLastResponse
		}
		return nil
	}}, back}
}

var formPattern = regexp.MustCompile(`action="([^"]+)" method="post">\s*<input type="hidden" name="prompt" value="([a-z]+)"`)

// signIn goes where it is sent, types a name, agrees, and returns what it is sent
// back with.
func (b *browsing) signIn(location, name string) url.Values {
	b.t.Helper()
	res, err := b.http.Get(location)
	for range 5 {
		if err != nil {
			b.t.Fatal(err)
		}
		page, err := readAll(res.Body)
		if err != nil {
			b.t.Fatal(err)
		}
		if to := res.Header.Get("Location"); strings.HasPrefix(to, b.back) {
			u, err := url.Parse(to)
			if err != nil {
				b.t.Fatal(err)
			}
			return u.Query()
		}
		form := formPattern.FindSubmatch(page)
		if form == nil {
			b.t.Fatalf("%d %s", res.StatusCode, page)
		}
		res, err = b.http.PostForm(string(form[1]), url.Values{"prompt": {string(form[2])}, "login": {name}, "password": {"any"}})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	b.t.Fatal("the provider sends the browser in a circle")
	return nil
}

// Somebody signs in at a provider in earnest, by the command that configures it and
// through every redirect; and what is wrong with an answer is found with it too.
func TestProvider(t *testing.T) {
	address := ""
	var issuer string
	var stop func()
	configure := func(dir string, c *appConfig) {
		address = c.url
		issuer, stop = inEarnestProvider(t, address+"/office/provider-ngo", address+"/office/provider-other")
		pass := t.TempDir()
		for name, text := range map[string]string{"server": "pass of server", "provider-ngo": "a secret of both"} {
			if err := os.WriteFile(filepath.Join(pass, name+".txt"), []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		mustJate(t, "providers", "add", "--data", dir, "--passphrases", pass, "--name", "NGO", "--issuer", issuer, "--client-id", "jate", "ngo")
		if out := mustJate(t, "providers", "list", "--data", dir); !strings.Contains(out, "a code of ours") || strings.Contains(out, "secret") {
			t.Error(out)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "jate.json")); err != nil || strings.Contains(string(b), "a secret of both") {
			t.Error("the secret lies open", err)
		}
	}
	s := runServer(t, configure)
	b := newBrowsing(t, address)
	binder := &http.Cookie{}
	ours := func(r *http.Request) {
		r.Header.Set("Origin", "http://"+s.address)
		if binder.Name != "" {
			r.AddCookie(binder)
		}
	}
	depart := func() string {
		res, a := s.call(t, http.MethodPost, "/api/v1/sign-in/providers/ngo/departure", field{"then": "#program?x"}, ours)
		if cs := res.Cookies(); len(cs) == 1 {
			binder = cs[0]
		}
		return a.need("location")
	}
	comeBack := func(q url.Values) (*http.Response, answer) {
		return s.call(t, http.MethodPost, "/api/v1/sign-in/providers/ngo/return", field{"state": q.Get("state"), "code": q.Get("code"), "iss": q.Get("iss")}, ours)
	}
	ticket := func(name string) answer {
		t.Helper()
		b = newBrowsing(t, address)
		res, a := comeBack(b.signIn(depart(), name))
		if res.StatusCode != http.StatusOK || a.text("then") != "#program?x" {
			t.Fatalf("%d %s", res.StatusCode, a.raw)
		}
		return a
	}

	// Ben is invited, and accepts with what his organisation knows of him.
	c, _ := s.firstCookie(t)
	_, in := s.call(t, http.MethodPost, "/api/v1/staff", field{}, func(r *http.Request) {
		r.Header.Set("Origin", "http://"+s.address)
		r.Header.Set("Idempotency-Key", "k")
		r.AddCookie(c)
	})
	_, o := s.call(t, http.MethodPost, "/api/v1/invitations/opening", field{"code": in.need("code"), "name": "ben"}, nil)
	secret := o.need("offer", "totp_secret")
	code := func(at time.Time) string {
		text, err := totp.GenerateCode(secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := ticket("ben-of-ngo")
	if first.at("linked") != false || first.at("code_needed") != true {
		t.Errorf("%s", first.raw)
	}
	res, a := s.call(t, http.MethodPost, "/api/v1/invitations/acceptance", field{"code": in.need("code"), "name": "ben", "ceremony": o.need("offer", "ceremony"),
		"totp": code(time.Now().Add(-30 * time.Second)), "ticket": first.need("ticket")}, nil)
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", res.StatusCode, a.raw)
	}

	// He signs in, and it is he.
	again := ticket("ben-of-ngo")
	res, a = s.call(t, http.MethodPost, "/api/v1/sign-in", field{"ticket": again.need("ticket"), "code": code(time.Now())}, nil)
	if again.at("linked") != true || res.StatusCode != http.StatusOK || a.need("session", "member") != in.need("member", "id") {
		t.Fatalf("%d %s", res.StatusCode, a.raw)
	}
	session := res.Cookies()[0]
	if session.Name != staff.CookieName || session.SameSite != http.SameSiteStrictMode || !session.HttpOnly || !session.Secure {
		t.Errorf("%+v", session)
	}
	me := func() int {
		res, _ := s.call(t, http.MethodGet, "/api/v1/me", nil, func(r *http.Request) { r.AddCookie(session) })
		return res.StatusCode
	}
	if me() != http.StatusOK {
		t.Error("the session is none")
	}

	// Somebody else at the same provider, with the same e-mail address, is nobody here.
	other := ticket("amadou")
	if res, a := s.call(t, http.MethodPost, "/api/v1/sign-in", field{"ticket": other.need("ticket"), "code": code(time.Now().Add(30 * time.Second))}, nil); a.text("code") != staff.ErrUnlinked.Code {
		t.Errorf("%d %s", res.StatusCode, a.raw)
	}
	refused := func(what string, q url.Values) {
		t.Helper()
		if res, a := comeBack(q); res.StatusCode != http.StatusUnauthorized || a.text("code") != provider.ErrRefused.Code {
			t.Errorf("%s: %d %s", what, res.StatusCode, a.raw)
		}
	}
	with := func(q url.Values, key, value string) url.Values {
		q.Set(key, value)
		return q
	}
	used := b.signIn(depart(), "ben-of-ngo")
	if used.Get("iss") != issuer {
		t.Errorf("the provider names itself %q", used.Get("iss"))
	}
	if res, a := comeBack(used); res.StatusCode != http.StatusOK {
		t.Errorf("%d %s", res.StatusCode, a.raw)
	}
	refused("the same answer again", used)
	refused("its code in another flow", with(b.signIn(depart(), "ben-of-ngo"), "code", used.Get("code")))
	unused := b.signIn(depart(), "ben-of-ngo")
	refused("an unused code of another flow: PKCE", with(b.signIn(depart(), "ben-of-ngo"), "code", unused.Get("code")))
	refused("another state", with(b.signIn(depart(), "ben-of-ngo"), "state", "x"))
	refused("another issuer", with(b.signIn(depart(), "ben-of-ngo"), "iss", "https://evil.example"))
	refused("no issuer, which the provider always names", with(b.signIn(depart(), "ben-of-ngo"), "iss", ""))
	location, err := url.Parse(depart())
	if err != nil {
		t.Fatal(err)
	}
	location.RawQuery = with(location.Query(), "nonce", "another").Encode()
	refused("another nonce", b.signIn(location.String(), "ben-of-ngo"))
	q := b.signIn(depart(), "ben-of-ngo")
	own := *binder
	binder = &http.Cookie{Name: own.Name, Value: strings.Repeat("x", 43)}
	refused("in another browser", q)
	binder = &own

	// The provider goes away: who has a factor here is not bothered, and sessions go on.
	q = b.signIn(depart(), "ben-of-ngo")
	stop()
	if res, a := comeBack(q); res.StatusCode != http.StatusServiceUnavailable || a.text("code") != provider.ErrUnavailable.Code {
		t.Errorf("%d %s", res.StatusCode, a.raw)
	}
	if me() != http.StatusOK {
		t.Error("the session went with the provider")
	}
	if log := s.log.String(); strings.Contains(log, "ben") || strings.Contains(log, "amadou") || strings.Contains(log, used.Get("code")) || strings.Contains(log, used.Get("state")) {
		t.Error("a person or a code is in the log")
	}
	// Whom we disable is out, whatever the provider says.
	res, a = s.call(t, http.MethodPost, "/api/v1/staff/"+in.need("member", "id")+"/state", field{"state": "disabled"}, func(r *http.Request) {
		r.Header.Set("Origin", "http://"+s.address)
		r.Header.Set("Idempotency-Key", "k2")
		r.AddCookie(c)
	})
	if res.StatusCode != http.StatusOK || me() != http.StatusUnauthorized {
		t.Errorf("%d %s, still in", res.StatusCode, a.raw)
	}
}

// A provider in the clear is for development alone; a folder that has none offers
// none; and a new server key takes the secrets along.
func TestProviders_command(t *testing.T) {
	dir, pass := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"server": "pass of server", "root": "pass of root", "print": "pass of print", "server-new": "another pass", "provider-ngo": "a secret of both"} {
		if err := os.WriteFile(filepath.Join(pass, name+".txt"), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir = filepath.Join(dir, "office")
	mustJate(t, "init", "--data", dir, "--origin", "ngo.example/test", "--passphrases", pass, "--work-factor", "10")
	add := []string{"providers", "add", "--data", dir, "--passphrases", pass, "--name", "NGO", "--client-id", "jate"}
	for what, args := range map[string][]string{"in the clear": {"--issuer", "http://localhost:9", "ngo"}, "no address": {"--issuer", "ngo.example", "ngo"},
		"no name for a path": {"--issuer", "https://login.ngo.example", "N/GO"}, "an empty amr": {"--issuer", "https://login.ngo.example", "--amr", "a,,b", "ngo"},
		"no secret": {"--issuer", "https://login.ngo.example", "none"}} {
		if _, err := jate(t, append(add, args...)...); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	mustJate(t, append(add, "--issuer", "https://login.ngo.example", "--amr", "mfa,hwk", "ngo")...)
	if _, err := jate(t, append(add, "--issuer", "https://login.ngo.example", "again")...); err == nil {
		t.Error("one issuer is configured twice")
	}
	mustJate(t, append(add, "--issuer", "https://elsewhere.example", "--public", "elsewhere")...)
	mustJate(t, "keys", "rotate", "--data", dir, "--passphrases", pass, "--work-factor", "10", "server")
	ring, err := openKeyring(dir, func(string) (string, error) { return "another pass", nil })
	if err != nil || len(ring.providers) != 2 || ring.providers[0].Secret != "a secret of both" || ring.providers[0].AMR[1] != "hwk" || ring.providers[1].Secret != "" {
		t.Errorf("%+v, %v", ring.providers, err)
	}
	mustJate(t, "providers", "remove", "--data", dir, "ngo")
	if _, err := os.Stat(keyPath(dir, providerKey("ngo"))); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if out := mustJate(t, "providers", "list", "--data", dir); strings.Contains(out, "login.ngo.example") || !strings.Contains(out, "elsewhere.example") {
		t.Error(out)
	}
	if _, err := jate(t, "providers", "remove", "--data", dir, "ngo"); err == nil {
		t.Error("removed twice")
	}
	if out := mustJate(t, "verify", "--data", dir); !strings.Contains(out, "ok size=4 ") {
		t.Error(out)
	}
}
