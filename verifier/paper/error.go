package paper

import (
	"context"
	"errors"
	"strings"
)

// The reasons why a document gave nothing. Callers branch on them with errors.Is.
var (
	// ErrTooLarge: one of the limits of this package is exceeded.
	ErrTooLarge = errors.New("too large")
	// ErrEncrypted: the PDF cannot be opened without a password.
	ErrEncrypted = errors.New("encrypted")
	// ErrUnreadable: the document is damaged, or reading it took too long.
	ErrUnreadable = errors.New("unreadable")
	// ErrNothingFound: the document was read and holds neither token, link nor number.
	ErrNothingFound = errors.New("nothing found")
	// ErrNotACertificate: the document is of a kind that is never read.
	ErrNotACertificate = errors.New("not a certificate")
	// ErrAmbiguous: the document claims to be more than one credential in a place where only one is allowed.
	ErrAmbiguous = errors.New("ambiguous")
	// ErrBusy: too many documents are being read at this moment.
	ErrBusy = errors.New("busy")
)

// ErrNoDrawing is the cause when a PDF gave nothing and its pages could not be drawn, because pdftoppm is not installed
// (Debian package poppler-utils). A QR code made of shapes stays unread then. It always comes together with another reason.
var ErrNoDrawing = errors.New("pdftoppm, from the package poppler-utils, is not installed")

// Error says why nothing could be read.
type Error struct {
	Reason error  // one of the Err values above, never nil
	Words  string // what is wrong, one or two sentences for the person who holds the document
	Try    string // what that person can do next, one or two sentences
	Cause  error  // for the log of whoever runs the service; may be nil
}

// Error gives the words and the cause, not the advice.
func (e *Error) Error() string {
	s := "reading the document: " + e.Reason.Error() + ": " + e.Words
	if e.Cause != nil {
		s += " (" + strings.ReplaceAll(e.Cause.Error(), "\n", "; ") + ")" // joined errors come on several lines
	}
	return s
}

// Unwrap lets errors.Is find both the reason and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}

const (
	tryAnotherCopy = "Ask the holder for the original file, or type the address printed beside its QR code."
	tryScanOrType  = "Scan the QR code with a phone, or type the address printed beside it."
	tryPicture     = "Take the picture again, straight from above, in good light, with the whole QR code in it, or type the address printed beside the QR code."
)

func unreadableInTime(ctx context.Context) error {
	return &Error{
		Reason: ErrUnreadable,
		Words:  "The document could not be read in the time allowed.",
		Try:    tryScanOrType,
		Cause:  ctx.Err(),
	}
}
