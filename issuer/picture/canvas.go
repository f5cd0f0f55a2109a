package picture

import (
	"image"
	"math"

	"golang.org/x/image/vector"

	"github.com/testamur/testamur/templates/certificate"
)

// A canvas is a picture being painted.
type canvas struct {
	img   *image.RGBA // opaque
	scale float64     // pixels to the millimetre
	*brush
}

// A brush is what painting needs again and again. It is not safe for concurrent
// use.
type brush struct {
	z    vector.Rasterizer
	mask []uint8
}

// white returns an empty sheet.
func white(wide, high int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, wide, high))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	return img
}

// fill paints the inside of the outlines: what they go round more often one way
// than the other. How much of a pixel lies inside is how much it takes on of the
// ink.
func (c *canvas) fill(outlines []polygon, ink certificate.Colour) {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, o := range outlines {
		for _, p := range o {
			left, right = min(left, p.x), max(right, p.x)
			top, bottom = min(top, p.y), max(bottom, p.y)
		}
	}
	b := c.img.Rect
	if !(left < float64(b.Max.X) && right > 0 && top < float64(b.Max.Y) && bottom > 0) {
		return // outside, or nothing at all
	}
	r := image.Rect(
		int(math.Floor(max(left, 0))), int(math.Floor(max(top, 0))),
		int(math.Ceil(min(right, float64(b.Max.X)))), int(math.Ceil(min(bottom, float64(b.Max.Y))))).Intersect(b)
	if r.Empty() {
		return
	}
	c.z.Reset(r.Dx(), r.Dy())
	dx, dy := float64(r.Min.X), float64(r.Min.Y)
	for _, o := range outlines {
		if len(o) < 2 {
			continue
		}
		c.z.MoveTo(float32(o[0].x-dx), float32(o[0].y-dy))
		for _, p := range o[1:] {
			c.z.LineTo(float32(p.x-dx), float32(p.y-dy))
		}
		c.z.ClosePath()
	}
	if need := r.Dx() * r.Dy(); cap(c.mask) < need {
		c.mask = make([]uint8, need)
	}
	mask := image.Alpha{Pix: c.mask[:r.Dx()*r.Dy()], Stride: r.Dx(), Rect: image.Rect(0, 0, r.Dx(), r.Dy())}
	clear(mask.Pix)
	c.z.Draw(&mask, mask.Rect, image.Opaque, image.Point{})
	for y := range r.Dy() {
		row := mask.Pix[y*mask.Stride:][:r.Dx()]
		to := c.img.Pix[c.img.PixOffset(r.Min.X, r.Min.Y+y):][:4*len(row)]
		for x, a := range row {
			switch a {
			case 0:
			case 0xff:
				to[4*x], to[4*x+1], to[4*x+2] = ink.R, ink.G, ink.B
			default:
				p := to[4*x : 4*x+3]
				p[0], p[1], p[2] = mix(p[0], ink.R, a), mix(p[1], ink.G, a), mix(p[2], ink.B, a)
			}
		}
	}
}

// mix lays v over what is there, a/255 of it.
func mix(there, v, a uint8) uint8 {
	return uint8((uint32(there)*uint32(0xff-a) + uint32(v)*uint32(a) + 0x7f) / 0xff)
}

// rect paints whole pixels.
func (c *canvas) rect(r image.Rectangle, ink certificate.Colour) {
	r = r.Intersect(c.img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.img.Pix[c.img.PixOffset(r.Min.X, y):][:4*r.Dx()]
		for x := 0; x < len(row); x += 4 {
			row[x], row[x+1], row[x+2] = ink.R, ink.G, ink.B
		}
	}
}
