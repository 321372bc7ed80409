package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/internal/durable"
)

// inEarnest makes the folder one in which no token counts but of who signed in.
func inEarnest(t *testing.T) func(string, *appConfig) {
	return func(dir string, _ *appConfig) {
		t.Helper()
		s, err := readSettings(dir)
		if err != nil {
			t.Fatal(err)
		}
		s.Development = false
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := durable.Replace(filepath.Join(dir, "jate.json"), b); err != nil {
			t.Fatal(err)
		}
	}
}

// desk is a machine at which several people sign in.
type desk struct {
	t    *testing.T
	dir  string
	base string
}

func newDesk(t *testing.T, s *running) *desk {
	d := &desk{t, t.TempDir(), "http://" + s.address}
	d.file("pass/passkey.txt", "a passphrase of the passkey\n")
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) file(name, content string) string {
	d.t.Helper()
	if err := os.MkdirAll(filepath.Dir(d.path(name)), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(d.path(name), []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return d.path(name)
}

// try runs a command as somebody, and returns what it printed.
func (d *desk) try(who string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	env := &environment{args: args, stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(k string) string {
		return map[string]string{"HOME": d.dir, "JATE_PROFILE": who, "JATE_SERVER": d.base, "JATE_PASSPHRASES": d.path("pass")}[k]
	}}
	err := run(d.t.Context(), env)
	return strings.TrimSpace(out.String()), err
}

func (d *desk) run(who string, args ...string) string {
	d.t.Helper()
	out, err := d.try(who, args...)
	if err != nil {
		d.t.Fatalf("%s: jate %s: %v", who, strings.Join(args, " "), err)
	}
	return out
}

// A folder in earnest: the first administrator comes from the console's code,
// invites somebody, and every command uses the session and renews it.
func TestLogin(t *testing.T) {
	s := runServer(t, inEarnest(t))
	d := newDesk(t, s)
	code, err := s.people.First(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.try("awa", "staff", "list")
	if err == nil || !strings.Contains(err.Error(), "jate login") {
		t.Errorf("%v", err)
	}
	d.run("awa", "staff", "accept", "--name", "awa", "--programme", "p1", "--code", d.file("code", code), "--passkey", d.path("awa.key"),
		"--work-factor", "10", "--codes", d.path("awa.codes"))
	if codes, err := os.ReadFile(d.path("awa.codes")); err != nil || strings.Count(string(codes), "\n") != 10 {
		t.Errorf("%s, %v", codes, err)
	}
	if out := d.run("awa", "staff", "list"); !strings.Contains(out, `{"p1":["administrator"]}`) || !strings.Contains(out, "passkey,recovery") {
		t.Error(out)
	}
	// A new programme, by curl as it were.
	r := programme(t, d.base, d.run("awa", "login", "--print-token"))
	if res, err := http.DefaultClient.Do(r); err != nil || res.StatusCode != http.StatusCreated {
		t.Errorf("%v, %v", res, err)
	}
	ben := strings.Fields(d.run("awa", "staff", "invite", "--language", "fr"))
	if len(ben) != 2 {
		t.Fatal(ben)
	}
	d.run("ben", "staff", "accept", "--name", "ben", "--code", d.file("code", ben[1]), "--passkey", d.path("ben.key"), "--work-factor", "10")
	if _, err := d.try("ben", "staff", "list"); err == nil {
		t.Error("ben sees the staff")
	}
	t.Run("the session is renewed, each refresh token once", func(t *testing.T) {
		path, err := sessionPath(func(k string) string { return map[string]string{"HOME": d.dir, "JATE_PROFILE": "awa"}[k] }, d.base)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var kept session
		if err := json.Unmarshal(b, &kept); err != nil {
			t.Fatal(err)
		}
		kept.Until = time.Now()
		if err := keepSession(path, kept); err != nil {
			t.Fatal(err)
		}
		d.run("awa", "sessions")
		now, err := os.ReadFile(path)
		if err != nil || bytes.Equal(now, b) {
			t.Error("the tokens are the same")
		}
		if err := keepSession(path, kept); err != nil { // a thief's copy
			t.Fatal(err)
		}
		if _, err := d.try("awa", "sessions"); err == nil {
			t.Error("an old refresh token is taken")
		}
	})
	t.Run("in again with the passkey, and out", func(t *testing.T) {
		d.run("awa", "login", "--passkey", d.path("awa.key"))
		d.run("awa", "login", "--passkey", d.path("awa.key"))
		if out := d.run("awa", "sessions"); strings.Count(out, "\n") != 1 {
			t.Error(out)
		}
		if out := d.run("awa", "sessions", "--end", "others"); strings.Count(out, "\n") != 0 || out == "" {
			t.Error(out)
		}
		token := d.run("awa", "login", "--print-token")
		d.run("awa", "staff", "disable", ben[0])
		if _, err := d.try("ben", "sessions"); err == nil {
			t.Error("ben is still in")
		}
		d.run("awa", "logout")
		if _, err := d.try("awa", "sessions"); err == nil {
			t.Error("awa is still in")
		}
		if res, err := http.DefaultClient.Do(programme(t, d.base, token)); err != nil || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%v, %v", res, err)
		}
	})
	if log := s.log.String(); strings.Contains(log, "awa") || strings.Contains(log, ben[1]) {
		t.Error("a name or a code is in the log")
	}
}

// A browser sends the code back to the program that asked, and to nobody else.
func TestASVS_10_2_1_programs(t *testing.T) {
	s := runServer(t, inEarnest(t))
	c, _ := s.firstCookie(t)
	d := newDesk(t, s)
	var errs lines
	env := &environment{args: []string{"login"}, stdin: strings.NewReader(""), stdout: &errs, stderr: &errs, getenv: func(k string) string {
		return map[string]string{"HOME": d.dir, "JATE_SERVER": d.base}[k]
	}}
	done := make(chan error, 1)
	go func() { done <- run(t.Context(), env) }()
	page := ""
	for deadline := time.Now().Add(10 * time.Second); page == "" && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		_, page, _ = strings.Cut(errs.String(), "#program?")
	}
	q, err := url.ParseQuery(strings.TrimSpace(page))
	if err != nil {
		t.Fatal(err)
	}
	by := func(r *http.Request) {
		r.AddCookie(c)
		r.Header.Set("Origin", d.base)
	}
	ask := field{"redirect_uri": q.Get("redirect_uri"), "state": q.Get("state"), "code_challenge": q.Get("code_challenge")}
	for what, change := range map[string]field{"another machine": {"redirect_uri": "http://evil.example:80/"}, "a name for it": {"redirect_uri": "http://localhost:80/"},
		"TLS of another": {"redirect_uri": "https://127.0.0.1:80/"}, "no challenge": {"code_challenge": ""}, "no state": {"state": ""}} {
		body := field{}
		for k, v := range ask {
			body[k] = v
		}
		for k, v := range change {
			body[k] = v
		}
		if res, a := s.call(t, http.MethodPost, "/api/v1/me/programs", body, by); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, res.StatusCode, a.raw)
		}
	}
	_, stolen := s.call(t, http.MethodPost, "/api/v1/me/programs", ask, by)
	u, err := url.Parse(stolen.need("redirect"))
	if err != nil {
		t.Fatal(err)
	}
	if res, a := s.call(t, http.MethodPost, "/api/v1/sign-in/tokens", field{"code": u.Query().Get("code"), "code_verifier": strings.Repeat("x", 43)}, nil); a.text("code") != staff.ErrCode.Code {
		t.Errorf("without its verifier: %d %s", res.StatusCode, a.raw)
	}
	_, a := s.call(t, http.MethodPost, "/api/v1/me/programs", ask, by)
	to := a.need("redirect")
	if res, err := http.Get(strings.Replace(to, "state=", "state=not", 1)); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("with another state: %v, %v", res, err)
	}
	if res, err := http.Get(to); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", res, err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if out := d.run("", "sessions"); strings.Count(out, "\n") != 1 || !strings.Contains(out, "browser") || !strings.Contains(out, "program") {
		t.Error(out)
	}
}

// Where there is no browser, a code is typed at a page.
func TestLogin_device(t *testing.T) {
	s := runServer(t, inEarnest(t))
	c, _ := s.firstCookie(t)
	d := newDesk(t, s)
	_, begun := s.call(t, http.MethodPost, "/api/v1/sign-in/device", field{}, nil)
	if _, a := s.call(t, http.MethodPost, "/api/v1/sign-in/tokens", field{"code": begun.need("device_code")}, nil); a.text("code") != staff.ErrPending.Code {
		t.Errorf("%s", a.raw)
	}
	by := func(r *http.Request) {
		r.AddCookie(c)
		r.Header.Set("Origin", d.base)
	}
	if _, a := s.call(t, http.MethodPost, "/api/v1/me/programs", field{"user_code": "BCDF-GHJK"}, by); a.text("code") != staff.ErrCode.Code {
		t.Errorf("%s", a.raw)
	}
	if res, a := s.call(t, http.MethodPost, "/api/v1/me/programs", field{"user_code": strings.ToLower(begun.need("user_code"))}, by); res.StatusCode != http.StatusOK {
		t.Errorf("%s", a.raw)
	}
	_, in := s.call(t, http.MethodPost, "/api/v1/sign-in/tokens", field{"code": begun.need("device_code")}, nil)
	if in.need("access_token") == "" || in.text("programme") != "p1" {
		t.Errorf("%s", in.raw)
	}
	if _, a := s.call(t, http.MethodPost, "/api/v1/sign-in/tokens", field{"code": begun.need("device_code")}, nil); a.text("code") != staff.ErrCode.Code {
		t.Errorf("%s", a.raw)
	}
}
