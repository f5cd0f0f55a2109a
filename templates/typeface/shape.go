package typeface

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
)

// shapers read a face a second time, for shaping: of the large faces, whose
// characters are set one by one, that is never needed. There are as many as can
// be of use at the same time; whoever finds none free waits.
type shapers struct {
	once    sync.Once
	outside bool // the font is not of the house
	free    chan *shaper
	err     error
}

// mostShapers is the most that a face has.
const mostShapers = 8

// A shaper shapes one text at a time.
type shaper struct {
	font *harfbuzz.Font
	buf  *harfbuzz.Buffer
	left *int // with a font from outside: the substitutions that are left to a text
}

// counted counts the substitutions of a text: at each, shaping asks for the class
// of the new glyph. A font could replace one glyph by several again and again, and
// its reader would notice only after the next lookup.
type counted struct {
	tables.ClassDef
	left *int
}

func (c counted) Class(g tables.GlyphID) (uint16, bool) {
	if *c.left--; *c.left < 0 {
		panic("it puts other glyphs in the place of a letter again and again")
	}
	return c.ClassDef.Class(g)
}

func (s *shapers) load(data []byte) error {
	s.once.Do(func() {
		defer recovered(&s.err, "reading its layout")
		f, err := font.ParseTTF(bytes.NewReader(data))
		if err != nil {
			s.err = err
			return
		}
		n := min(runtime.GOMAXPROCS(0), mostShapers)
		s.free = make(chan *shaper, n)
		restore := widen(f.Font)
		for range n {
			// In a font made so, lengths are font units.
			own := *f.Font
			next := &shaper{buf: harfbuzz.NewBuffer()}
			if s.outside && own.GDEF.GlyphClassDef != nil {
				next.left = new(int)
				own.GDEF.GlyphClassDef = counted{own.GDEF.GlyphClassDef, next.left}
			}
			next.font = harfbuzz.NewFont(font.NewFace(&own))
			s.free <- next
		}
		restore()
	})
	return s.err
}

// widen makes the summaries right that harfbuzz.NewFont makes of which glyphs a
// lookup is for. It leaves out ranges that follow a long one (go-text/typesetting
// issue 278, present in v0.3.5), and the lookup then passes over their glyphs:
// Arabic letters stay unjoined, Greek and Cyrillic are not kerned. Where it would,
// the first range of the lookup is all glyphs as long as the summaries are made;
// a lookup decides by its own ranges, which restore puts back.
func widen(f *font.Font) (restore func()) {
	var undo []func()
	lookup := func(n int, coverage func(i int) tables.Coverage) {
		var sum [3]uint64
		drops := false
		for i := range n {
			switch c := coverage(i).(type) {
			case tables.Coverage1:
				for _, g := range c.Glyphs {
					summed(&sum, uint(g), uint(g))
				}
			case tables.Coverage2:
				for _, r := range c.Ranges {
					drops = drops || sum[0] == ^uint64(0) || sum[1] == ^uint64(0) || sum[2] == ^uint64(0)
					summed(&sum, uint(r.StartGlyphID), uint(r.EndGlyphID))
				}
			}
		}
		if !drops {
			return
		}
		for i := range n {
			if c, ok := coverage(i).(tables.Coverage2); ok && len(c.Ranges) > 0 {
				first := c.Ranges[0]
				c.Ranges[0].StartGlyphID, c.Ranges[0].EndGlyphID = 0, 0xFFFF
				undo = append(undo, func() { c.Ranges[0] = first })
			}
		}
	}
	for _, l := range f.GSUB.Lookups {
		lookup(len(l.Subtables), func(i int) tables.Coverage { return l.Subtables[i].Cov() })
	}
	for _, l := range f.GPOS.Lookups {
		lookup(len(l.Subtables), func(i int) tables.Coverage { return l.Subtables[i].Cov() })
	}
	return func() {
		for _, u := range undo {
			u()
		}
	}
}

// summed adds a range to a summary: three sets of 64 bits, which see the glyph in
// steps of 16, 1 and 64.
func summed(sum *[3]uint64, from, to uint) {
	for i, shift := range [3]uint{4, 0, 6} {
		if to>>shift-from>>shift >= 63 {
			sum[i] = ^uint64(0)
			continue
		}
		for g := from >> shift; g <= to>>shift; g++ {
			sum[i] |= 1 << (g & 63)
		}
	}
}

// A shape is one glyph as it comes from shaping. Lengths are font units.
type shape struct {
	glyph   uint16
	mark    bool // by the font's own classes
	cluster int  // index into the text
	advance int
	x, y    int // from where it would stand
}

// A part of a text that is shaped in one go.
type part struct {
	from, to int
	script   language.Script
	language string
	rtl      bool
}

var (
	// alone keeps letters of simple scripts what they are: no ligatures, no forms
	// that depend on neighbours or language. Accents are composed and placed.
	alone  = features("liga", "clig", "dlig", "calt", "rlig", "rclt", "locl", "hlig")
	adrift = append(features("mark", "mkmk"), alone...)
)

// features turns features off.
func features(tags ...string) (off []harfbuzz.Feature) {
	for _, t := range tags {
		off = append(off, harfbuzz.Feature{Tag: ot.MustNewTag(t), Start: harfbuzz.FeatureGlobalStart, End: harfbuzz.FeatureGlobalEnd})
	}
	return off
}

// shape shapes a part of the text. The result is from left to right.
func (f *Face) shape(text []rune, p part, off []harfbuzz.Feature) (out []shape, err error) {
	if err := f.shapers.load(f.Data); err != nil {
		return nil, fmt.Errorf("font %s: %w", f.Name, err)
	}
	s := <-f.shapers.free
	defer func() {
		if broken := recover(); broken != nil {
			s.buf = harfbuzz.NewBuffer() // whatever was left in the old one
			out, err = nil, fmt.Errorf("font %s: the font is damaged (%v); use another file of it", f.Name, broken)
		}
		f.shapers.free <- s
	}()
	b := s.buf
	b.Clear()
	b.Props = harfbuzz.SegmentProperties{Script: p.script, Direction: harfbuzz.LeftToRight, Language: language.NewLanguage(p.language)}
	if p.rtl {
		b.Props.Direction = harfbuzz.RightToLeft
	}
	b.AddRunes(text, p.from, p.to-p.from)
	if s.left != nil {
		*s.left = moreSubstitutions + mostSubstitutions*(p.to-p.from)
	}
	b.Shape(s.font, off)
	if s.left != nil {
		*s.left = math.MaxInt
	}
	out = make([]shape, len(b.Info))
	for i, g := range b.Info {
		at := b.Pos[i]
		out[i] = shape{glyph: uint16(g.Glyph), cluster: g.Cluster, advance: int(at.XAdvance), x: int(at.XOffset), y: int(at.YOffset)}
		if classes := s.font.Face().GDEF.GlyphClassDef; classes != nil {
			class, _ := classes.Class(tables.GlyphID(g.Glyph))
			out[i].mark = class == 3
		}
	}
	return out, nil
}

const kernSlots = 1 << 13

// kern returns by how much b moves when it follows a, in thousandths of an em.
// What HarfBuzz says of a pair is kept; pairs that fall on the same place of the
// memory take turns.
func (f *Face) kern(a, b rune, ga, gb uint16, manner uint8) int {
	// The serif moves i away from f, expecting the ligature in their place. Left
	// alone the two look like it, and stay two letters for whoever copies or
	// compares the text.
	if a == 'f' && b == 'i' {
		return 0
	}
	key := known | uint64(manner)<<48 | uint64(ga)<<32 | uint64(gb)<<16
	// Two slots for a pair: with one, a pair or two of every page would have to
	// make way for each other.
	at := (uint32(ga)*0x9E3779B1 + uint32(gb)*0x85EBCA77 + uint32(manner)*0xC2B2AE3D) >> 19
	slot := &f.kerns[at]
	e := slot.Load()
	if e&^0xFFFF == key {
		return int(int16(e))
	}
	if e != 0 {
		slot = &f.kerns[at^1]
		if e := slot.Load(); e&^0xFFFF == key {
			return int(int16(e))
		}
	}
	k := 0
	if s, err := f.shape([]rune{a, b}, part{to: 2, script: scriptOf(manner)}, alone); err == nil && len(s) == 2 {
		k = f.thousandths(s[0].advance - f.units(ga))
	}
	slot.Store(key | uint64(uint16(k)))
	return k
}
