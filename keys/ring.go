package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Private is one private key of a body.
type Private struct {
	Key
	Created time.Time

	signer crypto.Signer
}

// Ring is the private keys of one body. For each purpose the youngest key
// signs. It is not changed once made, and may be used from several goroutines.
type Ring struct {
	keys   []*Private
	active map[Purpose]*Private
	set    *Set
}

// Generate makes a private key for an issuer. Its id is the URL under which
// the issuer publishes it, <issuer>/keys/<RFC 7638 thumbprint>. now becomes its
// date of creation.
func Generate(issuer string, purpose Purpose, alg Algorithm, now time.Time) (*Private, error) {
	var signer crypto.Signer
	var err error
	switch alg {
	case ES256:
		signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, signer, err = ed25519.GenerateKey(rand.Reader)
	case RS256:
		signer, err = rsa.GenerateKey(rand.Reader, minOwnRSABits)
	default:
		return nil, fmt.Errorf("make a key: algorithm %q is not one of ES256, EdDSA, RS256", alg)
	}
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return newPrivate(issuer, purpose, signer, now)
}

// Import takes over a private key that was made elsewhere, as the key of a body's
// own document certificate is. Its purpose is [ForSeal]: for every other one a
// body makes its key itself. now becomes its date of creation.
func Import(issuer string, signer crypto.Signer, now time.Time) (*Private, error) {
	if k, ok := signer.(*ecdsa.PrivateKey); ok && k.Curve == elliptic.P256() && !halvesFit(k) {
		return nil, errors.New("import a key: its private and its public half are of two keys")
	}
	k, err := newPrivate(issuer, ForSeal, signer, now)
	if err != nil {
		return nil, fmt.Errorf("import a key: %w", err)
	}
	if r, ok := signer.Public().(*rsa.PublicKey); ok && r.N.BitLen() < minOwnRSABits {
		return nil, fmt.Errorf("import a key: it is an RSA key of %d bits; %d to 8192 are needed", r.N.BitLen(), minOwnRSABits)
	}
	return k, nil
}

func newPrivate(issuer string, purpose Purpose, signer crypto.Signer, created time.Time) (*Private, error) {
	if !purpose.known() {
		return nil, fmt.Errorf("unknown purpose %q", purpose)
	}
	alg, err := algorithmOf(signer.Public(), minRSABits)
	if err != nil {
		return nil, fmt.Errorf("key %w", err)
	}
	if purpose == ForSeal && alg == EdDSA {
		return nil, errors.New("a seal cannot be made with Ed25519, which readers of PDF do not know; use ES256 or RS256")
	}
	k := &Private{
		Key:     Key{Purpose: purpose, Algorithm: alg, jwk: jose.JSONWebKey{Key: signer.Public(), Algorithm: string(alg), Use: "sig"}},
		Created: created.UTC(),
		signer:  signer,
	}
	k.ID = issuer + "/keys/" + k.Thumbprint()
	k.jwk.KeyID = k.ID
	if len(k.ID) > MaxKeyID {
		return nil, fmt.Errorf("key id %q is longer than %d characters; use a shorter issuer URL", k.ID, MaxKeyID)
	}
	return k, nil
}

// Sealer returns what seals documents with the key, whose purpose must be
// [ForSeal]. It is a plain signer, as nothing that it signs is a token. Errors
// wrap [ErrPurpose].
func (k *Private) Sealer() (crypto.Signer, error) {
	if k.Purpose != ForSeal {
		return nil, fmt.Errorf("seal: %w: it is a %s key", ErrPurpose, k.Purpose)
	}
	return k.signer, nil
}

// Format prints the key's id, whatever the verb: a log line must not show a
// private key.
func (k *Private) Format(f fmt.State, _ rune) { io.WriteString(f, k.ID) }

// NewRing returns the ring of the keys given.
func NewRing(list ...*Private) (*Ring, error) {
	r := &Ring{keys: slices.Clone(list), active: map[Purpose]*Private{}}
	public := make([]*Key, 0, len(list))
	for _, k := range list {
		public = append(public, &k.Key)
		if a := r.active[k.Purpose]; a == nil || k.Created.After(a.Created) || k.Created.Equal(a.Created) && k.ID > a.ID {
			r.active[k.Purpose] = k
		}
	}
	var err error
	r.set, err = NewSet(public...)
	return r, err
}

// Set returns the public keys of the ring.
func (r *Ring) Set() *Set { return r.set }

// Keys returns the private keys of the ring.
func (r *Ring) Keys() []*Private { return slices.Clone(r.keys) }

// Active returns the key that signs for the purpose now.
func (r *Ring) Active(p Purpose) (*Private, error) {
	if k := r.active[p]; k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("no key for purpose %q", p)
}

// Sign signs the payload with the active key of the purpose and returns the
// compact JWS with the header {alg, kid, typ}. The same payload and key always
// give the same token.
func (r *Ring) Sign(ctx context.Context, purpose Purpose, typ string, payload []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if purpose == ForSeal {
		return "", fmt.Errorf("sign: %w: a seal is on a document, not on a token", ErrPurpose)
	}
	k, err := r.Active(purpose)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	head, err := json.Marshal(ownHeader{k.Algorithm, k.ID, typ})
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	// RFC 7515 §7.1, in one piece of memory, with room for the signature.
	b64 := base64.RawURLEncoding
	text := make([]byte, 0, b64.EncodedLen(len(head))+b64.EncodedLen(len(payload))+b64.EncodedLen(3072/8)+2)
	text = b64.AppendEncode(text, head)
	text = b64.AppendEncode(append(text, '.'), payload)
	sig, err := k.sign(text)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return string(b64.AppendEncode(append(text, '.'), sig)), nil
}

// ownHeader is that of what is signed here. Its members are in the order in which
// go-jose writes them: one payload gives one token, whatever the release.
type ownHeader struct {
	Algorithm Algorithm `json:"alg"`
	KeyID     string    `json:"kid"`
	Type      string    `json:"typ"`
}

// sign returns the signature of RFC 7518 §3. It is deterministic for ECDSA (RFC
// 6979) where the key is in memory, and its s is the lower of the two that fit. It
// is not exported: whoever has a Private signs through a [Ring], which minds the
// purpose.
func (k *Private) sign(text []byte) ([]byte, error) {
	if k.Algorithm == EdDSA {
		return k.signer.Sign(rand.Reader, text, crypto.Hash(0))
	}
	digest := sha256.Sum256(text)
	var random io.Reader = rand.Reader
	if _, ok := k.signer.(*ecdsa.PrivateKey); ok {
		random = nil // RFC 6979
	}
	sig, err := k.signer.Sign(random, digest[:], crypto.SHA256)
	if err != nil || k.Algorithm != ES256 {
		return sig, err
	}
	return fixedECDSA(sig)
}

// fixedECDSA turns the ASN.1 signature that crypto.Signer returns into the
// 64-byte form of RFC 7518 §3.4, with the lower s.
func fixedECDSA(der []byte) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &sig); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("signer returned no ECDSA signature")
	}
	n := elliptic.P256().Params().N
	if other := new(big.Int).Sub(n, sig.S); other.Cmp(sig.S) < 0 {
		sig.S = other
	}
	out := make([]byte, 64)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}
