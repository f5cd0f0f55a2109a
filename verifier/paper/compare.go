package paper

import (
	"slices"
	"strings"
	"unicode"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier/credential"
)

// A comparison holds what one sheet shows against one credential.
type comparison struct {
	*sheet
	credential *credential.Credential
	leads      func(text string) bool // whether an address leads to the credential
	faults     []fault
	doubts     []string
	unproven   bool
	strange    bool // not set as certificates are, though it names the holder
	plan       plan
	planned    bool
}

func (c *comparison) fault(weight int, format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = quoted(s)
		}
	}
	c.faults = append(c.faults, fault{weight, format, args})
}

// quoted makes a text of the page fit for a sentence: short, and without
// characters that would rearrange it.
func quoted(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == ' ' {
			return r
		}
		return -1
	}, s)
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}

// compare holds the page against the credential.
func (s *sheet) compare(cred *credential.Credential, leads func(string) bool) *comparison {
	c := &comparison{sheet: s, credential: cred, leads: leads, faults: slices.Clone(s.faults), doubts: slices.Clone(s.doubts)}
	lines, loose := s.lines()
	c.words(lines, loose)
	c.drawings(lines)
	c.code()
	for _, link := range s.links {
		if !leads(link) {
			c.fault(faultOfQR, saysClick, link)
		}
	}
	return c
}

// words accounts for every text of the page.
func (c *comparison) words(lines []line, loose []glyph) {
	groups := groupByLeft(lines)
	scale := labelScale(lines)
	if scale == 0 {
		c.strange = shows(lines, c.credential.Holder())
	}
	used := map[int]bool{}
	for _, col := range columns(c.credential) {
		at := -1
		best := 0
		for i, g := range groups {
			if n := col.fixedIn(g); n > best && !used[i] {
				at, best = i, n
			}
		}
		if at < 0 {
			c.column(nil, col, scale)
			continue
		}
		used[at] = true
		c.column(groups[at], col, scale)
	}
	for i, g := range groups {
		if !used[i] {
			c.extra(g)
		}
	}
	c.mark(loose, scale)
	turn, _ := c.upright()
	for _, l := range lines {
		if same([]line{l}, templates.LabelDecider) && scale > 0 && !c.planned {
			c.plan = plan{turn, l.x, l.y, scale * millimetre}
			c.planned = true
		}
	}
}

// shows reports whether a text stands somewhere on the page.
func shows(lines []line, text string) bool {
	for i := range lines {
		for n := 1; n <= 2 && i+n <= len(lines); n++ {
			if text != "" && same(lines[i:i+n], text) {
				return true
			}
		}
	}
	return false
}

// groupByLeft puts lines that begin equally far from the left together.
func groupByLeft(lines []line) (groups [][]line) {
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b line) int { return compareFloats(a.x, b.x) })
	for i, l := range sorted {
		if i == 0 || l.x-groups[len(groups)-1][0].x > 0.12*l.size {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], l)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b line) int { return compareFloats(b.y, a.y) })
	}
	return groups
}

// labelScale is how much larger than an original the page is: by its labels,
// whose size never changes.
func labelScale(lines []line) float64 {
	var sizes []float64
	for _, l := range lines {
		for _, label := range templates.PaperLabels() {
			if same([]line{l}, label) {
				sizes = append(sizes, l.size)
			}
		}
	}
	if len(sizes) == 0 {
		return 0
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2] / labelSize
}

// fixedIn counts the fixed wording of a column among lines.
func (col column) fixedIn(lines []line) (n int) {
	for _, e := range col {
		if e.fact != nil {
			continue
		}
		for i, l := range lines {
			if same([]line{l}, e.want) {
				n++
				break
			}
			// The one fixed text of several lines has a column to itself.
			if len(col) == 1 && i == 0 && len(l.text) >= 4 && strings.HasPrefix(e.want, l.text) {
				n++
				break
			}
		}
	}
	return n
}

const maxLines = 8 // of one entry

// column accounts for the lines of one column.
func (c *comparison) column(lines []line, col column, scale float64) {
	rest := lines
	for i, e := range col {
		n := 1
		for n <= min(len(rest), maxLines) && !same(rest[:n], e.want) {
			n++
		}
		if n > min(len(rest), maxLines) {
			c.differing(lines, col, scale)
			return
		}
		if rest = rest[n:]; i == len(col)-1 && len(rest) > 0 {
			c.extra(rest)
		}
	}
	rest = lines
	for _, e := range col {
		n := 1
		for !same(rest[:n], e.want) {
			n++
		}
		c.accept(e, rest[:n], scale)
		rest = rest[n:]
	}
}

// accept takes lines for what they say, if they are drawn so that they say it.
func (c *comparison) accept(e entry, lines []line, scale float64) {
	for _, l := range lines {
		switch {
		case !l.plain:
			c.fault(faultOfInk, saysDrawn, l.text)
		case scale == 0 || l.size/scale < e.least || l.size/scale > e.most:
			c.fault(faultOfInk, saysSize, l.text)
		}
		c.unproven = c.unproven || !l.proven
	}
}
