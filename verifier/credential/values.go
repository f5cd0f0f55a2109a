package credential

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/testamur/testamur/keys/strictjson"
)

// Strings is one string or several, as JSON-LD lets types be written. It is
// always written as an array.
type Strings []string

// UnmarshalJSON reads a string or an array of strings.
func (s *Strings) UnmarshalJSON(data []byte) error {
	if list, ok := plainStrings(data); ok {
		*s = list
		return nil
	}
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

// plainStrings reads a string or an array of strings without white space or
// escapes, as nearly all are written.
func plainStrings(data []byte) (Strings, bool) {
	if s, rest, ok := plainString(data); ok {
		return Strings{s}, len(rest) == 0
	}
	if len(data) == 0 || data[0] != '[' {
		return nil, false
	}
	var list Strings
	for {
		s, rest, ok := plainString(data[1:])
		if !ok || len(rest) == 0 {
			return nil, false
		}
		if list == nil {
			list = make(Strings, 0, 2)
		}
		list = append(list, s)
		switch data = rest; {
		case data[0] == ']':
			return list, len(data) == 1
		case data[0] != ',':
			return nil, false
		}
	}
}

// plainString returns the string that data begins with, if it is of printable
// ASCII without escapes, and what follows it.
func plainString(data []byte) (s string, rest []byte, ok bool) {
	if len(data) == 0 || data[0] != '"' {
		return "", nil, false
	}
	for i := 1; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			return string(data[1:i]), data[i+1:], true
		case c < ' ' || c == '\\' || c >= 0x7f:
			return "", nil, false
		}
	}
	return "", nil, false
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
	return strictjson.Decode(data, (*plain)(p))
}

// Schemas is one schema or several.
type Schemas []Schema

// UnmarshalJSON reads a schema object or an array of them.
func (s *Schemas) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var one Schema
		if err := strictjson.Decode(data, &one); err != nil {
			return err
		}
		*s = Schemas{one}
		return nil
	}
	return strictjson.Decode(data, (*[]Schema)(s))
}

// Time is a moment with the offset it was written with (XSD dateTimeStamp, VC
// 2.0 §4.9). The offset keeps the calendar day that its writer meant.
type Time struct{ time.Time }

// dateTimeStamp reports whether s is written as XSD asks, which is narrower than
// package time reads time.RFC3339: that takes a comma before fractions, hours of
// one digit, and offsets such as +05:60; XSD ends at 14:00.
func dateTimeStamp(s string) bool {
	const shape, offset = "0000-00-00T00:00:00", "+00:00"
	if len(s) <= len(shape) || !shaped(s[:len(shape)], shape) {
		return false
	}
	s = s[len(shape):]
	if s[0] == '.' {
		n := 1
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		if n < 2 || n > 10 {
			return false
		}
		s = s[n:]
	}
	if s == "Z" {
		return true
	}
	if len(s) != len(offset) || s[0] != '+' && s[0] != '-' || !shaped(s[1:], offset[1:]) {
		return false
	}
	return s[1:3] <= "13" && s[4] <= '5' || s[1:] == "14:00"
}

// shaped reports whether s has a digit where shape has 0, and else is shape.
func shaped(s, shape string) bool {
	for i := range len(shape) {
		if s[i] != shape[i] && (shape[i] != '0' || !isDigit(s[i])) {
			return false
		}
	}
	return true
}

// ParseTime reads a date and time with a time zone.
func ParseTime(s string) (Time, error) {
	if !dateTimeStamp(s) {
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
	s, rest, ok := plainString(data)
	if !ok || len(rest) > 0 {
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
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
