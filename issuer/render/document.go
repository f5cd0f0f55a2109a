package render

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
)

// The name, the media type and the description under which a reader finds the
// credential. The type is that of a credential secured as a JWS (Securing
// Verifiable Credentials using JOSE and COSE, section 6.1.1).
const (
	tokenFile        = "credential.jws"
	tokenType        = "application#2Fvc+jwt"
	tokenDescription = "The signed credential that this certificate prints (JSON Web Signature, compact form)"
)

// tokenDescribed is the description as it is written between parentheses.
var tokenDescribed = strings.NewReplacer("(", `\(`, ")", `\)`).Replace(tokenDescription)

// longestToken bounds the attachment. The verifier takes tokens up to the same
// length (threat model T13).
const longestToken = 16 << 10

// checkToken: a paper without its credential must not leave the house.
func checkToken(token string) error {
	refuse := func(reason string) error {
		return &issuer.TextError{Field: fieldToken, Reason: reason}
	}
	if token == "" {
		return refuse("there is none; sign the credential before printing it")
	}
	if len(token) > longestToken {
		return refuse(fmt.Sprintf("it has %d bytes, and at most %d can be attached", len(token), longestToken))
	}
	for i := range len(token) {
		if inToken[token[i]] {
			continue
		}
		for _, r := range token[i:] {
			return refuse(fmt.Sprintf("it holds %q (U+%04X), which no compact JWS does; attach the token as it was signed", r, r))
		}
	}
	return nil
}

// inToken are the characters of a compact JWS (RFC 7515 §7.1): three base64url parts
// with dots between.
var inToken = func() (in [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") {
		in[c] = true
	}
	return in
}()

// A document is a PDF as it is written: the prepared objects, then one after the
// other those of this certificate.
type document struct {
	stream        // what follows the prepared objects
	base    int   // where that begins in the document
	next    int   // number of the next object
	offsets []int // of the objects that are not prepared
}

// begin begins the next object.
func (d *document) begin() {
	d.offsets = append(d.offsets, d.base+len(d.stream))
	d.int(d.next)
	d.str(" 0 obj\n")
	d.next++
}

func (d *document) end() { d.str("\nendobj\n") }

// ref writes a reference to an object.
func (d *document) ref(number int) {
	d.int(number)
	d.str(" 0 R")
}

// put writes a stream object with the given entries besides its length.
func (d *document) put(entries string, content []byte) {
	d.begin()
	d.str("<<")
	d.str(entries)
	d.str(" /Length ")
	d.int(len(content))
	d.str(">>\nstream\n")
	d.stream = append(d.stream, content...)
	d.str("\nendstream")
	d.end()
}

// date writes a date as documents have them, in UTC (§7.9.4).
func (d *document) date(t time.Time) {
	d.str("(D:")
	d.stream = t.UTC().AppendFormat(d.stream, "20060102150405+00'00'")
	d.str(")")
}

// The lengths from which the content of a page is packed. Packing takes more time
// than all the rest, and pays where much is drawn by outlines.
const (
	mostPlain    = 24 << 10
	mostOutlined = 4 << 10 // of a page with outlines
)

var packers = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed)
	if err != nil {
		panic(err) // the level is among those there are
	}
	return w
}}

// quick packs data in little time.
func quick(data []byte) ([]byte, error) {
	w := packers.Get().(*zlib.Writer)
	defer packers.Put(w)
	var b bytes.Buffer
	b.Grow(len(data) / 2)
	w.Reset(&b)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// A workspace is the memory in which a document grows.
type workspace struct{ content, objects stream }

var spaces = sync.Pool{New: func() any { return &workspace{make(stream, 0, 24<<10), make(stream, 0, 40<<10)} }}

// job is a certificate on its way to paper.
type job struct {
	paper         issuer.Paper
	design        *certificate.Design
	style         certificate.Style // with nothing left open
	page          *certificate.Page
	code, summary *Code
}

// The texts by which programs list the document.
func (j *job) title() string   { return j.paper.Title + " · " + j.paper.Holder }
func (j *job) subject() string { return j.paper.Number + " · " + j.paper.Link }

// write writes the document, sealed where a sealer is given, and gives it to use:
// what is prepared, and the rest, which is overwritten later.
func (p *prepared) write(ctx context.Context, j *job, sealer Sealer, use func(prefix, rest []byte) error) error {
	space := spaces.Get().(*workspace)
	defer spaces.Put(space)
	w := painter{prepared: p, stream: space.content[:0]}
	w.page(j.page, j.code, j.summary)
	space.content = w.stream

	q := &j.paper
	room := 0
	if sealer != nil {
		if room = sealer.Room(); room <= 0 || room > mostSeal {
			return fmt.Errorf("the sealer asks for room for %d bytes; a seal takes 1 to %d", room, mostSeal)
		}
	}
	d := document{stream: space.objects[:0], base: len(p.prefix), next: len(p.offsets) + 1, offsets: make([]int, 0, 24)}
	defer func() { space.objects = d.stream }()

	// The numbers of what refers to one another.
	var (
		catalog  = d.next
		pages    = catalog + 1
		page     = pages + 1
		content  = page + 1
		metadata = content + 1
		info     = metadata + 1
		token    = info + 1
		file     = token + 1
		links    = file + 1
		layer    = links + len(j.page.Links)
		field    = layer
	)
	if len(w.layer.cells) > 0 {
		field += layerObjects
	}
	seal := field + 1

	d.begin()
	d.str("<</Type /Catalog /Pages ")
	d.ref(pages)
	d.str(" /PageLayout /SinglePage /Lang ")
	d.literal(j.page.Languages[0])
	d.str(" /ViewerPreferences <</DisplayDocTitle true")
	if j.page.Mirrored {
		d.str(" /Direction /R2L")
	}
	d.str(">> /Metadata ")
	d.ref(metadata)
	d.str(" /Names <</EmbeddedFiles <</Names [(" + tokenFile + ") ")
	d.ref(file)
	d.str("]>>>> /AF [")
	d.ref(file)
	d.str("]")
	if sealer != nil {
		d.str(" /AcroForm <</Fields [")
		d.ref(field)
		d.str("] /SigFlags 3>> /Perms <</DocMDP ")
		d.ref(seal)
		d.str(">>")
	}
	d.str(">>")
	d.end()

	d.begin()
	d.str("<</Type /Pages /Kids [")
	d.ref(page)
	d.str("] /Count 1>>")
	d.end()

	d.begin()
	d.str("<</Type /Page /Parent ")
	d.ref(pages)
	d.str(" /MediaBox [0 0 ")
	d.nums(2, j.page.Wide*perMM, j.page.High*perMM)
	d.str("] /Resources <</Font <<")
	for _, f := range p.list {
		d.str("/" + f.name + " ")
		d.ref(f.number)
		d.str(" ")
	}
	if len(w.layer.cells) > 0 {
		d.str("/L ")
		d.ref(layer)
	}
	d.str(">>")
	if len(p.pictures) > 0 {
		d.str(" /XObject <<")
		d.stream = append(d.stream, p.pictures...)
		d.str(">>")
	}
	d.str(">> /Contents [")
	d.ref(p.content)
	d.str(" ")
	d.ref(content)
	d.str("] /Annots [")
	for i := range j.page.Links {
		d.ref(links + i)
		d.str(" ")
	}
	if sealer != nil {
		d.ref(field)
	}
	d.str("]>>")
	d.end()

	if len(w.stream) > mostPlain || len(w.layer.cells) > 0 && len(w.stream) > mostOutlined {
		packed, err := quick(w.stream)
		if err != nil {
			return err
		}
		d.put("/Filter /FlateDecode", packed)
	} else {
		d.put("", w.stream)
	}
	d.put("/Type /Metadata /Subtype /XML", j.xmp())

	d.begin()
	d.str("<</Title ")
	d.text(j.title())
	d.str(" /Author ")
	d.text(q.Body)
	d.str(" /Subject ")
	d.text(j.subject())
	d.str(" /Producer (" + producer + ") /CreationDate ")
	d.date(q.Created)
	d.str(" /ModDate ")
	d.date(q.Created)
	d.str(">>")
	d.end()

	var entries document
	entries.str("/Type /EmbeddedFile /Subtype /" + tokenType + " /Params <</Size ")
	entries.int(len(q.Token))
	entries.str(" /ModDate ")
	entries.date(q.Created)
	entries.str(">>")
	d.put(string(entries.stream), []byte(q.Token))

	// The credential is what the page was made from.
	d.begin()
	d.str("<</Type /Filespec /F (" + tokenFile + ") /UF (" + tokenFile + ") /Desc (")
	d.str(tokenDescribed)
	d.str(") /AFRelationship /Source /EF <</F ")
	d.ref(token)
	d.str(" /UF ")
	d.ref(token)
	d.str(">>>>")
	d.end()

	for _, l := range j.page.Links {
		d.begin()
		d.str("<</Type /Annot /Subtype /Link /Rect [")
		d.nums(2, l.X*perMM, (j.page.High-l.Y-l.H)*perMM, (l.X+l.W)*perMM, (j.page.High-l.Y)*perMM)
		d.str("] /Border [0 0 0] /F 4 /Contents ")
		d.text(q.Link)
		d.str(" /A <</S /URI /URI ")
		d.literal(q.Link)
		d.str(">>>>")
		d.end()
	}
	if len(w.layer.cells) > 0 {
		w.layer.write(&d)
	}
	var place seam
	if sealer != nil {
		place = d.unsealed(j, sealedAt(q.Created, sealer), field, page, room)
	}
	if err := d.finish(ctx, p, catalog, info, place, sealer); err != nil {
		return err
	}
	return use(p.prefix, d.stream)
}

// finish writes the cross-reference and the trailer (§7.5.4), and has the
// document sealed.
func (d *document) finish(ctx context.Context, p *prepared, catalog, info int, place seam, sealer Sealer) error {
	at := d.base + len(d.stream)
	d.str("xref\n0 ")
	d.int(d.next)
	d.str("\n0000000000 65535 f \n")
	d.stream = append(d.stream, p.xref...)
	for _, o := range d.offsets {
		entry := [20]byte{10: ' ', 11: '0', 12: '0', 13: '0', 14: '0', 15: '0', 16: ' ', 17: 'n', 18: ' ', 19: '\n'}
		for i := 9; i >= 0; i-- {
			entry[i] = byte('0' + o%10)
			o /= 10
		}
		d.stream = append(d.stream, entry[:]...)
	}
	// The identifier is that of the content (§14.4), so that the same certificate
	// has the same one.
	sum, err := p.sum(d.stream)
	if err != nil {
		return err
	}
	d.str("trailer\n<</Size ")
	d.int(d.next)
	d.str(" /Root ")
	d.ref(catalog)
	d.str(" /Info ")
	d.ref(info)
	d.str(" /ID [<")
	d.hex(sum[:16])
	d.str("> <")
	d.hex(sum[:16])
	d.str(">]>>\nstartxref\n")
	d.int(at)
	d.str("\n%%EOF\n")
	if sealer != nil {
		return d.sealed(ctx, p, place, sealer)
	}
	return nil
}

// sum is the SHA-256 of the prepared part and what follows it.
func (p *prepared) sum(rest ...[]byte) (sum [32]byte, err error) {
	h := sha256.New()
	state, ok := h.(encoding.BinaryUnmarshaler)
	if !ok {
		return sum, errors.New("SHA-256 cannot be taken up again")
	}
	if err := state.UnmarshalBinary(p.hashed); err != nil {
		return sum, err
	}
	for _, r := range rest {
		h.Write(r)
	}
	h.Sum(sum[:0])
	return sum, nil
}

// hex writes bytes as hexadecimal digits.
func (s *stream) hex(data []byte) {
	for _, b := range data {
		*s = append(*s, hexDigits[b>>4], hexDigits[b&15])
	}
}
