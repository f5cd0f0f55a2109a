// Package certificate knows how printed certificates look: their designs, which
// are data, their fixed wording in every language, and how the facts of one
// certificate are set in one design. Both the press, which prints pages, and the
// verifier, which compares them with what was signed, rest on it.
//
//	design, err := certificates.Design("iso20000")
//	page, err := design.Set(facts, certificate.Style{Size: certificate.A4, Languages: []string{"de"}})
//
// A design is a folder with a file design.json and the pictures it names. The
// built-in ones are embedded; a body lays its own beside them ([Open]). Designs
// are read strictly, with every fault at once, and nothing in them is ever
// executed or interpolated.
package certificate

import (
	"github.com/testamur/testamur/templates/typeface"
)

// A Style is how a certificate is to be printed. The zero value is the house's
// own choice.
type Style struct {
	Design    string   // name of the design
	Size      Size     // of the paper
	Languages []string // of the fixed wording, BCP 47; two for a bilingual certificate
}

// A Design is one look of a certificate. It is read, never written to, and safe
// for concurrent use.
type Design struct {
	Name    string   // of its folder, e.g. "iso20000"
	Title   string   // for people choosing one
	About   string   // one sentence on its look
	Builtin bool     // shipped with the program, so that every verifier knows it
	Schemes []string // ids of the schemes it is the first choice for
	Sizes   []Size   // that it is made for, the default first

	Languages []string // of its wording, the default first
	Offline   bool     // it has a place for the second QR code

	design // what design.json says
}

// Fixed is what is the same on every page of a design in one size, read in one
// direction. It is shared: [Page.Fixed] of two such pages is the same pointer.
type Fixed struct {
	Wide, High float64 // mm
	Drawings   []Drawing
	Images     []Image
	Families   []*typeface.Family // every one that a text of the design may be set in
}

// A Plan is what a page of a design must show, for whoever compares one with
// what was signed.
type Plan struct {
	Wide, High float64
	Mirrored   bool // the first language is read from right to left
	Places     []Place
	Drawings   []Drawing
	Rules      []Rule // where straight lines may stand, with the farthest that they may reach
	Images     []Rect // where pictures of the body's own may stand
	Code       []Rect // where the QR code of the address may stand
	Offline    []Rect // where the second QR code may stand
	Mark       string // of a specimen; "" where none
	Marked     *Mark  // how that is drawn; nil where none
}

// A Place is a part of the page with the texts that stand in it, in the order of
// reading. Places do not overlap.
type Place struct {
	Rect
	Entries []Entry
}

// An Entry is one text that the page must show.
type Entry struct {
	Fact        string // "" for fixed wording
	Want        string
	Instead     string  // other fixed wording that may stand there on another certificate
	Optional    bool    // it goes with the second QR code, which a paper may lack
	Least, Most float64 // sizes of type allowed, in points
}

// Designs are the designs that are at hand.
type Designs struct{ list []*Design }

// All returns the designs by name.
func (l *Designs) All() []*Design { return l.list }
