package paper

import "github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

// A sheet is what one page of a PDF shows, as a list of what is painted, in the
// order of painting. It is made from the page alone; no credential is known to
// it.
type sheet struct {
	doc      *document
	page     box // what of the plane can be seen
	glyphs   []glyph
	paints   []paint
	faults   []fault  // what is on no certificate whatever it says
	doubts   []string // what keeps the page from being read with certainty
	links    []string // where the page leads when clicked
	codes    []code
	covered  []glyph   // characters with something painted over them
	whispers []whisper // characters in no ink
}

// A glyph is one character as it is painted.
type glyph struct {
	order   int
	text    string // what it shows; U+FFFD if that cannot be told
	face    *face  // the typeface whose outline it has; nil where that is not known
	proven  bool   // the outline is one of the typefaces of certificates
	blank   bool   // leaves no ink
	m       matrix // one em of the glyph → the page
	box     box    // its ink on the page
	advance float64
	shade   float64 // 0 black … 1 white, as it appears on white
	plain   bool    // filled and nothing else, in a known colour, on a plain clip
	clipped bool    // part of its ink is cut off

	// Of a text that was drawn as outlines, which counts as one glyph.
	setting *setting
	span    int
	parts   []box // of each outline
}

// size is the height of an em on the page.
func (g *glyph) size() float64 { return length(g.m[2], g.m[3]) }

// A paint is anything painted that is not a character.
type paint struct {
	order   int
	kind    paintKind
	box     box // of its ink
	shade   float64
	plain   bool // opaque, in a known colour, on a plain clip
	evenOdd bool
	rects   bool      // of a fill: rectangles along the axes, nothing else
	parts   [][]point // of a fill: its closed outlines
	strokes []stroke  // of a line
	wide    float64   // of a line
	picture *types.StreamDict
	m       matrix // of a picture: its unit square → the page

	// Letters drawn as outlines come with the text that they are claimed to show.
	claim   string
	span    int   // the stretch of content that makes the claim
	outline []box // of a claimed text: the box of each part
	clipped bool  // part of its ink is cut off
	edge    int   // of a line that was drawn round an area in one go: the order of that
}

type paintKind int

const (
	aFill paintKind = iota
	aLine
	aPicture
	aShading // and anything else of which only the place is known
)

// A stroke is one piece of a line.
type stroke struct {
	box      box
	straight bool
}

// Shades of ink.
const (
	seen     = 0.97 // darker than this leaves a mark that an eye can find
	readable = 0.62 // darker than this can be read without looking for it
)

// A fault is a definite disagreement between a paper and what was signed.
type fault struct {
	weight int
	format string
	args   []any
}

// The weights of faults: the report names the weightiest, and of several the
// first.
const (
	faultOfForm = iota
	faultOfInk
	faultOfWords
	faultOfQR
	faultOfFact
	faultOfNumber
	faultOfTitle
	faultOfName
	faultOfLayers // nothing else is certain then
)

func (s *sheet) fault(weight int, format string, args ...any) {
	s.faults = append(s.faults, fault{weight, format, args})
}

func (s *sheet) doubt(words string) { s.doubts = appendOnce(s.doubts, []string{words}) }

// The doubts.
const (
	doubtDamaged  = "the page is damaged or far too complex"
	doubtLetters  = "its letters come from another program"
	doubtPainting = "parts of it are painted in a way that is not read here"
	doubtProgram  = "the document holds a program or a form that can change what is shown"
	doubtPictures = "it shows pictures of the body's own, such as a logo, which are not known here"
	doubtSpoken   = "it tells programs and screen readers something else than it shows"
	doubtSetting  = "it is not set as the certificates known here are"
	doubtFile     = "the file is damaged and every program may repair it in its own way"
)

// Limits of reading one page.
const (
	maxContent   = 8 << 20 // bytes of all content streams of a page together
	maxOperators = 400_000
	maxOperands  = 64
	maxGlyphs    = 5000
	maxPieces    = 160_000 // pieces of lines and outlines
	maxPaints    = 20_000
	maxSaved     = 256 // graphics states saved at once
	maxForms     = 200 // forms drawn, forms in forms included
	maxFormDepth = 8
	maxFonts     = 32
)
