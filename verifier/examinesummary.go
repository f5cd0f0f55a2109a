package verifier

import (
	"context"
	"errors"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// ExamineSummary checks the text of the second QR code of a paper (package summary)
// as [Verifier.Examine] checks a certificate: the same gates and the same checks, of
// what the summary says. A text that opens another page than was signed is altered,
// however genuine its digits are. The report is Summarised and has no Payload. Status lists at
// hand decide without a network; with none the answer is "cannot decide", and every
// other check is made all the same. It never returns nil.
func (v *Verifier) ExamineSummary(ctx context.Context, text string) *Report {
	e := v.examine()
	if c, issuer := e.openSummary(text); c != nil {
		e.status(ctx, c, issuer)
		e.validity(c)
		e.policy(c)
	}
	e.report.conclude()
	e.report.word()
	return e.report
}

// openSummary goes through the three gates.
func (e *examination) openSummary(text string) (*credential.Credential, *Issuer) {
	text = trim(text)
	const malformed = "This is not the summary of a certificate in the accepted form: %v."
	token, err := summary.Token(text)
	if err != nil {
		e.report.fail(Format, Malformed, malformed, err)
		return nil, nil
	}
	t, err := keys.Parse(token, keys.ForCredential)
	if err != nil {
		e.report.fail(Format, Malformed, malformed, err)
		return nil, nil
	}
	claimed, err := summary.Read(t.Claimed)
	if err != nil {
		e.report.fail(Format, Malformed, malformed, err)
		return nil, nil
	}
	e.report.pass(Format, "It has the form of a signed summary, as the second QR code of a certificate holds it.")
	var issuer *Issuer
	ok := e.Issuers != nil
	if ok {
		issuer, ok = e.Issuers.Issuer(claimed.Issuer)
	}
	if !ok {
		e.report.fail(IssuerKey, UntrustedIssuer, untrusted, claimed.Issuer)
		return nil, nil
	}
	if _, ok := issuer.Keys.Key(t.KeyID); !ok {
		e.report.fail(IssuerKey, UntrustedIssuer, foreignKey, issuer.title())
		return nil, nil
	}
	e.report.pass(IssuerKey, keyOK, issuer.title())
	signed, err := issuer.Keys.Open(t, keys.TypeSummary)
	switch {
	case errors.Is(err, keys.ErrSignature):
		e.report.fail(Signature, Altered, "The signature does not fit: this was altered, or not signed by the issuer.")
		return nil, nil
	case errors.Is(err, keys.ErrPurpose):
		e.report.fail(Signature, Altered, "The issuer's key that signed this may not sign certificates.")
		return nil, nil
	case err != nil:
		e.report.fail(Signature, Malformed, "The signature cannot be accepted: %v.", err)
		return nil, nil
	}
	s, err := summary.Read(signed.Payload) // what was verified, and not what was claimed
	if err != nil {
		e.report.fail(Format, Malformed, malformed, err)
		return nil, nil
	}
	if !s.Opens(text) {
		opened, _ := summary.Elsewhere(text)
		e.report.fail(Signature, Altered, "The second QR code opens %s, which is not the address that was signed.", opened)
		return nil, nil
	}
	e.report.pass(Signature, signatureOK)
	c := s.Credential() // of this issuer: the payload is the one that was claimed
	e.report.Summarised, e.report.SummaryDigest, e.report.Certificate = s, credential.Digest(signed.Payload), c
	return c, issuer
}
