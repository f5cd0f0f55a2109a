package verifier_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// validUntil is the last second that counts; validFrom has a minute of leeway,
// for clocks that differ.
func TestValidityToTheSecond(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(object)
		now     time.Time
		verdict verifier.Verdict
		reason  verifier.Reason
	}{
		{"a second before the last", until("2026-11-20T12:00:01Z"), noon, verifier.Valid, ""},
		{"the last second", until("2026-11-20T12:00:00Z"), noon, verifier.Valid, ""},
		{"the end of the last second", until("2026-11-20T12:00:00Z"), noon.Add(999 * time.Millisecond), verifier.Valid, ""},
		{"a second after the last", until("2026-11-20T11:59:59Z"), noon, verifier.Invalid, verifier.Expired},
		{"years after", until("2026-11-19T23:59:59Z"), noon.AddDate(10, 0, 0), verifier.Invalid, verifier.Expired},
		{"the last second, east", until("2026-11-20T13:00:00+01:00"), noon, verifier.Valid, ""},
		{"a second after, east", until("2026-11-20T12:59:59+01:00"), noon, verifier.Invalid, verifier.Expired},
		{"the last second, west", until("2026-11-20T04:00:00-08:00"), noon, verifier.Valid, ""},
		{"a second after, west", until("2026-11-20T03:59:59-08:00"), noon, verifier.Invalid, verifier.Expired},
		{"half past, where half hours count", until("2026-11-20T17:30:00+05:30"), noon, verifier.Valid, ""},
		{"a day that has not ended in the west", until("2026-11-19T23:59:59-12:00"), noon.Add(-time.Second), verifier.Valid, ""},
		{"the first second", from("2026-11-20T12:00:00Z"), noon, verifier.Valid, ""},
		{"a minute early", from("2026-11-20T12:01:00Z"), noon, verifier.Valid, ""},
		{"61 seconds early", from("2026-11-20T12:01:01Z"), noon, verifier.Invalid, verifier.NotYetValid},
		{"61 seconds early, east", from("2026-11-20T13:01:01+01:00"), noon, verifier.Invalid, verifier.NotYetValid},
		{"years early", from("2026-11-20T12:00:00Z"), noon.AddDate(-10, 0, 0), verifier.Invalid, verifier.NotYetValid},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			h.now = c.now
			h.publish(t, credential.PurposeRevocation)
			h.publish(t, credential.PurposeSuspension)
			if err := want(h.examine(t, h.token(t, c.change)), c.verdict, c.reason); err != nil {
				t.Error(err)
			}
		})
	}
}

// A list tells how a certificate stands from its validFrom on, not before: a
// moment before it cannot be told, neither for good nor for bad. A moment to
// come is judged by what is known now.
func TestTheMomentAskedAbout(t *testing.T) {
	for _, c := range []struct {
		name    string
		at      time.Time
		revoked bool
		verdict verifier.Verdict
		reason  verifier.Reason
	}{
		{"now", time.Time{}, false, verifier.Valid, ""},
		{"within the list", noon.Add(-30 * time.Minute), false, verifier.Valid, ""},
		{"when the list was made", noon.Add(-time.Hour), false, verifier.Valid, ""},
		{"a minute before the list", noon.Add(-61 * time.Minute), false, verifier.Valid, ""},
		{"61 seconds before the list", noon.Add(-61*time.Minute - time.Second), false, verifier.Indeterminate, verifier.StatusUnavailable},
		{"before the list, revoked since", noon.Add(-3 * time.Hour), true, verifier.Indeterminate, verifier.StatusUnavailable},
		{"within the list, revoked", noon.Add(-30 * time.Minute), true, verifier.Invalid, verifier.Revoked},
		{"before the certificate", noon.AddDate(0, 0, -2), false, verifier.Invalid, verifier.NotYetValid},
		{"while the list is valid", noon.Add(30 * time.Minute), false, verifier.Valid, ""},
		{"in a year", noon.AddDate(1, 0, 0), false, verifier.Indeterminate, verifier.StatusUnavailable},
		{"in a year, revoked", noon.AddDate(1, 0, 0), true, verifier.Invalid, verifier.Revoked},
		{"the last second", noon.AddDate(3, 0, 0), false, verifier.Indeterminate, verifier.StatusUnavailable},
		{"after the end", noon.AddDate(3, 0, 0).Add(time.Second), false, verifier.Invalid, verifier.Expired},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			if c.revoked {
				h.publish(t, credential.PurposeRevocation, place)
			}
			v := h.verifier(t)
			v.Policy.At = c.at
			r := v.Examine(t.Context(), h.token(t))
			if err := want(r, c.verdict, c.reason); err != nil {
				t.Error(err)
			}
			if !r.CheckedAt.Equal(noon) || (r.At == nil) != c.at.IsZero() || r.At != nil && !r.At.Equal(c.at) {
				t.Errorf("checked at %v about %v", r.CheckedAt, r.At)
			}
		})
	}
}

// A list that is itself of the future is wrong whatever moment is asked about.
func TestAListOfTheFutureTellsNothingAboutTheFuture(t *testing.T) {
	h := newHouse(t)
	v := h.verifier(t)
	v.Policy.At = noon.Add(30 * time.Minute)
	if err := want(v.Examine(t.Context(), h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Fatal(err)
	}
	h.lists[revocationURL] = h.list(t, revocationURL, credential.PurposeRevocation, nil, set("validFrom", noon.Add(61*time.Second).Format(time.RFC3339)))
	if err := undecided(v.Examine(t.Context(), h.token(t))); err != nil {
		t.Error(err)
	}
}

// A certificate that is past its end when it is asked about is expired although
// it stood at the moment of checking, and the other way round.
func TestAtDecidesNotNow(t *testing.T) {
	h := newHouse(t)
	token := h.token(t, until("2026-11-20T11:30:00Z"))
	if err := want(h.examine(t, token), verifier.Invalid, verifier.Expired); err != nil {
		t.Error(err)
	}
	v := h.verifier(t)
	v.Policy.At = noon.Add(-45 * time.Minute)
	if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
		t.Error(err)
	}
}

// Without a clock of its own the verifier looks at the time of the machine.
func TestTheClockIsTimeNowUnlessGiven(t *testing.T) {
	h := newHouse(t)
	h.now = time.Now()
	h.publish(t, credential.PurposeRevocation)
	h.publish(t, credential.PurposeSuspension)
	token := h.token(t, from("2020-01-01T00:00:00Z"), until("9999-01-01T00:00:00Z"))
	v := h.verifier(t)
	v.Now = nil
	if err := want(v.Examine(t.Context(), token), verifier.Valid, verifier.None); err != nil {
		t.Error(err)
	}
}

// A certificate runs from midnight to midnight where its body is. The days that are
// told are those, as its paper shows them, and not the days of UTC at that moment.
func TestDaysAreThoseOfTheBody(t *testing.T) {
	for _, c := range []struct {
		offset  string
		months  int // the moment asked about, from noon
		outcome verifier.Outcome
		says    string
	}{
		{"+09:00", 1, verifier.Passed, "It is valid from 20 November 2026 through 19 November 2029."},
		{"-05:00", 1, verifier.Passed, "It is valid from 20 November 2026 through 19 November 2029."},
		{"+14:00", 1, verifier.Passed, "It is valid from 20 November 2026 through 19 November 2029."},
		{"-12:00", 1, verifier.Passed, "It is valid from 20 November 2026 through 19 November 2029."},
		{"+09:00", -1, verifier.Failed, "It takes effect on 20 November 2026."},
		{"-05:00", -1, verifier.Failed, "It takes effect on 20 November 2026."},
		{"+09:00", 48, verifier.Failed, "It expired: its last day was 19 November 2029."},
		{"-05:00", 48, verifier.Failed, "It expired: its last day was 19 November 2029."},
	} {
		h := newHouse(t)
		v := h.verifier(t)
		v.Policy.At = noon.AddDate(0, c.months, 0)
		r := v.Examine(t.Context(), h.token(t, from("2026-11-20T00:00:00"+c.offset), until("2029-11-19T23:59:59"+c.offset)))
		for _, check := range r.Checks {
			if check.Name == verifier.Validity && (check.Outcome != c.outcome || check.Detail != c.says) {
				t.Errorf("%s, %d months: %s: %s\nwant %s: %s", c.offset, c.months, check.Outcome, check.Detail, c.outcome, c.says)
			}
		}
	}
	// One that never expires has a first day too.
	h := newHouse(t)
	v := h.verifier(t)
	v.Policy.At = noon.AddDate(0, 1, 0)
	forEver := h.token(t, from("2026-11-20T00:00:00+09:00"), set("validUntil", nil), set("exp", nil))
	if r := v.Examine(t.Context(), forEver); !strings.Contains(fmt.Sprint(r.Checks), "It is valid from 20 November 2026 and does not expire.") {
		t.Errorf("%v", r.Checks)
	}
}

// The moment asked about is told in UTC, in whatever zone it was asked: half an hour
// past midnight in Tokyo is the day before, in the report as in its sentences.
func TestTheMomentAskedAboutIsToldInUTC(t *testing.T) {
	h := newHouse(t)
	v := h.verifier(t)
	v.Policy.At = time.Date(2026, 11, 19, 0, 30, 0, 0, time.FixedZone("", 9*3600))
	r := v.Examine(t.Context(), h.token(t, from("2026-01-01T00:00:00Z")))
	if got := r.At.Format(time.RFC3339); got != "2026-11-18T15:30:00Z" {
		t.Errorf("about %s", got)
	}
	if says := r.Summary(); !strings.Contains(says, "How it stood on 18 November 2026 cannot be told") {
		t.Error(says)
	}
}
