package forgery

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
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
)

// Attack is one way to get something taken for a certificate, or a certificate
// taken for another. The classes J1 to J24 are those that JOSE libraries and
// their users have fallen for.
type Attack struct {
	Class string
	Name  string
	// Tokens makes the tokens; none where the attack does not apply to the
	// algorithm of the body.
	Tokens func(b *Body) []string
	// Planted, if not nil, are JWKs that the attacker has got into the trust
	// file: a trust file that holds one of them must be refused.
	Planted func(b *Body) []string
	// Same says that the tokens are other spellings of the certificate that
	// nobody can keep anyone from making. They are valid and must be the very
	// same certificate.
	Same bool
}

// Attacks is the table. Every class has tokens for every algorithm.
var Attacks = []Attack{
	{Class: "J1", Name: "no algorithm", Tokens: func(b *Body) (all []string) {
		p := b.Payload()
		for _, alg := range []string{`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `""`, `null`, `["` + string(b.Credential.Algorithm) + `"]`, `"none "`} {
			h := strings.Replace(b.header(), `"`+string(b.Credential.Algorithm)+`"`, alg, 1)
			all = append(all, b.Credential.Token(h, p), B64([]byte(h))+"."+B64([]byte(p))+".", B64([]byte(h))+"."+B64([]byte(p))+".AA")
		}
		return append(all, b.Credential.Token(fmt.Sprintf(`{"kid":%q,"typ":"vc+jwt"}`, b.Credential.ID), p))
	}},
	{Class: "J2", Name: "HMAC keyed with what is public", Tokens: func(b *Body) (all []string) {
		der, err := x509.MarshalPKIXPublicKey(b.Credential.Key.Public())
		must(err)
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for _, secret := range [][]byte{text, []byte(strings.TrimSpace(string(text))), der, []byte(b.Credential.JWK()), nil} {
			input := B64([]byte(b.relabelled("HS256"))) + "." + B64([]byte(b.Payload()))
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(input))
			all = append(all, input+"."+B64(mac.Sum(nil)))
		}
		return all
	}},
	{Class: "J3", Name: "a key in the header", Tokens: func(b *Body) []string {
		s := Stranger(b.Credential.Algorithm, b.Credential.ID)
		return []string{
			s.Token(s.Header(keys.TypeVC, `"jwk":`+s.JWK()), b.Payload()),
			s.Token(fmt.Sprintf(`{"alg":%q,"typ":"vc+jwt","jwk":%s}`, s.Algorithm, s.JWK()), b.Payload()),
			b.with(`"jwk":` + b.Credential.JWK()), b.with(`"jwk":null`), b.with(`"jwk":{}`),
		}
	}},
	{Class: "J4", Name: "an address of keys in the header", Tokens: func(b *Body) []string {
		s := Stranger(b.Credential.Algorithm, b.Credential.ID)
		return []string{
			s.Token(s.Header(keys.TypeVC, `"jku":"https://evil.example/jwks.json"`), b.Payload()),
			b.with(`"jku":"https://evil.example/jwks.json"`), b.with(`"jku":"` + b.URL + `/.well-known/jwks.json"`), b.with(`"jku":"file:///etc/hostname"`),
			b.with(`"x5u":"https://evil.example/chain.pem"`), b.with(`"jku":null`),
		}
	}},
	{Class: "J5", Name: "certificates in the header", Tokens: func(b *Body) []string {
		s := Stranger(b.Credential.Algorithm, b.Credential.ID)
		return []string{
			s.Token(s.Header(keys.TypeVC, `"x5c":["MIIB"]`), b.Payload()),
			b.with(`"x5c":["MIIB"]`), b.with(`"x5c":[]`), b.with(`"x5t":"AAAA"`), b.with(`"x5t#S256":"AAAA"`),
		}
	}},
	{Class: "J6", Name: "no signature, or not the whole", Tokens: func(b *Body) []string {
		h, p, s := b.parts()
		sig := raw(s)
		return []string{
			h + "." + p + ".", h + "." + p, h + ".." + s, "." + p + "." + s, "..", h + "." + p + ".AA", h + "." + p + "." + B64(sig[:1]),
			h + "." + p + "." + B64(sig[:len(sig)-1]), h + "." + p + "." + B64(append(slices.Clone(sig), 0)), h + "." + p + "." + B64(sig[:len(sig)/2]), h + "." + p + "." + B64(append(slices.Clone(sig), sig...)),
		}
	}},
	{Class: "J7", Name: "signatures of nothing", Tokens: func(b *Body) []string {
		all := []string{
			b.signature(func(s []byte) []byte { return make([]byte, len(s)) }),
			b.signature(func(s []byte) []byte { return []byte(strings.Repeat("\xff", len(s))) }),
			b.signature(func(s []byte) []byte { return append(make([]byte, len(s)-1), 1) }),
		}
		if b.Credential.Algorithm == keys.ES256 {
			n := elliptic.P256().Params().N.Bytes()
			p := elliptic.P256().Params().P.Bytes()
			all = append(all,
				b.signature(func([]byte) []byte { return slices.Concat(n, n) }),
				b.signature(func([]byte) []byte { return slices.Concat(p, p) }),
				b.signature(func(s []byte) []byte { return slices.Concat(s[:32], make([]byte, 32)) }),
				b.signature(func(s []byte) []byte { return slices.Concat(make([]byte, 32), s[32:]) }),
				b.signature(func(s []byte) []byte { return slices.Concat(n, s[32:]) }),
				b.signature(func(s []byte) []byte { return slices.Concat(s[32:], s[:32]) }),
			)
			digest := sha256.Sum256([]byte(b.input()))
			der, err := ecdsa.SignASN1(rand.Reader, b.Credential.Key.(*ecdsa.PrivateKey), digest[:])
			must(err)
			all = append(all, b.signature(func([]byte) []byte { return der }))
		}
		return all
	}},
	{Class: "J8", Name: "another algorithm than the key's", Tokens: func(b *Body) (all []string) {
		for _, alg := range []string{"ES256", "EdDSA", "RS256", "Ed25519", "ES384", "ES512", "ES256K", "PS256", "RS384", "RS512", "HS256", strings.ToLower(string(b.Credential.Algorithm)), string(b.Credential.Algorithm) + " "} {
			if alg != string(b.Credential.Algorithm) {
				all = append(all, b.Credential.Token(b.relabelled(alg), b.Payload()))
			}
		}
		for _, alg := range Algorithms { // by a key of that algorithm, under our key's id
			if alg != b.Credential.Algorithm {
				s := Stranger(alg, b.Credential.ID)
				all = append(all, s.Token(s.Header(keys.TypeVC), b.Payload()), s.Token(b.header(), b.Payload()))
			}
		}
		p384 := &Signer{ID: b.Credential.ID, Algorithm: "ES384", Key: otherCurve()}
		all = append(all, p384.Token(p384.Header(keys.TypeVC), b.Payload()))
		if k, ok := b.Credential.Key.(*rsa.PrivateKey); ok {
			for _, h := range []string{b.header(), b.relabelled("PS256")} {
				input := B64([]byte(h)) + "." + B64([]byte(b.Payload()))
				digest := sha256.Sum256([]byte(input))
				sig, err := rsa.SignPSS(rand.Reader, k, crypto.SHA256, digest[:], nil)
				must(err)
				all = append(all, input+"."+B64(sig))
			}
		}
		return all
	}},
	{Class: "J9", Name: "critical members", Tokens: func(b *Body) []string {
		return []string{b.with(`"crit":["exp"],"exp":1`), b.with(`"crit":[]`), b.with(`"crit":["kid"]`), b.with(`"crit":["x"],"x":1`), b.with(`"crit":null`), b.with(`"crit":"exp"`)}
	}},
	{Class: "J10", Name: "a payload that is not encoded", Tokens: func(b *Body) []string {
		h := B64([]byte(b.Credential.Header(keys.TypeVC, `"b64":false,"crit":["b64"]`)))
		plain := `{"iss":"` + b.URL + `"}`
		return []string{
			b.with(`"b64":false`), b.with(`"b64":true`), b.with(`"b64":false,"crit":["b64"]`), b.with(`"b64":null`),
			h + "." + plain + "." + B64(b.Credential.Sign(h+"."+plain)),
		}
	}},
	{Class: "J11", Name: "header members twice", Tokens: func(b *Body) []string {
		return []string{
			b.with(fmt.Sprintf(`"alg":%q`, b.Credential.Algorithm)), b.with(fmt.Sprintf(`"kid":%q`, b.Credential.ID)), b.with(`"typ":"vc+jwt"`), b.with(`"typ":"JWT"`), b.with(`"kid":"x"`),
			b.Credential.Token(`{"alg":"none",`+b.header()[1:], b.Payload()), b.Credential.Token(`{"kid":"x",`+b.header()[1:], b.Payload()), b.Credential.Token(`{"typ":"JWT",`+b.header()[1:], b.Payload()),
			b.with(`"\u0074yp":"JWT"`), b.with(`"al\u0067":"none"`),
		}
	}},
	{Class: "J12", Name: "header members in another case", Tokens: func(b *Body) []string {
		return []string{
			b.with(`"ALG":"none"`), b.with(`"Kid":"x"`), b.with(`"Typ":"JWT"`), b.with("\"\u212aid\":\"x\""),
			b.Credential.Token(strings.Replace(b.header(), `"typ"`, `"TYP"`, 1), b.Payload()), b.Credential.Token(strings.Replace(b.header(), `"alg"`, `"Alg"`, 1), b.Payload()),
			b.Credential.Token(strings.Replace(b.header(), `"kid"`, "\"\u212aid\"", 1), b.Payload()),
		}
	}},
	{Class: "J13", Name: "payload members twice, or in another case", Tokens: func(b *Body) []string {
		return []string{
			b.Edited(`"iss":`, `"iss":"https://evil.example","iss":`), b.Edited(`"issuer":`, `"issuer":"https://evil.example","issuer":`),
			b.Edited(`"validUntil":`, `"validUntil":"2099-01-01T00:00:00Z","validUntil":`), b.Edited(`"validUntil":`, `"VALIDUNTIL":`), b.Edited(`"credentialStatus":`, `"CredentialStatus":`),
			b.Edited(`"credentialStatus":`, `"credentialStatus":null,"credentialStatus":`), b.Edited(`"identityHash":`, `"identityHash":"Eve","identityHash":`), b.Edited(`"exp":`, `"Exp":4000000000,"exp":`),
			b.Edited(`"iss":`, `"iſs":"https://evil.example","iss":`), b.Edited(`"name":"Consultant/Manager"`, `"name":"Consultant/Manager","n\u0061me":"Master"`),
		}
	}},
	{Class: "J14", Name: "characters that lax decoders skip", Tokens: func(b *Body) []string {
		h, p, s := b.parts()
		slashed := `{"a":"???>>>~~~"}`
		std := base64.RawStdEncoding.EncodeToString([]byte(slashed))
		head := B64([]byte(b.header()))
		return []string{
			h[:4] + "\r" + h[4:] + "." + p + "." + s, h + "." + p[:8] + "\n" + p[8:] + "." + s, h + "." + p + "." + s[:12] + "\r\n" + s[12:], h + ".\n" + p + "." + s, h + "." + p + "\n." + s,
			h + "=." + p + "." + s, h + "." + p + "=." + s, h + "." + p + "." + s + "==", h + "." + p + "." + s + "\x00", h + "\x00." + p + "." + s,
			head + "." + std + "." + B64(b.Credential.Sign(head+"."+std)),
		}
	}},
	{Class: "J15", Name: "stray bits at the end of a part", Tokens: func(b *Body) (all []string) {
		for pad := range 3 { // so that each part ends in every way
			h, p := b.header()+strings.Repeat(" ", pad), b.Payload()+strings.Repeat(" ", pad)
			parts := strings.Split(b.Credential.Token(h, p), ".")
			for i, part := range parts {
				spare := map[int]int{2: 16, 3: 4}[len(part)%4]
				at := strings.IndexByte(alphabet, part[len(part)-1])
				for bits := 1; bits < spare; bits++ {
					twin := slices.Clone(parts)
					twin[i] = part[:len(part)-1] + string(alphabet[at^bits])
					all = append(all, strings.Join(twin, "."))
					if i == 1 { // signed as it is spelled
						all = append(all, twin[0]+"."+twin[1]+"."+B64(b.Credential.Sign(twin[0]+"."+twin[1])))
					}
				}
			}
		}
		return all
	}},
	{Class: "J16", Name: "the other ECDSA signature of the payload", Same: true, Tokens: func(b *Body) []string {
		if b.Credential.Algorithm != keys.ES256 {
			return nil
		}
		return []string{b.signature(func(s []byte) []byte { return negated(s, elliptic.P256().Params().N) })}
	}},
	{Class: "J16", Name: "the other signature, where there is none", Tokens: func(b *Body) []string {
		switch k := b.Credential.Key.(type) {
		case ed25519.PrivateKey:
			return []string{
				b.signature(func(s []byte) []byte { return negatedEd25519(s) }),
				b.signature(func(s []byte) []byte { s[31] ^= 0x80; return s }),
				b.signature(func(s []byte) []byte {
					return negatedEd25519(append(s[:31:31], append([]byte{s[31] ^ 0x80}, s[32:]...)...))
				}),
			}
		case *rsa.PrivateKey:
			return []string{b.signature(func(s []byte) []byte {
				return new(big.Int).Sub(k.N, new(big.Int).SetBytes(s)).FillBytes(make([]byte, len(s)))
			})}
		}
		return []string{b.signature(func(s []byte) []byte { // −r too
			n := elliptic.P256().Params().N
			r := new(big.Int).Sub(n, new(big.Int).SetBytes(s[:32])).FillBytes(make([]byte, 32))
			return append(r, s[32:]...)
		})}
	}},
	{Class: "J17", Name: "a signature plus the order", Tokens: func(b *Body) []string {
		switch k := b.Credential.Key.(type) {
		case ed25519.PrivateKey:
			return []string{b.signature(func(s []byte) []byte {
				slices.Reverse(s[32:])
				sum := new(big.Int).SetBytes(s[32:])
				sum.Add(sum, order25519).FillBytes(s[32:])
				slices.Reverse(s[32:])
				return s
			})}
		case *rsa.PrivateKey:
			return []string{b.signature(func(s []byte) []byte { return new(big.Int).Add(new(big.Int).SetBytes(s), k.N).Bytes() })}
		}
		n := elliptic.P256().Params().N
		return []string{
			b.signature(func(s []byte) []byte {
				return append(s[:32:32], new(big.Int).Add(new(big.Int).SetBytes(s[32:]), n).Bytes()...)
			}),
			b.signature(func(s []byte) []byte {
				return append(new(big.Int).Add(new(big.Int).SetBytes(s[:32]), n).Bytes(), s[32:]...)
			}),
		}
	}},
	{Class: "J18", Name: "a key that takes any signature", Planted: func(b *Body) (all []string) {
		for _, point := range smallOrder() {
			all = append(all, fmt.Sprintf(`{"kid":%q,"kty":"OKP","crv":"Ed25519","x":%q}`, b.URL+"/keys/small", B64(point)))
		}
		zero := B64(make([]byte, 32))
		return append(all, fmt.Sprintf(`{"kid":%q,"kty":"EC","crv":"P-256","x":%q,"y":%q}`, b.URL+"/keys/small", zero, zero),
			fmt.Sprintf(`{"kid":%q,"kty":"EC","crv":"P-256","x":%q,"y":%q}`, b.URL+"/keys/small", B64(append(make([]byte, 31), 5)), B64(append(make([]byte, 31), 1))))
	}, Tokens: func(b *Body) (all []string) {
		sig := append(smallOrder()[1], make([]byte, 32)...)
		for _, kid := range []string{b.URL + "/keys/small", b.Credential.ID} {
			for _, alg := range []string{"EdDSA", string(b.Credential.Algorithm)} {
				h := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"vc+jwt"}`, alg, kid)
				all = append(all, B64([]byte(h))+"."+B64([]byte(b.Payload()))+"."+B64(sig))
			}
		}
		return all
	}},
	{Class: "J19", Name: "a weak RSA key", Planted: func(b *Body) []string {
		weak, one := weakRSA(), b.URL+"/keys/weak"
		big2048 := signer("https://stranger.example", keys.ForCredential, keys.RS256).Key.Public().(*rsa.PublicKey)
		return []string{
			weak.JWK(`"use":"sig"`), fmt.Sprintf(`{"kid":%q,"kty":"RSA","n":%q,"e":"AQ"}`, one, B64(big2048.N.Bytes())),
			fmt.Sprintf(`{"kid":%q,"kty":"RSA","n":%q,"e":"Aw"}`, one, B64(big2048.N.Bytes())), fmt.Sprintf(`{"kid":%q,"kty":"RSA","n":%q,"e":"AQAC"}`, one, B64(big2048.N.Bytes())),
			fmt.Sprintf(`{"kid":%q,"kty":"RSA","n":"","e":"AQAB"}`, one),
		}
	}, Tokens: func(b *Body) []string {
		weak := weakRSA()
		all := []string{weak.Token(weak.Header(keys.TypeVC), b.Payload())}
		weak.ID = b.Credential.ID
		return append(all, weak.Token(weak.Header(keys.TypeVC), b.Payload()), weak.Token(b.header(), b.Payload()))
	}},
	{Class: "J20", Name: "a private or symmetric key that was published", Planted: func(b *Body) []string {
		s := Stranger(b.Credential.Algorithm, b.URL+"/keys/leaked")
		return []string{
			s.JWK(`"d":"AQAB"`), s.JWK(`"d":""`), s.JWK(`"d":null`), s.JWK(`"priv":"AQAB"`), s.JWK(`"k":"c2VjcmV0"`),
			fmt.Sprintf(`{"kid":%q,"kty":"oct","k":"c2VjcmV0"}`, s.ID), fmt.Sprintf(`{"kid":%q,"kty":"oct","k":"c2VjcmV0","alg":%q}`, s.ID, s.Algorithm),
		}
	}, Tokens: func(b *Body) []string {
		s := Stranger(b.Credential.Algorithm, b.URL+"/keys/leaked")
		input := B64([]byte(`{"alg":"HS256","kid":"`+s.ID+`","typ":"vc+jwt"}`)) + "." + B64([]byte(b.Payload()))
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(input))
		return []string{s.Token(s.Header(keys.TypeVC), b.Payload()), input + "." + B64(mac.Sum(nil))}
	}},
	{Class: "J21", Name: "other serialisations", Tokens: func(b *Body) []string {
		h, p, s := b.parts()
		one := `{"protected":"` + h + `","signature":"` + s + `"}`
		none := `{"header":{"alg":"none"},"signature":""}`
		open := b.header()
		return []string{
			`{"protected":"` + h + `","payload":"` + p + `","signature":"` + s + `"}`, `{"payload":"` + p + `","signatures":[` + one + `]}`,
			`{"payload":"` + p + `","signatures":[` + one + `,` + one + `]}`, `{"payload":"` + p + `","signatures":[` + one + `,` + none + `]}`, `{"payload":"` + p + `","signatures":[` + none + `]}`,
			`{"header":` + open + `,"payload":"` + p + `","signature":"` + s + `"}`, `{"header":{"a":".."},"protected":"` + h + `","payload":"` + p + `","signature":"` + s + `"}`,
			h + ".." + p + "." + s + "." + s, h + "." + p + "." + s + "." + s, h + "." + p + "." + s + ".", h + "." + p + "." + s + "~",
		}
	}},
	{Class: "J22", Name: "another type of document", Tokens: func(b *Body) (all []string) {
		for _, typ := range []string{"JWT", "jwt", "at+jwt", "vc+sd-jwt", "vp+jwt", "statuslist+jwt", "checkpoint", "VC+JWT", "application/vc+jwt", "vc+jwt ", ""} {
			all = append(all, b.Credential.Token(b.Credential.Header(typ), b.Payload()))
		}
		return append(all,
			b.Credential.Token(fmt.Sprintf(`{"alg":%q,"kid":%q}`, b.Credential.Algorithm, b.Credential.ID), b.Payload()), b.Credential.Token(fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":["vc+jwt"]}`, b.Credential.Algorithm, b.Credential.ID), b.Payload()),
			b.with(`"cty":"vp"`), b.with(`"cty":"JWT"`), b.with(`"cty":["vc"]`),
			b.List(credential.PurposeRevocation, nil), b.Signed(b.ListPayload(credential.PurposeRevocation, nil)), b.Lists.Token(b.Lists.Header(keys.TypeVC), b.Payload()))
	}},
	{Class: "J23", Name: "strange key ids", Tokens: func(b *Body) (all []string) {
		for _, kid := range []string{
			`"../../../../dev/null"`, `"../../../../proc/sys/kernel/randomize_va_space"`, `"x' UNION SELECT 'key';--"`, `"' OR '1'='1"`, `"|/bin/true"`, `"$(id)"`, `"` + b.Credential.ID + `/"`, `"` + b.Credential.ID + `#1"`,
			`"` + b.Credential.ID + `?x"`, `"` + b.Credential.ID + `\u0000"`, `" ` + b.Credential.ID + `"`, `"` + strings.ToUpper(b.Credential.ID) + `"`, `"` + b.Credential.ID[strings.LastIndex(b.Credential.ID, "/")+1:] + `"`,
			`"` + strings.Repeat("k", 257) + `"`, `"` + strings.Repeat("k", 10_000) + `"`, `["` + b.Credential.ID + `"]`, `{"id":"` + b.Credential.ID + `"}`, `1`, `true`, `null`, `""`, `"` + b.URL + `"`, `"file:///etc/hostname"`, `"\ud800"`, `"__proto__"`, `"constructor"`,
		} {
			all = append(all, b.Credential.Token(fmt.Sprintf(`{"alg":%q,"kid":%s,"typ":"vc+jwt"}`, b.Credential.Algorithm, kid), b.Payload()))
		}
		return append(all, b.Credential.Token(fmt.Sprintf(`{"alg":%q,"typ":"vc+jwt"}`, b.Credential.Algorithm), b.Payload()))
	}},
	{Class: "J24", Name: "size and shape", Tokens: func(b *Body) []string {
		honest := b.Certificate()
		return []string{
			strings.Repeat(".", 10_000), strings.Repeat(".", 2), strings.Repeat("A", 20_000), "", " ", "\x00", "null", "{}", "[]",
			honest + strings.Repeat("A", keys.MaxToken+4-len(honest)), honest + "." + honest, honest + honest,
			b.Signed(`{"iss":"` + b.URL + `","a":"` + strings.Repeat("a", 6<<20) + `"}`), b.Signed(`{"iss":"` + b.URL + `","a":` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `}`),
			b.Signed(strings.Repeat("[", 5000)), b.Signed(strings.Repeat(`{"a":`, 1500)), b.Edited(`"iss":`, `"a":`+strings.Repeat("[", 33)+strings.Repeat("]", 33)+`,"iss":`),
			b.with(`"cty":` + strings.Repeat("[", 1500) + strings.Repeat("]", 1500)), b.with(`"zip":"DEF"`), b.with(`"a":"` + strings.Repeat("a", 4000) + `"`), b.with(`"enc":"A256GCM"`),
			b.Credential.Token(`["ES256"]`, b.Payload()), b.Credential.Token(`null`, b.Payload()), b.Credential.Token(`""`, b.Payload()), b.Credential.Token(b.header()+`{}`, b.Payload()),
			b.Credential.Token("\ufeff"+b.header(), b.Payload()), b.with("\"cty\":\"v\xffc\""), b.Credential.Token(strings.TrimSuffix(b.header(), "}"), b.Payload()), b.Credential.Token(strings.Replace(b.header(), `"typ"`, `'typ'`, 1), b.Payload()),
		}
	}},
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

var order25519, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// header is the honest one.
func (b *Body) header() string { return b.Credential.Header(keys.TypeVC) }

// with is the honest certificate with further header members, signed.
func (b *Body) with(members string) string {
	return b.Credential.Token(b.Credential.Header(keys.TypeVC, members), b.Payload())
}

// relabelled is the honest header with another algorithm.
func (b *Body) relabelled(alg string) string {
	return strings.Replace(b.header(), string(b.Credential.Algorithm), alg, 1)
}

func (b *Body) parts() (header, payload, signature string) {
	parts := strings.Split(b.Certificate(), ".")
	return parts[0], parts[1], parts[2]
}

func (b *Body) input() string { return B64([]byte(b.header())) + "." + B64([]byte(b.Payload())) }

// signature is the honest certificate with its signature changed.
func (b *Body) signature(change func(sig []byte) []byte) string {
	input := b.input()
	return input + "." + B64(change(b.Credential.Sign(input)))
}

// negated replaces the second half of an ECDSA signature by its negative.
func negated(sig []byte, n *big.Int) []byte {
	s := new(big.Int).Sub(n, new(big.Int).SetBytes(sig[32:]))
	return append(sig[:32:32], s.FillBytes(make([]byte, 32))...)
}

func negatedEd25519(sig []byte) []byte {
	sig = slices.Clone(sig)
	slices.Reverse(sig[32:])
	s := new(big.Int).Sub(order25519, new(big.Int).SetBytes(sig[32:]))
	s.FillBytes(sig[32:])
	slices.Reverse(sig[32:])
	return sig
}

func raw(part string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(part)
	must(err)
	return b
}

// smallOrder are points of edwards25519 of small order: y of 0, 1 and −1, and 0
// and 1 written past the field prime.
func smallOrder() [][]byte {
	point := func(first, middle, last byte) []byte {
		p := []byte(strings.Repeat(string([]byte{middle}), 32))
		p[0], p[31] = first, last
		return p
	}
	return [][]byte{point(0, 0, 0), point(1, 0, 0), point(0xec, 0xff, 0x7f), point(0xed, 0xff, 0x7f), point(0xee, 0xff, 0x7f), point(1, 0, 0x80)}
}

var otherCurve = sync.OnceValue(func() crypto.Signer {
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(err)
	return k
})

// weakRSA is a key of 1024 bits, the shortest that crypto/rsa still makes.
func weakRSA() *Signer {
	return &Signer{ID: "https://weak.example/keys/1", Algorithm: keys.RS256, Key: shortKey()}
}

var shortKey = sync.OnceValue(func() crypto.Signer {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	must(err)
	return k
})
