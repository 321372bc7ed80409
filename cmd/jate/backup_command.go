package main

import (
	"bufio"
	"bytes"
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
	"strings"
	"time"

	"github.com/jate-cva/jate/internal/durable"
)

// backupCommand copies the store and documents of a folder, or of a running
// server. The
// file appears under its name when it is whole and on the disk, and not before.
func backupCommand(ctx context.Context, env *environment) error {
	fs := env.flags("backup")
	dir := fs.String("data", "", "data folder that no server has")
	server := fs.String("server", "", "address of a running server, instead of --data")
	token := fs.String("token", "", "file with an administrator's access token, for --server")
	recipient := fs.String("recipient", "", "age recipient to encrypt to; with --server always")
	out := fs.String("out", "", "file to write")
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
	if err := mustBeNew(*out); err != nil {
		return err
	}
	// Beside the file, so that it can be renamed.
	temp, err := os.MkdirTemp(filepath.Dir(*out), ".jate-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	whole := filepath.Join(temp, "whole")
	var said string
	if *server != "" {
		said, err = fetchBackup(ctx, env, *server, *token, *recipient, whole)
	} else {
		said, err = backupFolder(ctx, env, *dir, *recipient, filepath.Join(temp, "copy"), whole)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(whole)
	if err != nil {
		return err
	}
	if err := errors.Join(mustBeNew(*out), os.Rename(whole, *out), durable.SyncDir(filepath.Dir(*out))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "ok %s bytes=%d\n", said, info.Size())
	return err
}

func mustBeNew(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there already; nothing was written over", path))
	}
	return nil
}

// backupFolder copies what a folder has to keep, in the clear without a recipient.
func backupFolder(ctx context.Context, env *environment, dir, recipient, folder, whole string) (string, error) {
	db, s, err := openStore(dir, env.quiet())
	if err != nil {
		return "", err
	}
	c, err := copyStore(ctx, db, folder, s, dir)
	if err := errors.Join(err, db.Close()); err != nil {
		return "", err
	}
	if recipient == "" {
		err = writeNew(whole, c.write)
	} else {
		err = writeNew(whole, func(w io.Writer) error {
			to, err := parseRecipient(recipient)
			if err != nil {
				return err
			}
			return c.encryptTo(w, to)
		})
	}
	return fmt.Sprintf("size=%d root=%s", c.entries, c.root), err
}

// fetchBackup has a server make a backup. The server has checked the copy when
// the answer begins; a file cut on the way is an error here.
func fetchBackup(ctx context.Context, env *environment, server, token, recipient, whole string) (string, error) {
	if _, err := parseRecipient(recipient); err != nil {
		return "", err
	}
	base, err := serverAddress(server)
	if err != nil {
		return "", err
	}
	secret, err := bearer(ctx, env.getenv, base, token)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"recipient": recipient})
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
	in := bufio.NewReader(res.Body)
	const magic = "age-encryption.org/v1\n"
	if start, err := in.Peek(len(magic)); err != nil || string(start) != magic {
		return "", errors.Join(err, errors.New("the answer is no encrypted backup"))
	}
	err = writeNew(whole, func(w io.Writer) error {
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
