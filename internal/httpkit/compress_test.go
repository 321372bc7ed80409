package httpkit_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jate-cva/jate/internal/httpkit"
)

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A body in gzip is the body; what is no gzip, or too much once unpacked, is
// refused, and so is gzip where nobody reads it.
func TestCompressed_body(t *testing.T) {
	open, _, _ := server(t, echo, httpkit.Compressed(), httpkit.MaxBody(2000))
	shut, _, _ := server(t, echo)
	good := packed(t, `{"amount":"12"}`)
	flipped := []byte(packed(t, `{"amount":"`+strings.Repeat("12", 40)+`"}`))
	flipped[len(flipped)-6] ^= 1 // in the checksum
	for name, c := range map[string]struct {
		h              http.Handler
		body, encoding string
		code           string // "" where it is taken
	}{
		"gzip":                 {open, good, "gzip", ""},
		"gzip in capitals":     {open, good, "GZIP", ""},
		"plain":                {open, `{"amount":"12"}`, "", ""},
		"identity":             {open, `{"amount":"12"}`, "identity", ""},
		"another encoding":     {open, good, "br", "content_encoding"},
		"two encodings":        {open, good, "gzip, gzip", "content_encoding"},
		"where it is not read": {shut, good, "gzip", "content_encoding"},
		"plain, said gzip":     {open, `{"amount":"12"}`, "gzip", "body_malformed"},
		"wrong checksum":       {open, string(flipped), "gzip", "body_malformed"},
		"cut short":            {open, good[:len(good)-4], "gzip", "interrupted"},
		"a bomb":               {open, packed(t, `{"amount":"`+strings.Repeat("1", 1<<20)+`"}`), "gzip", "body_too_large"},
		"too long as it comes": {open, strings.Repeat("\x00", 2001), "gzip", "body_malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(c.h, "/spends/s1", c.body, "Content-Encoding", c.encoding)
			if c.code == "" {
				if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), `"amount":"12"`) {
					t.Errorf("status %d, %s", w.Code, w.Body)
				}
				return
			}
			if got := problem(t, w).Code; got != c.code {
				t.Errorf("problem %q, want %q", got, c.code)
			}
		})
	}
}

// A long answer comes in gzip to whoever accepts it, and to nobody else.
func TestCompressed_answer(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	say := func(_ context.Context, cmd spend) (spent, error) {
		return spent{ID: cmd.ID, Amount: long[:len(cmd.Amount)*1000]}, nil
	}
	open, _, _ := server(t, say, httpkit.Compressed())
	shut, _, _ := server(t, say)
	for name, c := range map[string]struct {
		h       http.Handler
		accepts string
		amount  string // as many thousands of bytes come back
		packs   bool
	}{
		"accepted":        {open, "gzip, deflate, br", `"12345"`, true},
		"with a weight":   {open, "br;q=1.0, gzip;q=0.5", `"12345"`, true},
		"refused":         {open, "gzip;q=0", `"12345"`, false},
		"not named":       {open, "", `"12345"`, false},
		"a short answer":  {open, "gzip", `"123"`, false},
		"another address": {shut, "gzip", `"12345"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(c.h, "/spends/s1", `{"amount":`+c.amount+`}`, "Accept-Encoding", c.accepts)
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != c.packs {
				t.Fatalf("gzip %v, want %v", got, c.packs)
			}
			var body io.Reader = w.Body
			if c.packs {
				z, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			var got spentWire
			if err := json.NewDecoder(body).Decode(&got); err != nil || len(got.Amount) != 1000*(len(c.amount)-2) {
				t.Errorf("%d bytes, %v", len(got.Amount), err)
			}
		})
	}
}
