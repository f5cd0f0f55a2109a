package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/testamur/testamur/templates/certificate"
)

func TestHouseChoosesTheDesignAndThePaperMayChooseOtherwise(t *testing.T) {
	asked := ""
	p, err := New(House{Choice: func(scheme string) certificate.Style {
		asked = scheme
		return certificate.Style{Design: "portrait", Size: certificate.Letter, Languages: []string{"de"}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	q := paper()
	q.SchemeID = "iso20000"
	for _, c := range []struct {
		paper     certificate.Style
		design    string
		size      certificate.Size
		languages []string
	}{
		{certificate.Style{}, "portrait", certificate.Letter, []string{"de"}},
		{certificate.Style{Size: certificate.A4}, "portrait", certificate.A4, []string{"de"}},
		{certificate.Style{Design: "modern", Languages: []string{"fr", "en"}}, "modern", certificate.Letter, []string{"fr", "en"}},
	} {
		q.Style = c.paper
		page, _, _, err := p.Lay(q)
		if err != nil {
			t.Fatal(err)
		}
		if page.Design.Name != c.design || page.Size != c.size || !slices.Equal(page.Languages, c.languages) {
			t.Errorf("%+v: printed as %s, %s, %v", c.paper, page.Design.Name, page.Size, page.Languages)
		}
	}
	if asked != q.SchemeID {
		t.Errorf("the house was asked for the scheme %q", asked)
	}
	q.Style = certificate.Style{}
	page, _, _, err := press(t).Lay(q)
	if err != nil || page.Design.Name != certificate.Builtin().For("iso20000").Name || page.Size != certificate.A4 || !slices.Equal(page.Languages, []string{"en"}) {
		t.Errorf("without a choice: %v, %v", page, err)
	}
	for _, bad := range []certificate.Style{{Design: "../classic"}, {Design: "none"}, {Size: "A0"}, {Languages: []string{"xx"}}, {Languages: []string{"en", "de", "fr"}}} {
		q.Style = bad
		if err := press(t).Check(q); err == nil {
			t.Errorf("%+v is printed", bad)
		}
	}
}

func TestSpecimenIsMarked(t *testing.T) {
	p, q := press(t), paper()
	for _, d := range certificate.Builtin().All() {
		for _, tag := range []string{"en", "ar"} {
			q.Style = certificate.Style{Design: d.Name, Languages: []string{tag}}
			q.Specimen = false
			plain, _, _, err := p.Lay(q)
			if err != nil {
				t.Fatal(err)
			}
			q.Specimen = true
			marked, _, _, err := p.Lay(q)
			if err != nil {
				t.Fatal(err)
			}
			if plain.Mark != nil || marked.Mark == nil || len(marked.Texts) <= len(plain.Texts) {
				t.Errorf("%s in %s: the specimen is not marked, or all are", d.Name, tag)
			}
			if tag == "en" && !strings.Contains(string(read(t, "pdftotext", "-raw", save(t, render(t, p, q)), "-")), marked.Texts[0].Line.Text[:8]) {
				t.Errorf("%s: the page lacks its first line", d.Name)
			}
			g := raster(t, render(t, p, q), 40)
			q.Specimen = false
			if _, many, err := g.differ(raster(t, render(t, p, q), 40)); err != nil || many == 0 && bytes.Equal(g.pix, raster(t, render(t, p, q), 40).pix) {
				t.Errorf("%s in %s: the mark leaves no ink", d.Name, tag)
			}
		}
	}
}
