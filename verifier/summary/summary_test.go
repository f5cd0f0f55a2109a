package summary_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"rsc.io/qr/coding"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// names in twelve scripts, as certificates bear them; the last is as long as one may be
// that still fits.
var names = map[string]string{
	"Latin":      "Ada Łukasiewicz-Wolfeschlegelsteinhausen",
	"Greek":      "Ελένη Παπαδοπούλου",
	"Cyrillic":   "Екатерина Владимировна Щербакова",
	"Arabic":     "نور الدين بن عبد الرحمن",
	"Hebrew":     "שרה בת־אברהם",
	"Devanagari": "अनुराधा श्रीनिवासन",
	"Thai":       "กิตติศักดิ์ สุวรรณภูมิ",
	"Chinese":    "歐陽修明",
	"Japanese":   "髙橋 ひかり",
	"Korean":     "김하늘",
	"Armenian":   "Անահիտ Տեր-Պետրոսյան",
	"Georgian":   "ნინო ჯავახიშვილი",
}

// What is put into a code comes out of it, in every script, of every certificate.
func TestEveryCertificateComesBack(t *testing.T) {
	largest := map[string]int{}
	for alg, h := range houses() {
		v := h.verifier(t)
		for script, name := range names {
			for _, want := range examples(t, name) {
				if len(want.Title)%2 == 0 { // at a service of another name
					want.Verifier = "https://verification.certification-of-persons.example"
				}
				text := h.text(t, want)
				r := v.ExamineSummary(t.Context(), text)
				if r.Verdict != verifier.Indeterminate || r.Reason != verifier.StatusUnavailable || r.Summarised == nil || !r.Summarised.Equal(want) {
					t.Fatalf("%s, %s, %s: %s %s %+v", alg, script, want.Code, r.Verdict, r.Summary(), r.Summarised)
				}
				if r.Certificate.Holder() != name || r.Certificate.ID != body+"/certificates/"+linkOf || r.Payload != nil {
					t.Fatalf("%s, %s: %+v", alg, script, r.Certificate)
				}
				for level, name := range map[coding.Level]string{coding.L: "L", coding.M: "M"} {
					largest[string(alg)+"-"+name] = max(largest[string(alg)+"-"+name], versionOf(drawn(t, text, level)))
				}
			}
		}
	}
	t.Logf("18 and more certificates, %d scripts: versions of QR codes at most %v", len(names), largest)
	for alg := range houses() {
		if v := largest[string(alg)+"-L"]; v > summary.MaxVersion {
			t.Errorf("%s needs version %d", alg, v)
		}
	}
	if largest["ES256-L"] > 16 || largest["EdDSA-L"] > 16 {
		t.Errorf("without a large key versions %v are needed: they read worse at 40 mm", largest)
	}
}

// The room that Write reckons with is that of the code.
func TestWhatFitsIsDrawn(t *testing.T) {
	h := houses()[keys.ES256]
	random := rand.New(rand.NewPCG(3, 4))
	fitted, refused := 0, 0
	for range 300 {
		s := examples(t, "Ada")[0]
		noise := make([]byte, 400+random.IntN(400)) // does not get smaller
		for i := range noise {
			noise[i] = byte(33 + random.IntN(90))
		}
		scope := strings.NewReplacer(`"`, "a", `\`, "b").Replace(string(noise))
		s.Scope = &scope
		s.Verifier = service + "/x" + strings.Repeat("x", random.IntN(20))
		payload, err := s.Payload()
		if err != nil {
			t.Fatal(err)
		}
		text, err := summary.Write(h.sign(t, keys.TypeSummary, payload))
		if errors.Is(err, summary.ErrTooLong) {
			refused++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		fitted++
		if v := versionOf(drawn(t, text, coding.L)); v > summary.MaxVersion {
			t.Fatalf("a text of %d characters needs version %d", len(text), v)
		}
	}
	if fitted == 0 || refused == 0 {
		t.Errorf("%d fitted, %d were refused: the edge was not met", fitted, refused)
	}
}

// The summary is that of the credential, or there is none.
func TestSummaryOfACredential(t *testing.T) {
	want := example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada Łukasiewicz", true)
	want.Specimen = true
	good := want.Credential()
	got, err := summary.Of(good, service)
	if err != nil || !got.Equal(want) {
		t.Fatalf("%v\n%+v\n%+v", err, got, want)
	}
	if got.WithoutScope().Equal(want) || want.Scope == nil {
		t.Error("the scope was not left out, or not only there")
	}
	for name, change := range map[string]func(*credential.Credential){
		"no decision":            func(c *credential.Credential) { c.AwardedDate = nil },
		"no status":              func(c *credential.Credential) { c.Status = nil },
		"index":                  func(c *credential.Credential) { c.Status.Index = "-1" },
		"id elsewhere":           func(c *credential.Credential) { c.ID = "https://other.example/certificates/" + linkOf },
		"id of other letters":    func(c *credential.Credential) { c.ID = body + "/certificates/" + strings.Repeat("U", 26) },
		"list elsewhere":         func(c *credential.Credential) { c.Status.List = "https://other.example/status/1" },
		"suspension elsewhere":   func(c *credential.Credential) { c.Status.Suspension = body + "/status/2-suspension" },
		"no suspension":          func(c *credential.Credential) { c.Status.Suspension = "" },
		"purpose":                func(c *credential.Credential) { c.Status.Purpose = credential.PurposeSuspension },
		"control character":      func(c *credential.Credential) { c.Subject.Identifier[0].IdentityHash = "A\nB" },
		"broken text":            func(c *credential.Credential) { c.Subject.Achievement.Name = "\xff" },
		"address with a query":   func(c *credential.Credential) { c.Issuer.ID = body + "?x"; c.ID = body + "?x/certificates/" + linkOf },
		"competence without end": func(c *credential.Credential) { c.ValidUntil = nil },
	} {
		c := want.Credential()
		change(c)
		if s, err := summary.Of(c, service); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// A code opens the page that was signed, or it proves nothing, however genuine its
// digits are.
func TestAddressIsSigned(t *testing.T) {
	h := houses()[keys.ES256]
	s := example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true)
	v := h.verifier(t)
	for _, verifying := range []string{service, "https://verify.example.org", "https://certs.example.org/check", "http://127.0.0.1:8080", "http://[::1]:8080"} {
		s.Verifier = verifying
		text := h.text(t, s)
		address, digits := summary.Split(text)
		if address != verifying+"/v#" {
			t.Fatalf("signed for %s, written for %s", verifying, address)
		}
		scheme, rest, _ := strings.Cut(verifying, "://")
		host, path, _ := strings.Cut(rest, "/")
		if path != "" {
			path = "/" + path
		}
		for name, other := range map[string]string{
			"as it was written":     text,
			"blanks around it":      " " + text + "\n",
			"capitals":              strings.ToUpper(scheme+"://"+host) + path + "/V#" + digits,
			"with a slash":          verifying + "/v/#" + digits,
			"with a language":       verifying + "/v?lang=de#" + digits,
			"both":                  verifying + "/v/?lang=pt-BR#" + digits,
			"unusual, and harmless": verifying + "/v?#" + digits,
		} {
			r := v.ExamineSummary(t.Context(), other)
			if _, elsewhere := summary.Elsewhere(strings.TrimSpace(other)); elsewhere || r.Certificate == nil || r.Summarised.Verifier != verifying {
				t.Errorf("%s, %s: %s", verifying, name, r.Summary())
			}
		}
		for name, other := range map[string]string{
			"another host":           "https://certs.example-org.evil/v#",
			"a host behind it":       scheme + "://" + host + ".evil.example" + path + "/v#",
			"a user before it":       scheme + "://user@" + host + path + "/v#",
			"it as a user":           scheme + "://" + host + "@evil.example" + path + "/v#",
			"a backslash":            scheme + "://" + host + "\\@evil.example" + path + "/v#",
			"another port":           scheme + "://" + host + "1" + path + "/v#",
			"another path":           verifying + "/a/v#",
			"a step back":            verifying + "/../v#",
			"two slashes":            verifying + "//v#",
			"a query":                verifying + "/v?next=https://evil.example#",
			"a language and more":    verifying + "/v?lang=de&next=x#",
			"a language in the path": verifying + "/v?lang=de/v#",
			"two queries":            verifying + "/v?lang=de?lang=de#",
			"a letter like another":  strings.Replace(verifying, "s", "ſ", 1) + "/v#",
			"a dot":                  scheme + "://" + host + "." + path + "/v#",
			"another scheme":         map[string]string{"https": "http", "http": "https"}[scheme] + "://" + rest + "/v#",
			"a far too long one":     "https://" + strings.Repeat("evil.", 2000) + "example/v#",
			"direction reversed":     "https://\u202eevil.example/v#",
		} {
			if other == address {
				continue
			}
			if !summary.Is(other + digits) {
				t.Fatalf("%s: %s is not looked at as a summary", name, other)
			}
			r := v.ExamineSummary(t.Context(), other+digits)
			if r.Verdict != verifier.Invalid || r.Reason != verifier.Altered || r.Certificate != nil || r.Summarised != nil {
				t.Errorf("%s, %s: %s %s", verifying, name, r.Verdict, r.Summary())
			}
			opened, elsewhere := summary.Elsewhere(other + digits)
			if want := "The second QR code opens " + opened + ", which is not the address that was signed."; !elsewhere || r.Summary() != want {
				t.Errorf("%s: %s", name, r.Summary())
			}
			if len([]rune(opened)) > 120 || strings.Contains(opened, "\u202e") {
				t.Errorf("%s: the address is said as %q", name, opened)
			}
		}
	}
	for _, broken := range []string{"", "certs.example.org", "https://", "https://certs.example.org/", "https://certs.example.org?x", "https://certs.example.org#x", "javascript:x", "https://cérts.example.org", "https://certs.example.org/a b"} {
		s.Verifier = broken
		if _, err := s.Payload(); err == nil || !strings.Contains(err.Error(), "verification service") {
			t.Errorf("%q is signed: %v", broken, err)
		}
	}
}

// A summary is never a certificate, and a certificate never a summary, whoever signed.
func TestSummariesAndCertificatesAreNotConfused(t *testing.T) {
	for alg, h := range houses() {
		v := h.verifier(t)
		s := example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true)
		payload, err := s.Payload()
		if err != nil {
			t.Fatal(err)
		}
		asSummary, asCertificate, asJWT := h.sign(t, keys.TypeSummary, payload), h.sign(t, keys.TypeVC, payload), h.sign(t, keys.TypeJWT, payload)
		// The token of a summary, given as a certificate.
		if r := v.Examine(t.Context(), asSummary); r.Verdict != verifier.Invalid || r.Certificate != nil {
			t.Errorf("%s: a summary is taken for a certificate: %s", alg, r.Summary())
		}
		lax := v
		trust, err := verifier.NewTrust([]*verifier.Issuer{{ID: body, Keys: h.ring.Set(), OpenBadgesStrict: true}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		lax.Issuers = trust
		for name, token := range map[string]string{"summary": asSummary, "the same as JWT": asJWT} {
			if r := lax.Examine(t.Context(), token); r.Certificate != nil {
				t.Errorf("%s: a %s is taken for a certificate", alg, name)
			}
		}
		// A certificate's signature, given as that of a summary; and that of the type
		// of other issuers.
		for name, token := range map[string]string{"certificate": asCertificate, "JWT": asJWT} {
			if _, err := summary.Write(token); err == nil {
				t.Errorf("%s: a %s was written as a summary", alg, name)
			}
			own, other := strings.Split(asSummary, "."), strings.Split(token, ".")
			text, err := summary.Write(own[0] + "." + own[1] + "." + other[2])
			if err != nil {
				t.Fatal(err)
			}
			if r := v.ExamineSummary(t.Context(), text); r.Reason != verifier.Altered || r.Certificate != nil {
				t.Errorf("%s: the signature of a %s is taken for that of a summary: %s", alg, name, r.Summary())
			}
		}
		// The content of a certificate under the type of a summary.
		if _, err := summary.Write(h.sign(t, keys.TypeSummary, []byte(`{"iss":"`+body+`"}`))); err == nil {
			t.Errorf("%s: JSON was written as a summary", alg)
		}
	}
}

// A key that may not sign certificates signs no summary.
func TestOnlyKeysForCertificatesSign(t *testing.T) {
	for _, p := range []keys.Purpose{keys.ForStatusList, keys.ForReceipt, keys.ForLog, keys.ForManifest} {
		k, err := keys.Generate(body, p, keys.ES256, noon)
		if err != nil {
			t.Fatal(err)
		}
		ring, err := keys.NewRing(k)
		if err != nil {
			t.Fatal(err)
		}
		s := example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true)
		payload, err := s.Payload()
		if err != nil {
			t.Fatal(err)
		}
		token, err := ring.Sign(t.Context(), p, keys.TypeSummary, payload)
		if err != nil {
			t.Fatal(err)
		}
		text, err := summary.Write(token)
		if err != nil {
			t.Fatal(err)
		}
		v := house{ring: ring}.verifier(t)
		if r := v.ExamineSummary(t.Context(), text); r.Reason != verifier.Altered || r.Certificate != nil {
			t.Errorf("%s: %s %s", p, r.Verdict, r.Summary())
		}
	}
}

// Kept lists give a full answer.
func TestListsDecide(t *testing.T) {
	h := houses()[keys.ES256]
	s := example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true)
	text := h.text(t, s)
	for name, c := range map[string]struct {
		lists   lists
		at      time.Time
		verdict verifier.Verdict
		reason  verifier.Reason
	}{
		"stands":        {lists{}, noon, verifier.Valid, verifier.None},
		"withdrawn":     {lists{revoked: []int{s.Index}}, noon, verifier.Invalid, verifier.Revoked},
		"suspended":     {lists{suspended: []int{s.Index}}, noon, verifier.Invalid, verifier.Suspended},
		"others are":    {lists{revoked: []int{s.Index + 1}, suspended: []int{s.Index - 1}}, noon, verifier.Valid, verifier.None},
		"not yet valid": {lists{}, s.From.Add(-2 * time.Minute), verifier.Invalid, verifier.NotYetValid},
		"expired":       {lists{}, s.Until.Add(time.Second), verifier.Invalid, verifier.Expired},
		"last second":   {lists{}, s.Until.Time, verifier.Valid, verifier.None},
	} {
		v := h.verifier(t)
		v.Now = func() time.Time { return c.at }
		v.Statuses = c.lists.of(t, h, s, c.at)
		if r := v.ExamineSummary(t.Context(), text); r.Verdict != c.verdict || r.Reason != c.reason {
			t.Errorf("%s: %s %q: %s", name, r.Verdict, r.Reason, r.Summary())
		}
	}
}

// What a text may look like and not be.
func TestTextsThatAreNone(t *testing.T) {
	h := houses()[keys.ES256]
	text := h.text(t, example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true))
	address, digits := summary.Split(text)
	for name, other := range map[string]string{
		"another host":          "https://evil.example/v#" + digits,
		"capitals":              "HTTPS://CERTS.EXAMPLE.ORG/V#" + digits,
		"a path":                "https://certs.example.org/a/b/v#" + digits,
		"with a language":       "https://certs.example.org/v?lang=de#" + digits,
		"with a slash":          "https://certs.example.org/v/#" + digits,
		"this machine":          "http://127.0.0.1:8080/v#" + digits,
		"as it was written":     address + digits,
		"an IPv6 address":       "http://[::1]:8080/v#" + digits,
		"no path of its own":    "https://certs.example.org//v#" + digits,
		"unusual, and harmless": "https://certs.example.org/v?#" + digits,
	} {
		if got, err := summary.Token(other); err != nil || !summary.Is(other) {
			t.Errorf("%s: %v", name, err)
		} else if want, _ := summary.Token(text); got != want {
			t.Errorf("%s: another token", name)
		}
	}
	last := digits[len(digits)-1]
	for name, other := range map[string]string{
		"nothing":              "",
		"digits alone":         digits,
		"another page":         "https://certs.example.org/c#" + digits,
		"a query":              "https://certs.example.org/v?" + digits,
		"a blank":              text + " ",
		"a line break":         text + "\n",
		"in two lines":         address + digits[:40] + "\n" + digits[40:],
		"a digit more":         text + "0",
		"a digit less":         text[:len(text)-1],
		"a group more":         text + strings.Repeat("0", 17),
		"a group less":         text[:len(text)-17],
		"version 0":            address + "0" + digits[1:],
		"version 2":            address + "2" + digits[1:],
		"too large a number":   address + "1" + strings.Repeat("9", len(digits)-1),
		"digits of Arabic":     address + strings.Replace(digits, string(last), "٣", 1),
		"a minus":              address + "1-" + digits[2:],
		"a plus":               address + "1+" + digits[2:],
		"far too long":         address + "1" + strings.Repeat("0", 15000),
		"scheme of the device": strings.Replace(text, "https", "javascript", 1),
	} {
		if token, err := summary.Token(other); err == nil || !errors.Is(err, summary.ErrMalformed) || token != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The example of the documentation is a summary.
func TestExampleOfTheSpecification(t *testing.T) {
	text, err := os.ReadFile("testdata/example.txt")
	if err != nil {
		t.Fatal(err)
	}
	set, err := os.ReadFile("testdata/example.jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.ParseSet(set)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.NewTrust([]*verifier.Issuer{{ID: body, Name: "Example Body", Keys: public, StatusLists: []string{body + "/status/"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.Verifier{Issuers: trust, Now: func() time.Time { return noon }}
	r := v.ExamineSummary(t.Context(), string(text))
	if r.Reason != verifier.StatusUnavailable || r.Summarised == nil || r.Summarised.Holder != "Ada Łukasiewicz" {
		t.Errorf("%s: %s", r.Reason, r.Summary())
	}
}

// mutants is how many changed codes a run makes.
func mutants(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("TESTAMUR_MUTANTS")); err == nil && n > 0 {
		return n
	}
	return 24_000
}

// accepts is a checker of codes. The broken ones are there to be caught.
type accepts func(text string) bool

// No change of digits or bytes is accepted, and a checker that left something out
// would be caught at it.
func TestNoMutantIsGenuine(t *testing.T) {
	for alg, h := range houses() {
		v := h.verifier(t)
		text := h.text(t, example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada Łukasiewicz", true))
		ours := func(text string) bool { return v.ExamineSummary(context.Background(), text).Certificate != nil }
		twins := map[string]accepts{
			"does not check the signature": func(text string) bool {
				token, err := summary.Token(text)
				if err != nil {
					return false
				}
				claimed, err := keys.Parse(token, keys.ForCredential)
				_, known := h.ring.Set().Key(claimed.KeyID)
				return err == nil && known
			},
			"looks at the key alone": func(text string) bool {
				token, err := summary.Token(text)
				return err == nil && strings.HasPrefix(token, base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"alg":%q,"kid":%q`, alg, h.key.ID)))[:60])
			},
		}
		if !ours(text) {
			t.Fatalf("%s: the genuine code is refused", alg)
		}
		random := rand.New(rand.NewPCG(5, 6))
		n := mutants(t) / 3
		caught := map[string]int{}
		kinds := map[string]int{}
		for range n {
			kind, changed := mutate(random, text)
			if changed == text {
				continue
			}
			kinds[kind]++
			if ours(changed) {
				t.Fatalf("%s: accepted with %s:\n%s\n%s", alg, kind, text, changed)
			}
			for name, twin := range twins {
				if twin(changed) {
					caught[name]++
				}
			}
		}
		t.Logf("%s: %d mutants %v, none accepted; broken checkers caught %v", alg, n, kinds, caught)
		for name := range twins {
			if caught[name] == 0 {
				t.Errorf("%s: a checker that %s is not caught", alg, name)
			}
		}
	}
}

// A checker that let the code choose its algorithm would be caught: the number of an
// algorithm is not part of what is trusted.
func TestTheKeyDecidesTheAlgorithm(t *testing.T) {
	for alg, h := range houses() {
		v := h.verifier(t)
		text := h.text(t, example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true))
		address, digits := summary.Split(text)
		b := bytesOf(t, digits)
		// One that reads the number, and then takes the algorithm of the key, would not
		// see that it was changed.
		broken := func(text string) bool {
			_, digits := summary.Split(text)
			other := bytesOf(t, digits)
			other[0] = b[0]
			return v.ExamineSummary(t.Context(), address+"1"+digitsOf(other)).Certificate != nil
		}
		caught := 0
		for n := range 256 {
			changed := append([]byte{byte(n)}, b[1:]...)
			r := v.ExamineSummary(t.Context(), address+"1"+digitsOf(changed))
			if genuine := byte(n) == b[0]; (r.Certificate != nil) != genuine {
				t.Errorf("%s: with the number %d: %s", alg, n, r.Summary())
			}
			if byte(n) != b[0] && broken(address+"1"+digitsOf(changed)) {
				caught++
			}
		}
		if caught == 0 {
			t.Errorf("%s: a checker that does not compare the algorithm is not caught", alg)
		}
	}
}

// mutate changes a code by its digits or by its bytes.
func mutate(random *rand.Rand, text string) (kind, changed string) {
	address, digits := summary.Split(text)
	d := []byte(digits)
	switch random.IntN(8) {
	case 0, 1:
		i := random.IntN(len(d))
		d[i] = '0' + (d[i]-'0'+1+byte(random.IntN(9)))%10
		return "another digit", address + string(d)
	case 2:
		i, j := random.IntN(len(d)), random.IntN(len(d))
		d[i], d[j] = d[j], d[i]
		return "two digits exchanged", address + string(d)
	case 3:
		i := random.IntN(len(d))
		return "a digit left out", address + digits[:i] + digits[i+1:]
	case 4:
		i := random.IntN(len(d))
		return "a digit put in", address + digits[:i] + string('0'+rune(random.IntN(10))) + digits[i:]
	}
	b, err := bytesFrom(digits)
	if err != nil {
		panic(err)
	}
	switch random.IntN(4) {
	case 0:
		b[random.IntN(len(b))] ^= 1 << random.IntN(8)
		return "another bit", address + "1" + digitsOf(b)
	case 1:
		i := random.IntN(len(b))
		b = append(b[:i:i], b[i+1:]...)
		return "a byte left out", address + "1" + digitsOf(b)
	case 2: // another name, well-formed: only the signature is against it
		n := int(binary.BigEndian.Uint16(b[33:]))
		s, err := summary.Read(b[35 : 35+n])
		if err != nil {
			panic(err)
		}
		s.Index = random.IntN(1 << 17)
		s.Holder = fmt.Sprint("Mallory ", random.IntN(1000))
		payload, err := s.Payload()
		if err != nil {
			panic(err)
		}
		out := binary.BigEndian.AppendUint16(append([]byte{}, b[:33]...), uint16(len(payload)))
		out = append(append(out, payload...), b[35+n:]...)
		return "another name", address + "1" + digitsOf(out)
	}
	n := int(binary.BigEndian.Uint16(b[33:]))
	b[35+n+random.IntN(len(b)-35-n)] ^= byte(1 + random.IntN(255))
	return "another signature", address + "1" + digitsOf(b)
}

// bytesFrom and digitsOf are the two directions of the digits, written once more from
// the description, with numbers as large as they come.
func bytesFrom(digits string) (b []byte, err error) {
	for digits = digits[1:]; digits != ""; {
		group := digits[:min(17, len(digits))]
		digits = digits[len(group):]
		n := map[int]int{17: 7, 15: 6, 13: 5, 10: 4, 8: 3, 5: 2, 3: 1}[len(group)]
		v, err := strconv.ParseUint(group, 10, 64)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("%q: %v", group, err)
		}
		b = append(b, binary.BigEndian.AppendUint64(nil, v)[8-n:]...)
	}
	return b, nil
}

func bytesOf(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := bytesFrom(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func digitsOf(b []byte) (digits string) {
	widths := []int{0, 3, 5, 8, 10, 13, 15, 17}
	for len(b) > 0 {
		n := min(7, len(b))
		digits += fmt.Sprintf("%0*d", widths[n], binary.BigEndian.Uint64(append(make([]byte, 8-n), b[:n]...)))
		b = b[n:]
	}
	return digits
}

// Whatever the digits are, there is an answer, and at most one text for it.
func FuzzToken(f *testing.F) {
	h := houses()[keys.ES256]
	text := h.text(f, example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true))
	f.Add(text)
	f.Add("https://certs.example.org/v#1" + strings.Repeat("0", 170))
	f.Add(text[:len(text)-20])
	f.Fuzz(func(t *testing.T, text string) {
		token, err := summary.Token(text)
		if err != nil {
			if !errors.Is(err, summary.ErrMalformed) {
				t.Fatalf("%v", err)
			}
			return
		}
		parsed, err := keys.Parse(token, keys.ForCredential)
		if err != nil || parsed.Type != keys.TypeSummary {
			t.Fatalf("%s: %v", token, err)
		}
		_, digits := summary.Split(text)
		if again, err := summary.Write(token); err == nil && !strings.HasSuffix(again, "#"+digits) {
			t.Fatalf("two texts for one token:\n%s\n%s", text, again)
		}
	})
}

// Whatever was signed, a payload has one meaning and one spelling.
func FuzzRead(f *testing.F) {
	payload, err := example("Foundation", "FND", "All of it.", "Scheme", "3.3", "Ada", true).Payload()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Add([]byte{3, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := summary.Read(payload)
		if err != nil {
			if !errors.Is(err, summary.ErrMalformed) {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := s.Payload()
		if err != nil {
			t.Fatal(err)
		}
		if same, err := summary.Read(again); err != nil || !same.Equal(s) {
			t.Fatalf("%v", err)
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
		if of, err := summary.Of(s.Credential(), s.Verifier); err != nil || s.Scope != nil && !of.Equal(s) {
			t.Fatalf("%v: %+v", err, s)
		}
	})
}
