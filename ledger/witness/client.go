package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// ErrContradicted says that a witness has cosigned what the journal is not an
// extension of: an older store was restored, or the history was rewritten.
var ErrContradicted = fault.New(fault.Internal, "witness_contradicts",
	"A witness has cosigned another history of this journal. Nothing more is signed.",
	"Un témoin a cosigné une autre histoire de ce journal. Plus rien n'est signé.")

const (
	answerMax = 16 << 10
	// answerWithin bounds one request to a witness.
	answerWithin = 5 * time.Second
	attemptsMax  = 3 // with the size that the witness named, and once more
)

// Prover proves that the journal of a checkpoint's size begins with that of
// the old one, from 1 to the checkpoint's.
type Prover func(old uint64) (tlog.TreeProof, error)

// Client asks one witness for cosignatures. It is used by one goroutine at a
// time.
type Client struct {
	url      string
	verifier note.Verifier
	http     *http.Client
	size     uint64 // what the witness cosigned last, as far as is known
}

// NewClient returns a client of the witness with the submission prefix and
// verifier key.
func NewClient(prefix, vkey string) (*Client, error) {
	u, err := url.Parse(prefix)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%q is not the http or https address of a witness", prefix)
	}
	v, err := NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	// A witness that sends its callers elsewhere is not at its address.
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{url: strings.TrimSuffix(prefix, "/") + "/add-checkpoint", verifier: v,
		http: &http.Client{Timeout: answerWithin, CheckRedirect: refuse}}, nil
}

// Cosign returns the witness's signature of the checkpoint. It returns
// ErrContradicted if the witness has cosigned what the checkpoint does not
// extend; other errors may pass.
func (c *Client) Cosign(ctx context.Context, cp ledger.Checkpoint, prove Prover) (note.Signature, error) {
	for range attemptsMax {
		g := ledger.Growth{Old: c.size, Checkpoint: cp.Note}
		if c.size > 0 {
			var err error
			if g.Hashes, err = prove(c.size); err != nil {
				return note.Signature{}, fmt.Errorf("prove from %d entries: %w", c.size, err)
			}
		}
		status, contentType, body, err := c.post(ctx, g.Format())
		if err != nil {
			return note.Signature{}, err
		}
		switch status {
		case http.StatusOK:
			return c.take(cp, body)
		case http.StatusUnprocessableEntity:
			return note.Signature{}, ErrContradicted.At("root", "%s has cosigned other %d entries", c.verifier.Name(), c.size)
		case http.StatusConflict:
			if err := c.learn(cp, contentType, body); err != nil {
				return note.Signature{}, err
			}
		default:
			return note.Signature{}, fmt.Errorf("%s answered %d: %s", c.verifier.Name(), status, firstLine(body))
		}
	}
	return note.Signature{}, fmt.Errorf("%s changes its size with each answer", c.verifier.Name())
}

// learn takes the size from a conflict, to prove from there.
func (c *Client) learn(cp ledger.Checkpoint, contentType string, body []byte) error {
	media, _, err := mime.ParseMediaType(contentType)
	digits, ended := strings.CutSuffix(string(body), "\n")
	size, numErr := strconv.ParseUint(digits, 10, 63)
	if err != nil || media != sizeType || !ended || numErr != nil {
		if c.size == cp.Size {
			// The protocol gives no form to a conflict about the root.
			return ErrContradicted.At("root", "%s has cosigned another root of %d entries", c.verifier.Name(), c.size)
		}
		return fmt.Errorf("%s answered a conflict without a size", c.verifier.Name())
	}
	switch {
	case size > cp.Size:
		return ErrContradicted.At("size", "%s has cosigned %d entries, the journal has %d", c.verifier.Name(), size, cp.Size)
	case size == c.size && size == cp.Size:
		return ErrContradicted.At("root", "%s has cosigned another root of %d entries", c.verifier.Name(), size)
	case size == c.size:
		return fmt.Errorf("%s answered a conflict with the size that it has", c.verifier.Name())
	}
	c.size = size
	return nil
}

// take verifies the cosignature that was answered.
func (c *Client) take(cp ledger.Checkpoint, lines []byte) (note.Signature, error) {
	n, err := note.Open(append([]byte(cp.Note), lines...), note.VerifierList(c.verifier))
	if err != nil {
		return note.Signature{}, fmt.Errorf("%s answered no cosignature of its own: %w", c.verifier.Name(), err)
	}
	c.size = cp.Size
	return n.Sigs[0], nil
}

func (c *Client) post(ctx context.Context, body []byte) (status int, contentType string, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return 0, "", nil, err
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := c.http.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	answer, err = io.ReadAll(io.LimitReader(res.Body, answerMax))
	return res.StatusCode, res.Header.Get("Content-Type"), answer, errors.Join(err, res.Body.Close())
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(string(b), "\n")
	return strconv.Quote(line[:min(len(line), 200)])
}
