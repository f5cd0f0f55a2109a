package paper

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/testamur/testamur/verifier/summary"
)

// readText reads a pasted text. It may be a token, a link, or a certificate number, with blanks and quotation marks around it; or a message with tokens and links in it.
func readText(data []byte) (*Found, error) {
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, notText(data)
	}
	if len(data) > MaxText {
		return nil, &Error{Reason: ErrTooLarge, Words: "The text is longer than 64 KB.", Try: "Paste only the address or the signed text."}
	}
	text := trim(string(data))

	found := new(Found)
	found.addTokens(tokensIn(text)...)
	found.addLinks(linksIn(text)...)
	switch {
	case len(found.Tokens) > 0:
		found.Kind = KindToken
	case len(found.Links) > 0, len(found.Summaries) > 0:
		found.Kind = KindLink
	case tooLongToken(text):
		return nil, &Error{Reason: ErrTooLarge, Words: "The credential is longer than 16 KB.", Try: tryAnotherCopy}
	case linkPattern.MatchString(text) || strings.HasSuffix(text, "://"):
		return nil, &Error{Reason: ErrNothingFound, Words: "The link is not complete, or far too long.", Try: "Copy the link again, or type the address printed beside the QR code."}
	case couldBeNumber(text):
		found.Kind, found.Text = KindText, text
	case text == "":
		return nil, &Error{Reason: ErrNothingFound, Words: "There is no text.", Try: "Paste the address or the signed text."}
	default:
		return nil, &Error{
			Reason: ErrNothingFound,
			Words:  "The text holds neither a credential nor a link.",
			Try:    "Paste only the address or the signed text.",
		}
	}
	return found, nil
}

// notText names the kinds of file people send in good faith, so that the advice fits.
func notText(data []byte) error {
	e := &Error{Reason: ErrNotACertificate, Words: "This is not a PDF, a PNG or JPEG picture, or a text.", Try: tryAnotherCopy}
	at := func(offset int, magic string) bool {
		return len(data) >= offset && bytes.HasPrefix(data[offset:], []byte(magic))
	}
	switch {
	case at(4, "ftyphei"), at(4, "ftyphev"), at(4, "ftypmif1"), at(4, "ftypavif"), at(8, "WEBP"), at(0, "GIF8"), at(0, "BM"), at(0, "II*\x00"), at(0, "MM\x00*"):
		e.Words = "Pictures of this kind cannot be read here."
		e.Try = "Save the picture as JPEG or PNG (a screenshot will do), or type the address printed beside the QR code."
	case at(0, "PK\x03\x04"), at(0, "\xd0\xcf\x11\xe0"):
		e.Words = "This is an archive or an office document."
		e.Try = "Unpack the certificate, or save the document as PDF, or type the address printed beside the QR code."
	}
	return e
}

// trim takes away what clings to a copied text: blanks, line ends, byte order marks and other invisible characters,
// quotation marks and angle brackets of any style.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) ||
			unicode.In(r, unicode.Pi, unicode.Pf) || strings.ContainsRune("\"'`<>„‚「」『』", r)
	})
}

// tokensIn gives what looks like a token in s. A token broken into lines is not put together again: a token has one
// spelling, and a line break inside it is a change.
func tokensIn(s string) []string {
	var tokens []string
	for _, run := range strings.FieldsFunc(s, func(r rune) bool { return !isTokenRune(r) }) {
		if run = strings.Trim(run, "."); isToken(run) && len(tokens) < MaxFound {
			tokens = append(tokens, run)
		}
	}
	return tokens
}

// isToken reports whether s has the outer shape of a compact JWS (RFC 7515 §7.1): three parts of base64url, the first being
// the start of a JSON object with a first key, which always encodes to eyJ. Strict checking is the verifier's business.
func isToken(s string) bool { return len(s) <= MaxToken && hasTokenShape(s) }

func hasTokenShape(s string) bool {
	if !strings.HasPrefix(s, "eyJ") || strings.Count(s, ".") != 2 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || len(part)%4 == 1 || strings.ContainsFunc(part, func(r rune) bool { return r == '.' || !isTokenRune(r) }) {
			return false
		}
	}
	return true
}

func tooLongToken(s string) bool {
	return len(s) > MaxToken && hasTokenShape(s)
}

func isTokenRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.'
}

var linkPattern = regexp.MustCompile("(?i)https?://[^\\s<>\"'`“”„‘’«»]+")

// linksIn gives the links written in a text. Punctuation that ends the sentence around a link is not part of it.
func linksIn(s string) []string {
	var links []string
	for _, link := range linkPattern.FindAllString(s, -1) {
		link = strings.TrimRight(link, ".,;:!?…")
		for _, pair := range []string{"()", "[]", "{}"} {
			if !strings.Contains(link, pair[:1]) {
				link, _, _ = strings.Cut(link, pair[1:])
			}
		}
		if isLink(link) && len(links) < MaxFound {
			links = append(links, link)
		}
	}
	return links
}

// linkIn gives s itself if all of it is a link.
func linkIn(s string) []string {
	if s = trim(s); isLink(s) {
		return []string{s}
	}
	return nil
}

// isLink reports whether s is an absolute http or https link. Scheme and host may be in capitals: QR codes are smaller so.
func isLink(s string) bool {
	if len(s) > MaxLink && !summary.Is(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// couldBeNumber reports whether s is short enough, and plain enough, to be a certificate number that somebody typed.
func couldBeNumber(s string) bool {
	return s != "" && len(s) <= MaxNumber && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) &&
		strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}
