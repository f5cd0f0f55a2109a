package paper

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier"
)

// Examiner checks whatever an employer holds: it reads the document, follows
// its link if need be, and lets the verifier judge.
type Examiner struct {
	Verifier    verifier.Verifier
	Publication *verifier.Publication
	// Offline says that nothing may be asked of the network. A document that
	// holds a link only cannot be decided then.
	Offline bool
	// Designs are those that a page is compared with; nil for the built-in ones. A body
	// that lays its own beside them checks its own papers with them.
	Designs *certificate.Designs
}

// Examine checks one document: a PDF, a picture, a token or a verification
// address. What a PDF shows is held against the credential that it carries, or
// that its QR code leads to. It never returns nil.
func (e *Examiner) Examine(ctx context.Context, data []byte) *verifier.Report {
	if number.Match(bytes.TrimSpace(data)) {
		return e.report(verifier.Indeterminate, verifier.NoCredential,
			"This looks like a certificate number. A number alone cannot be checked here: check the PDF, or the address printed beside the QR code.")
	}
	if word, ok := oneWord(data); ok && !isLink(word) {
		// A bare token goes to the verifier as it is: nothing is repaired.
		return e.Verifier.Examine(ctx, word)
	}
	found, err := Read(context.WithValue(ctx, facesKey{}, facesOf(e.designs())), data)
	if err != nil {
		return e.unread(data, err)
	}
	switch {
	case len(found.Tokens) == 1:
		return e.withPaper(ctx, e.Verifier.Examine(ctx, found.Tokens[0]), found)
	case len(found.Tokens) > 1 && found.Kind == KindPDF && found.Pages == 1:
		return e.quarrelling(ctx, found)
	case len(found.Tokens) > 1:
		return e.report(verifier.Indeterminate, verifier.NoCredential,
			"This holds %d different credentials. Check them one by one.", len(found.Tokens))
	case len(found.Summaries) > 0:
		return e.summarised(ctx, found)
	case len(found.Links) > 0:
		return e.withPaper(ctx, e.follow(ctx, found.Links), found)
	}
	return e.Verifier.Examine(ctx, found.Text)
}

// number is what a certificate number looks like: a prefix and two groups.
var number = regexp.MustCompile(`(?i)^[A-Z][A-Z0-9]{1,5}[ -]?[0-9A-Z]{5}[ -]?[0-9A-Z]{5}$`)

// follow fetches the certificate that the link of a trusted issuer leads to, and
// checks that it is the one the link names. Links elsewhere are not followed.
func (e *Examiner) follow(ctx context.Context, texts []string) *verifier.Report {
	var ours []verifier.Link
	for _, text := range texts {
		link, err := e.Publication.ParseLink(text)
		if errors.Is(err, verifier.ErrNotTrusted) {
			continue
		}
		if err != nil {
			return e.report(verifier.Invalid, verifier.Malformed, "%s.", sentence(err))
		}
		if !slices.Contains(ours, link) {
			ours = append(ours, link)
		}
	}
	switch {
	case len(ours) == 0:
		return e.report(verifier.Invalid, verifier.UntrustedIssuer,
			"This leads to %q, which is not an address of an issuer trusted here.", texts[0])
	case len(ours) > 1:
		return e.report(verifier.Indeterminate, verifier.NoCredential,
			"This leads to %d different certificates. Check them one by one.", len(ours))
	case e.Offline:
		return e.report(verifier.Indeterminate, verifier.Unavailable,
			"This leads to %s, which cannot be asked without a network. Check the PDF or the signed file instead.", ours[0].Credential())
	}
	token, err := e.Publication.Credential(ctx, ours[0])
	switch {
	case errors.Is(err, verifier.ErrNoSuch):
		return e.report(verifier.Invalid, verifier.Unknown,
			"%s has issued no certificate with this address, %s.", ours[0].Issuer.Name, ours[0].Credential())
	case err != nil:
		return e.report(verifier.Indeterminate, verifier.Unavailable, "The issuer could not be asked: %s.", sentence(err))
	}
	v := e.Verifier
	v.Policy.ID = ours[0].Credential()
	return v.Examine(ctx, token)
}

// unread reports on a document that gave nothing. A text that is no token is
// wrong; a PDF or picture may be a genuine certificate that cannot be read.
func (e *Examiner) unread(data []byte, err error) *verifier.Report {
	words := sentence(err)
	var why *Error
	if errors.As(err, &why) {
		words = strings.TrimSuffix(why.Words, ".") + ". " + strings.TrimSuffix(why.Try, ".")
	}
	switch {
	case errors.Is(err, ErrBusy), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return e.report(verifier.Indeterminate, verifier.Unavailable, "%s.", words)
	case isDocument(data):
		return e.report(verifier.Indeterminate, verifier.NoCredential, "%s.", words)
	}
	return e.report(verifier.Invalid, verifier.Malformed, "This is not a certificate in the accepted form. %s.", words)
}

func (e *Examiner) report(v verifier.Verdict, r verifier.Reason, format string, args ...any) *verifier.Report {
	now := time.Now
	if e.Verifier.Now != nil {
		now = e.Verifier.Now
	}
	return verifier.NewReport(now(), v, r, format, args...)
}

// oneWord returns the text if it is a single word, as a token is.
func oneWord(data []byte) (string, bool) {
	s := strings.Trim(string(data), " \t\r\n\ufeff")
	return s, s != "" && !isDocument(data) && !strings.ContainsAny(s, " \t\r\n")
}

// isDocument reports whether the bytes begin as a PDF, PNG, JPEG or SVG does.
func isDocument(data []byte) bool {
	head := data[:min(len(data), 1024)]
	return bytes.Contains(head, []byte("%PDF-")) || bytes.HasPrefix(head, []byte("\x89PNG")) || bytes.HasPrefix(head, []byte("\xff\xd8\xff")) || IsSVG(data)
}

func sentence(err error) string {
	return strings.TrimSuffix(strings.ReplaceAll(err.Error(), "\n", "; "), ".")
}
