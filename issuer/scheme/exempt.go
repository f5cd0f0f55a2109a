package scheme

import (
	"fmt"
	"slices"
	"strings"
)

// exempts reports whether e is meant to stand in for holding a certificate, and
// if so, what keeps it from counting, or "" when nothing does.
func (j judge) exempts(e Exemption, code string) (covers bool, obstacle string) {
	route, ok := j.scheme.Route(e.Route)
	if !ok {
		return false, ""
	}
	switch {
	case slices.Contains(route.Exempts, code):
		if e.For != "" && e.For != code {
			return false, ""
		}
	case slices.Contains(route.Choice, code):
		if e.For == "" {
			return true, "it does not name the certificate that it is for"
		}
		if e.For != code {
			return false, ""
		}
	default:
		return false, ""
	}
	if j.certificate.Kind == Competence {
		// scheme 6.2: it is awarded once the others have been obtained.
		return true, "a competence certificate follows from certificates that were obtained"
	}
	return true, j.obstacle(route, e)
}

// waives reports whether e is meant to set the rule of that id aside, and if
// so, what keeps it from counting.
func (j judge) waives(e Exemption, id string) (covers bool, obstacle string) {
	route, ok := j.scheme.Route(e.Route)
	if !ok || e.For != "" && e.For != j.certificate.Code {
		return false, ""
	}
	for _, w := range route.Waives {
		if w.Certificate == j.certificate.Code && slices.Contains(w.Rules, id) {
			return true, j.obstacle(route, e)
		}
	}
	return false, ""
}

// obstacle says what keeps a fitting exemption from counting: it is incomplete,
// or the candidate assessed it, or its day had not come, or its route is closed to this candidate.
func (j judge) obstacle(route *Route, e Exemption) string {
	for _, m := range []struct{ text, name string }{{e.Evidence, "evidence"}, {e.Reason, "reason"}} {
		if strings.TrimSpace(m.text) == "" {
			return "it names no " + m.name
		}
	}
	if !person(e.Assessor).named() {
		return "it names no assessor"
	}
	if samePerson(e.Assessor, j.record.Candidate) {
		return "nobody assesses an exemption of their own: " + takenFor(e.Assessor, j.record.Candidate, "the candidate")
	}
	if !j.come(e.Date) {
		return fmt.Sprintf("its day, %s,", e.Date) + j.late(e.Date, "has not come")
	}
	// What opens or closes a route must be there itself: no exemption stands in
	// for it, least of all the one in question.
	j.record.Evidence.Exemptions = nil
	if route.Unless != nil {
		if v := j.rule(*route.Unless); v.met {
			return "there is a " + v.by
		}
	}
	if route.Needs != nil {
		if v := j.rule(*route.Needs); !v.met {
			return "it needs " + v.need + ", and " + v.found
		}
	}
	return ""
}

// waived lets an exemption stand in for a rule that v found unmet.
func (j judge) waived(rule Rule, v verdict) verdict {
	if v.stands() {
		return v
	}
	for _, e := range j.record.Evidence.Exemptions {
		covers, obstacle := j.waives(e, rule.ID)
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

// instead lists what the routes that were used ask for in place of the rules
// they set aside. A route that was not needed asks for nothing.
func (j judge) instead(used []Waived) []Rule {
	var rules []Rule
	for _, route := range j.scheme.Routes {
		for _, w := range route.Waives {
			if w.Certificate == j.certificate.Code && slices.ContainsFunc(used, func(u Waived) bool {
				return u.Route == route.ID && slices.Contains(w.Rules, u.Rule)
			}) {
				rules = append(rules, w.Instead...)
			}
		}
	}
	return rules
}

// minimum asks for at least one certified training and one passed exam of the
// scheme: of this application, or behind a certificate already held
// (scheme 5.1.4). A certificate that has run out still proves them; one that
// was revoked does not, nor one that was decided on later than this one.
func (j judge) minimum() verdict {
	e := j.scheme.earned(j)
	for _, h := range j.record.Held {
		if h.Scheme == j.scheme.ID && h.Standing != Revoked && !h.Decided.After(j.day) {
			e.Trained = e.Trained || h.Trained
			e.Examined = e.Examined || h.Examined
		}
	}
	v := verdict{need: "at least one certified training and one passed exam of this scheme besides any exemption"}
	switch {
	case e.Trained && e.Examined:
		v.met, v.by = true, "a certified training and a passed exam on record"
	case e.Trained:
		v.found = "no passed exam is on record"
	case e.Examined:
		v.found = "no certified training is on record"
	default:
		v.found = "neither is on record"
	}
	return v
}

// Earned says how the evidence of an application earns a certificate: what
// belongs in [Held] once it is issued.
type Earned struct {
	Trained   bool     // with at least one certified training of the scheme
	Examined  bool     // with at least one passed exam of the scheme
	Educators []string // every trainer and examiner it names, each once, in order
}

// Earned reads from evidence what a certificate issued on it on the day at was
// earned with.
func (s *Scheme) Earned(e Evidence, at Date) Earned {
	return s.earned(judge{scheme: s, record: Record{Evidence: e}, day: at, today: at})
}

func (s *Scheme) earned(j judge) Earned {
	var earned Earned
	for _, t := range j.record.Evidence.Trainings {
		if _, ours := s.Certificate(t.For); ours && j.counts(t) {
			earned.Trained = true
		}
	}
	for _, e := range j.record.Evidence.Exams {
		if c, ours := s.Certificate(e.For); ours && person(e.Examiner).named() && j.come(e.Date) {
			if form, ok := c.Exam(e.Form); ok && form.passed(e) {
				earned.Examined = true
			}
		}
	}
	// Only the same spelling is one entry: two that may be one person may also be
	// two people, and each of them counts.
	seen := map[string]bool{}
	for _, text := range j.record.Evidence.educators() {
		if p := sameText(text); person(text).named() && !seen[p] {
			seen[p] = true
			earned.Educators = append(earned.Educators, text)
		}
	}
	return earned
}
