package paper

import (
	"slices"
	"strings"

	"github.com/testamur/testamur/templates"
)

// differing finds out what differs in a column: between two fixed words that are
// there, what stands is held against what should.
func (c *comparison) differing(lines []line, col column, scale float64) {
	from, at := 0, 0
	for i := 0; i <= len(col); i++ {
		end := len(lines)
		if i < len(col) {
			if col[i].fact != nil && len(col) > 1 {
				continue
			}
			end = slices.IndexFunc(lines[at:], func(l line) bool { return same([]line{l}, col[i].want) })
			right := end >= 0
			if !right {
				c.fault(faultOfWords, saysWordsMissing, col[i].want)
				if col[i].instead == "" {
					continue
				}
				end = slices.IndexFunc(lines[at:], func(l line) bool { return same([]line{l}, col[i].instead) })
				if end < 0 {
					continue
				}
			}
			end += at
			if right {
				c.accept(col[i], lines[end:end+1], scale)
			}
		}
		c.between(lines[at:end], col[from:i], scale)
		at, from = end+1, i+1
	}
}

// between holds lines against the entries that should stand there. Entries of
// fixed wording among them were already found missing.
func (c *comparison) between(lines []line, entries []entry, scale float64) {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.fact == nil })
	switch len(entries) {
	case 0:
		c.extra(lines)
	case 1:
		c.hold(lines, entries[0], scale)
	default: // the last one or the first one may be right
		last := entries[len(entries)-1]
		for k := len(lines) - 1; k >= max(0, len(lines)-maxLines); k-- {
			if same(lines[k:], last.want) {
				c.between(lines[:k], entries[:len(entries)-1], scale)
				c.hold(lines[k:], last, scale)
				return
			}
		}
		for k := 1; k <= min(len(lines), maxLines); k++ {
			if same(lines[:k], entries[0].want) {
				c.hold(lines[:k], entries[0], scale)
				c.between(lines[k:], entries[1:], scale)
				return
			}
		}
		k := max(0, len(lines)-1)
		if i := slices.IndexFunc(lines, func(l line) bool { return strings.Contains(l.text, "://") }); i >= 0 {
			k = i
		}
		c.between(lines[:k], entries[:len(entries)-1], scale)
		c.hold(lines[k:], last, scale)
	}
}

// hold holds lines against one fact.
func (c *comparison) hold(lines []line, e entry, scale float64) {
	switch {
	case len(lines) == 0 && c.coveredText(e.want):
		c.fault(e.weight, saysCovered, e.want)
	case len(lines) == 0:
		c.fault(e.weight, e.missing, e.want)
	case same(lines, e.want):
		c.accept(e, lines, scale)
	case unreadable(lines):
		c.unproven = true
	default:
		c.fault(e.weight, e.differs, textOf(lines), e.want)
	}
}

// coveredText reports whether a text stands on the page with something painted
// over it.
func (c *comparison) coveredText(want string) bool {
	var text strings.Builder
	for _, g := range c.covered {
		text.WriteString(g.text)
	}
	return strings.Contains(text.String(), strings.ReplaceAll(want, " ", ""))
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
func (c *comparison) mark(loose []glyph, scale float64) {
	var text strings.Builder
	fits := true
	for i, g := range loose {
		text.WriteString(g.text)
		size := g.size() / max(scale, 1e-6)
		fits = fits && size > 80 && size < 180
		c.unproven = c.unproven || !g.proven
		if i > 0 { // along one line
			last := loose[i-1]
			far := length(g.m[4]-last.m[4], g.m[5]-last.m[5]) / last.size()
			fits = fits && far > last.advance-0.1 && far < last.advance+0.2
		}
	}
	specimen := c.credential.Specimen()
	if got := text.String(); got == templates.PaperSpecimen && specimen && fits {
		return
	} else if got != "" {
		c.fault(faultOfWords, saysExtra, got)
	}
	if specimen {
		c.fault(faultOfWords, saysWordsMissing, templates.PaperSpecimen)
	}
}
