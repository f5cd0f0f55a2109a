package paper

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SameName reports whether two spellings are one name: typed from a paper or
// from an identity document, and as signed. Case, accents, the kind of spaces,
// hyphens, apostrophes, quotation marks and dots, of whatever script, do not count, nor whether umlauts are written out as
// machine-readable lines do (ICAO 9303-3 §6); every word and the order of words do.
// Letters of another script that merely look alike are other letters. An empty name is
// nobody's.
func SameName(a, b string) bool {
	for _, x := range spellings(a) {
		for _, y := range spellings(b) {
			if len(x) > 0 && slices.Equal(x, y) {
				return true
			}
		}
	}
	return false
}

// spellings are the words of a name in the ways in which it may be typed: with and
// without the dots of umlauts, with and without a space for an apostrophe.
func spellings(s string) (list [][]string) {
	if len(s) > MaxName {
		return nil
	}
	s = strings.ToLower(norm.NFKC.String(s))
	for _, letters := range []string{s, writtenOut.Replace(s)} {
		for _, name := range []string{letters, apostrophes.Replace(letters)} {
			list = append(list, nameWords(name))
		}
	}
	return list
}

var (
	writtenOut  = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe", "æ", "ae")
	apostrophes = strings.NewReplacer("'", "", "’", "", "‘", "", "ʼ", "", "`", "", "´", "", "′", "",
		"׳", "", "״", "", "՚", "") // of Hebrew and Armenian
)

// MaxName is the longest name looked at, in bytes.
const MaxName = 1 << 10

// plainLetters are letters that Unicode does not take apart, and how machine-readable
// lines and other programs write them.
var plainLetters = strings.NewReplacer("ß", "ss", "ø", "o", "ł", "l", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "ħ", "h", "ı", "i", "þ", "th", "ŧ", "t", "ŀ", "l", "ĳ", "ij", "ŋ", "n",
	"եւ", "եվ") // Armenian, which has a letter for the two, and writes either in capitals

// nameWords are the words of a name, in the form that is compared.
func nameWords(s string) []string {
	s = strings.Map(func(r rune) rune {
		// Accents only: the marks of Indic scripts and of kana are letters.
		if unicode.Is(unicode.Mn, r) && unicode.Is(unicode.Inherited, r) && r < 0x3000 || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToLower(unicode.ToUpper(r)) // final sigma and its like
	}, norm.NFD.String(norm.NFKC.String(s)))
	s = plainLetters.Replace(norm.NFC.String(s))
	return strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Pi, unicode.Pf) || strings.ContainsRune("'`´ʼʹʾʿˈ′.·‧•−‐\"„׳״՚॰・", r)
	})
}
