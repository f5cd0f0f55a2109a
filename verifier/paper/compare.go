package paper

import (
	"slices"
	"strings"
	"unicode"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/credential"
)

// A comparison holds what one page shows against one credential.
type comparison struct {
	*reading
	credential *credential.Credential
	by         *examined
	seen       *sighting // nil: the page is like none that is known
	faults     []fault
	doubts     []string
	unproven   bool
	strange    bool // not set as certificates are, though it names the holder
}

// examined is what a page is held against beside the credential.
type examined struct {
	leads   func(address string) bool // whether it leads to the credential
	proves  func(summary string) bool // whether it is a summary of the credential, signed by its issuer
	designs []*certificate.Design
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

// compare holds the page against the credential: as the look that explains most of
// it, or as any that explains all of it.
func (s *sheet) compare(cred *credential.Credential, by *examined) *comparison {
	r := s.read(func() *setter { return newSetter(families(by.designs), certificate.Languages()) })
	facts := factsOf(cred)
	var best *sighting
	for _, l := range r.looks(likely(by.designs, cred)) {
		seen := r.sight(l, facts)
		if seen == nil {
			continue
		}
		if seen.found == seen.words {
			if c := r.against(cred, by, seen); c.finding().kind == agrees {
				return c
			}
		}
		if seen.better(best, r) {
			best = seen
		}
	}
	if !best.fits() {
		best = nil
	}
	return r.against(cred, by, best)
}

// likely puts the designs that are made for the scheme of a certificate first: papers
// are printed in them unless somebody chose otherwise.
func likely(designs []*certificate.Design, cred *credential.Credential) []*certificate.Design {
	scheme, _ := cred.Scheme()
	id, _, _ := strings.Cut(scheme.TargetCode, " ")
	made := func(d *certificate.Design) int {
		if slices.Contains(d.Schemes, id) {
			return 0
		}
		return 1
	}
	sorted := slices.Clone(designs)
	slices.SortStableFunc(sorted, func(a, b *certificate.Design) int { return made(a) - made(b) })
	return sorted
}

// against holds a page against the credential as one look, nil for none.
func (r *reading) against(cred *credential.Credential, by *examined, seen *sighting) *comparison {
	c := &comparison{reading: r, credential: cred, by: by, seen: seen, faults: slices.Clone(r.faults), doubts: slices.Clone(r.doubts)}
	if seen == nil {
		c.foreign()
	} else {
		c.words()
		c.drawings()
		c.spoken()
	}
	c.code()
	for _, link := range r.links {
		if !by.leads(link) {
			c.fault(faultOfQR, saysClick, link)
		}
	}
	return c
}

// foreign is for a page of another press, or in a design that is not known here. It
// can only be told that somebody else's name stands on it.
func (c *comparison) foreign() {
	if c.strange = c.shows(c.credential.Holder()); c.strange {
		return
	}
	for i := range c.paints {
		if p := &c.paints[i]; p.claim != "" && !c.read[i] { // letters of a typeface that is not known here
			c.unproven = true
		}
	}
	if c.unproven {
		c.strange = true
		return
	}
	c.hold(nil, entry{certificate.Entry{Want: c.credential.Holder()}, facts[certificate.FactHolder]})
}

// words accounts for every text of the page.
func (c *comparison) words() {
	for i, place := range c.seen.plan.Places {
		c.column(c.seen.inside[i], entriesOf(place))
	}
	c.extra(c.seen.beside)
	c.mark()
}

// An entry is one text that a place of the page must show.
type entry struct {
	certificate.Entry
	*fact // nil for fixed wording
}

func entriesOf(p certificate.Place) (all []entry) {
	for _, e := range p.Entries {
		one := entry{Entry: e}
		if e.Fact != "" {
			if one.fact = facts[e.Fact]; one.fact == nil {
				one.fact = &fact{faultOfFact, "The paper shows “%s”; the certificate says “%s”.", "The paper does not show “%s”."}
			}
		}
		all = append(all, one)
	}
	return all
}

// column accounts for the lines of one place.
func (c *comparison) column(lines []line, col []entry) {
	var takes []int
	rest := lines
	for _, e := range col {
		n := 1
		for n <= min(len(rest), maxLines) && !same(rest[:n], e.Want) {
			n++
		}
		if n > min(len(rest), maxLines) {
			if n = 0; !e.Optional {
				c.differing(lines, col)
				return
			}
		}
		takes = append(takes, n)
		rest = rest[n:]
	}
	all := lines[:len(lines)-len(rest)]
	for i, e := range col {
		c.accept(e, lines[:takes[i]])
		lines = lines[takes[i]:]
	}
	c.aligned(all)
	c.spaced(all, takes, col)
	c.extra(rest)
}

// aligned finds fault with lines of a place that stand neither below one another nor
// in one middle: what is moved about may be read in another order.
func (c *comparison) aligned(lines []line) {
	slack := 0.6 * c.seen.unit // millimetres
	for _, edge := range []func(l *line) float64{
		func(l *line) float64 { return l.x },
		func(l *line) float64 { return l.right },
		func(l *line) float64 { return (l.x + l.right) / 2 },
	} {
		if !slices.ContainsFunc(lines, func(l line) bool { return !near(edge(&l), edge(&lines[0]), slack) }) {
			return
		}
	}
	c.fault(faultOfInk, saysMoved, textOf(lines))
}

// spaced finds fault with facts that stand nearer to the words for another fact than to
// their own: labels that stand above what they are for do so at one distance.
func (c *comparison) spaced(lines []line, takes []int, col []entry) {
	slack := 0.8 * c.seen.unit // millimetres
	type pair struct{ label, value line }
	var pairs []pair
	at := make([]int, len(col)+1)
	for i, n := range takes {
		at[i+1] = at[i] + n
	}
	for i := 1; i < len(col); i++ {
		if takes[i-1] != 1 || takes[i] != 1 || col[i-1].fact != nil || col[i].fact == nil {
			continue
		}
		pairs = append(pairs, pair{lines[at[i-1]], lines[at[i]]})
	}
	for i := 1; i < len(pairs); i++ {
		a, b := &pairs[i-1], &pairs[i]
		if !near(a.label.size, b.label.size, 0.02*a.label.size) || !near(a.value.size, b.value.size, 0.02*a.value.size) {
			continue
		}
		above := a.label.y - a.value.y
		if !near(above, b.label.y-b.value.y, slack) || above > slack && a.value.y-b.label.y < above-slack {
			c.fault(faultOfInk, saysMoved, a.value.text)
			return
		}
	}
}

// accept takes lines for what they say, if they are drawn so that they say it.
func (c *comparison) accept(e entry, lines []line) {
	const slack = 0.02
	for _, l := range lines {
		size := l.size / c.seen.unit / certificate.Point
		switch {
		case !l.plain:
			c.fault(faultOfInk, saysDrawn, l.text)
		case l.astray:
			c.fault(faultOfInk, saysMoved, l.text)
		case size < e.Least*(1-slack) || size > e.Most*(1+slack):
			c.fault(faultOfInk, saysSize, l.text)
		}
		c.unproven = c.unproven || !l.proven
	}
}
