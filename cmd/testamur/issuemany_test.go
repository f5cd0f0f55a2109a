package main

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// Byte order marks before a value are left out, and nothing else ever is, however the
// bytes arrive.
func TestByteOrderMarksBetweenValuesAreLeftOut(t *testing.T) {
	const mark = "\ufeff"
	for text, want := range map[string]string{
		"":                                   "",
		mark:                                 "",
		mark + `{"a":1}`:                     `{"a":1}`,
		`{"a":1}` + mark + "\n" + `{"b":2}`:  `{"a":1}` + "\n" + `{"b":2}`,
		mark + mark + `[]`:                   `[]`,
		`{` + mark + `"a":1}`:                `{` + mark + `"a":1}`,
		`["` + mark + `]"]`:                  `["` + mark + `]"]`,
		`"\"` + mark + `"` + mark + `1`:      `"\"` + mark + `"1`,
		`["\\"]` + mark + `{}`:               `["\\"]{}`,
		"\xef\xbb":                           "\xef\xbb",
		`{"name":"` + "\xef\xbb\xbe" + `ï"}`: `{"name":"` + "\xef\xbb\xbe" + `ï"}`,
		`}` + mark:                           `}` + mark, // it is no JSON, and stays none
	} {
		for _, arrives := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader, iotest.HalfReader} {
			got, err := io.ReadAll(&unmarked{r: bufio.NewReader(arrives(strings.NewReader(text)))})
			if err != nil || string(got) != want {
				t.Errorf("%q: %q, %v; want %q", text, got, err, want)
			}
		}
	}
}
