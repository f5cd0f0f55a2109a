package seal_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"testing"
	"time"
)

// What a seal costs beside the bare signature of its key, in the same run.
func BenchmarkSeal(b *testing.B) {
	all := sealings(b, nil)
	digest := sha256.Sum256([]byte("document"))
	for _, name := range []string{"self-issued", "P-256 chain", "RSA chain"} {
		s := all[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Seal.Seal(b.Context(), digest); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("bare ECDSA", func(b *testing.B) {
		key := all["self-issued"].key.(*ecdsa.PrivateKey)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Sealing a paper costs at most a millisecond: hashing 60 kB of it included.
func TestASealCostsAtMostAMillisecond(t *testing.T) {
	s := sealings(t, nil)["self-issued"]
	paper := make([]byte, 60<<10)
	best := time.Hour
	for range 50 {
		began := time.Now()
		if _, err := s.Seal.Seal(t.Context(), sha256.Sum256(paper)); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
	}
	if best > time.Millisecond {
		t.Errorf("the quickest of 50 took %s", best)
	}
	t.Logf("the quickest of 50 took %s", best)
}
