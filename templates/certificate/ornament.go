package certificate

import (
	"math"

	"github.com/testamur/testamur/templates/typeface"
)

// Ornament is drawn as lines finer than copiers keep, in closed curves that lie
// on a formula. Every point is rounded to a thousandth of a millimetre.

// canvas collects the drawings of a page so wide and high.
type canvas struct {
	wide, high float64
	drawings   []Drawing
	curves     int
}

// maxCurves bounds the ornament of a page: ours have a few thousand.
const maxCurves = 30_000

// pen begins lines of an ink, or areas where wide is 0. Pieces of one pen that
// follow one another become one drawing.
func (c *canvas) pen(ink Colour, wide float64) {
	if n := len(c.drawings); n > 0 && c.drawings[n-1].Ink == ink && c.drawings[n-1].Wide == wide {
		return
	}
	c.drawings = append(c.drawings, Drawing{Ink: ink, Wide: wide})
}

func (c *canvas) path(p Path) {
	d := &c.drawings[len(c.drawings)-1]
	d.Paths = append(d.Paths, p)
}

func at(x, y float64) typeface.Point { return typeface.Point{X: round(x), Y: round(y)} }

// curve draws the curve f from t = 0 to 1 in n cubic pieces whose ends and
// tangents lie on it; a closed one has period 1.
func (c *canvas) curve(n int, closed bool, f func(t float64) (x, y float64)) {
	if c.curves += n; c.curves > maxCurves {
		return
	}
	const eps = 1e-6
	step := 1 / float64(n)
	slope := func(t float64) (float64, float64) {
		from, to := t-eps, t+eps
		if !closed {
			from, to = max(from, 0), min(to, 1)
		}
		x1, y1 := f(from)
		x2, y2 := f(to)
		return (x2 - x1) / (to - from) * step / 3, (y2 - y1) / (to - from) * step / 3
	}
	x0, y0 := f(0)
	u0, v0 := slope(0)
	p := Path{Closed: closed, Segments: make([]typeface.Segment, 0, n+1)}
	p.Segments = append(p.Segments, typeface.Segment{Op: typeface.MoveTo, P: [3]typeface.Point{at(x0, y0)}})
	for i := 1; i <= n; i++ {
		t := float64(i) * step
		if i == n {
			t = 1
		}
		x1, y1 := f(t)
		u1, v1 := slope(t)
		p.Segments = append(p.Segments, typeface.Segment{Op: typeface.CubeTo, P: [3]typeface.Point{at(x0+u0, y0+v0), at(x1-u1, y1-v1), at(x1, y1)}})
		x0, y0, u0, v0 = x1, y1, u1, v1
	}
	c.path(p)
}

// line draws straight lines from point to point.
func (c *canvas) line(closed bool, points ...[2]float64) {
	p := Path{Closed: closed}
	for i, q := range points {
		op := typeface.LineTo
		if i == 0 {
			op = typeface.MoveTo
		}
		p.Segments = append(p.Segments, typeface.Segment{Op: op, P: [3]typeface.Point{at(q[0], q[1])}})
	}
	c.path(p)
}

// A frame is a rectangle with round corners, inset from the edge of the page.
type frame struct{ wide, high, inset, radius float64 }

func (f frame) sides() (w, h float64) {
	return f.wide - 2*f.inset - 2*f.radius, f.high - 2*f.inset - 2*f.radius
}

func (f frame) length() float64 {
	w, h := f.sides()
	return 2*w + 2*h + 2*math.Pi*f.radius
}

// at returns the point that lies s millimetres along the frame from the middle
// of its upper side, clockwise, moved outward by out.
func (f frame) at(s, out float64) (x, y float64) {
	w, h := f.sides()
	arc := math.Pi / 2 * f.radius
	s = math.Mod(math.Mod(s, f.length())+f.length(), f.length())
	x, y = f.wide/2, f.inset
	dx, dy := 1.0, 0.0 // clockwise along the frame; (dy, -dx) points outward
	for _, side := range [...]float64{w / 2, h, w, h, w / 2} {
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

// outline draws the frame itself. Where notch is set, its corners curve inward
// by that much.
func (c *canvas) outline(f frame, notch float64) {
	const kappa = 0.5523 // of the radius: a cubic curve that is a quarter circle to the eye
	left, up, right, down := f.inset, f.inset, f.wide-f.inset, f.high-f.inset
	r := max(f.radius, notch)
	k := r * (1 - kappa)
	if notch > 0 {
		k = r * kappa
	}
	p := Path{Closed: true}
	p.Segments = append(p.Segments, typeface.Segment{Op: typeface.MoveTo, P: [3]typeface.Point{at(left+r, up)}})
	corner := func(x1, y1, ax, ay, bx, by, x2, y2 float64) {
		p.Segments = append(p.Segments, typeface.Segment{Op: typeface.LineTo, P: [3]typeface.Point{at(x1, y1)}})
		if r > 0 {
			p.Segments = append(p.Segments, typeface.Segment{Op: typeface.CubeTo, P: [3]typeface.Point{at(ax, ay), at(bx, by), at(x2, y2)}})
		}
	}
	if notch > 0 {
		corner(right-r, up, right-r, up+k, right-k, up+r, right, up+r)
		corner(right, down-r, right-k, down-r, right-r, down-k, right-r, down)
		corner(left+r, down, left+r, down-k, left+k, down-r, left, down-r)
		corner(left, up+r, left+k, up+r, left+r, up+k, left+r, up)
	} else {
		corner(right-r, up, right-k, up, right, up+k, right, up+r)
		corner(right, down-r, right, down-k, right-k, down, right-r, down)
		corner(left+r, down, left+k, down, left, down-k, left, down-r)
		corner(left, up+r, left, up+k, left+k, up, left+r, up)
	}
	c.path(p)
}

// waves draws interlaced waves along a frame, as on security papers.
func (c *canvas) waves(f frame, wave, high float64, strands int, second float64) {
	n := max(4, int(math.Round(f.length()/wave)))
	slow := max(1, n/8)
	for k := range strands {
		shift := 2 * math.Pi * float64(k) / float64(strands)
		c.curve(n*4, true, func(t float64) (float64, float64) {
			h := high * math.Cos(2*math.Pi*float64(n)*t+shift)
			if second > 0 {
				h *= 1 - second + second*math.Cos(2*math.Pi*float64(slow)*t)
			}
			return f.at(t*f.length(), h)
		})
	}
}

// ring draws a ring of waves round a centre.
func (c *canvas) ring(x, y, r float64, petals, strands int, from, to float64) {
	mid, high := (from+to)/2*r, (to-from)/2*r
	for k := range strands {
		shift := 2 * math.Pi * float64(k) / float64(strands)
		c.curve(petals*4, true, func(t float64) (float64, float64) {
			rho := mid + high*math.Cos(2*math.Pi*float64(petals)*t+shift)
			sin, cos := math.Sincos(2 * math.Pi * t)
			return x + rho*sin, y - rho*cos
		})
	}
}

func (c *canvas) circle(x, y, r float64) {
	c.curve(16, true, func(t float64) (float64, float64) {
		sin, cos := math.Sincos(2 * math.Pi * t)
		return x + r*sin, y - r*cos
	})
}

// band draws interlaced waves along the longer side of a place, which swell and
// fade where second is set.
func (c *canvas) band(r Rect, wave float64, strands int, second float64) {
	long, high := r.W, r.H/2
	upright := r.H > r.W
	if upright {
		long, high = r.H, r.W/2
	}
	n := max(1, int(math.Round(long/wave)))
	for k := range strands {
		shift := 2 * math.Pi * float64(k) / float64(strands)
		c.curve(n*4, false, func(t float64) (float64, float64) {
			h := high * math.Cos(2*math.Pi*float64(n)*t+shift)
			if second > 0 {
				h *= 1 - second + second*math.Sin(math.Pi*t)
			}
			if upright {
				return r.X + r.W/2 + h, r.Y + t*long
			}
			return r.X + t*long, r.Y + r.H/2 + h
		})
	}
}

// field draws fine lines across a place, each bent a little further than the one
// before, so that they play together as watered silk does.
func (c *canvas) field(r Rect, wave, high float64, lines int, second float64) {
	n := max(1, int(math.Round(r.W/wave)))
	for k := range lines {
		u := (float64(k) + 0.5) / float64(lines)
		inner := r.H - 2*high
		c.curve(n*4, false, func(t float64) (float64, float64) {
			h := high * ((1-second)*math.Sin(2*math.Pi*(float64(n)*t+u)) + second*math.Sin(2*math.Pi*(float64(n)/2.5*t-2*u)))
			return r.X + t*r.W, r.Y + high + u*inner + h
		})
	}
}

// rays draws lines from a centre outward between two radii.
func (c *canvas) rays(x, y, r float64, lines int, from, to float64) {
	for k := range lines {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(lines))
		c.line(false, [2]float64{x + sin*r*from, y - cos*r*from}, [2]float64{x + sin*r*to, y - cos*r*to})
	}
}

// The motifs that stand in the corners of a page.
var motifs = map[string]func(c *canvas, at func(x, y float64) (float64, float64), size float64, lines int){
	// fan: lines that turn from the one side to the other and wrap a curve.
	"fan": func(c *canvas, at func(x, y float64) (float64, float64), size float64, lines int) {
		for k := range lines {
			u := float64(k+1) / float64(lines+1)
			x1, y1 := at(0, size*(1-u))
			x2, y2 := at(size*u, 0)
			c.line(false, [2]float64{x1, y1}, [2]float64{x2, y2})
		}
	},
	// rays: lines that leave the corner.
	"rays": func(c *canvas, at func(x, y float64) (float64, float64), size float64, lines int) {
		for k := range lines {
			sin, cos := math.Sincos(math.Pi / 2 * float64(k) / float64(max(1, lines-1)))
			x1, y1 := at(size*0.45*cos, size*0.45*sin)
			x2, y2 := at(size*cos, size*sin)
			c.line(false, [2]float64{x1, y1}, [2]float64{x2, y2})
		}
	},
	// arcs: quarter circles round the corner.
	"arcs": func(c *canvas, at func(x, y float64) (float64, float64), size float64, lines int) {
		for k := range lines {
			r := size * float64(k+1) / float64(lines)
			c.curve(4, false, func(t float64) (float64, float64) {
				sin, cos := math.Sincos(math.Pi / 2 * t)
				return at(r*cos, r*sin)
			})
		}
	},
	// leaf: a spray of loops that meet in the corner.
	"leaf": func(c *canvas, at func(x, y float64) (float64, float64), size float64, lines int) {
		for k := range lines {
			a := math.Pi / 2 * (float64(k) + 0.5) / float64(lines)
			reach := size * (0.72 + 0.28*math.Sin(2*a))
			c.curve(24, true, func(t float64) (float64, float64) {
				rho := reach * math.Sin(math.Pi*t)
				turn := a + 0.30*math.Sin(2*math.Pi*t)
				sin, cos := math.Sincos(turn)
				return at(rho*cos, rho*sin)
			})
		}
	},
}

func (c *canvas) corners(inset float64, size float64, lines int, motif string) {
	draw := motifs[motif]
	for _, turn := range [][2]float64{{1, 1}, {-1, 1}, {-1, -1}, {1, -1}} {
		draw(c, func(x, y float64) (float64, float64) {
			if turn[0] < 0 {
				x = c.wide - inset - x
			} else {
				x += inset
			}
			if turn[1] < 0 {
				y = c.high - inset - y
			} else {
				y += inset
			}
			return x, y
		}, size, lines)
	}
}

// draw draws one piece; mirrored, its box is turned over.
func (c *canvas) draw(o ornamentSource, ink Colour, mirrored bool) {
	c.pen(ink, o.Weight)
	var box Rect
	if o.Box != nil {
		box = o.Box.on(c.wide, c.high)
		if mirrored {
			box = box.mirror(c.wide)
		}
	}
	x, y, r := box.X+box.W/2, box.Y+box.H/2, min(box.W, box.H)/2
	f := frame{c.wide, c.high, o.Inset, o.Radius}
	switch o.Kind {
	case "frame":
		c.outline(f, o.Notch)
	case "panel":
		c.line(true, [2]float64{box.X, box.Y}, [2]float64{box.X + box.W, box.Y}, [2]float64{box.X + box.W, box.Y + box.H}, [2]float64{box.X, box.Y + box.H})
	case "waves":
		c.waves(f, o.Wave, o.High, o.Strands, o.Second)
	case "ring":
		c.ring(x, y, r, o.Petals, o.Strands, o.From, o.To)
	case "circle":
		c.circle(x, y, r*o.To)
	case "rays":
		c.rays(x, y, r, o.Lines, o.From, o.To)
	case "band":
		c.band(box, o.Wave, o.Strands, o.Second)
	case "field":
		c.field(box, o.Wave, o.High, o.Lines, o.Second)
	case "corners":
		c.corners(o.Inset, o.High, o.Lines, o.Motif)
	}
}

// kinds tells which members each kind of ornament takes beside ink and weight.
var kinds = map[string][]string{
	"frame":   {"inset", "radius", "notch"},
	"waves":   {"inset", "radius", "wave", "high", "strands", "second"},
	"ring":    {"box", "petals", "strands", "from", "to"},
	"circle":  {"box", "to"},
	"panel":   {"box"},
	"rays":    {"box", "lines", "from", "to"},
	"band":    {"box", "wave", "strands", "second"},
	"field":   {"box", "wave", "high", "lines", "second"},
	"corners": {"inset", "high", "lines", "motif"},
}
