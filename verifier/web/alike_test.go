package web

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/templates"
	look "github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/credential"
)

var (
	sheets = regexp.MustCompile(`(?s)<section class="sheet">(.*?)</section>`)
	rows   = regexp.MustCompile(`(?s)<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
)

// onSheet is what a page says under one label.
type onSheet struct{ label, value string }

// sheetOf is what a page says that the paper must say.
func sheetOf(t *testing.T, page string) (found []onSheet) {
	t.Helper()
	plain := func(s string) string {
		return strings.ReplaceAll(html.UnescapeString(tags.ReplaceAllString(s, "")), "\u00a0", " ")
	}
	sheet := sheets.FindStringSubmatch(page)
	if sheet == nil {
		t.Fatalf("nothing that the paper must say is on\n%s", page)
	}
	for _, m := range rows.FindAllStringSubmatch(sheet[1], -1) {
		found = append(found, onSheet{plain(m[1]), plain(m[2])})
	}
	return found
}

// differences compares what a page says with what a paper does. Labels of papers
// are in capitals; over the name, the title and the body no design has one.
func differences(sheet []onSheet, p *look.Plan) (list []string) {
	facts, words := map[string]string{}, map[string]bool{}
	for _, place := range p.Places {
		for _, e := range place.Entries {
			words[strings.ToUpper(e.Want)] = true
			if e.Fact != "" && e.Fact != look.FactLink {
				facts[e.Want] = e.Fact
			}
		}
	}
	for _, r := range sheet {
		fact, ok := facts[r.value]
		bare := fact == look.FactHolder || fact == look.FactTitle || fact == look.FactBody
		if !ok || !bare && !words[strings.ToUpper(r.label)] {
			list = append(list, fmt.Sprintf("the paper does not say %q", r))
		}
	}
	for fact := range facts {
		if !slices.ContainsFunc(sheet, func(r onSheet) bool { return r.value == fact }) {
			list = append(list, fmt.Sprintf("the page does not say %q", fact))
		}
	}
	return list
}

// factsOf are what is printed of a credential.
func factsOf(t *testing.T, c *credential.Credential) look.Facts {
	t.Helper()
	day := func(at time.Time) look.Day {
		year, month, day := at.Date()
		return look.Day{Year: year, Month: month, Day: day}
	}
	s, ok := c.Scheme()
	if !ok {
		t.Fatal("it is of no scheme")
	}
	a := c.Subject.Achievement
	f := look.Facts{
		Holder: c.Holder(), Title: a.Name, Code: a.HumanCode, Number: c.Subject.LicenseNumber, Scope: c.Description, Scheme: s.TargetName, Edition: a.Version,
		Body: c.Issuer.Name, Decider: c.Decider(), Decided: day(c.AwardedDate.Time), Effective: day(c.ValidFrom.Time), Link: "https://certs.example.org/c/0",
	}
	if c.ValidUntil != nil {
		until := day(c.ValidUntil.Time)
		f.Expires = &until
	}
	return f
}

// Whoever compares paper and page word for word, as the page asks, finds the same
// words: in every language, in every design, of what expires and of what does not,
// in every month and on its first day.
func TestPagesSayWordForWordWhatPapersSay(t *testing.T) {
	o := newOffice(t)
	zone := time.FixedZone("", 2*60*60)
	for month := time.January; month <= time.December; month++ {
		from := time.Date(2026, month, 1+int(month)%3, 0, 0, 0, 0, zone)
		until := time.Date(2029, month, 1, 23, 59, 59, 0, zone)
		for kind, end := range []*time.Time{&until, nil} {
			id := fmt.Sprintf("0%02d%d%022d", month, kind, 0)
			c := o.credential(id, "1", 1, from, end)
			token, facts := o.sign(t, c), factsOf(t, c)
			o.tokens[id] = token
			for i, tag := range templates.Tags {
				sheet := sheetOf(t, o.get(t, "/c/"+id+"?lang="+tag).Body.String())
				dropped := o.ask(t, http.MethodPost, "/?lang="+tag, strings.NewReader("q="+token), "Content-Type: application/x-www-form-urlencoded")
				if again := sheetOf(t, dropped.Body.String()); !slices.Equal(sheet, again) {
					t.Errorf("%s: dropped, it says %q, and its page %q", tag, again, sheet)
				}
				for _, d := range look.Builtin().All() {
					compare := func(f look.Facts, tag string) []string {
						plan, err := d.Plan(f, look.Style{Languages: []string{tag}})
						if err != nil {
							t.Fatal(err)
						}
						return differences(sheet, plan)
					}
					if found := compare(facts, tag); len(found) > 0 {
						t.Errorf("%s in %s: %q", d.Name, tag, found)
					}
					// On the paper of another day, or in another language, are other words.
					later := facts
					later.Effective.Day++
					if other := templates.Tags[(i+1)%len(templates.Tags)]; len(compare(later, tag)) == 0 || len(compare(facts, other)) == 0 {
						t.Errorf("%s in %s: another day or %s is not noticed", d.Name, tag, other)
					}
				}
			}
		}
	}
}
