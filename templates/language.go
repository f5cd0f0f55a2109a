package templates

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/text/language"
)

// The catalogues: for each language how it writes times, and what each English
// message is in it. Beside them is what the papers say in it: whoever compares a
// paper with a page must find the same words on both.
//
//go:embed language certificate/wording
var catalogues embed.FS

// Tags are the languages of the pages, in the order in which they are offered.
// The first is that of the messages themselves, and of whoever asks for none.
var Tags = []string{"en", "de", "fr", "es", "ar"}

// Language is one language of the pages. It is not changed once read.
type Language struct {
	Tag       string            `json:"tag"`       // BCP 47
	Name      string            `json:"name"`      // in the language itself
	Direction string            `json:"direction"` // ltr or rtl
	Minute    string            `json:"minute"`    // day %[1]s, time %[2]s in UTC
	Quotes    [2]string         `json:"quotes"`
	Words     map[string]string `json:"words"` // English message → message

	// As papers have them.
	Months []string `json:"-"`
	First  string   `json:"-"` // the first day of a month
	Day    string   `json:"-"` // with {day}, {month} and {year}
}

// wording is what a paper says in a language, as the package certificate has it,
// which rests on this one.
type wording struct {
	Months  []string          `json:"months"`
	First   string            `json:"first"`
	Day     string            `json:"day"`
	Through string            `json:"through"` // with {day}
	Words   map[string]string `json:"words"`
}

// The messages that papers have as well. What they say of the expiry is taken from
// there. Labels, which they have in capitals, have capitals of their own in the
// catalogues, and must be the same words.
const (
	through = "valid through %s"
	forever = "does not expire"
)

var labels = map[string]string{ // message → key of the wording
	"Certificate": "certificate", "Certificate number": "number", "Effective date": "effective", "Expiry": "expiry", "Scope": "scope", "Scheme": "scheme",
	"Edition": "edition", "Code": "code", "Decision maker": "decider", "Date of decision": "decided", "Issued by": "body",
}

// takeWording takes from the wording what pages and papers have in common, and reports
// where the labels of the catalogue are others than those of the papers.
func (l *Language) takeWording(w *wording) error {
	var faults []error
	l.Months, l.First, l.Day = w.Months, w.First, w.Day
	for message, words := range map[string]string{through: strings.ReplaceAll(w.Through, "{day}", "%s"), forever: w.Words["forever"]} {
		if l.Words[message] != "" {
			faults = append(faults, fmt.Errorf("language %s: %q is for the wording of the papers to say", l.Tag, message))
		}
		l.Words[message] = words
	}
	for _, message := range slices.Sorted(maps.Keys(labels)) {
		if page, paper := l.Words[message], w.Words[labels[message]]; paper == "" || !strings.EqualFold(page, paper) {
			faults = append(faults, fmt.Errorf("language %s: pages say %q, and papers %q", l.Tag, page, paper))
		}
	}
	return errors.Join(faults...)
}

// Languages reads the catalogues. It fails if one lacks a message that another
// has, if a message does not take the values of the English one, or if a label is
// another than that of the papers.
func Languages() ([]*Language, error) {
	var all []*Language
	for _, tag := range Tags {
		l, w := new(Language), new(wording)
		for file, to := range map[string]any{"language/" + tag + ".json": l, "certificate/wording/" + tag + ".json": w} {
			text, err := catalogues.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("language %s: %w", tag, err)
			}
			if err := json.Unmarshal(text, to); err != nil {
				return nil, fmt.Errorf("language %s: %w", tag, err)
			}
		}
		if l.Tag != tag || l.Name == "" || len(l.Words) == 0 || len(w.Months) != 12 || l.Direction != "ltr" && l.Direction != "rtl" {
			return nil, fmt.Errorf("language %s: its catalogue is not complete", tag)
		}
		if err := l.takeWording(w); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, agree(all)
}

// agree reports where catalogues differ in what they hold.
func agree(all []*Language) error {
	messages := map[string]bool{}
	for _, l := range all {
		for english := range l.Words {
			messages[english] = true
		}
	}
	var faults []error
	for _, l := range all {
		for _, english := range slices.Sorted(maps.Keys(messages)) {
			switch words, ok := l.Words[english]; {
			case !ok || strings.TrimSpace(words) == "":
				faults = append(faults, fmt.Errorf("language %s lacks %q", l.Tag, english))
			case !maps.Equal(verbs(english), verbs(words)):
				faults = append(faults, fmt.Errorf("language %s: %q does not take the values of %q", l.Tag, words, english))
			}
		}
	}
	return errors.Join(faults...)
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?([a-z])|%%`)

// verbs returns the values that a message takes, by their place from 1, with
// their verbs.
func verbs(message string) map[int]string {
	found, next := map[int]string{}, 1
	for _, m := range verb.FindAllStringSubmatch(message, -1) {
		if m[0] == "%%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		found[next] = m[2]
		next++
	}
	return found
}

// Has reports whether the message has been put into the language.
func (l *Language) Has(message string) bool { return l.Words[message] != "" }

// Text returns a message without values. One that nobody has translated stays
// English.
func (l *Language) Text(message string) string {
	if words := l.Words[message]; words != "" {
		return words
	}
	return message
}

// Words are a text of several parts, which pages mark up each for itself: a value
// keeps its own direction inside a sentence of another.
type Words []Word

// Word is one part of a text.
type Word struct {
	Text string
	Kind Kind
	ISO  string // of a [Time], for programs
}

// Kind is what a part of a text is.
type Kind int

// The kinds. A Technical part is English wherever it stands.
const (
	Plain Kind = iota
	Value
	Time
	Address
	Technical
)

// Is helps templates tell the kinds apart.
func (w Word) Is(kind string) bool {
	switch w.Kind {
	case Value:
		return kind == "value"
	case Time:
		return kind == "time"
	case Address:
		return kind == "address"
	case Technical:
		return kind == "technical"
	}
	return false
}

func (w Words) String() string {
	var s strings.Builder
	for _, part := range w {
		s.WriteString(part.Text)
	}
	return s.String()
}

// sentences divides a message that is two, such as a finding with a note after it.
func (l *Language) sentences(message string) (head, tail string, two bool) {
	if l.Has(message) {
		return "", "", false
	}
	for at := 0; ; {
		i := strings.Index(message[at:], ". ")
		if i < 0 {
			return "", "", false
		}
		at += i + len(". ")
		if head, tail = message[:at-1], message[at:]; l.Has(head) && l.Has(tail) {
			return head, tail, true
		}
	}
}

// Say puts values into a message, or into two that stand one after the other. A
// value is a [Word], Words, or anything that fmt prints as %v; an error is technical.
func (l *Language) Say(message string, values ...any) Words {
	if head, tail, ok := l.sentences(message); ok {
		n := min(len(verb.FindAllString(head, -1)), len(values))
		return slices.Concat(l.Say(head, values[:n]...), Words{{Text: " "}}, l.Say(tail, values[n:]...))
	}
	format, next, at := l.Text(message), 1, 0
	var out Words
	plain := func(s string) {
		if s == "" {
			return
		}
		if n := len(out); n > 0 && out[n-1].Kind == Plain {
			out[n-1].Text += s
		} else {
			out = append(out, Word{Text: s})
		}
	}
	for _, m := range verb.FindAllStringSubmatchIndex(format, -1) {
		plain(format[at:m[0]])
		at = m[1]
		if format[m[0]:m[1]] == "%%" {
			plain("%")
			continue
		}
		if m[2] >= 0 {
			next, _ = strconv.Atoi(format[m[2]:m[3]])
		}
		if next > len(values) {
			plain("…")
			continue
		}
		value := values[next-1]
		next++
		quoted := format[m[4]:m[5]] == "q"
		if quoted {
			plain(l.Quotes[0])
		}
		switch v := value.(type) {
		case Words:
			for _, word := range v {
				if word.Kind == Plain {
					plain(word.Text)
				} else {
					out = append(out, word)
				}
			}
		case Word:
			if v.Kind == Plain {
				plain(v.Text)
			} else {
				out = append(out, v)
			}
		case error:
			out = append(out, Word{Text: Visible(v.Error()), Kind: Technical})
		default:
			out = append(out, Word{Text: Visible(fmt.Sprint(v)), Kind: Value})
		}
		if quoted {
			plain(l.Quotes[1])
		}
	}
	plain(format[at:])
	return out
}

// Date writes a day, in the zone that t is of, so that nobody can take the month
// for the day.
func (l *Language) Date(t time.Time) Word {
	return Word{Text: l.date(t), Kind: Time, ISO: t.Format(time.DateOnly)}
}

func (l *Language) date(t time.Time) string {
	year, month, day := t.Date()
	number := strconv.Itoa(day)
	if day == 1 {
		number = l.First
	}
	text := strings.NewReplacer("{day}", number, "{month}", l.Months[month-1], "{year}", strconv.Itoa(year)).Replace(l.Day)
	return strings.Replace(text, " ", "\u00a0", 1) // a day and its month stay on one line
}

// Clock writes a time to the minute, in UTC.
func (l *Language) Clock(t time.Time) Word { return l.clock(t.UTC(), "15:04") }

// Second writes a time to the second, in UTC.
func (l *Language) Second(t time.Time) Word { return l.clock(t.UTC(), time.TimeOnly) }

func (l *Language) clock(t time.Time, layout string) Word {
	return Word{Text: fmt.Sprintf(l.Minute, l.date(t), t.Format(layout)), Kind: Time, ISO: t.Format(time.RFC3339)}
}

// Visible returns a text of others as it may be shown: characters that have no
// ink and change how those around them are read (Unicode control characters, and
// those of its bidirectional algorithm) are replaced by one that is seen.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// View is how a page is seen: the language, and what its links keep.
type View struct {
	Language *Language
	// Chosen says that the reader has chosen the language by a link, which the
	// links of the page keep. Otherwise it is that of the browser.
	Chosen bool
	// Query is what else the links to the same page in other languages keep, as
	// "at=2026-06-30".
	Query string
}

// maxAccept is how much of Accept-Language is read.
const maxAccept = 256

// View returns how a request wants its answer: in the language that its address
// names (?lang=), or else in the one that its browser likes best (RFC 9110
// §12.5.4), or else in English.
func (w *Web) View(req *http.Request) View {
	if strings.Contains(req.URL.RawQuery, "lang=") {
		query, _ := url.ParseQuery(req.URL.RawQuery)
		if l, ok := w.byTag[query.Get("lang")]; ok {
			return View{Language: l, Chosen: true}
		}
	}
	accept := req.Header.Get("Accept-Language")
	if accept == "" {
		return View{Language: w.languages[0]}
	}
	if len(accept) > maxAccept {
		accept = accept[:maxAccept]
		accept = accept[:max(0, strings.LastIndexByte(accept, ','))]
	}
	if l, ok := w.liked.Get(accept); ok {
		return View{Language: l}
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil { // one language that nobody knows; the others still count
		for one := range strings.SplitSeq(accept, ",") {
			if known, _, err := language.ParseAcceptLanguage(one); err == nil {
				tags = append(tags, known...)
			}
		}
	}
	_, index, _ := w.matcher.Match(tags...)
	l := w.languages[index]
	w.liked.Add(strings.Clone(accept), l)
	return View{Language: l}
}

// liker keeps what has been found out of Accept-Language.
type liker = lru.Cache[string, *Language]

func newLiker() (*liker, language.Matcher) {
	cache, _ := lru.New[string, *Language](512) // fails for a size of 0 only
	var tags []language.Tag
	for _, tag := range Tags {
		tags = append(tags, language.MustParse(tag))
	}
	return cache, language.NewMatcher(tags)
}

// Keep is the query that a link to another page carries, "" or "?lang=de".
func (v View) Keep() string {
	if v.Chosen {
		return "?lang=" + v.Language.Tag
	}
	return ""
}

// in is the query of the same page in another language.
func (v View) in(tag string) string {
	if v.Query == "" {
		return "?lang=" + tag
	}
	return "?" + v.Query + "&lang=" + tag
}
