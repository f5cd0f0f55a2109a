package typeface

import (
	"strings"
	"unicode"

	"github.com/go-text/typesetting/language"
)

// How a character is set, as a face's pages keep it.
const (
	shaped    = iota // by its script's own rules
	anySimple        // alone: a sign or a digit, with whatever stands around it
	latin            // alone, and kerned with its like: this and those below
	greek
	cyrillic
	armenianLetter
	georgianLetter
	ideograph // alone, and not kerned
)

// manner tells how a character is set.
func manner(r rune) uint8 {
	if unicode.IsMark(r) || unsettable(r) != "" {
		return shaped
	}
	switch script(r) {
	case language.Latin:
		return latin
	case language.Greek:
		return greek
	case language.Cyrillic:
		return cyrillic
	case language.Armenian:
		return armenianLetter
	case language.Georgian:
		return georgianLetter
	case language.Common:
		return anySimple
	case language.Han, language.Hiragana, language.Katakana, language.Bopomofo:
		return ideograph
	case language.Hangul:
		if !jamo(r) {
			return ideograph
		}
	}
	return shaped
}

// scriptOf is the script whose kerning a manner asks for.
func scriptOf(manner uint8) language.Script {
	switch manner {
	case greek:
		return language.Greek
	case cyrillic:
		return language.Cyrillic
	case armenianLetter:
		return language.Armenian
	case georgianLetter:
		return language.Georgian
	}
	return language.Latin
}

// script is the script of a character. Signs that several scripts share, but
// that only faces of these have, go with them.
func script(r rune) language.Script {
	if r < 0x80 {
		if 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return language.Latin
		}
		return language.Common
	}
	s := language.LookupScript(r)
	if s != language.Common && s != language.Inherited {
		return s
	}
	switch {
	case 0x0600 <= r && r <= 0x06FF && !unicode.IsMark(r), 0xFD3E <= r && r <= 0xFD3F:
		return language.Arabic
	case 0x0964 <= r && r <= 0x0965:
		return language.Devanagari
	case r == 0x0E3F:
		return language.Thai
	case 0x3000 <= r && r <= 0x33FF, 0xFE30 <= r && r <= 0xFE6F, 0xFF00 <= r && r <= 0xFFEF:
		if !unicode.IsMark(r) {
			return language.Han
		}
	}
	return s
}

// scripts gives each character the script that it is set in: those without one
// of their own go with what stands before them, at the beginning with what
// follows.
func scripts(text []rune) []language.Script {
	out := make([]language.Script, len(text))
	last := language.Script(0)
	for i, r := range text {
		s := script(r)
		if !s.Strong() {
			s = last
		} else if last == 0 {
			for k := range i {
				out[k] = s
			}
		}
		out[i], last = s, s
	}
	if last == 0 {
		for i := range out {
			out[i] = language.Common
		}
	}
	return out
}

// jamo reports the parts of which syllables of Hangul are composed.
func jamo(r rune) bool {
	return 0x1100 <= r && r <= 0x11FF || 0xA960 <= r && r <= 0xA97F || 0xD7B0 <= r && r <= 0xD7FF
}

// ignorable reports characters that are meant to leave no mark (Unicode:
// Default_Ignorable_Code_Point), variation selectors among them.
func ignorable(r rune) bool {
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r) || 0x17B4 <= r && r <= 0x17B5
}

// unsettable says why no line can have the character, or nothing if one may.
func unsettable(r rune) string {
	switch {
	case r == '\u200C', r == '\u200D':
		return "is an invisible joiner, which readers cannot tell or type; write the name without it, or with a space or a hyphen in its place"
	case unicode.IsControl(r):
		return "is a control character; remove it, and write tabs and line breaks as spaces"
	case r == 0x2028, r == 0x2029:
		return "separates lines; write a space"
	case unicode.Is(unicode.Cf, r), ignorable(r):
		return "is invisible; remove it"
	case unicode.Is(unicode.Co, r), unicode.Is(unicode.Cs, r), r == unicode.ReplacementChar, unicode.Is(unicode.Noncharacter_Code_Point, r):
		return "has no meaning that all readers share; write an ordinary letter"
	case jamo(r):
		return "is one part of a Korean syllable; write the syllable as one character (Unicode normal form C)"
	}
	return ""
}

// passport is what to try for a name that cannot be written.
const passport = "or, for a name, the Latin letters of the passport"

// absent says why no face has the character.
func absent(r rune) string {
	s := script(r)
	name := ScriptName(r)
	switch {
	case unicode.IsMark(r) && !s.Strong():
		return "is a combining mark that none of the typefaces has; use a letter with its own accent, " + passport
	case ideographic(s):
		return "is rare, and in none of the typefaces for Chinese, Japanese and Korean; use a variant that is in general use, " + passport
	case s == language.Common || s == language.Inherited || name == "":
		return "is in none of the typefaces of the certificate; leave it out, or write letters, digits and usual punctuation"
	}
	for _, known := range []language.Script{language.Latin, language.Greek, language.Cyrillic, language.Arabic, language.Hebrew, language.Devanagari, language.Thai, language.Armenian, language.Georgian} {
		if s == known {
			return "is in none of the typefaces for the " + name + " script; use the letters of everyday spelling, " + passport
		}
	}
	return "belongs to the " + name + " script, for which there is no typeface; use Latin letters, for a name those of the passport"
}

// ScriptName is the name of the script of a character in the words of Unicode,
// e.g. "Arabic"; "" for a character that is not assigned.
func ScriptName(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return strings.ReplaceAll(name, "_", " ")
		}
	}
	return ""
}
