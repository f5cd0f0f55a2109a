package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// testAlike compares what the page of the second QR code says with what a paper
// says: word for word, as it asks its reader to. The days are put into words by the
// script, so this is looked at in the browser.
func testAlike(t *testing.T, b *tab) {
	h := newSummaryHouse(t)
	was := b.home
	b.home = h.url
	defer func() { b.home = was }()
	zone := time.FixedZone("", -5*60*60)
	day := func(at time.Time) certificate.Day {
		year, month, day := at.Date()
		return certificate.Day{Year: year, Month: month, Day: day}
	}
	compared := 0
	for _, tag := range templates.Tags {
		b.open(t, "/v?lang="+tag)
		for month := time.January; month <= time.December; month++ {
			from := time.Date(2026, month, 1+int(month)%3, 0, 0, 0, 0, zone)
			until := credential.Time{Time: time.Date(2029, month, 1, 23, 59, 59, 0, zone)}
			for _, lasting := range []bool{false, true} {
				s := h.facts(keys.ES256, func(s *summary.Summary) {
					s.Decided, s.From, s.Until = credential.Time{Time: from.AddDate(0, 0, -3)}, credential.Time{Time: from}, &until
					if lasting {
						s.Until, s.Competence = nil, false
					}
				})
				shows(t, b, h.code(t, h.rings[keys.ES256], s))
				rows := eval[[][]string](t, b, `[...document.querySelectorAll("#facts dl > div")].filter(e => e.checkVisibility()).map(e => [...e.children].map(c => c.textContent.replaceAll("\u00a0", " ")))`)
				facts := certificate.Facts{
					Holder: s.Holder, Title: s.Title, Code: s.Code, Number: s.Number, Scope: *s.Scope, Scheme: s.Scheme, Edition: s.Edition, Body: s.Body, Decider: s.Decider,
					Decided: day(s.Decided.Time), Effective: day(s.From.Time), Link: s.Issuer + "/c/" + s.ID,
				}
				if s.Until != nil {
					last := day(s.Until.Time)
					facts.Expires = &last
				}
				for _, d := range certificate.Builtin().All() {
					plan, err := d.Plan(facts, certificate.Style{Languages: []string{tag}})
					must(t, err)
					for _, difference := range unlike(rows, plan) {
						t.Errorf("%s in %s: %s", d.Name, tag, difference)
					}
					facts := facts
					facts.Decided.Year++
					if plan, err = d.Plan(facts, certificate.Style{Languages: []string{tag}}); err != nil || len(unlike(rows, plan)) == 0 {
						t.Errorf("%s in %s: another year is not noticed: %v", d.Name, tag, err)
					}
					compared++
				}
			}
		}
	}
	t.Logf("%d papers compared", compared)
	b.quiet(t)
}

// unlike compares what a page says, label and value, with what a paper does. Labels
// of papers are in capitals; over the name, the title and the body no design has one.
func unlike(rows [][]string, p *certificate.Plan) (list []string) {
	facts, words := map[string]string{}, map[string]bool{}
	for _, place := range p.Places {
		for _, e := range place.Entries {
			words[strings.ToUpper(e.Want)] = true
			if e.Fact != "" && e.Fact != certificate.FactLink {
				facts[e.Want] = e.Fact
			}
		}
	}
	for _, r := range rows {
		if len(r) != 2 {
			return []string{fmt.Sprintf("the page says %q", r)}
		}
		fact, ok := facts[r[1]]
		bare := fact == certificate.FactHolder || fact == certificate.FactTitle || fact == certificate.FactBody
		if !ok || !bare && !words[strings.ToUpper(r[0])] {
			list = append(list, fmt.Sprintf("the paper does not say %q", r))
		}
	}
	for fact := range facts {
		if !slices.ContainsFunc(rows, func(r []string) bool { return r[1] == fact }) {
			list = append(list, fmt.Sprintf("the page does not say %q", fact))
		}
	}
	return list
}
