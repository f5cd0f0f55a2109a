package verifier_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

const partnerURL = "https://partner.example.org"

// A trusted key can sign nonsense. These payloads carry a good signature of a
// trusted issuer, beside whom a partner is trusted as well.
func TestNonsenseUnderAGoodSignatureIsNotValid(t *testing.T) {
	h, partner := newHouse(t), newHouseAt(t, partnerURL, keys.ES256)
	v := h.verifier(t, partner)
	if err := want(v.Examine(t.Context(), h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Fatal(err)
	}
	// edited changes the text of the payload, which keeps what a map would lose.
	edited := func(old, new string) string {
		text := string(h.payload(t))
		if !strings.Contains(text, old) {
			t.Fatalf("the payload has no %s", old)
		}
		return h.sign(t, keys.ForCredential, keys.TypeVC, []byte(strings.Replace(text, old, new, 1)))
	}
	for _, c := range []struct {
		name   string
		token  string
		reason verifier.Reason
	}{
		{"iss differs from issuer.id", h.token(t, set("issuer.id", partnerURL)), verifier.Malformed},
		{"iss of the partner", h.token(t, set("iss", partnerURL)), verifier.UntrustedIssuer},
		{"iss and issuer of the partner", h.token(t, set("iss", partnerURL), set("issuer.id", partnerURL)), verifier.UntrustedIssuer},
		{"no iss, issuer of the partner", h.token(t, set("iss", nil), set("issuer.id", partnerURL)), verifier.UntrustedIssuer},
		{"no iss, bare issuer of the partner", h.token(t, set("iss", nil), set("issuer", partnerURL)), verifier.UntrustedIssuer},
		{"signed by the partner", partner.sign(t, keys.ForCredential, keys.TypeVC, h.payload(t)), verifier.UntrustedIssuer},
		{"signed by the partner, who calls itself iss only", partner.sign(t, keys.ForCredential, keys.TypeVC, h.payload(t, set("iss", partnerURL))), verifier.Malformed},
		{"iss empty, issuer missing", h.token(t, set("iss", ""), set("issuer", nil)), verifier.Malformed},
		{"issuer is a list", h.token(t, set("issuer", []string{bodyURL, partnerURL})), verifier.Malformed},
		{"issuer twice", edited(`"issuer":`, `"issuer":"`+partnerURL+`","issuer":`), verifier.Malformed},
		{"iss twice", edited(`"iss":`, `"iss":"`+partnerURL+`","iss":`), verifier.Malformed},
		{"Iss beside iss", edited(`"iss":`, `"Iss":"`+partnerURL+`","iss":`), verifier.Malformed},
		{"iss escaped beside iss", edited(`"iss":`, `"\u0069ss":"`+partnerURL+`","iss":`), verifier.Malformed},
		{"iſs beside iss", edited(`"iss":`, `"iſs":"`+partnerURL+`","iss":`), verifier.Malformed},
		{"validUntil twice", edited(`"validUntil":`, `"validUntil":"2099-01-01T00:00:00Z","validUntil":`), verifier.Malformed},
		{"VALIDUNTIL for validUntil", edited(`"validUntil":`, `"VALIDUNTIL":`), verifier.Malformed},
		{"credentialStatus twice", edited(`"credentialStatus":`, `"credentialStatus":null,"credentialStatus":`), verifier.Malformed},
		{"CredentialStatus for credentialStatus", edited(`"credentialStatus":`, `"CredentialStatus":`), verifier.Malformed},
		{"two subjects", edited(`"credentialSubject":`, `"credentialSubject":{},"credentialSubject":`), verifier.Malformed},
		{"name twice, deep inside", edited(`"identityHash":`, `"identityHash":"Eve","identityHash":`), verifier.Malformed},
		{"half a surrogate pair in the name", edited(`Ada`, `Ada\ud800`), verifier.Malformed},
		{"something behind", h.sign(t, keys.ForCredential, keys.TypeVC, append(h.payload(t), "{}"...)), verifier.Malformed},
		{"nbf earlier than validFrom", h.token(t, set("nbf", 1)), verifier.Malformed},
		{"nbf later than validFrom", h.token(t, set("nbf", 4_000_000_000)), verifier.Malformed},
		{"exp later than validUntil", h.token(t, set("exp", 4_000_000_000)), verifier.Malformed},
		{"exp without validUntil", h.token(t, set("validUntil", nil)), verifier.Malformed},
		{"exp in text", h.token(t, set("exp", "1889827199")), verifier.Malformed},
		{"exp of 400 digits", edited(`"exp":`, `"exp":1`+strings.Repeat("0", 400)+`,"x":`), verifier.Malformed},
		{"jti of another", h.token(t, set("jti", bodyURL+"/certificates/OTHER")), verifier.Malformed},
		{"sub of another", h.token(t, set("sub", "urn:uuid:0")), verifier.Malformed},
		{"claim vc", h.token(t, set("vc", object{"credentialSubject": object{}})), verifier.Malformed},
		{"claim vp", h.token(t, set("vp", object{})), verifier.Malformed},
		{"certificate in the claim vc only", h.sign(t, keys.ForCredential, keys.TypeVC, []byte(`{"iss":"`+bodyURL+`","vc":`+string(h.payload(t))+`}`)), verifier.Malformed},
		{"a context that gives terms another meaning", h.token(t, set("@context", []any{credential.ContextVC, credential.ContextOB, "https://evil.example/ctx"})), verifier.Malformed},
		{"validUntil before validFrom", h.token(t, until("2026-11-01T00:00:00Z")), verifier.Malformed},
		{"two statuses", h.token(t, func(doc object) { doc["credentialStatus"] = []any{doc["credentialStatus"]} }), verifier.Malformed},
		{"a status of two bits", h.token(t, set("credentialStatus.statusSize", 2)), verifier.Malformed},
		{"a status that only suspends", h.token(t, set("credentialStatus.statusPurpose", "suspension")), verifier.Malformed},
		{"a presentation", h.token(t, set("type", []string{"VerifiablePresentation"})), verifier.Malformed},
		{"nested deeper than any needs", edited(`"iss":`, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`,"iss":`), verifier.Malformed},
		{"a status list, signed with the list key", h.lists[revocationURL], verifier.Altered},
		{"a status list, signed with the credential key", h.sign(t, keys.ForCredential, keys.TypeVC, h.listPayload(t, revocationURL, "revocation", nil)), verifier.Malformed},
		{"typ JWT", h.sign(t, keys.ForCredential, keys.TypeJWT, h.payload(t)), verifier.Malformed},
		{"typ vp+jwt", h.sign(t, keys.ForCredential, "vp+jwt", h.payload(t)), verifier.Malformed},
		{"competence without end", h.token(t, set("validUntil", nil), set("exp", nil)), verifier.PolicyNotMet},
	} {
		r := v.Examine(t.Context(), c.token)
		if err := want(r, verifier.Invalid, c.reason); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if cred, err := v.Verify(t.Context(), c.token); cred != nil || err == nil {
			t.Errorf("%s: Verify: %v, %v", c.name, cred, err)
		}
	}
}

// The type JWT is taken only from an issuer whose trust entry says so.
func TestTypJWTIsTakenOnlyWhereTheTrustEntrySaysSo(t *testing.T) {
	h, partner := newHouse(t), newHouseAt(t, partnerURL, keys.ES256)
	partner.issuer.OpenBadgesStrict = true
	v := h.verifier(t, partner)
	v.Statuses = answer(func(url string) (string, error) {
		if text, err := partner.lists.StatusList(t.Context(), url); err == nil {
			return text, nil
		}
		return h.lists.StatusList(t.Context(), url)
	})
	for _, c := range []struct {
		who     *house
		typ     string
		verdict verifier.Verdict
	}{
		{h, keys.TypeVC, verifier.Valid}, {h, keys.TypeJWT, verifier.Invalid},
		{partner, keys.TypeVC, verifier.Valid}, {partner, keys.TypeJWT, verifier.Valid},
		{partner, "jwt", verifier.Invalid}, {partner, "vp+jwt", verifier.Invalid},
	} {
		if r := v.Examine(t.Context(), c.who.sign(t, keys.ForCredential, c.typ, c.who.payload(t))); r.Verdict != c.verdict {
			t.Errorf("%s of %s: %s, %s", c.typ, c.who.url, r.Verdict, r.Summary())
		}
	}
}

// A key that is published without purpose may sign both kinds of document; what
// keeps them apart then is their type.
func TestAKeyWithoutPurposeStillKeepsTheKindsApart(t *testing.T) {
	h, k := newHouse(t).withoutPurpose(t)
	good := forged(t, k, headerOf(k, k.ID, keys.TypeVC), string(h.payload(t)))
	if err := want(h.examine(t, good), verifier.Valid, verifier.None); err != nil {
		t.Fatal(err)
	}
	list := h.lists[revocationURL]
	if err := want(h.examine(t, list), verifier.Invalid, verifier.Malformed); err != nil {
		t.Errorf("a list as a certificate: %v", err)
	}
	h.lists[revocationURL] = good
	if err := undecided(h.examine(t, good)); err != nil {
		t.Errorf("a certificate as a list: %v", err)
	}
}

// No list of one trusted issuer speaks for the certificates of another.
func TestTheListOfAPartnerDoesNotSpeakForUs(t *testing.T) {
	h, partner := newHouse(t), newHouseAt(t, partnerURL, keys.ES256)
	v := h.verifier(t, partner)
	v.Statuses = partner.lists
	token := h.token(t, set("credentialStatus.statusListCredential", partnerURL+"/status/1"), set("credentialStatus.statusReference", nil))
	if err := undecided(v.Examine(t.Context(), token)); err != nil {
		t.Error(err)
	}
}

// everybody is a careless trust: it answers with one issuer whoever is asked for.
type everybody struct{ issuer *verifier.Issuer }

func (e everybody) Issuer(string) (*verifier.Issuer, bool) { return e.issuer, true }

func TestACertificateNamesTheIssuerWhoseKeySignedIt(t *testing.T) {
	h := newHouse(t)
	v := h.verifier(t)
	v.Issuers = everybody{h.issuer}
	if err := want(v.Examine(t.Context(), h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Fatal(err)
	}
	other := h.token(t, set("iss", partnerURL), set("issuer.id", partnerURL))
	if err := want(v.Examine(t.Context(), other), verifier.Invalid, verifier.Malformed); err != nil {
		t.Error(err)
	}
}

// TestNoMutantOfATokenIsValid changes each byte of a token in a few ways.
func TestNoMutantOfATokenIsValid(t *testing.T) {
	h := newHouse(t)
	v := h.verifier(t)
	token := h.token(t)
	if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
		t.Fatal(err)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	random := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for i := range token {
		at := strings.IndexByte(alphabet, token[i])
		others := []byte{'.', '=', '\n', 0, 0xff, alphabet[random.IntN(64)]}
		if at >= 0 {
			others = append(others, alphabet[at^1], alphabet[at^32])
		}
		for _, c := range others {
			if c == token[i] {
				continue
			}
			tried++
			if r := v.Examine(t.Context(), token[:i]+string([]byte{c})+token[i+1:]); r.Verdict == verifier.Valid || r.Certificate != nil {
				t.Errorf("position %d, byte %#02x: %s", i, c, r.Verdict)
			}
		}
		for _, c := range []byte("\r\n =A") {
			tried++
			inserted := token[:i] + string([]byte{c}) + token[i:]
			if r := v.Examine(t.Context(), inserted); r.Verdict == verifier.Valid && strings.TrimSpace(inserted) != token {
				t.Errorf("position %d, byte %#02x inserted: %s", i, c, r.Verdict)
			}
		}
	}
	t.Logf("%d mutants", tried)
}

// FuzzExamine: nothing but the one token is valid, and every report is whole.
func FuzzExamine(f *testing.F) {
	h := newHouse(f)
	v := h.verifier(f)
	token := h.token(f)
	f.Add(token)
	f.Add(h.lists[revocationURL])
	f.Add(h.token(f, set("vc", object{})))
	f.Add(h.sign(f, keys.ForCredential, keys.TypeJWT, h.payload(f)))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		r := v.Examine(t.Context(), text)
		if len(r.Checks) != 6 || r.Verdict != verifier.Valid && r.Reason == verifier.None {
			t.Fatalf("report %+v", r)
		}
		if r.Verdict == verifier.Valid && strings.Trim(text, " \t\r\n\ufeff") != token {
			t.Fatalf("valid: %q", text)
		}
	})
}
