package web

import (
	"time"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
)

// verdict is how a certificate stands, in words.
type verdict struct {
	Kind  string // of style.css
	Icon  string
	Title templates.Words
	Text  []templates.Words
}

// aboutReport is what a verdict is put into words from.
type aboutReport struct {
	report    *verifier.Report
	standing  Standing // of an issuer whose records are at hand; zero: not known
	presented bool     // as a document or text, and not asked for by its id
}

// verdictOf puts a report into words. A report that is not understood is one that
// could not be checked: green is what the verifier calls valid, and nothing else.
func verdictOf(l *templates.Language, a aboutReport) verdict {
	r := a.report
	v := func(kind string, title templates.Words, text ...string) verdict {
		out := verdict{Kind: kind, Icon: kind, Title: title}
		for _, t := range text {
			out.Text = append(out.Text, l.Say(t))
		}
		return out
	}
	switch {
	case r.Verdict == verifier.Valid && r.Uncompared():
		title := l.Say("Valid")
		if r.At != nil {
			title = l.Say("Valid on %s", l.Date(*r.At))
		}
		return v("valid", title, "The certificate is genuine. What the document shows was not compared with it: compare it yourself, word for word.")
	case r.Verdict == verifier.Valid && r.At != nil:
		return v("valid", l.Say("Valid on %s", l.Date(*r.At)), "The certificate is genuine and unaltered, and was in force on that day.")
	case r.Verdict == verifier.Valid:
		return v("valid", l.Say("Valid"), "The certificate is genuine, unaltered and in force.")
	case r.Verdict != verifier.Invalid && r.Reason == verifier.NoCredential && r.Certificate != nil:
		return v("unknown", l.Say("Could not be checked"), "Whether the document shows what was signed could not be told. Compare it yourself with what stands below.")
	case r.Verdict != verifier.Invalid && r.Reason == verifier.NoCredential:
		return v("unknown", l.Say("Nothing to check was found"), "Nothing was found in it that could be checked. This is no verdict on the certificate.").with(decisive(l, r))
	case r.Verdict != verifier.Invalid:
		out := v("unknown", l.Say("Could not be checked"), "This is no verdict on the certificate: do not take it for a good one or a bad one.")
		if r.At == nil {
			out.Text = append(out.Text, l.Say("Please try again in a few minutes."))
		}
		return out
	}
	switch r.Reason {
	case verifier.Revoked:
		return a.withdrawn(l, v)
	case verifier.Suspended:
		title := l.Say("Suspended")
		switch {
		case a.known():
			title = l.Say("Suspended since %s", l.Date(a.standing.Since))
		case r.At != nil:
			title = l.Say("Suspended on %s", l.Date(*r.At))
		}
		return v("suspended", title, "It may not be relied upon unless it is reinstated.").because(l, a)
	case verifier.Expired:
		if c := r.Certificate; c != nil && c.ValidUntil != nil {
			return v("expired", l.Say("Expired on %s", l.Date(c.ValidUntil.Time)),
				"That was its last day. The certificate is genuine and unaltered, but no longer in force.")
		}
		return v("expired", l.Say("Expired"))
	case verifier.NotYetValid:
		title := l.Say("Not yet valid")
		if c := r.Certificate; c != nil {
			title = l.Say("Not yet valid: takes effect on %s", l.Date(c.ValidFrom.Time))
		}
		return v("early", title, "The certificate is genuine and unaltered, but not in force before that day.")
	case verifier.NameMismatch:
		return v("altered", l.Say("The name does not match"),
			"The certificate was not issued to the name that was given. Compare the spelling; if the paper shows that name, do not rely on the paper.")
	case verifier.Unknown:
		return v("altered", l.Say("No such certificate"), "The issuer knows no such certificate. Do not rely on the paper.")
	case verifier.Malformed, verifier.UntrustedIssuer, verifier.Altered:
		if a.presented && r.Reason == verifier.Malformed && r.Payload == nil {
			return v("altered", l.Say("Not a certificate"),
				"This is neither a certificate nor the address of one. What can be checked is the PDF or a picture of a certificate, its signed file, or the address printed beside its QR code.",
				"If it was given to you as a certificate, do not rely on it.")
		}
		if a.presented {
			return v("altered", l.Say("Altered or not ours"), "What was presented is not what a body trusted here has signed. Do not rely on it.").with(decisive(l, r))
		}
		return v("altered", l.Say("Altered or not ours"), "What is on record at this address is not what the issuer has signed. Do not rely on it.")
	}
	return v("altered", l.Say("Not valid")).with(decisive(l, r))
}

// withdrawn tells a certificate that another has replaced from one that was taken
// away.
func (a aboutReport) withdrawn(l *templates.Language, v func(string, templates.Words, ...string) verdict) verdict {
	switch {
	case !a.known():
		return v("withdrawn", l.Say("Withdrawn"), "It no longer certifies anything. A withdrawal is final.")
	case a.standing.Reason == superseded || a.standing.ReplacedBy != "":
		return v("withdrawn", l.Say("Replaced on %s", l.Date(a.standing.Since)), "It no longer certifies anything: another certificate has taken its place.")
	}
	return v("withdrawn", l.Say("Withdrawn on %s", l.Date(a.standing.Since)), "It no longer certifies anything. A withdrawal is final.").because(l, a)
}

// known reports whether the change of status that the report is about is known.
func (a aboutReport) known() bool {
	return !a.standing.Since.IsZero() && (a.report.At == nil || !a.standing.Since.After(*a.report.At))
}

// because puts the reason before what it means.
func (v verdict) because(l *templates.Language, a aboutReport) verdict {
	if a.known() && a.standing.Reason != "" {
		reason := templates.Word{Text: l.Text(reasonWords(a.standing.Reason))}
		v.Text = append([]templates.Words{l.Say("Reason: %s.", reason)}, v.Text...)
	}
	return v
}

func (v verdict) with(more templates.Words) verdict {
	if len(more) > 0 {
		v.Text = append(v.Text, more)
	}
	return v
}

// decisive is the sentence of the check that decided.
func decisive(l *templates.Language, r *verifier.Report) templates.Words {
	summary := r.Summary()
	for _, c := range r.Checks {
		if c.Detail == summary {
			return finding(l, c)
		}
	}
	return nil
}

// inAddress writes the moment that a report is about as an address has it: a day alone
// is its noon.
func inAddress(at time.Time) string {
	at = at.UTC()
	if at.Equal(at.Truncate(24 * time.Hour).Add(12 * time.Hour)) {
		return at.Format(time.DateOnly)
	}
	return at.Format(time.RFC3339)
}
