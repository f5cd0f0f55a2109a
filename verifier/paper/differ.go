package paper

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/testamur/testamur/templates/certificate"
)

// differing finds out what differs in a place: between two fixed words that are
// there, what stands is held against what should.
func (c *comparison) differing(lines []line, col []entry) {
	from, at := 0, 0
	for i := 0; i <= len(col); i++ {
		first, n := len(lines)-at, 0
		if i < len(col) {
			if col[i].fact != nil {
				continue
			}
			first, n = find(lines[at:], col[i].Want)
			right := first >= 0
			if !right && col[i].Optional {
				continue
			}
			if !right {
				c.fault(faultOfWords, saysWordsMissing, col[i].Want)
				if col[i].Instead == "" {
					continue
				}
				if first, n = find(lines[at:], col[i].Instead); first < 0 {
					continue
				}
			}
			if right {
				c.accept(col[i], lines[at+first:at+first+n])
			}
		}
		c.between(lines[at:at+first], col[from:i])
		at, from = at+first+n, i+1
	}
}

// between holds lines against the entries that should stand there. Entries of
// fixed wording among them were already found missing.
func (c *comparison) between(lines []line, entries []entry) {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.fact == nil })
	switch len(entries) {
	case 0:
		c.extra(lines)
	case 1:
		c.hold(lines, entries[0])
	default: // the last one or the first one may be right
		last := entries[len(entries)-1]
		for k := len(lines) - 1; k >= max(0, len(lines)-maxLines); k-- {
			if same(lines[k:], last.Want) {
				c.between(lines[:k], entries[:len(entries)-1])
				c.hold(lines[k:], last)
				return
			}
		}
		for k := 1; k <= min(len(lines), maxLines); k++ {
			if same(lines[:k], entries[0].Want) {
				c.hold(lines[:k], entries[0])
				c.between(lines[k:], entries[1:])
				return
			}
		}
		k := max(0, len(lines)-1)
		if i := slices.IndexFunc(lines, func(l line) bool { return strings.Contains(l.text, "://") }); i >= 0 {
			k = i
		}
		c.between(lines[:k], entries[:len(entries)-1])
		c.hold(lines[k:], last)
	}
}

// hold holds lines against one fact.
func (c *comparison) hold(lines []line, e entry) {
	switch {
	case len(lines) == 0 && c.coveredText(e.Want):
		c.fault(e.weight, saysCovered, e.Want)
	case len(lines) == 0:
		c.fault(e.weight, e.missing, e.Want)
	case same(lines, e.Want):
		c.accept(e, lines)
	case unreadable(lines):
		c.unproven = true
	default:
		c.fault(e.weight, e.differs, textOf(lines), e.Want)
	}
}

// coveredText reports whether a text stands on the page with something painted
// over it.
func (c *comparison) coveredText(want string) bool {
	var text strings.Builder
	for _, g := range c.covered {
		text.WriteString(g.text)
	}
	return want != "" && strings.Contains(strings.ReplaceAll(text.String(), " ", ""), strings.ReplaceAll(want, " ", ""))
}

// extra is for lines that nothing accounts for.
func (c *comparison) extra(lines []line) {
	switch {
	case len(lines) == 0:
	case unreadable(lines):
		c.unproven = true
	default:
		c.fault(faultOfWords, saysExtra, textOf(lines))
	}
}

func textOf(lines []line) string {
	var all []string
	for _, l := range lines {
		all = append(all, l.text)
	}
	return strings.Join(all, " ")
}

// unreadable reports whether it cannot be told what lines show, or nothing of it could
// be said.
func unreadable(lines []line) bool {
	text := textOf(lines)
	return strings.ContainsRune(text, '\ufffd') || !strings.ContainsFunc(text, unicode.IsGraphic) || strings.TrimSpace(quoted(text)) == ""
}

// mark accounts for what does not stand upright: the mark of a specimen, drawn
// slantwise and large.
func (c *comparison) mark() {
	letters := slices.Concat(c.loose, c.beneathCodes())
	slices.SortStableFunc(letters, func(a, b glyph) int { return a.order - b.order })
	var text strings.Builder
	fits := true
	for i, g := range letters {
		text.WriteString(g.text)
		fits = fits && c.marks(&g)
		c.unproven = c.unproven || !g.proven
		if i > 0 { // along one line
			last := letters[i-1]
			far := length(g.m[4]-last.m[4], g.m[5]-last.m[5]) / last.size()
			if g.setting == nil && (g.m[4]-last.m[4])*g.m[0]+(g.m[5]-last.m[5])*g.m[1] < 0 { // backwards
				far = -far
			}
			fits = fits && far > last.advance-0.1 && far < last.advance+0.2
		}
	}
	want := c.seen.plan.Mark
	if got := text.String(); got == want && fits {
		return
	} else if got != "" {
		c.fault(faultOfWords, saysExtra, got)
	}
	if want != "" {
		c.fault(faultOfWords, saysWordsMissing, want)
	}
}

// marks reports whether a letter is drawn as the mark of a specimen is: in its size and
// slant, on its line, whole, and dark enough to be seen.
func (c *comparison) marks(g *glyph) bool {
	const slack = 2 // millimetres
	m := c.seen.plan.Marked
	if m == nil {
		return false
	}
	sin, cos := math.Sincos(m.Angle * math.Pi / 180)
	size := m.Size * certificate.Point
	// From ems to millimetres from the upper left corner, whose rows go down.
	at := g.m.then(c.seen.onto)
	for i, want := range [4]float64{size * cos, -size * sin, -size * sin, -size * cos} {
		if !near(at[i], want, 0.03*size) {
			return false
		}
	}
	x, y := m.X+m.Width()/2, m.Y-0.325*size // round which it is turned
	along, up := (at[4]-x)*cos-(at[5]-y)*sin, (at[4]-x)*sin+(at[5]-y)*cos
	if !near(up, 0.325*size, slack) || along < -m.Width()/2-slack || along+g.advance*size > m.Width()/2+slack {
		return false
	}
	ink, edge := shade(m.Ink), shade(m.Edge)
	return !g.clipped && g.shade > min(ink, edge)-0.05 && g.shade < max(ink, edge)+0.02
}

// beneathCodes are the slanted letters over which nothing was painted but a QR code
// where the design has it: the mark of a specimen lies beneath all else.
func (c *comparison) beneathCodes() (letters []glyph) {
	code := func(p *paint) bool {
		return p.kind == aFill && slices.ContainsFunc(slices.Concat(c.seen.plan.Code, c.seen.plan.Offline), func(r certificate.Rect) bool {
			return rectOf(r).grown(0.1).holds(c.seen.box(p.box))
		})
	}
	for _, g := range c.covered {
		if q, fair := g.angle(); fair && q == c.quarters {
			continue
		}
		parts := g.parts
		if parts == nil {
			parts = []box{g.box}
		}
		if !slices.ContainsFunc(parts, func(b box) bool { return c.isCovered(&g, b, code) }) && (g.parts != nil || !c.overprinted(&g, c.glyphs)) {
			letters = append(letters, g)
		}
	}
	return letters
}
