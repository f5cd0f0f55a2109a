package paper

import (
	"context"
	"testing"

	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/templates/certificate"
)

// BenchmarkCompare reads and compares whole papers.
func BenchmarkCompare(b *testing.B) {
	press, err := render.New(render.House{})
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		name, holder string
		style        certificate.Style
	}{
		{"Latin", "Emil Noble", certificate.Style{Design: "classic", Size: certificate.A4, Languages: []string{"en"}}},
		{"LatinBilingual", "Emil Noble", certificate.Style{Design: "portrait", Size: certificate.A4, Languages: []string{"en", "de"}}},
		{"Japanese", "山田 太郎", certificate.Style{Design: "classic", Size: certificate.A4, Languages: []string{"en"}}},
		{"Arabic", "محمد الأحمد", certificate.Style{Design: "classic", Size: certificate.A4, Languages: []string{"ar"}}},
	} {
		b.Run(row.name, func(b *testing.B) {
			c := issued(row.holder, 1)
			pdf := printedAs(b, press, c, row.style)
			e := &Examiner{}
			by := &examined{leads: func(text string) bool { return e.leads(text, c) }, proves: func(string) bool { return false }, designs: e.designs()}
			b.ReportAllocs()
			for b.Loop() {
				d, err := openPDF(context.Background(), pdf)
				if err != nil {
					b.Fatal(err)
				}
				d.collectPages(&Found{})
				s := d.show(d.pages[0])
				d.suspect(pdf, s)
				if f := s.compare(c, by).finding(); f.kind != agrees {
					b.Fatal(f)
				}
			}
		})
	}
}
