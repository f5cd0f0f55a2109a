package issuer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// What can stand against issuing, beside [ErrApplication] and a [*TextError].
var (
	ErrAlreadyHeld = errors.New("candidate already holds this certificate")
	ErrConflict    = errors.New("application id is in use for another application")
)

// NotEligibleError says that the rules of the scheme are not met.
type NotEligibleError struct {
	Application string
	Certificate string
	Decision    scheme.Decision
}

func (e *NotEligibleError) Error() string {
	return fmt.Sprintf("application %s is not eligible for %s: %d rules are not met", e.Application, e.Certificate, len(e.Decision.Unmet))
}

// Decide checks the application and weighs it, with the certificates that the
// candidate holds, by the rules of its scheme. It records nothing.
func (i *Issuer) Decide(ctx context.Context, a *Application) (scheme.Decision, error) {
	c, err := i.consider(ctx, a)
	if err != nil {
		return scheme.Decision{}, err
	}
	return c.decision, nil
}

// consideration is an application beside what the records and rules say of it.
type consideration struct {
	application *Application
	scheme      *scheme.Scheme
	certificate *scheme.Certificate
	held        []*Certificate
	decision    scheme.Decision
	now         time.Time
	zone        *time.Location
}

func (i *Issuer) consider(ctx context.Context, a *Application) (*consideration, error) {
	zone, err := i.Body.location()
	if err != nil {
		return nil, err
	}
	c := &consideration{application: a, now: i.Now(), zone: zone}
	if a.Scheme == "" {
		return nil, fmt.Errorf("%w %s: scheme is missing", ErrApplication, a.ID)
	}
	if c.scheme, err = i.Schemes.Scheme(a.Scheme, a.Edition); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrApplication, a.ID, err)
	}
	known := false
	if c.certificate, known = c.scheme.Certificate(a.Certificate); !known {
		_, _, err := i.Schemes.Find(a.Certificate)
		if err == nil {
			err = fmt.Errorf("%s is not a certificate of scheme %s, edition %s", a.Certificate, c.scheme.ID, c.scheme.Edition)
		}
		return nil, fmt.Errorf("%w %s: certificate: %w", ErrApplication, a.ID, err)
	}
	if err := a.check(c.scheme, c.certificate, i.Body.today(c.now)); err != nil {
		return nil, err
	}
	err = i.Store.View(ctx, func(tx Tx) error { return i.weigh(tx, c) })
	if err != nil {
		return nil, fmt.Errorf("application %s: %w", a.ID, err)
	}
	return c, nil
}

// weigh decides by the rules and by the certificates that the candidate holds
// in this state of the records.
func (i *Issuer) weigh(tx Tx, c *consideration) error {
	a := c.application
	if err := sameCandidate(tx, a.Candidate); err != nil {
		return err
	}
	held, err := tx.CertificatesOf(a.Candidate.ID)
	if err != nil {
		return err
	}
	c.held = slices.DeleteFunc(held, func(h *Certificate) bool {
		return h.Token == "" || h.Application == a.ID // not issued, or of this very application
	})
	record := scheme.Record{Certificate: a.Certificate, Evidence: a.Evidence, DecidedBy: a.Decided.By}
	for _, h := range c.held {
		held, err := i.held(tx, h, c.now)
		if err != nil {
			return err
		}
		record.Held = append(record.Held, held)
	}
	c.decision = c.scheme.Decide(record, c.now.In(c.zone))
	return nil
}

// sameCandidate refuses a second name for a candidate id: one of the two would
// stand on somebody else's certificate.
func sameCandidate(tx Tx, c Candidate) error {
	known, err := tx.Candidate(c.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case known.Name != c.Name:
		return fmt.Errorf("%w: candidate %s is on file as %q, not %q; correct the name, or give another person another id", ErrApplication, c.ID, known.Name, c.Name)
	}
	return nil
}

// held turns the record of a certificate into what the rules ask of it.
func (i *Issuer) held(tx Tx, h *Certificate, now time.Time) (scheme.Held, error) {
	r, err := tx.Application(h.Application)
	if err != nil {
		return scheme.Held{}, err
	}
	s, err := i.Schemes.Scheme(h.Scheme, h.Edition) // its own edition
	if err != nil {
		return scheme.Held{}, fmt.Errorf("held certificate %s: %w", h.Number, err)
	}
	earned := s.Earned(r.Application.Evidence, scheme.DateOf(h.ReservedAt))
	held := scheme.Held{
		Code: h.Code, Scheme: h.Scheme, Number: h.Number, Standing: h.Standing(now),
		ValidFrom: scheme.DateOf(h.ValidFrom),
		Trained:   earned.Trained, Examined: earned.Examined, Educators: earned.Educators,
	}
	if !h.ValidUntil.IsZero() {
		last := scheme.DateOf(h.ValidUntil)
		held.ValidUntil = &last
	}
	return held, nil
}

// Issue decides the application and issues its certificate. Issuing one
// application twice gives the first certificate again. The certificate is
// durable when Issue returns it. The error is a [*NotEligibleError] if the
// rules are not met, and then nothing is recorded.
func (i *Issuer) Issue(ctx context.Context, actor Actor, a *Application) (*Certificate, error) {
	if cert, err := i.begun(ctx, a); cert != nil || err != nil {
		return cert, err
	}
	c, err := i.consider(ctx, a)
	if err != nil {
		return nil, err
	}
	if !c.decision.Eligible {
		return nil, &NotEligibleError{a.ID, a.Certificate, c.decision}
	}
	cert, err := i.reserve(ctx, actor, c)
	if errors.Is(err, ErrConflict) { // recorded meanwhile: the same request, sent twice?
		if cert, err := i.begun(ctx, a); cert != nil || err != nil {
			return cert, err
		}
	}
	if err != nil {
		return nil, err
	}
	return i.finish(ctx, actor, cert)
}

// begun returns the certificate of the application if it has one, finishing it
// if it was left half done.
func (i *Issuer) begun(ctx context.Context, a *Application) (*Certificate, error) {
	var cert *Certificate
	err := i.Store.View(ctx, func(tx Tx) error {
		r, err := tx.Application(a.ID)
		if err != nil {
			return err
		}
		if r.Digest != a.digest() {
			return fmt.Errorf("%w: %s was received on %s with other content", ErrConflict, a.ID, r.Received.Format(time.DateOnly))
		}
		cert, err = tx.CertificateByApplication(a.ID)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case cert.Token != "":
		return cert, nil
	}
	return i.finish(ctx, Actor{"resume"}, cert)
}

// maxDraws bounds how often a number, link or index is drawn anew. With half of
// a list taken, one draw in 2^40 cases would not be enough.
const maxDraws = 40

// reserve records the intent: the application, the decision and everything that
// will be signed.
func (i *Issuer) reserve(ctx context.Context, actor Actor, c *consideration) (*Certificate, error) {
	a := c.application
	if a.Language == "" {
		language := *a
		language.Language = c.certificate.Languages[0]
		a = &language
	}
	d := draft{
		body: i.Body, scheme: c.scheme, certificate: c.certificate, application: a,
		zone: c.zone, effective: scheme.DateOf(c.now.In(c.zone)),
	}
	if a.Effective != nil {
		d.effective = *a.Effective
	}
	var err error
	if d.subject, err = newSubject(i.Random); err != nil {
		return nil, err
	}
	for range maxDraws {
		var cert *Certificate
		if cert, err = i.reserveOnce(ctx, actor, c, d); !errors.Is(err, ErrTaken) {
			return cert, err
		}
		if err := i.relieve(ctx, actor); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("application %s: %w", a.ID, err)
}

func (i *Issuer) reserveOnce(ctx context.Context, actor Actor, c *consideration, d draft) (*Certificate, error) {
	var err error
	if d.link, err = newLink(i.Random); err != nil {
		return nil, err
	}
	if d.number, err = newNumber(i.Random, i.Body.Prefix); err != nil {
		return nil, err
	}
	var cert *Certificate
	err = i.Store.Update(ctx, func(tx Tx) error {
		// A certificate that this one rests on may have been withdrawn since.
		if err := i.weigh(tx, c); err != nil {
			return err
		}
		if !c.decision.Eligible {
			return &NotEligibleError{c.application.ID, c.certificate.Code, c.decision}
		}
		d.decision, d.restsOn = c.decision, c.restsOn()
		if d.list, d.index, err = i.index(tx, actor); err != nil {
			return err
		}
		drafted := d.credential()
		payload, err := drafted.Encode()
		if err != nil {
			return err
		}
		// What cannot be printed, or is no credential, stops here: before
		// anything is signed or kept.
		if err := i.Press.Check(PaperOf(drafted, "")); err != nil {
			return err
		}
		if _, err := credential.Decode(payload); err != nil {
			return fmt.Errorf("draft: %w", err)
		}
		if err := tx.AddCandidate(c.application.Candidate); err != nil {
			return err
		}
		now := i.Now().UTC().Truncate(time.Second)
		if err := tx.AddApplication(&ApplicationRecord{c.application, c.application.digest(), c.decision, now}); err != nil {
			return err
		}
		cert = &Certificate{
			Link: d.link, Number: d.number, Application: c.application.ID, Candidate: c.application.Candidate.ID,
			Scheme: c.scheme.ID, Edition: c.scheme.Edition, Code: c.certificate.Code,
			ValidFrom: drafted.ValidFrom.Time, List: d.list.ID, Index: d.index,
			Payload: payload, ReservedAt: now, Status: Issued,
		}
		if drafted.ValidUntil != nil {
			cert.ValidUntil = drafted.ValidUntil.Time
		}
		if err := i.notHeld(tx, cert); err != nil {
			return err
		}
		if err := tx.AddCertificate(cert); err != nil {
			return err
		}
		return i.record(tx, actor, audit.CertificateReserved, cert.Number, map[string]string{
			"application": cert.Application, "certificate": cert.Code, "payload": credential.Digest(payload), "decidedBy": c.application.Decided.By,
		})
	})
	if err != nil {
		return nil, fmt.Errorf("application %s: %w", c.application.ID, err)
	}
	return cert, nil
}

// notHeld refuses a second certificate of the same kind while the first stands.
func (i *Issuer) notHeld(tx Tx, cert *Certificate) error {
	others, err := tx.CertificatesOf(cert.Candidate)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.Scheme == cert.Scheme && o.Code == cert.Code && o.Status != Revoked && (o.ValidUntil.IsZero() || o.ValidUntil.After(cert.ValidFrom)) {
			return fmt.Errorf("%w: %s is %s, number %s", ErrAlreadyHeld, o.Code, o.Status, o.Number)
		}
	}
	return nil
}

// restsOn returns the held certificates that the rules of a competence
// certificate ask about.
func (c *consideration) restsOn() []*Certificate {
	if c.certificate.Kind != scheme.Competence {
		return nil
	}
	asked := map[string]bool{}
	c.certificate.Walk(func(r scheme.Rule) { asked[r.Certificate] = true })
	var list []*Certificate
	for _, h := range c.held {
		if h.Scheme == c.scheme.ID && asked[h.Code] && h.Standing(c.now) == scheme.Good && !h.ValidFrom.After(c.now) {
			list = append(list, h)
		}
	}
	return list
}

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
	at := i.Now()
	if cert.ValidFrom.After(at) {
		at = cert.ValidFrom
	}
	v := verifier.Verifier{Issuers: trust, Statuses: ownStatuses{i}, Policy: verifier.Policy{At: at, Certificate: cert.Code}, Now: i.Now}
	if _, err := v.Verify(ctx, token); err != nil {
		return fmt.Errorf("our own verifier refuses what was signed: %w", err)
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
