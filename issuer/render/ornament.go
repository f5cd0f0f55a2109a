package render

import (
	"fmt"
	"math"
	"strings"
)

// The page, in millimetres.
const (
	pageWide = 297.0
	pageHigh = 210.0
)

// A colour in 8 bits a channel.
type colour struct{ r, g, b int }

// The colours: black for what is certified, one blue and one bronze for the
// rest.
var (
	black  = colour{23, 25, 30}
	blue   = colour{27, 54, 93}
	bronze = colour{140, 106, 55}
	white  = colour{255, 255, 255}
)

func (c colour) rgb() (int, int, int) { return c.r, c.g, c.b }

// tint mixes c with white; 1 is c itself.
func (c colour) tint(f float64) colour {
	mix := func(v int) int { return 255 - int(math.Round(float64(255-v)*f)) }
	return colour{mix(c.r), mix(c.g), mix(c.b)}
}

// operands writes c as a content stream wants it.
func (c colour) operands() string {
	return fmt.Sprintf("%.3f %.3f %.3f", float64(c.r)/255, float64(c.g)/255, float64(c.b)/255)
}

// A drawing is a content stream of lines and areas, written in millimetres from
// the top left corner. It is written here and not through gofpdf because the
// ornament, some thousands of curves, is the same on every page and written
// once.
type drawing struct{ strings.Builder }

func (d *drawing) xy(x, y float64) {
	fmt.Fprintf(d, "%.2f %.2f ", x/mm, (pageHigh-y)/mm)
}

// pen begins strokes of c, wide millimetres broad.
func (d *drawing) pen(c colour, wide float64) {
	fmt.Fprintf(d, "q %.3f w 1 J 1 j %s RG\n", wide/mm, c.operands())
}

// brush begins areas of c.
func (d *drawing) brush(c colour) { fmt.Fprintf(d, "q %s rg\n", c.operands()) }

// lift ends what pen or brush began.
func (d *drawing) lift() { d.WriteString("Q\n") }

func (d *drawing) segment(x1, y1, x2, y2 float64) {
	d.xy(x1, y1)
	d.WriteString("m ")
	d.xy(x2, y2)
	d.WriteString("l S\n")
}

func (d *drawing) rect(x, y, w, h float64) {
	d.xy(x, y+h)
	fmt.Fprintf(d, "%.2f %.2f re\n", w/mm, h/mm)
}

// loop strokes the closed curve f, which has period 1, in n cubic pieces whose
// ends and tangents lie on it.
func (d *drawing) loop(n int, f func(t float64) (x, y float64)) {
	const eps = 1e-6
	step := 1 / float64(n)
	slope := func(t float64) (float64, float64) {
		x1, y1 := f(t - eps)
		x2, y2 := f(t + eps)
		return (x2 - x1) / (2 * eps) * step / 3, (y2 - y1) / (2 * eps) * step / 3
	}
	x0, y0 := f(0)
	u0, v0 := slope(0)
	d.xy(x0, y0)
	d.WriteString("m\n")
	for i := 1; i <= n; i++ {
		t := float64(i) * step
		x1, y1 := f(t)
		u1, v1 := slope(t)
		d.xy(x0+u0, y0+v0)
		d.xy(x1-u1, y1-v1)
		d.xy(x1, y1)
		d.WriteString("c\n")
		x0, y0, u0, v0 = x1, y1, u1, v1
	}
	d.WriteString("s\n")
}

// outline strokes the frame itself.
func (d *drawing) outline(f frame) {
	const kappa = 0.5523 // of the radius: a cubic curve that is a quarter circle to the eye
	left, up, right, down := f.inset, f.inset, pageWide-f.inset, pageHigh-f.inset
	r, k := f.radius, f.radius*(1-kappa)
	d.xy(left+r, up)
	d.WriteString("m\n")
	for _, c := range [][8]float64{
		{right - r, up, right - k, up, right, up + k, right, up + r},
		{right, down - r, right, down - k, right - k, down, right - r, down},
		{left + r, down, left + k, down, left, down - k, left, down - r},
		{left, up + r, left, up + k, left + k, up, left + r, up},
	} {
		d.xy(c[0], c[1])
		d.WriteString("l ")
		d.xy(c[2], c[3])
		d.xy(c[4], c[5])
		d.xy(c[6], c[7])
		d.WriteString("c\n")
	}
	d.WriteString("s\n")
}

// A frame is a rectangle with round corners, inset from the edge of the page.
type frame struct{ inset, radius float64 }

func (f frame) length() float64 {
	w, h := pageWide-2*f.inset-2*f.radius, pageHigh-2*f.inset-2*f.radius
	return 2*w + 2*h + 2*math.Pi*f.radius
}

// at returns the point that lies s millimetres along the frame from the middle
// of its upper side, clockwise, moved outward by out.
func (f frame) at(s, out float64) (x, y float64) {
	w, h := pageWide-2*f.inset-2*f.radius, pageHigh-2*f.inset-2*f.radius
	arc := math.Pi / 2 * f.radius
	s = math.Mod(math.Mod(s, f.length())+f.length(), f.length())
	x, y = pageWide/2, f.inset
	dx, dy := 1.0, 0.0 // clockwise along the frame; (dy, -dx) points outward
	for _, side := range []float64{w / 2, h, w, h, w / 2} {
		if s <= side {
			return x + dx*s + dy*out, y + dy*s - dx*out
		}
		s -= side
		x, y = x+dx*side, y+dy*side
		cx, cy := x-dy*f.radius, y+dx*f.radius // centre of the corner
		if s <= arc {
			sin, cos := math.Sincos(s / f.radius)
			nx, ny := dy*cos+dx*sin, -dx*cos+dy*sin
			return cx + nx*(f.radius+out), cy + ny*(f.radius+out)
		}
		s -= arc
		x, y = cx+dx*f.radius, cy+dy*f.radius
		dx, dy = -dy, dx
	}
	return x, y
}

// ornament draws what is the same on every page: a border of interlaced waves,
// as on security papers, and the seal. Both are lines finer than copiers keep.
func ornament() string {
	var d drawing
	border(&d)
	seal(&d, sealX, sealY, sealRadius)
	return strings.TrimSuffix(d.String(), "\n")
}

func border(d *drawing) {
	band := frame{inset: 10.2, radius: 4.5}
	const waves, strands, high = 124, 4, 2.25
	d.pen(blue.tint(0.72), 0.11)
	for k := range strands {
		shift := 2 * math.Pi * float64(k) / strands
		d.loop(waves*4, func(t float64) (float64, float64) {
			return band.at(t*band.length(), high*math.Cos(2*math.Pi*waves*t+shift))
		})
	}
	d.lift()
	d.pen(blue, 0.3)
	d.outline(frame{7.3, 7.4})
	d.outline(frame{13.1, 1.6})
	d.lift()
}

// seal draws a rosette: rings of waves round a common centre, each ring with its
// own number of petals.
func seal(d *drawing, x, y, r float64) {
	ring := func(petals, strands int, from, to float64) {
		mid, high := (from+to)/2*r, (to-from)/2*r
		for k := range strands {
			shift := 2 * math.Pi * float64(k) / float64(strands)
			d.loop(petals*4, func(t float64) (float64, float64) {
				rho := mid + high*math.Cos(2*math.Pi*float64(petals)*t+shift)
				sin, cos := math.Sincos(2 * math.Pi * t)
				return x + rho*sin, y - rho*cos
			})
		}
	}
	circle := func(at float64) {
		d.loop(16, func(t float64) (float64, float64) {
			sin, cos := math.Sincos(2 * math.Pi * t)
			return x + r*at*sin, y - r*at*cos
		})
	}
	d.pen(blue, 0.13)
	ring(36, 4, 0.84, 1.00)
	d.lift()
	d.pen(bronze, 0.22)
	circle(0.80)
	d.lift()
	d.pen(blue, 0.13)
	ring(12, 6, 0.30, 0.76)
	d.lift()
	d.pen(bronze, 0.13)
	ring(12, 3, 0.10, 0.27)
	d.lift()
}
