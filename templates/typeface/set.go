package typeface

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
)

// basic is the last character of the basic plane.
const basic = 0xFFFF

// longest is the most bytes of a line; no page has room for a hundredth of it.
const longest = 1 << 16

// Set sets text as one line. The error is a [*CharError] for the first character
// that no face of the family draws, or says what else is wrong.
func (f *Family) Set(text string, o Options) (*Line, error) {
	if line := f.quick(text, o); line != nil {
		return line, nil
	}
	return f.set(text, o)
}

// quick sets what the first face sets by itself, one glyph for each character,
// which most texts are. It returns nil for any other; the result is that of set.
func (f *Family) quick(text string, o Options) *Line {
	if o.RTL || len(f.Faces) == 0 || len(text) > longest {
		return nil
	}
	face, first, n := f.Faces[0], uint8(anySimple), 0
	for _, r := range text {
		c := face.char(r)
		if c.manner == shaped || r > basic {
			return nil
		}
		if first == anySimple {
			first = c.manner
		}
		n++
	}
	whole := &struct {
		line Line
		run  [1]Run
	}{line: Line{Text: text, Track: o.Track}}
	line := &whole.line
	if n == 0 {
		line.Advances = []int{}
		return line
	}
	whole.run[0] = Run{Face: face, Text: text, Plain: true, Track: o.Track, Glyphs: make([]Glyph, 0, n)}
	line.Runs, line.Advances = whole.run[:], make([]int, 0, n)
	row := row{line: line, run: &line.Runs[0], last: n - 1, script: first}
	for _, r := range text {
		row.add(r, face.char(r))
	}
	line.Width = row.x
	return line
}

// A row is what is being set one glyph for each character.
type row struct {
	line   *Line
	run    *Run
	x      int
	last   int // glyph that no track follows, counted in the run; -1: none
	script uint8
	before rune
	had    char
}

func (w *row) add(r rune, c char) {
	manner := c.manner
	if manner == anySimple {
		manner = w.script
	}
	i := len(w.run.Glyphs)
	if i > 0 && manner == w.script && manner != ideograph && w.had.manner != ideograph {
		if k := w.run.Face.kern(w.before, r, w.had.glyph, c.glyph, manner); k != 0 {
			w.x += k
			w.line.Advances[len(w.line.Advances)-1] += k
		}
	}
	wide := int(c.advance)
	w.run.Glyphs = append(w.run.Glyphs, Glyph{ID: uint32(c.glyph), Char: r, X: w.x, Advance: wide, Cluster: i})
	if i != w.last {
		wide += w.run.Track
	}
	w.line.Advances = append(w.line.Advances, wide)
	w.x += wide
	w.script, w.before, w.had = manner, r, c
}

// An item is a stretch of a text that is set in one go.
type item struct {
	from, to int
	level    uint8
	face     *Face
	script   language.Script // as which it is shaped; 0: one glyph for each character
}

// set sets any text.
func (f *Family) set(text string, o Options) (*Line, error) {
	if len(text) > longest {
		return nil, fmt.Errorf("the text has %d bytes, too many for a line; shorten it", len(text))
	}
	if len(f.Faces) == 0 {
		return nil, fmt.Errorf("the family %q has no face", f.Name)
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("the text is not UTF-8; enter it again, or convert its file to UTF-8")
	}
	runes := []rune(text)
	for _, r := range runes {
		if reason := unsettable(r); reason != "" {
			return nil, &CharError{r, reason}
		}
	}
	base := uint8(0)
	if o.RTL {
		base = 1
	}
	items, err := f.items(runes, levels(runes, base), o)
	if err != nil {
		return nil, err
	}
	line := &Line{Text: text, Track: o.Track, Advances: make([]int, len(runes))}
	depths := make([]uint8, len(items))
	for i, it := range items {
		depths[i] = it.level
	}
	x := 0
	for n, i := range reorder(depths) {
		run, wide, err := items[i].set(runes, o, x, n == len(items)-1, line.Advances)
		if err != nil {
			return nil, err
		}
		line.Runs = append(line.Runs, run)
		x += wide
	}
	line.Width = x
	return line, nil
}

// items divides a text where its direction, its face, or the way of setting it
// changes.
func (f *Family) items(text []rune, levels []uint8, o Options) ([]item, error) {
	kinds := scripts(text)
	var order []func() *Face
	for _, s := range kinds {
		if f.house && ideographic(s) {
			order = ideographs(text, kinds, o.Language)
			break
		}
	}
	var items []item
	put := func(next item) {
		if n := len(items); n > 0 {
			if last := &items[n-1]; last.level == next.level && last.face == next.face && last.script == next.script {
				last.to = next.to
				return
			}
		}
		items = append(items, next)
	}
	words := divide(text, levels, kinds, o.Language)
	if face := f.uniform(text, words, levels); face != nil {
		f = &Family{Name: f.Name, Faces: []*Face{face}}
	}
	for _, w := range words {
		if n := len(items); n > 0 && unicode.Is(unicode.Zs, text[w.from]) {
			// A space belongs to the word before it, where that stands.
			last := items[n-1]
			if last.level == levels[w.from] && last.covers(text[w.from:w.to]) {
				put(item{w.from, w.to, last.level, last.face, last.script})
				continue
			}
		}
		if err := f.word(text, w, levels[w.from], order, put); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// divide divides a text into words and spaces, each in one direction and script.
func divide(text []rune, levels []uint8, kinds []language.Script, tag string) (words []part) {
	for from := 0; from < len(text); {
		to := from + 1
		space := unicode.Is(unicode.Zs, text[from])
		for to < len(text) && levels[to] == levels[from] && kinds[to] == kinds[from] && unicode.Is(unicode.Zs, text[to]) == space {
			to++
		}
		words = append(words, part{from, to, kinds[from], tag, levels[from]%2 == 1})
		from = to
	}
	return words
}

// short is the most characters of a text that is rather set in one face
// throughout than in the first one as far as that goes: the length of names.
const short = 40

// uniform returns the face that sets all of a short text in simple scripts, if
// there is one.
func (f *Family) uniform(text []rune, words []part, levels []uint8) *Face {
	if len(text) > short {
		return nil
	}
	for _, w := range words {
		if !simple(w.script) {
			return nil
		}
	}
faces:
	for face := range f.candidates(language.Common, nil) {
		for _, w := range words {
			if _, ok, _ := fit(face, text, w, levels[w.from]); !ok {
				continue faces
			}
		}
		return face
	}
	return nil
}

// covers reports whether the item may go on with these characters.
func (it item) covers(text []rune) bool {
	for _, r := range text {
		c := it.face.char(r)
		if c.glyph == 0 || it.script == 0 && c.manner == shaped {
			return false
		}
	}
	return true
}

// word finds the faces of one word, or of the spaces between two. One face for
// the whole is better than the first face for a part of it.
func (f *Family) word(text []rune, w part, level uint8, order []func() *Face, put func(item)) error {
	signs := true // no letter
	for _, r := range text[w.from:w.to] {
		signs = signs && !script(r).Strong()
	}
	script := w.script
	if signs && !w.rtl {
		script = language.Common
	}
	var failure error
	for face := range f.candidates(script, order) {
		switch it, ok, err := fit(face, text, w, level); {
		case ok:
			put(it)
			return nil
		case err != nil && failure == nil:
			failure = err
		}
	}
	// Letter by letter, each with its marks.
	for from := w.from; from < w.to; {
		to := from + 1
		for to < w.to && unicode.IsMark(text[to]) {
			to++
		}
		found := false
		for face := range f.candidates(script, order) {
			it, ok, err := fit(face, text, part{from, to, w.script, w.language, w.rtl}, level)
			if err != nil && failure == nil {
				failure = err
			}
			if ok {
				put(it)
				found = true
				break
			}
		}
		if !found {
			if failure != nil {
				return failure
			}
			for _, r := range text[from:to] {
				if !f.has(r, script, order) {
					return &CharError{r, absent(r)}
				}
			}
			return &CharError{text[to-1], "is a combining mark that none of the typefaces has together with " + string(text[from]) + "; use a letter with its own accent, " + passport}
		}
		from = to
	}
	return nil
}

// has reports whether any face has the character.
func (f *Family) has(r rune, script language.Script, order []func() *Face) bool {
	for face := range f.candidates(script, order) {
		if face.char(r).glyph != 0 {
			return true
		}
	}
	return false
}

// fit tells how a face sets a word, if it does. The error says what is wrong
// with one that has all the characters.
func fit(face *Face, text []rune, w part, level uint8) (item, bool, error) {
	alone, letters := !w.rtl, false
	for i := w.from; i < w.to; i++ {
		c := face.char(text[i])
		if c.glyph == 0 {
			return item{}, false, nil
		}
		alone = alone && c.manner != shaped
		letters = letters || script(text[i]).Strong()
	}
	it := item{from: w.from, to: w.to, level: level, face: face, script: w.script}
	if alone && (simple(w.script) || ideographic(w.script) || !letters) {
		it.script = 0
		return it, true, nil
	}
	if ideographic(w.script) {
		for i := w.from; i < w.to; i++ {
			if c := face.char(text[i]); c.manner == shaped && !w.rtl {
				return item{}, false, bad(text[i])
			}
		}
	}
	if at, err := stray(text, w); err != nil {
		return item{}, false, &CharError{text[at], err.Error()}
	}
	shapes, err := face.shape(text, w, it.off())
	if err != nil {
		return item{}, false, err
	}
	if err := face.drawn(text, w, shapes); err != nil {
		return item{}, false, err
	}
	if simple(w.script) {
		if err := face.placed(text, w, shapes); err != nil {
			return item{}, false, err
		}
	}
	return it, true, nil
}

// bad says what is wrong with a character that a face has and cannot set alone.
func bad(r rune) *CharError {
	if unicode.IsMark(r) {
		return &CharError{r, "is a combining mark that no single letter carries here; use the letter with its own mark, " + passport}
	}
	return &CharError{r, "leaves no mark on paper; remove it"}
}

// simple reports scripts whose letters stand side by side, each for itself.
func simple(s language.Script) bool {
	switch s {
	case language.Latin, language.Greek, language.Cyrillic, language.Armenian, language.Georgian, language.Common:
		return true
	}
	return false
}

// off are the features that the item is shaped without.
func (it item) off() []harfbuzz.Feature {
	if simple(it.script) {
		return alone
	}
	return nil
}

// mostMarks is the most marks that one letter carries in any spelling: pointed
// Hebrew has as many.
const mostMarks = 4

// stray finds a mark that stands where none is written: without a letter before
// it, twice, or on top of too many others.
func stray(text []rune, w part) (int, error) {
	pile := 0
	for i := w.from; i < w.to; i++ {
		if !unicode.IsMark(text[i]) {
			pile = 0
			continue
		}
		pile++
		if pile > mostMarks {
			return i, fmt.Errorf("is one of more than %d marks on one letter; remove those that the spelling does not need", mostMarks)
		}
		if pile > 1 && text[i] == text[i-1] {
			return i, fmt.Errorf("stands twice on one letter; remove one of them")
		}
		if accent(text[i]) && !simple(w.script) {
			return i, fmt.Errorf("is a combining mark of other scripts; use the letter with its own mark, " + passport)
		}
		if i == 0 || !(unicode.IsLetter(text[i-1]) || unicode.IsMark(text[i-1])) {
			return i, fmt.Errorf("is a combining mark without a letter before it; remove it, or put it behind its letter")
		}
	}
	return 0, nil
}

// accent reports the combining marks of Latin, Greek and Cyrillic letters.
func accent(r rune) bool {
	return 0x0300 <= r && r <= 0x036F || 0x1AB0 <= r && r <= 0x1AFF || 0x1DC0 <= r && r <= 0x1DFF || 0x20D0 <= r && r <= 0x20FF || 0xFE20 <= r && r <= 0xFE2F
}

// drawn checks that shaping has left nothing out and put nothing in.
func (f *Face) drawn(text []rune, w part, shapes []shape) error {
	const circle = '◌' // put in where marks do not follow what they belong to
	ring, asked := f.char(circle).glyph, false
	for _, r := range text[w.from:w.to] {
		asked = asked || r == circle
	}
	seen := make([]bool, w.to-w.from)
	ink := make([]bool, w.to-w.from)
	for _, s := range shapes {
		at := s.cluster
		switch {
		case at < w.from || at >= w.to:
			return fmt.Errorf("font %s: the font is damaged (it names a character that is not there)", f.Name)
		case s.glyph == 0:
			return &CharError{text[at], absent(text[at])}
		case s.glyph == ring && !asked:
			for at+1 < w.to && !unicode.IsMark(text[at]) {
				at++
			}
			return &CharError{text[at], "is a mark where no letter can carry it; check the spelling, or use the Latin letters of the passport"}
		}
		seen[at-w.from] = true
		ink[at-w.from] = ink[at-w.from] || f.inks(s.glyph)
	}
	for i := range seen {
		if seen[i] && !ink[i] && !unicode.Is(unicode.Zs, text[w.from+i]) || i == 0 && !seen[i] && !w.rtl {
			return &CharError{text[w.from+i], "leaves no mark on paper; remove it"}
		}
	}
	return nil
}

// placed checks that the font places each mark that stands for itself: one that
// it does not, it would draw beside its letter or through it. Without the
// placing features such a mark stands where it stands with them.
func (f *Face) placed(text []rune, w part, shapes []shape) error {
	marks := false
	for _, s := range shapes {
		marks = marks || s.mark
	}
	if !marks {
		for _, r := range text[w.from:w.to] {
			if unicode.Is(unicode.Mn, r) && f.char(r).glyph != 0 && standsAlone(f, r, shapes) {
				return &CharError{r, "is a combining mark that the typeface does not place; use a letter with its own accent, " + passport}
			}
		}
		return nil
	}
	free, err := f.shape(text, w, adrift)
	if err != nil {
		return err
	}
	for i, s := range shapes {
		if s.mark && (i >= len(free) || free[i].glyph != s.glyph || free[i].x == s.x && free[i].y == s.y) {
			at := s.cluster
			for at+1 < w.to && !unicode.IsMark(text[at]) {
				at++
			}
			return &CharError{text[at], "is a combining mark that the typefaces do not place on this letter; use a letter with its own accent, " + passport}
		}
	}
	return nil
}

// standsAlone reports whether the glyph of a mark is among those drawn.
func standsAlone(f *Face, r rune, shapes []shape) bool {
	g := f.char(r).glyph
	for _, s := range shapes {
		if s.glyph == g {
			return true
		}
	}
	return false
}

// set sets an item with its left end at x, and returns how wide it is. What each
// character adds to that it puts into advances.
func (it item) set(text []rune, o Options, x int, last bool, advances []int) (Run, int, error) {
	part := text[it.from:it.to]
	run := Run{Face: it.face, Text: string(part), RTL: it.level%2 == 1, X: x}
	if it.script == 0 {
		run.Plain, run.Track = true, o.Track
		run.Glyphs = make([]Glyph, 0, len(part))
		w := row{line: &Line{Advances: advances[it.from:it.from:it.to]}, run: &run, x: x, last: -1, script: anySimple}
		if last {
			w.last = len(part) - 1
		}
		for _, r := range part {
			if m := it.face.char(r).manner; m != anySimple {
				w.script = m
				break
			}
		}
		for _, r := range part {
			w.add(r, it.face.char(r))
			run.Plain = run.Plain && r <= basic
		}
		run.unname()
		return run, w.x - x, nil
	}
	shapes, err := it.face.shape(text, it.part(o), it.off())
	if err != nil {
		return Run{}, 0, err
	}
	if err := it.face.drawn(text, it.part(o), shapes); err != nil {
		return Run{}, 0, err
	}
	from := x
	run.Plain = !run.RTL && len(shapes) == len(part)
	for i, s := range shapes {
		own := it.face.thousandths(it.face.units(s.glyph))
		g := Glyph{ID: uint32(s.glyph), X: x + it.face.thousandths(s.x), Y: it.face.thousandths(s.y), Advance: own, Cluster: s.cluster - it.from}
		if run.Plain {
			g.Char = part[i]
			run.Plain = s.cluster == it.from+i && s.glyph == it.face.char(part[i]).glyph && s.x == 0 && s.y == 0 && !s.mark && own > 0 && part[i] <= basic
		}
		wide := own + it.face.thousandths(s.advance-it.face.units(s.glyph))
		x += wide
		advances[s.cluster] += wide
		run.Glyphs = append(run.Glyphs, g)
	}
	run.unname()
	return run, x - from, nil
}

// unname takes from the glyphs of a run that is not plain the characters that
// they stand for.
func (r *Run) unname() {
	if !r.Plain {
		for i := range r.Glyphs {
			r.Glyphs[i].Char = 0
		}
	}
}

func (it item) part(o Options) part {
	return part{it.from, it.to, it.script, o.Language, it.level%2 == 1}
}
