package verifier_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

func TestATrustFileIsReadAsItWasWritten(t *testing.T) {
	h, partner := newHouse(t), newHouseAt(t, partnerURL, keys.EdDSA)
	partner.issuer.OpenBadgesStrict = true
	partner.issuer.StatusLists = []string{partnerURL + "/status/", partnerURL + "/lists/7"}
	trust, err := verifier.NewTrust([]*verifier.Issuer{partner.issuer, h.issuer}, h.lists)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(trust)
	if err != nil {
		t.Fatal(err)
	}
	read, err := verifier.ParseTrust(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(read)
	if err != nil || string(again) != string(text) {
		t.Errorf("%v: written as\n%s\nand as\n%s", err, text, again)
	}
	if list := read.Issuers(); len(list) != 2 || list[0].ID != bodyURL || list[0].OpenBadgesStrict || !list[1].OpenBadgesStrict || len(list[1].StatusLists) != 2 {
		t.Errorf("issuers %+v", list)
	}
	// It serves without a network.
	v := verifier.Verifier{Issuers: read, Statuses: read, Now: h.verifier(t).Now}
	if err := want(v.Examine(t.Context(), h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Error(err)
	}
	if err := undecided(v.Examine(t.Context(), partner.token(t))); err != nil {
		t.Errorf("without a list inside: %v", err)
	}
	if strings.Contains(string(text), `"d":`) {
		t.Error("a private key is in the trust file")
	}
}

func TestBadTrustFilesAreRefused(t *testing.T) {
	h := newHouse(t)
	trust, err := verifier.NewTrust([]*verifier.Issuer{h.issuer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(trust)
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	if _, err := verifier.ParseTrust(text); err != nil {
		t.Fatal(err)
	}
	entry := good[strings.Index(good, "[")+1 : strings.LastIndex(good, "]")]
	for name, bad := range map[string]string{
		"nothing":                         ``,
		"null":                            `null`,
		"no issuers":                      `{"issuers":[]}`,
		"no member issuers":               `{}`,
		"an array":                        `[` + entry + `]`,
		"issuer named twice":              `{"issuers":[` + entry + `,` + entry + `]}`,
		"issuers twice":                   strings.Replace(good, `{"issuers":`, `{"issuers":[],"issuers":`, 1),
		"unknown member":                  strings.Replace(good, `{"issuers":`, `{"version":2,"issuers":`, 1),
		"misspelt restriction":            strings.Replace(good, `"statusLists":`, `"statuslists":`, 1),
		"unknown restriction":             strings.Replace(good, `"name":`, `"onlyUntil":"2026","name":`, 1),
		"something follows":               good + `{}`,
		"no keys":                         strings.Replace(good, entry[strings.Index(entry, `{"keys":`):strings.Index(entry, `,"statusLists"`)], `{"keys":[]}`, 1),
		"keys null":                       strings.Replace(good, entry[strings.Index(entry, `{"keys":`):strings.Index(entry, `,"statusLists"`)], `null`, 1),
		"no jwks":                         strings.Replace(good, `"jwks":`+entry[strings.Index(entry, `{"keys":`):strings.Index(entry, `,"statusLists"`)]+`,`, ``, 1),
		"a private key":                   strings.Replace(good, `"kty":`, `"d":"AQAB","kty":`, 1),
		"a key in upper case":             strings.Replace(good, `"kty":`, `"KTY":`, 1),
		"a purpose in another case":       strings.Replace(good, `"purpose":"credential"`, `"purpose":"Credential"`, 1),
		"a purpose that is a number":      strings.Replace(good, `"purpose":"credential"`, `"purpose":1`, 1),
		"keys of unknown purposes only":   regexp.MustCompile(`"purpose":"[a-zA-Z]+"`).ReplaceAllString(good, `"purpose":"later"`),
		"a key off the curve":             strings.Replace(good, `"y":"`, `"y":"A`, 1),
		"openBadgesStrict in text":        strings.Replace(good, `"openBadgesStrict":false`, `"openBadgesStrict":"false"`, 1),
		"issuer without id":               strings.Replace(good, `"id":"https://certs.example.org"`, `"id":""`, 1),
		"issuer over http":                strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"http://certs.example.org"`, 1),
		"issuer of another scheme":        strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"ftp://certs.example.org"`, 1),
		"issuer is a did":                 strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"did:web:certs.example.org"`, 1),
		"issuer with a user":              strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"https://a:b@certs.example.org"`, 1),
		"issuer with a query":             strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"https://certs.example.org?a=b"`, 1),
		"issuer with an empty query":      strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"https://certs.example.org?"`, 1),
		"issuer with a fragment":          strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"https://certs.example.org#1"`, 1),
		"issuer with a backslash":         strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"https://certs.example.org\\x"`, 1),
		"issuer without host":             strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"https:///certs"`, 1),
		"issuer with a port only":         strings.Replace(good, `"id":"https://certs.example.org"`, `"id":"https://:443"`, 1),
		"prefix over http":                strings.Replace(good, `["https://certs.example.org/status/"]`, `["http://certs.example.org/status/"]`, 1),
		"prefix of nothing":               strings.Replace(good, `["https://certs.example.org/status/"]`, `[""]`, 1),
		"prefix of all":                   strings.Replace(good, `["https://certs.example.org/status/"]`, `["https://"]`, 1),
		"prefix without slash":            strings.Replace(good, `["https://certs.example.org/status/"]`, `["https://certs.example.org"]`, 1),
		"prefix with a query":             strings.Replace(good, `["https://certs.example.org/status/"]`, `["https://certs.example.org/status?list="]`, 1),
		"prefix in text, not in a list":   strings.Replace(good, `["https://certs.example.org/status/"]`, `"https://certs.example.org/status/"`, 1),
		"lists in an array":               strings.Replace(good, `{"issuers":`, `{"lists":["x"],"issuers":`, 1),
		"a list that is an object":        strings.Replace(good, `{"issuers":`, `{"lists":{"https://certs.example.org/status/1":{}},"issuers":`, 1),
		"one list twice":                  strings.Replace(good, `{"issuers":`, `{"lists":{"https://a/1":"x","https://a/1":"y"},"issuers":`, 1),
		"not UTF-8":                       strings.Replace(good, `"name":"`, "\"name\":\"\xff", 1),
		"a YAML file":                     "issuers:\n- id: https://certs.example.org\n",
		"nested deeper than a file needs": strings.Replace(good, `"kty":`, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`,"kty":`, 1),
	} {
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if trust, err := verifier.ParseTrust([]byte(bad)); err == nil {
			t.Errorf("%s: accepted, %v", name, trust.Issuers()[0].ID)
		} else if trust != nil {
			t.Errorf("%s: a trust beside the error", name)
		}
	}
}

// A body on this machine, and only there, may do without TLS.
func TestPlainHTTPIsForThisMachineOnly(t *testing.T) {
	h := newHouse(t)
	for url, ok := range map[string]bool{
		"http://localhost:8080": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://certs.localhost": true,
		"http://localhost.example.org": false, "http://127.0.0.1.example.org": false, "http://10.0.0.1": false, "http://[::2]": false,
		"http://0.0.0.0": false, "http://127.1": false, "http://2130706433": false, "http://notlocalhost": false,
	} {
		i := *h.issuer
		i.ID, i.StatusLists = url, []string{url + "/status/"}
		if _, err := verifier.NewTrust([]*verifier.Issuer{&i}, nil); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestIssuersAreComparedExactly(t *testing.T) {
	h := newHouse(t)
	trust, err := verifier.NewTrust([]*verifier.Issuer{h.issuer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if i, ok := trust.Issuer(bodyURL); !ok || i.ID != bodyURL {
		t.Error("the issuer is not known")
	}
	for _, other := range []string{"", bodyURL + "/", "HTTPS://certs.example.org", "https://CERTS.example.org", "https://certs.example.org:443", bodyURL + "#", " " + bodyURL, "https://certs.example.org.", "https://сerts.example.org"} {
		if i, ok := trust.Issuer(other); ok || i != nil {
			t.Errorf("%q is taken for %s", other, i.ID)
		}
	}
}

func FuzzParseTrust(f *testing.F) {
	h := newHouse(f)
	own, err := verifier.NewTrust([]*verifier.Issuer{h.issuer}, h.lists)
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(own)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"issuers":[]}`))
	f.Add([]byte(`{"issuers":[{"id":"https://a.example","jwks":{"keys":[]},"statusLists":["https://a.example/s/"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		trust, err := verifier.ParseTrust(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(trust)
		if err != nil {
			t.Fatal(err)
		}
		same, err := verifier.ParseTrust(again)
		if err != nil {
			t.Fatalf("what was read from %q is written as %q, which is refused: %v", text, again, err)
		}
		for _, i := range trust.Issuers() {
			if other, ok := same.Issuer(i.ID); !ok || len(other.Keys.Keys()) != len(i.Keys.Keys()) || len(i.Keys.Keys()) == 0 {
				t.Fatalf("issuer %q is not the same again", i.ID)
			}
		}
	})
}
