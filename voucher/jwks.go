package voucher

import (
	"encoding/json"
	"maps"
	"slices"
)

// JWKS returns the keys as a JWK Set (RFC 7517, RFC 8037) in ascending order
// of kid, for third parties who check vouchers with a JOSE library. Handhelds
// use the signed manifests instead.
func JWKS(keys KeySet) ([]byte, error) {
	type jwk struct {
		KTY string `json:"kty"`
		CRV string `json:"crv"`
		KID string `json:"kid"`
		X   Base64 `json:"x"`
		Use string `json:"use"`
		Alg string `json:"alg"`
	}
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, kid := range slices.Sorted(maps.Keys(keys.lots)) {
		set.Keys = append(set.Keys, jwk{
			KTY: "OKP", CRV: "Ed25519", KID: kid, X: Base64(keys.lots[kid].Key), Use: "sig", Alg: jwsAlg,
		})
	}
	return json.Marshal(set)
}
