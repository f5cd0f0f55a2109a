package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// title is what the picture is called.
func title(q issuer.Paper) string { return q.Title + " · " + q.Holder }

// description is everything that the page says, line by line: what somebody who
// cannot see the picture is told.
func description(p *certificate.Page) string {
	var lines []string
	if p.Mark != nil {
		lines = append(lines, p.Mark.Line.Text)
	}
	for _, t := range p.Texts {
		lines = append(lines, t.Line.Text)
	}
	return strings.Join(lines, "\n")
}

// writeSVG writes the page as SVG 1.1. Lengths are millimetres.
//
// Letters are outlines, each shape of a typeface once and used as often as it
// occurs. The references lead to the file itself and to nothing else.
func writeSVG(q issuer.Paper, p *certificate.Page, code, offline Modules) []byte {
	w := &svg{shapes: map[shape]int{}}
	w.body(p, code, offline)

	var out bytes.Buffer
	out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" version="1.1"`)
	out.WriteString(` width="` + number(p.Wide) + `mm" height="` + number(p.High) + `mm" viewBox="0 0 ` + number(p.Wide) + ` ` + number(p.High) + `"`)
	if len(p.Languages) > 0 {
		out.WriteString(` xml:lang="` + escaped(p.Languages[0]) + `"`)
	}
	out.WriteString(` role="img" aria-labelledby="title description">` + "\n")
	// Directly behind <svg>, as Open Badges 3.0, 5.3.2.1, has it.
	out.WriteString(`<openbadges:credential verify="` + escaped(q.Token) + `"></openbadges:credential>` + "\n")
	out.WriteString(`<title id="title">` + escaped(title(q)) + "</title>\n")
	out.WriteString(`<desc id="description">` + escaped(description(p)) + "</desc>\n")
	if len(w.order) > 0 {
		out.WriteString("<defs>\n")
		for i, s := range w.order {
			out.WriteString(`<path id="g` + strconv.Itoa(i) + `" d="` + s + "\"/>\n")
		}
		out.WriteString("</defs>\n")
	}
	out.Write(w.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// svg is the drawing part of a file.
type svg struct {
	bytes.Buffer
	shapes map[shape]int
	order  []string // outlines of the shapes
}

type shape struct {
	face  *typeface.Face
	glyph uint32
}

func (w *svg) body(p *certificate.Page, code, offline Modules) {
	w.put(`<rect width="`, number(p.Wide), `" height="`, number(p.High), `" fill="#ffffff"/>`)
	for _, d := range p.Drawings {
		var b strings.Builder
		for _, path := range d.Paths {
			data(&b, path.Segments, path.Closed, 3)
		}
		if d.Wide == 0 {
			w.put(`<path fill="`, d.Ink.String(), `" d="`, b.String(), `"/>`)
		} else {
			w.put(`<path fill="none" stroke="`, d.Ink.String(), `" stroke-width="`, number(d.Wide), `" stroke-linecap="round" stroke-linejoin="round" d="`, b.String(), `"/>`)
		}
	}
	for _, i := range p.Images {
		w.put(`<image x="`, number(i.X), `" y="`, number(i.Y), `" width="`, number(i.W), `" height="`, number(i.H),
			`" preserveAspectRatio="none" xlink:href="data:image/png;base64,`, base64.StdEncoding.EncodeToString(i.Picture), `"/>`)
	}
	if k := p.Mark; k != nil {
		m := slant(*k, 1)
		w.put(`<g transform="matrix(`, number(m.a), ` `, number(m.b), ` `, number(m.c), ` `, number(m.d), ` `, number(m.e), ` `, number(m.f),
			`)" stroke="`, k.Edge.String(), `" stroke-linejoin="round">`)
		// The width of the outline is measured in the thousandths that letters are in.
		w.text(k.Text, ` stroke-width="`+number(k.Wide/(k.Size*certificate.Point/1000))+`"`)
		w.put(`</g>`)
	}
	for _, r := range p.Rules {
		w.put(`<line x1="`, number(r.X1), `" y1="`, number(r.Y1), `" x2="`, number(r.X2), `" y2="`, number(r.Y2),
			`" stroke="`, r.Ink.String(), `" stroke-width="`, number(r.Wide), `"/>`)
	}
	w.code(p.Code, code)
	if p.Offline != nil {
		w.code(*p.Offline, offline)
	}
	for _, t := range p.Texts {
		w.text(t, "")
	}
}

func (w *svg) put(parts ...string) {
	for _, s := range parts {
		w.WriteString(s)
	}
	w.WriteByte('\n')
}

// text writes a line of type. Letters are drawn upward in thousandths of an em.
func (w *svg) text(t certificate.Text, more string) {
	em := t.Size * certificate.Point / 1000
	w.put(`<g fill="`, t.Ink.String(), `" transform="matrix(`, fine(em), ` 0 0 `, fine(-em), ` `, number(t.X), ` `, number(t.Y), `)"`, more, `>`)
	eachGlyph(t.Line, func(face *typeface.Face, g typeface.Glyph) {
		s := shape{face, g.ID}
		i, ok := w.shapes[s]
		if !ok {
			i = -1 // draws nothing
			if outline := face.Outline(g.ID); len(outline) > 0 {
				var b strings.Builder
				data(&b, outline, true, 1)
				i = len(w.order)
				w.order = append(w.order, b.String())
			}
			w.shapes[s] = i
		}
		if i >= 0 {
			w.WriteString(`<use xlink:href="#g` + strconv.Itoa(i) + `" x="` + strconv.Itoa(g.X) + `"`)
			if g.Y != 0 {
				w.WriteString(` y="` + strconv.Itoa(g.Y) + `"`)
			}
			w.WriteString("/>")
		}
	})
	w.put(`</g>`)
}

// code writes a QR code as one path on white, its rows of dark modules joined.
func (w *svg) code(s certificate.Square, m Modules) {
	n := len(m)
	if n == 0 {
		return
	}
	k := s.Side / float64(n)
	w.put(`<rect x="`, number(s.X), `" y="`, number(s.Y), `" width="`, number(s.Side), `" height="`, number(s.Side), `" fill="#ffffff"/>`)
	var b strings.Builder
	for y, row := range m {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			long := len(row) - x
			if end := slices.Index(row[x:], false); end >= 0 {
				long = end
			}
			b.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(long) + "v1h-" + strconv.Itoa(long) + "z")
			x += long
		}
	}
	w.put(`<path transform="matrix(`, fine(k), ` 0 0 `, fine(k), ` `, number(s.X), ` `, number(s.Y), `)" shape-rendering="crispEdges" d="`, b.String(), `"/>`)
}

// data writes outlines as path data, to so many decimals.
func data(b *strings.Builder, segments []typeface.Segment, closed bool, decimals int) {
	for i, s := range segments {
		points := s.P[:1]
		switch s.Op {
		case typeface.MoveTo:
			if i > 0 && closed {
				b.WriteByte('z')
			}
			b.WriteByte('M')
		case typeface.LineTo:
			b.WriteByte('L')
		case typeface.CubeTo:
			b.WriteByte('C')
			points = s.P[:]
		}
		for k, p := range points {
			if k > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(rounded(p.X, decimals))
			b.WriteByte(' ')
			b.WriteString(rounded(p.Y, decimals))
		}
	}
	if closed && len(segments) > 0 {
		b.WriteByte('z')
	}
}

// number is a length in millimetres, to the thousandth.
func number(v float64) string { return rounded(v, 3) }

// fine is a factor, to a millionth.
func fine(v float64) string { return rounded(v, 6) }

func rounded(v float64, decimals int) string {
	k := math.Pow10(decimals)
	v = math.Round(v*k) / k
	if v == 0 { // neither "-0" nor "0.000"
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// escaped is text as it may stand in XML, in an attribute too.
func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
