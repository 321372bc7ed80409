package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/softkey"
)

func keyText() string { return rand.Text() }

// loginCommand signs the user of this machine in at a server: in a browser, by a
// code that is typed at a page, or with a passkey in a file.
func loginCommand(ctx context.Context, env *environment) error {
	fs := env.flags("login")
	server := fs.String("server", "", "address of the server")
	programme := fs.String("programme", "", "programme id; needed by who has roles in several")
	device := fs.Bool("device", false, "show a code to be typed at a page, where this machine has no browser")
	passkey := fs.String("passkey", "", "file with a passkey, instead of a browser")
	pass := fs.String("passphrases", "", "folder with passkey.txt instead of asking, with --passkey")
	show := fs.Bool("print-token", false, "print an access token of the session that is there, to use with curl")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	base, err := serverAddress(*server)
	if err != nil {
		return err
	}
	if *show {
		token, err := bearer(ctx, env.getenv, base, "")
		if err == nil {
			_, err = fmt.Fprintln(env.stdout, token)
		}
		return err
	}
	var t tokens
	switch {
	case *passkey != "":
		t, err = loginByFile(ctx, env, base, *programme, *passkey, *pass)
	case *device:
		t, err = loginByDevice(ctx, env, base, *programme)
	default:
		t, err = loginByBrowser(ctx, env, base, *programme)
	}
	if err != nil {
		return err
	}
	return signedInAs(env, base, *programme, t)
}

// signedInAs keeps a new session and says so.
func signedInAs(env *environment, base, programme string, t tokens) error {
	s := t.session(base)
	if s.Programme == "" {
		s.Programme = programme
	}
	if err := withSession(env.getenv, base, func(path string, _ session) error { return keepSession(path, s) }); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.stdout, "signed in as %s, programme %s\n", t.Session.Member, s.Programme)
	return err
}

// loginByFile signs in with a passkey in a file.
func loginByFile(ctx context.Context, env *environment, base, programme, file, pass string) (tokens, error) {
	key, err := readPasskey(file, env.passphrases(pass))
	if err != nil {
		return tokens{}, err
	}
	return passkeyLogin(ctx, base, programme, key)
}

// passkeyLogin signs in with a passkey in software.
func passkeyLogin(ctx context.Context, base, programme string, key softkey.Key) (tokens, error) {
	var c struct {
		Ceremony string
		Passkey  json.RawMessage
	}
	if err := tell(ctx, base, "/api/v1/sign-in/challenge", "", map[string]any{}, &c); err != nil {
		return tokens{}, err
	}
	proof, err := key.Get(c.Passkey)
	if err != nil {
		return tokens{}, err
	}
	var t tokens
	err = tell(ctx, base, "/api/v1/sign-in", "", map[string]any{"ceremony": c.Ceremony, "passkey": proof, "tokens": true, "programme": programme}, &t)
	return t, err
}

// loginByDevice shows a code and waits until it was typed (RFC 8628).
func loginByDevice(ctx context.Context, env *environment, base, programme string) (tokens, error) {
	var d struct {
		Code  string `json:"device_code"`
		User  string `json:"user_code"`
		Page  string `json:"verification_uri"`
		Life  int    `json:"expires_in"`
		Every int    `json:"interval"`
	}
	if err := tell(ctx, base, "/api/v1/sign-in/device", "", map[string]any{}, &d); err != nil {
		return tokens{}, err
	}
	fmt.Fprintf(env.stderr, "Open %s, sign in, and type %s\n", d.Page, d.User)
	for until := time.Now().Add(time.Duration(d.Life) * time.Second); time.Now().Before(until); {
		var t tokens
		err := tell(ctx, base, "/api/v1/sign-in/tokens", "", map[string]any{"code": d.Code, "programme": ""}, &t)
		if err == nil {
			return t, nil
		}
		if !strings.Contains(err.Error(), "("+staff.ErrPending.Code+",") {
			return tokens{}, err
		}
		select {
		case <-ctx.Done():
			return tokens{}, ctx.Err()
		case <-time.After(time.Duration(max(d.Every, 1)) * time.Second):
		}
	}
	return tokens{}, errors.New("nobody typed the code in time")
}

// browserWithin is how long somebody has to sign in in a browser.
const browserWithin = 5 * time.Minute

// loginByBrowser opens the office's page, and takes the code that it sends the
// browser back with (RFC 8252, RFC 7636).
func loginByBrowser(ctx context.Context, env *environment, base, programme string) (tokens, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return tokens{}, err
	}
	verifier, state := rand.Text()+rand.Text(), rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	page := base + officePath + "#program?" + url.Values{"redirect_uri": {"http://" + l.Addr().String() + "/"}, "state": {state}, "programme": {programme},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}.Encode()
	codes := make(chan string, 1)
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/" || q.Get("state") != state || q.Get("code") == "" {
			http.NotFound(w, r) // not what was asked for
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Referrer-Policy", "no-referrer")
		fmt.Fprintln(w, "Signed in. You may close this window. / Connecté. Vous pouvez fermer cette fenêtre.")
		select {
		case codes <- q.Get("code"):
		default:
		}
	})}
	go func() { _ = srv.Serve(l) }() // until Close
	defer srv.Close()
	fmt.Fprintf(env.stderr, "Sign in here: %s\n", page)
	openBrowser(env, page)
	var t tokens
	select {
	case <-ctx.Done():
		return t, ctx.Err()
	case <-time.After(browserWithin):
		return t, errors.New("nobody signed in in time; jate login --device works without a browser on this machine")
	case code := <-codes:
		err = tell(ctx, base, "/api/v1/sign-in/tokens", "", map[string]any{"code": code, "code_verifier": verifier}, &t)
	}
	return t, err
}

// openBrowser tries to show a page; who sees no browser has the address.
func openBrowser(env *environment, page string) {
	if f, ok := env.stderr.(*os.File); !ok || !isTerminal(f) {
		return
	}
	name := map[string]string{"linux": "xdg-open", "darwin": "open"}[runtime.GOOS]
	if path, err := exec.LookPath(name); name != "" && err == nil {
		_ = exec.Command(path, page).Start() // #nosec G204 -- a fixed program and an address of ours
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// logoutCommand ends the session at a server and forgets it.
func logoutCommand(ctx context.Context, env *environment) error {
	fs := env.flags("logout")
	server := fs.String("server", "", "address of the server")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	base, err := serverAddress(*server)
	if err != nil {
		return err
	}
	token, err := bearer(ctx, env.getenv, base, "")
	if err == nil {
		var left struct{}
		err = tell(ctx, base, "/api/v1/me/sessions/"+staff.Current+"/end", token, map[string]any{}, &left)
	}
	return errors.Join(err, withSession(env.getenv, base, func(path string, _ session) error {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}))
}

// sessionsCommand lists the user's sessions, and ends one or all others.
func sessionsCommand(ctx context.Context, env *environment) error {
	fs := env.flags("sessions")
	server := fs.String("server", "", "address of the server")
	end := fs.String("end", "", "session to end, or others")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	base, err := serverAddress(*server)
	if err != nil {
		return err
	}
	token, err := bearer(ctx, env.getenv, base, "")
	if err != nil {
		return err
	}
	var all struct {
		Items []struct {
			ID               string
			Program, Passkey bool
			Programme        string
			Created, Seen    time.Time
		}
	}
	path, body := "/api/v1/me/sessions", any(nil)
	if *end != "" {
		path, body = path+"/"+url.PathEscape(*end)+"/end", map[string]any{}
	}
	if err := tell(ctx, base, path, token, body, &all); err != nil {
		return err
	}
	for _, s := range all.Items {
		what := "browser"
		if s.Program {
			what = "program"
		}
		if _, err := fmt.Fprintf(env.stdout, "%s\t%s\t%s\tsince %s\tlast used %s\n", s.ID, what, s.Programme, s.Created.Format(time.RFC3339), s.Seen.Format(time.RFC3339)); err != nil {
			return err
		}
	}
	return nil
}
