package scheme

// Route is a side entry: what an assessor may find to stand in for something
// that the rules ask for (scheme 5.1.4). Which candidate it applies to is
// never decided here, but by the assessor, on evidence, one by one; what it
// then spares the candidate is.
type Route struct {
	ID     string `json:"id"`
	Clause string `json:"clause"`
	Title  string `json:"title"` // what the candidate brings

	// Exempts lists certificates that count as held where they are asked for
	// as a prerequisite of a qualification certificate.
	Exempts []string `json:"exempts,omitempty"`
	// Choice is like Exempts, but each exemption names the one of them that it
	// is for.
	Choice []string `json:"choice,omitempty"`
	// Waives sets rules of a certificate aside.
	Waives []Waiver `json:"waives,omitempty"`
	// Unless closes the route to whoever meets this rule.
	Unless *Rule `json:"unless,omitempty"`
	// Needs closes the route to whoever does not meet this rule.
	Needs *Rule `json:"needs,omitempty"`
}

// Waiver sets rules of one certificate aside and may ask for others instead.
type Waiver struct {
	Certificate string   `json:"certificate"`
	Rules       []string `json:"rules"`             // ids of the rules set aside
	Instead     []Rule   `json:"instead,omitempty"` // all of which must then be met
}

// For lists the certificates that an exemption by this route may be for.
func (r *Route) For() []string {
	codes := append(append([]string{}, r.Exempts...), r.Choice...)
	for _, w := range r.Waives {
		codes = append(codes, w.Certificate)
	}
	return codes
}

// opens returns the id of the route that asks for this form of the exam of
// this certificate instead of the regular one.
func (s *Scheme) opens(code, form string) (route string, ok bool) {
	for _, r := range s.Routes {
		for _, w := range r.Waives {
			for _, rule := range w.Instead {
				if e := rule.Exam; e != nil && e.Of == code && e.Form == form && form != "" {
					return r.ID, true
				}
			}
		}
	}
	return "", false
}
