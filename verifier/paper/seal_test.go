package paper

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	sealer "github.com/testamur/testamur/issuer/seal"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates/certificate"
)

// sealHouse is an issuer with a key to seal with and one for credentials, and a
// stranger who has made out a certificate in its name.
type sealHouse struct {
	set                  *keys.Set
	key, credential      *ecdsa.PrivateKey
	cert, credentialCert *x509.Certificate
	strange              *ecdsa.PrivateKey
	strangeCert          *x509.Certificate
	rsa                  *rsa.PrivateKey
	rsaCert              *x509.Certificate
	from                 time.Time
}

var theSealHouse = sync.OnceValue(func() *sealHouse {
	const address, name = "https://certs.example.org", "Example Certification Body"
	h := &sealHouse{from: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var err error
	var public []*keys.Key
	for _, to := range []**ecdsa.PrivateKey{&h.key, &h.credential, &h.strange} {
		*to, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
	}
	h.rsa, err = rsa.GenerateKey(rand.Reader, 3072)
	must(err)
	for _, k := range []struct {
		signer crypto.Signer
		cert   **x509.Certificate
	}{{h.key, &h.cert}, {h.credential, &h.credentialCert}, {h.strange, &h.strangeCert}, {h.rsa, &h.rsaCert}} {
		*k.cert, err = sealer.SelfIssued(name, address, k.signer, h.from)
		must(err)
	}
	for _, signer := range []crypto.Signer{h.key, h.rsa} {
		k, err := keys.Import(address, signer, h.from)
		must(err)
		public = append(public, &k.Key)
	}
	jwk := func(k *ecdsa.PrivateKey, purpose string) string { // as a trust file has it
		p, err := k.PublicKey.Bytes()
		must(err)
		return fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":"%s/keys/credential","purpose":%q,"x":%q,"y":%q}`, address, purpose, b64url(p[1:33]), b64url(p[33:]))
	}
	more, err := keys.ParseSet([]byte(`{"keys":[` + jwk(h.credential, "credential") + `]}`))
	must(err)
	h.set, err = keys.NewSet(append(public, more.Keys()...)...)
	must(err)
	return h
})

// signsWith gives the seal of a key.
func signsWith(t testing.TB, key crypto.Signer, chain ...*x509.Certificate) func(digest [32]byte) []byte {
	t.Helper()
	s, err := sealer.New(key, chain, nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(digest [32]byte) []byte {
		cms, err := s.Seal(t.Context(), digest)
		if err != nil {
			t.Fatal(err)
		}
		return cms
	}
}

// sealForm is how a sealed file is written. Its zero value is the form of the
// press; an attack changes it.
type sealForm struct {
	objects  func([]string) []string         // changes the objects; the last has the seal
	ranges   func(from, to, rest int) string // spells /ByteRange
	contents func(hex string) string         // spells what stands in the place
	cms      func(digest [32]byte) []byte    // makes the seal; nil: the issuer's
	room     int
	trailer  string // what more stands in it
}

// made writes a file of the form.
func (f sealForm) made(t testing.TB) []byte {
	t.Helper()
	h := theSealHouse()
	if f.ranges == nil {
		f.ranges = func(from, to, rest int) string { return fmt.Sprintf("[0 %010d %010d %010d]", from, to, rest) }
	}
	if f.cms == nil {
		f.cms = signsWith(t, h.key, h.cert)
	}
	if f.contents == nil {
		f.contents = func(s string) string { return s }
	}
	if f.room == 0 {
		f.room = 1200
	}
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<>>/Annots[5 0 R]>>",
		"<</Length 21>>\nstream\n10 10 180 80 re S    \nendstream",
		"<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/F 132/Rect[0 0 0 0]/P 3 0 R/V 6 0 R>>",
		"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20261120100000Z)/ByteRange~/Contents^>>",
	}
	if f.objects != nil {
		objects = f.objects(objects)
	}
	// The offsets depend on how long the ranges are spelled, and these on the offsets.
	var pdf []byte
	var from, to int
	spelled := f.ranges(0, 0, 0)
	for range 3 {
		var b bytes.Buffer
		b.WriteString("%PDF-1.7\n")
		var offsets []int
		for i, text := range objects {
			offsets = append(offsets, b.Len())
			fmt.Fprintf(&b, "%d 0 obj\n", i+1)
			text = strings.ReplaceAll(text, "~", spelled)
			before, after, has := strings.Cut(text, "^")
			b.WriteString(before)
			if has {
				from = b.Len()
				b.WriteString("<" + strings.Repeat("0", 2*f.room) + ">")
				to = b.Len()
				b.WriteString(after)
			}
			b.WriteString("\nendobj\n")
		}
		xref := b.Len()
		fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
		for _, o := range offsets {
			fmt.Fprintf(&b, "%010d 00000 n \n", o)
		}
		fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/ID[<00><00>]%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, f.trailer, xref)
		pdf = b.Bytes()
		spelled = f.ranges(from, to, len(pdf)-to)
	}
	digits := strings.ToUpper(hex.EncodeToString(f.cms(sha256.Sum256(slices.Concat(pdf[:from], pdf[to:])))))
	if len(digits) > 2*f.room {
		t.Fatalf("a seal of %d bytes", len(digits)/2)
	}
	copy(pdf[from+1:], f.contents(digits+strings.Repeat("0", 2*f.room-len(digits))))
	return pdf
}

// judged is what our check makes of a file, and whether that is found through the
// document as well.
func judged(t testing.TB, pdf []byte) sealJudgement {
	t.Helper()
	set := theSealHouse().set
	j := sealOf(pdf, false).judge(set)
	doc, err := openPDF(t.Context(), pdf)
	if err != nil {
		return j
	}
	through := doc.seal(pdf).judge(set)
	if (through.verdict == sealedByIssuer) != (j.verdict == sealedByIssuer) || through.verdict == unsealed && j.verdict != unsealed {
		t.Errorf("the file alone says %d, with its document %d", j.verdict, through.verdict)
	}
	return through
}

func TestAFileAsTheIssuerSealedItIsKnown(t *testing.T) {
	h := theSealHouse()
	for name, f := range map[string]sealForm{
		"of the press":    {},
		"without padding": {ranges: func(from, to, rest int) string { return fmt.Sprintf("[0 %d %d %d]", from, to, rest) }},
		"padded with gaps": {ranges: func(from, to, rest int) string {
			return fmt.Sprintf("%-40s]", fmt.Sprintf("[0 %d %d %d", from, to, rest))
		}},
		"RSA": {cms: signsWith(t, h.rsa, h.rsaCert), room: 2000},
		"certificates": {room: 4000, cms: func(digest [32]byte) []byte {
			root, cert := sealAuthority(t, h.key)
			return signsWith(t, h.key, cert, root)(digest)
		}},
	} {
		pdf := f.made(t)
		j := judged(t, pdf)
		if j.verdict != sealedByIssuer || j.key == nil || j.key.Purpose != keys.ForSeal || j.format != saysSealed || j.note != "" {
			t.Errorf("%s: %+v", name, j)
		}
		if s := sealOf(pdf, false); !s.made.Equal(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)) || !s.stamped.IsZero() {
			t.Errorf("%s: made %s, stamped %s", name, s.made, s.stamped)
		}
		if j := sealOf(pdf, true).judge(nil); j.verdict != sealedByOther {
			t.Errorf("%s: to who knows no issuer: %+v", name, j)
		}
	}
	early := sealForm{objects: func(o []string) []string {
		o[5] = strings.Replace(o[5], "D:20261120", "D:20261119", 1)
		return o
	}}
	if j := judged(t, early.made(t)); j.verdict != sealedByIssuer || j.note != saysSealDated {
		t.Errorf("sealed before its certificate: %+v", j)
	}
}

func sealAuthority(t testing.TB, key crypto.Signer) (root, cert *x509.Certificate) {
	t.Helper()
	own, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Example Root"}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, own.Public(), own)
	if err != nil {
		t.Fatal(err)
	}
	root, _ = x509.ParseCertificate(raw)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(255), Subject: pkix.Name{CommonName: "Example seal"}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, // the serial number needs a zero before it
	}
	if raw, err = x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), own); err != nil {
		t.Fatal(err)
	}
	cert, _ = x509.ParseCertificate(raw)
	return root, cert
}

// No file that differs from a sealed one in one byte is taken for it.
func TestNoChangedByteGoesUnseen(t *testing.T) {
	random := mathrand.New(mathrand.NewPCG(1, 2))
	set := theSealHouse().set
	changes, words := 0, map[string]int{}
	for name, f := range map[string]sealForm{
		"P-256": {},
		"RSA":   {cms: signsWith(t, theSealHouse().rsa, theSealHouse().rsaCert), room: 2000},
	} {
		pdf := f.made(t)
		if j := judged(t, pdf); j.verdict != sealedByIssuer {
			t.Fatalf("%s: %+v", name, j)
		}
		for at := range pdf {
			was := pdf[at]
			for _, to := range []byte{was ^ 1<<random.IntN(8), was + 1 + byte(random.IntN(255)), was ^ 0x20} {
				pdf[at] = to
				j := sealOf(pdf, true).judge(set)
				if j.verdict == sealedByIssuer || j.verdict == unsealed {
					t.Errorf("%s: byte %d of %d, %q for %q: %+v", name, at, len(pdf), to, was, j)
				}
				words[j.format]++
				changes++
			}
			pdf[at] = was
		}
		for range 500 { // bytes taken out, and put in
			at := random.IntN(len(pdf))
			without := slices.Delete(bytes.Clone(pdf), at, at+1)
			with := slices.Insert(bytes.Clone(pdf), at, byte(random.IntN(256)))
			for _, other := range [][]byte{without, with, pdf[:at]} {
				changes++
				if j := sealOf(other, true).judge(set); j.verdict == sealedByIssuer || j.verdict == unsealed {
					t.Errorf("%s: around byte %d of %d: %+v", name, at, len(pdf), j)
				}
			}
		}
	}
	if changes < 2000 || len(words) < 3 {
		t.Errorf("%d changes, with the words %v", changes, words)
	}
	t.Logf("%d changes: %v", changes, words)
}

// sealedPress prints sealed papers.
func sealedPress(t testing.TB) issuer.Press {
	t.Helper()
	h := theSealHouse()
	s, err := sealer.New(h.key, []*x509.Certificate{h.cert}, nil)
	if err != nil {
		t.Fatal(err)
	}
	press, err := render.New(render.House{Sealer: s})
	if err != nil {
		t.Fatal(err)
	}
	return press
}

// The date that the press writes is read, and held against the certificate.
func TestTheDateOfASealIsHeldAgainstItsCertificate(t *testing.T) {
	h := theSealHouse()
	c := issued("Emil Noble", 1)
	made := issuer.PaperOf(c, "eyJ.e30.AA").Created
	for what, row := range map[string]struct {
		until time.Time
		note  string
	}{
		"in force":            {made.Add(time.Hour), ""},
		"out of force before": {made.Add(-time.Hour), saysSealDated},
	} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Seal"}, NotBefore: made.AddDate(-1, 0, 0), NotAfter: row.until}
		raw, err := x509.CreateCertificate(rand.Reader, template, template, h.key.Public(), h.key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		s, err := sealer.New(h.key, []*x509.Certificate{cert}, nil)
		if err != nil {
			t.Fatal(err)
		}
		press, err := render.New(render.House{Sealer: s})
		if err != nil {
			t.Fatal(err)
		}
		pdf := printedAs(t, press, c, certificate.Style{})
		if read := sealOf(pdf, true); !read.made.Equal(made.Truncate(time.Second)) {
			t.Errorf("%s: made %s, read as %s", what, made, read.made)
		}
		if j := judged(t, pdf); j.verdict != sealedByIssuer || j.note != row.note {
			t.Errorf("%s: %d, %q", what, j.verdict, j.note)
		}
	}
	day := time.Date(2026, 11, 20, 16, 7, 7, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"D:20261120160707+00'00'": day, "D:20261120160707+00'00": day, "D:20261120160707Z": day,
		"": {}, "D:": {}, "20261120160707Z": {}, "D:20261320160707Z": {}, "D:20261120160707+00'00'x": {}, "D:20261120160707+01'00'": {},
	} {
		if got := sealDate(text); !got.Equal(want) {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// The papers of the press, whatever their design and language, are known as sealed;
// changed anywhere, they are not.
func TestPapersOfThePressAreSealed(t *testing.T) {
	press, set := sealedPress(t), theSealHouse().set
	random := mathrand.New(mathrand.NewPCG(3, 4))
	changes := 0
	all := styles()
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i, style := range all[:12] {
		c := issued(scripts[i%len(scripts)], i+1)
		pdf := printedAs(t, press, c, style)
		if j := judged(t, pdf); j.verdict != sealedByIssuer || j.note != "" {
			t.Fatalf("%+v: %+v", style, j)
		}
		if again := printedAs(t, press, c, style); !bytes.Equal(pdf, again) {
			t.Errorf("%+v: two seals of one paper", style)
		}
		for range 250 {
			at := random.IntN(len(pdf))
			was := pdf[at]
			pdf[at] ^= 1 << random.IntN(8)
			if j := sealOf(pdf, true).judge(set); j.verdict == sealedByIssuer || j.verdict == unsealed {
				t.Errorf("%+v: byte %d of %d: %+v", style, at, len(pdf), j)
			}
			pdf[at] = was
			changes++
		}
		if j := judged(t, append(bytes.Clone(pdf), ' ')); j.verdict != sealBroken || j.format != saysSealAdded {
			t.Errorf("%+v, longer: %+v", style, j)
		}
	}
	t.Logf("%d changes", changes)
}

// An attack on a file: its bytes, what must be said of it, and whether simpler
// checks fall for it.
type sealAttack struct {
	name    string
	pdf     []byte
	verdict sealVerdict
	format  string // "": any
}

// replaced is the file with a part of it changed; the part must be there.
func replaced(t testing.TB, pdf []byte, old, with string) []byte {
	t.Helper()
	if !bytes.Contains(pdf, []byte(old)) {
		t.Fatalf("there is no %q in the file", old)
	}
	return bytes.Replace(pdf, []byte(old), []byte(with), 1)
}

// updated is the file with a later revision of some objects (ISO 32000-2 §7.5.6).
func updated(pdf []byte, objects map[int]string) []byte {
	b := bytes.NewBuffer(bytes.Clone(pdf))
	prev := regexp.MustCompile(`startxref\n([0-9]+)`).FindSubmatch(pdf)[1]
	sections := ""
	for n, text := range objects {
		sections += fmt.Sprintf("%d 1\n%010d 00000 n \n", n, b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", n, text)
	}
	at := b.Len()
	fmt.Fprintf(b, "xref\n%strailer\n<</Size 20/Root 1 0 R/Prev %s/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF\n", sections, prev, at)
	return b.Bytes()
}

// sealAttacks are the attacks on the file around the seal.
func sealAttacks(t testing.TB) []sealAttack {
	h := theSealHouse()
	good := sealForm{}.made(t)
	from, to := placesIn(good)[0][0], placesIn(good)[0][1]
	digits := string(good[from+1 : to-1])
	strange := sealForm{cms: signsWith(t, h.strange, h.strangeCert)}.made(t)
	object := func(n int, old, with string) sealForm {
		return sealForm{objects: func(o []string) []string {
			if !strings.Contains(o[n-1], old) {
				t.Fatalf("there is no %q in object %d", old, n)
			}
			o[n-1] = strings.Replace(o[n-1], old, with, 1)
			return o
		}}
	}
	ranges := func(format string) sealForm {
		return sealForm{ranges: func(from, to, rest int) string {
			return strings.NewReplacer("A", fmt.Sprint(from), "B", fmt.Sprint(to), "C", fmt.Sprint(rest), "D", fmt.Sprint(to+rest)).Replace(format)
		}}
	}
	spelled := func(change func(string) string) sealForm { return sealForm{contents: change} }
	add := func(more string) []byte { return append(bytes.Clone(good), more...) }

	list := []sealAttack{
		// Something after the end.
		{"a line break after the end", add("\n"), sealBroken, saysSealAdded},
		{"a NUL after the end", add("\x00"), sealBroken, saysSealAdded},
		{"a comment after the end", add("% seen and approved\n"), sealBroken, saysSealAdded},
		{"another file after the end", add(string(good)), sealBroken, ""},
		{"the page hidden by an update", updated(good, map[int]string{4: "<</Length 0>>\nstream\n\nendstream"}), sealBroken, saysSealAdded},
		{"the page replaced by an update", updated(good, map[int]string{3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 7 0 R/Annots[5 0 R]>>", 7: "<</Length 3>>\nstream\n0 g\nendstream"}), sealBroken, saysSealAdded},
		{"a note put over the page by an update", updated(good, map[int]string{3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Annots[5 0 R 7 0 R]>>", 7: "<</Type/Annot/Subtype/FreeText/Rect[0 0 99 99]/Contents(John Doe)>>"}), sealBroken, saysSealAdded},
		{"a second field by an update", updated(good, map[int]string{1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R 7 0 R]/SigFlags 3>>>>", 7: "<</FT/Sig/T(Two)>>"}), sealBroken, saysSealAdded},
		{"the seal taken off by an update", updated(good, map[int]string{1: "<</Type/Catalog/Pages 2 0 R>>"}), sealBroken, saysSealAdded},
		{"the seal of a stranger put in its place by an update", updated(good, map[int]string{6: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 0 0 0]/Contents<" + hex.EncodeToString(h.strangeCert.Raw) + ">>>"}), sealBroken, saysSealAdded},

		// Something taken off or covered.
		{"the form hidden", replaced(t, good, "/AcroForm", "/AcroFarm"), sealBroken, saysSealChanged},
		{"the field emptied", replaced(t, good, "/V 6 0 R", "        "), sealBroken, saysSealChanged},
		{"the name of the ranges spelled otherwise", replaced(t, good, "/ByteRange", "/Byte#52ange"), sealBroken, saysSealChanged},
		{"the page changed", replaced(t, good, "180 80 re", "180 81 re"), sealBroken, saysSealChanged},
		{"a beginning before the beginning", append([]byte("\n"), good...), sealBroken, ""},

		// The place of the seal made to hold something else.
		{"the place longer", slices.Concat(good[:to-1], []byte("00>"), good[to:]), sealBroken, saysSealChanged},
		{"the place shorter", slices.Concat(good[:to-3], good[to-1:]), sealBroken, saysSealChanged},
		{"the place moved one byte", slices.Concat(good[:from], []byte(" <"), good[from+1:to-2], good[to-1:]), sealBroken, saysSealChanged},
		{"objects in the place", slices.Concat(good[:to-9], []byte("00>/X(aa"), good[to-1:]), sealBroken, ""},
		{"small digits", spelled(strings.ToLower).made(t), sealBroken, saysSealChanged},
		{"one small digit", spelled(func(s string) string {
			i := strings.IndexAny(s, "ABCDEF")
			return s[:i] + strings.ToLower(s[i:i+1]) + s[i+1:]
		}).made(t), sealBroken, saysSealChanged},
		{"blanks among the digits", spelled(func(s string) string { return s[:200] + "  " + s[200:len(s)-2] }).made(t), sealBroken, saysSealChanged},
		{"something in the padding", spelled(func(s string) string { return s[:len(s)-2] + "41" }).made(t), sealBroken, saysSealChanged},
		{"half a byte in the padding", spelled(func(s string) string { return s[:len(s)-1] + "1" }).made(t), sealBroken, saysSealChanged},
		{"a string that ends early", spelled(func(s string) string { return s[:len(s)-2] + "><" }).made(t), sealBroken, saysSealChanged},

		// Whoever sealed.
		{"sealed by a stranger of the same name", strange, sealedByOther, saysSealOther},
		{"sealed by a stranger, and added to", append(bytes.Clone(strange), '\n'), sealedByOther, saysSealOther},
		{"sealed with a credential key", sealForm{cms: signsWith(t, h.credential, h.credentialCert)}.made(t), sealedByOther, saysSealOther},
		{"another page, sealed by the issuer as well", object(4, "180 80 re", "180 81 re").made(t), sealedByIssuer, saysSealed},
	}
	other := object(4, "180 80 re", "180 81 re").made(t)
	copy(other[bytes.Index(other, []byte("/Contents<"))+len("/Contents<"):], digits)
	list = append(list, sealAttack{"the seal of another file", other, sealBroken, saysSealChanged})

	// What the issuer itself would have sealed, in a form that is read in two ways.
	for name, f := range map[string]sealForm{
		"ranges with a sign":          ranges("[0 +A B C]"),
		"ranges below zero":           ranges("[-0 A B C]"),
		"ranges that are reals":       ranges("[0 A.0 B C]"),
		"ranges beyond all numbers":   ranges("[0 A B 99999999999999999999]"),
		"ranges that wrap at 32 bits": {ranges: func(from, to, rest int) string { return fmt.Sprintf("[0 %d %d %d]", from+1<<32, to, rest) }},
		"ranges that wrap at 64 bits": {ranges: func(from, to, rest int) string {
			return fmt.Sprintf("[0 %s%d %d %d]", "1844674407370955161", from, to, rest)
		}},
		"ranges of eleven digits":    ranges("[0 A B 00000000000C]"),
		"ranges with a comment":      ranges("[0 A%x\nB C]"),
		"three ranges":               ranges("[0 A B C D 0]"),
		"two gaps":                   ranges("[0 9 12 A B C]"),
		"one range":                  ranges("[0 D]"),
		"half a range":               ranges("[0 A B]"),
		"ranges that overlap":        ranges("[0 A A D]"),
		"a range that ends early":    {ranges: func(from, to, rest int) string { return fmt.Sprintf("[0 %d %d %d]", from, to, rest-1) }},
		"a range that begins late":   ranges("[1 A B C]"),
		"a gap that is too wide":     {ranges: func(from, to, rest int) string { return fmt.Sprintf("[0 %d %d %d]", from-1, to, rest) }},
		"a gap that is too narrow":   {ranges: func(from, to, rest int) string { return fmt.Sprintf("[0 %d %d %d]", from+1, to-1, rest) }},
		"an encrypted file":          {trailer: "/Encrypt<</Filter/Standard/V 1/R 2/O(x)/U(x)/P 0>>"},
		"ranges of something within": object(6, "/ByteRange~", "/Other<</ByteRange~>>"),
		"a seal within its field":    {objects: func(o []string) []string { o[4] = strings.Replace(o[4], "6 0 R", o[5], 1); return o[:5] }},
		"ranges within ranges":       ranges("[[0 A B C]]"),
		"ranges elsewhere":           object(6, "/ByteRange~", "/ByteRange 4 0 R/ByteRang~"),
		"the form of another kind":   object(6, "ETSI.CAdES.detached", "adbe.pkcs7.detached"),
		"two forms":                  object(6, "/SubFilter", "/SubFilter/adbe.pkcs7.detached/SubFilter"),
		"the form spelled otherwise": object(6, "/Contents^", "/Contents<00>/#43ontents^"),
		"another filter":             object(6, "Adobe.PPKLite", "Example.Filter"),
		"no type":                    object(6, "/Type/Sig", ""),
		"a time-stamp for a seal":    object(6, "/Type/Sig", "/Type/DocTimeStamp"),
		"another certificate":        object(6, "/Filter", "/Cert(x)/Filter"),
		"two places":                 object(6, "/Contents^", "/Contents<"+digits+">/Contents^"),
		"two ranges":                 object(6, "/ByteRange~", "/ByteRange~/ByteRange~"),
		"a place that is another's":  object(6, "/Contents^", "/Contents(x)/Other^"),
		"a second seal":              {objects: func(o []string) []string { return append(o, strings.Replace(o[5], "^", "<00>", 1)) }},
		"two fields":                 object(1, "5 0 R", "5 0 R 5 0 R"),
		"no field":                   object(1, "[5 0 R]", "[]"),
		"fields that may be changed": object(1, "/SigFlags 3", "/SigFlags 1"),
		"two lists of fields":        object(1, "/SigFlags", "/Fields[]/SigFlags"),
		"a field of text":            object(5, "/FT/Sig", "/FT/Tx"),
		"a field with children":      object(5, "/FT/Sig", "/FT/Sig/Kids[3 0 R]"),
		"a field of another seal": {objects: func(o []string) []string {
			o[4] = strings.Replace(o[4], "6 0 R", "7 0 R", 1)
			return append(o, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Contents<00>>>")
		}},
		"a field with two values":     object(5, "/V 6 0 R", "/V 6 0 R/V 3 0 R"),
		"objects between the objects": object(4, "endstream", "endstream\nendobj\n9 0 obj\n<<>>"),
	} {
		list = append(list, sealAttack{name, f.made(t), sealBroken, ""})
	}
	return list
}

func TestNoAttackOnASealedFileGoesUnseen(t *testing.T) {
	for _, a := range append(sealAttacks(t), cmsAttacks(t)...) {
		j := judged(t, a.pdf)
		if j.verdict != a.verdict || a.format != "" && j.format != a.format {
			t.Errorf("%s: verdict %d, %q; want %d, %q", a.name, j.verdict, j.format, a.verdict, a.format)
		}
	}
}

// cmsForm is how the seal itself is written: every part of it in DER, before it is
// put together. An attack changes a part.
type cmsForm struct {
	digest                                  [32]byte
	version, digests, content, certificates []byte
	signerVersion, signer, signerDigest     []byte
	attributes                              [][]byte
	algorithm, signature                    []byte
	unsigned                                []byte
	rest                                    []byte // after the signers
	key                                     crypto.Signer
	hash                                    crypto.Hash
	signers                                 func([]byte) []byte
	whole                                   func([]byte) []byte
}

func attributeOf(oid []byte, value []byte) []byte {
	return derOf(tagSequence, derOf(tagObject, oid), derOf(tagSet, value))
}

var (
	oidOfType     = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03}
	oidOfDigest   = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04}
	oidOfTime     = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05}
	oidOfSigner   = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f}
	oidContent    = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
	algorithmSHA1 = []byte{0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a}
	algorithm512  = []byte{0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}
)

func namesCertificate(c *x509.Certificate) []byte {
	sum := sha256.Sum256(c.Raw)
	return attributeOf(oidOfSigner, derOf(tagSequence, derOf(tagSequence, derOf(tagSequence, derOf(tagOctets, sum[:])))))
}

// cmsOf makes a seal of the form, changed before it is signed and after.
func cmsOf(t testing.TB, before, after func(*cmsForm)) func([32]byte) []byte {
	h := theSealHouse()
	return func(digest [32]byte) []byte {
		f := &cmsForm{
			digest: digest, version: derOne, digests: derSHA256, content: derNoContent, certificates: h.cert.Raw,
			signerVersion: derOne, signer: issuerAndSerial(h.cert), signerDigest: derSHA256, algorithm: derECDSA,
			attributes: [][]byte{attributeOf(oidOfType, oidContent), attributeOf(oidOfDigest, derOf(tagOctets, digest[:])), namesCertificate(h.cert)},
			key:        h.key, hash: crypto.SHA256,
		}
		if before != nil {
			before(f)
		}
		hash := f.hash.New()
		hash.Write(derOf(tagSet, f.attributes...))
		var err error
		if f.signature, err = f.key.Sign(rand.Reader, hash.Sum(nil), f.hash); err != nil {
			t.Fatal(err)
		}
		if _, ok := f.key.(*ecdsa.PrivateKey); ok {
			f.signature = withS(f.signature, false)
		}
		if after != nil {
			after(f)
		}
		signer := derOf(tagSequence, f.signerVersion, f.signer, f.signerDigest, derOf(tagContext0, f.attributes...), f.algorithm, derOf(tagOctets, f.signature), f.unsigned)
		if f.signers != nil {
			signer = f.signers(signer)
		}
		data := derOf(tagSequence, f.version, derOf(tagSet, f.digests), f.content, derOf(tagContext0, f.certificates), derOf(tagSet, signer), f.rest)
		cms := derOf(tagSequence, derSignedData, derOf(tagContext0, data))
		if f.whole != nil {
			cms = f.whole(cms)
		}
		return cms
	}
}

// withS gives an ECDSA signature the higher or the lower s.
func withS(signature []byte, higher bool) []byte {
	whole := der(signature)
	pair, _ := whole.take(tagSequence)
	r, _ := pair.whole(tagInteger)
	s, _ := pair.take(tagInteger)
	if lowS(signature) != higher {
		return signature
	}
	v := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(s)).Bytes()
	if v[0] >= 0x80 {
		v = append([]byte{0}, v...)
	}
	return derOf(tagSequence, r, derOf(tagInteger, v))
}

// cmsAttacks are the attacks on the seal itself. All but those by a stranger are
// signed with the issuer's own key, so that nothing but their form betrays them.
func cmsAttacks(t testing.TB) []sealAttack {
	h := theSealHouse()
	if cms := cmsOf(t, nil, nil); judged(t, sealForm{cms: cms}.made(t)).verdict != sealedByIssuer {
		t.Fatal("the form that attacks change is not that of a seal")
	}
	// The certificate of the same key, issuer and number, with another name in it.
	template := *h.cert
	template.DNSNames = []string{"else.example.org"}
	raw, err := x509.CreateCertificate(rand.Reader, &template, &template, h.key.Public(), h.key)
	if err != nil {
		t.Fatal(err)
	}
	swapped, err := x509.ParseCertificate(raw)
	if err != nil || !bytes.Equal(issuerAndSerial(swapped), issuerAndSerial(h.cert)) {
		t.Fatalf("%v: the other certificate has another name", err)
	}
	_, same := sealAuthority(t, h.key)
	sorted := func(certs ...*x509.Certificate) []byte {
		var list [][]byte
		for _, c := range certs {
			list = append(list, c.Raw)
		}
		slices.SortFunc(list, bytes.Compare)
		return slices.Concat(list...)
	}
	digestWith := func(sum []byte) []byte { return attributeOf(oidOfDigest, derOf(tagOctets, sum)) }

	var list []sealAttack
	attack := func(name string, before, after func(*cmsForm)) {
		list = append(list, sealAttack{name, sealForm{cms: cmsOf(t, before, after), room: 4000}.made(t), sealBroken, ""})
	}
	attack("the certificate swapped for another of the key", nil, func(f *cmsForm) { f.certificates = swapped.Raw })
	attack("the signature of a stranger with the issuer's certificate", func(f *cmsForm) { f.key = h.strange }, nil)
	attack("the certificate of a stranger beside the issuer's, whose key is named", func(f *cmsForm) { f.certificates = sorted(h.cert, h.strangeCert); f.key = h.strange }, nil)
	attack("the certificate of a stranger named, with the issuer's beside it", func(f *cmsForm) {
		f.certificates, f.signer = sorted(h.cert, h.strangeCert), issuerAndSerial(h.strangeCert)
	}, nil)
	attack("another certificate named than the one that signs", func(f *cmsForm) { f.certificates, f.signer = sorted(h.cert, same), issuerAndSerial(same) }, nil)
	attack("no certificate that is named", func(f *cmsForm) { f.signer = issuerAndSerial(same) }, nil)
	attack("the signer named by its key", func(f *cmsForm) { f.signer = derOf(0x80, h.cert.SubjectKeyId) }, nil)
	attack("one certificate twice", nil, func(f *cmsForm) { f.certificates = slices.Concat(h.cert.Raw, h.cert.Raw) })
	attack("two of one name", nil, func(f *cmsForm) { f.certificates = sorted(h.cert, swapped) })
	attack("two of one name, the other named within", func(f *cmsForm) { f.attributes[2] = namesCertificate(swapped) }, func(f *cmsForm) { f.certificates = sorted(h.cert, swapped) })
	attack("something after the signers", nil, func(f *cmsForm) { f.rest = []byte{5, 0} })
	attack("something after the attributes", nil, func(f *cmsForm) { f.unsigned = []byte{5, 0} })
	attack("certificates out of order", nil, func(f *cmsForm) {
		f.certificates = sorted(h.cert, same)
		first := der(f.certificates)
		a, _ := first.whole(tagSequence)
		f.certificates = slices.Concat(first, a)
	})
	attack("eleven certificates", nil, func(f *cmsForm) {
		list := []*x509.Certificate{h.cert}
		for i := range 10 {
			c := *same
			c.Raw = slices.Concat(derOf(tagSequence, derOf(tagInteger, []byte{byte(i)})))
			list = append(list, &c)
		}
		f.certificates = sorted(list...)
	})
	attack("SHA-1 of the document", func(f *cmsForm) {
		sum := sha1.Sum(f.digest[:])
		f.signerDigest, f.digests, f.attributes[1] = algorithmSHA1, algorithmSHA1, digestWith(sum[:])
	}, nil)
	attack("SHA-1 of the attributes", func(f *cmsForm) {
		f.hash, f.algorithm = crypto.SHA1, []byte{0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01}
	}, nil)
	attack("SHA-512 of the document", func(f *cmsForm) {
		sum := sha512.Sum512(f.digest[:])
		f.signerDigest, f.digests, f.attributes[1] = algorithm512, algorithm512, digestWith(sum[:])
	}, nil)
	attack("SHA-1 called SHA-256", func(f *cmsForm) { f.hash = crypto.SHA1 }, nil)
	attack("an algorithm of another key", nil, func(f *cmsForm) { f.algorithm = derRSA })
	attack("an algorithm with parameters", nil, func(f *cmsForm) {
		f.algorithm = []byte{0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00}
	})
	attack("SHA-256 with parameters", func(f *cmsForm) {
		f.signerDigest = slices.Concat([]byte{0x30, 0x0d}, derSHA256[2:], []byte{0x05, 0x00})
	}, nil)
	attack("no algorithm for the key: ECDSA called none", nil, func(f *cmsForm) { f.algorithm = []byte{0x30, 0x00} })
	attack("digest algorithms twice", nil, func(f *cmsForm) { f.digests = slices.Concat(derSHA256, derSHA256) })
	attack("no digest algorithm", nil, func(f *cmsForm) { f.digests = nil })
	attack("another digest algorithm before", nil, func(f *cmsForm) { f.digests = algorithm512 })
	attack("two signers", nil, func(f *cmsForm) { f.signers = func(s []byte) []byte { return slices.Concat(s, s) } })
	attack("no signer", nil, func(f *cmsForm) { f.signers = func([]byte) []byte { return nil } })
	attack("a stranger signs first", nil, func(f *cmsForm) {
		f.signers = func(s []byte) []byte { return slices.Concat(derOf(tagSequence, derOne), s) }
	})
	attack("a date within", func(f *cmsForm) {
		f.attributes = slices.Insert(f.attributes, 1, attributeOf(oidOfTime, []byte("\x17\x0d261120100000Z")))
	}, nil)
	attack("no digest", func(f *cmsForm) { f.attributes = slices.Delete(f.attributes, 1, 2) }, nil)
	attack("no type", func(f *cmsForm) { f.attributes = f.attributes[1:] }, nil)
	attack("no certificate named within", func(f *cmsForm) { f.attributes = f.attributes[:2] }, nil)
	attack("two digests", func(f *cmsForm) {
		f.attributes = slices.Insert(f.attributes, 2, digestWith(make([]byte, 32)))
	}, nil)
	attack("two values of a digest", func(f *cmsForm) {
		f.attributes[1] = attributeOf(oidOfDigest, slices.Concat(derOf(tagOctets, make([]byte, 32)), derOf(tagOctets, f.digest[:])))
	}, nil)
	attack("attributes out of order", func(f *cmsForm) { slices.Reverse(f.attributes) }, nil)
	attack("attributes in another order than signed", nil, func(f *cmsForm) { slices.Reverse(f.attributes) })
	attack("the digest of nothing", func(f *cmsForm) { sum := sha256.Sum256(nil); f.attributes[1] = digestWith(sum[:]) }, nil)
	attack("the digest cut short", func(f *cmsForm) { f.attributes[1] = digestWith(f.digest[:31]) }, nil)
	attack("no attributes, the document signed itself", nil, func(f *cmsForm) {
		f.attributes = nil
		s, err := h.key.Sign(rand.Reader, f.digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		f.signature = s
	})
	attack("the type of something else", func(f *cmsForm) { f.attributes[0] = attributeOf(oidOfType, derSignedData) }, nil)
	attack("the content within", nil, func(f *cmsForm) {
		f.content = derOf(tagSequence, oidContent, derOf(tagContext0, derOf(tagOctets, []byte("other"))))
	})
	attack("the content of another type", nil, func(f *cmsForm) { f.content = derOf(tagSequence, derSignedData) })
	attack("version 3", nil, func(f *cmsForm) { f.version = []byte{2, 1, 3} })
	attack("version 3 of the signer", nil, func(f *cmsForm) { f.signerVersion = []byte{2, 1, 3} })
	attack("version 1 in two bytes", nil, func(f *cmsForm) { f.version = []byte{2, 2, 0, 1} })
	attack("the higher s", nil, func(f *cmsForm) { f.signature = withS(f.signature, true) })
	attack("a signature of zeros", nil, func(f *cmsForm) { f.signature = []byte{0x30, 6, 2, 1, 0, 2, 1, 0} })
	attack("a signature of nothing", nil, func(f *cmsForm) { f.signature = nil })
	attack("bytes after the signature", nil, func(f *cmsForm) { f.signature = append(f.signature, 0) })
	attack("something unsigned", nil, func(f *cmsForm) { f.unsigned = derOf(tagContext1, attributeOf(oidOfTime, []byte{5, 0})) })
	attack("nothing unsigned", nil, func(f *cmsForm) { f.unsigned = derOf(tagContext1) })
	attack("a time-stamp that is none", nil, func(f *cmsForm) {
		f.unsigned = derOf(tagContext1, derOf(tagSequence, derTimeStamp, derOf(tagSet, derOf(tagSequence))))
	})
	attack("a length in more bytes than it needs", nil, func(f *cmsForm) {
		f.whole = func(b []byte) []byte { return slices.Concat([]byte{0x30, 0x83, 0x00}, b[2:]) }
	})
	attack("no length", nil, func(f *cmsForm) {
		f.whole = func(b []byte) []byte { return slices.Concat([]byte{0x30, 0x80}, b[4:], []byte{0, 0, 0x41}) }
	})
	attack("no length, ended", nil, func(f *cmsForm) {
		f.whole = func(b []byte) []byte { return slices.Concat([]byte{0x30, 0x80}, b[4:], []byte{0, 0}) }
	})
	attack("something after the seal", nil, func(f *cmsForm) {
		f.whole = func(b []byte) []byte { return append(b, 5, 0) }
	})
	attack("the seal within another", nil, func(f *cmsForm) {
		f.whole = func(b []byte) []byte { return derOf(tagSequence, derSignedData, derOf(tagContext0, b)) }
	})
	attack("RSA called ECDSA", func(f *cmsForm) {
		f.key, f.certificates, f.signer, f.attributes[2] = h.rsa, h.rsaCert.Raw, issuerAndSerial(h.rsaCert), namesCertificate(h.rsaCert)
	}, nil)
	list = append(list, sealAttack{"all of a stranger's", sealForm{cms: cmsOf(t, func(f *cmsForm) {
		f.key, f.certificates, f.signer, f.attributes[2] = h.strange, h.strangeCert.Raw, issuerAndSerial(h.strangeCert), namesCertificate(h.strangeCert)
	}, nil)}.made(t), sealedByOther, saysSealOther})
	list = append(list, sealAttack{"nothing in the place", sealForm{cms: func([32]byte) []byte { return nil }}.made(t), sealBroken, saysSealUnreadable})
	return list
}

// A check that is simpler than ours falls for something, and these attacks show it.
func TestSimplerChecksFallForTheAttacks(t *testing.T) {
	h := theSealHouse()
	attacks := append(sealAttacks(t), cmsAttacks(t)...)
	for name, takes := range map[string]func(s seal, j sealJudgement) bool{
		"the range need not be the whole file": func(s seal, j sealJudgement) bool {
			return j.verdict == sealedByIssuer || s.state == sealFollowed
		},
		"any certificate will do": func(s seal, _ sealJudgement) bool { return s.state == sealIntact },
		"any key of the issuer will do": func(s seal, _ sealJudgement) bool {
			_, found := h.set.Holder(s.names0(), keys.ForCredential)
			return s.state == sealIntact && found
		},
		"the name in the certificate will do": func(s seal, j sealJudgement) bool {
			return j.verdict == sealedByIssuer || j.verdict == sealedByOther
		},
	} {
		fooled := ""
		for _, a := range attacks {
			s := sealOf(a.pdf, true)
			if a.verdict != sealedByIssuer && takes(s, s.judge(h.set)) {
				fooled = a.name
			}
		}
		if fooled == "" {
			t.Errorf("%s: no attack shows that this is wrong", name)
		}
	}
}

func (s seal) names0() crypto.PublicKey {
	if len(s.names) == 0 {
		return nil
	}
	return s.names[0]
}

// A file without a seal is not given one.
func TestAFileWithoutASealHasNone(t *testing.T) {
	plain := sealForm{objects: func(o []string) []string {
		o[0] = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>"
		o[4] = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/F 132/Rect[0 0 0 0]/P 3 0 R>>" // a field to be signed
		o[5] = "<</Note(/ByteRange[0 1 2 3])/Contents<" + strings.Repeat("41", 100) + ">/Unused^>>"
		return o
	}}.made(t)
	for _, pdf := range [][]byte{plain, nil, []byte("%PDF-1.7\n")} {
		if j := judged(t, pdf); j.verdict != unsealed || j.format != "" || j.note != "" {
			t.Errorf("%+v", j)
		}
	}
}

// A time-stamp in a seal is read if it is of that seal.
func TestTheTimeStampOfASealIsRead(t *testing.T) {
	stamp := func(signature []byte, at string) []byte {
		sum := sha256.Sum256(signature)
		info := derOf(tagSequence, derOne, []byte{6, 1, 42}, derOf(tagSequence, derSHA256, derOf(tagOctets, sum[:])), []byte{2, 1, 9}, derOf(tagTime, []byte(at)))
		data := derOf(tagSequence, []byte{2, 1, 3}, derOf(tagSet, derSHA256), derOf(tagSequence, derTSTInfo, derOf(tagContext0, derOf(tagOctets, info))))
		token := derOf(tagSequence, derSignedData, derOf(tagContext0, data))
		return derOf(tagContext1, derOf(tagSequence, derTimeStamp, derOf(tagSet, token)))
	}
	for name, c := range map[string]struct {
		unsigned func(signature []byte) []byte
		want     time.Time // zero: the seal is broken
	}{
		"of the seal":      {func(s []byte) []byte { return stamp(s, "20261120101112Z") }, time.Date(2026, 11, 20, 10, 11, 12, 0, time.UTC)},
		"to a millisecond": {func(s []byte) []byte { return stamp(s, "20261120101112.5Z") }, time.Date(2026, 11, 20, 10, 11, 12, 5e8, time.UTC)},
		"of another seal":  {func(s []byte) []byte { return stamp([]byte("other"), "20261120101112Z") }, time.Time{}},
		"of no time":       {func(s []byte) []byte { return stamp(s, "soon") }, time.Time{}},
		"twice":            {func(s []byte) []byte { b := stamp(s, "20261120101112Z"); return derOf(tagContext1, b[3:], b[3:]) }, time.Time{}},
	} {
		pdf := sealForm{cms: cmsOf(t, nil, func(f *cmsForm) { f.unsigned = c.unsigned(f.signature) }), room: 2000}.made(t)
		s, want := sealOf(pdf, true), sealedByIssuer
		if c.want.IsZero() {
			want = sealBroken
		}
		if j := s.judge(theSealHouse().set); j.verdict != want || !s.stamped.Equal(c.want) {
			t.Errorf("%s: %+v, stamped %s", name, j, s.stamped)
		}
	}
}

// FuzzSeal: whatever the bytes, nothing panics, and only what the issuer sealed is
// taken for it.
func FuzzSeal(f *testing.F) {
	h := theSealHouse()
	good := sealForm{}.made(f)
	f.Add(good)
	f.Add(sealForm{cms: signsWith(f, h.strange, h.strangeCert)}.made(f))
	f.Add(updated(good, map[int]string{4: "<</Length 0>>\nstream\n\nendstream"}))
	f.Add(sealForm{cms: cmsOf(f, nil, func(c *cmsForm) { c.unsigned = derOf(tagContext1, attributeOf(oidOfTime, []byte{5, 0})) })}.made(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, field := range []bool{false, true} {
			j := sealOf(data, field).judge(h.set)
			if j.verdict == sealedByIssuer && !bytes.Equal(data, good) {
				t.Fatal("sealed, but not by the issuer")
			}
			if (j.format == "") != (j.verdict == unsealed) || j.verdict == unsealed && field {
				t.Fatalf("%+v", j)
			}
		}
	})
}

// What a check of a seal costs.
func BenchmarkSealCheck(b *testing.B) {
	set := theSealHouse().set
	pdf := printedAs(b, sealedPress(b), issued("Ada Łukasiewicz", 1), certificate.Style{})
	b.SetBytes(int64(len(pdf)))
	b.ReportAllocs()
	for b.Loop() {
		if sealOf(pdf, true).judge(set).verdict != sealedByIssuer {
			b.Fatal("not sealed")
		}
	}
}

func b64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
