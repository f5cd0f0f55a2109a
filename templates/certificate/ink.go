package certificate

import (
	"fmt"
	"math"
	"sync"

	"github.com/testamur/testamur/templates/typeface"
)

// apart is what must be between the ink of two lines of a block, in millimetres.
const apart = 0.1

// usual is how far ordinary letters reach above their capitals and below their
// baseline, accents and tails included, as part of the size.
const usual = 0.35

// A reach is how far the ink of a line goes from the left end of its baseline, in
// thousandths of its size, y upward.
type reach struct{ left, bottom, right, top int }

func reachOf(l *typeface.Line) reach {
	r := reach{math.MaxInt32, math.MaxInt32, math.MinInt32, math.MinInt32}
	for i := range l.Runs {
		run := &l.Runs[i]
		for k := range run.Glyphs {
			g := &run.Glyphs[k]
			b := run.Face.Ink(g.ID)
			if b == (typeface.Box{}) {
				continue
			}
			r.left, r.right = min(r.left, g.X+int(b.Left)), max(r.right, g.X+int(b.Right))
			r.bottom, r.top = min(r.bottom, g.Y+int(b.Bottom)), max(r.top, g.Y+int(b.Top))
		}
	}
	if r.left > r.right {
		return reach{}
	}
	return r
}

// box is where the ink of a line lies that stands at x, y in a size.
func (r reach) box(x, y, size float64) Rect {
	em := size * Point / 1000
	return Rect{x + float64(r.left)*em, y - float64(r.top)*em, float64(r.right-r.left) * em, float64(r.top-r.bottom) * em}
}

// inks appends the places of the ink of a line, a box for each glyph.
func inks(list []Rect, l *typeface.Line, x, y, size float64) []Rect {
	em := size * Point / 1000
	for _, run := range l.Runs {
		for _, g := range run.Glyphs {
			if b := run.Face.Ink(g.ID); b != (typeface.Box{}) {
				list = append(list, Rect{x + float64(g.X+int(b.Left))*em, y - float64(g.Y+int(b.Top))*em, float64(int(b.Right)-int(b.Left)) * em, float64(int(b.Top)-int(b.Bottom)) * em})
			}
		}
	}
	return list
}

// least is how far below the one line the other must stand, so that the ink of
// neither reaches the other's: what stands above something else counts, not what
// stands beside it. Where the bounds of the lines tell, no glyph is looked at.
func least(upper, lower *typeface.Line, r, s reach, x, z, size, other, have float64) float64 {
	em, en := size*Point/1000, other*Point/1000
	if most := float64(s.top)*en - float64(r.bottom)*em + apart; most <= have {
		return 0
	}
	need := 0.0
	t := scratches.Get().(*scratch)
	defer scratches.Put(t)
	above, below := inks(t.a[:0], upper, x, 0, size), inks(t.b[:0], lower, z, 0, other)
	t.a, t.b = above, below
	for _, a := range above {
		for _, b := range below {
			if a.X < b.X+b.W && b.X < a.X+a.W {
				need = max(need, a.Y+a.H-b.Y+apart)
			}
		}
	}
	return need
}

// A scratch is room for glyphs to be held against each other.
type scratch struct {
	a, b  []Rect
	lines []inked
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// begins is how far from the left side of its slot a line begins.
func (s slot) begins(l *typeface.Line, size float64) float64 {
	long := float64(l.Width) / 1000 * size * Point
	switch s.align {
	case middle:
		return (s.width - long) / 2
	case right:
		return s.width - long
	}
	return 0
}

// spread measures what has been fitted, and sets lines farther apart whose ink would
// meet.
func (s slot) spread(f *fitted) *fitted {
	f.ink = make([]reach, len(f.lines))
	usual := f.size * Point * s.leading
	for i, line := range f.lines {
		f.ink[i] = reachOf(line)
		if i == 0 {
			continue
		}
		need := least(f.lines[i-1], line, f.ink[i-1], f.ink[i], s.begins(f.lines[i-1], f.size), s.begins(line, f.size), f.size, f.size, usual)
		if need > usual {
			if f.more == nil {
				f.more = make([]float64, len(f.lines))
			}
			f.more[i] = need - usual
		}
	}
	return f
}

// farther is how much higher a text is than its lines and size tell.
func (f *fitted) farther() (all float64) {
	for _, v := range f.more {
		all += v
	}
	return all
}

// A row is an item of a block with what is set in it.
type row struct {
	*item
	set   *fitted
	own   float64 // from the last baseline above, or the top of the block, to its first one, without what stretches
	least float64 // the same, as the ink of both needs it; 0 where that is no matter
	held  bool    // it stands as far below as its ink needs, and takes no part in stretching
}

// lack is by how much the ink of a row would reach the one above, where gaps
// stretch so much and springs have a share of the rest.
func (r *row) lack(stretch, share float64) float64 {
	if r.least == 0 {
		return 0
	}
	return r.least - r.own - r.stretch*stretch - r.spring*share
}

// crowded tells which text of a block takes the room that there is not.
func (w *form) crowded(b *block, rows []row) error {
	worst, by := 0, 0.0
	within := false
	for n := range rows {
		if v := rows[n].set.farther(); v > by {
			worst, by, within = n, v, true
		}
		if v := rows[n].lack(b.stretch[0], 0); rows[n].held && v > by {
			worst, by, within = n, v, false
		}
	}
	r := &rows[worst]
	if within {
		return r.reaches(r.set.text, by, "from one of its lines into the other")
	}
	above := &rows[worst-1]
	high := float64(r.set.ink[0].top)/1000 - capital
	deep := -float64(above.set.ink[len(above.set.lines)-1].bottom) / 1000
	switch {
	case r.kind == itemText && (high >= deep || above.kind != itemText):
		return r.reaches(r.set.text, by, "into the line above")
	case above.kind == itemText:
		return above.reaches(above.set.text, by, "into the line below")
	}
	return fmt.Errorf("design %s has no room for the wording in %s on %s: %q and %q of its block %s run into each other; give the second a gap",
		w.design.Name, joined(w.tags), w.size, above.set.text, r.set.text, b.name)
}

func (i *item) reaches(text string, by float64, where string) error {
	if i.kind != itemText {
		return fmt.Errorf("%q reaches %.1f mm %s", text, by, where)
	}
	return &TextError{Fact: i.fact, Text: text, Reason: fmt.Sprintf(
		"its marks reach %.1f mm %s; leave out those that its spelling can do without", max(by, 0.1), where)}
}

// inked is a line of a page, for holding its ink against all else.
type inked struct {
	*item
	set  *fitted
	box  Rect // round its ink
	line int
	at   Text
	from *block
}

func (i *inked) inks(list []Rect) []Rect { return inks(list[:0], i.at.Line, i.at.X, i.at.Y, i.at.Size) }

// meetsInk reports whether any of the ink lies in the place.
func meetsInk(list []Rect, place Rect) bool {
	for _, r := range list {
		if r.meets(place) {
			return true
		}
	}
	return false
}

// collides holds the ink of all lines of a page against each other and against
// what else stands there: within a block lay has seen to neighbours, and here is
// what reaches farther. Fixed wording is for Check to look at, once.
func (w *form) collides(p *Page, t *scratch, wording bool) error {
	paper := Rect{5, 5, w.wide - 10, w.high - 10}
	all := t.lines
	meets := func(a *inked, place Rect) bool {
		if !a.box.meets(place) {
			return false
		}
		t.a = a.inks(t.a)
		return meetsInk(t.a, place)
	}
	for n := range all {
		a := &all[n]
		for k := range n {
			b := &all[k]
			if !a.box.meets(b.box) || !wording && a.kind != itemText && b.kind != itemText {
				continue
			}
			t.a, t.b = a.inks(t.a), b.inks(t.b)
			for _, one := range t.a {
				if meetsInk(t.b, one) {
					return w.runsInto(a, b)
				}
			}
		}
		if !wording && a.kind != itemText {
			continue
		}
		for _, taken := range w.taken {
			if meets(a, taken.Rect) {
				return w.leaves(a, taken.name)
			}
		}
		if p.Offline != nil && meets(a, Rect{p.Offline.X, p.Offline.Y, p.Offline.Side, p.Offline.Side}) {
			return w.leaves(a, "the second QR code")
		}
		if !paper.holds(a.box) {
			return w.leaves(a, "the edge of the page")
		}
		slack := a.at.Size * Point * usual
		if a.box.Y < a.from.place.Y-slack || a.box.Y+a.box.H > a.from.place.Y+a.from.place.H+slack {
			if c := (&canvas{drawings: w.fixed.Drawings}); c.touches(a.box) {
				return w.leaves(a, "the ornament")
			}
		}
	}
	return nil
}

// runsInto tells which of two lines reaches the other.
func (w *form) runsInto(a, b *inked) error {
	long := func(i *inked) float64 {
		if i.kind != itemText {
			return -1
		}
		ink := i.set.ink[i.line]
		return max(float64(ink.top)/1000-capital, -float64(ink.bottom)/1000)
	}
	if long(a) < long(b) {
		a, b = b, a
	}
	by := min(a.box.Y+a.box.H, b.box.Y+b.box.H) - max(a.box.Y, b.box.Y)
	if a.kind != itemText {
		return fmt.Errorf("design %s has no room for the wording in %s on %s: %q and %q run into each other", w.design.Name, joined(w.tags), w.size, a.set.text, b.set.text)
	}
	where := "below"
	if b.at.Y < a.at.Y {
		where = "above"
	}
	return a.reaches(a.set.text, by, "into the line "+where)
}

func (w *form) leaves(a *inked, into string) error {
	place := a.from.place
	by := max(place.Y-a.box.Y, a.box.Y+a.box.H-place.Y-place.H, place.X-a.box.X, a.box.X+a.box.W-place.X-place.W)
	if a.kind != itemText {
		return fmt.Errorf("design %s has no room for the wording in %s on %s: %q reaches %s", w.design.Name, joined(w.tags), w.size, a.set.text, into)
	}
	return a.reaches(a.set.text, by, "out of its place, into "+into)
}
