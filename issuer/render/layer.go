package render

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/testamur/testamur/templates/typeface"
)

// A layer is the text under which the outlines on a page are found: it is shown
// in no ink (text rendering mode 3), in a font without shapes whose codes stand
// for one character each. Readers take text from what is shown and from where it
// stands; ActualText round the outlines tells the same to whoever reads
// structure, and in the order of the language. Text that is read from right to
// left stands as it is seen, which is what all readers expect of a page and turn
// round.
type layer struct {
	cells []cell // by code, counted from 1
}

// A cell is a character and the place that it takes.
type cell struct {
	char  rune
	width int // thousandths of an em
}

// code returns the code of a cell.
func (l *layer) code(c cell) uint16 {
	if i := slices.Index(l.cells, c); i >= 0 {
		return uint16(i + 1)
	}
	l.cells = append(l.cells, c)
	return uint16(len(l.cells))
}

// place cuts a run into the cells of its characters, from left to right. The
// characters that share a glyph share its place.
func place(r *typeface.Run, cells []cell) []cell {
	chars := []rune(r.Text)
	if r.Plain {
		for i, g := range r.Glyphs {
			w := g.Advance
			if i+1 < len(r.Glyphs) {
				w = r.Glyphs[i+1].X - g.X
			}
			cells = append(cells, cell{g.Char, w})
		}
		return cells
	}
	end := len(chars)
	for i := 0; i < len(r.Glyphs); {
		from := r.Glyphs[i].Cluster
		wide := 0
		for ; i < len(r.Glyphs) && r.Glyphs[i].Cluster == from; i++ {
			wide += r.Glyphs[i].Advance
		}
		to := len(chars)
		if r.RTL {
			to, end = end, from
		} else if i < len(r.Glyphs) {
			to = r.Glyphs[i].Cluster
		}
		if from < 0 || to <= from || to > len(chars) {
			continue
		}
		n := to - from
		for k := range n {
			c := chars[from+k]
			if r.RTL {
				c = chars[to-1-k]
			}
			cells = append(cells, cell{c, wide*(k+1)/n - wide*k/n})
		}
	}
	return cells
}

// The glyphs of the font without shapes: one for each width, in steps of a tenth
// of an em up to two. MuPDF takes the place of unseen text from them, and passes
// over text that takes none at all.
const (
	widthStep   = 100
	widthGlyphs = 21
)

// glyphOf is the glyph whose width is nearest.
func glyphOf(width int) uint16 {
	return uint16(1 + min(max((width+widthStep/2)/widthStep, 0), widthGlyphs-1))
}

// shapeless is a TrueType font whose glyphs are strokes without area.
var shapeless = sync.OnceValue(func() []byte {
	be := func(values ...any) []byte {
		var b bytes.Buffer
		for _, v := range values {
			_ = binary.Write(&b, binary.BigEndian, v) // into memory, of fixed sizes
		}
		return b.Bytes()
	}
	var glyf, hmtx, loca []byte
	for i := range widthGlyphs + 1 {
		loca = append(loca, be(uint16(len(glyf)/2))...)
		wide := max(i-1, 0) * widthStep
		hmtx = append(hmtx, be(uint16(wide), int16(0))...)
		if i > 0 {
			wide = max(wide, 1)
			glyf = append(glyf, be(int16(1), int16(0), int16(0), int16(wide), int16(700), // one contour, its box
				uint16(1), uint16(0), // of two points, no instructions
				[]uint8{1, 1}, []int16{0, int16(wide)}, []int16{0, 700})...) // on the curve; x, then y, each from the one before
		}
	}
	loca = append(loca, be(uint16(len(glyf)/2))...)
	const glyphs, most = widthGlyphs + 1, (widthGlyphs - 1) * widthStep
	return trueType([]string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"}, map[string][]byte{
		"glyf": glyf,
		"head": be(uint32(0x10000), uint32(0x10000), uint32(0), uint32(0x5F0F3CF5), uint16(0), uint16(1000), int64(0), int64(0),
			int16(0), int16(0), int16(most), int16(700), uint16(0), uint16(8), int16(2), int16(0), int16(0)),
		"hhea": be(uint32(0x10000), int16(800), int16(-200), int16(0), uint16(most), int16(0), int16(0), int16(most), int16(1), int16(0), int16(0),
			int64(0), int16(0), uint16(glyphs)),
		"hmtx": hmtx,
		"loca": loca,
		"maxp": be(uint32(0x10000), uint16(glyphs), uint16(2), uint16(1), [11]uint16{}),
	})
})

// packedShapeless is the same, packed.
var packedShapeless = sync.OnceValue(func() []byte { return deflated(shapeless()) })

// layerObjects is how many objects the font of a layer takes.
const layerObjects = 6

// write writes the font of the layer, whose first object is d's next one.
func (l *layer) write(d *document) {
	first := d.next
	name := "AAAAAA+TestamurUnseen"
	d.begin()
	d.str("<</Type /Font /Subtype /Type0 /BaseFont /" + name + " /Encoding /Identity-H /DescendantFonts [")
	d.ref(first + 1)
	d.str("] /ToUnicode ")
	d.ref(first + 2)
	d.str(">>")
	d.end()

	d.begin()
	d.str("<</Type /Font /Subtype /CIDFontType2 /BaseFont /" + name + " /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor ")
	d.ref(first + 3)
	d.str(" /CIDToGIDMap ")
	d.ref(first + 4)
	d.str(" /DW 500 /W [1 [")
	for i, c := range l.cells {
		if i > 0 {
			d.str(" ")
		}
		d.int(c.width)
	}
	d.str("]]>>")
	d.end()

	var u stream
	u.str("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for i := 0; i < len(l.cells); i += 100 { // at most 100 in one list (Adobe technical note 5014)
		part := l.cells[i:min(i+100, len(l.cells))]
		u.int(len(part))
		u.str(" beginbfchar\n")
		for k, c := range part {
			u.str("<")
			u.word(uint16(i + k + 1))
			u.str("> <")
			u.utf16(c.char)
			u.str(">\n")
		}
		u.str("endbfchar\n")
	}
	u.str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
	d.put("", u)

	d.begin()
	d.str("<</Type /FontDescriptor /FontName /" + name + " /Flags 4 /FontBBox [0 0 2000 700] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 /FontFile2 ")
	d.ref(first + 5)
	d.str(">>")
	d.end()

	glyphs := make([]byte, 2, 2+2*len(l.cells)) // of codes 0, 1 and so on
	for _, c := range l.cells {
		glyphs = binary.BigEndian.AppendUint16(glyphs, glyphOf(c.width))
	}
	d.put("", glyphs)
	var lengths stream
	lengths.str("/Filter /FlateDecode /Length1 ")
	lengths.int(len(shapeless()))
	d.put(string(lengths), packedShapeless())
}

// deflated is data packed as closely as zlib can.
func deflated(data []byte) []byte {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

// actual writes the text of a run as the value of ActualText.
func actual(s *stream, text string) {
	s.str("<FEFF")
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		s.utf16(r)
		i += n
	}
	s.str(">")
}
