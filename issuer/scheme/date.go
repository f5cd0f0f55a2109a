package scheme

import (
	"fmt"
	"time"
)

// Date is a day in the civil calendar, without a time or a zone. Its text form
// is the ISO 8601 extended date, "2026-11-20". The zero Date is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads an ISO 8601 extended date and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a day of the form 2026-11-20", s)
	}
	return DateOf(t), nil
}

// DateOf returns the day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String returns the ISO 8601 form.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText writes the ISO 8601 form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO 8601 form.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// IsZero reports whether d is no day at all.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d comes before e.
func (d Date) Before(e Date) bool { return d.utc().Before(e.utc()) }

// After reports whether d comes after e.
func (d Date) After(e Date) bool { return e.Before(d) }

// AddDays returns the day n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.utc().AddDate(0, 0, n)) }

// AddYears returns the same day n years later. 29 February becomes 1 March in
// a year that has none.
func (d Date) AddYears(n int) Date { return DateOf(d.utc().AddDate(n, 0, 0)) }

// DaysUntil returns the number of days from d to e, e not counted.
func (d Date) DaysUntil(e Date) int {
	return int((e.utc().Unix() - d.utc().Unix()) / (24 * 60 * 60)) // a Duration would end after 292 years
}

// Start returns the first instant of d in loc. Where a clock change skips
// midnight, that is the first instant after the gap.
func (d Date) Start(loc *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
	if DateOf(t) != d { // midnight does not exist; Go answered with the offset before the gap
		for DateOf(t).Before(d) {
			t = t.Add(time.Minute)
		}
		return t
	}
	for DateOf(t.Add(-time.Minute)) == d { // clocks fell back over midnight, or Go answered after the gap
		t = t.Add(-time.Minute)
	}
	return t
}

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
