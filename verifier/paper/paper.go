// Package paper reads what an employer holds (a PDF, a picture, a pasted text) and gives back the signed token or the
// link found in it.
//
// A certificate reaches its reader in many states: the PDF as it was issued, a PDF that a mail gateway stripped of its
// attachment, a scan, a photograph of a print, a badge picture, or a few characters copied out of a message. Read tries,
// from the surest to the weakest:
//
//	PDF      attachments → QR codes that the page shows → QR codes stored as pictures → QR codes that another program sees
//	         (pdftoppm, if installed) → link annotations
//	PNG      the credential baked into the file (Open Badges 3.0) → QR codes
//	JPEG     QR codes
//	SVG      the credential baked into the file; nothing else of it
//	text     tokens and links; failing both, the text itself, which may be a certificate number
//
// A PDF also shows something, and what it shows may have been changed while the credential in it was left as it was. A file
// that is, to the last byte, as the issuer sealed it (seal) is taken as it is. Of any other, Examine holds the page against the
// credential: it carries out the content of the page (interpret), takes out what cannot be seen, reads the letters by their
// outlines, also those of texts that were drawn as areas (setting), finds out in which design, size and languages the page was
// printed (look), and accounts for every mark on it by a fact of the credential or by what the design has there (compare). What
// it cannot account for is a disagreement; what it cannot read with certainty is said to be so.
//
// Nothing in Found is verified. What Read returns is only claimed: a token still has to pass the verifier, and a link must not
// be followed unless it leads to an issuer the caller trusts. Read opens no network connection and writes no file.
//
// # Hostile input
//
// Every size is limited by a constant of this package and checked before memory is spent on it. A document that makes a
// parser panic is an unreadable document, not a crash. A document that makes a parser run without end costs its reader
// MaxTime and no more: Read gives up and leaves that goroutine behind. Reading stops at the next read of the input, so such
// goroutines normally end soon after; should one not, it keeps its place among the few readers allowed at once, so that
// abandoned readers cannot pile up. When no place comes free in time the answer is ErrBusy.
package paper

import (
	"bytes"
	"context"
	"time"
)

// Limits of one call of Read.
const (
	// MaxInput is the largest document looked at, in bytes.
	MaxInput = 16 << 20
	// MaxTime bounds one call of Read; an earlier deadline of the caller's context wins.
	MaxTime = 10 * time.Second
	// MaxText is the longest pasted text, in bytes.
	MaxText = 64 << 10
	// MaxToken is the longest token returned, in bytes. The verifier refuses longer ones anyway.
	MaxToken = 16 << 10
	// MaxLink is the longest link returned, in bytes.
	MaxLink = 2 << 10
	// MaxNumber is the longest text that may still be a certificate number, in bytes.
	MaxNumber = 128
	// MaxFound is how many tokens, and how many links, one document may yield. Further ones are left out.
	MaxFound = 32
	// MaxAttachments is how many attachments of one PDF are looked at.
	MaxAttachments = 32
	// MaxAttachment is the largest attachment looked at, in bytes after decompression.
	MaxAttachment = 64 << 10
	// MaxPages is how many pages of one PDF are searched for pictures and link annotations.
	MaxPages = 10
	// MaxDrawnPages is how many pages of one PDF are drawn in order to look for a QR code made of shapes.
	MaxDrawnPages = 3
	// MaxPixels is the largest picture decoded.
	MaxPixels = 40_000_000
)

// Kind is what the bytes turned out to be.
type Kind string

// The kinds of document that can be read.
const (
	KindPDF   Kind = "pdf"
	KindPNG   Kind = "png"
	KindJPEG  Kind = "jpeg"
	KindSVG   Kind = "svg"
	KindToken Kind = "token" // a text with at least one token in it
	KindLink  Kind = "link"  // a text with a link and no token in it
	KindText  Kind = "text"  // a short text that is neither, perhaps a certificate number
)

// Found is what could be read from one document. Nothing in it is verified.
type Found struct {
	Kind Kind

	// Tokens are the compact JWS found, each once, the surest first: an attachment or the text itself before a QR code.
	// They have the outer shape of a JWS and at most MaxToken bytes; nothing more was checked.
	Tokens []string

	// Links are the http and https links found, each once, exactly as read, QR codes before link annotations of a PDF.
	// An annotation is any link of the page, so it may well lead to the issuer's front page or somewhere else entirely.
	// When a PDF or PNG carries a token, its QR codes are not read and Links is empty.
	Links []string

	// Summaries are the addresses among the links that hold the signed summary of a certificate (package summary). They are not
	// repeated in Links.
	Summaries []string

	// Text is what was written when neither token nor link was found, trimmed: at most MaxNumber bytes on one line.
	Text string

	// Attachments is how many attached files a PDF has, counted up to MaxAttachments.
	Attachments int

	// Pages is how many pages a PDF has, counted up to MaxPages.
	Pages int

	// Notes say in words what was left out or could not be read although something else was found.
	Notes []string

	sheets   []*sheet // what the first pages of a PDF show
	attached bool     // the tokens were attached to a PDF
	seal     seal     // of a PDF
}

// Read reads one document. It returns either something found (at least one token, link or text) or an *Error, which says
// in words what is wrong and what to try, and which matches one of the Err values of this package with errors.Is.
//
// The bytes decide what the document is; no file name is asked for. data is not changed, but may still be read for a moment
// after Read has returned because of a time-out, so the caller must not reuse it then. Read is safe for concurrent use and
// takes at most MaxTime; when ctx is cancelled first, the error matches ctx.Err() as well.
func Read(ctx context.Context, data []byte) (*Found, error) {
	if len(data) == 0 {
		return nil, &Error{Reason: ErrUnreadable, Words: "The file is empty.", Try: tryAnotherCopy}
	}
	if len(data) > MaxInput {
		return nil, &Error{Reason: ErrTooLarge, Words: "The file is larger than 16 MB.", Try: "Send the certificate alone, or a smaller picture of it."}
	}
	ctx, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	if ctx.Err() != nil {
		return nil, unreadableInTime(ctx)
	}

	switch {
	case isPDF(data):
		return atMostAFew(ctx, func(ctx context.Context) (*Found, error) { return readPDF(ctx, data) })
	case bytes.HasPrefix(data, []byte(pngSignature)):
		return atMostAFew(ctx, func(ctx context.Context) (*Found, error) { return readPNG(ctx, data) })
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return atMostAFew(ctx, func(ctx context.Context) (*Found, error) { return readJPEG(ctx, data) })
	case IsSVG(data):
		return atMostAFew(ctx, func(ctx context.Context) (*Found, error) { return readSVG(ctx, data) })
	}
	return readText(data)
}

// isPDF reports whether data is a PDF. Readers accept the header anywhere in the first 1024 bytes (ISO 32000-1, annex H.3.4.1).
func isPDF(data []byte) bool {
	return bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-"))
}

// addText sorts one text, read from a QR code, into tokens, links and plain text.
func (f *Found) addText(s string) {
	tokens, links := tokensIn(s), linkIn(s)
	f.addTokens(tokens...)
	f.addLinks(links...)
	if len(tokens) == 0 && len(links) == 0 && f.Text == "" && couldBeNumber(trim(s)) {
		f.Text = trim(s)
	}
}

func (f *Found) addTokens(tokens ...string) { f.Tokens = appendOnce(f.Tokens, tokens) }
func (f *Found) addLinks(links ...string)   { f.Links = appendOnce(f.Links, f.sort(links)) }

func (f *Found) note(words string) { f.Notes = appendOnce(f.Notes, []string{words}) }

// anything reports whether f has something to go on with. A plain text next to a token or a link is dropped, as Text promises.
func (f *Found) anything() bool {
	if len(f.Tokens) > 0 || len(f.Links) > 0 || len(f.Summaries) > 0 {
		f.Text = ""
		return true
	}
	return f.Text != ""
}

func appendOnce(list, more []string) []string {
next:
	for _, s := range more {
		for _, have := range list {
			if s == have {
				continue next
			}
		}
		if len(list) < MaxFound {
			list = append(list, s)
		}
	}
	return list
}
