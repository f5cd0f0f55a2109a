package typeface

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sort"
)

// A font from outside is looked at before it is given to the readers of fonts,
// which copy out whatever a table points to, as often as it is pointed to, and
// follow lookups that call one another without end (go-text/typesetting v0.3.5).
// What they will take is added up beforehand, and a font that costs more than any
// genuine one is refused. They get the tables that setting and drawing need and no
// others.

// What a font may cost. Of 494 genuine fonts for all scripts none came to more than
// half of the memory, of the points of a glyph, of the depth, of the sequences or of
// the work, and none to more than three quarters of all points.
const (
	// readMemory, and readMore for each byte of the font, is the most memory that
	// reading a font may allocate.
	readMemory = 12 << 20
	readMore   = 10
	// glyphPoints is the most points of one glyph, those of its parts included;
	// allPoints, and one for each byte of outlines, of all glyphs together.
	glyphPoints = 8192
	allPoints   = 1 << 19
	// deepest is how far lookups may call one another, as in HarfBuzz, and parts of
	// glyphs contain others.
	deepest = 6
	// longestSequence is the most glyphs that stand in the place of one.
	longestSequence = 32
	// mostWork is the most steps that the layout of one language may take for each
	// glyph: subtables asked, rules tried and the glyphs in them.
	mostWork = 32_000
	// mostSubstitutions, and some more, is how many there may be for each character.
	mostSubstitutions, moreSubstitutions = 16, 256
	// deviceSizes is the most sizes for which a position is corrected.
	deviceSizes = 256
)

// kept are the tables that are passed on.
var kept = map[string]bool{
	"cmap": true, "glyf": true, "loca": true, "head": true, "hhea": true, "hmtx": true, "maxp": true, "name": true,
	"post": true, "OS/2": true, "kern": true, "GDEF": true, "GSUB": true, "GPOS": true,
	// Hints, which the outlines refer to; nothing here reads them.
	"cvt ": true, "fpgm": true, "prep": true, "gasp": true,
}

// A fault is what is wrong with a font.
type fault struct {
	reason  string
	damaged bool // rather than made to take too much
}

// wrong stops looking at a font, damaged at a table that does not make sense.
func wrong(format string, args ...any) { panic(fault{fmt.Sprintf(format, args...), false}) }

func damaged(table, what string) {
	panic(fault{fmt.Sprintf("its table %q is damaged: %s; use another file of it", table, what), true})
}

// sound looks at a TrueType font from outside, and returns a new file of it with
// the tables that are needed. The error says why a font is refused.
func sound(data []byte) (clean []byte, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case fault:
			clean, err = nil, errors.New(p.reason)
		default:
			clean, err = nil, fmt.Errorf("it is damaged (%v); use another file of it", p)
		}
	}()
	c := checked{tables: directory(data), m: &meter{left: readMemory + readMore*int64(len(data))}}
	c.outlines()
	c.characters()
	c.names()
	c.pairs()
	c.layout()
	return c.file(), nil
}

// checked is a font that is being looked at.
type checked struct {
	tables map[string]block
	glyphs int
	m      *meter
}

// A meter counts the memory that reading takes.
type meter struct{ left int64 }

func (m *meter) take(n int) {
	if m.left -= int64(n); m.left < 0 {
		wrong("its tables point to the same data so often that reading it would take too much memory; use another file of it, or one cut down to the scripts that are needed")
	}
}

// A block is a part of a table. Reading past its end is a fault of the font.
type block struct {
	table string
	b     []byte
}

func (b block) need(n int) {
	if n < 0 || n > len(b.b) {
		damaged(b.table, "it ends too early")
	}
}

func (b block) u16(at int) int { b.need(at + 2); return int(binary.BigEndian.Uint16(b.b[at:])) }
func (b block) u32(at int) int { b.need(at + 4); return int(binary.BigEndian.Uint32(b.b[at:])) }
func (b block) from(at int) block {
	b.need(at)
	return block{b.table, b.b[at:]}
}

// directory reads the list of tables, and returns those that are kept.
func directory(data []byte) map[string]block {
	if len(data) < 12 {
		wrong("it is too short for a font; use a TrueType font (.ttf)")
	}
	switch string(data[:4]) {
	case "\x00\x01\x00\x00", "true":
	case "OTTO":
		wrong("its outlines are PostScript ones (CFF); use the TrueType version (.ttf)")
	case "ttcf":
		wrong("it is a collection of several fonts; use a file of the one that is meant (.ttf)")
	case "wOFF", "wOF2":
		wrong("it is packed for web pages; use the TrueType version (.ttf)")
	default:
		wrong("it is no TrueType font; use one (.ttf)")
	}
	all := block{"directory", data}
	n := all.u16(4)
	if n > 256 {
		wrong("it lists %d tables, more than any font has; use another file of it", n)
	}
	all.need(12 + 16*n)
	type span struct{ from, to int }
	var taken []span
	tables := map[string]block{}
	for i := range n {
		entry := all.from(12 + 16*i)
		tag := string(entry.b[:4])
		if tag == "fvar" {
			wrong("it is a variable font; use the static font of the weight that is meant, which downloads have in a folder of their own")
		}
		if !kept[tag] {
			continue
		}
		from, long := entry.u32(8), entry.u32(12)
		if from < 12+16*n || from > len(data) || long > len(data)-from {
			wrong("its table %q is said to be where the file is not; use another file of it", tag)
		}
		if _, twice := tables[tag]; twice {
			wrong("it has the table %q twice; use another file of it", tag)
		}
		tables[tag] = block{tag, data[from : from+long : from+long]}
		if long > 0 {
			taken = append(taken, span{from, from + long})
		}
	}
	slices.SortFunc(taken, func(a, b span) int { return a.from - b.from })
	for i := 1; i < len(taken); i++ {
		if taken[i].from < taken[i-1].to {
			wrong("its tables lie over one another; use another file of it")
		}
	}
	for _, tag := range []string{"cmap", "glyf", "loca", "head", "hhea", "hmtx", "maxp"} {
		if _, ok := tables[tag]; !ok {
			wrong("it lacks the table %q; use a TrueType font (.ttf)", tag)
		}
	}
	return tables
}

// file writes the tables that are left as a font.
func (c *checked) file() []byte {
	var tags []string
	size := 0
	for tag, t := range c.tables {
		tags = append(tags, tag)
		size += 16 + (len(t.b)+3)&^3
	}
	sort.Strings(tags)
	n := len(tags)
	out := make([]byte, 12+16*n, 12+size)
	binary.BigEndian.PutUint32(out, 0x00010000)
	binary.BigEndian.PutUint16(out[4:], uint16(n))
	log := bits.Len(uint(n)) - 1
	binary.BigEndian.PutUint16(out[6:], uint16(16<<log))
	binary.BigEndian.PutUint16(out[8:], uint16(log))
	binary.BigEndian.PutUint16(out[10:], uint16(16*n-16<<log))
	head := 0
	for i, tag := range tags {
		at := len(out)
		out = append(out, c.tables[tag].b...)
		out = append(out, make([]byte, -len(out)&3)...)
		if tag == "head" {
			head = at
			binary.BigEndian.PutUint32(out[at+8:], 0)
		}
		entry := out[12+16*i:]
		copy(entry, tag)
		binary.BigEndian.PutUint32(entry[4:], sum32(out[at:]))
		binary.BigEndian.PutUint32(entry[8:], uint32(at))
		binary.BigEndian.PutUint32(entry[12:], uint32(len(c.tables[tag].b)))
	}
	binary.BigEndian.PutUint32(out[head+8:], 0xB1B0AFBA-sum32(out))
	return out
}

// sum32 is the sum of a table, whose length is a multiple of four.
func sum32(data []byte) (sum uint32) {
	for ; len(data) >= 4; data = data[4:] {
		sum += binary.BigEndian.Uint32(data)
	}
	return sum
}

// outlines looks at the glyphs and their measures.
func (c *checked) outlines() {
	head, maxp, hhea := c.tables["head"], c.tables["maxp"], c.tables["hhea"]
	head.need(54)
	maxp.need(6)
	hhea.need(36)
	c.glyphs = maxp.u16(4)
	if c.glyphs == 0 {
		wrong("it has no glyphs; use another file of it")
	}
	metrics := hhea.u16(34)
	if metrics == 0 || metrics > c.glyphs {
		wrong("it has %d widths for %d glyphs; use another file of it", metrics, c.glyphs)
	}
	c.tables["hmtx"].need(4*metrics + 2*(c.glyphs-metrics))
	c.m.take(4*metrics + 2*(c.glyphs-metrics))

	// Where the glyphs are: one after the other, so that none is read twice.
	loca, glyf := c.tables["loca"], c.tables["glyf"]
	long := head.u16(50)
	if long > 1 {
		damaged("head", "the places of glyphs are in an unknown form")
	}
	at := make([]int, c.glyphs+1)
	loca.need((c.glyphs + 1) * (2 + 2*long))
	for i := range at {
		if long == 1 {
			at[i] = loca.u32(4 * i)
		} else {
			at[i] = 2 * loca.u16(2*i)
		}
		if at[i] > len(glyf.b) || i > 0 && at[i] < at[i-1] {
			damaged("loca", fmt.Sprintf("glyph %d is where none can be", i))
		}
	}
	c.m.take(len(at) * (4 + 48))
	g := parts{glyf: glyf, at: at, points: make([]int32, c.glyphs), m: c.m}
	sum := 0
	for i := range c.glyphs {
		if sum += g.count(i, 0); sum > allPoints+len(glyf.b) {
			wrong("its glyphs draw the same parts so often that its outlines have too many points; use another file of it")
		}
	}
}

// parts counts the points of glyphs.
type parts struct {
	glyf   block
	at     []int
	points []int32 // of each glyph that has been counted, plus one
	m      *meter
}

func (p *parts) count(glyph, depth int) int {
	if n := p.points[glyph]; n > 0 {
		return int(n) - 1
	}
	if depth > deepest {
		wrong("its glyph %d is made of parts of parts without end; use another file of it", glyph)
	}
	g := block{"glyf", p.glyf.b[p.at[glyph]:p.at[glyph+1]]}
	n := 0
	if len(g.b) > 0 {
		g.need(10)
		if contours := int(int16(g.u16(0))); contours >= 0 {
			n = p.simple(g, contours)
		} else {
			n = p.composite(g, depth)
		}
	}
	if n > glyphPoints {
		wrong("its glyph %d has %d points, and %d are the most; use a font with simpler outlines", glyph, n, glyphPoints)
	}
	p.points[glyph] = int32(n) + 1
	return n
}

// simple counts the points of a glyph. One that is damaged is not drawn, and
// costs what is read of it.
func (p *parts) simple(g block, contours int) int {
	p.m.take(64 + 2*contours)
	if contours == 0 || len(g.b) < 10+2*contours {
		return 0
	}
	n := g.u16(10+2*contours-2) + 1
	p.m.take(6 * n)
	return n
}

// composite counts the points of the parts of a glyph. That it ends where it says
// matters: who writes the fonts of documents (gofpdf) reads on into the next glyph.
func (p *parts) composite(g block, depth int) (n int) {
	p.m.take(64)
	for at, more := 10, true; more; {
		flags, part := g.u16(at), g.u16(at+2)
		more = flags&0x20 != 0
		if part >= len(p.points) {
			damaged("glyf", fmt.Sprintf("a glyph has the part %d of %d", part, len(p.points)))
		}
		p.m.take(2 * 32) // kept in a list that grows
		if n += 1 + p.count(part, depth+1); n > glyphPoints {
			return n
		}
		at += 6
		if flags&1 != 0 {
			at += 2
		}
		switch {
		case flags&0x08 != 0:
			at += 2
		case flags&0x40 != 0:
			at += 4
		case flags&0x80 != 0:
			at += 8
		}
		g.need(at)
	}
	return n
}

// characters looks at the table that finds glyphs for characters.
func (c *checked) characters() {
	t := c.tables["cmap"]
	n := t.u16(2)
	if n > 64 {
		wrong("its table \"cmap\" lists %d encodings, more than any font has; use another file of it", n)
	}
	t.need(4 + 8*n)
	seen := map[int]bool{}
	for i := range n {
		at := t.u32(4 + 8*i + 4)
		s := t.from(at)
		first := !seen[at]
		seen[at] = true
		disorder := func(bad bool) {
			if bad {
				damaged("cmap", "ranges of characters lie over one another")
			}
		}
		switch format := s.u16(0); format {
		case 0:
			s.need(262)
			c.m.take(262 + 8<<10)
		case 2:
			c.m.take(64)
		case 4:
			segments := s.u16(6) / 2
			s.need(16 + 8*segments)
			c.m.take(64 + segments*(8+32))
			last := -1
			for k := range segments {
				end, start := s.u16(14+2*k), s.u16(16+2*segments+2*k)
				disorder(first && (start > end || start <= last))
				last = end
				if s.u16(16+6*segments+2*k) != 0 {
					c.m.take(2*(end-start+1) + 16)
				}
			}
		case 6:
			s.need(10 + 2*s.u16(8))
			c.m.take(64 + 2*s.u16(8))
		case 10:
			s.need(20 + 2*s.u32(16))
			c.m.take(64 + 2*s.u32(16))
		case 12, 13:
			groups := s.u32(12)
			s.need(16 + 12*groups)
			c.m.take(64 + 12*groups)
			last := -1
			for k := range groups {
				start, end := s.u32(16+12*k), s.u32(20+12*k)
				disorder(first && (start > end || start <= last || end > 0x10FFFF))
				last = end
			}
		case 14:
			selectors := s.u32(6)
			s.need(10 + 11*selectors)
			c.m.take(64 + selectors*(3+48+48))
			for k := range selectors {
				if at := s.u32(10 + 11*k + 3); at != 0 {
					v := s.from(at)
					v.need(4 + 4*v.u32(0))
					c.m.take(32 + 4*v.u32(0) + 8*v.u32(0))
				}
				if at := s.u32(10 + 11*k + 7); at != 0 {
					v := s.from(at)
					v.need(4 + 5*v.u32(0))
					c.m.take(32 + 6*v.u32(0) + 8*v.u32(0))
				}
			}
		default:
			damaged("cmap", fmt.Sprintf("an encoding is of the unknown format %d", format))
		}
	}
}

// names looks at the names of the font, which are left out where one is not where
// it is said to be, and takes away those of its glyphs: nothing needs either.
func (c *checked) names() {
	c.whole("name", func(t block) {
		n, strings := t.u16(2), t.from(t.u16(4))
		t.need(6 + 12*n)
		c.m.take(12 * n)
		for i := range n {
			strings.need(t.u16(6+12*i+8) + t.u16(6+12*i+10))
		}
	})
	if _, ok := c.tables["name"]; !ok { // readers expect one
		c.tables["name"] = block{"name", []byte{0, 0, 0, 0, 0, 6}}
	}
	post := make([]byte, 32)
	if t, ok := c.tables["post"]; ok {
		t.need(32)
		copy(post, t.b)
	}
	binary.BigEndian.PutUint32(post, 0x00030000)
	c.tables["post"] = block{"post", post}
}

// pairs looks at kerning of the old kind. That of other systems goes unused where
// there is a GPOS table.
func (c *checked) pairs() {
	t, ok := c.tables["kern"]
	if !ok {
		return
	}
	known := t.u16(0) == 0
	n := t.u16(2)
	rest := t.from(4)
	for i := 0; known && i < n; i++ {
		rest.need(14)
		known = rest.b[4] == 0
		if known {
			long := 14 + 6*rest.u16(6)
			rest.need(long)
			c.m.take(512 + 8*(long/6))
			if i+1 < n { // the last one's own length is too small a number where there are many pairs
				if rest.u16(2) < long {
					damaged("kern", "its parts lie over one another")
				}
				rest = rest.from(rest.u16(2))
			}
		}
	}
	if n > 64 {
		wrong("its table \"kern\" has %d parts, more than any font has; use another file of it", n)
	}
	if !known {
		if _, modern := c.tables["GPOS"]; !modern {
			wrong("its kerning is of a kind that is not supported (table \"kern\"); use a version of the font with a GPOS table")
		}
		delete(c.tables, "kern")
	}
}
