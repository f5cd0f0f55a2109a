package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// pixels is how many pixels a length in millimetres has, at least one.
func pixels(mm float64, dpi int) int {
	return max(1, int(math.Round(mm*float64(dpi)/25.4)))
}

// page is the map of millimetres of the page to pixels.
func (c *canvas) page() affine { return affine{a: c.scale, d: c.scale} }

// ground paints what is beneath everything that differs from one certificate to
// another: ornament, pictures, mark.
func (c *canvas) ground(p *certificate.Page) error {
	for _, d := range p.Drawings {
		for _, o := range paths(d, c.page(), c.scale) {
			c.fill(o, d.Ink)
		}
	}
	for _, i := range p.Images {
		if err := c.image(i); err != nil {
			return err
		}
	}
	if p.Mark != nil {
		c.mark(*p.Mark)
	}
	return nil
}

// over paints what stands on the ground.
func (c *canvas) over(p *certificate.Page, code, offline Modules) {
	for _, r := range p.Rules {
		line := polygon{{r.X1 * c.scale, r.Y1 * c.scale}, {r.X2 * c.scale, r.Y2 * c.scale}}
		c.fill(butt(line, r.Wide*c.scale), r.Ink)
	}
	c.code(p.Code, code)
	if p.Offline != nil {
		c.code(*p.Offline, offline)
	}
	for _, t := range p.Texts {
		c.text(t)
	}
}

// butt is the outline of a straight line that ends where it says.
func butt(line polygon, wide float64) []polygon {
	a, b := line[0], line[1]
	length := math.Hypot(b.x-a.x, b.y-a.y)
	if length == 0 {
		return nil
	}
	n := point{-(b.y - a.y) / length, (b.x - a.x) / length}
	r := wide / 2
	return []polygon{{offset(a, n, r), offset(b, n, r), offset(b, n, -r), offset(a, n, -r)}}
}

// text paints a line of type.
func (c *canvas) text(t certificate.Text) {
	c.fill(letters(t, affine{a: c.scale, d: c.scale}), t.Ink)
}

// letters returns the outlines of a line of type, mapped by m from millimetres.
func letters(t certificate.Text, m affine) []polygon {
	var out []polygon
	em := t.Size * certificate.Point / 1000 // mm for a thousandth
	eachGlyph(t.Line, func(face *typeface.Face, g typeface.Glyph) {
		at := m.at(typeface.Point{X: t.X + float64(g.X)*em, Y: t.Y - float64(g.Y)*em})
		gm := affine{m.a * em, m.b * em, -m.c * em, -m.d * em, at.x, at.y} // letters are drawn upward
		out = gm.flatten(out, face.Outline(g.ID))
	})
	return out
}

// eachGlyph calls draw for every glyph of a line.
func eachGlyph(l *typeface.Line, draw func(*typeface.Face, typeface.Glyph)) {
	for _, run := range l.Runs {
		for _, g := range run.Glyphs {
			draw(run.Face, g)
		}
	}
}

// slant turns a text round its middle, counter-clockwise.
func slant(k certificate.Mark, scale float64) affine {
	sin, cos := math.Sincos(k.Angle * math.Pi / 180)
	x, y := k.X+k.Width()/2, k.Y-k.Size*certificate.Point*0.65/2
	a, b, c, d := scale*cos, -scale*sin, scale*sin, scale*cos
	return affine{a, b, c, d, scale*x - a*x - c*y, scale*y - b*x - d*y}
}

// mark paints the text across the page: its letters, then their outlines.
func (c *canvas) mark(k certificate.Mark) {
	outlines := letters(k.Text, slant(k, c.scale))
	c.fill(outlines, k.Ink)
	for _, o := range outlines {
		c.fill(stroke(o, true, k.Wide*c.scale), k.Edge)
	}
}

// image paints a picture of the body's own in its place.
func (c *canvas) image(i certificate.Image) error {
	src, err := png.Decode(bytes.NewReader(i.Picture))
	if err != nil {
		return fmt.Errorf("picture %s of the design: %w", i.File, err)
	}
	b := src.Bounds()
	sx, sy := i.W*c.scale/float64(b.Dx()), i.H*c.scale/float64(b.Dy())
	to := f64.Aff3{sx, 0, i.X * c.scale, 0, sy, i.Y * c.scale}
	draw.CatmullRom.Transform(c.img, to, src, b, draw.Over, nil)
	for y := range c.img.Rect.Dy() { // what was blended at the edges
		row := c.img.Pix[y*c.img.Stride:][:c.img.Stride]
		for x := 3; x < len(row); x += 4 {
			row[x] = 0xff
		}
	}
	return nil
}

// code paints a QR code on white. Modules end at whole pixels, so that they are
// black or white and nothing between: cameras and programs read these best.
func (c *canvas) code(s certificate.Square, m Modules) {
	n := len(m)
	if n == 0 {
		return
	}
	at := func(from float64, i int) int {
		return int(math.Round((from + s.Side*float64(i)/float64(n)) * c.scale))
	}
	c.rect(image.Rect(at(s.X, 0), at(s.Y, 0), at(s.X, n), at(s.Y, n)), certificate.Colour{R: 0xff, G: 0xff, B: 0xff})
	for y, row := range m {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			from := x
			for x < len(row) && row[x] {
				x++
			}
			c.rect(image.Rect(at(s.X, from), at(s.Y, y), at(s.X, x), at(s.Y, y+1)), certificate.Colour{})
		}
	}
}
