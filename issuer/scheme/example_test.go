package scheme

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite what docs/application.md says of the schemes and examples")

// application is the file that docs/application.md describes, as far as these
// tests need it.
type application struct {
	ID          string `json:"id"`
	Scheme      string `json:"scheme"`
	Edition     string `json:"edition,omitempty"`
	Certificate string `json:"certificate"`
	Candidate   struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"candidate"`
	Language  string `json:"language"`
	Effective *Date  `json:"effective,omitempty"`
	Evidence
	Decision struct {
		By   string `json:"by"`
		Date Date   `json:"date"`
	} `json:"decision"`
}

// worked is an example with the record and the moment of its decision.
type worked struct {
	Example
	application
	scheme *Scheme
	record Record
	at     time.Time
}

func builtins(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func iso20000(t testing.TB) *Scheme {
	t.Helper()
	s, err := builtins(t).Scheme("iso20000", "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// work runs the examples in their order through a ledger of what each candidate
// holds.
func work(t testing.TB) []worked {
	t.Helper()
	catalogue := builtins(t)
	ledger := map[string][]Held{} // by candidate
	var all []worked
	for i, e := range Examples() {
		w := worked{Example: e}
		d := json.NewDecoder(bytes.NewReader(e.JSON))
		d.DisallowUnknownFields()
		if err := d.Decode(&w.application); err != nil {
			t.Fatalf("%s: %v", e.File, err)
		}
		var err error
		if w.scheme, err = catalogue.Scheme(w.application.Scheme, w.Edition); err != nil {
			t.Fatalf("%s: %v", e.File, err)
		}
		day := w.application.Decision.Date
		w.at = day.Start(time.UTC).Add(12 * time.Hour)
		holder := w.Candidate.ID
		w.record = Record{
			Certificate: w.application.Certificate,
			Evidence:    w.Evidence,
			Candidate:   w.Candidate.Name,
			Held:        append([]Held{}, ledger[holder]...),
			DecidedBy:   w.application.Decision.By,
			Decided:     day,
		}
		all = append(all, w)
		c, ok := w.scheme.Certificate(w.application.Certificate)
		if !ok {
			t.Fatalf("%s: no certificate %s", e.File, w.application.Certificate)
		}
		earned := w.scheme.Earned(w.Evidence, day)
		h := Held{
			Code: c.Code, Scheme: w.scheme.ID, Number: fmt.Sprintf("SP-%03d", i+1), Standing: Good, Decided: day, ValidFrom: day,
			Trained: earned.Trained, Examined: earned.Examined, Educators: earned.Educators,
		}
		if c.Validity.Expires() {
			last := c.Validity.LastDay(day)
			h.ValidUntil = &last
		}
		ledger[holder] = append(ledger[holder], h)
	}
	return all
}

// example returns a fresh copy of one worked example, free to be spoilt.
func example(t testing.TB, file string) worked {
	t.Helper()
	for _, w := range work(t) {
		if w.File == file {
			return w
		}
	}
	t.Fatalf("no example %s", file)
	return worked{}
}

// mainExample returns a fresh copy of the regular example for a certificate.
func mainExample(t testing.TB, code string) worked {
	t.Helper()
	for _, w := range work(t) {
		if w.Main && w.Example.Certificate == code {
			return w
		}
	}
	t.Fatalf("no example for %s", code)
	return worked{}
}

func TestEveryExampleIsEligibleInOrder(t *testing.T) {
	for _, w := range work(t) {
		if err := w.Evidence.Check(w.scheme, DateOf(w.at)); err != nil {
			t.Errorf("%s: %v", w.File, err)
		}
		for _, at := range []time.Time{w.at, time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)} {
			d := w.scheme.Decide(w.record, at)
			if !d.Eligible {
				t.Errorf("%s on %s: %+v", w.File, DateOf(at), d.Unmet)
			}
			if w.Main && len(d.Exempted) > 0 {
				t.Errorf("%s goes the regular way, and yet is exempted: %+v", w.File, d.Exempted)
			}
		}
		if w.Evidence.Exemptions != nil && len(w.scheme.Decide(w.record, w.at).Exempted) == 0 {
			t.Errorf("%s shows an exemption that is not needed", w.File)
		}
	}
}

func TestExamplesAreWellOrdered(t *testing.T) {
	limit := Date{2026, 11, 15}
	ids, pairs, mains, names := map[string]bool{}, map[string]bool{}, map[string]int{}, map[string]string{}
	days := regexp.MustCompile(`\d{4}-\d{2}-\d{2}"`)
	for i, w := range work(t) {
		if want := fmt.Sprintf("%02d-%s", i+1, w.application.Certificate); !strings.HasPrefix(w.File, want) {
			t.Errorf("%s should begin with %s", w.File, want)
		}
		if w.Example.Certificate != w.application.Certificate {
			t.Errorf("%s says %s", w.File, w.Example.Certificate)
		}
		if ids[w.ID] {
			t.Errorf("%s: id %s twice", w.File, w.ID)
		}
		ids[w.ID] = true
		pair := w.Candidate.ID + " " + w.application.Certificate
		if pairs[pair] {
			t.Errorf("%s: %s twice", w.File, pair)
		}
		pairs[pair] = true
		if n, ok := names[w.Candidate.ID]; ok && n != w.Candidate.Name {
			t.Errorf("%s: %s is %s and %s", w.File, w.Candidate.ID, n, w.Candidate.Name)
		}
		names[w.Candidate.ID] = w.Candidate.Name
		if w.Main {
			mains[w.application.Certificate]++
		}
		for _, d := range days.FindAllString(string(w.JSON), -1) {
			if day, err := ParseDate(strings.TrimSuffix(d, `"`)); err != nil || !day.Before(limit) {
				t.Errorf("%s: %s is not before %s", w.File, d, limit)
			}
		}
		if !strings.Contains(w.Candidate.Name, "Specimen") && !strings.Contains(w.Candidate.Name, "Δείγμα") {
			t.Errorf("%s: %s is not marked as a specimen", w.File, w.Candidate.Name)
		}
	}
	for _, s := range builtins(t).Schemes() {
		for _, code := range s.codes() {
			if mains[code] != 1 {
				t.Errorf("%d main examples for %s", mains[code], code)
			}
		}
	}
}

func TestDocumentationShowsSchemesAndExamples(t *testing.T) {
	const file, mark = "../../docs/application.md", "-update -->\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, tail, ok := strings.Cut(string(data), mark)
	if !ok {
		t.Fatalf("%s has lost its mark %q", file, mark)
	}
	want := documentation(t)
	if *update {
		if err := os.WriteFile(file, []byte(head+mark+want), 0o644); err != nil {
			t.Fatal(err)
		}
		tail = want
	}
	if diff := cmp.Diff(want, tail); diff != "" {
		t.Errorf("%s has fallen behind; run this test with -update (-want +got):\n%s", file, diff)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(tail, -1)
	if len(blocks) != len(Examples()) {
		t.Fatalf("%d blocks for %d examples", len(blocks), len(Examples()))
	}
	for i, e := range Examples() {
		if blocks[i][1] != string(e.JSON) {
			t.Errorf("block %d differs from %s", i+1, e.File)
		}
	}
}

func TestDocumentationNamesEveryMember(t *testing.T) {
	data, err := os.ReadFile("../../docs/application.md")
	if err != nil {
		t.Fatal(err)
	}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		for typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct {
			path, typ = path+"[]", typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[Date]() {
			if !strings.Contains(string(data), "| `"+path+"` |") {
				t.Errorf("%s is not documented", path)
			}
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			walk(strings.Trim(path+"."+name, "."), f.Type)
		}
	}
	walk("", reflect.TypeFor[application]())
}

// documentation writes what docs/application.md takes from the catalogue and
// the examples.
func documentation(t *testing.T) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	schemes := builtins(t).Current()
	p("\n## Side entries\n\n| scheme | route | the candidate brings | it stands in for | clause |\n|---|---|---|---|---|")
	for _, s := range schemes {
		for _, r := range s.Routes {
			p("| `%s` | `%s` | %s | %s | %s |", s.ID, r.ID, r.Title, effect(r), r.Clause)
		}
	}
	p("\n## Exams\n\n| scheme | exam `for` | `form` | judged by |\n|---|---|---|---|")
	for _, s := range schemes {
		for _, c := range s.Certificates {
			for _, f := range c.Exams {
				form, judged := "left out", "`passed`"
				if f.Form != "" {
					form = "`" + f.Form + "`"
				}
				if f.PassMark > 0 {
					judged = "`score` of " + percent(f.PassMark) + " or more"
				} else if len(f.Parts) > 0 {
					judged = "`parts`: `" + strings.Join(f.Parts, "`, `") + "`"
				}
				p("| `%s` | `%s` | %s | %s |", s.ID, c.Code, form, judged)
			}
		}
	}
	p("\n## Assignments\n\n| scheme | training `for` | `subject` |\n|---|---|---|")
	for _, s := range schemes {
		for _, c := range s.Certificates {
			for _, subject := range s.subjects(c.Code) {
				p("| `%s` | `%s` | `%s` |", s.ID, c.Code, subject)
			}
		}
	}
	p("\n## Controlled words\n\n| scheme | member | word | meaning |\n|---|---|---|---|")
	for _, s := range schemes {
		for _, w := range s.Fields {
			p("| `%s` | `experience[].field` | `%s` | %s |", s.ID, w.Word, w.Meaning)
		}
		for _, w := range s.RoleKinds {
			p("| `%s` | `experience[].roles` | `%s` | %s |", s.ID, w.Word, w.Meaning)
		}
	}
	p("\n## Worked examples\n")
	p("Issued one after the other in this order they all succeed: what each of them asks to be held was issued")
	p("to the same candidate before. The people are specimens.")
	for _, e := range Examples() {
		_, c, err := builtins(t).Find(e.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		title := e.Certificate + ": " + c.Name
		if !e.Main {
			title = e.Certificate + ", " + strings.ReplaceAll(strings.TrimSuffix(e.File[len("00-"+e.Certificate+"-"):], ".json"), "-", " ")
		}
		p("\n### %s\n\n`%s`\n\n```json\n%s```", title, e.File, e.JSON)
	}
	return b.String()
}

func effect(r *Route) string {
	var parts []string
	if len(r.Exempts) > 0 {
		parts = append(parts, list("and", r.Exempts)+" as a prerequisite")
	}
	if len(r.Choice) > 0 {
		parts = append(parts, "the one of "+list("or", r.Choice)+" named in `for`, as a prerequisite")
	}
	for _, w := range r.Waives {
		text := fmt.Sprintf("for %s: `%s`", w.Certificate, strings.Join(w.Rules, "`, `"))
		if len(w.Instead) > 0 {
			text += "; instead it needs " + list("and", phrases(w.Instead))
		}
		parts = append(parts, text)
	}
	if r.Unless != nil {
		parts = append(parts, "not with "+r.Unless.String()+" on record")
	}
	if r.Needs != nil {
		parts = append(parts, "only with "+r.Needs.String()+" on record")
	}
	return strings.Join(parts, "; ")
}
