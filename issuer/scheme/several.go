package scheme

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A field for one person may hold several. Each of them counts then, since
// whoever is named beside somebody else would else be nobody to the rules.

// several reports whether text names more than one person.
func several(text string) bool { return len(people(text)) > 1 }

// people lists the names in text: all of it, and where it holds more than one
// person's, each of them.
func people(text string) []string { return keeping(latelyPeople, text, peopleIn) }

func peopleIn(text string) []string {
	all := []string{text}
	if alone(text) {
		return all
	}
	pieces := apart(text)
	for _, piece := range pieces {
		names := commas(piece)
		if len(pieces) > 1 || len(names) > 1 {
			all = append(all, names...)
		}
	}
	return all
}

// alone reports whether text has neither sign nor word that can stand between
// people, as most names have none. It need not find that out.
func alone(text string) bool {
	if !norm.NFKC.IsNormalString(text) || strings.ContainsFunc(text, isComma) || strings.ContainsFunc(text, partsPeople) {
		return false
	}
	for w := range strings.FieldsSeq(text) {
		for _, and := range ands {
			if strings.EqualFold(w, and) {
				return false
			}
		}
	}
	return true
}

// What stands between people.
var ands = []string{"and", "und", "et"}

func partsPeople(r rune) bool { return strings.ContainsRune(";/&+", r) }

// apart splits text at the signs and words that stand between people.
func apart(text string) []string {
	text = norm.NFKC.String(text)
	var pieces []string
	for _, piece := range strings.FieldsFunc(text, partsPeople) {
		words := strings.Fields(piece)
		start := 0
		for i, w := range words {
			if slices.Contains(ands, strings.ToLower(w)) && i > 0 && i < len(words)-1 {
				pieces = append(pieces, strings.Join(words[start:i], " "))
				start = i + 1
			}
		}
		pieces = append(pieces, strings.Join(words[start:], " "))
	}
	return slices.DeleteFunc(pieces, func(p string) bool { return !person(p).named() })
}

// commas splits text at its commas where there are names on both sides of one,
// and not a surname before it or degrees behind it. As a surname may be parted
// from its given name too, two neighbours are also taken together.
func commas(text string) []string {
	var segments []string
	var upTo []int // words up to and including each segment
	total := 0
	for _, s := range strings.FieldsFunc(text, isComma) {
		parts := nameWords(s)
		if len(parts) == 0 {
			continue
		}
		if _, ok := suffix(parts[0], false); !ok || total < 2 {
			total += len(strings.Fields(s))
			segments, upTo = append(segments, strings.TrimSpace(s)), append(upTo, total)
		}
	}
	joined := slices.ContainsFunc(upTo, func(n int) bool { return n >= 2 && total-n >= 2 })
	if !joined {
		return []string{text}
	}
	var names []string
	for i, s := range segments {
		if len(strings.Fields(s)) > 1 {
			names = append(names, s)
		}
		if i > 0 {
			names = append(names, segments[i-1]+", "+s)
		}
	}
	return names
}

// samePerson reports whether a person named in a may be one named in b.
func samePerson(a, b string) bool {
	for _, x := range people(a) {
		p := person(x)
		for _, y := range people(b) {
			if p.is(person(y)) {
				return true
			}
		}
	}
	return false
}
