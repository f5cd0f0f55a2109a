package credential_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/testamur/testamur/keys/strictjson"
	"github.com/testamur/testamur/verifier/credential"
)

// large is the example with the evidence of a long career, about 4 KB as it is
// signed.
func large(t testing.TB) []byte {
	t.Helper()
	c, err := credential.Decode(competence(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		c.Evidence = append(c.Evidence, credential.Evidence{
			ID: fmt.Sprintf("urn:uuid:b2f5a5de-2a0d-4f0e-8a6e-5f3c9ad4e4%02d", i), Type: credential.Strings{"Evidence"},
			Name: "Written examination, third edition", Genre: credential.GenreExamination, Description: "Passed before the examiners",
		})
	}
	payload, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// BenchmarkDecode stands beside encoding/json, which does less: it checks neither
// names nor rules.
func BenchmarkDecode(b *testing.B) {
	payload := large(b)
	b.Logf("%d bytes", len(payload))
	b.Run("Decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := credential.Decode(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Strict", func(b *testing.B) {
		for b.Loop() {
			var c credential.Credential
			if err := strictjson.Decode(payload, &c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Standard", func(b *testing.B) {
		for b.Loop() {
			var c credential.Credential
			if err := json.Unmarshal(payload, &c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ClaimedIssuer", func(b *testing.B) {
		for b.Loop() {
			if _, err := credential.ClaimedIssuer(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
}
