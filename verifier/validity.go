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
		e.report.fail(Validity, NotYetValid, "It takes effect on %s.", day(c.ValidFrom.Time))
	case c.ValidUntil != nil && e.at.Truncate(time.Second).After(c.ValidUntil.Time):
		e.report.fail(Validity, Expired, "It expired: its last day was %s.", day(c.ValidUntil.Time))
	case c.ValidUntil != nil:
		e.report.pass(Validity, "It is valid from %s through %s.", day(c.ValidFrom.Time), day(c.ValidUntil.Time))
	default:
		e.report.pass(Validity, "It is valid from %s and does not expire.", day(c.ValidFrom.Time))
	}
}

// day writes a date that reads the same everywhere.
func day(t time.Time) string { return t.Format("2 January 2006") }
