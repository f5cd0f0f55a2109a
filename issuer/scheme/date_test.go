package scheme

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // the zones below must be there on every machine

	"pgregory.net/rapid"
)

func TestParseDateRefusesWhatIsNoDay(t *testing.T) {
	for _, s := range []string{"", "2026", "2026-11", "2026-11-31", "2025-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "20261120",
		"2026-11-20T00:00:00Z", " 2026-11-20", "2026-11-20 ", "-2026-11-20", "12026-11-20", "２０２６-11-20"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q is taken for %s", s, d)
		}
	}
}

func TestDateKeepsItsText(t *testing.T) {
	for _, s := range []string{"2026-11-20", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"} {
		var d Date
		if err := json.Unmarshal([]byte(`"`+s+`"`), &d); err != nil {
			t.Fatal(err)
		}
		if data, err := json.Marshal(d); err != nil || string(data) != `"`+s+`"` {
			t.Errorf("%s became %s, %v", s, data, err)
		}
	}
}

func TestDatesCompareAndCount(t *testing.T) {
	for _, test := range []struct {
		from, to string
		days     int
	}{
		{"2026-11-20", "2026-11-20", 0},
		{"2026-12-31", "2027-01-01", 1},
		{"2027-01-01", "2026-12-31", -1},
		{"2024-02-28", "2024-03-01", 2},
		{"2100-02-28", "2100-03-01", 1},
		{"0001-01-01", "9999-12-31", 3652058},
	} {
		from, to := day(test.from), day(test.to)
		if got := from.DaysUntil(to); got != test.days {
			t.Errorf("%s to %s: %d days, want %d", from, to, got, test.days)
		}
		if from.AddDays(test.days) != to || from.Before(to) != (test.days > 0) || from.After(to) != (test.days < 0) {
			t.Errorf("%s and %s", from, to)
		}
	}
	if !(Date{}).IsZero() || day("2026-01-01").IsZero() {
		t.Error("only the zero Date is no day")
	}
}

func TestLastDayIsTheDayBeforeTheAnniversary(t *testing.T) {
	for _, test := range []struct {
		years           int
		effective, last string
	}{
		{3, "2026-11-20", "2029-11-19"},
		{3, "2026-01-01", "2028-12-31"},
		{3, "2027-03-01", "2030-02-28"},
		{3, "2025-03-01", "2028-02-29"},
		{3, "2028-02-29", "2031-02-28"}, // the anniversary is 1 March
		{4, "2028-02-29", "2032-02-28"},
		{4, "2096-02-29", "2100-02-28"}, // 2100 has no 29 February
		{3, "2096-02-29", "2099-02-28"},
		{4, "2097-03-01", "2101-02-28"},
		{1, "2023-02-28", "2024-02-27"},
	} {
		if got := (Validity{test.years}).LastDay(day(test.effective)); got != day(test.last) {
			t.Errorf("%s for %d years: %s, want %s", test.effective, test.years, got, test.last)
		}
	}
}

func TestBoundsAcrossClockChanges(t *testing.T) {
	for _, test := range []struct {
		zone, effective, from, until string
	}{
		{"UTC", "2026-11-20", "2026-11-20T00:00:00Z", "2029-11-19T23:59:59Z"},
		{"Europe/Berlin", "2026-11-20", "2026-11-20T00:00:00+01:00", "2029-11-19T23:59:59+01:00"},
		// Summer time between the first day and the last.
		{"Europe/Berlin", "2026-07-01", "2026-07-01T00:00:00+02:00", "2029-06-30T23:59:59+02:00"},
		// Midnight does not exist on the first day.
		{"America/Sao_Paulo", "2017-10-15", "2017-10-15T01:00:00-02:00", "2020-10-14T23:59:59-03:00"},
		{"Asia/Beirut", "2021-03-28", "2021-03-28T01:00:00+03:00", "2024-03-27T23:59:59+02:00"},
		// It does not exist on the anniversary.
		{"America/Sao_Paulo", "2014-10-15", "2014-10-15T00:00:00-03:00", "2017-10-14T23:59:59-03:00"},
		// The clock goes back over midnight into the last day: its last second
		// is the one of the second 23:59:59.
		{"America/Sao_Paulo", "2015-02-18", "2015-02-18T00:00:00-02:00", "2018-02-17T23:59:59-03:00"},
		{"Asia/Beirut", "2020-10-25", "2020-10-25T00:00:00+02:00", "2023-10-24T23:59:59+03:00"},
		// Midnight comes twice.
		{"America/Havana", "2024-11-03", "2024-11-03T00:00:00-04:00", "2027-11-02T23:59:59-04:00"},
		// The day was skipped altogether.
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00", "2014-12-29T23:59:59+14:00"},
	} {
		loc, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		from, until := Validity{3}.Bounds(day(test.effective), loc)
		if got := from.Format(time.RFC3339); got != test.from {
			t.Errorf("%s %s: from %s, want %s", test.zone, test.effective, got, test.from)
		}
		if got := until.Format(time.RFC3339); got != test.until {
			t.Errorf("%s %s: until %s, want %s", test.zone, test.effective, got, test.until)
		}
	}
}

func TestWhatNeverExpiresHasNoEnd(t *testing.T) {
	if _, until := (Validity{}).Bounds(day("2026-11-20"), time.UTC); !until.IsZero() || (Validity{}).Expires() {
		t.Error(until)
	}
}

func TestBoundsKeepTheCalendarDay(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Asia/Tehran", "Pacific/Chatham",
		"Africa/Cairo", "America/Asuncion", "Asia/Amman", "Atlantic/Azores", "Australia/Lord_Howe", "America/St_Johns"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		effective := Date{1970, 1, 1}.AddDays(rapid.IntRange(0, 50000).Draw(t, "day"))
		v := Validity{rapid.IntRange(1, 10).Draw(t, "years")}
		last := v.LastDay(effective)
		if last.AddDays(1) != effective.AddYears(v.Years) {
			t.Fatalf("%s, last day %s", effective, last)
		}
		from, until := v.Bounds(effective, loc)
		if DateOf(from) != effective || DateOf(until) != last {
			t.Fatalf("%s to %s became %s to %s", effective, last, from, until)
		}
		if DateOf(from.Add(-time.Second)) == effective {
			t.Fatalf("%s is not the first second", from)
		}
		if !from.Before(until) || until.Nanosecond() != 0 {
			t.Fatalf("%s to %s", from, until)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-20", "2024-02-29", "2100-02-29", "0000-00-00", "9999-12-31", "", "2026-11-20T00:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			return
		}
		if d.String() != s {
			t.Fatalf("%q became %s", s, d)
		}
		if d.AddDays(1).AddDays(-1) != d || d.DaysUntil(d.AddDays(400)) != 400 {
			t.Fatalf("%s does not count", d)
		}
	})
}
