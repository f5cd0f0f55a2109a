// Package summary is the second QR code of a certificate: a summary of what was
// signed, small enough for a QR code and signed by itself, so that a paper can be
// proved with no network at all.
//
// The code is an address. A phone camera opens the page /v of a verification
// service; the summary is behind the #, which browsers keep to themselves, and the
// page checks it there. Programs read the same text from a photograph or a scan
// ([Token]) and let [verifier.Verifier.ExamineSummary] judge it.
//
// # The text
//
//	https://certs.example.org/v#1 02334…
//	└── any address of a page /v ┘ │ └ digits
//	                               └ version of this format
//
// The address is signed too: a text that opens another page is not proof, whatever its
// digits are ([Summary.Opens]). Behind the version, 1, each seven
// bytes are 17 decimal digits: the bytes as a big-endian number, filled up with
// zeros in front. Of n bytes that are left over at the end, 1 to 6, there are 3, 5,
// 8, 10, 13 or 15 digits. A number that its bytes cannot hold, or any other length,
// is no text of a summary: for the same bytes there is one text. QR codes hold
// digits in less space than anything else, 10 bits for three.
//
// The bytes are
//
//	1   algorithm of the signature: 1 ES256, 2 EdDSA, 3 RS256 (RFC 7518 §3.1, RFC 8037 §3.1)
//	32  key: its RFC 7638 SHA-256 thumbprint
//	2   length of the payload, big-endian
//	…   payload
//	…   signature: 64 bytes, of RS256 as many as the key has
//
// The payload is a JSON text, compressed (RFC 1951):
//
//	["https://certs.example.org","https://certs.example.org","7Q2F9KXM31PDA8ZC7Q2F9KXM31","1",4711,0,
//	 "EXB-7Q2F9-KXM31","Ada Lukasiewicz","Foundation in …","FND","Qualification …","3.3",
//	 "Example Body","D. Decider","2026-11-18T00:00:00Z","2026-11-20T00:00:00Z","","Knowledge of …"]
//
// an array of, in this order,
//
//	issuer     its id, a web address
//	verifier   the web address of the verification service, without a / at its end:
//	           the text is this, /v#, and the digits
//	id         of the credential: <issuer>/certificates/<id>, and of its page: <issuer>/c/<id>
//	list       id of the status lists: <issuer>/status/<list> and <issuer>/status/<list>-suspension
//	index      of the certificate in both, a number
//	flags      a number: 1 for a specimen, 2 for a competence certificate, 3 for both
//	number, holder, title, code, scheme, edition, body, decider   as on the paper
//	decided, from, until   as in the credential; until is "" where it does not expire
//	scope      left out where it does not fit
//
// written without blanks, with no escapes but \" and \\, and without control
// characters. There is one way to write an array, and a reader refuses any other.
//
// # The signature
//
// It is that of a JWS (RFC 7515) whose header is not in the code because it can be
// put together again,
//
//	{"alg":"ES256","kid":"https://certs.example.org/keys/<key in base64url>","typ":"certificate-summary"}
//
// and whose payload is the compressed bytes. [Token] gives that JWS, which only
// [keys.Set.Open] opens, with a key of the issuer for credentials and the typ
// [keys.TypeSummary]: the key decides the algorithm, and neither can a summary be
// taken for a certificate nor a certificate for a summary.
//
// testdata/example.txt is the text of one, and testdata/example.jwks.json the key that
// has signed it.
//
// # The address
//
// Whoever copies a genuine code with another address in front of it would send all who
// scan it to a page that says what he likes. So a reader of the text compares what is
// before the # with the address that was signed, and takes another one for an alteration. The
// same page is meant by its address in capitals, as QR codes may write it (scheme, host
// and v), with a / at the end, and with the language that a reader has chosen there
// (?lang=de); nothing else may differ.
//
// A page /v is not told by which address it was found. It compares the signed one with
// its own, and where they differ it says so beside the answer, with both. That is so
// where a body has moved its service and the old address leads on to the new one, a
// redirect keeping what is behind the #: papers printed before are still checked, and stay
// proof, since it is the old address that is printed on them. It is so too where
// a code is checked with the page of another service, whose camera hands over what it has
// read, address and all, behind the # of its own.
//
// # Size
//
// A text fits a QR code of at most [MaxVersion] at level L, at which it is best drawn:
// with so many modules, larger ones help a reader more than a higher level does. It has
// two segments, bytes and digits ([Split]). What certificates say needs version 15 or
// 16 at most, 21 with an RSA key of 3072 bits. [Write] refuses what does not fit; whoever signs leaves out the scope then ([Summary.WithoutScope]), and if
// that is not enough the paper has no such code.
package summary

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
)

// Limits of what is read.
const (
	MaxVersion = 22       // of the QR code that a text fits in
	maxJSON    = 4 << 10  // bytes of the array
	maxText    = 16 << 10 // bytes that are looked at, as a text
)

// ErrMalformed says that something is not the summary of a certificate. Nothing is
// said about signatures here.
var ErrMalformed = errors.New("not a well-formed summary")

// Summary is what the code says of a certificate. It is not verified by being one.
type Summary struct {
	Issuer     string           `json:"issuer"`
	Verifier   string           `json:"verifier"` // address of the service that the code opens, such as https://certs.example.org
	ID         string           `json:"id"`       // of the certificate in links
	List       string           `json:"statusList"`
	Index      int              `json:"statusListIndex"`
	Specimen   bool             `json:"specimen"`
	Competence bool             `json:"competence"` // must expire
	Number     string           `json:"number"`
	Holder     string           `json:"holder"`
	Title      string           `json:"title"`
	Code       string           `json:"code"`
	Scheme     string           `json:"scheme"`
	Edition    string           `json:"edition"`
	Body       string           `json:"body"`
	Decider    string           `json:"decider"`
	Decided    credential.Time  `json:"decided"`
	From       credential.Time  `json:"validFrom"`
	Until      *credential.Time `json:"validUntil,omitempty"` // last second of validity; nil: never expires
	Scope      *string          `json:"scope,omitempty"`      // nil: left out
}

// Of returns the summary of a credential, in a code that opens the page /v of the
// verification service at the address, such as https://certs.example.org. The error says
// what of it the format cannot hold.
func Of(c *credential.Credential, service string) (*Summary, error) {
	a := c.Subject.Achievement
	scheme, _ := c.Scheme()
	scope := c.Description
	s := &Summary{
		Issuer: c.Issuer.ID, Verifier: service, Specimen: c.Specimen(), Competence: a.AchievementType == credential.AchievementCertification,
		Number: c.Subject.LicenseNumber, Holder: c.Holder(), Title: a.Name, Code: a.HumanCode,
		Scheme: scheme.TargetName, Edition: a.Version, Body: c.Issuer.Name, Decider: c.Decider(),
		From: c.ValidFrom, Until: c.ValidUntil, Scope: &scope,
	}
	if c.AwardedDate == nil || c.Status == nil {
		return nil, errors.New("the credential has no date of decision or no status")
	}
	s.Decided = *c.AwardedDate
	index, err := c.Status.Entry()
	if err != nil {
		return nil, err
	}
	s.Index = index
	s.ID = strings.TrimPrefix(c.ID, s.Issuer+"/certificates/")
	s.List = strings.TrimPrefix(c.Status.List, s.Issuer+"/status/")
	if err := s.check(); err != nil {
		return nil, err
	}
	again := s.Credential()
	if again.ID != c.ID || again.Status.List != c.Status.List || again.Status.Suspension != c.Status.Suspension || again.Status.Purpose != c.Status.Purpose {
		return nil, errors.New("the addresses of the credential or of its status lists are not made as a summary has them")
	}
	return s, nil
}

// WithoutScope returns the summary without the scope of the certificate.
func (s *Summary) WithoutScope() *Summary {
	short := *s
	short.Scope = nil
	return &short
}

// Equal reports whether two summaries say the same.
func (s *Summary) Equal(other *Summary) bool {
	a, err := s.array()
	b, otherErr := other.array()
	return err == nil && otherErr == nil && bytes.Equal(a, b)
}

// Credential returns as much of the credential as the summary says. It is no
// credential of VC 2.0.
func (s *Summary) Credential() *credential.Credential {
	list := s.Issuer + "/status/" + s.List
	index := fmt.Sprint(s.Index)
	decided := s.Decided
	c := &credential.Credential{
		ID:          s.Issuer + "/certificates/" + s.ID,
		Name:        s.Title,
		Issuer:      credential.Profile{ID: s.Issuer, Name: s.Body},
		ValidFrom:   s.From,
		AwardedDate: &decided,
		Subject: credential.Subject{
			LicenseNumber: s.Number,
			Identifier:    []credential.IdentityObject{{Type: "IdentityObject", IdentityType: "name", IdentityHash: s.Holder}},
			Achievement: credential.Achievement{
				AchievementType: credential.AchievementCertificate, Name: s.Title, Version: s.Edition, HumanCode: s.Code,
			},
		},
		Evidence: []credential.Evidence{{Type: credential.Strings{"Evidence"}, Genre: credential.GenreDecision, Description: s.Decider}},
		Status: &credential.Status{
			ID: list + "#" + index, Type: credential.StatusEntry, Purpose: credential.PurposeRevocation,
			Index: index, List: list, Suspension: list + "-suspension",
		},
	}
	if s.Until != nil {
		until := *s.Until
		c.ValidUntil = &until
	}
	if s.Scope != nil {
		c.Description = *s.Scope
	}
	a := &c.Subject.Achievement
	if s.Scheme != "" {
		a.Alignment = []credential.Alignment{{TargetName: s.Scheme, TargetType: credential.AlignmentScheme}}
	}
	if s.Competence {
		a.AchievementType = credential.AchievementCertification
	}
	if s.Specimen {
		a.Tag = []string{credential.TagSpecimen}
	}
	return c
}

// Payload returns what is signed.
func (s *Summary) Payload() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	text, err := s.array()
	if err != nil {
		return nil, err
	}
	if len(text) > maxJSON {
		return nil, fmt.Errorf("a summary of %d bytes is too long; %d are read", len(text), maxJSON)
	}
	var b bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	w.Write(text)
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Packers and unpackers are kept: making one costs more than using it.
var (
	packers = sync.Pool{New: func() any {
		w, _ := flate.NewWriter(nil, flate.BestCompression) // fails for levels that there are not
		return w
	}}
	unpackers = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}
)

// Read reads a payload. Errors wrap [ErrMalformed].
func Read(payload []byte) (*Summary, error) {
	source := bytes.NewReader(payload)
	r := unpackers.Get().(io.ReadCloser)
	defer unpackers.Put(r)
	if err := r.(flate.Resetter).Reset(source, nil); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: its content cannot be unpacked", ErrMalformed)
	case len(text) > maxJSON || source.Len() > 0:
		return nil, fmt.Errorf("%w: its content is longer than a summary is", ErrMalformed)
	}
	s, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return s, nil
}

const members = 18 // of the array, the scope included

// array writes the JSON.
func (s *Summary) array() ([]byte, error) {
	flags, until := 0, ""
	if s.Specimen {
		flags |= 1
	}
	if s.Competence {
		flags |= 2
	}
	if s.Until != nil {
		until = s.Until.String()
	}
	list := []any{
		s.Issuer, s.Verifier, s.ID, s.List, s.Index, flags, s.Number, s.Holder, s.Title, s.Code, s.Scheme, s.Edition, s.Body, s.Decider,
		s.Decided.String(), s.From.String(), until,
	}
	if s.Scope != nil {
		list = append(list, *s.Scope)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(list); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// parse reads the JSON.
func parse(text []byte) (*Summary, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil || len(list) != members && len(list) != members-1 {
		return nil, errors.New("its content is no array as a summary is")
	}
	s := new(Summary)
	var flags int
	var decided, from, until, scope string
	into := []any{
		&s.Issuer, &s.Verifier, &s.ID, &s.List, &s.Index, &flags, &s.Number, &s.Holder, &s.Title, &s.Code, &s.Scheme, &s.Edition, &s.Body, &s.Decider,
		&decided, &from, &until, &scope,
	}
	for i, raw := range list {
		if err := json.Unmarshal(raw, into[i]); err != nil || string(raw) == "null" {
			return nil, fmt.Errorf("its member %d is not what it should be", i+1)
		}
	}
	s.Specimen, s.Competence = flags&1 != 0, flags&2 != 0
	if len(list) == members {
		s.Scope = &scope
	}
	var err error
	if s.Decided, err = credential.ParseTime(decided); err != nil {
		return nil, err
	}
	if s.From, err = credential.ParseTime(from); err != nil {
		return nil, err
	}
	if until != "" {
		last, err := credential.ParseTime(until)
		if err != nil {
			return nil, err
		}
		s.Until = &last
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if again, err := s.array(); err != nil || !bytes.Equal(again, text) {
		return nil, errors.New("its content is not written in the one way that a summary is")
	}
	return s, nil
}

// check reports what cannot be in a summary.
func (s *Summary) check() error {
	switch {
	case !webAddress(s.Issuer):
		return fmt.Errorf("the issuer %q is not a plain web address", cut(s.Issuer))
	case !webAddress(s.Verifier) || strings.HasSuffix(s.Verifier, "/") || !Is(s.Verifier+page+strings.Repeat("0", fewest)):
		return fmt.Errorf("the verification service %q is not a plain web address without a / at its end", cut(s.Verifier))
	case !linkID(s.ID):
		return fmt.Errorf("%q is not the id of a certificate", cut(s.ID))
	case s.List == "" || !plain(s.List, "-_."):
		return fmt.Errorf("%q is not the id of a status list", cut(s.List))
	case s.Index < 0:
		return errors.New("the index in the status list is negative")
	case s.Until != nil && s.Until.Before(s.From.Time):
		return errors.New("it ends before it begins")
	case s.Competence && s.Until == nil:
		return errors.New("a competence certificate says when it expires")
	}
	for _, text := range []*string{&s.Number, &s.Holder, &s.Title, &s.Code, &s.Scheme, &s.Edition, &s.Body, &s.Decider, s.Scope} {
		if text == nil {
			continue
		}
		if !utf8.ValidString(*text) || strings.ContainsFunc(*text, func(r rune) bool {
			return r < ' ' || r == 0x7f || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
		}) {
			return fmt.Errorf("%q holds control characters", cut(*text))
		}
	}
	return nil
}

func cut(s string) string { return s[:min(len(s), 80)] }

// webAddress reports whether s is an address of the web in plain characters, with no
// query and no fragment.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && plain(s, ":/.-_~%[]@!$'()*+,;=")
}

// plain reports whether s is of letters and digits of ASCII and the others.
func plain(s, others string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(others, r))
	})
}

// linkID reports whether s is an id as certificates have it in links: 26
// characters of Crockford's base 32.
func linkID(s string) bool {
	return len(s) == 26 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z') || strings.ContainsRune("ILOU", r)
	})
}

// keyID is the id of a key of the issuer.
func keyID(issuer, thumbprint string) string { return issuer + "/keys/" + thumbprint }

// algorithms are in the order of their numbers, from 1.
var algorithms = []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256}
