package credential_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/testamur/testamur/verifier/credential"
)

// competence is the payload of a competence certificate that has passed the
// Open Badges schema, the VC 2.0 rules and JSON-LD safe mode.
func competence(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/competence.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type object = map[string]any

// changed is the payload after a change.
func changed(t testing.TB, payload []byte, change func(object)) []byte {
	t.Helper()
	doc := object{}
	if err := json.Unmarshal(payload, &doc); err != nil {
		t.Fatal(err)
	}
	change(doc)
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// at finds the object at a path of members; a list stands for its first.
func at(doc object, path string) object {
	for name := range strings.SplitSeq(path, ".") {
		switch v := doc[name].(type) {
		case object:
			doc = v
		case []any:
			doc = v[0].(object)
		default:
			panic("no object at " + path)
		}
	}
	return doc
}

// set changes one member; the value nil takes it away.
func set(path string, value any) func(object) {
	return func(doc object) {
		name := path
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			doc, name = at(doc, path[:i]), path[i+1:]
		}
		if value == nil {
			delete(doc, name)
			return
		}
		doc[name] = value
	}
}

func all(changes ...func(object)) func(object) {
	return func(doc object) {
		for _, change := range changes {
			change(doc)
		}
	}
}

const (
	vc  = credential.ContextVC
	ob  = credential.ContextOB
	ext = credential.ContextExtensions
)

var null = json.RawMessage("null")

func TestTheExampleIsAccepted(t *testing.T) {
	c, err := credential.Decode(competence(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]string{
		"holder":     {c.Holder(), "Ada Łukasiewicz"},
		"id":         {c.ID, "https://certs.example.org/certificates/7Q2F9KXM31PDA8ZC"},
		"issuer":     {c.Issuer.ID, "https://certs.example.org"},
		"number":     {c.Subject.LicenseNumber, "TST-7Q2F-9K"},
		"code":       {c.Subject.Achievement.HumanCode, "CM-COMP"},
		"kind":       {c.Subject.Achievement.AchievementType, credential.AchievementCertification},
		"validFrom":  {c.ValidFrom.String(), "2026-11-20T00:00:00Z"},
		"validUntil": {c.ValidUntil.String(), "2029-11-19T23:59:59Z"},
		"list":       {c.Status.List, "https://certs.example.org/status/1"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %q, want %q", name, got[0], got[1])
		}
	}
	if n, err := c.Status.Entry(); err != nil || n != 94567 {
		t.Errorf("entry %d, %v", n, err)
	}
}

func TestWhatTheStandardsAllowIsAccepted(t *testing.T) {
	for name, change := range map[string]func(object){
		"nothing changed":           func(object) {},
		"issuer as a bare id":       set("issuer", "https://certs.example.org"),
		"types as strings":          all(set("credentialSubject.type", "AchievementSubject"), set("credentialSubject.achievement.type", "Achievement")),
		"AchievementCredential":     set("type", []string{"VerifiableCredential", "AchievementCredential"}),
		"a further type":            set("type", []string{"VerifiableCredential", "OpenBadgeCredential", "ext:Ours"}),
		"the older context":         set("@context", []string{vc, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.0.json"}),
		"the unnumbered context":    set("@context", []string{vc, "https://purl.imsglobal.org/spec/ob/v3p0/context.json"}),
		"two contexts":              set("@context", []string{vc, ob}),
		"one schema":                set("credentialSchema", object{"id": credential.SchemaID, "type": credential.SchemaType1EdTech}),
		"no schema":                 set("credentialSchema", nil),
		"no end":                    all(set("validUntil", nil), set("exp", nil)),
		"no claims":                 all(set("iss", nil), set("jti", nil), set("sub", nil), set("nbf", nil), set("exp", nil)),
		"no subject id":             all(set("credentialSubject.id", nil), set("sub", nil)),
		"no identifier":             set("credentialSubject.identifier", nil),
		"no status":                 set("credentialStatus", nil),
		"status without id":         set("credentialStatus.id", nil),
		"status with suspension":    set("credentialStatus.statusReference", "https://certs.example.org/status/1-suspension"),
		"status of one bit, spelt":  set("credentialStatus.statusSize", 1),
		"entry 0":                   set("credentialStatus.statusListIndex", "0"),
		"entry of nine digits":      set("credentialStatus.statusListIndex", "999999999"),
		"ends as it begins":         all(set("validUntil", "2026-11-20T00:00:00Z"), set("exp", 1795132800)),
		"the same moment elsewhere": set("validFrom", "2026-11-20T05:30:00+05:30"),
		"unknown members":           all(set("holder", "x"), set("credentialSubject.source", object{"id": "x"}), set("iat", 1), set("cnf", object{})),
		"criteria by id only":       set("credentialSubject.achievement.criteria.narrative", nil),
		"criteria by text only":     set("credentialSubject.achievement.criteria.id", nil),
	} {
		if _, err := credential.Decode(changed(t, competence(t), change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryRuleIsChecked(t *testing.T) {
	good := competence(t)
	if _, err := credential.Decode(changed(t, good, func(object) {})); err != nil {
		t.Fatalf("before any change: %v", err)
	}
	rows := []struct {
		name   string
		change func(object)
		want   string
	}{
		{"no context", set("@context", nil), "@context"},
		{"context empty", set("@context", []string{}), "@context"},
		{"context is a string", set("@context", vc), ""},
		{"VC context only", set("@context", []string{vc}), "@context"},
		{"contexts exchanged", set("@context", []string{ob, vc}), "@context"},
		{"VC 1.1 context", set("@context", []string{"https://www.w3.org/2018/credentials/v1", ob}), "@context"},
		{"Open Badges 3.0.9", set("@context", []string{vc, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.9.json"}), "@context"},
		{"dots of the context taken for any letter", set("@context", []string{vc, "https://purlximsglobal.org/spec/ob/v3p0/context-3.0.3.json"}), "@context"},
		{"context with more behind", set("@context", []string{vc, ob + "\n"}), "@context"},
		{"a strange third context", set("@context", []string{vc, ob, "https://evil.example/terms"}), "not one that is known"},
		{"a strange fourth context", set("@context", []string{vc, ob, ext, "https://evil.example/terms"}), "not one that is known"},
		{"a context inside", set("@context", []any{vc, ob, object{"validUntil": "ex:x"}}), ""},
		{"no type", set("type", nil), "type"},
		{"type not VC", set("type", []string{"OpenBadgeCredential"}), "type"},
		{"type not a badge", set("type", []string{"VerifiableCredential"}), "type"},
		{"type of a status list", set("type", []string{"VerifiableCredential", "BitstringStatusListCredential"}), "type"},
		{"type of a status list as well", set("type", []string{"VerifiableCredential", "OpenBadgeCredential", "BitstringStatusListCredential"}), "type"},
		{"type in another case", set("type", []string{"VerifiableCredential", "openBadgeCredential"}), "type"},
		{"no id", set("id", nil), `id ""`},
		{"id relative", all(set("id", "/certificates/1"), set("jti", nil)), "absolute URI"},
		{"id with a user", all(set("id", "https://a@certs.example.org/1"), set("jti", nil)), "absolute URI"},
		{"no issuer", set("issuer", nil), "issuer.id"},
		{"issuer without id", set("issuer.id", nil), "issuer.id"},
		{"issuer relative", set("issuer", "certs.example.org"), "issuer.id"},
		{"two issuers", set("issuer", []string{"https://certs.example.org", "https://x.example"}), ""},
		{"no validFrom", set("validFrom", nil), "validFrom is missing"},
		{"validFrom null", set("validFrom", null), ""},
		{"validFrom without zone", set("validFrom", "2026-11-20T00:00:00"), "time zone"},
		{"validFrom a number", set("validFrom", 1795132800), ""},
		{"validUntil before validFrom", all(set("validUntil", "2026-11-19T23:59:59Z"), set("exp", 1795132799)), "comes before"},
		{"validUntil a day", set("validUntil", "2029-11-19"), "time zone"},
		{"awardedDate a day", set("awardedDate", "2026-11-20"), "time zone"},
		{"no subject", set("credentialSubject", nil), "AchievementSubject"},
		{"two subjects", set("credentialSubject", []any{object{}, object{}}), ""},
		{"subject of another type", set("credentialSubject.type", "Person"), "AchievementSubject"},
		{"subject is nobody", all(set("credentialSubject.id", nil), set("credentialSubject.identifier", nil), set("sub", nil)), "id or an identifier"},
		{"subject id relative", all(set("credentialSubject.id", "me"), set("sub", "me")), "credentialSubject.id"},
		{"no achievement", set("credentialSubject.achievement", nil), "type Achievement"},
		{"achievement of another type", set("credentialSubject.achievement.type", "Badge"), "type Achievement"},
		{"achievement without id", set("credentialSubject.achievement.id", nil), "achievement.id"},
		{"achievement without name", set("credentialSubject.achievement.name", nil), "name"},
		{"achievement without description", set("credentialSubject.achievement.description", nil), "description"},
		{"achievement without criteria", set("credentialSubject.achievement.criteria", nil), "criteria"},
		{"criteria empty", set("credentialSubject.achievement.criteria", object{}), "criteria"},
		{"identifier of another type", set("credentialSubject.identifier.type", "Name"), "IdentityObject"},
		{"identifier without hash", set("credentialSubject.identifier.identityHash", nil), "IdentityObject"},
		{"identifier without type of identity", set("credentialSubject.identifier.identityType", nil), "IdentityObject"},
		{"evidence of another type", set("evidence.type", "Proof"), "Evidence"},
		{"evidence without type", set("evidence.type", nil), "Evidence"},
		{"related resource without id", set("relatedResource.id", nil), "relatedResource.id"},
		{"related resource without digest", set("relatedResource.digestSRI", nil), "with a digest"},
		{"related resource twice", func(doc object) {
			list := doc["relatedResource"].([]any)
			doc["relatedResource"] = append(list, list[0])
		}, "named once"},
		{"schema without type", set("credentialSchema.type", nil), "credentialSchema"},
		{"schema without id", set("credentialSchema.id", nil), "credentialSchema.id"},
		{"two statuses", func(doc object) { doc["credentialStatus"] = []any{doc["credentialStatus"], doc["credentialStatus"]} }, ""},
		{"status empty", set("credentialStatus", object{}), "credentialStatus"},
		{"status of another type", set("credentialStatus.type", "StatusList2021Entry"), "credentialStatus of type"},
		{"status to suspend", set("credentialStatus.statusPurpose", "suspension"), "purpose"},
		{"status to refresh", set("credentialStatus.statusPurpose", "refresh"), "purpose"},
		{"status without purpose", set("credentialStatus.statusPurpose", nil), "purpose"},
		{"status id is the list", set("credentialStatus.id", "https://certs.example.org/status/1"), "differ"},
		{"status of two bits", set("credentialStatus.statusSize", 2), "statusSize"},
		{"status of no bits", set("credentialStatus.statusSize", 0), "statusSize"},
		{"status size as text", set("credentialStatus.statusSize", "2"), ""},
		{"no list", set("credentialStatus.statusListCredential", nil), "statusListCredential"},
		{"list relative", set("credentialStatus.statusListCredential", "status/1"), "statusListCredential"},
		{"suspension relative", set("credentialStatus.statusReference", "status/1"), "statusReference"},
		{"no index", set("credentialStatus.statusListIndex", nil), "plain decimal"},
		{"index a number", set("credentialStatus.statusListIndex", 94567), ""},
		{"index with a sign", set("credentialStatus.statusListIndex", "+1"), "plain decimal"},
		{"index below zero", set("credentialStatus.statusListIndex", "-1"), "plain decimal"},
		{"index with a leading zero", set("credentialStatus.statusListIndex", "007"), "plain decimal"},
		{"index in exponents", set("credentialStatus.statusListIndex", "1e9"), "plain decimal"},
		{"index in hexadecimal", set("credentialStatus.statusListIndex", "0x10"), "plain decimal"},
		{"index of words", set("credentialStatus.statusListIndex", "abc"), "plain decimal"},
		{"index in other digits", set("credentialStatus.statusListIndex", "١٢"), "plain decimal"},
		{"index of ten digits", set("credentialStatus.statusListIndex", "1000000000"), "plain decimal"},
		{"index and a line", set("credentialStatus.statusListIndex", "1\n"), "plain decimal"},
		{"claim vc", set("vc", object{}), "vc and vp"},
		{"claim vc null", set("vc", null), "vc and vp"},
		{"claim vp", set("vp", object{}), "vc and vp"},
		{"iss differs", set("iss", "https://other.example.org"), "iss"},
		{"iss with a slash", set("iss", "https://certs.example.org/"), "iss"},
		{"jti differs", set("jti", "https://certs.example.org/certificates/2"), "jti"},
		{"sub differs", set("sub", "urn:uuid:0"), "sub"},
		{"sub without subject id", set("credentialSubject.id", nil), "sub"},
		{"nbf a second earlier", set("nbf", 1795132799), "nbf"},
		{"nbf zero", set("nbf", 0), "nbf"},
		{"nbf as text", set("nbf", "1795132800"), ""},
		{"nbf with a fraction, a second late", set("nbf", 1795132801.5), ""},
		{"nbf beyond all dates", set("nbf", 1e15), ""},
		{"nbf as text", set("nbf", "1795132800"), ""},
		{"exp a second later", set("exp", 1889827200), "exp"},
		{"exp without validUntil", set("validUntil", nil), "exp"},
		{"a scalar", func(doc object) { clear(doc) }, "@context"},
	}
	for _, row := range rows {
		c, err := credential.Decode(changed(t, good, row.change))
		switch {
		case err == nil:
			t.Errorf("%s: accepted", row.name)
		case c != nil:
			t.Errorf("%s: a credential beside the error", row.name)
		case !strings.Contains(err.Error(), row.want):
			t.Errorf("%s: %v, which does not say %q", row.name, err, row.want)
		}
	}
	t.Logf("%d rules broken one at a time", len(rows))
}

// J13: two readers must not read two things in one signed text.
func TestTwoReadingsOfOnePayloadAreRefused(t *testing.T) {
	good := string(competence(t))
	for name, edit := range map[string][2]string{
		"duplicate member":           {`"validUntil":`, `"validUntil": "2099-01-01T00:00:00Z", "validUntil":`},
		"duplicate by case":          {`"validUntil":`, `"ValidUntil": "2099-01-01T00:00:00Z", "validUntil":`},
		"duplicate by escape":        {`"validUntil":`, `"valid\u0055ntil": "2099-01-01T00:00:00Z", "validUntil":`},
		"duplicate inside":           {`"licenseNumber":`, `"licenseNumber": "X", "licenseNumber":`},
		"duplicate nobody knows":     {`"licenseNumber":`, `"other": 1, "other": 2, "licenseNumber":`},
		"case variant for a missing": {`"awardedDate":`, `"AwardedDate":`},
		"EXP for exp":                {`"exp":`, `"EXP":`},
		"long s in status":           {`"credentialStatus":`, "\"credential\u017ftatu\u017f\":"},
		"half a surrogate pair":      {`Ada`, `\ud800Ada`},
		"not UTF-8":                  {`Ada`, "Ad\xe4"},
	} {
		text := strings.Replace(good, edit[0], edit[1], 1)
		if text == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := credential.Decode([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, text := range map[string]string{
		"something follows": good + "{}",
		"nothing":           "",
		"null":              "null",
		"an array":          "[" + good + "]",
		"a string":          `"x"`,
	} {
		if _, err := credential.Decode([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
