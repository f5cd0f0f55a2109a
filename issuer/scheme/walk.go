package scheme

// Walk calls fn with each rule of the certificate, and with each rule inside
// those that put others together, in the order of the file.
func (c *Certificate) Walk(fn func(Rule)) { walk(c.Rules, fn) }

func walk(rules []Rule, fn func(Rule)) {
	for _, r := range rules {
		fn(r)
		walk(r.AllOf, fn)
		walk(r.AnyOf, fn)
		if r.NOf != nil {
			walk(r.NOf.Of, fn)
		}
	}
}
