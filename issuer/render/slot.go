package render

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/testamur/testamur/issuer"
)

// mm converts points, in which type is measured, to millimetres, in which the
// page is.
const mm = 25.4 / 72

// longest is the number of characters beyond which no text is even tried: twice
// the longest scope that fits. It bounds the work that a text can cause.
const longest = 600

// longestBytes is the length beyond which a text is not even looked at.
const longestBytes = 4 * longest

// A slot is a place on the page for one text.
type slot struct {
	field string // the plain name for [issuer.TextError]
	face  *face
	width float64 // mm
	track int     // thousandths of an em
	tries []try   // in order of preference

	// address: the text has no spaces, and a line of it may end anywhere.
	address bool
}

// A try is a number of lines with the range of sizes allowed for it, in points.
type try struct {
	lines        int
	large, small float64
}

// fit sets text in its slot: the first try, at its largest size, in which it
// fits. The error is an [*issuer.TextError] that says how long is possible.
func (s slot) fit(text string) (lines []string, size float64, err error) {
	if utf8.RuneCountInString(text) <= longest {
		set := s.face.set(text, s.track)
		for _, t := range s.tries {
			for size := t.large; size >= t.small; size -= 0.5 {
				if lines := s.wrap(set, t.lines, size); lines != nil {
					return lines, size, nil
				}
			}
		}
	}
	return nil, 0, s.tooLong(text)
}

// tooLong finds how much of text would have fitted.
func (s slot) tooLong(text string) error {
	runes := []rune(text)
	last := s.tries[len(s.tries)-1]
	low, high := 0, min(len(runes), longest) // low fits, beyond high does not
	for low < high {
		n := (low + high + 1) / 2
		if s.wrap(s.face.set(strings.TrimRight(string(runes[:n]), " "), s.track), last.lines, last.small) != nil {
			low = n
		} else {
			high = n - 1
		}
	}
	place := "1 line"
	if last.lines > 1 {
		place = fmt.Sprintf("%d lines", last.lines)
	}
	return &issuer.TextError{
		Field: s.field,
		Text:  text,
		Reason: fmt.Sprintf("it has %d characters, and no more than its first %d fit (%s of %g pt); shorten it or break up its longest word",
			len(runes), low, place, last.small),
	}
}

// wrap breaks a text into at most the given number of lines no wider than the
// slot, as few and as even as possible; nil when it does not fit.
func (s slot) wrap(set setting, lines int, size float64) []string {
	room := int(math.Floor(s.width / (size * mm) * 1000))
	if set.width <= room {
		return []string{string(set.runes)}
	}
	cuts := s.cuts(set)
	for n := 2; n <= lines; n++ {
		if ends := even(set, cuts, n, room); ends != nil {
			out := make([]string, n)
			from := 0
			for i, c := range ends {
				out[i] = string(set.runes[cuts[from].next:cuts[c].end])
				from = c
			}
			return out
		}
	}
	return nil
}

// A cut is a place where a line may end: the line holds the characters before
// end, the following one begins at next. cost says how unwelcome it is.
type cut struct {
	end, next int
	cost      float64
}

// cuts lists where set may be broken, its beginning and its end included.
func (s slot) cuts(set setting) []cut {
	r := set.runes
	list := []cut{{0, 0, 0}}
	for i := 1; i < len(r); i++ {
		switch {
		case s.address && i > len("https://") && strings.ContainsRune("/?&#", r[i]):
			list = append(list, cut{i, i, 0})
		case s.address && strings.ContainsRune(".-_=", r[i-1]):
			list = append(list, cut{i, i, 2})
		case s.address:
			list = append(list, cut{i, i, 4})
		case r[i-1] == ' ' && unicode.IsDigit(r[i]): // not "ISO/IEC" | "20000"
			list = append(list, cut{i - 1, i, 0.5})
		case r[i-1] == ' ':
			list = append(list, cut{i - 1, i, 0})
		case (r[i-1] == '-' || r[i-1] == '/' || r[i-1] == '–' || r[i-1] == '—') && r[i] != ' ':
			list = append(list, cut{i, i, 1})
		}
	}
	return append(list, cut{len(r), len(r), 0})
}

// even chooses n line ends among cuts so that the lines are as even as
// possible; nil when some line must be wider than room.
func even(set setting, cuts []cut, n, room int) []int {
	const never = math.MaxFloat64
	best := make([][]float64, n+1)
	from := make([][]int, n+1)
	for k := range best {
		best[k] = make([]float64, len(cuts))
		from[k] = make([]int, len(cuts))
		for j := range cuts {
			best[k][j] = never
		}
	}
	best[0][0] = 0
	for k := 1; k <= n; k++ {
		for j := 1; j < len(cuts); j++ {
			for i := j - 1; i >= 0; i-- {
				if cuts[j].end <= cuts[i].next {
					continue
				}
				last := cuts[j].end - 1
				w := set.left[last] + set.wide[last] - set.left[cuts[i].next]
				if w > room {
					break
				}
				if best[k-1][i] == never {
					continue
				}
				slack := float64(room-w) / float64(room)
				if c := best[k-1][i] + slack*slack + cuts[j].cost; c < best[k][j] {
					best[k][j], from[k][j] = c, i
				}
			}
		}
	}
	end := len(cuts) - 1
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
