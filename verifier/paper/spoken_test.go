package paper

import (
	"slices"
	"testing"
)

// The titles in metadata are found whatever prefix they go by, and in every language.
func TestTitlesInMetadata(t *testing.T) {
	const head = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`
	const tail = `</rdf:RDF></x:xmpmeta>`
	for what, row := range map[string]struct {
		text string
		want []string
		ok   bool
	}{
		"none":           {head + tail, nil, true},
		"two languages":  {head + `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="en">One</rdf:li><rdf:li xml:lang="de">Zwei &amp; drei</rdf:li></rdf:Alt></dc:title></rdf:Description>` + tail, []string{"One", "Zwei & drei"}, true},
		"another prefix": {head + `<rdf:Description xmlns:q="http://purl.org/dc/elements/1.1/"><q:title>One</q:title></rdf:Description>` + tail, []string{"One"}, true},
		"an attribute":   {head + `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="One"/>` + tail, []string{"One"}, true},
		"other titles":   {head + `<rdf:Description xmlns:dc="http://example.org/"><dc:title>One</dc:title></rdf:Description>` + tail, nil, true},
		"cut off":        {head, nil, false},
		"no text":        {"\xff\xfe<\x00x\x00", nil, false},
	} {
		got, err := titlesIn([]byte(row.text))
		if ok := err == nil; ok != row.ok || !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

// What a code means counts only where the font gives it one meaning.
func TestMeaningsOfCodes(t *testing.T) {
	u := &unicodes{}
	u.add(0x41, 0x5a, []byte{0, 0x41})
	u.add(0x43, 0x43, []byte{0, 0x43})
	u.add(0x44, 0x44, []byte{0, 0x78})
	for code, want := range map[int]string{0x42: "B", 0x43: "C", 0x44: unclear, 0x20: ""} {
		if got, _ := u.lookup(code); got != want {
			t.Errorf("%#x: %q, not %q", code, got, want)
		}
	}
	u.add(0x20, 0x20, make([]byte, 40)) // longer than is read here
	if got, _ := u.lookup(0x42); got != unclear {
		t.Errorf("a font with more meanings than are read: %q", got)
	}
}

// Letters look alike in the typeface in which they stand, not in any other.
func TestLettersAreAlikeInTheirOwnTypeface(t *testing.T) {
	serif, italic := typefaces()[0], typefaces()[1]
	for _, row := range []struct {
		in      *face
		r, want rune
		shows   bool
	}{
		{serif, 'A', 'А', true}, {serif, 'm', 'т', false}, {serif, 'u', 'и', false}, {serif, 'n', 'п', false},
		{italic, 'u', 'и', true}, {italic, 'A', 'B', false}, {nil, 'u', 'и', true},
	} {
		if got := row.in.shows(row.r, row.want); got != row.shows {
			t.Errorf("%q for %q: %v", row.r, row.want, got)
		}
	}
}
