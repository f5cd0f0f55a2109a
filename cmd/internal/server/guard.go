package server

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Quota is what clients may take of a server at one time. Where Rate, Work or
// Uploads is 0, it and what goes with it has no bound.
type Quota struct {
	Rate    float64 // requests a second of one client
	Burst   int     // at once
	Large   int     // that a large request counts for
	Clients int     // that are remembered

	// Work is how many requests are worked on, and how many of one client; Queue how
	// many wait for that, and Wait how long. Waiting for an issuer is work too, which
	// is why there may be far more than processors.
	Work, WorkEach, Queue int
	Wait                  time.Duration

	// Uploads is how many large requests are received or worked on, and how many of
	// one client.
	Uploads, UploadsEach int
}

// DefaultQuota is that of an [Engine].
var DefaultQuota = Quota{
	Rate: 10, Burst: 30, Large: 5, Clients: 16 << 10,
	Work: 32 * runtime.GOMAXPROCS(0), WorkEach: 8 * runtime.GOMAXPROCS(0), Queue: 64 * runtime.GOMAXPROCS(0), Wait: 500 * time.Millisecond,
	Uploads: 8, UploadsEach: 2,
}

// Guard keeps to a [Quota]. It may be shared by engines.
type Guard struct {
	quota   Quota
	work    *semaphore.Weighted
	waiting atomic.Int64

	mu      sync.Mutex
	clients *simplelru.LRU[netip.Addr, *client]
	uploads int
}

// client is what one client has taken.
type client struct {
	bucket  *rate.Limiter
	working int
	uploads int
}

// NewGuard returns the guard of a quota.
func NewGuard(q Quota) *Guard {
	g := &Guard{quota: q, work: semaphore.NewWeighted(int64(q.Work))}
	g.clients, _ = simplelru.NewLRU[netip.Addr, *client](max(1, q.Clients), nil) // fails for a size below 1 only
	return g
}

// client returns what is known of an address. One that was forgotten begins anew.
func (g *Guard) client(a netip.Addr) *client {
	c, ok := g.clients.Get(a)
	if !ok {
		c = &client{bucket: rate.NewLimiter(rate.Limit(g.quota.Rate), g.quota.Burst)}
		g.clients.Add(a, c)
	}
	return c
}

// allow takes from the budget of a client.
func (g *Guard) allow(a netip.Addr, requests int) bool {
	if g.quota.Rate == 0 {
		return true
	}
	g.mu.Lock()
	c := g.client(a)
	g.mu.Unlock()
	return c.bucket.AllowN(time.Now(), requests)
}

// begin takes a place among the requests in work, waiting a little for it.
func (g *Guard) begin(ctx context.Context, a netip.Addr) (end func(), ok bool) {
	if g.quota.Work == 0 {
		return func() {}, true
	}
	g.mu.Lock()
	c := g.client(a)
	if c.working >= g.quota.WorkEach {
		g.mu.Unlock()
		return nil, false
	}
	c.working++
	g.mu.Unlock()
	leave := func() {
		g.mu.Lock()
		c.working--
		g.mu.Unlock()
	}
	if !g.work.TryAcquire(1) && !g.queue(ctx) {
		leave()
		return nil, false
	}
	return func() { g.work.Release(1); leave() }, true
}

func (g *Guard) queue(ctx context.Context) bool {
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > int64(g.quota.Queue) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, g.quota.Wait)
	defer cancel()
	return g.work.Acquire(ctx, 1) == nil
}

// upload takes a place among the large requests.
func (g *Guard) upload(a netip.Addr) (end func(), ok bool) {
	if g.quota.Uploads == 0 {
		return func() {}, true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.client(a)
	if g.uploads >= g.quota.Uploads || c.uploads >= g.quota.UploadsEach {
		return nil, false
	}
	g.uploads++
	c.uploads++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.uploads--
		c.uploads--
	}, true
}
