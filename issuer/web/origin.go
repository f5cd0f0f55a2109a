package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/receipt"
	verification "github.com/testamur/testamur/verifier/web"
)

// Service returns the verification service of the body itself. It judges as
// everybody else does, by the keys and lists that the body publishes, but has them
// from the records and not over the network: a change of status that this process
// makes shows in the next answer, and one of another process a second later.
// Without receipts none are given.
func (p *Publication) Service(ctx context.Context, receipts *receipt.Desk) (*verification.Service, error) {
	trust, err := p.Issuer.Trust(ctx, false)
	if err != nil {
		return nil, err
	}
	b, o := p.Issuer.Body, &origin{Publication: p, kept: map[string]keptList{}}
	own := verifier.NewPublication(trust).Own(b.URL, o)
	return &verification.Service{
		Name: b.Name, URL: b.URL, Accreditation: b.Accreditation, Specimen: b.Specimen,
		Trust: trust, Publication: own,
		Lists:    &verifier.Lists{Source: own, TTL: time.Nanosecond}, // origin knows how long
		Register: o, Numbers: o, Receipts: receipts,
		Pages: p.Pages, Log: p.Log, Now: p.Issuer.Now,
	}, nil
}

// origin is what the body publishes, from its records. It implements
// [verifier.Origin], [verification.Register] and [verification.Numbers]. Why
// something cannot be had is for the log; what is returned is read by everybody.
type origin struct {
	*Publication

	mu   sync.Mutex
	kept map[string]keptList // by URL
}

// keptList is a status list, as it was read.
type keptList struct {
	token   string
	at      time.Time
	updates uint64 // of the records before it was read
}

// keepList is how long a list is used without a look into the records, which
// another process may have changed.
const keepList = time.Second

var (
	errLists   = errors.New("the status list of the body is not available at the moment")
	errNotKept = errors.New("the body has published no status list for that time")
	errRecords = errors.New("the records of the body are not available at the moment")
)

// StatusList implements [verifier.Statuses]. It looks into the records unless it
// has done so within a second, and this process has changed nothing since.
func (o *origin) StatusList(ctx context.Context, url string) (string, error) {
	// A store that does not count its changes is looked into each time.
	records, counts := o.Issuer.Store.(interface{ Updates() uint64 })
	now, updates := o.Issuer.Now(), uint64(0)
	if counts {
		updates = records.Updates()
		o.mu.Lock()
		k, ok := o.kept[url]
		o.mu.Unlock()
		if age := now.Sub(k.at); ok && k.updates == updates && age >= 0 && age < keepList {
			return k.token, nil
		}
	}
	pub, err := o.Issuer.PublicationAt(ctx, url)
	if err != nil {
		o.note(ctx, "status list not available", err, url)
		return "", errLists
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept[url] = keptList{pub.Token, now, updates} // only lists that there are
	return pub.Token, nil
}

// StatusListAt implements [verifier.Archive].
func (o *origin) StatusListAt(ctx context.Context, url string, at time.Time) (string, error) {
	pub, err := o.Issuer.PublicationThen(ctx, url, at)
	switch {
	case errors.Is(err, issuer.ErrNotFound):
		return "", errNotKept
	case err != nil:
		o.note(ctx, "status list of the past not available", err, url)
		return "", errLists
	}
	return pub.Token, nil
}

// Credential implements [verifier.Origin].
func (o *origin) Credential(ctx context.Context, id string) (string, error) {
	cert, err := o.certificate(ctx, id)
	switch {
	case errors.Is(err, issuer.ErrNotFound):
		return "", verifier.ErrNoSuch
	case err != nil:
		o.note(ctx, "certificate not available", err, "", id)
		return "", errRecords
	}
	return cert.Token, nil
}

// Number implements [verification.Numbers]. What is not found is told alike whatever
// it was, as for an id.
func (o *origin) Number(ctx context.Context, number string) (string, error) {
	number, _ = issuer.ParseNumber(number, o.Issuer.Body.Prefix) // "" is no certificate's
	var link string
	err := o.Issuer.Store.View(ctx, func(tx issuer.Tx) error {
		cert, err := tx.Certificate(number)
		if err == nil && cert.Token != "" {
			link = cert.Link
		}
		return err
	})
	switch {
	case errors.Is(err, issuer.ErrNotFound), err == nil && link == "":
		return "", verifier.ErrNoSuch
	case err != nil:
		o.note(ctx, "certificate not available", err, "")
		return "", errRecords
	}
	return link, nil
}

// Standing implements [verification.Register]. Its day is that midnight in UTC,
// so that it reads the same wherever it is read.
func (o *origin) Standing(ctx context.Context, id string) (*verification.Standing, error) {
	var changes []issuer.StatusChange
	err := o.Issuer.Store.View(ctx, func(tx issuer.Tx) (err error) {
		changes, err = tx.StatusChanges(linkID(id))
		return err
	})
	if err != nil {
		o.note(ctx, "changes of status not available", err, "", id)
		return nil, errRecords
	}
	if len(changes) == 0 {
		return nil, nil
	}
	last := changes[len(changes)-1]
	if last.To != issuer.Revoked && last.To != issuer.Suspended {
		return nil, nil
	}
	return &verification.Standing{Since: last.Effective.Start(time.UTC), Reason: issuer.PublicReason(last)}, nil
}

// note tells the log of a failure, unless it is that nobody waits any more.
func (o *origin) note(ctx context.Context, what string, err error, list string, secrets ...string) {
	if !errors.Is(err, context.Canceled) {
		o.Log.ErrorContext(ctx, what, "list", list, "error", discreet(err, secrets...))
	}
}
