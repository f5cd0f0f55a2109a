package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/verifier/credential"
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
			if e.past() {
				e.report.fail(Status, Suspended, "It was suspended on %s.", Day(e.at))
			} else {
				e.report.fail(Status, Suspended, "The issuer has suspended it; it may not be relied upon until it is reinstated.")
			}
			return
		}
		if suspensionErr != nil {
			err = errors.Join(err, suspensionErr)
		}
	}
	switch {
	case errors.Is(err, errPast):
		e.report.unknown(Status, StatusUnavailable,
			"How it stood on %s cannot be told: the status list at hand is of a later time.", Day(e.at))
	case errors.Is(err, errFuture):
		e.report.unknown(Status, StatusUnavailable,
			"How it will stand on %s cannot be told today. As things are, it has been neither withdrawn nor suspended.", Day(e.at))
	case err != nil:
		e.report.unknown(Status, StatusUnavailable, "Whether it has been withdrawn or suspended could not be checked: %s.", oneLine(err))
	case e.since:
		e.report.pass(Status, "On %s it was neither withdrawn nor suspended, by the signed status list of that time. It has been withdrawn since.", Day(e.at))
	case e.past():
		e.report.pass(Status, "On %s it was neither withdrawn nor suspended, by the issuer's signed status lists.", Day(e.at))
	default:
		e.report.pass(Status, "The issuer has neither withdrawn nor suspended it, by its signed status list of %s.", Minute(*e.report.StatusAsOf))
	}
}

// past reports whether the moment asked about is before that of checking.
func (e *examination) past() bool { return e.at.Before(e.now) }

// bit returns the status at the index, at the moment asked about, by the sources
// that have a sound list that tells of it.
func (e *examination) bit(ctx context.Context, issuer *Issuer, url, purpose string, index int) (bool, error) {
	if !issuer.publishes(url) {
		return false, fmt.Errorf("the status list %s is not under an address of the trusted issuer", url)
	}
	var decides *list                                              // the newest list of the moment asked about
	set := false                                                   // and what it says
	var never *list                                                // a later list in which it is still not revoked: it never was
	var later *list                                                // the first later list in which it is
	errs := []error{errors.New("no sound status list is at hand")} // so that none is never "not revoked"
	look := func(l *list, err error) (revoked bool) {
		if err == nil {
			err = l.tells(url, purpose, e.now)
		}
		one := false
		if err == nil {
			one, err = l.bits.Get(index)
		}
		if err != nil {
			errs = append(errs, err)
			return false
		}
		final := purpose == credential.PurposeRevocation
		switch {
		case e.at.Add(leeway).Before(l.validFrom), e.past() && one && e.at.Before(l.validFrom): // of a later time
			switch {
			case final && one:
				e.since = true
				errs = append(errs, errPast)
				if later == nil || l.validFrom.Before(later.validFrom) {
					later = l
				}
			case final:
				if never == nil || l.validFrom.Before(never.validFrom) {
					never = l
				}
			default:
				errs = append(errs, errPast)
			}
		case final && one: // in whichever list
			decides, set = l, true
			return true
		case !e.at.Before(e.now) && !e.now.Before(l.validUntil):
			errs = append(errs, fmt.Errorf("status list %s is out of date since %s", url, l.validUntil.Format(time.RFC3339)))
		case e.past() && !e.at.Before(l.validUntil):
			errs = append(errs, errPast) // another list was in force then
		case !one && !e.at.Before(l.validUntil):
			errs = append(errs, errFuture) // what is withdrawn stays so; what stands may not
		case decides == nil || e.better(l, decides):
			decides, set = l, one
		}
		return false
	}
	for _, source := range e.sources() {
		if look(listOf(ctx, source, issuer, url, e.now)) {
			break
		}
		if archive, ok := source.(Archive); ok && e.past() {
			if look(listAt(ctx, archive, issuer, url, e.at)) {
				break
			}
		}
	}
	switch {
	case decides != nil:
		e.report.used(decides, purpose)
		return set, nil
	case never != nil && (later == nil || never.validFrom.Before(later.validFrom)): // or it has forgotten a withdrawal
		e.report.used(never, purpose)
		return false, nil
	case len(errs) > 1:
		errs = errs[1:]
	}
	return false, errors.Join(errs...)
}

// better reports whether of two lists the first tells more of the moment asked
// about: it is the newer, unless it began only after a moment of the past.
func (e *examination) better(l, other *list) bool {
	if after := l.validFrom.After(e.at); e.past() && after != other.validFrom.After(e.at) {
		return !after
	}
	return l.validFrom.After(other.validFrom)
}

func (e *examination) sources() Sources {
	switch s := e.Statuses.(type) {
	case nil:
		return nil
	case Sources:
		return s
	default:
		return Sources{s}
	}
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

// oneLine is the text of an error in one line, which says nothing twice.
func oneLine(err error) string {
	var said []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.Join(said, "; ")
}
