package scheme

import (
	"fmt"
	"time"
)

// Decide says whether r satisfies every rule of the certificate applied for. It
// is pure and total; see the package comment.
//
// A certificate may be put on record some time after it was decided on. What
// the decision rests on had to be there on the day of the decision: evidence of
// a later day does not count. Whether a certificate already held may be relied
// upon is judged at the moment at, when the new one is issued; its day is taken
// in its own location.
//
// The rules are answered in this order: those of the certificate as its file
// has them; those that a side entry asks for instead; the minimum that every
// side entry leaves (scheme 5.1.4); who decided, and when; and, where the scheme
// asks for it, whether everybody was independent.
func (s *Scheme) Decide(r Record, at time.Time) Decision {
	d := Decision{Unmet: []Unmet{}, Exempted: []Waived{}, Met: []Met{}}
	c, ok := s.Certificate(r.Certificate)
	if !ok {
		d.Unmet = append(d.Unmet, Unmet{
			Rule:   "certificate",
			Clause: s.Clauses.Certificates,
			Need:   fmt.Sprintf("Needs a certificate of scheme %s, edition %s; there is no %q%s.", s.ID, s.Edition, r.Certificate, orNearest(r.Certificate, s.codes())),
		})
		return d
	}
	j := judge{scheme: s, certificate: c, record: r, day: r.Decided, today: DateOf(at)}
	if r.Decided.IsZero() || r.Decided.After(j.today) {
		j.day = j.today
	}
	for _, rule := range c.Rules {
		d.add(rule, j.waived(rule, j.rule(rule)))
	}
	for _, rule := range j.instead(d.Exempted) {
		d.add(rule, j.rule(rule))
	}
	if s.Clauses.Minimum != "" && len(d.Exempted) > 0 {
		d.add(Rule{ID: "side-entry-minimum", Clause: s.Clauses.Minimum}, j.minimum())
	}
	d.add(Rule{ID: "decision", Clause: s.Clauses.Decision}, j.decided())
	if s.Independence {
		d.add(Rule{ID: "independence", Clause: s.Clauses.Decision}, j.independence())
	}
	d.Eligible = len(d.Unmet) == 0
	return d
}

// add records the verdict on a rule where it belongs.
func (d *Decision) add(rule Rule, v verdict) {
	switch {
	case v.met:
		d.Met = append(d.Met, Met{Rule: rule.ID, Clause: rule.Clause, By: v.by, Number: v.number})
	case len(v.exemptions) > 0:
		for _, e := range v.exemptions {
			d.Exempted = append(d.Exempted, Waived{
				Rule: rule.ID, Clause: rule.Clause, Route: e.Route,
				Evidence: e.Evidence, Assessor: e.Assessor, Date: e.Date, Reason: e.Reason,
			})
		}
	default:
		d.Unmet = append(d.Unmet, Unmet{Rule: rule.ID, Clause: rule.Clause, Need: sentence("needs " + v.need + "; " + v.found)})
	}
}
