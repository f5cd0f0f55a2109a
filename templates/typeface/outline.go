package typeface

import (
	"sync"
	"sync/atomic"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A Segment is one step of an outline.
type Segment struct {
	Op Op
	// Points in thousandths of an em, y upward: one for MoveTo and LineTo, three
	// (two controls and the end) for CubeTo. Quadratic curves are given as cubic
	// ones, which PDF has alone.
	P [3]Point
}

// Op is the kind of a segment.
type Op uint8

// The kinds of segment. An outline is closed where the next begins.
const (
	MoveTo Op = iota
	LineTo
	CubeTo
)

// Point is a place, in thousandths of an em from the origin of the glyph.
type Point struct{ X, Y float64 }

// outlines are those that have been asked for.
type outlines struct {
	once  sync.Once
	table []atomic.Pointer[[]Segment]
	kept  atomic.Int32
}

// mostKept is the most outlines that a face remembers: some tens of megabytes
// where every ideograph has been seen.
const mostKept = 1 << 12

// Outline returns the outline of a glyph, empty for one that draws nothing. It
// is kept, and not to be written to.
func (f *Face) Outline(glyph uint32) []Segment {
	f.outlines.once.Do(func() { f.outlines.table = make([]atomic.Pointer[[]Segment], f.sfnt.NumGlyphs()) })
	if int64(glyph) >= int64(len(f.outlines.table)) {
		return nil
	}
	at := &f.outlines.table[glyph]
	if have := at.Load(); have != nil {
		return *have
	}
	s := f.outline(sfnt.GlyphIndex(glyph))
	if f.outlines.kept.Add(1) <= mostKept {
		at.Store(&s)
	}
	return s
}

func (f *Face) outline(glyph sfnt.GlyphIndex) (out []Segment) {
	buf := buffers.Get().(*sfnt.Buffer)
	defer buffers.Put(buf)
	defer func() {
		if recover() != nil {
			out = nil
		}
	}()
	// At a size of one pixel per font unit, points come in 64ths of it, y downward.
	segments, err := f.sfnt.LoadGlyph(buf, glyph, fixed.I(f.perEm), nil)
	if err != nil || len(segments) == 0 {
		return nil
	}
	k := 1000 / (64 * float64(f.perEm))
	at := func(p fixed.Point26_6) Point { return Point{float64(p.X) * k, -float64(p.Y) * k} }
	out = make([]Segment, len(segments))
	var last Point
	for i, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			last = at(s.Args[0])
			out[i] = Segment{Op: MoveTo, P: [3]Point{last}}
		case sfnt.SegmentOpLineTo:
			last = at(s.Args[0])
			out[i] = Segment{Op: LineTo, P: [3]Point{last}}
		case sfnt.SegmentOpQuadTo:
			c, e := at(s.Args[0]), at(s.Args[1])
			out[i] = Segment{Op: CubeTo, P: [3]Point{
				{last.X + (c.X-last.X)*2/3, last.Y + (c.Y-last.Y)*2/3},
				{e.X + (c.X-e.X)*2/3, e.Y + (c.Y-e.Y)*2/3}, e}}
			last = e
		case sfnt.SegmentOpCubeTo:
			last = at(s.Args[2])
			out[i] = Segment{Op: CubeTo, P: [3]Point{at(s.Args[0]), at(s.Args[1]), last}}
		}
	}
	return out
}

// units is the width of a glyph in font units.
func (f *Face) units(glyph uint16) (width int) {
	buf := buffers.Get().(*sfnt.Buffer)
	defer buffers.Put(buf)
	defer func() {
		if recover() != nil {
			width = 0
		}
	}()
	a, err := f.sfnt.GlyphAdvance(buf, sfnt.GlyphIndex(glyph), fixed.Int26_6(f.perEm), font.HintingNone)
	if err != nil {
		return 0
	}
	return int(a)
}

// inks reports whether a glyph draws anything.
func (f *Face) inks(glyph uint16) bool { return len(f.Outline(uint32(glyph))) > 0 }
