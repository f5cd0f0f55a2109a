package issuer

import (
	"context"
	"fmt"
	"time"

	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

// Paper is everything that stands on a printed certificate (ISO/IEC 17024
// 9.4.8). All of it is read from the signed credential, so that the paper can
// never say more, or other, than the signature does.
type Paper struct {
	Holder    string       // name of the certified person, NFC
	Title     string       // official name of the certificate
	Code      string       // short code, e.g. "PRO-MGT"
	Number    string       // certificate number as printed
	Scope     string       // what the certificate covers, one or two sentences
	Scheme    string       // title of the scheme
	Edition   string       // edition of the scheme
	Body      string       // name of the issuing body
	Decider   string       // the decision maker
	Decided   scheme.Date  // day of the decision
	Effective scheme.Date  // first day of validity
	Expires   *scheme.Date // last day of validity, included; nil: does not expire
	Specimen  bool         // of a throw-away body: marked SPECIMEN across the page
	Link      string       // verification address in clear, printed beside the QR code
	QR        string       // text of the QR code
	Summary   string       // text of the second QR code, which is proof without a network; "" for none
	Token     string       // the signed credential, attached as credential.jws; empty for [Press.Check]
	Created   time.Time    // written as the document's dates; never the time of rendering

	SchemeID string            // id of the scheme, by which the house chooses a design
	Style    certificate.Style // how to print it; the zero value is the house's choice
}

// Press puts certificates on paper.
type Press interface {
	// Check reports, before anything is signed, whether p can be printed as it
	// must be: every character in the fonts, no control or bidi characters,
	// every text fitting its place. The error is a [*TextError] where a text
	// is at fault.
	Check(p Paper) error
	// Render draws p as a one-page PDF. The same p always gives the same bytes.
	Render(ctx context.Context, p Paper) ([]byte, error)
}

// TextError says that one text of a certificate cannot be printed.
type TextError struct {
	Field  string // the member of the application or scheme, in plain words, e.g. "candidate name"
	Text   string
	Char   rune   // the character at fault, or 0 when the text as a whole does not fit
	Reason string // why, and what to try next
}

func (e *TextError) Error() string {
	if e.Char != 0 {
		return fmt.Sprintf("%s %q cannot be printed: character %q (U+%04X) %s", e.Field, e.Text, e.Char, e.Char, e.Reason)
	}
	return fmt.Sprintf("%s %q cannot be printed: %s", e.Field, e.Text, e.Reason)
}
