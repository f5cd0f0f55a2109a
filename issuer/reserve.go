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

// proposal is what would be signed for an application.
type proposal struct {
	draft   *draft
	list    StatusList // that its index is in; without an id while there is none
	drafted *credential.Credential
	payload []byte
}

// propose draws what is random in a certificate, drafts it, and looks whether it
// is a credential and can be printed. It is done before the transaction, for
// which others wait; only what has changed meanwhile is written anew in it.
func (i *Issuer) propose(r *request) (err error) {
	if r.draft == nil {
		d := i.sketch(r.consideration)
		if d.subject, err = newSubject(i.Random); err != nil {
			return err
		}
		r.draft = d
	}
	if r.draft.link, err = newLink(i.Random); err != nil {
		return err
	}
	if r.draft.number, err = newNumber(i.Random, i.Body.Prefix); err != nil {
		return err
	}
	if r.list.ID != "" {
		if r.draft.index, err = i.place(r.list); err != nil {
			return err
		}
	}
	if err := r.write(); err != nil {
		return err
	}
	// What cannot be printed stops here: before anything is signed or kept. The
	// paper shows nothing that could change before it is.
	return i.Press.Check(r.draft.paper(r.drafted))
}

// write writes what will be signed.
func (r *request) write() (err error) {
	r.draft.list, r.draft.decision, r.draft.restsOn = r.list, r.decision, r.restsOn()
	r.drafted = r.draft.credential()
	if r.payload, err = r.drafted.Encode(); err != nil {
		return err
	}
	if _, err := credential.Decode(r.payload); err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	return nil
}

// dropped says that one request cannot be reserved after all, though some of it
// is in the transaction.
type dropped struct {
	request *request
	err     error
}

func (d *dropped) Error() string { return d.err.Error() }

var errNothing = errors.New("nothing to record")

// reserve records the intents of all requests that are open, in one transaction:
// the applications, the decisions and everything that will be signed. What is
// refused is left out. Any other error is that of all, and then nothing of them
// is recorded. If somebody else has acted since seen they are weighed once more.
func (i *Issuer) reserve(ctx context.Context, actor Actor, requests []*request, seen *audit.Entry, own *ownActs) {
	for {
		open := those(requests, (*request).open)
		if len(open) == 0 {
			return
		}
		var intents []*Certificate
		var before, after *audit.Entry
		err := i.Store.Update(ctx, func(tx Tx) (err error) {
			if before, err = tx.LastAct(); err != nil {
				return err
			}
			if intents, err = i.reserveAll(tx, actor, open, !own.only(seen, before)); err != nil {
				return err
			}
			after, err = tx.LastAct()
			return err
		})
		var out *dropped
		switch {
		case err == nil:
			own.add(before, after)
			for n, r := range open {
				if intents[n] != nil { // else it was refused, or found
					r.intent = intents[n]
				}
			}
			return
		case errors.Is(err, errNothing):
			return
		case errors.As(err, &out):
			out.request.fail(out.err)
		default:
			for _, r := range those(open, (*request).open) {
				r.fail(err)
			}
			return
		}
	}
}

// reserveAll reserves each request that is not refused. The error undoes all.
func (i *Issuer) reserveAll(tx Tx, actor Actor, open []*request, weighAgain bool) ([]*Certificate, error) {
	lists := &openLists{}
	intents, some := make([]*Certificate, len(open)), false
	for n, r := range open {
		var found, changed bool
		var err error
		if weighAgain {
			// It may have been reserved by somebody else since, and a certificate that
			// this one rests on may have been withdrawn.
			if found, err = r.recall(tx); err == nil && !found {
				changed, err = i.grant(tx, r.consideration)
			}
		}
		switch {
		case Refused(err):
			r.fail(err)
			continue
		case err != nil:
			return nil, err
		case found:
			continue
		}
		if intents[n], err = i.reserveOne(tx, actor, r, lists, changed); Refused(err) {
			return nil, &dropped{r, err}
		} else if err != nil {
			return nil, err
		}
		some = true
	}
	if !some {
		return nil, errNothing
	}
	return intents, nil
}

func (i *Issuer) reserveOne(tx Tx, actor Actor, r *request, lists *openLists, changed bool) (*Certificate, error) {
	if err := lists.open(i, tx, actor); err != nil {
		return nil, err
	}
	if err := i.enter(tx, actor, r.consideration); err != nil {
		return nil, err
	}
	now := i.Now().UTC().Truncate(time.Second)
	if err := tx.AddApplication(&ApplicationRecord{r.Application, r.digest, r.decision, now}); err != nil {
		return nil, err
	}
	for range maxDraws {
		if r.list.ID != lists.youngest.ID {
			var err error
			if r.draft.index, err = i.place(lists.youngest); err != nil {
				return nil, err
			}
			r.list, changed = lists.youngest, true
		}
		if changed {
			if err := r.write(); err != nil {
				return nil, err
			}
			changed = false
		}
		cert := r.reservation(now)
		err := tx.AddCertificate(cert)
		if err == nil {
			return cert, i.record(tx, actor, audit.CertificateReserved, cert.Number, map[string]string{
				"application": cert.Application, "certificate": cert.Code, "payload": credential.Digest(r.payload), "decidedBy": r.Application.Decided.By,
			})
		}
		if !errors.Is(err, ErrTaken) {
			return nil, err
		}
		if err := lists.relieve(i, tx, actor); err != nil {
			return nil, err
		}
		if err := i.propose(r); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("application %s: %d draws: %w", r.Application.ID, maxDraws, ErrTaken)
}

// reservation is the record of the request before it is signed.
func (r *request) reservation(now time.Time) *Certificate {
	cert := &Certificate{
		Link: r.draft.link, Number: r.draft.number, Application: r.Application.ID, Candidate: r.Application.Candidate.ID,
		Scheme: r.scheme.ID, Edition: r.scheme.Edition, Code: r.certificate.Code,
		ValidFrom: onRecord(r.drafted.ValidFrom.Time), List: r.list.ID, Index: r.draft.index,
		Payload: r.payload, ReservedAt: now, Status: Issued,
	}
	if r.drafted.ValidUntil != nil {
		cert.ValidUntil = onRecord(r.drafted.ValidUntil.Time)
	}
	return cert
}

// onRecord is the time as the records have it, where the zone has no name.
func onRecord(t time.Time) time.Time {
	_, offset := t.Zone()
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", offset))
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
