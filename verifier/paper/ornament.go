package paper

import (
	"math"
	"sync"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// The ornament of a design, such as a border, is the same on every certificate of
// one size. What a page shows of it is accounted for stroke by stroke.

const ornamentSlack = 0.25 // millimetres; other programs round

// An ornament is where the strokes and areas of a design are, in millimetres from
// the upper left corner.
type ornament struct {
	strokes []ornamentStroke
	cells   map[[2]int][]int // strokes by where they begin
	areas   []ornamentArea
}

type ornamentStroke struct {
	box  box
	wide float64
}

type ornamentArea struct {
	parts [][]point
	shade float64
}

// ornaments are kept by the drawings that they are made of, which a design shares
// between all its pages.
var ornaments sync.Map // *certificate.Drawing → *ornament

// remaining is what of an ornament a page has not shown yet.
type remaining struct {
	*ornament
	strokes, areas []bool
}

func ornamentOf(s *sighting) *remaining {
	if len(s.plan.Drawings) == 0 {
		return &remaining{ornament: &ornament{}}
	}
	key := &s.plan.Drawings[0]
	o, ok := ornaments.Load(key)
	if !ok {
		o, _ = ornaments.LoadOrStore(key, newOrnament(s.plan.Drawings))
	}
	one := o.(*ornament)
	return &remaining{one, make([]bool, len(one.strokes)), make([]bool, len(one.areas))}
}

func newOrnament(list []certificate.Drawing) *ornament {
	o := &ornament{cells: map[[2]int][]int{}}
	for _, d := range list {
		area := ornamentArea{shade: shade(d.Ink)}
		for _, p := range d.Paths {
			if d.Wide == 0 {
				area.parts = append(area.parts, pointsOf(p))
				continue
			}
			o.add(p, d.Wide)
		}
		if d.Wide == 0 {
			o.areas = append(o.areas, area)
		}
	}
	return o
}

// add adds the strokes of one path.
func (o *ornament) add(p certificate.Path, wide float64) {
	var at, start point
	stroke := func(points ...point) {
		s := ornamentStroke{around(points).grown(wide / 2), wide}
		cell := cellOf(s.box)
		o.cells[cell] = append(o.cells[cell], len(o.strokes))
		o.strokes = append(o.strokes, s)
		at = points[len(points)-1]
	}
	for _, s := range p.Segments {
		switch s.Op {
		case typeface.MoveTo:
			at = pointOf(s.P[0])
			start = at
		case typeface.LineTo:
			stroke(at, pointOf(s.P[0]))
		case typeface.CubeTo:
			stroke(at, pointOf(s.P[0]), pointOf(s.P[1]), pointOf(s.P[2]))
		}
	}
	if p.Closed {
		stroke(at, start)
	}
}

// pointsOf is a path with its curves in steps.
func pointsOf(p certificate.Path) (list []point) {
	for _, s := range p.Segments {
		if s.Op == typeface.CubeTo && len(list) > 0 {
			list = appendCurve(list, list[len(list)-1], pointOf(s.P[0]), pointOf(s.P[1]), pointOf(s.P[2]))
		} else {
			list = append(list, pointOf(s.P[0]))
		}
	}
	return list
}

func pointOf(p typeface.Point) point { return point{p.X, p.Y} }

func shade(c certificate.Colour) float64 {
	return (0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)) / 255
}

func cellOf(b box) [2]int { return [2]int{int(math.Floor(b.x0)), int(math.Floor(b.y0))} }

// take accounts for one stroke, and reports whether the ornament has it there.
func (o *remaining) take(seen *sighting, p *paint, s stroke) bool {
	if len(o.ornament.strokes) == 0 {
		return false
	}
	b := seen.box(s.box)
	found, least := -1, ornamentSlack
	at := cellOf(b)
	for x := at[0] - 1; x <= at[0]+1; x++ {
		for y := at[1] - 1; y <= at[1]+1; y++ {
			for _, i := range o.cells[[2]int{x, y}] {
				s := &o.ornament.strokes[i]
				far := max(math.Abs(s.box.x0-b.x0), math.Abs(s.box.y0-b.y0), math.Abs(s.box.x1-b.x1), math.Abs(s.box.y1-b.y1))
				if far < least && !o.strokes[i] && near(p.wide/seen.unit, s.wide, ornamentSlack) {
					found, least = i, far
				}
			}
		}
	}
	if found >= 0 {
		o.strokes[found] = true
	}
	return found >= 0
}

// takeArea accounts for one area, and reports whether the ornament has it there.
func (o *remaining) takeArea(seen *sighting, p *paint) bool {
	for i, a := range o.ornament.areas {
		if !o.areas[i] && !p.evenOdd && near(p.shade, a.shade, 0.05) && seen.covers(p.parts, a.parts) {
			o.areas[i] = true
			return true
		}
	}
	return false
}

// covers reports whether painted outlines are those of an area, point by point.
func (s *sighting) covers(painted, want [][]point) bool {
	if len(painted) != len(want) {
		return false
	}
	for i, part := range painted {
		one := open(want[i])
		if len(one) == 0 || len(part) < len(one) || len(part) > len(one)+2 {
			return false
		}
		for k, q := range part {
			w := one[0] // what closes it
			if k < len(one) {
				w = one[k]
			}
			if q = s.onto.apply(q.x, q.y); length(q.x-w.x, q.y-w.y) > ornamentSlack {
				return false
			}
		}
	}
	return true
}
