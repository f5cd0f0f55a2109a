package issuer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

const (
	revocations    = "https://certs.example.org/status/1"
	suspensionList = "https://certs.example.org/status/1-suspension"
)

func TestPublicationOfThePast(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1")) // publishes both
	first := d.suspensions(t, "1")
	d.now = d.now.Add(2 * time.Hour)
	if _, err := d.Suspend(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err != nil {
		t.Fatal(err)
	}
	second := d.suspensions(t, "1")
	d.now = d.now.AddDate(0, 0, 10) // nobody asks: a gap
	third := d.suspensions(t, "1")
	d.now = d.now.Add(time.Hour)

	d.recordsNothing(t, func() {
		for _, c := range []struct {
			what string
			at   time.Time
			want *issuer.Publication
		}{
			{"before there was a list", first.ValidFrom.Add(-time.Millisecond), nil},
			{"its first moment", first.ValidFrom, first},
			{"a moment within a millisecond", first.ValidFrom.Add(999 * time.Microsecond), first},
			{"the last before the change", second.ValidFrom.Add(-time.Millisecond), first},
			{"the change", second.ValidFrom, second},
			{"in another time zone", second.ValidFrom.In(time.FixedZone("", 14*3600)), second},
			{"its last moment", second.ValidUntil.Add(-time.Millisecond), second},
			{"its end", second.ValidUntil, nil},
			{"in the gap", second.ValidUntil.AddDate(0, 0, 3), nil},
			{"the end of the gap", third.ValidFrom, third},
			{"now", d.now, third},
			{"in ten years", d.now.AddDate(10, 0, 0), third},
			{"in ten thousand years", d.now.AddDate(10_000, 0, 0), third},
			{"a year that is not", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), nil},
		} {
			p, err := d.PublicationThen(t.Context(), suspensionList, c.at)
			switch {
			case c.want == nil && (p != nil || !errors.Is(err, issuer.ErrNotFound)):
				t.Errorf("%s: %+v, %v, want ErrNotFound", c.what, p, err)
			case c.want != nil && (err != nil || p.Token != c.want.Token):
				t.Errorf("%s: %v", c.what, err)
			}
		}
		for _, url := range []string{"https://certs.example.org/status/2", "https://other.example.org/status/1", ""} {
			for _, at := range []time.Time{first.ValidFrom, d.now.Add(time.Hour)} {
				if _, err := d.PublicationThen(t.Context(), url, at); !errors.Is(err, issuer.ErrNotFound) {
					t.Errorf("%q: %v, want ErrNotFound", url, err)
				}
			}
		}
	})
}

// archive is the body's own publications as a verifier asks for them.
type archive struct{ *issuer.Issuer }

func (a archive) StatusList(ctx context.Context, url string) (string, error) {
	return a.StatusListAt(ctx, url, a.Now())
}

func (a archive) StatusListAt(ctx context.Context, url string, at time.Time) (string, error) {
	p, err := a.PublicationThen(ctx, url, at)
	if err != nil {
		return "", err
	}
	return p.Token, nil
}

// A week in which somebody serves, and what is told of each of its days later.
func TestEachDayIsToldAsItWas(t *testing.T) {
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	d := newDesk(t, "", monday)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	changes := map[time.Time]func() error{
		day(1): d.changing(t, cert, d.Suspend, "investigation"), // Tuesday
		day(3): d.changing(t, cert, d.Reinstate, "resolved"),    // Thursday
		day(5): d.changing(t, cert, d.Revoke, "fraud"),          // Saturday
	}
	for ; d.now.Before(day(7)); d.now = d.now.Add(6 * time.Hour) {
		if change := changes[d.now]; change != nil {
			if err := change(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Publications(t.Context(), 12*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	d.now = day(37) // nobody has served for a month

	trust, err := d.Trust(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]verifier.Reason{
		day(0).Add(12 * time.Hour):   verifier.None,
		day(1).Add(-time.Minute):     verifier.None,
		day(1).Add(time.Second):      verifier.Suspended,
		day(2).Add(12 * time.Hour):   verifier.Suspended,
		day(3).Add(-time.Minute):     verifier.Suspended,
		day(3).Add(time.Second):      verifier.None,
		day(4).Add(12 * time.Hour):   verifier.None,
		day(5).Add(-time.Minute):     verifier.None,
		day(5).Add(time.Second):      verifier.Revoked,
		day(6).Add(12 * time.Hour):   verifier.Revoked,
		day(20):                      verifier.StatusUnavailable, // the gap: of then there is no list
		d.now.Add(-5 * time.Minute):  verifier.StatusUnavailable,
		d.now:                        verifier.Revoked,
		day(-1):                      verifier.NotYetValid,
		day(0).Add(-2 * time.Minute): verifier.StatusUnavailable, // its first day has begun, but it is on no list yet
	} {
		v := verifier.Verifier{Issuers: trust, Statuses: archive{d.Issuer}, Policy: verifier.Policy{At: at}, Now: d.clock}
		r := v.Examine(t.Context(), cert.Token)
		if r.Reason != want {
			t.Errorf("of %s: %s %s: %s; want %s", at.Format(time.RFC3339), r.Verdict, r.Reason, r.Summary(), want)
		}
		if said := r.Checks[3].Detail; r.Verdict == verifier.Valid && !strings.Contains(said, "It has been withdrawn since") {
			t.Errorf("of %s it says only: %s", at.Format(time.RFC3339), said)
		}
	}
}

// changing returns a change of status that is still to be made.
func (d *desk) changing(t *testing.T, cert *issuer.Certificate, act func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error), reason string) func() error {
	return func() error {
		_, err := act(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: reason})
		return err
	}
}

// keepPublishing runs the publisher of the desk until stop is called.
func keepPublishing(t *testing.T, d *desk, failed func(error)) (stop func()) {
	t.Helper()
	if failed == nil {
		failed = func(err error) { t.Errorf("not published: %v", err) }
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.KeepPublishing(ctx, failed) })
	return func() {
		cancel()
		running.Wait()
	}
}

func TestWhileSomebodyServesThereIsNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := november
		time.Sleep(time.Until(began))
		d := newDesk(t, "", began)
		d.Now = time.Now
		stop := keepPublishing(t, d, nil) // before there is a list
		time.Sleep(time.Hour)
		d.grant(t, foundation(t, "a1", "c1"))
		opened := time.Now()
		time.Sleep(25 * time.Hour)
		stop()
		ended := time.Now()
		for _, url := range []string{revocations, suspensionList} {
			var seen []string
			for at := opened.Add(time.Millisecond); at.Before(ended); at = at.Add(7 * time.Minute) {
				p, err := d.PublicationThen(t.Context(), url, at)
				if err != nil {
					t.Fatalf("%s: %v", at, err)
				}
				if !slices.Contains(seen, p.Token) {
					seen = append(seen, p.Token)
				}
			}
			if len(seen) != 3 { // one every twelve hours
				t.Errorf("%s: %d publications in 25 hours", url, len(seen))
			}
		}
		before := d.rows(t)["publications"]
		time.Sleep(48 * time.Hour)
		if after := d.rows(t)["publications"]; after != before {
			t.Error("it was published after the end")
		}
	})
}

// A change whose list could not be published is published as soon as that can be
// done, without anybody asking for it; and one purpose does not wait for another.
func TestWhatCouldNotBePublishedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(november))
		d := newDesk(t, "", november)
		d.Now = time.Now
		cert := d.grant(t, foundation(t, "a1", "c1"))
		good := d.Signer
		var mu sync.Mutex
		away := true
		d.Signer = signing(func(ctx context.Context, purpose keys.Purpose, typ string, payload []byte) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			if list, err := credential.DecodeStatusList(payload); away && err == nil && list.Subject.Purpose.Has(credential.PurposeRevocation) {
				return "", errors.New("signer is away")
			}
			return good.Sign(ctx, purpose, typ, payload)
		})
		failures := 0
		stop := keepPublishing(t, d, func(error) { mu.Lock(); failures++; mu.Unlock() })
		time.Sleep(time.Second)
		if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "fraud"}); err == nil {
			t.Fatal("published without a signer")
		}
		time.Sleep(5 * time.Minute)
		mu.Lock()
		if failures == 0 {
			t.Error("nobody was told")
		}
		away = false
		mu.Unlock()
		before := time.Now()
		time.Sleep(time.Minute + time.Second)
		stop()
		d.Signer = nil // so that asking publishes nothing
		p, err := d.PublicationThen(t.Context(), revocations, time.Now().Add(-time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if _, bits := bits(t, p); p.ValidFrom.Before(before) {
			t.Errorf("a minute after the signer is back the list is of %s", p.ValidFrom)
		} else if set, err := bits.Get(cert.Index); err != nil || !set {
			t.Errorf("it does not say that the certificate is revoked: %v", err)
		}
		if p, err := d.PublicationThen(t.Context(), suspensionList, before); err != nil || !p.ValidFrom.After(november) {
			t.Errorf("the other list waited: %v", err)
		}
	})
}

func TestAddedKeyIsInTheLogOnlyIfItIsSaved(t *testing.T) {
	d := newDesk(t, "", november)
	k, err := keys.Generate(d.Body.URL, keys.ForReceipt, keys.ES256, d.now)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	d.recordsNothing(t, func() {
		if err := d.AddKey(t.Context(), clerk, &k.Key, func() error { return full }); !errors.Is(err, full) {
			t.Errorf("%v, want %v", err, full)
		}
		if err := d.AddKey(t.Context(), issuer.Actor{}, &k.Key, func() error { t.Error("saved without an actor"); return nil }); err == nil {
			t.Error("added by nobody")
		}
	})
	if err := d.AddKey(t.Context(), clerk, &k.Key, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	log := d.log(t)
	if last := log[len(log)-1]; last.Object != k.ID || last.Detail["purpose"] != "receipt" || last.Actor != clerk.Name {
		t.Errorf("the log says %+v", last)
	}
}

func TestPublishedIsWhatThereIs(t *testing.T) {
	d := newDesk(t, "", november)
	if last, err := d.Published(t.Context()); err != nil || len(last) != 0 {
		t.Errorf("without lists: %v, %v", last, err)
	}
	d.grant(t, foundation(t, "a1", "c1"))
	want := map[string]*issuer.Publication{revocations: d.list(t, "1"), suspensionList: d.suspensions(t, "1")}
	d.now = d.now.AddDate(0, 1, 0)
	d.recordsNothing(t, func() {
		last, err := d.Published(t.Context())
		if err != nil || len(last) != len(want) {
			t.Fatalf("%v, %v", last, err)
		}
		for url, p := range want {
			if last[url] == nil || last[url].Token != p.Token {
				t.Errorf("%s: %+v", url, last[url])
			}
		}
	})
}
