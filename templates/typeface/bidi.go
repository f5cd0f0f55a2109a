package typeface

import (
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// RightToLeft reports whether a text by itself is read from right to left: its
// first letter decides (Unicode bidirectional algorithm, P2 and P3).
func RightToLeft(text string) bool {
	for _, r := range text {
		if r < 0x590 { // nothing below is written from right to left
			if 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || r >= 0xAA && unicode.IsLetter(r) {
				return false
			}
			continue
		}
		switch p, _ := bidi.LookupRune(r); p.Class() {
		case bidi.L:
			return false
		case bidi.R, bidi.AL:
			return true
		}
	}
	return false
}

// levels gives each character its embedding level in a line whose own level is
// base, 0 or 1 (Unicode Standard Annex 9). There are no explicit directions and
// no isolates: their characters are refused before. So the line is one sequence,
// and rules X1 to X10 have nothing to do.
func levels(text []rune, base uint8) []uint8 {
	out := make([]uint8, len(text))
	kinds := make([]bidi.Class, len(text))
	var turns bool
	for i, r := range text {
		p, _ := bidi.LookupRune(r)
		k := p.Class()
		switch k {
		case bidi.R, bidi.AL, bidi.AN:
			turns = true
		case bidi.L, bidi.EN, bidi.ES, bidi.ET, bidi.CS, bidi.NSM, bidi.B, bidi.S, bidi.WS:
		default:
			k = bidi.ON
		}
		kinds[i] = k
	}
	if base == 0 && !turns {
		return out
	}
	own := bidi.L
	if base == 1 {
		own = bidi.R
	}
	orig := append([]bidi.Class(nil), kinds...)
	weak(kinds, own)
	brackets(text, kinds, orig, own)
	neutral(kinds, own)
	for i, k := range kinds {
		switch { // I1, I2
		case base == 0 && k == bidi.R:
			out[i] = 1
		case base == 0 && k != bidi.L:
			out[i] = 2
		case base == 1 && k == bidi.R:
			out[i] = 1
		case base == 1:
			out[i] = 2
		}
	}
	// L1: space at the end of the line, or before a separator, is of the line.
	end := true
	for i := len(orig) - 1; i >= 0; i-- {
		switch orig[i] {
		case bidi.B, bidi.S:
			end, out[i] = true, base
		case bidi.WS:
			if end {
				out[i] = base
			}
		default:
			end = false
		}
	}
	return out
}

// weak applies W1 to W7.
func weak(k []bidi.Class, own bidi.Class) {
	last := own // W1
	for i := range k {
		if k[i] == bidi.NSM {
			k[i] = last
		}
		last = k[i]
	}
	last = own // W2, W3
	for i, c := range k {
		switch c {
		case bidi.L, bidi.R:
			last = c
		case bidi.AL:
			last, k[i] = bidi.AL, bidi.R
		case bidi.EN:
			if last == bidi.AL {
				k[i] = bidi.AN
			}
		}
	}
	for i := 1; i+1 < len(k); i++ { // W4
		if a, b := k[i-1], k[i+1]; a == b && (k[i] == bidi.ES && a == bidi.EN || k[i] == bidi.CS && (a == bidi.EN || a == bidi.AN)) {
			k[i] = a
		}
	}
	for i := 0; i < len(k); i++ { // W5
		if k[i] != bidi.ET {
			continue
		}
		to := i
		for to < len(k) && k[to] == bidi.ET {
			to++
		}
		if i > 0 && k[i-1] == bidi.EN || to < len(k) && k[to] == bidi.EN {
			for j := i; j < to; j++ {
				k[j] = bidi.EN
			}
		}
		i = to - 1
	}
	last = own // W6, W7
	for i, c := range k {
		switch c {
		case bidi.ES, bidi.ET, bidi.CS:
			k[i] = bidi.ON
		case bidi.L, bidi.R:
			last = c
		case bidi.EN:
			if last == bidi.L {
				k[i] = bidi.L
			}
		}
	}
}

// strong is the direction that a character has for those around it.
func strong(k bidi.Class) (bidi.Class, bool) {
	switch k {
	case bidi.L:
		return bidi.L, true
	case bidi.R, bidi.EN, bidi.AN:
		return bidi.R, true
	}
	return 0, false
}

// brackets applies N0: a pair of brackets has one direction.
func brackets(text []rune, k, orig []bidi.Class, own bidi.Class) {
	type open struct {
		want rune
		at   int
	}
	const deepest = 63 // BD16
	var stack [deepest]open
	depth := 0
	pairs := map[int]int{}
scan:
	for i, r := range text {
		if k[i] != bidi.ON {
			continue
		}
		p, _ := bidi.LookupRune(r)
		if !p.IsBracket() {
			continue
		}
		if p.IsOpeningBracket() {
			if depth == deepest {
				clear(pairs)
				return
			}
			stack[depth] = open{closing(r), i}
			depth++
			continue
		}
		for d := depth - 1; d >= 0; d-- {
			if stack[d].want == canonical(r) {
				pairs[stack[d].at] = i
				depth = d
				continue scan
			}
		}
	}
	for from := range text {
		to, ok := pairs[from]
		if !ok {
			continue
		}
		var holds, other bool
		for i := from + 1; i < to; i++ {
			if s, ok := strong(k[i]); ok {
				if s == own {
					holds = true
					break
				}
				other = true
			}
		}
		set := own
		switch {
		case holds:
		case other:
			before := own
			for i := from - 1; i >= 0; i-- {
				if s, ok := strong(k[i]); ok {
					before = s
					break
				}
			}
			set = before // own where the other direction does not come before
		default:
			continue
		}
		for _, at := range []int{from, to} {
			k[at] = set
			for i := at + 1; i < len(k) && orig[i] == bidi.NSM; i++ {
				k[i] = set
			}
		}
	}
}

// closing is the bracket that ends what the opening one begins.
func closing(open rune) rune {
	switch open {
	case '[', '{', '［', '｛':
		return open + 2
	case '⦍':
		return '⦐'
	case '⦏':
		return '⦎'
	}
	return canonical(open + 1)
}

// canonical makes one of the two angle brackets that are the same character.
func canonical(r rune) rune {
	if r == 0x232A {
		return 0x3009
	}
	return r
}

// neutral applies N1 and N2.
func neutral(k []bidi.Class, own bidi.Class) {
	before := own
	for i := 0; i < len(k); i++ {
		if s, ok := strong(k[i]); ok {
			before = s
			continue
		}
		to := i
		after := own
		for to < len(k) {
			if s, ok := strong(k[to]); ok {
				after = s
				break
			}
			to++
		}
		set := own
		if before == after {
			set = before
		}
		for ; i < to; i++ {
			k[i] = set
		}
		i--
	}
}

// reorder gives the order of stretches from left to right (L2).
func reorder(levels []uint8) []int {
	order := make([]int, len(levels))
	most := uint8(0)
	for i, l := range levels {
		order[i], most = i, max(most, l)
	}
	for l := most; l >= 1; l-- {
		for i := 0; i < len(order); i++ {
			if levels[order[i]] < l {
				continue
			}
			to := i
			for to < len(order) && levels[order[to]] >= l {
				to++
			}
			for a, b := i, to-1; a < b; a, b = a+1, b-1 {
				order[a], order[b] = order[b], order[a]
			}
			i = to
		}
	}
	return order
}
