package verifier_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/forgery"
	"github.com/testamur/testamur/verifier/statuslist"
)

// clock is a clock that is set.
type clock struct{ nanos atomic.Int64 }

func clockAt(t time.Time) *clock { c := new(clock); c.set(t); return c }

func (c *clock) set(t time.Time) { c.nanos.Store(t.UnixNano()) }

func (c *clock) now() time.Time { return time.Unix(0, c.nanos.Load()).UTC() }

// station is an issuer with its web server, whose answers can be spoilt.
type station struct {
	body  *forgery.Body
	trust *verifier.Trust
	clock *clock
	token string
	lists *verifier.Lists // what the verifier under test keeps
	serve atomic.Value    // http.HandlerFunc in place of the revocation list
	asked atomic.Int32    // for the revocation list

	server *httptest.Server
}

// The lists of a station are made at its dawn, and serve for a day.
var dawn = noon.Add(-time.Hour)

const day = 24 * time.Hour

func newStation(t *testing.T, keep *verifier.Lists) *station {
	t.Helper()
	s := &station{clock: clockAt(dawn), lists: keep}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "-suspension") { // always in order
			fmt.Fprint(w, s.body.ListOf(credential.PurposeSuspension, s.clock.now(), s.clock.now().Add(day)))
			return
		}
		s.asked.Add(1)
		s.serve.Load().(http.HandlerFunc)(w, r)
	}))
	t.Cleanup(s.server.Close)
	t.Cleanup(s.server.CloseClientConnections)
	s.body = forgery.NewBody(s.server.URL, keys.EdDSA, noon)
	s.token = s.body.Certificate()
	s.trust = s.body.Trust()
	keep.Source = verifier.NewPublication(s.trust)
	return s
}

func (s *station) publish(list string) {
	s.serve.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, list) }))
}

func (s *station) list(from, until time.Time, entries ...int) string {
	return s.body.ListOf(credential.PurposeRevocation, from, until, entries...)
}

// examine asks about the certificate; statuses nil means the lists that are kept.
func (s *station) examine(ctx context.Context, statuses verifier.Statuses) *verifier.Report {
	if statuses == nil {
		statuses = s.lists
	}
	v := verifier.Verifier{Issuers: s.trust, Statuses: statuses, Now: s.clock.now}
	return v.Examine(ctx, s.token)
}

// served is one way in which the address of a list answers. now is when it is
// asked; the list kept is of the dawn.
type served struct {
	name string
	make func(s *station, now time.Time) http.HandlerFunc
	// cold says that nobody can tell it from a good answer who has seen no other
	// list: it is sound, and only older or more forgetful than one seen before.
	cold bool
}

func text(make func(s *station, now time.Time) string) func(*station, time.Time) http.HandlerFunc {
	return func(s *station, now time.Time) http.HandlerFunc {
		list := make(s, now)
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, list) }
	}
}

// fresh is the payload of a list that is newer than the one kept, and in force.
func fresh(s *station, now time.Time, changes ...func(forgery.Object)) string {
	return s.body.ListPayload(credential.PurposeRevocation, nil, append([]func(forgery.Object){
		forgery.Set("validFrom", now.Add(-time.Second).Format(time.RFC3339)), forgery.Set("validUntil", now.Add(day).Format(time.RFC3339)),
	}, changes...)...)
}

func respond(code int, body string) func(*station, time.Time) http.HandlerFunc {
	return func(*station, time.Time) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); fmt.Fprint(w, body) }
	}
}

func relist(changes ...func(forgery.Object)) func(*station, time.Time) http.HandlerFunc {
	return text(func(s *station, now time.Time) string {
		return s.body.Lists.Token(s.body.Lists.Header(keys.TypeVC), fresh(s, now, changes...))
	})
}

func encoded(packed []byte) func(forgery.Object) {
	return forgery.Set("credentialSubject.encodedList", "u"+base64.RawURLEncoding.EncodeToString(packed))
}

// zeros is a GZIP member of that many MiB of zeros, made without writing them.
func zeros(mebibytes int) []byte {
	var block bytes.Buffer
	w, _ := flate.NewWriter(&block, flate.BestCompression)
	one := make([]byte, 1<<20)
	w.Write(one)
	w.Flush()
	out := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, bytes.Repeat(block.Bytes(), mebibytes)...)
	out = append(out, 3, 0)
	sum := uint32(0)
	for range mebibytes {
		sum = crc32.Update(sum, crc32.IEEETable, one)
	}
	out = binary.LittleEndian.AppendUint32(out, sum)
	return binary.LittleEndian.AppendUint32(out, uint32(mebibytes<<20))
}

func member(n int) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(statuslist.Bits(make([]byte, n)).Encode()[1:])
	if err != nil {
		panic(err)
	}
	return raw
}

const least = statuslist.MinEntries / 8

var servedFaults = []served{
	{name: "unreachable", make: func(*station, time.Time) http.HandlerFunc {
		return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	}},
	{name: "no answer in time", make: func(*station, time.Time) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	}},
	{name: "404", make: respond(404, "not found")},
	{name: "500", make: respond(500, "internal error")},
	{name: "304", make: respond(304, "")},
	{name: "a web page", make: respond(200, "<!doctype html><title>Log in</title>")},
	{name: "empty", make: respond(200, "")},
	{name: "truncated list", make: text(func(s *station, now time.Time) string {
		list := s.list(now.Add(-time.Second), now.Add(day))
		return list[:len(list)/2]
	})},
	{name: "truncated on the way", make: func(s *station, now time.Time) http.HandlerFunc {
		list := s.list(now.Add(-time.Second), now.Add(day))
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(list)))
			fmt.Fprint(w, list[:len(list)-10])
		}
	}},
	{name: "unsigned", make: text(func(s *station, now time.Time) string { return fresh(s, now) })},
	{name: "signature of another list", make: text(func(s *station, now time.Time) string {
		a, b := strings.Split(s.list(now.Add(-time.Second), now.Add(day), forgery.Place), "."), strings.Split(s.list(now.Add(-time.Second), now.Add(day)), ".")
		return a[0] + "." + b[1] + "." + a[2]
	})},
	{name: "signed by the credential key", make: text(func(s *station, now time.Time) string { return s.body.Signed(fresh(s, now)) })},
	{name: "signed by another issuer", make: text(func(s *station, now time.Time) string {
		other := forgery.NewBody(partnerURL, keys.EdDSA, noon)
		return other.Lists.Token(other.Lists.Header(keys.TypeVC), fresh(s, now))
	})},
	{name: "signed by an unknown key under our id", make: text(func(s *station, now time.Time) string {
		k := forgery.Stranger(keys.EdDSA, s.body.Lists.ID)
		return k.Token(k.Header(keys.TypeVC), fresh(s, now))
	})},
	{name: "list of another issuer", make: text(func(s *station, now time.Time) string {
		return forgery.NewBody(partnerURL, keys.EdDSA, noon).ListOf(credential.PurposeRevocation, now.Add(-time.Second), now.Add(day))
	})},
	{name: "another list", make: relist(func(doc forgery.Object) { doc["id"] = doc["id"].(string) + "0" })},
	{name: "the suspension list", make: text(func(s *station, now time.Time) string {
		return s.body.ListOf(credential.PurposeSuspension, now.Add(-time.Second), now.Add(day))
	})},
	{name: "another purpose", make: relist(forgery.Set("credentialSubject.statusPurpose", "refresh"))},
	{name: "a certificate", make: text(func(s *station, _ time.Time) string { return s.token })},
	{name: "too short", make: relist(encoded(member(least - 1)))},
	{name: "not compressed", make: relist(encoded(make([]byte, least)))},
	{name: "a bomb", make: relist(encoded(zeros(64)))},
	{name: "trailing bytes", make: relist(encoded(append(member(least), 0)))},
	{name: "a second member", make: relist(encoded(append(member(least), member(least)...)))},
	{name: "checksum wrong", make: relist(func(doc forgery.Object) {
		packed := member(least)
		packed[len(packed)-8] ^= 1
		encoded(packed)(doc)
	})},
	{name: "padded", make: relist(func(doc forgery.Object) {
		subject := doc["credentialSubject"].(forgery.Object)
		subject["encodedList"] = subject["encodedList"].(string) + "="
	})},
	{name: "line breaks in it", make: relist(func(doc forgery.Object) {
		subject := doc["credentialSubject"].(forgery.Object)
		subject["encodedList"] = subject["encodedList"].(string)[:8] + "\n" + subject["encodedList"].(string)[8:]
	})},
	{name: "entries of two bits", make: relist(forgery.Set("credentialSubject.statusSize", 2))},
	{name: "of the future", make: relist(func(doc forgery.Object) {
		at, _ := time.Parse(time.RFC3339, doc["validFrom"].(string))
		doc["validFrom"] = at.Add(62 * time.Second).Format(time.RFC3339)
	})},
	{name: "out of date", make: text(func(s *station, now time.Time) string { return s.list(now.Add(-day), now.Add(-time.Second)) })},
	{name: "without end", make: relist(forgery.Set("validUntil", nil))},
	{name: "redirect", make: func(s *station, now time.Time) http.HandlerFunc {
		list := s.list(now.Add(-time.Second), now.Add(day))
		elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, list) }))
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }
	}},
	{name: "answer too large", make: respond(200, strings.Repeat("A", keys.MaxListToken+1))},
	{name: "older than one seen", cold: true, make: text(func(s *station, now time.Time) string { return s.list(dawn.Add(-time.Hour), now.Add(day)) })},
}

// patience is how long the tests wait for an answer.
const patience = 50 * time.Millisecond

// TestFaultyListsAgainstWhatIsKept goes through every fault of a list in every
// state of the cache. A kept list serves while it is in force, and the answer
// then bears its date; otherwise nothing is decided. One in which the certificate
// is withdrawn is never contradicted.
func TestFaultyListsAgainstWhatIsKept(t *testing.T) {
	const kept, none = "kept", "none"
	cases := 0
	for _, f := range servedFaults {
		t.Run(f.name, func(t *testing.T) {
			s := newStation(t, &verifier.Lists{})
			for _, c := range []struct {
				state string
				keeps bool          // whether a list is kept
				age   time.Duration // of it when the question is asked
				serve bool          // whether it is asked for
				want  string
			}{
				{"none", false, time.Minute, true, none},
				{"fresh", true, time.Minute, false, kept},
				{"stale", true, time.Hour, true, kept},
				{"out of date this second", true, day, true, none},
				{"out of date", true, day + time.Hour, true, none},
			} {
				for _, withdrawn := range []bool{false, true} {
					for _, restart := range []bool{false, true} {
						if restart && !c.keeps || withdrawn && !c.keeps {
							continue
						}
						cases++
						name := fmt.Sprintf("%s, withdrawn %v, restart %v", c.state, withdrawn, restart)
						lists := &verifier.Lists{Dir: t.TempDir(), Source: s.lists.Source}
						s.lists = lists
						if c.keeps {
							var entries []int
							if withdrawn {
								entries = []int{forgery.Place}
							}
							s.publish(s.list(dawn, dawn.Add(day), entries...))
							s.clock.set(dawn.Add(time.Second))
							if r := s.examine(t.Context(), nil); (r.Verdict == verifier.Valid) == withdrawn || r.Verdict == verifier.Indeterminate {
								t.Fatalf("%s: before: %s, %s", name, r.Verdict, r.Summary())
							}
						}
						if restart {
							s.lists = &verifier.Lists{Dir: lists.Dir, Source: lists.Source}
						}
						now := dawn.Add(c.age)
						s.clock.set(now)
						s.asked.Store(0)
						s.serve.Store(f.make(s, now))
						ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
						if f.name == "no answer in time" {
							ctx, cancel = context.WithTimeout(t.Context(), patience)
						}
						r := s.examine(ctx, nil)
						cancel()
						verdict, reason, asOf := verifier.Indeterminate, verifier.StatusUnavailable, time.Time{}
						switch {
						case c.want == kept && withdrawn:
							verdict, reason = verifier.Invalid, verifier.Revoked
						case c.want == kept:
							verdict, reason, asOf = verifier.Valid, verifier.None, dawn
						case f.cold && !c.keeps:
							verdict, reason, asOf = verifier.Valid, verifier.None, dawn.Add(-time.Hour)
						}
						if f.name == "no answer in time" && (c.serve || restart) { // the caller has given up; for those who wait see the next test
							verdict, reason = verifier.Indeterminate, verifier.StatusUnavailable
						}
						if err := want(r, verdict, reason); err != nil {
							t.Errorf("%s: %v", name, err)
						}
						if r.Verdict == verifier.Valid && (r.StatusAsOf == nil || !r.StatusAsOf.Equal(asOf)) {
							t.Errorf("%s: as of %v, want %v", name, r.StatusAsOf, asOf)
						}
						if asked := s.asked.Load() > 0; asked != c.serve && !(restart && c.state == "fresh") && f.name != "no answer in time" {
							t.Errorf("%s: asked %v", name, asked)
						}
					}
				}
			}
		})
	}
	t.Logf("%d faults, %d cases", len(servedFaults), cases)
}

// source is a source of lists that is given the context.
type source func(ctx context.Context, url string) (string, error)

func (s source) StatusList(ctx context.Context, url string) (string, error) { return s(ctx, url) }

// A source that never answers is waited for briefly, once in a while, as long as the
// list kept is in force, and ten seconds when there is none.
func TestASourceThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := forgery.NewBody(bodyURL, keys.EdDSA, time.Now())
		made := b.Now.Add(-time.Hour)
		var silent atomic.Bool
		var asked atomic.Int32
		v := verifier.Verifier{Issuers: b.Trust(), Statuses: &verifier.Lists{Source: source(func(ctx context.Context, url string) (string, error) {
			asked.Add(1)
			if silent.Load() {
				<-ctx.Done()
				return "", ctx.Err()
			}
			return manyLists(b, made, made.Add(day))(url)
		})}}
		token := b.Certificate() // of two lists
		look := func(longest time.Duration, verdict verifier.Verdict, reason verifier.Reason) {
			t.Helper()
			start := time.Now()
			r := v.Examine(t.Context(), token)
			if err := want(r, verdict, reason); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > longest {
				t.Errorf("it took %v", took)
			}
			if r.Verdict == verifier.Valid && !r.StatusAsOf.Equal(made) {
				t.Errorf("as of %v", r.StatusAsOf)
			}
		}
		const brief = 250 * time.Millisecond
		look(0, verifier.Valid, verifier.None)
		silent.Store(true)
		asked.Store(0)
		time.Sleep(10 * time.Minute)
		look(2*brief, verifier.Valid, verifier.None)
		look(0, verifier.Valid, verifier.None) // both are being asked for already
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times", n)
		}
		time.Sleep(11 * time.Second) // both were given up, and the pause is not over
		look(0, verifier.Valid, verifier.None)
		time.Sleep(8 * time.Second)
		look(0, verifier.Valid, verifier.None)
		synctest.Wait()
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times although the pause is not over", n)
		}
		time.Sleep(2 * time.Second)
		look(2*brief, verifier.Valid, verifier.None)
		if n := asked.Load(); n != 4 {
			t.Errorf("asked %d times", n)
		}
		time.Sleep(day)
		look(20*time.Second, verifier.Indeterminate, verifier.StatusUnavailable)
		silent.Store(false)
		made = time.Now()
		time.Sleep(time.Minute)
		look(0, verifier.Valid, verifier.None)
	})
}

// A withdrawal that comes late, but comes while nobody waits any more, shows in the
// next answer, and one that comes soon in this one.
func TestASlowSourceIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := forgery.NewBody(bodyURL, keys.EdDSA, time.Now())
		var withdrawn []int
		made, slow := b.Now.Add(-time.Hour), time.Duration(0)
		lists := &verifier.Lists{Source: source(func(_ context.Context, url string) (string, error) {
			time.Sleep(slow)
			return b.List(credential.PurposeRevocation, withdrawn, forgery.Set("id", url),
				forgery.Set("validFrom", made.Format(time.RFC3339)), forgery.Set("validUntil", made.Add(day).Format(time.RFC3339))), nil
		})}
		v := verifier.Verifier{Issuers: b.Trust(), Statuses: lists}
		token := onList(b, 1)
		look := func(reason verifier.Reason) {
			t.Helper()
			if r := v.Examine(t.Context(), token); r.Reason != reason {
				t.Error(r.Summary())
			}
		}
		for _, slow = range []time.Duration{100 * time.Millisecond, time.Second} {
			withdrawn = nil
			v.Statuses = &verifier.Lists{Source: lists.Source}
			look(verifier.None)
			time.Sleep(10 * time.Minute)
			withdrawn, made = []int{forgery.Place}, made.Add(time.Minute)
			if slow > 250*time.Millisecond {
				look(verifier.None)
				time.Sleep(slow)
			}
			look(verifier.Revoked)
		}
		// Whoever wants each answer anew waits for it.
		withdrawn, made, slow = nil, made.Add(time.Minute), time.Second
		v.Statuses = &verifier.Lists{Source: lists.Source, TTL: time.Nanosecond}
		if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		withdrawn, made = []int{forgery.Place}, made.Add(time.Minute)
		if err := want(v.Examine(t.Context(), token), verifier.Invalid, verifier.Revoked); err != nil {
			t.Errorf("asked each time: %v", err)
		}
	})
}

// A list that cannot be borne ends its own reading, not the process.
func TestAPanicIsAnError(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	v := believer(b)
	lists := &verifier.Lists{Source: answer(func(string) (string, error) { panic("out of its depth") })}
	v.Statuses = lists
	r := v.Examine(t.Context(), onList(b, 1))
	if err := undecided(r); err != nil || strings.Contains(r.Summary(), "depth") {
		t.Errorf("%v: %s", err, r.Summary())
	}
	if h := lists.Health(); len(h) != 1 || !strings.Contains(verifier.Detail(h[0].Err), "out of its depth") {
		t.Errorf("%+v", h)
	}
}

// Two processes that share a folder: what one has seen the other does not go behind.
func TestAFolderThatIsShared(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	token := onList(b, 1)
	list := func(from time.Time, entries ...int) string {
		return b.ListOf(credential.PurposeRevocation, from, dawn.Add(day), entries...)
	}
	for name, c := range map[string]struct {
		other, fresh string
		taken        bool
		reason       verifier.Reason
	}{
		"the other's is newer":         {list(dawn.Add(time.Hour), forgery.Place), list(dawn.Add(time.Minute)), false, verifier.Revoked},
		"the other's is older":         {list(dawn.Add(time.Minute)), list(dawn.Add(time.Hour), forgery.Place), true, verifier.Revoked},
		"what comes has forgotten":     {list(dawn.Add(time.Minute), forgery.Place), list(dawn.Add(time.Hour)), false, verifier.Revoked},
		"the other's is of the future": {list(dawn.Add(3 * time.Hour)), list(dawn.Add(time.Hour)), false, verifier.None},
	} {
		dir, c1 := t.TempDir(), clockAt(dawn.Add(time.Second))
		brought := list(dawn)
		one := &verifier.Lists{Dir: dir, Source: answer(func(string) (string, error) { return brought, nil })}
		v := verifier.Verifier{Issuers: b.Trust(), Statuses: one, Now: c1.now}
		if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*.jws"))
		if len(files) != 1 {
			t.Fatal(files)
		}
		if err := os.WriteFile(files[0], []byte(c.other), 0o600); err != nil {
			t.Fatal(err)
		}
		brought = c.fresh
		c1.set(dawn.Add(2 * time.Hour))
		if r := v.Examine(t.Context(), token); r.Reason != c.reason {
			t.Errorf("%s: %s, %s", name, r.Verdict, r.Summary())
		}
		expect := c.other
		if c.taken {
			expect = c.fresh
		}
		if kept, err := os.ReadFile(files[0]); err != nil || string(kept) != expect {
			t.Errorf("%s: the folder holds the wrong one (%v)", name, err)
		}
		if h := one.Health(); (h[0].Err == nil) != c.taken || h[0].Refused == c.taken || h[0].Saving != nil {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

// Whoever runs the service is told what is wrong with a list, once, and when it is
// over.
func TestTroubleIsTold(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	c := clockAt(noon)
	var told []string
	dir := filepath.Join(t.TempDir(), "lists")
	good := manyLists(b, dawn, dawn.Add(day))
	source := good
	lists := &verifier.Lists{
		Source:  answer(func(url string) (string, error) { return source(url) }),
		Trouble: func(url string, err error) { told = append(told, fmt.Sprint(strings.TrimPrefix(url, b.URL), " ", err)) },
	}
	v := verifier.Verifier{Issuers: b.Trust(), Statuses: lists, Now: c.now}
	token := onList(b, 1)
	away := func(string) (string, error) { return "", errors.New("away") }
	for step, s := range []struct {
		source          func(string) (string, error)
		dir             bool // whether there is one
		want            string
		refused, saving bool
	}{
		{good, false, "", false, false},
		{away, false, "/status/1 away", false, false},
		{away, false, "", false, false},
		{func(string) (string, error) { return "<html>", nil }, false, "/status/1 status list", true, false},
		{good, false, "/status/1 <nil>", false, false},
		{manyLists(b, dawn.Add(time.Minute), dawn.Add(day)), true, "/status/1 keep status list", false, true},
		{manyLists(b, dawn.Add(time.Minute), dawn.Add(day)), true, "", false, true},
		{away, true, "/status/1 away\nkeep status list", false, true},
	} {
		told = nil
		if source = s.source; s.dir {
			lists.Dir = dir
		}
		c.set(noon.Add(time.Duration(step) * 10 * time.Minute))
		if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(told, "|"); (s.want == "") != (got == "") || !strings.HasPrefix(got, s.want) {
			t.Errorf("step %d: told %q, want %q", step, got, s.want)
		}
		if h := lists.Health()[0]; h.Issuer != b.URL || h.Refused != s.refused || (h.Saving != nil) != s.saving {
			t.Errorf("step %d: %+v", step, h)
		}
	}
	// Once there is a folder the list is put there, though it is no new one.
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	told, source = nil, manyLists(b, dawn.Add(time.Minute), dawn.Add(day))
	c.set(noon.Add(3 * time.Hour))
	v.Examine(t.Context(), token)
	if files, _ := filepath.Glob(filepath.Join(dir, "*.jws")); len(files) != 1 || len(told) != 1 || !strings.HasSuffix(told[0], "<nil>") {
		t.Errorf("%v, told %q", files, told)
	}
}

// What nobody asks for is asked for, when it is due, until it is to end.
func TestListsAreKeptUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := forgery.NewBody(bodyURL, keys.EdDSA, time.Now())
		var down atomic.Bool
		var asked atomic.Int32 // for list 7
		lists := &verifier.Lists{Source: source(func(ctx context.Context, url string) (string, error) {
			if strings.HasSuffix(url, "/status/7") {
				asked.Add(1)
			}
			if strings.HasSuffix(url, "/status/9") || down.Load() {
				<-ctx.Done() // one that hangs holds up no other
				return "", ctx.Err()
			}
			made := time.Now().Add(-time.Second)
			return manyLists(b, made, made.Add(day))(url)
		})}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go lists.Keep(ctx)
		v := verifier.Verifier{Issuers: b.Trust(), Statuses: lists}
		for n := range 3 {
			v.Examine(t.Context(), onList(b, n+7))
		}
		asked.Store(0)
		time.Sleep(3 * day)
		for _, h := range lists.Health() {
			if hangs := strings.HasSuffix(h.URL, "9"); !hangs && (h.Err != nil || time.Until(h.ValidUntil) < 23*time.Hour) || hangs && h.Err == nil {
				t.Errorf("after three idle days: %+v", h)
			}
		}
		if n := asked.Load(); n < 800 || n > 864 { // every five minutes
			t.Errorf("asked %d times", n)
		}
		down.Store(true)
		time.Sleep(10 * time.Minute)
		asked.Store(0)
		time.Sleep(time.Hour)
		if n := asked.Load(); n < 40 || n > 60 {
			t.Errorf("with a list in force, a source that is away is asked %d times in an hour", n)
		}
		stop()
		synctest.Wait()
		asked.Store(0)
		time.Sleep(time.Hour)
		if n := asked.Load(); n > 0 {
			t.Errorf("asked %d times after the end", n)
		}
	})
}

// At the start those lists are known that an earlier run or the trust file has left;
// of other issuers it is said that none is.
func TestListsThatAreKnownAtTheStart(t *testing.T) {
	dir := t.TempDir()
	s := newStation(t, &verifier.Lists{Dir: dir})
	s.clock.set(time.Now().UTC())
	s.publish(s.list(s.clock.now().Add(-time.Minute), s.clock.now().Add(day)))
	if r := s.examine(t.Context(), nil); len(s.lists.Health()) != 2 || !s.lists.Health()[0].ValidUntil.After(s.clock.now()) {
		t.Fatal(r.Summary())
	}
	if err := os.WriteFile(filepath.Join(dir, "other.jws"), []byte("no list"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := s.trust.Issuers()[0]
	partner := forgery.NewBody(partnerURL, keys.EdDSA, noon)
	inside := map[string]string{s.server.URL + "/status/9": s.body.List(credential.PurposeRevocation, nil, forgery.Set("id", s.server.URL+"/status/9")), "https://elsewhere.example.org/1": "x"}
	exact := *own
	exact.ID, exact.StatusLists = "http://127.0.0.2:1", []string{"http://127.0.0.2:1/list"}
	mute := exact
	mute.ID, mute.StatusLists = "https://mute.example.org", nil
	trust, err := verifier.NewTrust([]*verifier.Issuer{own, partner.Trust().Issuers()[0], &exact, &mute}, inside)
	if err != nil {
		t.Fatal(err)
	}
	s.server.Close() // and nobody answers
	keep := func(l *verifier.Lists, known int) (found []string) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); l.Keep(ctx) }()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			asked := 0
			for _, h := range l.Health() {
				if !h.Asked.IsZero() {
					asked++
				}
			}
			if asked == known {
				break
			}
		}
		stop()
		<-ended
		for _, h := range l.Health() {
			found = append(found, fmt.Sprintf("%s %s serves %v failing %v bundle %v", strings.ReplaceAll(h.Issuer, s.server.URL, "own"), strings.ReplaceAll(h.URL, s.server.URL, "own"), h.ValidUntil.After(time.Now()), h.Err != nil, h.Bundle))
		}
		return found
	}
	published := &verifier.Lists{Source: verifier.NewPublication(trust), Dir: dir}
	before := published.Health()
	if len(before) != 3 || before[0].URL != "" {
		t.Errorf("before anything is known: %+v", before)
	}
	got, expect := strings.Join(keep(published, 4), "\n"), strings.Join([]string{
		partnerURL + "  serves false failing false bundle false",
		"own own/status/1 serves true failing true bundle false",
		"own own/status/1-suspension serves true failing true bundle false",
		"own own/status/9 serves false failing true bundle false",
		"http://127.0.0.2:1 http://127.0.0.2:1/list serves false failing true bundle false",
	}, "\n")
	if got != expect {
		t.Errorf("published:\n%s\nwant\n%s", got, expect)
	}
	bundled, err := verifier.NewTrust([]*verifier.Issuer{own}, map[string]string{
		s.server.URL + "/status/1":            s.list(s.clock.now().Add(-time.Minute), s.clock.now().Add(day)),
		s.server.URL + "/status/1-suspension": s.body.ListOf(credential.PurposeSuspension, s.clock.now().Add(-day), s.clock.now().Add(-time.Hour)),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, expect = strings.Join(keep(&verifier.Lists{Source: bundled}, 2), "\n"), "own own/status/1 serves true failing false bundle true\nown own/status/1-suspension serves false failing true bundle true"
	if got != expect {
		t.Errorf("bundle:\n%s\nwant\n%s", got, expect)
	}
}

// What goes wrong on the way is told in few words to whoever asks about a
// certificate, and in full to whoever wants to mend it.
func TestTheWayIsNotForEverybody(t *testing.T) {
	s := newStation(t, &verifier.Lists{})
	s.clock.set(noon)
	host := strings.TrimPrefix(s.server.URL, "http://")
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		words   string
		detail  string
	}{
		"503": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "could not be checked: the issuer answered 503.", "503 Service Unavailable"},
		"404": {http.NotFound, "could not be checked: the issuer answered 404: nothing is published there.", host},
		"cut": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "could not be checked: the issuer could not be reached.", "EOF"},
	} {
		s.serve.Store(c.handler)
		lists := &verifier.Lists{Source: s.lists.Source}
		r := s.examine(t.Context(), lists)
		if err := undecided(r); err != nil || !strings.Contains(r.Summary(), c.words) || strings.Contains(r.Summary(), host) {
			t.Errorf("%s: %v, %s", name, err, r.Summary())
		}
		if detail := verifier.Detail(fmt.Errorf("both: %w", errors.Join(errors.New("x"), lists.Health()[0].Err))); !strings.HasPrefix(detail, "both: x") || !strings.Contains(detail, c.detail) {
			t.Errorf("%s: %s", name, detail)
		}
	}
	s.server.Close()
	if r := s.examine(t.Context(), &verifier.Lists{Source: s.lists.Source}); !strings.HasSuffix(r.Summary(), "could not be checked: the issuer could not be reached.") {
		t.Errorf("%s", r.Summary()) // once, though two lists were asked for
	}
	if verifier.Detail(nil) != "" {
		t.Error("no error has a text")
	}
}

// The same faults beside a list inside the trust file: it serves, and a
// withdrawal in it counts, whatever the network says.
func TestFaultyListsBesideABundle(t *testing.T) {
	for _, f := range servedFaults {
		if f.name == "no answer in time" {
			continue // the caller gives up for both
		}
		for _, withdrawn := range []bool{false, true} {
			s := newStation(t, &verifier.Lists{})
			s.clock.set(noon)
			s.serve.Store(f.make(s, noon))
			bundle := map[string]string{s.body.ListURL(credential.PurposeRevocation): s.list(dawn, dawn.Add(day))}
			verdict, reason := verifier.Valid, verifier.None
			if withdrawn {
				bundle[s.body.ListURL(credential.PurposeRevocation)] = s.list(dawn, dawn.Add(day), forgery.Place)
				verdict, reason = verifier.Invalid, verifier.Revoked
			}
			r := s.examine(t.Context(), verifier.Sources{s.lists, published(bundle)})
			if err := want(r, verdict, reason); err != nil {
				t.Errorf("%s, withdrawn %v: %v", f.name, withdrawn, err)
			}
			if r.Verdict == verifier.Valid && !r.StatusAsOf.Equal(dawn) {
				t.Errorf("%s: as of %v", f.name, r.StatusAsOf)
			}
		}
	}
}

// Nobody who has seen a certificate withdrawn takes a list that has forgotten it,
// newer or not, longer or shorter; a list with further withdrawals is taken.
func TestAListThatForgetsAWithdrawalIsNotTaken(t *testing.T) {
	longer := func(s *station, entries ...int) string {
		bits, err := statuslist.New(2 * statuslist.MinEntries)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range entries {
			bits.Set(i)
		}
		return s.body.List(credential.PurposeRevocation, nil, forgery.Set("credentialSubject.encodedList", bits.Encode()))
	}
	for name, c := range map[string]struct {
		list  func(s *station) string
		taken bool
	}{
		"it has forgotten":                    {func(s *station) string { return s.list(noon, noon.Add(day)) }, false},
		"it has, and has others":              {func(s *station) string { return s.list(noon, noon.Add(day), 1, 2, 3) }, false},
		"it has forgotten another":            {func(s *station) string { return s.list(noon, noon.Add(day), forgery.Place) }, false},
		"it is longer, and has forgotten":     {func(s *station) string { return longer(s) }, false},
		"it is longer":                        {func(s *station) string { return longer(s, forgery.Place, 3) }, true},
		"it has further ones":                 {func(s *station) string { return s.list(noon, noon.Add(day), forgery.Place, 3, 5) }, true},
		"it is the same":                      {func(s *station) string { return s.list(dawn, dawn.Add(day), forgery.Place, 3) }, true},
		"it is for suspension only":           {func(s *station) string { return s.body.ListOf(credential.PurposeSuspension, noon, noon.Add(day)) }, false},
		"it is for revocation and suspension": {func(s *station) string { return "" }, false},
	} {
		if strings.Contains(name, "and suspension") {
			c.list = func(s *station) string {
				return s.body.List(credential.PurposeRevocation, nil, forgery.Set("credentialSubject.statusPurpose", []string{"revocation", "suspension"}))
			}
		}
		for _, restart := range []bool{false, true} {
			lists := &verifier.Lists{Dir: t.TempDir()}
			s := newStation(t, lists)
			s.publish(s.list(dawn, dawn.Add(day), forgery.Place, 3))
			s.clock.set(dawn.Add(time.Second))
			if err := want(s.examine(t.Context(), nil), verifier.Invalid, verifier.Revoked); err != nil {
				t.Fatal(err)
			}
			if restart {
				s.lists = &verifier.Lists{Dir: lists.Dir, Source: lists.Source}
			}
			s.publish(c.list(s))
			s.clock.set(noon.Add(time.Minute))
			if err := want(s.examine(t.Context(), nil), verifier.Invalid, verifier.Revoked); err != nil {
				t.Errorf("%s, restart %v: %v", name, restart, err)
			}
			for _, h := range s.lists.Health() {
				if strings.HasSuffix(h.URL, "/status/1") && (h.Err == nil) != c.taken {
					t.Errorf("%s, restart %v: %v", name, restart, h.Err)
				}
			}
			s.clock.set(noon.Add(day)) // when the first is out of date the other does not get its turn
			if r := s.examine(t.Context(), nil); r.Verdict == verifier.Valid {
				t.Errorf("%s, restart %v: valid a day later, %s", name, restart, r.Summary())
			}
		}
	}
}

// T08: whoever brings back old lists, a thousand of them, brings nothing back.
func TestReplaysOfOldLists(t *testing.T) {
	const replays = 1000
	dir := t.TempDir()
	lists := &verifier.Lists{Dir: dir}
	s := newStation(t, lists)
	newest := s.list(dawn, dawn.Add(day), forgery.Place)
	suspended := s.body.ListOf(credential.PurposeSuspension, dawn, dawn.Add(3*day))
	var brought string // by the replaying source
	replaying := answer(func(url string) (string, error) {
		if strings.HasSuffix(url, "-suspension") {
			return suspended, nil
		}
		return brought, nil
	})
	lists.Source = replaying
	brought = newest
	s.clock.set(dawn.Add(time.Second))
	if err := want(s.examine(t.Context(), nil), verifier.Invalid, verifier.Revoked); err != nil {
		t.Fatal(err)
	}
	old := make([]string, replays) // each of them still in force, and in none of them is it withdrawn
	for i := range old {
		old[i] = s.list(dawn.Add(-time.Duration(replays-i)*time.Second), dawn.Add(2*day))
	}
	valid := map[string]int{}
	note := func(state string, r *verifier.Report, reasons ...verifier.Reason) {
		if r.Verdict == verifier.Valid {
			valid[state]++
		}
		for _, reason := range reasons {
			if r.Reason == reason {
				return
			}
		}
		t.Errorf("%s: %s, %s", state, r.Verdict, r.Summary())
	}
	cold := verifier.Verifier{Issuers: s.trust, Now: s.clock.now}
	for i, list := range old {
		brought = list
		s.clock.set(dawn.Add(time.Minute + time.Duration(i)*11*time.Second)) // past every waiting time
		note("warm", s.examine(t.Context(), nil), verifier.Revoked)
		note("after restart", s.examine(t.Context(), &verifier.Lists{Dir: dir, Source: replaying}), verifier.Revoked)
		if i%20 > 0 {
			continue
		}
		if i%40 == 0 {
			twin := &verifier.Lists{Source: replaying}
			note("forgetful twin", s.examine(t.Context(), twin), verifier.None)
			note("taking twin", s.examine(t.Context(), replaying), verifier.None)
		}
		// With nothing seen and the newest list in the trust file.
		cold.Statuses = verifier.Sources{&verifier.Lists{Source: replaying}, published{s.body.ListURL(credential.PurposeRevocation): newest}}
		note("cold, with a bundle", cold.Examine(t.Context(), s.token), verifier.Revoked)
	}
	s.clock.set(dawn.Add(day)) // what was kept is out of date, what is brought is not
	for i, list := range old {
		brought = list
		s.clock.set(dawn.Add(day + time.Duration(i)*11*time.Second))
		note("warm, out of date", s.examine(t.Context(), nil), verifier.StatusUnavailable)
		if i%20 == 0 {
			note("after restart, out of date", s.examine(t.Context(), &verifier.Lists{Dir: dir, Source: replaying}), verifier.StatusUnavailable)
		}
	}
	s.clock.set(dawn.Add(2 * day)) // and now neither is in force
	for _, list := range old {
		brought = list
		note("cold", s.examine(t.Context(), &verifier.Lists{Source: replaying}), verifier.StatusUnavailable)
	}
	for state, n := range valid {
		if !strings.Contains(state, "twin") {
			t.Errorf("%s: %d valid", state, n)
		}
	}
	if valid["forgetful twin"] == 0 || valid["taking twin"] == 0 {
		t.Errorf("the twins have noticed the replay: %v", valid)
	}
	t.Logf("%d replays; twins take %v", replays, valid)
}

// The twin that treats what cannot be had as not withdrawn, against each fault.
func TestATwinThatHopesWouldBeNoticed(t *testing.T) {
	fooled := 0
	for _, f := range servedFaults {
		if f.name == "no answer in time" || f.cold {
			continue
		}
		s := newStation(t, &verifier.Lists{})
		s.clock.set(noon)
		s.serve.Store(f.make(s, noon))
		hoping := answer(func(url string) (string, error) {
			text, err := s.lists.StatusList(t.Context(), url)
			if probe := s.examine(t.Context(), answer(func(u string) (string, error) {
				if u == url {
					return text, err
				}
				return s.body.ListOf(credential.PurposeSuspension, dawn, dawn.Add(day)), nil
			})); probe.Verdict == verifier.Indeterminate && !strings.HasSuffix(url, "-suspension") {
				return s.list(dawn, dawn.Add(day)), nil // none is none withdrawn
			}
			return text, err
		})
		if r := s.examine(t.Context(), hoping); r.Verdict != verifier.Valid {
			t.Errorf("%s: %s, %s", f.name, r.Verdict, r.Summary())
		} else {
			fooled++
		}
	}
	t.Logf("%d faults would be valid", fooled)
}

// T12: a list of 512 MiB costs no more than the longest list that is taken.
func TestABombCostsLittle(t *testing.T) {
	packed := zeros(512)
	bomb := "u" + base64.RawURLEncoding.EncodeToString(packed)
	best, least := time.Hour, uint64(1<<62)
	for range 5 {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		bits, err := statuslist.Decode(bomb)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if err == nil || bits != nil || !strings.Contains(err.Error(), "longer than") {
			t.Fatalf("%d bytes, %v", len(bits), err)
		}
		best, least = min(best, took), min(least, after.TotalAlloc-before.TotalAlloc)
	}
	allowed := uint64(6*statuslist.MaxEntries/8 + len(packed))
	if best > 50*time.Millisecond || least > allowed {
		t.Errorf("%v, %d bytes (%d allowed)", best, least, allowed)
	}
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	bad := b.List(credential.PurposeRevocation, nil, encoded(packed))
	v := believer(b)
	v.Statuses = &verifier.Lists{Source: answer(func(url string) (string, error) {
		if strings.HasSuffix(url, "-suspension") {
			return b.List(credential.PurposeSuspension, nil), nil
		}
		return bad, nil
	})}
	start := time.Now()
	if err := undecided(v.Examine(t.Context(), b.Certificate())); err != nil {
		t.Error(err)
	}
	t.Logf("512 MiB in %d bytes: refused in %v with %d KiB allocated; the whole answer took %v", len(packed), best, least>>10, time.Since(start))
}

// asking is a source that waits to be let through, and counts.
type asking struct {
	lists   func(url string) (string, error)
	entered chan string // if not nil: tells each question
	let     chan struct{}
	ended   atomic.Int32 // questions whose context had ended
	asked   sync.Map     // url → *atomic.Int32
}

func (a *asking) count(url string) int {
	n, _ := a.asked.LoadOrStore(url, new(atomic.Int32))
	return int(n.(*atomic.Int32).Load())
}

func (a *asking) StatusList(ctx context.Context, url string) (string, error) {
	n, _ := a.asked.LoadOrStore(url, new(atomic.Int32))
	n.(*atomic.Int32).Add(1)
	if a.entered != nil {
		a.entered <- url
		select {
		case <-a.let:
		case <-ctx.Done():
			a.ended.Add(1)
			return "", ctx.Err()
		}
	}
	return a.lists(url)
}

// manyLists is a body with its answers for any number of lists.
func manyLists(b *forgery.Body, from, until time.Time) func(url string) (string, error) {
	return func(url string) (string, error) {
		purpose := credential.PurposeRevocation
		if strings.HasSuffix(url, "-suspension") {
			purpose = credential.PurposeSuspension
		}
		return b.List(purpose, nil, forgery.Set("id", url), forgery.Set("validFrom", from.Format(time.RFC3339)), forgery.Set("validUntil", until.Format(time.RFC3339))), nil
	}
}

// onList is a certificate of the list of that number, without suspension.
func onList(b *forgery.Body, n int) string {
	return b.Certificate(forgery.Set("credentialStatus.statusReference", nil), forgery.Set("credentialStatus.statusListCredential", fmt.Sprintf("%s/status/%d", b.URL, n)))
}

// Sixty-four who ask at once ask the source once, although each has looked at its
// clock at another moment: those who come later have looked earlier.
func TestManyWhoAskAskOnce(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	source := &asking{lists: manyLists(b, dawn, dawn.Add(day)), entered: make(chan string, 100), let: make(chan struct{})}
	lists := &verifier.Lists{Source: source}
	trust := b.Trust()
	token := onList(b, 1)
	for round := range 3 {
		at := noon.Add(time.Duration(round) * time.Hour)
		var wg sync.WaitGroup
		ask := func(now time.Time) {
			v := verifier.Verifier{Issuers: trust, Statuses: lists, Now: func() time.Time { return now }}
			if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
				t.Error(err)
			}
		}
		wg.Go(func() { ask(at) })
		<-source.entered
		for i := range 63 {
			wg.Go(func() { ask(at.Add(-time.Duration(i) * time.Millisecond)) })
		}
		source.let <- struct{}{}
		close(source.let) // whoever asks again is let through, and counted
		wg.Wait()
		if n := source.count(b.URL + "/status/1"); n != round+1 {
			t.Fatalf("asked %d times in round %d", n, round)
		}
		source.let = make(chan struct{})
	}
}

// Whoever gives up gets its answer at once, and does not end the asking in which
// others have part.
func TestWhoGivesUpDoesNotEndTheAsking(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	source := &asking{lists: manyLists(b, dawn, dawn.Add(day)), entered: make(chan string, 100), let: make(chan struct{})}
	v := believer(b)
	v.Statuses = &verifier.Lists{Source: source}
	token := onList(b, 1)
	first, giveUp := context.WithCancel(t.Context())
	second, giveUpToo := context.WithCancel(t.Context())
	reports := make(chan *verifier.Report, 2)
	go func() { reports <- v.Examine(first, token) }()
	<-source.entered
	go func() { reports <- v.Examine(second, token) }() // waits for the first
	giveUpToo()
	if err := undecided(<-reports); err != nil {
		t.Errorf("who waits: %v", err)
	}
	giveUp()
	if err := undecided(<-reports); err != nil {
		t.Errorf("who asks: %v", err)
	}
	third := make(chan *verifier.Report)
	go func() { third <- v.Examine(t.Context(), token) }()
	source.let <- struct{}{}
	if err := want(<-third, verifier.Valid, verifier.None); err != nil {
		t.Errorf("who stays: %v", err)
	}
	if n := source.count(b.URL + "/status/1"); n != 1 || source.ended.Load() != 0 {
		t.Errorf("asked %d times, %d ended", n, source.ended.Load())
	}
}

// router is a source that is another one for each address.
type router func(url string) verifier.Statuses

func (r router) StatusList(ctx context.Context, url string) (string, error) {
	return r(url).StatusList(ctx, url)
}

// A list that does not come keeps nobody from another.
func TestASlowListDoesNotHoldUpOthers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	slow := &asking{lists: manyLists(b, dawn, dawn.Add(day)), entered: make(chan string, 1), let: make(chan struct{})}
	quick := answer(slow.lists)
	v := believer(b)
	lists := &verifier.Lists{Dir: t.TempDir(), Source: router(func(url string) verifier.Statuses {
		if url == b.URL+"/status/1" {
			return slow
		}
		return quick
	})}
	v.Statuses = lists
	done := make(chan *verifier.Report)
	go func() { done <- v.Examine(t.Context(), onList(b, 1)) }()
	<-slow.entered
	for n := 2; n < 22; n++ {
		if err := want(v.Examine(t.Context(), onList(b, n)), verifier.Valid, verifier.None); err != nil {
			t.Error(err)
		}
	}
	if n := len(lists.Health()); n != 21 {
		t.Errorf("health of %d", n)
	}
	slow.let <- struct{}{}
	if err := want(<-done, verifier.Valid, verifier.None); err != nil {
		t.Error(err)
	}
}

// However many lists there are, some are kept and no more. What was pushed out is
// remembered in one thing: how old it was.
func TestWhatIsKeptIsBounded(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	from := dawn
	source := answer(func(url string) (string, error) { return manyLists(b, from, dawn.Add(2*day))(url) })
	lists := &verifier.Lists{Source: source}
	v := believer(b)
	v.Statuses = lists
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := worker; n < 200; n += 4 {
				if err := want(v.Examine(t.Context(), onList(b, n)), verifier.Valid, verifier.None); err != nil {
					t.Errorf("list %d: %v", n, err)
				}
				if kept := len(lists.Health()); kept > 64 {
					t.Errorf("%d lists are kept", kept)
				}
			}
		})
	}
	wg.Wait()
	from = dawn.Add(-time.Second) // older than all that were seen, and still in force
	refused := 0
	for n := range 100 {
		if undecided(v.Examine(t.Context(), onList(b, n))) == nil {
			refused++
		}
	}
	if refused != 100 {
		t.Errorf("%d of 100 replays were refused after the lists had been pushed out", refused)
	}
	from = dawn.Add(time.Second)
	v.Now = func() time.Time { return noon.Add(time.Hour) }
	if err := want(v.Examine(t.Context(), onList(b, 1)), verifier.Valid, verifier.None); err != nil {
		t.Errorf("a newer list: %v", err)
	}
}

// Long lists count by their length.
func TestWhatIsKeptIsBoundedInBytes(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	bits, err := statuslist.New(statuslist.MaxEntries)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{7})
	random.Read(bits)
	bits[forgery.Place/8] = 0
	template := b.ListPayload(credential.PurposeRevocation, nil, forgery.Set("id", "ADDRESS"), forgery.Set("credentialSubject.encodedList", bits.Encode()))
	size := 0
	v := believer(b)
	lists := &verifier.Lists{Source: answer(func(url string) (string, error) {
		list := b.Lists.Token(b.Lists.Header(keys.TypeVC), strings.Replace(template, "ADDRESS", url, 1))
		size = len(list) + len(bits)
		return list, nil
	})}
	v.Statuses = lists
	for n := range 24 {
		if err := want(v.Examine(t.Context(), onList(b, n)), verifier.Valid, verifier.None); err != nil {
			t.Fatalf("list %d: %v", n, err)
		}
	}
	if kept := len(lists.Health()); kept*size > 64<<20 || kept < 8 {
		t.Errorf("%d lists of %d bytes are kept", kept, size)
	}
}

// A source that fails is asked every ten seconds, not more often, and each
// address for itself.
func TestAFailingSourceIsLeftAlone(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	c := clockAt(noon)
	source := &asking{lists: func(string) (string, error) { return "", errors.New("not today") }}
	v := verifier.Verifier{Issuers: b.Trust(), Statuses: &verifier.Lists{Source: source}, Now: c.now}
	tokens := []string{onList(b, 1), onList(b, 2)}
	for step := range 120 { // a minute
		c.set(noon.Add(time.Duration(step) * 500 * time.Millisecond))
		for _, token := range tokens {
			if err := undecided(v.Examine(t.Context(), token)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := 1; n <= 2; n++ {
		if asked := source.count(fmt.Sprintf("%s/status/%d", b.URL, n)); asked != 6 {
			t.Errorf("list %d: asked %d times in a minute", n, asked)
		}
	}
	// One that answers is asked once in five minutes, or as often as its list says.
	for name, ttl := range map[string]any{"as we like": nil, "each minute": 60_000, "each week": 7 * 86_400_000} {
		source := &asking{lists: func(url string) (string, error) {
			return b.List(credential.PurposeRevocation, nil, forgery.Set("id", url), forgery.Set("credentialSubject.ttl", ttl)), nil
		}}
		v.Statuses = &verifier.Lists{Source: source}
		for step := range 120 {
			c.set(noon.Add(time.Duration(step) * 5 * time.Second))
			if err := want(v.Examine(t.Context(), tokens[0]), verifier.Valid, verifier.None); err != nil {
				t.Fatal(err)
			}
		}
		if asked, expect := source.count(b.URL+"/status/1"), map[string]int{"as we like": 2, "each minute": 10, "each week": 2}[name]; asked != expect {
			t.Errorf("%s: asked %d times in ten minutes, want %d", name, asked, expect)
		}
	}
}

// A clock that is set back, or forward and back again, makes no list serve at a
// time at which it is not in force, and does not stop the asking.
func TestAClockThatIsSet(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	c := clockAt(noon)
	var from, until time.Time
	var withdrawn []int
	source := &asking{lists: func(url string) (string, error) {
		return b.List(credential.PurposeRevocation, withdrawn, forgery.Set("id", url), forgery.Set("validFrom", from.Format(time.RFC3339)), forgery.Set("validUntil", until.Format(time.RFC3339))), nil
	}}
	lists := &verifier.Lists{Source: source, Dir: t.TempDir()}
	v := verifier.Verifier{Issuers: b.Trust(), Statuses: lists, Now: c.now}
	token := b.Certificate(forgery.Set("credentialStatus.statusReference", nil), from1970, forever)
	from, until = dawn, dawn.Add(day)
	for _, step := range []struct {
		at    time.Time
		valid bool
	}{
		{noon, true},
		{noon.Add(-30 * time.Minute), true},
		{dawn.Add(-2 * time.Minute), false},
		{dawn.AddDate(-10, 0, 0), false},
		{noon, true},
		{noon.AddDate(10, 0, 0), false},
		{noon.Add(time.Second), true},
		{dawn.Add(day).Add(-time.Second), true},
		{dawn.Add(day), false},
		{noon, true},
	} {
		c.set(step.at)
		r := v.Examine(t.Context(), token)
		if (r.Verdict == verifier.Valid) != step.valid || r.Verdict == verifier.Invalid {
			t.Errorf("at %s: %s, %s", step.at, r.Verdict, r.Summary())
		}
	}
	// Withdrawn while the clock is years ahead: it is known as soon as it is set right.
	c.set(noon.AddDate(1, 0, 0))
	v.Examine(t.Context(), token)
	from, withdrawn = dawn.Add(time.Minute), []int{forgery.Place}
	c.set(noon.Add(2 * time.Second))
	if err := want(v.Examine(t.Context(), token), verifier.Invalid, verifier.Revoked); err != nil {
		t.Error(err)
	}
}

var (
	from1970 = func(doc forgery.Object) { doc["validFrom"], doc["nbf"] = "1970-01-01T00:00:00Z", 0 }
	forever  = func(doc forgery.Object) { doc["validUntil"] = "9999-12-31T23:59:59Z"; delete(doc, "exp") }
)

// What lies in the folder is believed no more than what comes from the network,
// and a folder that cannot be written does not keep a list from serving.
func TestTheFolderOfLists(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	token := onList(b, 1)
	good := b.List(credential.PurposeRevocation, nil)
	withdrawn := b.List(credential.PurposeRevocation, []int{forgery.Place})
	silent := answer(func(string) (string, error) { return "", errors.New("not reached") })
	dir := t.TempDir()
	v := believer(b)
	v.Statuses = &verifier.Lists{Dir: dir, Source: answer(func(string) (string, error) { return good, nil })}
	if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || strings.HasSuffix(files[0].Name(), ".tmp") {
		t.Fatalf("%v, %v", files, err)
	}
	path := filepath.Join(dir, files[0].Name())
	other := forgery.NewBody(partnerURL, keys.EdDSA, noon)
	for name, c := range map[string]struct {
		text    string
		verdict verifier.Verdict
	}{
		"as it was":               {good, verifier.Valid},
		"withdrawn":               {withdrawn, verifier.Invalid},
		"empty":                   {"", verifier.Indeterminate},
		"cut":                     {good[:len(good)-1], verifier.Indeterminate},
		"unsigned":                {b.ListPayload(credential.PurposeRevocation, nil), verifier.Indeterminate},
		"by the credential key":   {b.Signed(b.ListPayload(credential.PurposeRevocation, nil)), verifier.Indeterminate},
		"of another issuer":       {other.List(credential.PurposeRevocation, nil), verifier.Indeterminate},
		"another list":            {b.List(credential.PurposeRevocation, nil, forgery.Set("id", bodyURL+"/status/2")), verifier.Indeterminate},
		"another purpose":         {b.List(credential.PurposeSuspension, nil, forgery.Set("id", bodyURL+"/status/1")), verifier.Indeterminate},
		"out of date":             {b.ListOf(credential.PurposeRevocation, dawn, noon), verifier.Indeterminate},
		"of the future":           {b.ListOf(credential.PurposeRevocation, noon.Add(time.Hour), noon.Add(day)), verifier.Indeterminate},
		"something else entirely": {"\x00\xff", verifier.Indeterminate},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		v.Statuses = &verifier.Lists{Dir: dir, Source: silent}
		if r := v.Examine(t.Context(), token); r.Verdict != c.verdict {
			t.Errorf("%s: %s, %s", name, r.Verdict, r.Summary())
		}
	}
	v.Statuses = &verifier.Lists{Dir: filepath.Join(dir, "none"), Source: answer(func(string) (string, error) { return good, nil })}
	if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
		t.Errorf("without a folder: %v", err)
	}
	if h := v.Statuses.(*verifier.Lists).Health(); len(h) != 1 || h[0].Err != nil || h[0].Saving == nil {
		t.Errorf("nobody is told that the list could not be kept: %+v", h)
	}
}
