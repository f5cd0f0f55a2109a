package keys_test

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
)

func TestWhatIsSignedOpens(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			k := generated(t, alg, keys.ForCredential)
			r := ring(t, k)
			token, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate))
			if err != nil {
				t.Fatal(err)
			}
			claimed, err := keys.Parse(token, keys.ForCredential)
			if err != nil {
				t.Fatal(err)
			}
			if string(claimed.Claimed) != certificate || claimed.KeyID != k.ID || claimed.Type != keys.TypeVC || claimed.Purpose != keys.ForCredential {
				t.Errorf("claims %+v", claimed)
			}
			signed, err := r.Set().Open(claimed, keys.TypeVC)
			if err != nil {
				t.Fatal(err)
			}
			if string(signed.Payload) != certificate || signed.Key.ID != k.ID || signed.Type != keys.TypeVC {
				t.Errorf("opened %+v", signed)
			}
			// The set as it is published opens it as well.
			text, err := json.Marshal(r.Set())
			if err != nil {
				t.Fatal(err)
			}
			published, err := keys.ParseSet(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open(published, token, keys.ForCredential, keys.TypeVC); err != nil {
				t.Errorf("published set: %v", err)
			}
		})
	}
}

func TestTheSamePayloadGivesTheSameToken(t *testing.T) {
	for _, alg := range algorithms {
		r := ring(t, generated(t, alg, keys.ForCredential))
		first, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			again, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate))
			if err != nil {
				t.Fatal(err)
			}
			if again != first {
				t.Fatalf("%s: two tokens of one payload", alg)
			}
		}
		other, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate+" "))
		if err != nil {
			t.Fatal(err)
		}
		if other == first {
			t.Fatalf("%s: one token of two payloads", alg)
		}
	}
}

func TestHeaderIsAlgKidTyp(t *testing.T) {
	for _, alg := range algorithms {
		for _, typ := range []string{keys.TypeVC, keys.TypeJWT} {
			k := generated(t, alg, keys.ForCredential)
			token, err := ring(t, k).Sign(t.Context(), keys.ForCredential, typ, []byte(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(token, ".")
			want := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":%q}`, alg, k.ID, typ)
			if got := string(unb64(t, first)); got != want {
				t.Errorf("header %s, want %s", got, want)
			}
		}
	}
}

func TestECDSASignaturesHaveTheLowerS(t *testing.T) {
	half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
	r := ring(t, generated(t, keys.ES256, keys.ForCredential))
	for i := range 64 { // of 64 random ones about half would have the higher
		token, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, fmt.Appendf(nil, `{"n":%d}`, i))
		if err != nil {
			t.Fatal(err)
		}
		sig := unb64(t, token[strings.LastIndex(token, ".")+1:])
		if len(sig) != 64 {
			t.Fatalf("signature of %d bytes", len(sig))
		}
		if s := new(big.Int).SetBytes(sig[32:]); s.Cmp(half) > 0 {
			t.Fatalf("payload %d: s is the higher of the two", i)
		}
	}
}

func TestKeyIDIsTheURLOfItsThumbprint(t *testing.T) {
	for _, alg := range algorithms {
		k := generated(t, alg, keys.ForCredential)
		if want := house + "/keys/" + k.Thumbprint(); k.ID != want {
			t.Errorf("%s: id %q, want %q", alg, k.ID, want)
		}
		if len(k.Thumbprint()) != 43 {
			t.Errorf("%s: thumbprint %q", alg, k.Thumbprint())
		}
	}
	if _, err := keys.Generate("https://"+strings.Repeat("a", 220)+".example.org", keys.ForCredential, keys.EdDSA, born); err == nil {
		t.Error("a key with an id of more than 256 characters was made")
	}
}

// RFC 7638 §3.1 publishes one key with its thumbprint.
func TestThumbprintOfRFC7638(t *testing.T) {
	set, err := keys.ParseSet([]byte(`{"keys":[{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	k, _ := set.Key("2011-04-29")
	if got := k.Thumbprint(); got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("thumbprint %s", got)
	}
}

func TestTheYoungestKeySigns(t *testing.T) {
	old := generated(t, keys.ES256, keys.ForCredential)
	young, err := keys.Generate(house, keys.ForCredential, keys.EdDSA, born.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*keys.Ring{ring(t, old, young), ring(t, young, old)} {
		k, err := r.Active(keys.ForCredential)
		if err != nil || k.ID != young.ID {
			t.Errorf("active is %v, %v", k, err)
		}
		if len(r.Set().Keys()) != 2 {
			t.Error("the retired key is no longer published")
		}
	}
}

func TestSignRefuses(t *testing.T) {
	r := ring(t, generated(t, keys.ES256, keys.ForCredential))
	if _, err := r.Sign(t.Context(), keys.ForStatusList, keys.TypeVC, []byte(`{}`)); err == nil {
		t.Error("signed a list without a list key")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Sign(ctx, keys.ForCredential, keys.TypeVC, []byte(`{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := keys.Generate(house, "certificate", keys.ES256, born); err == nil {
		t.Error("made a key for an unknown purpose")
	}
	for _, alg := range []keys.Algorithm{"", "HS256", "none", "ES384", "es256"} {
		if _, err := keys.Generate(house, keys.ForCredential, alg, born); err == nil {
			t.Errorf("made a key for algorithm %q", alg)
		}
	}
	k := generated(t, keys.ES256, keys.ForCredential)
	if _, err := keys.NewRing(k, k); err == nil {
		t.Error("a ring took one key twice")
	}
}

// A log line that prints a key must not print its private part.
func TestPrintingAPrivateKeyShowsItsIDOnly(t *testing.T) {
	for _, alg := range algorithms {
		k := generated(t, alg, keys.ForCredential)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if got := fmt.Sprintf(verb, k); got != k.ID {
				t.Errorf("%s %s prints %.60q…", alg, verb, got)
			}
		}
		text, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		noPrivatePart(t, text)
	}
}
