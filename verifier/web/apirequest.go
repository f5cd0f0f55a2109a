package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/keys/strictjson"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/summary"
)

// question is what a program asks.
type question struct {
	token     string // the signed text, if that is what was presented
	data      []byte // otherwise the document, link or text
	document  bool   // data is a PDF or a picture, which takes time to read
	presented []byte // of which a receipt is given; nil if the certificate was named only
	policy    verifier.Policy
	receipt   bool
	byID      bool   // the certificate was asked for by its id
	number    string // it was asked for by its number alone
}

// asked is the JSON of a question.
type asked struct {
	Credential  string  `json:"credential"`
	Link        string  `json:"link"`
	Number      string  `json:"number"`
	Name        *string `json:"name"` // that is there and blank is a mistake, not no question
	At          string  `json:"at"`
	Certificate string  `json:"certificate"`
	Receipt     bool    `json:"receipt"`
}

// kind is the form in which something was presented.
type kind int

const (
	anyKind kind = iota // as its first bytes tell
	jsonKind
	textKind
	documentKind
	formKind
)

// readQuestion reads the request of /v1/verify.
func readQuestion(c *gin.Context, now time.Time) (*question, *Problem) {
	q := &question{}
	if p := q.query(c.Request.URL, now, "at", "certificate", "receipt"); p != nil {
		return nil, p
	}
	k, boundary, p := kindOf(c.Request.Header)
	if p != nil {
		return nil, p
	}
	if k == formKind {
		return q, q.form(c.Request.Body, boundary, now)
	}
	limit := int64(MaxSmall)
	if k == documentKind || k == anyKind {
		limit = paper.MaxInput
	}
	body, release, p := readBody(c.Request, limit)
	if p != nil {
		return nil, p
	}
	if k == anyKind {
		k = shapeOf(body)
		if k != documentKind && len(body) > MaxSmall {
			release()
			return nil, tooLarge(MaxSmall)
		}
	}
	switch k {
	case jsonKind:
		defer release()
		return q, q.json(body, now)
	case documentKind:
		// Not released: a reader that was given up may look at it for a while.
		if len(body) == 0 {
			return nil, malformed("Nothing was sent to be checked.")
		}
		q.data, q.presented, q.document = body, body, true
		return q, nil
	}
	defer release()
	return q, q.text(body)
}

// readAboutID reads the request about a certificate that is named by its id.
func readAboutID(c *gin.Context, now time.Time) (*question, *Problem) {
	q := &question{byID: true}
	if p := q.query(c.Request.URL, now, "at", "certificate", "receipt"); p != nil {
		return nil, p
	}
	if c.Request.Method != http.MethodPost {
		return q, nil
	}
	k, _, p := kindOf(c.Request.Header)
	switch {
	case p != nil:
		return nil, p
	case k != jsonKind && k != anyKind:
		p := problemOf(http.StatusUnsupportedMediaType)
		p.Detail = "Here application/json is read."
		return nil, p
	}
	body, release, p := readBody(c.Request, MaxSmall)
	if p != nil {
		return nil, p
	}
	defer release()
	var about struct {
		Name        *string `json:"name"`
		At          string  `json:"at"`
		Certificate string  `json:"certificate"`
		Receipt     bool    `json:"receipt"`
	}
	if p := decodeJSON(body, &about); p != nil {
		return nil, p
	}
	q.receipt = q.receipt || about.Receipt
	return q, q.conditions(about.Name, about.At, about.Certificate, now)
}

// query reads what may stand in the address. Nothing else may: a misspelled
// condition must not be lost silently, and a name belongs into no address.
func (q *question) query(u *url.URL, now time.Time, known ...string) *Problem {
	if u.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return malformed("The query of the address is not well-formed.")
	}
	for name, list := range values {
		switch {
		case name == "name":
			return wrongField("name", "A name is sent in the body of a POST, never in an address.")
		case !slices.Contains(known, name):
			return malformed("The query of the address has a member that is not known here; known are " + strings.Join(known, ", ") + ".")
		case len(list) > 1:
			return wrongField(name, "It is given more than once.")
		}
	}
	switch text := values.Get("receipt"); text {
	case "", "0", "false":
	case "1", "true":
		q.receipt = true
	default:
		return wrongField("receipt", "It is 1 or 0.")
	}
	return q.conditions(nil, values.Get("at"), values.Get("certificate"), now)
}

// conditions adds what the certificate must be beyond standing.
func (q *question) conditions(name *string, at, certificate string, now time.Time) *Problem {
	policy, wrong := conditions(q.policy, name, at, certificate, now)
	if wrong != nil {
		return wrongField(wrong.Field, wrong.Detail)
	}
	q.policy = policy
	return nil
}

// Bounds of the fields of a question, in bytes.
const (
	maxName = 1024
	maxCode = 128
)

// conditions returns the policy with what was asked for beside.
func conditions(policy verifier.Policy, name *string, at, certificate string, now time.Time) (verifier.Policy, *FieldError) {
	if at != "" {
		moment, ok := readMoment(at, now)
		if !ok {
			return policy, &FieldError{"at", "It is neither a day such as 2026-06-30 nor a time such as 2026-06-30T12:00:00Z."}
		}
		policy.At = moment
	}
	if certificate != "" {
		if len(certificate) > maxCode || strings.TrimSpace(certificate) == "" {
			return policy, &FieldError{"certificate", "It is not the short code of a certificate."}
		}
		policy.Certificate = strings.ToUpper(strings.TrimSpace(certificate))
	}
	if name != nil {
		asked := *name
		if len(asked) > maxName || strings.TrimSpace(asked) == "" || !utf8.ValidString(asked) {
			return policy, &FieldError{"name", "It is not the name of a person."}
		}
		policy.Holder = func(holder string) bool { return paper.SameName(holder, asked) }
	}
	return policy, nil
}

// readMoment reads the moment asked about. A day alone means its noon in UTC, which
// is in that day nearly everywhere; today means now.
func readMoment(text string, now time.Time) (time.Time, bool) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		if text == now.UTC().Format(time.DateOnly) {
			return time.Time{}, true
		}
		return day.Add(12 * time.Hour), day.Year() > 0
	}
	t, err := time.Parse(time.RFC3339, text)
	t = t.UTC()
	return t, err == nil && 0 < t.Year() && t.Year() <= 9999 && !t.IsZero()
}

// kindOf tells from the Content-Type what a request presents, and the boundary of
// the parts of a form.
func kindOf(h http.Header) (kind, string, *Problem) {
	text := h.Get("Content-Type")
	switch text { // the usual, which need no parsing
	case "application/json":
		return jsonKind, "", nil
	case "":
		return anyKind, "", nil
	}
	media, params, err := mime.ParseMediaType(text)
	if err == nil {
		switch media {
		case "application/json":
			return jsonKind, "", nil
		case "text/plain", "application/vc+jwt", "application/jwt", "application/jose":
			return textKind, "", nil
		case "application/pdf", "image/png", "image/jpeg", "image/svg+xml":
			return documentKind, "", nil
		case "application/octet-stream":
			return anyKind, "", nil
		case "multipart/form-data":
			if params["boundary"] == "" {
				return 0, "", malformed("The form does not say how its parts are divided.")
			}
			return formKind, params["boundary"], nil
		}
	}
	p := problemOf(http.StatusUnsupportedMediaType)
	p.Detail = "Accepted are application/json, application/vc+jwt, text/plain, application/pdf, image/png, image/jpeg, image/svg+xml and multipart/form-data."
	return 0, "", p
}

// shapeOf tells from its first bytes what was presented.
func shapeOf(data []byte) kind {
	head := data[:min(len(data), 1024)]
	if trimmed := bytes.TrimLeft(head, " \t\r\n\ufeff"); len(trimmed) > 0 && trimmed[0] == '{' {
		return jsonKind
	}
	if bytes.Contains(head, []byte("%PDF-")) || bytes.HasPrefix(head, []byte("\x89PNG")) || bytes.HasPrefix(head, []byte("\xff\xd8\xff")) || paper.IsSVG(data) {
		return documentKind
	}
	return textKind
}

// inMemory is the body of a request that the server has read already.
type inMemory interface{ Bytes() []byte }

// readBody reads the body, once. release gives its memory back.
func readBody(r *http.Request, limit int64) (body []byte, release func(), p *Problem) {
	if r.ContentLength > limit {
		return nil, nil, tooLarge(limit)
	}
	if m, ok := r.Body.(inMemory); ok {
		if body = m.Bytes(); int64(len(body)) > limit {
			return nil, nil, tooLarge(limit)
		}
		return body, func() {}, nil
	}
	if r.ContentLength < 0 || r.ContentLength > MaxSmall {
		body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
		if p := unread(err, int64(len(body)), limit); p != nil {
			return nil, nil, p
		}
		return body, func() {}, nil
	}
	buffer := buffers.Get().(*[]byte)
	body = slices.Grow((*buffer)[:0], int(r.ContentLength))[:r.ContentLength]
	if _, err := io.ReadFull(r.Body, body); err != nil {
		keepBuffer(buffer, body)
		return nil, nil, unread(err, 0, limit)
	}
	return body, func() { keepBuffer(buffer, body) }, nil
}

// unread is the problem of a body that could not be read, nil if it could.
func unread(err error, length, limit int64) *Problem {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problemOf(http.StatusRequestTimeout)
	case err != nil:
		return malformed("The request ended before it was complete.")
	case length > limit:
		return tooLarge(limit)
	}
	return nil
}

// decodeJSON reads a JSON object of known members, each once.
func decodeJSON(body []byte, v any) *Problem {
	err := strictjson.DecodeKnown(body, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return wrongField(wrong.Field, "It cannot be of the JSON type "+strings.Fields(wrong.Value + " ")[0]+".")
	}
	if err != nil {
		return malformed("The body is not the JSON that is expected here: " + err.Error() + ".")
	}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' { // null, which fits any type
		return malformed("The body is not a JSON object.")
	}
	return nil
}

func (q *question) json(body []byte, now time.Time) *Problem {
	var a asked
	if p := decodeJSON(body, &a); p != nil {
		return p
	}
	q.receipt = q.receipt || a.Receipt
	given := 0
	for _, what := range []string{a.Credential, a.Link, a.Number} {
		if what != "" {
			given++
		}
	}
	switch {
	case given == 0:
		return malformed("The request presents nothing.", FieldError{"credential", "Either this, link or number is required."})
	case given > 1:
		return malformed("The request presents two things.", FieldError{"link", "Give one of credential, link and number."})
	case len(a.Number) > paper.MaxNumber:
		return wrongField("number", "It is not the number of a certificate.")
	case a.Number != "" && q.receipt:
		return wrongField("receipt", "No receipt is given about a number alone.")
	case a.Number != "":
		q.number = a.Number
	case a.Credential != "":
		q.token = a.Credential
		if q.receipt {
			q.presented = []byte(a.Credential)
		}
	case !isAddress(a.Link):
		return wrongField("link", "It is not a web address.")
	default:
		q.data = []byte(a.Link)
	}
	return q.conditions(a.Name, a.At, a.Certificate, now)
}

// isAddress reports whether the text has the form of one web address.
func isAddress(text string) bool {
	lower := strings.ToLower(text[:min(len(text), 8)])
	return (strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")) && !strings.ContainsAny(text, " \t\r\n") && (len(text) <= paper.MaxLink || summary.Is(text))
}

// text reads what was presented as a text: a token, or whatever was copied.
func (q *question) text(body []byte) *Problem {
	text := strings.Trim(string(body), " \t\r\n\ufeff")
	switch {
	case text == "":
		return malformed("Nothing was sent to be checked.")
	case strings.ContainsAny(text, " \t\r\n") || isAddress(text) || len(text) <= paper.MaxNumber:
		q.data = []byte(text)
	default:
		q.token = text
	}
	if q.receipt {
		q.presented = bytes.Clone(body)
	}
	return nil
}

// Bounds of a form.
const (
	maxParts = 8
	maxField = MaxSmall
)

// form reads a file with what is asked about it.
func (q *question) form(body io.Reader, boundary string, now time.Time) *Problem {
	parts := multipart.NewReader(body, boundary)
	fields := map[string]string{}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if p := unread(err, 0, 0); p != nil {
			return p
		}
		name := part.FormName()
		known := name == "file" || slices.Contains([]string{"name", "at", "certificate", "receipt"}, name)
		if _, twice := fields[name]; n >= maxParts || !known || twice {
			return malformed("The form has fields that are not expected here; known are file, name, at, certificate and receipt, each once.")
		}
		limit := int64(maxField)
		if name == "file" {
			limit = paper.MaxInput
		}
		text, err := io.ReadAll(io.LimitReader(part, limit+1))
		if p := unread(err, int64(len(text)), limit); p != nil {
			return p
		}
		if name == "file" {
			q.data, fields[name] = text, ""
		} else {
			fields[name] = string(text)
		}
	}
	if len(q.data) == 0 {
		return malformed("The form holds no file.", FieldError{"file", "It is required."})
	}
	q.document, q.presented = shapeOf(q.data) == documentKind, q.data
	if text := fields["receipt"]; text != "" {
		receipt, err := strconv.ParseBool(text)
		if err != nil {
			return wrongField("receipt", "It is true or false.")
		}
		q.receipt = q.receipt || receipt
	}
	var name *string
	if text, ok := fields["name"]; ok {
		name = &text
	}
	return q.conditions(name, fields["at"], fields["certificate"], now)
}
