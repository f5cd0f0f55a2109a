package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

// certificate is what an issuer publishes under an id. It is not changed once
// made.
type certificate struct {
	issuer *verifier.Issuer
	id     string // as links have it
	// opened is the certificate behind the gates, or nil if a gate did not open;
	// token is then what was published. key is the id of the key that signed.
	opened  *verifier.Opened
	token   string
	key     string
	sum     [sha256.Size]byte // of what was published
	fetched time.Time
}

// same reports whether two fetches have brought the same.
func (c *certificate) same(d *certificate) bool {
	return c == d || c.issuer == d.issuer && c.id == d.id && c.opened == d.opened && c.sum == d.sum
}

// How long a certificate is shown before the issuer is asked for it again: it may
// have put another in its place, or have taken it away.
const (
	keepOwn     = 15 * time.Second
	keepForeign = 5 * time.Minute
)

var errOffline = errors.New("the service works without a network, so that only what is presented can be checked")

// Bounds of asking others.
const (
	askTime   = 8 * time.Second
	maxAsking = 16
)

// finder finds certificates by their id.
type finder struct {
	s       *Service
	kept    *bounded[string, *certificate]
	waiting singleflight.Group
	asking  *semaphore.Weighted
}

func newFinder(s *Service) *finder {
	return &finder{s: s, kept: newBounded[string, *certificate](), asking: semaphore.NewWeighted(maxAsking)}
}

// find returns the certificate of the id, at whichever trusted issuer it is. The
// error wraps [verifier.ErrNoSuch] if every issuer has said that it knows none;
// any other error means that it cannot be told.
func (f *finder) find(ctx context.Context, id string) (*certificate, error) {
	if c, ok := f.kept.get(id); ok {
		now, keep := f.now(), keepForeign
		if f.own(c.issuer) {
			keep = keepOwn
		}
		// A clock that was set back makes nothing last longer.
		if !now.Before(c.fetched) && now.Before(c.fetched.Add(keep)) && f.trusted(c.issuer) {
			return c, nil
		}
	}
	// Whoever gives up waiting does not end the asking, in which others may have
	// part.
	found, err, _ := f.waiting.Do(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		return f.ask(ctx, id)
	})
	if err != nil {
		return nil, err
	}
	return found.(*certificate), nil
}

func (f *finder) now() time.Time {
	if f.s.Now != nil {
		return f.s.Now()
	}
	return time.Now()
}

// own reports whether this service is the issuer's.
func (f *finder) own(i *verifier.Issuer) bool { return i.ID == strings.TrimSuffix(f.s.URL, "/") }

func (f *finder) trusted(i *verifier.Issuer) bool {
	known, ok := f.s.Trust.Issuer(i.ID)
	return ok && known == i
}

// ask asks the issuer that this service is of, and then all others at once.
func (f *finder) ask(ctx context.Context, id string) (*certificate, error) {
	if f.s.Publication == nil {
		return nil, errOffline
	}
	var others []*verifier.Issuer
	var faults []error
	for _, i := range f.s.Trust.Issuers() {
		switch {
		case len(i.StatusLists) == 0: // publishes nothing: its certificates come as documents
		case !f.own(i):
			others = append(others, i)
		default:
			c, err := f.fetch(ctx, verifier.Link{Issuer: i, ID: id})
			if err == nil {
				return c, nil
			}
			if !errors.Is(err, verifier.ErrNoSuch) {
				faults = append(faults, err)
			}
		}
	}
	answers, errs := make([]*certificate, len(others)), make([]error, len(others))
	var all sync.WaitGroup
	for n, i := range others {
		all.Go(func() {
			if errs[n] = f.asking.Acquire(ctx, 1); errs[n] != nil {
				return
			}
			defer f.asking.Release(1)
			answers[n], errs[n] = f.fetch(ctx, verifier.Link{Issuer: i, ID: id})
		})
	}
	all.Wait()
	for n, err := range errs {
		if err == nil {
			return answers[n], nil
		}
		if !errors.Is(err, verifier.ErrNoSuch) {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("ask for a certificate: %w", errors.Join(faults...))
	}
	return nil, fmt.Errorf("ask for a certificate: %w", verifier.ErrNoSuch)
}

// fetch asks one issuer, and keeps what it says.
func (f *finder) fetch(ctx context.Context, link verifier.Link) (*certificate, error) {
	now := f.now()
	token, err := f.s.Publication.Credential(ctx, link)
	if err != nil {
		return nil, err
	}
	c := &certificate{issuer: link.Issuer, id: link.ID, token: token, sum: sha256.Sum256([]byte(token)), fetched: now}
	if old, ok := f.kept.get(link.ID); ok && old.opened != nil && old.issuer == c.issuer && old.sum == c.sum {
		c.opened, c.token, c.key = old.opened, "", old.key
		f.kept.put(link.ID, c, 4*len(token)+512)
		return c, nil
	}
	v := f.s.verifier(verifier.Policy{})
	// A certificate that verifies but stands in the place of another would let one
	// person's paper lead to another person's certificate.
	if o, _ := v.Open(token); o != nil && o.Certificate().ID == link.Credential() {
		c.opened, c.token = o, ""
		if t, err := keys.Parse(strings.TrimSpace(token), keys.ForCredential); err == nil {
			c.key = t.KeyID
		}
	}
	f.kept.put(link.ID, c, 4*len(token)+512)
	return c, nil
}

// report judges the certificate as it is now.
func (f *finder) report(ctx context.Context, c *certificate, p verifier.Policy) *verifier.Report {
	p.ID = verifier.Link{Issuer: c.issuer, ID: c.id}.Credential()
	v := f.s.verifier(p)
	if c.opened == nil {
		return v.Examine(ctx, c.token)
	}
	return v.Assess(ctx, c.opened)
}

// linkID returns the id of a certificate as it stands in an address, "" for what
// cannot be one.
func linkID(text string) string {
	text = strings.Trim(text, " ./")
	if canonical(text) {
		return text
	}
	return verifier.LinkID(text)
}

// canonical reports whether an id is written as it was issued, which spares
// [verifier.LinkID] its work.
func canonical(text string) bool {
	if len(text) != 26 {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O':
		default:
			return false
		}
	}
	return true
}
