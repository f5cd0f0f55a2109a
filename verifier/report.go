package verifier

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// Verdict is one of three answers.
type Verdict int

// The verdicts. Indeterminate is the zero value: nothing is valid, or invalid,
// before it has been shown to be.
const (
	Indeterminate Verdict = iota // cannot decide
	Valid
	Invalid
)

func (v Verdict) String() string {
	switch v {
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	default:
		return "indeterminate"
	}
}

// MarshalText writes "valid", "invalid" or "indeterminate".
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Reason says in one word why a certificate is not valid. It is stable.
type Reason string

// The reasons. None is that of a valid certificate.
const (
	None              Reason = ""
	Malformed         Reason = "malformed"          // not a certificate in the accepted form
	UntrustedIssuer   Reason = "untrusted_issuer"   // not from an issuer trusted here, or not with its key
	Altered           Reason = "altered"            // changed, or not signed by who it says
	Revoked           Reason = "revoked"            // withdrawn by the issuer, for good
	Suspended         Reason = "suspended"          // suspended by the issuer for now
	Expired           Reason = "expired"            // past its last day
	NotYetValid       Reason = "not_yet_valid"      // before its first day
	NameMismatch      Reason = "name_mismatch"      // is not of the person asked about
	PolicyNotMet      Reason = "policy"             // stands, but is not what was asked for
	Unknown           Reason = "unknown"            // the issuer knows no such certificate
	StatusUnavailable Reason = "status_unavailable" // its status could not be decided
	Unavailable       Reason = "unavailable"        // the certificate itself could not be had
	NoCredential      Reason = "no_credential"      // nothing in the document can be checked
)

// precedence orders the reasons that can hold at once: the weightiest first.
var precedence = []Reason{Malformed, UntrustedIssuer, Altered, Revoked, Suspended, Expired, NotYetValid, NameMismatch, PolicyNotMet, StatusUnavailable, Unavailable, NoCredential}

// CheckName names a check.
type CheckName string

// The checks, in their order. That of the paper is made of documents only.
const (
	Format      CheckName = "format"
	IssuerKey   CheckName = "issuer"
	Signature   CheckName = "signature"
	Status      CheckName = "status"
	Validity    CheckName = "validity"
	PolicyCheck CheckName = "policy"
	PaperCheck  CheckName = "paper"
)

// Outcome is how one check ended.
type Outcome string

// The outcomes. Skipped is that of a check behind a gate that did not open.
const (
	Passed         Outcome = "passed"
	Failed         Outcome = "failed"
	OutcomeUnknown Outcome = "unknown"
	OutcomeSkipped Outcome = "skipped"
)

// Check is the outcome of one check, with a sentence for people.
type Check struct {
	Name    CheckName `json:"name"`
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail"`

	reason Reason
	format string
	args   []any
}

// Message returns the sentence before its values were put in, for those who say
// it in another language: the English format of package fmt, which stays the
// same for the same finding, and its values. Dates among them are [Day] and
// [Minute].
func (c Check) Message() (format string, args []any) { return c.format, c.args }

// Day is a date in a sentence: the calendar day in the offset that the time was
// written with, which is the day that its writer meant. A paper shows the same.
type Day time.Time

func (d Day) String() string { return time.Time(d).Format("2 January 2006") }

// Minute is a time in a sentence.
type Minute time.Time

func (m Minute) String() string { return time.Time(m).UTC().Format("2 January 2006, 15:04 UTC") }

// Report is the answer for people: the verdict and every check.
type Report struct {
	Verdict   Verdict    `json:"verdict"`
	Reason    Reason     `json:"reason"`
	CheckedAt time.Time  `json:"checkedAt"`
	At        *time.Time `json:"at,omitempty"` // the moment asked about, where it is not CheckedAt
	// StatusAsOf is the date of the oldest status list that was used: what
	// happened later is not in the answer.
	StatusAsOf  *time.Time `json:"statusAsOf,omitempty"`
	StatusLists []ListUsed `json:"statusLists,omitempty"` // that the answer rests on
	// NameMatches says whether the holder is the person asked about; nil if
	// nobody was, or the certificate could not be read.
	NameMatches *bool   `json:"nameMatches,omitempty"`
	Checks      []Check `json:"checks"`
	// Payload is the signed content, present only if the signature is good.
	Payload json.RawMessage `json:"credential,omitempty"`
	// Summarised is the signed content where no certificate was checked but the
	// summary of one, from the second QR code of its paper.
	Summarised *summary.Summary `json:"summary,omitempty"`
	// Certificate is Payload as a Go value, if it is a well-formed certificate, or as
	// much of it as the Summary says.
	Certificate *credential.Credential `json:"-"`
	// SummaryDigest is the digest of what was signed of Summarised.
	SummaryDigest string `json:"-"`
}

// ListUsed is a signed status list that an answer rests on.
type ListUsed struct {
	URL        string    `json:"id"`
	Purpose    string    `json:"purpose"`
	ValidFrom  time.Time `json:"validFrom"`
	ValidUntil time.Time `json:"validUntil"`
	Digest     string    `json:"digest"` // of the signed list, as W3C SRI writes it
}

// gates are the checks that every token goes through.
var gates = []CheckName{Format, IssuerKey, Signature, Status, Validity, PolicyCheck}

const skipped = "Not looked at, because an earlier check failed."

func newReport(now, at time.Time) *Report {
	r := &Report{CheckedAt: now.UTC().Truncate(time.Second), Checks: make([]Check, len(gates), len(gates)+1)}
	if !at.Equal(now) {
		at = at.UTC()
		r.At = &at
	}
	for i, name := range gates {
		r.Checks[i] = Check{Name: name, Outcome: OutcomeSkipped, format: skipped}
	}
	return r
}

// NewReport returns a report on something that never reached the checks: a
// document without a certificate, or a certificate that could not be had.
func NewReport(now time.Time, verdict Verdict, reason Reason, format string, args ...any) *Report {
	r := newReport(now, now)
	outcome := Failed
	if verdict != Invalid {
		outcome = OutcomeUnknown
	}
	r.set(Format, outcome, reason, format, args)
	r.Verdict, r.Reason = verdict, reason
	r.word()
	return r
}

// Add adds a check of what surrounds the token, such as the paper it came on,
// and draws the verdict anew. It never makes an answer better.
func (r *Report) Add(name CheckName, outcome Outcome, reason Reason, format string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, Outcome: outcome, reason: reason, format: format, args: args})
	r.conclude()
	r.word()
}

// used notes that a status list was used.
func (r *Report) used(l *list, purpose string) {
	if from := l.validFrom; r.StatusAsOf == nil || from.Before(*r.StatusAsOf) {
		r.StatusAsOf = &from
	}
	r.StatusLists = append(r.StatusLists, ListUsed{l.url, purpose, l.validFrom, l.validUntil, l.digest()})
}

func (r *Report) pass(name CheckName, format string, args ...any) {
	r.set(name, Passed, None, format, args)
}

func (r *Report) fail(name CheckName, reason Reason, format string, args ...any) {
	r.set(name, Failed, reason, format, args)
}

func (r *Report) unknown(name CheckName, reason Reason, format string, args ...any) {
	r.set(name, OutcomeUnknown, reason, format, args)
}

func (r *Report) set(name CheckName, outcome Outcome, reason Reason, format string, args []any) {
	for i := range r.Checks {
		if r.Checks[i].Name == name {
			r.Checks[i] = Check{Name: name, Outcome: outcome, reason: reason, format: format, args: args}
		}
	}
}

// word puts the findings into words. Programs that only ask whether a
// certificate is valid are spared it.
func (r *Report) word() {
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Detail == "" {
			c.Detail = fmt.Sprintf(c.format, c.args...)
		}
	}
}

// conclude draws the verdict: valid only if every check passed, invalid if any
// failed, and otherwise cannot decide.
func (r *Report) conclude() {
	passed, failed := 0, 0
	for _, c := range r.Checks {
		switch {
		case c.Outcome == Passed, c.uncompared():
			passed++
		case c.Outcome == Failed:
			failed++
		}
	}
	switch {
	case passed == len(r.Checks):
		r.Verdict = Valid
	case failed > 0:
		r.Verdict = Invalid
	default:
		r.Verdict = Indeterminate
	}
	for _, reason := range precedence {
		for _, c := range r.Checks {
			if c.reason == reason && (c.Outcome == Failed || failed == 0) {
				r.Reason = reason
				return
			}
		}
	}
}

// uncompared reports whether this is the check of a paper of which a program cannot
// tell what it shows, such as a photograph. It speaks neither for nor against the
// certificate: whoever holds the paper has to compare it.
func (c Check) uncompared() bool { return c.Name == PaperCheck && c.Outcome == OutcomeSkipped }

// Uncompared reports whether the certificate was read from a paper of which it could
// not be told what it shows: that the certificate is valid does not make the paper so.
func (r *Report) Uncompared() bool {
	for _, c := range r.Checks {
		if c.uncompared() {
			return true
		}
	}
	return false
}

// Summary returns the sentence of the check that decided. Of a valid certificate it
// is what must not be overlooked: a paper that was not compared, or how it stood in
// the past.
func (r *Report) Summary() string {
	for _, c := range r.Checks {
		if r.Reason != None && c.reason == r.Reason {
			return c.Detail
		}
	}
	if r.Verdict == Valid {
		for _, c := range r.Checks {
			if c.uncompared() || c.Name == Status && r.At != nil && !r.Uncompared() {
				return c.Detail
			}
		}
		return "Every check has passed."
	}
	return "It could not be decided."
}
