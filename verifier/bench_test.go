package verifier_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
)

// BenchmarkVerify is a whole verification, two status lists included, beside the
// bare ECDSA operations that it cannot do without: three signatures.
func BenchmarkVerify(b *testing.B) {
	h := newHouse(b)
	token := h.token(b)
	b.Run("Verify", func(b *testing.B) {
		v := h.verifier(b)
		for b.Loop() {
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("WithoutLists", func(b *testing.B) {
		v := h.verifier(b)
		v.Statuses = nil
		for b.Loop() {
			v.Examine(b.Context(), token)
		}
	})
	b.Run("AlteredToken", func(b *testing.B) {
		v := h.verifier(b)
		altered := token[:strings.LastIndex(token, ".")+1] + strings.Repeat("A", 86)
		for b.Loop() {
			v.Examine(b.Context(), altered)
		}
	})
	b.Run("RawECDSA", func(b *testing.B) {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		message := []byte(token)
		digest := sha256.Sum256(message)
		sig, err := ecdsa.SignASN1(rand.Reader, k, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			digest := sha256.Sum256(message)
			if !ecdsa.VerifyASN1(&k.PublicKey, digest[:], sig) {
				b.Fatal("does not verify")
			}
		}
	})
}
