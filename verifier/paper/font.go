package paper

import (
	"iter"
	"strconv"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"golang.org/x/text/encoding/charmap"
)

// Limits of one font.
const (
	maxFontFile = 1 << 20
	maxCIDMap   = 2 << 16
	maxWidths   = 1 << 16
)

// A font turns the codes of a shown string into glyphs.
type font struct {
	double   bool // codes of two bytes
	foreign  bool // of a kind whose glyphs are not looked at
	outlines *outlines
	gids     []byte // CIDToGIDMap; nil: the code is the glyph
	widths   map[int]float64
	width    float64 // of codes without one
	unicode  *unicodes
	names    map[int]string // of a simple font with an encoding of its own
	known    map[int]*letter
	own      []func() *face // typefaces that are known beside those of the house
}

// faces are the typefaces that the font may be.
func (f *font) faces() iter.Seq[*face] {
	return func(yield func(*face) bool) {
		for _, one := range typefaces() {
			if !yield(one) {
				return
			}
		}
		for _, open := range f.own {
			if !yield(open()) {
				return
			}
		}
	}
}

// A letter is what one code of a font shows, in ems.
type letter struct {
	text    string
	face    *face // that has its outline
	proven  bool
	blank   bool
	lies    bool // programs are told that it is something else
	box     box
	width   float64 // by which the document moves on
	advance float64 // by which the typeface would
}

// font reads a font (ISO 32000-1 §9.5). What it does not understand leaves
// glyphs without proof, never glyphs that pass.
func (d *document) font(o types.Object) *font {
	dict := d.dict(o)
	own, _ := d.ctx.Value(facesKey{}).([]func() *face)
	f := &font{own: own, known: map[int]*letter{}, widths: map[int]float64{}, width: 0.5}
	f.unicode = d.unicodes(dict["ToUnicode"])
	switch d.name(dict["Subtype"]) {
	case "Type0":
		f.double = true
		d.composite(f, dict)
	case "Type3":
		f.foreign = true
		d.simple(f, dict)
	default:
		d.simple(f, dict)
	}
	return f
}

// composite reads a font of two-byte codes (§9.7), as gofpdf writes it and as
// other programs write it again.
func (d *document) composite(f *font, dict types.Dict) {
	f.width = 1
	below := d.array(dict["DescendantFonts"])
	if len(below) != 1 || d.name(dict["Encoding"]) != "Identity-H" {
		f.foreign = true
		return
	}
	cid := d.dict(below[0])
	if w, ok := cid["DW"]; ok {
		f.width = d.number(w) / 1000
	}
	d.cidWidths(f, d.array(cid["W"]))
	if _, vertical := cid["W2"]; vertical || d.name(cid["Subtype"]) != "CIDFontType2" {
		return
	}
	switch m := d.object(cid["CIDToGIDMap"]).(type) {
	case nil:
	case types.Name:
		if m.Value() != "Identity" {
			return
		}
	case types.StreamDict:
		gids, err := decoded(&m, maxCIDMap)
		if err != nil {
			return
		}
		f.gids = gids
	default:
		return
	}
	about := d.dict(cid["FontDescriptor"])
	file := d.stream(about["FontFile2"])
	if file == nil || about["FontFile"] != nil || about["FontFile3"] != nil { // of several, who knows which one is drawn
		return
	}
	data, err := decoded(file, maxFontFile)
	if err != nil {
		return
	}
	if o, err := openOutlines(data, true); err == nil {
		f.outlines = o
	}
}

// cidWidths reads W: first [width …], or first last width (§9.7.4.3).
func (d *document) cidWidths(f *font, w types.Array) {
	for i := 0; i+1 < len(w) && len(f.widths) < maxWidths; {
		first := d.integer(w[i])
		if _, ok := d.numeric(w[i]); !ok {
			f.foreign = true
		}
		if list, ok := d.object(w[i+1]).(types.Array); ok {
			for k, v := range list {
				d.cidWidth(f, first+k, v)
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			return
		}
		for c := first; c <= min(d.integer(w[i+1]), 0xffff) && len(f.widths) < maxWidths; c++ {
			d.cidWidth(f, c, w[i+2])
		}
		i += 3
	}
}

// cidWidth notes one width. Of two for one glyph, who knows which one counts.
func (d *document) cidWidth(f *font, cid int, o types.Object) {
	w, ok := d.numeric(o)
	if _, twice := f.widths[cid]; twice || !ok {
		f.foreign = true
	}
	f.widths[cid] = w / 1000
}

// simple reads a font of one-byte codes (§9.6). Its glyphs are not looked at: no
// certificate was ever printed with one.
func (d *document) simple(f *font, dict types.Dict) {
	first := d.integer(dict["FirstChar"])
	for i, w := range d.array(dict["Widths"]) {
		if i > 255 {
			break
		}
		f.widths[first+i] = d.number(w) / 1000
	}
	f.names = map[int]string{}
	code := 0
	for i, o := range d.array(d.dict(dict["Encoding"])["Differences"]) {
		if i > 512 {
			break
		}
		switch o := d.object(o).(type) {
		case types.Integer:
			code = o.Value()
		case types.Name:
			f.names[code] = o.Value()
			code++
		}
	}
}

// letter gives what a code shows.
func (f *font) letter(code int) *letter {
	if l := f.known[code]; l != nil {
		return l
	}
	l := f.read(code)
	if len(f.known) < maxWidths {
		f.known[code] = l
	}
	return l
}

func (f *font) read(code int) *letter {
	w, ok := f.widths[code]
	if !ok {
		w = f.width
	}
	l := &letter{text: f.said(code), width: w, advance: w, box: box{0, -0.2, max(w, 0.1), 0.75}}
	if l.text == " " || l.text == "\u00a0" {
		l.text = " "
	}
	if f.outlines == nil {
		return l
	}
	gid := code
	if f.gids != nil {
		if 2*code+1 >= len(f.gids) {
			gid = 0
		} else {
			gid = int(f.gids[2*code])<<8 | int(f.gids[2*code+1])
		}
	}
	s, err := f.outlines.shape(gid)
	if err != nil {
		return l
	}
	em := float64(f.outlines.perEm)
	b := s.bounds()
	l.box = box{(b.x0 + s.shift) / em, b.y0 / em, (b.x1 + s.shift) / em, b.y1 / em}
	if len(s.points) == 0 {
		l.lies = strings.TrimSpace(f.said(code)) != ""
		l.text, l.blank, l.proven = " ", true, true
		return l
	}
	key := s.key(f.outlines.perEm)
	for face := range f.faces() {
		if face == nil || face.programs != f.outlines.programs {
			continue
		}
		if sign, ok := face.signs[key]; ok && near(s.shift, sign.shift, 0.03*em) {
			l.face, l.proven, l.advance = face, true, sign.advance
			// What the document says is believed where the outline bears it out.
			if said := []rune(l.text); len(said) != 1 || face.look[said[0]] != sign.first {
				l.text, l.lies = string(sign.first), true
			}
			return l
		}
	}
	return l
}

// said is what the document says that a code shows.
func (f *font) said(code int) string {
	if s, ok := f.unicode.lookup(code); ok {
		return s
	}
	if f.double {
		return "\ufffd"
	}
	if n, ok := f.names[code]; ok {
		return glyphName(n)
	}
	if code >= 0 && code < 256 {
		return string(charmap.Windows1252.DecodeByte(byte(code)))
	}
	return "\ufffd"
}

// glyphName reads the name of a glyph as far as reports need it: letters,
// digits, usual signs, and names that hold a code point.
func glyphName(n string) string {
	if len(n) == 1 {
		return n
	}
	if s, ok := glyphNames[n]; ok {
		return s
	}
	if hex, ok := strings.CutPrefix(n, "uni"); ok && len(hex) == 4 {
		if r, err := strconv.ParseUint(hex, 16, 16); err == nil {
			return string(rune(r))
		}
	}
	return "\ufffd"
}

var glyphNames = map[string]string{
	"space": " ", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
	"hyphen": "-", "period": ".", "comma": ",", "colon": ":", "slash": "/", "parenleft": "(", "parenright": ")", "quotesingle": "'", "quoteright": "’",
	"ampersand": "&", "trademark": "™", "adieresis": "ä", "odieresis": "ö", "udieresis": "ü", "germandbls": "ß", "eacute": "é", "egrave": "è",
}
