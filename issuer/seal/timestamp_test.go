package seal_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/testamur/testamur/issuer/seal"
)

var policy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}

// tsa is a time-stamp server. Its faults are what a test changes.
type tsa struct {
	root, self *authority
	change     func(*timestamp.Timestamp) // of what it stamps
	answer     func([]byte) []byte        // of what it sends
	kind       string
	asked      int
}

func newTSA(t testing.TB) *tsa {
	root := newAuthority(t, nil, "Example Time-Stamp Root")
	key := p256(t)
	return &tsa{root: root, self: &authority{key, root.issue(t, "Example Time-Stamps", key, forTimeStamps(true))}, kind: "application/timestamp-reply"}
}

func forTimeStamps(critical bool) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature
		uses, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			panic(err)
		}
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: uses}}
	}
}

func (s *tsa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked++
	question, _ := io.ReadAll(r.Body)
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "not a question", http.StatusBadRequest)
		return
	}
	q, err := timestamp.ParseRequest(question)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	stamp := &timestamp.Timestamp{
		HashAlgorithm: q.HashAlgorithm, HashedMessage: q.HashedMessage, Time: time.Now().UTC().Truncate(time.Second), Nonce: q.Nonce, Policy: policy,
		AddTSACertificate: q.Certificates, Certificates: []*x509.Certificate{s.root.cert},
	}
	if s.change != nil {
		s.change(stamp)
	}
	answer, err := stamp.CreateResponseWithOpts(s.self.cert, s.self.key, crypto.SHA256)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if s.answer != nil {
		answer = s.answer(answer)
	}
	w.Header().Set("Content-Type", s.kind)
	w.Write(answer)
}

func stampedBy(t testing.TB, h http.Handler) *seal.Server {
	t.Helper()
	site := httptest.NewServer(h)
	t.Cleanup(site.Close)
	s, err := seal.NewServer(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A seal with a time-stamp is a seal as ever; openssl finds the time-stamp in it
// right for the signature.
func TestASealIsTimeStamped(t *testing.T) {
	honest := newTSA(t)
	server := stampedBy(t, honest)
	server.Policy = policy
	for name, s := range sealings(t, server) {
		dir := t.TempDir()
		pdf := sealedPDF(t, s.Seal)
		out, err := run(t, "pdfsig", write(t, dir, "sealed.pdf", pdf))
		if !strings.Contains(out, "Signature is Valid.") || !strings.Contains(out, "Total document signed") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		cms, signed := parts(t, pdf)
		content, root := write(t, dir, "content", signed), write(t, dir, "root.pem", pemOf(s.root))
		out, err = run(t, "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", write(t, dir, "seal.der", cms), "-content", content,
			"-CAfile", root, "-purpose", "any", "-out", "/dev/null")
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		token, signature := stampIn(t, cms)
		verify := func(of []byte) (string, error) {
			return run(t, "openssl", "ts", "-verify", "-in", write(t, dir, "token.der", token), "-token_in", "-data", write(t, dir, "signature", of),
				"-CAfile", write(t, dir, "tsa.pem", pemOf(honest.root.cert)))
		}
		if out, err := verify(signature); err != nil || !strings.Contains(out, "Verification: OK") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if out, err := verify(append(signature, 0)); err == nil {
			t.Errorf("%s: the time-stamp fits another signature too\n%s", name, out)
		}
	}
	if honest.asked == 0 {
		t.Error("the server was not asked")
	}
}

// stampIn takes a time-stamped seal apart, with encoding/asn1 and not with our own
// code.
func stampIn(t *testing.T, cms []byte) (token, signature []byte) {
	t.Helper()
	var info struct {
		Type asn1.ObjectIdentifier
		Data struct {
			Version    int
			Algorithms asn1.RawValue
			Content    asn1.RawValue
			Certs      asn1.RawValue
			Signers    []struct {
				Version   int
				Signer    asn1.RawValue
				Digest    asn1.RawValue
				Signed    asn1.RawValue
				Algorithm asn1.RawValue
				Signature []byte
				Unsigned  asn1.RawValue
			} `asn1:"set"`
		} `asn1:"explicit,tag:0"`
	}
	var attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	if _, err := asn1.Unmarshal(cms, &info); err != nil {
		t.Fatal(err)
	}
	signer := info.Data.Signers[0]
	if _, err := asn1.Unmarshal(signer.Unsigned.Bytes, &attribute); err != nil {
		t.Fatal(err)
	}
	return attribute.Values[0].FullBytes, signer.Signature
}

// openssl as the server: code that shares nothing with ours.
func TestTheTimeStampsOfOpenSSLAreTaken(t *testing.T) {
	maker := newTSA(t)
	raw, err := x509.MarshalPKCS8PrivateKey(maker.self.key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "key.pem", pemBlock("PRIVATE KEY", raw))
	write(t, dir, "tsa.pem", pemOf(maker.self.cert))
	write(t, dir, "chain.pem", pemOf(maker.root.cert))
	write(t, dir, "serial", []byte("01"))
	config := write(t, dir, "tsa.cnf", []byte(`[tsa]
default_tsa = house
[house]
dir = `+dir+`
serial = $dir/serial
signer_cert = $dir/tsa.pem
certs = $dir/chain.pem
signer_key = $dir/key.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`))
	server := stampedBy(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, _ := io.ReadAll(r.Body)
		if out, err := run(t, "openssl", "ts", "-reply", "-config", config, "-queryfile", write(t, dir, "q.tsq", question), "-out", filepath.Join(dir, "a.tsr")); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		answer, err := os.ReadFile(filepath.Join(dir, "a.tsr"))
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		w.Write(answer)
	}))
	token, err := server.Stamp(t.Context(), []byte("a signature"))
	if err != nil {
		t.Fatal(err)
	}
	stamp, err := timestamp.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256([]byte("a signature")); !bytes.Equal(stamp.HashedMessage, want[:]) || !stamp.Policy.Equal(policy) {
		t.Errorf("%+v", stamp)
	}
}

// A time-stamp that is not the answer to what was asked, by who may answer, is
// none, and the error says what can be done.
func TestFalseTimeStampsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(t *testing.T, s *tsa)
		want  string
	}{
		"another digest": {func(_ *testing.T, s *tsa) {
			s.change = func(x *timestamp.Timestamp) { x.HashedMessage = bytes.Repeat([]byte{7}, 32) }
		}, "something else"},
		"another nonce": {func(_ *testing.T, s *tsa) {
			s.change = func(x *timestamp.Timestamp) { x.Nonce = big.NewInt(1) }
		}, "another question"},
		"no nonce": {func(_ *testing.T, s *tsa) { s.change = func(x *timestamp.Timestamp) { x.Nonce = nil } }, "another question"},
		"another policy": {func(_ *testing.T, s *tsa) {
			s.change = func(x *timestamp.Timestamp) { x.Policy = asn1.ObjectIdentifier{1, 2, 3} }
		}, "by policy 1.2.3"},
		"yesterday": {func(_ *testing.T, s *tsa) {
			s.change = func(x *timestamp.Timestamp) { x.Time = x.Time.Add(-24 * time.Hour) }
		}, "and here it is"},
		"tomorrow": {func(_ *testing.T, s *tsa) {
			s.change = func(x *timestamp.Timestamp) { x.Time = x.Time.Add(24 * time.Hour) }
		}, "and here it is"},
		"no certificate": {func(_ *testing.T, s *tsa) {
			s.change = func(x *timestamp.Timestamp) { x.AddTSACertificate, x.Certificates = false, nil }
		}, "without the certificate"},
		"the certificate of another": {func(t *testing.T, s *tsa) {
			s.self.key = p256(t)
		}, ""},
		"use not critical": {func(t *testing.T, s *tsa) {
			s.self.cert = s.root.issue(t, "TSA", s.self.key, forTimeStamps(false))
		}, "time-stamps alone"},
		"of other use": {func(t *testing.T, s *tsa) {
			s.self.cert = s.root.issue(t, "TSA", s.self.key, forDocuments)
		}, "time-stamps alone"},
		"without use": {func(t *testing.T, s *tsa) {
			s.self.cert = s.root.issue(t, "TSA", s.self.key, nil)
		}, "time-stamps alone"},
		"refusal": {func(_ *testing.T, s *tsa) {
			s.answer = func([]byte) []byte {
				refusal, err := timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.SystemFailure)
				if err != nil {
					panic(err)
				}
				return refusal
			}
		}, "reject"},
		"changed":   {func(_ *testing.T, s *tsa) { s.answer = func(b []byte) []byte { b[len(b)-5] ^= 1; return b } }, ""},
		"cut short": {func(_ *testing.T, s *tsa) { s.answer = func(b []byte) []byte { return b[:len(b)/2] } }, ""},
		"empty":     {func(_ *testing.T, s *tsa) { s.answer = func([]byte) []byte { return nil } }, ""},
		"endless": {func(_ *testing.T, s *tsa) {
			s.answer = func(b []byte) []byte { return append(b, make([]byte, 3*seal.MaxStamp)...) }
		}, "longer than"},
		"followed": {func(_ *testing.T, s *tsa) { s.answer = func(b []byte) []byte { return append(b, 0) } }, ""},
		"a page":   {func(_ *testing.T, s *tsa) { s.kind = "text/html" }, "text/html"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTSA(t)
			c.fault(t, s)
			server := stampedBy(t, s)
			server.Policy = policy
			key := p256(t)
			own, err := seal.SelfIssued(body, address, key, today)
			if err != nil {
				t.Fatal(err)
			}
			sealer, err := seal.New(key, []*x509.Certificate{own}, server)
			if err != nil {
				t.Fatal(err)
			}
			cms, err := sealer.Seal(t.Context(), sha256.Sum256(nil))
			if !errors.Is(err, seal.ErrTimestamp) || cms != nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "try again") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A server that hangs, sends elsewhere or is not there costs little time and no
// paper.
func TestAServerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}))
	defer hanging.Close()
	defer close(release)
	elsewhere := newTSA(t)
	target := httptest.NewServer(elsewhere)
	defer target.Close()
	sending := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer sending.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, address := range map[string]string{"hanging": hanging.URL, "sending elsewhere": sending.URL, "gone": gone.URL} {
		server, err := seal.NewServer(address)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := server.Stamp(ctx, nil); !errors.Is(err, seal.ErrTimestamp) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if elsewhere.asked > 0 {
		t.Error("a redirect was followed")
	}
}

func TestOnlyPlainAddressesAreServers(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://tsa.example.org/stamp": true, "https://tsa.example.org": true, "http://127.0.0.1:3000": true, "http://localhost/tsa": true, "http://[::1]/": true,
		"https://tsa.example.org/?profile=2": true,
		"http://tsa.example.org":             true, "ftp://tsa.example.org": false, "tsa.example.org": false, "": false, "https://": false,
		"https://user:word@tsa.example.org": false, "file:///etc/passwd": false, "https://tsa.example.org/#x": false, "HTTP://tsa.example.org": true, "http://user@tsa.example.org": false,
	} {
		if _, err := seal.NewServer(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// Of an honest answer, changed in one bit at a time, only what nobody signs is
// taken: what is beside the token, the signer and its certificate.
func TestNoChangedTimeStampIsTaken(t *testing.T) {
	s := newTSA(t)
	at, size := -1, 0
	s.answer = func(b []byte) []byte {
		if size = len(b); at >= 0 {
			b[at] ^= 1 << (at % 8)
		}
		return b
	}
	server := stampedBy(t, s)
	stamp := func() (*timestamp.Timestamp, error) {
		token, err := server.Stamp(t.Context(), []byte("signature"))
		if err != nil {
			return nil, err
		}
		return timestamp.Parse(token)
	}
	if _, err := stamp(); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for at = range size {
		got, err := stamp()
		if err != nil {
			continue
		}
		taken++
		want := sha256.Sum256([]byte("signature"))
		if !bytes.Equal(got.HashedMessage, want[:]) || !got.Policy.Equal(policy) || time.Since(got.Time).Abs() > time.Minute ||
			!slices.ContainsFunc(got.Certificates, s.self.cert.Equal) {
			t.Errorf("byte %d: taken as %+v", at, got)
		}
	}
	if unsigned := len(s.root.cert.Raw) + 100; taken > unsigned {
		t.Errorf("%d changed answers of %d were taken; %d bytes are not signed", taken, size, unsigned)
	}
	t.Logf("%d of %d changed answers were taken, all in what nobody signs", taken, size)
}
