package seal

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// ErrTimestamp says that a time-stamp server gave no time-stamp that can be used.
var ErrTimestamp = errors.New("no time-stamp")

// Limits of one time-stamp.
const (
	// StampTime is how long a server may take to answer.
	StampTime = 10 * time.Second
	// MaxStamp is the longest token taken, in bytes.
	MaxStamp = 12 << 10
	// MaxStampOff is how far the clock of the server may differ from ours.
	MaxStampOff = 5 * time.Minute
)

// A Server is a time-stamp server that is asked over HTTP (RFC 3161 §3.4). Obtain
// one from [NewServer]. It may be used from several goroutines.
//
// Its answer is checked for what was asked: status, digest, nonce and policy, a
// date that is about now, and the signature of a certificate that is for
// time-stamps and nothing else. Who vouches for that certificate is judged by
// whoever reads the paper.
type Server struct {
	// Policy is the one that the server must stamp by; nil: its own choice.
	Policy asn1.ObjectIdentifier
	// Now is the time; nil: [time.Now].
	Now func() time.Time

	address string
	client  *http.Client
}

// NewServer returns the time-stamp server at an address, which is https or http. Many
// servers have http alone (RFC 3161 §3.4), and what is asked is no secret: a digest.
// The answer is signed and belongs to one question; but over http whoever is in
// between can put that of another server in its place, which is why a policy should
// be named then, and readers judge who vouches for the server.
func NewServer(address string) (*Server, error) {
	if err := stampAddress(address); err != nil {
		return nil, err
	}
	return &Server{
		address: address,
		client: &http.Client{
			Timeout: StampTime,
			// An answer comes from the server that was chosen or not at all.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func stampAddress(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("time-stamp server %q is not a plain web address", s)
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("time-stamp server %q must begin with https:// or http://", s)
	}
	return nil
}

// Room implements [Stamper].
func (s *Server) Room() int { return MaxStamp }

// Stamp implements [Stamper]. Errors wrap [ErrTimestamp] and say what to try.
func (s *Server) Stamp(ctx context.Context, signature []byte) ([]byte, error) {
	token, err := s.stamp(ctx, signature)
	if err != nil {
		return nil, fmt.Errorf("%w from %s: %w; try again, or seal without a time-stamp", ErrTimestamp, s.address, err)
	}
	return token, nil
}

func (s *Server) stamp(ctx context.Context, signature []byte) ([]byte, error) {
	// 128 random bits, not 0: an answer belongs to one question.
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	nonce.SetBit(nonce, 127, 1)
	imprint := sha256.Sum256(signature)
	question, err := (&timestamp.Request{
		HashAlgorithm: crypto.SHA256, HashedMessage: imprint[:], Certificates: true, Nonce: nonce, TSAPolicyOID: s.Policy,
	}).Marshal()
	if err != nil {
		return nil, err
	}
	answer, err := s.ask(ctx, question)
	if err != nil {
		return nil, err
	}
	return s.accept(answer, imprint[:], nonce)
}

// ask posts a question and returns the answer.
func (s *Server) ask(ctx context.Context, question []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, StampTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	req.Header.Set("Accept", "application/timestamp-reply")
	resp, err := s.client.Do(req)
	if err != nil {
		var failed *url.Error // names the address once more
		if errors.As(err, &failed) {
			err = failed.Err
		}
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() && ctx.Err() != context.Canceled {
			return nil, fmt.Errorf("it did not answer within %s", StampTime)
		}
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answered %s", resp.Status)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/timestamp-reply" {
		return nil, fmt.Errorf("it answered with %q, which is no time-stamp", kind)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 2*MaxStamp+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("its answer broke off: %w", err)
	case len(answer) > 2*MaxStamp:
		return nil, fmt.Errorf("its answer is longer than %d bytes", 2*MaxStamp)
	}
	return answer, nil
}

// accept checks an answer and returns the token in it.
func (s *Server) accept(answer, imprint []byte, nonce *big.Int) (token []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // the libraries read what a stranger sent
			token, err = nil, fmt.Errorf("its answer cannot be read: %v", r)
		}
	}()
	stamp, err := timestamp.ParseResponse(answer)
	if err != nil {
		return nil, fmt.Errorf("its answer is none: %w", err)
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	switch off := stamp.Time.Sub(now()); {
	case stamp.HashAlgorithm != crypto.SHA256 || !bytes.Equal(stamp.HashedMessage, imprint):
		return nil, errors.New("it stamped something else")
	case stamp.Nonce == nil || stamp.Nonce.Cmp(nonce) != 0:
		return nil, errors.New("it answered another question (nonce)")
	case s.Policy != nil && !stamp.Policy.Equal(s.Policy):
		return nil, fmt.Errorf("it stamped by policy %s, not %s", stamp.Policy, s.Policy)
	case off > MaxStampOff || off < -MaxStampOff:
		return nil, fmt.Errorf("it says that it is %s, and here it is %s", stamp.Time.UTC().Format(time.RFC3339), now().UTC().Format(time.RFC3339))
	case len(stamp.RawToken) > MaxStamp:
		return nil, fmt.Errorf("its time-stamp takes %d bytes; %d are the most", len(stamp.RawToken), MaxStamp)
	}
	// The library looks at the signature only if there are certificates.
	signed, err := pkcs7.Parse(stamp.RawToken)
	if err != nil {
		return nil, err
	}
	signer := signed.GetOnlySigner()
	if signer == nil {
		return nil, errors.New("its time-stamp comes without the certificate that signed it")
	}
	if err := signed.Verify(); err != nil {
		return nil, fmt.Errorf("its signature does not fit: %w", err)
	}
	if !namesSigner(signed, signer) {
		return nil, errors.New("its time-stamp does not name the certificate that signed it")
	}
	if err := stampsOnly(signer); err != nil {
		return nil, err
	}
	return stamp.RawToken, nil
}

// stampsOnly reports whether a certificate is for time-stamps and nothing else, in
// a critical extension (RFC 3161 §2.3).
func stampsOnly(c *x509.Certificate) error {
	critical := slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool {
		return e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) && e.Critical
	})
	if !critical || len(c.UnknownExtKeyUsage) > 0 || !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) {
		return fmt.Errorf("its certificate, of %q, is not one for time-stamps alone", c.Subject)
	}
	return nil
}

// namesSigner reports whether the signed attributes name the certificate by its
// hash (RFC 3161 §2.4.2, RFC 5816). Otherwise another one of the same key could be
// put in its place.
func namesSigner(signed *pkcs7.PKCS7, c *x509.Certificate) bool {
	var second struct { // ESS signing-certificate-v2, RFC 5035 §3
		Certificates []struct {
			Algorithm    pkix.AlgorithmIdentifier `asn1:"optional"` // absent: SHA-256
			Hash         []byte
			IssuerSerial asn1.RawValue `asn1:"optional"`
		}
		Policies asn1.RawValue `asn1:"optional"`
	}
	err := signed.UnmarshalSignedAttribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}, &second)
	if err == nil && len(second.Certificates) > 0 {
		first := second.Certificates[0]
		var sum []byte
		switch oid := first.Algorithm.Algorithm; {
		case len(oid) == 0, oid.Equal(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}):
			h := sha256.Sum256(c.Raw)
			sum = h[:]
		case oid.Equal(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}):
			h := sha512.Sum384(c.Raw)
			sum = h[:]
		case oid.Equal(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}):
			h := sha512.Sum512(c.Raw)
			sum = h[:]
		}
		return sum != nil && bytes.Equal(sum, first.Hash)
	}
	var first struct { // ESS signing-certificate, RFC 2634 §5.4
		Certificates []struct {
			Hash         []byte
			IssuerSerial asn1.RawValue `asn1:"optional"`
		}
		Policies asn1.RawValue `asn1:"optional"`
	}
	err = signed.UnmarshalSignedAttribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}, &first)
	sum := sha1.Sum(c.Raw) // whoever could use a collision issues time-stamps already
	return err == nil && len(first.Certificates) > 0 && bytes.Equal(sum[:], first.Certificates[0].Hash)
}
