package handheld

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/jate-cva/jate/voucher"
)

// What travels with a field officer is lines of JSON. To the server go uploads
//
//	{"records":["<JWS>",…],"channel":"file"}
//
// of at most 100 records, each a whole body of the server's records address,
// and at most one request for a bundle, signed in advance:
//
//	{"proof":"<JWS>","path":"/api/v1/handhelds/…/bundle"}
//
// Back come the server's answers:
//
//	{"keys":["<JWS>",…]}    {"ack":"<JWS>"}    {"bundle":"<JWS>"}
//
// Everything in them is signed, and what must be secret is sealed: a carrier
// can lose a file, but neither read nor change it.
type (
	uploadLine struct {
		Records []string `json:"records"`
		Channel string   `json:"channel"`
	}
	askLine struct {
		Proof string `json:"proof"`
		Path  string `json:"path"`
	}
	answerLine struct {
		Keys   []string `json:"keys,omitempty"`
		Ack    string   `json:"ack,omitempty"`
		Bundle string   `json:"bundle,omitempty"`
	}
)

const (
	channelFile = "file"
	// carriedMax bounds a line of a carrier's file: a bundle has at most 32 MiB.
	carriedMax = 34 << 20
)

// Export writes, for a carrier, what the server is not known to have, or with
// all the whole journal: a second copy of everything that the server could
// lose. It ends with a request for a bundle. It returns how many records it
// wrote.
func (h *Handheld) Export(w io.Writer, all bool) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	records := h.chain.pending()
	if all {
		records = h.chain.records
	}
	n := len(records)
	path := h.path("bundle")
	proof, err := h.request(http.MethodGet, path, nil)
	if err != nil {
		return 0, err
	}
	out := json.NewEncoder(w)
	for len(records) > 0 {
		batch := texts(records)
		records = records[len(batch):]
		if err := out.Encode(uploadLine{batch, channelFile}); err != nil {
			return 0, fmt.Errorf("export: %w", err)
		}
	}
	if err := out.Encode(askLine{proof, path}); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	return n, nil
}

// Carry hands what Export wrote to the server and writes the answers for
// Import, for a carrier who holds no key. A line that the server refuses does
// not keep the others back: all its errors are returned together at the end.
// It returns ErrFile for what Export did not write.
func Carry(ctx context.Context, server Server, in io.Reader, out io.Writer) error {
	answers := json.NewEncoder(out)
	var refused []error
	if s, ok := server.(Successor); ok {
		list, err := s.Successions(ctx)
		if err != nil {
			refused = append(refused, err) // records matter more
		}
		if len(list) > 0 {
			if err := answers.Encode(answerLine{Keys: list}); err != nil {
				return err
			}
		}
	}
	err := eachLine(in, func(text []byte) error {
		answer, err := carryLine(ctx, server, text)
		if errors.Is(err, ErrFile) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			refused = append(refused, err)
			return nil
		}
		return answers.Encode(answer)
	})
	return errors.Join(append(refused, err)...)
}

func carryLine(ctx context.Context, server Server, text []byte) (answerLine, error) {
	l, err := strictly[struct {
		uploadLine
		askLine
	}](text)
	if err != nil {
		return answerLine{}, err
	}
	if l.Proof != "" {
		got, err := server.Bundle(ctx, voucher.AskBundle{Proof: l.Proof, Method: http.MethodGet, Path: l.Path})
		return answerLine{Bundle: got.Bundle}, err
	}
	if len(l.Records) == 0 || l.Channel != channelFile {
		return answerLine{}, ErrFile.At("line", "neither records nor a request")
	}
	id, err := voucher.PeekHandheld(l.Records[0])
	if err != nil {
		return answerLine{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	got, err := server.Redeem(ctx, voucher.Redeem{Handheld: id, Records: l.Records, Channel: channelFile})
	return answerLine{Ack: got.Ack}, err
}

// Import takes in what Carry wrote, or a bundle alone: new keys,
// acknowledgements first to last, and a newer bundle. A bundle no newer than
// the one in use is passed over. It returns how many lines it used, ErrFile,
// and the errors of TakeKeys, TakeAck and TakeBundle.
func (h *Handheld) Import(r io.Reader) (int, error) {
	n := 0
	err := eachLine(r, func(text []byte) error {
		l, err := strictly[answerLine](text)
		if err != nil {
			return err
		}
		switch {
		case len(l.Keys) > 0 && l.Ack == "" && l.Bundle == "":
			_, err = h.TakeKeys(l.Keys)
		case len(l.Keys) > 0:
			return ErrFile.At("line", "more than one answer")
		case l.Ack != "" && l.Bundle == "":
			_, err = h.TakeAck(l.Ack)
		case l.Bundle != "" && l.Ack == "":
			err = h.TakeBundle(l.Bundle)
		default:
			return ErrFile.At("line", "neither an answer nor a bundle")
		}
		if errors.Is(err, ErrBundleOlder) {
			return nil
		}
		if err == nil {
			n++
		}
		return err
	})
	return n, err
}

// eachLine calls fn with every line that is not empty.
func eachLine(r io.Reader, fn func([]byte) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, carriedMax)
	for in.Scan() {
		if text := bytes.TrimSpace(in.Bytes()); len(text) > 0 {
			if err := fn(text); err != nil {
				return err
			}
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return ErrFile.At("line", "more than %d bytes", carriedMax)
	}
	return in.Err()
}

// strictly reads one line without a member that T does not have. Nothing in it
// is believed unless its signature is verified.
func strictly[T any](text []byte) (T, error) {
	var v T
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil || d.More() {
		return v, ErrFile.At("line", "not one JSON object of such a file")
	}
	return v, nil
}
