package certificate

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// The fixed wording, a file for each language. Everything else that stands on a
// page comes from the signed credential. The press prints it, and whoever
// compares a paper with its credential takes it for granted: a changed word makes
// every paper printed before read as altered, unless the old one stays known to
// [Design.Plan].
//
//go:embed wording/*.json
var wordingFiles embed.FS

// tags are the languages of the wording, in the order in which they are offered.
var tags = []string{"en", "de", "fr", "es", "ar"}

// Languages returns the languages of the fixed wording.
func Languages() []string { return slices.Clone(tags) }

// The keys of the wording, as designs name them.
const (
	wordCertificate  = "certificate"  // heading: what the paper is
	wordIntro        = "intro"        // before the name
	wordQualified    = "qualified"    // between name and title, of what does not expire
	wordCertified    = "certified"    // between name and title, of what expires
	wordForever      = "forever"      // in place of an expiry
	wordCheck        = "check"        // beside the QR code of the address
	wordOffline      = "offline"      // beside the second QR code
	wordSpecimen     = "specimen"     // across the page
	wordSpecimenNote = "specimenNote" // what a specimen is

	// wordPhrase stands for qualified or certified, whichever is true: the one
	// fact that the wording must get right.
	wordPhrase = "phrase"
)

// wordKeys lists every key that a language must have. Beside those above they
// are the labels of facts.
var wordKeys = []string{
	wordCertificate, wordIntro, wordQualified, wordCertified, wordForever,
	FactBody, FactScope, FactDecider, FactDecided, FactNumber, FactEffective, FactExpiry, FactScheme, FactEdition, FactCode,
	wordCheck, wordOffline, wordSpecimen, wordSpecimenNote,
}

// wording is the fixed wording of one language.
type wording struct {
	Language  string            `json:"language"`
	Name      string            `json:"name"` // in the language itself
	Direction string            `json:"direction"`
	Scale     float64           `json:"scale"` // of the size of type: some scripts look smaller than Latin at the same size
	Deep      float64           `json:"deep"`  // how much further its letters reach above and below than Latin ones, of the size
	Months    [12]string        `json:"months"`
	Day       string            `json:"day"`   // with {day}, {month} and {year}
	First     string            `json:"first"` // the first day of a month
	Through   string            `json:"through"`
	Words     map[string]string `json:"words"`
}

func (w *wording) rtl() bool { return w.Direction == "rtl" }

// day writes a date so that no reader can take the month for the day.
func (w *wording) day(d Day) string {
	if d.Month < 1 || d.Month > 12 {
		return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
	}
	day := strconv.Itoa(d.Day)
	if d.Day == 1 {
		day = w.First
	}
	return expand(w.Day, "day", day, "month", w.Months[d.Month-1], "year", strconv.Itoa(d.Year))
}

func (w *wording) expiry(d *Day) string {
	if d == nil {
		return w.Words[wordForever]
	}
	return expand(w.Through, "day", w.day(*d))
}

// expand puts values into one of the patterns above; values are not looked into.
func expand(pattern string, pairs ...string) string {
	out := make([]byte, 0, 48)
	for pattern != "" {
		at := strings.IndexByte(pattern, '{')
		if at < 0 {
			break
		}
		out = append(out, pattern[:at]...)
		pattern = pattern[at:]
		found := false
		for i := 0; i < len(pairs); i += 2 {
			if n := len(pairs[i]); len(pattern) > n+1 && pattern[1:n+1] == pairs[i] && pattern[n+1] == '}' {
				out, pattern, found = append(out, pairs[i+1]...), pattern[n+2:], true
				break
			}
		}
		if !found {
			out, pattern = append(out, '{'), pattern[1:]
		}
	}
	return string(append(out, pattern...))
}

// wordings reads the catalogues, each language once.
var wordings = sync.OnceValues(func() (map[string]*wording, error) {
	all := map[string]*wording{}
	var errs []error
	for _, tag := range tags {
		data, err := wordingFiles.ReadFile("wording/" + tag + ".json")
		if err != nil {
			return nil, err
		}
		w, err := readWording("wording/"+tag+".json", tag, data)
		all[tag], errs = w, append(errs, err)
	}
	return all, errors.Join(errs...)
})

func readWording(file, tag string, data []byte) (*wording, error) {
	r := &reader{file: file}
	w := new(wording)
	if r.read(data, w) {
		w.check(r, tag)
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return w, nil
}

// check tells what a catalogue lacks.
func (w *wording) check(r *reader, tag string) {
	if w.Language != tag {
		r.fault("language", "it must be %q, as the file is named", tag)
	}
	if w.Direction != "ltr" && w.Direction != "rtl" {
		r.fault("direction", "it must be ltr or rtl")
	}
	within(r, "scale", w.Scale, 0.8, 1.5)
	within(r, "deep", w.Deep, 0, 0.6)
	for i, m := range w.Months {
		if m == "" {
			r.fault(fmt.Sprintf("months[%d]", i), "it is empty")
		}
	}
	for _, p := range []struct {
		name, text string
		holds      []string
	}{{"day", w.Day, []string{"{day}", "{month}", "{year}"}}, {"through", w.Through, []string{"{day}"}}} {
		for _, value := range p.holds {
			if strings.Count(p.text, value) != 1 {
				r.fault(p.name, "it must have %s once", value)
			}
		}
	}
	for _, key := range wordKeys {
		if w.Words[key] == "" {
			r.fault("words."+key, "it is missing")
		}
	}
	for _, key := range sortedKeys(w.Words) {
		if !slices.Contains(wordKeys, key) {
			r.fault("words."+key, "there is no such text%s", meant(key, wordKeys))
		}
		checkWords(r, "words."+key, w.Words[key])
	}
}

const maxWords = 300 // characters of one fixed text

// checkWords refuses a fixed text that would be printed otherwise than it is
// written.
func checkWords(r *reader, place, text string) {
	if n := len([]rune(text)); n > maxWords {
		r.fault(place, "it has %d characters, and at most %d are printed", n, maxWords)
	}
	for _, c := range text {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029' {
			r.fault(place, "it holds U+%04X, which is invisible; remove it", c)
			return
		}
	}
	if text != strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c == ' ' }), " ") {
		r.fault(place, "it begins or ends with a space, or has two in a row")
	}
}
