package typeface

import (
	"unicode"

	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
)

// Breaks tells for each character of a text, in logical order, whether a line
// may end behind it: after spaces, hyphens and slashes, between ideographs and
// kana, by the Unicode line breaking algorithm (Unicode Standard Annex 14). A
// line never ends inside a letter with its marks, nor inside a word of Korean or
// Thai, where only a dictionary would know. It may end behind the last
// character.
func Breaks(text string) []bool {
	runes := []rune(text)
	out := make([]bool, len(runes))
	var s segmenter.Segmenter
	s.Init(runes)
	for lines := s.LineIterator(); lines.Next(); {
		line := lines.Line()
		end := line.Offset + len(line.Text)
		if end == 0 || end > len(runes) {
			continue
		}
		if end < len(runes) && (unicode.IsMark(runes[end]) || hangul(runes[end-1]) && hangul(runes[end])) {
			continue
		}
		out[end-1] = true
	}
	// After a slash inside a word, also where a number follows: 9001/2015.
	for i := 0; i+1 < len(runes); i++ {
		if runes[i] == '/' && i > 0 && runes[i+1] != ' ' && runes[i+1] != '/' && unicode.In(runes[i+1], unicode.L, unicode.N) {
			out[i] = true
		}
	}
	if len(out) > 0 {
		out[len(out)-1] = true
	}
	return out
}

func hangul(r rune) bool { return language.LookupScript(r) == language.Hangul }
