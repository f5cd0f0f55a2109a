package keys_test

import (
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
	"fmt"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys"
)

const house = "https://certs.example.org"

var (
	algorithms = []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256}
	purposes   = []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt, keys.ForLog, keys.ForManifest}
	born       = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
)

// certificate is a credential as it is signed, of a length that leaves stray
// bits in its last base64url character.
const certificate = `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],` +
	`"id":"https://certs.example.org/certificates/7Q2F9KXM31PDA8ZC","type":["VerifiableCredential","OpenBadgeCredential"],` +
	`"issuer":{"id":"https://certs.example.org","type":["Profile"],"name":"Specimen Certification Body"},` +
	`"validFrom":"2026-11-20T00:00:00Z","validUntil":"2029-11-19T23:59:59Z",` +
	`"credentialSubject":{"id":"urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11","type":["AchievementSubject"],` +
	`"identifier":[{"type":"IdentityObject","hashed":false,"identityHash":"Ada Łukasiewicz","identityType":"name"}],` +
	`"achievement":{"id":"https://certs.example.org/a/CM","type":["Achievement"],"name":"CM","description":"Shows it.","criteria":{"narrative":"CM."}}},` +
	`"iss":"https://certs.example.org","jti":"https://certs.example.org/certificates/7Q2F9KXM31PDA8ZC","nbf":1795132800,"exp":1889827199}`

// generated is one key of each algorithm and purpose, made once: RSA keys are
// slow to make.
var generated = func() func(testing.TB, keys.Algorithm, keys.Purpose) *keys.Private {
	var mu sync.Mutex
	made := map[string]*keys.Private{}
	return func(t testing.TB, alg keys.Algorithm, p keys.Purpose) *keys.Private {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		name := string(alg) + string(p)
		if made[name] == nil {
			k, err := keys.Generate(house, p, alg, born)
			if err != nil {
				t.Fatal(err)
			}
			made[name] = k
		}
		return made[name]
	}
}()

func ring(t testing.TB, list ...*keys.Private) *keys.Ring {
	t.Helper()
	r, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// open does what every reader of a token does.
func open(set *keys.Set, text string, p keys.Purpose, types ...string) (*keys.Signed, error) {
	token, err := keys.Parse(text, p)
	if err != nil {
		return nil, err
	}
	return set.Open(token, types...)
}

// forger holds a raw private key, as an attacker or a foreign program does, and
// the Set that trusts it.
type forger struct {
	alg    keys.Algorithm
	kid    string
	signer crypto.Signer
	set    *keys.Set
}

var rsaSigner = sync.OnceValue(func() crypto.Signer {
	k, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		panic(err)
	}
	return k
})

func newSigner(alg keys.Algorithm) (signer crypto.Signer, err error) {
	switch alg {
	case keys.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case keys.EdDSA:
		_, signer, err = generateEd25519()
		return signer, err
	default:
		return rsaSigner(), nil
	}
}

func generateEd25519() (ed25519.PublicKey, crypto.Signer, error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	return pub, priv, err
}

func newForger(t testing.TB, alg keys.Algorithm) *forger {
	t.Helper()
	signer, err := newSigner(alg)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{alg: alg, kid: house + "/keys/1", signer: signer}
	f.set, err = keys.ParseSet(jwks(publicJWK(t, signer, f.kid, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// header is the honest header of the forger's key.
func (f *forger) header() string {
	return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"vc+jwt"}`, f.alg, f.kid)
}

// headerWith is the honest header with further members.
func (f *forger) headerWith(members string) string {
	return strings.TrimSuffix(f.header(), "}") + "," + members + "}"
}

// token signs any header and payload by hand, without a JOSE library.
func (f *forger) token(t testing.TB, header, payload string) string {
	t.Helper()
	input := b64(header) + "." + b64(payload)
	return input + "." + b64(string(f.sign(t, input)))
}

func (f *forger) sign(t testing.TB, input string) []byte {
	t.Helper()
	sig, err := rawSign(f.signer, input)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func rawSign(signer crypto.Signer, input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	switch k := signer.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(k, []byte(input)), nil
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, digest[:])
	default:
		der, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		var sig struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &sig); err != nil {
			return nil, err
		}
		size := (signer.Public().(*ecdsa.PublicKey).Params().BitSize + 7) / 8
		out := make([]byte, 2*size)
		sig.R.FillBytes(out[:size])
		sig.S.FillBytes(out[size:])
		return out, nil
	}
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func unb64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// publicJWK writes the public half of a key as a JWK, with members changed or,
// where the value is nil, left out.
func publicJWK(t testing.TB, signer crypto.Signer, kid string, change map[string]any) map[string]any {
	t.Helper()
	return jwkOf(t, jose.JSONWebKey{Key: signer.Public(), KeyID: kid}, change)
}

func jwkOf(t testing.TB, key jose.JSONWebKey, change map[string]any) map[string]any {
	t.Helper()
	text, err := key.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]any{}
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	maps.Copy(members, change)
	for name, v := range members {
		if v == nil {
			delete(members, name)
		}
	}
	return members
}

func jwks(list ...map[string]any) []byte {
	text, err := json.Marshal(map[string]any{"keys": list})
	if err != nil {
		panic(err)
	}
	return text
}
