package issuer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// bundleAge is how old a list may be that is put into a bundle: little, so that
// the bundle serves as long as it can.
const bundleAge = 5 * time.Minute

// Trust returns what others need to believe this body's certificates: its name,
// its public keys and where its status lists are. With bundle, the current
// lists are inside, for checking without a network until they are out of date.
func (i *Issuer) Trust(ctx context.Context, bundle bool) (*verifier.Trust, error) {
	var lists map[string]string
	if bundle {
		var err error
		if lists, err = i.Publications(ctx, bundleAge); err != nil {
			return nil, err
		}
	}
	return verifier.NewTrust([]*verifier.Issuer{i.asIssuer()}, lists)
}

// asIssuer is the body as verifiers know it.
func (i *Issuer) asIssuer() *verifier.Issuer {
	return &verifier.Issuer{
		ID: i.Body.URL, Name: i.Body.Name, Keys: i.Keys, StatusLists: []string{i.Body.StatusPrefix()},
	}
}

// PublicationAt returns the current publication at one of the body's own
// status list addresses. The error wraps [ErrNotFound] if there is none.
func (i *Issuer) PublicationAt(ctx context.Context, url string) (*Publication, error) {
	list, purpose, err := i.Body.listAt(url)
	if err != nil {
		return nil, err
	}
	return i.Publication(ctx, list, purpose, maxListAge)
}

// PublicationThen returns the publication that was current at a moment at one of
// the body's own status list addresses, as it was published then: nothing is ever
// signed for a time that is over. The error wraps [ErrNotFound] if none was in
// force. Of now and of later the current one is returned.
func (i *Issuer) PublicationThen(ctx context.Context, url string, at time.Time) (*Publication, error) {
	if !at.Before(i.Now()) {
		return i.PublicationAt(ctx, url)
	}
	list, purpose, err := i.Body.listAt(url)
	if err != nil {
		return nil, err
	}
	var then *Publication
	err = i.Store.View(ctx, func(tx Tx) (err error) {
		then, err = tx.PublicationBefore(list, purpose, at)
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("status list %s of %s: %w", url, at.UTC().Format(time.RFC3339), err)
	case !at.Before(then.ValidUntil):
		return nil, fmt.Errorf("status list %s of %s: the last before was in force until %s: %w",
			url, at.UTC().Format(time.RFC3339), then.ValidUntil.Format(time.RFC3339), ErrNotFound)
	}
	return then, nil
}

// listAt returns which list, and for what, is published at an address.
func (b Body) listAt(url string) (list, purpose string, err error) {
	name, ok := strings.CutPrefix(url, b.StatusPrefix())
	if !ok {
		return "", "", fmt.Errorf("status list %s: %w", url, ErrNotFound)
	}
	if list, ok := strings.CutSuffix(name, "-suspension"); ok {
		return list, credential.PurposeSuspension, nil
	}
	return name, credential.PurposeRevocation, nil
}
