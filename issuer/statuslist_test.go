package issuer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

// list returns the current publication of the list for revocation.
func (d *desk) list(t testing.TB, id string) *issuer.Publication {
	t.Helper()
	return d.publication(t, id, credential.PurposeRevocation)
}

func (d *desk) suspensions(t testing.TB, id string) *issuer.Publication {
	t.Helper()
	return d.publication(t, id, credential.PurposeSuspension)
}

func (d *desk) publication(t testing.TB, id, purpose string) *issuer.Publication {
	t.Helper()
	p, err := d.Publication(t.Context(), id, purpose, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bits is the signed content of a publication.
func bits(t testing.TB, p *issuer.Publication) (*credential.StatusList, statuslist.Bits) {
	t.Helper()
	list, err := credential.DecodeStatusList([]byte(claimed(t, p.Token, keys.ForStatusList)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := statuslist.Decode(list.Subject.Encoded)
	if err != nil {
		t.Fatal(err)
	}
	return list, b
}

func TestListGrowsYoungerThoughTheClockStandsStill(t *testing.T) {
	d := newDesk(t, "", november)
	var certs []*issuer.Certificate
	for n := range 40 {
		certs = append(certs, d.grant(t, foundation(t, fmt.Sprint("a", n), fmt.Sprint("c", n))))
	}
	last := map[string]*issuer.Publication{credential.PurposeRevocation: d.list(t, "1"), credential.PurposeSuspension: d.suspensions(t, "1")}
	for n, cert := range certs {
		change := d.Revoke
		if n%2 == 1 {
			change = d.Suspend
		}
		if _, err := change(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err != nil {
			t.Fatal(err)
		}
		for purpose, before := range last {
			p := d.publication(t, "1", purpose)
			list, b := bits(t, p)
			if !p.ValidFrom.After(before.ValidFrom) || !list.ValidFrom.Equal(p.ValidFrom) || p.ValidUntil.Sub(p.ValidFrom) != 24*time.Hour {
				t.Fatalf("%s: from %s until %s (%s) after one from %s", purpose, p.ValidFrom, p.ValidUntil, list.ValidFrom, before.ValidFrom)
			}
			for m, c := range certs {
				set, err := b.Get(c.Index)
				if want := m <= n && (m%2 == 0) == (purpose == credential.PurposeRevocation); set != want || err != nil {
					t.Fatalf("after change %d bit %d of %s is %t, %v", n, c.Index, purpose, set, err)
				}
			}
			last[purpose] = p
		}
	}
}

// Many changes within a moment must not date the list so far into the future
// that verifiers, who grant a minute, no longer take it.
func TestManyChangesAtOnceKeepTheListUsable(t *testing.T) {
	d := newDesk(t, "", november)
	first := d.grant(t, foundation(t, "a0", "c0"))
	for n := range 75 {
		for _, change := range []func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error){d.Suspend, d.Reinstate} {
			if _, err := change(t.Context(), clerk, issuer.Change{Number: first.Number, Reason: "other"}); err != nil {
				t.Fatalf("change %d: %v", n, err)
			}
		}
	}
	if ahead := d.list(t, "1").ValidFrom.Sub(d.now); ahead > time.Second {
		t.Errorf("the list is dated %s into the future", ahead)
	}
	cert := d.grant(t, foundation(t, "a1", "c1"))
	if r := d.examine(t, cert, time.Time{}); r.Verdict != verifier.Valid {
		t.Errorf("%s: %s", r.Verdict, r.Summary())
	}
}

func TestListIsSignedAnewAfterHalfItsLife(t *testing.T) {
	d := newDesk(t, "", november)
	d.grant(t, foundation(t, "a1", "c1"))
	for _, purpose := range []string{credential.PurposeRevocation, credential.PurposeSuspension} {
		d.now = d.now.AddDate(0, 0, 2)
		first := d.publication(t, "1", purpose)
		d.now = d.now.Add(12 * time.Hour)
		d.recordsNothing(t, func() {
			if p := d.publication(t, "1", purpose); p.Token != first.Token {
				t.Error("signed anew before its time")
			}
		})
		d.now = d.now.Add(time.Second)
		second := d.publication(t, "1", purpose)
		if second.Token == first.Token || !second.ValidFrom.Equal(d.now.Truncate(time.Millisecond)) {
			t.Errorf("not signed anew: of %s, now %s", second.ValidFrom, d.now)
		}
		// Asked for a younger one, it is made; never one older than asked for.
		d.now = d.now.Add(10 * time.Minute)
		if p, err := d.Publication(t.Context(), "1", purpose, 5*time.Minute); err != nil || p.Token == second.Token {
			t.Errorf("ten minutes old, where five were asked for: %v", err)
		}
	}
}

func TestListThatIsNotThereIsNotPublished(t *testing.T) {
	d := newDesk(t, "", november)
	d.grant(t, foundation(t, "a1", "c1"))
	before := d.rows(t)["publications"]
	for _, url := range []string{
		"https://certs.example.org/status/2", "https://certs.example.org/status/", "https://certs.example.org/status/-suspension",
		"https://certs.example.org/status/1-suspension-suspension", "https://certs.example.org/status/1/", "https://certs.example.org/status/01",
		"https://certs.example.org/other/1", "https://other.example.org/status/1", "/status/1", "",
	} {
		if p, err := d.PublicationAt(t.Context(), url); p != nil || !errors.Is(err, issuer.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", url, err)
		}
	}
	if _, err := d.Publication(t.Context(), "1", "refresh", time.Hour); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("another purpose: %v, want ErrNotFound", err)
	}
	if after := d.rows(t)["publications"]; after != before {
		t.Error("something was published")
	}
	for _, url := range []string{"https://certs.example.org/status/1", "https://certs.example.org/status/1-suspension"} {
		p, err := d.PublicationAt(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if list, _ := bits(t, p); list.ID != url {
			t.Errorf("%s calls itself %s", url, list.ID)
		}
	}
}

func TestClockThatWentBackStopsPublishing(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	first := d.list(t, "1")
	d.now = d.now.Add(13 * time.Hour)
	second := d.list(t, "1")
	d.now = november
	if p := d.list(t, "1"); p.Token != second.Token || p.Token == first.Token {
		t.Error("an older list was published again")
	}
	if _, err := d.Suspend(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err == nil {
		t.Error("a list of the future was followed by one of now")
	}
	if p := d.suspensions(t, "1"); p.ValidFrom.After(d.now.Add(time.Second)) {
		t.Errorf("dated %s", p.ValidFrom)
	}
}

// repeating answers every draw with the same bytes until turns draws are over.
type repeating struct {
	sample []byte
	turns  int
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.turns--; r.turns < 0 {
		return rand.Read(p)
	}
	for i := range p {
		p[i] = r.sample[i%len(r.sample)]
	}
	return len(p), nil
}

func TestWhatIsTakenIsDrawnAnew(t *testing.T) {
	d := newDesk(t, "", november)
	same := []byte{7, 1, 200, 3, 90}
	d.Random = &repeating{same, 1000}
	first := d.grant(t, foundation(t, "a1", "c1"))
	// Subject, and then number, link and index, three times over: all taken.
	d.Random = &repeating{same, 1 + 3*3}
	second := d.grant(t, foundation(t, "a2", "c2"))
	if first.Number == second.Number || first.Link == second.Link || first.List == second.List && first.Index == second.Index {
		t.Errorf("used twice:\n%+v\n%+v", first, second)
	}
	if rows := d.rows(t); rows["certificates"] != 2 || rows["applications"] != 2 || rows["candidates"] != 2 || rows["status_lists"] != 1 || rows["acts"] != 6 {
		t.Errorf("on file: %v", rows)
	}

	d.Random = &repeating{same, 100_000}
	d.recordsNothing(t, func() {
		if _, err := d.Issue(t.Context(), clerk, foundation(t, "a3", "c3")); !errors.Is(err, issuer.ErrTaken) {
			t.Errorf("with one number in the world: %v, want ErrTaken", err)
		}
	})
	d.Random = bytes.NewReader(nil)
	d.recordsNothing(t, func() {
		if _, err := d.Issue(t.Context(), clerk, foundation(t, "a3", "c3")); !errors.Is(err, io.EOF) {
			t.Errorf("without randomness: %v", err)
		}
	})
}

// crowded is a transaction that tells of more indexes taken than there are.
type crowded struct {
	issuer.Tx
	extra int
}

func (c crowded) Taken(list string) (int, error) {
	n, err := c.Tx.Taken(list)
	if list == "1" {
		n += c.extra
	}
	return n, err
}

func TestNextListIsOpenedWhenHalfIsTaken(t *testing.T) {
	same := []byte{7, 1, 200, 3, 90}
	for _, c := range []struct {
		extra int
		list  string
	}{{statuslist.MinEntries/2 - 2, "1"}, {statuslist.MinEntries/2 - 1, "2"}} {
		d := newDesk(t, "", november)
		d.Random = &repeating{same, 1000}
		d.grant(t, foundation(t, "a1", "c1"))
		good := d.Store
		d.Store = altered{Store: good, tx: func(tx issuer.Tx) issuer.Tx { return crowded{tx, c.extra} }}
		d.Random = &repeating{same, 1 + 3} // one draw that is taken
		second := d.grant(t, foundation(t, "a2", "c2"))
		if second.List != c.list {
			t.Errorf("with %d taken the next certificate goes into list %s, want %s", c.extra+1, second.List, c.list)
		}
		third := d.grant(t, foundation(t, "a3", "c3"))
		if third.List != c.list {
			t.Errorf("and the one after that into list %s", third.List)
		}
		d.Store = good
		opened := 0
		for _, e := range d.log(t) {
			if e.Act == audit.StatusListOpened {
				opened++
			}
		}
		if want := int(c.list[0] - '0'); opened != want {
			t.Errorf("%d lists opened, want %d", opened, want)
		}
		for _, cert := range []*issuer.Certificate{second, third} {
			if r := d.examine(t, cert, time.Time{}); r.Verdict != verifier.Valid {
				t.Errorf("in list %s: %s", cert.List, r.Summary())
			}
		}
		if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: second.Number, Reason: "error"}); err != nil {
			t.Fatal(err)
		}
		if r := d.examine(t, second, time.Time{}); r.Reason != verifier.Revoked {
			t.Errorf("revoked, in list %s: %s", second.List, r.Summary())
		}
	}
}

// Records that are older than what was published, or were changed by hand, do
// not bring back what was revoked.
func TestARevocationThatWasPublishedIsNeverTakenBack(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err != nil {
		t.Fatal(err)
	}
	forgetful := *d.Issuer
	forgetful.Store = altered{Store: d.Store, tx: func(tx issuer.Tx) issuer.Tx { return forgetsRevoked{tx} }}
	d.now = d.now.Add(13 * time.Hour) // the list is due anew
	if _, err := forgetful.Publication(t.Context(), cert.List, credential.PurposeRevocation, time.Hour); err == nil {
		t.Error("a list was published that has lost a revocation")
	}
	if _, err := d.Publication(t.Context(), cert.List, credential.PurposeRevocation, time.Hour); err != nil {
		t.Errorf("with its records whole: %v", err)
	}
}

// forgetsRevoked is a transaction on records in which nothing is revoked.
type forgetsRevoked struct{ issuer.Tx }

func (forgetsRevoked) IndexesWith(string, issuer.Status) ([]int, error) { return nil, nil }
