package verifier

import (
	"time"

	"github.com/testamur/testamur/verifier/credential"
)

// validity reports whether the moment asked about is within the certificate's
// period. validUntil is the last second that counts.
func (e *examination) validity(c *credential.Credential) {
	switch {
	case e.at.Add(leeway).Before(c.ValidFrom.Time):
		e.report.fail(Validity, NotYetValid, "It takes effect on %s.", Day(c.ValidFrom.Time))
	case c.ValidUntil != nil && e.at.Truncate(time.Second).After(c.ValidUntil.Time):
		e.report.fail(Validity, Expired, "It expired: its last day was %s.", Day(c.ValidUntil.Time))
	case c.ValidUntil != nil:
		e.report.pass(Validity, "It is valid from %s through %s.", Day(c.ValidFrom.Time), Day(c.ValidUntil.Time))
	default:
		e.report.pass(Validity, "It is valid from %s and does not expire.", Day(c.ValidFrom.Time))
	}
}
