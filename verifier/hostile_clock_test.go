package verifier_test

import (
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/forgery"
)

// T33, P14: the clock, and the moment asked about, a second to ten years around
// every date there is. The model says what may be valid; it reads like the rule.
func TestTheClockMatrix(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	first, last := noon.AddDate(0, 0, -1), noon.AddDate(3, 0, 0) // of the certificate
	made, ends := noon.Add(-time.Hour), noon.Add(23*time.Hour)   // of its lists
	var points []time.Time
	for _, around := range []time.Time{first, last, made, ends} {
		for _, by := range []time.Duration{0, 1, 59, 60, 61, 62, 300, 3600, 86_400, 7 * 86_400} {
			points = append(points, around.Add(by*time.Second), around.Add(-by*time.Second))
		}
		for _, years := range []int{1, 10} {
			points = append(points, around.AddDate(years, 0, 0), around.AddDate(-years, 0, 0))
		}
		points = append(points, around.Add(time.Millisecond), around.Add(-time.Millisecond), around.Add(999*time.Millisecond))
	}
	within := func(now, at time.Time) bool { // of the certificate's period
		return !at.Before(first.Add(-time.Minute)) && at.Before(last.Add(time.Second))
	}
	told := func(now, at time.Time, final bool) bool { // by a list in which nothing is set
		switch {
		case made.After(now.Add(time.Minute)): // of the future
			return false
		case at.Equal(now):
			return now.Before(ends)
		case at.After(now):
			return now.Before(ends) && at.Before(ends)
		case made.After(at.Add(time.Minute)): // made later: what is still not withdrawn never was
			return final
		}
		return at.Before(ends)
	}
	cases, wrong, valid := 0, 0, 0
	for _, suspension := range []bool{false, true} {
		change := []func(forgery.Object){}
		if !suspension {
			change = append(change, forgery.Set("credentialStatus.statusReference", nil))
		}
		v := believer(b)
		v.Statuses = answer(func(url string) (string, error) { return b.StatusLists()[url], nil })
		lists := b.StatusLists()
		v.Statuses = published(lists)
		o, report := v.Open(b.Certificate(change...))
		if report != nil {
			t.Fatal(report.Summary())
		}
		try := func(now, at time.Time) {
			cases++
			v.Now, v.Policy.At = func() time.Time { return now }, at
			r := v.Assess(t.Context(), o)
			if at.IsZero() {
				at = now
			}
			expect := within(now, at) && told(now, at, true) && (!suspension || told(now, at, false))
			if expect {
				valid++
			}
			if expect != (r.Verdict == verifier.Valid) {
				if wrong++; wrong < 20 {
					t.Errorf("now %s, asked about %s, suspension %v: %s, %s", now.Format(time.RFC3339Nano), at.Format(time.RFC3339Nano), suspension, r.Verdict, r.Summary())
				}
			}
		}
		for i, now := range points {
			try(now, time.Time{})
			for j, at := range points {
				if (i+j)%5 == 0 {
					try(now, at)
				}
			}
		}
	}
	if valid < cases/20 {
		t.Errorf("only %d of %d may be valid", valid, cases)
	}
	t.Logf("%d cases, %d of them valid, %d wrong", cases, valid, wrong)
}

// The same of a certificate that is withdrawn or suspended: at no time whatsoever
// is it valid by the list that says so.
func TestNoClockMakesAWithdrawalGood(t *testing.T) {
	b := forgery.NewBody(bodyURL, keys.EdDSA, noon)
	for _, purpose := range purposesOfLists {
		lists := b.StatusLists()
		lists[b.ListURL(purpose)] = b.List(purpose, []int{forgery.Place})
		v := believer(b)
		for name, statuses := range map[string]verifier.Statuses{"not kept": published(lists), "kept": &verifier.Lists{Source: published(lists), Dir: t.TempDir()}} {
			v.Statuses = statuses
			o, _ := v.Open(b.Certificate(from1970, forever))
			for _, by := range []time.Duration{0, 1, 59, 60, 61, 3599, 3600, 3601, 86_400, 365 * 86_400, 3650 * 86_400} {
				for _, now := range []time.Time{noon.Add(by * time.Second), noon.Add(-by * time.Second), noon} {
					for _, at := range []time.Time{{}, noon.Add(by * time.Second), noon.Add(-by * time.Second)} {
						v.Now, v.Policy.At = func() time.Time { return now }, at
						if r := v.Assess(t.Context(), o); r.Verdict == verifier.Valid {
							t.Errorf("%s, %s: now %s, about %s: valid", purpose, name, now, at)
						}
					}
				}
			}
		}
	}
}
