package issuer

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/testamur/testamur/issuer/audit"
)

// Batch says how many applications are issued at a time. The zero value is good.
type Batch struct {
	// Jobs is how many groups of applications are worked on at once; 0: one more
	// than there are processors, so that one is there to work while another waits
	// for the disk.
	Jobs int
}

// maxWaiting bounds how many applications wait for another of the same candidate.
const maxWaiting = 4 * together

// IssueAll issues as [Issuer.Issue] does, with the same promises, but many
// applications together: a group of them shares each of the two transactions, and
// several groups are under way at once. No more are taken from the sequence than
// are worked on.
//
// Of one candidate, and of one id, an application is issued once that before it
// has been: a certificate can rest on one that comes earlier in the same sequence,
// and an application that stands there twice gives the same certificate twice.
//
// handOut is told what became of each application, once it is durable; in no
// certain order, and by several goroutines at once. What is refused ([Refused])
// keeps back no other. IssueAll ends early, with the error, when ctx is done, when
// handOut returns one, and when a fault of the body's own has kept everything in a
// group from being issued. No other applications are begun then; handOut is told of
// all that were. What is left half done is finished by [Issuer.Resume], or by
// issuing the same applications again: of those that have a certificate already,
// handOut is told that one.
func (i *Issuer) IssueAll(ctx context.Context, actor Actor, applications iter.Seq[*Application], by Batch, handOut func(Outcome) error) error {
	if by.Jobs <= 0 {
		by.Jobs = runtime.GOMAXPROCS(0) + 1
	}
	going, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	groups := make(chan []*Application)
	recorded := make(chan []*Application, by.Jobs)
	var crew sync.WaitGroup
	own := &ownActs{}
	for range by.Jobs {
		crew.Go(func() {
			for group := range groups {
				outcomes := i.issue(ctx, actor, group, own)
				recorded <- group
				for _, o := range outcomes {
					if err := handOut(o); err != nil {
						stop(err)
					}
				}
				if err := nothingWorks(outcomes); err != nil {
					stop(err)
				}
			}
		})
	}
	q := queue{groups: groups, recorded: recorded, busy: map[key]int{}}
	q.feed(going, applications)
	close(groups)
	crew.Wait()
	return context.Cause(going)
}

// nothingWorks returns the error of the body's own that has kept everything in a
// group from being issued, or nil.
func nothingWorks(outcomes []Outcome) error {
	for _, o := range outcomes {
		if o.Err == nil || Refused(o.Err) {
			return nil
		}
	}
	return fmt.Errorf("of %d applications none could be issued: %w", len(outcomes), outcomes[0].Err)
}

// ownActs are the latest acts of the groups of one batch. As nothing is done
// without its entry in the audit log, the last entry tells one state of the records
// from every other; and as no two groups under way have a candidate or an
// application in common, what one has read of its own stays true while nobody but
// the others acts.
type ownActs struct {
	mu   sync.Mutex
	next map[string]string // hash of an entry → hash of that which one group added last behind it
	old  []string          // keys of next, the oldest first
}

// maxOwnActs is more transactions than groups under way can make while one of them
// is between its look at the records and its change of them, unless it hangs.
const maxOwnActs = 256

// add takes note of what a group has recorded.
func (o *ownActs) add(before, after *audit.Entry) {
	if o == nil || before == nil || after == nil || before.Hash == after.Hash {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next == nil {
		o.next = map[string]string{}
	}
	if len(o.old) == maxOwnActs {
		delete(o.next, o.old[0])
		o.old = o.old[1:]
	}
	o.next[before.Hash], o.old = after.Hash, append(o.old, before.Hash)
}

// only reports whether nobody else has acted from one entry to another.
func (o *ownActs) only(from, to *audit.Entry) bool {
	if from == nil || to == nil || o == nil {
		return from != nil && to != nil && from.Hash == to.Hash
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for at, ok := from.Hash, true; ok; at, ok = o.next[at] {
		if at == to.Hash {
			return true
		}
	}
	return false
}

// key is what no two applications that are under way may have in common.
type key struct{ kind, id string }

func keysOf(a *Application) [2]key {
	return [2]key{{"application", a.ID}, {"candidate", a.Candidate.ID}}
}

// queue hands applications out in groups, none before those are recorded that came
// earlier and have a key in common with it.
type queue struct {
	groups   chan<- []*Application
	recorded <-chan []*Application

	busy    map[key]int    // how many have the key, of all that are in here or under way
	ready   []*Application // to be handed out
	waiting []*Application // for others
	away    int            // groups under way
}

// feed hands out all applications, unless ctx ends, and returns once all that it
// has handed out are recorded.
func (q *queue) feed(ctx context.Context, applications iter.Seq[*Application]) {
	for a := range applications {
		q.add(a)
		for ctx.Err() == nil && (len(q.ready) >= together || len(q.waiting) >= maxWaiting) {
			q.step(ctx)
		}
		if ctx.Err() != nil {
			break
		}
	}
	for ctx.Err() == nil && len(q.ready)+len(q.waiting) > 0 {
		q.step(ctx)
	}
	for q.away > 0 {
		q.receive(<-q.recorded)
	}
}

// step hands out a group or takes note of one. If nothing is ready something is
// away, for which the first that waits is waiting.
func (q *queue) step(ctx context.Context) {
	select {
	case done := <-q.recorded: // first, so that nobody waits to tell
		q.receive(done)
		return
	default:
	}
	next := q.ready[:min(together, len(q.ready))]
	groups := q.groups
	if len(next) == 0 {
		groups = nil
	}
	select {
	case groups <- next:
		q.ready = q.ready[len(next):]
		q.away++
	case done := <-q.recorded:
		q.receive(done)
	case <-ctx.Done():
	}
}

func (q *queue) add(a *Application) {
	free := true
	for _, k := range keysOf(a) {
		free = free && q.busy[k] == 0
		q.busy[k]++
	}
	if free {
		q.ready = append(q.ready, a)
	} else {
		q.waiting = append(q.waiting, a)
	}
}

// receive takes note of a group that is recorded, and makes those ready that were
// waiting for it.
func (q *queue) receive(done []*Application) {
	q.away--
	waiting := q.waiting
	q.waiting = nil
	for _, list := range [][]*Application{done, waiting} {
		for _, a := range list {
			for _, k := range keysOf(a) {
				if q.busy[k]--; q.busy[k] == 0 {
					delete(q.busy, k)
				}
			}
		}
	}
	for _, a := range waiting { // in their order: the first goes before the others that it keeps waiting
		q.add(a)
	}
}
