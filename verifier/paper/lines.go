package paper

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/testamur/testamur/templates/typeface"
)

// A line is what a reader takes for one line of type, or for a piece of one:
// characters on one baseline, of one size, that follow each other without a gap.
type line struct {
	text     string
	faces    []*face // of each character of the text; none of a mirrored line
	glyphs   []glyph
	x, y     float64 // where the baseline begins, the page turned upright
	right    float64
	size     float64
	proven   bool // every outline is known
	mirrored bool // some of it is read from right to left
	plain    bool // every character is plainly painted, and dark enough to be read
	in       int  // the place in which it stands, counted from 1
	astray   bool // some of it does not stand there
}

// Distances within a line, in ems. The press tracks by up to 0.09 and kerns by
// some hundredths.
const (
	wideGap  = 0.6
	wordGap  = 0.18
	overlap  = -0.12
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
		if g := &s.glyphs[i]; s.isCovered(g, g.box, nil) || s.overprinted(g, s.glyphs[i+1:]) {
			covered = append(covered, *g)
		} else {
			kept = append(kept, *g)
		}
	}
	s.glyphs = kept
	return covered
}

// isCovered reports whether something was painted over the ink of g, or over one
// part of it, leaving out what may be there.
func (s *sheet) isCovered(g *glyph, ink box, may func(p *paint) bool) bool {
	if g.blank || ink.area() == 0 {
		return false
	}
	white := 0.0 // what all that is white takes away together
	for k := range s.paints {
		p := &s.paints[k]
		if p.order <= g.order || p.edge == g.order || p.span != 0 && p.span == g.span || !p.box.meets(ink) || may != nil && may(p) {
			continue
		}
		if p.shade >= seen {
			if p.kind != aLine {
				white += p.box.cut(ink).area()
			}
			for _, piece := range p.strokes {
				if piece.box.meets(ink) {
					white += piece.box.cut(ink).area()
				}
			}
			if white > 0.005*ink.area() {
				return true
			}
		}
		if p.claim != "" { // letters, to be read or to be found out later
			for _, b := range p.outline {
				if b.meets(ink) && b.cut(ink).area() > mostShared*ink.area() && ink.area() > dot*g.size()*g.size() {
					return true
				}
			}
			continue
		}
		if p.kind != aLine {
			if p.box.cut(ink).area() > 0.02*ink.area() {
				return true
			}
			continue
		}
		for _, piece := range p.strokes { // a line strikes out what is not much larger
			if piece.box.meets(ink) && p.wide > 0.01*g.size() {
				return true
			}
		}
	}
	return false
}

// mostShared is how much of a letter may lie beneath another. Neighbours on a line
// reach into each other, in italics even far.
const mostShared = 0.6

// dot is the area of a dot or a comma, in ems: what stands on the next line may
// reach over it.
const dot = 0.02

// overprinted reports whether one of the glyphs painted later stands on g. What
// stands too close to be a neighbour is no line any more.
func (s *sheet) overprinted(g *glyph, later []glyph) bool {
	if g.blank || g.box.area() == 0 {
		return false
	}
	for k := range later {
		if o := &later[k]; !o.blank && o.box.meets(g.box) && o.hides(g) {
			return true
		}
	}
	return false
}

// hides reports whether a glyph stands so much on another that this cannot be told.
// What stands beside it on its line may reach over it, as a letter does over a full
// stop, but no two of one size may share most of their ink.
func (g *glyph) hides(under *glyph) bool {
	shared := g.box.cut(under.box).area()
	if g.besides(under) {
		return shared > 0.5*max(g.box.area(), under.box.area())
	}
	return shared > mostShared*under.box.area()
}

// besides reports whether two glyphs stand on one baseline in one size.
func (g *glyph) besides(o *glyph) bool {
	size := g.size()
	across := ((g.m[4]-o.m[4])*g.m[1] - (g.m[5]-o.m[5])*g.m[0]) / max(length(g.m[0], g.m[1]), 1e-9)
	return near(size, o.size(), 0.02*size) && near(across, 0, 0.05*size)
}

// upright gives the map that turns the page so that most of its letters stand
// upright, whichever way the page is turned in its file.
func upright(glyphs []glyph) (turn matrix, quarters int) {
	var votes [4]int
	for i := range glyphs {
		if q, fair := glyphs[i].angle(); fair {
			votes[q] += len(glyphs[i].text)
		}
	}
	for q := range votes {
		if votes[q] > votes[quarters] {
			quarters = q
		}
	}
	return [4]matrix{identity, {0, -1, 1, 0, 0, 0}, {-1, 0, 0, -1, 0, 0}, {0, 1, -1, 0, 0, 0}}[quarters], quarters
}

// A placed glyph is one that stands upright, with the beginning of its baseline on
// the page turned upright.
type placed struct {
	*glyph
	x, y float64
	in   int  // the place in which it begins, counted from 1; 0: none, or not looked for
	out  bool // it does not end there
}

// stand parts what stands upright from what does not.
func stand(glyphs []glyph, turn matrix, quarters int) (list []placed, loose []glyph) {
	for i := range glyphs {
		g := &glyphs[i]
		if q, fair := g.angle(); !fair || q != quarters {
			if !g.blank {
				loose = append(loose, *g)
			}
			continue
		}
		at := turn.apply(g.m[4], g.m[5])
		list = append(list, placed{glyph: g, x: at.x, y: at.y})
	}
	slices.SortStableFunc(list, func(a, b placed) int { return compareFloats(b.y, a.y) })
	return list, loose
}

// lines gives the upright lines of a page from top to bottom and from left to
// right, and what does not stand in any.
func (s *sheet) lines() (all []line, loose []glyph) {
	turn, quarters := upright(s.glyphs)
	list, loose := stand(s.glyphs, turn, quarters)
	return inLines(list), loose
}

// inLines puts glyphs, sorted from top to bottom, into lines.
func inLines(list []placed) (all []line) {
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[from].y-list[to].y < 0.05*list[from].size() {
			to++
		}
		row := slices.Clone(list[from:to])
		slices.SortStableFunc(row, func(a, b placed) int { return compareFloats(a.x, b.x) })
		var l *line
		for _, p := range row {
			size := p.size()
			if l != nil {
				gap := (p.x - l.right) / l.size
				if gap > wideGap || gap < overlap || math.Abs(size/l.size-1) > 0.02 || l.in > 0 && p.in > 0 && l.in != p.in {
					l = nil
				} else if gap > wordGap && !strings.HasSuffix(l.text, " ") && !p.blank {
					l.add(" ", nil)
				}
			}
			if l == nil {
				all = append(all, line{x: p.x, y: p.y, size: size, proven: true, plain: true})
				l = &all[len(all)-1]
			}
			l.in = max(l.in, p.in)
			l.astray = l.astray || !p.blank && (p.in == 0 || p.out)
			l.add(p.text, p.face)
			l.glyphs = append(l.glyphs, *p.glyph)
			advance := p.advance
			if p.blank {
				advance = min(max(advance, 0), maxBlank)
			}
			l.right = p.x + advance*size
			l.mirrored = l.mirrored || p.setting != nil && p.setting.rtl
			l.proven = l.proven && p.proven
			l.plain = l.plain && (p.blank || p.plain && !p.clipped && p.shade <= readable && size >= smallest)
		}
		from = to
	}
	kept := all[:0]
	for _, l := range all {
		if l.mirrored {
			l.text, l.faces = l.logical(), nil
		}
		l.tidy()
		if l.text == "" && slices.ContainsFunc(l.glyphs, func(g glyph) bool { return !g.blank || !g.proven }) {
			l.text = "\ufffd" // it shows something, whatever it is said to be
		}
		if l.text != "" {
			kept = append(kept, l)
		}
	}
	return kept
}

// add adds a text in a typeface.
func (l *line) add(text string, f *face) {
	l.text += text
	for range text {
		l.faces = append(l.faces, f)
	}
}

// tidy takes away the spaces at both ends of the text, and all but one between words.
func (l *line) tidy() {
	var text []rune
	var faces []*face
	for i, r := range []rune(l.text) {
		if unicode.IsSpace(r) {
			if r = ' '; len(text) == 0 || text[len(text)-1] == ' ' {
				continue
			}
		}
		text = append(text, r)
		if i < len(l.faces) {
			faces = append(faces, l.faces[i])
		}
	}
	if n := len(text); n > 0 && text[n-1] == ' ' {
		text, faces = text[:n-1], faces[:min(n-1, len(faces))]
	}
	l.text, l.faces = string(text), faces
}

// logical gives the text of a line, some of which is read from right to left, in
// the order of reading, as well as can be told without knowing what is meant.
func (l *line) logical() string {
	type piece struct {
		text string
		rtl  bool
	}
	var pieces []piece
	for i := range l.glyphs {
		g := &l.glyphs[i]
		rtl := g.setting != nil && g.setting.rtl
		if n := len(pieces); n > 0 && !rtl && !pieces[n-1].rtl && g.setting == nil {
			pieces[n-1].text += g.text
			continue
		}
		pieces = append(pieces, piece{g.text, rtl})
	}
	slices.Reverse(pieces)
	var text strings.Builder
	for _, p := range pieces {
		text.WriteString(p.text + " ")
	}
	return text.String()
}

// smallest is the least size of type, in points, that is read without a glass.
const smallest = 4

// same reports whether text reads as want does, where a line end of text may
// stand for a space of want or for nothing.
func same(lines []line, want string) bool {
	rest := []rune(want)
	for i := range lines {
		l := &lines[i]
		if i > 0 && l.over(&lines[i-1]) {
			return false
		}
		if i > 0 && len(rest) > 0 && rest[0] == ' ' {
			rest = rest[1:]
		}
		if l.mirrored {
			n := l.shows(rest, fromTheRight(want))
			if n == 0 {
				return false
			}
			rest = rest[n:]
			continue
		}
		k := 0
		for _, r := range l.text {
			var f *face
			if k < len(l.faces) {
				f = l.faces[k]
			}
			if k++; len(rest) == 0 || !f.shows(r, rest[0]) {
				return false
			}
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// over reports whether a line goes over another on the same baseline: what overlaps
// is no end of a line.
func (l *line) over(before *line) bool {
	return near(l.y, before.y, 0.3*min(l.size, before.size)) && l.x < before.right+overlap*before.size && before.x < l.right
}

// shows reports how much of the beginning of want a line shows that is read from
// right to left, in part or as a whole: 0 for another text. What is wanted is set
// as the pieces of the line were, and compared from left to right.
func (l *line) shows(want []rune, rtl bool) int {
	left, set := l.seenLetters()
	n, count := 0, 0
	for n < len(want) && count < len(left) {
		if want[n] != ' ' {
			count++
		}
		n++
	}
	if count < len(left) || set == nil {
		return 0
	}
	o := set.options
	o.RTL = rtl
	right, err := set.family.Set(string(want[:n]), o)
	if err != nil || !slices.EqualFunc(left, setLetters(right), func(a, b letterOf) bool { return a.face.shows(a.char, b.char) && a.space == b.space }) {
		return 0
	}
	return n
}

// fromTheRight reports whether a text as a whole is read from right to left, as its
// first letter is.
func fromTheRight(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) {
			return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
		}
	}
	return false
}

// letterOf is one letter of a line, and whether a space stands between it and the
// next one in its piece, or at the end of a piece between that and the next piece.
type letterOf struct {
	char  rune
	space bool
	face  *face
}

// seenLetters are those of a line from left to right, but for those of a piece that
// was drawn, which stand in the order of reading.
func (l *line) seenLetters() (list []letterOf, set *setting) {
	right := 0.0
	for i := range l.glyphs {
		g := &l.glyphs[i]
		if g.setting != nil && (set == nil || g.setting.rtl) {
			set = g.setting
		}
		along := (g.m[4]*g.m[0] + g.m[5]*g.m[1]) / max(length(g.m[0], g.m[1]), 1e-9)
		if n := len(list); n > 0 && (along-right)/l.size > wordGap {
			list[n-1].space = true
		}
		if !g.blank {
			right = along + g.advance*l.size
		}
		from := len(list)
		list = appendLetters(list, g.text)
		for i := range list[from:] {
			list[from+i].face = g.face
		}
	}
	return list, set
}

// appendLetters adds the letters of a piece. Spaces before and after them are seen in
// the gaps between pieces.
func appendLetters(list []letterOf, text string) []letterOf {
	from := len(list)
	for _, r := range text {
		switch {
		case r != ' ':
			list = append(list, letterOf{char: r})
		case len(list) > from:
			list[len(list)-1].space = true
		}
	}
	if n := len(list); n > from {
		list[n-1].space = false
	}
	return list
}

// setLetters are those that a text has where it is set.
func setLetters(set *typeface.Line) (list []letterOf) {
	gap := false // to the right of what was before
	for _, r := range set.Runs {
		before, after := strings.HasPrefix(r.Text, " "), strings.HasSuffix(r.Text, " ")
		if r.RTL {
			before, after = after, before
		}
		if n := len(list); n > 0 {
			list[n-1].space = list[n-1].space || gap || before
		}
		if trimmed := strings.Trim(r.Text, " "); trimmed != "" {
			list = appendLetters(list, trimmed)
			gap = after
		} else {
			gap = true
		}
	}
	return list
}
