package render

import (
	"fmt"
	"strings"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates"
)

// The plan of the page, in millimetres from its top left corner. A wide column
// holds the statement, a narrow one at its right the facts and the check.
const (
	mainX, mainWide = 27.0, 168.0
	sideX, sideWide = 211.0, 59.0
	ruleX           = 203.0 // the line between them
	top, bottom     = 27.0, 183.0

	sealRadius   = 13.5
	sealX, sealY = sideX + sealRadius, top + sealRadius

	signY    = 172.5 // the signature line
	signWide = 92.0
	dateX    = mainX + signWide + 10

	qrSide   = 36.0       // with its quiet zone; 30 is the least that phones read at arm's length
	hintX    = sideX + 34 // beyond the quiet zone of every version of the code
	hintWide = sideX + sideWide - hintX
)

// page is a certificate with everything in its place.
type page struct {
	mark  *text // SPECIMEN, beneath all else
	texts []text
	rules []rule
	qr    [][]bool // modules, quiet zone included
	qrX   float64  // its upper left corner, mm
	qrY   float64
	links []box   // places that lead to the verification address
	from  float64 // where the statement may begin, mm from the top
}

// text is one line of type.
type text struct {
	set  setting
	size float64 // points
	ink  colour
	x, y float64 // the beginning of the baseline, mm
}

func (t text) width() float64 { return float64(t.set.width) / 1000 * t.size * mm }

// rule is a straight line.
type rule struct {
	x1, y1, x2, y2 float64
	wide           float64
	ink            colour
}

type box struct{ x, y, w, h float64 }

// capital is the height of capitals, as part of the size, in the serif and the
// sans alike.
const capital = 0.65

func (p *page) write(f *face, s string, size float64, track int, ink colour, x, y float64) {
	p.texts = append(p.texts, text{f.set(s, track), size, ink, x, y})
}

// label writes the small capitals over or under a fact.
func (p *page) label(f faces, s string, x, y float64) {
	p.write(f.sans, s, 7, 90, bronze, x, y)
}

// lay sets every text of q in its place. The error is an [*issuer.TextError]
// for the text that does not fit.
func (f faces) lay(q issuer.Paper) (*page, error) {
	p := new(page)
	if q.Specimen {
		m := text{set: f.serif.set(templates.PaperSpecimen, 60), size: 128, ink: bronze.tint(0.13)}
		m.x, m.y = (pageWide-m.width())/2, pageHigh/2+m.size*mm*0.33
		p.mark = &m
	}
	for _, lay := range []func(*page, issuer.Paper) error{f.layHead, f.layStatement, f.laySignature, f.layFacts} {
		if err := lay(p, q); err != nil {
			return nil, err
		}
	}
	p.rules = append(p.rules, rule{ruleX, top, ruleX, bottom, 0.15, blue.tint(0.4)})
	return p, nil
}

// layHead sets the name of the body as a wordmark.
func (f faces) layHead(p *page, q issuer.Paper) error {
	lines, size, err := slot{field: fieldBody, face: f.serif, width: mainWide, track: 25, tries: []try{{1, 21, 14}, {2, 15, 12}}}.fit(q.Body)
	if err != nil {
		return err
	}
	y := top + size*mm*capital
	for i, l := range lines {
		if i > 0 {
			y += size * mm * 1.2
		}
		p.write(f.serif, l, size, 25, blue, mainX, y)
	}
	y += 6
	p.rules = append(p.rules, rule{mainX, y, mainX + 18, y, 0.5, bronze})
	if q.Specimen {
		p.write(f.sans, templates.PaperSpecimenNote, 8.5, 0, bronze, mainX, y+6)
	}
	p.from = y + 13
	return nil
}

// layStatement sets the sentence that the certificate is: this is to certify
// that … has … . What stands in it first and largest is what a reader has to
// compare (threat model T16).
func (f faces) layStatement(p *page, q issuer.Paper) error {
	name, nameSize, err := slot{field: fieldHolder, face: f.serif, width: mainWide, tries: []try{{1, 44, 30}, {2, 34, 22}}}.fit(q.Holder)
	if err != nil {
		return err
	}
	title, titleSize, err := slot{field: fieldTitle, face: f.serif, width: mainWide, tries: []try{{1, 27, 22}, {2, 25, 17}}}.fit(q.Title)
	if err != nil {
		return err
	}
	scope, scopeSize, err := slot{field: fieldScope, face: f.serif, width: mainWide, tries: []try{{3, 13.5, 11}}}.fit(q.Scope)
	if err != nil {
		return err
	}

	const connect = 14.5 // size of the connecting words
	parts := []struct {
		gap     float64 // above, mm, at most twice that when there is room
		face    *face
		lines   []string
		size    float64
		leading float64 // of the size
		ink     colour
	}{
		{0, f.italic, []string{templates.PaperIntro}, connect, 1, black},
		{4.5, f.serif, name, nameSize, 1.08, black},
		{4.5, f.italic, []string{phrase(q.Expires)}, connect, 1, black},
		{4, f.serif, title, titleSize, 1.14, blue},
		{6, f.sans, []string{templates.LabelScope}, 7, 1, bronze},
		{1.2, f.serif, scope, scopeSize, 1.28, black},
	}
	// Each line takes its ascent above the baseline; descents fall into the gaps.
	const ascent = 0.72
	var high, gaps float64
	for _, part := range parts {
		high += part.size*mm*ascent + float64(len(part.lines)-1)*part.size*mm*part.leading
		gaps += part.gap
	}
	from, to := p.from, signY-18.0 // a hand needs 15 mm to sign
	room := to - from - high
	stretch := min(max(room/gaps, 0.6), 1.75)
	y := from + max(0, (room-gaps*stretch)*0.42) // a little above the middle, where the eye puts it
	for _, part := range parts {
		y += part.gap * stretch
		for i, l := range part.lines {
			if i == 0 {
				y += part.size * mm * ascent
			} else {
				y += part.size * mm * part.leading
			}
			track := 0
			if part.face == f.sans {
				track = 90
			}
			p.write(part.face, l, part.size, track, part.ink, mainX, y)
		}
	}
	return nil
}

// laySignature sets the decision (ISO/IEC 17024 9.4): who took it, and when.
func (f faces) laySignature(p *page, q issuer.Paper) error {
	decider, size, err := slot{field: fieldDecider, face: f.serif, width: signWide, tries: []try{{1, 13, 10}}}.fit(q.Decider)
	if err != nil {
		return err
	}
	p.rules = append(p.rules,
		rule{mainX, signY, mainX + signWide, signY, 0.2, black},
		rule{dateX, signY, mainX + mainWide, signY, 0.2, black})
	p.write(f.serif, decider[0], size, 0, black, mainX, signY+6)
	p.label(f, templates.LabelDecider, mainX, signY+10.5)
	p.write(f.serif, day(q.Decided), 13, 0, black, dateX, signY+6)
	p.label(f, templates.LabelDecided, dateX, signY+10.5)
	return nil
}

// layFacts sets the narrow column: number, dates, scheme, and the check.
func (f faces) layFacts(p *page, q issuer.Paper) error {
	number, numberSize, err := slot{field: fieldNumber, face: f.sans, width: sideWide, track: 10, tries: []try{{1, 13, 9}}}.fit(q.Number)
	if err != nil {
		return err
	}
	title, titleSize, err := slot{field: fieldScheme, face: f.serif, width: sideWide, tries: []try{{2, 12, 10.5}, {3, 11, 10}, {4, 10, 9.5}}}.fit(q.Scheme)
	if err != nil {
		return err
	}
	link, linkSize, err := slot{field: fieldLink, face: f.sans, width: sideWide, tries: []try{{1, 9, 8}, {2, 8.5, 7.5}, {3, 7.5, 7.5}}, address: true}.fit(q.Link)
	if err != nil {
		return err
	}
	p.qr, err = QR(q.QR)
	if err != nil {
		return err
	}

	y := top + 2*sealRadius + 9
	fact := func(label string, f1 *face, track int, lines []string, size float64) {
		p.label(f, label, sideX, y)
		y += 2.2 + size*mm*capital
		for i, l := range lines {
			if i > 0 {
				y += size * mm * 1.16
			}
			p.write(f1, l, size, track, black, sideX, y)
		}
		y += 7.8
	}
	fact(templates.LabelNumber, f.sans, 10, number, numberSize)
	fact(templates.LabelEffective, f.serif, 0, []string{day(q.Effective)}, 13)
	fact(templates.LabelExpiry, f.serif, 0, []string{expiry(q.Expires)}, 13)
	fact(templates.LabelScheme, f.serif, 0, title, titleSize)
	const half = sideWide/2 - 2
	for i, part := range []struct {
		label, field, text string
		face               *face
	}{{templates.LabelEdition, fieldEdition, q.Edition, f.serif}, {templates.LabelCode, fieldCode, q.Code, f.sans}} {
		if part.text == "" {
			continue
		}
		lines, size, err := slot{field: part.field, face: part.face, width: half, tries: []try{{1, 11.5, 7.5}}}.fit(part.text)
		if err != nil {
			return err
		}
		x := sideX + float64(i)*(half+4)
		p.label(f, part.label, x, y)
		p.write(part.face, lines[0], size, 0, black, x, y+2.2+11.5*mm*capital)
	}

	// The check stands at the foot, the address on the foot of the column. The
	// dark part of the code begins where the type does; its quiet zone reaches
	// beyond on every side. The texts are written in the order they are read.
	leading := linkSize * mm * 1.25
	above := bottom - float64(len(link))*leading
	quiet := qrSide * 4 / float64(len(p.qr))
	p.qrX, p.qrY = sideX-quiet, above-qrSide
	hint, size, err := slot{field: "fixed wording", face: f.sans, width: hintWide, tries: []try{{8, 7.5, 7.5}}}.fit(templates.PaperCheck)
	if err != nil {
		return err
	}
	y = p.qrY + quiet + size*mm*capital
	for _, l := range hint {
		p.write(f.sans, l, size, 0, black, hintX, y)
		y += size * mm * 1.3
	}
	for i, l := range link {
		p.write(f.sans, l, linkSize, 0, blue, sideX, above+float64(i+1)*leading)
	}
	p.links = []box{{p.qrX + quiet, p.qrY + quiet, qrSide - 2*quiet, qrSide - 2*quiet}, {sideX, above, sideWide, bottom - above + 1}}
	return nil
}

// lines writes the rules and the QR code as a content stream.
func (p *page) lines() string {
	var d drawing
	for _, r := range p.rules {
		d.pen(r.ink, r.wide)
		d.WriteString("0 J ")
		d.segment(r.x1, r.y1, r.x2, r.y2)
		d.lift()
	}
	d.brush(white) // nothing shines through between the modules
	d.rect(p.qrX, p.qrY, qrSide, qrSide)
	d.WriteString("f\n")
	d.lift()
	// One path for all modules, for otherwise hairs of white show between them.
	d.brush(colour{}) // full black: scanners want contrast
	module := qrSide / float64(len(p.qr))
	for row, line := range p.qr {
		for x := 0; x < len(line); x++ {
			if !line[x] {
				continue
			}
			from := x
			for x < len(line) && line[x] {
				x++
			}
			d.module(p.qrX+float64(from)*module, p.qrY+float64(row)*module, float64(x-from)*module, module)
		}
	}
	d.WriteString("f\n")
	d.lift()
	return strings.TrimSuffix(d.String(), "\n")
}

// module adds a rectangle with the precision that adjoining edges need.
func (d *drawing) module(x, y, w, h float64) {
	fmt.Fprintf(d, "%.4f %.4f %.4f %.4f re\n", x/mm, (pageHigh-y-h)/mm, w/mm, h/mm)
}

type fixedWord struct {
	face *face
	text string
}

// fixedWords lists the fixed wording with the face it is set in.
func fixedWords(f faces) []fixedWord {
	list := []fixedWord{
		{f.italic, templates.PaperIntro}, {f.italic, templates.PaperQualified}, {f.italic, templates.PaperCertified},
		{f.serif, templates.PaperThrough}, {f.serif, templates.PaperForever}, {f.serif, templates.PaperSpecimen},
		{f.serif, "0123456789 JanuaryFebruaryMarchAprilMayJuneJulyAugustSeptemberOctoberNovemberDecember"},
		{f.sans, templates.PaperCheck}, {f.sans, templates.PaperSpecimenNote},
	}
	for _, l := range templates.PaperLabels() {
		list = append(list, fixedWord{f.sans, l})
	}
	return list
}
