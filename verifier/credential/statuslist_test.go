package credential_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testamur/testamur/verifier/credential"
)

// list is the payload of a status list as an issuer makes it.
func list(t testing.TB) []byte {
	t.Helper()
	from := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	payload, err := (&credential.StatusList{
		Context:    []string{credential.ContextVC},
		ID:         "https://certs.example.org/status/1",
		Type:       credential.Strings{credential.TypeVC, credential.TypeStatusList},
		Issuer:     credential.Profile{ID: "https://certs.example.org", Type: credential.Strings{"Profile"}},
		ValidFrom:  credential.Time{Time: from},
		ValidUntil: &credential.Time{Time: from.Add(24 * time.Hour)},
		Subject: credential.StatusListSubject{
			ID: "https://certs.example.org/status/1#list", Type: credential.Strings{credential.TypeStatusListSubject},
			Purpose: credential.Strings{credential.PurposeRevocation}, Encoded: "uH4sIAAAA", TTL: 300_000,
		},
	}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// W3C Bitstring Status List §2.2 shows type and purpose as plain strings.
func TestAListIsWrittenAsItsSpecificationShows(t *testing.T) {
	var doc object
	if err := json.Unmarshal(list(t), &doc); err != nil {
		t.Fatal(err)
	}
	want := object{
		"id": "https://certs.example.org/status/1#list", "type": "BitstringStatusList", "statusPurpose": "revocation",
		"encodedList": "uH4sIAAAA", "ttl": 300_000.0,
	}
	if diff := cmp.Diff(want, doc["credentialSubject"]); diff != "" {
		t.Error(diff)
	}
}

func TestAListDecodesToTheSame(t *testing.T) {
	for name, change := range map[string]func(object){
		"as made":              func(object) {},
		"two purposes":         set("credentialSubject.statusPurpose", []string{"revocation", "suspension"}),
		"without ttl":          set("credentialSubject.ttl", nil),
		"without subject id":   set("credentialSubject.id", nil),
		"with claims":          all(set("iss", "https://certs.example.org"), set("jti", "https://certs.example.org/status/1"), set("nbf", 1795161600), set("exp", 1795248000)),
		"issuer as a bare id":  set("issuer", "https://certs.example.org"),
		"with unknown members": set("name", "The list"),
	} {
		first, err := credential.DecodeStatusList(changed(t, list(t), change))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		payload, err := first.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := credential.DecodeStatusList(payload)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, payload)
			continue
		}
		if diff := cmp.Diff(first, again, same); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEveryRuleOfAListIsChecked(t *testing.T) {
	if _, err := credential.DecodeStatusList(changed(t, list(t), func(object) {})); err != nil {
		t.Fatalf("before any change: %v", err)
	}
	for _, row := range []struct {
		name   string
		change func(object)
		want   string
	}{
		{"no context", set("@context", nil), "@context"},
		{"another context first", set("@context", []string{"https://www.w3.org/2018/credentials/v1", vc}), "@context"},
		{"no type", set("type", nil), "type"},
		{"not a VC", set("type", credential.TypeStatusList), "type"},
		{"not a list", set("type", []string{"VerifiableCredential", "OpenBadgeCredential"}), "type"},
		{"a certificate as well", set("type", []string{"VerifiableCredential", "BitstringStatusListCredential", "OpenBadgeCredential"}), "type"},
		{"the older list", set("type", []string{"VerifiableCredential", "StatusList2021Credential"}), "type"},
		{"no subject", set("credentialSubject", nil), "credentialSubject"},
		{"two subjects", func(doc object) { doc["credentialSubject"] = []any{doc["credentialSubject"]} }, ""},
		{"subject of another type", set("credentialSubject.type", "StatusList2021"), "credentialSubject"},
		{"no purpose", set("credentialSubject.statusPurpose", nil), "statusPurpose"},
		{"purpose empty", set("credentialSubject.statusPurpose", []string{}), "statusPurpose"},
		{"no bits", set("credentialSubject.encodedList", nil), "encodedList"},
		{"more than one bit each", set("credentialSubject.statusSize", 2), "statusSize"},
		{"bits in a list", set("credentialSubject.encodedList", []string{"u"}), ""},
		{"no id", set("id", nil), "id"},
		{"no issuer", set("issuer", nil), "issuer"},
		{"no validFrom", set("validFrom", nil), "validFrom"},
		{"no validUntil", set("validUntil", nil), "validUntil is missing"},
		{"validUntil null", set("validUntil", null), "validUntil is missing"},
		{"ends before it begins", set("validUntil", "2026-11-20T07:59:59Z"), "comes before"},
		{"iss differs", set("iss", "https://other.example.org"), "iss"},
		{"jti differs", set("jti", "x"), "jti"},
		{"sub differs", set("sub", "x"), "sub"},
		{"nbf differs", set("nbf", 1), "nbf"},
		{"exp differs", set("exp", 4_000_000_000), "exp"},
		{"claim vc", set("vc", object{}), "vc and vp"},
		{"EXP in another case", set("EXP", 4_000_000_000), "another case"},
	} {
		l, err := credential.DecodeStatusList(changed(t, list(t), row.change))
		switch {
		case err == nil:
			t.Errorf("%s: accepted", row.name)
		case l != nil:
			t.Errorf("%s: a list beside the error", row.name)
		case !strings.Contains(err.Error(), row.want):
			t.Errorf("%s: %v, which does not say %q", row.name, err, row.want)
		}
	}
}

func TestAListIsNoCertificateNorTheReverse(t *testing.T) {
	if _, err := credential.Decode(list(t)); err == nil {
		t.Error("a list was read as a certificate")
	}
	if _, err := credential.DecodeStatusList(competence(t)); err == nil {
		t.Error("a certificate was read as a list")
	}
}
