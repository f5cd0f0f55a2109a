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
	name, ok := strings.CutPrefix(url, i.Body.StatusPrefix())
	if !ok {
		return nil, fmt.Errorf("status list %s: %w", url, ErrNotFound)
	}
	if list, ok := strings.CutSuffix(name, "-suspension"); ok {
		return i.Publication(ctx, list, credential.PurposeSuspension, maxListAge)
	}
	return i.Publication(ctx, name, credential.PurposeRevocation, maxListAge)
}
