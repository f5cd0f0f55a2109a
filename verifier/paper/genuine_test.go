package paper

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/credential"
)

// issued is a credential of which papers are printed here.
func issued(holder string, n int) *credential.Credential {
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.FixedZone("", 3600)).AddDate(0, 0, -17*n)
	c := &credential.Credential{
		ID: fmt.Sprintf("https://certs.example.org/certificates/%026X", n), Description: "Planning and running of services in organisations of every size.",
		Issuer:    credential.Profile{ID: "https://certs.example.org", Name: "Institute for Services"},
		ValidFrom: credential.Time{Time: from}, AwardedDate: &credential.Time{Time: from.AddDate(0, 0, -9)},
		Subject: credential.Subject{
			LicenseNumber: fmt.Sprintf("IFS-%05d-%05d", n*7919%100000, n),
			Identifier:    []credential.IdentityObject{{Type: "IdentityObject", IdentityType: "name", IdentityHash: holder}},
			Achievement: credential.Achievement{
				Name: "Professional in Service Management", HumanCode: "PRO-MGT", Version: "3.2",
				Alignment: []credential.Alignment{{TargetName: "Scheme for Services, Part One", TargetType: credential.AlignmentScheme}},
			},
		},
		Evidence: []credential.Evidence{{Genre: credential.GenreDecision, Description: "Dr. Theodora Decker"}},
	}
	if n%2 == 0 {
		c.ValidUntil = &credential.Time{Time: from.AddDate(3, 0, 0).Add(-time.Second)}
	}
	if n%3 == 0 {
		c.Subject.Achievement.Tag = []string{credential.TagSpecimen}
	}
	return c
}

// printedAs prints the paper of a credential.
func printedAs(t testing.TB, press issuer.Press, c *credential.Credential, s certificate.Style) []byte {
	t.Helper()
	p := issuer.PaperOf(c, "eyJ.e30.AA")
	p.Style = s
	pdf, err := press.Render(context.Background(), p)
	if err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	return pdf
}

// heldAgainst is what the comparison of a document with a credential finds.
func heldAgainst(t testing.TB, pdf []byte, c *credential.Credential) *comparison {
	t.Helper()
	d, err := openPDF(context.Background(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	d.collectPages(&Found{})
	s := d.show(d.pages[0])
	d.suspect(pdf, s)
	e := &Examiner{}
	return s.compare(c, &examined{
		leads:   func(text string) bool { return e.leads(text, c) },
		proves:  func(string) bool { return false },
		designs: e.designs(),
	})
}

// styles are all ways in which built-in designs print, two languages at a time
// included.
func styles() (all []certificate.Style) {
	for _, d := range certificate.Builtin().All() {
		for _, size := range d.Sizes {
			for _, a := range d.Languages {
				all = append(all, certificate.Style{Design: d.Name, Size: size, Languages: []string{a}})
				for _, b := range d.Languages {
					if a != b {
						all = append(all, certificate.Style{Design: d.Name, Size: size, Languages: []string{a, b}})
					}
				}
			}
		}
	}
	return all
}

// Papers of every design in every size and language, for holders of all scripts,
// show what was signed.
func TestPapersOfEveryDesignAgree(t *testing.T) {
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	sealing, e := sealedPress(t), sealExaminer(t)
	all := styles()
	seen := map[string]bool{}
	var longest time.Duration
	for i, style := range all {
		if raceDetector && i%11 != 0 {
			continue
		}
		c := issued(scripts[i%len(scripts)], i)
		pdf := printedAs(t, press, c, style)
		start := time.Now()
		held := heldAgainst(t, pdf, c)
		longest = max(longest, time.Since(start))
		if f := held.finding(); f.kind != agrees {
			t.Errorf("%s %s %s, %s: %s", style.Design, style.Size, strings.Join(style.Languages, "+"), c.Holder(), fmt.Sprintf(f.format, f.args...))
			if held.seen != nil {
				t.Logf("  taken for %+v, %d of %d words, unproven %v, doubts %q, faults %v", held.seen.style, held.seen.found, held.seen.words, held.unproven, held.doubts, held.faults)
			}
		} else if held.seen.style.Design != style.Design || !slices.Equal(held.seen.style.Languages, style.Languages) {
			t.Errorf("%+v was taken for %+v", style, held.seen.style)
		}
		seen[style.Design] = true
		if kind, says := answer(t, e, printedAs(t, sealing, c, style), scripts[i%len(scripts)], i); kind != agrees || says != saysSealed {
			t.Errorf("%+v, sealed: %d %s", style, kind, says)
		}
	}
	t.Logf("%d papers of %d designs, the slowest in %v", len(all), len(seen), longest.Round(time.Millisecond))
}
