package issuer_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

func TestApplicationIsReadStrictly(t *testing.T) {
	good := string(scheme.Examples()[0].JSON)
	for name, text := range map[string]string{
		"with a byte order mark": "\ufeff" + good,
		"with space around it":   " \n" + good + "\n\n",
	} {
		if a, err := issuer.ParseApplication([]byte(text)); err != nil || a.Certificate != "FND" {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	for name, text := range map[string]string{
		"nothing":            "",
		"a list":             "[" + good + "]",
		"two applications":   good + good,
		"cut off":            good[:len(good)/2],
		"unknown member":     strings.Replace(good, `"language"`, `"langauge"`, 1),
		"member twice":       strings.Replace(good, `"language": "en"`, `"language": "en", "language": "de"`, 1),
		"member in capitals": strings.Replace(good, `"scheme"`, `"Scheme"`, 1),
		"unknown inside":     strings.Replace(good, `"provider"`, `"supplier"`, 1),
		"day that is not":    strings.Replace(good, "2026-01-23", "2026-02-30", 1),
		"day with a time":    strings.Replace(good, "2026-01-23", "2026-01-23T00:00:00Z", 1),
		"score in words":     strings.Replace(good, "85", `"85"`, 1),
		"score without end":  strings.Replace(good, "85", "1e999", 1),
		"two marks":          "\ufeff\ufeff" + good,
		"too long":           good + strings.Repeat(" ", 1<<20),
	} {
		if a, err := issuer.ParseApplication([]byte(text)); !errors.Is(err, issuer.ErrApplication) {
			t.Errorf("%s: %+v, %v; want ErrApplication", name, a, err)
		}
	}
}

// What has been read can be kept: written and read again it is the same.
func FuzzParseApplication(f *testing.F) {
	for _, ex := range scheme.Examples() {
		f.Add(ex.JSON)
	}
	f.Add([]byte(`{"id":"x","effective":"0000-01-01","exams":[{"score":1e-7,"parts":{"a":true}}],"experience":[{"to":null}]}`))
	f.Add([]byte("\ufeff{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := issuer.ParseApplication(text)
		if err != nil {
			if !errors.Is(err, issuer.ErrApplication) || a != nil {
				t.Fatalf("%+v, %v", a, err)
			}
			return
		}
		kept, err := json.Marshal(a)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if a.Decided.Date.IsZero() || hasNoDay(a) {
			return // refused before it is kept
		}
		again, err := issuer.ParseApplication(kept)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, kept)
		}
		if twice, err := json.Marshal(again); err != nil || string(twice) != string(kept) || !reflect.DeepEqual(again.Candidate, a.Candidate) {
			t.Fatalf("%v\n%s\n%s", err, kept, twice)
		}
	})
}

// hasNoDay reports whether a day is missing somewhere in the evidence, which
// its check refuses; the zero day cannot be written and read again.
func hasNoDay(a *issuer.Application) bool {
	text, err := json.Marshal(a)
	return err == nil && strings.Contains(string(text), `"0000-00-00"`)
}

func TestNameHasALimit(t *testing.T) {
	d := newDesk(t, "", november)
	long := foundation(t, "a1", "c1", func(a *issuer.Application) { a.Candidate.Name = strings.Repeat("Ł", scheme.MaxName) })
	d.recordsNothing(t, func() {
		_, err := d.Issue(t.Context(), clerk, long)
		mustSay(t, err, "candidate name", "longer than 300 bytes")
	})
}
