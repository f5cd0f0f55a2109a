package paper

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Where a drawing keeps its credential (Open Badges 3.0, 5.3.2): in the attribute verify of the element credential, which
// stands directly within <svg>.
const (
	svgSpace        = "http://www.w3.org/2000/svg"
	openBadgesSpace = "https://purl.imsglobal.org/ob/v3p0"
)

// Limits of an SVG, beside MaxInput. A certificate drawn by the issuer has some thousand elements, six deep.
const (
	maxSVGMarks = 200_000 // elements, and attributes: of either no more than "<" and "=" in the file
	maxSVGDepth = 100
)

// svgStart is how the drawing itself begins, after what may stand before it.
var svgStart = regexp.MustCompile(`^\s*<(?:(?i:!DOCTYPE)\s+|[\w.-]+:)?svg[\s/>]`)

// IsSVG reports whether data is an SVG drawing, as far as its beginning tells. It does not say that it can be read.
func IsSVG(data []byte) bool {
	head := bytes.TrimLeft(data[:min(len(data), 4096)], " \t\r\n\ufeff")
	if len(head) == 0 || head[0] != '<' {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(head))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // whether it can be read is not asked yet
	for {
		from := d.InputOffset()
		switch t, err := d.RawToken(); t := t.(type) {
		case xml.StartElement:
			return t.Name.Local == "svg"
		default:
			if err != nil || svgStart.Match(head[from:]) { // what begins here may end beyond the head
				return svgStart.Match(head[from:])
			}
		}
	}
}

// readSVG looks for a baked credential. What the drawing shows is not drawn: nothing in it is carried out, loaded or looked up.
func readSVG(ctx context.Context, data []byte) (*Found, error) {
	verify, has, err := bakedSVG(ctx, data)
	if err != nil {
		return nil, err
	}
	found := &Found{Kind: KindSVG}
	tokens := tokensIn(verify)
	switch {
	case !has:
		return nil, &Error{Reason: ErrNothingFound, Words: "The drawing carries no credential.", Try: tryScanOrType}
	case tooLongToken(strings.TrimSpace(verify)):
		return nil, &Error{Reason: ErrTooLarge, Words: "The credential is longer than 16 KB.", Try: tryAnotherCopy}
	case len(tokens) > 1:
		return nil, twoInBadge()
	case len(tokens) == 0 || tokens[0] != strings.TrimSpace(verify):
		return nil, &Error{Reason: ErrNothingFound, Words: "The badge carries its credential in a form that is not a signed token.", Try: tryScanOrType}
	}
	found.addTokens(tokens...)
	return found, nil
}

// bakedSVG gives the attribute of the one credential of a drawing. Everything is read to the end, because a reader that
// stops at the first credential and one that takes the last would report two people.
func bakedSVG(ctx context.Context, data []byte) (verify string, has bool, err error) {
	if bytes.Count(data, []byte("<")) > maxSVGMarks || bytes.Count(data, []byte("=")) > maxSVGMarks {
		return "", false, &Error{Reason: ErrTooLarge, Words: "The drawing has too many parts to be read.", Try: tryScanOrType}
	}
	w := svgWalk{}
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return "", false, unreadableInTime(ctx)
		}
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = w.step(token)
		}
		if err != nil {
			return "", false, damagedBadge(err)
		}
	}
	switch {
	case w.credentials+w.astray > 1:
		return "", false, twoInBadge()
	case w.astray > 0:
		return "", false, damagedBadge(errors.New("the credential is not directly within <svg>, or not in the namespace of Open Badges 3.0"))
	case w.credentials > 0 && w.body && w.verify != "":
		return "", false, twoInBadge() // one in the attribute, one in the element
	}
	return w.verify, w.credentials > 0, nil
}

func twoInBadge() error {
	return &Error{
		Reason: ErrAmbiguous,
		Words:  "The badge picture holds more than one credential, which is not allowed.",
		Try:    "Ask the holder for the picture as it was issued.",
	}
}

// svgWalk is what was seen of a drawing so far.
type svgWalk struct {
	depth       int
	ended       bool // the root is closed
	within      bool // the credential is open
	credentials int  // in their place
	astray      int  // in other places, of other namespaces, or hidden in a comment or a text
	verify      string
	body        bool // the credential holds something
}

func (w *svgWalk) step(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		// A document type can declare entities; a certificate needs none.
		return errors.New("the drawing declares a document type")
	case xml.ProcInst:
		return nil
	case xml.Comment:
		w.hidden(t)
	case xml.CharData:
		text := bytes.TrimSpace(t)
		if w.depth == 0 && len(text) > 0 {
			return errors.New("text outside <svg>")
		}
		w.body = w.body || w.within && len(text) > 0
		w.hidden(t)
	case xml.StartElement:
		return w.open(t)
	case xml.EndElement:
		w.depth--
		w.within = false
		w.ended = w.depth == 0
	}
	return nil
}

func (w *svgWalk) open(t xml.StartElement) error {
	switch {
	case w.ended:
		return errors.New("more than one root")
	case w.depth == 0 && t.Name != (xml.Name{Space: svgSpace, Local: "svg"}):
		return fmt.Errorf("the root is %s in namespace %q", t.Name.Local, t.Name.Space)
	case w.depth >= maxSVGDepth:
		return fmt.Errorf("more than %d elements within one another", maxSVGDepth)
	case w.within:
		return errors.New("an element within the credential")
	}
	w.depth++
	if t.Name.Local != "credential" {
		return nil
	}
	if w.depth != 2 || t.Name.Space != openBadgesSpace {
		w.astray++
		return nil
	}
	w.credentials++
	w.within = true
	given := 0
	for _, a := range t.Attr {
		if a.Name.Local == "verify" {
			given++
			w.verify = a.Value
			if a.Name.Space != "" {
				return errors.New("verify is an attribute of another namespace")
			}
		}
	}
	if given > 1 { // the decoder lets an attribute be given twice
		return errors.New("verify is given twice")
	}
	return nil
}

// hidden notes what a reader that searches for the tag, rather than reading the drawing, would take for a credential.
func (w *svgWalk) hidden(text []byte) {
	if bytes.Contains(text, []byte(":credential")) {
		w.astray++
	}
}
