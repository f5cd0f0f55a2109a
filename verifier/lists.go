package verifier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/testamur/testamur/verifier/credential"
)

// Lists keeps the status lists of a source, opened, so that a list is fetched,
// verified and unpacked once for many certificates. It is [Statuses], to be given
// to a [Verifier] of the issuers whose lists it keeps. Its fields must not be
// changed once it is used; its methods may be called from several goroutines.
//
// A list is used without asking again for as long as the list itself (its ttl)
// and TTL say. Then the source is asked, once for all who wait. What comes back
// takes the place of the list kept only if it is signed by the issuer, is the list
// of that address, is in force, is not older than any seen before, and has
// forgotten no withdrawal, which is final. Whatever else comes back, or if nothing
// does, the list kept serves on until it is out of date, and after that there is
// none: never does a list go backwards, and never is the lack of one an answer.
//
// A source that is slow is waited for only briefly while the list kept is in
// force: it answers, and what comes later serves those who ask later.
type Lists struct {
	Source Statuses
	// TTL is the longest that a list is used without asking again; 0: 5 minutes. If
	// it is less than the brief waiting, each question is meant to have what the
	// source says now, and waits for it.
	TTL time.Duration
	// Dir, if not "", is a folder in which the newest list of each address is
	// kept, so that a restart forgets none of them. Several processes may share it.
	Dir string
	// Trouble, if not nil, is told what is wrong with an address whenever that
	// changes, and nil once nothing is any more. [Detail] tells more of the error
	// than its text.
	Trouble func(url string, err error)

	mu     sync.Mutex
	kept   map[string]*keptList
	floors map[string]time.Time // of lists that were forgotten to make room
	uses   uint64
}

// Bounds of what is kept.
const (
	defaultTTL   = 5 * time.Minute
	briefly      = 250 * time.Millisecond // for a source, while the list kept is in force
	retryAfter   = 10 * time.Second       // after a source has failed
	refreshTime  = 2 * fetchTime
	maxKeptLists = 64
	maxKeptBytes = 64 << 20
	maxFloors    = 4096
)

// keptList is what is known of one address.
type keptList struct {
	issuer *Issuer
	url    string
	floor  time.Time // no older list is taken

	mu      sync.RWMutex
	list    *list     // the newest sound list; nil: none yet
	asked   time.Time // when the source last answered, soundly or not
	next    time.Time // when it is asked again
	err     error     // of the last time
	refused bool      // err is of a list that came
	saving  error     // why the list is not in the folder
	used    uint64
	asking  *asking // nil: the source is not being asked
}

// asking is one asking of the source, in which many may have part.
type asking struct {
	began time.Time
	over  chan struct{} // closed once the source has answered
}

// StatusList implements [Statuses] by asking the source. A [Verifier] is given
// what is kept.
func (s *Lists) StatusList(ctx context.Context, url string) (string, error) {
	return s.Source.StatusList(ctx, url)
}

// StatusListAt implements [Archive] if the source does. Lists of the past are not
// kept.
func (s *Lists) StatusListAt(ctx context.Context, url string, at time.Time) (string, error) {
	if archive, ok := s.Source.(Archive); ok {
		return archive.StatusListAt(ctx, url, at)
	}
	return "", errNoArchive
}

// list returns the list of the address, which is one of the issuer's.
func (s *Lists) list(ctx context.Context, issuer *Issuer, url string, now time.Time) (*list, error) {
	k := s.entry(issuer, url)
	if l, err, ok := k.current(now); ok {
		return l, err
	}
	for {
		a, own := s.ask(ctx, k, issuer, now)
		if a == nil { // somebody else has asked meanwhile
			return k.best(now)
		}
		var patience <-chan time.Time
		if s.TTL <= 0 || s.TTL > briefly {
			timer := time.NewTimer(briefly - time.Since(a.began))
			defer timer.Stop()
			patience = timer.C
		}
		select {
		case <-a.over:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience:
			if l := k.inForce(now); l != nil {
				return l, nil
			}
			select {
			case <-a.over:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if own {
			return k.best(now)
		}
		if l, err, ok := k.current(now); ok {
			return l, err
		}
	}
}

// entries returns what is known of every address.
func (s *Lists) entries() []*keptList {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.kept))
}

// How the lists are kept that nobody asks for.
const (
	keepPace  = 5 * time.Second // at which it is looked whether one is due
	keepRetry = time.Minute     // after a source has failed while the list kept serves
)

// entry returns the place of an address, making room for it.
func (s *Lists) entry(issuer *Issuer, url string) *keptList {
	name := issuer.ID + " " + url
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses++
	k := s.kept[name]
	if k == nil {
		if s.kept == nil {
			s.kept = map[string]*keptList{}
		}
		if len(s.kept) >= maxKeptLists {
			s.forgetOne()
		}
		k = &keptList{issuer: issuer, url: url, floor: s.floors[name]}
		s.kept[name] = k
	}
	k.used = s.uses
	return k
}

// trim keeps what is kept within its bounds, whatever the size of the lists.
func (s *Lists) trim(latest *keptList) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		size := 0
		for _, k := range s.kept {
			k.mu.RLock()
			if k.list != nil {
				size += len(k.list.text) + len(k.list.bits)
			}
			k.mu.RUnlock()
		}
		if size <= maxKeptBytes || len(s.kept) <= 1 {
			return
		}
		s.uses++
		latest.used = s.uses
		s.forgetOne()
	}
}

// forgetOne makes room by forgetting the list that was not used for longest, but
// not how old it was: no older one takes its place.
func (s *Lists) forgetOne() {
	oldest := ""
	for name, k := range s.kept {
		if oldest == "" || k.used < s.kept[oldest].used {
			oldest = name
		}
	}
	k := s.kept[oldest]
	delete(s.kept, oldest)
	k.mu.RLock()
	floor := k.floor
	if k.list != nil {
		floor = k.list.validFrom
	}
	k.mu.RUnlock()
	if floor.IsZero() {
		return
	}
	if s.floors == nil {
		s.floors = map[string]time.Time{}
	}
	s.floors[oldest] = floor
	if len(s.floors) <= maxFloors {
		return
	}
	lowest := oldest
	for name, f := range s.floors {
		if f.Before(s.floors[lowest]) {
			lowest = name
		}
	}
	delete(s.floors, lowest)
}

// current returns what is to be used now; not ok if the source is to be asked.
func (k *keptList) current(now time.Time) (l *list, err error, ok bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.due(now) {
		return nil, nil, false
	}
	if l := k.serving(now); l != nil {
		return l, nil, true
	}
	return nil, k.err, k.err != nil
}

// due reports whether the source is to be asked. The lock is held.
func (k *keptList) due(now time.Time) bool {
	// Also if the clock was set back. By a little it always is: of many who wait,
	// each has looked at it before somebody else has asked.
	return now.Add(leeway).Before(k.asked) || !now.Before(k.next)
}

// serving returns the list kept if it is in force, else nil. The lock is held.
func (k *keptList) serving(now time.Time) *list {
	if k.list != nil && now.Before(k.list.validUntil) {
		return k.list
	}
	return nil
}

func (k *keptList) inForce(now time.Time) *list {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.serving(now)
}

// best returns the list kept if it is in force, and otherwise why there is none.
func (k *keptList) best(now time.Time) (*list, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	switch l := k.serving(now); {
	case l != nil:
		return l, nil
	case k.err != nil:
		return nil, k.err
	}
	return nil, fmt.Errorf("status list %s: none is in force", k.url)
}

// ask has the source asked, unless somebody is doing that already, and returns
// nil if what is known need not be asked for. Whoever gives up waiting does not end
// the asking, in which others may have part.
func (s *Lists) ask(ctx context.Context, k *keptList, issuer *Issuer, now time.Time) (a *asking, own bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asking != nil {
		return k.asking, false
	}
	if !k.due(now) && (k.serving(now) != nil || k.err != nil) {
		return nil, false
	}
	a = &asking{time.Now(), make(chan struct{})}
	k.asking = a
	go func() {
		defer func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.asking = nil
			close(a.over)
		}()
		s.refresh(ctx, k, issuer, now, a.began)
		s.trim(k)
	}()
	return a, true
}

// refresh asks the source, and notes what came of it.
func (s *Lists) refresh(ctx context.Context, k *keptList, issuer *Issuer, now, began time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
	defer cancel()
	if k.list == nil {
		if kept, err := s.load(issuer, k.url); err == nil && !kept.validFrom.Before(k.floor) {
			k.take(kept)
		}
	}
	fresh, came, err := s.get(ctx, k, issuer, now)
	saving := k.saving // a list that cannot be kept for later is still good now
	if err == nil && s.Dir != "" && (fresh != k.list || saving != nil) {
		if saving, err = s.save(k, issuer, fresh, now); err != nil {
			came = true
		}
	}
	k.mu.Lock()
	before := errors.Join(k.err, k.saving)
	k.asked, k.err, k.refused, k.saving = now, err, err != nil && came, saving
	if err != nil {
		// A pause, however long the source has kept its silence.
		k.next = now.Add(time.Since(began) + retryAfter)
	} else {
		ttl := s.TTL
		if ttl <= 0 {
			ttl = defaultTTL
		}
		if fresh.ttl > 0 {
			ttl = min(ttl, fresh.ttl)
		}
		k.list, k.next = fresh, now.Add(ttl)
		if k.next.After(fresh.validUntil) {
			k.next = fresh.validUntil
		}
	}
	after := errors.Join(k.err, k.saving)
	k.mu.Unlock()
	if s.Trouble != nil && said(before) != said(after) {
		s.Trouble(k.url, after)
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (k *keptList) take(l *list) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = l
}

// get asks the source for a list that may take the place of the one kept. came says
// that the source has given one, good or not.
func (s *Lists) get(ctx context.Context, k *keptList, issuer *Issuer, now time.Time) (fresh *list, came bool, err error) {
	defer recovering(k.url, &err)
	text, err := s.Source.StatusList(ctx, k.url)
	if err != nil {
		return nil, false, err
	}
	if k.list != nil && text == k.list.text {
		fresh = k.list
	} else if fresh, err = openGuarded(text, issuer, k.url); err != nil {
		return nil, true, err
	}
	if err := fresh.mayReplace(k.list, k.url, now); err != nil {
		return nil, true, err
	}
	if fresh.validFrom.Before(k.floor) {
		return nil, true, older(k.url, fresh.validFrom, k.floor)
	}
	return fresh, true, nil
}

// openGuarded is openAs where a list that it cannot bear must not end the process.
func openGuarded(text string, issuer *Issuer, url string) (l *list, err error) {
	defer recovering(url, &err)
	return openAs(text, issuer, url)
}

func recovering(url string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("status list %s: %w", url, &FetchError{"it could not be read", 0, fmt.Errorf("panic: %v\n%s", r, debug.Stack())})
	}
}

// mayReplace reports why a list from a source must not take the place of the one
// kept, which may be nil.
func (l *list) mayReplace(old *list, url string, now time.Time) error {
	switch {
	case l.url != url:
		return fmt.Errorf("status list %s calls itself %s", url, l.url)
	case now.Add(leeway).Before(l.validFrom):
		return fmt.Errorf("status list %s is dated in the future, %s; is the clock right?", url, l.validFrom.Format(time.RFC3339))
	case !now.Before(l.validUntil):
		return fmt.Errorf("status list %s is out of date since %s", url, l.validUntil.Format(time.RFC3339))
	case old == nil || l == old:
		return nil
	case l.validFrom.Before(old.validFrom):
		return older(url, l.validFrom, old.validFrom)
	}
	if !old.purposes.Has(credential.PurposeRevocation) {
		return nil
	}
	if !l.purposes.Has(credential.PurposeRevocation) {
		return fmt.Errorf("status list %s is no longer for %s", url, credential.PurposeRevocation)
	}
	for i, was := range old.bits {
		if i >= len(l.bits) || was&^l.bits[i] != 0 {
			return fmt.Errorf("status list %s of %s has forgotten a withdrawal, which is final", url, l.validFrom.Format(time.RFC3339))
		}
	}
	return nil
}

func older(url string, from, seen time.Time) error {
	return fmt.Errorf("status list %s of %s is older than one seen before, of %s", url, from.Format(time.RFC3339), seen.Format(time.RFC3339))
}
