package scheme

import (
	"fmt"
	"regexp"
	"strconv"
)

// Percent is the result of an exam: from 0 to 100, with two decimals at most.
type Percent float64

var percentForm = regexp.MustCompile(`^((0|[1-9][0-9]?)(\.[0-9]{1,2})?|100(\.00?)?)$`)

// UnmarshalJSON reads a result as people write one, and no other way. A number
// that only rounding lifts over a pass mark, such as 64.99999999999999999999,
// is refused rather than rounded.
func (p *Percent) UnmarshalJSON(text []byte) error {
	if !percentForm.Match(text) {
		if len(text) > 40 {
			text = append(text[:40:40], "…"...)
		}
		return fmt.Errorf("%s must be a number of per cent such as 72 or 72.5, from 0 to 100 and with two decimals at most", text)
	}
	f, err := strconv.ParseFloat(string(text), 64)
	*p = Percent(f)
	return err
}
