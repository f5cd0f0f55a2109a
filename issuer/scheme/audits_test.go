package scheme

import (
	"fmt"
	"strings"
	"testing"
)

func TestAuditDaysAddUp(t *testing.T) {
	for _, test := range []struct {
		days  []float64
		ok    bool
		found string
	}{
		{[]float64{10}, true, ""},
		{[]float64{9.75}, false, "9.75 on record"},
		{[]float64{5, 4.5, 0.5}, true, ""},
		{[]float64{20, -15}, true, ""},
		{[]float64{9.75, 0.125, 0.125}, false, "9.75 on record"}, // quarters, not eighths
		{[]float64{9.9996}, false, "9.75 on record"},
		{[]float64{9.999999999}, false, "9.75 on record"},
		{[]float64{2.5, 2.5, 2.5, 2.25, 0.25}, true, ""},
		{nil, false, "0 on record"},
	} {
		w := mainExample(t, "XA")
		w.record.Evidence.Audits = nil
		for i, d := range test.days {
			w.record.Evidence.Audits = append(w.record.Evidence.Audits, Audit{Date: day("2026-01-01").AddDays(30 * i), Days: d})
		}
		d := w.scheme.Decide(w.record, w.at)
		if d.Eligible != test.ok {
			t.Errorf("%v: %+v", test.days, d.Unmet)
		}
		if !test.ok && !strings.HasSuffix(need(t, d, "audits"), "; "+test.found+".") {
			t.Errorf("%v: %+v", test.days, d.Unmet)
		}
	}
}

func TestAuditCountsOnlyDaysThatHavePassed(t *testing.T) {
	for _, test := range []struct {
		date  string // decided on 2026-10-05
		days  float64
		found string // "" when ten days are reached
	}{
		{"2026-09-26", 10, ""},
		{"2026-09-26", 100, ""},
		{"2026-09-27", 10, "9 on record; the audit of 2026-09-27 counts up to 2026-10-05 only"},
		{"2026-10-05", 10, "1 on record; the audit of 2026-10-05 counts up to 2026-10-05 only"},
		{"2026-10-05", 0.5, "0.5 on record"},
		{"2026-10-06", 10, "0 on record; the audit of 2026-10-06 lies after the decision of 2026-10-05"},
	} {
		w := mainExample(t, "XA")
		w.record.Evidence.Audits = []Audit{{Date: day(test.date), Days: test.days}}
		d := w.scheme.Decide(w.record, later)
		if test.found == "" {
			if !d.Eligible {
				t.Errorf("%s: %+v", test.date, d.Unmet)
			}
		} else if got := need(t, d, "audits"); got != "Needs 10 days or more in audits or assessments; "+test.found+"." {
			t.Errorf("%s: %s", test.date, got)
		}
	}
}

func TestAuditEnteredTwiceCountsOnce(t *testing.T) {
	one := Audit{Date: day("2026-02-02"), Days: 5, Role: "lead auditor", Organisation: "Specimen Desk"}
	for name, test := range map[string]struct {
		change func(*Audit)
		twice  bool
	}{
		"the same":                    {func(a *Audit) {}, true},
		"in capitals":                 {func(a *Audit) { a.Organisation = "SPECIMEN  DESK " }, true},
		"with something invisible":    {func(a *Audit) { a.Role = "lead\u200b auditor" }, true},
		"with another length":         {func(a *Audit) { a.Days = 4.75 }, true},
		"on another day":              {func(a *Audit) { a.Date = day("2026-02-09") }, false},
		"somewhere else":              {func(a *Audit) { a.Organisation = "Specimen Hosting" }, false},
		"in another capacity":         {func(a *Audit) { a.Role = "member of the audit team" }, false},
		"more of it the second time":  {func(a *Audit) { a.Days = 6 }, true},
		"not at all the second time":  {func(a *Audit) { a.Days = 0 }, true},
		"of no day the second time":   {func(a *Audit) { a.Date = Date{} }, true},
		"without end the second time": {func(a *Audit) { a.Days = 1e300 }, false},
	} {
		w := mainExample(t, "XA")
		other := one
		test.change(&other)
		w.record.Evidence.Audits = []Audit{one, other}
		for range 3 {
			w.record.Evidence.Audits = append(w.record.Evidence.Audits, w.record.Evidence.Audits[0])
		}
		d := w.scheme.Decide(w.record, w.at)
		if d.Eligible == test.twice {
			t.Errorf("%s: %+v", name, d.Unmet)
		}
		if test.twice {
			const want = "the audit of 2026-02-02 is entered twice and counts once."
			if got := need(t, d, "audits"); !strings.HasSuffix(got, want) || strings.Count(got, "twice") != 1 {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}

func TestCheckTakesQuartersOfADayOnly(t *testing.T) {
	for days, ok := range map[float64]bool{0.25: true, 0.5: true, 2.75: true, 10: true, 9.9996: false, 0.1: false, 0.125: false, 1.0 / 3: false} {
		err := Evidence{Audits: []Audit{{Date: day("2026-01-01"), Days: days}}}.Check(iso20000(t), day("2026-11-20"))
		if (err == nil) != ok || !ok && fmt.Sprint(err) != "audits[0].days: must be in quarters of a day, such as 2.5 or 0.25" {
			t.Errorf("%v: %v", days, err)
		}
	}
}
