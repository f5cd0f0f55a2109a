package verifier_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

// listFault is one thing that can be wrong with a published list. It makes what
// is published at the URL in place of the good list.
type listFault struct {
	name string
	make func(t *testing.T, h *house, url, purpose string) (string, error)
}

// relisted is the list after a change, signed as a list should be.
func relisted(change func(object)) func(*testing.T, *house, string, string) (string, error) {
	return func(t *testing.T, h *house, url, purpose string) (string, error) {
		t.Helper()
		return h.list(t, url, purpose, nil, change), nil
	}
}

func packed(t *testing.T, parts ...[]byte) string {
	t.Helper()
	var b bytes.Buffer
	for _, part := range parts {
		w := gzip.NewWriter(&b)
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func reencoded(parts ...int) func(*testing.T, *house, string, string) (string, error) {
	return func(t *testing.T, h *house, url, purpose string) (string, error) {
		t.Helper()
		var raw [][]byte
		for _, n := range parts {
			raw = append(raw, make([]byte, n))
		}
		return h.list(t, url, purpose, nil, set("credentialSubject.encodedList", packed(t, raw...))), nil
	}
}

var stranger = "https://stranger.example.org"

var listFaults = []listFault{
	{"missing", func(*testing.T, *house, string, string) (string, error) { return "", errors.New("no such list") }},
	{"server error", func(_ *testing.T, _ *house, url, _ string) (string, error) {
		return "", fmt.Errorf("%s answered %s", url, http.StatusText(500))
	}},
	{"gone", func(*testing.T, *house, string, string) (string, error) { return "", verifier.ErrNoSuch }},
	{"empty answer", func(*testing.T, *house, string, string) (string, error) { return "", nil }},
	{"a web page", func(*testing.T, *house, string, string) (string, error) { return "<html>maintenance</html>", nil }},
	{"a list without signature", func(t *testing.T, h *house, url, purpose string) (string, error) {
		return string(h.listPayload(t, url, purpose, nil)), nil
	}},
	{"alg none", func(t *testing.T, h *house, url, purpose string) (string, error) {
		k, _ := h.ring.Active(keys.ForStatusList)
		header := strings.Replace(headerOf(k, k.ID, keys.TypeVC), "ES256", "none", 1)
		parts := strings.Split(forged(t, k, header, string(h.listPayload(t, url, purpose, nil))), ".")
		return parts[0] + "." + parts[1] + ".", nil
	}},
	{"tampered", func(t *testing.T, h *house, url, purpose string) (string, error) {
		a := strings.Split(h.list(t, url, purpose, []int{place}), ".")
		b := strings.Split(h.list(t, url, purpose, nil), ".")
		return a[0] + "." + b[1] + "." + a[2], nil
	}},
	{"signed with the credential key", func(t *testing.T, h *house, url, purpose string) (string, error) {
		return h.sign(t, keys.ForCredential, keys.TypeVC, h.listPayload(t, url, purpose, nil)), nil
	}},
	{"signed by a stranger", func(t *testing.T, h *house, url, purpose string) (string, error) {
		return newHouseAt(t, stranger, keys.ES256).sign(t, keys.ForStatusList, keys.TypeVC, h.listPayload(t, url, purpose, nil)), nil
	}},
	{"signed by a stranger under our kid", func(t *testing.T, h *house, url, purpose string) (string, error) {
		k := private(t, stranger, keys.ForStatusList, keys.ES256)
		own, _ := h.ring.Active(keys.ForStatusList)
		return forged(t, k, headerOf(k, own.ID, keys.TypeVC), string(h.listPayload(t, url, purpose, nil))), nil
	}},
	{"of a stranger, whole", func(t *testing.T, _ *house, _, purpose string) (string, error) {
		other := newHouseAt(t, stranger, keys.ES256)
		if purpose == credential.PurposeSuspension {
			return other.lists[stranger+"/status/1-suspension"], nil
		}
		return other.lists[stranger+"/status/1"], nil
	}},
	{"typ JWT", func(t *testing.T, h *house, url, purpose string) (string, error) {
		return h.sign(t, keys.ForStatusList, keys.TypeJWT, h.listPayload(t, url, purpose, nil)), nil
	}},
	{"typ of the IETF's list", func(t *testing.T, h *house, url, purpose string) (string, error) {
		return h.sign(t, keys.ForStatusList, "statuslist+jwt", h.listPayload(t, url, purpose, nil)), nil
	}},
	{"payload not JSON", func(t *testing.T, h *house, _, _ string) (string, error) {
		return h.sign(t, keys.ForStatusList, keys.TypeVC, []byte(`{"id":`)), nil
	}},
	{"payload with two lists", func(t *testing.T, h *house, url, purpose string) (string, error) {
		text := string(h.listPayload(t, url, purpose, nil))
		return h.sign(t, keys.ForStatusList, keys.TypeVC, []byte(strings.Replace(text, `"encodedList":`, `"encodedList":"u","encodedList":`, 1))), nil
	}},
	{"a certificate", func(t *testing.T, h *house, _, _ string) (string, error) { return h.token(t), nil }},
	{"a certificate signed with the list key", func(t *testing.T, h *house, _, _ string) (string, error) {
		return h.sign(t, keys.ForStatusList, keys.TypeVC, h.payload(t)), nil
	}},
	{"purpose refresh", relisted(set("credentialSubject.statusPurpose", "refresh"))},
	{"purpose message", relisted(set("credentialSubject.statusPurpose", []string{"message"}))},
	{"the other purpose", func(t *testing.T, h *house, url, purpose string) (string, error) {
		if purpose == credential.PurposeRevocation {
			return h.list(t, url, credential.PurposeSuspension, nil), nil
		}
		return h.list(t, url, credential.PurposeRevocation, nil), nil
	}},
	{"another id", relisted(set("id", bodyURL+"/status/2"))},
	{"id with a slash", relisted(func(doc object) { doc["id"] = doc["id"].(string) + "/" })},
	{"another issuer inside", relisted(set("issuer", stranger))},
	{"iss of another", relisted(set("iss", stranger))},
	{"out of date", relisted(set("validUntil", noon.Add(-time.Second).Format(time.RFC3339)))},
	{"out of date this second", relisted(set("validUntil", noon.Format(time.RFC3339)))},
	{"of yesterday", relisted(all(set("validFrom", noon.Add(-25*time.Hour).Format(time.RFC3339)), set("validUntil", noon.Add(-time.Hour).Format(time.RFC3339))))},
	{"without end", relisted(set("validUntil", nil))},
	{"of the future", relisted(set("validFrom", noon.Add(61*time.Second).Format(time.RFC3339)))},
	{"without beginning", relisted(set("validFrom", nil))},
	{"of another type", relisted(set("type", []string{"VerifiableCredential"}))},
	{"without context", relisted(set("@context", nil))},
	{"entries of two bits", relisted(set("credentialSubject.statusSize", 2))},
	{"not multibase", relisted(set("credentialSubject.encodedList", "H4sIAAAA"))},
	{"not compressed", relisted(set("credentialSubject.encodedList", "u"+base64.RawURLEncoding.EncodeToString(make([]byte, statuslist.MinEntries/8))))},
	{"empty bits", relisted(set("credentialSubject.encodedList", "u"))},
	{"short", reencoded(statuslist.MinEntries/8 - 1)},
	{"of no entries", reencoded(0)},
	{"in two members", reencoded(statuslist.MinEntries/8, statuslist.MinEntries/8)},
	{"a bomb", reencoded(4 << 20)},
	{"too long a token", func(*testing.T, *house, string, string) (string, error) {
		return strings.Repeat("A", keys.MaxListToken+1), nil
	}},
	{"the index is past the end", reencoded(statuslist.MinEntries / 8)}, // with the certificate at 131072, see below
}

// spoilt publishes the fault in place of the list of one purpose.
func spoilt(t *testing.T, h *house, f listFault, purpose string) verifier.Statuses {
	t.Helper()
	bad := revocationURL
	if purpose == credential.PurposeSuspension {
		bad = suspensionURL
	}
	text, err := f.make(t, h, bad, purpose)
	return answer(func(url string) (string, error) {
		if url == bad {
			return text, err
		}
		return h.lists.StatusList(t.Context(), url)
	})
}

// certificateFor is the certificate that the fault is shown with.
func certificateFor(t *testing.T, h *house, f listFault, changes ...func(object)) string {
	t.Helper()
	if strings.Contains(f.name, "past the end") {
		changes = append(changes, set("credentialStatus.statusListIndex", fmt.Sprint(statuslist.MinEntries)))
	}
	return h.token(t, changes...)
}

// undecided is what must hold of every report on a certificate whose list has a
// fault: it cannot be decided, and everything else has passed.
func undecided(r *verifier.Report) error {
	if err := want(r, verifier.Indeterminate, verifier.StatusUnavailable); err != nil {
		return err
	}
	for _, c := range r.Checks {
		if expect := map[bool]verifier.Outcome{true: verifier.OutcomeUnknown, false: verifier.Passed}[c.Name == verifier.Status]; c.Outcome != expect {
			return fmt.Errorf("check %s: %s, want %s", c.Name, c.Outcome, expect)
		}
	}
	return nil
}

func TestAFaultyListDecidesNothing(t *testing.T) {
	h := newHouse(t)
	for _, purpose := range []string{credential.PurposeRevocation, credential.PurposeSuspension} {
		for _, f := range listFaults {
			t.Run(purpose+"/"+f.name, func(t *testing.T) {
				v := h.verifier(t)
				if err := want(v.Examine(t.Context(), h.token(t)), verifier.Valid, verifier.None); err != nil {
					t.Fatalf("with good lists: %v", err)
				}
				v.Statuses = spoilt(t, h, f, purpose)
				token := certificateFor(t, h, f)
				if err := undecided(v.Examine(t.Context(), token)); err != nil {
					t.Error(err)
				}
				if c, err := v.Verify(t.Context(), token); c != nil || err == nil {
					t.Errorf("Verify: %v, %v", c, err)
				}
				// What fails definitely still does.
				if err := want(v.Examine(t.Context(), certificateFor(t, h, f, until("2026-11-19T12:00:00Z"))), verifier.Invalid, verifier.Expired); err != nil {
					t.Error(err)
				}
			})
		}
	}
	t.Logf("%d faults of two lists", len(listFaults))
}

// believing is a broken twin: a source that answers every fault with a list in
// which nothing is withdrawn.
func believing(t *testing.T, h *house) verifier.Statuses {
	t.Helper()
	return answer(func(url string) (string, error) {
		purpose := credential.PurposeRevocation
		if url == suspensionURL {
			purpose = credential.PurposeSuspension
		}
		return h.list(t, url, purpose, nil), nil
	})
}

func TestABelievingTwinWouldBeNoticed(t *testing.T) {
	h := newHouse(t)
	for _, f := range listFaults {
		if strings.Contains(f.name, "past the end") {
			continue // a fault of the certificate: an empty list does not hide it
		}
		v := h.verifier(t)
		v.Statuses = believing(t, h)
		if undecided(v.Examine(t.Context(), certificateFor(t, h, f))) == nil {
			t.Errorf("%s: the test of this fault would pass with a source that believes anything", f.name)
		}
	}
}

// What the certificate says of its place can be wrong as well. Each list is
// published where it is named, in perfect order.
func TestAStrangePlaceDecidesNothing(t *testing.T) {
	h := newHouse(t)
	for _, url := range []string{
		"https://evil.example/status/1",
		"https://certs.example.org.evil.example/status/1",
		"https://certs.example.org@evil.example/status/1",
		"https://certs.example.org:8443/status/1",
		"http://certs.example.org/status/1",
		"HTTPS://certs.example.org/status/1",
		"https://CERTS.example.org/status/1",
		"https://certs.example.org/other/1",
		"https://certs.example.org/statuses/1",
		"https://certs.example.org/status",
		"https://certs.example.org/status/../admin",
		"https://certs.example.org/status/a/../../admin",
		"https://certs.example.org/status/..%2fadmin",
		"https://certs.example.org/status/%2e%2e/admin",
		"https://certs.example.org/status/%2E%2E/admin",
		"https://certs.example.org/status/1?next=https://evil.example",
		"https://certs.example.org/status/1#2",
		`https://certs.example.org/status/..\admin`,
		"https://certs.example.org/status/@evil.example",
		"file:///status/1",
		"data:,status",
		"https://2130706433/status/1",
		"https://169.254.169.254/latest/meta-data",
	} {
		for _, purpose := range []string{credential.PurposeRevocation, credential.PurposeSuspension} {
			member := "credentialStatus.statusListCredential"
			if purpose == credential.PurposeSuspension {
				member = "credentialStatus.statusReference"
			}
			v := h.verifier(t)
			asked := false
			v.Statuses = answer(func(u string) (string, error) {
				if asked = asked || u == url; u == url {
					return h.list(t, u, purpose, nil), nil
				}
				return h.lists.StatusList(t.Context(), u)
			})
			r := v.Examine(t.Context(), h.token(t, set(member, url)))
			if r.Verdict == verifier.Valid || asked {
				t.Errorf("%s of %s: %s, asked %v", purpose, url, r.Verdict, asked)
			}
			if r.Verdict == verifier.Invalid && r.Reason != verifier.Malformed {
				t.Errorf("%s of %s: %s", purpose, url, r.Reason)
			}
		}
	}
}

// A prefix reaches what is behind a slash, and never another name that begins
// as it does.
func TestAPrefixEndsAtASlash(t *testing.T) {
	for _, c := range []struct {
		prefix, url string
		verdict     verifier.Verdict
	}{
		{"https://certs.example.org/status/", "https://certs.example.org/status/1", verifier.Valid},
		{"https://certs.example.org/status/", "https://certs.example.org/status/2026/1", verifier.Valid},
		{"https://certs.example.org/status/1", "https://certs.example.org/status/1", verifier.Valid},
		{"https://certs.example.org/", "https://certs.example.org/status/1", verifier.Valid},
		{"https://certs.example.org/status/1", "https://certs.example.org/status/12", verifier.Indeterminate},
		{"https://certs.example.org/status/1", "https://certs.example.org/status/1/2", verifier.Valid},
		{"https://certs.example.org/status", "https://certs.example.org/status/1", verifier.Valid},
		{"https://certs.example.org/status", "https://certs.example.org/status-of-guests/1", verifier.Indeterminate},
		{"https://certs.example.org", "https://certs.example.org.evil.example/status/1", verifier.Indeterminate},
		{"https://certs.example.org", "https://certs.example.org:8443/status/1", verifier.Indeterminate},
		{"https://certs.example.org", "https://certs.example.organisation/status/1", verifier.Indeterminate},
	} {
		h := newHouse(t)
		h.issuer.StatusLists = []string{c.prefix}
		v := &verifier.Verifier{Issuers: only{h.issuer}, Now: func() time.Time { return noon }}
		v.Statuses = answer(func(url string) (string, error) { return h.list(t, url, credential.PurposeRevocation, nil), nil })
		token := h.token(t, set("credentialStatus.statusListCredential", c.url), set("credentialStatus.statusReference", nil))
		if r := v.Examine(t.Context(), token); r.Verdict != c.verdict {
			t.Errorf("%s under %s: %s, %s", c.url, c.prefix, r.Verdict, r.Summary())
		}
	}
}

// only is a trust in one issuer, taken as it is.
type only struct{ issuer *verifier.Issuer }

func (o only) Issuer(id string) (*verifier.Issuer, bool) { return o.issuer, id == o.issuer.ID }

// An index that is not a plain number makes the certificate malformed; it never
// becomes a place, least of all the first.
func TestAnIndexIsAPlainNumberOrNone(t *testing.T) {
	h := newHouse(t)
	for _, index := range []any{"abc", "", "-1", "+1", "1e5", "1000000000", "9999999999999999999999", "007", "0x1", " 1", "1 ", "1.0", "NaN", "١", 94567, nil} {
		r := h.examine(t, h.token(t, set("credentialStatus.statusListIndex", index)))
		if err := want(r, verifier.Invalid, verifier.Malformed); err != nil {
			t.Errorf("%v: %v", index, err)
		}
	}
	for _, index := range []string{"131072", "131073", "999999999"} {
		if err := undecided(h.examine(t, h.token(t, set("credentialStatus.statusListIndex", index)))); err != nil {
			t.Errorf("%s: %v", index, err)
		}
	}
	for _, index := range []int{0, 7, 131071} {
		token := h.token(t, set("credentialStatus.statusListIndex", fmt.Sprint(index)))
		if err := want(h.examine(t, token), verifier.Valid, verifier.None); err != nil {
			t.Errorf("%d: %v", index, err)
		}
		h.publish(t, credential.PurposeRevocation, index)
		if err := want(h.examine(t, token), verifier.Invalid, verifier.Revoked); err != nil {
			t.Errorf("%d: %v", index, err)
		}
		h.publish(t, credential.PurposeRevocation)
	}
}

// A list may serve both purposes, and its typ may be JWT where the trust entry
// says so.
func TestOtherListsThatAreTaken(t *testing.T) {
	h := newHouse(t)
	h.lists[revocationURL] = h.list(t, revocationURL, "", nil, set("credentialSubject.statusPurpose", []string{"refresh", "revocation"}))
	if err := want(h.examine(t, h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Error(err)
	}
	h.lists[revocationURL] = h.list(t, revocationURL, "revocation", nil, set("validFrom", noon.Add(time.Minute).Format(time.RFC3339)))
	if err := want(h.examine(t, h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Errorf("dated a minute ahead: %v", err)
	}
	h.issuer.OpenBadgesStrict = true
	h.lists[revocationURL] = h.sign(t, keys.ForStatusList, keys.TypeJWT, h.listPayload(t, revocationURL, "revocation", nil))
	if err := want(h.examine(t, h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Errorf("typ JWT: %v", err)
	}
}

// Of two lists the newer decides, and a revocation in either: an old list brings
// nothing back.
func TestOfSeveralSourcesNoneBringsBackWhatIsRevoked(t *testing.T) {
	h := newHouse(t)
	token := h.token(t)
	list := func(purpose, url, from string, entries ...int) verifier.Statuses {
		text := h.list(t, url, purpose, entries, set("validFrom", from))
		return answer(func(asked string) (string, error) {
			if asked == url {
				return text, nil
			}
			return h.lists[asked], nil
		})
	}
	const early, late = "2026-11-20T10:00:00Z", "2026-11-20T11:30:00Z"
	gone := answer(func(string) (string, error) { return "", errors.New("not reached") })
	page := answer(func(string) (string, error) { return "<html>", nil })
	clearEarly, clearLate := list(credential.PurposeRevocation, revocationURL, early), list(credential.PurposeRevocation, revocationURL, late)
	setEarly, setLate := list(credential.PurposeRevocation, revocationURL, early, place), list(credential.PurposeRevocation, revocationURL, late, place)
	offEarly, offLate := list(credential.PurposeSuspension, suspensionURL, early), list(credential.PurposeSuspension, suspensionURL, late)
	onEarly, onLate := list(credential.PurposeSuspension, suspensionURL, early, place), list(credential.PurposeSuspension, suspensionURL, late, place)
	for name, c := range map[string]struct {
		sources verifier.Sources
		verdict verifier.Verdict
		reason  verifier.Reason
	}{
		"both clear":                        {verifier.Sources{clearEarly, clearLate}, verifier.Valid, verifier.None},
		"old one served, new one kept":      {verifier.Sources{clearEarly, setLate}, verifier.Invalid, verifier.Revoked},
		"new one served, old one kept":      {verifier.Sources{setLate, clearEarly}, verifier.Invalid, verifier.Revoked},
		"revocation is final":               {verifier.Sources{clearLate, setEarly}, verifier.Invalid, verifier.Revoked},
		"issuer not reached":                {verifier.Sources{gone, clearLate}, verifier.Valid, verifier.None},
		"issuer not reached, kept revoked":  {verifier.Sources{gone, setEarly}, verifier.Invalid, verifier.Revoked},
		"a page in place of the list":       {verifier.Sources{page, setLate}, verifier.Invalid, verifier.Revoked},
		"neither":                           {verifier.Sources{gone, page}, verifier.Indeterminate, verifier.StatusUnavailable},
		"none":                              {verifier.Sources{}, verifier.Indeterminate, verifier.StatusUnavailable},
		"suspended since":                   {verifier.Sources{offEarly, onLate}, verifier.Invalid, verifier.Suspended},
		"reinstated since":                  {verifier.Sources{onEarly, offLate}, verifier.Valid, verifier.None},
		"reinstated since, the other order": {verifier.Sources{offLate, onEarly}, verifier.Valid, verifier.None},
	} {
		v := h.verifier(t)
		v.Statuses = c.sources
		if err := want(v.Examine(t.Context(), token), c.verdict, c.reason); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
