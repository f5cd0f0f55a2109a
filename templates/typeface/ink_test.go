package typeface

import "testing"

func TestInkLiesRoundEveryPointOfAnOutline(t *testing.T) {
	f := regular()
	for _, r := range "AgÅjñ.x" {
		id := uint32(f.char(r).glyph)
		b := f.Ink(id)
		touched := [4]bool{}
		for _, s := range f.Outline(id) {
			points := s.P[:1]
			if s.Op == CubeTo {
				points = s.P[:]
			}
			for _, p := range points {
				if p.X < float64(b.Left) || p.X > float64(b.Right) || p.Y < float64(b.Bottom) || p.Y > float64(b.Top) {
					t.Errorf("%q: %+v is outside of %+v", r, p, b)
				}
				for i, off := range []float64{p.X - float64(b.Left), float64(b.Right) - p.X, p.Y - float64(b.Bottom), float64(b.Top) - p.Y} {
					touched[i] = touched[i] || off < 1
				}
			}
		}
		if touched != [4]bool{true, true, true, true} {
			t.Errorf("%q: %+v is larger than the outline", r, b)
		}
		if again := f.Ink(id); again != b {
			t.Errorf("%q: %+v, asked again %+v", r, b, again)
		}
	}
	if a, g := f.Ink(uint32(f.char('Å').glyph)), f.Ink(uint32(f.char('g').glyph)); a.Top < 800 || a.Bottom < -30 || g.Bottom > -150 {
		t.Errorf("Å %+v, g %+v", a, g)
	}
	for _, id := range []uint32{uint32(f.char(' ').glyph), 1 << 20} {
		if b := f.Ink(id); b != (Box{}) {
			t.Errorf("glyph %d without ink: %+v", id, b)
		}
	}
}
