package issuer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys/strictjson"
)

// Application asks for one certificate for one candidate and carries the
// evidence for it and the certification decision. docs/application.md describes
// its file.
type Application struct {
	ID          string    `json:"id"` // the body's own reference; one application gives one certificate
	Scheme      string    `json:"scheme"`
	Edition     string    `json:"edition,omitempty"` // "": the current one
	Certificate string    `json:"certificate"`       // short code
	Candidate   Candidate `json:"candidate"`
	Language    string    `json:"language,omitempty"` // of the certificate; "en" if absent

	scheme.Evidence

	Decided   Decided      `json:"decision"`
	Effective *scheme.Date `json:"effective,omitempty"` // first day of validity; the day of issue if absent
}

// Candidate is the person who applies (ISO/IEC 17024 3.14).
type Candidate struct {
	ID   string `json:"id"`   // the body's own reference of the person
	Name string `json:"name"` // as it is to stand on the certificate
}

// Decided says who decided on the certification, and when (ISO/IEC 17024 9.4).
type Decided struct {
	By   string      `json:"by"`
	Date scheme.Date `json:"date"`
}

// maxApplication is the size of an application file that is read, in bytes.
const maxApplication = 1 << 20

// ErrApplication says that an application cannot be read or contradicts itself.
var ErrApplication = errors.New("application")

// ParseApplication reads an application file. Members it does not know are
// errors, and so is a member that stands twice. Errors wrap [ErrApplication].
func ParseApplication(text []byte) (*Application, error) {
	if len(text) > maxApplication {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrApplication, maxApplication)
	}
	if IsUTF16(text) {
		return nil, fmt.Errorf("%w: %w", ErrApplication, ErrUTF16)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var a Application
	if err := strictjson.DecodeKnown(text, &a); err != nil {
		return nil, fmt.Errorf("%w: %s%s; docs/application.md describes the file", ErrApplication, place(text), inPlainWords(err))
	}
	return &a, nil
}

// ErrUTF16 says that a file is not in the encoding of JSON, but in that of some
// Windows programs.
var ErrUTF16 = errors.New("it is in UTF-16; save the file as UTF-8")

// IsUTF16 reports whether a text begins with the byte order mark of UTF-16.
func IsUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
}

// place says where a text ceases to be JSON, as editors count; "" if it is JSON.
func place(text []byte) string {
	var wrong *json.SyntaxError
	if err := json.Unmarshal(text, new(json.RawMessage)); !errors.As(err, &wrong) || wrong.Offset < 1 || wrong.Offset > int64(len(text)) {
		return ""
	}
	before := text[:wrong.Offset-1] // the offset is that behind the character at fault
	line, column := bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])+1
	return fmt.Sprintf("line %d, column %d: ", line, column)
}

// inPlainWords says what encoding/json found without its own terms.
func inPlainWords(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		path := strings.ReplaceAll(wrong.Field, "Evidence.", "")
		if path == "" {
			path = "the file"
		}
		return fmt.Sprintf("%s: a %s cannot stand there", path, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// check reports every fault of the application that shows without its rules.
func (a *Application) check(s *scheme.Scheme, c *scheme.Certificate, today scheme.Date) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for _, text := range []struct {
		field, s string
		check    func(field, s string) error
	}{
		{"application id", a.ID, plainText}, {"candidate id", a.Candidate.ID, plainText},
		{"candidate name", a.Candidate.Name, personName}, {"decision maker", a.Decided.By, personName},
	} {
		if text.s == "" {
			fault("%s is missing", text.field)
		} else if err := text.check(text.field, text.s); err != nil {
			faults = append(faults, err)
		}
	}
	if len(a.ID) > 128 || len(a.Candidate.ID) > 128 {
		fault("application id and candidate id may have 128 characters at most")
	}
	known := a.Language == ""
	for _, l := range c.Languages {
		known = known || l == a.Language
	}
	if !known {
		fault("language %q is not one the certificate is issued in (%v)", a.Language, c.Languages)
	}
	switch {
	case a.Decided.Date.IsZero():
		fault("decision.date is missing")
	case a.Decided.Date.After(today):
		fault("decision.date %s is in the future", a.Decided.Date)
	}
	if e := a.Effective; e != nil {
		switch {
		case e.Before(a.Decided.Date):
			fault("effective %s comes before the decision of %s", e, a.Decided.Date)
		case e.Before(today.AddDays(-1)):
			// Bounded backdating: a stolen key must not make old certificates.
			fault("effective %s is more than a day in the past; leave it out to let the certificate take effect today", e)
		case e.After(today.AddYears(1)):
			fault("effective %s is more than a year ahead", e)
		}
	}
	if err := a.Evidence.Check(s, today); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w %s: %w", ErrApplication, a.ID, errors.Join(faults...))
	}
	return nil
}

// digest identifies the content of an application.
func (a *Application) digest() string {
	text, err := json.Marshal(a)
	if err != nil {
		panic("issuer: a parsed application does not marshal: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// today is the day of t where the body is.
func (b Body) today(t time.Time) scheme.Date {
	loc, err := b.location()
	if err != nil { // NewBody has refused such a zone
		loc = time.UTC
	}
	return scheme.DateOf(t.In(loc))
}
