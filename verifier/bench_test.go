package verifier_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

// BenchmarkVerify is a whole verification with two status lists, beside the bare
// ECDSA operation that it cannot do without: one signature, once the lists are
// kept; three, if they are not.
func BenchmarkVerify(b *testing.B) {
	h := newHouse(b)
	token := h.token(b)
	kept := h.verifier(b)
	kept.Statuses = &verifier.Lists{Source: h.lists}
	b.Run("Verify", func(b *testing.B) {
		for b.Loop() {
			if _, err := kept.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Examine", func(b *testing.B) {
		for b.Loop() {
			kept.Examine(b.Context(), token)
		}
	})
	b.Run("Assess", func(b *testing.B) {
		opened, _ := kept.Open(token)
		for b.Loop() {
			kept.Assess(b.Context(), opened)
		}
	})
	b.Run("ListsNotKept", func(b *testing.B) {
		v := h.verifier(b)
		for b.Loop() {
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("AlteredToken", func(b *testing.B) {
		altered := token[:strings.LastIndex(token, ".")+1] + strings.Repeat("A", 86)
		for b.Loop() {
			kept.Examine(b.Context(), altered)
		}
	})
	b.Run("RawECDSA", func(b *testing.B) {
		raw := bareSignature(b, h, token)
		for b.Loop() {
			raw()
		}
	})
}

// BenchmarkVerifyRatio takes turns between a whole verification and the bare
// signature, so that whatever else the machine does falls on both, and reports the
// ratio of their medians.
func BenchmarkVerifyRatio(b *testing.B) {
	for _, alg := range []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256} {
		b.Run(string(alg), func(b *testing.B) {
			h := newHouseAt(b, bodyURL, alg)
			token := h.token(b)
			v := h.verifier(b)
			v.Statuses = &verifier.Lists{Source: h.lists}
			raw := bareSignature(b, h, token)
			var ours, bare []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
				between := time.Now()
				raw()
				ours, bare = append(ours, between.Sub(began)), append(bare, time.Since(between))
			}
			slices.Sort(ours)
			slices.Sort(bare)
			b.ReportMetric(float64(ours[len(ours)/2])/float64(bare[len(bare)/2]), "ratio")
			b.ReportMetric(float64(bare[len(bare)/2].Nanoseconds()), "raw-ns")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(ours[len(ours)/2].Nanoseconds()), "ours-ns")
		})
	}
}

// bareSignature checks the signature of the token with crypto alone: hash, verify.
func bareSignature(b *testing.B, h *house, token string) func() {
	signed := []byte(token[:strings.LastIndexByte(token, '.')])
	sig, err := base64.RawURLEncoding.DecodeString(token[len(signed)+1:])
	if err != nil {
		b.Fatal(err)
	}
	t, err := keys.Parse(token, keys.ForCredential)
	if err != nil {
		b.Fatal(err)
	}
	k, _ := h.issuer.Keys.Key(t.KeyID)
	text, err := json.Marshal(k)
	if err != nil {
		b.Fatal(err)
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(text); err != nil {
		b.Fatal(err)
	}
	switch public := jwk.Key.(type) {
	case *ecdsa.PublicKey:
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])})
		if err != nil {
			b.Fatal(err)
		}
		return func() {
			digest := sha256.Sum256(signed)
			if !ecdsa.VerifyASN1(public, digest[:], der) {
				b.Fatal("does not verify")
			}
		}
	case ed25519.PublicKey:
		return func() {
			if !ed25519.Verify(public, signed, sig) {
				b.Fatal("does not verify")
			}
		}
	case *rsa.PublicKey:
		return func() {
			digest := sha256.Sum256(signed)
			if rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], sig) != nil {
				b.Fatal("does not verify")
			}
		}
	}
	b.Fatalf("%T", jwk.Key)
	return nil
}
