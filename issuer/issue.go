package issuer

import (
	"context"
	"errors"
	"fmt"

	"github.com/testamur/testamur/issuer/scheme"
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
	return fmt.Sprintf("application %s is not eligible for %s: %d rules are not met", e.Application, e.Certificate, len(e.Decision.Unmet))
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
	err := i.Store.View(ctx, func(tx Tx) (err error) {
		cert, err = known(tx, a)
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
