package render

import (
	"math"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// A painter writes what is particular to one certificate: the mark, the rules,
// the codes and the texts of its page.
type painter struct {
	stream
	prepared *prepared
	high     float64 // of the page, mm
	layer    layer
	cells    []cell
	ink      certificate.Colour // that text is shown in, once it was set
	inked    bool
}

// page paints everything that is not prepared.
func (w *painter) page(p *certificate.Page, code, summary *Code) {
	w.high = p.High
	if p.Mark != nil {
		w.mark(p.Mark)
	}
	w.rules(p.Rules, p.High)
	w.code(p.Code, code, p.High)
	if p.Offline != nil && summary != nil {
		w.code(*p.Offline, summary, p.High)
	}
	for i := range p.Texts {
		w.line(&p.Texts[i], shown{})
	}
}

// shown is how type is shown besides filled.
type shown struct {
	edge *certificate.Colour // of an outline
	wide float64             // of the outline, mm
}

// middle is the point round which a mark is turned: the middle of its width and
// of its capitals.
func middle(m *certificate.Mark) (x, y float64) {
	return m.X + m.Width()/2, m.Y - 0.325*m.Size*certificate.Point
}

// mark writes the mark of a specimen slantwise across the page. It lies beneath
// everything else, so that it hides none of it.
func (w *painter) mark(m *certificate.Mark) {
	x, y := middle(m)
	x, y = x*perMM, (w.high-y)*perMM
	sin, cos := math.Sincos(m.Angle * math.Pi / 180)
	w.str("q ")
	w.nums(6, cos, sin, -sin, cos)
	w.nums(3, x-cos*x+sin*y, y-sin*x-cos*y)
	w.str("cm\n")
	w.line(&m.Text, shown{edge: &m.Edge, wide: m.Wide})
	w.str("Q\n")
	w.inked = false
}

// line writes one line of type: with the prepared fonts what they can show, the
// rest by its outlines.
func (w *painter) line(t *certificate.Text, how shown) {
	em := t.Size / 1000 // in points
	for i := range t.Line.Runs {
		r := &t.Line.Runs[i]
		x, y := t.X*perMM, (w.high-t.Y)*perMM
		if f := w.prepared.fonts[r.Face]; f == nil || !r.Plain || !w.text(t, r, f, x+float64(r.X)*em, y, how) {
			w.outlines(t, r, x, y, how)
		}
	}
}

// edge writes how the outline of letters is drawn.
func (w *painter) edge(how shown) {
	w.num(how.wide*perMM, 3)
	w.str("w ")
	w.stream.ink(*how.edge, "RG")
}

// text shows a run with a prepared font, unless this lacks one of its
// characters.
func (w *painter) text(t *certificate.Text, r *typeface.Run, f *font, x, y float64, how shown) bool {
	before, inked, ink := len(w.stream), w.inked, w.ink
	if !w.inked || w.ink != t.Ink {
		w.inked, w.ink = true, t.Ink
		w.stream.ink(t.Ink, "rg")
	}
	if how.edge != nil {
		w.edge(how)
		w.str("2 Tr ") // fill, then outline
	}
	w.str("BT /")
	w.str(f.name)
	w.str(" ")
	w.num(t.Size, 3)
	w.str("Tf ")
	// A stretch without kerning begins where gofpdf would have it begin, on a
	// hundredth of a point, so that renderers find the same pixels for both.
	em := t.Size / 1000
	start, from := hundredth(x), 0 // of the stretch, in points, and its first glyph
	w.nums(2, start, y)
	w.str("Td [<")
	at := r.X // where the next glyph would stand by itself
	for i := range r.Glyphs {
		g := &r.Glyphs[i]
		width, ok := f.width(g.Char)
		if !ok {
			w.stream, w.inked, w.ink = w.stream[:before], inked, ink
			return false
		}
		switch {
		case g.X == at:
		case g.X == at+r.Track:
			w.str(">")
			w.int(-r.Track) // the operator moves to the left
			w.str("<")
		default:
			next := hundredth(x + float64(g.X-r.X)*em)
			w.str(">")
			w.num((start-next)/em+float64(at-r.Glyphs[from].X), 2)
			w.stream[len(w.stream)-1] = '<'
			start, from = next, i
		}
		at = g.X + width
		w.word(uint16(g.Char))
	}
	w.str(">] TJ ET\n")
	return true
}

// hundredth rounds a length in points.
func hundredth(v float64) float64 { return math.Round(v*100) / 100 }

// outlines draws a run by the outlines of its glyphs, with the text itself as
// ActualText (ISO 32000-1 §14.9.4), and puts the same text there unseen.
func (w *painter) outlines(t *certificate.Text, r *typeface.Run, x, y float64, how shown) {
	em := t.Size / 1000
	fine := 0 // decimals: half a thousandth of an em is nothing to the eye
	if t.Size > 60 {
		fine = 1
	}
	before := len(w.stream)
	w.str("/Span <</ActualText ")
	actual(&w.stream, r.Text)
	w.str(">> BDC\nq ")
	w.stream.ink(t.Ink, "rg")
	if how.edge != nil {
		w.edge(shown{how.edge, how.wide / em})
	}
	w.nums(6, em, 0, 0, em)
	w.nums(3, x, y)
	w.str("cm\n")
	head := len(w.stream)
	if name := w.prepared.wording[r]; name != "" && how.edge == nil {
		w.str("/" + name + " Do\n")
	} else {
		w.glyphs(r, fine, how.edge != nil)
	}
	if len(w.stream) == head { // a space, which draws nothing
		w.stream = w.stream[:before]
	} else {
		w.str("Q\nEMC\n")
	}
	w.cells = place(r, w.cells[:0])
	if len(w.cells) == 0 {
		return
	}
	w.str("q BT 3 Tr /L ")
	w.num(t.Size, 3)
	w.str("Tf ")
	w.nums(3, x+float64(r.X)*em, y)
	w.str("Td <")
	for _, c := range w.cells {
		w.word(w.layer.code(c))
	}
	w.str("> Tj ET Q\n")
}
