package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/testamur/testamur/keys"
)

// A key for seals signs no token, whoever asks and whatever for, and no token
// opens with one.
func TestASealKeyIsNeverUsedForTokens(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.ES256, keys.RS256} {
		k := generated(t, alg, keys.ForSeal)
		all := []*keys.Private{k}
		for _, p := range purposes {
			all = append(all, generated(t, keys.ES256, p))
		}
		r := ring(t, all...)
		if token, err := r.Sign(t.Context(), keys.ForSeal, keys.TypeVC, []byte(certificate)); !errors.Is(err, keys.ErrPurpose) {
			t.Errorf("%s: signed %q, %v", alg, token, err)
		}
		// Somebody who has the key signs a token with it, as any signer could.
		signer, err := k.Sealer()
		if err != nil {
			t.Fatal(err)
		}
		f := &forger{alg: alg, kid: k.ID, signer: signer, set: r.Set()}
		token := f.token(t, f.header(), certificate)
		for _, reader := range append(purposes, keys.ForSeal, "", "session") {
			if _, err := open(r.Set(), token, reader, keys.TypeVC); !errors.Is(err, keys.ErrPurpose) {
				t.Errorf("%s: read as %q: %v, want %v", alg, reader, err, keys.ErrPurpose)
			}
		}
		// A token of any other key is no seal.
		for _, p := range purposes {
			token, err := r.Sign(t.Context(), p, keys.TypeVC, []byte(certificate))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open(r.Set(), token, keys.ForSeal, keys.TypeVC); !errors.Is(err, keys.ErrPurpose) {
				t.Errorf("%s: of a %s key, read as a seal: %v", alg, p, err)
			}
		}
	}
}

func TestOnlySealKeysSeal(t *testing.T) {
	for _, p := range purposes {
		if signer, err := generated(t, keys.ES256, p).Sealer(); !errors.Is(err, keys.ErrPurpose) || signer != nil {
			t.Errorf("a %s key: %v", p, err)
		}
	}
	if _, err := keys.Generate(house, keys.ForSeal, keys.EdDSA, born); err == nil {
		t.Error("an Ed25519 key is made for seals, which readers of PDF cannot check")
	}
}

// A seal key is published with its purpose, kept in its file, and found by what it
// is.
func TestASealKeyIsPublishedAndKept(t *testing.T) {
	k, folder := generated(t, keys.ES256, keys.ForSeal), t.TempDir()
	if err := keys.Save(folder, k); err != nil {
		t.Fatal(err)
	}
	r, err := keys.Load(folder, house)
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.Set().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.ParseSet(text)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := r.Keys()[0].Sealer()
	if err != nil {
		t.Fatal(err)
	}
	found, ok := set.Holder(signer.Public(), keys.ForSeal)
	if !ok || found.ID != k.ID || found.Purpose != keys.ForSeal {
		t.Errorf("published as %s, found %+v", text, found)
	}
	digest := sha256.Sum256([]byte("document"))
	if s, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil || !ecdsa.VerifyASN1(signer.Public().(*ecdsa.PublicKey), digest[:], s) {
		t.Errorf("the key that came back does not sign: %v", err)
	}
}

func TestAKeyIsFoundForItsPurposeOnly(t *testing.T) {
	var all []*keys.Private
	sealer := generated(t, keys.ES256, keys.ForSeal)
	for _, p := range purposes {
		all = append(all, generated(t, keys.ES256, p))
	}
	r := ring(t, append(all, sealer, generated(t, keys.RS256, keys.ForSeal))...)
	own, err := sealer.Sealer()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(purposes, keys.ForSeal, "") {
		k, ok := r.Set().Holder(own.Public(), p)
		if ok != (p == keys.ForSeal) || ok && k.ID != sealer.ID {
			t.Errorf("the seal key, looked for as %q: %v %v", p, k, ok)
		}
	}
	// One without a purpose, as other issuers publish it, is not for seals.
	f := newForger(t, keys.ES256)
	if k, ok := f.set.Holder(f.signer.Public(), keys.ForSeal); ok {
		t.Errorf("%s seals", k.ID)
	}
	if _, ok := f.set.Holder(f.signer.Public(), keys.ForCredential); !ok {
		t.Error("a key without purpose is not found for credentials")
	}
	if _, ok := r.Set().Holder(nil, keys.ForSeal); ok {
		t.Error("no key is one of the set")
	}
}

func TestAKeyOfTheBodysOwnIsTakenOver(t *testing.T) {
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	small, _ := rsa.GenerateKey(rand.Reader, 2048)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	torn := *p256
	torn.PublicKey = other.PublicKey
	for name, c := range map[string]struct {
		signer crypto.Signer
		ok     bool
	}{
		"P-256": {p256, true}, "RSA 3072": {rsaSigner(), true},
		"P-384": {p384, false}, "RSA 2048": {small, false}, "Ed25519": {ed, false}, "of two halves": {&torn, false},
	} {
		k, err := keys.Import(house, c.signer, born)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (k.Purpose != keys.ForSeal || !k.Created.Equal(born) || k.ID != house+"/keys/"+k.Thumbprint()) {
			t.Errorf("%s: %+v", name, k.Key)
		}
	}
}
