package handheld

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// ErrAddress refuses an address that is not a server's.
var ErrAddress = fault.New(fault.Invalid, "server_address",
	"The server's address must be http:// or https:// and a host, without a path.",
	"L'adresse du serveur doit être http:// ou https:// suivi d'un hôte, sans chemin.")

// ErrNoNetwork is what a Client returns where no answer came.
var ErrNoNetwork = fault.New(fault.Unavailable, "no_network",
	"The server cannot be reached. Try again later; sales go on without it.",
	"Le serveur est injoignable. Réessayez plus tard ; les ventes continuent sans lui.")

const (
	proofHeader = "Jate-Proof"
	jsonType    = "application/json"
	// answerMax bounds any answer: a bundle has at most 32 MiB.
	answerMax = 34 << 20
	// attemptsMax is how often a request is sent that the server is too busy for,
	// and patience the longest that it is waited for in between.
	attemptsMax = 4
	patience    = time.Minute
)

// handheldPath returns an address of a handheld, relative to the server.
func handheldPath(id vendors.HandheldID, what string) string {
	return "/api/v1/handhelds/" + url.PathEscape(string(id)) + "/" + what
}

// Client is a Server over HTTP. Problems that the server answers with come
// back as the faults they were. Where the server is busy (429 or 503) and says
// in Retry-After when to come back, a request is sent again then, up to four
// times in all and never sooner; each may be sent twice, as records are
// recognised and a proof counts once.
type Client struct {
	base     string
	language string
	http     *http.Client
}

// NewClient returns a client of the server at the address, that asks for
// sentences in the language ("fr" or "en"). Redirects are not followed, and
// the timeout of hc is the caller's to set. It returns ErrAddress.
func NewClient(address, language string, hc *http.Client) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, ErrAddress
	}
	own := *hc
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: u.Scheme + "://" + u.Host, language: language, http: &own}, nil
}

// EnrolHandheld enrols with a code.
func (c *Client) EnrolHandheld(ctx context.Context, cmd vendors.EnrolHandheld) (vendors.Enrolment, error) {
	type enrolment struct {
		Handheld  vendors.HandheldID    `json:"handheld"`
		Programme string                `json:"programme"`
		Vendor    vendors.ID            `json:"vendor"`
		Zone      string                `json:"zone"`
		Purpose   vendors.Purpose       `json:"purpose"`
		State     vendors.HandheldState `json:"state"`
		Nonce     string                `json:"nonce"`
	}
	body, err := json.Marshal(map[string]string{"code": cmd.Code,
		"public_key": base64.RawURLEncoding.EncodeToString(cmd.PublicKey),
		"signature":  base64.RawURLEncoding.EncodeToString(cmd.Signature)})
	if err != nil {
		return vendors.Enrolment{}, err
	}
	w, err := call[enrolment](ctx, c, http.MethodPost, "/api/v1/enrolments", "", body)
	return vendors.Enrolment(w), err
}

// Redeem uploads records.
func (c *Client) Redeem(ctx context.Context, cmd voucher.Redeem) (voucher.Answer, error) {
	body, err := json.Marshal(uploadLine{append([]string{}, cmd.Records...), cmd.Channel})
	if err != nil {
		return voucher.Answer{}, err
	}
	w, err := call[answerLine](ctx, c, http.MethodPost, handheldPath(cmd.Handheld, "records"), "", body)
	return voucher.Answer{Ack: w.Ack}, err
}

// Bundle fetches a zone bundle.
func (c *Client) Bundle(ctx context.Context, cmd voucher.AskBundle) (voucher.SignedBundle, error) {
	w, err := call[answerLine](ctx, c, cmd.Method, cmd.Path, cmd.Proof, nil)
	return voucher.SignedBundle{Bundle: w.Bundle}, err
}

// Successions asks for the root key's successions, the oldest first.
func (c *Client) Successions(ctx context.Context) ([]string, error) {
	w, err := call[struct {
		Succession []string `json:"succession"`
	}](ctx, c, http.MethodGet, "/api/v1/keys", "", nil)
	return w.Succession, err
}

// Reserve asks for a voucher to be held.
func (c *Client) Reserve(ctx context.Context, cmd voucher.AskReserve) (voucher.Reservation, error) {
	type reservation struct {
		Serial voucher.Serial `json:"serial"`
		Until  time.Time      `json:"until"`
		Nonce  string         `json:"nonce"`
		Token  voucher.Token  `json:"token"`
	}
	w, err := call[reservation](ctx, c, cmd.Method, cmd.Path, cmd.Proof, cmd.Body)
	return voucher.Reservation(w), err
}

// call makes a request, again while the server asks for it, and reads its
// answer.
func call[T any](ctx context.Context, c *Client, method, path, proof string, body []byte) (T, error) {
	for try := 1; ; try++ {
		v, later, err := callOnce[T](ctx, c, method, path, proof, body)
		if later <= 0 || later > patience || try == attemptsMax {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, err
		case <-time.After(later):
		}
	}
}

// callOnce makes one request and reads its answer; where the server is busy it
// says how long to wait before the next. Members that this program does
// not know are passed over, so that an older handheld talks to a newer server;
// what counts is signed.
func callOnce[T any](ctx context.Context, c *Client, method, path, proof string, body []byte) (v T, later time.Duration, err error) {
	if !strings.HasPrefix(path, "/api/v1/") {
		return v, 0, ErrAddress.At("path", "not one of ours")
	}
	sent, encoding := body, ""
	if proof == "" && len(body) >= packedMin {
		if sent, err = pack(body); err != nil {
			return v, 0, err
		}
		encoding = "gzip"
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(sent))
	if err != nil {
		return v, 0, ErrAddress
	}
	if encoding != "" {
		req.Header.Set("Content-Encoding", encoding)
	}
	if proof != "" {
		req.Header.Set(proofHeader, proof)
		req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		req.Header.Set("Content-Type", jsonType)
	}
	req.Header.Set("Accept-Language", c.language)
	res, err := c.http.Do(req)
	if err != nil {
		return v, 0, fmt.Errorf("%w: %w", ErrNoNetwork, err)
	}
	defer res.Body.Close()
	text, err := readBounded(res.Body, answerMax)
	if err != nil {
		return v, 0, fmt.Errorf("%w: %w", ErrNoNetwork, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return v, retryAfter(res), refusal(res, text)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, 0, ErrAnswer.At("body", "not the JSON expected")
	}
	return v, 0, nil
}

// packedMin is from where a body is sent in gzip: records are text that shrinks
// by half, and lines are slow.
const packedMin = 1 << 10

func pack(body []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// retryAfter returns how long a busy server asks to be left alone, 0 where it
// does not say. Dates (RFC 9110, 10.2.3) are not read: the handheld's clock is
// not believed.
func retryAfter(res *http.Response) time.Duration {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	n, err := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// refusal returns the fault that a problem document stands for.
func refusal(res *http.Response, text []byte) error {
	var p httpkit.Problem
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != "application/problem+json" || json.Unmarshal(text, &p) != nil || p.Code == "" {
		return ErrAnswer.At("status", "%d", res.StatusCode)
	}
	f := fault.New(kindOf(res.StatusCode), p.Code, p.Title, p.Title)
	for _, e := range p.Errors {
		f = f.With(fault.Field{Location: e.Location, Message: e.Message, Value: e.Value})
	}
	return f
}

// kindOf undoes httpkit.Status.
func kindOf(status int) fault.Kind {
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if httpkit.Status(k) == status {
			return k
		}
	}
	if status < http.StatusInternalServerError {
		return fault.Invalid
	}
	return fault.Unavailable
}
