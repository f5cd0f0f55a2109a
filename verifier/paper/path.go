package paper

import "math"

// path is the current path (ISO 32000-1 §8.5), on the page.
type path struct {
	parts   []part
	at      point // in user space
	start   point
	clip    bool // W or W* was said
	evenOdd bool
}

// part is one subpath.
type part struct {
	points  []point
	strokes []stroke
	rect    bool
	closed  bool
	reach   box // of its points and of those that draw its curves
}

// doPath carries out the operators of paths.
func (in *interpreter) doPath(op operator, a operands) bool {
	p := &in.path
	switch op {
	case "m":
		p.at = point{a.num(0), a.num(1)}
		p.start = p.at
		in.begin()
	case "l":
		in.lineTo(point{a.num(0), a.num(1)})
	case "c":
		in.curveTo(point{a.num(0), a.num(1)}, point{a.num(2), a.num(3)}, point{a.num(4), a.num(5)})
	case "v":
		in.curveTo(p.at, point{a.num(0), a.num(1)}, point{a.num(2), a.num(3)})
	case "y":
		in.curveTo(point{a.num(0), a.num(1)}, point{a.num(2), a.num(3)}, point{a.num(2), a.num(3)})
	case "h":
		in.close()
	case "re":
		in.rectangle(a.num(0), a.num(1), a.num(2), a.num(3))
	case "W", "W*":
		p.clip, p.evenOdd = true, op == "W*"
	case "n":
		in.finish(false, false, false)
	case "S":
		in.finish(false, true, false)
	case "s":
		in.close()
		in.finish(false, true, false)
	case "f", "F":
		in.finish(true, false, false)
	case "f*":
		in.finish(true, false, true)
	case "B":
		in.finish(true, true, false)
	case "B*":
		in.finish(true, true, true)
	case "b":
		in.close()
		in.finish(true, true, false)
	case "b*":
		in.close()
		in.finish(true, true, true)
	default:
		return false
	}
	return true
}

// begin begins a subpath at the current point.
func (in *interpreter) begin() {
	p := &in.path
	at := in.state.ctm.apply(p.at.x, p.at.y)
	p.parts = append(p.parts, part{points: []point{at}, reach: nowhere.with(at)})
	in.count()
}

// last is the subpath that goes on. After one that was closed another begins
// where that one began.
func (in *interpreter) last() *part {
	p := &in.path
	if p.parts[len(p.parts)-1].closed {
		in.begin()
	}
	return &p.parts[len(p.parts)-1]
}

func (in *interpreter) count() {
	if in.pieces++; in.pieces > maxPieces {
		in.broken = true
	}
}

func (in *interpreter) lineTo(to point) {
	p := &in.path
	in.count()
	if len(p.parts) == 0 {
		in.broken = true
		return
	}
	last := in.last()
	from, end := in.state.ctm.apply(p.at.x, p.at.y), in.state.ctm.apply(to.x, to.y)
	last.reach = last.reach.with(end)
	last.points = append(last.points, end)
	last.strokes = append(last.strokes, stroke{nowhere.with(from).with(end), true})
	p.at = to
}

func (in *interpreter) curveTo(b, c, d point) {
	p := &in.path
	in.count()
	if len(p.parts) == 0 {
		in.broken = true
		return
	}
	last := in.last()
	m := in.state.ctm
	p0, p1, p2, p3 := m.apply(p.at.x, p.at.y), m.apply(b.x, b.y), m.apply(c.x, c.y), m.apply(d.x, d.y)
	// A curve never leaves the points that draw it, wherever it goes in between.
	around := around([]point{p0, p1, p2, p3})
	last.points = appendCurve(last.points, p0, p1, p2, p3)
	last.reach = last.reach.union(around)
	last.strokes = append(last.strokes, stroke{around, false})
	p.at = d
}

// appendCurve adds a curve in steps, its beginning left out.
func appendCurve(list []point, p0, p1, p2, p3 point) []point {
	const steps = 8
	for i := 1; i <= steps; i++ {
		t := float64(i) / steps
		u := 1 - t
		list = append(list, point{
			u*u*u*p0.x + 3*u*u*t*p1.x + 3*u*t*t*p2.x + t*t*t*p3.x,
			u*u*u*p0.y + 3*u*u*t*p1.y + 3*u*t*t*p2.y + t*t*t*p3.y,
		})
	}
	return list
}

func (in *interpreter) close() {
	p := &in.path
	if len(p.parts) == 0 {
		return
	}
	if last := &p.parts[len(p.parts)-1]; !last.closed { // a point becomes a line without length, and that a dot
		in.lineTo(p.start)
		in.path.parts[len(p.parts)-1].closed = true
	}
	p.at = p.start
}

func (in *interpreter) rectangle(x, y, w, h float64) {
	p := &in.path
	in.count()
	m := in.state.ctm
	corners := []point{m.apply(x, y), m.apply(x+w, y), m.apply(x+w, y+h), m.apply(x, y+h)}
	r := part{points: corners, rect: m.upright(), closed: true, reach: nowhere}
	for i, c := range corners {
		r.reach = r.reach.with(c)
		r.strokes = append(r.strokes, stroke{nowhere.with(c).with(corners[(i+1)%4]), true})
	}
	p.parts = append(p.parts, r)
	p.at, p.start = point{x, y}, point{x, y}
}

// finish paints the path, lets it clip, and ends it (§8.5.3, §8.5.4).
func (in *interpreter) finish(fill, line, evenOdd bool) {
	p, s := &in.path, &in.state
	edge := 0 // of an area that is filled and outlined in one go
	if fill && len(p.parts) > 0 {
		f := paint{kind: aFill, box: nowhere, shade: s.fill.shade, plain: s.fill.known, evenOdd: evenOdd, rects: true}
		for i := range p.parts {
			part := &p.parts[i]
			if len(part.points) < 3 {
				if len(part.points) > 1 { // no area, and drawn as a hair
					in.doubt(doubtPainting)
				}
				continue // some programs end their rectangles with a move
			}
			f.parts = append(f.parts, part.points)
			f.rects = f.rects && part.isRect()
			f.box = f.box.union(part.reach)
		}
		if len(f.parts) > 0 {
			before := in.order
			if in.mark(f); in.order > before {
				edge = in.order
			}
		}
	}
	if line {
		in.stroke(edge)
	}
	if p.clip {
		around := nowhere
		for _, part := range p.parts {
			around = around.union(part.reach)
		}
		if around.empty() {
			in.doubt(doubtPainting) // not every viewer shows nothing then
		} else {
			s.clip = s.clip.cut(around)
		}
		if len(p.parts) != 1 || !p.parts[0].isRect() {
			s.oddClip = true
			in.doubt(doubtPainting)
		}
	}
	in.path = path{}
}

// isRect reports whether a subpath is a rectangle along the axes, however drawn.
func (p *part) isRect() bool {
	if p.rect {
		return true
	}
	q := p.points
	if len(q) == 5 && q[4] == q[0] {
		q = q[:4]
	}
	if len(q) != 4 {
		return false
	}
	for i := range q {
		a, b := q[i], q[(i+1)%4]
		if flat := math.Abs(a.y-b.y) < 1e-3; flat == (math.Abs(a.x-b.x) < 1e-3) || flat == (math.Abs(b.y-q[(i+2)%4].y) < 1e-3) {
			return false
		}
	}
	return true
}

// stroke draws the path as a line, which is the edge of the area of that order.
func (in *interpreter) stroke(edge int) {
	s := &in.state
	least, most := s.ctm.stretch()
	if most > 1.01*least {
		in.doubt(doubtPainting) // a line of several widths
	}
	l := paint{kind: aLine, edge: edge, box: nowhere, shade: s.line.shade, plain: s.line.known, wide: max(math.Abs(s.width)*most, 0.1)}
	for _, part := range in.path.parts {
		reach := l.wide / 2
		if s.square {
			reach *= math.Sqrt2
		}
		if !s.round && len(part.strokes) > 1 { // the points in which lines are joined (§8.4.3.5)
			reach *= max(1, math.Abs(s.miter))
		}
		for _, piece := range part.strokes {
			piece.box = piece.box.grown(reach)
			if !piece.box.meets(s.clip) {
				continue
			}
			l.strokes = append(l.strokes, piece)
			l.box = l.box.union(piece.box)
		}
	}
	if len(l.strokes) > 0 {
		in.mark(l)
	}
}
