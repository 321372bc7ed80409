package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jate-cva/jate/internal/durable"
)

// session is a sign-in of this machine's user at a server: a file of mode 0600
// under the user's configuration. JATE_PROFILE keeps several people's apart.
type session struct {
	Server    string
	Programme string
	Access    string
	Until     time.Time // of Access
	Refresh   string    // good once
}

// tokens is the server's answer to who signed in.
type tokens struct {
	Session   struct{ ID, Member string }
	Access    string   `json:"access_token"`
	Expires   int      `json:"expires_in"`
	Refresh   string   `json:"refresh_token"`
	Programme string   `json:"programme"`
	Codes     []string `json:"recovery_codes"`
}

// session is what a file keeps of the answer.
func (t tokens) session(server string) session {
	return session{server, t.Programme, t.Access, time.Now().Add(time.Duration(t.Expires) * time.Second), t.Refresh}
}

// earlier is how long before its end a token is renewed.
const earlier = time.Minute

// sessionPath is where the session at a server is kept.
func sessionPath(getenv func(string) string, server string) (string, error) {
	dir := getenv("XDG_CONFIG_HOME")
	if dir == "" {
		home := getenv("HOME")
		if home == "" {
			return "", errors.New("neither XDG_CONFIG_HOME nor HOME says where a session could be kept")
		}
		dir = filepath.Join(home, ".config")
	}
	h := sha256.Sum256([]byte(getenv("JATE_PROFILE") + "\x00" + server))
	return filepath.Join(dir, "jate", "sessions", hex.EncodeToString(h[:8])+".json"), nil
}

// keepSession writes a session for nobody else to read.
func keepSession(path string, s session) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return durable.Replace(path, b)
}

// withSession calls fn with the session at a server while no other process has it:
// a refresh token that two present is one that was stolen.
func withSession(getenv func(string) string, server string, fn func(path string, s session) error) error {
	path, err := sessionPath(getenv, server)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // which lets go of the lock
	for tries := 0; durable.Lock(lock) != nil; tries++ {
		if tries == 100 {
			return fmt.Errorf("another jate is renewing the session at %s", server)
		}
		time.Sleep(50 * time.Millisecond)
	}
	var s session
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &s)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return err
	}
	return fn(path, s)
}

// bearer returns an access token: of a file, or of the session at the server,
// which is renewed where it must be.
func bearer(ctx context.Context, getenv func(string) string, server, tokenFile string) (string, error) {
	if tokenFile != "" {
		b, err := os.ReadFile(tokenFile)
		if err != nil {
			return "", fmt.Errorf("--token: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	base, err := serverAddress(server)
	if err != nil {
		return "", err
	}
	var token string
	err = withSession(getenv, base, func(path string, s session) error {
		if s.Refresh == "" {
			return fmt.Errorf("nobody is signed in at %s; run jate login --server %s, or give --token", base, base)
		}
		if token = s.Access; token != "" && time.Until(s.Until) > earlier {
			return nil
		}
		var t tokens
		if err := tell(ctx, base, "/api/v1/sign-in/tokens", "", map[string]any{"refresh_token": s.Refresh, "programme": s.Programme}, &t); err != nil {
			return fmt.Errorf("%w; run jate login --server %s", err, base)
		}
		if token = t.Access; token == "" {
			return errors.New("the session is for no programme; run jate login with --programme")
		}
		return keepSession(path, t.session(base))
	})
	return token, err
}

// toldMost bounds an answer about people.
const toldMost = 4 << 20

// tell sends a command in JSON, or asks where body is nil, and decodes the answer.
func tell(ctx context.Context, base, path, token string, body, to any) error {
	method, content := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		var err error
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		r.Header.Set("Idempotency-Key", "cli-"+keyText())
	}
	client := &http.Client{Timeout: remoteWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		return problemOf(res)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, toldMost))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}
