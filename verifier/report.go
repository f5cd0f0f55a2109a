package verifier

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/testamur/testamur/verifier/credential"
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
	PolicyNotMet      Reason = "policy"             // stands, but is not what was asked for
	Unknown           Reason = "unknown"            // the issuer knows no such certificate
	StatusUnavailable Reason = "status_unavailable" // its status could not be decided
	Unavailable       Reason = "unavailable"        // the certificate itself could not be had
	NoCredential      Reason = "no_credential"      // nothing in the document can be checked
)

// precedence orders the reasons that can hold at once: the weightiest first.
var precedence = []Reason{Malformed, UntrustedIssuer, Altered, Revoked, Suspended, Expired, NotYetValid, PolicyNotMet, StatusUnavailable}

// CheckName names one of the six checks.
type CheckName string

// The checks, in their order.
const (
	Format      CheckName = "format"
	IssuerKey   CheckName = "issuer"
	Signature   CheckName = "signature"
	Status      CheckName = "status"
	Validity    CheckName = "validity"
	PolicyCheck CheckName = "policy"
)

// Outcome is how one check ended.
type Outcome string

// The outcomes. Skipped is that of a check behind a gate that did not open.
const (
	Passed         Outcome = "passed"
	Failed         Outcome = "failed"
	OutcomeUnknown Outcome = "unknown"
	OutcomeSkipped Outcome = "skipped"
	skippedBecause         = "Not looked at, because an earlier check failed."
)

// Check is the outcome of one check, with a sentence for people.
type Check struct {
	Name    CheckName `json:"name"`
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail"`

	reason Reason
}

// Report is the answer for people: the verdict and every check.
type Report struct {
	Verdict   Verdict    `json:"verdict"`
	Reason    Reason     `json:"reason"`
	CheckedAt time.Time  `json:"checkedAt"`
	At        *time.Time `json:"at,omitempty"` // the moment asked about, where it is not CheckedAt
	// StatusAsOf is the date of the oldest status list that was used: what
	// happened later is not in the answer.
	StatusAsOf *time.Time `json:"statusAsOf,omitempty"`
	Checks     []Check    `json:"checks"`
	// Payload is the signed content, present only if the signature is good.
	Payload json.RawMessage `json:"credential,omitempty"`
	// Certificate is Payload as a Go value, if it is a well-formed certificate.
	Certificate *credential.Credential `json:"-"`
}

func newReport(now, at time.Time) *Report {
	r := &Report{CheckedAt: now.UTC().Truncate(time.Second)}
	if !at.Equal(now) {
		at = at.UTC()
		r.At = &at
	}
	for _, name := range []CheckName{Format, IssuerKey, Signature, Status, Validity, PolicyCheck} {
		r.Checks = append(r.Checks, Check{Name: name, Outcome: OutcomeSkipped, Detail: skippedBecause})
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
	r.set(Format, outcome, reason, fmt.Sprintf(format, args...))
	r.Verdict, r.Reason = verdict, reason
	return r
}

// asOf notes that a status list of the time was used.
func (r *Report) asOf(t time.Time) {
	if t = t.UTC(); r.StatusAsOf == nil || t.Before(*r.StatusAsOf) {
		r.StatusAsOf = &t
	}
}

func (r *Report) pass(name CheckName, format string, args ...any) {
	r.set(name, Passed, None, fmt.Sprintf(format, args...))
}

func (r *Report) fail(name CheckName, reason Reason, format string, args ...any) {
	r.set(name, Failed, reason, fmt.Sprintf(format, args...))
}

func (r *Report) unknown(name CheckName, reason Reason, format string, args ...any) {
	r.set(name, OutcomeUnknown, reason, fmt.Sprintf(format, args...))
}

func (r *Report) set(name CheckName, outcome Outcome, reason Reason, detail string) {
	for i := range r.Checks {
		if r.Checks[i].Name == name {
			r.Checks[i] = Check{name, outcome, detail, reason}
		}
	}
}

// conclude draws the verdict: valid only if every check passed, invalid if any
// failed, and otherwise cannot decide.
func (r *Report) conclude() {
	passed, failed := 0, 0
	for _, c := range r.Checks {
		switch c.Outcome {
		case Passed:
			passed++
		case Failed:
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

// Summary returns the sentence of the check that decided.
func (r *Report) Summary() string {
	for _, c := range r.Checks {
		if r.Reason != None && c.reason == r.Reason {
			return c.Detail
		}
	}
	if r.Verdict == Valid {
		return "Every check has passed."
	}
	return "It could not be decided."
}
