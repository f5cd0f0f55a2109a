package paper

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf16"
)

// Letters that no font of the document has are drawn as outlines, within marked
// content that says which text they show (ISO 32000-1 §14.9.4). What it says is a
// claim. It is held against the outlines that the typefaces of certificates have
// for that text, set as the press sets it; only then is it read.

const maxClaim = 400 // characters of one claimed text

// claimed reads what marked content is said to show. Whatever else programs would read
// in its place, and no page of a certificate has, is a doubt.
func (in *interpreter) claimed(properties any) string {
	if n, ok := properties.(name); ok {
		d := in.doc.dict(in.resource("Properties", string(n)))
		if d["ActualText"] != nil || d["Alt"] != nil || d["E"] != nil {
			in.doubt(doubtSpoken)
		}
		return ""
	}
	dict, _ := properties.(map[string]any)
	if dict["Alt"] != nil || dict["E"] != nil {
		in.doubt(doubtSpoken)
	}
	if dict["ActualText"] == nil {
		return ""
	}
	text, _ := dict["ActualText"].([]byte)
	text, wide := bytes.CutPrefix(text, []byte{0xfe, 0xff})
	if !wide || len(text) > 2*maxClaim {
		in.doubt(doubtSpoken)
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
		if m := &in.marked[i]; m.claim != "" {
			m.borneOut = true
			return m.claim, m.number
		}
	}
	return "", 0
}

// spokenOver reports whether a text is claimed for what is shown now.
func (in *interpreter) spokenOver() bool {
	return slices.ContainsFunc(in.marked, func(m marked) bool { return m.claim != "" })
}

// closed is for marked content that ends. A claim for which nothing was drawn is heard
// and copied, and not seen.
func (in *interpreter) closed(m marked) {
	if m.claim != "" && !m.borneOut {
		in.doubt(doubtSpoken)
	}
}

func around(points []point) box {
	b := nowhere
	for _, p := range points {
		b = b.with(p)
	}
	return b
}
