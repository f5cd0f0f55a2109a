package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// Limits on certificates.
const (
	maxChain   = 8
	MaxPEM     = 256 << 10 // bytes of a PEM file that is read
	minRSABits = 3072
	maxRSABits = 8192
)

// noEnd is the end of a certificate for which no good date can be given (RFC 5280
// §4.1.2.5).
var noEnd = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// SelfIssued returns a certificate that the key makes out for itself: the document
// seal of the body of the name and issuer address, from a moment on. Nobody vouches
// for it but who was handed it, so it has no end: papers are asked about for as long
// as people work, and a date that the body chose for itself would protect nobody.
// Whoever no longer trusts the key takes it out of the trust file.
func SelfIssued(name, address string, key crypto.Signer, from time.Time) (*x509.Certificate, error) {
	if err := fitKey(key.Public()); err != nil {
		return nil, fmt.Errorf("make out a certificate: the key %w", err)
	}
	site, err := url.Parse(address)
	if err != nil || site.Host == "" {
		return nil, fmt.Errorf("make out a certificate: %q is no web address", address)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 158))
	if err != nil {
		return nil, fmt.Errorf("make out a certificate: %w", err)
	}
	serial.SetBit(serial, 158, 1) // positive and of 20 bytes, whatever came up
	template := &x509.Certificate{
		SerialNumber: serial,
		// RFC 5280 appendix A.1: 64 characters are the most.
		Subject:               pkix.Name{Organization: []string{atMost(name, 64)}, CommonName: atMost(name, 64-len(sealName)) + sealName},
		URIs:                  []*url.URL{site},
		NotBefore:             from.UTC().Truncate(time.Second),
		NotAfter:              noEnd,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, // what readers asked for before there was the other
		UnknownExtKeyUsage:    []asn1.ObjectIdentifier{oidDocumentSigning},
		BasicConstraintsValid: true,
	}
	template.SubjectKeyId, err = keyID(key.Public())
	if err != nil {
		return nil, fmt.Errorf("make out a certificate: %w", err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make out a certificate: %w", err)
	}
	return x509.ParseCertificate(raw)
}

const sealName = " document seal"

// What a certificate may be for so that readers accept a seal by it.
var (
	oidDocumentSigning = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}       // RFC 9336
	oidAdobeSigning    = asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 5}       // Adobe PDF signing
	oidOfficeSigning   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 3, 12} // Microsoft document signing
)

// atMost cuts a text to a number of bytes, between two characters.
func atMost(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// keyID is a name of a key within certificates (RFC 7093 §2, method 1).
func keyID(public crypto.PublicKey) ([]byte, error) {
	raw, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(raw, &info); err != nil {
		return nil, err
	}
	sum := crypto.SHA256.New()
	sum.Write(info.Key.Bytes)
	return sum.Sum(nil)[:20], nil
}

// Check reports why documents must not be sealed with the key and its
// certificates at a moment: the first certificate must be the key's own, in force,
// for signing documents and no authority's, and each must be vouched for by the
// next.
func Check(chain []*x509.Certificate, key crypto.PublicKey, now time.Time) error {
	switch {
	case len(chain) == 0:
		return errors.New("there is no certificate")
	case len(chain) > maxChain:
		return fmt.Errorf("there are %d certificates; %d are the most", len(chain), maxChain)
	}
	leaf := chain[0]
	if err := fitKey(key); err != nil {
		return fmt.Errorf("the key %w", err)
	}
	if !sameKey(key, leaf.PublicKey) {
		return fmt.Errorf("the first certificate, of %q, is of another key; the key's own must come first", leaf.Subject)
	}
	switch {
	case leaf.IsCA:
		return fmt.Errorf("the certificate of %q is an authority's, which issues certificates; documents need one of their own", leaf.Subject)
	case leaf.KeyUsage != 0 && leaf.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0:
		return fmt.Errorf("the certificate of %q is not for signatures (key usage)", leaf.Subject)
	case !signsDocuments(leaf):
		return fmt.Errorf("the certificate of %q is for something else than documents (extended key usage)", leaf.Subject)
	case leaf.SerialNumber.Sign() <= 0:
		return fmt.Errorf("the certificate of %q has no positive serial number", leaf.Subject)
	case len(leaf.UnhandledCriticalExtensions) > 0:
		return fmt.Errorf("the certificate of %q has a critical extension that is not known, %s", leaf.Subject, leaf.UnhandledCriticalExtensions[0])
	}
	for i, c := range chain {
		switch {
		case now.Before(c.NotBefore):
			return fmt.Errorf("the certificate of %q is not in force before %s", c.Subject, c.NotBefore.UTC().Format(time.RFC3339))
		case now.After(c.NotAfter):
			return fmt.Errorf("the certificate of %q has been out of force since %s", c.Subject, c.NotAfter.UTC().Format(time.RFC3339))
		case i+1 == len(chain):
		case !bytes.Equal(c.RawIssuer, chain[i+1].RawSubject):
			return fmt.Errorf("the certificate of %q is followed by that of %q, not by that of its issuer %q", c.Subject, chain[i+1].Subject, c.Issuer)
		default:
			if err := c.CheckSignatureFrom(chain[i+1]); err != nil {
				return fmt.Errorf("the certificate of %q is not vouched for by the next: %w", c.Subject, err)
			}
		}
	}
	return nil
}

// signsDocuments reports whether the extended key usages of a certificate, if it
// has any, have one among them that readers of PDF accept.
func signsDocuments(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	for _, use := range c.ExtKeyUsage {
		if use == x509.ExtKeyUsageAny || use == x509.ExtKeyUsageEmailProtection {
			return true
		}
	}
	return slices.ContainsFunc(c.UnknownExtKeyUsage, func(use asn1.ObjectIdentifier) bool {
		return use.Equal(oidDocumentSigning) || use.Equal(oidAdobeSigning) || use.Equal(oidOfficeSigning)
	})
}

// fitKey says why documents cannot be sealed with a key, to be read after "the
// key".
func fitKey(public crypto.PublicKey) error {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return fmt.Errorf("is on %s; P-256 is needed, which is what trust files know", k.Params().Name)
		}
		return nil
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSABits || n > maxRSABits || k.E != 65537 {
			return fmt.Errorf("is RSA of %d bits with exponent %d; %d to %d bits and 65537 are needed", n, k.E, minRSABits, maxRSABits)
		}
		return nil
	}
	return fmt.Errorf("is of a type (%T) that readers of PDF do not know; P-256 and RSA are", public)
}

func sameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// ParseChain reads certificates from PEM, in their order. Anything else in the
// text is an error.
func ParseChain(text []byte) ([]*x509.Certificate, error) {
	if len(text) > MaxPEM {
		return nil, fmt.Errorf("certificates: longer than %d bytes", MaxPEM)
	}
	var chain []*x509.Certificate
	for {
		block, rest := pem.Decode(text)
		switch {
		case block == nil && len(chain) == 0:
			return nil, errors.New(`certificates: there is none in the text; it must be PEM, "-----BEGIN CERTIFICATE-----"`)
		case block == nil && bytes.Contains(text, []byte("-----BEGIN")):
			return nil, errors.New("certificates: one in the text is damaged")
		case block == nil:
			return chain, nil
		case block.Type != "CERTIFICATE":
			return nil, fmt.Errorf("certificates: the text has a %s among them", block.Type)
		case len(chain) == maxChain:
			return nil, fmt.Errorf("certificates: more than %d", maxChain)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificates: number %d: %w", len(chain)+1, err)
		}
		chain, text = append(chain, c), rest
	}
}

// EncodeChain writes certificates as PEM.
func EncodeChain(chain []*x509.Certificate) []byte {
	var text []byte
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

// ParseKey reads one private key, without a password, from PEM: PKCS #8, SEC 1 or
// PKCS #1.
func ParseKey(text []byte) (crypto.Signer, error) {
	if len(text) > MaxPEM {
		return nil, fmt.Errorf("private key: longer than %d bytes", MaxPEM)
	}
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, errors.New("private key: there is none in the text; it must be PEM, -----BEGIN PRIVATE KEY-----")
		}
		text = rest
		var key any
		var err error
		switch {
		case block.Type == "EC PARAMETERS": // which openssl writes before the key
			continue
		case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
			return nil, errors.New("private key: it has a password; take that off first: openssl pkey -in KEY -out KEY.plain")
		case block.Type == "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case block.Type == "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case block.Type == "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		default:
			return nil, fmt.Errorf("private key: the text has a %s", block.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("private key: %w", err)
		}
		if next, _ := pem.Decode(rest); next != nil {
			return nil, errors.New("private key: the text has more than the key")
		}
		signer, ok := key.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("private key: it is of a type (%T) that cannot sign", key)
		}
		if err := fitKey(signer.Public()); err != nil {
			return nil, fmt.Errorf("private key: it %w", err)
		}
		return signer, nil
	}
}
