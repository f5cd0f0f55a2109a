package paper

import (
	"context"
	"errors"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// What is said of a paper with a second QR code, the signed summary.
const (
	saysSummaryOther  = "The two QR codes are of two different certificates: one leads to %s, the other is signed for %s."
	saysElsewhere     = "The second QR code opens %s, which is not the address that was signed."
	saysSummaryDiffer = "The second QR code does not say what the certificate says."
	saysSummaryLink   = "Beside the signed summary a QR code leads to %q, which is not an address of an issuer trusted here. Do not follow it."
	saysSummaryScope  = "What the page shows was not compared: the second QR code leaves out the scope of the certificate. Compare it yourself, word for word."
)

// sort puts the texts of summaries apart from the links that they are by their form.
func (f *Found) sort(links []string) []string {
	var others []string
	for _, link := range links {
		if summary.Is(link) {
			f.Summaries = appendOnce(f.Summaries, []string{link})
		} else {
			others = append(others, link)
		}
	}
	return others
}

// summarised reports on a document with the signed summary of a certificate and no
// certificate. Where the other code of the paper leads to the certificate itself,
// that is what is judged, and the summary must agree with it.
func (e *Examiner) summarised(ctx context.Context, found *Found) *verifier.Report {
	if len(found.Summaries) > 1 {
		return e.report(verifier.Indeterminate, verifier.NoCredential,
			"This holds %d different credentials. Check them one by one.", len(found.Summaries))
	}
	text := found.Summaries[0]
	ours, foreign := e.ours(found.Links)
	if len(ours) == 1 && !e.Offline {
		live := e.follow(ctx, found.Links)
		// Where the issuer cannot be asked, or its answer cannot be judged, what is
		// signed in the picture may still tell.
		if live.Reason != verifier.Unavailable {
			if c := live.Certificate; c != nil {
				live = e.withPaper(ctx, live, found)
				if !e.agrees(ctx, text, c) {
					if opened, elsewhere := summary.Elsewhere(text); elsewhere {
						live.Add(verifier.PaperCheck, verifier.Failed, verifier.Altered, saysElsewhere, opened)
					} else {
						live.Add(verifier.PaperCheck, verifier.Failed, verifier.Altered, saysSummaryDiffer)
					}
				}
			}
			return live
		}
	}
	r := e.Verifier.ExamineSummary(ctx, text)
	c := r.Certificate
	if c == nil {
		return r
	}
	switch {
	case len(ours) > 1, len(ours) == 1 && ours[0].Credential() != c.ID:
		r.Add(verifier.PaperCheck, verifier.Failed, verifier.Altered, saysSummaryOther, ours[0].Credential(), c.ID)
	case foreign != "" && (found.Kind == KindPNG || found.Kind == KindJPEG):
		r.Add(verifier.PaperCheck, verifier.OutcomeUnknown, verifier.NoCredential, saysSummaryLink, foreign)
	case found.Kind == KindPDF && r.Summarised.Scope == nil && len(found.sheets) > 0 && found.sheets[0].claims():
		r.Add(verifier.PaperCheck, verifier.OutcomeUnknown, verifier.NoCredential, saysSummaryScope)
	default:
		r = e.withPaper(ctx, r, found)
	}
	return r
}

// ours are the links among them that lead to certificates of trusted issuers, each
// once, and one that leads elsewhere.
func (e *Examiner) ours(texts []string) (ours []verifier.Link, foreign string) {
	for _, text := range texts {
		if e.Publication == nil {
			break
		}
		link, err := e.Publication.ParseLink(text)
		switch {
		case errors.Is(err, verifier.ErrNotTrusted):
			foreign = text
		case err == nil && (len(ours) == 0 || ours[0] != link):
			ours = append(ours, link)
		}
	}
	return ours, foreign
}

// agrees reports whether the text is a summary that the issuer of the credential has
// signed of it, and opens the page that was signed. How the certificate stands is not asked.
func (e *Examiner) agrees(ctx context.Context, text string, c *credential.Credential) bool {
	v := verifier.Verifier{Issuers: e.Verifier.Issuers, Now: e.Verifier.Now}
	s := v.ExamineSummary(ctx, text).Summarised
	if s == nil {
		return false
	}
	of, err := summary.Of(c, s.Verifier)
	if err == nil && s.Scope == nil {
		of = of.WithoutScope()
	}
	return err == nil && of.Equal(s)
}
