package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
)

// timeStamps is a time-stamp server, which counts how often it was asked.
func timeStamps(t *testing.T, asked *atomic.Int32) *httptest.Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	use, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Time-Stamps"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: use}},
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		question, _ := io.ReadAll(r.Body)
		q, err := timestamp.ParseRequest(question)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		stamp := timestamp.Timestamp{
			HashAlgorithm: q.HashAlgorithm, HashedMessage: q.HashedMessage, Nonce: q.Nonce, Time: time.Now().UTC().Truncate(time.Second),
			Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, AddTSACertificate: true,
		}
		answer, err := stamp.CreateResponseWithOpts(c, key, crypto.SHA256)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		w.Write(answer)
	}))
	t.Cleanup(site.Close)
	return site
}

// sealedBody is a new body with one certificate; it gives the number of that.
func sealedBody(t *testing.T) (dir, number string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "body")
	if _, err := establish(t.Context(), initOptions{dir: dir, alg: string(keys.ES256), body: issuer.Body{Name: "Example Certification Body", URL: "https://certs.example.org"}}); err != nil {
		t.Fatal(err)
	}
	b, err := openBody(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a, err := issuer.ParseApplication(scheme.Examples()[0].JSON)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := b.Issue(t.Context(), staff(), a)
	if err != nil {
		t.Fatal(err)
	}
	return dir, cert.Number
}

// With a time-stamp server the papers that the body hands out are stamped, those
// that a service prints for strangers are not, and without the server nothing
// hangs and nothing is lost.
func TestPapersAreTimeStamped(t *testing.T) {
	dir, number := sealedBody(t)
	var asked atomic.Int32
	tsa := timeStamps(t, &asked)
	show := func(unstamped bool) ([]byte, error) {
		var out, words bytes.Buffer
		err := runShow(t.Context(), &out, &words, dir, number, "pdf", "", unstamped, styleFlags{}, asPictures{})
		if words.Len() > 0 {
			t.Errorf("it says %q", &words)
		}
		return out.Bytes(), err
	}
	oid := "060B2A864886F70D010910020E" // of a signature time-stamp
	for _, c := range []struct {
		name, settings string
		unstamped      bool
		stamped        int32
	}{
		{"no server", "", false, 0},
		{"a server", `{"timestamp": "` + tsa.URL + `"}`, false, 1},
		{"not now", `{"timestamp": "` + tsa.URL + `"}`, true, 0},
		{"by the policy", `{"timestamp": "` + tsa.URL + `", "policy": "1.3.6.1.4.1.99999.1"}`, false, 1},
		{"no address", `{"timestamp": ""}`, false, 0},
	} {
		if c.settings != "" {
			if err := os.WriteFile(filepath.Join(dir, sealFile), []byte(c.settings), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		asked.Store(0)
		paper, err := show(c.unstamped)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if has := bytes.Contains(paper, []byte(oid)); asked.Load() != c.stamped || has != (c.stamped > 0) {
			t.Errorf("%s: asked %d times, stamped %v", c.name, asked.Load(), has)
		}
		file := filepath.Join(t.TempDir(), "paper.pdf")
		if err := os.WriteFile(file, paper, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "pdfsig", file).CombinedOutput()
		if !strings.Contains(string(out), "Signature is Valid.") || !strings.Contains(string(out), "Total document signed") {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		// Our own verifier takes it as well.
		b, err := openBody(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		row := &demoRow{pdf: file}
		if err := b.checkAll(t.Context(), dir, []*demoRow{row}); err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%+v", row.report); !strings.Contains(text, "as the issuer sealed it, to the last byte") {
			t.Errorf("%s: %s", c.name, text)
		}
		// The service, which strangers ask, does not ask the server.
		asked.Store(0)
		cert, err := b.find(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.present(t.Context(), cert, "pdf"); err != nil || asked.Load() > 0 {
			t.Errorf("%s: %v, and the server was asked %d times", c.name, err, asked.Load())
		}
		b.Close()
	}
	if err := os.WriteFile(filepath.Join(dir, sealFile), []byte(`{"timestamp": "`+tsa.URL+`", "policy": "1.2.3"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := show(false); err == nil || !strings.Contains(err.Error(), "by policy") {
		t.Errorf("by another policy: %v", err)
	}
	for _, wrong := range []string{`{"timestamp": "` + tsa.URL + `", "policy": "1"}`, `{"timestamp": "` + tsa.URL + `", "policy": "1.02.3"}`, `{"timestamp": 7}`, `{}{}`, `{"timestamp": "` + tsa.URL + `", "timestamp": ""}`} {
		if err := os.WriteFile(filepath.Join(dir, sealFile), []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := show(false); err == nil || !strings.Contains(err.Error(), sealFile) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
