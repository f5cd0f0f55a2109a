package issuer

import (
	"context"
	"errors"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// summarise signs the summary of a signed certificate, for the second QR code of its
// paper, and reads it back. The text is "", with the reason, where the body wants
// none, or where there can be none: a certificate does not fail for want of it.
func (i *reader) summarise(ctx context.Context, cert *Certificate) (text, without string, err error) {
	if i.Body.Verifier == "" {
		return "", "", nil
	}
	c, err := credential.Decode(cert.Payload)
	if err != nil {
		return "", "", err
	}
	s, err := summary.Of(c, i.Body.Verifier)
	if err != nil {
		return "", err.Error(), nil
	}
	for _, s := range []*summary.Summary{s, s.WithoutScope()} {
		payload, err := s.Payload()
		if err != nil {
			return "", err.Error(), nil
		}
		token, err := i.Signer.Sign(ctx, keys.ForCredential, keys.TypeSummary, payload)
		if err != nil {
			return "", "", err
		}
		text, err = summary.Write(token)
		if errors.Is(err, summary.ErrTooLong) {
			without = err.Error()
			continue
		}
		if err != nil {
			return "", err.Error(), nil
		}
		return text, "", i.readSummaryBack(ctx, cert, s, text)
	}
	return "", without, nil
}

// SetVerifier makes the papers of certificates that are issued from now on have a
// second QR code, which opens the page /v of the verification service at the address,
// or, if it is "", none. Those that are issued stay as they are.
func (i *Issuer) SetVerifier(ctx context.Context, actor Actor, address string) error {
	changed := i.Body
	changed.Verifier = address
	changed, err := NewBody(changed)
	if err != nil {
		return err
	}
	err = i.Store.Update(ctx, func(tx Tx) error {
		if err := tx.SetVerifier(changed.Verifier); err != nil {
			return err
		}
		return i.record(tx, actor, audit.BodyChanged, i.Body.URL, map[string]string{"verifier": changed.Verifier})
	})
	if err == nil {
		i.Body = changed
	}
	return err
}

// readSummaryBack puts the text through the verifier that everybody else uses. One
// that it would refuse, or that says anything but the credential, is not recorded.
func (i *reader) readSummaryBack(ctx context.Context, cert *Certificate, want *summary.Summary, text string) error {
	report := i.verifier(cert).ExamineSummary(ctx, text)
	if err := i.accepts(report, cert); err != nil {
		return err
	}
	if !report.Summarised.Equal(want) {
		return errors.New("the summary that was signed does not say what the certificate says")
	}
	return nil
}
