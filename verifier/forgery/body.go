// Package forgery makes certificates that must not be believed. It is for tests
// of whatever checks certificates: the library, the commands and the services go
// through the same table of attacks. No program of the product imports it.
//
// A [Body] is a certification body whose private keys lie open, so that it signs
// as a real one does, and anything else as well. What cannot be made panics.
package forgery

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

// Place is the index of the certificates in their status lists.
const Place = 94567

// ID is the last part of the certificates' ids.
const ID = "7Q2F9KXM31PDA8ZC7Q2F9KXM31"

// Algorithms are those of the table of attacks.
var Algorithms = []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256}

// Body is a certification body.
type Body struct {
	URL        string
	Credential *Signer // signs certificates
	Lists      *Signer // signs status lists
	Now        time.Time
}

// NewBody returns the body of the URL, which publishes as of now. The same URL
// and algorithm have the same keys.
func NewBody(url string, alg keys.Algorithm, now time.Time) *Body {
	return &Body{url, signer(url, keys.ForCredential, alg), signer(url, keys.ForStatusList, alg), now.UTC().Truncate(time.Second)}
}

// Signer is a key pair in the hands of whoever wants it.
type Signer struct {
	ID        string
	Algorithm keys.Algorithm
	Purpose   keys.Purpose
	Key       crypto.Signer
}

var (
	made   = map[string]*Signer{} // keys are slow to make
	madeMu sync.Mutex
)

func signer(url string, p keys.Purpose, alg keys.Algorithm) *Signer {
	madeMu.Lock()
	defer madeMu.Unlock()
	name := fmt.Sprint(url, " ", p, " ", alg)
	if made[name] == nil {
		made[name] = &Signer{ID: fmt.Sprintf("%s/keys/%s-%s", url, alg, p), Algorithm: alg, Purpose: p, Key: newKey(alg)}
	}
	return made[name]
}

// Stranger returns a key pair of the algorithm that nobody trusts, with the id.
func Stranger(alg keys.Algorithm, id string) *Signer {
	s := *signer("https://stranger.example", keys.ForCredential, alg)
	s.ID = id
	return &s
}

func newKey(alg keys.Algorithm) crypto.Signer {
	var k crypto.Signer
	var err error
	switch alg {
	case keys.EdDSA:
		_, k, err = ed25519.GenerateKey(rand.Reader)
	case keys.RS256:
		k, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	must(err)
	return k
}

// JWK returns the public half as it is published, with further members.
func (s *Signer) JWK(further ...string) string {
	members := []string{fmt.Sprintf(`"kid":%q`, s.ID)}
	if s.Purpose != "" {
		members = append(members, fmt.Sprintf(`"purpose":%q`, s.Purpose))
	}
	switch k := s.Key.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		must(err)
		half := len(point) / 2
		members = append(members, fmt.Sprintf(`"kty":"EC","crv":%q,"x":%q,"y":%q`, k.Params().Name, B64(point[1:1+half]), B64(point[1+half:])))
	case ed25519.PublicKey:
		members = append(members, fmt.Sprintf(`"kty":"OKP","crv":"Ed25519","x":%q`, B64(k)))
	case *rsa.PublicKey:
		members = append(members, fmt.Sprintf(`"kty":"RSA","n":%q,"e":%q`, B64(k.N.Bytes()), B64(big.NewInt(int64(k.E)).Bytes())))
	}
	return "{" + strings.Join(append(members, further...), ",") + "}"
}

// Sign returns the signature over the text, made with the key itself.
func (s *Signer) Sign(input string) []byte {
	digest := sha256.Sum256([]byte(input))
	switch k := s.Key.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(k, []byte(input))
	case *rsa.PrivateKey:
		sig, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, digest[:])
		must(err)
		return sig
	case *ecdsa.PrivateKey:
		r, v, err := ecdsa.Sign(rand.Reader, k, digest[:])
		must(err)
		size := (k.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))...)
	}
	panic("forgery: a key of another type")
}

// Header returns the honest header with further members.
func (s *Signer) Header(typ string, further ...string) string {
	return "{" + strings.Join(append([]string{fmt.Sprintf(`"alg":%q,"kid":%q,"typ":%q`, s.Algorithm, s.ID, typ)}, further...), ",") + "}"
}

// Token signs any payload under any header.
func (s *Signer) Token(header, payload string) string {
	input := B64([]byte(header)) + "." + B64([]byte(payload))
	return input + "." + B64(s.Sign(input))
}

// B64 is base64url without padding.
func B64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Object is a JSON object.
type Object = map[string]any

// Set changes the member at a path; the value nil takes it away.
func Set(path string, value any) func(Object) {
	return func(doc Object) {
		names := strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			doc = doc[name].(Object)
		}
		if last := names[len(names)-1]; value == nil {
			delete(doc, last)
		} else {
			doc[last] = value
		}
	}
}

// Payload is that of a competence certificate that stands now, after the changes.
func (b *Body) Payload(changes ...func(Object)) string {
	until := credential.Time{Time: b.Now.AddDate(3, 0, 0)}
	text, err := (&credential.Credential{
		Context:    []string{credential.ContextVC, credential.ContextOB},
		ID:         b.URL + "/certificates/" + ID,
		Type:       credential.Strings{credential.TypeVC, credential.TypeBadge},
		Issuer:     credential.Profile{ID: b.URL, Type: credential.Strings{"Profile"}, Name: "Specimen Certification Body"},
		ValidFrom:  credential.Time{Time: b.Now.AddDate(0, 0, -1)},
		ValidUntil: &until,
		Subject: credential.Subject{
			ID:         "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11",
			Type:       credential.Strings{"AchievementSubject"},
			Identifier: []credential.IdentityObject{{Type: "IdentityObject", IdentityHash: "Ada Łukasiewicz", IdentityType: "name"}},
			Achievement: credential.Achievement{
				ID: b.URL + "/schemes/1/CM", Type: credential.Strings{"Achievement"}, AchievementType: credential.AchievementCertification,
				Name: "Consultant/Manager", Description: "Shows ability.", Criteria: credential.Criteria{Narrative: "An exam."}, HumanCode: "CM",
			},
		},
		Status: &credential.Status{
			Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: fmt.Sprint(Place),
			List: b.ListURL(credential.PurposeRevocation), Suspension: b.ListURL(credential.PurposeSuspension),
		},
	}).Encode()
	must(err)
	return changed(text, changes)
}

// Certificate signs the payload after the changes as it should be signed.
func (b *Body) Certificate(changes ...func(Object)) string { return b.Signed(b.Payload(changes...)) }

// Signed signs any payload as a certificate is signed.
func (b *Body) Signed(payload string) string {
	return b.Credential.Token(b.Credential.Header(keys.TypeVC), payload)
}

// Edited is the certificate with a text of its payload replaced, which keeps what
// a JSON object would lose.
func (b *Body) Edited(old, new string) string {
	payload := b.Payload()
	if !strings.Contains(payload, old) {
		panic("forgery: the payload has no " + old)
	}
	return b.Signed(strings.Replace(payload, old, new, 1))
}

// ListURL is where the list of the purpose is published.
func (b *Body) ListURL(purpose string) string {
	if purpose == credential.PurposeSuspension {
		return b.URL + "/status/1-suspension"
	}
	return b.URL + "/status/1"
}

// ListPayload is that of the list of the purpose with the entries set. It is an
// hour old and serves for another 23.
func (b *Body) ListPayload(purpose string, entries []int, changes ...func(Object)) string {
	text, err := (&credential.StatusList{
		Context:    []string{credential.ContextVC},
		ID:         b.ListURL(purpose),
		Type:       credential.Strings{credential.TypeVC, credential.TypeStatusList},
		Issuer:     credential.Profile{ID: b.URL},
		ValidFrom:  credential.Time{Time: b.Now.Add(-time.Hour)},
		ValidUntil: &credential.Time{Time: b.Now.Add(23 * time.Hour)},
		Subject: credential.StatusListSubject{
			Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{purpose}, Encoded: encoded(entries),
		},
	}).Encode()
	must(err)
	return changed(text, changes)
}

var (
	packed   = map[string]string{} // lists are slow to pack
	packedMu sync.Mutex
)

// encoded is a list of the shortest length with the entries set.
func encoded(entries []int) string {
	packedMu.Lock()
	defer packedMu.Unlock()
	name := fmt.Sprint(entries)
	if packed[name] == "" {
		bits, err := statuslist.New(statuslist.MinEntries)
		must(err)
		for _, i := range entries {
			bits.Set(i)
		}
		packed[name] = bits.Encode()
	}
	return packed[name]
}

// List signs the list after the changes as it should be signed.
func (b *Body) List(purpose string, entries []int, changes ...func(Object)) string {
	return b.Lists.Token(b.Lists.Header(keys.TypeVC), b.ListPayload(purpose, entries, changes...))
}

// ListOf signs a list of a time, with the entries set.
func (b *Body) ListOf(purpose string, from, until time.Time, entries ...int) string {
	return b.List(purpose, entries, Set("validFrom", from.UTC().Format(time.RFC3339Nano)), Set("validUntil", until.UTC().Format(time.RFC3339Nano)))
}

// StatusLists are both lists in good order, by their URL, with nothing set.
func (b *Body) StatusLists() map[string]string {
	lists := map[string]string{}
	for _, purpose := range []string{credential.PurposeRevocation, credential.PurposeSuspension} {
		lists[b.ListURL(purpose)] = b.List(purpose, nil)
	}
	return lists
}

// TrustFile is the trust file that names the body, with its lists and with any
// JWKs beside its own.
func (b *Body) TrustFile(planted ...string) []byte {
	entry := fmt.Sprintf(`{"id":%q,"name":"Specimen Certification Body","jwks":{"keys":[%s]},"statusLists":[%q],"openBadgesStrict":false}`,
		b.URL, strings.Join(append([]string{b.Credential.JWK(), b.Lists.JWK()}, planted...), ","), b.URL+"/status/")
	lists, err := json.Marshal(b.StatusLists())
	must(err)
	return []byte(`{"issuers":[` + entry + `],"lists":` + string(lists) + `}`)
}

// Trust is the trust in the body.
func (b *Body) Trust() *verifier.Trust {
	trust, err := verifier.ParseTrust(b.TrustFile())
	must(err)
	return trust
}

// Issuer is the body as a trust file names it.
func (b *Body) Issuer() *verifier.Issuer {
	issuer, _ := b.Trust().Issuer(b.URL)
	return issuer
}

func changed(payload []byte, changes []func(Object)) string {
	if len(changes) == 0 {
		return string(payload)
	}
	doc := Object{}
	must(json.Unmarshal(payload, &doc))
	for _, change := range changes {
		change(doc)
	}
	text, err := json.Marshal(doc)
	must(err)
	return string(text)
}

func must(err error) {
	if err != nil {
		panic("forgery: " + err.Error())
	}
}
