package templates

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCataloguesAgree(t *testing.T) {
	all, err := Languages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(Tags) || len(all[0].Words) < 200 {
		t.Errorf("%d languages of %d messages", len(all), len(all[0].Words))
	}
	for english, words := range all[0].Words {
		if english != words {
			t.Errorf("in English, %q is %q", english, words)
		}
	}
	for _, broken := range []struct{ english, words string }{
		{"Valid on %s", "Gültig"}, {"Valid on %s", "Gültig am %[1]d"}, {"Valid on %s", "Gültig am %[2]s"}, {"%s and %d", "%[2]s und %[1]d"}, {"Valid", ""}, {"Valid", "100 %d"},
	} {
		en, de := &Language{Tag: "en", Words: map[string]string{broken.english: broken.english}}, &Language{Tag: "de", Words: map[string]string{broken.english: broken.words}}
		if agree([]*Language{en, de}) == nil {
			t.Errorf("%q passes for %q", broken.words, broken.english)
		}
	}
	if err := agree([]*Language{{Tag: "en", Words: map[string]string{"%s of %q": "%s of %q"}}, {Tag: "de", Words: map[string]string{"%s of %q": "%[2]q: %[1]s, 5 %%"}}}); err != nil {
		t.Error(err)
	}
}

// What a page tells a reader to compare word for word is what the paper says.
func TestPagesHaveTheWordsOfPapers(t *testing.T) {
	all, err := Languages()
	if err != nil {
		t.Fatal(err)
	}
	paper := func(tag string) *wording {
		text, err := os.ReadFile("certificate/wording/" + tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		w := new(wording)
		if err := json.Unmarshal(text, w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	for _, l := range all {
		w := paper(l.Tag)
		if l.Text(forever) != w.Words["forever"] || l.Say(through, "Tag").String() != strings.ReplaceAll(w.Through, "{day}", "Tag") || !slices.Equal(l.Months, w.Months) {
			t.Errorf("%s: %q, %q, %q", l.Tag, l.Text(forever), l.Say(through, "Tag"), l.Months)
		}
		page := func() *Language {
			words := maps.Clone(l.Words)
			delete(words, through)
			delete(words, forever)
			return &Language{Tag: l.Tag, Words: words}
		}
		if err := page().takeWording(w); err != nil {
			t.Error(err)
		}
		for message, key := range labels {
			other, gone, changed := page(), paper(l.Tag), paper(l.Tag)
			other.Words[message] += "x"
			delete(gone.Words, key)
			changed.Words[key] = "X" + changed.Words[key]
			if other.takeWording(w) == nil || page().takeWording(gone) == nil || page().takeWording(changed) == nil {
				t.Errorf("%s: that %q is another on the paper is not noticed", l.Tag, message)
			}
		}
		for _, message := range []string{through, forever} {
			own := page()
			own.Words[message] = l.Words[message]
			if own.takeWording(w) == nil {
				t.Errorf("%s: the catalogue may say %q in words of its own", l.Tag, message)
			}
		}
	}
}

// The messages of the verifier are looked for where its findings are put into
// words, in verifier/web.
func TestPagesHaveTheirWords(t *testing.T) {
	w, err := NewWeb(Site{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range refusals {
		for _, message := range append(r.Text, r.Title) {
			for _, l := range w.languages {
				if !l.Has(message) {
					t.Errorf("%s lacks %q", l.Tag, message)
				}
			}
		}
	}
	page, err := w.pages["en"]["home"].Clone()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.New("more").Parse(`{{if t "Nobody has this"}}{{with say "Nor this %s" .}}{{.}}{{end}}{{end}}`); err != nil {
		t.Fatal(err)
	}
	w.pages["en"]["home"] = page
	if err := w.worded(); err == nil || !strings.Contains(err.Error(), "Nobody has this") || !strings.Contains(err.Error(), "Nor this %s") {
		t.Errorf("words that no catalogue has are not missed: %v", err)
	}
}

func TestDaysAndTimesAreWritten(t *testing.T) {
	all, err := Languages()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 0, 30, 5, 0, time.FixedZone("", 3600))
	for tag, want := range map[string][2]string{
		"en": {"1 November 2026", "31 October 2026, 23:30 UTC"}, "de": {"1. November 2026", "31. Oktober 2026, 23:30 UTC"}, "fr": {"1er novembre 2026", "31 octobre 2026 à 23:30 UTC"},
		"es": {"1 de noviembre de 2026", "31 de octubre de 2026, 23:30 UTC"}, "ar": {"1 نوفمبر 2026", "31 أكتوبر 2026، الساعة 23:30 بالتوقيت العالمي المنسق"},
	} {
		l := all[slices.Index(Tags, tag)]
		day, minute := l.Date(at), l.Clock(at)
		if got := strings.ReplaceAll(day.Text, "\u00a0", " "); got != want[0] || day.ISO != "2026-11-01" {
			t.Errorf("%s: %q %s", tag, got, day.ISO)
		}
		if got := strings.ReplaceAll(minute.Text, "\u00a0", " "); got != want[1] || minute.ISO != "2026-10-31T23:30:05Z" {
			t.Errorf("%s: %q %s", tag, got, minute.ISO)
		}
		if second := l.Second(at); !strings.Contains(second.Text, "23:30:05") {
			t.Errorf("%s: %q", tag, second.Text)
		}
	}
}

func TestTheLanguageIsThatOfTheReader(t *testing.T) {
	w, err := NewWeb(Site{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query, accept, tag string
		chosen             bool
	}{
		{"", "", "en", false}, {"", "de", "de", false}, {"", "de-AT, en;q=0.5", "de", false}, {"", "fr-CA;q=0.8, es;q=0.9", "es", false}, {"", "ar-EG", "ar", false},
		{"", "tlh, zz", "en", false}, {"", "*", "en", false}, {"", ";;;,q=", "en", false}, {"", "\xff\xfe", "en", false}, {"", strings.Repeat("x-", 9000) + "de", "en", false},
		{"", strings.Repeat("zz-ZZ;q=0.1,", 4) + "fr", "fr", false}, {"lang=ar", "de", "ar", true}, {"at=1&lang=fr", "de", "fr", true}, {"lang=zz", "de", "de", false}, {"lang=", "es", "es", false},
		{"lang=DE", "", "en", false}, {"xlang=de", "", "en", false}, {"lang=%zz", "", "en", false},
	} {
		for range 2 { // found out, and kept
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.URL.RawQuery = c.query
			req.Header.Set("Accept-Language", c.accept)
			v := w.View(req)
			if v.Language.Tag != c.tag || v.Chosen != c.chosen {
				t.Errorf("%q %.40q: %s %t", c.query, c.accept, v.Language.Tag, v.Chosen)
			}
		}
	}
}

func TestARefusalSpeaksTheLanguageOfTheReader(t *testing.T) {
	w, err := NewWeb(Site{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for status := range refusals {
		for _, tag := range Tags {
			var bodies []string
			for _, path := range []string{"/c/x", "/c/0123456789ABCDEFGHJKMNPQRS?lang=" + tag, "/"} {
				rec, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, nil)
				req.Header.Set("Accept-Language", tag)
				w.RefuseIn(rec, req, status)
				if rec.Code != status || rec.Header().Get("Content-Language") != tag || rec.Header().Get("Vary") == "" || rec.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("%d in %s: %d %v", status, tag, rec.Code, rec.Header())
				}
				bodies = append(bodies, rec.Body.String())
			}
			if bodies[0] != bodies[1] || bodies[0] != bodies[2] {
				t.Errorf("%d in %s is not always the same", status, tag)
			}
			if seen[bodies[0]] || (tag == "ar") != strings.Contains(bodies[0], `<html lang="ar" dir="rtl">`) {
				t.Errorf("%d in %s is that of another, or runs in the wrong direction", status, tag)
			}
			seen[bodies[0]] = true
		}
	}
	a, b := httptest.NewRecorder(), httptest.NewRecorder()
	w.Refuse(a, http.StatusNotFound)
	w.RefuseIn(b, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusNotFound)
	if a.Body.String() != b.Body.String() {
		t.Error("who asks for no language is not answered in English")
	}
}

func TestValuesStayApartFromTheSentence(t *testing.T) {
	all, err := Languages()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all[1:] {
		const note, says = "The file has a signature of somebody who is not known here; it was not considered.", "The paper does not show “%s”."
		if got, want := l.Say(says+" "+note, "Ada").String(), l.Say(says, "Ada").String()+" "+l.Text(note); got != want || strings.Contains(got, "The ") {
			t.Errorf("%s: a finding with a note is %q, want %q", l.Tag, got, want)
		}
	}
	words := all[4].Say("The issuer %s is trusted, and the key is one of its own.", "Ada\u202e\x00")
	found := false
	for _, w := range words {
		found = found || w.Kind == Value && w.Text == "Ada\ufffd\ufffd"
	}
	if !found {
		t.Errorf("%+v", words)
	}
	if got := all[0].Say("%s lacks one: %s", "x").String(); got != "x lacks one: …" {
		t.Errorf("%q", got)
	}
}
