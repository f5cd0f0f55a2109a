package issuer_test

import (
	"errors"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCompetenceRunsThreeYearsToTheDayOfTheBody(t *testing.T) {
	for _, c := range []struct {
		zone  string
		now   string // chosen so that the day of the body is not that of UTC where it can be
		day   string // given as effective; "": the day of issue
		from  string
		until string
	}{
		{"UTC", "2026-11-20T15:04:05Z", "", "2026-11-20T00:00:00Z", "2029-11-19T23:59:59Z"},
		{"Europe/Berlin", "2026-11-20T23:30:00Z", "", "2026-11-21T00:00:00+01:00", "2029-11-20T23:59:59+01:00"},
		{"Pacific/Kiritimati", "2026-11-20T10:30:00Z", "", "2026-11-21T00:00:00+14:00", "2029-11-20T23:59:59+14:00"},
		{"America/Los_Angeles", "2026-11-20T07:30:00Z", "", "2026-11-19T00:00:00-08:00", "2029-11-18T23:59:59-08:00"},
		// The clocks change on 28 March 2027 and on 31 March 2030.
		{"Europe/Berlin", "2027-03-28T12:00:00Z", "", "2027-03-28T00:00:00+01:00", "2030-03-27T23:59:59+01:00"},
		{"Europe/Berlin", "2027-03-31T12:00:00Z", "", "2027-03-31T00:00:00+02:00", "2030-03-30T23:59:59+01:00"},
		// 29 February has no anniversary in 2031: through the last day of that month.
		{"UTC", "2028-02-29T12:00:00Z", "", "2028-02-29T00:00:00Z", "2031-02-28T23:59:59Z"},
		{"Pacific/Kiritimati", "2028-02-28T10:30:00Z", "", "2028-02-29T00:00:00+14:00", "2031-02-28T23:59:59+14:00"},
		{"America/Los_Angeles", "2028-03-01T07:59:59Z", "", "2028-02-29T00:00:00-08:00", "2031-02-28T23:59:59-08:00"},
		{"Europe/Berlin", "2027-06-01T12:00:00Z", "2028-02-29", "2028-02-29T00:00:00+01:00", "2031-02-28T23:59:59+01:00"},
		{"UTC", "2029-03-01T00:00:00Z", "", "2029-03-01T00:00:00Z", "2032-02-29T23:59:59Z"}, // and into one
	} {
		t.Run(c.zone+" "+c.from, func(t *testing.T) {
			d := newDesk(t, c.zone, moment(c.now))
			d.grantAll(t, auditor...)
			a := example(t, "15-IA-COMP.json")
			if c.day != "" {
				effective(c.day)(a)
			}
			cert := d.grant(t, a)
			says := payload(t, cert.Token)
			if says.ValidUntil == nil || says.ValidFrom.String() != c.from || says.ValidUntil.String() != c.until {
				t.Fatalf("from %s until %s\nwant %s until %s", says.ValidFrom, says.ValidUntil, c.from, c.until)
			}
			// The record says the same, offset included.
			if f, u := cert.ValidFrom.Format(time.RFC3339), cert.ValidUntil.Format(time.RFC3339); f != c.from || u != c.until {
				t.Errorf("the record says from %s until %s", f, u)
			}
			if p := issuer.PaperOf(says, cert.Token); p.Effective.String() != c.from[:10] || p.Expires.String() != c.until[:10] || p.Decided.String() != "2026-06-15" {
				t.Errorf("the paper says decided %s, from %s through %s", p.Decided, p.Effective, p.Expires)
			}
			// The first second and the last, and those outside. Lists tell the
			// present only, and the verifier grants a minute at the beginning.
			for at, want := range map[time.Time]verifier.Reason{
				moment(c.from).Add(-2 * time.Minute): verifier.NotYetValid,
				moment(c.from):                       verifier.None,
				moment(c.until):                      verifier.None,
				moment(c.until).Add(time.Second):     verifier.Expired,
			} {
				for _, check := range d.examine(t, cert, at).Checks {
					if check.Name == verifier.Validity && (check.Outcome == verifier.Passed) != (want == verifier.None) {
						t.Errorf("at %s: %s, %s", at, check.Outcome, check.Detail)
					}
				}
			}
		})
	}
}

func TestQualificationNeverExpires(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	if says := payload(t, cert.Token); says.ValidUntil != nil || !cert.ValidUntil.IsZero() || says.Subject.Achievement.AchievementType != credential.AchievementCertificate {
		t.Errorf("until %s, %s", says.ValidUntil, cert.ValidUntil)
	}
	d.now = d.now.AddDate(80, 0, 0)
	if r := d.examine(t, cert, time.Time{}); r.Verdict != verifier.Valid {
		t.Errorf("in eighty years: %s", r.Summary())
	}
}

func TestEffectiveDay(t *testing.T) {
	for _, c := range []struct {
		what, zone, now, decided, effective string
		ok                                  bool
	}{
		{"today", "UTC", "2026-11-20T15:00:00Z", "2026-11-02", "2026-11-20", true},
		{"yesterday", "UTC", "2026-11-20T00:00:00Z", "2026-11-02", "2026-11-19", true},
		{"two days ago", "UTC", "2026-11-20T00:00:00Z", "2026-11-02", "2026-11-18", false},
		{"yesterday, of the body", "Pacific/Kiritimati", "2026-11-20T10:30:00Z", "2026-11-02", "2026-11-20", true},
		{"two days ago, of the body", "Pacific/Kiritimati", "2026-11-20T10:30:00Z", "2026-11-02", "2026-11-19", false},
		{"two days ago in UTC only", "America/Los_Angeles", "2026-11-20T07:30:00Z", "2026-11-02", "2026-11-18", true},
		{"before the decision", "UTC", "2026-11-20T15:00:00Z", "2026-11-20", "2026-11-19", false},
		{"on the day of the decision", "UTC", "2026-11-20T15:00:00Z", "2026-11-20", "2026-11-20", true},
		{"a year ahead", "UTC", "2026-11-20T15:00:00Z", "2026-11-02", "2027-11-20", true},
		{"more than a year ahead", "UTC", "2026-11-20T15:00:00Z", "2026-11-02", "2027-11-21", false},
		{"decided tomorrow", "UTC", "2026-11-20T15:00:00Z", "2026-11-21", "2026-11-21", false},
		{"decided tomorrow in UTC only", "Pacific/Kiritimati", "2026-11-20T15:00:00Z", "2026-11-21", "2026-11-21", true},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := newDesk(t, c.zone, moment(c.now))
			a := foundation(t, "a1", "c1", effective(c.effective), func(a *issuer.Application) { a.Decided.Date = date(c.decided) })
			cert, err := d.Issue(t.Context(), clerk, a)
			if !c.ok {
				if !errors.Is(err, issuer.ErrApplication) {
					t.Errorf("%v, want ErrApplication", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			says := payload(t, cert.Token)
			if got := says.ValidFrom.String()[:10]; got != c.effective {
				t.Errorf("valid from %s, want %s", says.ValidFrom, c.effective)
			}
			if got := says.AwardedDate.String()[:10]; got != c.decided {
				t.Errorf("awarded %s, want %s", says.AwardedDate, c.decided)
			}
		})
	}
}

func TestWhatTakesEffectLaterIsNotYetValid(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1", effective("2027-01-01")))
	if r := d.examine(t, cert, time.Time{}); r.Reason != verifier.NotYetValid {
		t.Errorf("%s: %s", r.Verdict, r.Summary())
	}
	decision, err := d.Decide(t.Context(), example(t, "02-PRO-MGT.json", func(a *issuer.Application) { a.Candidate.ID = "c1" }))
	if err != nil || decision.Eligible {
		t.Errorf("it counts before its first day: %+v, %v", decision, err)
	}
	d.now = moment("2027-01-01T00:00:00Z")
	if r := d.examine(t, cert, time.Time{}); r.Verdict != verifier.Valid {
		t.Errorf("on its first day: %s", r.Summary())
	}
}
