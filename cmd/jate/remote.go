package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/voucher"
)

// remote reads a server's journal over HTTP, in the name of a monitor.
type remote struct {
	server string
	token  func(context.Context) (string, error) // an access token that is good now
	http   *http.Client
}

const (
	remoteAnswerMax = 64 << 20 // of any answer: manifests are the longest
	remoteWithin    = time.Minute
)

// newRemote takes the server's address and the file with an access token; without
// one the session of jate login is used, and renewed while it lasts.
func newRemote(getenv func(string) string, server, tokenFile string) (*remote, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("--server: %q is not the address of a server", server)
	}
	token := func(ctx context.Context) (string, error) { return bearer(ctx, getenv, server, tokenFile) }
	if tokenFile != "" { // once, as it is not renewed
		text, err := token(context.Background())
		if err != nil {
			return nil, err
		}
		token = func(context.Context) (string, error) { return text, nil }
	}
	return &remote{server: strings.TrimSuffix(server, "/"), token: token, http: &http.Client{Timeout: remoteWithin}}, nil
}

// authorize adds the token to a request, unless the API is in this process.
func (b *remote) authorize(r *http.Request) error {
	if b.token == nil {
		return nil
	}
	token, err := b.token(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return err
}

// get returns the body of an answer 200.
func (b *remote) get(ctx context.Context, path string) ([]byte, error) {
	return b.getAbout(ctx, path, 0)
}

// getAbout is get of a body that has probably not many more bytes.
func (b *remote) getAbout(ctx context.Context, path string, room int) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server+path, nil)
	if err != nil {
		return nil, err
	}
	if err := b.authorize(r); err != nil {
		return nil, err
	}
	res, err := b.http.Do(r)
	if err != nil {
		return nil, err
	}
	answer := bytes.NewBuffer(make([]byte, 0, room+room/16+bytes.MinRead))
	_, err = answer.ReadFrom(io.LimitReader(res.Body, remoteAnswerMax+1))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	body := answer.Bytes()
	if len(body) > remoteAnswerMax {
		return nil, fmt.Errorf("%s: more than %d bytes", path, remoteAnswerMax)
	}
	if res.StatusCode != http.StatusOK {
		var problem struct{ Code string }
		_ = json.Unmarshal(body, &problem) // what is no problem has no code
		return nil, &serverAnswer{path, res.StatusCode, problem.Code}
	}
	return body, nil
}

// read decodes an answer in JSON.
func (b *remote) read(ctx context.Context, path string, to any) error {
	body, err := b.get(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// checkpoint returns the latest signed note.
func (b *remote) checkpoint(ctx context.Context) (string, error) {
	var c struct{ Note string }
	err := b.read(ctx, "/api/v1/ledger/checkpoint", &c)
	return c.Note, err
}

// growth returns the proof that the log of a size begins with an older one.
func (b *remote) growth(ctx context.Context, old, size uint64) (tlog.TreeProof, error) {
	if old == 0 || old == size {
		return nil, nil
	}
	var c struct{ Proof []string }
	if err := b.read(ctx, fmt.Sprintf("/api/v1/ledger/proofs/consistency?old=%d&new=%d", old, size), &c); err != nil {
		return nil, err
	}
	var proof tlog.TreeProof
	for _, text := range c.Proof {
		h, err := tlog.ParseHash(text)
		if err != nil {
			return nil, fmt.Errorf("consistency proof: %w", err)
		}
		proof = append(proof, h)
	}
	return proof, nil
}

// leaves calls fn with each leaf from one sequence up to another, in order. The
// next page is on its way while one is worked on.
func (b *remote) leaves(ctx context.Context, from, to uint64, fn func([]byte) error) error {
	type page struct {
		lines []byte
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan page, 1)
	go func() {
		defer close(pages)
		for room := 0; from < to; {
			lines, err := b.getAbout(ctx, fmt.Sprintf("/api/v1/ledger/leaves?from=%d&to=%d", from, to), room)
			room = len(lines)
			count := uint64(bytes.Count(lines, []byte("\n")))
			if err == nil && (count == 0 || count > to-from || lines[len(lines)-1] != '\n') {
				err = fmt.Errorf("the server answered %d leaves from %d to %d", count, from, to)
			}
			select {
			case pages <- page{lines, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
			from += count
		}
	}()
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		for rest := p.lines; len(rest) > 0; {
			var leaf []byte
			leaf, rest, _ = bytes.Cut(rest, []byte("\n"))
			if err := fn(leaf); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// manifests returns the signed manifests of all lots.
func (b *remote) manifests(ctx context.Context) ([]byte, error) { return b.get(ctx, "/api/v1/issues") }

// successions returns the root key's word on the keys after it.
func (b *remote) successions(ctx context.Context) ([]string, error) {
	text, err := b.get(ctx, "/api/v1/keys")
	if err != nil {
		return nil, err
	}
	var keys struct{ Succession []string }
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return keys.Succession, nil
}

// parseManifests verifies manifests with the root keys that there were.
func parseManifests(list []byte, roots []ed25519.PublicKey) ([]voucher.Manifest, []string, error) {
	var issues struct {
		Items []struct{ Manifest string }
	}
	if err := json.Unmarshal(list, &issues); err != nil {
		return nil, nil, fmt.Errorf("manifests: %w", err)
	}
	var ms []voucher.Manifest
	var digests []string
	for _, i := range issues.Items {
		root := roots[0]
		for _, r := range roots[1:] {
			if voucher.KeyIDOf(i.Manifest) == voucher.KeyID(r) {
				root = r
			}
		}
		m, err := voucher.ParseManifest(i.Manifest, root)
		if err != nil {
			return nil, nil, err
		}
		ms, digests = append(ms, m), append(digests, voucher.HashOf(i.Manifest).String())
	}
	return ms, digests, nil
}
