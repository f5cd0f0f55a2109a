package paper

import "slices"

// drawings accounts for every paint that is not a character: lines where the
// press draws lines, the QR code, and nothing else. What is white shows nothing;
// what it hides was taken out before.
func (c *comparison) drawings(lines []line) {
	var letters []box
	for _, l := range lines {
		for _, g := range l.glyphs {
			if !g.blank {
				letters = append(letters, g.box)
			}
		}
	}
	c.size()
	straight := 0
	ornament := ornamentLeft()
	for i := range c.paints {
		p := &c.paints[i]
		if p.shade >= seen && p.kind != aPicture {
			continue
		}
		switch p.kind {
		case aPicture:
			c.fault(faultOfInk, saysPicture)
			return
		case aFill:
			if !c.inCode(p.box) {
				c.fault(faultOfInk, saysPainted)
				return
			}
		case aLine:
			if !c.planned {
				continue // the words by which places are found are missing, and that was said
			}
			for _, s := range p.strokes {
				if c.plan.decorates(s) {
					if p.wide < 1.6*c.plan.scale/millimetre && ornament.take(c.plan.box(s.box)) {
						continue
					}
					c.fault(faultOfInk, saysPainted)
					return
				}
				if s.straight {
					straight++
				}
				if !c.plan.hasLine(s) || straight > maxStraight || s.straight && strikes(p, s, letters) {
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

// size doubts a page that ends elsewhere than a certificate: what is beside one
// belongs to something else, and what is cut off is not seen.
func (c *comparison) size() {
	const slack = 1
	whole := box{0, 0, planWide, planHigh}
	if b := c.plan.box(c.page); c.planned && !(whole.grown(slack).holds(b) && b.grown(slack).holds(whole)) {
		c.doubts = appendOnce(c.doubts, []string{doubtSetting})
	}
}

// strikes reports whether a line runs through letters.
func strikes(p *paint, s stroke, letters []box) bool {
	if s.box.wide() < 10*p.wide && s.box.high() < 10*p.wide {
		return false // a piece of the border
	}
	for _, b := range letters {
		if s.box.meets(b) && p.box.meets(b) {
			return true
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

// code holds the QR code against the credential: it is there, it leads there,
// and it is drawn as the press draws it, where the press draws it.
func (c *comparison) code() {
	read := 0
	for _, code := range c.codes {
		for _, text := range code.texts {
			read++
			if !c.leads(text) {
				c.fault(faultOfQR, saysCode, text)
			}
		}
		if len(code.texts) == 0 {
			continue
		}
		ratio := code.box.wide() / code.box.high()
		place := box{planSide - 4, 100, planSide + 40, planFoot}
		if !code.pure || ratio < 0.97 || ratio > 1.03 || c.planned && !place.holds(c.plan.box(code.box)) {
			c.fault(faultOfQR, saysCodeDrawn)
		}
	}
	if read == 0 {
		c.fault(faultOfQR, saysNoCode)
	}
}

// A finding is the answer of the check of the paper.
type finding struct {
	kind   findingKind
	format string
	args   []any
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
	if len(c.glyphs) == 0 && len(c.covered) == 0 && len(c.paints) > 0 && !c.clean() {
		for _, f := range c.faults {
			if f.weight == faultOfForm || f.format == saysCode {
				return finding{disagrees, f.format, f.args}
			}
		}
		return finding{isPicture, saysPictured, []any{address(c.credential)}}
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
	if worst.weight == faultOfInk && slices.Contains(doubts, doubtLetters) {
		damaged = true // letters that were made outlines are paint, and paint is all that is known of them
	}
	if ok && !damaged && !c.strange {
		return finding{disagrees, worst.format, worst.args}
	}
	if len(doubts) > 0 || len(c.faults) > 0 {
		return finding{undecided, saysUndecided, []any{append(doubts, doubtDamaged)[0], address(c.credential)}}
	}
	return finding{kind: agrees, format: saysAgrees}
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

func worst(faults []fault) (w fault, ok bool) {
	for _, f := range faults {
		if !ok || f.weight > w.weight {
			w, ok = f, true
		}
	}
	return w, ok
}
