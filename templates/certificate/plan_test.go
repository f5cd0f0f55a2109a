package certificate

import (
	"fmt"
	"strings"
	"testing"
)

// A page is what its plan says: every text stands in one place, in order, in a
// size that is allowed; and the plan asks for nothing that is not there.
func TestPagesKeepToTheirPlan(t *testing.T) {
	sets(t, func(d *Design, f Facts, s Style, p *Page) {
		plan, err := d.Plan(f, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := against(plan, p); err != nil {
			t.Errorf("%s %s %v: %v", d.Name, s.Size, s.Languages, err)
		}
	})
}

// against holds a page against a plan.
func against(plan *Plan, p *Page) error {
	for i, a := range plan.Places {
		for _, b := range plan.Places[:i] {
			if a.meets(b.Rect) {
				return fmt.Errorf("two places overlap: %+v %+v", a.Rect, b.Rect)
			}
		}
		for _, c := range append(plan.Code, plan.Offline...) {
			if a.meets(c) {
				return fmt.Errorf("a place overlaps a code: %+v %+v", a.Rect, c)
			}
		}
	}
	in := make([][]Text, len(plan.Places))
	for _, text := range p.Texts {
		found := -1
		for i, place := range plan.Places {
			if at := (Rect{text.X, text.Y - text.Size*Point*capital, text.Width(), text.Size * Point * capital}); place.holds(at) {
				found = i
			}
		}
		if found < 0 {
			return fmt.Errorf("%q stands in no place", text.Line.Text)
		}
		in[found] = append(in[found], text)
	}
	for i, place := range plan.Places {
		rest := in[i]
		for _, e := range place.Entries {
			read, n := "", 0
			for n < len(rest) && read != e.Want && strings.HasPrefix(e.Want, read) {
				text := rest[n]
				if read != "" && strings.HasPrefix(e.Want[len(read):], " ") {
					read += " "
				}
				read += text.Line.Text
				if text.Size < e.Least || text.Size > e.Most || text.Fact != e.Fact {
					if e.Optional {
						break
					}
					return fmt.Errorf("%q stands in %g pt as %q, the plan has %g to %g as %q", text.Line.Text, text.Size, text.Fact, e.Least, e.Most, e.Fact)
				}
				n++
			}
			switch {
			case read == e.Want:
				rest = rest[n:]
			case !e.Optional:
				return fmt.Errorf("%q is missing: there is %q", e.Want, read)
			}
		}
		if len(rest) > 0 {
			return fmt.Errorf("%q is not in the plan", rest[0].Line.Text)
		}
	}
	if mark := p.Mark; (plan.Mark == "") != (mark == nil) || mark != nil && mark.Line.Text != plan.Mark {
		return fmt.Errorf("the mark is %v, the plan has %q", mark, plan.Mark)
	}
	if got := (Rect{p.Code.X, p.Code.Y, p.Code.Side, p.Code.Side}); len(plan.Code) != 1 || got != plan.Code[0] {
		return fmt.Errorf("the code stands at %+v", got)
	}
	if len(plan.Drawings) != len(p.Drawings) || len(plan.Rules) != len(p.Rules) {
		return fmt.Errorf("%d drawings and %d rules, the plan has %d and %d", len(p.Drawings), len(p.Rules), len(plan.Drawings), len(plan.Rules))
	}
	return nil
}

// The plan tells a page from one that says something else.
func TestPlansTellPagesApart(t *testing.T) {
	d := builtinDesign(t, "iso20000")
	s := Style{Size: A4, Languages: []string{"fr", "en"}}
	plan, err := d.Plan(Specimen(), s)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Facts, *Style){
		"name":      func(f *Facts, s *Style) { f.Holder = "Eve Specimen" },
		"title":     func(f *Facts, s *Style) { f.Title += "s" },
		"expiry":    func(f *Facts, s *Style) { f.Expires = nil },
		"day":       func(f *Facts, s *Style) { f.Effective.Day = 1 },
		"code":      func(f *Facts, s *Style) { f.Code = "" },
		"specimen":  func(f *Facts, s *Style) { f.Specimen = false },
		"link":      func(f *Facts, s *Style) { f.Link += "x" },
		"languages": func(f *Facts, s *Style) { s.Languages = []string{"en", "fr"} },
		"size":      func(f *Facts, s *Style) { s.Size = Letter },
	} {
		f, other := Specimen(), s
		change(&f, &other)
		p, err := d.Set(f, other)
		if err != nil {
			t.Fatal(err)
		}
		if against(plan, p) == nil {
			t.Errorf("another %s is taken for the same page", name)
		}
	}
}

// The one thing that stands in place of another: whether a certificate expires.
func TestPlansKnowTheOtherPhrase(t *testing.T) {
	f := Specimen()
	for _, expires := range []bool{true, false} {
		if !expires {
			f.Expires = nil
		}
		plan, err := builtinDesign(t, "classic").Plan(f, Style{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, place := range plan.Places {
			for _, e := range place.Entries {
				if e.Instead != "" {
					found = true
					if strings.Contains(e.Want, "for the period shown") != expires || strings.Contains(e.Instead, "for the period shown") == expires {
						t.Errorf("expires %v: %q instead of %q", expires, e.Instead, e.Want)
					}
				}
			}
		}
		if !found {
			t.Error("no entry has another wording")
		}
	}
}
