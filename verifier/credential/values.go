package credential

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Strings is one string or several, as JSON-LD lets types be written. It is
// always written as an array.
type Strings []string

// UnmarshalJSON reads a string or an array of strings.
func (s *Strings) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var one string
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
		*s = Strings{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(s))
}

// Has reports whether one of the strings is x.
func (s Strings) Has(x string) bool {
	for _, y := range s {
		if x == y {
			return true
		}
	}
	return false
}

// UnmarshalJSON reads an issuer given as an object or as its bare id.
func (p *Profile) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*p = Profile{}
		return json.Unmarshal(data, &p.ID)
	}
	type plain Profile
	return json.Unmarshal(data, (*plain)(p))
}

// Schemas is one schema or several.
type Schemas []Schema

// UnmarshalJSON reads a schema object or an array of them.
func (s *Schemas) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var one Schema
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
		*s = Schemas{one}
		return nil
	}
	return json.Unmarshal(data, (*[]Schema)(s))
}

// Time is a moment with the offset it was written with (XSD dateTimeStamp, VC
// 2.0 §4.9). The offset keeps the calendar day that its writer meant.
type Time struct{ time.Time }

// dateTimeStamp is narrower than time.RFC3339 is read by package time, which
// takes a comma before fractions, hours of one digit, and offsets such as
// +05:60; XSD ends at 14:00.
var dateTimeStamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)$`)

// ParseTime reads a date and time with a time zone.
func ParseTime(s string) (Time, error) {
	if !dateTimeStamp.MatchString(s) {
		return Time{}, fmt.Errorf("%q is not a date and time with a time zone", s)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return Time{}, fmt.Errorf("%q is not a date and time that exists", s)
	}
	return Time{t}, nil
}

// String returns the text form, with fractions of a second only if there are any.
func (t Time) String() string { return t.Format(time.RFC3339Nano) }

// MarshalJSON writes the text form.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// UnmarshalJSON reads the text form.
func (t *Time) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	var err error
	*t, err = ParseTime(s)
	return err
}

// NumericDate is a moment in seconds since 1970 (RFC 7519 §2). Other issuers may
// write it with a fraction, which is left out: the members it repeats are
// compared to the second (Open Badges 3.0 §8.2.4).
type NumericDate int64

// UnmarshalJSON reads a JSON number.
func (d *NumericDate) UnmarshalJSON(data []byte) error {
	seconds, err := strconv.ParseFloat(string(data), 64)
	if err != nil || math.Abs(seconds) > 1e12 {
		return fmt.Errorf("%.20s is not a date in seconds", data)
	}
	*d = NumericDate(math.Floor(seconds))
	return nil
}
