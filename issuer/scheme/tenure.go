package scheme

import (
	"fmt"
	"slices"
	"strconv"
)

// tenure is a length of service in days, the year counted as 365 of them. It
// is a whole number, so that no rounding decides about a certificate.
type tenure int

// reaches reports whether t is at least that many years.
func (t tenure) reaches(years float64) bool { return float64(t) >= years*365 }

// String writes "2 years and 364 days".
func (t tenure) String() string {
	whole, days := int(t)/365, int(t)%365
	switch {
	case whole == 0:
		return plural(days, "day")
	case days == 0:
		return plural(whole, "year")
	}
	return plural(whole, "year") + " and " + plural(days, "day")
}

// served adds up the experience in a field up to and including the day at,
// counted once where periods overlap; with roles, only that in one of them.
// Whole calendar years count as years, and what is left over by the day.
func served(periods []Experience, field string, roles []string, at Date) tenure {
	type span struct{ from, end Date } // end not included
	var spans []span
	for _, p := range periods {
		if p.Field != field || p.From.IsZero() || len(roles) > 0 && !slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(p.Roles, r) }) {
			continue
		}
		last := at
		if p.To != nil && p.To.Before(at) {
			last = *p.To
		}
		if !last.Before(p.From) {
			spans = append(spans, span{p.From, last.AddDays(1)})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return b.from.DaysUntil(a.from) })
	var total tenure
	for i := 0; i < len(spans); {
		whole := spans[i]
		for i++; i < len(spans) && !spans[i].from.After(whole.end); i++ { // overlaps it or follows on
			if spans[i].end.After(whole.end) {
				whole.end = spans[i].end
			}
		}
		total += between(whole.from, whole.end)
	}
	return total
}

// between returns the service from one day to another that is not included.
func between(from, end Date) tenure {
	n := end.Year - from.Year
	if from.AddYears(n).After(end) {
		n--
	}
	// A year with a 29 February in it is not over after 365 days.
	rest := min(from.AddYears(n).DaysUntil(end), 364)
	return tenure(n*365 + rest)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// years writes "3 years", "0.5 years", "1 year".
func years(n float64) string {
	if n == 1 {
		return "1 year"
	}
	return number(n) + " years"
}

// number writes f as short as it can be: "65", "64.5".
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// percent writes "82 %".
func percent(f float64) string { return fmt.Sprintf("%s %%", number(f)) }
