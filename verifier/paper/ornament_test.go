package paper

import (
	"testing"

	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/templates/certificate"
)

// The press draws the ornament of every design, each stroke and area of it, and no
// stroke may be drawn twice or elsewhere.
func TestOrnamentIsAccountedForOnce(t *testing.T) {
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range certificate.Builtin().All() {
		for _, size := range d.Sizes {
			for _, language := range []string{"en", "ar"} {
				style := certificate.Style{Design: d.Name, Size: size, Languages: []string{language}}
				c := issued("Emil Noble", 1)
				held := heldAgainst(t, printedAs(t, press, c, style), c)
				if held.seen == nil {
					t.Fatalf("%+v: the page is like none", style)
				}
				o := ornamentOf(held.seen)
				var some *paint
				for i := range held.paints {
					p := &held.paints[i]
					for _, s := range p.strokes {
						if o.take(held.seen, p, s) {
							some = p
						}
					}
					if p.kind == aFill {
						o.takeArea(held.seen, p)
					}
				}
				for _, list := range [][]bool{o.strokes, o.areas} {
					for i, taken := range list {
						if !taken {
							t.Fatalf("%+v: %d of %d is not on the page", style, i, len(list))
						}
					}
				}
				if some == nil {
					if len(o.strokes) > 0 {
						t.Errorf("%+v: no stroke was taken", style)
					}
					continue
				}
				if o.take(held.seen, some, some.strokes[0]) {
					t.Errorf("%+v: a stroke was accounted for twice", style)
				}
				again := ornamentOf(held.seen)
				far := some.strokes[0]
				far.box = far.box.mapped(matrix{1, 0, 0, 1, held.seen.unit, 0})
				thick := *some
				thick.wide += held.seen.unit
				if again.take(held.seen, &thick, some.strokes[0]) {
					t.Errorf("%+v: a thicker stroke was accounted for", style)
				}
				for range 3 { // a wave may pass a millimetre beside itself, though not again and again
					far.box = far.box.mapped(matrix{1, 0, 0, 1, 0, 7.3 * held.seen.unit})
					if !again.take(held.seen, some, far) {
						far.box.x0 = -1
					}
				}
				if far.box.x0 != -1 {
					t.Errorf("%+v: strokes elsewhere were accounted for", style)
				}
			}
		}
	}
}
