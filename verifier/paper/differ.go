package paper

import (
	"slices"
	"strings"

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

func unreadable(lines []line) bool { return strings.ContainsRune(textOf(lines), '\ufffd') }

// mark accounts for what does not stand upright: the mark of a specimen, drawn
// slantwise and large.
func (c *comparison) mark() {
	const least, most = 40, 180 // points
	letters := slices.Concat(c.loose, c.beneathCodes())
	slices.SortStableFunc(letters, func(a, b glyph) int { return a.order - b.order })
	var text strings.Builder
	fits := true
	for i, g := range letters {
		text.WriteString(g.text)
		size := g.size() / c.seen.unit / certificate.Point
		fits = fits && size > least && size < most
		c.unproven = c.unproven || !g.proven
		if i > 0 { // along one line
			last := letters[i-1]
			far := length(g.m[4]-last.m[4], g.m[5]-last.m[5]) / last.size()
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
