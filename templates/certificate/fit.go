package certificate

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/testamur/testamur/templates/typeface"
)

// capital is the height of capitals, as part of the size, in the serif and the
// sans alike. A line stands on the page as high as its capitals are.
const capital = 0.65

// longest is the number of characters beyond which no text is even tried: twice
// the longest scope that fits. It bounds the work that a text can cause.
const longest = 600

// try is a number of lines with the range of sizes allowed for it, in points.
type try struct {
	lines        int
	large, small float64
}

// style is how a text is set.
type style struct {
	family  *typeface.Family
	ink     Colour
	tries   []try // in order of preference
	track   int   // thousandths of an em
	leading float64
}

// sizes are the largest and the smallest size of a style.
func (s *style) sizes() (least, most float64) {
	least, most = s.tries[0].small, s.tries[0].large
	for _, t := range s.tries {
		least, most = min(least, t.small), max(most, t.large)
	}
	return least, most
}

// tallest is how high a text of the style can become, in millimetres.
func (s *style) tallest() float64 {
	high := 0.0
	for _, t := range s.tries {
		high = max(high, s.high(t.lines, t.large))
	}
	return high
}

// high is how high so many lines are: from the top of the capitals of the first
// to the baseline of the last.
func (s *style) high(lines int, size float64) float64 {
	return size * Point * (capital + float64(lines-1)*s.leading)
}

// A slot is a place on the page for one text.
type slot struct {
	*style
	fact     string // or key of the wording
	width    float64
	language string
	address  bool // the text has no spaces, and a line of it may end anywhere
	align    alignment

	// Of a text with a day in it, what stands before and behind the day, which is
	// kept together where that can be.
	dated          bool
	before, behind string
}

// fitted is a text in its slot.
type fitted struct {
	text  string
	lines []*typeface.Line
	size  float64
	ink   []reach   // of each line
	more  []float64 // how much farther than usual each line stands below the one before; nil where none does
	torn  bool      // an address that is broken within a part of it
}

// fit sets text in its slot: the first try, at its largest size, in which it
// fits. The error is a [*TextError].
func (s slot) fit(text string, rtl bool) (*fitted, error) {
	if utf8.RuneCountInString(text) > longest {
		return nil, s.tooLong(text, rtl)
	}
	whole, err := s.set(text, rtl)
	if err != nil {
		return nil, err
	}
	var m *measure // made when first needed
	tries := s.tries
	if s.address { // rather smaller than broken within a name of it
		tries = append(tries[:len(tries):len(tries)], tries...)
	}
	for n, t := range tries {
		torn := n >= len(s.tries)
		for size := t.large; size >= t.small-1e-9; size -= 0.5 {
			room := s.room(size)
			if whole.Width <= room {
				return s.spread(&fitted{text: text, lines: []*typeface.Line{whole}, size: size}), nil
			}
			if t.lines == 1 || whole.Width > room*t.lines {
				continue
			}
			if m == nil {
				m = s.measure(whole)
			}
			if pieces := m.wrap(t.lines, room, torn); pieces != nil {
				f := &fitted{text: text, lines: make([]*typeface.Line, len(pieces)), size: size, torn: torn}
				fits := true
				for i, piece := range pieces {
					if f.lines[i], err = s.set(piece, rtl); err != nil {
						return nil, err
					}
					fits = fits && f.lines[i].Width <= room
				}
				if fits {
					return s.spread(f), nil
				}
			}
		}
	}
	return nil, s.tooLong(text, rtl)
}

// room is the width of the slot in thousandths of a size.
func (s slot) room(size float64) int { return int(math.Floor(s.width / (size * Point) * 1000)) }

func (s slot) set(text string, rtl bool) (*typeface.Line, error) {
	line, err := s.family.Set(text, typeface.Options{Language: s.language, RTL: rtl, Track: s.track})
	var char *typeface.CharError
	if errors.As(err, &char) {
		return nil, &TextError{Fact: s.fact, Text: text, Char: char.Char, Reason: char.Reason}
	}
	return line, err
}

// tooLong finds how much of text would have fitted.
func (s slot) tooLong(text string, rtl bool) error {
	runes := []rune(text)
	last := s.tries[len(s.tries)-1]
	room := s.room(last.small)
	low, high := 0, min(len(runes), longest) // low fits, beyond high does not
	for low < high {
		n := (low + high + 1) / 2
		line, err := s.set(strings.TrimRight(string(runes[:n]), " "), rtl)
		if err != nil {
			return err
		}
		if line.Width <= room || s.measure(line).wrap(last.lines, room, true) != nil {
			low = n
		} else {
			high = n - 1
		}
	}
	place := "1 line"
	if last.lines > 1 {
		place = fmt.Sprintf("%d lines", last.lines)
	}
	if len(runes) > longest {
		text = string(runes[:60]) + "…"
	}
	return &TextError{Fact: s.fact, Text: text, Reason: fmt.Sprintf(
		"it has %d characters, and no more than its first %d fit (%s of %g pt); shorten it or break up its longest word",
		len(runes), low, place, last.small)}
}

// measure knows where a line may be broken, and how wide its parts are.
type measure struct {
	runes []rune
	upto  []int // width before each character
	cuts  []cut
}

func (s slot) measure(l *typeface.Line) *measure {
	m := &measure{runes: []rune(l.Text), upto: make([]int, len(l.Advances)+1)}
	for i, a := range l.Advances {
		m.upto[i+1] = m.upto[i] + a
	}
	m.cuts = cuts(l.Text, m.runes, s.address)
	if s.dated && strings.HasPrefix(l.Text, s.before) && strings.HasSuffix(l.Text, s.behind) {
		// Rather "valid until" | "1 May 2029" than "valid until 1" | "May 2029".
		first, last := utf8.RuneCountInString(s.before), len(m.runes)-utf8.RuneCountInString(s.behind)
		for i := range m.cuts {
			switch c := &m.cuts[i]; {
			case c.next > first && c.end < last:
				c.cost += split
			case c.next == first && i > 0:
				c.cost = 0
			}
		}
	}
	return m
}

// A cut is a place where a line may end: the line holds the characters before
// end, the following one begins at next. cost says how unwelcome it is.
type cut struct {
	end, next int
	cost      float64
}

// tear is the cost of breaking an address where it has no parts.
const tear = 4

// split is the cost of breaking within a day.
const split = 3

// cuts lists where a text may be broken, its beginning and its end included.
func cuts(text string, r []rune, address bool) []cut {
	list := []cut{{0, 0, 0}}
	if address {
		for i := 1; i < len(r); i++ {
			cost := float64(tear)
			switch {
			case i > len("https://") && strings.ContainsRune("/?&#", r[i]):
				cost = 0
			case strings.ContainsRune(".-_", r[i]), r[i-1] == '=':
				// Before the sign: at the end of a line a hyphen would be taken for one
				// that is not part of the address, and a full stop for the end.
				cost = 2
			}
			list = append(list, cut{i, i, cost})
		}
		return append(list, cut{len(r), len(r), 0})
	}
	breaks := typeface.Breaks(text)
	for i := 1; i < len(r); i++ {
		switch {
		case !breaks[i-1]:
		case r[i-1] != ' ': // behind a hyphen, a slash, a dash
			cost := 1.0
			if unicode.In(r[i-1], unicode.Han, unicode.Hiragana, unicode.Katakana) {
				cost = 0.2
			}
			list = append(list, cut{i, i, cost})
		case r[i] == '/': // between two languages a line ends behind it
		case i > 2 && (unicode.IsDigit(r[i-2]) || r[i-2] == '.' && unicode.IsDigit(r[i-3])): // not "20" | "November"
			list = append(list, cut{i - 1, i, 1})
		case unicode.IsDigit(r[i]): // not "ISO/IEC" | "20000"
			list = append(list, cut{i - 1, i, 0.5})
		default:
			list = append(list, cut{i - 1, i, 0})
		}
	}
	return append(list, cut{len(r), len(r), 0})
}

// wrap breaks a text into at most the given number of lines no wider than room,
// as few and as even as possible; nil when it does not fit. An address may be torn
// at any character where that is allowed.
func (m *measure) wrap(lines, room int, torn bool) []string {
	for n := 2; n <= lines; n++ {
		if ends := m.even(n, room, torn); ends != nil {
			out := make([]string, n)
			from := 0
			for i, c := range ends {
				out[i] = string(m.runes[m.cuts[from].next:m.cuts[c].end])
				from = c
			}
			return out
		}
	}
	return nil
}

// even chooses n line ends among the cuts so that the lines are as even as
// possible; nil when some line must be wider than room.
func (m *measure) even(n, room int, torn bool) []int {
	const never = math.MaxFloat64
	wide := len(m.cuts)
	costs, sources := make([]float64, (n+1)*wide), make([]int, (n+1)*wide)
	for i := range costs {
		costs[i] = never
	}
	best, from := make([][]float64, n+1), make([][]int, n+1)
	for k := range best {
		best[k], from[k] = costs[k*wide:(k+1)*wide], sources[k*wide:(k+1)*wide]
	}
	best[0][0] = 0
	for k := 1; k <= n; k++ {
		first := 1
		if k == n {
			first = wide - 1 // the last line ends where the text does
		}
		for j := first; j < wide; j++ {
			last := j - 1
			if k == 1 {
				last = 0 // the first line begins where the text does
			}
			for i := last; i >= 0; i-- {
				if m.cuts[j].end <= m.cuts[i].next || !torn && m.cuts[i].cost >= tear {
					continue
				}
				w := m.upto[m.cuts[j].end] - m.upto[m.cuts[i].next]
				if w > room {
					break
				}
				if best[k-1][i] == never {
					continue
				}
				slack := float64(room-w) / float64(room)
				if c := best[k-1][i] + slack*slack + m.cuts[j].cost; c < best[k][j] {
					best[k][j], from[k][j] = c, i
				}
			}
		}
	}
	end := len(m.cuts) - 1
	if best[n][end] == never {
		return nil
	}
	ends := make([]int, n)
	for k := n; k > 0; k-- {
		ends[k-1] = end
		end = from[k][end]
	}
	return ends
}

// rtlText reports whether a text is read from right to left: whether its first
// letter is of such a script.
func rtlText(text string) bool {
	for _, r := range text {
		switch {
		case r < 0x590:
			if unicode.IsLetter(r) {
				return false
			}
		case unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko):
			return true
		case unicode.IsLetter(r):
			return false
		}
	}
	return false
}

// kept remembers what has been set: of the certificates of a batch most texts
// are alike.
type kept struct {
	mu  sync.RWMutex
	all map[keptKey]*fitted
}

type keptKey struct {
	item *item
	text string
}

const maxKept = 512

func (k *kept) get(i *item, text string) *fitted {
	k.mu.RLock()
	f := k.all[keptKey{i, text}]
	k.mu.RUnlock()
	return f
}

func (k *kept) put(i *item, text string, f *fitted) {
	k.mu.Lock()
	if len(k.all) >= maxKept || k.all == nil {
		k.all = make(map[keptKey]*fitted, maxKept)
	}
	k.all[keptKey{i, text}] = f
	k.mu.Unlock()
}
