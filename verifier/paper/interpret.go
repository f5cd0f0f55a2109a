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
	marked    []marked // content that is open
	spans     int
	order     int
	operators int
	pieces    int
	inText    bool
	forms     int
	opened    int // fonts
	decoded   int // bytes of forms
	broken    bool
}

// marked is one stretch of marked content (§14.6).
type marked struct {
	optional bool   // it can be switched off
	claim    string // the text that it is said to show
	number   int
	borneOut bool // something was drawn for the claim
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
	square        bool // lines reach beyond their ends
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
		if len(in.marked) > 0 { // it may end anywhere
			s.doubt(doubtSpoken)
		}
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
	s := &sheet{doc: d, page: d.visible(p)}
	in := &interpreter{sheet: s, ctx: d.ctx, doc: d, fonts: map[types.Object]*font{}}
	in.state = state{ctm: identity, clip: s.page, alpha: 1, lineAlpha: 1, width: 1, miter: 10, stretch: 1, fill: black, line: black}
	in.enter(d.dict(p.resources))
	if p.dict["AA"] != nil {
		s.doubt(doubtProgram)
	}
	if _, ok := d.rectangle(p.media); !ok || s.page.empty() {
		s.doubt(doubtFile)
	}
	if _, ok := d.rectangle(p.crop); p.crop != nil && !ok {
		s.doubt(doubtFile)
	}
	return in
}

// visible is the part of the plane that viewers show (§14.11.2).
func (d *document) visible(p page) box {
	media, ok := d.rectangle(p.media)
	if !ok {
		media = box{0, 0, 612, 792}
	}
	if crop, ok := d.rectangle(p.crop); ok {
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
			if d.object(o) != nil {
				return nil, errSyntax
			}
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

// operands are what stands before an operator.
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

// takes says which operands an operator takes: a number n, a name /, a string s,
// an array a. Given others, or more or fewer, every viewer does something else.
var takes = map[operator]string{
	"q": "", "Q": "", "cm": "nnnnnn", "w": "n", "J": "n", "j": "n", "M": "n", "d": "an", "ri": "/", "i": "n", "gs": "/",
	"m": "nn", "l": "nn", "c": "nnnnnn", "v": "nnnn", "y": "nnnn", "h": "", "re": "nnnn", "W": "", "W*": "",
	"n": "", "S": "", "s": "", "f": "", "F": "", "f*": "", "B": "", "B*": "", "b": "", "b*": "",
	"BT": "", "ET": "", "Tc": "n", "Tw": "n", "Tz": "n", "TL": "n", "Tf": "/n", "Tr": "n", "Ts": "n",
	"Td": "nn", "TD": "nn", "Tm": "nnnnnn", "T*": "", "Tj": "s", "TJ": "a", "'": "s", "\"": "nns",
	"g": "n", "G": "n", "rg": "nnn", "RG": "nnn", "k": "nnnn", "K": "nnnn", "cs": "/", "CS": "/",
	"Do": "/", "sh": "/", "BMC": "/", "EMC": "", "MP": "/", "BX": "", "EX": "",
}

// fit reports whether operands are those that an operator takes. Those of the
// few that take what cannot be listed are looked at where they are carried out.
func (a operands) fit(op operator) bool {
	kinds, listed := takes[op]
	if !listed {
		return true
	}
	if len(kinds) != len(a) {
		return false
	}
	for i, v := range a {
		var ok bool
		switch kinds[i] {
		case 'n':
			_, ok = v.(float64)
		case '/':
			ok = a.name(i) != ""
		case 's':
			_, ok = v.([]byte)
		case 'a':
			_, ok = v.([]any)
		}
		if !ok {
			return false
		}
	}
	return true
}

// inPlace reports whether an operator may stand where it does (§8.2). Elsewhere
// viewers do not agree on what it does.
func (in *interpreter) inPlace(op operator) bool {
	constructs, paints, showsText := false, false, false
	switch op {
	case "m", "l", "c", "v", "y", "h", "re", "W", "W*":
		constructs = true
	case "n", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*":
		paints = true
	case "Td", "TD", "Tm", "T*", "Tj", "TJ", "'", "\"":
		showsText = true
	}
	open := len(in.path.parts) > 0 || in.path.clip
	switch {
	case open && !constructs && !paints, in.path.clip && constructs:
		return false
	case in.inText:
		return !constructs && !paints && op != "BT" && op != "q" && op != "Q" && op != "cm" && op != "Do" && op != "sh"
	}
	return !showsText && op != "ET"
}

func (in *interpreter) do(op operator, a operands, depth int) {
	if !a.fit(op) {
		in.broken = true
		return
	}
	if !in.inPlace(op) {
		in.doubt(doubtPainting)
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
		} else {
			in.doubt(doubtPainting)
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
		in.marked = append(in.marked, marked{})
	case "BDC":
		if len(a) != 2 || a.name(0) == "" {
			in.broken = true
			return
		}
		in.spans++
		in.marked = append(in.marked, marked{optional: a.name(0) == "OC", claim: in.claimed(a[1]), number: in.spans})
	case "EMC":
		if n := len(in.marked); n > 0 {
			in.closed(in.marked[n-1])
			in.marked = in.marked[:n-1]
		} else {
			in.doubt(doubtPainting)
		}
	case "j":
		s.round = a.num(0) != 0
	case "M":
		s.miter = a.num(0)
	case "J":
		s.square = a.num(0) == 2
	case "d", "ri", "i", "MP", "DP", "BX", "EX":
	default:
		in.broken = true
		return
	}
	if len(in.marked) > maxSaved {
		in.broken = true
	}
}

// mark writes down a paint, as far as it can be seen.
func (in *interpreter) mark(p paint) {
	s := &in.state
	p.clipped = !s.clip.grown(0.01).holds(p.box)
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
	if p.kind == aFill && p.shade < seen {
		p.claim, p.span = in.claim()
	}
	if p.claim != "" {
		for _, part := range p.parts {
			p.outline = append(p.outline, around(part))
		}
	}
	in.order++
	p.order = in.order
	in.paints = append(in.paints, p)
	if in.pieces++; in.pieces > maxPieces || len(in.paints) > maxPaints {
		in.broken = true
	}
}
