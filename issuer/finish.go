package issuer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// together is how many certificates share the two transactions of issuing. More
// than that would hardly make it quicker, and keep others waiting.
const together = 256

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
	for some := range slices.Chunk(left, together) {
		requests := make([]*request, len(some))
		for n, cert := range some {
			requests[n] = &request{Outcome: Outcome{Again: true}, intent: cert}
		}
		i.finish(ctx, resumer, requests, nil)
		for _, r := range requests {
			if r.Err != nil {
				faults = append(faults, fmt.Errorf("resume: %w", r.Err))
				continue
			}
			finished++
		}
	}
	return finished, errors.Join(faults...)
}

var resumer = Actor{"resume"}

// finish signs what the requests have reserved, reads it back and records it. It
// may run twice for one certificate, in two processes: both sign the same
// payload, and the token that is recorded first is the certificate.
func (i *Issuer) finish(ctx context.Context, actor Actor, requests []*request, own *ownActs) {
	reader, readerErr := i.newReader()
	for _, r := range those(requests, (*request).reserved) {
		err := readerErr
		if err == nil {
			err = i.sign(ctx, reader, r)
		}
		if err == nil {
			continue
		}
		r.token = ""
		if first, lookErr := i.lookUp(ctx, r.intent.Number); lookErr == nil && first.Token != "" {
			r.Certificate = first // another process has finished it, and it may be revoked by now
		} else {
			r.fail(err)
		}
	}
	i.complete(ctx, actor, those(requests, (*request).signed), own)
}

// complete records what was signed, in one transaction.
func (i *Issuer) complete(ctx context.Context, actor Actor, signed []*request, own *ownActs) {
	if len(signed) == 0 {
		return
	}
	kept := make([]*Certificate, len(signed))
	var before, after *audit.Entry
	err := i.Store.Update(ctx, func(tx Tx) (err error) {
		if before, err = tx.LastAct(); err != nil {
			return err
		}
		now := i.Now().UTC().Truncate(time.Second)
		for n, r := range signed {
			first, err := tx.CompleteCertificate(r.intent.Link, r.token, r.summary, now)
			if err != nil {
				return err
			}
			if !first { // another process was quicker
				if kept[n], err = tx.Certificate(r.intent.Number); err != nil {
					return err
				}
				continue
			}
			who := actor
			if r.Again {
				who = resumer
			}
			if err := i.record(tx, who, audit.CertificateIssued, r.intent.Number, r.issued()); err != nil {
				return err
			}
			cert := *r.intent
			cert.Token, cert.Summary, cert.IssuedAt = r.token, r.summary, now
			kept[n] = &cert
		}
		after, err = tx.LastAct()
		return err
	})
	if err == nil {
		own.add(before, after)
	}
	for n, r := range signed {
		if err != nil {
			r.fail(err)
		} else {
			r.Certificate = kept[n]
		}
	}
}

// issued is what the audit log says of a finished certificate.
func (r *request) issued() map[string]string {
	detail := map[string]string{"token": credential.Digest([]byte(r.token))}
	switch {
	case r.summary != "":
		detail["summary"] = credential.Digest([]byte(r.summary))
	case r.withoutSummary != "":
		detail["withoutSummary"] = r.withoutSummary
	}
	return detail
}

func (i *Issuer) lookUp(ctx context.Context, number string) (cert *Certificate, err error) {
	err = i.Store.View(ctx, func(tx Tx) error {
		cert, err = tx.Certificate(number)
		return err
	})
	return cert, err
}

// sign signs the payload of a reserved certificate, and its summary, and reads
// both back.
func (i *Issuer) sign(ctx context.Context, reader *reader, r *request) (err error) {
	if r.token, err = i.Signer.Sign(ctx, keys.ForCredential, keys.TypeVC, r.intent.Payload); err != nil {
		return err
	}
	if r.signedContent, err = reader.readBack(ctx, r.intent, r.token); err != nil {
		return err
	}
	r.summary, r.withoutSummary, err = reader.summarise(ctx, r.intent)
	return err
}

// reader reads back what was signed. The status lists that it reads by are as
// they were when it was made, or younger, and are opened once for all: a reserved
// certificate is not in anybody's hands, and its status cannot change.
type reader struct {
	*Issuer
	trust *verifier.Trust
	lists *verifier.Lists
}

func (i *Issuer) newReader() (*reader, error) {
	trust, err := verifier.NewTrust([]*verifier.Issuer{i.asIssuer()}, nil)
	return &reader{i, trust, &verifier.Lists{Source: ownStatuses{i}}}, err
}

// readBack puts the token through the verifier that everybody else uses. A
// token that it would refuse, or that says anything but what was recorded to be
// signed, is not recorded. It returns what the verifier has read.
func (i *reader) readBack(ctx context.Context, cert *Certificate, token string) (*credential.Credential, error) {
	report := i.verifier(cert).Examine(ctx, token)
	if err := i.accepts(report, cert); err != nil {
		return nil, err
	}
	// The verifier overlooks what a file or a mail puts around a token.
	if strings.TrimFunc(token, notBase64) != token {
		return nil, errors.New("the signer has put something around the token")
	}
	if !bytes.Equal(report.Payload, cert.Payload) {
		return nil, errors.New("what was signed is not what was recorded")
	}
	return report.Certificate, nil
}

// notBase64 reports whether no part of a token begins or ends with r (RFC 7515 §2).
func notBase64(r rune) bool {
	return !('A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

func (i *reader) verifier(cert *Certificate) *verifier.Verifier {
	return &verifier.Verifier{Issuers: i.trust, Statuses: i.lists, Policy: verifier.Policy{Certificate: cert.Code}, Now: i.Now}
}

// accepts reports what our own verifier has against what was signed. Only a first
// day that is still to come may stand against it.
func (i *reader) accepts(report *verifier.Report, cert *Certificate) error {
	for _, check := range report.Checks {
		early := check.Name == verifier.Validity && report.Reason == verifier.NotYetValid && cert.ValidFrom.After(i.Now())
		if check.Outcome != verifier.Passed && !early {
			return fmt.Errorf("our own verifier refuses what was signed: %s: %s", check.Name, check.Detail)
		}
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
