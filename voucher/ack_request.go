package voucher

import (
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/jate-cva/jate/vendors"
)

// Request binds one HTTP request to a handheld: like DPoP (RFC 9449), but
// fresh by the server's nonce and a counter, since the handheld's clock is not
// believed. Uploads of records need none; they are signed themselves.
type Request struct {
	Handheld vendors.HandheldID `json:"dev"`
	Method   string             `json:"m"`     // such as "GET", 1 to 8 capitals
	Path     string             `json:"u"`     // as sent, query included, at most 1,024 bytes
	Body     Hash               `json:"sha"`   // SHA-256 of the body, of nothing where there is none
	Nonce    string             `json:"nonce"` // from the last beacon or acknowledgement
	Counter  uint64             `json:"n"`     // higher each time; at least 1
}

var typRequest = docType{typ: "evreq+jwt", max: 4 << 10}

const (
	pathMax  = 1024
	nonceMax = 43
)

// SignRequest signs with the handheld's key; the kid is the handheld's id. It
// returns ErrSignedContent, with the member concerned, for what no request may
// say.
func SignRequest(r Request, key ed25519.PrivateKey) (string, error) {
	return signJWS(typRequest, string(r.Handheld), key, r)
}

// ParseRequest returns the request that the handheld with this key signed; it
// refuses every text that SignRequest would not have written, with the faults
// of signed texts. Whether method, path, body, nonce and counter are those of
// the request at hand is for the caller.
func ParseRequest(jws string, key ed25519.PublicKey) (Request, error) {
	id, err := PeekHandheld(jws)
	if err != nil {
		return Request{}, err
	}
	r, err := parseJWS[Request](typRequest, string(id), key, jws)
	if err != nil {
		return Request{}, fmt.Errorf("parse a request: %w", err)
	}
	if r.Handheld != id {
		return Request{}, fmt.Errorf("parse a request: %w", ErrSignedHeader.At("header", "kid is not dev"))
	}
	return r, nil
}

func (r Request) check() error {
	switch {
	case !isName(string(r.Handheld), handheldMax):
		return ErrSignedContent.At("dev", "not a handheld's id")
	case r.Method == "" || len(r.Method) > 8 || strings.Trim(r.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return ErrSignedContent.At("m", "not a method")
	case !strings.HasPrefix(r.Path, "/") || len(r.Path) > pathMax:
		return ErrSignedContent.At("u", "not a path of at most %d bytes", pathMax)
	case !isName(r.Nonce, nonceMax):
		return ErrSignedContent.At("nonce", "not 1 to %d characters", nonceMax)
	case r.Counter < 1 || r.Counter > safeMax:
		return ErrSignedContent.At("n", "not from 1")
	}
	return nil
}
