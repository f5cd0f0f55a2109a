package keys

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// opaque is a private key as go-jose signs with it.
type opaque struct{ *Private }

func (k opaque) Public() *jose.JSONWebKey { return &k.jwk }

func (k opaque) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.SignatureAlgorithm(k.Algorithm)}
}

func (k opaque) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return k.sign(payload)
}

// asGoJose signs as another implementation does.
func asGoJose(k *Private, typ string, payload []byte) (string, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: opaque{k}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)),
	)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// What an earlier release has begun, which signed with go-jose, must be finished
// with the same token.
func TestTokensAreThoseOfGoJose(t *testing.T) {
	chance := rand.New(rand.NewPCG(7515, 7))
	for _, alg := range []Algorithm{ES256, EdDSA, RS256} {
		for _, issuer := range []string{"https://certs.example.org", "https://certs.example.org/a&b/<c>/é"} {
			k, err := Generate(issuer, ForCredential, alg, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			ring, err := NewRing(k)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 40 {
				payload := make([]byte, chance.IntN(200)*n)
				for i := range payload {
					payload[i] = byte(chance.Uint32())
				}
				typ := []string{TypeVC, TypeJWT, "a \"typ\" & <more>"}[n%3]
				ours, err := ring.Sign(t.Context(), ForCredential, typ, payload)
				if err != nil {
					t.Fatal(err)
				}
				theirs, err := asGoJose(k, typ, payload)
				if err != nil {
					t.Fatal(err)
				}
				if ours != theirs {
					t.Fatalf("%s, %s: %d bytes of payload\nours   %.300s\ntheirs %.300s", alg, issuer, len(payload), ours, theirs)
				}
			}
		}
	}
}
