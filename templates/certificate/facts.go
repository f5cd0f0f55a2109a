package certificate

import (
	"fmt"
	"time"
)

// Facts are what a certificate says (ISO/IEC 17024 9.4.8). Each is read from the
// signed credential and stands on the page as it was signed.
type Facts struct {
	Holder  string // name of the certified person
	Title   string // official name of the certificate
	Code    string // short code; may be empty
	Number  string // certificate number
	Scope   string // what the certificate covers
	Scheme  string // title of the scheme
	Edition string // edition of the scheme; may be empty
	Body    string // name of the issuing body
	Decider string // the decision maker

	Decided   Day
	Effective Day
	Expires   *Day // last day of validity; nil: does not expire

	Specimen bool   // of a throw-away body
	Link     string // verification address in clear
	Offline  bool   // a second QR code, which is proof without a network, is wanted where the design has a place for it
}

// A Day is a day of the calendar.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// The facts that may stand on a page, as designs name them.
const (
	FactHolder    = "holder"
	FactTitle     = "title"
	FactCode      = "code"
	FactNumber    = "number"
	FactScope     = "scope"
	FactScheme    = "scheme"
	FactEdition   = "edition"
	FactBody      = "body"
	FactDecider   = "decider"
	FactDecided   = "decided"
	FactEffective = "effective"
	FactExpiry    = "expiry"
	FactLink      = "link"
)

// TextError says that one text of a certificate cannot be printed.
type TextError struct {
	Fact   string // one of the facts, or the key of the wording
	Text   string
	Char   rune   // the character at fault, or 0 when the text as a whole does not fit
	Reason string // why, and what to try next
}

func (e *TextError) Error() string {
	if e.Char != 0 {
		return fmt.Sprintf("%s %q cannot be printed: character %q (U+%04X) %s", e.Fact, e.Text, e.Char, e.Char, e.Reason)
	}
	return fmt.Sprintf("%s %q cannot be printed: %s", e.Fact, e.Text, e.Reason)
}
