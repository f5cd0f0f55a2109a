package scheme

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// independence asks that the decision be made by somebody who neither trained
// nor examined the candidate, for this certificate or for one already held
// (ISO/IEC 17024 9.4).
func (j judge) independence() verdict {
	v := j.decided()
	if !v.met {
		return v
	}
	v = verdict{need: "a decision maker who neither trained nor examined the candidate"}
	decider := person(j.record.DecidedBy)
	for _, name := range j.record.Evidence.educators() {
		if person(name) == decider {
			v.found = fmt.Sprintf("%s is a trainer or examiner in this application", j.record.DecidedBy)
			return v
		}
	}
	for _, h := range j.record.Held {
		for _, name := range h.Educators {
			if person(name) == decider {
				v.found = fmt.Sprintf("%s is a trainer or examiner of %s", j.record.DecidedBy, strings.TrimSpace(h.Code+" "+h.Number))
				return v
			}
		}
	}
	v.met, v.by = true, "decision of "+j.record.DecidedBy
	return v
}

// decided asks only that somebody answer for the decision.
func (j judge) decided() verdict {
	v := verdict{need: "a decision maker by name", found: "none is named"}
	if person(j.record.DecidedBy) != "" {
		v.met, v.by = true, "decision of "+j.record.DecidedBy
	}
	return v
}

// educators lists every trainer and examiner that e names, as they are spelled.
func (e Evidence) educators() []string {
	var names []string
	for _, t := range e.Trainings {
		names = append(names, t.Trainer)
	}
	for _, x := range e.Exams {
		names = append(names, x.Examiner)
	}
	return names
}

// person reduces a name to what tells one person from another: compatibility
// forms, case, white space and invisible characters do not.
func person(name string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(name))
	folded := norm.NFKC.String(cases.Fold().String(visible))
	return strings.Join(strings.Fields(folded), " ")
}
