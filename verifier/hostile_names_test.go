package verifier_test

import (
	"fmt"
	"testing"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/forgery"
)

// A web address without a host names no place: RFC 9110 §4.2 wants one.
func TestAWebAddressNamesAHost(t *testing.T) {
	w := newWorld(t)
	for _, uri := range []string{"https:certs", "http:certs", "https:/certs", "HTTPS:certs", "https:?x"} {
		for _, h := range append(altered(w, "credentialSubject.achievement.id", uri),
			hostile{"id " + uri, w.body.Certificate(forgery.Set("jti", gone), forgery.Set("id", uri))},
			hostile{"subject " + uri, w.body.Certificate(forgery.Set("sub", gone), forgery.Set("credentialSubject.id", uri))}) {
			if verdict, _, err := judged(t, w.verifier, h.token); verdict == verifier.Valid || err != nil {
				t.Errorf("%s: %s, %v", h.name, verdict, err)
			}
		}
	}
}

// What is shown as the name of a person must read as one name: no controls, no
// marks that turn the text around, and no second name beside the first.
func TestANameReadsAsOneName(t *testing.T) {
	w := newWorld(t)
	for _, s := range []string{`\u0000`, `\n`, `\r`, `\t`, `\u0007`, `\u001b[31m`, `\u007f`, `\u0085`, `\u202a`, `\u202b`, `\u202d`, `\u202e`, `\u2066`, `\u2067`, `\u2068`, `\u2028`, `\u2029`, `\ufeff`, `\ufffe`} {
		for _, h := range append(raw(w, "Ada", "A"+s+"da"), raw(w, `"name":"Consultant/Manager"`, `"name":"Consultant`+s+`"`)...) {
			if verdict, _, err := judged(t, w.verifier, h.token); verdict == verifier.Valid || err != nil {
				t.Errorf("%s: %s, %v", h.name, verdict, err)
			}
		}
	}
	name := func(s string) forgery.Object {
		return forgery.Object{"type": "IdentityObject", "hashed": false, "identityHash": s, "identityType": "name"}
	}
	for i, identifiers := range [][]any{{name("Ada"), name("Eve")}, {name("Ada"), name("Ada"), name("Eve")}, {name("   ")}} {
		if verdict, _, err := judged(t, w.verifier, w.body.Certificate(forgery.Set("credentialSubject.identifier", identifiers))); verdict == verifier.Valid || err != nil {
			t.Errorf("%s: %s, %v", fmt.Sprint("names ", i), verdict, err)
		}
	}
}
