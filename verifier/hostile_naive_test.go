package verifier_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"

	"github.com/testamur/testamur/verifier/forgery"
)

// careless is the broken twin of the gates: a reader of tokens that verifies a
// signature, but leaves out the rule against the class. It stands for programs
// that have been in the field.
func careless(b *forgery.Body, class, token string) bool {
	lax := base64.RawURLEncoding
	decode := func(part string) []byte { // skips line breaks, padding and stray bits
		part = strings.NewReplacer("=", "", "\x00", "", "+", "-", "/", "_").Replace(part)
		raw, err := lax.DecodeString(part)
		if err != nil {
			return nil
		}
		return raw
	}
	var jws struct {
		Protected, Payload, Signature string
		Signatures                    []struct{ Protected, Signature string }
	}
	if class == "J21" && json.Unmarshal([]byte(token), &jws) == nil {
		if len(jws.Signatures) > 0 {
			jws.Protected, jws.Signature = jws.Signatures[0].Protected, jws.Signatures[0].Signature
		}
		token = jws.Protected + "." + jws.Payload + "." + jws.Signature
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	if class == "J14" {
		for i, p := range parts {
			parts[i] = lax.EncodeToString(decode(p))
		}
	}
	input, sig := parts[0]+"."+parts[1], decode(parts[2])
	if class == "J15" && !fits(b.Credential.Key.Public(), "", input, sig) { // reads, then writes again what it signs
		input = lax.EncodeToString(decode(parts[0])) + "." + lax.EncodeToString(decode(parts[1]))
	}
	var header struct {
		Alg  string `json:"alg"`
		KID  any    `json:"kid"`
		JWK  json.RawMessage
		JKU  any
		B64  *bool
		Crit any
	}
	if json.Unmarshal(decode(parts[0]), &header) != nil {
		return false
	}
	var key any = b.Credential.Key.Public()
	switch class {
	case "J1":
		return strings.EqualFold(header.Alg, "none") // no algorithm: nothing to verify
	case "J2": // whatever the header says, with what is in the key file
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			return false
		}
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		mac.Write([]byte(input))
		return hmac.Equal(mac.Sum(nil), sig)
	case "J3", "J4", "J5": // the key that comes with the token, or is fetched where it says
		return fits(forgery.Stranger(b.Credential.Algorithm, "").Key.Public(), "", input, sig)
	case "J8": // the token decides how the key is used
		if fits(key, header.Alg, input, sig) {
			return true
		}
		for _, alg := range forgery.Algorithms {
			if fits(forgery.Stranger(alg, "").Key.Public(), header.Alg, input, sig) {
				return true
			}
		}
		return false
	case "J18": // a key set that was read without a look at its keys
		one := make([]byte, 32)
		one[0] = 1
		return ed25519.Verify(one, []byte(input), sig)
	case "J19": // a key of any size
		for _, a := range forgery.Attacks {
			if a.Class == "J19" {
				return weakly(a.Planted(b)[0], input, sig)
			}
		}
		return false
	case "J20": // whoever has read the published key
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(input))
		return hmac.Equal(mac.Sum(nil), sig) || fits(forgery.Stranger(b.Credential.Algorithm, "").Key.Public(), "", input, sig)
	case "J22": // any key of the issuer, any type
		return fits(key, "", input, sig) || fits(b.Lists.Key.Public(), "", input, sig)
	}
	return fits(key, "", input, sig)
}

// weakly verifies with the RSA key of a JWK, whatever its size.
func weakly(jwk, input string, sig []byte) bool {
	var k struct{ N, E string }
	if json.Unmarshal([]byte(jwk), &k) != nil {
		return false
	}
	n, err := base64.RawURLEncoding.DecodeString(k.N)
	return err == nil && fits(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}, "", input, sig)
}

// fits verifies a signature with any key, as the algorithm says or, without one,
// as the key does.
func fits(key any, alg, input string, sig []byte) bool {
	digest := sha256.Sum256([]byte(input))
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return (alg == "" || alg[0] == 'E') && k.Curve == elliptic.P256() && len(sig) == 64 &&
			ecdsa.Verify(k, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	case ed25519.PublicKey:
		return (alg == "" || alg[0] == 'E') && len(sig) == ed25519.SignatureSize && ed25519.Verify(k, []byte(input), sig)
	case *rsa.PublicKey:
		if strings.HasPrefix(alg, "PS") {
			return rsa.VerifyPSS(k, crypto.SHA256, digest[:], sig, nil) == nil
		}
		if strings.HasSuffix(alg, "512") {
			long := sha512.Sum512([]byte(input))
			return rsa.VerifyPKCS1v15(k, crypto.SHA512, long[:], sig) == nil
		}
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], sig) == nil
	}
	return false
}
