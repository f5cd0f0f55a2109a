package issuer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/testamur/testamur/issuer/scheme"
)

// plainText refuses what must stand in no text of a certificate, on whatever it
// is shown: broken UTF-8, control and invisible characters, those that reverse
// the order of reading, and text in a form that compares unequal to itself
// typed again. What the fonts can draw is the matter of [Press.Check].
func plainText(field, s string) error {
	if !utf8.ValidString(s) {
		return &TextError{Field: field, Text: s, Reason: "it is not valid UTF-8; save the file as UTF-8"}
	}
	for i, r := range s {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return &TextError{field, s, r, "turns the direction of reading and is not allowed; remove it"}
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			return &TextError{field, s, r, "is invisible or has no agreed meaning and is not allowed; remove it"}
		case unicode.IsSpace(r) && r != ' ':
			return &TextError{field, s, r, "is a space of an unusual kind; use an ordinary space"}
		case r == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' '):
			return &TextError{Field: field, Text: s, Reason: "it has a space too many; remove it"}
		}
	}
	if !norm.NFC.IsNormalString(s) {
		return &TextError{Field: field, Text: s, Reason: "its accents are written as separate characters; write it in Unicode form NFC, as " + norm.NFC.String(s)}
	}
	return nil
}

// personName refuses what stands in no name of a person: no letter at all,
// signs that mean something to programs, and a word that mixes the letters of
// scripts which look alike, by which one name is made to pass for another.
func personName(field, s string) error {
	if len(s) > scheme.MaxName {
		return &TextError{Field: field, Text: strings.ToValidUTF8(s[:60], "") + "…", Reason: fmt.Sprintf("it is longer than %d bytes", scheme.MaxName)}
	}
	letters := false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters = true
		case unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune(" -'’‘ʼ.,()/·\"“”„&+#_:@", r):
		default:
			return &TextError{field, s, r, "does not belong in the name of a person; remove it"}
		}
	}
	if s != "" && !letters {
		return &TextError{Field: field, Text: s, Reason: "it has no letters"}
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		var first *unicode.RangeTable
		for _, r := range word {
			for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek} {
				if !unicode.Is(script, r) {
					continue
				}
				if first == nil {
					first = script
				}
				if first != script {
					return &TextError{field, s, r, "is of another script than the letters before it, although it may look alike; write the word in one script"}
				}
			}
		}
	}
	return nil
}
