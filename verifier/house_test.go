package verifier_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

const (
	bodyURL       = "https://certs.example.org"
	revocationURL = bodyURL + "/status/1"
	suspensionURL = bodyURL + "/status/1-suspension"
	place         = 94567 // of the certificate in its lists
)

// noon is the moment of checking.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// private makes one key for each name and keeps it: keys are slow to make.
var private = func() func(testing.TB, string, keys.Purpose, keys.Algorithm) *keys.Private {
	var mu sync.Mutex
	made := map[string]*keys.Private{}
	return func(t testing.TB, issuer string, p keys.Purpose, alg keys.Algorithm) *keys.Private {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		name := fmt.Sprint(issuer, p, alg)
		if made[name] == nil {
			k, err := keys.Generate(issuer, p, alg, noon)
			if err != nil {
				t.Fatal(err)
			}
			made[name] = k
		}
		return made[name]
	}
}()

// house is a small issuer with all that it publishes.
type house struct {
	url    string
	ring   *keys.Ring
	issuer *verifier.Issuer
	lists  published
	now    time.Time
}

// published is the status lists that can be had, by their URL.
type published map[string]string

func (p published) StatusList(_ context.Context, url string) (string, error) {
	if text, ok := p[url]; ok {
		return text, nil
	}
	return "", errors.New("no such list")
}

// answer is a source of lists that always says the same.
type answer func(url string) (string, error)

func (a answer) StatusList(_ context.Context, url string) (string, error) { return a(url) }

func newHouse(t testing.TB) *house { return newHouseAt(t, bodyURL, keys.ES256) }

func newHouseAt(t testing.TB, url string, alg keys.Algorithm) *house {
	t.Helper()
	ring, err := keys.NewRing(private(t, url, keys.ForCredential, alg), private(t, url, keys.ForStatusList, alg))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{url: url, ring: ring, now: noon, lists: published{}}
	h.issuer = &verifier.Issuer{ID: url, Name: "Specimen Certification Body", Keys: ring.Set(), StatusLists: []string{url + "/status/"}}
	h.publish(t, credential.PurposeRevocation)
	h.publish(t, credential.PurposeSuspension)
	return h
}

// trust makes a Verifier that trusts the houses and has the lists of the first.
func (h *house) verifier(t testing.TB, others ...*house) *verifier.Verifier {
	t.Helper()
	all := []*verifier.Issuer{h.issuer}
	for _, o := range others {
		all = append(all, o.issuer)
	}
	trust, err := verifier.NewTrust(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &verifier.Verifier{Issuers: trust, Statuses: h.lists, Now: func() time.Time { return h.now }}
}

func (h *house) examine(t testing.TB, token string) *verifier.Report {
	t.Helper()
	return h.verifier(t).Examine(t.Context(), token)
}

func (h *house) sign(t testing.TB, p keys.Purpose, typ string, payload []byte) string {
	t.Helper()
	token, err := h.ring.Sign(t.Context(), p, typ, payload)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// token signs a certificate after the changes.
func (h *house) token(t testing.TB, changes ...func(object)) string {
	t.Helper()
	return h.sign(t, keys.ForCredential, keys.TypeVC, h.payload(t, changes...))
}

// payload is that of a competence certificate that stands at noon.
func (h *house) payload(t testing.TB, changes ...func(object)) []byte {
	t.Helper()
	until := credential.Time{Time: noon.AddDate(3, 0, 0)}
	c := credential.Credential{
		Context:    []string{credential.ContextVC, credential.ContextOB},
		ID:         h.url + "/certificates/7Q2F9KXM31PDA8ZC",
		Type:       credential.Strings{credential.TypeVC, credential.TypeBadge},
		Issuer:     credential.Profile{ID: h.url, Type: credential.Strings{"Profile"}, Name: "Specimen Certification Body"},
		ValidFrom:  credential.Time{Time: noon.AddDate(0, 0, -1)},
		ValidUntil: &until,
		Subject: credential.Subject{
			ID:         "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11",
			Type:       credential.Strings{"AchievementSubject"},
			Identifier: []credential.IdentityObject{{Type: "IdentityObject", IdentityHash: "Ada Łukasiewicz", IdentityType: "name"}},
			Achievement: credential.Achievement{
				ID: h.url + "/schemes/1/CM", Type: credential.Strings{"Achievement"}, AchievementType: credential.AchievementCertification,
				Name: "Consultant/Manager", Description: "Shows ability.", Criteria: credential.Criteria{Narrative: "An exam."}, HumanCode: "CM",
			},
		},
		Status: &credential.Status{
			Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: fmt.Sprint(place),
			List: h.url + "/status/1", Suspension: h.url + "/status/1-suspension",
		},
	}
	text, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return changed(t, text, changes...)
}

// publish makes the list of a purpose anew, with the entries set.
func (h *house) publish(t testing.TB, purpose string, entries ...int) {
	t.Helper()
	url := h.url + "/status/1"
	if purpose == credential.PurposeSuspension {
		url += "-suspension"
	}
	h.lists[url] = h.list(t, url, purpose, entries)
}

// list signs a list after the changes.
func (h *house) list(t testing.TB, url, purpose string, entries []int, changes ...func(object)) string {
	t.Helper()
	return h.sign(t, keys.ForStatusList, keys.TypeVC, h.listPayload(t, url, purpose, entries, changes...))
}

func (h *house) listPayload(t testing.TB, url, purpose string, entries []int, changes ...func(object)) []byte {
	t.Helper()
	bits, err := statuslist.New(statuslist.MinEntries)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range entries {
		bits.Set(i)
	}
	text, err := (&credential.StatusList{
		Context:    []string{credential.ContextVC},
		ID:         url,
		Type:       credential.Strings{credential.TypeVC, credential.TypeStatusList},
		Issuer:     credential.Profile{ID: h.url},
		ValidFrom:  credential.Time{Time: h.now.Add(-time.Hour)},
		ValidUntil: &credential.Time{Time: h.now.Add(23 * time.Hour)},
		Subject: credential.StatusListSubject{
			Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{purpose}, Encoded: bits.Encode(),
		},
	}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return changed(t, text, changes...)
}

type object = map[string]any

func changed(t testing.TB, payload []byte, changes ...func(object)) []byte {
	t.Helper()
	if len(changes) == 0 {
		return payload
	}
	doc := object{}
	if err := json.Unmarshal(payload, &doc); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(doc)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// set changes the member at a path; the value nil takes it away.
func set(path string, value any) func(object) {
	return func(doc object) {
		names := strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			doc = doc[name].(object)
		}
		if last := names[len(names)-1]; value == nil {
			delete(doc, last)
		} else {
			doc[last] = value
		}
	}
}

func all(changes ...func(object)) func(object) {
	return func(doc object) {
		for _, change := range changes {
			change(doc)
		}
	}
}

// from and until change a date together with the claim that repeats it.
func from(text string) func(object) { return dated("validFrom", "nbf", text) }

func until(text string) func(object) { return dated("validUntil", "exp", text) }

func dated(member, claim, text string) func(object) {
	at, err := credential.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return all(set(member, text), set(claim, at.Unix()))
}

// forged signs anything under any header with a key.
func forged(t testing.TB, k *keys.Private, header, payload string) string {
	t.Helper()
	enc := base64.RawURLEncoding.EncodeToString
	input := enc([]byte(header)) + "." + enc([]byte(payload))
	return input + "." + enc(rawSignature(t, k, []byte(input)))
}

// rawSignature signs with the key itself, as no [keys.Ring] would.
func rawSignature(t testing.TB, k *keys.Private, input []byte) []byte {
	t.Helper()
	folder := t.TempDir()
	if err := keys.Save(folder, k); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, k.Thumbprint()+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ JWK jose.JSONWebKey }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(input)
	var sig []byte
	switch key := file.JWK.Key.(type) {
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		if r, s, err = ecdsa.Sign(rand.Reader, key, digest[:]); err == nil {
			sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	case ed25519.PrivateKey:
		sig = ed25519.Sign(key, input)
	case *rsa.PrivateKey:
		sig, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	default:
		t.Fatalf("a key of type %T", key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func headerOf(k *keys.Private, kid, typ string) string {
	return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":%q}`, k.Algorithm, kid, typ)
}

// withoutPurpose is the house with a key that is published without purpose, as
// other issuers do.
func (h *house) withoutPurpose(t testing.TB) (*house, *keys.Private) {
	t.Helper()
	k := private(t, h.url, keys.ForCredential, keys.ES256)
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.ParseSet(fmt.Appendf(nil, `{"keys":[%s]}`, changed(t, text, func(doc object) { delete(doc, "purpose") })))
	if err != nil {
		t.Fatal(err)
	}
	twin, issuer := *h, *h.issuer
	issuer.Keys = set
	twin.issuer = &issuer
	twin.lists = maps.Clone(h.lists)
	for _, p := range []string{credential.PurposeRevocation, credential.PurposeSuspension} {
		url := h.url + "/status/1"
		if p == credential.PurposeSuspension {
			url += "-suspension"
		}
		twin.lists[url] = forged(t, k, headerOf(k, k.ID, keys.TypeVC), string(h.listPayload(t, url, p, nil)))
	}
	return &twin, k
}

// want compares a report with what it must say.
func want(r *verifier.Report, verdict verifier.Verdict, reason verifier.Reason) error {
	if r.Verdict != verdict || r.Reason != reason {
		return fmt.Errorf("%s, %q (%s); want %s, %q", r.Verdict, r.Reason, r.Summary(), verdict, reason)
	}
	return nil
}

func outcome(r *verifier.Report, name verifier.CheckName) verifier.Outcome {
	for _, c := range r.Checks {
		if c.Name == name {
			return c.Outcome
		}
	}
	return ""
}
