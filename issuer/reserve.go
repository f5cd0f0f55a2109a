package issuer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/verifier/credential"
)

// maxDraws bounds how often a number, link or index is drawn anew. With half of
// a list taken, one draw in 2^40 cases would not be enough.
const maxDraws = 40

// reserve records the intent: the application, the decision and everything that
// will be signed.
func (i *Issuer) reserve(ctx context.Context, actor Actor, c *consideration) (*Certificate, error) {
	d := i.sketch(c)
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
	return nil, fmt.Errorf("application %s: %w", c.application.ID, err)
}

func (i *Issuer) reserveOnce(ctx context.Context, actor Actor, c *consideration, d *draft) (*Certificate, error) {
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
		if err := i.notHeld(tx, c); err != nil {
			return err
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
		if err := i.enter(tx, actor, c); err != nil {
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

// enter puts the candidate on file, or corrects the name there.
func (i *Issuer) enter(tx Tx, actor Actor, c *consideration) error {
	candidate := c.application.Candidate
	if !c.misnamed {
		return tx.AddCandidate(candidate)
	}
	if err := tx.RenameCandidate(candidate); err != nil {
		return err
	}
	return i.record(tx, actor, audit.CandidateRenamed, candidate.ID, map[string]string{"application": c.application.ID})
}
