package certificate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/testamur/testamur/templates/typeface"
)

// margin is what must be between two places, in millimetres, so that neither
// touches the other and whoever compares a paper tells them apart.
const margin = 0.5

// check holds the places of a form against each other.
func (w *form) check(r *reader) {
	var all []named
	for i, b := range w.blocks {
		all = append(all, named{fmt.Sprintf("blocks[%d] (%s)", i, b.name), b.place})
	}
	all = append(all, named{"code", Rect{w.code.X, w.code.Y, w.code.Side, w.code.Side}})
	if w.offline != nil {
		all = append(all, named{"offline", Rect{w.offline.X, w.offline.Y, w.offline.Side, w.offline.Side}})
	}
	for i, image := range w.fixed.Images {
		all = append(all, named{fmt.Sprintf("images[%d] (%s)", i, image.Role), image.Rect})
	}
	for i, a := range all {
		if !(Rect{5, 5, w.wide - 10, w.high - 10}).holds(a.Rect) {
			r.fault(a.name, "on %s it comes nearer than 5 mm to the edge, where printers do not print", w.size)
		}
		for _, b := range all[:i] {
			if a.grown(margin / 2).meets(b.grown(margin / 2)) {
				r.fault(a.name, "on %s it comes nearer than %g mm to %s", w.size, margin, b.name)
			}
		}
	}
	w.fits(r)
}

// fits reports whether every block has room for its texts, however long they
// are.
func (w *form) fits(r *reader) bool {
	before := len(r.faults)
	for n, b := range w.blocks {
		if high := b.tallest(); high > b.place.H+0.01 {
			r.fault(fmt.Sprintf("blocks[%d] (%s)", n, b.name), "on %s, in %s, its texts can become %.1f mm high, and its box is %.1f; make it higher, or sizes, lines or gaps fewer",
				w.size, joined(w.tags), high, b.place.H)
		}
	}
	return len(r.faults) == before
}

// tallest is the height of a block whose every text is as high as it can be.
func (b *block) tallest() float64 {
	high, expires, lasts := 0.0, 0.0, 0.0
	for _, i := range b.items {
		one := i.gap + i.stretch*b.stretch[0]
		switch i.kind {
		case itemText:
			one += i.tallest()
		case itemDay:
			one += i.highest
		case itemPhrase:
			one += max(i.high(len(i.fixed.lines), i.fixed.size), i.high(len(i.otherwise.lines), i.otherwise.size))
		default:
			one += i.high(len(i.fixed.lines), i.fixed.size)
		}
		switch i.when {
		case whenExpires:
			expires += one
		case whenLasts:
			lasts += one
		default:
			high += one
		}
	}
	return high + max(expires, lasts)
}

// Check looks at a design as somebody would who means to print with it for
// years: on every size of paper, in every language and every pair of languages,
// with the longest facts that are to be expected. [Read] and [Open] refuse only
// what cannot be used at all.
func (d *Design) Check() Faults {
	r := &reader{file: d.Name + "/" + designFile}
	d.checkContrast(r)
	for _, size := range d.Sizes {
		// One report for each block, of the languages that need the most room.
		worst := map[string]Fault{}
		over := map[string]float64{}
		crowds := map[part]crowd{}
		for _, first := range d.Languages {
			for _, second := range d.Languages {
				tags := []string{first, second}
				if first == second {
					tags = tags[:1]
				}
				w, err := d.newForm(size, tags)
				if err != nil {
					r.unset(size, tags, err)
					continue
				}
				w.checkLines(crowds)
				for n := range w.blocks {
					b := &w.blocks[n]
					if by := b.tallest() - b.place.H; by > over[b.name]+0.01 {
						over[b.name] = by
						one := &reader{file: r.file}
						w.fits(one)
						worst[b.name] = one.faults[slices.IndexFunc(one.faults, func(f Fault) bool { return strings.HasSuffix(f.Place, "("+b.name+")") })]
					}
				}
			}
		}
		for _, name := range sortedKeys(worst) {
			r.faults = append(r.faults, worst[name])
		}
		for n, b := range d.src.Blocks {
			for k := range b.Parts {
				if c, ok := crowds[part{n, k}]; ok {
					r.fault(part{n, k}.String(), "%s", c.text)
				}
			}
		}
		w, err := d.newForm(size, d.Languages[:1])
		if err != nil {
			continue // said above
		}
		w.check(r)
		w.checkFree(r)
		w.checkRoom(r)
	}
	return r.faults
}

// crowd is a text that stands too near to the one above.
type crowd struct {
	by   float64
	text string
}

// checkLines looks for texts whose ink would reach that of the one above, were
// they not moved apart: on certificates that expire and that last, of a specimen
// and in earnest, with texts that are short and long. The worst of each part is
// kept.
func (w *form) checkLines(worst map[part]crowd) {
	long := expectedFacts()
	for _, f := range []Facts{Specimen(), long} {
		for n := range 4 {
			if n&1 != 0 {
				f.Expires = nil
			}
			f.Specimen, f.Offline = n&2 != 0, true
			for b := range w.blocks {
				rows, err := w.rows(nil, &w.blocks[b], &f)
				if err != nil {
					continue // checkRoom says so
				}
				stretch, share := w.blocks[b].spacing(rows)
				for k := range rows {
					r := &rows[k]
					by := r.lack(stretch, share)
					if by <= worst[r.part].by || by <= apart || r.least == 0 {
						continue
					}
					above, gap := rows[k-1].part.String(), "gap"
					switch {
					case above == r.part.String() && (r.label || rows[k-1].label):
						gap = "labelGap"
					case above == r.part.String():
						above, gap = "its own text in the other language", "leading of its style"
					}
					worst[r.part] = crowd{by, fmt.Sprintf("on %s, in %s, its ink reaches %.1f mm into %s, which stands above it; give it a larger %s", w.size, strings.Join(w.tags, " and "), by-apart, above, gap)}
				}
			}
		}
	}
}

// expectedFacts are facts as long as they are to be expected.
func expectedFacts() Facts {
	f := Specimen()
	f.Holder, f.Title, f.Code, f.Number, f.Scope = expected[FactHolder], expected[FactTitle], expected[FactCode], expected[FactNumber], expected[FactScope]
	f.Scheme, f.Edition, f.Body, f.Decider, f.Link = expected[FactScheme], expected[FactEdition], expected[FactBody], expected[FactDecider], expected[FactLink]
	return f
}

// Contrast, as WCAG 2.2 reckons it (1.4.3): what is read needs 4.5 to the paper;
// what lies beneath it must keep under 1.6.
const (
	leastContrast = 4.5
	mostBeneath   = 1.6
)

func (d *Design) checkContrast(r *reader) {
	for _, name := range sortedKeys(d.styles) {
		if c := d.styles[name].ink.contrast(); c < leastContrast {
			r.fault("styles."+name+".ink", "type in this ink stands out %.1f : 1 from the paper, and needs %g : 1; make it darker", c, leastContrast)
		}
	}
	if c := d.ink(d.src.Mark.Ink).contrast(); c > mostBeneath {
		r.fault("mark.ink", "the mark lies beneath the text and stands out %.1f : 1 from the paper; make it paler, to %g : 1 at most", c, mostBeneath)
	}
}

// contrast is that of a colour to white.
func (c Colour) contrast() float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 1.05 / (0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B) + 0.05)
}

// checkFree looks for ornament and rules that run through text, a picture or a code.
func (w *form) checkFree(r *reader) {
	var kept []named
	for i, b := range w.blocks {
		kept = append(kept, named{fmt.Sprintf("blocks[%d] (%s)", i, b.name), b.place})
	}
	kept = append(kept, named{"code", Rect{w.code.X, w.code.Y, w.code.Side, w.code.Side}})
	if w.offline != nil {
		kept = append(kept, named{"offline", Rect{w.offline.X, w.offline.Y, w.offline.Side, w.offline.Side}})
	}
	for i, image := range w.fixed.Images {
		kept = append(kept, named{fmt.Sprintf("images[%d] (%s)", i, image.Role), image.Rect})
	}
	for i, rule := range w.rules {
		line := rule.box()
		for _, k := range kept {
			if line.meets(k.Rect) {
				r.fault(fmt.Sprintf("rules[%d]", i), "on %s it runs through %s", w.size, k.name)
			}
		}
	}
	for i, o := range w.design.src.Ornament {
		c := &canvas{wide: w.wide, high: w.high}
		c.draw(o, Colour{}, w.mirrored)
		for _, k := range kept {
			if c.touches(k.Rect) {
				r.fault(fmt.Sprintf("ornament[%d] (%s)", i, o.Kind), "on %s it runs through %s", w.size, k.name)
			}
		}
	}
}

// touches reports whether anything is drawn in a place. A curve is taken for the
// polygon of its controls, which lies around it.
func (c *canvas) touches(place Rect) bool {
	for _, d := range c.drawings {
		for _, p := range d.Paths {
			var last typeface.Point
			box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
			for _, s := range p.Segments {
				points := []typeface.Point{last, s.P[0]}
				switch s.Op {
				case typeface.MoveTo:
					points = points[1:]
				case typeface.CubeTo:
					points = append(points, s.P[1], s.P[2])
				}
				one := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
				for _, q := range points {
					one = [4]float64{min(one[0], q.X), min(one[1], q.Y), max(one[2], q.X), max(one[3], q.Y)}
				}
				last = points[len(points)-1]
				box = [4]float64{min(box[0], one[0]), min(box[1], one[1]), max(box[2], one[2]), max(box[3], one[3])}
				const hair = 1e-3 // a line has no area
				if d.Wide > 0 && s.Op != typeface.MoveTo && place.meets(Rect{one[0], one[1], one[2] - one[0] + hair, one[3] - one[1] + hair}) {
					return true
				}
			}
			if d.Wide == 0 && place.meets(Rect{box[0], box[1], box[2] - box[0], box[3] - box[1]}) {
				return true
			}
		}
	}
	return false
}

// expected are facts as long as bodies have them: what is longer is rare, and
// may be refused.
var expected = map[string]string{
	FactHolder:  "Maria-Magdalena Konstantinopoulou-Wiśniewska de la Cruz y Montesinos",
	FactTitle:   "Professional Certificate Management and Improvement of ITSM processes according to ISO/IEC 20000",
	FactCode:    "PRO-MGT-COMP",
	FactNumber:  "SCBX-0JV17-514Y9",
	FactScope:   "Competence, proven in practice, to set up, run, judge and improve a management system for IT services as manager or consultant; with knowledge of the processes for support, control and delivery of services.",
	FactScheme:  "Qualification and Certification Program in IT Service Management according to ISO/IEC 20000",
	FactEdition: "2026-11",
	FactBody:    "Certification Body for Persons of the Academy for Service Management",
	FactDecider: "Dr. Alexandra Hohenstein-Lindqvist, Head of Certification",
	FactLink:    "https://certificates.example-academy.example/c/5YA89ZEJNCKRV6DED2CKXZQQ8R",
}

// checkRoom sets the expected facts.
func (w *form) checkRoom(r *reader) {
	for n, b := range w.blocks {
		for _, i := range b.items {
			if i.kind != itemText {
				continue
			}
			var text *TextError
			if _, err := i.fit(expected[i.fact], false); errors.As(err, &text) {
				r.fault(fmt.Sprintf("blocks[%d] (%s)", n, b.name), "on %s the %s %q does not fit, and such are to be expected: %s", w.size, i.fact, text.Text, text.Reason)
			}
		}
	}
}

// Tears reports whether a page of the size can hold a verification address only
// broken within a word. The error says that it cannot at all.
func (d *Design) Tears(link string, size Size) (bool, error) {
	w, err := d.form(Style{Size: size})
	if err != nil {
		return false, err
	}
	for _, b := range w.blocks {
		for _, i := range b.items {
			if i.kind != itemText || !i.address {
				continue
			}
			f, err := i.fit(link, false)
			if err != nil {
				return false, err
			}
			return f.torn, nil
		}
	}
	return false, nil
}
