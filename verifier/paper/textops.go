package paper

import "math"

// textState is what lives within one text object (ISO 32000-1 §9.4).
type textState struct {
	m, line matrix
	clips   bool
}

// doText carries out the operators of text.
func (in *interpreter) doText(op operator, a operands) bool {
	s, t := &in.state, &in.text
	switch op {
	case "BT":
		*t = textState{m: identity, line: identity}
		in.inText = true
	case "ET":
		in.inText = false
		if t.clips { // what is painted from here on shows through letters only
			s.oddClip = true
			in.doubt(doubtPainting)
		}
		t.clips = false
	case "Tc":
		s.space = a.num(0)
	case "Tw":
		s.word = a.num(0)
	case "Tz":
		s.stretch = a.num(0) / 100
	case "TL":
		s.leading = a.num(0)
	case "Ts":
		s.rise = a.num(0)
	case "Tr":
		s.mode = int(a.num(0))
	case "Tf":
		s.font, s.size = in.font(in.resource("Font", a.name(0))), a.num(1)
	case "Td":
		in.newLine(a.num(0), a.num(1))
	case "TD":
		s.leading = -a.num(1)
		in.newLine(a.num(0), a.num(1))
	case "Tm":
		t.m = a.matrix()
		t.line = t.m
	case "T*":
		in.newLine(0, -s.leading)
	case "Tj":
		in.showString(a[0])
	case "'":
		in.newLine(0, -s.leading)
		in.showString(a[0])
	case "\"":
		s.word, s.space = a.num(0), a.num(1)
		in.newLine(0, -s.leading)
		in.showString(a[2])
	case "TJ":
		list, _ := a[0].([]any)
		for _, v := range list {
			if n, ok := v.(float64); ok {
				t.m = matrix{1, 0, 0, 1, -n / 1000 * s.size * s.stretch, 0}.then(t.m)
				continue
			}
			in.showString(v)
		}
	default:
		return false
	}
	return true
}

func (in *interpreter) newLine(x, y float64) {
	in.text.line = matrix{1, 0, 0, 1, x, y}.then(in.text.line)
	in.text.m = in.text.line
}

// showString shows one string (§9.4.3).
func (in *interpreter) showString(v any) {
	codes, ok := v.([]byte)
	s, t := &in.state, &in.text
	if !ok || s.font == nil {
		in.broken = true
		return
	}
	if s.mode < 0 || s.mode > 7 {
		in.broken = true
		return
	}
	t.clips = t.clips || s.mode >= 4
	for len(codes) > 0 && !in.broken {
		code, n := int(codes[0]), 1
		if s.font.double {
			if len(codes) < 2 {
				return
			}
			code, n = code<<8|int(codes[1]), 2
		}
		codes = codes[n:]
		l := s.font.letter(code)
		if s.font.foreign {
			in.doubt(doubtLetters)
		}
		in.letter(l)
		move := l.width*s.size + s.space
		if n == 1 && code == ' ' {
			move += s.word
		}
		t.m = matrix{1, 0, 0, 1, move * s.stretch, 0}.then(t.m)
	}
}

// letter paints one glyph.
func (in *interpreter) letter(l *letter) {
	s := &in.state
	if in.spokenOver() || l.lies { // nothing but outlines is said to be a text of its own
		in.doubt(doubtSpoken)
	}
	if s.mode == 3 || s.mode == 7 {
		in.whisper(l)
		return
	}
	if !l.proven { // whatever it is said to be, nobody here has seen what it draws
		in.doubt(doubtLetters)
	}
	g := glyph{text: l.text, face: l.face, proven: l.proven, blank: l.blank}
	g.m = matrix{s.size * s.stretch, 0, 0, s.size, 0, s.rise}.then(in.text.m).then(s.ctm)
	if !g.m.sane() {
		in.broken = true
		return
	}
	full := l.box.mapped(g.m)
	g.box = full.cut(s.clip)
	if !g.blank && g.box.empty() || g.blank && !full.meets(s.clip) {
		return
	}
	g.clipped = !g.blank && !s.clip.grown(0.01).holds(full)
	g.advance = l.advance
	fill := 1 - (1-s.fill.shade)*s.alpha
	line := 1 - (1-s.line.shade)*s.lineAlpha
	switch s.mode % 4 {
	case 0:
		g.shade = fill
	case 1:
		g.shade = line
	default:
		g.shade = min(fill, line)
	}
	g.plain = s.mode == 0 && s.fill.known && s.alpha == 1 && !s.odd && !s.oddClip
	if !g.blank {
		in.switchable()
	}
	if _, most := s.ctm.stretch(); s.mode%4 != 0 && math.Abs(s.width)*most > 0.04*g.size() {
		in.doubt(doubtPainting) // outlines so thick that they reach over what is beside
	}
	in.order++
	g.order = in.order
	if len(in.glyphs) >= maxGlyphs {
		in.broken = true
		return
	}
	if g.shade >= seen && !g.blank {
		// Not to be seen, and yet it may hide what lies beneath it.
		if s.alpha > 1-seen {
			reach := 0.0
			if s.mode%4 != 0 {
				_, most := s.ctm.stretch()
				reach = math.Abs(s.width) * most / 2
				if !s.round {
					reach *= max(1, math.Abs(s.miter))
				}
			}
			in.broken = in.broken || len(in.paints) > maxPaints
			in.paints = append(in.paints, paint{order: in.order, kind: aFill, box: full.grown(reach).cut(s.clip), shade: g.shade, plain: g.plain})
		}
		return
	}
	in.glyphs = append(in.glyphs, g)
}

// angle is the direction of reading in quarter turns, and whether the glyph
// stands as letters stand: neither slanted, stretched nor mirrored.
func (g *glyph) angle() (quarters int, fair bool) {
	w, h := length(g.m[0], g.m[1]), length(g.m[2], g.m[3])
	if w == 0 || h == 0 {
		return 0, false
	}
	cross := (g.m[0]*g.m[3] - g.m[1]*g.m[2]) / (w * h)
	turn := math.Atan2(g.m[1], g.m[0]) / (math.Pi / 2)
	quarters = int(math.Round(turn))
	fair = cross > 0.9999 && math.Abs(w/h-1) < 0.02 && math.Abs(turn-float64(quarters)) < 0.002
	return (quarters + 4) % 4, fair
}
