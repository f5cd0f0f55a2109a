package paper

import (
	"context"
	"strings"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// withPaper adds to the report on a credential whether the PDF shows what was
// signed. Of a picture it says that this was not compared. It adds nothing where
// there is no credential to compare with, and nothing to a text.
func (e *Examiner) withPaper(ctx context.Context, r *verifier.Report, found *Found) *verifier.Report {
	switch {
	case r.Certificate == nil:
		return r
	case found.Kind == KindPNG, found.Kind == KindJPEG, found.Kind == KindSVG:
		r.Add(verifier.PaperCheck, verifier.OutcomeSkipped, verifier.None, saysUncompared)
		return r
	case found.Kind != KindPDF:
		return r
	}
	switch f := e.hold(ctx, r.Certificate, found); f.kind {
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

// hold holds the pages of a PDF against a credential. A file that is, to the last
// byte, as the issuer of the credential sealed it needs no comparison. One that is
// not any more is judged by what it shows: programs that save a file again break its
// seal and change nothing else. Only where that cannot be told does the broken seal
// decide.
func (e *Examiner) hold(ctx context.Context, c *credential.Credential, found *Found) finding {
	seal := e.seal(c, found)
	if seal.verdict == sealedByIssuer && found.attached && len(found.Tokens) == 1 {
		return finding{kind: agrees, format: joined(seal.format, seal.note), args: seal.args}
	}
	f := e.compare(ctx, c, found)
	switch {
	case seal.verdict == sealedByOther:
		f.format = joined(f.format, seal.format)
	case seal.verdict == sealBroken && f.kind == agrees:
		f.format = joined(saysSealLost, f.format)
	case seal.verdict == sealBroken && f.design && seal.format == saysSealChanged:
		// The body has sealed files of its own design, and one of them may have been
		// saved again. Only who has that design can tell.
		f = finding{kind: undecided, format: saysUndecided, args: []any{doubtSetting, address(c)}}
	case seal.verdict == sealBroken && f.kind != disagrees:
		f = finding{kind: disagrees, format: seal.format, args: seal.args}
	}
	return f
}

// saysSealLost is said of a file that shows what was signed and has lost its seal.
const saysSealLost = "The seal of the file is broken, as it is by saving the file again."

func joined(a, b string) string { return strings.TrimSpace(a + " " + b) }

// seal judges the seal of a file by the keys of the issuer of the credential.
func (e *Examiner) seal(c *credential.Credential, found *Found) sealJudgement {
	if e.Verifier.Issuers == nil {
		return found.seal.judge(nil)
	}
	issuer, ok := e.Verifier.Issuers.Issuer(c.Issuer.ID)
	if !ok {
		return found.seal.judge(nil)
	}
	return found.seal.judge(issuer.Keys)
}

// compare compares what the pages of a PDF show with a credential.
func (e *Examiner) compare(ctx context.Context, c *credential.Credential, found *Found) finding {
	by := &examined{
		leads:   func(text string) bool { return e.leads(text, c) },
		proves:  func(text string) bool { return e.agrees(ctx, text, c) },
		designs: e.designs(),
	}
	if len(found.sheets) == 0 { // so damaged that another program had to draw it
		return finding{kind: undecided, format: saysUndecided, args: []any{doubtFile, address(c)}}
	}
	if found.Pages == 1 {
		return found.sheets[0].compare(c, by).finding()
	}
	// A certificate has one page. What further pages are, an application or somebody
	// else's words about it, cannot be told; none may claim something else.
	wrong := finding{kind: undecided, format: saysPages, args: []any{found.Pages}}
	for _, s := range found.sheets {
		one := s.compare(c, by)
		f := one.finding()
		if f.kind == disagrees && s.claims() && (f.format == saysName || wrong.kind == undecided) {
			wrong = f
		}
	}
	return wrong
}

// designs are those that a page is compared with.
func (e *Examiner) designs() []*certificate.Design {
	if e.Designs != nil {
		return e.Designs.All()
	}
	return certificate.Builtin().All()
}

// leads reports whether an address leads to the credential. A trusted issuer's
// addresses are read as people type them.
func (e *Examiner) leads(text string, c *credential.Credential) bool {
	if summary.Is(text) {
		return e.agrees(context.Background(), text, c)
	}
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
		if f := e.hold(ctx, r.Certificate, found); shown == nil || f.kind == agrees {
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
	r := s.read(func() *setter { return newSetter(families(certificate.Builtin().All()), certificate.Languages()) })
	return len(r.languages()) > 0
}
