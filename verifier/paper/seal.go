package paper

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"github.com/testamur/testamur/keys"
)

// The seal of a paper is a PAdES signature (ETSI EN 319 142-1) over the whole
// file. It is read in two steps:
//
//	s := doc.seal(data)          // what the file alone tells
//	v := s.judge(issuer.Keys)    // what that is worth to who trusts these keys
//
// Whoever seals is known by the key alone. The certificate in the seal carries
// that key for other readers; what it says about itself, and who vouches for it,
// decides nothing here.
//
// The form is the one that the press writes, and no other: what some reader might
// understand differently is no seal. So a file that is judged [sealedByIssuer] is,
// byte by byte, one that the issuer made.

// sealVerdict is what the seal of a file says about the file.
type sealVerdict int

const (
	// unsealed: the file has no seal.
	unsealed sealVerdict = iota
	// sealedByIssuer: the file is, to the last byte, as the issuer sealed it.
	// Nothing has to be compared, whatever the design of the page.
	sealedByIssuer
	// sealBroken: the file has a seal of the issuer, or one that cannot be read,
	// and is not what was sealed. It was altered.
	sealBroken
	// sealedByOther: a key that the issuer does not seal with. The file is to be
	// judged as if it had no seal.
	sealedByOther
)

// sealJudgement is a verdict and its words. They are "" for unsealed, and a note
// beside whatever else is found for sealedByOther.
type sealJudgement struct {
	verdict sealVerdict
	key     *keys.Key // the issuer's, if sealedByIssuer
	format  string    // one of the sentences below
	args    []any
	note    string // a further sentence, or ""
}

// What is said about a seal.
const (
	saysSealed         = "This file is as the issuer sealed it, to the last byte."
	saysSealChanged    = "The file was changed after the issuer sealed it."
	saysSealAdded      = "Something was added to the file after the issuer sealed it."
	saysSealUnreadable = "The file has a seal that cannot be read: it was changed after it was sealed."
	saysSealOther      = "The file has a signature of somebody who is not known here; it was not considered."
	saysSealDated      = "The date that the seal gives for itself lies outside the time for which its certificate was made out."
)

// judge says what the seal is worth to who trusts the keys of the issuer. The set
// may be nil: no issuer is known.
func (s seal) judge(set *keys.Set) sealJudgement {
	var key *keys.Key
	for _, public := range s.names {
		if set == nil || key != nil {
			break
		}
		key, _ = set.Holder(public, keys.ForSeal)
	}
	switch {
	case s.state == sealNone:
		return sealJudgement{}
	case s.state == sealIntact && key != nil:
		j := sealJudgement{verdict: sealedByIssuer, key: key, format: saysSealed}
		if !s.made.IsZero() && (s.made.Before(s.from) || s.made.After(s.until)) {
			j.note = saysSealDated
		}
		return j
	case s.state == sealIntact, key == nil && len(s.names) > 0:
		return sealJudgement{verdict: sealedByOther, format: saysSealOther}
	case key == nil:
		return sealJudgement{verdict: sealBroken, format: saysSealUnreadable}
	case s.state == sealFollowed:
		return sealJudgement{verdict: sealBroken, format: saysSealAdded}
	}
	return sealJudgement{verdict: sealBroken, format: saysSealChanged}
}

// seal is the seal of a file as far as the file alone tells.
type seal struct {
	state sealState
	// names are the public keys of the certificates in the seal: of an intact one
	// the key that it fits, of another all that are found in it.
	names       []crypto.PublicKey
	made        time.Time // when it says it was made (/M); zero: it does not say
	from, until time.Time // of the certificate
	stamped     time.Time // what the time-stamp in it says; zero: there is none. The server is not judged
}

type sealState int

const (
	sealNone     sealState = iota
	sealIntact             // it fits the whole file
	sealChanged            // it does not
	sealFollowed           // it fits the beginning of the file
)

// Limits on what is read of a seal.
const (
	maxSeals        = 8       // looked at in one file
	maxSealBytes    = 1 << 20 // of one
	maxCertificates = 10      // in one
	minCertificate  = 128     // bytes of one
	maxCertificate  = 1 << 16
	maxAttempts     = 4096 // to read a certificate in a broken seal
)

// seal reads the seal of the file. data is the whole of it.
func (d *document) seal(data []byte) seal {
	return sealOf(data, d.hasSignature())
}

// hasSignature reports whether the document has a form field with a signature in
// it, or names one among its permissions.
func (d *document) hasSignature() bool {
	if len(d.dict(d.catalog["Perms"])) > 0 {
		return true
	}
	seen := visits{}
	var below func(o types.Object, depth int) bool
	below = func(o types.Object, depth int) bool {
		if !seen.enter(o, depth) {
			return false
		}
		field := d.dict(o)
		if d.name(field["FT"]) == "Sig" && d.object(field["V"]) != nil || d.dict(field["V"])["ByteRange"] != nil {
			return true
		}
		return slices.ContainsFunc(d.array(field["Kids"]), func(kid types.Object) bool { return below(kid, depth+1) })
	}
	return slices.ContainsFunc(d.array(d.dict(d.catalog["AcroForm"])["Fields"]), func(o types.Object) bool { return below(o, 0) })
}

// sealOf reads the seal of a file; field says that somebody found a signature
// in it.
func sealOf(data []byte, field bool) (s seal) {
	if unpanicked(func() error { s = intactSeal(data); return nil }) == nil && s.state == sealIntact {
		return s
	}
	s = seal{}
	if unpanicked(func() error { s = brokenSeal(data, field); return nil }) != nil {
		return seal{state: sealChanged}
	}
	return s
}

// sealRange is the signed ranges as the press writes them (ISO 32000-2 §12.8.1).
var sealRange = regexp.MustCompile(`^/ByteRange ?\[ ?0{1,10} ([0-9]{1,10}) ([0-9]{1,10}) ([0-9]{1,10}) *\]`)

// rangesIn gives the last signed ranges that are spelled in the bytes: where the
// place of the seal begins and ends, and how much follows it.
func rangesIn(data []byte) (n [3]int, ok bool) {
	at := bytes.LastIndex(data, []byte("/ByteRange"))
	if at < 0 {
		return n, false
	}
	m := sealRange.FindSubmatch(data[at:])
	if m == nil {
		return n, false
	}
	for i := range n {
		v, err := strconv.ParseInt(string(m[i+1]), 10, 64)
		if err != nil || v > 1<<31-1 {
			return n, false
		}
		n[i] = int(v)
	}
	return n, true
}

// placesIn gives where seals may stand: hexadecimal strings called /Contents, with
// their brackets.
func placesIn(data []byte) (list [][2]int) {
	for at := 0; len(list) < maxSeals; {
		i := bytes.Index(data[at:], []byte("/Contents"))
		if i < 0 {
			break
		}
		at += i + len("/Contents")
		for at < len(data) && isBlank(data[at]) {
			at++
		}
		if at == len(data) || data[at] != '<' {
			continue
		}
		from := at
		for at++; at < len(data) && (isBlank(data[at]) || isHexDigit(data[at])); at++ {
		}
		if at < len(data) && data[at] == '>' && at-from > 2*minCertificate {
			list = append(list, [2]int{from, at + 1})
		}
	}
	return list
}

func isHexDigit(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// intactSeal returns the seal of a file that has one seal, over all of it, in the
// one accepted form. That of any other file is not sealIntact.
func intactSeal(data []byte) seal {
	if bytes.Count(data, []byte("/ByteRange")) != 1 {
		return seal{}
	}
	b := build{data: data, places: map[int]place{}, lengths: map[int]int{}, opened: func(int) []byte { return nil }}
	if !b.read() || b.locked {
		return seal{}
	}
	catalog, _, ok1 := b.dictionary(b.root)
	form, _, ok2 := b.dictionary(catalog["AcroForm"])
	fields, ok3 := form["Fields"].([]any)
	if !ok1 || !ok2 || !ok3 || len(fields) != 1 || form["SigFlags"] != 3.0 { // signatures exist, append only
		return seal{}
	}
	field, _, ok1 := b.dictionary(fields[0])
	sig, at, ok2 := b.dictionary(field["V"])
	if !ok1 || !ok2 || field["FT"] != name("Sig") || field["Kids"] != nil {
		return seal{}
	}
	if sig["Type"] != name("Sig") || sig["Filter"] != name("Adobe.PPKLite") || sig["SubFilter"] != name("ETSI.CAdES.detached") || sig["Cert"] != nil {
		return seal{}
	}

	// The numbers are read as they are spelled: +7, 7.0 and 4294967303 are each
	// something else to somebody.
	n, spelled := rangesIn(data[at[0]:at[1]])
	if !spelled {
		return seal{}
	}
	from, to := n[0], n[1]
	ranges, _ := sig["ByteRange"].([]any)
	if !slices.Equal(ranges, []any{0.0, float64(from), float64(to), float64(n[2])}) || to+n[2] != len(data) ||
		from < at[0] || to > at[1] || from+2 > to || data[from] != '<' || data[to-1] != '>' {
		return seal{}
	}
	place := data[from+1 : to-1]
	content := make([]byte, len(place)/2)
	if _, err := hex.Decode(content, place); err != nil || bytes.ContainsAny(place, "abcdef") {
		return seal{}
	}
	if known, _ := sig["Contents"].([]byte); !bytes.Equal(known, content) {
		return seal{}
	}

	hash := sha256.New()
	hash.Write(data[:from])
	hash.Write(data[to:])
	c, ok := readCMS(content)
	if !ok || !c.fits([32]byte(hash.Sum(nil))) {
		return seal{}
	}
	s := seal{
		state: sealIntact, names: []crypto.PublicKey{c.signer.PublicKey},
		from: c.signer.NotBefore, until: c.signer.NotAfter, stamped: c.stamped,
	}
	if text, ok := sig["M"].([]byte); ok {
		s.made = sealDate(string(text))
	}
	return s
}

// sealDate reads the date that a seal gives for itself (ISO 32000-2 §7.9.4), in UTC
// as the press writes it, or in its short spelling; zero for any other.
func sealDate(text string) time.Time {
	for _, spelling := range []string{"D:20060102150405+00'00'", "D:20060102150405+00'00", "D:20060102150405Z"} {
		if date, err := time.Parse(spelling, text); err == nil {
			return date
		}
	}
	return time.Time{}
}

// dictionary gives a dictionary that stands in the file itself, and where.
func (b *build) dictionary(v any) (d dictionary, at [2]int, ok bool) {
	if d, ok := v.(dictionary); ok {
		return d, at, true
	}
	n, ok := v.(reference)
	if lies := b.places[int(n)]; ok && lies.offset > 0 && lies.within == 0 {
		p := parser{lexer: lexer{data: b.data, at: lies.offset}}
		if number, ok := p.header(); ok && number == int(n) {
			v, _ := p.object()
			d, ok := v.(dictionary)
			return d, [2]int{lies.offset, p.at}, ok
		}
	}
	return nil, at, false
}

// brokenSeal looks, without any strictness, for whose seal a file has or had.
func brokenSeal(data []byte, field bool) seal {
	s := seal{state: sealNone}
	if field {
		s.state = sealChanged
	}
	for _, place := range placesIn(data) {
		content, ok := unhex(data[place[0]+1 : place[1]-1])
		if !ok {
			continue
		}
		names := keysWithin(content)
		if len(names) == 0 {
			continue
		}
		if s.names = append(s.names, names...); s.state == sealNone {
			s.state = sealChanged
		}
		if begun(data, place[0], place[1], content) {
			s.state = sealFollowed
		}
	}
	return s
}

// begun reports whether the seal in the place fits the beginning of the file,
// and something follows.
func begun(data []byte, from, to int, content []byte) bool {
	c, ok := readCMS(content)
	if !ok {
		return false
	}
	n, ok := rangesIn(data[:from])
	if !ok || n[2] >= len(data)-to {
		return false
	}
	hash := sha256.New()
	hash.Write(data[:from])
	hash.Write(data[to : to+n[2]])
	return c.fits([32]byte(hash.Sum(nil)))
}

// unhex reads a hexadecimal string as any PDF may have it.
func unhex(text []byte) ([]byte, bool) {
	if len(text) > 2*maxSealBytes {
		return nil, false
	}
	digits := make([]byte, 0, len(text)+1)
	for _, c := range text {
		if !isBlank(c) {
			digits = append(digits, c)
		}
	}
	if len(digits)%2 == 1 {
		digits = append(digits, '0') // §7.3.4.3
	}
	content := make([]byte, len(digits)/2)
	_, err := hex.Decode(content, digits)
	return content, err == nil
}

// keysWithin gives the public keys of all certificates that stand in the bytes,
// whatever else does.
func keysWithin(content []byte) []crypto.PublicKey {
	var list []crypto.PublicKey
	attempts := 0
	for at := 0; at < len(content) && len(list) < maxCertificates && attempts < maxAttempts; {
		d := der(content[at:])
		if whole, ok := d.whole(tagSequence); ok && len(whole) > minCertificate && len(whole) <= maxCertificate {
			attempts++
			if c, err := x509.ParseCertificate(whole); err == nil {
				list = append(list, c.PublicKey)
				at += len(whole)
				continue
			}
		}
		at++
	}
	return list
}

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
