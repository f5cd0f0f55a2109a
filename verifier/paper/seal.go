package paper

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
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
