package paper

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"slices"
	"time"
)

// signedData is a CMS signature (RFC 5652 §5) in the one form that is accepted.
type signedData struct {
	signer     *x509.Certificate
	attributes []byte // signed, as they are encoded for signing
	algorithm  []byte
	signature  []byte
	stamped    time.Time
}

// What of a seal is always the same, in DER.
var (
	derOne        = []byte{0x02, 0x01, 0x01}
	derSignedData = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	derNoContent  = []byte{0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01} // data, detached
	derSHA256     = []byte{0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}
	derECDSA      = []byte{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}                   // with SHA-256
	derRSA        = []byte{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00} // PKCS #1 v1.5
	derTimeStamp  = []byte{0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0e}
	derTSTInfo    = []byte{0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04}

	// The signed attributes around their two variable parts: content-type data and
	// message-digest (RFC 5652 §11), signing-certificate-v2 (RFC 5035 §3) with the
	// SHA-256 of the certificate. There is no signing-time (EN 319 142-1 §6.3).
	attributesBefore = []byte{
		0x31, 0x81, 0x84,
		0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03,
		0x31, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01,
		0x30, 0x2f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04, 0x31, 0x22, 0x04, 0x20,
	}
	attributesBetween = []byte{
		0x30, 0x37, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f,
		0x31, 0x28, 0x30, 0x26, 0x30, 0x24, 0x30, 0x22, 0x04, 0x20,
	}
)

// readCMS reads a seal. What follows it are the zeros that fill its place.
func readCMS(content []byte) (*signedData, bool) {
	outer := der(content)
	info, ok := outer.take(tagSequence)
	if !ok || len(bytes.Trim(outer, "\x00")) > 0 || len(content) > maxSealBytes {
		return nil, false
	}
	explicit, ok1 := info.after(derSignedData).take(tagContext0)
	data, ok2 := explicit.take(tagSequence)
	if !ok1 || !ok2 || len(info) > 0 || len(explicit) > 0 {
		return nil, false
	}
	algorithms, ok1 := data.after(derOne).take(tagSet)
	certificates, ok2 := data.after(derNoContent).take(tagContext0)
	signers, ok3 := data.take(tagSet)
	signer, ok4 := signers.take(tagSequence)
	if !ok1 || !ok2 || !ok3 || !ok4 || !bytes.Equal(algorithms, derSHA256) || len(data) > 0 || len(signers) > 0 {
		return nil, false
	}

	c := new(signedData)
	named, ok1 := signer.after(derOne).whole(tagSequence)
	attributes, ok2 := signer.after(derSHA256).whole(tagContext0)
	algorithm, ok3 := signer.whole(tagSequence)
	signature, ok4 := signer.take(tagOctets)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, false
	}
	c.attributes = append([]byte{tagSet}, attributes[1:]...) // as signed: RFC 5652 §5.4
	c.algorithm, c.signature = algorithm, signature
	if len(signer) > 0 {
		unsigned, ok := signer.take(tagContext1)
		if !ok || len(signer) > 0 || !c.readStamp(unsigned) {
			return nil, false
		}
	}

	var last []byte
	for n := 0; len(certificates) > 0; n++ {
		raw, ok := certificates.whole(tagSequence)
		if !ok || n == maxCertificates || bytes.Compare(last, raw) >= 0 { // a set, in its order
			return nil, false
		}
		last = raw
		// Others are there for other readers.
		if found, err := x509.ParseCertificate(raw); err == nil && bytes.Equal(named, issuerAndSerial(found)) {
			if c.signer != nil {
				return nil, false
			}
			c.signer = found
		}
	}
	return c, c.signer != nil
}

// issuerAndSerial names a certificate as a seal does (RFC 5652 §10.2.4).
func issuerAndSerial(c *x509.Certificate) []byte {
	serial := c.SerialNumber.Bytes()
	if c.SerialNumber.Sign() <= 0 || len(serial) > 20 {
		return nil
	}
	if serial[0] >= 0x80 {
		serial = append([]byte{0}, serial...)
	}
	return derOf(tagSequence, c.RawIssuer, derOf(tagInteger, serial))
}

// fits reports whether the signer has signed what has the digest.
func (c *signedData) fits(digest [32]byte) bool {
	certificate := sha256.Sum256(c.signer.Raw)
	want := slices.Concat(attributesBefore, digest[:], attributesBetween, certificate[:])
	if !bytes.Equal(c.attributes, want) {
		return false
	}
	signed := sha256.Sum256(c.attributes)
	switch public := c.signer.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return public.Curve == elliptic.P256() && bytes.Equal(c.algorithm, derECDSA) && lowS(c.signature) && ecdsa.VerifyASN1(public, signed[:], c.signature)
	case *rsa.PublicKey:
		return bytes.Equal(c.algorithm, derRSA) && public.N.BitLen() >= 2048 && public.N.BitLen() <= 8192 &&
			rsa.VerifyPKCS1v15(public, crypto.SHA256, signed[:], c.signature) == nil
	}
	return false
}

// lowS reports whether the second number of an ECDSA signature is the lower of
// the two that fit, as the issuer writes it: nobody can then make another seal of
// a sealed file.
func lowS(signature der) bool {
	pair, ok1 := signature.take(tagSequence)
	_, ok2 := pair.take(tagInteger)
	s, ok3 := pair.take(tagInteger)
	half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
	return ok1 && ok2 && ok3 && new(big.Int).SetBytes(s).Cmp(half) <= 0
}

// readStamp reads the unsigned attributes: a time-stamp (RFC 3161) of the
// signature and nothing else. Its server is not judged.
func (c *signedData) readStamp(unsigned der) bool {
	attribute, ok1 := unsigned.take(tagSequence)
	values, ok2 := attribute.after(derTimeStamp).take(tagSet)
	info, ok3 := values.take(tagSequence)
	explicit, ok4 := info.after(derSignedData).take(tagContext0)
	data, ok5 := explicit.take(tagSequence)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || len(unsigned)+len(attribute)+len(values)+len(info)+len(explicit) > 0 {
		return false
	}
	_, ok1 = data.take(tagInteger)
	_, ok2 = data.take(tagSet)
	wrapped, ok3 := data.take(tagSequence)
	explicit, ok4 = wrapped.after(derTSTInfo).take(tagContext0)
	octets, ok5 := explicit.take(tagOctets)
	token, ok6 := octets.take(tagSequence)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || len(octets) > 0 {
		return false
	}
	_, ok1 = token.after(derOne).take(tagObject)
	imprint, ok2 := token.take(tagSequence)
	_, ok3 = token.take(tagInteger)
	at, ok4 := token.take(tagTime)
	algorithm, ok5 := imprint.take(tagSequence)
	digest, ok6 := imprint.take(tagOctets)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || len(imprint) > 0 || !bytes.HasPrefix(algorithm, derSHA256[2:]) {
		return false
	}
	want := sha256.Sum256(c.signature)
	var err error
	c.stamped, err = time.Parse("20060102150405Z", string(at)) // takes a fraction of a second too
	return err == nil && bytes.Equal(digest, want[:])
}

// Tags of DER that occur.
const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagObject   = 0x06
	tagTime     = 0x18 // GeneralizedTime
	tagSequence = 0x30
	tagSet      = 0x31
	tagContext0 = 0xa0
	tagContext1 = 0xa1
)

// der is encoded values one after another (X.690 §10). Only the one shortest
// encoding of a length is read.
type der []byte

// whole passes over the next value, if it has the tag, and gives its encoding.
func (d *der) whole(tag byte) ([]byte, bool) {
	head, size, ok := d.next(tag)
	if !ok {
		return nil, false
	}
	v := (*d)[:head+size]
	*d = (*d)[head+size:]
	return v, true
}

// take passes over the next value, if it has the tag, and gives its content.
func (d *der) take(tag byte) (der, bool) {
	if d == nil {
		return nil, false
	}
	head, _, ok := d.next(tag)
	if !ok {
		return nil, false
	}
	v, _ := d.whole(tag)
	return v[head:], true
}

// after passes over exactly these bytes. It gives nil, in which nothing is found,
// if they do not come next.
func (d *der) after(want []byte) *der {
	if d == nil || !bytes.HasPrefix(*d, want) {
		return nil
	}
	*d = (*d)[len(want):]
	return d
}

func (d *der) next(tag byte) (head, size int, ok bool) {
	if d == nil || len(*d) < 2 || (*d)[0] != tag {
		return 0, 0, false
	}
	b := *d
	head, size = 2, int(b[1])
	if n := size - 0x80; n >= 0 {
		if n < 1 || n > 3 || len(b) < 2+n {
			return 0, 0, false
		}
		head, size = 2+n, 0
		for _, c := range b[2:head] {
			size = size<<8 | int(c)
		}
		if size < 0x80 || n > 1 && size>>(8*(n-1)) == 0 {
			return 0, 0, false
		}
	}
	return head, size, size <= len(b)-head
}

// derOf encodes a value.
func derOf(tag byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	n := len(content)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, content...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, content...)
	}
	return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, content...)
}
