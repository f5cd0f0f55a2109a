package scheme

import "fmt"

// MaxFile is the size above which a scheme file is refused, in bytes.
const MaxFile = 256 << 10

// Parse reads one edition of a scheme from YAML. The error is a [Faults] and
// names every fault of the file with its place. Only a syntax error hides
// others: what follows it cannot be told apart.
func Parse(data []byte) (s *Scheme, err error) {
	if len(data) > MaxFile {
		return nil, Faults{{Text: fmt.Sprintf("holds %d bytes; %d is the most", len(data), MaxFile)}}
	}
	s = new(Scheme)
	r := reader{}
	r.read(data, s)
	if len(r.places) > 0 { // there is something to judge
		s.resolve()
		soundness{s, &r}.judge()
	}
	if len(r.faults) > 0 {
		return nil, r.faults.sorted()
	}
	return s, nil
}

// resolve gives every exam rule the form it asks for, so that a rule can say in
// words what it needs. A form that does not exist is a fault found later.
func (s *Scheme) resolve() {
	s.rules(func(_ string, rule *Rule) {
		rule.leaves(func(leaf *Rule) {
			if leaf.Exam == nil {
				return
			}
			if c, ok := s.Certificate(leaf.Exam.Of); ok {
				leaf.Exam.form, _ = c.Exam(leaf.Exam.Form)
			}
		})
	})
}

// rules calls f for each rule of s, wherever it stands, with its path.
func (s *Scheme) rules(f func(path string, rule *Rule)) {
	for i, c := range s.Certificates {
		for j := range c.Rules {
			f(fmt.Sprintf("certificates[%d].rules[%d]", i, j), &c.Rules[j])
		}
	}
	for i, route := range s.Routes {
		if route.Unless != nil {
			f(fmt.Sprintf("routes[%d].unless", i), route.Unless)
		}
		if route.Needs != nil {
			f(fmt.Sprintf("routes[%d].needs", i), route.Needs)
		}
		for j := range route.Waives {
			for k := range route.Waives[j].Instead {
				f(fmt.Sprintf("routes[%d].waives[%d].instead[%d]", i, j, k), &route.Waives[j].Instead[k])
			}
		}
	}
}
