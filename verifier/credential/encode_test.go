package credential_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testamur/testamur/verifier/credential"
)

// same compares credentials by what they say; their claims are set by Encode.
var same = cmp.Options{
	cmpopts.IgnoreUnexported(credential.Credential{}, credential.StatusList{}),
	cmp.Comparer(func(a, b credential.Time) bool { return a.Equal(b.Time) && a.String() == b.String() }),
}

func TestWhatIsEncodedDecodesToTheSame(t *testing.T) {
	for name, change := range map[string]func(object){
		"competence":     func(object) {},
		"without end":    all(set("validUntil", nil), set("exp", nil)),
		"without status": set("credentialStatus", nil),
		"bare issuer":    set("issuer", "https://certs.example.org"),
		"other offset":   set("validFrom", "2026-11-20T05:30:00+05:30"),
		"markup":         set("credentialSubject.achievement.description", "<b>&\u2028\"\\"),
	} {
		c, err := credential.Decode(changed(t, competence(t), change))
		if err != nil {
			t.Fatal(err)
		}
		payload, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := credential.Decode(payload)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, payload)
		}
		if diff := cmp.Diff(c, again, same); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		second, err := again.Encode()
		if err != nil || string(second) != string(payload) {
			t.Errorf("%s: encoded in two ways", name)
		}
	}
}

// Open Badges 3.0 §8.2.4: the registered claims repeat the credential.
func TestEncodeSetsTheClaims(t *testing.T) {
	c, err := credential.Decode(changed(t, competence(t), all(set("iss", nil), set("jti", nil), set("sub", nil), set("nbf", nil), set("exp", nil))))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var got, want object
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(competence(t), &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"iss", "jti", "sub", "nbf", "exp"} {
		if got[name] != want[name] || got[name] == nil {
			t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
	}
	// The whole payload says what the example says.
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c.ValidUntil = nil
	if payload, err = c.Encode(); err != nil {
		t.Fatal(err)
	}
	got = nil
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if got["exp"] != nil || got["validUntil"] != nil {
		t.Errorf("without end: exp %v, validUntil %v", got["exp"], got["validUntil"])
	}
}

// Encode leaves its credential alone and does not take over claims it was read
// with.
func TestEncodeFollowsTheMembers(t *testing.T) {
	c, err := credential.Decode(competence(t))
	if err != nil {
		t.Fatal(err)
	}
	c.ID = "https://certs.example.org/certificates/OTHER"
	payload, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := credential.Decode(payload)
	if err != nil || again.ID != c.ID {
		t.Errorf("got %v, %v", again, err)
	}
}

func TestWhatACertificateTellsAboutItself(t *testing.T) {
	c := &credential.Credential{}
	if _, ok := c.Scheme(); ok || c.Holder() != "" || c.Decider() != "" || c.Specimen() {
		t.Error("an empty certificate tells something")
	}
	c.Subject.Identifier = []credential.IdentityObject{
		{IdentityType: "name", Hashed: true, IdentityHash: "sha256$1"},
		{IdentityType: "emailAddress", IdentityHash: "ada@example.org"},
		{IdentityType: "name", IdentityHash: "Ada"},
	}
	c.Evidence = []credential.Evidence{{Genre: credential.GenreExamination, Description: "x"}, {Genre: credential.GenreDecision, Description: "Eve"}}
	c.Subject.Achievement.Alignment = []credential.Alignment{{TargetType: "ext:Standard"}, {TargetType: credential.AlignmentScheme, TargetName: "Scheme"}}
	c.Subject.Achievement.Tag = []string{"x", credential.TagSpecimen}
	if s, ok := c.Scheme(); !ok || s.TargetName != "Scheme" || c.Holder() != "Ada" || c.Decider() != "Eve" || !c.Specimen() {
		t.Errorf("scheme %v, holder %q, decider %q, specimen %v", s, c.Holder(), c.Decider(), c.Specimen())
	}
}

// The digest of nothing is published with the W3C's examples.
func TestDigestIsAnSRI(t *testing.T) {
	if got := credential.Digest(nil); got != "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" {
		t.Errorf("digest %s", got)
	}
}
