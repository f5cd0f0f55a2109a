package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/forgery"
)

// moment is a time in a history: minutes since its beginning.
type moment int

var beginning = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC) // a Monday

func (m moment) time() time.Time { return beginning.Add(time.Duration(m) * time.Minute) }

// edition is a list as it was published at a moment. It serves for a day.
type edition struct {
	from, until moment
	set         bool
}

// history is what happened to a certificate: the editions of its two lists.
type history struct {
	revoked   moment // −1: never
	suspended []span
	editions  map[string][]edition // by purpose, in order
}

// span is a time of suspension, without its end.
type span struct{ from, until moment }

func (h *history) state(purpose string, at moment) bool {
	if purpose == credential.PurposeRevocation {
		return h.revoked >= 0 && h.revoked <= at
	}
	for _, s := range h.suspended {
		if s.from <= at && at < s.until {
			return true
		}
	}
	return false
}

// publish makes an edition of both lists every step minutes and at once when
// something happens, until the end.
func (h *history) publish(step, life, end moment) {
	h.editions = map[string][]edition{}
	for _, purpose := range purposesOfLists {
		last := edition{from: -1 << 20}
		for m := moment(0); m <= end; m++ {
			if set := h.state(purpose, m); m-last.from >= step || set != last.set {
				last = edition{m, m + life, set}
				h.editions[purpose] = append(h.editions[purpose], last)
			}
		}
	}
}

var purposesOfLists = []string{credential.PurposeRevocation, credential.PurposeSuspension}

// at returns the edition that was published at the moment.
func (h *history) at(purpose string, m moment) (edition, bool) {
	found, ok := edition{}, false
	for _, e := range h.editions[purpose] {
		if e.from <= m {
			found, ok = e, true
		}
	}
	return found, ok
}

// printer signs editions, each once.
type printer struct {
	body  *forgery.Body
	made  map[string]string
	trust *verifier.Trust
	token string
}

func newPrinter() *printer {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	return &printer{b, map[string]string{}, b.Trust(), b.Certificate(from1970, forever)}
}

func (p *printer) print(purpose string, e edition) string {
	name := fmt.Sprint(purpose, e)
	if p.made[name] == "" {
		var entries []int
		if e.set {
			entries = []int{forgery.Place}
		}
		p.made[name] = p.body.ListOf(purpose, e.from.time(), e.until.time(), entries...)
	}
	return p.made[name]
}

func (p *printer) purpose(url string) string {
	if url == p.body.ListURL(credential.PurposeSuspension) {
		return credential.PurposeSuspension
	}
	return credential.PurposeRevocation
}

// shelf is an archive: what it gives for now, and for a moment.
type shelf struct {
	current func(purpose string) (string, error)
	past    func(purpose string, at time.Time) (string, error)
	of      func(url string) string
}

func (s shelf) StatusList(_ context.Context, url string) (string, error) { return s.current(s.of(url)) }

func (s shelf) StatusListAt(_ context.Context, url string, at time.Time) (string, error) {
	return s.past(s.of(url), at)
}

var errGap = errors.New("nothing is kept of that time")

// What happened to the certificate, against what the archive gives: the verdict is
// that of the day, or it cannot be decided. Asked about is noon of Tuesday, on
// Friday at noon.
func TestThePastByEveryArchive(t *testing.T) {
	const hour, at, now = 60, moment(36 * 60), moment(108 * 60)
	p := newPrinter()
	stranger := forgery.NewBody(partnerURL, keys.EdDSA, noon)
	type verdicts = map[string]string
	// In the order of: honest archive, gap, current list, another time, a list of a
	// foreigner, unsigned, offline with the bundle of that day.
	for _, c := range []struct {
		name    string
		history history
		want    verdicts
	}{
		{"never", history{revoked: -1}, verdicts{"has it": "valid", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "valid"}},
		{"suspended Monday to Wednesday", history{revoked: -1, suspended: []span{{10 * hour, 60 * hour}}}, verdicts{"has it": "suspended", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "suspended"}},
		{"suspended later", history{revoked: -1, suspended: []span{{48 * hour, 60 * hour}}}, verdicts{"has it": "valid", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "valid"}},
		{"suspended now", history{revoked: -1, suspended: []span{{100 * hour, 200 * hour}}}, verdicts{"has it": "valid", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "valid"}},
		{"suspended before and reinstated", history{revoked: -1, suspended: []span{{2 * hour, 4 * hour}}}, verdicts{"has it": "valid", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "valid"}},
		{"revoked before", history{revoked: 20 * hour}, verdicts{"has it": "revoked", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "revoked"}},
		{"revoked after", history{revoked: 70 * hour}, verdicts{"has it": "valid", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "valid"}},
		{"suspended, then revoked after", history{revoked: 70 * hour, suspended: []span{{30 * hour, 70 * hour}}}, verdicts{"has it": "suspended", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "suspended"}},
		{"suspended then, revoked before", history{revoked: 20 * hour, suspended: []span{{10 * hour, 60 * hour}}}, verdicts{"has it": "revoked", "gap": "?", "current": "?", "before": "?", "after": "?", "foreign": "?", "unsigned": "?", "bundle": "revoked"}},
	} {
		h := c.history
		h.publish(6*hour, 24*hour, now)
		of := func(m moment) func(string, time.Time) (string, error) {
			return func(purpose string, _ time.Time) (string, error) {
				e, ok := h.at(purpose, m)
				if !ok {
					return "", errGap
				}
				return p.print(purpose, e), nil
			}
		}
		current := func(purpose string) (string, error) { return of(now)(purpose, time.Time{}) }
		for name, source := range map[string]verifier.Statuses{
			"has it":  shelf{current, of(at), p.purpose},
			"gap":     shelf{current, func(string, time.Time) (string, error) { return "", errGap }, p.purpose},
			"current": shelf{current, of(now), p.purpose},
			"before":  shelf{current, of(at - 25*hour), p.purpose}, // out of force at the moment
			"after":   shelf{current, of(at + 30*hour), p.purpose}, // not in force yet
			"foreign": shelf{current, func(purpose string, _ time.Time) (string, error) {
				return stranger.ListOf(purpose, at.time(), (at + 60).time()), nil
			}, p.purpose},
			"unsigned": shelf{current, func(purpose string, _ time.Time) (string, error) {
				return p.body.ListPayload(purpose, nil, forgery.Set("validFrom", at.time().Format(time.RFC3339)), forgery.Set("validUntil", (at+60).time().Format(time.RFC3339))), nil
			}, p.purpose},
			"bundle": shelf{func(purpose string) (string, error) { return of(at)(purpose, time.Time{}) }, func(string, time.Time) (string, error) { return "", errGap }, p.purpose},
		} {
			if c.want[name] == "" {
				t.Fatalf("%s, %s: nothing is expected", c.name, name)
			}
			v := verifier.Verifier{Issuers: p.trust, Statuses: source, Now: now.time, Policy: verifier.Policy{At: at.time()}}
			r := v.Examine(t.Context(), p.token)
			got := map[verifier.Verdict]string{verifier.Valid: "valid", verifier.Invalid: string(r.Reason), verifier.Indeterminate: "?"}[r.Verdict]
			// What is not withdrawn by a later list never was: there, suspension alone is open.
			if got != c.want[name] {
				t.Errorf("%s, archive: %s: %s, want %s (%s)", c.name, name, got, c.want[name], r.Summary())
			}
			kept := v
			kept.Statuses = &verifier.Lists{Source: source}
			if again := kept.Examine(t.Context(), p.token); name != "bundle" && again.Verdict != r.Verdict {
				t.Errorf("%s, archive: %s: kept %s, not kept %s", c.name, name, again.Verdict, r.Verdict)
			}
		}
	}
}

// A suspension that was lifted in the minute after the moment asked about had not
// been lifted at the moment.
func TestAMinuteBeforeTheReinstatement(t *testing.T) {
	p := newPrinter()
	h := history{revoked: -1, suspended: []span{{10, 100}}}
	h.publish(60, 24*60, 200)
	for seconds := -90; seconds <= 90; seconds += 15 {
		at := moment(100).time().Add(time.Duration(seconds) * time.Second)
		then, _ := h.at(credential.PurposeSuspension, 99)
		source := shelf{func(purpose string) (string, error) { e, _ := h.at(purpose, 100); return p.print(purpose, e), nil },
			func(purpose string, asked time.Time) (string, error) {
				if e, _ := h.at(purpose, 100); !asked.Before(e.from.time()) {
					return p.print(purpose, e), nil
				}
				if purpose == credential.PurposeRevocation {
					then, _ := h.at(purpose, 99)
					return p.print(purpose, then), nil
				}
				return p.print(purpose, then), nil
			}, p.purpose}
		v := verifier.Verifier{Issuers: p.trust, Statuses: source, Now: moment(150).time, Policy: verifier.Policy{At: at}}
		r := v.Examine(t.Context(), p.token)
		if stood := seconds >= 0; stood != (r.Verdict == verifier.Valid) {
			t.Errorf("%d seconds after the reinstatement: %s, %s", seconds, r.Verdict, r.Summary())
		}
	}
}

// A later list that has forgotten a withdrawal does not say that there was none
// before.
func TestAForgetfulListSaysNothingOfThePast(t *testing.T) {
	p := newPrinter()
	early, late := edition{100, 2000, true}, edition{200, 2000, false}
	clear := edition{0, 2000, false}
	for name, c := range map[string]struct {
		lists []edition
		valid bool
	}{
		"forgotten since":          {[]edition{early, late}, false},
		"in the other order":       {[]edition{late, early}, false},
		"withdrawn since":          {[]edition{{60, 2000, false}, early}, true},
		"withdrawn since, reverse": {[]edition{early, {60, 2000, false}}, true},
		"all three":                {[]edition{late, {60, 2000, false}, early}, true},
	} {
		var sources verifier.Sources
		for _, e := range c.lists {
			sources = append(sources, answer(func(url string) (string, error) {
				if p.purpose(url) == credential.PurposeSuspension {
					return p.print(credential.PurposeSuspension, clear), nil
				}
				return p.print(credential.PurposeRevocation, e), nil
			}))
		}
		v := verifier.Verifier{Issuers: p.trust, Statuses: sources, Now: moment(300).time, Policy: verifier.Policy{At: moment(50).time()}}
		if r := v.Examine(t.Context(), p.token); (r.Verdict == verifier.Valid) != c.valid || r.Verdict == verifier.Invalid {
			t.Errorf("%s: %s, %s", name, r.Verdict, r.Summary())
		}
	}
}

// histories is how many random histories are tried.
func histories(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("TESTAMUR_HISTORIES")); err == nil {
		return n
	}
	if slowed || testing.Short() {
		return 1500
	}
	return 20_000
}

// Random histories against a model that knows what happened. With any lists that
// the issuer has signed, from wherever and whenever: what is valid stood at the
// moment that the answer names as that of its lists, and no list that was looked
// at says otherwise; with an honest archive the answer is that of the moment.
func TestRandomHistories(t *testing.T) {
	p := newPrinter()
	random := rand.New(rand.NewPCG(2026, 11))
	const end = 12 // hours; everything happens on the hour, so that few lists are enough
	n, verdicts, twin := histories(t), map[string]int{}, 0
	for i := range n {
		h := history{revoked: -1}
		if random.IntN(3) == 0 {
			h.revoked = moment(60 * random.IntN(end+1))
		}
		for from := random.IntN(end); from < end && random.IntN(2) == 0; from += 1 + random.IntN(4) {
			until := from + 1 + random.IntN(3)
			h.suspended = append(h.suspended, span{moment(60 * from), moment(60 * until)})
			from = until
		}
		h.editions = map[string][]edition{}
		for _, purpose := range purposesOfLists {
			for m := moment(0); m <= 60*end; m += 60 {
				h.editions[purpose] = append(h.editions[purpose], edition{m, m + 180, h.state(purpose, m)})
			}
		}
		at := moment(60*random.IntN(end) + random.IntN(60))
		now := at + moment(random.IntN(60*(end+1)-int(at)))
		honest := random.IntN(2) == 0
		looked := map[string][]edition{} // what the verifier was given
		give := func(purpose string, e edition, ok bool) (string, error) {
			if !ok {
				return "", errGap
			}
			looked[purpose] = append(looked[purpose], e)
			return p.print(purpose, e), nil
		}
		any := func(purpose string) (edition, bool) { // some list of the past, or none
			if random.IntN(5) == 0 {
				return edition{}, false
			}
			return h.at(purpose, moment(random.IntN(int(now)+1)))
		}
		source := func() verifier.Statuses {
			return shelf{func(purpose string) (string, error) {
				e, ok := h.at(purpose, now)
				if !honest {
					e, ok = any(purpose)
				}
				return give(purpose, e, ok)
			}, func(purpose string, asked time.Time) (string, error) {
				e, ok := h.at(purpose, moment(asked.Sub(beginning)/time.Minute))
				if !honest {
					e, ok = any(purpose)
				}
				return give(purpose, e, ok)
			}, p.purpose}
		}
		sources := verifier.Sources{source()}
		for !honest && random.IntN(2) == 0 {
			sources = append(sources, source())
		}
		v := verifier.Verifier{Issuers: p.trust, Statuses: sources, Now: now.time, Policy: verifier.Policy{At: at.time()}}
		r := v.Examine(t.Context(), p.token)
		verdicts[fmt.Sprint(r.Verdict, " ", r.Reason)]++
		stood := !h.state(credential.PurposeRevocation, at) && !h.state(credential.PurposeSuspension, at)
		if !stood {
			twin++ // a twin that takes what is current for what was
		}
		fault := ""
		switch {
		case r.Verdict == verifier.Valid && honest && !stood:
			fault = "valid, and was not"
		case r.Verdict != verifier.Valid && honest && stood:
			fault = "was valid"
		case r.Verdict == verifier.Invalid && stood && !h.deceived(looked, at):
			fault = "invalid, and was valid"
		case r.Verdict == verifier.Valid && r.StatusAsOf == nil:
			fault = "valid by no list"
		case r.Verdict == verifier.Valid:
			for _, l := range r.StatusLists {
				// The list is of the moment or of before, or a later one without withdrawal.
				later := l.ValidFrom.After(at.time().Add(time.Minute))
				if later && l.Purpose != credential.PurposeRevocation || !later && !at.time().Before(l.ValidUntil) {
					fault = "rests on a list of another time"
				}
				if h.state(l.Purpose, moment(l.ValidFrom.Sub(beginning)/time.Minute)) {
					fault = "rests on a list that says otherwise"
				}
			}
			for _, e := range looked[credential.PurposeRevocation] {
				if e.set && e.from <= at {
					fault = "valid, although a list was shown in which it is withdrawn"
				}
			}
		}
		if fault != "" {
			t.Fatalf("history %d: %s: %s; revoked %d, suspended %v, at %d, now %d, honest %v, shown %v", i, fault, r.Summary(), h.revoked, h.suspended, at, now, honest, looked)
		}
	}
	if verdicts["valid "] < n/10 || verdicts["invalid revoked"] < n/100 || verdicts["invalid suspended"] < n/100 || verdicts["indeterminate status_unavailable"] < n/20 {
		t.Errorf("the histories are one-sided: %v", verdicts)
	}
	t.Logf("%d histories: %v; in %d it had not stood", n, verdicts, twin)
}

// deceived reports whether the lists shown leave a suspension standing that had
// been lifted by a list not shown.
func (h *history) deceived(looked map[string][]edition, at moment) bool {
	for _, e := range looked[credential.PurposeSuspension] {
		if e.set && e.from <= at && at < e.until {
			return true
		}
	}
	return false
}
