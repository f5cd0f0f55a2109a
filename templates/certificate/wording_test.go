package certificate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/templates/typeface"
)

func allWordings(t *testing.T) map[string]*wording {
	t.Helper()
	all, err := wordings()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryLanguageHasTheWholeWording(t *testing.T) {
	all := allWordings(t)
	if len(all) != 5 || !slices.Equal(Languages(), []string{"en", "de", "fr", "es", "ar"}) {
		t.Fatalf("%d languages", len(all))
	}
	for tag, w := range all {
		if len(w.Words) != len(wordKeys) {
			t.Errorf("%s: %d texts, there are %d", tag, len(w.Words), len(wordKeys))
		}
		if w.rtl() != (tag == "ar") {
			t.Errorf("%s: %s", tag, w.Direction)
		}
		for key, text := range w.Words {
			if tag != "en" && text == all["en"].Words[key] && key != FactCode && key != wordSpecimen {
				t.Errorf("%s: %s is English: %q", tag, key, text)
			}
			for _, family := range []*typeface.Family{typeface.Serif(), typeface.Italic(), typeface.Sans()} {
				if _, err := family.Set(text, typeface.Options{Language: tag, RTL: w.rtl()}); err != nil {
					t.Errorf("%s: %s: %v", tag, key, err)
				}
			}
		}
		// Whoever reads a page finds his way by the labels, so no two may be alike.
		seen := map[string]string{}
		for _, key := range allFacts {
			label := w.Words[key]
			if label != "" && seen[label] != "" {
				t.Errorf("%s: %s and %s are both called %q", tag, key, seen[label], label)
			}
			seen[label] = key
		}
		// What expires and what does not must never read alike.
		if w.Words[wordQualified] == w.Words[wordCertified] || strings.Contains(w.Words[wordForever], w.expiry(&Day{2029, 11, 19})) {
			t.Errorf("%s: the wording does not tell which certificate ends", tag)
		}
	}
}

func TestWordingOfCertificates(t *testing.T) {
	all := allWordings(t)
	for _, test := range []struct{ tag, day, first, until string }{
		{"en", "3 February 2026", "1 August 2026", "valid through 19 November 2029"},
		{"de", "3. Februar 2026", "1. August 2026", "gültig bis einschließlich 19. November 2029"},
		{"fr", "3 février 2026", "1er août 2026", "valable jusqu’au 19 novembre 2029 inclus"},
		{"es", "3 de febrero de 2026", "1 de agosto de 2026", "válido hasta el 19 de noviembre de 2029 inclusive"},
		{"ar", "3 فبراير 2026", "1 أغسطس 2026", "سارية حتى نهاية يوم 19 نوفمبر 2029"},
	} {
		w := all[test.tag]
		if got := w.day(Day{2026, time.February, 3}); got != test.day {
			t.Errorf("%s: %s", test.tag, got)
		}
		if got := w.day(Day{2026, time.August, 1}); got != test.first {
			t.Errorf("%s: %s", test.tag, got)
		}
		if got := w.expiry(&Day{2029, time.November, 19}); got != test.until {
			t.Errorf("%s: %s", test.tag, got)
		}
		if got := w.expiry(nil); got != w.Words[wordForever] {
			t.Errorf("%s: %s", test.tag, got)
		}
	}
	if w := all["en"].Words; strings.Contains(w[wordQualified], "period") || !strings.Contains(w[wordCertified], "period") {
		t.Error("the phrases are exchanged")
	}
}

// Values of a pattern are not patterns themselves.
func TestPatternsAreExpandedOnce(t *testing.T) {
	if got := expand("{day}-{month} {x} {", "day", "{month}", "month", "5"); got != "{month}-5 {x} {" {
		t.Errorf("%q", got)
	}
}

func TestFaultsOfAWordingAreNamed(t *testing.T) {
	good, err := wordingFiles.ReadFile("wording/en.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ from, to, want string }{
		{`"language": "en"`, `"language": "de"`, "language: it must be \"en\""},
		{`"ltr"`, `"down"`, "direction: it must be ltr or rtl"},
		{`"March", `, ``, "months: it must have 12 entries, and has 11"},
		{`"March"`, `""`, "months[2]: it is empty"},
		{`"{day} {month} {year}"`, `"{day}.{month}"`, "day: it must have {year} once"},
		{`"valid through {day}"`, `"valid"`, "through: it must have {day} once"},
		{`  "intro": "This is to certify that",`, ``, "words.intro: it is missing"},
		{`"intro":`, `"entry": "x", "intro":`, "words.entry: there is no such text"},
		{`"This is to certify that"`, `"This is to certify  that"`, "words.intro: it begins or ends with a space, or has two in a row"},
		{`"scale": 1`, `"scale": 9`, "scale: it must be from 0.8 to 1.5"},
	} {
		_, err := readWording("wording/en.json", "en", []byte(replaced(t, string(good), test.from, test.to)))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.to, err)
		}
	}
}
