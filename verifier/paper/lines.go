package paper

import (
	"math"
	"slices"
	"strings"
)

// A line is what a reader takes for one line of type, or for a piece of one:
// characters on one baseline, of one size, that follow each other without a gap.
type line struct {
	text   string
	glyphs []glyph
	x, y   float64 // where the baseline begins, the page turned upright
	right  float64
	size   float64
	proven bool // every outline is known
	plain  bool // every character is plainly painted, and dark enough to be read
}

// Distances within a line, in ems. The press tracks by up to 0.09 and kerns by
// some hundredths.
const (
	wideGap  = 0.6
	wordGap  = 0.18
	overlap  = -0.35
	maxBlank = 0.6
)

// drop takes out what is hidden beneath something painted later, and reports
// whether there was anything.
func (s *sheet) drop(over func() bool) (covered []glyph) {
	kept := s.glyphs[:0:0]
	for i := range s.glyphs {
		if i%64 == 0 && over() {
			s.doubt(doubtDamaged)
			return covered
		}
		if g := &s.glyphs[i]; s.isCovered(i) {
			covered = append(covered, *g)
		} else {
			kept = append(kept, *g)
		}
	}
	s.glyphs = kept
	return covered
}

// isCovered reports whether something was painted over the i-th glyph.
func (s *sheet) isCovered(i int) bool {
	g := &s.glyphs[i]
	if g.blank || g.box.area() == 0 {
		return false
	}
	white := 0.0 // what all that is white takes away together
	for k := range s.paints {
		p := &s.paints[k]
		if p.order < g.order || !p.box.meets(g.box) {
			continue
		}
		if p.shade >= seen {
			if p.kind != aLine {
				white += p.box.cut(g.box).area()
			}
			for _, piece := range p.strokes {
				if piece.box.meets(g.box) {
					white += piece.box.cut(g.box).area()
				}
			}
			if white > 0.005*g.box.area() {
				return true
			}
		}
		if p.kind != aLine {
			if p.box.cut(g.box).area() > 0.02*g.box.area() {
				return true
			}
			continue
		}
		for _, piece := range p.strokes { // a line strikes out what is not much larger
			if piece.box.meets(g.box) && p.wide > 0.01*g.size() {
				return true
			}
		}
	}
	for k := i + 1; k < len(s.glyphs); k++ {
		// Neighbours on a line reach into each other, in italics even far; what
		// stands too close to be a neighbour is no line any more.
		if o := &s.glyphs[k]; !o.blank && o.box.meets(g.box) && o.box.cut(g.box).area() > 0.6*g.box.area() && !o.besides(g) {
			return true
		}
	}
	return false
}

// besides reports whether two glyphs stand on one baseline in one size.
func (g *glyph) besides(o *glyph) bool {
	size := g.size()
	across := ((g.m[4]-o.m[4])*g.m[1] - (g.m[5]-o.m[5])*g.m[0]) / max(length(g.m[0], g.m[1]), 1e-9)
	return near(size, o.size(), 0.02*size) && near(across, 0, 0.05*size)
}

// upright gives the map that turns the page so that most of its letters stand
// upright, whichever way the page is turned in its file.
func (s *sheet) upright() (turn matrix, quarters int) {
	var votes [4]int
	for i := range s.glyphs {
		if q, fair := s.glyphs[i].angle(); fair {
			votes[q]++
		}
	}
	for q := range votes {
		if votes[q] > votes[quarters] {
			quarters = q
		}
	}
	return [4]matrix{identity, {0, -1, 1, 0, 0, 0}, {-1, 0, 0, -1, 0, 0}, {0, 1, -1, 0, 0, 0}}[quarters], quarters
}

// lines gives the upright lines of a page from top to bottom and from left to
// right, and what does not stand in any.
func (s *sheet) lines() (all []line, loose []glyph) {
	turn, quarters := s.upright()
	type placed struct {
		g    *glyph
		x, y float64
	}
	var list []placed
	for i := range s.glyphs {
		g := &s.glyphs[i]
		if q, fair := g.angle(); !fair || q != quarters {
			if !g.blank {
				loose = append(loose, *g)
			}
			continue
		}
		at := turn.apply(g.m[4], g.m[5])
		list = append(list, placed{g, at.x, at.y})
	}
	slices.SortStableFunc(list, func(a, b placed) int { return compareFloats(b.y, a.y) })
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[from].y-list[to].y < 0.05*list[from].g.size() {
			to++
		}
		row := list[from:to]
		slices.SortStableFunc(row, func(a, b placed) int { return compareFloats(a.x, b.x) })
		var l *line
		for _, p := range row {
			size := p.g.size()
			if l != nil {
				gap := (p.x - l.right) / l.size
				if gap > wideGap || gap < overlap || math.Abs(size/l.size-1) > 0.02 {
					l = nil
				} else if gap > wordGap && !strings.HasSuffix(l.text, " ") && !p.g.blank {
					l.text += " "
				}
			}
			if l == nil {
				all = append(all, line{x: p.x, y: p.y, size: size, proven: true, plain: true})
				l = &all[len(all)-1]
			}
			l.text += p.g.text
			l.glyphs = append(l.glyphs, *p.g)
			advance := p.g.advance
			if p.g.blank {
				advance = min(max(advance, 0), maxBlank)
			}
			l.right = p.x + advance*size
			l.proven = l.proven && p.g.proven
			l.plain = l.plain && (p.g.blank || p.g.plain && !p.g.clipped && p.g.shade <= readable && size >= smallest)
		}
		from = to
	}
	kept := all[:0]
	for _, l := range all {
		if l.text = strings.Join(strings.Fields(l.text), " "); l.text != "" {
			kept = append(kept, l)
		}
	}
	return kept, loose
}

// smallest is the least size of type, in points, that is read without a glass.
const smallest = 4

// same reports whether text reads as want does, where a line end of text may
// stand for a space of want or for nothing.
func same(lines []line, want string) bool {
	rest := []rune(want)
	for i, l := range lines {
		if i > 0 && len(rest) > 0 && rest[0] == ' ' {
			rest = rest[1:]
		}
		for _, r := range l.text {
			if len(rest) == 0 || alike(r) != alike(rest[0]) {
				return false
			}
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}
