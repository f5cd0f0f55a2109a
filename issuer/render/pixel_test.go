package render

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// What two drawings of one page may differ in. Renderers set letters on a quarter
// of a pixel, large ones on a whole one, so that the least difference of a place
// moves one that stands just between two; the resolution is one at which the
// hundredths of a point on which gofpdf sets type do not stand so. A letter that
// is another differs in dozens of pixels.
const (
	pixelDPI      = 149
	visible       = 48  // of 255: a difference to be counted
	mostDifferent = 600 // pixels that may differ so, of two millions
)

// differ compares two rasters: the greatest difference of a pixel, and how many
// differ visibly.
func (g grey) differ(h grey) (most, many int, err error) {
	if g.wide != h.wide || g.high != h.high {
		return 0, 0, fmt.Errorf("%d × %d pixels, and %d × %d", g.wide, g.high, h.wide, h.high)
	}
	for i, a := range g.pix {
		d := int(a) - int(h.pix[i])
		if d < 0 {
			d = -d
		}
		most = max(most, d)
		if d > visible {
			many++
		}
	}
	return most, many, nil
}

// kinds of certificates: every design in every size, and every language once.
func everyKind(t testing.TB) map[string]issuer.Paper {
	t.Helper()
	names := []string{"everyday", "cyrillic", "greek", "vietnamese", "specimen", "arabic", "hebrew", "devanagari", "thai", "japanese", "korean", "rare"}
	list := map[string]issuer.Paper{}
	i := 0
	for _, d := range certificate.Builtin().All() {
		for _, size := range d.Sizes {
			for _, tag := range d.Languages {
				q := papers()[names[i%len(names)]]
				q.Style = certificate.Style{Design: d.Name, Size: size, Languages: []string{tag}}
				if i%2 == 1 {
					q.Summary = "https://verify.example.org/v#" + codeTexts(5)[4][29:1500]
				}
				if i%3 == 2 {
					q.Style.Languages = append(q.Style.Languages, d.Languages[(i+1)%len(d.Languages)])
					if q.Style.Languages[1] == tag {
						q.Style.Languages = q.Style.Languages[:1]
					}
				}
				list[fmt.Sprintf("%s %s %v %s", d.Name, size, q.Style.Languages, names[i%len(names)])] = q
				i++
			}
		}
	}
	return list
}

// someKinds are as many of them as there are designs and sizes, each with another
// language and name.
func someKinds(t testing.TB) map[string]issuer.Paper {
	list := map[string]issuer.Paper{}
	seen := map[string]bool{}
	all := everyKind(t)
	for i, name := range slices.Sorted(maps.Keys(all)) {
		q := all[name]
		if key := q.Style.Design + string(q.Style.Size); !seen[key] && i%5 == len(seen)%5 {
			seen[key], list[name] = true, q
		}
	}
	return list
}

// TestPixelsAreThoseOfTheReference: the prepared way draws the page that gofpdf
// draws by itself, for every design, size and language.
func TestPixelsAreThoseOfTheReference(t *testing.T) {
	p := press(t)
	for name, q := range everyKind(t) {
		t.Run(name, func(t *testing.T) {
			j, err := p.compose(q)
			if err != nil {
				t.Fatal(err)
			}
			part, err := p.prepared(j.page)
			if err != nil {
				t.Fatal(err)
			}
			slow, err := j.reference(part, Plainly{})
			if err != nil {
				t.Fatal(err)
			}
			fast := render(t, p, q)
			most, many, err := raster(t, fast, pixelDPI).differ(raster(t, slow, pixelDPI))
			if err != nil {
				t.Fatal(err)
			}
			if many > mostDifferent {
				t.Errorf("pixels differ by up to %d, and %d of them visibly", most, many)
			}
			if share := float64(len(fast)) / float64(len(slow)); share > 1.5 {
				t.Errorf("%d bytes, %.2f of the %d that gofpdf makes", len(fast), share, len(slow))
			}
			t.Logf("pixels: %d, %d; bytes: %d, %d", most, many, len(fast), len(slow))
		})
	}
}

// TestEmptyBoxesAreCaught: a font that is believed to have characters which it
// was not prepared with shows empty boxes in their place, while every program
// that takes text from the page still finds the right one.
func TestEmptyBoxesAreCaught(t *testing.T) {
	p := press(t)
	q := papers()["greek"]
	j, err := p.compose(q)
	if err != nil {
		t.Fatal(err)
	}
	part, err := prepare(j.page, 0)
	if err != nil {
		t.Fatal(err)
	}
	right, err := whole(part, j)
	if err != nil {
		t.Fatal(err)
	}
	lax := *part
	lax.fonts = map[*typeface.Face]*font{}
	for face, f := range part.fonts {
		lie := *f
		lie.others = map[rune]int16{}
		for r, w := range f.others {
			lie.others[r] = w
		}
		for r := rune(0x370); r < 0x400; r++ {
			lie.others[r] = 500
		}
		lax.fonts[face] = &lie
	}
	wrong, err := whole(&lax, j)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := j.reference(part, Plainly{})
	if err != nil {
		t.Fatal(err)
	}
	want := raster(t, slow, pixelDPI)
	if most, many, err := raster(t, right, pixelDPI).differ(want); err != nil || many > mostDifferent {
		t.Errorf("outlines in place of characters that were not prepared: differ by up to %d, %d of them (%v)", most, many, err)
	}
	if most, many, err := raster(t, wrong, pixelDPI).differ(want); err != nil || many <= mostDifferent {
		t.Errorf("empty boxes are not caught: differ by up to %d, %d of them (%v)", most, many, err)
	}
}
