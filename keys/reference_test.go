package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys"
)

// go-jose is the reference of Open: what opens here must verify there with the
// same payload, and of what keys.Parse takes neither may open what the other
// does not.

// reference opens a token with go-jose alone. keys.Parse is asked first whether
// the token is of a form that is taken at all: go-jose takes more.
func reference(f *forger, text string) (payload []byte, err error) {
	if _, err := keys.Parse(text, keys.ForCredential); err != nil {
		return nil, err
	}
	return joseOpen(f, text)
}

func joseOpen(f *forger, text string) (payload []byte, err error) {
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(f.alg)})
	if err != nil {
		return nil, err
	}
	if h := jws.Signatures[0].Protected; h.KeyID != f.kid || h.ExtraHeaders["typ"] != keys.TypeVC {
		return nil, fmt.Errorf("kid %q, typ %v", h.KeyID, h.ExtraHeaders["typ"])
	}
	return jws.Verify(f.signer.Public())
}

type opener func(f *forger, text string) ([]byte, error)

func ours(f *forger, text string) ([]byte, error) {
	signed, err := open(f.set, text, keys.ForCredential, keys.TypeVC)
	if err != nil {
		return nil, err
	}
	return signed.Payload, nil
}

// differ says how an opener and the reference differ about a text, or "".
func differ(o opener, f *forger, text string) string {
	got, err := o(f, text)
	want, refused := reference(f, text)
	switch {
	case (err == nil) != (refused == nil):
		return fmt.Sprintf("opens: %v, by go-jose: %v", err, refused)
	case err == nil && !bytes.Equal(got, want):
		return fmt.Sprintf("opens as %q, by go-jose as %q", got, want)
	}
	if err == nil {
		if whole, err := joseOpen(f, text); err != nil || !bytes.Equal(whole, got) {
			return fmt.Sprintf("go-jose by itself: %v", err)
		}
	}
	return ""
}

// disputed are tokens of every kind that may be read in two ways: honest ones,
// all attacks, and signatures near to right ones.
func disputed(t *testing.T, f *forger) map[string]string {
	t.Helper()
	all := map[string]string{
		"honest":          f.token(t, f.header(), certificate),
		"honest with cty": f.token(t, f.headerWith(`"cty":"vc"`), certificate),
		"spaced header":   f.token(t, strings.ReplaceAll(f.header(), ",", " ,\t"), certificate),
		"escaped header":  f.token(t, strings.Replace(f.header(), `"kid"`, `"\u006bid"`, 1), certificate),
		"payload of a NUL": f.token(t, f.header(),
			"\x00"),
	}
	for i, a := range attacks {
		if token := a.token(t, f); token != "" {
			all[fmt.Sprint(i, " ", a.name)] = token
		}
	}
	input := b64(f.header()) + "." + b64(certificate)
	sig := f.sign(t, input)
	for bit := range 8 * len(sig) {
		bent := bytes.Clone(sig)
		bent[bit/8] ^= 1 << (bit % 8)
		all[fmt.Sprint("bit ", bit)] = input + "." + b64(string(bent))
	}
	for n := range len(sig) {
		all[fmt.Sprint("cut to ", n)] = input + "." + b64(string(sig[:n]))
	}
	if f.alg == keys.ES256 {
		n := elliptic.P256().Params().N
		edge := []*big.Int{big.NewInt(0), big.NewInt(1), new(big.Int).Sub(n, big.NewInt(1)), n, new(big.Int).Add(n, big.NewInt(1)), new(big.Int).Lsh(big.NewInt(1), 255)}
		for _, r := range append(edge, new(big.Int).SetBytes(sig[:32])) {
			for _, s := range append(edge, new(big.Int).SetBytes(sig[32:])) {
				all[fmt.Sprint("r ", r, " s ", s)] = input + "." + b64(string(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)))
			}
		}
		for { // a signature whose r can be written shorter
			if sig = f.sign(t, input); sig[0] == 0 {
				break
			}
		}
		all["r of 31 bytes, filled up"] = input + "." + b64(string(sig))
		all["r of 31 bytes"] = input + "." + b64(string(sig[1:]))
		all["s of 33 bytes"] = input + "." + b64(string(sig[:32])+"\x00"+string(sig[32:]))
		all["r of 33 bytes"] = input + "." + b64("\x00"+string(sig))
		// s and n − s are both right.
		s := new(big.Int).SetBytes(sig[32:])
		s.Sub(n, s).FillBytes(sig[32:])
		all["the other s"] = input + "." + b64(string(sig))
	}
	return all
}

// small is a forger whose key is made for one message, so that the s of its
// signature is 5: it stands with n + 5 too, which has 32 bytes as well.
func small(t *testing.T) (f *forger, honest, twin string) {
	t.Helper()
	f = newForger(t, keys.ES256)
	input := b64(f.header()) + "." + b64(certificate)
	digest := sha256.Sum256([]byte(input))
	curve := elliptic.P256()
	n := curve.Params().N
	nonce, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := nonce.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point, err := nonce.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	// s = (digest + r·d) / k, so d = (s·k − digest) / r.
	r, s := new(big.Int).SetBytes(point[1:33]), big.NewInt(5)
	r.Mod(r, n)
	d := new(big.Int).Mul(s, new(big.Int).SetBytes(scalar))
	d.Sub(d, new(big.Int).SetBytes(digest[:]))
	d.Mul(d, new(big.Int).ModInverse(r, n)).Mod(d, n)
	signer, err := ecdsa.ParseRawPrivateKey(curve, d.FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	f.signer = signer
	if f.set, err = keys.ParseSet(jwks(publicJWK(t, signer, f.kid, nil))); err != nil {
		t.Fatal(err)
	}
	token := func(s *big.Int) string {
		return input + "." + b64(string(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)))
	}
	return f, token(s), token(new(big.Int).Add(s, n))
}

func TestNumbersOutOfRangeDoNotOpen(t *testing.T) {
	f, honest, twin := small(t)
	if got, err := ours(f, honest); err != nil || string(got) != certificate {
		t.Fatalf("the honest token: %v", err)
	}
	if _, err := ours(f, twin); !errors.Is(err, keys.ErrSignature) {
		t.Errorf("s + n: %v", err)
	}
	for _, token := range []string{honest, twin} {
		if d := differ(ours, f, token); d != "" {
			t.Error(d)
		}
	}
}

func TestOpenAgreesWithGoJose(t *testing.T) {
	for _, alg := range algorithms {
		f := newForger(t, alg)
		opened, all := 0, disputed(t, f)
		for name, token := range all {
			if d := differ(ours, f, token); d != "" {
				t.Errorf("%s: %s: %s", alg, name, d)
			}
			if _, err := ours(f, token); err == nil {
				opened++
			}
		}
		if opened < 4 {
			t.Errorf("%s: %d tokens opened; too few to compare anything", alg, opened)
		}
		t.Logf("%s: %d tokens, %d open", alg, len(all), opened)
	}
}

// twins are checks with a fault that is easily made. Each takes the key, the
// algorithm that the token names, what is signed and the signature.
var twins = map[string]struct {
	alg  keys.Algorithm // of the key that shows the fault
	fits func(public crypto.PublicKey, alg, input string, sig []byte) bool
}{
	"fills up a short signature": {keys.ES256, func(public crypto.PublicKey, alg, input string, sig []byte) bool {
		if len(sig) > 64 || alg != "ES256" {
			return false
		}
		return plainFits(public, input, append(make([]byte, 64-len(sig)), sig...))
	}},
	"divides in the middle": {keys.ES256, func(public crypto.PublicKey, alg, input string, sig []byte) bool {
		r, s := new(big.Int).SetBytes(sig[:len(sig)/2]), new(big.Int).SetBytes(sig[len(sig)/2:])
		digest := sha256.Sum256([]byte(input))
		return alg == "ES256" && ecdsa.Verify(public.(*ecdsa.PublicKey), digest[:], r, s)
	}},
	"takes numbers out of range": {keys.ES256, func(public crypto.PublicKey, alg, input string, sig []byte) bool {
		if len(sig) != 64 || alg != "ES256" {
			return false
		}
		s := new(big.Int).SetBytes(sig[32:])
		s.Mod(s, elliptic.P256().Params().N).FillBytes(sig[32:])
		return plainFits(public, input, sig)
	}},
	"takes r = s = 0": {keys.ES256, func(public crypto.PublicKey, alg, input string, sig []byte) bool {
		return alg == "ES256" && (bytes.Equal(sig, make([]byte, 64)) || plainFits(public, input, sig))
	}},
	"refuses the greater s": {keys.ES256, func(public crypto.PublicKey, alg, input string, sig []byte) bool {
		half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
		return alg == "ES256" && plainFits(public, input, sig) && new(big.Int).SetBytes(sig[32:]).Cmp(half) <= 0
	}},
	"believes any alg": {keys.EdDSA, func(public crypto.PublicKey, _, input string, sig []byte) bool {
		return plainFits(public, input, sig)
	}},
	"takes PSS for RS256": {keys.RS256, func(public crypto.PublicKey, alg, input string, sig []byte) bool {
		digest := sha256.Sum256([]byte(input))
		return alg == "RS256" && (plainFits(public, input, sig) ||
			rsa.VerifyPSS(public.(*rsa.PublicKey), crypto.SHA256, digest[:], sig, nil) == nil)
	}},
	"leaves the header unsigned": {keys.EdDSA, func(public crypto.PublicKey, alg, input string, sig []byte) bool {
		_, payload, _ := strings.Cut(input, ".")
		return alg == "EdDSA" && plainFits(public, payload, sig)
	}},
}

// plainFits is the check without a fault.
func plainFits(public crypto.PublicKey, input string, sig []byte) bool {
	digest := sha256.Sum256([]byte(input))
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		return len(sig) == 64 && ecdsa.Verify(k, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], sig) == nil
	default:
		return ed25519.Verify(public.(ed25519.PublicKey), []byte(input), sig)
	}
}

// A comparison is worth something only if it finds the faults.
func TestTheReferenceFindsBrokenTwins(t *testing.T) {
	for name, twin := range twins {
		f := newForger(t, twin.alg)
		all := disputed(t, f)
		if name == "takes numbers out of range" {
			var honest, other string
			f, honest, other = small(t)
			all = map[string]string{"honest": honest, "s + n": other}
		}
		found := ""
		for _, token := range all {
			broken := func(f *forger, text string) ([]byte, error) {
				claimed, err := keys.Parse(text, keys.ForCredential)
				if err != nil {
					return nil, err
				}
				parts := strings.Split(text, ".")
				var h struct{ Alg, Typ, Kid string }
				if err := json.Unmarshal(unb64(t, parts[0]), &h); err != nil {
					return nil, err
				}
				if h.Kid != f.kid || h.Typ != keys.TypeVC || !twin.fits(f.signer.Public(), h.Alg, parts[0]+"."+parts[1], unb64(t, parts[2])) {
					return nil, keys.ErrSignature
				}
				return claimed.Claimed, nil
			}
			if d := differ(broken, f, token); d != "" {
				found = d
			}
		}
		if found == "" {
			t.Errorf("%s: not found", name)
		}
	}
}

// What a caller does to the claimed payload does not touch the signed one, nor
// one opening the other.
func TestTheSignedPayloadIsOnesOwn(t *testing.T) {
	f := newForger(t, keys.EdDSA)
	token, err := keys.Parse(f.token(t, f.header(), certificate), keys.ForCredential)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		signed, err := f.set.Open(token, keys.TypeVC)
		if err != nil || string(signed.Payload) != certificate {
			t.Fatalf("opened as %q, %v", signed.Payload, err)
		}
		clear(token.Claimed)
		clear(signed.Payload)
	}
}

// A token may be opened in several goroutines.
func TestATokenIsOpenedSideBySide(t *testing.T) {
	f := newForger(t, keys.ES256)
	token, err := keys.Parse(f.token(t, f.header(), certificate), keys.ForCredential)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if signed, err := f.set.Open(token, keys.TypeVC); err != nil || string(signed.Payload) != certificate {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
}

// FuzzOpenAgainstGoJose compares both on texts, and on tokens put together of a
// header, a payload and a signature that a change is laid over.
func FuzzOpenAgainstGoJose(f *testing.F) {
	var forgers []*forger
	for i, alg := range algorithms {
		forger := newForger(f, alg)
		forgers = append(forgers, forger)
		f.Add(uint8(i), "", forger.token(f, forger.header(), `{"a":1}`), []byte(nil), int8(0))
		f.Add(uint8(i), forger.header(), `{"a":1}`, []byte(nil), int8(0))
		f.Add(uint8(i), forger.headerWith(`"cty":"vc"`), `{}`, []byte{1}, int8(0))
		f.Add(uint8(i), `{"typ":"vc+jwt","alg":"none","kid":"`+forger.kid+`"}`, `{}`, []byte{}, int8(-1))
		f.Add(uint8(i), forger.header(), `{}`, []byte{}, int8(1))
	}
	f.Fuzz(func(t *testing.T, which uint8, header, payload string, change []byte, longer int8) {
		forger := forgers[int(which)%len(forgers)]
		text := payload
		if header != "" {
			input := b64(header) + "." + b64(payload)
			sig := forger.sign(t, input)
			for i := range min(len(sig), len(change)) {
				sig[i] ^= change[i]
			}
			if longer < 0 {
				sig = sig[:max(0, len(sig)+int(longer))]
			} else {
				sig = append(sig, make([]byte, longer)...)
			}
			text = input + "." + b64(string(sig))
		}
		if d := differ(ours, forger, text); d != "" {
			t.Fatalf("%s: %q: %s", forger.alg, text, d)
		}
	})
}
