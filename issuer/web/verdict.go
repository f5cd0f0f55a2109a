package web

import (
	"strings"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/verifier"
)

// verdict is how a certificate stands, in words.
type verdict struct {
	Kind  string // of style.css, and the name of the icon
	Title string
	Text  []string
}

// verdictOf puts a report into words. The date and the reason of a withdrawal or
// suspension are those of the last change of status; its note is for the files
// of the body. A report that is not understood is one that could not be checked.
func verdictOf(r *verifier.Report, changes []issuer.StatusChange) verdict {
	switch {
	case r.Verdict == verifier.Valid:
		return verdict{"valid", "Valid", []string{
			"The certificate is genuine, unaltered and in force."}}
	case r.Verdict != verifier.Invalid:
		return verdict{"unknown", "Could not be checked", []string{
			"This is no verdict on the certificate: do not take it for a good one or a bad one.",
			"Please try again in a few minutes."}}
	}
	switch r.Reason {
	case verifier.Revoked:
		v := verdict{"withdrawn", "Withdrawn", []string{"It no longer certifies anything. A withdrawal is final."}}
		if change := lastTo(issuer.Revoked, changes); change != nil {
			v.Title = "Withdrawn on " + headline(change.Effective)
			v.Text = append([]string{"Reason: " + issuer.PublicReason(*change) + "."}, v.Text...)
		}
		return v
	case verifier.Suspended:
		v := verdict{"suspended", "Suspended", []string{"It may not be relied upon unless it is reinstated."}}
		if change := lastTo(issuer.Suspended, changes); change != nil {
			v.Title = "Suspended since " + headline(change.Effective)
			v.Text = append([]string{"Reason: " + issuer.PublicReason(*change) + "."}, v.Text...)
		}
		return v
	case verifier.Expired:
		v := verdict{"expired", "Expired", []string{"It was genuine and unaltered, and is no longer in force."}}
		if c := r.Certificate; c != nil && c.ValidUntil != nil {
			v.Title = "Expired on " + headline(scheme.DateOf(c.ValidUntil.Time))
			v.Text[0] = "That was its last day. The certificate is genuine and unaltered, but no longer in force."
		}
		return v
	case verifier.NotYetValid:
		v := verdict{"early", "Not yet valid", []string{"The certificate is genuine and unaltered, but not in force before that day."}}
		if c := r.Certificate; c != nil {
			v.Title = "Not yet valid: takes effect on " + headline(scheme.DateOf(c.ValidFrom.Time))
		}
		return v
	case verifier.Malformed, verifier.UntrustedIssuer, verifier.Altered:
		return verdict{"altered", "Altered or not ours", []string{
			"What is on record at this address is not what we have signed. Do not rely on it."}}
	}
	return verdict{"altered", "Not valid", []string{r.Summary()}}
}

// lastTo returns the last change, if it was to the status.
func lastTo(s issuer.Status, changes []issuer.StatusChange) *issuer.StatusChange {
	if n := len(changes); n > 0 && changes[n-1].To == s {
		return &changes[n-1]
	}
	return nil
}

// words writes a day so that nobody can take the month for the day.
func words(d scheme.Date) string {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format("2 January 2006")
}

// headline is words for a narrow place: day and month stay on one line.
func headline(d scheme.Date) string { return strings.Replace(words(d), " ", "\u00a0", 1) }
