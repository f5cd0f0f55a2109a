package render

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jung-kurt/gofpdf"
	"github.com/skip2/go-qrcode"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// Reference draws q on the same page as Render does, but wholly with gofpdf, as
// one would without this package: every document reads and cuts the fonts,
// draws the ornament and the pictures, has its codes made by go-qrcode, and packs
// everything. Nothing is prepared and nothing is sealed. It takes a hundred times
// as long, and is there to hold Render against, in pixels and in time.
func (p *Press) Reference(ctx context.Context, q issuer.Paper) (pdf []byte, err error) {
	return p.ReferenceWith(ctx, q, Plainly{})
}

// Plainly is what one would do otherwise still without this package. The zero value
// is [Press.Reference].
type Plainly struct {
	// Pictures are those of the design as they were uploaded, PNGs, by the names of
	// their files. Those that are not in here are put in as the design has them.
	Pictures map[string][]byte
	// Pixels is how many a side the picture has that a QR code is put in as; 0: it is
	// drawn.
	Pixels int
}

// ReferenceWith draws q as Reference does, with what is plain.
func (p *Press) ReferenceWith(ctx context.Context, q issuer.Paper, plain Plainly) (pdf []byte, err error) {
	defer recovered("writing the document", &err)
	j, err := p.compose(q)
	if err != nil {
		return nil, err
	}
	if err := checkToken(q.Token); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("rendering certificate %q: %w", q.Number, err)
	}
	if plain.Pixels > 0 {
		return j.reference(nil, plain)
	}
	other := *j
	if other.code, err = otherCode(q.QR, j.code.Level); err != nil {
		return nil, err
	}
	if j.summary != nil {
		if other.summary, err = otherCode(q.Summary, j.summary.Level); err != nil {
			return nil, err
		}
	}
	return other.reference(nil, plain)
}

// codePicture puts a QR code into the document as a picture that go-qrcode makes.
func codePicture(pdf *gofpdf.Fpdf, name, text string, level Level, at certificate.Square, pixels int) error {
	png, err := qrcode.Encode(text, goLevels[level], pixels)
	if err != nil {
		return err
	}
	options := gofpdf.ImageOptions{ImageType: "PNG"}
	pdf.RegisterImageOptionsReader(name, options, bytes.NewReader(png))
	pdf.ImageOptions(name, at.X, at.Y, at.Side, at.Side, false, options, 0, "")
	return nil
}

// goLevels are the levels as go-qrcode names them: what it calls High is level Q of
// the standard.
var goLevels = [...]qrcode.RecoveryLevel{qrcode.Low, qrcode.Medium, qrcode.High, qrcode.Highest}

// otherCode has a code made by go-qrcode.
func otherCode(text string, level Level) (*Code, error) {
	code, err := qrcode.New(text, goLevels[level])
	if err != nil {
		return nil, err
	}
	code.DisableBorder = true
	modules := code.Bitmap()
	c := &Code{Version: code.VersionNumber, Level: level, Side: len(modules), rows: make([]line, len(modules))}
	for y, row := range modules {
		for x, dark := range row {
			if dark {
				c.rows[y][(x+quiet)>>6] |= 1 << ((x + quiet) & 63)
			}
		}
	}
	return c, nil
}

// reference draws the page. Where a prepared part is given, it draws by their
// outlines all texts that would be drawn so with that part; else only those of
// which gofpdf has no other way.
func (j *job) reference(p *prepared, plain Plainly) ([]byte, error) {
	q, page := j.paper, j.page
	pdf := newPDF(page.Wide, page.High)
	pdf.SetCreationDate(q.Created.UTC())
	pdf.SetModificationDate(q.Created.UTC())
	pdf.SetProducer(producer, true)
	pdf.SetTitle(j.title(), true)
	pdf.SetAuthor(q.Body, true)
	pdf.SetSubject(j.subject(), true)
	pdf.SetXmpMetadata(j.xmp())
	pdf.SetAttachments([]gofpdf.Attachment{{Content: []byte(q.Token), Filename: tokenFile, Description: tokenDescription}})

	r := reference{pdf: pdf, prepared: p, families: map[*typeface.Face]string{}}
	texts := page.Texts
	if page.Mark != nil {
		texts = append([]certificate.Text{page.Mark.Text}, texts...)
	}
	for _, t := range texts {
		for _, run := range t.Line.Runs {
			if r.writable(run) && r.families[run.Face] == "" {
				family := fmt.Sprintf("face%d", len(r.families))
				r.families[run.Face] = family
				pdf.AddUTF8FontFromBytes(family, "", bytes.Clone(run.Face.Data))
			}
		}
	}
	pdf.AddPage()
	images := slices.Clone(page.Images)
	for i := range images {
		if uploaded, ok := plain.Pictures[images[i].File]; ok {
			images[i].Picture = uploaded
		}
	}
	fix(pdf, page.Drawings, images, page.High)
	if page.Mark != nil {
		r.mark(page.Mark)
	}
	pdf.SetLineCapStyle("butt")
	for _, l := range page.Rules {
		pdf.SetDrawColor(rgb(l.Ink))
		pdf.SetLineWidth(l.Wide)
		pdf.Line(l.X1, l.Y1, l.X2, l.Y2)
	}
	if err := j.codes(pdf, plain.Pixels); err != nil {
		return nil, err
	}
	for _, t := range page.Texts {
		r.line(t, "F")
	}
	for _, l := range page.Links {
		pdf.LinkString(l.X, l.Y, l.W, l.H, q.Link)
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), pdf.Error()
}

// codes draws the QR codes, or puts them in as pictures of so many pixels.
func (j *job) codes(pdf *gofpdf.Fpdf, pixels int) error {
	second := j.page.Offline != nil && j.summary != nil
	if pixels > 0 {
		err := codePicture(pdf, "code", j.paper.QR, j.code.Level, j.page.Code, pixels)
		if err == nil && second {
			err = codePicture(pdf, "second code", j.paper.Summary, j.summary.Level, *j.page.Offline, pixels)
		}
		return err
	}
	var codes stream // one path each, which gofpdf has no call for
	codes.code(j.page.Code, j.code, j.page.High)
	if second {
		codes.code(*j.page.Offline, j.summary, j.page.High)
	}
	pdf.RawWriteStr(string(codes))
	return nil
}

// A reference draws the texts of a page with gofpdf.
type reference struct {
	pdf      *gofpdf.Fpdf
	prepared *prepared
	families map[*typeface.Face]string
}

func rgb(c certificate.Colour) (r, g, b int) { return int(c.R), int(c.G), int(c.B) }

// writable reports whether gofpdf can show a run with a font: it knows neither
// shaping nor characters outside the basic plane.
func (r *reference) writable(run typeface.Run) bool {
	var f *font
	if r.prepared != nil {
		if f = r.prepared.fonts[run.Face]; f == nil {
			return false
		}
	}
	return run.Plain && !slices.ContainsFunc(run.Glyphs, func(g typeface.Glyph) bool {
		if f != nil {
			if _, ok := f.width(g.Char); !ok {
				return true
			}
		}
		return g.Char > 0xFFFF
	})
}

func (r *reference) mark(m *certificate.Mark) {
	x, y := middle(m)
	if face := r.families[m.Line.Runs[0].Face]; face != "" {
		r.pdf.SetFont(face, "", m.Size) // outside the saved state, so that gofpdf's own record of it stays true
	}
	r.pdf.SetDrawColor(rgb(m.Edge))
	r.pdf.SetLineWidth(m.Wide)
	r.pdf.SetLineCapStyle("butt")
	r.pdf.SetLineJoinStyle("miter")
	r.pdf.TransformBegin()
	r.pdf.TransformRotate(m.Angle, x, y)
	r.pdf.SetTextRenderingMode(2)
	r.line(m.Text, "FD")
	r.pdf.SetTextRenderingMode(0)
	r.pdf.TransformEnd()
}

func (r *reference) line(t certificate.Text, style string) {
	em := t.Size * certificate.Point / 1000
	for _, run := range t.Line.Runs {
		if !r.writable(run) {
			r.outlines(t, run, em, style)
			continue
		}
		r.pdf.SetFont(r.families[run.Face], "", t.Size)
		r.pdf.SetTextColor(rgb(t.Ink))
		if run.Track != 0 {
			r.pdf.RawWriteStr(fmt.Sprintf("%.3f Tc", float64(run.Track)/1000*t.Size))
		}
		// gofpdf has no way to kern within a string.
		from := 0
		for i := 1; i <= len(run.Glyphs); i++ {
			if i < len(run.Glyphs) && run.Glyphs[i].X == run.Glyphs[i-1].X+run.Glyphs[i-1].Advance+run.Track {
				continue
			}
			var piece []rune
			for _, g := range run.Glyphs[from:i] {
				piece = append(piece, g.Char)
			}
			r.pdf.Text(t.X+float64(run.Glyphs[from].X)*em, t.Y, string(piece))
			from = i
		}
		if run.Track != 0 {
			r.pdf.RawWriteStr("0 Tc")
		}
	}
}

func (r *reference) outlines(t certificate.Text, run typeface.Run, em float64, style string) {
	r.pdf.SetFillColor(rgb(t.Ink))
	for _, g := range run.Glyphs {
		at := func(p typeface.Point) (float64, float64) {
			return t.X + (float64(g.X)+p.X)*em, t.Y - (float64(g.Y)+p.Y)*em
		}
		path := run.Face.Outline(g.ID)
		for i, s := range path {
			x, y := at(s.P[0])
			switch s.Op {
			case typeface.MoveTo:
				if i > 0 {
					r.pdf.ClosePath()
				}
				r.pdf.MoveTo(x, y)
			case typeface.LineTo:
				r.pdf.LineTo(x, y)
			case typeface.CubeTo:
				x1, y1 := at(s.P[1])
				x2, y2 := at(s.P[2])
				r.pdf.CurveBezierCubicTo(x, y, x1, y1, x2, y2)
			}
		}
		if len(path) > 0 {
			r.pdf.ClosePath()
			r.pdf.DrawPath(style)
		}
	}
}
