package voucher

import (
	"errors"
	"strings"
	"testing"
)

func testRequest() Request {
	return Request{Handheld: testHandheld, Method: "GET", Path: "/api/v1/bundles/z14?since=3&full=1",
		Body: HashOf(""), Nonce: "nonce-2", Counter: 9}
}

func TestASVS_4_1_5_requests(t *testing.T) {
	key := seedKey("handheld")
	jws, err := SignRequest(testRequest(), key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseRequest(jws, public(key)); err != nil || got != testRequest() {
		t.Errorf("ParseRequest = %v, %v", got, err)
	}
	if id, err := PeekHandheld(jws); err != nil || id != testHandheld {
		t.Errorf("PeekHandheld = %q, %v", id, err)
	}
	if _, err := ParseRequest(jws, public(seedKey("other"))); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, _, err := ParseRecord(jws, public(key)); !errors.Is(err, ErrSignedHeader) {
		t.Errorf("a request as a record: %v", err)
	}
	payload, err := canonical(testRequest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseRequest(signCompact("h9", typRequest.typ, payload, key), public(key)); !errors.Is(err, ErrSignedHeader) {
		t.Errorf("another handheld's kid: %v", err)
	}
	for name, edit := range map[string]func(*Request){
		"a small method":   func(r *Request) { r.Method = "get" },
		"a whole address":  func(r *Request) { r.Path = "https://example.org/" },
		"no nonce":         func(r *Request) { r.Nonce = "" },
		"counter 0":        func(r *Request) { r.Counter = 0 },
		"no handheld":      func(r *Request) { r.Handheld = "" },
		"an enormous path": func(r *Request) { r.Path = "/" + strings.Repeat("x", pathMax) },
	} {
		r := testRequest()
		edit(&r)
		if _, err := SignRequest(r, key); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
}
