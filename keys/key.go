package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys/strictjson"
)

// Algorithm is a JWS algorithm (RFC 7518 §3.1). The key decides it.
type Algorithm string

// The algorithms that are signed with and accepted.
const (
	ES256 Algorithm = "ES256" // ECDSA on P-256 with SHA-256; the default
	EdDSA Algorithm = "EdDSA" // Ed25519
	RS256 Algorithm = "RS256" // RSASSA-PKCS1-v1_5 with SHA-256
)

// Key is one admitted public key of an issuer.
type Key struct {
	ID        string    // kid, whole
	Purpose   Purpose   // "": credentials and their status lists
	Algorithm Algorithm // the only one it is used with

	jwk jose.JSONWebKey
}

// May reports whether the key may sign documents of the purpose.
func (k *Key) May(p Purpose) bool {
	if k.Purpose == "" {
		return p == ForCredential || p == ForStatusList
	}
	return k.Purpose == p
}

// fits reports whether the private half of the key has signed the input (RFC
// 7515 §5.2, step 8), in the one form that its algorithm has (RFC 7518 §3.3 and
// §3.4, RFC 8037 §3.1).
func (k *Key) fits(input string, signature []byte) bool {
	switch public := k.jwk.Key.(type) {
	case *ecdsa.PublicKey:
		if len(signature) != 64 { // r and s, each filled up to 32 bytes
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		digest := sha256.Sum256([]byte(input))
		return ecdsa.Verify(public, digest[:], r, s) // refuses numbers out of range
	case ed25519.PublicKey:
		return ed25519.Verify(public, []byte(input), signature)
	case *rsa.PublicKey:
		digest := sha256.Sum256([]byte(input))
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	}
	return false
}

// Thumbprint returns the RFC 7638 SHA-256 thumbprint in base64url.
func (k *Key) Thumbprint() string {
	sum, err := k.jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		panic("keys: thumbprint of an admitted key: " + err.Error()) // admit has computed it before
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// MarshalJSON writes the public key as a JWK (RFC 7517) with its purpose.
func (k *Key) MarshalJSON() ([]byte, error) {
	return marshalJWK(k.jwk, map[string]any{"purpose": string(k.Purpose)})
}

// marshalJWK writes a JWK with further members; empty strings are left out.
func marshalJWK(jwk jose.JSONWebKey, further map[string]any) ([]byte, error) {
	raw, err := jwk.MarshalJSON()
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	for name, v := range further {
		if v != "" {
			members[name] = v
		}
	}
	return json.Marshal(members)
}

// published is what is read from a JWK beside the key itself.
type published struct {
	KeyID      string   `json:"kid"`
	Algorithm  string   `json:"alg"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	// Present but empty would read as a key of more purposes.
	Purpose json.RawMessage `json:"purpose"`
	// Members that must not be there, whatever they hold: those of private
	// (RFC 7518 §6.2.2, §6.3.2, RFC 9964 §3) and symmetric keys, and certificates.
	D    json.RawMessage `json:"d"`
	P    json.RawMessage `json:"p"`
	Q    json.RawMessage `json:"q"`
	DP   json.RawMessage `json:"dp"`
	DQ   json.RawMessage `json:"dq"`
	QI   json.RawMessage `json:"qi"`
	Oth  json.RawMessage `json:"oth"`
	Priv json.RawMessage `json:"priv"`
	K    json.RawMessage `json:"k"`
	X5U  json.RawMessage `json:"x5u"`
	X5C  json.RawMessage `json:"x5c"`
}

// private reports whether the JWK holds any part of a private key.
func (p *published) private() bool {
	for _, member := range []json.RawMessage{p.D, p.P, p.Q, p.DP, p.DQ, p.QI, p.Oth, p.Priv} {
		if member != nil {
			return true
		}
	}
	return false
}

// admit decides whether a published JWK may be trusted to be a key at all. It
// is the only way into a [Set]. The key types have one algorithm each; a weak,
// private, symmetric or misused key is refused. One of a purpose that is not known
// here is idle, whatever its type; what must not be published is refused of it too.
func admit(raw []byte) (*Key, *Idle, error) {
	var p published
	if err := strictjson.Decode(raw, &p); err != nil {
		return nil, nil, err
	}
	var purpose Purpose
	if p.Purpose != nil {
		if err := json.Unmarshal(p.Purpose, &purpose); err != nil || !purpose.known() && !purpose.later() {
			return nil, nil, fmt.Errorf("has the unknown purpose %s", p.Purpose)
		}
	}
	if err := p.refused(); err != nil {
		return nil, nil, err
	}
	if purpose.later() {
		return nil, &Idle{p.KeyID, string(purpose)}, nil
	}
	k, err := p.admitted(raw, purpose)
	return k, nil, err
}

// refused says what must not be published of any key, to be read after its number.
func (p *published) refused() error {
	switch {
	case p.private():
		return errors.New("holds a private key; publish the public part only")
	case p.K != nil:
		return errors.New("is a symmetric key")
	case p.X5U != nil || p.X5C != nil:
		return errors.New("carries certificates (x5u, x5c), which are not followed")
	case p.KeyID == "" || len(p.KeyID) > MaxKeyID:
		return fmt.Errorf("needs a kid of 1 to %d characters", MaxKeyID)
	case p.Use != "" && p.Use != "sig":
		return fmt.Errorf("is for use %q, not for signatures", p.Use)
	}
	if p.Operations != nil {
		verifies := false
		for _, op := range p.Operations {
			verifies = verifies || op == "verify"
		}
		if !verifies {
			return errors.New("is not for verifying (key_ops)")
		}
	}
	return nil
}

// admitted reads the key itself.
func (p *published) admitted(raw []byte, purpose Purpose) (*Key, error) {
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(raw); err != nil {
		return nil, err
	}
	alg, err := algorithmOf(jwk.Key, minRSABits)
	if err != nil {
		return nil, err
	}
	if p.Algorithm != "" && p.Algorithm != string(alg) {
		return nil, fmt.Errorf("is named for %q but its type signs %s", p.Algorithm, alg)
	}
	if _, err := jwk.Thumbprint(crypto.SHA256); err != nil {
		return nil, err
	}
	return &Key{ID: p.KeyID, Purpose: purpose, Algorithm: alg, jwk: jwk}, nil
}

// algorithmOf returns the one algorithm that a public key is used with.
func algorithmOf(key any, minRSA int) (Algorithm, error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return "", fmt.Errorf("is on curve %s; P-256 is accepted", k.Params().Name)
		}
		if _, err := k.ECDH(); err != nil { // a point off the curve, or the one at infinity
			return "", fmt.Errorf("is not a point of P-256: %v", err)
		}
		return ES256, nil
	case ed25519.PublicKey:
		// A key of small order makes one signature fit every message.
		if smallOrder(k) {
			return "", errors.New("is an Ed25519 key of small order")
		}
		return EdDSA, nil
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA || k.N.BitLen() > 8192 {
			return "", fmt.Errorf("is an RSA key of %d bits; %d to 8192 are accepted", k.N.BitLen(), minRSA)
		}
		if k.E != 65537 {
			return "", fmt.Errorf("is an RSA key with exponent %d; 65537 is accepted", k.E)
		}
		return RS256, nil
	default:
		return "", fmt.Errorf("is of a type that is not accepted (%T); EC P-256, Ed25519 and RSA are", key)
	}
}

// smallOrder reports whether k encodes one of the eight points of small order
// of edwards25519, in any encoding. Their y coordinates, little-endian and with
// the sign bit cleared, are these and the two that wrap around the field prime.
func smallOrder(k ed25519.PublicKey) bool {
	if len(k) != ed25519.PublicKeySize {
		return true
	}
	y := [32]byte(k)
	y[31] &= 0x7f
	_, found := smallOrderY[y]
	return found
}

var smallOrderY = func() map[[32]byte]bool {
	m := map[[32]byte]bool{}
	le := func(first byte, middle byte, last byte) (b [32]byte) {
		for i := range b {
			b[i] = middle
		}
		b[0], b[31] = first, last
		return b
	}
	m[le(0, 0, 0)] = true          // y = 0, order 4
	m[le(1, 0, 0)] = true          // y = 1, order 1
	m[le(0xec, 0xff, 0x7f)] = true // y = p-1, order 2
	m[le(0xed, 0xff, 0x7f)] = true // y = p, that is 0
	m[le(0xee, 0xff, 0x7f)] = true // y = p+1, that is 1
	// The two y of order 8: the roots of d·y⁴ + 2·y² − 1 over the field.
	m[[32]byte{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	}] = true
	m[[32]byte{
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
	}] = true
	return m
}()
