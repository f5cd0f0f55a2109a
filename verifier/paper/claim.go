package paper

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// Letters that no font of the document has are drawn as outlines, within marked
// content that says which text they show (ISO 32000-1 §14.9.4). What it says is a
// claim. It is held against the outlines that the typefaces of certificates have
// for that text, set as the press sets it; only then is it read.

const maxClaim = 400 // characters of one claimed text

// claimed reads what marked content is said to show.
func (in *interpreter) claimed(properties any) string {
	dict, _ := properties.(map[string]any)
	text, _ := dict["ActualText"].([]byte)
	text, wide := bytes.CutPrefix(text, []byte{0xfe, 0xff})
	if !wide || len(text) > 2*maxClaim {
		return ""
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = uint16(text[2*i])<<8 | uint16(text[2*i+1])
	}
	// A run of a line may begin or end with the space before its neighbour, which
	// draws nothing.
	return strings.Trim(string(utf16.Decode(units)), " ")
}

// claim is what is said of what is painted now.
func (in *interpreter) claim() (text string, span int) {
	for i := len(in.marked) - 1; i >= 0; i-- {
		if m := in.marked[i]; m.claim != "" {
			return m.claim, m.number
		}
	}
	return "", 0
}

func around(points []point) box {
	b := nowhere
	for _, p := range points {
		b = b.with(p)
	}
	return b
}
