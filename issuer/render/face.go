package render

import (
	"fmt"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/testamur/testamur/templates"
)

// A face is one typeface, read twice: by sfnt, which tells what it holds and
// how wide it sets, and for every document anew by gofpdf, which embeds it.
type face struct {
	family string // the name gofpdf knows it by
	data   []byte // TrueType; cloned for every document
	sfnt   *sfnt.Font
	perEm  int // font units to the em
}

// The faces of the page: serif for everything that is read, italic for the
// connecting words, sans for labels and for what is typed or compared letter
// by letter (number, code, address).
type faces struct {
	serif, italic, sans *face
}

func (f faces) all() []*face { return []*face{f.serif, f.italic, f.sans} }

func openFaces() (f faces, err error) {
	if f.serif, err = openFace("ebgaramond", templates.FontSerif); err != nil {
		return f, err
	}
	if f.italic, err = openFace("ebgaramond-italic", templates.FontItalic); err != nil {
		return f, err
	}
	f.sans, err = openFace("sourcesans3", templates.FontSans)
	return f, err
}

func openFace(family, file string) (*face, error) {
	data, err := templates.Font(file)
	if err != nil {
		return nil, err
	}
	s, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading font %s: %w", file, err)
	}
	return &face{family: family, data: data, sfnt: s, perEm: int(s.UnitsPerEm())}, nil
}

// glyph returns the glyph of r, 0 when the face has none.
func (f *face) glyph(buf *sfnt.Buffer, r rune) sfnt.GlyphIndex {
	g, err := f.sfnt.GlyphIndex(buf, r)
	if err != nil {
		return 0
	}
	return g
}

// advance returns the width of g in thousandths of an em.
func (f *face) advance(buf *sfnt.Buffer, g sfnt.GlyphIndex) int {
	// A size of one pixel per font unit gives font units.
	a, err := f.sfnt.GlyphAdvance(buf, g, fixed.Int26_6(f.perEm), font.HintingNone)
	if err != nil {
		return 0
	}
	return f.thousandths(int(a))
}

// kern returns by how much b moves when it follows a, in thousandths of an em.
func (f *face) kern(buf *sfnt.Buffer, a, b sfnt.GlyphIndex) int {
	k, err := f.sfnt.Kern(buf, a, b, fixed.Int26_6(f.perEm), font.HintingNone)
	if err != nil { // sfnt.ErrNotFound: no pair
		return 0
	}
	return f.thousandths(int(k))
}

func (f *face) thousandths(units int) int {
	if f.perEm == 1000 {
		return units
	}
	return (units*1000 + f.perEm/2) / f.perEm
}

// inks reports whether g draws anything.
func (f *face) inks(buf *sfnt.Buffer, g sfnt.GlyphIndex) bool {
	s, err := f.sfnt.LoadGlyph(buf, g, fixed.Int26_6(f.perEm), nil)
	return err == nil && len(s) > 0
}

// covers reports the first character of text that the face cannot print.
func (f *face) covers(text string) error {
	var buf sfnt.Buffer
	for _, r := range text {
		g := f.glyph(&buf, r)
		if g == 0 || f.advance(&buf, g) == 0 || r != ' ' && !f.inks(&buf, g) {
			return fmt.Errorf("font %s cannot print %q (U+%04X)", f.family, r, r)
		}
	}
	return nil
}

// setting is a line of text with the place of each of its characters.
type setting struct {
	face  *face
	runes []rune
	track int   // added after each character, in thousandths of an em
	left  []int // where each character begins, kerning included
	wide  []int // how wide each is by itself
	width int   // of the whole line
}

// set places the characters of text one after the other.
func (f *face) set(text string, track int) setting {
	var (
		buf  sfnt.Buffer
		s    = setting{face: f, runes: []rune(text), track: track}
		x    int
		last sfnt.GlyphIndex
	)
	s.left = make([]int, len(s.runes))
	s.wide = make([]int, len(s.runes))
	for i, r := range s.runes {
		g := f.glyph(&buf, r)
		if i > 0 {
			x += track
			// The serif moves i away from f, expecting the ligature in their
			// place. Left alone the two look like it, and stay two letters for
			// whoever copies or compares the text.
			if s.runes[i-1] != 'f' || r != 'i' {
				x += f.kern(&buf, last, g)
			}
		}
		s.left[i], s.wide[i] = x, f.advance(&buf, g)
		x += s.wide[i]
		last = g
	}
	s.width = x
	return s
}

// pieces calls draw for each stretch of characters that follow one another
// without kerning. gofpdf has no way to kern within a string.
func (s setting) pieces(draw func(left int, text string)) {
	from := 0
	for i := 1; i <= len(s.runes); i++ {
		if i < len(s.runes) && s.left[i] == s.left[i-1]+s.wide[i-1]+s.track {
			continue
		}
		draw(s.left[from], string(s.runes[from:i]))
		from = i
	}
}
