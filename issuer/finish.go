package issuer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// Resume finishes every certificate that was recorded but not signed when a
// process ended, and returns how many. Its payload is the one recorded. One that
// cannot be finished does not keep back the others; the error names each.
func (i *Issuer) Resume(ctx context.Context) (int, error) {
	var left []*Certificate
	err := i.Store.View(ctx, func(tx Tx) (err error) {
		left, err = tx.Reserved()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("resume: %w", err)
	}
	finished := 0
	var faults []error
	for _, cert := range left {
		if _, err := i.finish(ctx, Actor{"resume"}, cert); err != nil {
			faults = append(faults, fmt.Errorf("resume: %w", err))
			continue
		}
		finished++
	}
	return finished, errors.Join(faults...)
}

// finish signs a reserved certificate, reads it back, records it and returns
// it. It may run twice for one certificate, in two processes: both sign the
// same payload, and the token that is recorded first is the certificate.
func (i *Issuer) finish(ctx context.Context, actor Actor, cert *Certificate) (*Certificate, error) {
	token, err := i.sign(ctx, cert)
	if err != nil {
		// Another process may have finished it, and it may be revoked by now.
		if first, lookErr := i.certificate(ctx, cert.Number); lookErr == nil && first.Token != "" {
			return first, nil
		}
		return nil, fmt.Errorf("certificate %s: %w", cert.Number, err)
	}
	var kept *Certificate
	err = i.Store.Update(ctx, func(tx Tx) error {
		first, err := tx.CompleteCertificate(cert.Link, token, i.Now().UTC().Truncate(time.Second))
		if err == nil && first {
			err = i.record(tx, actor, audit.CertificateIssued, cert.Number, map[string]string{"token": credential.Digest([]byte(token))})
		}
		if err != nil {
			return err
		}
		kept, err = tx.Certificate(cert.Number)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", cert.Number, err)
	}
	return kept, nil
}

func (i *Issuer) certificate(ctx context.Context, number string) (cert *Certificate, err error) {
	err = i.Store.View(ctx, func(tx Tx) error {
		cert, err = tx.Certificate(number)
		return err
	})
	return cert, err
}

// sign signs the payload of a reserved certificate and reads it back.
func (i *Issuer) sign(ctx context.Context, cert *Certificate) (string, error) {
	token, err := i.Signer.Sign(ctx, keys.ForCredential, keys.TypeVC, cert.Payload)
	if err != nil {
		return "", err
	}
	return token, i.readBack(ctx, cert, token)
}

// readBack puts the token through the verifier that everybody else uses. A
// token that it would refuse, or that says anything but what was recorded to be
// signed, is not recorded.
func (i *Issuer) readBack(ctx context.Context, cert *Certificate, token string) error {
	trust, err := verifier.NewTrust([]*verifier.Issuer{i.asIssuer()}, nil)
	if err != nil {
		return err
	}
	v := verifier.Verifier{Issuers: trust, Statuses: ownStatuses{i}, Policy: verifier.Policy{Certificate: cert.Code}, Now: i.Now}
	report := v.Examine(ctx, token)
	for _, check := range report.Checks {
		// Only a first day that is still to come may stand against it.
		early := check.Name == verifier.Validity && report.Reason == verifier.NotYetValid && cert.ValidFrom.After(i.Now())
		if check.Outcome != verifier.Passed && !early {
			return fmt.Errorf("our own verifier refuses what was signed: %s: %s", check.Name, check.Detail)
		}
	}
	signed, err := keys.Parse(token, keys.ForCredential) // stricter about the text around it
	if err != nil {
		return err
	}
	if !bytes.Equal(signed.Claimed, cert.Payload) {
		return errors.New("what was signed is not what was recorded")
	}
	return nil
}

// ownStatuses answers the verifier with the body's own present lists.
type ownStatuses struct{ i *Issuer }

func (s ownStatuses) StatusList(ctx context.Context, url string) (string, error) {
	p, err := s.i.PublicationAt(ctx, url)
	if err != nil {
		return "", err
	}
	return p.Token, nil
}
