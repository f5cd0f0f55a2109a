package typeface

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
)

// families are those of the house.
func families() []*Family { return []*Family{Serif(), Italic(), Sans()} }

// letters returns the characters that the first face of the family sets by
// themselves, and those of everyday names, script by script.
func letters(f *Family) (common [3][]rune, all []rune) {
	for r := rune(' '); r <= basic; r++ {
		if f.Faces[0].char(r).manner == shaped || unsettable(r) != "" {
			continue
		}
		all = append(all, r)
		for i, s := range []language.Script{language.Latin, language.Greek, language.Cyrillic} {
			if own := script(r); r < 0x500 && (own == s || own == language.Common) {
				common[i] = append(common[i], r)
			}
		}
	}
	return common, all
}

// TestQuickLinesAreTheShapedOnes: what is set by looking up is what HarfBuzz
// says of the whole text.
func TestQuickLinesAreTheShapedOnes(t *testing.T) {
	for _, f := range families() {
		rng := rand.New(rand.NewPCG(1, 2))
		common, all := letters(f)
		texts := 0
		for i := range 6000 {
			from := common[i%len(common)]
			if i%8 == 0 {
				from = all
			}
			text := make([]rune, 2+rng.IntN(20))
			for k := range text {
				text[k] = from[rng.IntN(len(from))]
			}
			quick := f.quick(string(text), Options{})
			if quick == nil {
				t.Fatalf("%s: %q is not set quickly", f.Name, string(text))
			}
			slow, err := f.set(string(text), Options{})
			if err != nil {
				t.Fatalf("%s: %q: %v", f.Name, string(text), err)
			}
			if !reflect.DeepEqual(quick, slow) {
				t.Fatalf("%s: %q\nquick %+v\nslow  %+v", f.Name, string(text), quick, slow)
			}
			if want, ok := whole(t, f.Faces[0], text); ok {
				texts++
				if got := quick.Runs[0].Glyphs; !reflect.DeepEqual(got, want) {
					for k := range got {
						if k < len(want) && got[k] != want[k] {
							t.Fatalf("%s: %q: glyph %d is %+v, shaped %+v", f.Name, string(text), k, got[k], want[k])
						}
					}
					t.Fatalf("%s: %q: %d glyphs, shaped %d", f.Name, string(text), len(got), len(want))
				}
			}
		}
		if texts < 4000 {
			t.Errorf("%s: only %d texts compared", f.Name, texts)
		}
	}
}

// whole shapes a text of one simple script in one go.
func whole(t *testing.T, f *Face, text []rune) ([]Glyph, bool) {
	t.Helper()
	s := language.Script(0)
	for _, r := range text {
		switch own := script(r); {
		case !own.Strong():
		case s == 0:
			s = own
		case s != own:
			return nil, false
		}
	}
	if s == 0 {
		s = language.Latin
	}
	shapes, err := f.shape(text, part{to: len(text), script: s}, alone)
	if err != nil {
		t.Fatal(err)
	}
	var glyphs []Glyph
	x := 0
	for i, s := range shapes {
		own := f.units(s.glyph)
		glyphs = append(glyphs, Glyph{ID: uint32(s.glyph), Char: text[s.cluster], X: x + s.x, Y: s.y, Advance: own, Cluster: s.cluster})
		x += s.advance
		if i+1 < len(text) && text[i] == 'f' && text[i+1] == 'i' { // our own rule
			x += own - s.advance
		}
	}
	return glyphs, true
}

// TestNoLetterIsPassedOver: letters that a lookup's summary would leave out
// without widen. The twin, made without, must show the fault; when it no longer
// does, the library is mended and widen can go.
func TestNoLetterIsPassedOver(t *testing.T) {
	f := naskh()
	text := []rune("زينب")
	joined := func(shapes []shape) bool {
		for _, s := range shapes {
			if r := text[s.cluster]; (r == 'ي' || r == 'ن') && s.glyph == f.char(r).glyph {
				return false
			}
		}
		return len(shapes) > 0
	}
	p := part{to: len(text), script: language.Arabic, rtl: true}
	shapes, err := f.shape(text, p, nil)
	if err != nil || !joined(shapes) {
		t.Errorf("letters stand alone: %+v, %v", shapes, err)
	}
	parsed, err := font.ParseTTF(bytes.NewReader(f.Data))
	if err != nil {
		t.Fatal(err)
	}
	twin := &Face{Name: "twin", Data: f.Data, sfnt: f.sfnt, perEm: f.perEm}
	twin.shapers.once.Do(func() {
		twin.shapers.free = make(chan *shaper, 1)
		twin.shapers.free <- &shaper{font: harfbuzz.NewFont(parsed), buf: harfbuzz.NewBuffer()}
	})
	if shapes, err := twin.shape(text, p, nil); err != nil || joined(shapes) {
		t.Errorf("without widen letters are joined too: %+v, %v", shapes, err)
	}
	if regular().kern('Γ', 'ε', regular().char('Γ').glyph, regular().char('ε').glyph, greek) >= 0 {
		t.Error("Greek is not kerned")
	}
}
