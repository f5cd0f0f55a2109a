package scheme

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// judge weighs one record against the rules of one certificate. It counts only
// what is complete: a training that names its trainer, an exam that names its
// examiner, each on a day that had come when it was decided.
type judge struct {
	scheme      *Scheme
	certificate *Certificate
	record      Record
	day         Date // of the decision: evidence counts up to and including it
	today       Date // of issuing: certificates already held must stand on it
}

// verdict is the answer to one rule: met, or met by exemptions only, or unmet.
type verdict struct {
	met        bool
	by         string // what met it
	number     string // numbers of the held certificates that met it
	exemptions []Exemption
	need       string // what would satisfy it
	found      string // what was found instead
}

// stands reports whether the rule is satisfied one way or the other.
func (v verdict) stands() bool { return v.met || len(v.exemptions) > 0 }

func (j judge) rule(r Rule) verdict {
	var v verdict
	switch {
	case r.Certificate != "":
		v = j.prerequisite(r.Certificate)
	case r.Training != "":
		v = j.training(r.Training)
	case r.Assignments != nil:
		v = j.assignments(*r.Assignments)
	case r.Exam != nil:
		v = j.exam(*r.Exam)
	case r.Experience != nil:
		v = j.experience(*r.Experience)
	case r.AuditDays > 0:
		v = j.audits(r.AuditDays)
	case r.Degree != "":
		v = j.degree(r.Degree)
	case r.AllOf != nil:
		v = j.several(len(r.AllOf), r.AllOf)
	case r.AnyOf != nil:
		if v = j.several(1, r.AnyOf); !v.stands() && len(r.AnyOf) > 1 {
			v.found = "any one of them would do, and none is there in full: " + v.found
		}
	case r.NOf != nil:
		v = j.several(r.NOf.Count, r.NOf.Of)
	default:
		v.found = "the scheme does not say what"
	}
	v.need = r.String()
	return v
}

// several asks for n of rules. What is met counts first, exemptions only where
// they are needed.
func (j judge) several(n int, rules []Rule) verdict {
	var met, exempt, unmet []verdict
	for _, r := range rules {
		switch v := j.rule(r); {
		case v.met:
			met = append(met, v)
		case v.stands():
			exempt = append(exempt, v)
		default:
			unmet = append(unmet, v)
		}
	}
	var all verdict
	if len(met) >= n {
		var by, numbers []string
		for _, v := range met[:n] {
			by = append(by, v.by)
			if v.number != "" {
				numbers = append(numbers, v.number)
			}
		}
		return verdict{met: true, by: list("and", by), number: strings.Join(numbers, ", ")}
	}
	if len(met)+len(exempt) >= n {
		for _, v := range exempt[:n-len(met)] {
			for _, e := range v.exemptions {
				if !slices.Contains(all.exemptions, e) {
					all.exemptions = append(all.exemptions, e)
				}
			}
		}
		return all
	}
	var found []string
	for _, v := range unmet {
		found = append(found, v.found)
	}
	all.found = strings.Join(found, "; ")
	return all
}

// prerequisite asks that a certificate be held, in good standing today, and that
// it had been decided on when this one was.
func (j judge) prerequisite(code string) verdict {
	v := verdict{found: "no " + code + " is held"}
	var why []string
	for _, h := range j.record.Held {
		if h.Scheme != j.scheme.ID || h.Code != code {
			continue
		}
		problem := j.problem(h)
		if problem == "" {
			return verdict{met: true, by: code + " held", number: h.Number}
		}
		why = append(why, strings.TrimSpace(code+" "+h.Number)+" is held but "+problem)
	}
	if len(why) > 0 {
		v.found = list("and", why)
	}
	for _, e := range j.record.Evidence.Exemptions {
		covers, obstacle := j.exempts(e, code)
		switch {
		case covers && obstacle == "":
			v.exemptions = []Exemption{e}
			return v
		case covers:
			v.found += "; the exemption by route " + e.Route + " does not count: " + obstacle
		}
	}
	return v
}

// problem says why h may not be relied upon today, or "" when it may.
func (j judge) problem(h Held) string {
	switch {
	case h.Standing != Good:
		if h.Standing == "" {
			return "of unknown standing"
		}
		return string(h.Standing)
	case h.ValidUntil != nil && h.ValidUntil.Before(j.today):
		return "expired on " + h.ValidUntil.String()
	case h.ValidFrom.After(j.today):
		return "not valid before " + h.ValidFrom.String()
	case h.Decided.After(j.day):
		return fmt.Sprintf("decided on %s only, after the decision of %s", h.Decided, j.day)
	}
	return ""
}

// counts reports whether t was a certified training by the day of the decision
// (scheme 5.1.2).
func (j judge) counts(t Training) bool {
	return t.Certified && person(t.Trainer).named() && j.come(t.Completed)
}

func (j judge) come(d Date) bool { return !d.IsZero() && !d.After(j.day) }

// late says why evidence of the day d, which has not come, does not count; not
// says so in words, such as "has not taken place", where there is no day of
// decision to name.
func (j judge) late(d Date, not string) string {
	if j.record.Decided == j.day && d.After(j.day) {
		return fmt.Sprintf(" lies after the decision of %s", j.day)
	}
	return fmt.Sprintf(" %s on %s", not, j.day)
}

func (j judge) training(code string) verdict {
	found := "no training for " + code + " is on record"
	for _, t := range j.record.Evidence.Trainings {
		if t.For != code {
			continue
		}
		if j.counts(t) {
			return verdict{met: true, by: "certified training of " + t.Completed.String()}
		}
		switch {
		case !t.Certified:
			found = fmt.Sprintf("the training of %s was not certified", t.Completed)
		case !person(t.Trainer).named():
			found = fmt.Sprintf("the training of %s names no trainer", t.Completed)
		default:
			found = "the training of " + t.Completed.String() + j.late(t.Completed, "is not completed")
		}
	}
	if h, ok := j.shows(code, func(h Held) bool { return h.Trained }); ok {
		return verdict{met: true, by: code + " held, earned with a certified training", number: h.Number}
	}
	return verdict{found: found}
}

// shows returns a held certificate, other than the one applied for, that proves
// how it was earned.
func (j judge) shows(code string, earned func(Held) bool) (Held, bool) {
	for _, h := range j.record.Held {
		if code != j.certificate.Code && h.Scheme == j.scheme.ID && h.Code == code && j.problem(h) == "" && earned(h) {
			return h, true
		}
	}
	return Held{}, false
}

// assignments asks for assignments of the certified training (scheme 5.1.3).
// Without a certified one, which is another rule's concern, those of any other
// training are looked at, so that each fault is named once.
func (j judge) assignments(a AssignmentRule) verdict {
	var certified, other []Training
	for _, t := range j.record.Evidence.Trainings {
		if t.For != a.Of {
			continue
		}
		if j.counts(t) {
			certified = append(certified, t)
		}
		other = append(other, t)
	}
	trainings := certified
	if certified == nil {
		trainings = other
	}
	var passed, missing, found []string
	for _, subject := range a.Subjects {
		quoted := fmt.Sprintf("%q", subject)
		pass, fail := reported(trainings, subject, true), reported(trainings, subject, false)
		switch {
		case pass == nil:
			missing = append(missing, quoted)
		case fail != nil && !pass.After(*fail):
			found = append(found, fmt.Sprintf("%s is also reported as not passed, by the training of %s, and no later one reports a pass", quoted, fail))
		default:
			passed = append(passed, quoted)
		}
	}
	if len(passed) == len(a.Subjects) {
		return verdict{met: true, by: list("and", passed) + " passed"}
	}
	if h, ok := j.shows(a.Of, func(h Held) bool { return h.Trained && j.scheme.asksFor(a) }); ok {
		return verdict{met: true, by: a.Of + " held, earned with its assignments", number: h.Number}
	}
	if missing != nil {
		found = append([]string{"no pass is on record in " + list("or", missing)}, found...)
	}
	return verdict{found: strings.Join(found, "; ")}
}

// reported returns the last day of the latest training that reports this result
// of an assignment, or nil.
func reported(trainings []Training, subject string, passed bool) (latest *Date) {
	for _, t := range trainings {
		if slices.Contains(t.Assignments, Assignment{Subject: subject, Passed: passed}) && (latest == nil || t.Completed.After(*latest)) {
			latest = &t.Completed
		}
	}
	return latest
}

// asksFor reports whether the certificate that the training prepares for asks
// for these assignments itself, so that to hold it shows that they were passed.
func (s *Scheme) asksFor(a AssignmentRule) bool {
	c, ok := s.Certificate(a.Of)
	return ok && slices.ContainsFunc(c.Rules, func(r Rule) bool {
		own := r.Assignments
		return own != nil && own.Of == a.Of && !slices.ContainsFunc(a.Subjects, func(subject string) bool {
			return !slices.Contains(own.Subjects, subject)
		})
	})
}

// exam asks for a passed exam. The best result counts.
func (j judge) exam(rule ExamRule) verdict {
	var best *Exam
	var aside []string
	for i, e := range j.record.Evidence.Exams {
		if e.For != rule.Of {
			continue
		}
		if e.Form != rule.Form {
			if route, ok := j.scheme.opens(e.For, e.Form); ok && rule.Form == "" {
				aside = append(aside, fmt.Sprintf("the %s exam of %s counts only with an exemption of route %s", e.Form, e.Date, route))
			}
			continue
		}
		switch {
		case !person(e.Examiner).named():
			aside = append(aside, fmt.Sprintf("the exam of %s names no examiner", e.Date))
		case !j.come(e.Date):
			aside = append(aside, "the exam of "+e.Date.String()+j.late(e.Date, "has not taken place"))
		case best == nil || better(rule.form, e, *best):
			best = &j.record.Evidence.Exams[i]
		}
	}
	if best != nil && rule.form.passed(*best) {
		return verdict{met: true, by: "exam of " + best.Date.String() + ", " + rule.form.result(*best)}
	}
	if h, ok := j.shows(rule.Of, func(h Held) bool { return h.Examined && rule.Form == "" }); ok {
		return verdict{met: true, by: rule.Of + " held, earned with its exam", number: h.Number}
	}
	found := "no result is on record"
	if best != nil {
		found = "best result on record " + rule.form.result(*best) + " on " + best.Date.String()
	}
	return verdict{found: strings.Join(append([]string{found}, aside...), "; ")}
}

// passed reports whether e was passed, as f is judged.
func (f ExamForm) passed(e Exam) bool {
	switch {
	case f.PassMark > 0:
		return e.Score != nil && float64(*e.Score) >= f.PassMark && *e.Score <= 100
	case len(f.Parts) > 0:
		return len(f.failed(e)) == 0
	}
	return e.Passed != nil && *e.Passed
}

// failed lists the parts of f that were not passed in e.
func (f ExamForm) failed(e Exam) []string {
	var failed []string
	for _, p := range f.Parts {
		if !e.Parts[p] {
			failed = append(failed, p)
		}
	}
	return failed
}

// result says how e ended, as f is judged.
func (f ExamForm) result(e Exam) string {
	switch {
	case f.PassMark > 0 && e.Score != nil:
		return percent(float64(*e.Score))
	case f.PassMark > 0:
		return "without a score"
	case len(f.Parts) > 0:
		if failed := f.failed(e); len(failed) > 0 {
			return "not passed in " + list("and", failed)
		}
		return "every part passed"
	case f.passed(e):
		return "passed"
	}
	return "not passed"
}

// better reports whether a ended better than b, as f is judged.
func better(f ExamForm, a, b Exam) bool {
	switch {
	case f.PassMark > 0:
		return score(a) > score(b)
	case len(f.Parts) > 0:
		return len(f.failed(a)) < len(f.failed(b))
	}
	return f.passed(a) && !f.passed(b)
}

// score is below every score when there is none, or one that cannot be.
func score(e Exam) Percent {
	if e.Score == nil || !(*e.Score >= 0 && *e.Score <= 100) {
		return -1
	}
	return *e.Score
}

func (j judge) experience(e ExperienceRule) verdict {
	t := served(j.record.Evidence.Experience, e.Field, e.Roles, j.day)
	if e.Below > 0 && t.reaches(e.Below) {
		v := verdict{found: t.String() + " on record"}
		if e.Beyond != "" {
			v.found += "; apply for " + e.Beyond
		}
		return v
	}
	if t.reaches(e.Years) && (!e.Some || t > 0) {
		return verdict{met: true, by: t.String() + " on record"}
	}
	v := verdict{found: t.String() + " on record"}
	if t == 0 {
		v.found = "no such experience is on record"
	}
	if j.record.Decided == j.day && served(j.record.Evidence.Experience, e.Field, e.Roles, j.today) > t {
		v.found += fmt.Sprintf("; work after the decision of %s does not count", j.day)
	}
	return v
}

func (j judge) degree(level string) verdict {
	found := []string{"no such degree is on record"}
	for _, d := range j.record.Evidence.Degrees {
		if slices.Index(Degrees, d.Level) < slices.Index(Degrees, level) || strings.TrimSpace(d.Institution) == "" {
			continue
		}
		if j.come(d.Awarded) {
			return verdict{met: true, by: fmt.Sprintf("degree of level %s of %s, %s", d.Level, d.Awarded, d.Institution)}
		}
		if !d.Awarded.IsZero() {
			found = append(found, "the degree of "+d.Awarded.String()+j.late(d.Awarded, "is not awarded"))
		}
	}
	return verdict{found: strings.Join(found, "; ")}
}

// sentence gives text a capital and a full stop.
func sentence(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:] + "."
}
