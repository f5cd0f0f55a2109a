package certificate

import (
	"math"

	"github.com/testamur/testamur/templates/picture"
)

// sheetSize gives a size of paper in millimetres, the longer side across in
// landscape.
func sheetSize(size Size, landscape bool) (wide, high float64, ok bool) {
	switch size {
	case A4:
		wide, high = 210, 297
	case Letter:
		wide, high = 215.9, 279.4
	default:
		return 0, 0, false
	}
	if landscape {
		wide, high = high, wide
	}
	return wide, high, true
}

// on finds the place of a box on a page. Of a rule, one axis may be without
// size.
func (b boxSource) on(wide, high float64) Rect {
	x, w, _ := axis(b.Left, b.Right, b.Width, b.Center, wide)
	y, h, _ := axis(b.Top, b.Bottom, b.Height, b.Middle, high)
	return Rect{round(x), round(y), round(w), round(h)}
}

// axis resolves one axis; the reason is "" where it can be.
func axis(near, far, size *float64, centred bool, all float64) (at, length float64, reason string) {
	given := 0
	for _, v := range []*float64{near, far, size} {
		if v != nil {
			given++
		}
	}
	switch {
	case centred && (size == nil || given != 1):
		return 0, 0, "in the middle of the page it takes its size, and no distance"
	case centred:
		return (all - *size) / 2, *size, ""
	case given != 2:
		return 0, 0, "it takes two of the three"
	case size == nil:
		return *near, all - *near - *far, ""
	case near == nil:
		return all - *far - *size, *size, ""
	}
	return *near, *size, ""
}

// round keeps a thousandth of a millimetre, so that a page is the same to the
// last digit on every machine.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }

// mirror turns a place over on a page so wide.
func (r Rect) mirror(wide float64) Rect { return Rect{round(wide - r.X - r.W), r.Y, r.W, r.H} }

// grown is the place with a margin round it.
func (r Rect) grown(by float64) Rect { return Rect{r.X - by, r.Y - by, r.W + 2*by, r.H + 2*by} }

// meets reports whether two places share more than an edge.
func (r Rect) meets(o Rect) bool {
	return r.X < o.X+o.W && o.X < r.X+r.W && r.Y < o.Y+o.H && o.Y < r.Y+r.H
}

// holds reports whether o lies within r.
func (r Rect) holds(o Rect) bool {
	const slack = 1e-6
	return o.X >= r.X-slack && o.Y >= r.Y-slack && o.X+o.W <= r.X+r.W+slack && o.Y+o.H <= r.Y+r.H+slack
}

// inside fits a picture into its box without changing its shape.
func inside(box Rect, p *picture.Picture, align string) Rect {
	k := min(box.W/float64(p.Wide), box.H/float64(p.High))
	out := Rect{box.X, 0, round(float64(p.Wide) * k), round(float64(p.High) * k)}
	out.Y = round(box.Y + (box.H-out.H)/2)
	switch align {
	case "start":
	case "end":
		out.X = round(box.X + box.W - out.W)
	default:
		out.X = round(box.X + (box.W-out.W)/2)
	}
	return out
}
