package seal_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer/seal"
)

const (
	body    = "Example Certification Body"
	address = "https://certs.example.org"
)

var (
	today = time.Now().UTC().Truncate(time.Second)
	rsa3k = sync.OnceValue(func() *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, 3072)
		if err != nil {
			panic(err)
		}
		return k
	})
	oidDocument = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}
)

func p256(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// authority is one that issues certificates.
type authority struct {
	key  crypto.Signer
	cert *x509.Certificate
}

// issue has the authority make out a certificate; change may alter it first. The
// nil authority makes one out for itself.
func (a *authority) issue(t testing.TB, name string, key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	c := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: pkix.Name{Organization: []string{body}, CommonName: name},
		NotBefore: today.Add(-time.Hour), NotAfter: today.AddDate(2, 0, 0), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	if change != nil {
		change(c)
	}
	parent, signer := c, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func newAuthority(t testing.TB, by *authority, name string) *authority {
	t.Helper()
	key := p256(t)
	return &authority{key, by.issue(t, name, key, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	})}
}

// forDocuments makes a certificate one that NSS and openssl take for documents.
func forDocuments(c *x509.Certificate) {
	c.ExtKeyUsage, c.UnknownExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, []asn1.ObjectIdentifier{oidDocument}
}

// sealing is a seal with what others need to check it.
type sealing struct {
	*seal.Seal
	key   crypto.Signer
	root  *x509.Certificate
	chain []*x509.Certificate
}

// sealings are one seal of each kind.
func sealings(t testing.TB, stamper seal.Stamper) map[string]sealing {
	t.Helper()
	root := newAuthority(t, nil, "Example Root")
	middle := newAuthority(t, root, "Example Authority")
	ec, own := p256(t), p256(t)
	ofEC := middle.issue(t, body+" seal", ec, forDocuments)
	ofRSA := middle.issue(t, body+" RSA seal", rsa3k(), forDocuments)
	self, err := seal.SelfIssued(body, address, own, today.Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]sealing{}
	for name, s := range map[string]struct {
		key   crypto.Signer
		chain []*x509.Certificate
		root  *x509.Certificate
	}{
		"self-issued": {own, []*x509.Certificate{self}, self},
		"P-256 chain": {ec, []*x509.Certificate{ofEC, middle.cert, root.cert}, root.cert},
		"RSA chain":   {rsa3k(), []*x509.Certificate{ofRSA, middle.cert}, root.cert},
	} {
		if err := seal.Check(s.chain, s.key.Public(), today); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		made, err := seal.New(s.key, s.chain, stamper)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = sealing{made, s.key, s.root, s.chain}
	}
	return all
}

// sealedPDF writes a PDF of one page with the seal: what the press writes, as
// little as can be.
func sealedPDF(t testing.TB, s *seal.Seal) []byte {
	t.Helper()
	pdf, from, to := blankPDF(s.Room())
	hash := sha256.New()
	hash.Write(pdf[:from])
	hash.Write(pdf[to:])
	cms, err := s.Seal(context.Background(), [32]byte(hash.Sum(nil)))
	if err != nil {
		t.Fatal(err)
	}
	copy(pdf[from+1:], fmt.Sprintf("%X", cms))
	return pdf
}

// blankPDF has room for a seal at [from, to).
func blankPDF(room int) (pdf []byte, from, to int) {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var offsets []int
	object := func(text string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), text)
	}
	object("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>>>")
	object("<</Type/Pages/Kids[3 0 R]/Count 1>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<>>/Annots[5 0 R]>>")
	object("<</Length 21>>\nstream\n10 10 180 80 re S    \nendstream")
	object("<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/F 132/Rect[0 0 0 0]/P 3 0 R/V 6 0 R>>")
	offsets = append(offsets, b.Len())
	fmt.Fprintf(&b, "6 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:%sZ)/ByteRange[0 ", today.Format("20060102150405"))
	numbers := b.Len()
	b.WriteString("0000000000 0000000000 0000000000]/Contents")
	from = b.Len()
	b.WriteByte('<')
	b.Write(bytes.Repeat([]byte("0"), 2*room))
	b.WriteByte('>')
	to = b.Len()
	b.WriteString(">>\nendobj\n")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 7\n0000000000 65535 f \n")
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 7/Root 1 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF\n", xref)
	pdf = b.Bytes()
	copy(pdf[numbers:], fmt.Sprintf("%010d %010d %010d", from, to, len(pdf)-to))
	return pdf, from, to
}

func write(t testing.TB, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs another program and returns all it says.
func run(t testing.TB, program string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is needed; make deps installs it", program)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	return string(out), err
}

func pemOf(c *x509.Certificate) []byte { return seal.EncodeChain([]*x509.Certificate{c}) }

func pemBlock(kind string, b []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})
}
