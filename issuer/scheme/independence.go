package scheme

import (
	"fmt"
	"strings"
)

// decided asks that somebody answer for the decision, by name, on a day that
// has come and on which the edition of the scheme was there to decide by. Where
// the scheme has no rule of independence, it also asks that nobody decide on
// their own certificate.
func (j judge) decided() verdict {
	v := verdict{need: "a decision maker by name", found: "none is named"}
	switch day := j.record.Decided; {
	case !person(j.record.DecidedBy).named():
	case !j.scheme.Independence && samePerson(j.record.DecidedBy, j.record.Candidate):
		v.need = "a decision maker other than the candidate"
		v.found = takenFor(j.record.DecidedBy, j.record.Candidate, "the candidate")
	case day.After(j.today):
		v.need = "a decision that has been made"
		v.found = fmt.Sprintf("it is dated %s, after %s", day, j.today)
	case j.day.Before(j.scheme.Dated):
		v.need = fmt.Sprintf("a decision of %s or later, the day of edition %s of the scheme", j.scheme.Dated, j.scheme.Edition)
		v.found = "it is dated " + j.day.String()
	default:
		v.met, v.by = true, "decision of "+j.record.DecidedBy
		if !day.IsZero() {
			v.by += " on " + day.String()
		}
	}
	return v
}

// independence asks that the decision be made by somebody who neither trained
// nor examined the candidate, for this certificate or for one already held
// (ISO/IEC 17024 9.4), and that the candidate be none of those who trained,
// examined or decided. An exemption that the candidate assessed does not count
// in any scheme; see obstacle.
func (j judge) independence() verdict {
	v := verdict{need: "a decision maker who neither trained nor examined the candidate"}
	if !person(j.record.DecidedBy).named() {
		v.found = "none is named"
		return v
	}
	if samePerson(j.record.DecidedBy, j.record.Candidate) {
		v.need = "a decision maker other than the candidate"
		v.found = takenFor(j.record.DecidedBy, j.record.Candidate, "the candidate")
		return v
	}
	for _, text := range j.record.Evidence.educators() {
		if samePerson(j.record.DecidedBy, text) {
			v.found = takenFor(j.record.DecidedBy, text, "a trainer or examiner in this application")
			return v
		}
	}
	for _, h := range j.record.Held {
		for _, text := range h.Educators {
			if samePerson(j.record.DecidedBy, text) {
				v.found = takenFor(j.record.DecidedBy, text, "a trainer or examiner of "+strings.TrimSpace(h.Code+" "+h.Number))
				return v
			}
		}
	}
	if role, text := j.self(); role != "" {
		v.need = role + " other than the candidate"
		v.found = takenFor(text, j.record.Candidate, "the candidate")
		return v
	}
	v.met, v.by = true, j.record.DecidedBy+", who neither trained nor examined the candidate"
	return v
}

// self finds the first role in which the candidate acts on the own application,
// and the name that is written there.
func (j judge) self() (role, text string) {
	for _, t := range j.record.Evidence.Trainings {
		if samePerson(t.Trainer, j.record.Candidate) {
			return "a trainer", t.Trainer
		}
	}
	for _, e := range j.record.Evidence.Exams {
		if samePerson(e.Examiner, j.record.Candidate) {
			return "an examiner", e.Examiner
		}
	}
	return "", ""
}

// takenFor says that somebody is somebody else, or, where they are not spelled
// alike, why that has to be assumed.
func takenFor(text, other, who string) string {
	if text == other {
		return text + " is " + who
	}
	return fmt.Sprintf("%q can be taken for %q, %s; write one person always the same way, and two people so that they can be told apart", text, other, who)
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
