package verifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

// leeway is how far the clocks of issuer and verifier may differ before
// something just issued reads as not yet valid.
const leeway = time.Minute

// What keeps a sound list from telling about the moment asked about.
var (
	errPast   = errors.New("the status list is younger than the moment asked about")
	errFuture = errors.New("the status list does not reach the moment asked about")
)

// status reports whether the certificate has been revoked or suspended.
// Revocation is looked up first: it is final and outweighs suspension.
func (e *examination) status(ctx context.Context, c *credential.Credential, issuer *Issuer) {
	if c.Status == nil {
		e.report.unknown(Status, StatusUnavailable, "It names no status list, so that nobody can tell whether it has been withdrawn.")
		return
	}
	index, err := c.Status.Entry()
	if err != nil { // Decode has checked it; without an index there is no answer
		e.report.unknown(Status, StatusUnavailable, "Its status cannot be looked up: %v.", err)
		return
	}
	revoked, err := e.bit(ctx, issuer, c.Status.List, credential.PurposeRevocation, index)
	if err == nil && revoked {
		e.report.fail(Status, Revoked, "The issuer has withdrawn it, for good.")
		return
	}
	if c.Status.Suspension != "" {
		suspended, suspensionErr := e.bit(ctx, issuer, c.Status.Suspension, credential.PurposeSuspension, index)
		if suspensionErr == nil && suspended {
			e.report.fail(Status, Suspended, "The issuer has suspended it; it may not be relied upon until it is reinstated.")
			return
		}
		err = errors.Join(err, suspensionErr)
	}
	switch {
	case errors.Is(err, errPast):
		e.report.unknown(Status, StatusUnavailable,
			"How it stood on %s cannot be told: the status list at hand is of a later time.", day(e.at))
	case errors.Is(err, errFuture):
		e.report.unknown(Status, StatusUnavailable,
			"How it will stand on %s cannot be told today. As things are, it has been neither withdrawn nor suspended.", day(e.at))
	case err != nil:
		e.report.unknown(Status, StatusUnavailable, "Whether it has been withdrawn or suspended could not be checked: %s.", oneLine(err))
	default:
		e.report.pass(Status, "The issuer has neither withdrawn nor suspended it, by its signed status list of %s.",
			e.report.StatusAsOf.Format("2 January 2006, 15:04 UTC"))
	}
}

// bit returns the status at the index, by the sources that have a sound list.
func (e *examination) bit(ctx context.Context, issuer *Issuer, url, purpose string, index int) (bool, error) {
	if !issuer.publishes(url) {
		return false, fmt.Errorf("the status list %s is not under an address of the trusted issuer", url)
	}
	sources, ok := e.Statuses.(Sources)
	if !ok && e.Statuses != nil {
		sources = Sources{e.Statuses}
	}
	errs := []error{errors.New("no sound status list is at hand")} // so that none is never "not revoked"
	var newest time.Time
	set := false
	for _, source := range sources {
		one, asOf, err := e.bitOf(ctx, source, issuer, url, purpose, index)
		switch {
		case err != nil:
			errs = append(errs, err)
		case one && purpose == credential.PurposeRevocation: // final, in whichever list
			e.report.asOf(asOf)
			return true, nil
		case asOf.After(newest):
			set, newest = one, asOf
		}
	}
	if newest.IsZero() {
		if len(errs) > 1 {
			errs = errs[1:]
		}
		return false, errors.Join(errs...)
	}
	e.report.asOf(newest)
	return set, nil
}

// bitOf follows W3C Bitstring Status List §3.2 for one source, with every fault
// an error: an error is never "not revoked". It returns the date of the list.
func (e *examination) bitOf(ctx context.Context, source Statuses, issuer *Issuer, url, purpose string, index int) (bool, time.Time, error) {
	var none time.Time
	text, err := source.StatusList(ctx, url)
	if err != nil {
		return false, none, err
	}
	list, err := e.openList(text, issuer)
	if err != nil {
		return false, none, fmt.Errorf("status list %s: %w", url, err)
	}
	switch {
	case list.ID != url:
		return false, none, fmt.Errorf("status list %s calls itself %s", url, list.ID)
	case !list.Subject.Purpose.Has(purpose):
		return false, none, fmt.Errorf("status list %s is for %s, not for %s", url, strings.Join(list.Subject.Purpose, ", "), purpose)
	case e.now.Add(leeway).Before(list.ValidFrom.Time):
		return false, none, fmt.Errorf("status list %s is dated in the future, %s; is the clock right?", url, list.ValidFrom)
	case !e.now.Before(list.ValidUntil.Time):
		return false, none, fmt.Errorf("status list %s is out of date since %s", url, list.ValidUntil)
	}
	bits, err := statuslist.Decode(list.Subject.Encoded)
	if err != nil {
		return false, none, fmt.Errorf("%s: %w", url, err)
	}
	set, err := bits.Get(index)
	switch {
	case err != nil:
		return false, none, err
	case e.at.Add(leeway).Before(list.ValidFrom.Time):
		return false, none, errPast
	case !set && e.at.After(list.ValidUntil.Time):
		return false, none, errFuture // what is withdrawn stays so; what stands may not
	}
	return set, list.ValidFrom.Time, nil
}

func (e *examination) openList(text string, issuer *Issuer) (*credential.StatusList, error) {
	t, err := keys.Parse(trim(text), keys.ForStatusList)
	if err != nil {
		return nil, err
	}
	signed, err := issuer.Keys.Open(t, issuer.types()...)
	if err != nil {
		return nil, err
	}
	list, err := credential.DecodeStatusList(signed.Payload)
	if err != nil {
		return nil, err
	}
	if list.Issuer.ID != issuer.ID {
		return nil, fmt.Errorf("issued by %q, not by %q", list.Issuer.ID, issuer.ID)
	}
	return list, nil
}

// publishes reports whether a list URL is one of the issuer's prefixes, or is
// under one and adds to it neither a path that climbs nor a query. Under means
// behind a slash: https://a.example does not reach https://a.example.org.
func (i *Issuer) publishes(url string) bool {
	for _, prefix := range i.StatusLists {
		rest, ok := strings.CutPrefix(url, prefix)
		if ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(prefix, "/")) && !strings.ContainsAny(rest, "?#%\\@") && !strings.Contains(rest, "..") {
			return true
		}
	}
	return false
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
