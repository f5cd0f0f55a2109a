package picture

import (
	"math"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// A point of the picture, in pixels from its upper left corner.
type point struct{ x, y float64 }

// A polygon is closed where it ends.
type polygon []point

// flat is how far a straight piece may lie from the curve that it stands for, in
// pixels.
const flat = 0.02

// An affine map of outlines to pixels: x' = a·x + c·y + e, y' = b·x + d·y + f.
type affine struct{ a, b, c, d, e, f float64 }

func (m affine) at(p typeface.Point) point {
	return point{m.a*p.X + m.c*p.Y + m.e, m.b*p.X + m.d*p.Y + m.f}
}

// flatten appends the outlines as straight pieces. Each MoveTo begins another.
func (m affine) flatten(to []polygon, segments []typeface.Segment) []polygon {
	var last point
	for _, s := range segments {
		switch s.Op {
		case typeface.MoveTo:
			last = m.at(s.P[0])
			to = append(to, polygon{last})
			continue
		case typeface.LineTo:
			last = m.at(s.P[0])
			to[len(to)-1] = append(to[len(to)-1], last)
		case typeface.CubeTo:
			b, c, d := m.at(s.P[0]), m.at(s.P[1]), m.at(s.P[2])
			to[len(to)-1] = cubic(to[len(to)-1], last, b, c, d)
			last = d
		}
	}
	return to
}

// cubic appends the curve from a to d, a left out.
func cubic(to polygon, a, b, c, d point) polygon {
	// The second differences bound how far the curve bends away from a chord of
	// 1/n of it: by at most their length · 6/8 / n².
	bend := max(math.Hypot(a.x-2*b.x+c.x, a.y-2*b.y+c.y), math.Hypot(b.x-2*c.x+d.x, b.y-2*c.y+d.y))
	n := int(math.Ceil(math.Sqrt(bend * 0.75 / flat)))
	for i := 1; i < n; i++ {
		t := float64(i) / float64(n)
		u := 1 - t
		k0, k1, k2, k3 := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
		to = append(to, point{k0*a.x + k1*b.x + k2*c.x + k3*d.x, k0*a.y + k1*b.y + k2*c.y + k3*d.y})
	}
	return append(to, d)
}

// stroke returns the outline of a line of that width along p, with round ends and
// joins. Where the line bends little, its two sides are offset by one point each,
// so that no part of it is laid down twice: of a hair line, which covers no pixel
// wholly, twice would be seen.
func stroke(p polygon, closed bool, wide float64) []polygon {
	r := wide / 2
	p = distinct(p, closed)
	switch {
	case len(p) == 0:
		return nil
	case len(p) == 1:
		return []polygon{arc(nil, p[0], r, 0, 2*math.Pi)}
	case len(p) == 2:
		closed = false
	}
	n := len(p)
	pieces := n - 1
	if closed {
		pieces = n
	}
	normals := make([]point, pieces) // to the right of each piece
	lengths := make([]float64, pieces)
	for i := range normals {
		q := p[(i+1)%n]
		dx, dy := q.x-p[i].x, q.y-p[i].y
		lengths[i] = math.Hypot(dx, dy)
		normals[i] = point{-dy / lengths[i], dx / lengths[i]}
	}
	if closed {
		var one, other polygon
		for i := range n {
			in, out := (i+n-1)%n, i
			one = side(one, p[i], normals[in], normals[out], lengths[in], lengths[out], r)
			back := (n - i) % n
			in, out = (back+n-1)%n, back
			other = side(other, p[back], negative(normals[out]), negative(normals[in]), lengths[out], lengths[in], r)
		}
		return []polygon{one, other}
	}
	var out polygon
	out = append(out, offset(p[0], normals[0], r))
	for i := 1; i < n-1; i++ {
		out = side(out, p[i], normals[i-1], normals[i], lengths[i-1], lengths[i], r)
	}
	last := normals[pieces-1]
	out = turn(out, p[n-1], last, negative(last), r)
	for i := n - 2; i > 0; i-- {
		out = side(out, p[i], negative(normals[i]), negative(normals[i-1]), lengths[i], lengths[i-1], r)
	}
	out = turn(out, p[0], negative(normals[0]), normals[0], r)
	return []polygon{out}
}

// side appends one side of a join at p, between pieces with those normals, which
// point to that side, and lengths.
func side(to polygon, p, in, out point, before, after, r float64) polygon {
	cos := in.x*out.x + in.y*out.y
	cross := in.x*out.y - in.y*out.x
	if cos > 0.9 { // bends by less than 26 degrees: the sides meet in one point
		k := r / (1 + cos)
		return append(to, point{p.x + k*(in.x+out.x), p.y + k*(in.y+out.y)})
	}
	if cross < 0 || cos < -0.999999 && cross <= 0 { // the outer side
		return turn(to, p, in, out, r)
	}
	// The inner side: where the two lines meet, unless a piece is too short for it.
	if 1+cos > 1e-6 {
		k := r / (1 + cos)
		if reach := r * math.Abs(cross) / (1 + cos); reach < before && reach < after {
			return append(to, point{p.x + k*(in.x+out.x), p.y + k*(in.y+out.y)})
		}
	}
	return append(to, offset(p, in, r), p, offset(p, out, r))
}

func offset(p, n point, r float64) point { return point{p.x + r*n.x, p.y + r*n.y} }
func negative(p point) point             { return point{-p.x, -p.y} }

// turn appends the arc round p that leads from one normal to another, the way in
// which outlines of strokes turn outward.
func turn(to polygon, p, from, until point, r float64) polygon {
	a, b := math.Atan2(from.y, from.x), math.Atan2(until.y, until.x)
	if b >= a {
		b -= 2 * math.Pi
	}
	return arc(to, p, r, a, b)
}

// arc appends an arc, both ends included.
func arc(to polygon, p point, r, from, until float64) polygon {
	step := math.Pi / 8
	if r > flat {
		step = min(step, 2*math.Acos(1-flat/r))
	}
	n := max(1, int(math.Ceil(math.Abs(until-from)/step)))
	for i := 0; i <= n; i++ {
		t := from + (until-from)*float64(i)/float64(n)
		to = append(to, point{p.x + r*math.Cos(t), p.y + r*math.Sin(t)})
	}
	return to
}

// distinct leaves out points that stand on the one before.
func distinct(p polygon, closed bool) polygon {
	const same = 1e-4
	var out polygon
	for _, q := range p {
		if len(out) == 0 || math.Hypot(q.x-out[len(out)-1].x, q.y-out[len(out)-1].y) > same {
			out = append(out, q)
		}
	}
	for closed && len(out) > 1 && math.Hypot(out[0].x-out[len(out)-1].x, out[0].y-out[len(out)-1].y) <= same {
		out = out[:len(out)-1]
	}
	return out
}

// paths returns the outlines of a drawing in pixels: those to fill, with the
// lines that are drawn made into outlines. One element for each path.
func paths(d certificate.Drawing, m affine, scale float64) [][]polygon {
	var out [][]polygon
	if d.Wide == 0 { // filled together: one may be the hole of another
		var all []polygon
		for _, p := range d.Paths {
			all = m.flatten(all, p.Segments)
		}
		return append(out, all)
	}
	for _, p := range d.Paths {
		var all []polygon
		for _, line := range m.flatten(nil, p.Segments) {
			all = append(all, stroke(line, p.Closed, d.Wide*scale)...)
		}
		out = append(out, all)
	}
	return out
}
