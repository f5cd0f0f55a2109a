package credential_test

import (
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/verifier/credential"
)

func TestTheClaimedIssuerIsFound(t *testing.T) {
	for text, want := range map[string]string{
		string(competence(t)):   "https://certs.example.org",
		`{"iss":"a"}`:           "a",
		`{"issuer":"a"}`:        "a",
		`{"issuer":{"id":"a"}}`: "a",
		` { "issuer" : { "name" : "b" , "id" : "a" } } `:   "a",
		`{"issuer":{"id":"a"},"iss":"b"}`:                  "a",
		`{"iss":"b","issuer":{"id":"a"}}`:                  "b",
		`{"iss":"","issuer":"a"}`:                          "a",
		`{"iss":null,"issuer":{"id":"a"}}`:                 "a",
		`{"issuer":null,"iss":"a"}`:                        "a",
		`{"issuer":{"name":"x"},"iss":"a"}`:                "a",
		`{"issuer":{"id":""},"iss":"a"}`:                   "a",
		`{"\u0069ss":"\u0061"}`:                            "a",
		`{"x":{"iss":"b"},"y":[{"issuer":"c"}],"iss":"a"}`: "a",
		`{"iss":"a","issuer":"a"`:                          "a", // the rest is read later
		`{"iss":"a",`:                                      "a",
		`{"ISS":"b","issuer":"a"}`:                         "a",
		`{"issuer":{"ID":"b","id":"a"}}`:                   "a",
		`{"x":"\"iss\":\"b\"","iss":"a"}`:                  "a",
		``:                                                 "",
		`null`:                                             "",
		`[]`:                                               "",
		`[{"iss":"a"}]`:                                    "",
		`"iss"`:                                            "",
		`{}`:                                               "",
		`{"iss":""}`:                                       "",
		`{"iss":1}`:                                        "",
		`{"iss":["a"]}`:                                    "",
		`{"iss":{"id":"a"}}`:                               "",
		`{"issuer":["a"]}`:                                 "",
		`{"issuer":{"id":{"id":"a"}}}`:                     "",
		`{"issuer":{"id":1},"iss":"a"}`:                    "",
		`{"issuer":{}}`:                                    "",
		`{"iss":"\ud800"}`:                                 "",
		"{\"iss\":\"\xff\"}":                               "",
		`{"iss":"a`:                                        "",
		`{"iss"`:                                           "",
		`{"x":tru,"iss":"a"}`:                              "",
		`{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `,"iss":"a"}`: "",
	} {
		got, err := credential.ClaimedIssuer([]byte(text))
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.80s: %q, %v, want %q", text, got, err, want)
		}
	}
}

// What is claimed is read before anything is verified: it takes no longer than
// its length.
func TestALongClaimIsReadInOneGo(t *testing.T) {
	const n = 1 << 20
	begin := time.Now()
	for _, text := range []string{
		`{"iss":` + strings.Repeat(`"",`, n), "{" + strings.Repeat(`"iss":"",`, n), "{" + strings.Repeat(`"issuer":{},`, n),
		`{"issuer":{` + strings.Repeat(`"a":0,`, n), strings.Repeat(`{"issuer":`, n), `{"a":"` + strings.Repeat(`\"`, n), `{"a":` + strings.Repeat("[", n),
	} {
		if got, err := credential.ClaimedIssuer([]byte(text)); err == nil {
			t.Errorf("%.20s…: %q", text, got)
		}
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// FuzzClaimedIssuer: of an accepted certificate it is the issuer.
func FuzzClaimedIssuer(f *testing.F) {
	f.Add(competence(f))
	f.Add(changed(f, competence(f), set("issuer", "https://certs.example.org")))
	f.Add(changed(f, competence(f), set("iss", "")))
	f.Add([]byte(`{"iss":"","issuer":{"x":[{}],"\u0069d":"a"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		claimed, err := credential.ClaimedIssuer(payload)
		if err == nil && claimed == "" {
			t.Fatal("nobody, without an error")
		}
		if c, wrong := credential.Decode(payload); wrong == nil && (err != nil || claimed != c.Issuer.ID) {
			t.Fatalf("claimed %q, %v; issued by %q", claimed, err, c.Issuer.ID)
		}
		if l, wrong := credential.DecodeStatusList(payload); wrong == nil && (err != nil || claimed != l.Issuer.ID) {
			t.Fatalf("claimed %q, %v; issued by %q", claimed, err, l.Issuer.ID)
		}
	})
}
