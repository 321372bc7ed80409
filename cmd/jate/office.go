package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// officeAPI is the API that an officer's commands speak to: a server's, or one on
// a folder for as long as the command runs.
type officeAPI struct {
	data, staff, role, programme, pass string
	server, token                      string
}

func (o *officeAPI) add(fs *flag.FlagSet) {
	fs.StringVar(&o.server, "server", "", "address of a server")
	fs.StringVar(&o.token, "token", "", "file with an access token, for --server")
	fs.StringVar(&o.data, "data", "", "data folder of a server that is stopped, instead of --server")
	fs.StringVar(&o.staff, "staff", "office", "staff id of who acts, with --data")
	fs.StringVar(&o.role, "role", "", "role of who acts, with --data; auditor without it")
	fs.StringVar(&o.programme, "programme", "", "programme id, with --data; needed where there are several")
	fs.StringVar(&o.pass, "passphrases", "", "folder with server.txt instead of asking, with --data")
}

// open returns the API and what ends it.
func (o *officeAPI) open(ctx context.Context, env *environment) (*remote, func() error, error) {
	if (o.data == "") == (o.server == "") {
		return nil, nil, errors.New("it takes either --server or --data")
	}
	if o.server != "" {
		r, err := newRemote(env.getenv, o.server, o.token)
		if err != nil {
			return nil, nil, err
		}
		return r.patient(env), func() error { return nil }, nil
	}
	role := access.RoleAuditor
	if o.role != "" {
		role = access.Role(o.role)
	}
	if err := access.CheckRoles([]access.Role{role}); err != nil {
		return nil, nil, err
	}
	var by access.Actor
	a, err := openApp(appConfig{dir: o.data, ask: env.passphrases(o.pass), console: &by, now: env.clock(), random: rand.Reader,
		log: httpkit.NewLogger(env.stderr, slog.LevelError)}) // a refusal is the command's own answer
	if err != nil {
		return nil, nil, err
	}
	programme, err := onlyProgramme(ctx, a.db, o.programme)
	if err != nil {
		return nil, nil, errors.Join(err, a.close())
	}
	by = local(programme, o.staff, role)
	r := &remote{server: "http://folder", http: &http.Client{Transport: inProcess{a.handler}}}
	return r.patient(env), a.close, nil
}

// pages calls fn with each item of a list, of all of its pages.
func pages[T any](ctx context.Context, r *remote, path string, fn func(T) error) error {
	for cursor := ""; ; {
		q := url.Values{"limit": {"1000"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page struct {
			Items []T
			Next  string
		}
		if err := r.read(ctx, path+"?"+q.Encode(), &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := fn(item); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		cursor = page.Next
	}
}

// post gives a command with a body in JSON and reads the answer.
func post[T any](ctx context.Context, r *remote, path string, body map[string]any) (T, error) {
	var answer T
	b, err := r.command(ctx, path, rand.Text(), body)
	if err == nil {
		err = json.Unmarshal(b, &answer)
	}
	return answer, err
}

// upload posts a file and returns the answer's body.
func (b *remote) upload(ctx context.Context, path, kind, key string, file []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.server+path, bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	if err := b.authorize(r); err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Idempotency-Key", key)
	res, err := b.http.Do(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, remoteAnswerMax))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, refusedBy(res.StatusCode, answer)
	}
	return answer, nil
}

// waiting shows on a terminal that an answer takes its time.
type waiting struct {
	next http.RoundTripper
	to   io.Writer
}

// patient makes the API say how long it has been waited for, where a person
// looks on.
func (b *remote) patient(env *environment) *remote {
	if watched(env.stderr) {
		b.http.Transport = waiting{b.http.Transport, env.stderr}
	}
	return b
}

// RoundTrip implements http.RoundTripper.
func (w waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	next := w.next
	if next == nil {
		next = http.DefaultTransport
	}
	done, said := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(said)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for s := 1; ; s++ {
			select {
			case <-done:
				if s > 1 {
					fmt.Fprint(w.to, "\r\033[K")
				}
				return
			case <-tick.C:
				fmt.Fprintf(w.to, "\r  … %d s", s)
			}
		}
	}()
	res, err := next.RoundTrip(r)
	close(done)
	<-said
	return res, err
}

// slowBar shows how far it is, once it has taken more than a second.
func slowBar(env *environment, what string) func(done, of int) {
	began, bar := time.Now(), (&progress{env.stderr}).bar(what)
	return func(done, of int) {
		if time.Since(began) > time.Second {
			bar(done, of)
		}
	}
}

// lang is the reader's language.
func (env *environment) lang() string {
	if french(env.getenv) {
		return "fr"
	}
	return "en"
}

// say prints a line in the reader's language.
func (env *environment) say(en, fr string, args ...any) error {
	if french(env.getenv) {
		en = fr
	}
	_, err := fmt.Fprintf(env.stdout, en+"\n", args...)
	return err
}
