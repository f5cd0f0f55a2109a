package issuer

import (
	"fmt"
	"testing"

	"github.com/testamur/testamur/issuer/audit"
)

// What a group has read stays true while only others of its batch act: the log
// tells, whatever they record and in whatever order they say so.
func TestOwnActsAreToldFromThoseOfOthers(t *testing.T) {
	log := make([]*audit.Entry, 3*maxOwnActs)
	for n := range log {
		var last *audit.Entry
		if n > 0 {
			last = log[n-1]
		}
		e := audit.Chain(last, audit.Entry{Actor: "clerk", Act: audit.CertificateReserved, Object: fmt.Sprint(n)})
		log[n] = &e
	}
	o := &ownActs{}
	o.add(log[5], log[9]) // a transaction with four entries
	o.add(log[0], log[5])
	o.add(log[10], log[12]) // somebody else has added the eleventh
	for _, c := range []struct {
		from, to int
		want     bool
	}{
		{0, 0, true}, {3, 3, true}, {0, 5, true}, {0, 9, true}, {5, 9, true}, {10, 12, true},
		{0, 10, false}, {9, 10, false}, {9, 12, false}, {0, 12, false}, {0, 7, false}, {9, 0, false}, {12, 13, false},
	} {
		if got := o.only(log[c.from], log[c.to]); got != c.want {
			t.Errorf("from %d to %d: %t", c.from, c.to, got)
		}
	}
	if o.only(nil, log[0]) || o.only(log[0], nil) || o.only(nil, nil) {
		t.Error("where there is no log at all, nobody can tell")
	}
	var none *ownActs
	none.add(log[0], log[1])
	if !none.only(log[1], log[1]) || none.only(log[0], log[1]) {
		t.Error("without others of the batch, every act is somebody else's")
	}
	for n := 20; n < len(log)-1; n++ {
		o.add(log[n], log[n+1])
	}
	if len(o.next) > maxOwnActs || len(o.old) > maxOwnActs {
		t.Errorf("%d and %d are kept", len(o.next), len(o.old))
	}
	last := len(log) - 1
	if !o.only(log[last-maxOwnActs], log[last]) || o.only(log[last-maxOwnActs-1], log[last]) {
		t.Error("what is forgotten counts as somebody else's, and nothing else does")
	}
}
