package seal_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer/seal"
)

func TestASelfIssuedCertificateIsFitToSealWith(t *testing.T) {
	key := p256(t)
	for _, name := range []string{body, "Ärztekammer für Zertifizierung " + strings.Repeat("ü", 60), "株式会社" + strings.Repeat("認証", 40)} {
		c, err := seal.SelfIssued(name, address, key, today)
		if err != nil {
			t.Fatal(err)
		}
		if err := seal.Check([]*x509.Certificate{c}, key.Public(), today); err != nil {
			t.Error(err)
		}
		o, cn := c.Subject.Organization, c.Subject.CommonName
		if len(o) != 1 || !strings.HasPrefix(name, o[0]) || !strings.HasSuffix(cn, " document seal") || len(o[0]) > 64 || len(cn) > 64 {
			t.Errorf("subject %s", c.Subject)
		}
		if c.IsCA || !c.BasicConstraintsValid || c.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment ||
			len(c.URIs) != 1 || c.URIs[0].String() != address || len(c.SubjectKeyId) != 20 || len(c.SerialNumber.Bytes()) != 20 {
			t.Errorf("%+v", c)
		}
		if !c.NotBefore.Equal(today) || c.NotAfter.Year() != 9999 {
			t.Errorf("from %s until %s", c.NotBefore, c.NotAfter)
		}
		again, err := seal.SelfIssued(name, address, key, today)
		if err != nil || again.SerialNumber.Cmp(c.SerialNumber) == 0 {
			t.Errorf("%v: two certificates with one serial number", err)
		}
	}
	if _, err := seal.SelfIssued(body, "certs", key, today); err == nil {
		t.Error("certs is taken for a web address")
	}
}

func TestOnlyFitCertificatesAreSealedWith(t *testing.T) {
	root := newAuthority(t, nil, "Example Root")
	middle := newAuthority(t, root, "Example Authority")
	stranger := newAuthority(t, nil, "Example Authority") // of the same name
	key := p256(t)
	leaf := func(change func(*x509.Certificate)) *x509.Certificate { return middle.issue(t, "seal", key, change) }
	good := leaf(nil)
	for name, c := range map[string]struct {
		chain []*x509.Certificate
		key   crypto.PublicKey
		want  string // "": fit
	}{
		"whole":                {[]*x509.Certificate{good, middle.cert, root.cert}, key.Public(), ""},
		"without its root":     {[]*x509.Certificate{good, middle.cert}, key.Public(), ""},
		"alone":                {[]*x509.Certificate{good}, key.Public(), ""},
		"for documents":        {[]*x509.Certificate{leaf(forDocuments), middle.cert}, key.Public(), ""},
		"none":                 {nil, key.Public(), "no certificate"},
		"of another key":       {[]*x509.Certificate{good, middle.cert}, p256(t).Public(), "of another key"},
		"root first":           {[]*x509.Certificate{root.cert, middle.cert, good}, key.Public(), "of another key"},
		"gap":                  {[]*x509.Certificate{good, root.cert}, key.Public(), "followed by"},
		"foreign link":         {[]*x509.Certificate{good, stranger.cert}, key.Public(), "not vouched for"},
		"twice":                {[]*x509.Certificate{good, good}, key.Public(), "followed by"},
		"nine":                 {[]*x509.Certificate{good, middle.cert, root.cert, root.cert, root.cert, root.cert, root.cert, root.cert, root.cert}, key.Public(), "8 are the most"},
		"over":                 {[]*x509.Certificate{leaf(func(c *x509.Certificate) { c.NotAfter = today.Add(-time.Minute) })}, key.Public(), "out of force since"},
		"not yet":              {[]*x509.Certificate{leaf(func(c *x509.Certificate) { c.NotBefore = today.Add(time.Hour) })}, key.Public(), "not in force before"},
		"authority's":          {[]*x509.Certificate{middle.cert, root.cert}, middle.key.Public(), "authority's"},
		"key encipherment":     {[]*x509.Certificate{leaf(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })}, key.Public(), "not for signatures"},
		"web server's":         {[]*x509.Certificate{leaf(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })}, key.Public(), "something else"},
		"content commitment":   {[]*x509.Certificate{leaf(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment })}, key.Public(), ""},
		"any extended purpose": {[]*x509.Certificate{leaf(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} })}, key.Public(), ""},
	} {
		err := seal.Check(c.chain, c.key, today)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Whoever seals for long is told when it is over, whichever of the certificates ends
// first.
func TestASealIsInForceAsLongAsAllItsCertificates(t *testing.T) {
	root := newAuthority(t, nil, "Example Root")
	key, short := p256(t), p256(t)
	const days = 24 * time.Hour
	middle := &authority{short, root.issue(t, "Example Authority", short, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.NotAfter = true, x509.KeyUsageCertSign, today.Add(10*days)
	})}
	leaf := middle.issue(t, "seal", key, func(c *x509.Certificate) { c.NotBefore = today.Add(-5 * days) })
	s, err := seal.New(key, []*x509.Certificate{leaf, middle.cert, root.cert}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Until().Equal(today.Add(10 * days)) {
		t.Errorf("until %s", s.Until())
	}
	for at, want := range map[time.Duration]string{
		0: "", 10 * days: "", 10*days + time.Second: "out of force since", -time.Hour: "", -time.Hour - time.Second: "not in force before", 3000 * days: "out of force since",
	} {
		err := s.InForce(today.Add(at))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("at %s: %v, want %q", at, err, want)
		}
		// Check says the same.
		if fit := seal.Check([]*x509.Certificate{leaf, middle.cert, root.cert}, key.Public(), today.Add(at)); (fit == nil) != (err == nil) {
			t.Errorf("at %s: %v, and Check: %v", at, err, fit)
		}
	}
}

func TestWeakAndUnknownKeysAreRefused(t *testing.T) {
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	small, _ := rsa.GenerateKey(rand.Reader, 2048)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for want, key := range map[string]crypto.Signer{"P-384": p384, "RSA of 2048 bits": small, "readers of PDF do not know": ed} {
		cert := (*authority)(nil).issue(t, "seal", key, nil)
		_, err1 := seal.SelfIssued(body, address, key, today)
		err2 := seal.Check([]*x509.Certificate{cert}, key.Public(), today)
		_, err3 := seal.New(key, []*x509.Certificate{cert}, nil)
		raw, _ := x509.MarshalPKCS8PrivateKey(key)
		_, err4 := seal.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
		for i, err := range []error{err1, err2, err3, err4} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d: %v, want %q", i+1, err, want)
			}
		}
	}
	mine, other := p256(t), p256(t)
	if _, err := seal.New(mine, []*x509.Certificate{(*authority)(nil).issue(t, "seal", other, nil)}, nil); err == nil {
		t.Error("a seal with the certificate of another key")
	}
	if _, err := seal.New(mine, nil, nil); err == nil {
		t.Error("a seal without a certificate")
	}
}

func TestCertificatesAndKeysAreReadFromPEM(t *testing.T) {
	a := newAuthority(t, nil, "Example Root")
	key := p256(t)
	chain := []*x509.Certificate{a.issue(t, "seal", key, nil), a.cert}
	text := seal.EncodeChain(chain)
	read, err := seal.ParseChain(append([]byte("subject=...\n"), text...))
	if err != nil || len(read) != 2 || !read[0].Equal(chain[0]) || !read[1].Equal(chain[1]) {
		t.Fatalf("%v: %d certificates", err, len(read))
	}
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(key)
	sec1, _ := x509.MarshalECPrivateKey(key)
	block := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	for name, c := range map[string]struct {
		text []byte
		ok   bool
	}{
		"PKCS #8":         {block("PRIVATE KEY", pkcs8), true},
		"SEC 1":           {append(block("EC PARAMETERS", []byte{6, 1, 1}), block("EC PRIVATE KEY", sec1)...), true},
		"PKCS #1":         {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsa3k())), true},
		"password":        {block("ENCRYPTED PRIVATE KEY", pkcs8), false},
		"old password":    {pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: sec1}), false},
		"damaged":         {block("PRIVATE KEY", pkcs8[:40]), false},
		"two":             {bytes.Repeat(block("PRIVATE KEY", pkcs8), 2), false},
		"nothing":         {[]byte("hello"), false},
		"certificate":     {text, false},
		"beyond all size": {append(block("PRIVATE KEY", pkcs8), make([]byte, seal.MaxPEM)...), false},
	} {
		signer, err := seal.ParseKey(c.text)
		if (err == nil) != c.ok || (signer != nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string][]byte{
		"empty":       nil,
		"words":       []byte("no certificate"),
		"a key":       append(bytes.Clone(text), block("PRIVATE KEY", pkcs8)...),
		"damaged":     bytes.Replace(text, []byte("MII"), []byte("MIA"), 1),
		"half":        text[:len(text)-40],
		"nine":        bytes.Repeat(seal.EncodeChain(chain[:1]), 9),
		"beyond size": append(bytes.Clone(text), make([]byte, seal.MaxPEM)...),
	} {
		if read, err := seal.ParseChain(text); err == nil {
			t.Errorf("%s: %d certificates", name, len(read))
		}
	}
}

// Whatever stands in a file of certificates or keys, nothing panics.
func FuzzPEM(f *testing.F) {
	key := p256(f)
	c, err := seal.SelfIssued(body, address, key, today)
	if err != nil {
		f.Fatal(err)
	}
	raw, _ := x509.MarshalECPrivateKey(key)
	f.Add(seal.EncodeChain([]*x509.Certificate{c}))
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}))
	f.Fuzz(func(t *testing.T, text []byte) {
		chain, err := seal.ParseChain(text)
		if (err == nil) != (len(chain) > 0) {
			t.Fatalf("%d certificates, %v", len(chain), err)
		}
		if err == nil {
			_ = seal.Check(chain, key.Public(), today)
			if again, err := seal.ParseChain(seal.EncodeChain(chain)); err != nil || len(again) != len(chain) {
				t.Fatalf("%d of %d certificates, %v", len(again), len(chain), err)
			}
		}
		if signer, err := seal.ParseKey(text); (err == nil) != (signer != nil) {
			t.Fatal(err)
		}
	})
}
