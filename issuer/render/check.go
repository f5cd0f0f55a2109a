package render

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

// The plain names of the texts of a paper, as staff know them.
const (
	fieldHolder  = "candidate name"
	fieldTitle   = "certificate title"
	fieldCode    = "certificate code"
	fieldNumber  = "certificate number"
	fieldScope   = "scope"
	fieldScheme  = "scheme title"
	fieldEdition = "scheme edition"
	fieldBody    = "issuing body"
	fieldDecider = "decision maker"
	fieldLink    = "verification address"
	fieldQR      = "QR code text"
	fieldSummary = "text of the second QR code"

	fieldDecided   = "decision date"
	fieldEffective = "effective date"
	fieldExpires   = "expiry date"
	fieldCreated   = "document date"
	fieldToken     = "signed credential"
)

// check refuses every text that would be printed otherwise than it is signed,
// or not at all (threat model T20, T21). It is strict on purpose: what it
// refuses is corrected by a person before signing, what it let through would be
// found by an employer after.
func (p *Press) check(q issuer.Paper) error {
	texts := []struct {
		field    string
		text     string
		optional bool // ISO/IEC 17024 9.4.8 asks for all the others
	}{
		{fieldHolder, q.Holder, false},
		{fieldTitle, q.Title, false},
		{fieldCode, q.Code, true},
		{fieldNumber, q.Number, false},
		{fieldScope, q.Scope, false},
		{fieldScheme, q.Scheme, false},
		{fieldEdition, q.Edition, true},
		{fieldBody, q.Body, false},
		{fieldDecider, q.Decider, false},
		{fieldLink, q.Link, false},
		{fieldQR, q.QR, false},
	}
	for _, t := range texts {
		if t.text == "" {
			if t.optional {
				continue
			}
			return &issuer.TextError{Field: t.field, Reason: "it is empty, and a certificate must show it; fill it in"}
		}
		if err := checkText(t.field, t.text); err != nil {
			return err
		}
	}
	if err := checkLink(q.Link); err != nil {
		return err
	}
	if err := checkQR(q.QR); err != nil {
		return err
	}
	if err := checkSummary(q.Summary); err != nil {
		return err
	}
	return checkDates(q)
}

// longest is the number of characters beyond which no text is even tried: twice
// the longest scope that fits. It bounds the work that a text can cause.
const longest = 600

// longestBytes is the length beyond which a text is not even looked at.
const longestBytes = 4 * longest

// checkText checks the characters of one text, whether or not there are
// typefaces for them.
func checkText(field, text string) error {
	refuse := func(r rune, reason string) error {
		return &issuer.TextError{Field: field, Text: text, Char: r, Reason: reason}
	}
	if len(text) > longestBytes {
		begin := strings.ToValidUTF8(text[:60], "") + "…"
		return &issuer.TextError{Field: field, Text: begin,
			Reason: fmt.Sprintf("it has %d bytes, and no text of a certificate has room for more than some hundred characters; shorten it", len(text))}
	}
	if !utf8.ValidString(text) {
		for i, r := range text {
			if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
				return refuse(0, fmt.Sprintf("byte %#x at position %d is not UTF-8; enter the text again, or convert its file to UTF-8", text[i], i+1))
			}
		}
	}
	for _, r := range text {
		if ' ' <= r && r <= '~' { // most of them
			continue
		}
		if reason := unprintable(r); reason != "" {
			if r == 0 { // TextError takes 0 for "no character"
				return refuse(0, "character U+0000 "+reason)
			}
			return refuse(r, reason)
		}
	}
	if !norm.NFC.IsNormalString(text) {
		return refuse(0, composeHint(text))
	}
	switch {
	case text[0] == ' ':
		return refuse(' ', "stands at the beginning; remove it")
	case text[len(text)-1] == ' ':
		return refuse(' ', "stands at the end; remove it")
	case strings.Contains(text, "  "):
		return refuse(' ', "stands twice in a row; keep one")
	}
	if r, reason := disguised(text); reason != "" {
		return refuse(r, reason)
	}
	return nil
}

// unprintable says why r may stand in no text of a certificate whatever the
// typeface, or nothing when it may.
func unprintable(r rune) string {
	switch {
	case r == '\uFFFD':
		return "stands for a character lost in an earlier conversion; enter the text again"
	case r == '\uFFFC':
		return "stands for an object that is not text; remove it"
	case unicode.Is(unicode.Noncharacter_Code_Point, r):
		return "is not a character; remove it"
	case unicode.Is(unicode.Cc, r):
		return "is a control character; remove it, and write tabs and line breaks as spaces"
	case unicode.Is(unicode.Bidi_Control, r):
		return "is an invisible control of writing direction, which can make a text read otherwise than it is stored; remove it"
	case r == '\u200c', r == '\u200d':
		return "is an invisible joiner: readers could not tell two names apart that differ in it; write the name without it, or with a space or a hyphen in its place"
	case unicode.Is(unicode.Cf, r):
		return "is an invisible format character; remove it"
	case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r), unicode.Is(unicode.Variation_Selector, r):
		return "is an invisible character that goes with others; remove it"
	case r == '\u2028', r == '\u2029':
		return "separates lines; write a space"
	case unicode.Is(unicode.Zs, r) && r != ' ':
		return "is a special space; write an ordinary one (U+0020)"
	case unicode.Is(unicode.Co, r):
		return "is for private use and looks different in every typeface; write an ordinary letter"
	case unicode.Is(unicode.Cs, r):
		return "is one half of a surrogate pair; enter the text again"
	}
	return ""
}

// greekLike are the letters of Greek that look like Latin ones. The others may
// stand in a word with Latin letters, as signs: kΩ, μm.
const greekLike = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΆΈΉΊΌΎΪΫαικνορτυχάίόύϊϋΐΰϲϳ"

// disguised finds a letter that makes a word look like another (threat model
// T20): one of Latin, Greek or Cyrillic in a word of another of the three, such
// as а (U+0430) in "Аnna". No spelling mixes them. Names whose words differ in
// script from one another are not refused: they are what they look like.
func disguised(text string) (rune, string) {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x370 && unicode.In(r, unicode.Greek, unicode.Cyrillic) }) {
		return 0, ""
	}
	script := func(r rune) string {
		switch {
		case unicode.Is(unicode.Latin, r):
			return "Latin"
		case unicode.Is(unicode.Greek, r):
			return "Greek"
		case unicode.Is(unicode.Cyrillic, r):
			return "Cyrillic"
		}
		return ""
	}
	word, counts, first := "", map[string]int{}, map[string]rune{}
	judge := func() (rune, string) {
		defer func() { word = ""; clear(counts); clear(first) }()
		if len(counts) < 2 || len(counts) == 2 && counts["Cyrillic"] == 0 && !strings.ContainsAny(word, greekLike) {
			return 0, ""
		}
		odd, main := "", ""
		for _, s := range []string{"Latin", "Cyrillic", "Greek"} { // the rarest is the odd one; of equals, the last
			if n := counts[s]; n > 0 && (odd == "" || n <= counts[odd]) {
				odd = s
			}
			if counts[s] > counts[main] {
				main = s
			}
		}
		if odd == main {
			main = "Latin"
		}
		return first[odd], fmt.Sprintf("is a %s letter in the word %q, whose others are %s; write the whole word in one script", odd, word, main)
	}
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			if r, reason := judge(); reason != "" {
				return r, reason
			}
			continue
		}
		word += string(r)
		if s := script(r); s != "" {
			if counts[s] == 0 {
				first[s] = r
			}
			counts[s]++
		}
	}
	return judge()
}

// composeHint tells the fix for the first place where text is not in normal
// form C. The two forms look the same, hence the code points.
func composeHint(text string) string {
	var it norm.Iter
	it.InitString(norm.NFC, text)
	for at := 0; !it.Done(); {
		want := string(it.Next())
		have := text[at:it.Pos()]
		if want != have {
			return fmt.Sprintf("it is not in Unicode normal form C: in place of %s write %s", points(have), points(want))
		}
		at = it.Pos()
	}
	return "it is not in Unicode normal form C; normalise it"
}

// points writes s with its code points, no more than the first few of them.
func points(s string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q (", s)
	for i, r := range []rune(s) {
		if i == 8 {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "U+%04X", r)
	}
	return b.String() + ")"
}

// checkLink: the address is typed by people and followed by readers, so it is
// plain ASCII and names its host without disguise.
func checkLink(link string) error {
	refuse := func(reason string) error {
		return &issuer.TextError{Field: fieldLink, Text: link, Reason: reason}
	}
	for i := range len(link) {
		if c := link[i]; c <= ' ' || c >= 0x7F || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			r, _ := utf8.DecodeRuneInString(link[i:])
			return &issuer.TextError{Field: fieldLink, Text: link, Char: r, Reason: "cannot stand in an address; use the ASCII form"}
		}
	}
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return refuse("it is not an address; write it like https://verify.example.org/c/1234")
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("it must begin with https:// or http://")
	case u.Hostname() == "" || u.Opaque != "":
		return refuse("it names no host; write it like https://verify.example.org/c/1234")
	case u.User != nil:
		return refuse("it names a user before the host, which disguises the host; remove it")
	}
	return nil
}

// checkQR: readers disagree on what bytes above ASCII mean in a QR code.
func checkQR(text string) error {
	for _, r := range text {
		if r >= 0x7F {
			return &issuer.TextError{Field: fieldQR, Text: text, Char: r, Reason: "is not read alike by all scanners; use ASCII"}
		}
	}
	if len(text) > longestQR {
		return &issuer.TextError{Field: fieldQR, Text: text,
			Reason: fmt.Sprintf("it has %d characters, and more than %d make a code too fine to scan from paper; shorten the address", len(text), longestQR)}
	}
	return nil
}

// checkSummary: it is an address like the other, only longer.
func checkSummary(text string) error {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7F {
			r, _ := utf8.DecodeRuneInString(text[i:])
			return &issuer.TextError{Field: fieldSummary, Text: text, Char: r, Reason: "cannot stand in an address; use the ASCII form"}
		}
	}
	return nil
}

func checkDates(q issuer.Paper) error {
	for _, d := range []struct {
		field string
		date  *scheme.Date
	}{
		{fieldDecided, &q.Decided},
		{fieldEffective, &q.Effective},
		{fieldExpires, q.Expires},
	} {
		if d.date == nil {
			continue
		}
		if e, err := scheme.ParseDate(d.date.String()); err != nil || e != *d.date || d.date.IsZero() {
			return &issuer.TextError{Field: d.field, Text: d.date.String(), Reason: "there is no such day; give a day of the calendar"}
		}
	}
	if q.Expires != nil && q.Expires.Before(q.Effective) {
		return &issuer.TextError{Field: fieldExpires, Text: q.Expires.String(), Reason: "it lies before the effective date " + q.Effective.String()}
	}
	// gofpdf would write the time of rendering in place of the zero time.
	if y := q.Created.UTC().Year(); q.Created.IsZero() || y < 1900 || y > 9999 {
		return &issuer.TextError{Field: fieldCreated, Text: q.Created.UTC().Format(time.RFC3339), Reason: "it is not set; give the time of issue"}
	}
	return nil
}
