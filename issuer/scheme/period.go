package scheme

import "time"

// Validity is how long a certificate stands. Zero years: it never expires.
type Validity struct {
	Years int `yaml:"years" json:"years"`
}

// Expires reports whether the certificate ever expires.
func (v Validity) Expires() bool { return v.Years > 0 }

// LastDay returns the last day on which a certificate effective on the given
// day stands: the day before the anniversary. One effective on 20 November 2026
// for three years stands through 19 November 2029; one effective on 29 February
// has its anniversary on 1 March where there is no 29 February, and so stands
// through 28 February. It must not be called for a validity that never expires.
func (v Validity) LastDay(effective Date) Date { return effective.AddYears(v.Years).AddDays(-1) }

// Bounds returns the first and the last second of validity in loc, or a zero
// until for a certificate that never expires. The result keeps the offset of
// loc, so that the day on paper and the day in the credential are the same.
func (v Validity) Bounds(effective Date, loc *time.Location) (from, until time.Time) {
	from = effective.Start(loc)
	if !v.Expires() {
		return from, time.Time{}
	}
	return from, v.LastDay(effective).AddDays(1).Start(loc).Add(-time.Second)
}
