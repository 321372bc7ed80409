package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/access/staff/softkey"
	"github.com/jate-cva/jate/internal/durable"
)

// passkeyMost bounds the file of a passkey.
const passkeyMost = 16 << 10

// writePasskey keeps a passkey in a new file, under a passphrase.
func writePasskey(path string, k softkey.Key, ask passphrases, factor int) error {
	if err := mustBeNew(path); err != nil {
		return err
	}
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	pass, err := ask("passkey")
	if err != nil {
		return err
	}
	to, err := age.NewScryptRecipient(pass)
	if err != nil {
		return fmt.Errorf("the passphrase of the passkey: %w", err)
	}
	to.SetWorkFactor(factor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return durable.Replace(path, sealed.Bytes())
}

// readPasskey opens one.
func readPasskey(path string, ask passphrases) (softkey.Key, error) {
	var k softkey.Key
	sealed, err := readBounded(path, passkeyMost)
	if err != nil {
		return k, err
	}
	pass, err := ask("passkey")
	if err != nil {
		return k, err
	}
	id, err := age.NewScryptIdentity(pass)
	if err != nil {
		return k, err
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	if err != nil {
		return k, fmt.Errorf("%w (passkey)", errPassphrase)
	}
	b, err := io.ReadAll(io.LimitReader(r, passkeyMost))
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(b, &k)
}

// originOf is what a passkey made for a server is bound to: its address, in which
// the loopback is called localhost, because an address cannot have a passkey.
func originOf(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	if h := u.Hostname(); h == "127.0.0.1" || h == "::1" {
		u.Host = "localhost:" + u.Port()
	}
	return u.Scheme + "://" + u.Host, nil
}

// staffCommand is what administrators do with people, and how one accepts an
// invitation without a browser.
func staffCommand(ctx context.Context, env *environment) error {
	words := map[string]func(context.Context, *environment) error{"list": staffList, "invite": staffInvite, "accept": staffAccept,
		"disable": staffState("disabled"), "enable": staffState("active"), "recover": staffRecover,
		"work": staffWork, "leave": staffLeave,
		"rescue": staffRescue, "grants": grantsList, "grant": grantPropose, "approve": grantApprove, "refuse": grantRefuse, "revoke": grantRevoke, "second": grantSecond}
	if len(env.args) > 0 {
		if do := words[env.args[0]]; do != nil {
			sub := *env
			sub.args = env.args[1:]
			return do(ctx, &sub)
		}
	}
	return errors.New("jate staff list, invite, accept, work, leave, disable, enable, recover, rescue, grants, grant, approve, refuse, revoke or second; each says its flags with --help")
}

// staffMember is what a server says of one.
type staffMember struct {
	ID, Name, Organisation, State string
	Factors                       []string
	Roles                         map[string][]string
}

func (m staffMember) write(w io.Writer) error {
	roles, err := json.Marshal(m.Roles)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.ID, m.State, m.Organisation, m.Name, strings.Join(m.Factors, ","), roles)
	return err
}

func staffList(ctx context.Context, env *environment) error {
	fs := env.flags("staff list")
	server, token := fs.String("server", "", "address of the server"), fs.String("token", "", "file with an access token; the session of jate login without it")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	var all struct{ Items []staffMember }
	if err := askAs(ctx, env, *server, *token, "/api/v1/staff", nil, &all); err != nil {
		return err
	}
	for _, m := range all.Items {
		if err := m.write(env.stdout); err != nil {
			return err
		}
	}
	return nil
}

// askAs is tell in the name of who is signed in.
func askAs(ctx context.Context, env *environment, server, tokenFile, path string, body, to any) error {
	base, err := serverAddress(server)
	if err != nil {
		return err
	}
	token, err := bearer(ctx, env.getenv, base, tokenFile)
	if err != nil {
		return err
	}
	return tell(ctx, base, path, token, body, to)
}

func staffInvite(ctx context.Context, env *environment) error {
	fs := env.flags("staff invite")
	server, token := fs.String("server", "", "address of the server"), fs.String("token", "", "file with an access token; the session of jate login without it")
	member := fs.String("member", "", "who needs another code because the first is too old")
	organisation := fs.String("organisation", "", "of a person from elsewhere, such as a monitor")
	language := fs.String("language", "", "en or fr")
	out := fs.String("out", "", "new file for the code; it is printed without")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *out != "" {
		if err := mustBeNew(*out); err != nil {
			return err
		}
	}
	var in struct {
		Member staffMember
		Code   string
		Until  time.Time
	}
	if err := askAs(ctx, env, *server, *token, "/api/v1/staff", map[string]any{"member": *member, "organisation": *organisation, "language": *language}, &in); err != nil {
		return err
	}
	fmt.Fprintf(env.stderr, "Give this code to the person, and to nobody else; it is good once, until %s.\n", in.Until.Format(time.RFC3339))
	if *out != "" {
		if err := durable.Replace(*out, []byte(in.Code+"\n")); err != nil {
			return err
		}
		in.Code = ""
	}
	_, err := fmt.Fprintln(env.stdout, strings.TrimSpace(in.Member.ID+" "+in.Code))
	return err
}

func staffAccept(ctx context.Context, env *environment) error {
	fs := env.flags("staff accept")
	server := fs.String("server", "", "address of the server")
	code := fs.String("code", "", "file with the invitation's code; read from the input without it")
	name := fs.String("name", "", "sign-in name that you choose")
	programme := fs.String("programme", "", "programme id, of the first administrator")
	passkey := fs.String("passkey", "", "new file for a passkey; a browser keeps one better")
	pass := fs.String("passphrases", "", "folder with passkey.txt instead of asking")
	factor := fs.Int("work-factor", workFactor, "cost of guessing the passkey's passphrase, 2^N")
	codes := fs.String("codes", "", "new file for the recovery codes; they are printed without it")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	base, err := serverAddress(*server)
	if err != nil {
		return err
	}
	if *passkey == "" || *name == "" {
		return errors.New("staff accept needs --name and --passkey; or open the page that came with the code in a browser")
	}
	if err := mustBeNew(*passkey); err != nil {
		return err
	}
	text, err := readCode(env, *code)
	if err != nil {
		return err
	}
	var o struct {
		Offer struct {
			Ceremony string
			Passkey  json.RawMessage
		}
	}
	if err := tell(ctx, base, "/api/v1/invitations/opening", "", map[string]any{"code": text, "name": *name}, &o); err != nil {
		return err
	}
	origin, err := originOf(base)
	if err != nil {
		return err
	}
	key, made, err := softkey.Create(origin, o.Offer.Passkey)
	if err != nil {
		return err
	}
	if err := writePasskey(*passkey, key, env.passphrases(*pass), *factor); err != nil {
		return err
	}
	var t tokens
	if err := tell(ctx, base, "/api/v1/invitations/acceptance", "", map[string]any{"code": text, "name": *name, "ceremony": o.Offer.Ceremony, "passkey": made,
		"tokens": true, "programme": *programme}, &t); err != nil {
		return errors.Join(err, os.Remove(*passkey))
	}
	list := strings.Join(t.Codes, "\n") + "\n"
	if *codes != "" {
		err = durable.Replace(*codes, []byte(list))
	} else {
		_, err = fmt.Fprint(env.stdout, "Recovery codes, shown this once; keep them on paper:\n"+list)
	}
	return errors.Join(err, signedInAs(env, base, *programme, t))
}

// readCode reads the code of an invitation.
func readCode(env *environment, path string) (string, error) {
	var in io.Reader = env.stdin
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	line, err := bufio.NewReader(io.LimitReader(in, 256)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// staffState disables somebody, or enables again.
func staffState(state string) func(context.Context, *environment) error {
	return func(ctx context.Context, env *environment) error {
		fs := env.flags("staff " + state)
		server, token := fs.String("server", "", "address of the server"), fs.String("token", "", "file with an access token; the session of jate login without it")
		args, err := env.parse(fs, 1)
		if err != nil {
			return err
		}
		var m staffMember
		if err := askAs(ctx, env, *server, *token, "/api/v1/staff/"+url.PathEscape(args[0])+"/state", map[string]any{"state": state}, &m); err != nil {
			return err
		}
		return m.write(env.stdout)
	}
}

func staffRecover(ctx context.Context, env *environment) error {
	fs := env.flags("staff recover")
	server, token := fs.String("server", "", "address of the server"), fs.String("token", "", "file with an access token; the session of jate login without it")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	var r struct {
		Member staffMember
		Code   string
	}
	if err := askAs(ctx, env, *server, *token, "/api/v1/staff/"+url.PathEscape(args[0])+"/recovery", map[string]any{}, &r); err != nil {
		return err
	}
	if r.Code != "" {
		_, err = fmt.Fprintln(env.stdout, r.Code)
		return err
	}
	_, err = fmt.Fprintln(env.stderr, "Noted. Another administrator must agree, and a day must pass; then ask again for the code.")
	return err
}
