package keys_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/testamur/testamur/keys"
)

// FuzzParse: what Parse accepts has one spelling, and does not open unless the
// key has signed it.
func FuzzParse(f *testing.F) {
	forger := newForger(f, keys.ES256)
	honest := forger.token(f, forger.header(), certificate)
	f.Add(honest)
	f.Add(forger.token(f, forger.headerWith(`"cty":"vc"`), `{}`))
	f.Add(forger.token(f, forger.headerWith(`"ALG":"none"`), `{}`))
	f.Add(honest[:len(honest)-1])
	f.Add("..")
	f.Add("e30.e30.e30")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := keys.Parse(text, keys.ForCredential)
		if err != nil {
			return
		}
		parts := strings.Split(text, ".")
		if len(parts) != 3 || len(text) > keys.MaxToken {
			t.Fatalf("accepted %q", text)
		}
		for _, part := range parts {
			b, err := base64.RawURLEncoding.Strict().DecodeString(part)
			if err != nil || base64.RawURLEncoding.EncodeToString(b) != part {
				t.Fatalf("accepted a part that can be spelled otherwise: %q", part)
			}
		}
		if token.KeyID == "" || len(token.KeyID) > keys.MaxKeyID || token.Type == "" {
			t.Fatalf("accepted %+v", token)
		}
		signed, err := forger.set.Open(token, keys.TypeVC)
		if err == nil && string(signed.Payload) != string(token.Claimed) {
			t.Fatal("claims one thing, is signed for another")
		}
	})
}

// FuzzParseSet: what ParseSet admits is published as it was read, and holds no
// private part.
func FuzzParseSet(f *testing.F) {
	for _, alg := range algorithms {
		signer, err := newSigner(alg)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(jwks(publicJWK(f, signer, "k", map[string]any{"purpose": "log", "alg": string(alg), "use": "sig"})))
	}
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AQAB","kid":"k"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := keys.ParseSet(text)
		if err != nil {
			return
		}
		first, err := json.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys.ParseSet(first)
		if err != nil {
			t.Fatalf("published what is not admitted: %v\n%s", err, first)
		}
		second, err := json.Marshal(again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("published in two ways: %s and %s", first, second)
		}
		for _, k := range set.Keys() {
			one, err := json.Marshal(k)
			if err != nil {
				t.Fatal(err)
			}
			noPrivatePart(t, one)
		}
	})
}
