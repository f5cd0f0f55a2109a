package scheme

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// name is a person's name, taken apart to be compared with another. People are
// known to the rules by their names alone, and whoever writes a name in two
// ways would get round every rule about who may do what. So two names are one
// person's wherever a reader could take them for that: when in doubt the same.
type name struct {
	readings []reading
	letter   bool
}

// reading is one way to understand a name: with what might be titles and
// degrees, or without them.
type reading []word

// word holds every way to spell one word of a name that counts as the same: by
// the shapes of its letters in three ways, with accents left out or, as the
// Germanic languages do it, written with a second letter.
type word [6]string

// maxWords is the number of words above which names are only compared as they
// are, and not by their initials and titles.
const maxWords = 24

// titles are honorifics and degrees, which people add to their names and leave
// out again.
var titles = func() map[string]bool {
	set := map[string]bool{}
	for _, t := range strings.Fields(`
		mr mrs ms miss mx sir dame herr herrn frau fraulein fraeulein hr fr
		dr doktor doctor prof professor univ pd hc habil
		dipl diplom ing inf kfm kffr wirt mag magister techn rer nat pol oec phil jur iur med dent
		ba bsc beng bba llb ma msc meng mba llm med mphil phd dphil dsc edd md jd fh`) {
		set[t] = true
	}
	return set
}()

// person takes a name apart.
func person(text string) name {
	var all reading
	n := name{}
	for _, w := range nameWords(text) {
		all = append(all, spellings(w))
		n.letter = n.letter || strings.ContainsFunc(w, unicode.IsLetter)
	}
	if len(all) == 0 {
		return n
	}
	n.readings = []reading{all}
	if len(all) <= maxWords {
		// "M. A. Weber" may have two given names or a degree.
		for _, longest := range []int{1, 4} {
			if r := all.untitled(longest); len(r) > 0 && len(r) < len(n.readings[len(n.readings)-1]) {
				n.readings = append(n.readings, r)
			}
		}
	}
	return n
}

// named reports whether n names anybody at all.
func (n name) named() bool { return n.letter }

// is reports whether n and m may be one person.
func (n name) is(m name) bool {
	for _, a := range n.readings {
		for _, b := range m.readings {
			if a.is(b) {
				return true
			}
		}
	}
	return false
}

// invisible reports whether r shows nothing and yet takes part in a text:
// formats, controls, variation selectors, and whatever Unicode lets a font
// ignore, the Hangul fillers and the combining grapheme joiner among them. The
// blank of Braille is a sign by its category and shows nothing either.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.IsControl(r) && !unicode.IsSpace(r) || r == '\u2800'
}

// nameWords splits a name into its words. Whatever is no letter, mark or digit
// stands between words; what cannot be seen stands nowhere.
func nameWords(text string) []string {
	const tatweel = '\u0640' // lengthens Arabic words for the eye
	text = strings.Map(func(r rune) rune {
		switch {
		case r == tatweel || invisible(r):
			return -1
		case r == 'ϲ' || r == 'Ϲ': // lunate sigma, which would become one that does not look like c
			return 'c'
		}
		return r
	}, text)
	var words []string
	for _, w := range strings.FieldsFunc(norm.NFKC.String(text), func(r rune) bool {
		// Apostrophes and the like that Unicode counts among the letters.
		modifier := r >= '\u02b9' && r <= '\u02df'
		return modifier || !unicode.In(r, unicode.L, unicode.M, unicode.N)
	}) {
		if w = strings.TrimLeftFunc(w, unicode.IsMark); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// spellings lists the ways to spell a word of a name.
func spellings(text string) word {
	decomposed := norm.NFD.String(text)
	folded := norm.NFD.String(cases.Fold().String(decomposed))
	var w word
	for i, s := range []string{
		cases.Fold().String(replace(decomposed, asWritten)),
		replace(folded, asCapitals),
		replace(folded, asSmall),
	} {
		w[2*i], w[2*i+1] = plainLetters(s, false), plainLetters(s, true)
	}
	return w
}

func replace(text string, by map[rune]rune) string {
	return strings.Map(func(r rune) rune {
		if other, ok := by[r]; ok {
			return other
		}
		return r
	}, text)
}

// stroked are letters of the Latin script that Unicode does not take apart into
// a plain one and a mark.
var stroked = map[rune]string{'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'ħ': "h", 'ı': "i", 'æ': "ae", 'œ': "oe", 'þ': "th"}

// plainLetters leaves accents out of folded and decomposed text, or writes
// those of ä, ö, ü, ø and å as a second letter. Marks of other scripts than
// these three are no accents, but part of the word.
func plainLetters(text string, second bool) string {
	var b strings.Builder
	var base rune
	for _, r := range text {
		if !unicode.IsMark(r) {
			base = r
			b.WriteString(stroked[r])
			if stroked[r] == "" {
				b.WriteRune(r)
			} else if r == 'ø' && second {
				b.WriteByte('e')
			}
			continue
		}
		const diaeresis, ring = '\u0308', '\u030a'
		switch {
		case second && r == diaeresis && strings.ContainsRune("aou", base):
			b.WriteByte('e')
		case second && r == ring && base == 'a':
			b.WriteByte('a')
		case !unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// untitled leaves out of r what is a title or a degree: a word, or up to the
// given number of short ones that are the pieces of one, such as "Ph. D.".
func (r reading) untitled(longest int) reading {
	var rest reading
	for i := 0; i < len(r); {
		pieces := 0
		for n := min(longest, len(r)-i); n > 0 && pieces == 0; n-- {
			whole := ""
			for _, w := range r[i : i+n] {
				if n > 1 && utf8.RuneCountInString(w[0]) > 2 {
					whole = ""
					break
				}
				whole += w[0]
			}
			if titles[whole] {
				pieces = n
			}
		}
		if pieces == 0 {
			rest = append(rest, r[i])
			pieces = 1
		}
		i += pieces
	}
	return rest
}

// is reports whether two readings may be one name: the same words in any order,
// where an initial stands for a word that begins with it as long as some word
// is written out in both; or the same letters in the same order, wherever the
// words are parted.
func (r reading) is(s reading) bool {
	if r.together(s) {
		return true
	}
	if len(r) != len(s) || len(r) > maxWords {
		return false
	}
	if pairsUp(r, s, word.is) {
		return true
	}
	shared := slices.ContainsFunc(r, func(a word) bool {
		return utf8.RuneCountInString(a[0]) > 1 && slices.ContainsFunc(s, a.is)
	})
	return shared && pairsUp(r, s, func(a, b word) bool { return a.is(b) || a.abbreviates(b) || b.abbreviates(a) })
}

func (r reading) together(s reading) bool {
	var a, b [6]strings.Builder
	for k := range a {
		for _, w := range r {
			a[k].WriteString(w[k])
		}
		for _, w := range s {
			b[k].WriteString(w[k])
		}
	}
	for k := range a {
		for l := range b {
			if a[k].String() == b[l].String() {
				return true
			}
		}
	}
	return false
}

func (w word) is(v word) bool {
	for _, s := range w {
		if slices.Contains(v[:], s) {
			return true
		}
	}
	return false
}

// abbreviates reports whether w is the initial of v.
func (w word) abbreviates(v word) bool {
	for _, s := range w {
		r, n := utf8.DecodeRuneInString(s)
		if n != len(s) || !unicode.IsLetter(r) {
			continue
		}
		for _, t := range v {
			if strings.HasPrefix(t, s) {
				return true
			}
		}
	}
	return false
}

// pairsUp reports whether each word of r can be given one of s for itself that
// it agrees with. There are as many of the one as of the other.
func pairsUp(r, s reading, agree func(a, b word) bool) bool {
	owner := make([]int, len(s)) // of each word of s: 1 + its word of r
	var give func(i int, tried []bool) bool
	give = func(i int, tried []bool) bool {
		for j := range s {
			if tried[j] || !agree(r[i], s[j]) {
				continue
			}
			tried[j] = true
			if owner[j] == 0 || give(owner[j]-1, tried) {
				owner[j] = i + 1
				return true
			}
		}
		return false
	}
	for i := range r {
		if !give(i, make([]bool, len(s))) {
			return false
		}
	}
	return true
}
