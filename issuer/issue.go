package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/verifier/credential"
)

// What can stand against issuing, beside [ErrApplication] and a [*TextError].
var (
	ErrAlreadyHeld = errors.New("candidate already holds this certificate")
	ErrConflict    = errors.New("application id is in use for another application")
	ErrCandidate   = errors.New("candidate has another name")
)

// NotEligibleError says that the rules of the scheme are not met.
type NotEligibleError struct {
	Application string
	Certificate string
	Decision    scheme.Decision
}

func (e *NotEligibleError) Error() string {
	unmet := "1 rule is"
	if n := len(e.Decision.Unmet); n != 1 {
		unmet = fmt.Sprintf("%d rules are", n)
	}
	return fmt.Sprintf("application %s is not eligible for %s: %s not met", e.Application, e.Certificate, unmet)
}

// Refused reports whether an error of issuing is of the application: it will be
// the same until the application, or what is on file of its candidate, is
// another. Every other is of the body: its records, its keys, its clock.
func Refused(err error) bool {
	var not *NotEligibleError
	var text *TextError
	return errors.Is(err, ErrApplication) || errors.Is(err, ErrAlreadyHeld) || errors.Is(err, ErrConflict) || errors.Is(err, ErrCandidate) ||
		errors.As(err, &not) || errors.As(err, &text)
}

// Issue decides the application and issues its certificate. Issuing one
// application twice gives the first certificate again. The certificate is
// durable when Issue returns it. The error is a [*NotEligibleError] if the
// rules are not met, and then nothing is recorded.
func (i *Issuer) Issue(ctx context.Context, actor Actor, a *Application) (*Certificate, error) {
	o := i.issue(ctx, actor, []*Application{a}, nil)[0]
	return o.Certificate, o.Err
}

// Outcome is what became of one application.
type Outcome struct {
	Application *Application
	Certificate *Certificate // as it is on file; nil if Err is not
	Again       bool         // it had been issued, or begun, before
	Err         error

	signedContent *credential.Credential // as it was read back; nil if it was issued before
}

// Paper returns what is printed for the certificate.
func (o Outcome) Paper() (Paper, error) {
	signed := o.signedContent
	if signed == nil {
		var err error
		if signed, err = credential.Decode(o.Certificate.Payload); err != nil {
			return Paper{}, fmt.Errorf("certificate %s: %w", o.Certificate.Number, err)
		}
	}
	return o.Certificate.Paper(signed), nil
}

// request is an application on its way to a certificate.
type request struct {
	Outcome
	*consideration
	proposal
	digest string
	intent *Certificate // what is reserved, and is to be signed
	token  string       // signed, and read back

	summary        string // signed, and read back; "" for none
	withoutSummary string // why there can be none
}

// open reports whether the request is still to be reserved.
func (r *request) open() bool { return r.Err == nil && r.Certificate == nil && r.intent == nil }

// reserved reports whether the request is still to be signed.
func (r *request) reserved() bool { return r.Err == nil && r.intent != nil }

// signed reports whether the request is still to be recorded as issued.
func (r *request) signed() bool { return r.Err == nil && r.token != "" }

// fail ends the request. The error says which it is of.
func (r *request) fail(err error) {
	r.Certificate = nil
	var not *NotEligibleError
	switch {
	case r.intent != nil:
		r.Err = fmt.Errorf("certificate %s: %w", r.intent.Number, err)
	case errors.Is(err, ErrApplication), errors.As(err, &not): // which say it themselves
		r.Err = err
	default:
		r.Err = fmt.Errorf("application %s: %w", r.Application.ID, err)
	}
}

// those returns the requests of which it is so.
func those(requests []*request, so func(*request) bool) []*request {
	return slices.DeleteFunc(slices.Clone(requests), func(r *request) bool { return !so(r) })
}

// issue issues the certificates of applications of different candidates and
// different ids: all of them go each step of the way together, so that they
// share its two transactions. What is refused keeps back no other. own are the acts
// of others with whom they have nothing in common; nil: there are none.
func (i *Issuer) issue(ctx context.Context, actor Actor, list []*Application, own *ownActs) []Outcome {
	requests := make([]*request, len(list))
	for n, a := range list {
		requests[n] = &request{Outcome: Outcome{Application: a}, digest: a.digest()}
	}
	seen := i.look(ctx, requests)
	for _, r := range those(requests, (*request).open) {
		if err := i.propose(r); err != nil {
			r.fail(err)
		}
	}
	i.reserve(ctx, actor, requests, seen, own)
	i.finish(ctx, actor, requests, own)
	outcomes := make([]Outcome, len(requests))
	for n, r := range requests {
		outcomes[n] = r.Outcome
	}
	return outcomes
}

// look finds the requests that were made before, and weighs the others. It returns
// the last act that it has seen.
func (i *Issuer) look(ctx context.Context, requests []*request) (seen *audit.Entry) {
	err := i.Store.View(ctx, func(tx Tx) (err error) {
		if seen, err = tx.LastAct(); err != nil {
			return err
		}
		list, err := tx.StatusList()
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		for _, r := range requests {
			r.list = list
			if found, err := r.recall(tx); err != nil {
				r.fail(err)
			} else if !found {
				if err := i.weighFirst(tx, r); err != nil {
					r.fail(err)
				}
			}
		}
		return nil
	})
	if err != nil {
		for _, r := range those(requests, (*request).open) {
			r.fail(err)
		}
	}
	return seen
}

func (i *Issuer) weighFirst(tx Tx, r *request) (err error) {
	if r.consideration, err = i.consider(r.Application); err != nil {
		return err
	}
	_, err = i.grant(tx, r.consideration)
	return err
}

// recall looks whether the application is on file already.
func (r *request) recall(tx Tx) (found bool, err error) {
	cert, err := known(tx, r.Application, r.digest)
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	r.Again = true
	if cert.Token == "" {
		r.intent = cert
	} else {
		r.Certificate = cert
	}
	return true, nil
}
