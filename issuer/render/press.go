// Package render prints certificates: it turns an [issuer.Paper] into a PDF of
// one page, A4 landscape, and a verification address into a QR code.
//
// A paper is refused before it is signed rather than printed otherwise than it
// says. [Press.Check] reads every text of it character by character, sets it in
// the place it will have on the page, and names the field, the character and
// the remedy when something cannot be printed as it stands. [Press.Render]
// draws exactly what Check has set, so that what passed the one cannot fail the
// other. The page depends on the paper alone: the same paper gives the same
// bytes, today and in ten years with the same release.
//
// On the page stands what ISO/IEC 17024 9.4.8 asks for, the name, the title,
// the scope and the dates first and large, so that whoever compares the paper
// with the answer of the check has little to search. The signed credential is
// attached as credential.jws.
//
// This release sets the Latin, Greek and Cyrillic scripts. It makes no claim to
// PDF/A or PDF/UA; the accessible form of a certificate is the page at its
// verification address.
package render

import (
	"context"
	"fmt"

	"github.com/testamur/testamur/issuer"
)

// A Press prints papers. It is safe for concurrent use. Obtain one from [New].
type Press struct {
	faces    faces
	ornament string // content stream of everything that is the same on every page
}

var _ issuer.Press = (*Press)(nil)

// New opens the typefaces and prepares the ornament. It fails only when the
// program was built with fonts that do not hold the fixed wording.
func New() (*Press, error) {
	f, err := openFaces()
	if err != nil {
		return nil, fmt.Errorf("preparing the press: %w", err)
	}
	for _, w := range fixedWords(f) {
		if err := w.face.covers(w.text); err != nil {
			return nil, fmt.Errorf("preparing the press: %w", err)
		}
	}
	return &Press{faces: f, ornament: ornament()}, nil
}

// Check reports whether q can be printed exactly as it stands. It does not look
// at q.Token. The error is an [*issuer.TextError].
func (p *Press) Check(q issuer.Paper) error {
	_, err := p.compose(q)
	return err
}

// compose checks q and sets it: the one way to a page, for Check and Render.
func (p *Press) compose(q issuer.Paper) (_ *page, err error) {
	defer recovered("setting the certificate", &err)
	if err := p.check(q); err != nil {
		return nil, err
	}
	return p.faces.lay(q)
}

// Render checks q and draws it. It stops when ctx is done, though not in the
// midst of writing the document, which takes some tens of milliseconds.
func (p *Press) Render(ctx context.Context, q issuer.Paper) (pdf []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("rendering certificate %q: %w", q.Number, err)
	}
	page, err := p.compose(q)
	if err != nil {
		return nil, err
	}
	if err := checkToken(q.Token); err != nil {
		return nil, err
	}
	pdf, err = p.draw(ctx, q, page)
	if err != nil {
		return nil, fmt.Errorf("rendering certificate %q: %w", q.Number, err)
	}
	return pdf, nil
}

// recovered turns a panic of a library into an error: no text may end the
// process (threat model T38).
func recovered(doing string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: panic: %v", doing, r)
	}
}
