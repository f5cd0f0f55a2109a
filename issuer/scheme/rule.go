package scheme

import (
	"fmt"
	"strings"
)

// Rule is one thing that a certificate asks for. Exactly one of the members
// after Clause says what; the last three put other rules together, and the
// rules inside them bear no id or clause of their own.
type Rule struct {
	ID     string `json:"id,omitempty"`     // stable, e.g. "prerequisite:FND"; unique in its certificate
	Clause string `json:"clause,omitempty"` // e.g. "5.5.2"

	Certificate string          `json:"certificate,omitempty"` // this certificate is held, in good standing
	Training    string          `json:"training,omitempty"`    // the certified training for this certificate is completed
	Assignments *AssignmentRule `json:"assignments,omitempty"`
	Exam        *ExamRule       `json:"exam,omitempty"`
	Experience  *ExperienceRule `json:"experience,omitempty"`
	AuditDays   float64         `json:"auditDays,omitempty"` // at least so many days in audits or assessments
	Degree      string          `json:"degree,omitempty"`    // at least this degree: one of [Degrees]

	AllOf []Rule      `json:"allOf,omitempty"`
	AnyOf []Rule      `json:"anyOf,omitempty"`
	NOf   *NumberRule `json:"nOf,omitempty"`
}

// AssignmentRule asks that every named assignment of a training be passed.
type AssignmentRule struct {
	Of       string   `json:"of"` // code of the certificate that the training prepares for
	Subjects []string `json:"subjects"`
}

// ExamRule asks that an exam be passed.
type ExamRule struct {
	Of   string `json:"of"`             // code of the certificate that it belongs to
	Form string `json:"form,omitempty"` // "" is the regular exam

	form ExamForm // filled in when the file is read
}

// ExperienceRule asks for a length of work in a field. One of Years, Below and
// Some is given; Years and Below may stand together.
type ExperienceRule struct {
	Field string   `json:"field"`
	Roles []string `json:"roles,omitempty"` // counted only in one of these kinds of role
	Years float64  `json:"years,omitempty"` // at least
	Below float64  `json:"below,omitempty"` // less than
	Some  bool     `json:"some,omitempty"`  // any length at all
	// Beyond is the code of the certificate to apply for from Below on.
	Beyond string `json:"beyond,omitempty"`
}

// NumberRule asks for a number of rules out of several.
type NumberRule struct {
	Count int    `json:"count"`
	Of    []Rule `json:"of"`
}

// Degrees are the levels of academic degree, the lowest first.
var Degrees = []string{"bachelor", "master", "doctorate"}

// String says in words what r asks for, as a phrase that may follow "needs":
// "the FND certificate", "an exam result of 65 % or more".
func (r Rule) String() string {
	switch {
	case r.Certificate != "":
		return "the " + r.Certificate + " certificate"
	case r.Training != "":
		return "the certified training for " + r.Training
	case r.Assignments != nil:
		subjects := make([]string, len(r.Assignments.Subjects))
		for i, s := range r.Assignments.Subjects {
			subjects[i] = fmt.Sprintf("%q", s)
		}
		return fmt.Sprintf("a pass in %s of the training for %s", list("and", subjects), r.Assignments.Of)
	case r.Exam != nil:
		return r.Exam.String()
	case r.Experience != nil:
		return r.Experience.String()
	case r.AuditDays > 0:
		return fmt.Sprintf("%s days or more in audits or assessments", number(r.AuditDays))
	case r.Degree != "":
		return "a degree of level " + r.Degree + " or higher"
	case r.AllOf != nil:
		return list("and", phrases(r.AllOf))
	case r.AnyOf != nil:
		return "either " + list("or", phrases(r.AnyOf))
	case r.NOf != nil:
		return fmt.Sprintf("%d of: %s", r.NOf.Count, list("and", phrases(r.NOf.Of)))
	}
	return "nothing"
}

// String says in words what e asks for.
func (e ExamRule) String() string {
	f, name := e.form, "exam"
	if e.Form != "" {
		name = e.form.Name
	}
	switch {
	case f.PassMark > 0:
		return fmt.Sprintf("%s result of %s %% or more for %s", article(name), number(f.PassMark), e.Of)
	case len(f.Parts) > 0:
		return fmt.Sprintf("%s for %s with every part passed: %s", article(name), e.Of, list("and", f.Parts))
	}
	return fmt.Sprintf("%s for %s that the examiner judged passed", article(name), e.Of)
}

// String says in words what e asks for.
func (e ExperienceRule) String() string {
	where := "of experience in the field " + e.Field
	if len(e.Roles) > 0 {
		where += " as " + list("or", e.Roles)
	}
	switch {
	case e.Some:
		return "some length " + where
	case e.Below > 0 && e.Years > 0:
		return fmt.Sprintf("%s or more, but less than %s %s", years(e.Years), years(e.Below), where)
	case e.Below > 0:
		return fmt.Sprintf("less than %s %s", years(e.Below), where)
	}
	return fmt.Sprintf("%s or more %s", years(e.Years), where)
}

// children returns the rules put together by r.
func (r *Rule) children() []Rule {
	switch {
	case r.AllOf != nil:
		return r.AllOf
	case r.AnyOf != nil:
		return r.AnyOf
	case r.NOf != nil:
		return r.NOf.Of
	}
	return nil
}

// leaves calls f for r, or for every rule inside it that is not put together
// from others.
func (r *Rule) leaves(f func(*Rule)) {
	inner := r.children()
	if inner == nil {
		f(r)
	}
	for i := range inner {
		inner[i].leaves(f)
	}
}

func phrases(rules []Rule) []string {
	p := make([]string, len(rules))
	for i, r := range rules {
		p[i] = r.String()
		if r.AllOf != nil { // inside another list its own commas would be misread
			p[i] = "(" + p[i] + ")"
		}
	}
	return p
}

// list writes "a, b and c".
func list(conjunction string, items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + conjunction + " " + items[last]
}

func article(noun string) string {
	if strings.ContainsRune("aeiouAEIOU", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
