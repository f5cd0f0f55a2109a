package paper

import "math"

// A matrix maps (x, y) to (a·x + c·y + e, b·x + d·y + f) (ISO 32000-1 §8.3.4).
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// then is the map that applies m first and n after it.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) apply(x, y float64) point {
	return point{m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]}
}

// inverse is the map back; ok says whether there is one.
func (m matrix) inverse() (n matrix, ok bool) {
	d := m[0]*m[3] - m[1]*m[2]
	if math.Abs(d) < 1e-12 {
		return n, false
	}
	n = matrix{m[3] / d, -m[1] / d, -m[2] / d, m[0] / d, 0, 0}
	o := n.apply(m[4], m[5])
	n[4], n[5] = -o.x, -o.y
	return n, true
}

// sane reports whether nothing is lost to the limits of arithmetic.
func (m matrix) sane() bool {
	for _, v := range m {
		if !(math.Abs(v) < 1e9) {
			return false
		}
	}
	return true
}

// upright reports whether axes stay axes.
func (m matrix) upright() bool {
	small := 1e-6 * (math.Abs(m[0]) + math.Abs(m[1]) + math.Abs(m[2]) + math.Abs(m[3]))
	return math.Abs(m[1]) <= small && math.Abs(m[2]) <= small || math.Abs(m[0]) <= small && math.Abs(m[3]) <= small
}

// stretch gives by how much lengths shrink and grow at most.
func (m matrix) stretch() (least, most float64) {
	a, b := length((m[0]+m[3])/2, (m[1]-m[2])/2), length((m[0]-m[3])/2, (m[1]+m[2])/2)
	return math.Abs(a - b), a + b
}

type point struct{ x, y float64 }

// A box is a rectangle along the axes.
type box struct{ x0, y0, x1, y1 float64 }

var nowhere = box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}

func (b box) wide() float64 { return b.x1 - b.x0 }
func (b box) high() float64 { return b.y1 - b.y0 }
func (b box) area() float64 { return max(0, b.wide()) * max(0, b.high()) }
func (b box) empty() bool   { return !(b.x0 < b.x1 && b.y0 < b.y1) }

func (b box) with(p point) box {
	return box{min(b.x0, p.x), min(b.y0, p.y), max(b.x1, p.x), max(b.y1, p.y)}
}

func (b box) union(c box) box {
	return box{min(b.x0, c.x0), min(b.y0, c.y0), max(b.x1, c.x1), max(b.y1, c.y1)}
}

func (b box) cut(c box) box {
	return box{max(b.x0, c.x0), max(b.y0, c.y0), min(b.x1, c.x1), min(b.y1, c.y1)}
}

func (b box) grown(by float64) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

// meets reports whether b and c have a point in common; a line has no area and
// still meets what it crosses.
func (b box) meets(c box) bool {
	return b.x0 <= c.x1 && c.x0 <= b.x1 && b.y0 <= c.y1 && c.y0 <= b.y1
}

func (b box) holds(c box) bool {
	return b.x0 <= c.x0 && b.y0 <= c.y0 && c.x1 <= b.x1 && c.y1 <= b.y1
}

// mapped is the box around b after m.
func (b box) mapped(m matrix) box {
	return nowhere.with(m.apply(b.x0, b.y0)).with(m.apply(b.x1, b.y0)).with(m.apply(b.x0, b.y1)).with(m.apply(b.x1, b.y1))
}

// boxOf reads a rectangle of a PDF, whose corners come in any order (§7.9.5).
func boxOf(v []float64) (box, bool) {
	if len(v) != 4 {
		return box{}, false
	}
	return box{min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3])}, true
}

func length(x, y float64) float64 { return math.Hypot(x, y) }
