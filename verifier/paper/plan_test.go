package paper

import (
	"reflect"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

// What a paper is compared with is what the issuer prints.
func TestFactsAreThoseThatArePrinted(t *testing.T) {
	day := func(d scheme.Date) certificate.Day { return certificate.Day{Year: d.Year, Month: d.Month, Day: d.Day} }
	for n := range 6 {
		c := issued(scripts[n], n)
		p := issuer.PaperOf(c, "eyJ.e30.AA")
		want := certificate.Facts{
			Holder: p.Holder, Title: p.Title, Code: p.Code, Number: p.Number, Scope: p.Scope, Scheme: p.Scheme, Edition: p.Edition, Body: p.Body,
			Decider: p.Decider, Decided: day(p.Decided), Effective: day(p.Effective), Specimen: p.Specimen, Link: p.Link,
		}
		if p.Expires != nil {
			last := day(*p.Expires)
			want.Expires = &last
		}
		if got := factsOf(c); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\nis printed as\n%+v", got, want)
		}
	}
}

// Every fact that a design may set has its sentences.
func TestEveryFactHasItsSentences(t *testing.T) {
	for _, style := range styles() {
		d, err := certificate.Builtin().Design(style.Design)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := d.Plan(factsOf(issued("Emil Noble", 0)), style)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range plan.Places {
			for _, e := range place.Entries {
				if e.Fact != "" && facts[e.Fact] == nil {
					t.Errorf("%s: nothing is said of %q", style.Design, e.Fact)
				}
			}
		}
	}
}
