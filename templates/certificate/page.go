package certificate

import (
	"fmt"
	"math"

	"github.com/testamur/testamur/templates/typeface"
)

// A Page is a certificate with everything in its place. Lengths are millimetres
// from the upper left corner of the page, sizes of type are points. It is painted
// in the order of its members: Drawings, Images, Mark, Rules, Codes, Texts.
type Page struct {
	Design     *Design
	Size       Size     // of the page
	Languages  []string // of its wording, the first one that of the document
	Mirrored   bool     // the first language is read from right to left
	Wide, High float64  // mm

	Fixed    *Fixed    // what other pages have too; Drawings and Images are its own
	Drawings []Drawing // the ornament: the same on every page of the design and size
	Images   []Image   // the same on every page of the design and size
	Mark     *Mark     // of a specimen
	Rules    []Rule
	Code     Square  // where the QR code of the verification address stands
	Offline  *Square // where the second QR code stands; nil where there is none, or [Facts.Offline] is not set
	Texts    []Text
	Links    []Rect // places that lead to the verification address
}

// A Text is one line of type.
type Text struct {
	Line *typeface.Line
	Size float64 // points
	Ink  Colour
	X, Y float64 // the left end of its baseline

	Fact string // the fact that it is, or is part of: "holder", "title", …; "" for fixed wording
}

// Width is how far the text reaches to the right.
func (t Text) Width() float64 { return float64(t.Line.Width) / 1000 * t.Size * Point }

// A Mark is a text written slantwise and large beneath all others.
type Mark struct {
	Text
	Angle float64 // degrees, counter-clockwise round the middle of the text
	Edge  Colour  // of its outline
	Wide  float64 // of its outline
}

// A Rule is a straight line.
type Rule struct {
	X1, Y1, X2, Y2 float64
	Wide           float64
	Ink            Colour
}

// A Drawing is outlines in one ink: stroked with round ends and joins, or filled
// (nonzero winding) where Wide is zero.
type Drawing struct {
	Ink   Colour
	Wide  float64
	Paths []Path
}

// A Path is one outline; a closed one ends where it began.
type Path struct {
	Closed   bool
	Segments []typeface.Segment // points in millimetres from the upper left corner, y downward; begins with a MoveTo
}

// An Image is a picture of the body's own, such as its logo.
type Image struct {
	Rect
	Role string // "logo", "seal" or "signature"
	File string // in the folder of the design
	// Picture is the picture as it was re-encoded: a PNG of 8 bits a channel,
	// opaque, RGB.
	Picture []byte
}

// A Square is the place of a QR code, its quiet zone included.
type Square struct{ X, Y, Side float64 }

// A Rect is a place on the page.
type Rect struct{ X, Y, W, H float64 }

// Point is the length of a point, in which type is measured, in millimetres.
const Point = 25.4 / 72

// A Size is a size of paper.
type Size string

// The sizes of paper, in the orientation of the design.
const (
	A4     Size = "A4"
	Letter Size = "Letter"
)

// A Colour is a colour in 8 bits a channel (sRGB).
type Colour struct{ R, G, B uint8 }

// Tint mixes c with white; 1 is c itself.
func (c Colour) Tint(f float64) Colour {
	mix := func(v uint8) uint8 { return 255 - uint8(math.Round(float64(255-v)*f)) }
	return Colour{mix(c.R), mix(c.G), mix(c.B)}
}

func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
