package summary_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

const (
	body    = "https://certs.example.org"
	service = "https://certs.example.org"
	linkOf  = "7Q2F9KXM31PDA8ZC7Q2F9KXM31"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// house is a body with a key for credentials of each algorithm.
type house struct {
	ring *keys.Ring
	key  *keys.Private
}

var houses = sync.OnceValue(func() map[keys.Algorithm]house {
	all := map[keys.Algorithm]house{}
	for _, alg := range []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256} {
		k, err := keys.Generate(body, keys.ForCredential, alg, noon)
		if err != nil {
			panic(err)
		}
		ring, err := keys.NewRing(k)
		if err != nil {
			panic(err)
		}
		all[alg] = house{ring, k}
	}
	return all
})

func (h house) sign(t testing.TB, typ string, payload []byte) string {
	t.Helper()
	token, err := h.ring.Sign(context.Background(), keys.ForCredential, typ, payload)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// listRing signs the status lists of the body.
var listRing = sync.OnceValue(func() *keys.Ring {
	k, err := keys.Generate(body, keys.ForStatusList, keys.ES256, noon)
	if err != nil {
		panic(err)
	}
	ring, err := keys.NewRing(k)
	if err != nil {
		panic(err)
	}
	return ring
})

// text is the text of the code of a summary.
func (h house) text(t testing.TB, s *summary.Summary) string {
	t.Helper()
	payload, err := s.Payload()
	if err != nil {
		t.Fatal(err)
	}
	text, err := summary.Write(h.sign(t, keys.TypeSummary, payload))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (h house) verifier(t testing.TB) verifier.Verifier {
	t.Helper()
	all, err := keys.NewSet(append(h.ring.Set().Keys(), listRing().Set().Keys()...)...)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.NewTrust([]*verifier.Issuer{{ID: body, Name: "Example Body", Keys: all, StatusLists: []string{body + "/status/"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Verifier{Issuers: trust, Now: func() time.Time { return noon }}
}

// example is the summary of a certificate of a scheme.
func example(title, code, scope, schemeTitle, edition, holder string, competence bool) *summary.Summary {
	day := func(s string) credential.Time {
		at, err := credential.ParseTime(s)
		if err != nil {
			panic(err)
		}
		return at
	}
	until := day("2029-11-19T23:59:59+01:00")
	s := &summary.Summary{
		Issuer: body, Verifier: service, ID: linkOf, List: "1", Index: 89976, Competence: competence, Number: "EXB-7Q2F9-KXM31", Holder: holder, Title: title, Code: code,
		Scheme: schemeTitle, Edition: edition, Body: "Example Certification Body", Decider: "D. Decider",
		Decided: day("2026-11-18T00:00:00+01:00"), From: day("2026-11-20T00:00:00+01:00"), Scope: &scope,
	}
	if competence {
		s.Until = &until
	}
	return s
}

// examples are summaries of all certificates of the built-in schemes.
func examples(t testing.TB, holder string) (all []*summary.Summary) {
	t.Helper()
	catalogue, err := scheme.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range catalogue.Schemes() {
		for _, c := range s.Certificates {
			all = append(all, example(c.Name, c.Code, c.Scope, s.Title, s.Edition, holder, c.Kind == scheme.Competence))
		}
	}
	if len(all) < 18 {
		t.Fatalf("%d certificates, want at least 18", len(all))
	}
	return all
}
