package verifier_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

func TestAStandingCertificateIsValid(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256} {
		h := newHouseAt(t, bodyURL, alg)
		token := h.token(t)
		r := h.examine(t, token)
		if err := want(r, verifier.Valid, verifier.None); err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		for _, c := range r.Checks {
			if c.Outcome != verifier.Passed || c.Detail == "" {
				t.Errorf("%s: check %+v", alg, c)
			}
		}
		if len(r.Checks) != 6 || r.Summary() != "Every check has passed." {
			t.Errorf("%s: %d checks, %q", alg, len(r.Checks), r.Summary())
		}
		if string(r.Payload) != string(h.payload(t)) || r.Certificate.Holder() != "Ada Łukasiewicz" || !r.CheckedAt.Equal(noon) || r.At != nil {
			t.Errorf("%s: report %+v", alg, r)
		}
		c, err := h.verifier(t).Verify(t.Context(), token)
		if err != nil || c.ID != bodyURL+"/certificates/7Q2F9KXM31PDA8ZC" {
			t.Errorf("%s: %v, %v", alg, c, err)
		}
		// As a file or a mail holds it.
		if err := want(h.examine(t, "\ufeff\r\n "+token+"\t\r\n"), verifier.Valid, verifier.None); err != nil {
			t.Errorf("%s: with space around: %v", alg, err)
		}
	}
}

func TestEveryReason(t *testing.T) {
	flip := func(token string, at int) string {
		c := byte('A')
		if token[at] == c {
			c = 'B'
		}
		return token[:at] + string(c) + token[at+1:]
	}
	stranger := newHouseAt(t, "https://stranger.example.org", keys.ES256)
	cases := []struct {
		name    string
		verdict verifier.Verdict
		reason  verifier.Reason
		prepare func(t *testing.T, h *house, v *verifier.Verifier) string
	}{
		{"altered payload", verifier.Invalid, verifier.Altered, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			parts := strings.Split(h.token(t), ".")
			other := strings.Split(h.token(t, set("credentialSubject.achievement.name", "Master")), ".")
			return parts[0] + "." + other[1] + "." + parts[2]
		}},
		{"altered signature", verifier.Invalid, verifier.Altered, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			token := h.token(t)
			return flip(token, len(token)-20)
		}},
		{"signed by a stranger under our kid", verifier.Invalid, verifier.Altered, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			k, _ := stranger.ring.Active(keys.ForCredential)
			own, _ := h.ring.Active(keys.ForCredential)
			return forged(t, k, headerOf(k, own.ID, keys.TypeVC), string(h.payload(t)))
		}},
		{"signed by the list key", verifier.Invalid, verifier.Altered, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.sign(t, keys.ForStatusList, keys.TypeVC, h.payload(t))
		}},
		{"signed by a stranger's key with our iss", verifier.Invalid, verifier.UntrustedIssuer, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return stranger.sign(t, keys.ForCredential, keys.TypeVC, h.payload(t))
		}},
		{"of a stranger", verifier.Invalid, verifier.UntrustedIssuer, func(t *testing.T, _ *house, _ *verifier.Verifier) string { return stranger.token(t) }},
		{"of the issuer with a slash", verifier.Invalid, verifier.UntrustedIssuer, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.token(t, set("issuer.id", bodyURL+"/"), set("iss", bodyURL+"/"))
		}},
		{"nobody trusted", verifier.Invalid, verifier.UntrustedIssuer, func(t *testing.T, h *house, v *verifier.Verifier) string {
			v.Issuers = nil
			return h.token(t)
		}},
		{"nothing", verifier.Invalid, verifier.Malformed, func(*testing.T, *house, *verifier.Verifier) string { return "" }},
		{"words", verifier.Invalid, verifier.Malformed, func(*testing.T, *house, *verifier.Verifier) string { return "a.b.c" }},
		{"without issuer", verifier.Invalid, verifier.Malformed, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.token(t, set("issuer", nil), set("iss", nil))
		}},
		{"payload not JSON", verifier.Invalid, verifier.Malformed, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.sign(t, keys.ForCredential, keys.TypeVC, []byte("certificate"))
		}},
		{"payload not a certificate", verifier.Invalid, verifier.Malformed, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.sign(t, keys.ForCredential, keys.TypeVC, []byte(`{"iss":"`+bodyURL+`"}`))
		}},
		{"revoked", verifier.Invalid, verifier.Revoked, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeRevocation, place)
			return h.token(t)
		}},
		{"suspended", verifier.Invalid, verifier.Suspended, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeSuspension, place)
			return h.token(t)
		}},
		{"neighbours revoked and suspended", verifier.Valid, verifier.None, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeRevocation, place-1, place+1, place^7)
			h.publish(t, credential.PurposeSuspension, place-1, place+1, place^7)
			return h.token(t)
		}},
		{"revoked and suspended", verifier.Invalid, verifier.Revoked, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeRevocation, place)
			h.publish(t, credential.PurposeSuspension, place)
			return h.token(t)
		}},
		{"revoked, suspended and expired", verifier.Invalid, verifier.Revoked, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeRevocation, place)
			h.publish(t, credential.PurposeSuspension, place)
			return h.token(t, until("2026-11-19T12:00:00Z"))
		}},
		{"suspended and expired", verifier.Invalid, verifier.Suspended, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeSuspension, place)
			return h.token(t, until("2026-11-19T12:00:00Z"))
		}},
		{"expired, not what was asked for, status unknown", verifier.Invalid, verifier.Expired, func(t *testing.T, h *house, v *verifier.Verifier) string {
			v.Policy.Certificate, v.Statuses = "FND", published{}
			return h.token(t, until("2026-11-19T12:00:00Z"))
		}},
		{"not yet valid", verifier.Invalid, verifier.NotYetValid, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.token(t, from("2026-11-21T12:00:00Z"))
		}},
		{"no status list to be had", verifier.Indeterminate, verifier.StatusUnavailable, func(t *testing.T, h *house, v *verifier.Verifier) string {
			v.Statuses = published{}
			return h.token(t)
		}},
		{"no source of status lists", verifier.Indeterminate, verifier.StatusUnavailable, func(t *testing.T, h *house, v *verifier.Verifier) string {
			v.Statuses = nil
			return h.token(t)
		}},
		{"names no status", verifier.Indeterminate, verifier.StatusUnavailable, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.token(t, set("credentialStatus", nil))
		}},
		{"revoked, suspension unknown", verifier.Invalid, verifier.Revoked, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeRevocation, place)
			delete(h.lists, suspensionURL)
			return h.token(t)
		}},
		{"suspended, revocation unknown", verifier.Invalid, verifier.Suspended, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			h.publish(t, credential.PurposeSuspension, place)
			delete(h.lists, revocationURL)
			return h.token(t)
		}},
		{"names no suspension list", verifier.Valid, verifier.None, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			delete(h.lists, suspensionURL)
			return h.token(t, set("credentialStatus.statusReference", nil))
		}},
		{"not what was asked for", verifier.Invalid, verifier.PolicyNotMet, func(t *testing.T, h *house, v *verifier.Verifier) string {
			v.Policy.Certificate = "FND"
			return h.token(t)
		}},
		{"not what was asked for, status unknown", verifier.Invalid, verifier.PolicyNotMet, func(t *testing.T, h *house, v *verifier.Verifier) string {
			v.Policy.Certificate, v.Statuses = "FND", published{}
			return h.token(t)
		}},
		{"what was asked for", verifier.Valid, verifier.None, func(t *testing.T, h *house, v *verifier.Verifier) string {
			v.Policy.Certificate = "CM"
			return h.token(t)
		}},
		{"competence certificate without end", verifier.Invalid, verifier.PolicyNotMet, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.token(t, set("validUntil", nil), set("exp", nil))
		}},
		{"qualification certificate without end", verifier.Valid, verifier.None, func(t *testing.T, h *house, _ *verifier.Verifier) string {
			return h.token(t, set("validUntil", nil), set("exp", nil), set("credentialSubject.achievement.achievementType", credential.AchievementCertificate))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			v := h.verifier(t)
			if err := want(v.Examine(t.Context(), h.token(t)), verifier.Valid, verifier.None); err != nil {
				t.Fatalf("before: %v", err)
			}
			token := c.prepare(t, h, v)
			r := v.Examine(t.Context(), token)
			if err := want(r, c.verdict, c.reason); err != nil {
				t.Error(err)
			}
			if r.Verdict != verifier.Valid && r.Summary() == "" {
				t.Error("it does not say why")
			}
			if gate := outcome(r, verifier.Signature); gate != verifier.Passed && r.Payload != nil {
				t.Error("the report shows a payload that nobody has vouched for")
			}
			cred, err := v.Verify(t.Context(), token)
			var not *verifier.NotValidError
			switch {
			case c.verdict == verifier.Valid && (err != nil || cred == nil):
				t.Errorf("Verify: %v, %v", cred, err)
			case c.verdict != verifier.Valid && cred != nil:
				t.Error("Verify returned a credential beside the error")
			case c.verdict != verifier.Valid && (!errors.As(err, &not) || not.Report.Reason != c.reason):
				t.Errorf("Verify: %v", err)
			}
		})
	}
}

// The last three checks are each reported whatever the others say.
func TestEveryCheckBehindTheGatesIsReported(t *testing.T) {
	h := newHouse(t)
	h.publish(t, credential.PurposeRevocation, place)
	v := h.verifier(t)
	v.Policy.Certificate = "FND"
	r := v.Examine(t.Context(), h.token(t, until("2026-11-19T12:00:00Z")))
	for name, want := range map[verifier.CheckName]verifier.Outcome{
		verifier.Format: verifier.Passed, verifier.IssuerKey: verifier.Passed, verifier.Signature: verifier.Passed,
		verifier.Status: verifier.Failed, verifier.Validity: verifier.Failed, verifier.PolicyCheck: verifier.Failed,
	} {
		if got := outcome(r, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	// Behind a gate that did not open nothing is looked at.
	r = h.examine(t, "x")
	for _, name := range []verifier.CheckName{verifier.IssuerKey, verifier.Signature, verifier.Status, verifier.Validity, verifier.PolicyCheck} {
		if got := outcome(r, name); got != verifier.OutcomeSkipped {
			t.Errorf("%s: %s, want skipped", name, got)
		}
	}
	if r.Certificate != nil || r.Payload != nil {
		t.Error("something is reported as the certificate")
	}
}

// No list is asked for because of a token that nobody has vouched for.
func TestNothingIsFetchedBeforeTheSignatureFits(t *testing.T) {
	h := newHouse(t)
	v := h.verifier(t)
	asked := 0
	v.Statuses = answer(func(url string) (string, error) { asked++; return h.lists.StatusList(t.Context(), url) })
	token := h.token(t)
	if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil || asked != 2 {
		t.Fatalf("%v, asked %d times", err, asked)
	}
	asked = 0
	for _, bad := range []string{token[:len(token)-4], token + "AAAA", newHouseAt(t, "https://stranger.example.org", keys.ES256).token(t), "x"} {
		if r := v.Examine(t.Context(), bad); r.Verdict != verifier.Invalid || asked != 0 {
			t.Errorf("%s, asked %d times", r.Verdict, asked)
		}
	}
}

func TestTheZeroVerdictIsIndeterminate(t *testing.T) {
	var r verifier.Report
	if r.Verdict != verifier.Indeterminate || verifier.Verdict(0).String() != "indeterminate" || verifier.Verdict(9).String() != "indeterminate" {
		t.Error("it is not")
	}
	text, err := json.Marshal(&r)
	if err != nil || !strings.Contains(string(text), `"verdict":"indeterminate"`) {
		t.Errorf("%s, %v", text, err)
	}
	if r.Summary() == "" || strings.Contains(r.Summary(), "passed") {
		t.Errorf("summary %q", r.Summary())
	}
	for _, verdict := range []verifier.Verdict{verifier.Indeterminate, verifier.Invalid} {
		r := verifier.NewReport(noon, verdict, verifier.Unavailable, "The %s.", "reason")
		if err := want(r, verdict, verifier.Unavailable); err != nil || r.Summary() != "The reason." || len(r.Checks) != 6 {
			t.Errorf("%v, %q", err, r.Summary())
		}
	}
}

func TestTheReportAsJSON(t *testing.T) {
	h := newHouse(t)
	v := h.verifier(t)
	v.Policy.At = noon.Add(-time.Minute)
	text, err := json.Marshal(v.Examine(t.Context(), h.token(t)))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict, Reason, CheckedAt, At string
		Checks                         []struct{ Name, Outcome, Detail string }
		Credential                     object
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Verdict != "valid" || got.Reason != "" || got.CheckedAt != "2026-11-20T12:00:00Z" || got.At != "2026-11-20T11:59:00Z" ||
		len(got.Checks) != 6 || got.Checks[0].Name != "format" || got.Credential["iss"] != bodyURL {
		t.Errorf("%s", text)
	}
}
