package verifier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
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
type Lists struct {
	Source Statuses
	// TTL is the longest that a list is used without asking again; 0: 5 minutes.
	TTL time.Duration
	// Dir, if not "", is a folder in which the newest list of each address is
	// kept, so that a restart forgets none of them.
	Dir string

	mu     sync.Mutex
	kept   map[string]*keptList
	floors map[string]time.Time // of lists that were forgotten to make room
	uses   uint64
}

// Bounds of what is kept.
const (
	defaultTTL   = 5 * time.Minute
	retryAfter   = 10 * time.Second // after a source has failed
	refreshTime  = 2 * fetchTime
	maxKeptLists = 64
	maxKeptBytes = 64 << 20
	maxFloors    = 4096
)

// keptList is what is known of one address.
type keptList struct {
	url        string
	floor      time.Time     // no older list is taken
	refreshing chan struct{} // holds one token; who has it asks the source

	mu    sync.RWMutex
	list  *list     // the newest sound list; nil: none yet
	asked time.Time // when the source last answered, soundly or not
	next  time.Time // when it is asked again
	err   error     // of the last time
	used  uint64
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
	select {
	case k.refreshing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l, err, ok := k.current(now); ok { // somebody else has asked meanwhile
		<-k.refreshing
		return l, err
	}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		defer func() { <-k.refreshing }()
		s.refresh(ctx, k, issuer, url, now)
		s.trim(k)
	}()
	select {
	case <-asked:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l, err, _ := k.current(now)
	return l, err
}

// ListHealth is how one address fares.
type ListHealth struct {
	URL                   string
	ValidFrom, ValidUntil time.Time // of the list kept; zero if there is none
	Asked                 time.Time // when the source was last asked
	Err                   error     // of that time
}

// Health returns how each address fares that was asked for.
func (s *Lists) Health() []ListHealth {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]ListHealth, 0, len(s.kept))
	for _, k := range s.kept {
		k.mu.RLock()
		h := ListHealth{URL: k.url, Asked: k.asked, Err: k.err}
		if k.list != nil {
			h.ValidFrom, h.ValidUntil = k.list.validFrom, k.list.validUntil
		}
		k.mu.RUnlock()
		all = append(all, h)
	}
	sort.Slice(all, func(a, b int) bool { return all[a].URL < all[b].URL })
	return all
}

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
		k = &keptList{url: url, floor: s.floors[name], refreshing: make(chan struct{}, 1)}
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
	// Also if the clock was set back. By a little it always is: of many who wait,
	// each has looked at it before somebody else has asked.
	if now.Add(leeway).Before(k.asked) || !now.Before(k.next) {
		return nil, nil, false
	}
	if k.list != nil && now.Before(k.list.validUntil) {
		return k.list, nil, true
	}
	if k.err != nil {
		return nil, k.err, true
	}
	return nil, nil, false
}

// refresh asks the source. Whoever gives up waiting does not end the asking, in
// which others may have part.
func (s *Lists) refresh(ctx context.Context, k *keptList, issuer *Issuer, url string, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
	defer cancel()
	if k.list == nil {
		if kept, err := s.load(issuer, url); err == nil && !kept.validFrom.Before(k.floor) {
			k.mu.Lock()
			k.list = kept
			k.mu.Unlock()
		}
	}
	text, err := s.Source.StatusList(ctx, url)
	var fresh *list
	if err == nil && k.list != nil && text == k.list.text {
		fresh = k.list
	} else if err == nil {
		fresh, err = openAs(text, issuer, url)
	}
	if err == nil {
		err = fresh.mayReplace(k.list, url, now)
	}
	if err == nil && fresh.validFrom.Before(k.floor) {
		err = older(url, fresh.validFrom, k.floor)
	}
	var saving error // a list that cannot be kept for later is still good now
	if err == nil && fresh != k.list && s.Dir != "" {
		saving = s.save(issuer, url, text)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked, k.err = now, err
	if err != nil {
		k.next = now.Add(retryAfter)
		return
	}
	k.err = saving
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

// load reads the list of the address that an earlier run has kept. It is verified
// like any other.
func (s *Lists) load(issuer *Issuer, url string) (*list, error) {
	if s.Dir == "" {
		return nil, errors.New("no folder")
	}
	text, err := os.ReadFile(s.file(issuer, url))
	if err != nil {
		return nil, err
	}
	l, err := openAs(string(text), issuer, url)
	if err != nil {
		return nil, err
	}
	if l.url != url {
		return nil, fmt.Errorf("%s holds another list", s.file(issuer, url))
	}
	return l, nil
}

// save keeps the list for later runs, whole or not at all.
func (s *Lists) save(issuer *Issuer, url, text string) (err error) {
	f, err := os.CreateTemp(s.Dir, "list-*.tmp")
	if err != nil {
		return fmt.Errorf("keep status list %s: %w", url, err)
	}
	defer os.Remove(f.Name()) // which is gone if all went well
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), s.file(issuer, url))
	}
	if err == nil {
		err = syncFolder(s.Dir)
	}
	if err != nil {
		return fmt.Errorf("keep status list %s: %w", url, err)
	}
	return nil
}

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// file is named for the issuer too: two may have one address in common.
func (s *Lists) file(issuer *Issuer, url string) string {
	sum := sha256.Sum256([]byte(issuer.ID + " " + url))
	return filepath.Join(s.Dir, hex.EncodeToString(sum[:])+".jws")
}
