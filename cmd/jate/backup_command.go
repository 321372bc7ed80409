package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/internal/durable"
)

// backupCommand copies the store and documents of a folder, or of a running
// server, into one file, and what opens persons into another. Both appear under
// their names when they are whole and on the disk, and not before.
func backupCommand(ctx context.Context, env *environment) error {
	fs := env.flags("backup")
	dir := fs.String("data", "", "data folder that no server has")
	server := fs.String("server", "", "address of a running server, instead of --data")
	token := fs.String("token", "", "file with an administrator's access token, for --server")
	recipient := fs.String("recipient", "", "age recipient to encrypt to; with --server always")
	out := fs.String("out", "", "file to write")
	keys := fs.String("keys", "", "file to write the persons' keys to; --out and .keys where it is missing")
	keysTo := fs.String("keys-recipient", "", "age recipient of the persons' keys; that of --recipient where it is missing")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	switch { // a flag goes before the environment
	case *dir != "" && *server == env.getenv("JATE_SERVER"):
		*server = ""
	case *server != "" && *dir == env.getenv("JATE_DATA"):
		*dir = ""
	}
	if *out == "" || (*dir == "") == (*server == "") {
		return errors.New("backup needs --out, and either --data or --server")
	}
	*keys, *keysTo = cmp.Or(*keys, *out+keysSuffix), cmp.Or(*keysTo, *recipient)
	if err := errors.Join(mustBeNew(*out), mustBeNew(*keys)); err != nil {
		return err
	}
	if filepath.Dir(*keys) != filepath.Dir(*out) {
		if _, err := os.Stat(filepath.Dir(*keys)); err != nil {
			return err
		}
	}
	// Beside the file, so that it can be renamed.
	temp, err := os.MkdirTemp(filepath.Dir(*out), ".jate-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	tempKeys, err := os.MkdirTemp(filepath.Dir(*keys), ".jate-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tempKeys)
	b := backupFiles{store: filepath.Join(temp, "whole"), to: *recipient, keys: filepath.Join(tempKeys, "keys"), keysTo: *keysTo}
	var said string
	if *server != "" {
		said, err = fetchBackup(ctx, env, *server, *token, b)
	} else {
		said, err = backupFolder(ctx, env, *dir, filepath.Join(temp, "copy"), b)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(b.store)
	if err != nil {
		return err
	}
	for _, f := range [][2]string{{b.keys, *keys}, {b.store, *out}} {
		if err := errors.Join(mustBeNew(f[1]), os.Rename(f[0], f[1]), durable.SyncDir(filepath.Dir(f[1]))); err != nil {
			return err
		}
	}
	pruned, err := pruneKeys(*keys, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "ok %s bytes=%d\nThe persons' keys are in %s. Keep them elsewhere, 35 days at most.\n", said, info.Size(), *keys)
	if pruned > 0 && err == nil {
		_, err = fmt.Fprintf(env.stdout, "%d key files beside it were older, and are deleted.\n", pruned)
	}
	return err
}

// backupFiles are the two files of a backup and the age recipients of each; a
// file without one is in the clear.
type backupFiles struct {
	store, to    string
	keys, keysTo string
}

func mustBeNew(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there already; nothing was written over", path))
	}
	return nil
}

// backupFolder copies what a folder has to keep, in the clear without a recipient.
func backupFolder(ctx context.Context, env *environment, dir, folder string, b backupFiles) (string, error) {
	var to, keysTo age.Recipient
	for _, r := range []struct {
		text string
		to   *age.Recipient
	}{{b.to, &to}, {b.keysTo, &keysTo}} {
		if r.text == "" {
			continue
		}
		var err error
		if *r.to, err = parseRecipient(r.text); err != nil {
			return "", err
		}
	}
	db, s, err := openStore(dir, env.quiet())
	if err != nil {
		return "", err
	}
	c, err := copyStore(ctx, db, folder, s, dir)
	if err := errors.Join(err, db.Close()); err != nil {
		return "", err
	}
	write := c.write
	if to != nil {
		write = func(w io.Writer) error { return c.encryptTo(w, to) }
	}
	err = errors.Join(writeNew(b.store, write), writeNew(b.keys, func(w io.Writer) error { return c.writeKeys(w, keysTo) }))
	return fmt.Sprintf("size=%d root=%s", c.entries, c.root), err
}

// fetchBackup has a server make a backup. The server has checked the copy when
// the answer begins; a file cut on the way is an error here.
func fetchBackup(ctx context.Context, env *environment, server, token string, b backupFiles) (string, error) {
	for _, r := range []string{b.to, b.keysTo} {
		if _, err := parseRecipient(r); err != nil {
			return "", err
		}
	}
	base, err := serverAddress(server)
	if err != nil {
		return "", err
	}
	secret, err := bearer(ctx, env.getenv, base, token)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"recipient": b.to, "keys_recipient": b.keysTo})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/backups", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+secret)
	client := &http.Client{Timeout: backupWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", problemOf(res)
	}
	n, err := strconv.ParseInt(res.Header.Get(headerKeys), 10, 64)
	if err != nil || n < 0 {
		return "", errors.New("the answer does not say where its keys end")
	}
	in := bufio.NewReader(res.Body)
	err = writeNew(b.keys, func(w io.Writer) error {
		_, err := io.CopyN(w, in, n)
		return err
	})
	if err != nil {
		return "", err
	}
	const magic = "age-encryption.org/v1\n"
	if start, err := in.Peek(len(magic)); err != nil || string(start) != magic {
		return "", errors.Join(err, errors.New("the answer is no encrypted backup"))
	}
	err = writeNew(b.store, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
	return fmt.Sprintf("size=%s root=%s", res.Header.Get(headerEntries), res.Header.Get(headerRoot)), err
}

// serverAddress refuses to send a token in the clear to another machine.
func serverAddress(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", fmt.Errorf("--server %q is not http:// or https:// and a host", text)
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); u.Scheme != "https" && (u.Scheme != "http" || host != "localhost" && (err != nil || !addr.IsLoopback())) {
		return "", fmt.Errorf("--server %s: https is needed, or http on this machine", net.JoinHostPort(host, u.Port()))
	}
	return u.Scheme + "://" + u.Host, nil
}

// problemOf returns what a server refused with (RFC 9457).
func problemOf(res *http.Response) error {
	var p struct{ Code, Title, Reference string }
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<16)).Decode(&p); err != nil || p.Title == "" {
		return fmt.Errorf("the server answered %s", res.Status)
	}
	return fmt.Errorf("%s (%s, reference %s)", p.Title, p.Code, p.Reference)
}

// stamped names something by when it was done.
func stamped(name string, t time.Time) string { return name + "-" + t.UTC().Format("20060102T150405Z") }
