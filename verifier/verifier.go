// Package verifier answers one question: does this certificate stand?
//
// A token goes one way through the package, and each step is a file:
//
//	parse      strict form; what is read here is only claimed
//	key        the issuer, among those this verifier trusts, and its keys
//	signature  from here on the payload is verified, and another Go value
//	status     revoked or suspended, by the issuer's signed lists
//	validity   not before, not after
//	policy     what the caller asks for beyond that
//	report     the three answers: valid, invalid, cannot decide
//
// The first three are gates; the last three are each reported whatever the
// others say. A token never says where to fetch anything: keys and lists come
// from the trusted issuer's entry only. The zero [Verdict] is "cannot decide",
// and every error path ends there.
//
//	v := verifier.Verifier{Issuers: trust, Statuses: trust}
//	cred, err := v.Verify(ctx, token)      // for programs: all passed, or nothing
//	report := v.Examine(ctx, token)        // for people: every check, with its reason
package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
)

// Verifier checks certificates. Its fields are its dependencies; the methods
// may be called from several goroutines if the dependencies may.
type Verifier struct {
	Issuers  Issuers          // whose certificates are believed
	Statuses Statuses         // where the status lists come from
	Policy   Policy           // what this caller asks for
	Now      func() time.Time // time.Now if nil
}

// Issuers knows the trusted issuers.
type Issuers interface {
	// Issuer returns the trusted issuer of the id, compared exactly.
	Issuer(id string) (*Issuer, bool)
}

// Issuer is one trusted issuer.
type Issuer struct {
	ID   string // URL, as credentials name it
	Name string // for people
	Keys *keys.Set
	// StatusLists are the URLs of the issuer's status lists, or, ending in a
	// slash, the prefixes under which it publishes them. No other list is ever
	// asked for.
	StatusLists []string
	// OpenBadgesStrict accepts typ "JWT" beside "vc+jwt" from this issuer.
	OpenBadgesStrict bool
}

// Statuses provides status lists.
type Statuses interface {
	// StatusList returns the signed list published under the URL, which is one
	// of the issuer's own. It need not be verified: the verifier does that. An
	// error means that the status cannot be decided.
	StatusList(ctx context.Context, url string) (string, error)
}

// Sources is several sources of status lists, such as the issuer and a kept copy.
// Every source is asked. Of the sound lists the newest decides, but a revocation
// in any of them counts, since it is final: whoever brings back an old list
// brings nothing back.
type Sources []Statuses

// StatusList returns the list of the first source that has it. A [Verifier] asks
// each of them.
func (s Sources) StatusList(ctx context.Context, url string) (string, error) {
	var errs []error
	for _, source := range s {
		list, err := source.StatusList(ctx, url)
		if err == nil {
			return list, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

// Policy is what a caller asks for beyond a standing certificate.
type Policy struct {
	// At is the moment asked about; zero: now.
	At time.Time
	// Certificate is the short code that the certificate must have; "": any.
	Certificate string
	// ID is the id of the credential that must have been presented, where a
	// link has named it; "": any.
	ID string
	// Holder says whether the name of the holder is that of the person asked
	// about; nil: nobody is.
	Holder func(name string) bool
}

// NotValidError is the error of [Verifier.Verify]: the report of a certificate
// that is not valid, or that cannot be decided.
type NotValidError struct{ Report *Report }

func (e *NotValidError) Error() string {
	return fmt.Sprintf("certificate is not valid: %s: %s", e.Report.Reason, e.Report.Summary())
}

// Verify returns the credential if every check has passed, and otherwise a
// [*NotValidError] and nothing.
func (v *Verifier) Verify(ctx context.Context, token string) (*credential.Credential, error) {
	e := v.examine()
	o := e.open(token)
	if o != nil {
		e.assess(ctx, o)
	}
	e.report.conclude()
	if e.report.Verdict != Valid {
		e.report.word()
		return nil, &NotValidError{e.report}
	}
	return o.certificate, nil
}

// Examine checks the token and reports every check. It never returns nil.
func (v *Verifier) Examine(ctx context.Context, token string) *Report {
	e := v.examine()
	if o := e.open(token); o != nil {
		e.assess(ctx, o)
	}
	e.report.conclude()
	e.report.word()
	return e.report
}

// Opened is a certificate that has passed the gates: a trusted issuer's key has
// signed exactly this. Whether it stands is another question, which [Assess]
// answers, now or later. It is not changed once made.
type Opened struct {
	issuer      string
	key         *keys.Key
	payload     []byte
	certificate *credential.Credential
}

// Certificate returns the signed content.
func (o *Opened) Certificate() *credential.Credential { return o.certificate }

// Open lets the token through the gates, and returns nil and the report if one
// does not open.
func (v *Verifier) Open(token string) (*Opened, *Report) {
	e := v.examine()
	o := e.open(token)
	if o != nil {
		return o, nil
	}
	e.report.conclude()
	e.report.word()
	return nil, e.report
}

// Assess reports on a certificate that has been opened before, by this verifier
// or one that trusts the same issuers. Only the arithmetic of the signature is
// not done again: that the issuer is trusted and the key its own, the status,
// the dates and the policy are checked as they are now.
func (v *Verifier) Assess(ctx context.Context, o *Opened) *Report {
	e := v.examine()
	if e.reopen(o) {
		e.assess(ctx, o)
	}
	e.report.conclude()
	e.report.word()
	return e.report
}

// examination is one run of Examine.
type examination struct {
	*Verifier
	now    time.Time // the moment of checking
	at     time.Time // the moment asked about
	since  bool      // asked about the past: it has been withdrawn since
	report *Report
}

func (v *Verifier) examine() *examination {
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	e := &examination{Verifier: v, now: now()}
	e.at = v.Policy.At.UTC() // as the report says it, in whatever zone it was asked about
	if e.at.IsZero() {
		e.at = e.now
	}
	e.report = newReport(e.now, e.at)
	return e
}

// open goes through the three gates.
func (e *examination) open(token string) *Opened {
	t, ok := e.parse(trim(token))
	if !ok {
		return nil
	}
	issuer, ok := e.key(t)
	if !ok {
		return nil
	}
	signed, ok := e.signature(t, issuer)
	if !ok {
		return nil
	}
	c, ok := e.content(signed, issuer)
	if !ok {
		return nil
	}
	return &Opened{issuer.ID, signed.Key, signed.Payload, c}
}

// assess makes the three checks that are each reported whatever the others say.
func (e *examination) assess(ctx context.Context, o *Opened) {
	issuer, _ := e.Issuers.Issuer(o.issuer)
	e.status(ctx, o.certificate, issuer)
	e.validity(o.certificate)
	e.policy(o.certificate)
}
