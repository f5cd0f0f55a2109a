package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/testamur/testamur/keys"
)

// BenchmarkSign and BenchmarkOpen stand beside the bare operation of crypto/…,
// so that one run shows what the rest costs.

func BenchmarkSign(b *testing.B) {
	for _, alg := range algorithms {
		b.Run(string(alg), func(b *testing.B) {
			r := ring(b, generated(b, alg, keys.ForCredential))
			for b.Loop() {
				if _, err := r.Sign(b.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Raw"+string(alg), func(b *testing.B) {
			f := newForger(b, alg)
			message := []byte(b64(f.header()) + "." + b64(certificate))
			for b.Loop() {
				if _, err := bareSign(f.signer, message); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func bareSign(signer crypto.Signer, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	switch k := signer.(type) {
	case *ecdsa.PrivateKey:
		return ecdsa.SignASN1(rand.Reader, k, digest[:])
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, digest[:])
	default:
		return signer.Sign(nil, message, crypto.Hash(0))
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, alg := range algorithms {
		f := newForger(b, alg)
		b.Run(string(alg), func(b *testing.B) {
			token := f.token(b, f.header(), certificate)
			for b.Loop() {
				if _, err := open(f.set, token, keys.ForCredential, keys.TypeVC); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Raw"+string(alg), func(b *testing.B) {
			message := []byte(b64(f.header()) + "." + b64(certificate))
			sig, err := bareSign(f.signer, message)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if !bareVerify(f.signer.Public(), message, sig) {
					b.Fatal("does not verify")
				}
			}
		})
	}
}

func bareVerify(public crypto.PublicKey, message, sig []byte) bool {
	digest := sha256.Sum256(message)
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest[:], sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], sig) == nil
	default:
		return ed25519.Verify(public.(ed25519.PublicKey), message, sig)
	}
}

// BenchmarkParse is what of Open is not the signature.
func BenchmarkParse(b *testing.B) {
	f := newForger(b, keys.ES256)
	token := f.token(b, f.header(), strings.Repeat(certificate, 3))
	for b.Loop() {
		if _, err := keys.Parse(token, keys.ForCredential); err != nil {
			b.Fatal(err)
		}
	}
}
