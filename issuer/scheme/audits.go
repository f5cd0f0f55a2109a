package scheme

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// audits asks for a number of days in audits or assessments (scheme 5.6.5). An
// audit counts the days of it that have passed, and counts once however often
// it is entered. The days are added up in quarters, which are whole numbers, so
// that no rounding decides about a certificate.
func (j judge) audits(days float64) verdict {
	type audit struct {
		date               Date
		organisation, role string
	}
	counted := map[audit]int{} // quarters of a day
	var aside []string
	for _, a := range j.record.Evidence.Audits {
		if !(a.Days > 0) || math.IsInf(a.Days, 0) || a.Date.IsZero() {
			continue
		}
		title := "the audit of " + a.Date.String()
		if !j.come(a.Date) {
			aside = append(aside, title+j.late(a.Date, "has not begun"))
			continue
		}
		passed := a.Date.DaysUntil(j.day) + 1
		if a.Days > float64(passed) {
			aside = append(aside, fmt.Sprintf("%s counts up to %s only", title, j.day))
		}
		key := audit{a.Date, sameText(a.Organisation), sameText(a.Role)}
		if again := title + " is entered twice and counts once"; counted[key] > 0 && !slices.Contains(aside, again) {
			aside = append(aside, again)
		}
		counted[key] = max(counted[key], int(4*min(a.Days, float64(passed))))
	}
	quarters := 0
	for _, q := range counted {
		quarters += q
	}
	sum := float64(quarters) / 4
	if sum >= days {
		return verdict{met: true, by: number(sum) + " days on record"}
	}
	return verdict{found: strings.Join(append([]string{number(sum) + " on record"}, aside...), "; ")}
}

// sameText reduces a text to what tells it from another: case, white space and
// invisible characters do not.
func sameText(text string) string {
	visible := strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	return strings.Join(strings.Fields(norm.NFKC.String(cases.Fold().String(visible))), " ")
}
