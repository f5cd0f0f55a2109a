// Package render prints certificates: it turns an [issuer.Paper] into a PDF of
// one page in one of the designs of [certificate], and a text into a QR code.
//
// A paper is refused before it is signed rather than printed otherwise than it
// says. [Press.Check] reads every text of it character by character, sets it in
// the place it will have on the page, and names the field, the character and
// the remedy when something cannot be printed as it stands. [Press.Render]
// draws exactly what Check has set, so that what passed the one cannot fail the
// other. The page depends on the paper alone: the same paper gives the same
// bytes, today and in ten years with the same release.
//
// What is the same on all certificates of a design is drawn once, by gofpdf: the
// ornament, the pictures, and the fonts with the letters of the languages of
// Europe that write Latin. It is kept as the beginning of every document; of
// each certificate only its texts, codes, attachment and metadata are written.
// Texts in other letters and scripts are drawn by the outlines of their glyphs,
// with an unseen text above them to search and to copy. [Press.Reference] draws
// the same page wholly with gofpdf, to hold this against.
//
// On the page stands what ISO/IEC 17024 9.4.8 asks for. The signed credential is
// attached as credential.jws. A document is PDF 1.7 (ISO 32000-1), in one
// revision, with an identifier of its content, its language, its title and XMP
// metadata. It claims neither PDF/A, as it declares no output intent, nor PDF/UA,
// as it is not tagged; the accessible form of a certificate is the page at its
// verification address.
package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

// A House is what the papers of one body have in common.
type House struct {
	Designs *certificate.Designs                  // nil: the built-in ones
	Choice  func(scheme string) certificate.Style // the house's own choice for a scheme; nil: by Designs.For, A4, English
	Sealer  Sealer                                // nil: papers are not sealed
}

// A Press prints papers. It is safe for concurrent use. Obtain one from [New].
type Press struct {
	house   House
	kinds   *lru.Cache[kind, *made]
	checked *lru.Cache[string, *job] // by the verification address, until it is printed
}

var _ issuer.Press = (*Press)(nil)

// A kind of page is what the prepared part of a document depends on.
type kind struct {
	fixed     *certificate.Fixed
	languages string
	letters   alphabets
}

// made is a prepared part, made when the first certificate asks for it.
type made struct {
	once sync.Once
	part *prepared
	err  error
}

// mostKinds is how many prepared parts are kept, of some 100 KB each. A body has
// a few designs, each in a language or two, and certifies people whose names are
// written with one alphabet or two.
const mostKinds = 128

// New makes a press for a house. What is prepared is prepared when it is first
// needed, which takes some tens of milliseconds for each design.
func New(h House) (*Press, error) {
	if h.Designs == nil {
		h.Designs = certificate.Builtin()
	}
	if len(h.Designs.All()) == 0 {
		return nil, errors.New("preparing the press: there are no designs")
	}
	kinds, err := lru.New[kind, *made](mostKinds)
	if err != nil {
		return nil, fmt.Errorf("preparing the press: %w", err)
	}
	checked, err := lru.New[string, *job](mostChecked)
	if err != nil {
		return nil, fmt.Errorf("preparing the press: %w", err)
	}
	return &Press{house: h, kinds: kinds, checked: checked}, nil
}

// mostChecked is how many pages are kept from the checking of a paper until it is
// printed, of some 10 KB each: more than are under way in a batch on two processors.
// One that is not kept any more is set once more.
const mostChecked = 1024

// Check reports whether q can be printed exactly as it stands. It does not look
// at q.Token. The error is an [*issuer.TextError] where a text is at fault.
func (p *Press) Check(q issuer.Paper) error {
	j, err := p.compose(q)
	if err != nil {
		return err
	}
	p.checked.Add(q.Link, j)
	return nil
}

// composed returns q as it was set when it was checked, if it was lately, and else
// sets it. What was kept is used only where all is the same that the page depends
// on: the design, the style and every text.
func (p *Press) composed(q issuer.Paper) (*job, error) {
	kept, ok := p.checked.Get(q.Link)
	if !ok {
		return p.compose(q)
	}
	p.checked.Remove(q.Link) // it is printed once
	design, style, err := p.style(q)
	if err != nil || design != kept.design || !reflect.DeepEqual(style, kept.style) || !samePaper(q, kept.paper) {
		return p.compose(q)
	}
	j := *kept
	j.paper = q
	return &j, nil
}

// samePaper reports whether two papers differ in their credential at most, which
// nothing on the page is read from.
func samePaper(a, b issuer.Paper) bool {
	a.Token, b.Token = "", ""
	a.Created, b.Created = a.Created.UTC(), b.Created.UTC() // the same moment may be spelled in two zones
	return reflect.DeepEqual(a, b)
}

// Render checks q and draws it, and seals it where the house has a sealer. It
// stops when ctx is done.
func (p *Press) Render(ctx context.Context, q issuer.Paper) (pdf []byte, err error) {
	err = p.print(ctx, q, func(prefix, rest []byte) error {
		pdf = append(prefix[:len(prefix):len(prefix)], rest...)
		return nil
	})
	return pdf, err
}

// Print does as Render does, and writes the document to w, which spares the memory
// for it. Nothing is written before the document is whole and sealed; an error of
// w may leave the beginning of it there.
func (p *Press) Print(ctx context.Context, w io.Writer, q issuer.Paper) error {
	return p.print(ctx, q, func(prefix, rest []byte) error {
		if _, err := w.Write(prefix); err != nil {
			return err
		}
		_, err := w.Write(rest)
		return err
	})
}

// print draws q, and gives the document to use in two parts, the prepared one and
// the rest, which are not its own.
func (p *Press) print(ctx context.Context, q issuer.Paper, use func(prefix, rest []byte) error) (err error) {
	defer recovered("writing the document", &err)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("rendering certificate %q: %w", q.Number, err)
	}
	j, err := p.composed(q)
	if err != nil {
		return err
	}
	if err := checkToken(q.Token); err != nil {
		return err
	}
	part, err := p.prepared(j.page)
	if err == nil {
		err = part.write(ctx, j, p.house.Sealer, use)
	}
	if err != nil {
		return fmt.Errorf("rendering certificate %q: %w", q.Number, err)
	}
	return nil
}

// compose checks q and sets it: the one way to a page, for Check and Render.
func (p *Press) compose(q issuer.Paper) (_ *job, err error) {
	defer recovered("setting the certificate", &err)
	if err := p.check(q); err != nil {
		return nil, err
	}
	design, style, err := p.style(q)
	if err != nil {
		return nil, err
	}
	facts := factsOf(q)
	page, err := design.Set(facts, style)
	var te *certificate.TextError
	if errors.As(err, &te) {
		return nil, &issuer.TextError{Field: fieldOf(te.Fact), Text: te.Text, Char: te.Char, Reason: te.Reason}
	}
	if err != nil {
		return nil, fmt.Errorf("setting the certificate: %w", err)
	}
	j := &job{paper: q, design: design, style: style, page: page}
	if j.code, err = linkCode(q.QR); err != nil {
		return nil, &issuer.TextError{Field: fieldQR, Text: q.QR, Reason: err.Error()}
	}
	if page.Offline != nil {
		if j.summary, err = summaryCode(q.Summary); err != nil {
			return nil, &issuer.TextError{Field: fieldSummary, Text: q.Summary, Reason: err.Error()}
		}
	}
	return j, nil
}

// style is how q is printed: what it asks for, else what the house chose for its
// scheme, else the first choice of the designs.
func (p *Press) style(q issuer.Paper) (*certificate.Design, certificate.Style, error) {
	s := q.Style
	if p.house.Choice != nil {
		own := p.house.Choice(q.SchemeID)
		if s.Design == "" {
			s.Design = own.Design
		}
		if s.Size == "" {
			s.Size = own.Size
		}
		if len(s.Languages) == 0 {
			s.Languages = own.Languages
		}
	}
	if s.Size == "" {
		s.Size = certificate.A4
	}
	if len(s.Languages) == 0 {
		s.Languages = []string{"en"}
	}
	if s.Design == "" {
		d := p.house.Designs.For(q.SchemeID)
		if d == nil {
			return nil, s, fmt.Errorf("there is no design for the scheme %q; name one", q.SchemeID)
		}
		s.Design = d.Name
		return d, s, nil
	}
	d, err := p.house.Designs.Design(s.Design)
	return d, s, err
}

// prepared returns the part of the document that is the same for all pages of
// the kind.
func (p *Press) prepared(page *certificate.Page) (*prepared, error) {
	k := kind{page.Fixed, strings.Join(page.Languages, " "), alphabetsOf(page)}
	m, ok := p.kinds.Get(k)
	if !ok {
		m = &made{}
		if first, found, _ := p.kinds.PeekOrAdd(k, m); found {
			m = first
		}
	}
	m.once.Do(func() { m.part, m.err = prepare(page, k.letters) })
	return m.part, m.err
}

// factsOf is what a design needs to know of a paper.
func factsOf(q issuer.Paper) certificate.Facts {
	f := certificate.Facts{
		Holder: q.Holder, Title: q.Title, Code: q.Code, Number: q.Number, Scope: q.Scope, Scheme: q.Scheme,
		Edition: q.Edition, Body: q.Body, Decider: q.Decider, Decided: dayOf(q.Decided), Effective: dayOf(q.Effective),
		Specimen: q.Specimen, Link: q.Link, Offline: q.Summary != "",
	}
	if q.Expires != nil {
		d := dayOf(*q.Expires)
		f.Expires = &d
	}
	return f
}

func dayOf(d scheme.Date) certificate.Day {
	return certificate.Day{Year: d.Year, Month: d.Month, Day: d.Day}
}

// fieldOf is the plain name of a fact, as staff know it.
func fieldOf(fact string) string {
	switch fact {
	case certificate.FactHolder:
		return fieldHolder
	case certificate.FactTitle:
		return fieldTitle
	case certificate.FactCode:
		return fieldCode
	case certificate.FactNumber:
		return fieldNumber
	case certificate.FactScope:
		return fieldScope
	case certificate.FactScheme:
		return fieldScheme
	case certificate.FactEdition:
		return fieldEdition
	case certificate.FactBody:
		return fieldBody
	case certificate.FactDecider:
		return fieldDecider
	case certificate.FactLink:
		return fieldLink
	case certificate.FactDecided:
		return fieldDecided
	case certificate.FactEffective:
		return fieldEffective
	case certificate.FactExpiry:
		return fieldExpires
	}
	return "fixed wording (" + fact + ")"
}

// recovered turns a panic of a library into an error: no text may end the
// process (threat model T38).
func recovered(doing string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: panic: %v", doing, r)
	}
}
