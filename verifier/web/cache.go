package web

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
)

// Bounds of what is kept to be quick. None of it is a verdict.
const (
	maxKept      = 4096
	maxKeptBytes = 32 << 20
)

// bounded keeps values up to a number and a size. What was not asked for longest
// goes first.
type bounded[K comparable, V any] struct {
	mu    sync.Mutex
	lru   *simplelru.LRU[K, sized[V]]
	bytes int
}

type sized[V any] struct {
	value V
	bytes int
}

func newBounded[K comparable, V any]() *bounded[K, V] {
	b := new(bounded[K, V])
	b.lru, _ = simplelru.NewLRU(maxKept, func(_ K, gone sized[V]) { b.bytes -= gone.bytes }) // fails for a size of 0 only
	return b
}

func (b *bounded[K, V]) get(key K) (V, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, ok := b.lru.Get(key)
	return kept.value, ok
}

// put keeps the value, which takes up so many bytes.
func (b *bounded[K, V]) put(key K, value V, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lru.Remove(key)
	if bytes > maxKeptBytes {
		return
	}
	b.bytes += bytes
	b.lru.Add(key, sized[V]{value, bytes})
	for b.bytes > maxKeptBytes {
		b.lru.RemoveOldest()
	}
}

// sight is one way to see the page of a certificate.
type sight struct {
	id, language string
	chosen       bool
}

// rendering is a page with what it was made of. It may be shown again only for a
// report that says the same, at whatever time that was made.
type rendering struct {
	cert     *certificate
	report   *verifier.Report
	standing Standing

	before, after []byte // what stands around the time of the check
}

// of reports whether the page says what is to be said now: a page is a function
// of these and of the time of the check alone.
func (r *rendering) of(cert *certificate, report *verifier.Report, standing Standing) bool {
	return r.cert.same(cert) && r.standing == standing && sameFindings(r.report, report)
}

// sameFindings reports whether two reports differ in nothing but the time at
// which they were made.
func sameFindings(a, b *verifier.Report) bool {
	if a.Verdict != b.Verdict || a.Reason != b.Reason || a.Certificate != b.Certificate ||
		len(a.Checks) != len(b.Checks) || len(a.StatusLists) != len(b.StatusLists) ||
		!sameTime(a.At, b.At) || !sameTime(a.StatusAsOf, b.StatusAsOf) ||
		(a.NameMatches == nil) != (b.NameMatches == nil) || a.NameMatches != nil && *a.NameMatches != *b.NameMatches {
		return false
	}
	for i := range a.Checks {
		if a.Checks[i].Name != b.Checks[i].Name || a.Checks[i].Outcome != b.Checks[i].Outcome || a.Checks[i].Detail != b.Checks[i].Detail {
			return false
		}
	}
	for i := range a.StatusLists {
		x, y := &a.StatusLists[i], &b.StatusLists[i]
		if x.URL != y.URL || x.Purpose != y.Purpose || x.Digest != y.Digest || !x.ValidFrom.Equal(y.ValidFrom) || !x.ValidUntil.Equal(y.ValidUntil) {
			return false
		}
	}
	return true
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// Where the time of the check stands in a page. Nothing that is put into a page
// can look like this: it would be text.
const checkedOpens, checkedCloses = `<time id="checked" datetime="`, `</bdi></time>`

// said is the time of a check as it stands between before and after.
type said struct {
	language *templates.Language
	second   int64
	text     string
}

// saying writes the time of a check. Within a second it is mostly the same.
func (p *pages) saying(l *templates.Language, at time.Time) string {
	if last := p.checked.Load(); last != nil && last.language == l && last.second == at.Unix() {
		return last.text
	}
	w := l.Second(at)
	now := &said{l, at.Unix(), w.ISO + `"><bdi>` + w.Text}
	p.checked.Store(now)
	return now.text
}
