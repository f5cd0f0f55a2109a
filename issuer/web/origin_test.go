package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/verifier"
	verification "github.com/testamur/testamur/verifier/web"
)

// change makes a change of status that must succeed.
func (d *desk) change(t testing.TB, act func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error), cert *issuer.Certificate, reason string, days ...string) {
	t.Helper()
	c := issuer.Change{Number: cert.Number, Reason: reason, Note: "CANARY-NOTE"}
	if len(days) > 0 {
		day, err := scheme.ParseDate(days[0])
		if err != nil {
			t.Fatal(err)
		}
		c.Effective = day
	}
	if _, err := act(t.Context(), clerk, c); err != nil {
		t.Fatal(err)
	}
}

// link is the link of a certificate of the desk.
func (d *desk) link(id string) verifier.Link {
	own, _ := d.service.Trust.Issuer(d.Body.URL)
	return verifier.Link{Issuer: own, ID: id}
}

// looks counts how often the records are looked into.
type looks struct {
	issuer.Store
	n *atomic.Int64
}

func (l looks) View(ctx context.Context, fn func(issuer.Tx) error) error {
	l.n.Add(1)
	return l.Store.View(ctx, fn)
}

// T28: what is malformed, unknown, or not yet issued is told alike, at the same
// price.
func TestOriginTellsNothingOfWhatItHasNot(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	signer := d.Signer
	d.Signer = mute{} // leaves the next certificate recorded, but not issued
	if _, err := d.Issue(t.Context(), clerk, parse(t, "18-CITSOP.json")); err == nil {
		t.Fatal("issued without a signature")
	}
	d.Signer = signer
	var reserved, reservedNumber string
	if err := d.Store.View(t.Context(), func(tx issuer.Tx) error {
		list, err := tx.Reserved()
		reserved, reservedNumber = list[0].Link, list[0].Number
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	d.Store = looks{d.Store, &n}
	if text, err := d.service.Publication.Credential(t.Context(), d.link(cert.Link)); text != cert.Token || err != nil || n.Load() != 1 {
		t.Errorf("%v, with %d looks", err, n.Load())
	}
	for _, number := range []string{cert.Number, strings.ToLower(cert.Number), strings.ReplaceAll(cert.Number, "-", " ")} {
		if link, err := d.service.Numbers.Number(t.Context(), number); link != cert.Link || err != nil {
			t.Errorf("number %q: %q, %v", number, link, err)
		}
	}
	var said []string
	for _, id := range []string{"0123456789ABCDEFGHJKMNPQRS", reserved, reservedNumber, "SCB-00000-00000", "", "x", "..", "%00", "' OR 1=1", strings.Repeat("A", 5000), "ÄÖÜ", cert.Number} {
		n.Store(0)
		text, err := d.service.Publication.Credential(t.Context(), d.link(id))
		if text != "" || !errors.Is(err, verifier.ErrNoSuch) || n.Load() != 1 {
			t.Errorf("%.30q: %v, with %d looks", id, err, n.Load())
		}
		said = append(said, err.Error())
		n.Store(0)
		if link, err := d.service.Numbers.Number(t.Context(), id); id != cert.Number && (link != "" || !errors.Is(err, verifier.ErrNoSuch)) || n.Load() != 1 {
			t.Errorf("number %.30q: %v, with %d looks", id, err, n.Load())
		}
		n.Store(0)
		if s, err := d.service.Register.Standing(t.Context(), id); s != nil || err != nil || n.Load() != 1 {
			t.Errorf("standing of %.30q: %+v, %v, with %d looks", id, s, err, n.Load())
		}
	}
	for _, s := range said {
		if s != said[0] {
			t.Errorf("%q is not %q", s, said[0])
		}
	}
	if log := d.log.String(); log != "" {
		t.Errorf("log: %s", log)
	}
}

// Whoever asks is told that it failed; why, is for the log, and no link is in it.
func TestOriginKeepsFailuresForTheLog(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	good := d.Store
	list := d.Body.StatusPrefix() + "1"
	for name, ask := range map[string]func(context.Context) error{
		"certificate": func(ctx context.Context) error {
			_, err := d.service.Publication.Credential(ctx, d.link(cert.Link))
			return err
		},
		"standing": func(ctx context.Context) error {
			_, err := d.service.Register.Standing(ctx, strings.ToLower(cert.Link))
			return err
		},
		"number": func(ctx context.Context) error {
			_, err := d.service.Numbers.Number(ctx, cert.Number)
			return err
		},
		"list": func(ctx context.Context) error {
			_, err := d.service.Publication.StatusList(ctx, list)
			return err
		},
		"list of the past": func(ctx context.Context) error {
			_, err := d.service.Publication.StatusListAt(ctx, list, d.now.Add(-time.Hour))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d.Store = away{errors.New("secret-detail of " + cert.Link + " " + strings.ToLower(cert.Link))}
			before := d.log.String()
			err := ask(t.Context())
			if err == nil || errors.Is(err, verifier.ErrNoSuch) {
				t.Errorf("%v", err)
			} else {
				mustNotHold(t, "error", strings.ToUpper(err.Error()), "SECRET-DETAIL", cert.Link)
			}
			log := strings.TrimPrefix(d.log.String(), before)
			mustHold(t, "log", log, "secret-detail", `"level":"ERROR"`)
			if name == "certificate" || name == "standing" { // others know of no link
				mustNotHold(t, "log", strings.ToUpper(log), cert.Link)
			}
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			d.Store = good
			if err := ask(gone); err == nil {
				t.Error("answered nobody")
			}
			if after := d.log.String(); after != before+log {
				t.Errorf("that nobody waited is logged: %s", after)
			}
		})
	}
	for _, at := range []time.Time{d.now.Add(-time.Hour), d.now.AddDate(-100, 0, 0)} {
		if _, err := d.service.Publication.StatusListAt(t.Context(), list, at); err == nil {
			t.Errorf("there was a list at %s", at)
		}
	}
}

func TestStandingIsThePublicPartOfTheLastChange(t *testing.T) {
	d := newDesk(t) // of Berlin
	cert := d.issue(t, "01-FND.json")
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		what string
		act  func()
		want *verification.Standing
	}{
		{"issued", func() {}, nil},
		{"suspended", func() { d.change(t, d.Suspend, cert, "investigation") }, &verification.Standing{Since: day(20), Reason: "investigation"}},
		{"reinstated", func() { d.change(t, d.Reinstate, cert, "resolved") }, nil},
		{"suspended for a reason that is one for withdrawals", func() { d.change(t, d.Suspend, cert, "fraud") }, &verification.Standing{Since: day(20), Reason: "other"}},
		{"withdrawn for a reason of the body's own", func() {
			d.now = time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC) // the 25th in Berlin
			d.change(t, d.Revoke, cert, "canary-code")
		}, &verification.Standing{Since: day(25), Reason: "other"}},
	} {
		c.act()
		for _, id := range []string{cert.Link, strings.ToLower(cert.Link)} {
			got, err := d.service.Register.Standing(t.Context(), id)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %+v, %v; want %+v", c.what, got, err, c.want)
			}
		}
	}
	later := d.issue(t, "18-CITSOP.json")
	d.now = d.now.AddDate(0, 1, 0)
	d.change(t, d.Revoke, later, "superseded", "2026-12-01")
	if got, err := d.service.Register.Standing(t.Context(), later.Link); err != nil || !got.Since.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || got.Reason != "superseded" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestStatusListOfThePast(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	began := d.now
	first := d.get(t, "/status/1").body
	d.now = began.Add(time.Hour)
	d.change(t, d.Revoke, cert, "fraud")
	second := d.get(t, "/status/1").body
	d.now = began.Add(80 * time.Hour)
	current := d.get(t, "/status/1").body
	d.now = d.now.Add(time.Minute)

	stamp := func(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339)) }
	berlin := time.FixedZone("", 3600)
	const forEver = "public, max-age=31536000, immutable"
	for _, c := range []struct {
		query  string
		status int
		cache  string
		body   string
	}{
		{"timestamp=" + stamp(began.Add(time.Minute)), 200, forEver, first},
		{"timestamp=" + stamp(began.Add(time.Minute).In(berlin)), 200, forEver, first},
		{"timestamp=2026-11-20T15:59:59.999999999Z", 200, forEver, first},
		{"x=1&timestamp=" + stamp(began.Add(90*time.Minute)) + "&y", 200, forEver, second},
		{"timestamp=" + stamp(d.now), 200, public, current}, // a list could still be dated then
		{"timestamp=" + stamp(d.now.Add(time.Minute)), 200, public, current},
		{"timestamp=9999-12-31T23:59:59Z", 200, public, current},
		{"timestamp=" + stamp(began.Add(-time.Minute)), 404, private, ""},
		{"timestamp=0001-01-01T00:00:00Z", 404, private, ""},
		{"timestamp=" + stamp(began.Add(60*time.Hour)), 404, private, ""}, // the gap
		{"timestamp=", 400, private, ""},
		{"timestamp", 400, private, ""},
		{"timestamp=2026-11-20", 400, private, ""},
		{"timestamp=2026-11-20T16:00:00", 400, private, ""},       // XSD dateTimeStamp has a time zone
		{"timestamp=2026-11-20T16:00:00+01:00", 400, private, ""}, // a plus that is not escaped is a space
		{"timestamp=2026-02-30T16:00:00Z", 400, private, ""},
		{"timestamp=1795190400", 400, private, ""},
		{"timestamp=now", 400, private, ""},
		{"timestamp=" + strings.Repeat("9", 5000), 400, private, ""},
		{"timestamp=2026-11-20T16:00:00Z&timestamp=2026-11-20T16:00:00Z", 400, private, ""},
		{"timestamp=2026-11-20T16:00:00Z;x", 400, private, ""},
		{"timestamp=%zz", 400, private, ""},
		{"TIMESTAMP=2026-11-20T16:00:00Z", 200, public, current},
	} {
		got := d.get(t, "/status/1?"+c.query)
		if got.status != c.status || got.header.Get("Cache-Control") != c.cache || c.body != "" && got.body != c.body {
			t.Errorf("?%.60s: %d %v", c.query, got.status, got.header)
		}
		if open := got.header.Get("Access-Control-Allow-Origin") == "*"; open != (c.status == 200) {
			t.Errorf("?%.60s: %v", c.query, got.header)
		}
	}
	if got := d.get(t, "/status/2?timestamp="+stamp(began)); got.status != http.StatusNotFound {
		t.Errorf("a list that is not there: %d", got.status)
	}
	etag := d.get(t, "/status/1?timestamp="+stamp(began.Add(time.Minute))).header.Get("ETag")
	if got := d.do(t, http.MethodGet, "/status/1?timestamp="+stamp(began.Add(2*time.Minute)), http.Header{"If-None-Match": {etag}}); got.status != http.StatusNotModified {
		t.Errorf("the same list again: %d", got.status)
	}
	d.Store = away{errAway}
	for _, query := range []string{"", "?timestamp=" + stamp(began), "?timestamp=" + stamp(d.now.Add(time.Hour))} {
		if got := d.get(t, "/status/1"+query); got.status != http.StatusServiceUnavailable {
			t.Errorf("%s without records: %d", query, got.status)
		}
	}
}

// What was on a day is told alike by the body's own service, from its records,
// and over the network, by whoever has its trust file.
func TestPastIsToldAlikeNearAndFar(t *testing.T) {
	d := newDeskOf(t, issuer.Body{Name: "Specimen Certification Body", Zone: "Europe/Berlin"})
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	d.now = monday
	cert := d.issue(t, "01-FND.json")
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	for _, act := range []struct {
		day time.Time
		do  func()
	}{
		{day(0).Add(12 * time.Hour), func() {}},
		{day(1), func() { d.change(t, d.Suspend, cert, "investigation") }},
		{day(1).Add(12 * time.Hour), func() {}},
		{day(2), func() {}},
		{day(2).Add(12 * time.Hour), func() {}},
		{day(3), func() { d.change(t, d.Reinstate, cert, "resolved") }},
		{day(3).Add(12 * time.Hour), func() {}},
		{day(4), func() {}},
		{day(4).Add(12 * time.Hour), func() { d.change(t, d.Revoke, cert, "fraud") }},
		{day(5), func() {}},
	} {
		d.now = act.day
		act.do()
		for _, list := range []string{"/status/1", "/status/1-suspension"} { // as the publisher does
			if got := d.get(t, list); got.status != http.StatusOK {
				t.Fatal(got)
			}
		}
	}
	d.now = day(9)
	far := verifier.NewPublication(d.service.Trust)
	for at, want := range map[time.Time]verifier.Reason{
		day(0).Add(time.Hour):      verifier.None,
		day(1).Add(time.Hour):      verifier.Suspended,
		day(2).Add(6 * time.Hour):  verifier.Suspended,
		day(3).Add(time.Hour):      verifier.None,
		day(4).Add(time.Hour):      verifier.None,
		day(4).Add(13 * time.Hour): verifier.Revoked,
		day(5).Add(time.Hour):      verifier.Revoked,
		day(7):                     verifier.StatusUnavailable,
		{}:                         verifier.Revoked,
	} {
		var said []string
		for where, source := range map[string]verifier.Statuses{"near": d.service.Lists, "far": far} {
			v := verifier.Verifier{Issuers: d.service.Trust, Statuses: source, Policy: verifier.Policy{At: at}, Now: d.clock}
			r := v.Examine(t.Context(), cert.Token)
			if r.Reason != want {
				t.Errorf("of %s, %s: %s %q: %s; want %q", at.Format(time.RFC3339), where, r.Verdict, r.Reason, r.Summary(), want)
			}
			if r.Verdict == verifier.Valid {
				mustHold(t, where, r.Checks[3].Detail, "It has been withdrawn since")
			}
			said = append(said, r.Checks[3].Detail)
		}
		if said[0] != said[1] {
			t.Errorf("of %s: %q and %q", at.Format(time.RFC3339), said[0], said[1])
		}
	}
}

// P4: what this process changes shows in the next answer, and what another does
// within a second or so.
func TestChangeShowsInTheNextAnswer(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	records, err := store.Open(t.Context(), d.file)
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	other := *d.Issuer // of another process, on the same records
	other.Store = records
	v := verifier.Verifier{Issuers: d.service.Trust, Statuses: d.service.Lists, Now: d.clock}
	for n := range 25 {
		by, wait := d.Issuer, time.Duration(0)
		if n%2 == 1 {
			by, wait = &other, time.Second
		}
		if r := v.Examine(t.Context(), cert.Token); r.Verdict != verifier.Valid {
			t.Fatalf("round %d: %s", n, r.Summary())
		}
		d.change(t, by.Suspend, cert, "investigation")
		d.now = d.now.Add(wait)
		if r := v.Examine(t.Context(), cert.Token); r.Reason != verifier.Suspended {
			t.Fatalf("round %d: %s", n, r.Summary())
		}
		d.change(t, by.Reinstate, cert, "resolved")
		d.now = d.now.Add(wait)
	}
	d.change(t, other.Revoke, cert, "fraud")
	d.now = d.now.Add(time.Second)
	if r := v.Examine(t.Context(), cert.Token); r.Reason != verifier.Revoked {
		t.Error(r.Summary())
	}
	// A clock that was set back makes no list last longer.
	d.now = d.now.Add(-time.Minute)
	if r := v.Examine(t.Context(), cert.Token); r.Reason != verifier.Revoked {
		t.Error(r.Summary())
	}
}

// counted is a store that counts its changes, and how often it is looked into.
type counted struct {
	*store.DB
	n *atomic.Int64
}

func (c counted) View(ctx context.Context, fn func(issuer.Tx) error) error {
	c.n.Add(1)
	return c.DB.View(ctx, fn)
}

func TestListsAreReadOnceASecond(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	v := verifier.Verifier{Issuers: d.service.Trust, Statuses: d.service.Lists, Now: d.clock}
	var n atomic.Int64
	d.Store = counted{d.Store.(*store.DB), &n}
	for _, c := range []struct {
		what  string
		do    func()
		looks int64
	}{
		{"first", func() {}, 2},
		{"again", func() {}, 0},
		{"within a second", func() { d.now = d.now.Add(900 * time.Millisecond) }, 0},
		{"after a second", func() { d.now = d.now.Add(100 * time.Millisecond) }, 2},
		{"after an update of something else", func() {
			if err := d.Store.Update(t.Context(), func(issuer.Tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}, 2},
		{"again", func() {}, 0},
		{"after an hour", func() { d.now = d.now.Add(time.Hour) }, 2},
		{"the clock was set back", func() { d.now = d.now.Add(-30 * time.Minute) }, 2},
		{"the store does not count", func() { d.now, d.Store = d.now.Add(time.Millisecond), looks{d.Store, new(atomic.Int64)} }, 2},
		{"and again", func() {}, 2},
	} {
		c.do()
		n.Store(0)
		if r := v.Examine(t.Context(), cert.Token); r.Verdict != verifier.Valid || n.Load() != c.looks {
			t.Errorf("%s: %s, with %d looks for two lists, not %d", c.what, r.Summary(), n.Load(), c.looks)
		}
	}
}
