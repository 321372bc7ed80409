package voucher

import "testing"

func TestJWKS(t *testing.T) {
	first := testLot()
	first.KID, first.Lot, first.Key = "a1", "another", public(seedKey("other"))
	keys, err := NewKeySet(testLot(), first)
	if err != nil {
		t.Fatal(err)
	}
	got, err := JWKS(keys)
	if err != nil {
		t.Fatal(err)
	}
	x := func(label string) string { return encodeSegment(public(seedKey(label))) }
	want := `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a1","x":"` + x("other") + `","use":"sig","alg":"EdDSA"},` +
		`{"kty":"OKP","crv":"Ed25519","kid":"k7Qz","x":"` + x("lot") + `","use":"sig","alg":"EdDSA"}]}`
	if string(got) != want {
		t.Errorf("JWKS = %s, want %s", got, want)
	}
	if none, err := JWKS(KeySet{}); err != nil || string(none) != `{"keys":[]}` {
		t.Errorf("no keys: %s, %v", none, err)
	}
}

// RFC 8037, appendix A.3.
func TestKeyID(t *testing.T) {
	key, err := decodeSegment("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := KeyID(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("KeyID = %s, want %s", got, want)
	}
}
