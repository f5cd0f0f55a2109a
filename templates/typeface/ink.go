package typeface

import (
	"math"
	"sync"
	"sync/atomic"
)

// A Box is what lies round the ink of a glyph, in thousandths of an em from its
// origin, y upward. The zero value is that of a glyph without ink.
type Box struct{ Left, Bottom, Right, Top int16 }

// boxes are those that have been asked for.
type boxes struct {
	once  sync.Once
	table []atomic.Pointer[Box]
}

// Ink returns the box round the ink of a glyph: round its points, the controls of
// its curves included. It is kept.
func (f *Face) Ink(glyph uint32) Box {
	f.boxes.once.Do(func() { f.boxes.table = make([]atomic.Pointer[Box], f.sfnt.NumGlyphs()) })
	if int64(glyph) >= int64(len(f.boxes.table)) {
		return Box{}
	}
	at := &f.boxes.table[glyph]
	if have := at.Load(); have != nil {
		return *have
	}
	b := box(f.Outline(glyph))
	at.Store(&b)
	return b
}

func box(outline []Segment) Box {
	if len(outline) == 0 {
		return Box{}
	}
	least, most := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, s := range outline {
		points := s.P[:1]
		if s.Op == CubeTo {
			points = s.P[:]
		}
		for _, p := range points {
			least = Point{min(least.X, p.X), min(least.Y, p.Y)}
			most = Point{max(most.X, p.X), max(most.Y, p.Y)}
		}
	}
	whole := func(v float64) int16 { return int16(max(math.MinInt16, min(math.MaxInt16, v))) }
	return Box{whole(math.Floor(least.X)), whole(math.Floor(least.Y)), whole(math.Ceil(most.X)), whole(math.Ceil(most.Y))}
}
