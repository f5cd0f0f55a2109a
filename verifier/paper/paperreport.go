package paper

import (
	"context"
	"strings"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// withPaper adds to the report on a credential whether the PDF shows what was
// signed. Of a picture it says that this was not compared. It adds nothing where
// there is no credential to compare with, and nothing to a text.
func (e *Examiner) withPaper(r *verifier.Report, found *Found) *verifier.Report {
	switch {
	case r.Certificate == nil:
		return r
	case found.Kind == KindPNG, found.Kind == KindJPEG:
		r.Add(verifier.PaperCheck, verifier.OutcomeSkipped, verifier.None, saysUncompared)
		return r
	case found.Kind != KindPDF:
		return r
	}
	switch f := e.hold(r.Certificate, found); f.kind {
	case agrees:
		r.Add(verifier.PaperCheck, verifier.Passed, verifier.None, f.format, f.args...)
	case disagrees:
		r.Add(verifier.PaperCheck, verifier.Failed, verifier.Altered, f.format, f.args...)
	case undecided:
		r.Add(verifier.PaperCheck, verifier.OutcomeUnknown, verifier.NoCredential, f.format, f.args...)
	case isPicture:
		// A scan without an attachment is a picture like any other: the report
		// says whose certificate its QR code leads to, and the reader compares.
		if found.attached {
			r.Add(verifier.PaperCheck, verifier.OutcomeUnknown, verifier.NoCredential, f.format, f.args...)
		} else {
			r.Add(verifier.PaperCheck, verifier.OutcomeSkipped, verifier.None, saysUncompared)
		}
	}
	return r
}

// saysUncompared is said of what only a person can compare.
const saysUncompared = "What the picture shows was not compared with what was signed. Compare it yourself, word for word."

// hold holds the pages of a PDF against a credential.
func (e *Examiner) hold(c *credential.Credential, found *Found) finding {
	leads := func(text string) bool { return e.leads(text, c) }
	if len(found.sheets) == 0 { // so damaged that another program had to draw it
		return finding{undecided, saysUndecided, []any{doubtFile, address(c)}}
	}
	if found.Pages == 1 {
		return found.sheets[0].compare(c, leads).finding()
	}
	// A certificate has one page. What further pages are, an application or somebody
	// else's words about it, cannot be told; none may claim something else.
	wrong := finding{undecided, saysPages, []any{found.Pages}}
	for _, s := range found.sheets {
		f := s.compare(c, leads).finding()
		if f.kind == disagrees && s.claims() && (f.format == factHolder.differs || wrong.kind == undecided) {
			wrong = f
		}
	}
	return wrong
}

// leads reports whether an address leads to the credential. A trusted issuer's
// addresses are read as people type them.
func (e *Examiner) leads(text string, c *credential.Credential) bool {
	if e.Publication != nil {
		if link, err := e.Publication.ParseLink(text); err == nil {
			return link.Credential() == c.ID
		}
	}
	return strings.EqualFold(text, address(c)) || text == c.ID
}

// quarrelling reports on a page with several credentials attached to it. One
// page cannot be two certificates, so the document was changed; the report is on
// the credential that the page shows, if it shows one of them.
func (e *Examiner) quarrelling(ctx context.Context, found *Found) *verifier.Report {
	var shown *verifier.Report
	for _, token := range found.Tokens[:min(len(found.Tokens), 4)] {
		r := e.Verifier.Examine(ctx, token)
		if r.Certificate == nil {
			continue
		}
		if f := e.hold(r.Certificate, found); shown == nil || f.kind == agrees {
			shown = r
			if f.kind == agrees {
				break
			}
		}
	}
	if shown == nil {
		return e.report(verifier.Indeterminate, verifier.NoCredential,
			"This holds %d different credentials. Check them one by one.", len(found.Tokens))
	}
	shown.Add(verifier.PaperCheck, verifier.Failed, verifier.Altered,
		"%d different credentials are attached to this one page; a certificate has one.", len(found.Tokens))
	return shown
}

// claims reports whether a page has the look of a certificate: some of its fixed
// wording.
func (s *sheet) claims() bool {
	lines, _ := s.lines()
	return labelScale(lines) > 0
}
