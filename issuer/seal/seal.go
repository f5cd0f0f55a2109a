// Package seal seals documents as the body: it makes the signature that stands in
// a PDF so that any reader of PDF can tell whose the file is and that nothing in
// it has changed since.
//
// A seal is a PAdES signature of level B-B (ETSI EN 319 142-1 §6, SubFilter
// ETSI.CAdES.detached): CMS SignedData (RFC 5652) without the content, with the
// signed attributes content-type, message-digest and signing-certificate-v2, and
// no signing-time. With a time-stamp server ([Server]) it is of level B-T: the
// time-stamp of the signature (RFC 3161) is an unsigned attribute.
//
// Keys are on P-256 or RSA of at least 3072 bits. The same key, certificates and
// digest always give the same seal, but for time-stamps.
//
// The seal says who made the file. Whether the certificate in it still stands is
// said at its verification address alone. docs/sealing.md tells what a seal
// proves and what it does not.
package seal

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
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// A Stamper says when a signature was there already.
type Stamper interface {
	// Stamp returns a time-stamp token (RFC 3161 §2.4.2, DER) of the signature.
	Stamp(ctx context.Context, signature []byte) ([]byte, error)
	// Room is the most bytes that a token takes.
	Room() int
}

// A Seal seals documents with one key. It is not changed once made, and may be
// used from several goroutines.
type Seal struct {
	signer  crypto.Signer
	leaf    *x509.Certificate
	stamper Stamper // nil: level B-B
	room    int

	from, until time.Time // when all its certificates are in force

	// The parts of every seal that do not depend on the document, in DER.
	certificates []byte // [0], a set
	signedBy     []byte // issuerAndSerialNumber
	algorithm    []byte
	certificate  []byte // attribute signing-certificate-v2
}

// New returns the seal of a key with its certificates, the key's own first, each
// vouched for by the next. stamper may be nil. Whether the certificates are fit to
// seal with is asked of [Check].
func New(signer crypto.Signer, chain []*x509.Certificate, stamper Stamper) (*Seal, error) {
	if len(chain) == 0 {
		return nil, errors.New("seal: there is no certificate")
	}
	s := &Seal{signer: signer, leaf: chain[0], stamper: stamper}
	longest := 0
	switch public := signer.Public().(type) {
	case *ecdsa.PublicKey:
		s.algorithm, longest = sequence(oidECDSASHA256), 72
	case *rsa.PublicKey:
		s.algorithm, longest = sequence(oidRSA, null), public.Size()
	}
	if err := fitKey(signer.Public()); err != nil {
		return nil, fmt.Errorf("seal: the key %w", err)
	}
	if !sameKey(signer.Public(), chain[0].PublicKey) {
		return nil, errors.New("seal: the first certificate is of another key")
	}
	serial, err := asn1.Marshal(chain[0].SerialNumber)
	if err != nil {
		return nil, fmt.Errorf("seal: serial number: %w", err)
	}
	var raw [][]byte
	s.from, s.until = chain[0].NotBefore, chain[0].NotAfter
	for _, c := range chain {
		raw = append(raw, c.Raw)
		if c.NotBefore.After(s.from) {
			s.from = c.NotBefore
		}
		if c.NotAfter.Before(s.until) {
			s.until = c.NotAfter
		}
	}
	s.certificates = encode(0xa0, inOrder(raw)...)
	s.signedBy = sequence(chain[0].RawIssuer, serial)
	hash := sha256.Sum256(chain[0].Raw)
	s.certificate = attribute(oidSigningCertificateV2, sequence(sequence(sequence(octets(hash[:])))))

	var unsigned []byte
	if stamper != nil {
		unsigned = stampAttribute(make([]byte, stamper.Room()))
	}
	s.room = len(s.assemble(encode(0xa0, s.attributes([32]byte{})...), make([]byte, longest), unsigned))
	return s, nil
}

// Room is the most bytes that a seal takes.
func (s *Seal) Room() int { return s.room }

// Certificate is the certificate of the key that seals.
func (s *Seal) Certificate() *x509.Certificate { return s.leaf }

// Since is when the certificate begins. A document that says it was sealed before
// is taken amiss by readers that judge certificates by that date.
func (s *Seal) Since() time.Time { return s.leaf.NotBefore }

// Until is when the first of the certificates runs out. A seal that is made later is
// called invalid by readers.
func (s *Seal) Until() time.Time { return s.until }

// InForce says why documents must not be sealed at a moment: a certificate is not in
// force yet, or has run out. [Check] says so of the moment in which a seal is set
// up; whoever seals for long asks again.
func (s *Seal) InForce(now time.Time) error {
	switch {
	case now.Before(s.from):
		return fmt.Errorf("its certificate is not in force before %s", s.from.UTC().Format(time.RFC3339))
	case now.After(s.until):
		return fmt.Errorf("its certificate has been out of force since %s", s.until.UTC().Format(time.RFC3339))
	}
	return nil
}

// Seal returns the seal (CMS, DER) of the document that has the SHA-256 digest:
// that of the whole file without the place of the seal. It takes at most
// [Seal.Room] bytes. Errors of a time-stamp server wrap [ErrTimestamp]; the
// document can then be sealed again, or without.
func (s *Seal) Seal(ctx context.Context, digest [32]byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	attributes := s.attributes(digest)
	// Signed as a set, carried as [0] (RFC 5652 §5.4).
	signed := sha256.Sum256(encode(0x31, attributes...))
	signature, err := s.sign(signed[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	var unsigned []byte
	if s.stamper != nil {
		token, err := s.stamper.Stamp(ctx, signature)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		unsigned = stampAttribute(token)
	}
	seal := s.assemble(encode(0xa0, attributes...), signature, unsigned)
	if len(seal) > s.room {
		return nil, fmt.Errorf("seal: it takes %d bytes, which is more than the %d kept free for it", len(seal), s.room)
	}
	return seal, nil
}

// attributes are the signed attributes, in the order of a set.
func (s *Seal) attributes(digest [32]byte) [][]byte {
	return inOrder([][]byte{
		attribute(oidContentType, oidData),
		attribute(oidMessageDigest, octets(digest[:])),
		s.certificate,
	})
}

// assemble puts the parts of a seal together. unsigned is nil or [1].
func (s *Seal) assemble(attributes, signature, unsigned []byte) []byte {
	one := []byte{0x02, 0x01, 0x01}
	signer := sequence(one, s.signedBy, sequence(oidSHA256), attributes, s.algorithm, octets(signature), unsigned)
	data := sequence(one, encode(0x31, sequence(oidSHA256)), sequence(oidData), s.certificates, encode(0x31, signer))
	return sequence(oidSignedData, encode(0xa0, data))
}

// sign signs a SHA-256 digest. ECDSA is deterministic (RFC 6979) where the key is
// in memory; its s is the lower of the two that fit.
func (s *Seal) sign(digest []byte) ([]byte, error) {
	random := rand.Reader
	if _, ok := s.signer.(*ecdsa.PrivateKey); ok {
		random = nil
	}
	signature, err := s.signer.Sign(random, digest, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	if _, ok := s.signer.Public().(*ecdsa.PublicKey); !ok {
		return signature, nil
	}
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &pair); err != nil || len(rest) > 0 {
		return nil, errors.New("the key gave no ECDSA signature")
	}
	n := elliptic.P256().Params().N
	if other := new(big.Int).Sub(n, pair.S); other.Cmp(pair.S) < 0 {
		pair.S = other
	}
	return asn1.Marshal(pair)
}

func stampAttribute(token []byte) []byte {
	return encode(0xa1, attribute(oidTimeStampToken, token))
}

// Object identifiers, encoded.
var (
	oidData                 = object(1, 2, 840, 113549, 1, 7, 1)
	oidSignedData           = object(1, 2, 840, 113549, 1, 7, 2)
	oidContentType          = object(1, 2, 840, 113549, 1, 9, 3)
	oidMessageDigest        = object(1, 2, 840, 113549, 1, 9, 4)
	oidSigningCertificateV2 = object(1, 2, 840, 113549, 1, 9, 16, 2, 47) // RFC 5035 §3
	oidTimeStampToken       = object(1, 2, 840, 113549, 1, 9, 16, 2, 14) // RFC 3161 appendix A
	oidSHA256               = object(2, 16, 840, 1, 101, 3, 4, 2, 1)     // without parameters: RFC 5754 §2
	oidECDSASHA256          = object(1, 2, 840, 10045, 4, 3, 2)          // RFC 5758 §3.2
	oidRSA                  = object(1, 2, 840, 113549, 1, 1, 1)         // PKCS #1 v1.5: RFC 5754 §3.2
	null                    = []byte{0x05, 0x00}
)

func object(oid ...int) []byte {
	b, err := asn1.Marshal(asn1.ObjectIdentifier(oid))
	if err != nil {
		panic("seal: " + err.Error()) // a constant of this package
	}
	return b
}

func sequence(parts ...[]byte) []byte { return encode(0x30, parts...) }
func octets(b []byte) []byte          { return encode(0x04, b) }

func attribute(oid, value []byte) []byte { return sequence(oid, encode(0x31, value)) }

// inOrder puts encoded values into the order of a set (X.690 §11.6).
func inOrder(values [][]byte) [][]byte {
	values = slices.Clone(values)
	slices.SortFunc(values, bytes.Compare)
	return values
}

// encode encodes a value of the parts one after another (X.690 §10.1).
func encode(tag byte, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	b := make([]byte, 0, size+5)
	switch {
	case size < 0x80:
		b = append(b, tag, byte(size))
	case size < 0x100:
		b = append(b, tag, 0x81, byte(size))
	case size < 0x10000:
		b = append(b, tag, 0x82, byte(size>>8), byte(size))
	default:
		b = append(b, tag, 0x83, byte(size>>16), byte(size>>8), byte(size))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}
