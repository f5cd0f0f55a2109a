package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
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
	size    int // of what is kept, about
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
	askTime    = 8 * time.Second
	maxAsking  = 16               // at once, of one issuer
	silentTime = 10 * time.Second // for which an issuer that has not answered is left alone
)

// finder finds certificates by their id.
type finder struct {
	s       *Service
	kept    *bounded[string, *certificate]
	waiting singleflight.Group

	mu      sync.Mutex
	issuers map[string]*publisher // by id
}

// publisher is how it went with asking one issuer.
type publisher struct {
	at *semaphore.Weighted

	mu     sync.Mutex
	silent error     // why it did not answer; nil: it did
	since  time.Time // of silent
}

func newFinder(s *Service) *finder {
	return &finder{s: s, kept: newBounded[string, *certificate](), issuers: map[string]*publisher{}}
}

// find returns the certificate of the id, at whichever trusted issuer it is. The
// error wraps [verifier.ErrNoSuch] if every issuer has said that it knows none;
// any other error means that it cannot be told. Its text may be shown to everybody.
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
	done := f.waiting.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		return f.guarded(func() (*certificate, error) { return f.ask(ctx, id) })
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case found := <-done:
		if found.Err != nil {
			return nil, found.Err
		}
		return found.Val.(*certificate), nil
	}
}

// guarded keeps what reads answers of the network from ending the process.
func (f *finder) guarded(do func() (*certificate, error)) (c *certificate, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, errors.New("the answer could not be read")
			f.s.Log.Error("panic", "while", "a certificate was asked for", "error", fmt.Sprintf("%.200v", r), "stack", string(debug.Stack()))
		}
	}()
	return do()
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

// ask asks the issuer that this service is of, and then all others at once, until
// one of them has the certificate.
func (f *finder) ask(ctx context.Context, id string) (*certificate, error) {
	if f.s.Publication == nil {
		return nil, errOffline
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var own *verifier.Issuer
	var others []*verifier.Issuer
	for _, i := range f.s.Trust.Issuers() {
		switch {
		case len(i.StatusLists) == 0: // publishes nothing: its certificates come as documents
		case f.own(i):
			own = i
		default:
			others = append(others, i)
		}
	}
	var faults []error
	if own != nil {
		c, err := f.fetch(ctx, verifier.Link{Issuer: own, ID: id})
		if err == nil {
			return f.keep(c), nil
		}
		if !errors.Is(err, verifier.ErrNoSuch) {
			faults = append(faults, err)
		}
	}
	type heard struct {
		*certificate
		of  *verifier.Issuer
		err error
	}
	answers := make(chan heard, len(others))
	for _, i := range others {
		go func() {
			c, err := f.guarded(func() (*certificate, error) { return f.askOther(ctx, verifier.Link{Issuer: i, ID: id}) })
			answers <- heard{c, i, err}
		}()
	}
	known, isKept := f.kept.get(id)
	isKept = isKept && known.opened != nil && f.trusted(known.issuer)
	well := true // the issuer of what is kept
	for range others {
		a := <-answers
		switch {
		case a.err == nil && (a.opened != nil || own == nil && len(others) == 1):
			return f.keep(a.certificate), nil
		case a.err == nil:
			// Were this the answer, each issuer could speak against the certificates of
			// all others.
			a.err = errors.New("the issuer answered with something that is not this certificate")
		case errors.Is(a.err, verifier.ErrNoSuch):
			if isKept && known.issuer == a.of { // what is erased does not come back
				f.keep(&certificate{issuer: a.of, id: id})
			}
			continue
		case isKept && known.issuer == a.of && inTrouble(a.err):
			well = false
		}
		if own != nil || len(others) > 1 {
			a.err = fmt.Errorf("%s: %w", a.of.ID, a.err)
		}
		faults = append(faults, a.err)
	}
	switch {
	case isKept && !well:
		return known, nil // how it stands is judged anew each time, by lists in force
	case len(faults) > 0:
		return nil, several(faults)
	}
	return nil, fmt.Errorf("ask for a certificate: %w", verifier.ErrNoSuch)
}

// several is more than one error, in one line.
type several []error

func (s several) Error() string {
	texts := make([]string, len(s))
	for n, err := range s {
		texts[n] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (s several) Unwrap() []error { return s }

// answered reports whether the issuer has answered, though with nothing of use.
func answered(err error) bool {
	var failed *verifier.FetchError
	return !errors.As(err, &failed) || failed.Status != 0
}

// inTrouble reports whether the issuer could not say how it is with its certificate,
// rather than saying something else of it.
func inTrouble(err error) bool {
	var failed *verifier.FetchError
	return errors.As(err, &failed) && (failed.Status == 0 || failed.Status >= 500 || failed.Status == http.StatusTooManyRequests)
}

// askOther asks an issuer over the network, unless it has not answered lately.
func (f *finder) askOther(ctx context.Context, link verifier.Link) (*certificate, error) {
	f.mu.Lock()
	a := f.issuers[link.Issuer.ID]
	if a == nil {
		a = &publisher{at: semaphore.NewWeighted(maxAsking)}
		f.issuers[link.Issuer.ID] = a
	}
	f.mu.Unlock()
	if err := a.silence(f.now()); err != nil {
		return nil, err
	}
	if err := a.at.Acquire(ctx, 1); err != nil {
		return nil, &verifier.FetchError{Text: "the issuer did not answer in time", Err: err}
	}
	defer a.at.Release(1)
	if err := a.silence(f.now()); err != nil { // those who were before have waited in vain
		return nil, err
	}
	c, err := f.fetch(ctx, link)
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) { // nobody waits any more: that says nothing
		f.note(a, link, err)
	}
	return c, err
}

// silence returns why the issuer is left alone, nil if it is not.
func (a *publisher) silence(now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.silent == nil || now.Before(a.since) || !now.Before(a.since.Add(silentTime)) {
		return nil
	}
	return a.silent
}

// note remembers whether an issuer has answered.
func (f *finder) note(a *publisher, link verifier.Link, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.silent
	if err == nil || answered(err) {
		a.silent = nil
	} else {
		a.silent, a.since = err, f.now()
	}
	switch {
	case was == nil && a.silent != nil:
		f.s.Log.Warn("an issuer does not answer", "issuer", link.Issuer.ID, "error", discreet(errors.New(verifier.Detail(err)), link.ID))
	case was != nil && a.silent == nil:
		f.s.Log.Info("an issuer answers again", "issuer", link.Issuer.ID)
	}
}

// fetch asks one issuer. What it says is not opened if it is not the certificate
// of the link.
func (f *finder) fetch(ctx context.Context, link verifier.Link) (*certificate, error) {
	now := f.now()
	token, err := f.s.Publication.Credential(ctx, link)
	if err != nil {
		return nil, err
	}
	c := &certificate{issuer: link.Issuer, id: link.ID, token: token, sum: sha256.Sum256([]byte(token)), fetched: now, size: 4*len(token) + 512}
	if old, ok := f.kept.get(link.ID); ok && old.opened != nil && old.issuer == c.issuer && old.sum == c.sum {
		c.opened, c.token, c.key = old.opened, "", old.key
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
	return c, nil
}

// keep keeps what was found.
func (f *finder) keep(c *certificate) *certificate {
	f.kept.put(c.id, c, c.size)
	return c
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
