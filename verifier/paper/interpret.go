package paper

import (
	"context"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// An interpreter carries out the content of one page (ISO 32000-1 §8, §9) and
// writes down what it paints. It knows the operators that certificates and their
// copies are made of. What it does not know leaves a doubt or a fault, and never
// something less on the page.
type interpreter struct {
	*sheet
	ctx       context.Context
	doc       *document
	resources []types.Dict // of the page, and of the forms being drawn
	state     state
	saved     []state
	path      path
	text      textState
	fonts     map[types.Object]*font
	optional  []bool // marked content, and whether it can be switched off
	order     int
	operators int
	pieces    int
	forms     int
	opened    int // fonts
	decoded   int // bytes of forms
	broken    bool
}

// state is the graphics state (§8.4).
type state struct {
	ctm           matrix
	clip          box
	oddClip       bool // the clip is not a rectangle
	fill, line    ink
	alpha         float64 // of fills
	lineAlpha     float64
	odd           bool // a blend mode or a soft mask
	width, miter  float64
	round         bool // lines are not joined in points
	font          *font
	size          float64
	space, word   float64
	stretch, rise float64
	leading       float64
	mode          int
}

// show interprets page and never fails: what cannot be read is a doubt.
func (d *document) show(p page) *sheet {
	in := d.interpreter(p)
	s := in.sheet
	err := unpanicked(func() error {
		content, err := d.content(p.dict["Contents"])
		if err != nil {
			return err
		}
		in.run(content, 0)
		d.over(p, s)
		d.look(s)
		return nil
	})
	if err != nil || in.broken {
		s.doubt(doubtDamaged)
	}
	return s
}

// look takes out of a sheet what cannot be seen, and finds its QR codes.
func (d *document) look(s *sheet) {
	s.covered = s.drop(func() bool { return d.ctx.Err() != nil })
	s.codes = d.codes(s)
}

// interpreter is ready to carry out the content of page (§8.4.1: where the state
// begins).
func (d *document) interpreter(p page) *interpreter {
	s := &sheet{page: d.visible(p)}
	in := &interpreter{sheet: s, ctx: d.ctx, doc: d, fonts: map[types.Object]*font{}}
	in.state = state{ctm: identity, clip: s.page, alpha: 1, lineAlpha: 1, width: 1, miter: 10, stretch: 1, fill: black, line: black}
	in.enter(d.dict(p.resources))
	if p.dict["AA"] != nil {
		s.doubt(doubtProgram)
	}
	return in
}

// visible is the part of the plane that viewers show (§14.11.2).
func (d *document) visible(p page) box {
	read := func(o types.Object) (box, bool) {
		var v []float64
		for _, n := range d.array(o) {
			v = append(v, d.number(n))
		}
		return boxOf(v)
	}
	media, ok := read(p.media)
	if !ok {
		media = box{0, 0, 612, 792}
	}
	if crop, ok := read(p.crop); ok {
		return media.cut(crop)
	}
	return media
}

// content is the content of a page, in one piece. The parts of an array are as
// good as joined by a blank (§7.8.2).
func (d *document) content(o types.Object) ([]byte, error) {
	var all []byte
	streams := d.array(o)
	if streams == nil {
		streams = types.Array{o}
	}
	for i, o := range streams {
		if i == maxNodes {
			return nil, ErrTooLarge
		}
		s := d.stream(o)
		if s == nil {
			continue
		}
		part, err := decoded(s, maxContent-len(all))
		if err != nil {
			return nil, err
		}
		all = append(append(all, part...), '\n')
	}
	return all, nil
}

// run carries out one content stream.
func (in *interpreter) run(content []byte, depth int) {
	l := lexer{data: content}
	var args []any
	for !in.broken {
		v, err := l.next()
		if v == nil && err == nil {
			return
		}
		op, isOperator := v.(operator)
		switch {
		case err != nil || len(args) > maxOperands:
			in.broken = true
		case !isOperator:
			args = append(args, v)
		default:
			if in.operators++; in.operators > maxOperators || in.operators%1024 == 0 && in.ctx.Err() != nil {
				in.broken = true
				return
			}
			if op == "BI" {
				in.inline(&l)
			} else {
				in.do(op, operands(args), depth)
			}
			args = args[:0]
		}
	}
}

// operands are what stands before an operator. What is missing reads as zero.
type operands []any

func (a operands) num(i int) float64 {
	if i < 0 || i >= len(a) {
		return 0
	}
	f, _ := a[i].(float64)
	return f
}

func (a operands) name(i int) string {
	if i < 0 || i >= len(a) {
		return ""
	}
	n, _ := a[i].(name)
	return string(n)
}

func (a operands) matrix() (m matrix) {
	for i := range m {
		m[i] = a.num(i)
	}
	return m
}

// enough says how many operands an operator needs; with fewer every viewer does
// something else.
var enough = map[operator]int{
	"cm": 6, "w": 1, "j": 1, "M": 1, "gs": 1, "m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "re": 4, "Do": 1, "Tc": 1, "Tw": 1, "Tz": 1, "TL": 1, "Tf": 2, "Tr": 1, "Ts": 1,
	"Td": 2, "TD": 2, "Tm": 6, "Tj": 1, "TJ": 1, "'": 1, "\"": 3, "g": 1, "G": 1, "rg": 3, "RG": 3, "k": 4, "K": 4, "cs": 1, "CS": 1,
}

func (in *interpreter) do(op operator, a operands, depth int) {
	if len(a) < enough[op] {
		in.broken = true
		return
	}
	if len(a) > enough[op] && enough[op] > 0 { // the last ones count
		a = a[len(a)-enough[op]:]
	}
	if in.doText(op, a) || in.doPath(op, a) || in.doColour(op, a) {
		return
	}
	s := &in.state
	switch op {
	case "q":
		if len(in.saved) >= maxSaved {
			in.broken = true
			return
		}
		in.saved = append(in.saved, *s)
	case "Q":
		if n := len(in.saved); n > 0 {
			*s, in.saved = in.saved[n-1], in.saved[:n-1]
		}
	case "cm":
		s.ctm = a.matrix().then(s.ctm)
		in.broken = in.broken || !s.ctm.sane()
	case "w":
		s.width = a.num(0)
	case "gs":
		in.external(in.resource("ExtGState", a.name(0)))
	case "Do":
		in.draw(a.name(0), depth)
	case "sh":
		in.mark(paint{kind: aShading, box: s.clip})
		in.doubt(doubtPainting)
	case "BMC":
		in.optional = append(in.optional, false)
	case "BDC":
		in.optional = append(in.optional, a.name(0) == "OC")
	case "EMC":
		if n := len(in.optional); n > 0 {
			in.optional = in.optional[:n-1]
		}
	case "j":
		s.round = a.num(0) != 0
	case "M":
		s.miter = a.num(0)
	case "J", "d", "ri", "i", "MP", "DP", "BX", "EX", "d0", "d1":
	default:
		in.broken = true
		return
	}
	if len(in.optional) > maxSaved {
		in.broken = true
	}
}

// mark writes down a paint, as far as it can be seen.
func (in *interpreter) mark(p paint) {
	s := &in.state
	p.box = p.box.cut(s.clip)
	if !p.box.meets(p.box) { // nothing of it is left
		return
	}
	alpha := s.alpha
	if p.kind == aLine {
		alpha = s.lineAlpha
	}
	if alpha < 1-seen {
		return
	}
	p.shade = 1 - (1-p.shade)*alpha
	p.plain = p.plain && alpha == 1 && !s.odd && !s.oddClip
	in.switchable()
	in.order++
	p.order = in.order
	in.paints = append(in.paints, p)
	if in.pieces++; in.pieces > maxPieces {
		in.broken = true
	}
}
