package verifier_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/forgery"
)

// world is what the hostile certificates meet: two trusted bodies, keys of every
// purpose, and status lists in perfect order wherever anybody looks for one.
type world struct {
	body, partner *forgery.Body
	purposes      map[keys.Purpose]*forgery.Signer // of the body
	lists         map[string]string
	verifier      *verifier.Verifier
}

var allPurposes = []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt, keys.ForLog, keys.ForManifest}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		body: forgery.NewBody(bodyURL, keys.ES256, noon), partner: forgery.NewBody(partnerURL, keys.EdDSA, noon),
		purposes: map[keys.Purpose]*forgery.Signer{}, lists: map[string]string{},
	}
	var planted []string
	for _, p := range allPurposes {
		s := &forgery.Signer{ID: bodyURL + "/keys/" + string(p), Algorithm: keys.ES256, Purpose: p, Key: forgery.NewBody(bodyURL+"/"+string(p), keys.ES256, noon).Credential.Key}
		w.purposes[p] = s
		planted = append(planted, s.JWK())
	}
	own, err := verifier.ParseTrust(w.body.TrustFile(planted...))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.NewTrust(append(own.Issuers(), w.partner.Issuer()), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.verifier = &verifier.Verifier{Issuers: trust, Statuses: answer(w.list), Now: func() time.Time { return noon }}
	return w
}

// list is a clear list that calls itself as it was asked for.
func (w *world) list(url string) (string, error) {
	if w.lists[url] == "" {
		of, purpose := w.body, credential.PurposeRevocation
		if strings.HasPrefix(url, partnerURL) {
			of = w.partner
		}
		if strings.Contains(url, "suspension") {
			purpose = credential.PurposeSuspension
		}
		w.lists[url] = of.List(purpose, nil, forgery.Set("id", url))
	}
	return w.lists[url], nil
}

// naive is the broken twin of the whole verifier, as it is written in an
// afternoon with a JOSE library and encoding/json: it verifies the signature with
// whichever trusted key is named, and then believes what it can read.
func (w *world) naive(token string) bool {
	jws, err := jose.ParseSignedCompact(strings.TrimSpace(token), []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256})
	if err != nil {
		return false
	}
	signers := []*forgery.Signer{w.body.Credential, w.body.Lists, w.partner.Credential, w.partner.Lists}
	for _, p := range allPurposes {
		signers = append(signers, w.purposes[p])
	}
	var payload []byte
	for _, s := range signers {
		if p, err := jws.Verify(s.Key.Public()); err == nil {
			payload = p
		}
	}
	if payload == nil {
		return false
	}
	text := strings.ToValidUTF8(strings.TrimPrefix(string(payload), "\ufeff"), "")
	doc := forgery.Object{}
	if json.NewDecoder(strings.NewReader(text)).Decode(&doc) != nil { // whatever follows is left alone
		return false
	}
	doc = inherited(doc)
	if vc, ok := doc["vc"].(forgery.Object); ok { // as version 1.1 had it
		maps.Copy(doc, vc)
	}
	if at, ok := momentOf(doc["validUntil"]); ok && at.Before(noon) {
		return false
	}
	if at, ok := momentOf(doc["validFrom"]); ok && at.After(noon) {
		return false
	}
	status, _ := doc["credentialStatus"].(forgery.Object)
	var index int
	fmt.Sscan(fmt.Sprint(status["statusListIndex"]), &index) // 0 if it is no number
	return index >= 0 && !w.withdrawn(index)
}

// withdrawn is what the naive twin makes of an index: past the end is not set.
func (w *world) withdrawn(index int) bool { return index == withdrawnPlace }

const withdrawnPlace = 4711

// inherited reads members as a language with prototypes does.
func inherited(doc forgery.Object) forgery.Object {
	out := forgery.Object{}
	if proto, ok := doc["__proto__"].(forgery.Object); ok {
		maps.Copy(out, proto)
	}
	for name, v := range doc {
		if inner, ok := v.(forgery.Object); ok && name != "__proto__" {
			v = inherited(inner)
		}
		out[name] = v
	}
	return out
}

func momentOf(v any) (time.Time, bool) {
	text, _ := v.(string)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly, time.DateTime} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// The naive twin is a verifier, and not one that says yes to everything.
func TestTheNaiveTwinVerifies(t *testing.T) {
	w := newWorld(t)
	honest := w.body.Certificate()
	parts := strings.Split(honest, ".")
	stranger := forgery.Stranger(keys.ES256, w.body.Credential.ID)
	for name, c := range map[string]struct {
		token string
		want  bool
	}{
		"honest":          {honest, true},
		"altered":         {parts[0] + "." + strings.Split(w.body.Edited("Ada", "Eve"), ".")[1] + "." + parts[2], false},
		"of a stranger":   {stranger.Token(stranger.Header(keys.TypeVC), w.body.Payload()), false},
		"expired":         {w.body.Certificate(forgery.Set("validUntil", "2026-11-19T00:00:00Z")), false},
		"not yet valid":   {w.body.Certificate(forgery.Set("validFrom", "2026-11-21T00:00:00Z")), false},
		"withdrawn":       {w.body.Certificate(forgery.Set("credentialStatus.statusListIndex", fmt.Sprint(withdrawnPlace))), false},
		"not a signature": {"a.b.c", false},
	} {
		if w.naive(c.token) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
	if err := want(w.verifier.Examine(t.Context(), honest), verifier.Valid, verifier.None); err != nil {
		t.Error(err)
	}
}

// hostile is one token that must not be valid.
type hostile struct{ name, token string }

// family is hostile tokens of one kind. The naive twin must fall for at least one
// of them.
type family struct {
	name string
	make func(w *world) []hostile
}

// altered signs one certificate for each value of the member at the path.
func altered(w *world, path string, values ...any) (all []hostile) {
	for _, v := range values {
		all = append(all, hostile{fmt.Sprintf("%s=%.60v", path, v), w.body.Certificate(forgery.Set(path, v))})
	}
	return all
}

// raw signs one certificate for each replacement in the text of the payload.
func raw(w *world, old string, news ...string) (all []hostile) {
	for _, n := range news {
		all = append(all, hostile{fmt.Sprintf("%.60q", n), w.body.Edited(old, n)})
	}
	return all
}

// gone is the value that takes a member away.
var gone any

var families = []family{
	{name: "types and content types of the header", make: func(w *world) (all []hostile) {
		for _, typ := range []string{"JWT", "jwt", "VC+JWT", "vc+jwt;x=1", "application/vc+jwt", "vc+sd-jwt", "vp+jwt", "vc+cose", "dc+sd-jwt", "statuslist+jwt", "at+jwt", "JOSE", "checkpoint+jwt", "vc +jwt", "vc+jwt\u0000", "\u200bvc+jwt"} {
			all = append(all, hostile{"typ " + typ, w.body.Credential.Token(w.body.Credential.Header(typ), w.body.Payload())})
		}
		for _, cty := range []string{"vp", "VC", "vc+json", "application/vc", "json", "JWT", " vc"} {
			all = append(all, hostile{"cty " + cty, w.body.Credential.Token(w.body.Credential.Header(keys.TypeVC, fmt.Sprintf(`"cty":%q`, cty)), w.body.Payload())})
		}
		for _, member := range []string{`"iss":"` + bodyURL + `"`, `"exp":4000000000`, `"nonce":"x"`, `"iat":1`, `"url":"x"`, `"__proto__":{}`, `"":""`, `"typ ":"vc+jwt"`} {
			all = append(all, hostile{"header with " + member, w.body.Credential.Token(w.body.Credential.Header(keys.TypeVC, member), w.body.Payload())})
		}
		return all
	}},
	// T04: who signs, whose key id is named, who the claim iss and the member
	// issuer say it is; all but the two in which they agree.
	{name: "issuers that do not agree", make: func(w *world) (all []hostile) {
		two := []*forgery.Body{w.body, w.partner}
		for n := range 16 {
			key, kid, iss, issuer := two[n&1], two[n>>1&1], two[n>>2&1], two[n>>3]
			if n == 0 || n == 15 {
				continue
			}
			signer := *key.Credential
			signer.ID = kid.Credential.ID
			all = append(all, hostile{fmt.Sprintf("key of %s, kid of %s, iss of %s, issuer of %s", key.URL, kid.URL, iss.URL, issuer.URL),
				signer.Token(signer.Header(keys.TypeVC), w.body.Payload(forgery.Set("iss", iss.URL), forgery.Set("issuer.id", issuer.URL)))})
		}
		p := w.partner
		for _, change := range [][]func(forgery.Object){
			{forgery.Set("iss", gone), forgery.Set("issuer", bodyURL)}, {forgery.Set("iss", gone)}, {forgery.Set("iss", "")},
			{forgery.Set("issuer", bodyURL), forgery.Set("iss", partnerURL)}, {forgery.Set("issuer", partnerURL), forgery.Set("iss", bodyURL)},
		} {
			all = append(all, hostile{"by the partner in our name", p.Signed(w.body.Payload(change...))})
		}
		return all
	}},
	{name: "issuers that are written otherwise", make: func(w *world) (all []hostile) {
		for _, url := range []any{
			bodyURL + "/", bodyURL + "#", bodyURL + "?", "HTTPS://certs.example.org", "https://CERTS.example.org", "https://certs.example.org:443", "https://certs.example.org.", "http://certs.example.org",
			"https://certs.example.org@evil.example", "https://certs.example.org.evil.example", "https://certs.example%2eorg", "https://сerts.example.org", " " + bodyURL, bodyURL + "\u0000", bodyURL + "\u200b", "did:web:certs.example.org", "", "certs.example.org",
		} {
			all = append(all, hostile{fmt.Sprintf("issuer %q", url), w.body.Certificate(forgery.Set("iss", url), forgery.Set("issuer.id", url))},
				hostile{fmt.Sprintf("issuer %q beside the right iss", url), w.body.Certificate(forgery.Set("issuer.id", url))})
		}
		all = append(all, altered(w, "iss", partnerURL, bodyURL+"/", 7, []any{bodyURL}, []any{bodyURL, partnerURL}, forgery.Object{"id": bodyURL}, true)...)
		return append(all, altered(w, "issuer", []any{bodyURL}, []any{forgery.Object{"id": bodyURL}}, 7, forgery.Object{}, forgery.Object{"url": bodyURL}, gone, forgery.Object{"id": []any{bodyURL}}, forgery.Object{"id": gone})...)
	}},
	{name: "claims that contradict", make: func(w *world) (all []hostile) {
		all = append(all, altered(w, "jti", "urn:uuid:0", bodyURL+"/certificates/OTHER", strings.ToLower(bodyURL+"/certificates/"+forgery.ID), 7, []any{"x"}, forgery.Object{})...)
		all = append(all, altered(w, "sub", "urn:uuid:0", "urn:uuid:6D6B0C5E-6F7C-4A3E-9A51-2F0B8D1F7C11", bodyURL, 7, []any{"x"}, true)...)
		all = append(all, altered(w, "nbf", 0, 1, noon.Unix(), -1, 4_000_000_000, "1795046400", noon.AddDate(0, 0, -1).Unix()-1, noon.AddDate(0, 0, -1).Unix()+1, true, []any{1}, 1e13, -1e13)...)
		all = append(all, altered(w, "exp", 0, 1, noon.Unix()-1, -1, 4_000_000_000, "4000000000", noon.AddDate(3, 0, 0).Unix()-1, noon.AddDate(3, 0, 0).Unix()+1, true, []any{1}, 1e13)...)
		all = append(all, raw(w, `"exp":`, `"exp":1E400,"x":`, `"exp":1e309,"x":`, `"exp":-1E400,"x":`, `"exp":NaN,"x":`, `"exp":Infinity,"x":`, `"exp":0x7fffffff,"x":`, `"exp":01,"x":`, `"exp":.5,"x":`, `"exp":1.,"x":`, `"exp":+1,"x":`, `"exp":1e,"x":`)...)
		return append(all, raw(w, `"nbf":`, `"nbf":1E400,"y":`, `"nbf":-1E400,"y":`, `"nbf":1`+strings.Repeat("0", 400)+`,"y":`)...)
	}},
	{name: "claims vc and vp", make: func(w *world) (all []hostile) {
		inner := forgery.Object{}
		if err := json.Unmarshal([]byte(w.body.Payload()), &inner); err != nil {
			panic(err)
		}
		all = append(all, altered(w, "vc", forgery.Object{}, []any{}, "x", 0, false, inner, forgery.Object{"credentialSubject": forgery.Object{"name": "Eve"}})...)
		all = append(all, altered(w, "vp", forgery.Object{}, []any{}, "x", 0, false, forgery.Object{"verifiableCredential": []any{inner}})...)
		all = append(all, raw(w, `"iss":`, `"vc":null,"iss":`, `"vp":null,"iss":`, `"VC":{},"iss":`, `"Vp":{},"iss":`)...)
		text, _ := json.Marshal(forgery.Object{"iss": bodyURL, "vc": inner})
		return append(all, hostile{"in vc only", w.body.Signed(string(text))}, hostile{"in vc, issuer outside", w.body.Signed(`{"iss":"` + bodyURL + `","issuer":"` + bodyURL + `","vc":` + w.body.Payload() + `}`)})
	}},
	{name: "members twice, at every depth", make: func(w *world) (all []hostile) {
		everyMember(w.body.Payload(), func(at, name, value string, insert func(string) string) {
			all = append(all, hostile{at + " twice", w.body.Signed(insert(fmt.Sprintf(`%q:%s,%q:%s`, name, value, name, value)))},
				hostile{at + " twice, first null", w.body.Signed(insert(fmt.Sprintf(`%q:null,%q:%s`, name, name, value)))},
				hostile{at + " twice, once escaped", w.body.Signed(insert(fmt.Sprintf(`"\u%04x%s":%s,%q:%s`, name[0], name[1:], value, name, value)))})
		})
		return all
	}},
	{name: "members in another case, at every depth", make: func(w *world) (all []hostile) {
		everyMember(w.body.Payload(), func(at, name, value string, insert func(string) string) {
			if other := strings.ToUpper(name); other != name {
				all = append(all, hostile{at + " as " + other, w.body.Signed(insert(fmt.Sprintf(`%q:%s`, other, value)))},
					hostile{at + " beside " + other, w.body.Signed(insert(fmt.Sprintf(`%q:%s,%q:%s`, name, value, other, value)))})
			}
			if strings.Contains(name, "s") {
				other := strings.Replace(name, "s", "\u017f", 1)
				all = append(all, hostile{at + " as " + other, w.body.Signed(insert(fmt.Sprintf(`"%s":%s`, other, value)))})
			}
		})
		return all
	}},
	{name: "members of another type, at every depth", make: func(w *world) (all []hostile) {
		everyMember(w.body.Payload(), func(at, name, value string, insert func(string) string) {
			for _, other := range []string{"7", "[7]", `[[]]`, "1E400"} {
				all = append(all, hostile{at + "=" + other, w.body.Signed(insert(fmt.Sprintf(`%q:%s`, name, other)))})
			}
			if name != "hashed" {
				all = append(all, hostile{at + "=true", w.body.Signed(insert(fmt.Sprintf(`%q:true`, name)))})
			}
		})
		return all
	}},
	{name: "required members that are missing", make: func(w *world) (all []hostile) {
		for _, path := range []string{
			"@context", "id", "type", "issuer", "credentialSubject", "credentialStatus", "credentialSubject.type", "credentialSubject.achievement",
			"credentialSubject.achievement.id", "credentialSubject.achievement.type", "credentialSubject.achievement.name", "credentialSubject.achievement.description", "credentialSubject.achievement.criteria",
			"credentialStatus.type", "credentialStatus.statusPurpose", "credentialStatus.statusListIndex", "credentialStatus.statusListCredential",
		} {
			all = append(all, altered(w, path, gone)...)
			if path != "credentialStatus" {
				all = append(all, altered(w, path, "", forgery.Object{}, []any{})...)
			} else {
				all = append(all, altered(w, path, "", []any{}, "https://certs.example.org/status/1")...)
			}
		}
		return append(all, hostile{"validFrom", w.body.Certificate(forgery.Set("validFrom", gone))}, hostile{"validFrom and nbf", w.body.Certificate(forgery.Set("validFrom", gone), forgery.Set("nbf", gone))},
			hostile{"validUntil of a competence certificate", w.body.Certificate(forgery.Set("validUntil", gone), forgery.Set("exp", gone))},
			hostile{"subject with neither id nor name", w.body.Certificate(forgery.Set("sub", gone), forgery.Set("credentialSubject.id", gone), forgery.Set("credentialSubject.identifier", gone))})
	}},
	{name: "contexts", make: func(w *world) []hostile {
		vc, ob := credential.ContextVC, credential.ContextOB
		return altered(w, "@context", []any{ob, vc}, []any{vc}, []any{ob}, []any{vc, vc}, vc, []any{}, []any{vc, "https://evil.example/context.json"}, []any{vc, ob, "https://evil.example/context.json"},
			[]any{vc, ob, ob}, []any{"https://www.w3.org/2018/credentials/v1", ob}, []any{vc, "http://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"}, []any{vc, ob + "?x"}, []any{vc, ob + "#x"}, []any{vc + "/", ob},
			[]any{vc, ob, forgery.Object{"name": "https://schema.org/alternateName"}}, []any{forgery.Object{}, vc, ob}, forgery.Object{"@vocab": "x"}, []any{vc, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.9.json"}, []any{strings.ToUpper(vc), ob})
	}},
	{name: "types of document", make: func(w *world) (all []hostile) {
		vc, ob := credential.TypeVC, credential.TypeBadge
		all = altered(w, "type", vc, ob, []any{}, []any{vc}, []any{ob}, []any{"VerifiablePresentation"}, []any{vc, "VerifiablePresentation"}, []any{vc, "EndorsementCredential"}, []any{strings.ToLower(vc), ob}, []any{vc, strings.ToLower(ob)},
			[]any{vc + " ", ob}, []any{vc, ob, credential.TypeStatusList}, []any{vc, credential.TypeStatusList}, vc+","+ob, []any{[]any{vc, ob}}, forgery.Object{"0": vc, "1": ob})
		all = append(all, altered(w, "credentialSubject.type", "Person", []any{"achievementsubject"}, []any{}, "", []any{credential.TypeStatusListSubject})...)
		return append(all, altered(w, "credentialSubject.achievement.type", "Badge", []any{"achievement"}, []any{}, "")...)
	}},
	{name: "other documents in place of a certificate", make: func(w *world) (all []hostile) {
		for _, purpose := range []string{credential.PurposeRevocation, credential.PurposeSuspension} {
			all = append(all, hostile{"list of " + purpose, w.body.List(purpose, nil)}, hostile{"list of " + purpose + ", by the credential key", w.body.Signed(w.body.ListPayload(purpose, nil))},
				hostile{"list of " + purpose + ", also called a badge", w.body.Signed(w.body.ListPayload(purpose, nil, forgery.Set("type", []any{credential.TypeVC, credential.TypeStatusList, credential.TypeBadge})))})
		}
		for _, text := range []string{`{}`, `null`, `[]`, `"x"`, `7`, `{"iss":"` + bodyURL + `"}`, `[` + w.body.Payload() + `]`, `{"credential":` + w.body.Payload() + `}`, `{"iss":"` + bodyURL + `","size":7,"root":"x"}`, `{"keys":[]}`, `{"issuer":"` + bodyURL + `"}`} {
			all = append(all, hostile{text[:min(len(text), 40)], w.body.Signed(text)})
		}
		return all
	}},
	// T03: a key signs its own kind of document only.
	{name: "keys of another purpose", make: func(w *world) (all []hostile) {
		for _, p := range allPurposes {
			s := w.purposes[p]
			for kind, payload := range map[string]string{"certificate": w.body.Payload(), "list": w.body.ListPayload(credential.PurposeRevocation, nil), "receipt": `{"iss":"` + bodyURL + `","receipt":{}}`, "checkpoint": `{"iss":"` + bodyURL + `","size":1}`, "manifest": `{"iss":"` + bodyURL + `","keys":[]}`} {
				if p != keys.ForCredential || kind != "certificate" {
					all = append(all, hostile{kind + " by the " + string(p) + " key", s.Token(s.Header(keys.TypeVC), payload)})
				}
			}
		}
		return append(all, hostile{"certificate by the list key", w.body.Lists.Token(w.body.Lists.Header(keys.TypeVC), w.body.Payload())})
	}},
	{name: "places of the status list", make: func(w *world) (all []hostile) {
		for _, url := range []string{
			"https://evil.example/status/1", "https://certs.example.org.evil.example/status/1", "https://certs.example.org@evil.example/status/1", "https://user:pass@certs.example.org/status/1", "https://certs.example.org:443/status/1",
			"https://certs.example.org:8443/status/1", "http://certs.example.org/status/1", "HTTPS://certs.example.org/status/1", "https://CERTS.example.org/status/1", "https://certs.example.org./status/1", "https://certs.example.org/status", "https://certs.example.org/Status/1",
			"https://certs.example.org/statuses/1", "https://certs.example.org//status/1", "https://certs.example.org/status/../admin", "https://certs.example.org/status/./../x", "https://certs.example.org/status/1/..", "https://certs.example.org/status/%2e%2e/admin",
			"https://certs.example.org/status/%2E%2E%2fadmin", "https://certs.example.org/status/%252e%252e/", "https://certs.example.org/status/1?x", "https://certs.example.org/status/1?", "https://certs.example.org/status/1#x", "https://certs.example.org/status/1#", `https://certs.example.org/status/..\admin`,
			"https://certs.example.org/status/@evil.example", "https://certs.example.org/status/1%00", "https://certs.example.org/status/1\u0000", "https://certs.example.org/status/1 ", "https://certs.example.org/status/１", "https://certs.example.org\\@evil.example/status/1",
			"//certs.example.org/status/1", "/status/1", "status/1", "", "file:///status/1", "data:,x", "urn:uuid:0", "javascript:0", "https://", "https://[::1]/status/1", "https://127.0.0.1/status/1", "https://2130706433/status/1", "https://0x7f.1/status/1", "https://169.254.169.254/latest/meta-data", partnerURL + "/status/1",
		} {
			all = append(all, altered(w, "credentialStatus.statusListCredential", url)...)
			if url != "" { // none is allowed
				all = append(all, altered(w, "credentialStatus.statusReference", url+"-suspension")...)
			}
		}
		return append(all, altered(w, "credentialStatus.statusReference", bodyURL+"/status/1", 7, []any{suspensionURL}, forgery.Object{"id": suspensionURL})...)
	}},
	{name: "forms of the index", make: func(w *world) (all []hostile) {
		return altered(w, "credentialStatus.statusListIndex", "abc", "", "-1", "-0", "+1", "1e9", "1E4", "007", "00", " 5", "5 ", "5\n", "5\u0000", "٥", "５", "1.0", "1,000", "0x10", "0b1", "1_000", "NaN", "Infinity", "null", "true", "[]", "½", "1/2",
			"131072", "131073", "999999999", "1000000000", "2147483648", "4294967296", "9223372036854775808", "18446744073709551616", strings.Repeat("9", 400),
			5, 94567, 94567.5, -1, 0, 1e9, 2147483648, true, []any{"5"}, forgery.Object{"value": "5"}, gone)
	}},
	{name: "status entries", make: func(w *world) (all []hostile) {
		all = append(all, altered(w, "credentialStatus.statusSize", 2, 0, -1, 8, "1", 1.5, true, []any{1})...)
		all = append(all, altered(w, "credentialStatus.statusPurpose", "suspension", "refresh", "message", "", "Revocation", "revocation ", []any{"revocation"}, []any{"revocation", "suspension"}, 7, gone)...)
		all = append(all, altered(w, "credentialStatus.type", "StatusList2021Entry", "BitstringStatusList", "", "bitstringstatuslistentry", []any{"BitstringStatusListEntry"}, gone)...)
		all = append(all, altered(w, "credentialStatus.id", revocationURL, 7, []any{})...)
		status := w.body
		return append(all, hostile{"two entries", status.Certificate(func(doc forgery.Object) {
			doc["credentialStatus"] = []any{doc["credentialStatus"], doc["credentialStatus"]}
		})},
			hostile{"one entry in an array", status.Certificate(func(doc forgery.Object) { doc["credentialStatus"] = []any{doc["credentialStatus"]} })},
			hostile{"status of the subject", status.Certificate(func(doc forgery.Object) {
				doc["credentialSubject"].(forgery.Object)["credentialStatus"] = doc["credentialStatus"]
				delete(doc, "credentialStatus")
			})})
	}},
	{name: "dates", make: func(w *world) (all []hostile) {
		for _, text := range []any{
			"2029-11-20T12:00:00", "2029-11-20", "2029-11", "2029", "20291120T120000Z", "2029-W47-2", "2029-324", "20 Nov 2029", "2029-11-20 12:00:00Z", "2029-11-20t12:00:00z", "2029-11-20T12:00:00z", "2029-11-20T12:00Z", "2029-11-20T12Z",
			"2029-06-30T23:59:60Z", "2029-12-31T23:59:60Z", "2029-11-20T24:00:00Z", "2029-11-20T25:00:00Z", "2029-11-20T12:60:00Z", "2029-02-30T00:00:00Z", "2029-02-29T00:00:00Z", "2029-13-01T00:00:00Z", "2029-00-01T00:00:00Z", "2029-11-00T00:00:00Z",
			"10000-01-01T00:00:00Z", "+12029-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2029-11-20T12:00:00+24:00", "2029-11-20T12:00:00+14:01", "2029-11-20T12:00:00+0100", "2029-11-20T12:00:00+01", "2029-11-20T12:00:00 Z", "2029-11-20T12:00:00ZZ",
			"2029-11-20T12:00:00,5Z", "2029-11-20T12:00:00.Z", "2029-11-20T12:00:00.0000000001Z", "2029-11-2０T12:00:00Z", "٢٠٢٩-11-20T12:00:00Z", "", " 2029-11-20T12:00:00Z", "2029-11-20T12:00:00Z ", "2029-11-20T12:00:00Z\u0000", "now", "never", "9999", 1889870400, []any{"2029-11-20T12:00:00Z"}, true,
		} {
			all = append(all, hostile{fmt.Sprintf("validUntil %v", text), w.body.Certificate(forgery.Set("exp", gone), forgery.Set("validUntil", text))})
			if s, ok := text.(string); ok {
				text = strings.Replace(s, "2029", "2025", 1)
			}
			all = append(all, hostile{fmt.Sprintf("validFrom %v", text), w.body.Certificate(forgery.Set("nbf", gone), forgery.Set("validFrom", text))})
		}
		period := func(from, until string) {
			all = append(all, hostile{from + " to " + until, w.body.Certificate(forgery.Set("nbf", gone), forgery.Set("exp", gone), forgery.Set("validFrom", from), forgery.Set("validUntil", until))})
		}
		period("2026-11-19T00:00:00Z", "2026-11-18T00:00:00Z")
		period("2029-01-01T00:00:00Z", "2028-01-01T00:00:00Z")
		period("2026-11-20T12:01:01Z", "2029-01-01T00:00:00Z")
		period("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z")
		period("0000-01-01T00:00:00Z", "0000-12-31T23:59:59Z")
		period("0001-01-01T00:00:00Z", "2029-01-01T00:00:00Z")
		return append(all, altered(w, "awardedDate", "2026-11-19", "yesterday", 7)...)
	}},
	{name: "text that is not JSON, or not only", make: func(w *world) (all []hostile) {
		p := w.body.Payload()
		for _, text := range []string{
			"\ufeff" + p, p + p, p + "{}", p + "x", p + ",", p + "\x00", "\x00" + p, p + "\n\x1a", p[:len(p)-1], p + "}", "(" + p + ")", "// x\n" + p, "/* */" + p, p + "#", ")]}'\n" + p, "\u00a0" + p, "\v" + p, strings.ReplaceAll(p, `"`, `'`),
			strings.Replace(p, `,"issuer"`, `,,"issuer"`, 1), strings.TrimSuffix(p, "}") + ",}", strings.Replace(p, `":`, `"=`, 1), strings.Replace(p, `"iss"`, `iss`, 1), strings.Replace(p, `"Ada`, "\"\nAda", 1), strings.Replace(p, `"Ada`, "\"\tAda", 1),
			strings.Replace(p, `"Ada`, "\"\x00Ada", 1), strings.Replace(p, `"Ada`, `"\xAda`, 1), strings.Replace(p, `"Ada`, `"\u00gAda`, 1), strings.Replace(p, `"Ada`, `"\`, 1), strings.Replace(p, "false", "False", 1), strings.Replace(p, "false", "no", 1),
		} {
			all = append(all, hostile{fmt.Sprintf("%.30q…%.30q", text, text[len(text)-min(len(text), 10):]), w.body.Signed(text)})
		}
		utf16 := []byte{0xfe, 0xff}
		for _, r := range p {
			utf16 = append(utf16, byte(r>>8), byte(r))
		}
		return append(all, hostile{"UTF-16", w.body.Signed(string(utf16))})
	}},
	{name: "characters that are none", make: func(w *world) (all []hostile) {
		for _, s := range []string{"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3", "\x80", "\xf0\x82\x82\xac"} {
			all = append(all, raw(w, "Ada", "Ada"+s, s)...)
			all = append(all, raw(w, "Consultant/Manager", "Consultant"+s)...)
			all = append(all, raw(w, `"iss":`, `"x`+s+`":1,"iss":`)...)
		}
		for _, s := range []string{`\ud800`, `\udc00`, `\udfff\ud800`, `\ud83d\ud83d`, `\ud83dx`, `\uD800\u0041`} {
			all = append(all, raw(w, "Ada", "Ada"+s, s)...)
			all = append(all, raw(w, `"iss":`, `"x`+s+`":1,"iss":`)...)
			all = append(all, raw(w, `"humanCode":"CM"`, `"humanCode":"CM`+s+`"`)...)
		}
		return all
	}},
	{name: "nesting", make: func(w *world) (all []hostile) {
		for _, depth := range []int{32, 33, 64, 500} {
			all = append(all, raw(w, `"iss":`, `"x":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+`,"iss":`, `"x":`+strings.Repeat(`{"a":`, depth)+"1"+strings.Repeat("}", depth)+`,"iss":`)...)
			all = append(all, raw(w, `"name":"Consultant/Manager"`, `"name":"Consultant/Manager","x":`+strings.Repeat("[", depth)+strings.Repeat("]", depth))...)
		}
		return all
	}},
	{name: "members of a prototype", make: func(w *world) (all []hostile) {
		under := func(names ...string) func(forgery.Object) {
			return func(doc forgery.Object) {
				proto := forgery.Object{}
				for _, name := range names {
					proto[name] = doc[name]
					delete(doc, name)
				}
				doc["__proto__"] = proto
			}
		}
		for _, name := range []string{"@context", "id", "type", "issuer", "validFrom", "credentialSubject", "credentialStatus"} {
			all = append(all, hostile{name, w.body.Certificate(under(name))})
		}
		all = append(all, hostile{"dates", w.body.Certificate(under("validUntil", "exp", "validFrom", "nbf"))},
			hostile{"everything", w.body.Certificate(under("@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject", "credentialStatus"))})
		for _, name := range []string{"type", "statusPurpose", "statusListIndex", "statusListCredential"} {
			all = append(all, hostile{"status " + name, w.body.Certificate(func(doc forgery.Object) { under(name)(doc["credentialStatus"].(forgery.Object)) })})
		}
		return append(all, raw(w, `"iss":`, `"__proto__":{"a":1},"__proto__":{"a":2},"iss":`)...)
	}},
	{name: "identifiers and resources", make: func(w *world) (all []hostile) {
		for _, uri := range []any{"certificates/1", "/certificates/1", "//certs.example.org/1", "1", "", " ", "https://", "http ://x", "https://a b/", "https://a/\u0000", "https://user@certs.example.org/1", `https://certs.example.org\1`, "https://certs.example.org/<script>", "https://certs.example.org/%zz", "https://[::1", ":x", "https://é.example/é", []any{"x"}} {
			all = append(all, hostile{fmt.Sprintf("id %q", uri), w.body.Certificate(forgery.Set("jti", gone), forgery.Set("id", uri))})
			all = append(all, altered(w, "credentialSubject.achievement.id", uri)...)
			if uri != "" {
				all = append(all, hostile{fmt.Sprintf("subject %q", uri), w.body.Certificate(forgery.Set("sub", gone), forgery.Set("credentialSubject.id", uri))})
			}
		}
		all = append(all, altered(w, "relatedResource", []any{forgery.Object{"id": "https://x.example/1"}}, []any{forgery.Object{"id": "x", "digestSRI": "sha256-x"}}, "x", []any{forgery.Object{"id": "https://x.example/1", "digestSRI": "a"}, forgery.Object{"id": "https://x.example/1", "digestSRI": "b"}})...)
		all = append(all, altered(w, "evidence", []any{forgery.Object{"type": "Proof"}}, []any{forgery.Object{}}, "x")...)
		all = append(all, altered(w, "credentialSchema", forgery.Object{"id": "x", "type": "y"}, forgery.Object{"id": "https://x.example/1"}, "x", []any{forgery.Object{}})...)
		all = append(all, altered(w, "credentialSubject", []any{}, "urn:uuid:0", forgery.Object{"id": "urn:uuid:0"})...)
		all = append(all, altered(w, "credentialSubject.identifier", []any{forgery.Object{"type": "IdentityObject", "identityHash": "Ada"}}, []any{forgery.Object{"type": "Name", "identityHash": "Ada", "identityType": "name"}}, []any{forgery.Object{"type": "IdentityObject", "identityHash": "", "identityType": "name"}}, "Ada")...)
		return append(all, hostile{"subjects in an array", w.body.Certificate(func(doc forgery.Object) { doc["credentialSubject"] = []any{doc["credentialSubject"]} })})
	}},
	{name: "key ids", make: func(w *world) (all []hostile) {
		for _, kid := range []string{w.body.Lists.ID, w.partner.Credential.ID, w.purposes[keys.ForLog].ID, w.purposes[keys.ForCredential].ID, bodyURL, bodyURL + "/keys/", w.body.Credential.ID + "%00", "../" + w.body.Credential.ID, "' OR 1=1 --", strings.Repeat("a", 256), strings.Repeat("a", 10<<10)} {
			s := *w.body.Credential
			s.ID = kid
			all = append(all, hostile{fmt.Sprintf("%.40s", kid), s.Token(s.Header(keys.TypeVC), w.body.Payload())})
		}
		return all
	}},
}

// everyMember goes through all members of all objects of a JSON text: insert
// gives the text with the member replaced by others.
func everyMember(text string, each func(at, name, value string, insert func(string) string)) {
	var walk func(prefix, value, suffix, at string)
	walk = func(prefix, value, suffix, at string) {
		dec := json.NewDecoder(strings.NewReader(value))
		opening, err := dec.Token()
		if err != nil {
			panic(err)
		}
		delim, ok := opening.(json.Delim)
		if !ok {
			return
		}
		for n := 0; dec.More(); n++ {
			start, name := int(dec.InputOffset()), fmt.Sprint(n)
			if delim == '{' {
				key, _ := dec.Token()
				name = key.(string)
			}
			var inner json.RawMessage
			if err := dec.Decode(&inner); err != nil {
				panic(err)
			}
			end := int(dec.InputOffset())
			head, tail := prefix+value[:start], value[end:]+suffix
			if value[start] == ',' {
				head += ","
			}
			if delim == '{' {
				each(at+"."+name, name, string(inner), func(members string) string { return head + members + tail })
				head += fmt.Sprintf("%q:", name)
			}
			walk(head, string(inner), tail, at+"."+name)
		}
	}
	walk("", text, "", "")
}

// None of the hostile certificates is valid, most of them under a good signature
// of a trusted key, and each family deceives the naive twin.
func TestNoHostileCertificateIsValid(t *testing.T) {
	w := newWorld(t)
	total, deceiving, signed := 0, 0, 0
	seen := map[string]bool{}
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			fooled, n := 0, 0
			for _, h := range f.make(w) {
				if seen[h.token] {
					continue
				}
				seen[h.token] = true
				n++
				verdict, _, err := judged(t, w.verifier, h.token)
				if err != nil || verdict == verifier.Valid {
					t.Errorf("%s: %s, %v", h.name, verdict, err)
				}
				if outcome(w.verifier.Examine(t.Context(), h.token), verifier.Signature) == verifier.Passed {
					signed++
				}
				if w.naive(h.token) {
					fooled++
				}
			}
			if fooled == 0 {
				t.Errorf("none of %d deceives the naive twin", n)
			}
			total, deceiving = total+n, deceiving+fooled
			t.Logf("%d, of which %d deceive the naive twin", n, fooled)
		})
	}
	if total < 400 {
		t.Errorf("%d hostile certificates, want 400 or more", total)
	}
	t.Logf("%d hostile certificates in %d families; %d pass the three gates, %d deceive the naive twin", total, len(families), signed, deceiving)
}

// T03 the other way round: whatever is published in place of a list, by whichever
// key, only the list by the list key is read as one.
func TestOnlyTheListKeySignsLists(t *testing.T) {
	w := newWorld(t)
	token := w.body.Certificate()
	kinds := map[string]string{
		"list": w.body.ListPayload(credential.PurposeRevocation, nil), "certificate": w.body.Payload(),
		"receipt": `{"iss":"` + bodyURL + `","receipt":{}}`, "checkpoint": `{"iss":"` + bodyURL + `","size":1}`, "manifest": `{"iss":"` + bodyURL + `","keys":[]}`,
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, p := range allPurposes {
			w.lists[revocationURL] = w.purposes[p].Token(w.purposes[p].Header(keys.TypeVC), kinds[kind])
			r := w.verifier.Examine(t.Context(), token)
			if expect := kind == "list" && p == keys.ForStatusList; expect != (r.Verdict == verifier.Valid) {
				t.Errorf("%s by the %s key: %s", kind, p, r.Verdict)
			} else if !expect && undecided(r) != nil {
				t.Errorf("%s by the %s key: %v", kind, p, undecided(r))
			}
		}
	}
}
