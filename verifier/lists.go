package verifier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
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

// ListHealth is how one address fares.
type ListHealth struct {
	Issuer                string    // id
	URL                   string    // "": none of the lists of the issuer is known yet
	Bundle                bool      // the source is a trust file and not the issuer
	ValidFrom, ValidUntil time.Time // of the list kept; zero if there is none
	Asked                 time.Time // when the source was last asked
	Err                   error     // of that time
	Refused               bool      // Err is why a list that came was not taken
	Saving                error     // why the list is not kept for later runs
}

// Health returns how each address fares that is known. An issuer that publishes
// lists of which none is known stands there without an address.
func (s *Lists) Health() []ListHealth {
	_, bundle := s.Source.(*Trust)
	var all []ListHealth
	known := map[string]bool{}
	for _, k := range s.entries() {
		k.mu.RLock()
		h := ListHealth{Issuer: k.issuer.ID, URL: k.url, Bundle: bundle, Asked: k.asked, Err: k.err, Refused: k.refused, Saving: k.saving}
		if k.list != nil {
			h.ValidFrom, h.ValidUntil = k.list.validFrom, k.list.validUntil
		}
		k.mu.RUnlock()
		all = append(all, h)
		known[h.Issuer] = true
	}
	if p, ok := s.Source.(*Publication); ok {
		for _, i := range p.trust.Issuers() {
			if len(i.StatusLists) > 0 && !known[i.ID] {
				all = append(all, ListHealth{Issuer: i.ID})
			}
		}
	}
	sort.Slice(all, func(a, b int) bool {
		if all[a].URL != all[b].URL {
			return all[a].URL < all[b].URL
		}
		return all[a].Issuer < all[b].Issuer
	})
	return all
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

// Keep asks for each list that is known when it is due, though nobody asks for it,
// until ctx ends: so that there is one in force when somebody does, and that
// [Lists.Health] tells how things are. Known are the lists that were asked for, those
// in Dir, and of a source that has a trust file those which this holds or names.
func (s *Lists) Keep(ctx context.Context) {
	s.learn()
	for {
		for _, k := range s.entries() {
			now := time.Now()
			if !k.wanting(now) {
				continue
			}
			if a, _ := s.ask(ctx, k, k.issuer, now); a != nil {
				select { // one after the other; one that is slow does not hold up the others
				case <-a.over:
				case <-ctx.Done():
				case <-time.After(briefly):
				}
			}
			if ctx.Err() != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(keepPace):
		}
	}
}

// wanting reports whether Keep has to ask.
func (k *keptList) wanting(now time.Time) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	failing := k.err != nil && k.serving(now) != nil && now.Before(k.asked.Add(keepRetry))
	return k.asking == nil && k.due(now) && !failing
}

// learn makes known the lists that are at hand, as far as there is room.
func (s *Lists) learn() {
	var trust *Trust
	switch source := s.Source.(type) {
	case *Trust:
		trust = source
	case *Publication:
		trust = source.trust
	default:
		return // nobody knows whose lists they are
	}
	room := maxKeptLists - len(s.entries())
	know := func(i *Issuer, url string) {
		if room > 0 {
			s.entry(i, url)
			room--
		}
	}
	var files []os.DirEntry
	if s.Dir != "" {
		files, _ = os.ReadDir(s.Dir)
	}
	for _, i := range trust.Issuers() {
		for _, url := range i.StatusLists {
			if s.Source != Statuses(trust) && !strings.HasSuffix(url, "/") {
				know(i, url)
			}
		}
		for _, url := range slices.Sorted(maps.Keys(trust.lists)) {
			if l, err := openGuarded(trust.lists[url], i, url); err == nil && l.url == url && i.publishes(url) {
				know(i, url)
			}
		}
		for _, file := range files {
			path := filepath.Join(s.Dir, file.Name())
			if info, err := file.Info(); err != nil || info.Size() > fetchBytes || filepath.Ext(path) != ".jws" {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				continue
			}
			if l, err := openGuarded(string(text), i, path); err == nil && i.publishes(l.url) && path == s.file(i, l.url) {
				know(i, l.url)
			}
		}
	}
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
	l, err := openGuarded(string(text), issuer, url)
	if err != nil {
		return nil, err
	}
	if l.url != url {
		return nil, fmt.Errorf("%s holds another list", s.file(issuer, url))
	}
	return l, nil
}

// save keeps the list for later runs, unless it must not take the place of the one
// that another process has kept meanwhile: that is the error, and the other list
// serves here too.
func (s *Lists) save(k *keptList, issuer *Issuer, fresh *list, now time.Time) (saving, err error) {
	if stored, none := s.load(issuer, k.url); none == nil {
		if err := fresh.mayReplace(stored, k.url, now); err != nil {
			if stored.mayReplace(k.list, k.url, now) == nil && !stored.validFrom.Before(k.floor) {
				k.take(stored)
			}
			return nil, err
		}
	}
	return s.write(issuer, k.url, fresh.text), nil
}

// write puts the list into the folder, whole or not at all.
func (s *Lists) write(issuer *Issuer, url, text string) (err error) {
	defer func() {
		if err != nil {
			var named *fs.PathError
			if errors.As(err, &named) { // for a file that is called otherwise each time
				err = named.Err
			}
			err = fmt.Errorf("keep status list %s in %s: %w", url, s.Dir, err)
		}
	}()
	f, err := os.CreateTemp(s.Dir, "list-*.tmp")
	if err != nil {
		return err
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
	return err
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
