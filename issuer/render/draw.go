package render

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/jung-kurt/gofpdf"

	"github.com/testamur/testamur/issuer"
)

// The name and the description under which a reader finds the credential.
const (
	tokenFile        = "credential.jws"
	tokenDescription = "The signed credential that this certificate prints (JSON Web Signature, compact form)"
)

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
	for _, r := range token {
		// RFC 7515 7.1: three base64url parts with dots between.
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", r) {
			return refuse(fmt.Sprintf("it holds %q (U+%04X), which no compact JWS does; attach the token as it was signed", r, r))
		}
	}
	return nil
}

// draw writes the document. Whatever gofpdf writes by itself is fixed here:
// dates, order of the catalogue, producer.
func (p *Press) draw(ctx context.Context, q issuer.Paper, pg *page) (out []byte, err error) {
	defer recovered("writing the document", &err)
	pdf := gofpdf.New("L", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(q.Created.UTC()) // gofpdf writes no zone
	pdf.SetModificationDate(q.Created.UTC())
	pdf.SetProducer("Testamur", true)
	pdf.SetTitle(q.Title+" · "+q.Holder, true)
	pdf.SetAuthor(q.Body, true)
	pdf.SetSubject(q.Number+" · "+q.Link, true)
	pdf.SetDisplayMode("default", "single") // "fullpage" points at object 3, which is the attachment here
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	for _, f := range p.faces.all() {
		// A copy each: gofpdf has been seen to write into the font it was given.
		pdf.AddUTF8FontFromBytes(f.family, "", bytes.Clone(f.data))
	}
	pdf.SetAttachments([]gofpdf.Attachment{{
		Content:     []byte(q.Token),
		Filename:    tokenFile,
		Description: tokenDescription,
	}})
	pdf.AddPage()

	if pg.mark != nil {
		drawMark(pdf, *pg.mark)
	}
	pdf.RawWriteStr(p.ornament)
	pdf.RawWriteStr(pg.lines())
	for _, t := range pg.texts {
		drawText(pdf, t)
	}
	for _, l := range pg.links {
		pdf.LinkString(l.x, l.y, l.w, l.h, q.Link)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}

	var buf bytes.Buffer
	if err := pdf.Output(&buf); err != nil {
		return nil, err
	}
	if err := pdf.Error(); err != nil { // gofpdf keeps its first error to itself until asked
		return nil, err
	}
	return buf.Bytes(), nil
}

// drawText draws one line of type, piece by piece where it is kerned.
func drawText(pdf *gofpdf.Fpdf, t text) {
	pdf.SetFont(t.set.face.family, "", t.size)
	pdf.SetTextColor(t.ink.rgb())
	if t.set.track != 0 {
		pdf.RawWriteStr(fmt.Sprintf("%.3f Tc", float64(t.set.track)/1000*t.size))
		defer pdf.RawWriteStr("0 Tc")
	}
	t.set.pieces(func(left int, s string) {
		pdf.Text(t.x+float64(left)/1000*t.size*mm, t.y, s)
	})
}

// drawMark draws the mark of a specimen slantwise across the page. It lies
// beneath everything else, so that it hides none of it.
func drawMark(pdf *gofpdf.Fpdf, t text) {
	x, y := t.x+t.width()/2, t.y-t.size*mm*0.33
	pdf.SetFont(t.set.face.family, "", t.size) // outside the saved state, so that gofpdf's own record of it stays true
	pdf.TransformBegin()
	pdf.TransformRotate(26, x, y)
	pdf.SetDrawColor(bronze.tint(0.55).rgb())
	pdf.SetLineWidth(0.35)
	pdf.SetTextRenderingMode(2) // fill, then outline
	drawText(pdf, t)
	pdf.SetTextRenderingMode(0)
	pdf.TransformEnd()
}
