package issuer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/issuer/scheme"
)

// Decide checks the application and weighs it, with the certificates that the
// candidate holds, by the rules of its scheme. It records nothing. Whatever
// would keep [Issuer.Issue] from issuing an eligible application is an error
// here too.
func (i *Issuer) Decide(ctx context.Context, a *Application) (scheme.Decision, error) {
	c, err := i.consider(a)
	if err != nil {
		return scheme.Decision{}, err
	}
	err = i.Store.View(ctx, func(tx Tx) error {
		if _, err := i.weigh(tx, c); err != nil {
			return err
		}
		if _, err := known(tx, a, a.digest()); !errors.Is(err, ErrNotFound) {
			return err // issued already, which is no fault; or a conflict
		}
		if c.decision.Eligible {
			return i.notHeld(c)
		}
		return nil
	})
	if err == nil {
		d := i.sketch(c)
		err = i.Press.Check(d.paper(d.credential()))
	}
	if err != nil {
		return scheme.Decision{}, fmt.Errorf("application %s: %w", a.ID, err)
	}
	return c.decision, nil
}

// known returns the certificate of an application that is on record. The error
// wraps ErrNotFound if it is not, and [ErrConflict] if another is by its id.
func known(tx Tx, a *Application, digest string) (*Certificate, error) {
	r, err := tx.Application(a.ID)
	if err != nil {
		return nil, err
	}
	if r.Digest != digest {
		return nil, fmt.Errorf("%w: %s was received on %s with other content", ErrConflict, a.ID, r.Received.Format(time.DateOnly))
	}
	return tx.CertificateByApplication(a.ID)
}

// sketch is a draft whose random parts are not drawn yet: as long as the real
// ones, and on no certificate.
func (i *Issuer) sketch(c *consideration) *draft {
	a := *c.application
	if a.Language == "" {
		a.Language = c.certificate.Languages[0]
	}
	d := &draft{
		body: i.Body, scheme: c.scheme, certificate: c.certificate, application: &a,
		decision: c.decision, restsOn: c.restsOn(), zone: c.zone, effective: scheme.DateOf(c.now.In(c.zone)),
		link: strings.Repeat("0", linkLength), number: formatNumber(i.Body.Prefix, strings.Repeat("0", numberLength)),
	}
	if a.Effective != nil {
		d.effective = *a.Effective
	}
	return d
}

// consideration is an application beside what the records and rules say of it.
type consideration struct {
	application *Application
	scheme      *scheme.Scheme
	certificate *scheme.Certificate
	certs       []*Certificate // of the candidate, whatever became of them
	held        []*Certificate // of those, what counts as held
	misnamed    bool           // the candidate is on file in a name that is to be corrected
	record      *scheme.Record // what the decision was made by; nil: none was yet
	decision    scheme.Decision
	now         time.Time
	zone        *time.Location
}

// consider checks what shows without the records.
func (i *Issuer) consider(a *Application) (*consideration, error) {
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
	found := false
	if c.certificate, found = c.scheme.Certificate(a.Certificate); !found {
		_, _, err := i.Schemes.Find(a.Certificate)
		if err == nil {
			err = fmt.Errorf("%s is not a certificate of scheme %s, edition %s", a.Certificate, c.scheme.ID, c.scheme.Edition)
		}
		return nil, fmt.Errorf("%w %s: certificate: %w", ErrApplication, a.ID, err)
	}
	return c, a.check(c.scheme, c.certificate, i.Body.today(c.now))
}

// weigh decides by the rules and by the certificates that the candidate holds
// in this state of the records. Deciding depends on nothing else, and is not done
// again if those are the same as when it was last done; changed says that they
// are not.
func (i *Issuer) weigh(tx Tx, c *consideration) (changed bool, err error) {
	a := c.application
	if c.certs, err = tx.CertificatesOf(a.Candidate.ID); err != nil {
		return false, err
	}
	if c.misnamed, err = sameCandidate(tx, a.Candidate, c.certs); err != nil {
		return false, err
	}
	c.held = slices.DeleteFunc(slices.Clone(c.certs), func(h *Certificate) bool {
		return h.Token == "" || h.Application == a.ID // not issued, or of this very application
	})
	record := &scheme.Record{
		Certificate: a.Certificate, Candidate: a.Candidate.Name, Evidence: a.Evidence,
		DecidedBy: a.Decided.By, Decided: a.Decided.Date,
	}
	for _, h := range c.held {
		held, err := i.held(tx, h, c.now)
		if err != nil {
			return false, err
		}
		record.Held = append(record.Held, held)
	}
	if c.record != nil && reflect.DeepEqual(c.record.Held, record.Held) {
		return false, nil
	}
	c.record, c.decision = record, c.scheme.Decide(*record, c.now.In(c.zone))
	return true, nil
}

// grant weighs the application and refuses what is not eligible, or is held
// already.
func (i *Issuer) grant(tx Tx, c *consideration) (changed bool, err error) {
	if changed, err = i.weigh(tx, c); err != nil {
		return changed, err
	}
	if !c.decision.Eligible {
		return changed, &NotEligibleError{c.application.ID, c.application.Certificate, c.decision}
	}
	return changed, i.notHeld(c)
}

// sameCandidate refuses a second name for a candidate id: one of the two would
// stand on somebody else's certificate. A name that was written wrong can be
// corrected once every certificate in it is revoked; misnamed says that it is.
func sameCandidate(tx Tx, c Candidate, certs []*Certificate) (misnamed bool, err error) {
	known, err := tx.Candidate(c.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case known.Name == c.Name:
		return false, nil
	}
	for _, cert := range certs {
		if cert.Status != Revoked {
			return false, fmt.Errorf("%w: candidate %s is on file as %q, not %q, and holds certificate %s in that name; give another person another id, or, if the name was wrong, revoke the certificates that bear it first",
				ErrCandidate, c.ID, known.Name, c.Name, cert.Number)
		}
	}
	return true, nil
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
		Decided:   r.Application.Decided.Date,
		Trained:   earned.Trained, Examined: earned.Examined, Educators: earned.Educators,
	}
	if !h.ValidUntil.IsZero() {
		last := scheme.DateOf(h.ValidUntil)
		held.ValidUntil = &last
	}
	return held, nil
}

// notHeld refuses a certificate that the candidate holds already. A competence
// certificate that has run out is renewed by recertification (scheme 6.3),
// which asks for other evidence than this application brings, and never by
// applying anew.
func (i *Issuer) notHeld(c *consideration) error {
	for _, o := range c.certs {
		if o.Scheme != c.scheme.ID || o.Code != c.certificate.Code || o.Status == Revoked || o.Application == c.application.ID {
			continue
		}
		if o.Standing(c.now) == scheme.Expired {
			return fmt.Errorf("%w: %s, number %s, has run out; it is to be renewed by recertification, which this release does not offer", ErrAlreadyHeld, o.Code, o.Number)
		}
		return fmt.Errorf("%w: %s, number %s, is %s", ErrAlreadyHeld, o.Code, o.Number, o.Status)
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
