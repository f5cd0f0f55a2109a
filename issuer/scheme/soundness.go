package scheme

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// soundness judges a scheme that could be read: whether everything is there,
// whether every name in it leads somewhere, and whether its rules can be met.
type soundness struct {
	*Scheme
	r *reader
}

var (
	idForm       = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	codeForm     = regexp.MustCompile(`^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$`)
	editionForm  = regexp.MustCompile(`^[0-9A-Za-z]+(\.[0-9A-Za-z]+)*$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	ruleForm     = regexp.MustCompile(`^[a-z][a-z-]*(:[A-Za-z0-9-]+)?$`)
)

// reserved are the ids under which [Scheme.Decide] answers what no scheme file
// asks.
var reserved = []string{"certificate", "decision", "independence", "side-entry-minimum"}

func (s soundness) judge() {
	s.form("id", s.ID, idForm, "iso20000")
	s.form("edition", s.Edition, editionForm, "3.3")
	s.present("title", s.Title)
	s.present("owner", s.Owner)
	s.present("clauses.certificates", s.Clauses.Certificates)
	s.present("clauses.decision", s.Clauses.Decision)
	if s.StandardEdition != "" {
		s.present("standard", s.Standard)
	}
	s.distinct("roles", "", s.Roles)
	s.distinct("areas", "", s.Areas)
	s.vocabulary("fields", s.Fields)
	s.vocabulary("roleKinds", s.RoleKinds)
	if len(s.Certificates) == 0 {
		s.r.at("certificates", "is missing; a scheme has certificates")
	}
	s.distinct("certificates", ".code", s.codes())
	for i, c := range s.Certificates {
		s.certificate(fmt.Sprintf("certificates[%d]", i), c)
	}
	var routes []string
	for _, r := range s.Routes {
		routes = append(routes, r.ID)
	}
	s.distinct("routes", ".id", routes)
	for i, r := range s.Routes {
		s.route(fmt.Sprintf("routes[%d]", i), r)
	}
	s.acyclic()
}

func (s soundness) certificate(path string, c *Certificate) {
	s.form(path+".code", c.Code, codeForm, "PRO-MGT")
	s.present(path+".name", c.Name)
	s.present(path+".clause", c.Clause)
	s.present(path+".scope", c.Scope)
	s.present(path+".description", c.Description)
	s.present(path+".criteria", c.Criteria)
	if n := utf8.RuneCountInString(c.Scope); n > MaxScope {
		s.r.at(path+".scope", "has %d characters; %d fit on paper", n, MaxScope)
	}
	s.among(path+".kind", "kind", string(c.Kind), []string{string(Qualification), string(Competence)})
	if c.Validity.Years < 0 || c.Validity.Years > 100 {
		s.r.at(path+".validity.years", "must lie between 0, which is for ever, and 100")
	}
	for i, role := range c.Roles {
		s.among(fmt.Sprintf("%s.roles[%d]", path, i), "role", role, s.Roles)
	}
	for i, area := range c.Areas {
		s.among(fmt.Sprintf("%s.areas[%d]", path, i), "area", area, s.Areas)
	}
	if len(c.Languages) == 0 {
		s.r.at(path+".languages", "is missing; name at least one, as in [en]")
	}
	for i, l := range c.Languages {
		s.form(fmt.Sprintf("%s.languages[%d]", path, i), l, languageForm, "en")
	}
	var forms []string
	for i, f := range c.Exams {
		forms = append(forms, f.Form)
		s.exam(fmt.Sprintf("%s.exams[%d]", path, i), f)
	}
	s.distinct(path+".exams", ".form", forms)
	if len(c.Rules) == 0 {
		s.r.at(path+".rules", "is missing; a certificate that asks for nothing attests nothing")
	}
	var ids []string
	for i := range c.Rules {
		ids = append(ids, c.Rules[i].ID)
		s.rule(fmt.Sprintf("%s.rules[%d]", path, i), &c.Rules[i], true)
	}
	s.distinct(path+".rules", ".id", ids)
}

func (s soundness) exam(path string, f ExamForm) {
	if f.Form != "" {
		s.form(path+".form", f.Form, idForm, "bridge")
	}
	s.present(path+".name", f.Name)
	s.present(path+".clause", f.Clause)
	s.present(path+".format", f.Format)
	if !(f.PassMark >= 0 && f.PassMark <= 100) {
		s.r.at(path+".passMark", "must lie between 0 and 100")
	}
	if f.PassMark > 0 && len(f.Parts) > 0 {
		s.r.at(path+".parts", "an exam is judged either by a pass mark or by its parts")
	}
	if f.Questions < 0 {
		s.r.at(path+".questions", "must not be negative")
	}
	if f.Minutes < 0 {
		s.r.at(path+".minutes", "must not be negative")
	}
	s.distinct(path+".parts", "", f.Parts)
}

// rule judges a rule; named is whether it is one of a certificate's own, which
// bear an id and a clause, or part of another.
func (s soundness) rule(path string, rule *Rule, named bool) {
	if named {
		s.form(path+".id", rule.ID, ruleForm, "prerequisite:FND")
		if slices.Contains(reserved, rule.ID) {
			s.r.at(path+".id", "%q is the id of an answer that is not the scheme's; choose another", rule.ID)
		}
		s.present(path+".clause", rule.Clause)
	} else {
		if rule.ID != "" {
			s.r.at(path+".id", "only the outermost rule bears an id")
		}
		if rule.Clause != "" {
			s.r.at(path+".clause", "only the outermost rule bears a clause")
		}
	}
	asks := 0
	ask := func(yes bool, check func()) {
		if yes {
			asks++
			check()
		}
	}
	ask(rule.Certificate != "", func() { s.code(path+".certificate", rule.Certificate) })
	ask(rule.Training != "", func() { s.code(path+".training", rule.Training) })
	ask(rule.Assignments != nil, func() {
		s.code(path+".assignments.of", rule.Assignments.Of)
		s.some(path+".assignments.subjects", len(rule.Assignments.Subjects))
		s.distinct(path+".assignments.subjects", "", rule.Assignments.Subjects)
	})
	ask(rule.Exam != nil, func() { s.examRule(path+".exam", rule.Exam) })
	ask(rule.Experience != nil, func() { s.experience(path+".experience", rule.Experience) })
	ask(rule.AuditDays != 0, func() {
		if !(rule.AuditDays > 0) || math.IsInf(rule.AuditDays, 0) {
			s.r.at(path+".auditDays", "must be more than 0")
		}
	})
	ask(rule.Degree != "", func() { s.among(path+".degree", "degree", rule.Degree, Degrees) })
	ask(rule.AllOf != nil, func() { s.inner(path+".allOf", rule.AllOf) })
	ask(rule.AnyOf != nil, func() { s.inner(path+".anyOf", rule.AnyOf) })
	ask(rule.NOf != nil, func() {
		s.inner(path+".nOf.of", rule.NOf.Of)
		if n := rule.NOf.Count; n < 1 || n > len(rule.NOf.Of) {
			s.r.at(path+".nOf.count", "must lie between 1 and the number of rules, %d", len(rule.NOf.Of))
		}
	})
	if asks != 1 {
		s.r.at(path, "asks for %d things; a rule asks for exactly one of certificate, training, assignments, exam, experience, auditDays, degree, allOf, anyOf, nOf", asks)
	}
}

func (s soundness) inner(path string, rules []Rule) {
	s.some(path, len(rules))
	for i := range rules {
		s.rule(fmt.Sprintf("%s[%d]", path, i), &rules[i], false)
	}
}

func (s soundness) examRule(path string, e *ExamRule) {
	if !s.code(path+".of", e.Of) {
		return
	}
	c, _ := s.Certificate(e.Of)
	if _, ok := c.Exam(e.Form); !ok {
		s.r.at(path+".form", "%s has no exam of form %q", e.Of, e.Form)
	}
}

func (s soundness) experience(path string, e *ExperienceRule) {
	s.among(path+".field", "field", e.Field, words(s.Fields))
	for i, kind := range e.Roles {
		s.among(fmt.Sprintf("%s.roles[%d]", path, i), "kind of role", kind, words(s.RoleKinds))
	}
	finite := func(f float64) bool { return f >= 0 && f <= 100 }
	if !finite(e.Years) {
		s.r.at(path+".years", "must lie between 0 and 100")
	}
	if !finite(e.Below) || e.Below > 0 && e.Below <= e.Years {
		s.r.at(path+".below", "must lie above years, and at most at 100")
	}
	if e.Some == (e.Years > 0 || e.Below > 0) {
		s.r.at(path, "asks either for some experience or for years, below or both")
	}
	if e.Beyond != "" {
		s.code(path+".beyond", e.Beyond)
		if e.Below == 0 {
			s.r.at(path+".beyond", "means nothing without below")
		}
	}
}

func (s soundness) route(path string, route *Route) {
	s.form(path+".id", route.ID, idForm, "itil-foundation")
	s.present(path+".clause", route.Clause)
	s.present(path+".title", route.Title)
	if len(route.For()) == 0 {
		s.r.at(path, "spares the candidate nothing; give exempts, choice or waives")
	}
	for i, code := range route.Exempts {
		s.code(fmt.Sprintf("%s.exempts[%d]", path, i), code)
	}
	for i, code := range route.Choice {
		s.code(fmt.Sprintf("%s.choice[%d]", path, i), code)
	}
	if route.Unless != nil {
		s.rule(path+".unless", route.Unless, false)
	}
	if route.Needs != nil {
		s.rule(path+".needs", route.Needs, false)
	}
	var waived []string
	for i, w := range route.Waives {
		waived = append(waived, w.Certificate)
		s.waiver(fmt.Sprintf("%s.waives[%d]", path, i), w)
	}
	s.distinct(path+".waives", ".certificate", waived)
}

func (s soundness) waiver(path string, w Waiver) {
	s.some(path+".rules", len(w.Rules))
	var ids []string
	for i := range w.Instead {
		ids = append(ids, w.Instead[i].ID)
		s.rule(fmt.Sprintf("%s.instead[%d]", path, i), &w.Instead[i], true)
	}
	s.distinct(path+".instead", ".id", ids)
	if !s.code(path+".certificate", w.Certificate) {
		return
	}
	c, _ := s.Certificate(w.Certificate)
	if c.Kind == Competence {
		s.r.at(path+".certificate", "%s is a competence certificate, from which nothing is waived", c.Code)
	}
	own := make([]string, len(c.Rules))
	for i := range c.Rules {
		own[i] = c.Rules[i].ID
		if slices.Contains(ids, own[i]) {
			s.r.at(path+".instead", "%s already has a rule %q", c.Code, own[i])
		}
		if e := c.Rules[i].Experience; e != nil && e.Below > 0 && slices.Contains(w.Rules, own[i]) {
			// Too much experience is a reason for another certificate, which no
			// assessor can make go away.
			s.r.at(path+".rules", "%s sets an upper bound, which cannot be waived", own[i])
		}
	}
	for i, id := range w.Rules {
		s.among(fmt.Sprintf("%s.rules[%d]", path, i), "rule of "+c.Code, id, own)
	}
}

// acyclic reports every certificate that has itself as a prerequisite, directly
// or through others: nobody could ever be awarded it.
func (s soundness) acyclic() {
	needs := map[string][]string{}
	for _, c := range s.Certificates {
		for i := range c.Rules {
			c.Rules[i].leaves(func(leaf *Rule) {
				if leaf.Certificate != "" {
					needs[c.Code] = append(needs[c.Code], leaf.Certificate)
				}
			})
		}
	}
	for i, c := range s.Certificates {
		if way := wayBack(needs, []string{c.Code}, map[string]bool{}); way != nil {
			s.r.at(fmt.Sprintf("certificates[%d].rules", i), "prerequisites run in a circle: %s", strings.Join(way, " needs "))
		}
	}
}

// wayBack follows needs from the last of way until the first is met again.
func wayBack(needs map[string][]string, way []string, seen map[string]bool) []string {
	for _, next := range needs[way[len(way)-1]] {
		onward := append(slices.Clone(way), next)
		if next == way[0] {
			return onward
		}
		if seen[next] {
			continue
		}
		seen[next] = true
		if found := wayBack(needs, onward, seen); found != nil {
			return found
		}
	}
	return nil
}

func (s soundness) present(path, text string) {
	if strings.TrimSpace(text) == "" {
		s.r.at(path, "is missing")
	}
}

func (s soundness) some(path string, n int) {
	if n == 0 {
		s.r.at(path, "is missing; give at least one")
	}
}

func (s soundness) form(path, text string, form *regexp.Regexp, example string) {
	if text == "" {
		s.r.at(path, "is missing")
	} else if !form.MatchString(text) {
		s.r.at(path, "%q is not of the form %q", text, example)
	}
}

func (s soundness) among(path, what, text string, known []string) {
	if text == "" {
		s.r.at(path, "is missing")
	} else if !slices.Contains(known, text) {
		s.r.at(path, "unknown %s %q%s", what, text, orNearest(text, known))
	}
}

func (s soundness) code(path, code string) bool {
	s.among(path, "certificate", code, s.codes())
	_, ok := s.Certificate(code)
	return ok
}

func (s soundness) vocabulary(path string, list []Word) {
	s.distinct(path, ".word", words(list))
	for i, w := range list {
		s.form(fmt.Sprintf("%s[%d].word", path, i), w.Word, idForm, "itsm")
		s.present(fmt.Sprintf("%s[%d].meaning", path, i), w.Meaning)
	}
}

// distinct reports every entry of the list at path that repeats an earlier one;
// member is the member of the entries that is meant, e.g. ".code".
func (s soundness) distinct(path, member string, list []string) {
	seen := map[string]bool{}
	for i, text := range list {
		if seen[text] {
			s.r.at(fmt.Sprintf("%s[%d]%s", path, i, member), "%q stands here twice", text)
		}
		seen[text] = true
	}
}
