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
		case r == '\u200c', r == '\u200d':
			return &TextError{field, s, r, "is an invisible joiner, and two texts that differ in it look alike; write it without, or with a space or a hyphen in its place"}
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
		why := "a character of it is kept in Unicode only as a double of another"
		if strings.ContainsFunc(s, unicode.IsMark) {
			why = "its accents are written as separate characters"
		}
		return &TextError{Field: field, Text: s, Reason: why + "; write it in Unicode form NFC, as " + norm.NFC.String(s)}
	}
	return nil
}

// personName refuses what stands in no name of a person: what stands in no text
// at all; no letter at all; signs that mean something to programs; letters in a form
// in which the name is not found again; and a word that mixes the letters of scripts
// which look alike, by which one name is made to pass for another.
func personName(field, s string) error {
	if len(s) > scheme.MaxName {
		return &TextError{Field: field, Text: strings.ToValidUTF8(s[:60], "") + "…", Reason: fmt.Sprintf("it is longer than %d bytes", scheme.MaxName)}
	}
	if err := plainText(field, s); err != nil {
		return err
	}
	letters := false
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && (r == ' ' || unicode.IsLetter(r)): // most of them
			letters = letters || r != ' '
		case strings.ContainsRune(signsOfNames, r):
		case unicode.In(r, unicode.Pd) || r == '−':
			return &TextError{field, s, r, "is a hyphen or dash of another kind; write it with the ordinary hyphen -"}
		case strings.ContainsRune("`´′‛", r):
			return &TextError{field, s, r, "is not an apostrophe; write it with the apostrophe '"}
		case isCompatible(r):
			return &TextError{field, s, r, compatible(field, s)}
		case unicode.IsLetter(r):
			letters = true
		case unicode.IsMark(r), unicode.IsDigit(r):
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

// signsOfNames are the signs other than letters, marks and digits that stand in
// names: those of every script, and then what some scripts have of their own.
const signsOfNames = " -'’‘.,()/·\"“”„&+#_:@" +
	"\u05be\u05f3\u05f4" + // Hebrew: maqaf in בן־דוד, geresh in ג׳ון, gershayim in ז״ל
	"\u055a" + // Armenian apostrophe
	"\u0970" + // Devanagari abbreviation sign: डॉ॰
	"\u30fb\u30a0\u2027" // between names of other languages: ジョン・スミス, ジャン゠リュック, 瓦歷斯‧諾幹

// isCompatible reports whether Unicode has r only for compatibility: for the sake of
// an older character set it is another spelling of other letters, or a form of them
// that writing takes by itself, as a presentation form of Arabic or a ligature. Some
// of those are how a name is written and nothing else, and are none.
func isCompatible(r rune) bool {
	return !norm.NFKC.IsNormalString(string(r)) && !unicode.Is(ordinary, r)
}

// ordinary are the letters for which Unicode has a spelling of compatibility (NFKC)
// that nobody writes.
var ordinary = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00aa, 0x00aa, 1}, // ª and º: Mª José
		{0x00ba, 0x00ba, 1},
		{0x02b0, 0x02b8, 1}, // raised letters, which are letters of their own in North America: Kʷəlčətən
		{0x02e0, 0x02e4, 1},
		{0x0587, 0x0587, 1}, // Armenian ew: Լևոն
		{0x0e33, 0x0e33, 1}, // Thai and Lao am: สำราญ
		{0x0eb3, 0x0eb3, 1},
		{0x0edc, 0x0edd, 1}, // Lao ho no and ho mo
		{0x207f, 0x207f, 1}, // raised n, the nasal of Taiwanese: Tiuⁿ
	},
	LatinOffset: 2,
}

// compatible says how to write a name that has characters of compatibility.
func compatible(field, s string) string {
	var b strings.Builder
	for _, r := range s {
		if isCompatible(r) {
			b.WriteString(norm.NFKC.String(string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	const reason = "is another form of ordinary letters, in which the name would not be found by who types it; write it "
	usual := norm.NFC.String(b.String())
	if personName(field, usual) != nil { // as of a sign that has a blank in its place
		return reason + "in ordinary letters"
	}
	return reason + fmt.Sprintf("as %q", usual)
}
