package keys_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/testamur/testamur/keys"
)

func TestAKeyOpensItsOwnPurposeOnly(t *testing.T) {
	var all []*keys.Private
	for _, p := range purposes {
		all = append(all, generated(t, keys.ES256, p))
	}
	r := ring(t, all...)
	for _, signer := range purposes {
		token, err := r.Sign(t.Context(), signer, keys.TypeVC, []byte(certificate))
		if err != nil {
			t.Fatal(err)
		}
		for _, reader := range purposes {
			_, err := open(r.Set(), token, reader, keys.TypeVC)
			if signer == reader && err != nil {
				t.Errorf("%s key, read as %s: %v", signer, reader, err)
			}
			if signer != reader && !errors.Is(err, keys.ErrPurpose) {
				t.Errorf("%s key, read as %s: %v, want %v", signer, reader, err, keys.ErrPurpose)
			}
		}
	}
}

func TestAKeyWithoutPurposeOpensCredentialsAndTheirLists(t *testing.T) {
	f := newForger(t, keys.ES256)
	token := f.token(t, f.header(), certificate)
	for _, reader := range append(purposes, "", "session") {
		_, err := open(f.set, token, reader, keys.TypeVC)
		if may := reader == keys.ForCredential || reader == keys.ForStatusList; may && err != nil {
			t.Errorf("read as %s: %v", reader, err)
		} else if !may && !errors.Is(err, keys.ErrPurpose) {
			t.Errorf("read as %q: %v, want %v", reader, err, keys.ErrPurpose)
		}
	}
}

func TestOnlyTheTypesAskedForOpen(t *testing.T) {
	f := newForger(t, keys.ES256)
	vc := f.token(t, f.header(), certificate)
	jwt := retyped(keys.TypeJWT)(t, f)
	for _, c := range []struct {
		name  string
		token string
		types []string
		opens bool
	}{
		{"vc+jwt", vc, []string{keys.TypeVC}, true},
		{"vc+jwt of two", vc, []string{keys.TypeVC, keys.TypeJWT}, true},
		{"JWT of two", jwt, []string{keys.TypeVC, keys.TypeJWT}, true},
		{"JWT for vc+jwt", jwt, []string{keys.TypeVC}, false},
		{"vc+jwt for JWT", vc, []string{keys.TypeJWT}, false},
		{"no type asked for", vc, nil, false},
	} {
		_, err := open(f.set, c.token, keys.ForCredential, c.types...)
		if c.opens && err != nil || !c.opens && !errors.Is(err, keys.ErrMalformed) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The purpose that a set was published with survives being read and written.
func TestPurposeIsPublished(t *testing.T) {
	for _, p := range append(purposes, "") {
		change := map[string]any{}
		if p != "" {
			change["purpose"] = p
		}
		f := newForger(t, keys.EdDSA)
		set, err := keys.ParseSet(jwks(publicJWK(t, f.signer, f.kid, change)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := set.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys.ParseSet(text)
		if err != nil {
			t.Fatal(err)
		}
		if k, _ := again.Key(f.kid); k == nil || k.Purpose != p {
			t.Errorf("purpose %q came back as %+v", p, k)
		}
	}
}

// A set to which a later release has added a key is read all the same, and that key
// is good for nothing.
func TestKeysOfLaterPurposesAreHeldForNothing(t *testing.T) {
	f, later := newForger(t, keys.ES256), newForger(t, keys.ES256)
	later.kid += "-later"
	change := map[string]any{"purpose": "translog"}
	known, idle := publicJWK(t, f.signer, f.kid, nil), publicJWK(t, later.signer, later.kid, change)
	set, err := keys.ParseSet(jwks(known, idle, map[string]any{"kid": "new", "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "purpose": "sealTwo"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []keys.Idle{{ID: later.kid, Purpose: "translog"}, {ID: "new", Purpose: "sealTwo"}}
	if got := set.Idle(); !slices.Equal(got, want) || len(set.Keys()) != 1 {
		t.Errorf("%+v, with %d keys", got, len(set.Keys()))
	}
	if _, ok := set.Key(later.kid); ok {
		t.Error("the key is one of the set's")
	}
	if _, err := open(set, f.token(t, f.header(), certificate), keys.ForCredential, keys.TypeVC); err != nil {
		t.Error(err)
	}
	for _, p := range append(purposes, "", "translog") {
		if _, err := open(set, later.token(t, later.header(), certificate), p, keys.TypeVC); !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("read as %q: %v", p, err)
		}
		if k, ok := set.Holder(later.signer.Public(), p); ok {
			t.Errorf("holds %q: %+v", p, k)
		}
	}
	if text, err := set.MarshalJSON(); err != nil || bytes.Contains(text, []byte(later.kid)) {
		t.Errorf("published again: %s, %v", text, err)
	}
	// What is wrong with any key is wrong with such a one.
	for what, wrong := range map[string]map[string]any{
		"private":   {"purpose": "translog", "d": "AQAB"},
		"symmetric": {"purpose": "translog", "k": "AQAB"},
		"no kid":    {"purpose": "translog", "kid": nil},
		"enc":       {"purpose": "translog", "use": "enc"},
	} {
		if _, err := keys.ParseSet(jwks(known, publicJWK(t, later.signer, later.kid, wrong))); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	for what, list := range map[string][]map[string]any{
		"of a known key's id": {known, publicJWK(t, later.signer, f.kid, change)},
		"twice":               {known, idle, idle},
	} {
		if _, err := keys.ParseSet(jwks(list...)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}
