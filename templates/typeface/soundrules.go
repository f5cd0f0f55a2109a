package typeface

// A subtable is one that is being looked at.
type subtable struct {
	*walk
	block block
	depth int
	steps int // the most that finding out whether it applies may take
	most  calls
}

// array calls one for each offset in the list at the place, those of nothing left
// out. Each takes size bytes where it is kept.
func (t *subtable) array(b block, at, n, size int, one func(b block)) {
	b.need(at + 2*n)
	t.m.take(32 + n*size)
	for i := range n {
		if o := b.u16(at + 2*i); o != 0 {
			one(b.from(o))
		}
	}
}

// coverages counts a list of lists of glyphs, and returns its length.
func (t *subtable) coverages(at, n int) {
	t.array(t.block, at, n, 16, t.m.glyphs)
}

func (t *subtable) unknown() { damaged(t.table, "a rule is of an unknown kind") }

func (t *subtable) substitution(kind int) {
	b := t.block
	format := b.u16(0)
	switch {
	case kind == 1 && format == 1:
		t.m.coverage(b, b.u16(2))
		b.need(6)
	case kind == 1 && format == 2:
		t.m.coverage(b, b.u16(2))
		t.m.words(b, 4)
	case kind == 2 || kind == 3:
		t.m.coverage(b, b.u16(2))
		t.array(b, 6, b.u16(4), 24, func(s block) {
			if n := t.m.words(s, 0); kind == 2 && n > 1 {
				t.grows = true
				t.most.more(calls{grow: n})
			}
		})
	case kind == 4:
		t.m.coverage(b, b.u16(2))
		t.array(b, 6, b.u16(4), 24, func(set block) {
			steps := 0
			t.array(set, 2, set.u16(0), 32, func(l block) {
				n := int(uint16(l.u16(2) - 1))
				l.need(4 + 2*n)
				t.m.take(16 + 2*n)
				steps += 1 + min(n, 64)
			})
			t.steps = max(t.steps, steps)
		})
	case kind == 5:
		t.context(format)
	case kind == 6:
		t.chain(format)
	case kind == 8:
		t.m.coverage(b, b.u16(2))
		back := b.u16(4)
		t.coverages(6, back)
		ahead := b.u16(6 + 2*back)
		t.coverages(8+2*back, ahead)
		t.m.words(b, 8+2*back+2*ahead)
		t.steps = 1 + back + ahead
	default:
		t.unknown()
	}
}

func (t *subtable) position(kind int) {
	b := t.block
	format := b.u16(0)
	switch {
	case kind == 1 && format == 1:
		t.m.coverage(b, b.u16(2))
		t.value(b, b.u16(4), 6)
	case kind == 1 && format == 2:
		t.m.coverage(b, b.u16(2))
		form, n := b.u16(4), b.u16(6)
		t.m.take(n * 72)
		at := 8
		for range n {
			at = t.value(b, form, at)
		}
	case kind == 2 && format == 1:
		t.m.coverage(b, b.u16(2))
		one, two := b.u16(4), b.u16(6)
		t.array(b, 10, b.u16(8), 40, func(set block) {
			n := set.u16(0)
			if (one|two)&devices == 0 {
				return
			}
			at := 2
			for range n {
				at = t.value(set, two, t.value(set, one, at+2))
			}
		})
	case kind == 2 && format == 2:
		t.m.coverage(b, b.u16(2))
		one, two := b.u16(4), b.u16(6)
		t.m.class(b, b.u16(8))
		t.m.class(b, b.u16(10))
		b.need(16)
		if n := b.u16(12) * b.u16(14); (one|two)&devices != 0 {
			at := 16
			for range n {
				at = t.value(b, two, t.value(b, one, at))
			}
		}
	case kind == 3:
		t.m.coverage(b, b.u16(2))
		n := b.u16(4)
		b.need(6 + 4*n)
		t.m.take(n * (4 + 32))
		for i := range 2 * n {
			t.anchor(b, b.u16(6+2*i), true)
		}
	case kind == 4, kind == 6:
		t.m.coverage(b, b.u16(2))
		t.m.coverage(b, b.u16(4))
		classes := b.u16(6)
		t.marks(b, b.u16(8))
		if at := b.u16(10); at != 0 {
			t.anchors(b.from(at), classes)
		}
		t.steps = 2
	case kind == 5:
		t.m.coverage(b, b.u16(2))
		t.m.coverage(b, b.u16(4))
		classes := b.u16(6)
		t.marks(b, b.u16(8))
		if at := b.u16(10); at != 0 {
			ligatures := b.from(at)
			t.array(ligatures, 2, ligatures.u16(0), 48, func(l block) { t.anchors(l, classes) })
		}
		t.steps = 2
	case kind == 7:
		t.context(format)
	case kind == 8:
		t.chain(format)
	default:
		t.unknown()
	}
}

// devices are the bits of a value that say that there are corrections.
const devices = 0xF0

// value looks at a value of a position, and returns the place after it.
func (t *subtable) value(b block, format, at int) int {
	t.m.take(24)
	for bit := 1; bit < 1<<16; bit <<= 1 {
		if format&bit == 0 {
			continue
		}
		if v := b.u16(at); bit&devices != 0 {
			t.device(b, v)
		}
		at += 2
	}
	return at
}

// device looks at corrections of a position.
func (t *subtable) device(b block, at int) {
	if at == 0 {
		return
	}
	d := b.from(at)
	d.need(6)
	n := 0
	switch format := d.u16(4); format {
	case 1, 2, 3:
		if n = d.u16(2) - d.u16(0) + 1; n < 1 || n > deviceSizes {
			wrong("its table %q corrects positions for %d sizes, and %d are the most; use another version of the font", t.table, n, deviceSizes)
		}
		d.need(6 + 2*((n<<format+15)/16))
	case 0x8000:
	default:
		t.unknown()
	}
	t.m.take(64 + 3*n)
}

// anchor looks at a place where glyphs meet; kept says that the reader keeps it.
func (t *subtable) anchor(b block, at int, kept bool) {
	if at == 0 {
		return
	}
	a := b.from(at)
	if kept {
		t.m.take(64)
	} else {
		t.m.take(1)
	}
	switch a.u16(0) {
	case 1:
		a.need(6)
	case 2:
		a.need(8)
	case 3:
		t.device(a, a.u16(6))
		t.device(a, a.u16(8))
	default:
		t.unknown()
	}
}

// marks looks at the marks of a subtable.
func (t *subtable) marks(b block, at int) {
	if at == 0 {
		return
	}
	list := b.from(at)
	n := list.u16(0)
	list.need(2 + 4*n)
	t.m.take(32 + n*(4+16))
	for i := range n {
		t.anchor(list, list.u16(4+4*i), true)
	}
}

// anchors looks at the places of glyphs that marks meet. They are kept as they are.
func (t *subtable) anchors(b block, classes int) {
	n := b.u16(0)
	b.need(2 + 2*n*classes)
	t.m.take(32 + n*(24+16+2*classes))
	for i := range n * classes {
		t.anchor(b, b.u16(2+2*i), false)
	}
}

// context looks at rules for what stands together.
func (t *subtable) context(format int) {
	b := t.block
	switch format {
	case 1:
		t.m.coverage(b, b.u16(2))
		t.sets(4, t.rule)
	case 2:
		t.m.coverage(b, b.u16(2))
		t.m.class(b, b.u16(4))
		t.sets(6, t.rule)
	case 3:
		n, records := b.u16(2), b.u16(4)
		t.coverages(6, n)
		t.records(b, 6+2*n, records)
		t.steps = n
	default:
		t.unknown()
	}
}

// chain looks at rules for what stands together between other things.
func (t *subtable) chain(format int) {
	b := t.block
	switch format {
	case 1:
		t.m.coverage(b, b.u16(2))
		t.sets(4, t.chained)
	case 2:
		t.m.coverage(b, b.u16(2))
		for i := range 3 {
			t.m.class(b, b.u16(4+2*i))
		}
		t.sets(10, t.chained)
	case 3:
		at := 2
		for range 3 {
			n := b.u16(at)
			t.coverages(at+2, n)
			t.steps += n
			at += 2 + 2*n
		}
		t.records(b, at+2, b.u16(at))
	default:
		t.unknown()
	}
}

// sets looks at sets of rules; one returns the steps of trying a rule.
func (t *subtable) sets(at int, one func(b block) int) {
	t.array(t.block, at+2, t.block.u16(at), 24, func(set block) {
		steps := 0
		t.array(set, 2, set.u16(0), 112, func(rule block) { steps = min(steps+one(rule), mostWork+1) })
		t.steps = max(t.steps, steps)
	})
}

func (t *subtable) rule(r block) int {
	n, records := int(uint16(r.u16(0)-1)), r.u16(2)
	r.need(4 + 2*n)
	t.m.take(16 + 2*n)
	t.records(r, 4+2*n, records)
	return 1 + n
}

func (t *subtable) chained(r block) int {
	back := t.m.words(r, 0)
	at := 2 + 2*back
	in := int(uint16(r.u16(at) - 1))
	r.need(at + 2 + 2*in)
	t.m.take(16 + 2*in)
	at += 2 + 2*in
	ahead := t.m.words(r, at)
	at += 2 + 2*ahead
	t.records(r, at+2, r.u16(at))
	return 1 + back + in + ahead
}

// records looks at the lookups that a rule calls.
func (t *subtable) records(b block, at, n int) {
	b.need(at + 4*n)
	t.m.take(16 + 4*n)
	c := calls{grow: 1}
	for i := range n {
		called := b.u16(at + 4*i + 2)
		if called >= len(t.lookups) {
			continue // which shaping passes over, or refuses
		}
		l := t.walk.lookup(called, t.depth+1)
		c.work = min(c.work+callSteps+l.work, mostWork+1)
		c.depth = max(c.depth, l.depth+1)
		c.grow = min(c.grow+l.grow-1, longestSequence+1)
	}
	t.most.more(c)
}
