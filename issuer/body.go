package issuer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
)

// Body is the certification body (ISO/IEC 17024 3.2) whose records these are.
type Body struct {
	Name          string `json:"name"`          // legal name, as printed
	URL           string `json:"url"`           // issuer id: https://host[/path], without a final slash
	Prefix        string `json:"prefix"`        // of its certificate numbers
	Zone          string `json:"zone"`          // IANA time zone in which its days begin and end
	Accreditation string `json:"accreditation"` // number of its accreditation, "" if it has none
	Specimen      bool   `json:"specimen"`      // throw-away: everything it issues is marked SPECIMEN
	// Verifier is the address of the verification service whose page /v the second QR
	// code of its papers opens, as https://host[/path]; "": papers have no such code.
	Verifier string `json:"verifier"`
}

var prefixForm = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,5}$`)

// NewBody returns a body with the defaults filled in: a prefix from the
// initials of the name, and UTC. The error names every member that cannot be.
func NewBody(b Body) (Body, error) {
	b.Name = strings.TrimSpace(b.Name)
	b.URL = strings.TrimRight(strings.TrimSpace(b.URL), "/")
	if b.Prefix == "" {
		b.Prefix = initials(b.Name)
	}
	if b.Zone == "" {
		b.Zone = "UTC"
	}
	var faults []error
	if b.Name == "" {
		faults = append(faults, errors.New("the body needs a name"))
	} else if err := plainText("body name", b.Name); err != nil {
		faults = append(faults, err)
	}
	faults = append(faults, issuerURL(b.URL))
	if b.Verifier = strings.TrimRight(strings.TrimSpace(b.Verifier), "/"); b.Verifier != "" {
		if err := issuerURL(b.Verifier); err != nil {
			faults = append(faults, fmt.Errorf("verification service: %w", err))
		}
	}
	if !prefixForm.MatchString(b.Prefix) {
		faults = append(faults, fmt.Errorf("prefix %q must be 2 to 6 capital letters or digits, a letter first", b.Prefix))
	}
	if _, err := b.location(); err != nil {
		faults = append(faults, err)
	}
	if b.Accreditation != "" {
		faults = append(faults, plainText("accreditation", b.Accreditation))
	}
	return b, errors.Join(faults...)
}

// Establish records the body in a store that has none. saveKeys, if not nil, saves its
// signing keys: it is called when it is certain that there is no body yet, and
// again if recording has failed. Of several at once, one establishes.
func Establish(ctx context.Context, store Store, b Body, actor Actor, now time.Time, saveKeys func() error) error {
	return store.Update(ctx, func(tx Tx) error {
		if known, err := tx.Body(); !errors.Is(err, ErrNotFound) {
			if err == nil {
				err = fmt.Errorf("these are the records of %q already", known.Name)
			}
			return err
		}
		if saveKeys != nil {
			if err := saveKeys(); err != nil {
				return err
			}
		}
		if err := tx.PutBody(b); err != nil {
			return err
		}
		return tx.AddAct(audit.Chain(nil, audit.Entry{At: now, Actor: actor.Name, Act: audit.BodyCreated, Object: b.URL}))
	})
}

// AddKey records that the body has a further key, and has its private part saved,
// which comes last: if it cannot be saved there is no entry in the audit log.
// Nobody else acts on the records meanwhile.
func (i *Issuer) AddKey(ctx context.Context, actor Actor, key *keys.Key, save func() error) error {
	return i.Store.Update(ctx, func(tx Tx) error {
		if err := i.record(tx, actor, audit.KeyAdded, key.ID, map[string]string{"purpose": string(key.Purpose)}); err != nil {
			return err
		}
		return save()
	})
}

func (b Body) location() (*time.Location, error) {
	if loc, ok := zones.Load(b.Zone); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(b.Zone)
	if err != nil || b.Zone == "Local" {
		return nil, fmt.Errorf("time zone %q is not known; use a name such as Europe/Berlin", b.Zone)
	}
	zones.Store(b.Zone, loc)
	return loc, nil
}

// zones are the time zones that have been read; a program has one body, or a few.
var zones sync.Map // string → *time.Location

// Published addresses of the body.
func (b Body) certificateURL(link string) string { return b.URL + "/certificates/" + link }
func (b Body) listURL(list string) string        { return b.URL + "/status/" + list }
func (b Body) suspensionURL(list string) string  { return b.URL + "/status/" + list + "-suspension" }

// StatusPrefix is the address under which all status lists of the body stand.
func (b Body) StatusPrefix() string { return b.URL + "/status/" }

// VerifyURL is the verification address of the certificate, for people.
func (b Body) VerifyURL(link string) string { return b.URL + "/c/" + link }

// QR is the text of the QR code: the verification address, in capitals where
// that changes nothing, because QR codes hold capitals in less space.
func (b Body) QR(link string) string {
	if u, err := url.Parse(b.URL); err == nil && u.Path == "" {
		return strings.ToUpper(b.VerifyURL(link))
	}
	return b.VerifyURL(link)
}

// initials makes a prefix of a name: the first letters of its first words.
func initials(name string) string {
	var s strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if c := word[0]; s.Len() < 4 && (c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			s.WriteByte(c &^ 0x20)
		}
	}
	if s.Len() < 2 {
		return "CERT"
	}
	return s.String()
}

func issuerURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || u.User != nil || strings.ContainsAny(s, "?#\\ ") || u.EscapedPath() != u.Path || strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/."):
		return fmt.Errorf("issuer address %q must be a plain web address such as https://certs.example.org", s)
	case !ascii(u.Host):
		return fmt.Errorf("issuer address %q must have its host in ASCII, as xn--…", s)
	case !strings.HasPrefix(s, u.Scheme) || strings.ToLower(u.Host) != u.Host: // u.Scheme is in lower case
		return fmt.Errorf("issuer address %q must have its scheme and host in lower case", s)
	case len(s) > 80:
		return fmt.Errorf("issuer address %q is longer than 80 characters, too long for a QR code on paper", s)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()):
		return nil
	}
	return fmt.Errorf("issuer address %q must begin with https:// (http:// is for this machine only)", s)
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
