package paper

import (
	"math"
	"unicode/utf8"

	"github.com/testamur/testamur/templates/typeface"
)

// A setting is a text set in one family, as outlines: what it must look like
// wherever it was drawn as an area.
type setting struct {
	text    string
	family  *typeface.Family
	options typeface.Options
	rtl     bool // it is read from right to left
	width   float64
	parts   [][]point // its closed outlines in ems, in the order of painting
	ends    []int     // how many of them there are up to the end of each glyph
}

// A setter sets texts as the press would. It is used for one page.
type setter struct {
	ways  []way // the likeliest first
	known map[string][]*setting
	left  int // texts that may still be set
}

// A way is one in which a text may have been set.
type way struct {
	family  *typeface.Family
	options typeface.Options
}

const maxSettings = 1500 // of one page

func newSetter(families []*typeface.Family, languages []string) *setter {
	w := &setter{known: map[string][]*setting{}, left: maxSettings}
	for _, language := range languages {
		for _, f := range families {
			for _, rtl := range []bool{false, true} {
				w.ways = append(w.ways, way{f, typeface.Options{Language: language, RTL: rtl}})
			}
		}
	}
	return w
}

// read tells what text outlines show: that which they are claimed to show, if they
// are what a family of the certificates makes of it. The map takes an em of the text
// to the page.
func (w *setter) read(claim string, parts [][]point) (s *setting, m matrix, ok bool) {
	for _, s := range w.known[claim] {
		if m, ok := s.onto(parts); ok {
			return s, m, true
		}
	}
	for i, way := range w.ways {
		s := w.set(way.family, claim, way.options)
		if s == nil {
			continue
		}
		m, ok := s.onto(parts)
		if !ok {
			// The track of a line is not known; the outlines tell it.
			o := way.options
			if o.Track, ok = s.track(parts); ok {
				if s = w.set(way.family, claim, o); s != nil {
					m, ok = s.onto(parts)
				}
			}
		}
		if ok && s != nil {
			w.known[claim] = append(w.known[claim], s)
			copy(w.ways[1:i+1], w.ways[:i]) // other texts of the page are set like it
			w.ways[0] = way
			return s, m, true
		}
	}
	return nil, m, false
}

// set sets a text, if it can be set.
func (w *setter) set(f *typeface.Family, text string, o typeface.Options) *setting {
	if w.left--; w.left < 0 {
		return nil
	}
	l, err := f.Set(text, o)
	if err != nil {
		return nil
	}
	s := setAs(l)
	s.family, s.options = f, o
	if len(s.parts) == 0 {
		return nil
	}
	return s
}

// setAs gives the outlines of a line.
func setAs(l *typeface.Line) *setting {
	s := &setting{text: l.Text, width: float64(l.Width) / 1000}
	for _, r := range l.Runs {
		s.rtl = s.rtl || r.RTL
		for _, g := range r.Glyphs {
			s.add(r.Face.Outline(g.ID), float64(g.X), float64(g.Y))
			s.ends = append(s.ends, len(s.parts))
		}
	}
	return s
}

// add adds the outline of one glyph, its curves in as many steps as those that
// are painted.
func (s *setting) add(outline []typeface.Segment, x, y float64) {
	var part []point
	at := func(p typeface.Point) point { return point{(p.X + x) / 1000, (p.Y + y) / 1000} }
	end := func() {
		if part = open(part); len(part) > 2 {
			s.parts = append(s.parts, part)
		}
		part = nil
	}
	for _, step := range outline {
		switch step.Op {
		case typeface.MoveTo:
			end()
			part = append(part, at(step.P[0]))
		case typeface.LineTo:
			part = append(part, at(step.P[0]))
		case typeface.CubeTo:
			part = appendCurve(part, part[len(part)-1], at(step.P[0]), at(step.P[1]), at(step.P[2]))
		}
	}
	end()
}

// open takes away the points at the end of an outline that close it.
func open(part []point) []point {
	for n := len(part); n > 1 && length(part[n-1].x-part[0].x, part[n-1].y-part[0].y) < 1e-9; n-- {
		part = part[:n-1]
	}
	return part
}

// track finds by how much the characters of painted outlines stand farther apart
// than those of s, in thousandths of an em, if that is all in which they differ.
func (s *setting) track(painted [][]point) (track int, ok bool) {
	const most = 300
	n := len(s.parts)
	count := utf8.RuneCountInString(s.text) - 1
	if len(painted) != n || n < 2 || count < 1 {
		return 0, false
	}
	m, ok := similar(painted[:1], s.parts[:1])
	back, ok2 := m.inverse()
	if !ok || !ok2 || len(painted[n-1]) == 0 || len(s.parts[n-1]) == 0 {
		return 0, false
	}
	far := back.apply(painted[n-1][0].x, painted[n-1][0].y).x - s.parts[n-1][0].x
	track = int(math.Round(1000 * far / float64(count)))
	return track, track != 0 && track > -most && track < most
}

// Programs write outlines with two or three decimals of a point; what differs by
// more than that, or this part of an em, is another outline.
const (
	outlineSlack = 0.002 // ems
	roundedSlack = 0.012 // points
)

// onto gives the map that takes the outlines onto painted ones, if there is one
// that turns, moves and enlarges and does nothing else.
func (s *setting) onto(painted [][]point) (m matrix, ok bool) {
	if m, ok = similar(painted, s.parts); !ok {
		return m, false
	}
	slack := max(outlineSlack*length(m[0], m[1]), roundedSlack)
	for i, part := range painted {
		for k, want := range s.parts[i] {
			if q := m.apply(want.x, want.y); !(math.Abs(q.x-part[k].x) <= slack && math.Abs(q.y-part[k].y) <= slack) {
				return m, false
			}
		}
	}
	return m, m.sane()
}

// similar gives the map that brings outlines nearest to painted ones of as many
// points.
func similar(painted, wanted [][]point) (m matrix, ok bool) {
	if len(painted) != len(wanted) {
		return m, false
	}
	var n float64
	var from, to point // the middles
	for i, part := range painted {
		want := wanted[i]
		if len(part) < len(want) || len(part) > len(want)+2 {
			return m, false
		}
		for _, q := range part[len(want):] { // what closes it
			if length(q.x-part[0].x, q.y-part[0].y) > roundedSlack {
				return m, false
			}
		}
		for k := range want {
			from.x, from.y = from.x+want[k].x, from.y+want[k].y
			to.x, to.y = to.x+part[k].x, to.y+part[k].y
			n++
		}
	}
	from, to = point{from.x / n, from.y / n}, point{to.x / n, to.y / n}
	// Least squares over all similarities, which are the multiplications of complex
	// numbers.
	var re, im, sum float64
	for i, part := range painted {
		want := wanted[i]
		for k := range want {
			a, b := point{want[k].x - from.x, want[k].y - from.y}, point{part[k].x - to.x, part[k].y - to.y}
			re += a.x*b.x + a.y*b.y
			im += a.x*b.y - a.y*b.x
			sum += a.x*a.x + a.y*a.y
		}
	}
	if !(sum > 0) {
		return m, false
	}
	re, im = re/sum, im/sum
	m = matrix{re, im, -im, re, 0, 0}
	o := m.apply(from.x, from.y)
	m[4], m[5] = to.x-o.x, to.y-o.y
	return m, true
}
