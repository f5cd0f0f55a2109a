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

func newPrivate(issuer string, purpose Purpose, signer crypto.Signer, created time.Time) (*Private, error) {
	if !purpose.known() {
		return nil, fmt.Errorf("unknown purpose %q", purpose)
	}
	alg, err := algorithmOf(signer.Public(), minRSABits)
	if err != nil {
		return nil, fmt.Errorf("key %w", err)
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
	k, err := r.Active(purpose)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: opaque{k}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)),
	)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return jws.CompactSerialize()
}

// opaque is a private key as go-jose signs with it. It is not exported: whoever
// has a Private signs through a [Ring], which minds the purpose.
type opaque struct{ *Private }

func (k opaque) Public() *jose.JSONWebKey { return &k.jwk }

func (k opaque) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.SignatureAlgorithm(k.Algorithm)}
}

// SignPayload is deterministic for ECDSA (RFC 6979) where the key is in memory,
// and its s is the lower of the two that fit.
func (k opaque) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	if k.Algorithm == EdDSA {
		return k.signer.Sign(rand.Reader, payload, crypto.Hash(0))
	}
	digest := sha256.Sum256(payload)
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
