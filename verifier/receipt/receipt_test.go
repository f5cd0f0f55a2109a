package receipt_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/receipt"
)

const (
	bodyURL  = "https://certs.example.org"
	otherURL = "https://other.example.org"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var purposes = []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt, keys.ForLog, keys.ForManifest}

// newRing makes a body a key for each purpose.
func newRing(t testing.TB, body string, of ...keys.Purpose) *keys.Ring {
	t.Helper()
	var list []*keys.Private
	for _, p := range of {
		k, err := keys.Generate(body, p, keys.ES256, noon)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	ring, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func trust(t testing.TB, sets map[string]*keys.Set) *verifier.Trust {
	t.Helper()
	var list []*verifier.Issuer
	for id, set := range sets {
		list = append(list, &verifier.Issuer{ID: id, Name: "Specimen Certification Body", Keys: set})
	}
	trust, err := verifier.NewTrust(list, nil)
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

// report is one in which everything is said that a report can say.
func report() *verifier.Report {
	at, asOf, matches := noon.AddDate(0, 0, -3), noon.Add(-time.Hour), true
	r := &verifier.Report{
		Verdict: verifier.Valid, CheckedAt: noon, At: &at, StatusAsOf: &asOf, NameMatches: &matches,
		StatusLists: []verifier.ListUsed{{
			URL: bodyURL + "/status/1", Purpose: credential.PurposeRevocation,
			ValidFrom: asOf, ValidUntil: asOf.Add(24 * time.Hour), Digest: credential.Digest([]byte("list")),
		}},
		Checks:  []verifier.Check{{Name: verifier.Format, Outcome: verifier.Passed, Detail: "It is <well> formed & “signed”."}},
		Payload: json.RawMessage(`{"credentialSubject":"Ada Specimen"}`),
		Certificate: &credential.Credential{
			ID: bodyURL + "/certificates/0123456789ABCDEFGHJKMNPQRS", Issuer: credential.Profile{ID: bodyURL},
			Subject: credential.Subject{
				LicenseNumber: "SCB-7Q2F9-KXM4C",
				Identifier:    []credential.IdentityObject{{IdentityHash: "Ada Specimen", IdentityType: "name"}},
				Achievement:   credential.Achievement{Name: "Foundation Certificate"},
			},
		},
	}
	return r
}

func zeros() io.Reader { return bytes.NewReader(make([]byte, 16)) }

func give(t testing.TB, signer receipt.Signer, presented []byte) string {
	t.Helper()
	desk := receipt.Desk{Body: bodyURL, Signer: signer, Now: func() time.Time { return noon }, Random: zeros()}
	text, err := desk.Give(t.Context(), report(), presented)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReceiptSaysWhatWasFound(t *testing.T) {
	ring := newRing(t, bodyURL, keys.ForReceipt)
	issuers := trust(t, map[string]*keys.Set{bodyURL: ring.Set()})
	document := []byte("%PDF- what was presented")
	for _, presented := range [][]byte{document, nil, {}} {
		text := give(t, ring, presented)
		got, err := receipt.Open(issuers, "\n "+text+"\r\n")
		if err != nil {
			t.Fatal(err)
		}
		r := report()
		want := &receipt.Receipt{
			Issuer: bodyURL, ID: "urn:uuid:00000000-0000-4000-8000-000000000000", IssuedAt: credential.NumericDate(noon.Unix()),
			Certificate: &receipt.Certificate{
				ID: r.Certificate.ID, Issuer: bodyURL, Number: "SCB-7Q2F9-KXM4C", Title: "Foundation Certificate", Digest: credential.Digest(r.Payload),
			},
			Verdict: "valid", CheckedAt: noon, At: r.At, StatusAsOf: r.StatusAsOf, StatusLists: r.StatusLists, NameMatches: r.NameMatches, Checks: r.Checks,
		}
		if presented != nil {
			want.Presented = credential.Digest(presented)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if !receipt.Is(text) || !receipt.Is(" "+text+"\n") {
			t.Error("it is not taken for a receipt")
		}
		if claimed := payloadOf(t, text); strings.Contains(claimed, "Ada") {
			t.Errorf("it names the holder: %s", claimed)
		}
	}
}

// What never reached the checks gets a receipt too, of that.
func TestReceiptOfWhatCouldNotBeDecided(t *testing.T) {
	ring := newRing(t, bodyURL, keys.ForReceipt)
	issuers := trust(t, map[string]*keys.Set{bodyURL: ring.Set()})
	desk := receipt.Desk{Body: bodyURL, Signer: ring}
	seen := map[string]bool{}
	for _, verdict := range []verifier.Verdict{verifier.Invalid, verifier.Indeterminate, verifier.Invalid} {
		text, err := desk.Give(t.Context(), verifier.NewReport(time.Now(), verdict, verifier.NoCredential, "Nothing in it can be checked."), []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := receipt.Open(issuers, text)
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != verdict.String() || got.Reason != verifier.NoCredential || got.Certificate != nil || len(got.Checks) == 0 || seen[got.ID] {
			t.Errorf("%+v", got)
		}
		if age := time.Since(time.Unix(int64(got.IssuedAt), 0)); age < 0 || age > time.Minute {
			t.Errorf("issued %s ago", age)
		}
		seen[got.ID] = true
	}
}

func payloadOf(t testing.TB, text string) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(payload)
}

// Every purpose signs, and every purpose is read for: what is of another opens
// nowhere. That nothing but the purpose stands between, the twin shows: with the
// same keys published for receipts all of it opens.
func TestOnlyAReceiptKeySignsReceipts(t *testing.T) {
	ring := newRing(t, bodyURL, purposes...)
	issuers := trust(t, map[string]*keys.Set{bodyURL: ring.Set()})
	twin := trust(t, map[string]*keys.Set{bodyURL: republished(t, ring.Set(), "receipt")})
	untold := trust(t, map[string]*keys.Set{bodyURL: republished(t, ring.Set(), "")}) // keys of no purpose are for credentials and lists
	payload := payloadOf(t, give(t, ring, nil))
	for _, signer := range purposes {
		text, err := ring.Sign(t.Context(), signer, receipt.Type, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		_, err = receipt.Open(issuers, text)
		if signer == keys.ForReceipt && err != nil || signer != keys.ForReceipt && !errors.Is(err, keys.ErrPurpose) {
			t.Errorf("signed with a %s key: %v", signer, err)
		}
		if _, err := receipt.Open(twin, text); err != nil {
			t.Errorf("the twin refuses what a %s key has signed: %v", signer, err)
		}
		if _, err := receipt.Open(untold, text); !errors.Is(err, keys.ErrPurpose) {
			t.Errorf("keys without a purpose: %v", err)
		}
		// And the other way: what a receipt key has signed is nothing else.
		for _, typ := range []string{receipt.Type, keys.TypeVC, keys.TypeJWT} {
			text, err := ring.Sign(t.Context(), keys.ForReceipt, typ, []byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			token, err := keys.Parse(text, signer)
			if err != nil {
				t.Fatal(err)
			}
			_, err = ring.Set().Open(token, receipt.Type, keys.TypeVC, keys.TypeJWT)
			if signer == keys.ForReceipt && err != nil || signer != keys.ForReceipt && !errors.Is(err, keys.ErrPurpose) {
				t.Errorf("signed with a receipt key as %s, read as %s: %v", typ, signer, err)
			}
			_, err = receipt.Open(issuers, text)
			if typ == receipt.Type && err != nil || typ != receipt.Type && !errors.Is(err, keys.ErrMalformed) {
				t.Errorf("a receipt of type %s: %v", typ, err)
			}
			if receipt.Is(text) != (typ == receipt.Type) {
				t.Errorf("type %s is taken for a receipt: %t", typ, receipt.Is(text))
			}
		}
	}
}

// republished is the set with another purpose for every key, "" for none.
func republished(t testing.TB, set *keys.Set, purpose string) *keys.Set {
	t.Helper()
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, k := range doc.Keys {
		if k["purpose"] = purpose; purpose == "" {
			delete(k, "purpose")
		}
	}
	if text, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if set, err = keys.ParseSet(text); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestOneAlteredByteIsNoReceipt(t *testing.T) {
	ring := newRing(t, bodyURL, keys.ForReceipt)
	issuers := trust(t, map[string]*keys.Set{bodyURL: ring.Set()})
	text := []byte(give(t, ring, []byte("x")))
	tried := 0
	for i, old := range text {
		for _, c := range []byte{'A', '_', '.', '=', old ^ 1, old ^ 0x20} {
			if c == old || i == len(text)-1 && strings.ContainsRune(" \t\r\n", rune(c)) {
				continue
			}
			text[i] = c
			tried++
			if r, err := receipt.Open(issuers, string(text)); err == nil {
				t.Fatalf("byte %d changed from %q to %q: %+v", i, old, c, r)
			}
		}
		text[i] = old
	}
	if _, err := receipt.Open(issuers, string(text)); err != nil {
		t.Errorf("unchanged, after %d changes: %v", tried, err)
	}
}

func TestReceiptOfAnotherBody(t *testing.T) {
	own, other := newRing(t, bodyURL, keys.ForReceipt), newRing(t, otherURL, keys.ForReceipt)
	both := trust(t, map[string]*keys.Set{bodyURL: own.Set(), otherURL: other.Set()})
	one := trust(t, map[string]*keys.Set{bodyURL: own.Set()})
	text := give(t, own, nil)
	forged := give(t, other, nil) // the other body signs in our name
	for _, c := range []struct {
		name    string
		issuers verifier.Issuers
		text    string
		want    error
	}{
		{"ours", both, text, nil},
		{"in our name, by another that is trusted", both, forged, keys.ErrUnknownKey},
		{"in our name, by another that is not", one, forged, keys.ErrUnknownKey},
		{"of a body that is not trusted", one, sign(t, other, strings.Replace(payloadOf(t, text), bodyURL, otherURL, 1)), receipt.ErrNotTrusted},
		{"of a body that is", both, sign(t, other, strings.Replace(payloadOf(t, text), bodyURL, otherURL, 1)), nil},
		{"of nobody", both, sign(t, own, strings.Replace(payloadOf(t, text), `"iss":"`+bodyURL+`"`, `"iss":""`, 1)), receipt.ErrNotTrusted},
		{"of a body below ours", both, sign(t, own, strings.Replace(payloadOf(t, text), `"iss":"`+bodyURL+`"`, `"iss":"`+bodyURL+`/"`, 1)), receipt.ErrNotTrusted},
		{"of a body in capitals", both, sign(t, own, strings.Replace(payloadOf(t, text), `"iss":"`+bodyURL+`"`, `"iss":"`+strings.ToUpper(bodyURL)+`"`, 1)), receipt.ErrNotTrusted},
	} {
		if _, err := receipt.Open(c.issuers, c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func sign(t testing.TB, ring *keys.Ring, payload string) string {
	t.Helper()
	text, err := ring.Sign(t.Context(), keys.ForReceipt, receipt.Type, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Signed as it may be, what two readers could read as two things is no receipt.
// The twin reads as encoding/json does, and takes each of the ambiguous ones.
func TestReceiptIsReadOneWay(t *testing.T) {
	ring := newRing(t, bodyURL, keys.ForReceipt)
	issuers := trust(t, map[string]*keys.Set{bodyURL: ring.Set()})
	good := payloadOf(t, give(t, ring, nil))
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	for _, c := range []struct {
		name, payload string
		twin          bool // takes it
	}{
		{"second issuer in capitals", replace(`{"iss":`, `{"ISS":"https://evil.example","iss":`), true},
		{"issuer in capitals", replace(`"iss":`, `"ISS":`), true},
		{"verdict in capitals", replace(`"verdict":"valid"`, `"verdict":"invalid","Verdict":"valid"`), true},
		{"verdict twice", replace(`"verdict":"valid"`, `"verdict":"invalid","verdict":"valid"`), true},
		{"verdict of a certificate's check", replace(`"outcome":"passed"`, `"outcome":"failed","Outcome":"passed"`), true},
		{"something after it", good + `{}`, false},
		{"not JSON", "valid", false},
		{"an array", "[" + good + "]", false},
		{"null", "null", false},
		{"no verdict", replace(`"verdict":"valid",`, ``), false},
		{"empty verdict", replace(`"verdict":"valid"`, `"verdict":""`), false},
		{"verdict of another spelling", replace(`"verdict":"valid"`, `"verdict":"Valid"`), false},
		{"verdict of another word", replace(`"verdict":"valid"`, `"verdict":"ok"`), false},
		{"verdict true", replace(`"verdict":"valid"`, `"verdict":true`), false},
		{"no id", replace(`"jti":"urn:uuid:00000000-0000-4000-8000-000000000000",`, ``), false},
		{"no time", replace(`"checkedAt":"2026-11-20T12:00:00Z",`, ``), false},
		{"no time of issue", replace(fmt.Sprintf(`"iat":%d,`, noon.Unix()), ``), false},
		{"a time that is none", replace(`"checkedAt":"2026-11-20T12:00:00Z"`, `"checkedAt":"2026-11-31T12:00:00Z"`), false},
	} {
		_, err := receipt.Open(issuers, sign(t, ring, c.payload))
		if !errors.Is(err, receipt.ErrMalformed) && !errors.Is(err, receipt.ErrNotTrusted) {
			t.Errorf("%s: %v", c.name, err)
		}
		var lax receipt.Receipt
		if err := json.Unmarshal([]byte(c.payload), &lax); (err == nil && lax.Verdict == "valid" && lax.Issuer != "" && lax.ID != "" && lax.IssuedAt != 0 && !lax.CheckedAt.IsZero()) != c.twin {
			t.Errorf("%s: the twin reads %+v, %v", c.name, lax, err)
		}
	}
	// What a later release may add does not keep this one from reading.
	if _, err := receipt.Open(issuers, sign(t, ring, replace(`{"iss":`, `{"later":[1],"iss":`))); err != nil {
		t.Errorf("with a further member: %v", err)
	}
}

func TestReceiptHasALimit(t *testing.T) {
	ring := newRing(t, bodyURL, keys.ForReceipt)
	issuers := trust(t, map[string]*keys.Set{bodyURL: ring.Set()})
	desk := receipt.Desk{Body: bodyURL, Signer: ring}
	given, refused := 0, 0
	for _, size := range []int{100, 1000, 5000, 10_000, 12_000, 16_000, 100_000} {
		r := report()
		r.Certificate.Subject.Achievement.Name = strings.Repeat("n", size)
		text, err := desk.Give(t.Context(), r, nil)
		if err != nil {
			refused++
			continue
		}
		given++
		if _, err := receipt.Open(issuers, text); err != nil {
			t.Errorf("given with a title of %d bytes, but not read: %v", size, err)
		}
	}
	if given < 3 || refused < 2 {
		t.Errorf("%d given, %d refused", given, refused)
	}
	long := sign(t, ring, `{"iss":"`+bodyURL+`","pad":"`+strings.Repeat("x", keys.MaxToken)+`"}`)
	if _, err := receipt.Open(issuers, long); !errors.Is(err, keys.ErrMalformed) || receipt.Is(long) {
		t.Errorf("%d bytes: %v", len(long), err)
	}
	for _, text := range []string{"", " ", "..", "a.b.c", strings.Repeat("A", 1<<20), "eyJ", strings.Repeat(".", 1000)} {
		if _, err := receipt.Open(issuers, text); !errors.Is(err, keys.ErrMalformed) || receipt.Is(text) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// mute is a signer that does not sign.
type mute struct{}

func (mute) Sign(context.Context, keys.Purpose, string, []byte) (string, error) {
	return "", errors.New("signer is away")
}

func TestNoReceiptWithoutSignatureOrId(t *testing.T) {
	ring := newRing(t, bodyURL, keys.ForReceipt)
	for name, desk := range map[string]receipt.Desk{
		"no signer": {Body: bodyURL, Signer: mute{}},
		"no key":    {Body: bodyURL, Signer: newRing(t, bodyURL, keys.ForCredential)},
		"no random": {Body: bodyURL, Signer: ring, Random: bytes.NewReader(nil)},
		"little":    {Body: bodyURL, Signer: ring, Random: bytes.NewReader(make([]byte, 15))},
	} {
		if text, err := desk.Give(t.Context(), report(), nil); err == nil || text != "" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
