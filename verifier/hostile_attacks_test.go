package verifier_test

import (
	"fmt"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/forgery"
)

// believer is a verifier that trusts the body and has its lists.
func believer(b *forgery.Body) *verifier.Verifier {
	trust := b.Trust()
	return &verifier.Verifier{Issuers: trust, Statuses: trust, Now: func() time.Time { return b.Now }}
}

// judged is the verdict of both ways into the library, which must agree and must
// not panic.
func judged(t testing.TB, v *verifier.Verifier, token string) (verdict verifier.Verdict, id string, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	r := v.Examine(t.Context(), token)
	c, refused := v.Verify(t.Context(), token)
	switch {
	case (c != nil) != (r.Verdict == verifier.Valid) || (refused == nil) != (c != nil):
		return r.Verdict, "", fmt.Errorf("Examine says %s, Verify %v, %v", r.Verdict, c, refused)
	case r.Verdict != verifier.Valid && r.Reason == verifier.None:
		return r.Verdict, "", fmt.Errorf("%s without a reason", r.Verdict)
	case r.Payload != nil && outcome(r, verifier.Signature) != verifier.Passed:
		return r.Verdict, "", fmt.Errorf("a payload is shown that nobody has vouched for")
	}
	if c != nil {
		id = c.ID
	}
	return r.Verdict, id, nil
}

// The 24 classes of attack on JOSE, against the library. That the table reaches
// every class with every algorithm is part of the test.
func TestNoAttackIsValid(t *testing.T) {
	for _, alg := range forgery.Algorithms {
		t.Run(string(alg), func(t *testing.T) {
			b := forgery.NewBody(bodyURL, alg, noon)
			v := believer(b)
			if verdict, _, err := judged(t, v, b.Certificate()); verdict != verifier.Valid || err != nil {
				t.Fatalf("the honest certificate: %s, %v", verdict, err)
			}
			classes, tried := map[string]int{}, 0
			for _, a := range forgery.Attacks {
				for i, token := range a.Tokens(b) {
					tried++
					classes[a.Class]++
					verdict, id, err := judged(t, v, token)
					switch {
					case err != nil:
						t.Errorf("%s %s, %d: %v", a.Class, a.Name, i, err)
					case a.Same && (verdict != verifier.Valid || id != b.URL+"/certificates/"+forgery.ID):
						t.Errorf("%s %s: %s, %s", a.Class, a.Name, verdict, id)
					case !a.Same && verdict != verifier.Invalid:
						t.Errorf("%s %s, %d: %s", a.Class, a.Name, i, verdict)
					}
				}
				if a.Planted == nil {
					continue
				}
				for i, jwk := range a.Planted(b) {
					tried++
					if trust, err := verifier.ParseTrust(b.TrustFile(jwk)); err == nil || trust != nil {
						t.Errorf("%s %s: key %d is taken, %s", a.Class, a.Name, i, jwk)
					}
				}
			}
			for n := 1; n <= 24; n++ {
				if class := fmt.Sprintf("J%d", n); classes[class] == 0 {
					t.Errorf("no token of class %s", class)
				}
			}
			t.Logf("%d attacks of %d classes", tried, len(classes))
		})
	}
}

// A stranger's key may be planted without harm: the trust file is then read, so
// that what refuses the others is what is wrong with them.
func TestASoundKeyMayBePlanted(t *testing.T) {
	for _, alg := range forgery.Algorithms {
		b := forgery.NewBody(bodyURL, alg, noon)
		if _, err := verifier.ParseTrust(b.TrustFile(forgery.Stranger(alg, b.URL+"/keys/further").JWK())); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

// Each class of attack is real: somebody who leaves out one rule accepts one of
// its tokens. The arithmetical classes, whose rule is inside the primitives of
// the Go library, are named, and shown to differ from the honest signature.
func TestEveryAttackDeceivesSomebody(t *testing.T) {
	arithmetic := map[string]string{
		"J6": "crypto/* takes no part of a signature", "J7": "crypto/ecdsa wants 0 < r, s < n", "J17": "crypto/* takes reduced values only",
	}
	for _, alg := range forgery.Algorithms {
		b := forgery.NewBody(bodyURL, alg, noon)
		deceived := map[string]bool{}
		for _, a := range forgery.Attacks {
			for _, token := range a.Tokens(b) {
				if !deceived[a.Class] && careless(b, a.Class, token) {
					deceived[a.Class] = true
				}
			}
		}
		for n := 1; n <= 24; n++ {
			class := fmt.Sprintf("J%d", n)
			switch why, skip := arithmetic[class]; {
			case !skip && class == "J16" && alg != keys.ES256: // only ECDSA has another
			case !skip && !deceived[class]:
				t.Errorf("%s: nobody falls for %s", alg, class)
			case skip && deceived[class]:
				t.Errorf("%s: %s deceives somebody, although %s", alg, class, why)
			}
		}
		if careless(b, "J3", strings.Replace(b.Certificate(), ".", ".AAAA", 1)) {
			t.Error("the careless readers take anything")
		}
	}
}

// What makes forgeries is for tests: nothing of the product is built with it.
func TestNoProductIsBuiltWithForgeries(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", "github.com/testamur/testamur/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(out)) {
		n++
		if name, imports, _ := strings.Cut(line, ":"); strings.Contains(imports, "/verifier/forgery") {
			t.Errorf("%s imports it", name)
		}
	}
	if n < 10 {
		t.Errorf("%d packages were looked at", n)
	}
}
