package paper

import (
	"context"
	"math"
	"slices"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/summary"
)

// drawings accounts for every paint that is not a text: the ornament, lines where
// the design has lines, the QR codes, and nothing else. What is white shows nothing;
// what it hides was taken out before.
func (c *comparison) drawings() {
	letters := c.letters()
	straight := 0
	ornament := ornamentOf(c.seen)
	for i := range c.paints {
		p := &c.paints[i]
		if p.shade >= seen && p.kind != aPicture || c.read[i] {
			continue
		}
		switch p.kind {
		case aPicture:
			switch {
			case !c.seen.hasPicture(p):
				c.fault(faultOfInk, saysPicture)
				return
			case !c.pictures(p):
				c.doubts = appendOnce(c.doubts, []string{doubtPictures})
			}
		case aFill:
			if !c.inCode(p.box) && !ornament.takeArea(c.seen, p) {
				c.fault(faultOfInk, saysPainted)
				return
			}
		case aLine:
			if c.edgesMark(p) {
				continue
			}
			for _, s := range p.strokes {
				if ornament.take(c.seen, p, s) {
					continue
				}
				straight++
				if !c.seen.hasLine(s) || straight > maxStraight || strikes(s, letters) {
					c.fault(faultOfInk, saysPainted)
					return
				}
			}
		}
	}
}

// maxStraight is how many straight lines a certificate may have besides its
// ornament.
const maxStraight = 12

// letters are the places of all ink of letters.
func (c *comparison) letters() (all []box) {
	for _, g := range c.standing {
		switch {
		case g.parts != nil:
			all = append(all, g.parts...)
		case !g.blank:
			all = append(all, g.box)
		}
	}
	return all
}

// edgesMark reports whether a line is the edge of the mark of a specimen, where that
// is drawn as outlines.
func (c *comparison) edgesMark(p *paint) bool {
	return p.edge != 0 && p.shade > readable && p.wide < 3*c.seen.unit &&
		slices.ContainsFunc(c.loose, func(g glyph) bool {
			return g.span != 0 && slices.ContainsFunc(c.paints, func(of paint) bool { return of.order == p.edge && of.span == g.span })
		})
}

// hasLine reports whether the design may have a line there, its ornament aside.
func (s *sighting) hasLine(piece stroke) bool {
	const slack = 0.6 // millimetres
	b := s.box(piece.box)
	return piece.straight && slices.ContainsFunc(s.plan.Rules, func(r certificate.Rule) bool {
		may := box{min(r.X1, r.X2), min(r.Y1, r.Y2), max(r.X1, r.X2), max(r.Y1, r.Y2)}
		return may.grown(slack+r.Wide/2).holds(b) && min(b.wide(), b.high()) < r.Wide+slack
	})
}

// hasPicture reports whether the design has a picture of the body's own there.
func (s *sighting) hasPicture(p *paint) bool {
	b := s.box(p.box)
	return slices.ContainsFunc(s.plan.Images, func(r certificate.Rect) bool { return rectOf(r).grown(0.6).holds(b) })
}

// strikes reports whether a line runs through letters.
func strikes(s stroke, letters []box) bool {
	return slices.ContainsFunc(letters, s.box.meets)
}

// pictures reports whether a picture is that of the design, which somebody who checks
// papers in the body's own designs has.
func (c *comparison) pictures(p *paint) bool {
	if p.picture == nil || p.m[0] <= 0 || p.m[3] <= 0 || math.Abs(p.m[1])+math.Abs(p.m[2]) > 1e-6 {
		return false
	}
	doc := *c.doc // reading it is over, and its time with it
	doc.ctx = context.Background()
	b := c.seen.box(p.box)
	for _, mirrored := range []bool{false, true} {
		fixed, err := c.seen.design.Fixed(c.seen.style.Size, mirrored)
		if err != nil {
			return false
		}
		for _, im := range fixed.Images {
			if !rectOf(im.Rect).grown(0.6).holds(b) || !b.grown(0.6).holds(rectOf(im.Rect)) {
				continue
			}
			same := false
			if unpanicked(func() (err error) { same, err = doc.sameColours(p.picture, im.Picture); return }) == nil && same {
				return true
			}
		}
	}
	return false
}

// inCode reports whether a place lies within the QR code.
func (c *comparison) inCode(b box) bool {
	for _, code := range c.codes {
		if len(code.texts) > 0 && code.box.grown(0.5).holds(b) {
			return true
		}
	}
	return false
}

// code holds the QR codes against the credential: one is there and leads there, a
// second one may prove it, and both are drawn as the press draws them, where the
// design has them.
func (c *comparison) code() {
	read := 0
	for _, code := range c.codes {
		for _, text := range code.texts {
			switch {
			case summary.Is(text):
				if opened, elsewhere := summary.Elsewhere(text); elsewhere {
					c.fault(faultOfQR, saysElsewhere, opened)
				} else if !c.by.proves(text) {
					c.fault(faultOfQR, saysSummary)
				}
			case !c.by.leads(text):
				read++
				c.fault(faultOfQR, saysCode, text)
			default:
				read++
			}
		}
		if len(code.texts) == 0 {
			continue
		}
		ratio := code.box.wide() / code.box.high()
		if !code.pure || ratio < 0.97 || ratio > 1.03 || c.seen != nil && !c.seen.hasCode(code) {
			c.fault(faultOfQR, saysCodeDrawn)
		}
	}
	if read == 0 {
		c.fault(faultOfQR, saysNoCode)
	}
}

// hasCode reports whether the design has a code that says this where it stands.
func (s *sighting) hasCode(c code) bool {
	places := s.plan.Code
	if slices.ContainsFunc(c.texts, summary.Is) {
		places = s.plan.Offline
	}
	b := s.box(c.box)
	return len(c.texts) == 1 && slices.ContainsFunc(places, func(r certificate.Rect) bool { return rectOf(r).grown(1).holds(b) })
}

// A finding is the answer of the check of the paper.
type finding struct {
	kind   findingKind
	format string
	args   []any
	design bool // nothing speaks against the page but that its design is not known here
}

type findingKind int

const (
	agrees findingKind = iota
	disagrees
	undecided
	isPicture // nothing on the page is text, as on a scan
)

const (
	saysAgrees    = "What the paper shows is what was signed: name, certificate, number, dates and QR code."
	saysPictured  = "The page is a picture, so what it shows could not be compared with what was signed. Scan its QR code, or compare it with the page at %s."
	saysUndecided = "What the page shows could not be compared with certainty: %s. Scan its QR code, or compare it with the page at %s."
)

// finding concludes the comparison of one page.
func (c *comparison) finding() finding {
	if len(c.all) == 0 && len(c.covered) == 0 && len(c.paints) > 0 && !c.clean() {
		for _, f := range c.faults {
			if f.weight == faultOfForm || f.format == saysCode || f.format == saysElsewhere {
				return finding{kind: disagrees, format: f.format, args: f.args}
			}
		}
		return finding{kind: isPicture, format: saysPictured, args: []any{address(c.credential)}}
	}
	doubts := c.doubts
	if c.unproven {
		doubts = appendOnce(doubts, []string{doubtLetters})
	}
	damaged := false
	for _, d := range doubts {
		damaged = damaged || d == doubtDamaged
	}
	if c.strange { // a paper of another press than ours
		doubts = appendOnce([]string{doubtSetting}, doubts)
	}
	worst, ok := worst(c.faults)
	// Letters that were made outlines are paint, and paint is all that is known of
	// them: what is missing may be there.
	painted := func(f fault) bool { return f.format == saysPainted }
	if slices.Contains(doubts, doubtLetters) && (worst.weight == faultOfInk || worst.missing() && slices.ContainsFunc(c.faults, painted)) {
		damaged = true
	}
	design := c.design(doubts)
	if ok && !damaged && !c.strange {
		return finding{kind: disagrees, format: worst.format, args: worst.args, design: design}
	}
	if len(doubts) > 0 || len(c.faults) > 0 {
		return finding{kind: undecided, format: saysUndecided, args: []any{append(doubts, doubtDamaged)[0], address(c.credential)}, design: design}
	}
	return finding{kind: agrees, format: saysAgrees}
}

// design reports whether all that was found may come of a design that is not known
// here: its pictures, its ornament, and where it sets what.
func (c *comparison) design(doubts []string) bool {
	for _, d := range doubts {
		if d != doubtPictures && d != doubtSetting && !(c.strange && d == doubtLetters) {
			return false
		}
	}
	return c.strange || !slices.ContainsFunc(c.faults, func(f fault) bool { return f.format != saysPicture && f.format != saysPainted })
}

// clean reports whether nothing at all can be seen on the page.
func (c *comparison) clean() bool {
	for _, p := range c.paints {
		if p.shade < seen || p.kind == aPicture {
			return false
		}
	}
	return true
}

// missing reports whether something is not on the page, rather than something else.
func (f *fault) missing() bool {
	for _, one := range facts {
		if f.format == one.missing {
			return true
		}
	}
	return f.format == saysWordsMissing
}

func worst(faults []fault) (w fault, ok bool) {
	for _, f := range faults {
		if !ok || f.weight > w.weight {
			w, ok = f, true
		}
	}
	return w, ok
}
