package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/testamur/testamur/keys"
)

// attack is one way to forge or to disguise a token. The classes J1 to J24 are
// those of JOSE in practice; J13 is about payloads, and J18 to J20 about keys,
// which have tests of their own.
type attack struct {
	class string
	name  string
	want  error
	token func(t *testing.T, f *forger) string // "": does not apply to the algorithm
}

func header(members string, args ...any) func(*testing.T, *forger) string {
	return func(t *testing.T, f *forger) string {
		t.Helper()
		return f.token(t, fmt.Sprintf(members, args...), certificate)
	}
}

// added is the honest token with further header members, signed.
func added(members string) func(*testing.T, *forger) string {
	return func(t *testing.T, f *forger) string {
		t.Helper()
		return f.token(t, f.headerWith(members), certificate)
	}
}

// relabelled is the honest token with another alg, signed as the key signs.
func relabelled(alg string) func(*testing.T, *forger) string {
	return func(t *testing.T, f *forger) string {
		t.Helper()
		if alg == string(f.alg) {
			return ""
		}
		return f.token(t, strings.Replace(f.header(), string(f.alg), alg, 1), certificate)
	}
}

// signature replaces the signature of the honest token.
func signature(change func(t *testing.T, f *forger, input string, sig []byte) []byte) func(*testing.T, *forger) string {
	return func(t *testing.T, f *forger) string {
		t.Helper()
		input := b64(f.header()) + "." + b64(certificate)
		sig := change(t, f, input, f.sign(t, input))
		if sig == nil {
			return ""
		}
		return input + "." + b64(string(sig))
	}
}

// spelling changes the text of the honest token.
func spelling(change func(header, payload, signature string) string) func(*testing.T, *forger) string {
	return func(t *testing.T, f *forger) string {
		t.Helper()
		p := strings.Split(f.token(t, f.header(), certificate), ".")
		return change(p[0], p[1], p[2])
	}
}

func publicPEM(t *testing.T, f *forger) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(f.signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func hs256(t *testing.T, f *forger, secret []byte) string {
	t.Helper()
	input := b64(strings.Replace(f.header(), string(f.alg), "HS256", 1)) + "." + b64(certificate)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + b64(string(mac.Sum(nil)))
}

// other signs with a key of the same algorithm that nobody trusts.
func other(t *testing.T, f *forger, header string) string {
	t.Helper()
	stranger := &forger{alg: f.alg, kid: f.kid}
	if f.alg == keys.RS256 {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		stranger.signer = k
	} else {
		stranger = newForger(t, f.alg)
	}
	return stranger.token(t, header, certificate)
}

var order25519, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

var attacks = []attack{
	{"J1", "alg none with the signature", keys.ErrMalformed, relabelled("none")},
	{"J1", "alg NoNe", keys.ErrMalformed, relabelled("NoNe")},
	{"J1", "alg NONE", keys.ErrMalformed, relabelled("NONE")},
	{"J1", "alg empty", keys.ErrMalformed, relabelled("")},
	{"J1", "alg none without signature", keys.ErrMalformed, func(_ *testing.T, f *forger) string {
		return b64(strings.Replace(f.header(), string(f.alg), "none", 1)) + "." + b64(certificate) + "."
	}},
	{"J1", "no alg", keys.ErrMalformed, header(`{"kid":"https://certs.example.org/keys/1","typ":"vc+jwt"}`)},
	{"J1", "alg null", keys.ErrMalformed, header(`{"alg":null,"kid":"https://certs.example.org/keys/1","typ":"vc+jwt"}`)},
	{"J1", "alg in an array", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, strings.Replace(f.header(), `"`+string(f.alg)+`"`, `["`+string(f.alg)+`"]`, 1), certificate)
	}},

	{"J2", "HS256 keyed with the public PEM", keys.ErrMalformed, func(t *testing.T, f *forger) string { return hs256(t, f, publicPEM(t, f)) }},
	{"J2", "HS256 keyed with the public JWK", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		text, err := json.Marshal(f.set.Keys()[0])
		if err != nil {
			t.Fatal(err)
		}
		return hs256(t, f, text)
	}},
	{"J2", "HS256 keyed with nothing", keys.ErrMalformed, func(t *testing.T, f *forger) string { return hs256(t, f, nil) }},

	{"J3", "embedded jwk of the forger's", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		stranger := newForger(t, keys.ES256)
		text, _ := json.Marshal(publicJWK(t, stranger.signer, f.kid, nil))
		return stranger.token(t, f.headerWith(`"jwk":`+string(text)), certificate)
	}},
	{"J3", "embedded jwk of the right key", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		text, _ := json.Marshal(publicJWK(t, f.signer, f.kid, nil))
		return f.token(t, f.headerWith(`"jwk":`+string(text)), certificate)
	}},
	{"J4", "jku", keys.ErrMalformed, added(`"jku":"https://evil.example/jwks.json"`)},
	{"J4", "jku of the issuer's own", keys.ErrMalformed, added(`"jku":"https://certs.example.org/.well-known/jwks.json"`)},
	{"J4", "x5u", keys.ErrMalformed, added(`"x5u":"https://evil.example/chain.pem"`)},
	{"J5", "x5c", keys.ErrMalformed, added(`"x5c":["MIIB"]`)},
	{"J5", "x5c empty", keys.ErrMalformed, added(`"x5c":[]`)},
	{"J5", "x5t", keys.ErrMalformed, added(`"x5t":"AAAA"`)},

	{"J6", "empty signature", keys.ErrMalformed, spelling(func(h, p, _ string) string { return h + "." + p + "." })},
	{"J6", "no signature part", keys.ErrMalformed, spelling(func(h, p, _ string) string { return h + "." + p })},
	{"J6", "one byte of signature", keys.ErrSignature, signature(func(*testing.T, *forger, string, []byte) []byte { return []byte{0} })},
	{"J6", "signature cut by a byte", keys.ErrSignature, signature(func(_ *testing.T, _ *forger, _ string, s []byte) []byte { return s[:len(s)-1] })},
	{"J6", "signature longer by a byte", keys.ErrSignature, signature(func(_ *testing.T, _ *forger, _ string, s []byte) []byte { return append(s, 0) })},
	{"J6", "empty payload", keys.ErrMalformed, spelling(func(h, _, s string) string { return h + ".." + s })},

	{"J7", "signature of zeros", keys.ErrSignature, signature(func(_ *testing.T, _ *forger, _ string, s []byte) []byte { return make([]byte, len(s)) })},
	{"J7", "signature of ones", keys.ErrSignature, signature(func(_ *testing.T, _ *forger, _ string, s []byte) []byte {
		return []byte(strings.Repeat("\xff", len(s)))
	})},
	{"J7", "ECDSA signature (n, n)", keys.ErrSignature, signature(func(_ *testing.T, f *forger, _ string, s []byte) []byte {
		if f.alg != keys.ES256 {
			return nil
		}
		n := elliptic.P256().Params().N.Bytes()
		return append(slices.Clone(n), n...)
	})},
	{"J7", "ECDSA signature (r, 0)", keys.ErrSignature, signature(func(_ *testing.T, f *forger, _ string, s []byte) []byte {
		if f.alg != keys.ES256 {
			return nil
		}
		return append(s[:32], make([]byte, 32)...)
	})},
	{"J7", "ECDSA signature (r, s+n)", keys.ErrSignature, signature(func(_ *testing.T, f *forger, _ string, s []byte) []byte {
		if f.alg != keys.ES256 {
			return nil
		}
		sum := new(big.Int).SetBytes(s[32:])
		sum.Add(sum, elliptic.P256().Params().N)
		return append(s[:32], sum.Bytes()...)
	})},
	{"J7", "ECDSA signature in ASN.1", keys.ErrSignature, signature(func(t *testing.T, f *forger, input string, _ []byte) []byte {
		if f.alg != keys.ES256 {
			return nil
		}
		digest := sha256.Sum256([]byte(input))
		der, err := ecdsa.SignASN1(rand.Reader, f.signer.(*ecdsa.PrivateKey), digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return der
	})},

	{"J8", "relabelled ES256", keys.ErrMalformed, relabelled("ES256")},
	{"J8", "relabelled RS256", keys.ErrMalformed, relabelled("RS256")},
	{"J8", "relabelled EdDSA", keys.ErrMalformed, relabelled("EdDSA")},
	{"J8", "relabelled ES384", keys.ErrMalformed, relabelled("ES384")},
	{"J8", "relabelled ES256K", keys.ErrMalformed, relabelled("ES256K")},
	{"J8", "relabelled PS256", keys.ErrMalformed, relabelled("PS256")},
	{"J8", "relabelled RS512", keys.ErrMalformed, relabelled("RS512")},
	{"J8", "relabelled in lower case", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, strings.Replace(f.header(), string(f.alg), strings.ToLower(string(f.alg)), 1), certificate)
	}},
	{"J8", "PS256 by the right RSA key", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		k, ok := f.signer.(*rsa.PrivateKey)
		if !ok {
			return ""
		}
		return pss(t, k, strings.Replace(f.header(), "RS256", "PS256", 1))
	}},
	{"J8", "PS256 signature labelled RS256", keys.ErrSignature, func(t *testing.T, f *forger) string {
		k, ok := f.signer.(*rsa.PrivateKey)
		if !ok {
			return ""
		}
		return pss(t, k, f.header())
	}},
	{"J8", "ES384 by a key of P-384", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		wrong := &forger{signer: k}
		return wrong.token(t, strings.Replace(f.header(), string(f.alg), "ES384", 1), certificate)
	}},

	{"J9", "unknown crit", keys.ErrMalformed, added(`"crit":["exp"],"exp":1`)},
	{"J9", "empty crit", keys.ErrMalformed, added(`"crit":[]`)},
	{"J9", "crit of kid", keys.ErrMalformed, added(`"crit":["kid"]`)},
	{"J10", "b64 false", keys.ErrMalformed, added(`"b64":false`)},
	{"J10", "b64 true", keys.ErrMalformed, added(`"b64":true`)},
	{"J10", "b64 false and critical", keys.ErrMalformed, added(`"b64":false,"crit":["b64"]`)},
	{"J10", "payload not encoded", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		h, p := b64(f.headerWith(`"b64":false,"crit":["b64"]`)), `{"a":1}`
		return h + "." + p + "." + b64(string(f.sign(t, h+"."+p)))
	}},

	{"J11", "alg twice", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, f.headerWith(fmt.Sprintf(`"alg":%q`, f.alg)), certificate)
	}},
	{"J11", "alg none first, then the right one", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, `{"alg":"none",`+strings.TrimPrefix(f.header(), "{"), certificate)
	}},
	{"J11", "kid twice", keys.ErrMalformed, added(`"kid":"https://certs.example.org/keys/2"`)},
	{"J11", "typ twice, once escaped", keys.ErrMalformed, added(`"\u0074yp":"JWT"`)},

	{"J12", "ALG beside alg", keys.ErrMalformed, added(`"ALG":"none"`)},
	{"J12", "Kid beside kid", keys.ErrMalformed, added(`"Kid":"x"`)},
	{"J12", "kid with a Kelvin sign", keys.ErrMalformed, added("\"\u212aid\":\"x\"")},
	{"J12", "TYP alone", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, strings.Replace(f.header(), `"typ"`, `"TYP"`, 1), certificate)
	}},
	{"J12", "Alg alone", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, strings.Replace(f.header(), `"alg"`, `"Alg"`, 1), certificate)
	}},

	{"J14", "CR in the header", keys.ErrMalformed, spelling(func(h, p, s string) string { return h[:4] + "\r" + h[4:] + "." + p + "." + s })},
	{"J14", "LF in the payload", keys.ErrMalformed, spelling(func(h, p, s string) string { return h + "." + p[:8] + "\n" + p[8:] + "." + s })},
	{"J14", "CRLF in the signature", keys.ErrMalformed, spelling(func(h, p, s string) string { return h + "." + p + "." + s[:12] + "\r\n" + s[12:] })},
	{"J14", "LF at the end", keys.ErrMalformed, spelling(func(h, p, s string) string { return h + "." + p + "." + s + "\n" })},
	{"J14", "padding", keys.ErrMalformed, spelling(func(h, p, s string) string { return h + "." + p + "." + s + "==" })},
	{"J14", "standard alphabet", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		h, p := b64(f.header()), base64.RawStdEncoding.EncodeToString([]byte(`{"a":"???>>>~~~"}`))
		if !strings.ContainsAny(p, "+/") {
			t.Fatal("the payload spells alike in both alphabets")
		}
		return h + "." + p + "." + b64(string(f.sign(t, h+"."+p)))
	}},
	{"J15", "stray bits in the payload, signed as spelled", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		h := b64(f.header())
		p := b64(certificate + strings.Repeat(" ", (4-len(certificate)%3)%3)) // one byte in the last group
		if len(p)%4 != 2 {
			t.Fatal("the payload leaves no stray bits")
		}
		p = p[:len(p)-1] + string(p[len(p)-1]+1)
		return h + "." + p + "." + b64(string(f.sign(t, h+"."+p)))
	}},

	{"J17", "Ed25519 signature (R, S+L)", keys.ErrSignature, signature(func(_ *testing.T, f *forger, _ string, s []byte) []byte {
		if f.alg != keys.EdDSA {
			return nil
		}
		slices.Reverse(s[32:])
		sum := new(big.Int).SetBytes(s[32:])
		sum.Add(sum, order25519).FillBytes(s[32:])
		slices.Reverse(s[32:])
		return s
	})},

	{"J21", "flattened JSON", keys.ErrMalformed, spelling(func(h, p, s string) string {
		return `{"protected":"` + h + `","payload":"` + p + `","signature":"` + s + `"}`
	})},
	{"J21", "general JSON with two signatures", keys.ErrMalformed, spelling(func(h, p, s string) string {
		one := `{"protected":"` + h + `","signature":"` + s + `"}`
		return `{"payload":"` + p + `","signatures":[` + one + `,` + one + `]}`
	})},
	{"J21", "JSON with two dots and an unprotected header", keys.ErrMalformed, spelling(func(h, p, s string) string {
		return `{"header":{"a":".."},"protected":"` + h + `","payload":"` + p + `","signature":"` + s + `"}`
	})},
	{"J21", "encrypted form", keys.ErrMalformed, spelling(func(h, p, s string) string { return h + ".." + p + "." + s + "." + s })},
	{"J21", "a fourth part", keys.ErrMalformed, spelling(func(h, p, s string) string { return h + "." + p + "." + s + "." + s })},

	{"J22", "no typ", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, fmt.Sprintf(`{"alg":%q,"kid":%q}`, f.alg, f.kid), certificate)
	}},
	{"J22", "typ empty", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":""}`, f.alg, f.kid), certificate)
	}},
	{"J22", "typ JWT", keys.ErrMalformed, retyped("JWT")},
	{"J22", "typ vc+sd-jwt", keys.ErrMalformed, retyped("vc+sd-jwt")},
	{"J22", "typ statuslist+jwt", keys.ErrMalformed, retyped("statuslist+jwt")},
	{"J22", "typ VC+JWT", keys.ErrMalformed, retyped("VC+JWT")},
	{"J22", "cty vp", keys.ErrMalformed, added(`"cty":"vp"`)},
	{"J22", "cty null", keys.ErrMalformed, added(`"cty":["vc"]`)},

	{"J23", "kid climbs", keys.ErrUnknownKey, rekeyed(`"../../../../dev/null"`)},
	{"J23", "kid is SQL", keys.ErrUnknownKey, rekeyed(`"x' UNION SELECT 'key"`)},
	{"J23", "kid is a command", keys.ErrUnknownKey, rekeyed(`"|/bin/true"`)},
	{"J23", "kid is a longer one", keys.ErrUnknownKey, rekeyed(`"https://certs.example.org/keys/1/"`)},
	{"J23", "kid in upper case", keys.ErrUnknownKey, rekeyed(`"HTTPS://CERTS.EXAMPLE.ORG/KEYS/1"`)},
	{"J23", "kid is the end of one", keys.ErrUnknownKey, rekeyed(`"1"`)},
	{"J23", "kid with a NUL", keys.ErrUnknownKey, rekeyed(`"https://certs.example.org/keys/1\u0000"`)},
	{"J23", "kid of 257 characters", keys.ErrMalformed, rekeyed(`"` + strings.Repeat("k", 257) + `"`)},
	{"J23", "kid of 10 KB", keys.ErrMalformed, rekeyed(`"` + strings.Repeat("k", 10_000) + `"`)},
	{"J23", "kid is an array", keys.ErrMalformed, rekeyed(`["https://certs.example.org/keys/1"]`)},
	{"J23", "kid is a number", keys.ErrMalformed, rekeyed(`1`)},
	{"J23", "kid is empty", keys.ErrMalformed, rekeyed(`""`)},
	{"J23", "no kid", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, fmt.Sprintf(`{"alg":%q,"typ":"vc+jwt"}`, f.alg), certificate)
	}},

	{"J24", "dots", keys.ErrMalformed, func(*testing.T, *forger) string { return strings.Repeat(".", 10_000) }},
	{"J24", "8 MB", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, f.header(), `{"a":"`+strings.Repeat("a", 6<<20)+`"}`)
	}},
	{"J24", "a byte over 16 KiB", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		token := f.token(t, f.header(), certificate)
		return token + strings.Repeat("A", keys.MaxToken+1-len(token))
	}},
	{"J24", "deep header", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, f.headerWith(`"cty":`+strings.Repeat("[", 3000)+strings.Repeat("]", 3000)), certificate)
	}},
	{"J24", "zip", keys.ErrMalformed, added(`"zip":"DEF"`)},
	{"J24", "header is not an object", keys.ErrMalformed, header(`["ES256"]`)},
	{"J24", "header is null", keys.ErrMalformed, header(`null`)},
	{"J24", "two values in the header", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, f.header()+`{}`, certificate)
	}},
	{"J24", "header with a byte order mark", keys.ErrMalformed, func(t *testing.T, f *forger) string {
		return f.token(t, "\ufeff"+f.header(), certificate)
	}},
	{"J24", "header not UTF-8", keys.ErrMalformed, added("\"cty\":\"v\xffc\"")},
	{"J24", "nothing", keys.ErrMalformed, func(*testing.T, *forger) string { return " " }},

	{"", "a stranger's key under the right kid", keys.ErrSignature, func(t *testing.T, f *forger) string { return other(t, f, f.header()) }},
	{"", "a stranger's key under its own kid", keys.ErrUnknownKey, func(t *testing.T, f *forger) string {
		return other(t, f, strings.Replace(f.header(), "/keys/1", "/keys/2", 1))
	}},
	{"", "the signature of another payload", keys.ErrSignature, func(t *testing.T, f *forger) string {
		a := strings.Split(f.token(t, f.header(), certificate), ".")
		b := strings.Split(f.token(t, f.header(), strings.Replace(certificate, "Ada", "Eve", 1)), ".")
		return a[0] + "." + b[1] + "." + a[2]
	}},
}

func retyped(typ string) func(*testing.T, *forger) string {
	return func(t *testing.T, f *forger) string {
		t.Helper()
		return f.token(t, strings.Replace(f.header(), "vc+jwt", typ, 1), certificate)
	}
}

func rekeyed(kid string) func(*testing.T, *forger) string {
	return func(t *testing.T, f *forger) string {
		t.Helper()
		return f.token(t, fmt.Sprintf(`{"alg":%q,"kid":%s,"typ":"vc+jwt"}`, f.alg, kid), certificate)
	}
}

func pss(t *testing.T, k *rsa.PrivateKey, header string) string {
	t.Helper()
	input := b64(header) + "." + b64(certificate)
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPSS(rand.Reader, k, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(string(sig))
}

func TestNoAttackOnTheTokenOpens(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			f := newForger(t, alg)
			if _, err := open(f.set, f.token(t, f.header(), certificate), keys.ForCredential, keys.TypeVC); err != nil {
				t.Fatalf("the honest token: %v", err)
			}
			if _, err := open(f.set, f.token(t, f.headerWith(`"cty":"vc"`), certificate), keys.ForCredential, keys.TypeVC); err != nil {
				t.Fatalf("the honest token with cty: %v", err)
			}
			tried := 0
			for _, a := range attacks {
				token := a.token(t, f)
				if token == "" {
					continue
				}
				tried++
				signed, err := open(f.set, token, keys.ForCredential, keys.TypeVC)
				if signed != nil || !errors.Is(err, a.want) {
					t.Errorf("%s %s: got %v, %v; want %v", a.class, a.name, signed, err, a.want)
				}
			}
			t.Logf("%d attacks", tried)
		})
	}
}

// J16: the other ECDSA signature of a payload opens, and must: any verifier
// takes it. It opens as the same payload, which is why nothing is ever told
// apart by its token.
func TestTheOtherECDSASignatureOpensTheSamePayload(t *testing.T) {
	r := ring(t, generated(t, keys.ES256, keys.ForCredential))
	token, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate))
	if err != nil {
		t.Fatal(err)
	}
	dot := strings.LastIndex(token, ".")
	sig := unb64(t, token[dot+1:])
	s := new(big.Int).SetBytes(sig[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(sig[32:])
	twin := token[:dot+1] + b64(string(sig))
	if twin == token {
		t.Fatal("there is only one")
	}
	signed, err := open(r.Set(), twin, keys.ForCredential, keys.TypeVC)
	if err != nil || string(signed.Payload) != certificate {
		t.Errorf("got %v, %v", signed, err)
	}
}

// A list token may be long, its header may not: it is read before anything is
// verified.
func TestALongHeaderIsRefusedUnread(t *testing.T) {
	f := newForger(t, keys.ES256)
	var members strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&members, `"%x":0,`, i)
	}
	token := f.token(t, "{"+members.String()+strings.TrimPrefix(f.header(), "{"), certificate)
	if len(token) > keys.MaxListToken {
		t.Fatal("longer than a list token")
	}
	if _, err := keys.Parse(token, keys.ForStatusList); !errors.Is(err, keys.ErrMalformed) || !strings.Contains(err.Error(), "header") {
		t.Errorf("got %v", err)
	}
}

// ed25519Forgery is a signature that a key of order one takes for any message.
func TestAKeyOfSmallOrderWouldTakeAnySignature(t *testing.T) {
	identity := make([]byte, 32)
	identity[0] = 1
	forged := append(slices.Clone(identity), make([]byte, 32)...)
	for _, message := range []string{"", "one", certificate} {
		if !ed25519.Verify(identity, []byte(message), forged) {
			t.Fatal("crypto/ed25519 has become stricter; the check at admission may go")
		}
	}
}
