package scheme

import (
	"testing"

	"pgregory.net/rapid"
)

func TestServedAddsUpWorkingTime(t *testing.T) {
	at := day("2026-11-20")
	for name, test := range map[string]struct {
		periods []Experience
		roles   []string
		want    tenure
	}{
		"nothing":                           {nil, nil, 0},
		"one day":                           {[]Experience{period("f", "2026-01-01", "2026-01-01")}, nil, 1},
		"three calendar years":              {[]Experience{period("f", "2021-01-01", "2023-12-31")}, nil, 3 * 365},
		"one day less":                      {[]Experience{period("f", "2021-01-01", "2023-12-30")}, nil, 3*365 - 1},
		"over a leap day, one day less":     {[]Experience{period("f", "2023-03-01", "2024-02-28")}, nil, 364},
		"over a leap day, not yet a year":   {[]Experience{period("f", "2023-03-02", "2024-02-29")}, nil, 364},
		"over a leap day":                   {[]Experience{period("f", "2023-03-01", "2024-02-29")}, nil, 365},
		"from a leap day":                   {[]Experience{period("f", "2020-02-29", "2021-02-28")}, nil, 365},
		"still going on":                    {[]Experience{period("f", "2025-11-21", "")}, nil, 365},
		"ends after the decision":           {[]Experience{period("f", "2025-11-21", "2030-01-01")}, nil, 365},
		"begins after the decision":         {[]Experience{period("f", "2026-11-21", "")}, nil, 0},
		"ends before it begins":             {[]Experience{period("f", "2026-02-01", "2026-01-01")}, nil, 0},
		"no beginning":                      {[]Experience{{Field: "f"}}, nil, 0},
		"another field":                     {[]Experience{period("g", "2020-01-01", "")}, nil, 0},
		"the same twice":                    {[]Experience{period("f", "2021-01-01", "2021-12-31"), period("f", "2021-01-01", "2021-12-31")}, nil, 365},
		"overlapping":                       {[]Experience{period("f", "2021-07-01", "2022-12-31"), period("f", "2021-01-01", "2021-12-31")}, nil, 2 * 365},
		"one within the other":              {[]Experience{period("f", "2021-01-01", "2023-12-31"), period("f", "2022-01-01", "2022-02-01"), period("f", "2023-06-01", "2023-07-01")}, nil, 3 * 365},
		"following on over a leap year":     {[]Experience{period("f", "2024-01-01", "2024-06-30"), period("f", "2024-07-01", "2024-12-31")}, nil, 365},
		"with a gap":                        {[]Experience{period("f", "2021-01-01", "2021-01-10"), period("f", "2021-01-12", "2021-01-20")}, nil, 19},
		"in the role":                       {[]Experience{period("f", "2021-01-01", "2021-12-31", "a"), period("f", "2022-01-01", "2022-12-31", "b", "c")}, []string{"c", "d"}, 365},
		"in either role, counted once":      {[]Experience{period("f", "2021-01-01", "2021-12-31", "a"), period("f", "2021-01-01", "2021-12-31", "b")}, []string{"a", "b"}, 365},
		"over more years than a clock runs": {[]Experience{period("f", "0001-01-01", "2000-12-31")}, nil, 2000 * 365},
	} {
		if got := served(test.periods, "f", test.roles, at); got != test.want {
			t.Errorf("%s: %d days, want %d", name, got, test.want)
		}
	}
}

func TestFiveYearsPartProfessionalFromManager(t *testing.T) {
	for to, citsom := range map[string]bool{"2025-12-30": false, "2025-12-31": true} {
		for _, code := range []string{"CITSOP", "CITSOM"} {
			w := mainExample(t, code)
			w.record.Evidence.Experience = []Experience{period("it-service-operations", "2021-01-01", to)}
			if got, want := w.scheme.Decide(w.record, w.at).Eligible, citsom == (code == "CITSOM"); got != want {
				t.Errorf("%s until %s: %v", code, to, got)
			}
		}
	}
}

func TestTenureReads(t *testing.T) {
	for days, want := range map[tenure]string{0: "0 days", 1: "1 day", 364: "364 days", 365: "1 year", 366: "1 year and 1 day", 3*365 - 1: "2 years and 364 days"} {
		if got := days.String(); got != want {
			t.Errorf("%d reads %q, want %q", days, got, want)
		}
	}
}

func TestMoreWorkIsNeverLessTenure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		date := rapid.Custom(func(t *rapid.T) Date {
			return Date{2000, 1, 1}.AddDays(rapid.IntRange(0, 10000).Draw(t, "day"))
		})
		draw := func(label string) Experience {
			from := date.Draw(t, label+" from")
			to := from.AddDays(rapid.IntRange(0, 3000).Draw(t, label+" days"))
			return Experience{Field: "f", From: from, To: &to}
		}
		at := date.Draw(t, "at")
		a, b := draw("a"), draw("b")
		one, both, swapped := served([]Experience{a}, "f", nil, at), served([]Experience{a, b}, "f", nil, at), served([]Experience{b, a}, "f", nil, at)
		if both != swapped {
			t.Fatalf("order matters: %v and %v", both, swapped)
		}
		// Merging may lose the leap days within the year, never more.
		if both < one-tenure(2) {
			t.Fatalf("%v, with more work %v", one, both)
		}
		if later := served([]Experience{a}, "f", nil, at.AddDays(1)); later < one {
			t.Fatalf("%v, a day later %v", one, later)
		}
	})
}
