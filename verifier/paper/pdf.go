package paper

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// pdfcpu is used for what needs a PDF parser: the cross-reference table, encryption, object streams and filters. The walk
// from the catalogue to attachments, pages and pictures is done here, for two reasons. Its ready-made extraction validates
// the whole document first, and so refuses documents that every viewer opens. And it follows references without end in
// places (a colour space that names itself exhausts the stack, which no recover can catch).

func init() {
	// Otherwise the first use creates a configuration directory in the home of whoever runs the program.
	model.ConfigPath = "disable"
}

// Limits within one PDF. They are far above what certificates need; what exceeds them is left out.
const (
	maxObjects     = 100_000 // entries of the cross-reference table
	maxNodes       = 500     // nodes visited of the page tree, of the name tree, and of the resources of all pages
	maxDepth       = 32      // levels of a tree
	maxStructure   = 4 << 20 // bytes of one decompressed object stream or cross-reference stream
	maxFilters     = 4       // filters one after another on one stream
	maxPDFPictures = 64      // pictures looked at
)

// readPDF tries attachments, then what the first pages show, then the pictures of all pages, then another program that draws
// the pages, and stops at the first that yields something.
func readPDF(ctx context.Context, data []byte) (*Found, error) {
	found := &Found{Kind: KindPDF}

	doc, err := openPDF(ctx, data)
	if errors.Is(err, ErrEncrypted) {
		return nil, err
	}
	if doc != nil {
		doc.attachedTokens(found)
		found.attached = len(found.Tokens) > 0
		found.seal = doc.seal(data)
		doc.collectPages(found)
		doc.showPages(data, found)
		if found.attached {
			return found, nil
		}
		for _, s := range found.sheets {
			for _, code := range s.codes {
				for _, text := range code.texts {
					found.addText(text)
				}
			}
		}
		if !found.anything() {
			doc.pictureCodes(found)
		}
	}

	var drawing error
	if !found.anything() {
		var texts []string
		texts, drawing = drawnCodes(ctx, data)
		for _, text := range texts {
			found.addText(text)
		}
	}
	if doc != nil && len(found.Tokens) == 0 {
		doc.annotatedLinks(found)
	}

	switch {
	case found.anything():
		if doc == nil {
			found.note("The PDF is damaged: only the QR code on its page could be read, not its attachments.")
		}
		if errors.Is(drawing, ErrNoDrawing) {
			found.note("A QR code drawn on the page, if there is one, was not read.")
		}
		return found, nil
	case doc == nil:
		return nil, &Error{Reason: ErrUnreadable, Words: "The PDF is damaged.", Try: tryAnotherCopy, Cause: errors.Join(err, drawing)}
	case found.Pages == 0:
		return nil, &Error{Reason: ErrUnreadable, Words: "The PDF has no pages.", Try: tryAnotherCopy}
	case errors.Is(drawing, ErrNoDrawing):
		return nil, &Error{
			Reason: ErrNothingFound,
			Words:  "The PDF has no credential attached, and a QR code drawn on its page cannot be read here.",
			Try:    tryScanOrType,
			Cause:  drawing,
		}
	}
	e := &Error{
		Reason: ErrNothingFound,
		Words:  "The PDF has no credential attached, and no QR code was found on its first pages.",
		Try:    "If it is a certificate, ask the holder for the original file, or type the address printed beside its QR code.",
		Cause:  drawing,
	}
	if drawing != nil {
		e.Words = "The PDF has no credential attached, and its pages could not be looked at."
	}
	if len(found.Notes) > 0 {
		e.Words += " " + strings.Join(found.Notes, " ")
	}
	return nil, e
}

// showPages reads what the first pages show, to be held against the credential.
func (d *document) showPages(data []byte, found *Found) {
	for i, p := range d.pages {
		if i == MaxDrawnPages {
			break
		}
		s := d.show(p)
		d.suspect(data, s)
		found.sheets = append(found.sheets, s)
	}
}

// document is a parsed PDF.
type document struct {
	ctx     context.Context
	xref    *model.XRefTable
	catalog types.Dict
	pages   []page // the first ones, in order
	pasted  int

	sound    *bool // every program finds the same objects in the file; nil: not looked at
	oddPages bool  // the page tree can be read in several ways
}

// openPDF parses the structure of a PDF. A document that is encrypted, but opens without a password, is opened.
func openPDF(ctx context.Context, data []byte) (doc *document, err error) {
	conf := model.NewDefaultConfiguration()
	conf.Offline = true
	conf.ValidationMode = model.ValidationRelaxed
	conf.DecodeAllStreams = false
	conf.Optimize = false
	conf.Limits = model.ResourceLimits{
		MaxStreamBytes:       int64(len(data)),
		MaxDecodeBytes:       maxStructure,
		MaxImagePixels:       MaxPixels,
		MaxImageBytes:        4 * MaxPixels,
		MaxObjectCount:       maxObjects,
		MaxObjectStreamCount: maxObjects,
		MaxObjectStreamFirst: maxStructure,
		MaxXRefEntries:       maxObjects,
		MaxRecursionDepth:    64,
	}
	input := &stoppable{bytes.NewReader(data), ctx, 64<<20 + 4*int64(len(data))}

	err = unpanicked(func() error {
		parsed, err := pdfcpu.ReadWithContext(ctx, input, conf)
		if err != nil {
			return err
		}
		catalog, err := parsed.XRefTable.Catalog()
		if err != nil {
			return err
		}
		if catalog == nil {
			return errors.New("no catalogue")
		}
		doc = &document{ctx: ctx, xref: parsed.XRefTable, catalog: catalog}
		return nil
	})
	if errors.Is(err, pdfcpu.ErrWrongPassword) || errors.Is(err, pdfcpu.ErrUnsupportedEncryptionFeature) {
		return nil, &Error{
			Reason: ErrEncrypted,
			Words:  "The PDF is protected with a password.",
			Try:    "Ask the holder for a copy without a password, or scan its QR code, or type the address printed beside it.",
			Cause:  err,
		}
	}
	if err != nil {
		return nil, err
	}
	return doc, nil
}
