package keys_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys"
)

// smallOrder returns every encoding of the eight points of small order of
// edwards25519, worked out from the curve equation −x² + y² = 1 + d·x²·y².
func smallOrder(t *testing.T) [][]byte {
	t.Helper()
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	inverse := func(x *big.Int) *big.Int { return new(big.Int).ModInverse(x, p) }
	mul := func(a, b *big.Int) *big.Int { return new(big.Int).Mod(new(big.Int).Mul(a, b), p) }
	d := new(big.Int).Mod(new(big.Int).Neg(mul(big.NewInt(121665), inverse(big.NewInt(121666)))), p)

	ys := []*big.Int{big.NewInt(0), big.NewInt(1), new(big.Int).Sub(p, big.NewInt(1))}
	// Order 8: twice the point has y = 0, so d·y⁴ + 2·y² − 1 = 0.
	root := new(big.Int).ModSqrt(new(big.Int).Add(big.NewInt(1), d), p)
	for _, r := range []*big.Int{root, new(big.Int).Sub(p, root)} {
		square := mul(new(big.Int).Mod(new(big.Int).Sub(r, big.NewInt(1)), p), inverse(d))
		if y := new(big.Int).ModSqrt(square, p); y != nil {
			ys = append(ys, y, new(big.Int).Sub(p, y))
		}
	}
	if len(ys) != 5 {
		t.Fatalf("%d values of y, want 5", len(ys))
	}
	limit := new(big.Int).Lsh(big.NewInt(1), 255)
	var all [][]byte
	for _, y := range ys {
		for v := y; v.Cmp(limit) < 0; v = new(big.Int).Add(v, p) { // y + p is y again
			for _, sign := range []byte{0, 0x80} {
				enc := v.FillBytes(make([]byte, 32))
				slices.Reverse(enc)
				enc[31] |= sign
				all = append(all, enc)
			}
		}
	}
	if len(all) != 14 {
		t.Fatalf("%d encodings, want 14", len(all))
	}
	return all
}

func rsaJWK(n *big.Int, e int64) map[string]any {
	enc := base64.RawURLEncoding.EncodeToString
	return map[string]any{"kty": "RSA", "kid": "k", "n": enc(n.Bytes()), "e": enc(big.NewInt(e).Bytes())}
}

func TestBadKeysAreNotAdmitted(t *testing.T) {
	ec, err := newSigner(keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	ed, err := newSigner(keys.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	strong := rsaSigner().(*rsa.PrivateKey)
	good := func(change map[string]any) map[string]any { return publicJWK(t, ec, "k", change) }
	goodRSA := func(change map[string]any) map[string]any { return publicJWK(t, strong, "k", change) }
	for name, jwk := range map[string]map[string]any{
		"EC": good(nil), "OKP": publicJWK(t, ed, "k", nil), "RSA": goodRSA(nil),
		"full": good(map[string]any{"use": "sig", "alg": "ES256", "key_ops": []string{"verify"}, "purpose": "log", "kid": strings.Repeat("k", 256)}),
	} {
		if _, err := keys.ParseSet(jwks(jwk)); err != nil {
			t.Fatalf("the good %s key: %v", name, err)
		}
	}

	onCurve := func(c elliptic.Curve) map[string]any {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return publicJWK(t, k, "k", nil)
	}
	whole := func(key any) map[string]any { return jwkOf(t, jose.JSONWebKey{Key: key, KeyID: "k"}, nil) }
	modulus := func(bits int) *big.Int {
		p, _ := rand.Prime(rand.Reader, bits/2)
		for {
			q, _ := rand.Prime(rand.Reader, bits-bits/2)
			if n := new(big.Int).Mul(p, q); n.BitLen() == bits {
				return n
			}
		}
	}
	zero32 := base64.RawURLEncoding.EncodeToString(make([]byte, 32))

	bad := map[string]map[string]any{
		"P-384":                        onCurve(elliptic.P384()),
		"P-521":                        onCurve(elliptic.P521()),
		"secp256k1":                    good(map[string]any{"crv": "secp256k1"}),
		"point off the curve":          good(map[string]any{"y": good(nil)["x"]}),
		"point (0, 0)":                 good(map[string]any{"x": zero32, "y": zero32}),
		"coordinate cut":               good(map[string]any{"x": "AAAA"}),
		"no y":                         good(map[string]any{"y": nil}),
		"X25519":                       {"kty": "OKP", "crv": "X25519", "kid": "k", "x": publicJWK(t, ed, "k", nil)["x"]},
		"Ed448":                        {"kty": "OKP", "crv": "Ed448", "kid": "k", "x": publicJWK(t, ed, "k", nil)["x"]},
		"Ed25519 of 31 bytes":          {"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": base64.RawURLEncoding.EncodeToString(make([]byte, 31))},
		"RSA of 512 bits":              rsaJWK(modulus(512), 65537),
		"RSA of 1024 bits":             rsaJWK(modulus(1024), 65537),
		"RSA of 2047 bits":             rsaJWK(new(big.Int).Rsh(strong.N, 3072-2047), 65537),
		"RSA of 8193 bits":             rsaJWK(new(big.Int).SetBit(new(big.Int), 8192, 1), 65537),
		"RSA with e = 1":               rsaJWK(strong.N, 1),
		"RSA with e = 3":               rsaJWK(strong.N, 3),
		"RSA with e = 65539":           rsaJWK(strong.N, 65539),
		"RSA with e of 2^32 + 65537":   rsaJWK(strong.N, 1<<32+65537),
		"RSA without n":                goodRSA(map[string]any{"n": nil}),
		"private EC key":               whole(ec),
		"private Ed25519 key":          whole(ed),
		"private RSA key":              whole(strong),
		"RSA with p only":              goodRSA(map[string]any{"p": "AQAB"}),
		"RSA with q only":              goodRSA(map[string]any{"q": "AQAB"}),
		"RSA with dp only":             goodRSA(map[string]any{"dp": "AQAB"}),
		"RSA with dq only":             goodRSA(map[string]any{"dq": "AQAB"}),
		"RSA with qi only":             goodRSA(map[string]any{"qi": "AQAB"}),
		"RSA with oth":                 goodRSA(map[string]any{"oth": []any{}}),
		"private d that is null":       good(map[string]any{"d": json.RawMessage("null")}),
		"with priv":                    good(map[string]any{"priv": "AQAB"}),
		"oct":                          whole([]byte("0123456789abcdef0123456789abcdef")),
		"EC with k":                    good(map[string]any{"k": "AQAB"}),
		"x5c":                          good(map[string]any{"x5c": []string{"MIIB"}}),
		"x5c empty":                    good(map[string]any{"x5c": []string{}}),
		"x5u":                          good(map[string]any{"x5u": "https://certs.example.org/chain.pem"}),
		"use enc":                      good(map[string]any{"use": "enc"}),
		"key_ops sign":                 good(map[string]any{"key_ops": []string{"sign"}}),
		"key_ops none":                 good(map[string]any{"key_ops": []string{}}),
		"alg of another type":          good(map[string]any{"alg": "RS256"}),
		"alg none":                     good(map[string]any{"alg": "none"}),
		"alg PS256":                    goodRSA(map[string]any{"alg": "PS256"}),
		"a purpose of two words":       good(map[string]any{"purpose": "credential, log"}),
		"a purpose that is a list":     good(map[string]any{"purpose": []string{"credential"}}),
		"purpose in another case":      good(map[string]any{"purpose": "Credential"}),
		"empty purpose":                good(map[string]any{"purpose": ""}),
		"purpose that is null":         good(map[string]any{"purpose": json.RawMessage("null")}),
		"member Purpose":               good(map[string]any{"Purpose": "log"}),
		"no kid":                       good(map[string]any{"kid": nil}),
		"empty kid":                    good(map[string]any{"kid": ""}),
		"kid of 300 characters":        good(map[string]any{"kid": strings.Repeat("k", 300)}),
		"kid that is a number":         good(map[string]any{"kid": 7}),
		"no kty":                       good(map[string]any{"kty": nil}),
		"kty of another type":          good(map[string]any{"kty": "OKP"}),
		"kty unknown":                  good(map[string]any{"kty": "ec"}),
		"nested deeper than any needs": good(map[string]any{"ext": json.RawMessage(strings.Repeat("[", 40) + strings.Repeat("]", 40))}),
	}
	for _, enc := range smallOrder(t) {
		name := "Ed25519 of small order " + base64.RawURLEncoding.EncodeToString(enc)
		bad[name] = map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": base64.RawURLEncoding.EncodeToString(enc)}
	}
	for name, jwk := range bad {
		if set, err := keys.ParseSet(jwks(jwk)); err == nil {
			t.Errorf("%s was admitted as %+v", name, set.Keys()[0].Algorithm)
		} else if set != nil {
			t.Errorf("%s: a set beside the error", name)
		}
		// A good key beside it does not help.
		if _, err := keys.ParseSet(jwks(publicJWK(t, ed, "other", nil), jwk)); err == nil {
			t.Errorf("%s was admitted beside a good key", name)
		}
	}
	t.Logf("%d bad keys", len(bad))
}

func TestBadKeySetsAreRefused(t *testing.T) {
	ec, err := newSigner(keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	one, err := json.Marshal(publicJWK(t, ec, "k", nil))
	if err != nil {
		t.Fatal(err)
	}
	key := string(one)
	if _, err := keys.ParseSet([]byte(`{"keys":[` + key + `]}`)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"one id twice":          `{"keys":[` + key + `,` + key + `]}`,
		"keys twice":            `{"keys":[` + key + `],"keys":[` + key + `]}`,
		"keys in another case":  `{"Keys":[` + key + `]}`,
		"duplicate member":      `{"keys":[` + strings.Replace(key, `"kid":"k"`, `"kid":"k","kid":"k"`, 1) + `]}`,
		"duplicate by case":     `{"keys":[` + strings.Replace(key, `"kid":"k"`, `"kid":"k","KID":"l"`, 1) + `]}`,
		"duplicate x":           `{"keys":[` + strings.Replace(key, `"x":`, `"x":"AAAA","x":`, 1) + `]}`,
		"x in another case":     `{"keys":[` + strings.Replace(key, `"x":`, `"X":`, 1) + `]}`,
		"a key that is null":    `{"keys":[null]}`,
		"a key that is text":    `{"keys":["k"]}`,
		"keys is an object":     `{"keys":` + key + `}`,
		"a bare key":            key,
		"no keys member":        `{}`,
		"keys is null":          `{"keys":null}`,
		"null":                  `null`,
		"nothing":               ``,
		"something follows":     `{"keys":[` + key + `]} {}`,
		"a certificate instead": "-----BEGIN CERTIFICATE-----",
	} {
		if _, err := keys.ParseSet([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestAnAdmittedKeyKeepsItsBytes(t *testing.T) {
	for _, alg := range algorithms {
		f := newForger(t, alg)
		text, err := json.Marshal(f.set)
		if err != nil {
			t.Fatal(err)
		}
		var out struct{ Keys []jose.JSONWebKey }
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
		switch pub := f.signer.Public().(type) {
		case *ecdsa.PublicKey:
			if !pub.Equal(out.Keys[0].Key.(*ecdsa.PublicKey)) {
				t.Error("another EC key came out")
			}
		case ed25519.PublicKey:
			if !pub.Equal(out.Keys[0].Key.(ed25519.PublicKey)) {
				t.Error("another Ed25519 key came out")
			}
		case *rsa.PublicKey:
			if !pub.Equal(out.Keys[0].Key.(*rsa.PublicKey)) {
				t.Error("another RSA key came out")
			}
		}
	}
}
