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
	report := v.Examine(ctx, token)
	if report.Verdict != Valid {
		return nil, &NotValidError{report}
	}
	return report.Certificate, nil
}

// Examine checks the token and reports every check. It never returns nil.
func (v *Verifier) Examine(ctx context.Context, token string) *Report {
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	e := examination{Verifier: v, now: now()}
	e.at = v.Policy.At
	if e.at.IsZero() {
		e.at = e.now
	}
	e.report = newReport(e.now, e.at)

	token = trim(token)
	if t, ok := e.parse(token); ok {
		if issuer, ok := e.key(t); ok {
			if signed, ok := e.signature(t, issuer); ok {
				if c, ok := e.content(signed, issuer); ok {
					e.status(ctx, c, issuer)
					e.validity(c)
					e.policy(c)
				}
			}
		}
	}
	e.report.conclude()
	return e.report
}

// examination is one run of Examine.
type examination struct {
	*Verifier
	now    time.Time // the moment of checking
	at     time.Time // the moment asked about
	report *Report
}
