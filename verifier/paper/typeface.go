package paper

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"golang.org/x/image/font/sfnt"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// A face is one of those that certificates are printed in. It tells from the
// outline of a glyph which characters look like that, so that a page is read by
// what it draws and not by what it says it draws.
type face struct {
	perEm    int
	programs [sha256.Size]byte
	signs    map[string]sign // by outline
	look     map[rune]rune   // each character → the first that looks the same
}

// A sign is what one outline stands for.
type sign struct {
	first   rune // the first character that looks so
	advance float64
	shift   float64
}

// typefaces are those of the built-in designs, read once. Texts in others are drawn
// as outlines there.
var typefaces = sync.OnceValue(func() (all []*face) {
	for _, family := range []*typeface.Family{typeface.Serif(), typeface.Italic(), typeface.Sans()} {
		f, err := openFace(family.Faces[0])
		if err != nil {
			panic(fmt.Sprintf("paper: embedded font: %v", err))
		}
		all = append(all, f)
	}
	return all
})

// ownFaces are those of a body's own designs, read when they are first asked for.
var ownFaces sync.Map // *typeface.Face → func() *face, which gives nil for one that cannot be read

// facesOf are the typefaces of designs beside the built-in ones.
func facesOf(designs []*certificate.Design) (own []func() *face) {
	for _, d := range designs {
		if d.Builtin {
			continue
		}
		for _, family := range families([]*certificate.Design{d}) {
			if family == typeface.Serif() || family == typeface.Italic() || family == typeface.Sans() {
				continue
			}
			for _, f := range family.Faces {
				open, _ := ownFaces.LoadOrStore(f, sync.OnceValue(func() *face { one, _ := openFace(f); return one }))
				own = append(own, open.(func() *face))
			}
		}
	}
	return own
}

// facesKey is the key of a context under which the typefaces of a body's own designs
// are handed to whoever reads a document.
type facesKey struct{}

func openFace(from *typeface.Face) (*face, error) {
	font, err := sfnt.Parse(from.Data)
	if err != nil {
		return nil, err
	}
	o, err := openOutlines(from.Data, false)
	if err != nil {
		return nil, err
	}
	f := &face{perEm: o.perEm, programs: o.programs, signs: map[string]sign{}, look: map[rune]rune{}}
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

// shows reports whether r as this typeface draws it can be read as want: the same
// outline stands for both. Where the typeface is not known, it may be any of the house.
func (f *face) shows(r, want rune) bool {
	if r == want {
		return true
	}
	if f == nil {
		return alike(r) == alike(want)
	}
	a, ok := f.look[r]
	b, ok2 := f.look[want]
	return ok && ok2 && a == b
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
