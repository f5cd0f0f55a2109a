package credential_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testamur/testamur/verifier/credential"
)

// FuzzDecode: what is accepted can be written and read again, and says the same.
func FuzzDecode(f *testing.F) {
	f.Add(competence(f))
	f.Add(changed(f, competence(f), all(set("validUntil", nil), set("exp", nil), set("issuer", "https://a.example"), set("iss", nil))))
	f.Add(changed(f, competence(f), set("credentialStatus.statusReference", "https://certs.example.org/status/1-suspension")))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := credential.Decode(payload)
		if err != nil {
			return
		}
		first, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := credential.Decode(first)
		if err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if diff := cmp.Diff(c, again, same); diff != "" {
			t.Fatal(diff)
		}
		if second, err := again.Encode(); err != nil || string(second) != string(first) {
			t.Fatalf("written in two ways: %s and %s", first, second)
		}
		if c.Status != nil {
			if n, err := c.Status.Entry(); err != nil || n < 0 {
				t.Fatalf("entry %d, %v", n, err)
			}
		}
	})
}

// FuzzDecodeStatusList: as FuzzDecode, for lists.
func FuzzDecodeStatusList(f *testing.F) {
	f.Add(list(f))
	f.Add(changed(f, list(f), set("credentialSubject.statusPurpose", []string{"revocation", "suspension"})))
	f.Fuzz(func(t *testing.T, payload []byte) {
		l, err := credential.DecodeStatusList(payload)
		if err != nil {
			return
		}
		first, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := credential.DecodeStatusList(first)
		if err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if second, err := again.Encode(); err != nil || string(second) != string(first) {
			t.Fatalf("written in two ways: %s and %s", first, second)
		}
	})
}
