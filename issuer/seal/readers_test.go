package seal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"

	"github.com/testamur/testamur/issuer/seal"
)

// flipped is the document with one bit of it changed outside the seal.
func flipped(pdf []byte) []byte {
	b := bytes.Clone(pdf)
	b[bytes.Index(b, []byte("10 10 180 80 re"))] ^= 1
	return b
}

// parts are the seal of a document and what it is of.
func parts(t *testing.T, pdf []byte) (cms, signed []byte) {
	t.Helper()
	from := bytes.Index(pdf, []byte("/Contents<")) + len("/Contents")
	to := from + bytes.IndexByte(pdf[from:], '>') + 1
	cms, err := hex.DecodeString(string(pdf[from+1 : to-1]))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimRight(cms, "\x00"), append(bytes.Clone(pdf[:from]), pdf[to:]...)
}

// What openssl thinks of a seal: the signature fits, the chain holds, and the
// attributes are those of PAdES.
func TestOpenSSLTakesTheSeal(t *testing.T) {
	for name, s := range sealings(t, nil) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pdf := sealedPDF(t, s.Seal)
			cms, signed := parts(t, pdf)
			file, root := write(t, dir, "seal.der", cms), write(t, dir, "root.pem", pemOf(s.root))
			verify := func(content []byte) (string, error) {
				return run(t, "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", file, "-content", write(t, dir, "content", content),
					"-CAfile", root, "-purpose", "any", "-out", "/dev/null")
			}
			if out, err := verify(signed); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if out, err := verify(append(bytes.Clone(signed), '\n')); err == nil {
				t.Errorf("one byte more was not noticed:\n%s", out)
			}
			out, err := run(t, "openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", file)
			for _, want := range []string{"contentType", "messageDigest", "signingCertificateV2", "version: 1", "eContent: <ABSENT>", "crls:\n      <ABSENT>"} {
				if err != nil || !strings.Contains(out, want) {
					t.Errorf("%v: no %s in\n%s", err, want, out)
				}
			}
			if strings.Contains(out, "signingTime") {
				t.Error("there is a signing-time, which PAdES forbids")
			}
			if out, err := run(t, "openssl", "asn1parse", "-inform", "DER", "-in", file); err != nil || strings.Contains(out, "inf ") {
				t.Errorf("not DER: %v", err)
			}
		})
	}
}

func TestPDFSigTakesTheSeal(t *testing.T) {
	for name, s := range sealings(t, nil) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			trusted := "C,C,C"
			if len(s.chain) == 1 {
				trusted = "P,P,P" // the certificate itself, no authority
			}
			for _, args := range [][]string{
				{"-N", "-d", "sql:" + dir, "--empty-password"},
				{"-A", "-d", "sql:" + dir, "-n", "root", "-t", trusted, "-i", write(t, dir, "root.pem", pemOf(s.root))},
			} {
				if out, err := run(t, "certutil", args...); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			pdf := sealedPDF(t, s.Seal)
			for _, c := range []struct {
				name  string
				pdf   []byte
				wants []string
				not   string
			}{
				{"as sealed", pdf, []string{"Signature is Valid.", "Certificate is Trusted.", "Total document signed", "ETSI.CAdES.detached"}, "Not total"},
				{"changed", flipped(pdf), []string{"Digest Mismatch."}, "Signature is Valid."},
				{"longer", append(bytes.Clone(pdf), "% more\n"...), []string{"Not total document signed"}, "Total document signed\n"},
			} {
				out, err := run(t, "pdfsig", "-nssdir", "sql:"+dir, write(t, dir, "sealed.pdf", c.pdf))
				for _, want := range c.wants {
					if !strings.Contains(out, want) {
						t.Errorf("%s: %v, no %q in\n%s", c.name, err, want, out)
					}
				}
				if strings.Contains(out, c.not) {
					t.Errorf("%s: there is %q in\n%s", c.name, c.not, out)
				}
			}
		})
	}
}

func TestMutoolTakesTheSeal(t *testing.T) {
	for name, s := range sealings(t, nil) {
		dir, pdf := t.TempDir(), sealedPDF(t, s.Seal)
		out, _ := run(t, "mutool", "sign", "-v", write(t, dir, "sealed.pdf", pdf))
		if !strings.Contains(out, "The document is unchanged since signing") {
			t.Errorf("%s:\n%s", name, out)
		}
		out, _ = run(t, "mutool", "sign", "-v", write(t, dir, "sealed.pdf", flipped(pdf)))
		if strings.Contains(out, "unchanged since signing") {
			t.Errorf("%s, changed:\n%s", name, out)
		}
		if out, err := run(t, "qpdf", "--check", write(t, dir, "sealed.pdf", pdf)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestPDFCPUTakesTheSeal(t *testing.T) {
	model.ConfigPath = "disable"
	conf := model.NewDefaultConfiguration()
	conf.Offline = true
	conf.Cmd = model.VALIDATESIGNATURES
	for name, s := range sealings(t, nil) {
		model.TrustedCertDir = t.TempDir()
		write(t, model.TrustedCertDir, "root.pem", pemOf(s.root))
		if err := pdfcpu.LoadCertificates(); err != nil {
			t.Fatal(err)
		}
		pdf := sealedPDF(t, s.Seal)
		for _, c := range []struct {
			pdf      []byte
			modified bool
		}{{pdf, false}, {flipped(pdf), true}} {
			file := bytes.NewReader(c.pdf)
			doc, err := pdfcpu.Read(file, conf)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.XRefTable(doc); err != nil {
				t.Fatal(err)
			}
			results, err := pdfcpu.ValidateSignatures(file, doc, true)
			if err != nil || len(results) != 1 {
				t.Errorf("%s: %v, %d results", name, err, len(results))
				continue
			}
			r := results[0]
			// An unchanged one is of unknown status to it, as it wants to ask somebody
			// whether the certificate was revoked.
			if (r.DocModified == model.True) != c.modified || (r.Status == model.SignatureStatusInvalid) != c.modified {
				t.Errorf("%s: modified is %d, want %v: %v, %v, %v", name, r.DocModified, c.modified, r.Status, r.Reason, r.Problems)
			}
		}
	}
}

// The same document and key give the same seal; another document another.
func TestASealIsReproducible(t *testing.T) {
	for name, s := range sealings(t, nil) {
		a, b := sealedPDF(t, s.Seal), sealedPDF(t, s.Seal)
		again, err := seal.New(s.key, s.chain, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) || !bytes.Equal(a, sealedPDF(t, again)) {
			t.Errorf("%s: two seals of one document differ", name)
		}
		one, err1 := s.Seal.Seal(t.Context(), sha256.Sum256([]byte("1")))
		two, err2 := s.Seal.Seal(t.Context(), sha256.Sum256([]byte("2")))
		if err1 != nil || err2 != nil || bytes.Equal(one, two) {
			t.Errorf("%s: %v, %v: one seal for two documents", name, err1, err2)
		}
		if len(one) > s.Room() || len(one) < s.Room()-4 {
			t.Errorf("%s: a seal of %d bytes, and room for %d", name, len(one), s.Room())
		}
	}
}

func TestACancelledSealIsNone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, s := range sealings(t, nil) {
		if cms, err := s.Seal.Seal(ctx, [32]byte{}); err == nil || cms != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
