package typeface

import (
	"encoding/binary"
	"slices"
	"strings"
)

// layout looks at the tables GDEF, GSUB and GPOS. One that is damaged is left out:
// their reader passes over it, too, and there are genuine fonts that have one.
func (c *checked) layout() {
	classes := false
	c.whole("GDEF", func(t block) { classes = c.classes(t) })
	for _, tag := range []string{"GSUB", "GPOS"} {
		c.whole(tag, func(t block) {
			t.need(10)
			if t.u16(2) == 1 { // what varies in variable fonts
				t.need(14)
				t.b = slices.Clone(t.b)
				binary.BigEndian.PutUint32(t.b[10:], 0)
				c.tables[tag] = t
			}
			w := walk{block: t, m: c.m, positions: tag == "GPOS"}
			w.walk()
			if w.grows && !classes {
				wrong("its table \"GSUB\" puts several glyphs in the place of one, without the classes of glyphs (GDEF) that this needs; use another version of the font")
			}
		})
	}
}

// whole looks at a table, if there is one, and leaves it out if it is damaged.
func (c *checked) whole(tag string, look func(t block)) {
	t, ok := c.tables[tag]
	if !ok {
		return
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case fault:
			if !p.damaged {
				panic(p)
			}
			delete(c.tables, tag)
		default:
			panic(p)
		}
	}()
	look(t)
}

// classes looks at GDEF, and reports whether it has classes of glyphs. What varies
// in variable fonts, points of attachment and the places of carets are taken out of
// it: nothing asks for them.
func (c *checked) classes(t block) bool {
	t.need(12)
	t.b = slices.Clone(t.b)
	binary.BigEndian.PutUint32(t.b[6:], 0) // attachment and carets, of two bytes each
	minor := t.u16(2)
	if minor >= 3 {
		t.need(18)
		binary.BigEndian.PutUint32(t.b[14:], 0)
	}
	c.m.class(t, t.u16(4))
	c.m.class(t, t.u16(10))
	if minor >= 2 && t.u16(12) != 0 {
		sets := t.from(t.u16(12))
		n := sets.u16(2)
		c.m.take(64 + 16*n)
		for i := range n {
			c.m.coverage(sets, sets.u32(4+4*i))
		}
	}
	c.tables["GDEF"] = t
	return t.u16(4) != 0
}

// coverage counts a list of glyphs.
func (m *meter) coverage(b block, at int) {
	if at != 0 {
		m.glyphs(b.from(at))
	}
}

func (m *meter) glyphs(c block) {
	n, size := c.u16(2), 2
	switch c.u16(0) {
	case 1:
	case 2:
		size = 6
	default:
		damaged(c.table, "a list of glyphs is of an unknown kind")
	}
	c.need(4 + n*size)
	m.take(96 + n*size)
}

// class counts a list of classes of glyphs.
func (m *meter) class(b block, at int) {
	if at == 0 {
		return
	}
	c := b.from(at)
	head, n, size := 4, 0, 6
	switch c.u16(0) {
	case 1:
		head, n, size = 6, c.u16(4), 2
	case 2:
		n = c.u16(2)
	default:
		damaged(b.table, "classes of glyphs are of an unknown kind")
	}
	c.need(head + n*size)
	m.take(112 + n*size)
}

// words counts a list that begins with its length, and returns the length.
func (m *meter) words(b block, at int) int {
	n := b.u16(at)
	b.need(at + 2 + 2*n)
	m.take(32 + 2*n)
	return n
}

// A walk goes through GSUB or GPOS as their reader does, and counts what it takes
// and how long the lookups may run.
type walk struct {
	block
	m         *meter
	positions bool
	list      block
	lookups   []lookup
	grows     bool
}

// A lookup is what is known of one.
type lookup struct {
	state uint8 // untouched, being looked at, known
	depth int   // of those that it calls
	work  int   // steps for one glyph
	grow  int   // the most glyphs in the place of one
}

const (
	untouched = iota
	entered
	done
)

// lookupSize is what a lookup takes in memory, and subtableSize a subtable, in the
// reader and in each shaper.
const (
	lookupSize   = 256 + mostShapers*128
	subtableSize = 192 + mostShapers*96
)

// callSteps is what calling a lookup takes, in steps.
const callSteps = 6

// optional are features that are off unless a text asks for them, which none does.
var optional = []string{"aalt", "c2pc", "c2sc", "case", "cpsp", "dlig", "hist", "hlig", "hwid", "fwid", "lnum", "onum", "ordn", "ornm", "pcap", "pnum", "salt", "sinf", "size", "smcp", "ss", "cv", "subs", "sups", "swsh", "cswh", "titl", "tnum", "unic", "zero"}

func (w *walk) walk() {
	scripts, features := w.u16(4), w.u16(6)
	if at := w.u16(8); at != 0 {
		w.list = w.from(at)
		n := w.m.words(w.list, 0)
		w.lookups = make([]lookup, n)
		w.m.take(n * lookupSize)
		for i := range n {
			w.lookup(i, 0)
		}
	}
	// What the lookups of each feature take.
	var work []int
	var off []bool
	if features != 0 {
		list := w.from(features)
		n := list.u16(0)
		list.need(2 + 6*n)
		w.m.take(n * (8 + 32 + 40))
		work, off = make([]int, n), make([]bool, n)
		for i := range n {
			tag := string(list.b[2+6*i : 6+6*i])
			off[i] = slices.ContainsFunc(optional, func(o string) bool { return len(o) == 4 && tag == o || len(o) == 2 && strings.HasPrefix(tag, o) })
			f := list.from(list.u16(2 + 6*i + 4))
			for k := range w.m.words(f, 2) {
				if l := f.u16(4 + 2*k); l < len(w.lookups) {
					work[i] = min(work[i]+w.lookups[l].work, mostWork+1)
				}
			}
		}
	}
	if scripts == 0 {
		return
	}
	language := func(l block) {
		sum := 0
		if r := l.u16(2); r < len(work) {
			sum += work[r]
		}
		for i := range w.m.words(l, 4) {
			if f := l.u16(6 + 2*i); f < len(work) && !off[f] {
				sum = min(sum+work[f], mostWork+1)
			}
		}
		if sum > mostWork {
			wrong("its table %q makes setting a line take too many steps; use another version of the font, with less elaborate rules", w.table)
		}
	}
	list := w.from(scripts)
	n := list.u16(0)
	list.need(2 + 6*n)
	w.m.take(n * (8 + 2*72))
	for i := range n {
		s := list.from(list.u16(2 + 6*i + 4))
		if at := s.u16(0); at != 0 {
			w.m.take(48)
			language(s.from(at))
		}
		languages := s.u16(2)
		s.need(4 + 6*languages)
		w.m.take(languages * (8 + 32))
		for k := range languages {
			language(s.from(s.u16(4 + 6*k + 4)))
		}
	}
}

// lookup looks at a lookup, once, and at those that it calls.
func (w *walk) lookup(i, depth int) lookup {
	l := &w.lookups[i]
	if l.state == done {
		if depth+l.depth > deepest {
			w.endless()
		}
		return *l
	}
	if l.state == entered || depth > deepest {
		w.endless()
	}
	l.state = entered
	b := w.list.from(w.list.u16(2 + 2*i))
	kind, n := b.u16(0), w.m.words(b, 4)
	if b.u16(2)&0x10 != 0 {
		b.need(6 + 2*n + 2)
	}
	w.m.take(n * (16 + subtableSize))
	extension := 7
	if w.positions {
		extension = 9
	}
	var most calls
	for k := range n {
		s, kind := b.from(b.u16(6+2*k)), kind
		if kind == extension {
			w.m.take(64)
			kind = s.u16(2)
			s = s.from(s.u32(4))
			if kind == extension {
				damaged(w.table, "an extension leads to another")
			}
		}
		t := subtable{walk: w, block: s, depth: depth}
		if w.positions {
			t.position(kind)
		} else {
			t.substitution(kind)
		}
		l.work = min(l.work+1+t.steps, mostWork+1)
		most.more(t.most)
	}
	l.work = min(l.work+most.work, mostWork+1)
	l.depth, l.grow = most.depth, max(most.grow, 1)
	if l.grow > longestSequence {
		wrong("its table %q puts more than %d glyphs in the place of one; use another version of the font", w.table, longestSequence)
	}
	l.state = done
	return *l
}

func (w *walk) endless() {
	wrong("its table %q has rules that lead to one another without end, or over more than %d steps; use another version of the font", w.table, deepest)
}

// calls is what the rule that does most does when it is followed.
type calls struct{ work, depth, grow int }

func (c *calls) more(o calls) {
	c.work, c.depth, c.grow = max(c.work, o.work), max(c.depth, o.depth), max(c.grow, o.grow)
}
