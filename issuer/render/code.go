package render

import (
	"fmt"
	"math/bits"
	"sync"

	"rsc.io/qr/coding"
)

// A Level is how much of a QR code may be lost (ISO/IEC 18004 6.5).
type Level int

// The levels of error correction.
const (
	Low      Level = iota // L, 7 %
	Medium                // M, 15 %
	Quartile              // Q, 25 %
	High                  // H, 30 %
)

func (l Level) String() string {
	if l < Low || l > High {
		return fmt.Sprintf("level %d", int(l))
	}
	return "LMQH"[l : l+1]
}

// A Code is a QR code: the modules alone, without the quiet zone.
type Code struct {
	Version int // 1 to 40
	Level   Level
	Mask    int // 0 to 7, the one that is easiest to read (ISO/IEC 18004 7.8.3)
	Side    int // modules on each side

	rows []line // from the top
}

// quiet is the width of the light zone that a code needs on every side, in
// modules (ISO/IEC 18004 5.3.8).
const quiet = 4

// A line is one row of modules, one bit each, dark ones set. The module at x is
// bit x + quiet, so that the zone beside the code is light by itself. The largest
// code has 177 modules on a side.
type line [3]uint64

func (l line) dark(x int) bool {
	x += quiet
	return l[x>>6]>>(x&63)&1 != 0
}

// Dark reports whether a module is dark, counted from the upper left one. Every
// module outside the code is light.
func (c *Code) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.Side && y < c.Side && c.rows[y].dark(x)
}

// Encode makes the smallest code that says text at the given level. Digits,
// capitals and other bytes are each packed as closely as the standard allows.
// It takes some microseconds for an address.
func Encode(text string, level Level) (*Code, error) {
	if level < Low || level > High {
		return nil, fmt.Errorf("QR code: there is no %v", level)
	}
	if text == "" {
		return nil, fmt.Errorf("QR code: no text")
	}
	// How long the counts of characters are depends on the version (7.4.1).
	for _, class := range []struct{ first, last coding.Version }{{1, 9}, {10, 26}, {27, 40}} {
		segments := divide(text, class.last)
		need := 0
		for _, s := range segments {
			need += s.Bits(class.last)
		}
		for v := class.first; v <= class.last; v++ {
			if need <= v.DataBytes(coding.Level(level))*8 {
				return encode(segments, v, level)
			}
		}
	}
	return nil, fmt.Errorf("QR code: %d bytes are more than one holds at level %v; shorten the text", len(text), level)
}

// encode draws segments in the version given, once, and finds the best mask: one
// mask differs from another in the same modules whatever the code says.
func encode(segments []coding.Encoding, v coding.Version, level Level) (*Code, error) {
	g := grids(v, level)
	raw, err := g.plan.Encode(segments...)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	c := &Code{Version: int(v), Level: level, Side: raw.Size}
	unmasked := lines(raw)
	var candidate [177]line
	best := -1
	for mask := range g.differ {
		for y, d := range g.differ[mask] {
			candidate[y] = line{unmasked[y][0] ^ d[0], unmasked[y][1] ^ d[1], unmasked[y][2] ^ d[2]}
		}
		if p := penalty(candidate[:c.Side]); best < 0 || p < best {
			best, c.Mask = p, mask
		}
	}
	c.rows = unmasked
	for y, d := range g.differ[c.Mask] {
		for i := range d {
			c.rows[y][i] ^= d[i]
		}
	}
	return c, nil
}

// lines reads the modules of a code that was drawn.
func lines(c *coding.Code) []line {
	out := make([]line, c.Size)
	for y := range out {
		row := c.Bitmap[y*c.Stride:]
		for i := range (c.Size + 7) / 8 {
			b, at := uint64(bits.Reverse8(row[i])), i*8+quiet
			out[y][at>>6] |= b << (at & 63)
			if at&63 > 56 {
				out[y][at>>6+1] |= b >> (64 - at&63)
			}
		}
	}
	return out
}

// A grid is what all codes of one version and level share.
type grid struct {
	once   sync.Once
	plan   *coding.Plan // with mask 0
	differ [8][]line    // where each mask differs from mask 0, format information included
}

var allGrids [41][4]grid

func grids(v coding.Version, level Level) *grid {
	g := &allGrids[v][level]
	g.once.Do(func() {
		var first []line
		for mask := range g.differ {
			plan, err := coding.NewPlan(v, coding.Level(level), coding.Mask(mask))
			if err != nil {
				panic(err) // the version, level and mask are among those there are
			}
			blank, err := plan.Encode()
			if err != nil {
				panic(err)
			}
			rows := lines(blank)
			if mask == 0 {
				g.plan, first = plan, rows
			}
			g.differ[mask] = make([]line, len(rows))
			for y := range rows {
				for i := range rows[y] {
					g.differ[mask][y][i] = rows[y][i] ^ first[y][i]
				}
			}
		}
	})
	return g
}

// upTo has the first n modules.
func upTo(n int) line {
	var l line
	for i := range l {
		from, to := max(quiet-64*i, 0), min(max(n+quiet-64*i, 0), 64)
		if from < to {
			l[i] = ^uint64(0) >> (64 - to) &^ (1<<from - 1)
		}
	}
	return l
}

// penalty says how hard a code is to read (ISO/IEC 18004 7.8.3.1), lower being
// better: rows and columns of five or more equal modules, squares of two by two,
// what looks like a finder pattern, and too much of light or dark. It looks at 64
// modules of a row at a time; the zone about the code counts as light.
func penalty(rows []line) int {
	var (
		n                   = len(rows)
		fives, pairs, whole = upTo(n - 4), upTo(n - 1), upTo(n)

		runs, blocks, finders, dark int

		// Rows from which five equal modules go on into the next word.
		carried [177]uint64
	)
	for w := range (n + 2*quiet + 63) / 64 {
		var (
			column [4 + 177 + 10]uint64 // with the light rows above and below
			above  uint64               // columns of five that begin a row higher
		)
		for y, r := range rows {
			column[4+y] = r[w]
		}
		for y, row := range rows {
			c := column[y : y+15 : y+15] // c[4] is this row
			r := c[4]
			var before, after uint64
			if w > 0 {
				before = row[w-1]
			}
			if w < 2 {
				after = row[w+1]
			}
			dark += bits.OnesCount64(r)

			r1, r2, r3, r4 := r>>1|after<<63, r>>2|after<<62, r>>3|after<<61, r>>4|after<<60
			five := (r&r1&r2&r3&r4 | ^(r | r1 | r2 | r3 | r4)) & fives[w]
			runs += bits.OnesCount64(five) + 2*bits.OnesCount64(five&^(five<<1|carried[y]))
			carried[y] = five >> 63

			if y+4 < n {
				five := (r&c[5]&c[6]&c[7]&c[8] | ^(r | c[5] | c[6] | c[7] | c[8])) & whole[w]
				runs += bits.OnesCount64(five) + 2*bits.OnesCount64(five&^above)
				above = five
			}
			if y+1 < n {
				below := uint64(0)
				if w < 2 {
					below = rows[y+1][w+1]
				}
				b1 := c[5]>>1 | below<<63
				blocks += bits.OnesCount64((r&r1&c[5]&b1 | ^(r | r1 | c[5] | b1)) & pairs[w])
			}

			// Dark, light, three dark, light, dark, beside four light ones. Nothing
			// dark follows the code, so that none is found across its end.
			if f := r & r2 & r3 & r4 &^ r1; f != 0 {
				if f &= (r>>6 | after<<58) &^ (r>>5 | after<<59); f != 0 {
					left := r<<1 | before>>63 | r<<2 | before>>62 | r<<3 | before>>61 | r<<4 | before>>60
					right := r>>7 | after<<57 | r>>8 | after<<56 | r>>9 | after<<55 | r>>10 | after<<54
					finders += bits.OnesCount64(f &^ (left & right))
				}
			}
			if f := r & c[6] & c[7] & c[8] & c[10] &^ c[5] &^ c[9]; f != 0 {
				finders += bits.OnesCount64(f &^ ((c[3] | c[2] | c[1] | c[0]) & (c[11] | c[12] | c[13] | c[14])))
			}
		}
	}
	return weigh(n, runs, blocks, finders, dark)
}

// weigh adds up the faults of a code with n modules a side (table 11).
func weigh(n, runs, blocks, finders, dark int) int {
	uneven := 20*dark - 10*n*n
	if uneven < 0 {
		uneven = -uneven
	}
	return runs + 3*blocks + 40*finders + 10*(uneven/(n*n))
}

// divide cuts text into segments of digits, of capitals and of bytes, so that
// they take the fewest bits in codes of version v (ISO/IEC 18004 annex J).
func divide(text string, v coding.Version) []coding.Encoding {
	const (
		digits = iota
		capitals
		anything
		modes
	)
	// Costs are sixths of a bit: three digits take ten bits, two capitals eleven.
	const never = 1 << 30
	cost := [modes]int{20, 33, 48}
	head := [modes]int{6 * coding.Num("").Bits(v), 6 * coding.Alpha("").Bits(v), 6 * coding.String("").Bits(v)}
	if len(text) > 7089 { // more than any code holds: fails by its length
		return []coding.Encoding{coding.String(text)}
	}
	// from[i][m]: the mode before character i, on the cheapest way to have it in m.
	from := make([][modes]uint8, len(text))
	var total [modes]int
	for i := range len(text) {
		can := [modes]bool{isDigit(text[i]), isCapital(text[i]), true}
		var next [modes]int
		for m := range modes {
			next[m] = never
			if !can[m] {
				continue
			}
			for before := range modes {
				c := total[before] + cost[m]
				switch {
				case i == 0:
					c = head[m] + cost[m]
					if before != m {
						continue
					}
				case before != m:
					// A segment ends on a whole bit.
					c = (total[before]+5)/6*6 + head[m] + cost[m]
				}
				if c < next[m] {
					next[m], from[i][m] = c, uint8(before)
				}
			}
		}
		total = next
	}
	mode := digits
	for m := range modes {
		if (total[m]+5)/6 < (total[mode]+5)/6 {
			mode = m
		}
	}
	var out []coding.Encoding
	end := len(text)
	for i := len(text) - 1; i >= 0; i-- {
		before := int(from[i][mode])
		if i > 0 && before == mode {
			continue
		}
		s := text[i:end]
		end = i
		switch mode {
		case digits:
			out = append(out, coding.Num(s))
		case capitals:
			out = append(out, coding.Alpha(s))
		default:
			out = append(out, coding.String(s))
		}
		mode = before
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isCapital reports whether c is among the 45 characters of ISO/IEC 18004 7.4.4.
func isCapital(c byte) bool {
	switch c {
	case ' ', '$', '%', '*', '+', '-', '.', '/', ':':
		return true
	}
	return isDigit(c) || 'A' <= c && c <= 'Z'
}

// rectangles gives all dark modules as rectangles that do not overlap: rows of
// them, and those of the following rows that are the same.
func (c *Code) rectangles(draw func(x, y, w, h int)) {
	type strip struct{ from, to, top int }
	var (
		space [2][90]strip // of the row above and of this one, by their left ends
		open  = space[0][:0]
	)
	for y := 0; y <= c.Side; y++ {
		var r line
		if y < c.Side {
			r = c.rows[y]
		}
		next, k := space[(y+1)&1][:0], 0
		for x := r.find(0, true); x < c.Side; {
			to := min(r.find(x, false), c.Side)
			s := strip{x, to, y}
			for ; k < len(open) && open[k].from <= x; k++ {
				if open[k].from == x && open[k].to == to {
					s.top = open[k].top
				} else {
					draw(open[k].from, open[k].top, open[k].to-open[k].from, y-open[k].top)
				}
			}
			next = append(next, s)
			x = r.find(to, true)
		}
		for _, s := range open[k:] {
			draw(s.from, s.top, s.to-s.from, y-s.top)
		}
		open = next
	}
}

// find returns the first module from x on that is dark, or light.
func (l line) find(x int, dark bool) int {
	for at := x + quiet; at < 192; at = at&^63 + 64 {
		w := l[at>>6]
		if !dark {
			w = ^w
		}
		if w >>= at & 63; w != 0 {
			return at + bits.TrailingZeros64(w) - quiet
		}
	}
	return 192
}
