package paper

import (
	"slices"
	"strings"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// A look is one way in which certificates are printed: a design in one size of
// paper and in the languages of its wording.
type look struct {
	design *certificate.Design
	style  certificate.Style
}

// A sighting is a page taken for one look: its letters in the places of the plan.
type sighting struct {
	look
	plan   *certificate.Plan
	onto   matrix  // the page → millimetres from the upper left corner of the paper
	unit   float64 // of the page, in a millimetre
	inside [][]line
	beside []line // what stands in no place
	words  int    // of fixed wording that the plan has
	found  int    // of them, those that stand in their place
	facts  int    // that stand in their place
	drawn  int    // strokes of the ornament; counted where nothing else tells
}

// fits reports whether a page has so much of the wording of a look in its places
// that it can be held against it. A page in a body's own design shares some.
func (s *sighting) fits() bool { return s != nil && s.found > 0 && 10*s.found >= 6*s.words }

// better reports whether s explains more of the page than o: of its wording, of its
// facts, of its ornament.
func (s *sighting) better(o *sighting, r *reading) bool {
	switch {
	case o == nil:
		return true
	case 2*s.found-s.words != 2*o.found-o.words:
		return 2*s.found-s.words > 2*o.found-o.words
	case s.facts != o.facts:
		return s.facts > o.facts
	}
	return s.strokes(r) > o.strokes(r)
}

// strokes counts those of the page that the ornament explains.
func (s *sighting) strokes(r *reading) int {
	if s.drawn == 0 {
		s.drawn = 1
		ornament := ornamentOf(s)
		for i := range r.paints {
			for _, piece := range r.paints[i].strokes {
				if ornament.take(s, &r.paints[i], piece) {
					s.drawn++
				}
			}
		}
	}
	return s.drawn
}

// A reading is what stands on one page, ready to be held against designs.
type reading struct {
	*sheet
	turn     matrix
	quarters int
	all      []glyph  // texts drawn as outlines included, each as one
	standing []placed // of them, what stands upright
	loose    []glyph  // and what does not
	covered  []glyph
	read     []bool // of the paints, those that are such texts
}

// read reads the texts that were drawn as outlines.
func (s *sheet) read(open func() *setter) *reading {
	var w *setter // made for the first of them
	r := &reading{sheet: s, all: s.glyphs, covered: s.covered, read: make([]bool, len(s.paints))}
	var spans []int
	of := map[int][]int{}
	for i := range s.paints {
		if n := s.paints[i].span; n != 0 {
			if of[n] == nil {
				spans = append(spans, n)
			}
			of[n] = append(of[n], i)
		}
	}
	for _, n := range spans {
		members := of[n]
		if w == nil {
			w = open()
		}
		g, ok := s.text(w, members)
		if !ok {
			continue
		}
		for _, i := range members {
			r.read[i] = true
		}
		if s.hides(&g, members) {
			r.covered = append(slices.Clip(r.covered), g)
		} else {
			r.all = append(slices.Clip(r.all), g)
		}
	}
	r.turn, r.quarters = upright(r.all)
	r.standing, r.loose = stand(r.all, r.turn, r.quarters)
	return r
}

// text takes the areas of one span for the text that they are claimed to show, if
// they show it.
func (s *sheet) text(w *setter, members []int) (g glyph, ok bool) {
	first := &s.paints[members[0]]
	var parts [][]point
	var ends []int // of each area
	g = glyph{order: first.order, text: first.claim, proven: true, box: nowhere, shade: first.shade, plain: true, span: first.span}
	for _, i := range members {
		p := &s.paints[i]
		if p.evenOdd || p.claim != first.claim {
			return g, false
		}
		parts = append(parts, p.parts...)
		ends = append(ends, len(parts))
		g.parts = append(g.parts, p.outline...)
		g.box = g.box.union(p.box)
		g.shade = max(g.shade, p.shade)
		g.plain = g.plain && p.plain && near(p.shade, first.shade, 0.02)
		g.clipped = g.clipped || p.clipped
	}
	if g.setting, g.m, ok = w.read(first.claim, parts); !ok {
		return g, false
	}
	// What is inside a letter is left out where all of it is painted at once, and not
	// where one outline is painted after the other.
	for _, n := range ends {
		if !slices.Contains(g.setting.ends, n) {
			return g, false
		}
	}
	g.advance = g.setting.width
	return g, true
}

// hides reports whether something was painted over a text of outlines.
func (s *sheet) hides(g *glyph, members []int) bool {
	for _, i := range members {
		part := *g
		part.order = s.paints[i].order
		if slices.ContainsFunc(s.paints[i].outline, func(b box) bool { return s.isCovered(&part, b, nil) }) {
			return true
		}
	}
	return s.overprintedPart(g)
}

// overprintedPart reports whether letters painted later stand on much of g.
func (s *sheet) overprintedPart(g *glyph) bool {
	const most = 0.3
	all, under := 0.0, 0.0
	for _, b := range g.parts {
		all += b.area()
	}
	for i := range s.glyphs {
		o := &s.glyphs[i]
		if o.order < g.order || o.blank || !o.box.meets(g.box) || o.besides(g) {
			continue
		}
		for _, b := range g.parts {
			if o.box.meets(b) && o.box.cut(b).area() > mostShared*b.area() {
				under += b.area()
			}
		}
	}
	return under > most*all
}

// sight takes the page for a look, or gives nil where its paper has another form.
func (r *reading) sight(l look, f certificate.Facts) *sighting {
	plan, err := l.design.Plan(f, l.style)
	if err != nil {
		return nil
	}
	onto, unit, ok := r.onto(plan.Wide, plan.High)
	if !ok {
		return nil
	}
	s := &sighting{look: l, plan: plan, onto: onto, unit: unit, inside: make([][]line, len(plan.Places))}
	standing := slices.Clone(r.standing)
	for i := range standing {
		s.settle(&standing[i])
	}
	for _, l := range inLines(standing) {
		if l.in > 0 {
			s.inside[l.in-1] = append(s.inside[l.in-1], l)
		} else {
			s.beside = append(s.beside, l)
		}
	}
	for i := range s.inside {
		for _, e := range plan.Places[i].Entries {
			at, _ := find(s.inside[i], e.Want)
			switch {
			case e.Fact != "" && at >= 0:
				s.facts++
			case e.Fact != "":
			case at >= 0:
				s.found++
				s.words++
			case !e.Optional:
				s.words++
			}
		}
	}
	return s
}

// settle finds the place in which a glyph stands: the beginning of its baseline,
// and of a whole text its end as well.
func (s *sighting) settle(g *placed) {
	at := func(x float64) int {
		p := s.onto.apply(g.m[0]*x+g.m[4], g.m[1]*x+g.m[5])
		return 1 + slices.IndexFunc(s.plan.Places, func(one certificate.Place) bool { return holds(one.Rect, p) })
	}
	g.in = at(0)
	g.out = g.setting != nil && at(g.advance) != g.in
}

// onto maps the page to millimetres of a paper of that size. The page may have
// been turned, moved or made larger as a whole; nothing may be beside it, and
// nothing cut off.
func (r *reading) onto(wide, high float64) (m matrix, unit float64, ok bool) {
	const slack = 1
	b := r.page.mapped(r.turn)
	unit = b.wide() / wide
	if b.empty() || !near(b.high()/unit, high, slack) {
		return m, 0, false
	}
	return r.turn.then(matrix{1 / unit, 0, 0, -1 / unit, -b.x0 / unit, b.y1 / unit}), unit, true
}

func holds(r certificate.Rect, p point) bool {
	return p.x >= r.X && p.x <= r.X+r.W && p.y >= r.Y && p.y <= r.Y+r.H
}

func rectOf(r certificate.Rect) box { return box{r.X, r.Y, r.X + r.W, r.Y + r.H} }

// box gives the place of a part of the page in millimetres.
func (s *sighting) box(b box) box { return b.mapped(s.onto) }

// shows reports whether a text stands somewhere on the page.
func (r *reading) shows(text string) bool {
	lines := inLines(r.standing)
	for i := range lines {
		for n := 1; n <= 2 && i+n <= len(lines); n++ {
			if text != "" && same(lines[i:i+n], text) {
				return true
			}
		}
	}
	return false
}

// find finds a text among lines: where it begins, and how many it takes.
func find(lines []line, want string) (at, n int) {
	for at := range lines {
		for n := 1; n <= min(len(lines)-at, maxLines); n++ {
			if same(lines[at:at+n], want) {
				return at, n
			}
		}
	}
	return -1, 0
}

const maxLines = 12 // of one entry

// looks are the ways in which a page may have been printed, the likeliest first:
// designs in the order given. The wording that stands on the page, wherever it does,
// gives the languages.
func (r *reading) looks(designs []*certificate.Design) (all []look) {
	for _, languages := range r.languages() {
		for _, d := range designs {
			if slices.ContainsFunc(languages, func(t string) bool { return !slices.Contains(d.Languages, t) }) {
				continue
			}
			for _, size := range d.Sizes {
				if r.mayBe(size) {
					all = append(all, look{d, certificate.Style{Design: d.Name, Size: size, Languages: languages}})
				}
			}
		}
	}
	return all
}

// mayBe reports whether the page has the form of a size of paper, upright or across.
// It keeps designs from being made ready that the page cannot be in.
func (r *reading) mayBe(size certificate.Size) bool {
	long, short := 297.0, 210.0
	if size == certificate.Letter {
		long, short = 279.4, 215.9
	}
	_, _, upright := r.onto(short, long)
	_, _, across := r.onto(long, short)
	return upright || across
}

// languages are the languages that a page may be in, one or two at a time, the
// likeliest first.
func (r *reading) languages() (tags [][]string) {
	lines := inLines(r.standing)
	type counted struct {
		tag   string
		count int
	}
	var list []counted
	for _, tag := range certificate.Languages() {
		n := 0
		for _, word := range certificate.Words(tag) {
			if slices.ContainsFunc(lines, func(l line) bool { return begins(l.text, word) }) {
				n++
			}
		}
		list = append(list, counted{tag, n})
	}
	slices.SortStableFunc(list, func(a, b counted) int { return b.count - a.count })
	most := list[0].count
	list = slices.DeleteFunc(list, func(c counted) bool { return c.count == 0 || 4*c.count < most })
	list = list[:min(len(list), 3)]
	if len(list) > 1 && 2*list[1].count < most { // one language, and words of it that others have too
		tags = append(tags, []string{list[0].tag})
	}
	for _, a := range list {
		for _, b := range list {
			if a != b {
				tags = append(tags, []string{a.tag, b.tag})
			}
		}
	}
	for _, c := range list {
		tags = append(tags, []string{c.tag})
	}
	return tags
}

// begins reports whether a line may be the first one of a text, or has it beside
// the same in another language.
func begins(line, want string) bool {
	return line == want || len(line) >= 8 && strings.HasPrefix(want, line) || strings.HasPrefix(line, want+" / ") || strings.HasSuffix(line, " / "+want)
}

// families are those in which texts of the designs may be set.
func families(designs []*certificate.Design) (all []*typeface.Family) {
	for _, d := range designs {
		f, err := d.Fixed(d.Sizes[0], false)
		if err != nil {
			continue
		}
		for _, one := range f.Families {
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	return all
}
