package scheme

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Check reports whether e is written as the scheme s wants it on the day at:
// every word one that s knows, nothing missing, nothing from the future. It does
// not say whether e is enough; that is [Scheme.Decide]. The error joins all
// faults, each with its path, e.g. "exams[1].score: must lie between 0 and 100".
func (e Evidence) Check(s *Scheme, at Date) error {
	c := check{scheme: s, day: at, faulty: map[string]bool{}}
	for i, t := range e.Trainings {
		c.training(fmt.Sprintf("trainings[%d]", i), t)
	}
	for i, x := range e.Exams {
		c.exam(fmt.Sprintf("exams[%d]", i), x)
	}
	for i, x := range e.Experience {
		c.experience(fmt.Sprintf("experience[%d]", i), x)
	}
	for i, a := range e.Audits {
		path := fmt.Sprintf("audits[%d]", i)
		c.past(path+".date", a.Date)
		if !(a.Days > 0) || math.IsInf(a.Days, 0) {
			c.fault(path+".days", "must be more than 0")
		} else if a.Days*4 != math.Trunc(a.Days*4) {
			c.fault(path+".days", "must be in quarters of a day, such as 2.5 or 0.25")
		}
		c.optional(path+".role", a.Role)
		c.optional(path+".organisation", a.Organisation)
	}
	for i, d := range e.Degrees {
		path := fmt.Sprintf("degrees[%d]", i)
		c.known(path+".level", "level of degree", d.Level, Degrees)
		c.optional(path+".title", d.Title)
		c.present(path+".institution", d.Institution)
		c.past(path+".awarded", d.Awarded)
	}
	for i, x := range e.Exemptions {
		c.exemption(fmt.Sprintf("exemptions[%d]", i), x)
	}
	return errors.Join(c.faults...)
}

// check collects the faults of one application's evidence.
type check struct {
	scheme *Scheme
	day    Date
	faults []error
	faulty map[string]bool // paths that have a fault
}

func (c *check) training(path string, t Training) {
	code := c.code(path+".for", t.For)
	c.optional(path+".provider", t.Provider)
	c.name(path+".trainer", t.Trainer)
	c.past(path+".completed", t.Completed)
	if !code || len(t.Assignments) == 0 {
		return
	}
	subjects := c.scheme.subjects(t.For)
	for i, a := range t.Assignments {
		c.known(fmt.Sprintf("%s.assignments[%d].subject", path, i), "assignment of the training for "+t.For, a.Subject, subjects)
	}
}

// subjects lists the assignments that any rule of s asks for of the training for
// a certificate.
func (s *Scheme) subjects(code string) []string {
	var subjects []string
	s.rules(func(_ string, rule *Rule) {
		rule.leaves(func(leaf *Rule) {
			if a := leaf.Assignments; a != nil && a.Of == code {
				for _, subject := range a.Subjects {
					if !slices.Contains(subjects, subject) {
						subjects = append(subjects, subject)
					}
				}
			}
		})
	})
	return subjects
}

func (c *check) exam(path string, e Exam) {
	c.name(path+".examiner", e.Examiner)
	c.past(path+".date", e.Date)
	if e.Score != nil {
		switch s := float64(*e.Score); {
		case !(s >= 0 && s <= 100): // not a number fails both
			c.fault(path+".score", "must lie between 0 and 100")
		case math.Round(s*100)/100 != s:
			c.fault(path+".score", "must have two decimals at most")
		}
	}
	if !c.code(path+".for", e.For) {
		return
	}
	certificate, _ := c.scheme.Certificate(e.For)
	form, ok := certificate.Exam(e.Form)
	if !ok {
		var forms []string
		for _, f := range certificate.Exams {
			if f.Form != "" {
				forms = append(forms, f.Form)
			}
		}
		c.fault(path+".form", "unknown form %q of the exam for %s%s", e.Form, e.For, orNearest(e.Form, forms))
		return
	}
	switch {
	case form.PassMark > 0:
		if e.Score == nil {
			c.fault(path+".score", "is missing; this exam has a pass mark of %s", percent(form.PassMark))
		}
		if e.Passed != nil {
			c.fault(path+".passed", "is not for this exam, which is judged by its score; leave it out")
		}
	case len(form.Parts) > 0:
		if e.Score != nil {
			c.fault(path+".score", "is not for this exam, which is judged by its parts; leave it out")
		}
		if e.Passed != nil {
			c.fault(path+".passed", "is not for this exam, which is judged by its parts; leave it out")
		}
	default:
		if e.Score != nil {
			c.fault(path+".score", "is not for this exam, which is judged by the examiner's verdict; leave it out")
		}
		if e.Passed == nil {
			c.fault(path+".passed", "is missing; the scheme states no pass mark for this exam")
		}
	}
	for _, part := range slices.Sorted(maps.Keys(e.Parts)) {
		c.known(fmt.Sprintf("%s.parts[%q]", path, part), "part of this exam", part, form.Parts)
	}
}

func (c *check) experience(path string, e Experience) {
	c.known(path+".field", "field", e.Field, words(c.scheme.Fields))
	for i, kind := range e.Roles {
		c.known(fmt.Sprintf("%s.roles[%d]", path, i), "kind of role", kind, words(c.scheme.RoleKinds))
	}
	c.optional(path+".organisation", e.Organisation)
	c.past(path+".from", e.From)
	if e.To != nil && e.To.Before(e.From) {
		c.fault(path+".to", "%s lies before %s, when the work began", e.To, e.From)
	} else if e.To != nil {
		c.recent(path+".to", *e.To)
	}
}

func (c *check) exemption(path string, e Exemption) {
	c.present(path+".evidence", e.Evidence)
	c.name(path+".assessor", e.Assessor)
	c.present(path+".reason", e.Reason)
	c.past(path+".date", e.Date)
	var ids []string
	for _, r := range c.scheme.Routes {
		ids = append(ids, r.ID)
	}
	if !c.known(path+".route", "route", e.Route, ids) {
		return
	}
	route, _ := c.scheme.Route(e.Route)
	if e.For != "" {
		c.known(path+".for", "certificate of route "+e.Route, e.For, route.For())
	} else if len(route.Choice) > 0 {
		c.fault(path+".for", "is missing; route %s stands for one of %s", e.Route, list("or", route.Choice))
	}
}

// fault notes what is wrong at path, unless something else already is.
func (c *check) fault(path, format string, args ...any) {
	if c.faulty[path] {
		return
	}
	c.faulty[path] = true
	c.faults = append(c.faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

func (c *check) past(path string, d Date) {
	switch {
	case d.IsZero():
		c.fault(path, "is missing")
	case d.After(c.day):
		c.fault(path, "%s lies in the future", d)
	default:
		c.recent(path, d)
	}
}

// recent refuses days too far back for anybody who applies today.
func (c *check) recent(path string, d Date) {
	if d.Before(Date{1950, 1, 1}) {
		c.fault(path, "%s is before 1950; is the year a slip?", d)
	}
}

func (c *check) known(path, what, text string, known []string) bool {
	switch {
	case text == "":
		c.fault(path, "is missing")
	case !slices.Contains(known, text):
		c.fault(path, "unknown %s %q%s", what, text, orNearest(text, known))
	default:
		return true
	}
	return false
}

func (c *check) code(path, code string) bool {
	return c.known(path, "certificate", code, c.scheme.codes())
}
