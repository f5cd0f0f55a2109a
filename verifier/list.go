package verifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

// Archive is a source of lists that also keeps those of the past.
type Archive interface {
	Statuses
	// StatusListAt returns the signed list that was published under the URL at
	// the moment (W3C Bitstring Status List §3.4). It need not be verified.
	StatusListAt(ctx context.Context, url string, at time.Time) (string, error)
}

// list is a status list whose signature is good. What is in it is not yet known
// to be what was asked for: see tells.
type list struct {
	url                   string // as it calls itself
	purposes              credential.Strings
	validFrom, validUntil time.Time
	ttl                   time.Duration // how long a copy may be kept; 0: not said
	bits                  statuslist.Bits

	text string
	sum  func() string
}

// openList verifies a list of the issuer and unpacks it.
func openList(text string, issuer *Issuer) (*list, error) {
	t, err := keys.Parse(trim(text), keys.ForStatusList)
	if err != nil {
		return nil, err
	}
	signed, err := issuer.Keys.Open(t, issuer.types()...)
	if err != nil {
		return nil, err
	}
	c, err := credential.DecodeStatusList(signed.Payload)
	if err != nil {
		return nil, err
	}
	if c.Issuer.ID != issuer.ID {
		return nil, fmt.Errorf("issued by %q, not by %q", c.Issuer.ID, issuer.ID)
	}
	bits, err := statuslist.Decode(c.Subject.Encoded)
	if err != nil {
		return nil, err
	}
	return &list{
		url: c.ID, purposes: c.Subject.Purpose, bits: bits,
		validFrom: c.ValidFrom.UTC(), validUntil: c.ValidUntil.UTC(),
		ttl:  time.Duration(min(max(c.Subject.TTL, 0), 1<<40)) * time.Millisecond,
		text: text, sum: sync.OnceValue(func() string { return credential.Digest([]byte(trim(text))) }),
	}, nil
}

func (l *list) digest() string { return l.sum() }

// tells follows W3C Bitstring Status List §3.2: it returns an error unless this
// is the list of the URL, for the purpose, and not dated in the future. An error
// is never "not revoked".
func (l *list) tells(url, purpose string, now time.Time) error {
	switch {
	case l.url != url:
		return fmt.Errorf("status list %s calls itself %s", url, l.url)
	case !l.purposes.Has(purpose):
		return fmt.Errorf("status list %s is for %s, not for %s", url, strings.Join(l.purposes, ", "), purpose)
	case now.Add(leeway).Before(l.validFrom):
		return fmt.Errorf("status list %s is dated in the future, %s; is the clock right?", url, l.validFrom.Format(time.RFC3339))
	}
	return nil
}

// listOf returns the current list of the source, opened: by the source itself if
// it keeps opened lists.
func listOf(ctx context.Context, source Statuses, issuer *Issuer, url string, now time.Time) (*list, error) {
	if kept, ok := source.(*Lists); ok {
		return kept.list(ctx, issuer, url, now)
	}
	text, err := source.StatusList(ctx, url)
	if err != nil {
		return nil, err
	}
	return openAs(text, issuer, url)
}

func listAt(ctx context.Context, source Archive, issuer *Issuer, url string, at time.Time) (*list, error) {
	text, err := source.StatusListAt(ctx, url, at)
	if err != nil {
		return nil, err
	}
	return openAs(text, issuer, url)
}

func openAs(text string, issuer *Issuer, url string) (*list, error) {
	l, err := openList(text, issuer)
	if err != nil {
		return nil, fmt.Errorf("status list %s: %w", url, err)
	}
	return l, nil
}

var errNoArchive = errors.New("lists of the past are not kept here")
