package render

import (
	"math"
	"strconv"
	"unicode/utf16"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// perMM is the number of points in a millimetre: pages are laid out in the one
// and written in the other.
const perMM = 1 / certificate.Point

// A stream is a content stream, or any part of a document, as it is written
// (ISO 32000-1 §7.8). Its methods are those that fmt would be too slow for.
type stream []byte

// num writes a number with at most the given number of decimals, and a space.
func (s *stream) num(v float64, decimals int) {
	scale := [...]float64{1, 10, 100, 1e3, 1e4, 1e5, 1e6}[decimals]
	n := int64(math.Round(v * scale))
	if n < 0 {
		*s = append(*s, '-')
		n = -n
	}
	whole, part := n/int64(scale), n%int64(scale)
	*s = strconv.AppendInt(*s, whole, 10)
	if part != 0 {
		digits := [6]byte{}
		for i := decimals - 1; i >= 0; i-- {
			digits[i] = byte('0' + part%10)
			part /= 10
		}
		for decimals > 0 && digits[decimals-1] == '0' {
			decimals--
		}
		*s = append(append(*s, '.'), digits[:decimals]...)
	}
	*s = append(*s, ' ')
}

func (s *stream) nums(decimals int, list ...float64) {
	for _, v := range list {
		s.num(v, decimals)
	}
}

func (s *stream) int(n int) {
	if n >= 0 && n < 10 {
		*s = append(*s, byte('0'+n))
		return
	}
	*s = strconv.AppendInt(*s, int64(n), 10)
}

func (s *stream) str(text string) { *s = append(*s, text...) }

// ink writes a colour for op, which is rg or RG.
func (s *stream) ink(c certificate.Colour, op string) {
	s.nums(3, float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
	s.str(op)
	*s = append(*s, '\n')
}

const hexDigits = "0123456789ABCDEF"

// word writes two bytes as hexadecimal digits.
func (s *stream) word(v uint16) {
	*s = append(*s, hexDigits[v>>12], hexDigits[v>>8&15], hexDigits[v>>4&15], hexDigits[v&15])
}

// utf16 writes a character as UTF-16BE, in hexadecimal digits.
func (s *stream) utf16(r rune) {
	if r < 0x10000 {
		s.word(uint16(r))
		return
	}
	high, low := utf16.EncodeRune(r)
	s.word(uint16(high))
	s.word(uint16(low))
}

// text writes a text string (§7.9.2.2).
func (s *stream) text(t string) {
	plain := true
	for i := range len(t) {
		plain = plain && t[i] >= ' ' && t[i] < 0x7F
	}
	if plain {
		s.literal(t)
		return
	}
	s.str("<FEFF")
	for _, r := range t {
		s.utf16(r)
	}
	*s = append(*s, '>')
}

// literal writes a literal string (§7.3.4.2).
func (s *stream) literal(t string) {
	*s = append(*s, '(')
	for i := range len(t) {
		if t[i] == '(' || t[i] == ')' || t[i] == '\\' {
			*s = append(*s, '\\')
		}
		*s = append(*s, t[i])
	}
	*s = append(*s, ')')
}

// segments writes an outline, moved by x and y; each part of it is closed where
// the next begins if close is set.
func (s *stream) segments(list []typeface.Segment, x, y float64, decimals int, close bool) {
	for i, g := range list {
		switch g.Op {
		case typeface.MoveTo:
			if close && i > 0 {
				s.str("h\n")
			}
			s.nums(decimals, x+g.P[0].X, y+g.P[0].Y)
			s.str("m\n")
		case typeface.LineTo:
			s.nums(decimals, x+g.P[0].X, y+g.P[0].Y)
			s.str("l\n")
		case typeface.CubeTo:
			s.nums(decimals, x+g.P[0].X, y+g.P[0].Y, x+g.P[1].X, y+g.P[1].Y, x+g.P[2].X, y+g.P[2].Y)
			s.str("c\n")
		}
	}
}

// glyphs writes the outlines of a run, in thousandths of an em. Each glyph is
// painted by itself: where two overlap, neither takes from the other.
func (s *stream) glyphs(r *typeface.Run, decimals int, edged bool) {
	for i := range r.Glyphs {
		g := &r.Glyphs[i]
		path := r.Face.Outline(g.ID)
		if len(path) == 0 {
			continue
		}
		s.segments(path, float64(g.X), float64(g.Y), decimals, edged)
		if edged {
			s.str("b\n")
		} else {
			s.str("f\n")
		}
	}
}

// drawings writes the ornament of a page that is high millimetres high. It is
// written here and not through gofpdf, whose five decimals would make it twice
// as long.
func (s *stream) drawings(list []certificate.Drawing, high float64) {
	at := func(p typeface.Point) (float64, float64) { return p.X * perMM, (high - p.Y) * perMM }
	for _, d := range list {
		s.str("q ")
		if d.Wide > 0 {
			s.num(d.Wide*perMM, 3)
			s.str("w 1 J 1 j ")
			s.ink(d.Ink, "RG")
		} else {
			s.ink(d.Ink, "rg")
		}
		for _, p := range d.Paths {
			for _, g := range p.Segments {
				for i := range g.P {
					g.P[i].X, g.P[i].Y = at(g.P[i])
				}
				s.segments([]typeface.Segment{g}, 0, 0, 2, false)
			}
			if p.Closed {
				s.str("h\n")
			}
			if d.Wide > 0 { // each by itself: ink laid twice covers twice
				s.str("S\n")
			}
		}
		if d.Wide == 0 {
			s.str("f\n")
		}
		s.str("Q\n")
	}
}

// rules writes straight lines.
func (s *stream) rules(list []certificate.Rule, high float64) {
	for _, r := range list {
		s.str("q ")
		s.num(r.Wide*perMM, 3)
		s.str("w 0 J ")
		s.ink(r.Ink, "RG")
		s.nums(2, r.X1*perMM, (high-r.Y1)*perMM)
		s.str("m ")
		s.nums(2, r.X2*perMM, (high-r.Y2)*perMM)
		s.str("l S Q\n")
	}
}

// code writes a QR code: a white square, and on it one path of all dark modules,
// for otherwise hairs of white show between them. The path is in modules.
func (s *stream) code(at certificate.Square, c *Code, high float64) {
	s.str("q 1 1 1 rg\n")
	s.nums(4, at.X*perMM, (high-at.Y-at.Side)*perMM, at.Side*perMM, at.Side*perMM)
	s.str("re f\n0 0 0 rg\n") // full black: scanners want contrast
	module := at.Side / float64(c.Side+2*quiet)
	s.num(module*perMM, 6)
	s.str("0 0 ")
	s.num(-module*perMM, 6)
	s.nums(4, (at.X+quiet*module)*perMM, (high-at.Y-quiet*module)*perMM)
	s.str("cm\n")
	c.rectangles(func(x, y, w, h int) {
		s.int(x)
		*s = append(*s, ' ')
		s.int(y)
		*s = append(*s, ' ')
		s.int(w)
		*s = append(*s, ' ')
		s.int(h)
		s.str(" re\n")
	})
	s.str("f Q\n")
}
