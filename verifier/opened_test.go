package verifier_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/forgery"
)

// trustOf is the trust in a body with the JWKs given, and no others.
func trustOf(t *testing.T, url string, jwks string) *verifier.Trust {
	t.Helper()
	trust, err := verifier.ParseTrust(fmt.Appendf(nil, `{"issuers":[{"id":%q,"name":"B","jwks":{"keys":[%s]},"statusLists":[%q],"openBadgesStrict":false}]}`, url, jwks, url+"/status/"))
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

// What was opened before is not valid because it was: everything but the
// arithmetic of the signature is asked again. The twin that keeps its verdict
// would call each of these valid.
func TestWhatChangesAfterTheOpening(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.ES256, noon)
	other := forgery.NewBody(partnerURL, keys.ES256, noon)
	lists := b.StatusLists()
	renamed := *b.Lists
	renamed.ID = b.Credential.ID
	same := *b.Credential
	same.Purpose = ""
	astray := forgery.Stranger(keys.ES256, b.Credential.ID)
	otherAlg := forgery.Stranger(keys.EdDSA, b.Credential.ID)
	for _, c := range []struct {
		name    string
		change  func(v *verifier.Verifier)
		verdict verifier.Verdict
		reason  verifier.Reason
	}{
		{"nothing", func(*verifier.Verifier) {}, verifier.Valid, verifier.None},
		{"the trust is read anew", func(v *verifier.Verifier) { v.Issuers = b.Trust() }, verifier.Valid, verifier.None},
		{"the key is published without purpose", func(v *verifier.Verifier) { v.Issuers = trustOf(t, bodyURL, same.JWK()+","+b.Lists.JWK()) }, verifier.Valid, verifier.None},
		{"the key is gone", func(v *verifier.Verifier) { v.Issuers = trustOf(t, bodyURL, b.Lists.JWK()) }, verifier.Invalid, verifier.UntrustedIssuer},
		{"another key has its id", func(v *verifier.Verifier) { v.Issuers = trustOf(t, bodyURL, astray.JWK()+","+b.Lists.JWK()) }, verifier.Invalid, verifier.UntrustedIssuer},
		{"a key of another kind has its id", func(v *verifier.Verifier) { v.Issuers = trustOf(t, bodyURL, otherAlg.JWK()+","+b.Lists.JWK()) }, verifier.Invalid, verifier.UntrustedIssuer},
		{"the list key has its id", func(v *verifier.Verifier) { v.Issuers = trustOf(t, bodyURL, renamed.JWK()) }, verifier.Invalid, verifier.UntrustedIssuer},
		{"the key is for lists now", func(v *verifier.Verifier) {
			k := *b.Credential
			k.Purpose = keys.ForStatusList
			v.Issuers = trustOf(t, bodyURL, k.JWK()+","+b.Lists.JWK())
		}, verifier.Invalid, verifier.UntrustedIssuer},
		{"the key has another id", func(v *verifier.Verifier) {
			k := *b.Credential
			k.ID += "-2"
			v.Issuers = trustOf(t, bodyURL, k.JWK()+","+b.Lists.JWK())
		}, verifier.Invalid, verifier.UntrustedIssuer},
		{"the issuer is gone", func(v *verifier.Verifier) { v.Issuers = other.Trust() }, verifier.Invalid, verifier.UntrustedIssuer},
		{"nobody is trusted", func(v *verifier.Verifier) { v.Issuers = nil }, verifier.Invalid, verifier.UntrustedIssuer},
		{"another issuer has the key", func(v *verifier.Verifier) {
			v.Issuers = trustOf(t, partnerURL, b.Credential.JWK()+","+b.Lists.JWK())
		}, verifier.Invalid, verifier.UntrustedIssuer},
		{"it was withdrawn", func(v *verifier.Verifier) {
			v.Statuses = answer(func(url string) (string, error) {
				if url == revocationURL {
					return b.List(credential.PurposeRevocation, []int{forgery.Place}), nil
				}
				return lists[url], nil
			})
		}, verifier.Invalid, verifier.Revoked},
		{"it was suspended", func(v *verifier.Verifier) {
			v.Statuses = answer(func(url string) (string, error) {
				if url == suspensionURL {
					return b.List(credential.PurposeSuspension, []int{forgery.Place}), nil
				}
				return lists[url], nil
			})
		}, verifier.Invalid, verifier.Suspended},
		{"the lists are gone", func(v *verifier.Verifier) {
			v.Statuses = answer(func(string) (string, error) { return "", errors.New("gone") })
		}, verifier.Indeterminate, verifier.StatusUnavailable},
		{"there is no source of lists", func(v *verifier.Verifier) { v.Statuses = nil }, verifier.Indeterminate, verifier.StatusUnavailable},
		{"the list key is gone", func(v *verifier.Verifier) { v.Issuers = trustOf(t, bodyURL, b.Credential.JWK()) }, verifier.Indeterminate, verifier.StatusUnavailable},
		{"the lists are out of date", func(v *verifier.Verifier) { v.Now = func() time.Time { return noon.Add(day) } }, verifier.Indeterminate, verifier.StatusUnavailable},
		{"its last second", func(v *verifier.Verifier) {
			v.Now = func() time.Time { return noon.AddDate(3, 0, 0) }
			v.Statuses = newest(b, v)
		}, verifier.Valid, verifier.None},
		{"the second after", func(v *verifier.Verifier) {
			v.Now = func() time.Time { return noon.AddDate(3, 0, 0).Add(time.Second) }
			v.Statuses = newest(b, v)
		}, verifier.Invalid, verifier.Expired},
		{"the clock is set back", func(v *verifier.Verifier) {
			v.Now = func() time.Time { return noon.AddDate(0, 0, -2) }
			v.Statuses = newest(b, v)
		}, verifier.Invalid, verifier.NotYetValid},
		{"it is not the one that was named", func(v *verifier.Verifier) { v.Policy.ID = bodyURL + "/certificates/OTHER" }, verifier.Invalid, verifier.Altered},
		{"it is the one that was named", func(v *verifier.Verifier) { v.Policy.ID = bodyURL + "/certificates/" + forgery.ID }, verifier.Valid, verifier.None},
		{"it was named in another case", func(v *verifier.Verifier) { v.Policy.ID = bodyURL + "/CERTIFICATES/" + forgery.ID }, verifier.Invalid, verifier.Altered},
		{"another certificate was asked for", func(v *verifier.Verifier) { v.Policy.Certificate = "FND" }, verifier.Invalid, verifier.PolicyNotMet},
		{"another person was asked about", func(v *verifier.Verifier) { v.Policy.Holder = func(string) bool { return false } }, verifier.Invalid, verifier.NameMismatch},
	} {
		v := believer(b)
		o, report := v.Open(b.Certificate())
		if o == nil || report != nil {
			t.Fatal("it does not open")
		}
		if err := want(v.Assess(t.Context(), o), verifier.Valid, verifier.None); err != nil {
			t.Fatalf("%s: before: %v", c.name, err)
		}
		c.change(v)
		r := v.Assess(t.Context(), o)
		if err := want(r, c.verdict, c.reason); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		// Whoever examines the token anew is told the same.
		if again := v.Examine(t.Context(), b.Certificate()); again.Verdict != r.Verdict {
			t.Errorf("%s: assessed %s, examined %s", c.name, r.Verdict, again.Verdict)
		}
		if c.reason == verifier.UntrustedIssuer && (r.Payload != nil || r.Certificate != nil) {
			t.Errorf("%s: the report shows what nobody vouches for any more", c.name)
		}
	}
}

// newest are lists that are made when they are asked for.
func newest(b *forgery.Body, v *verifier.Verifier) verifier.Statuses {
	return answer(func(url string) (string, error) {
		purpose := credential.PurposeRevocation
		if url == suspensionURL {
			purpose = credential.PurposeSuspension
		}
		return b.ListOf(purpose, v.Now().Add(-time.Hour), v.Now().Add(time.Hour)), nil
	})
}

// What does not open is not opened: no attack and no hostile certificate that one
// of the gates keeps out comes back as a value that could be assessed.
func TestWhatDoesNotOpenIsNotOpened(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.ES256, noon)
	v := believer(b)
	for _, a := range forgery.Attacks {
		for i, token := range a.Tokens(b) {
			o, report := v.Open(token)
			if (o != nil) != a.Same || (report == nil) != a.Same {
				t.Errorf("%s %s, %d: %v, %v", a.Class, a.Name, i, o, report)
			}
		}
	}
}
