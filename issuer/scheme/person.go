package scheme

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
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
type reading struct {
	words []word
	// What was left out may still tell people apart: the salutation where there
	// is nothing else but a single word, and letters that are a degree to one
	// reader and initials to another.
	salutation, letters string

	sorted word // the letters of all words in the order of the alphabet
}

// word holds every way to spell one word of a name that counts as the same: by
// the shapes of its letters in three ways, with accents left out or, as the
// Germanic languages do it, written with a second letter.
type word [6]string

// maxWords is the number of words above which names are only compared as they
// are, and not by their initials and titles.
const maxWords = 24

// Names come again: one in several places of an application, and those of the
// people who train, examine and decide in one application after another. What has
// been taken apart lately is kept. It depends on the text alone, and nobody
// changes it.
var (
	lately       = newKept[name]()
	latelyPeople = newKept[[]string]()
)

// maxKept is how many texts are kept, none longer than a name can be.
const maxKept = 1024

func newKept[V any]() *lru.Cache[string, V] {
	kept, err := lru.New[string, V](maxKept)
	if err != nil { // only for a size below one
		panic(err)
	}
	return kept
}

// keeping returns what of makes of the text, or has made of it lately.
func keeping[V any](kept *lru.Cache[string, V], text string, of func(string) V) V {
	if v, ok := kept.Get(text); ok {
		return v
	}
	v := of(text)
	if len(text) <= MaxName {
		kept.Add(strings.Clone(text), v)
	}
	return v
}

// person takes a name apart.
func person(text string) name { return keeping(lately, text, takeApart) }

func takeApart(text string) name {
	segments := nameWords(text)
	n := name{letter: strings.ContainsFunc(flat(segments), unicode.IsLetter)}
	n.read(segments, "", "")
	if count(segments) > maxWords {
		return n
	}
	untitled, salutation := withoutTitles(segments)
	if !single(untitled) {
		salutation = ""
	}
	if count(untitled) < count(segments) {
		n.read(untitled, salutation, "")
	}
	if bare, letters := withoutDegrees(untitled); count(bare) < count(untitled) {
		n.read(bare, salutation, letters)
	}
	return n
}

// read adds a reading, and another with what a hyphen or an apostrophe joins
// taken for one word.
func (n *name) read(segments [][]part, salutation, letters string) {
	var parted, joined []word
	for _, segment := range segments {
		for i, p := range segment {
			w := spellings(p.text)
			parted = append(parted, w)
			if i > 0 && p.glued {
				w = joined[len(joined)-1].join(w)
				joined = joined[:len(joined)-1]
			}
			joined = append(joined, w)
		}
	}
	if len(parted) == 0 {
		return
	}
	sorted := sortedLetters(parted) // which are those of joined
	n.readings = append(n.readings, reading{parted, salutation, letters, sorted})
	if len(joined) < len(parted) {
		n.readings = append(n.readings, reading{joined, salutation, letters, sorted})
	}
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

// part is a word of a name as it is written.
type part struct {
	text  string
	glued bool // to the one before it, by a hyphen or the like
}

// nameWords splits a name at its commas, and what is between them into words.
// Whatever is no letter, mark or digit stands between words; what cannot be
// seen stands nowhere.
func nameWords(text string) [][]part {
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
	var segments [][]part
	for _, segment := range strings.FieldsFunc(norm.NFKC.String(text), isComma) {
		var parts []part
		var word strings.Builder
		glued := false
		flush := func() {
			if w := strings.TrimLeftFunc(word.String(), unicode.IsMark); w != "" {
				parts = append(parts, part{w, glued})
				glued = true
			}
			word.Reset()
		}
		for _, r := range segment {
			// Apostrophes and the like that Unicode counts among the letters.
			modifier := r >= '\u02b9' && r <= '\u02df'
			if !modifier && unicode.In(r, unicode.L, unicode.M, unicode.N) {
				word.WriteRune(r)
				continue
			}
			flush()
			glued = glued && !unicode.IsSpace(r) && r != '.'
		}
		flush()
		if parts != nil {
			segments = append(segments, parts)
		}
	}
	return segments
}

func isComma(r rune) bool { return strings.ContainsRune(",،、", r) }

func count(segments [][]part) (n int) {
	for _, s := range segments {
		n += len(s)
	}
	return n
}

func flat(segments [][]part) string {
	var b strings.Builder
	for _, s := range segments {
		for _, p := range s {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// spellings lists the ways to spell a word of a name.
func spellings(text string) word {
	if !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		small := strings.ToLower(text) // which has none of what is told apart below
		return word{small, small, small, small, small, small}
	}
	return everySpelling(text)
}

func everySpelling(text string) word {
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

// is reports whether two readings may be one name: the same letters, however
// they are ordered and parted; or the same words in any order, where an initial
// stands for a word that begins with it as long as some word is written out in
// both.
func (r reading) is(s reading) bool {
	if differ(r.salutation, s.salutation) || differ(r.letters, s.letters) {
		return false
	}
	if r.sorted.is(s.sorted) {
		return true
	}
	if len(r.words) > maxWords || len(s.words) > maxWords {
		return false
	}
	if pairUp(r.words, s.words) {
		return true
	}
	a, b := joinedLike(r.words, s.words), joinedLike(s.words, r.words)
	return (len(a) < len(r.words) || len(b) < len(s.words)) && pairUp(a, b)
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }

func pairUp(r, s []word) bool {
	if len(r) != len(s) {
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

// joinedLike joins neighbours of r that s writes as one word. It returns r itself
// where there are none, as mostly.
func joinedLike(r, s []word) []word {
	all, changed := r, false
	for at := 0; at < len(r); {
		w, used := r[at], 1
		for n := at + 2; n <= len(r); n++ {
			if joined, ok := asOne(r[at:n], s); ok {
				w, used = joined, n-at
			}
		}
		if used > 1 && !changed {
			all, changed = slices.Clone(r[:at]), true
		}
		if changed {
			all = append(all, w)
		}
		at += used
	}
	return all
}

// asOne joins all words of r if s has that as one word. It does not write it out
// where no word of s is as long.
func asOne(r, s []word) (joined word, ok bool) {
	for k := range joined {
		long := 0
		for _, w := range r {
			long += len(w[k])
		}
		ok = ok || slices.ContainsFunc(s, func(v word) bool {
			return slices.ContainsFunc(v[:], func(spelled string) bool { return len(spelled) == long })
		})
	}
	if !ok {
		return joined, false
	}
	joined = r[0]
	for _, w := range r[1:] {
		joined = joined.join(w)
	}
	return joined, slices.ContainsFunc(s, joined.is)
}

// join writes w and v as one word.
func (w word) join(v word) (both word) {
	for k := range w {
		if k > 0 && w[k] == w[k-1] && v[k] == v[k-1] { // mostly
			both[k] = both[k-1]
		} else {
			both[k] = w[k] + v[k]
		}
	}
	return both
}

// sortedLetters holds the letters of all words in the order of the alphabet.
func sortedLetters(words []word) (sorted word) {
	for k := range sorted {
		if k > 0 && !slices.ContainsFunc(words, func(w word) bool { return w[k] != w[k-1] }) {
			sorted[k] = sorted[k-1]
			continue
		}
		var letters []rune
		for _, w := range words {
			letters = append(letters, []rune(w[k])...)
		}
		slices.Sort(letters)
		sorted[k] = string(letters)
	}
	return sorted
}

func (w word) is(v word) bool {
	for k, s := range w {
		if (k == 0 || s != w[k-1]) && slices.Contains(v[:], s) {
			return true
		}
	}
	return false
}

// abbreviates reports whether w is the initial of v.
func (w word) abbreviates(v word) bool {
	for k, s := range w {
		if k > 0 && s == w[k-1] {
			continue
		}
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
func pairsUp(r, s []word, agree func(a, b word) bool) bool {
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
