// Package typeface sets lines of text in the typefaces of certificates: it
// finds for every character a face that draws it, shapes the text as its script
// asks (HarfBuzz shaping), puts its runs in the order of reading (Unicode
// bidirectional algorithm, Unicode Standard Annex 9), and knows the outlines of
// what it has set.
//
//	line, err := typeface.Serif().Set("محمد الأحمد ISO 9001:2015", typeface.Options{RTL: true})
//
// A text that cannot be drawn as it is written is refused with the character at
// fault ([CharError]); nothing is ever drawn as an empty box, and nothing that
// leaves no mark is taken for drawn.
//
// Latin, Greek, Cyrillic, Armenian and Georgian are set one glyph for each
// character, kerned, without ligatures, so that a page can be read back and
// compared; Chinese, Japanese and Korean likewise, without kerning. Arabic,
// Hebrew, Devanagari, Thai, and letters whose accents stand for themselves are
// shaped. Texts in another script are refused.
//
// Joiners (U+200C, U+200D), which Persian and some Indic spellings know, are
// refused as all characters without ink of their own: two names must not differ
// in what no reader can type or tell (threat model T20). Such a name has a
// spelling without them.
package typeface

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A Face is one font, opened. It is safe for concurrent use.
type Face struct {
	Name string // file name, e.g. "EBGaramond-Regular.ttf"
	Data []byte // TrueType; not to be written to

	sfnt    *sfnt.Font
	perEm   int // font units to the em
	shapers shapers

	// What is known of characters, pairs and glyphs, filled in as they are asked
	// for. Reading needs no lock.
	pages    [0x110000 >> pageBits]atomic.Pointer[page]
	kerns    [kernSlots]atomic.Uint64
	outlines outlines
	boxes    boxes
}

// Largest is the most bytes that a font may have.
const Largest = 32 << 20

// Open reads a TrueType font from outside. One that is damaged, or made to take
// more time or memory than any genuine font, is refused here, or draws fewer
// characters; it does no other harm (threat model T38). The face keeps the tables
// that setting and drawing need, so that its Data is another file than the one
// given.
func Open(name string, data []byte) (*Face, error) {
	if len(data) > Largest {
		return nil, fmt.Errorf("reading font %s: it has %d bytes, and %d are the most; use a version cut down to the scripts that are needed", name, len(data), Largest)
	}
	clean, err := sound(data)
	if err != nil {
		return nil, fmt.Errorf("reading font %s: %w", name, err)
	}
	f, err := open(name, clean)
	if err != nil {
		return nil, err
	}
	// The house's own faces are read for shaping when they first need it.
	f.shapers.outside = true
	if err := f.shapers.load(f.Data); err != nil {
		return nil, fmt.Errorf("reading font %s: %w", name, err)
	}
	return f, nil
}

// open reads a font that is known to be sound, as those of the house are.
func open(name string, data []byte) (f *Face, err error) {
	defer recovered(&err, "reading font "+name)
	s, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading font %s: %w; use a TrueType font (.ttf)", name, err)
	}
	f = &Face{Name: name, Data: data, sfnt: s, perEm: int(s.UnitsPerEm())}
	if f.perEm < 16 || f.perEm > 16384 {
		return nil, fmt.Errorf("reading font %s: %d units to the em, where TrueType has 16 to 16384", name, f.perEm)
	}
	return f, nil
}

// recovered makes an error of a panic inside the readers of fonts.
func recovered(err *error, doing string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: the font is damaged (%v); use another file of it", doing, p)
	}
}

// thousandths converts font units, rounded to the nearest as gofpdf does.
func (f *Face) thousandths(units int) int {
	if f.perEm == 1000 {
		return units
	}
	if units < 0 {
		return -f.thousandths(-units)
	}
	return (units*1000 + f.perEm/2) / f.perEm
}

const (
	pageBits = 8
	inkless  = 1 << 62 // of a page's entry: the glyph draws nothing
	known    = 1 << 63
)

// A page has what is known of 256 characters that follow one another. An entry
// is the glyph, above it the width, above that the manner, and the bits above.
type page [1 << pageBits]atomic.Uint64

// A char is what a face knows of one character.
type char struct {
	glyph   uint16 // 0: none
	advance uint16 // thousandths of an em
	manner  uint8  // how it is set; shaped for one that leaves no mark or takes no room
	ink     bool   // it draws something
}

var buffers = sync.Pool{New: func() any { return new(sfnt.Buffer) }}

// char returns what the face knows of a character.
func (f *Face) char(r rune) char {
	if r < 0 || r >= 0x110000 {
		return char{}
	}
	p := f.pages[r>>pageBits].Load()
	if p == nil {
		p = new(page)
		if !f.pages[r>>pageBits].CompareAndSwap(nil, p) {
			p = f.pages[r>>pageBits].Load()
		}
	}
	entry := &p[r&(1<<pageBits-1)]
	e := entry.Load()
	if e&known == 0 {
		e = f.read(r)
		entry.Store(e)
	}
	return char{glyph: uint16(e), advance: uint16(e >> 16), manner: uint8(e >> 32), ink: e&inkless == 0}
}

// read looks a character up in the font.
func (f *Face) read(r rune) uint64 {
	buf := buffers.Get().(*sfnt.Buffer)
	defer buffers.Put(buf)
	e := uint64(known)
	var err error
	func() {
		defer recovered(&err, "")
		g, problem := f.sfnt.GlyphIndex(buf, r)
		if problem != nil || g == 0 {
			err = errors.New("no glyph")
			return
		}
		// A size of one pixel per font unit gives font units.
		size := fixed.Int26_6(f.perEm)
		a, problem := f.sfnt.GlyphAdvance(buf, g, size, font.HintingNone)
		if problem != nil || a < 0 {
			a = 0
		}
		e |= uint64(g) | uint64(uint16(min(f.thousandths(int(a)), 1<<16-1)))<<16
		if s, problem := f.sfnt.LoadGlyph(buf, g, size, nil); problem != nil || len(s) == 0 {
			e |= inkless
		}
		if uint16(e>>16) > 0 && (e&inkless == 0 || unicode.Is(unicode.Zs, r)) {
			e |= uint64(manner(r)) << 32
		}
	}()
	if err != nil {
		return known | inkless
	}
	return e
}

// Options of setting one line.
type Options struct {
	Language string // BCP 47; tells apart the forms of characters that languages share
	RTL      bool   // the line as a whole is read from right to left
	Track    int    // put between characters of simple scripts, in thousandths of an em
}

// A Line is one line of text, set. All measures are thousandths of an em.
type Line struct {
	Text  string // as it was given
	Width int    // from its left to its right end
	Runs  []Run  // from left to right
	Track int    // as it was asked for; see [Run.Track]

	// Advances has, for each character of Text in logical order, what it adds to
	// the width, track and kerning to the next included: that of a cluster is
	// with its first character. Their sum is Width.
	Advances []int
}

// A Run is a stretch of a line in one face and one direction.
type Run struct {
	Face *Face
	Text string // in logical order
	RTL  bool
	X    int // where it begins, from the left end of the line

	// Plain: every character is one of the basic plane (up to U+FFFF), and one
	// glyph, found by the face's own character map, standing on the baseline from
	// left to right, with nothing but kerning and track between. Such a run may be set as text with a font; any other is
	// drawn by its outlines.
	Plain  bool
	Track  int     // added after each glyph but the last of the line; 0 in scripts that are not to be spaced
	Glyphs []Glyph // from left to right
}

// A Glyph is one shape of a face in its place.
type Glyph struct {
	ID      uint32
	Char    rune // of a plain run: the character it stands for
	X, Y    int  // of its origin: from the left end of the line; above the baseline
	Advance int  // its own width, without track and kerning
	Cluster int  // index of the first character of Text, counted in runes of the run, that it draws
}

// CharError says that a text cannot be drawn.
type CharError struct {
	Char   rune
	Reason string // why, and what to try next; follows on "character … "
}

func (e *CharError) Error() string {
	return fmt.Sprintf("character %q (U+%04X) %s", e.Char, e.Char, e.Reason)
}
