package verifier

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
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
