package paper

import (
	"fmt"
	"sync"

	"golang.org/x/image/font/sfnt"

	"github.com/testamur/testamur/templates"
)

// A typeface is one of those that certificates are printed in. It tells from the
// outline of a glyph which characters look like that, so that a page is read by
// what it draws and not by what it says it draws.
type typeface struct {
	perEm    int
	programs uint64
	signs    map[string]sign // by outline
	look     map[rune]rune   // each character → the first that looks the same
}

// A sign is what one outline stands for.
type sign struct {
	first   rune // the first character that looks so
	advance float64
	shift   float64
}

// typefaces are those of the press, read once.
var typefaces = sync.OnceValue(func() (all []*typeface) {
	for _, name := range []string{templates.FontSerif, templates.FontItalic, templates.FontSans} {
		f, err := openTypeface(name)
		if err != nil {
			panic(fmt.Sprintf("paper: embedded font: %v", err))
		}
		all = append(all, f)
	}
	return all
})

func openTypeface(name string) (*typeface, error) {
	data, err := templates.Font(name)
	if err != nil {
		return nil, err
	}
	font, err := sfnt.Parse(data)
	if err != nil {
		return nil, err
	}
	o, err := openOutlines(data, false)
	if err != nil {
		return nil, err
	}
	f := &typeface{perEm: o.perEm, programs: o.programs, signs: map[string]sign{}, look: map[rune]rune{}}
	var buf sfnt.Buffer
	for r := ' '; r < 0x10000; r++ {
		g, err := font.GlyphIndex(&buf, r)
		if err != nil || g == 0 {
			continue
		}
		s, err := o.shape(int(g))
		if err != nil || len(s.points) == 0 && r != ' ' {
			continue // marks no paper; a blank is told by its width
		}
		key := s.key(o.perEm)
		known, ok := f.signs[key]
		if !ok {
			a, _ := o.metrics(int(g))
			known = sign{r, float64(a) / float64(o.perEm), s.shift}
			f.signs[key] = known
		}
		f.look[r] = known.first
	}
	return f, nil
}

// alike gives the one character that stands for all that look like r in any of
// the typefaces: A for the Latin, the Greek and the Cyrillic capital. An eye
// cannot tell them apart on paper either.
func alike(r rune) rune {
	for _, f := range typefaces() {
		if first, ok := f.look[r]; ok && first < r {
			return alike(first)
		}
	}
	return r
}
