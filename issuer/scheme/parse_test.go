package scheme

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// smallest is a sound scheme that each case below spoils in one place.
const smallest = `id: specimen
title: Specimen scheme
edition: "1"
owner: Specimen body
clauses: {certificates: "1", decision: "2"}
roles: [Staff]
areas: [All]
fields: [{word: work, meaning: any work}]
roleKinds: [{word: boss, meaning: leads}]
certificates:
  - code: ONE
    name: First certificate
    kind: qualification
    clause: "1"
    validity: {years: 0}
    roles: [Staff]
    areas: [All]
    languages: [en]
    scope: Some.
    description: Something.
    criteria: Somehow.
    exams:
      - {name: the exam, clause: "1", format: questions, passMark: 65, minutes: 60, questions: 40}
      - {form: oral, name: the talk, clause: "1", format: talk, parts: [talk]}
    rules:
      - {id: exam, clause: "1", exam: {of: ONE}}
  - code: TWO
    name: Second certificate
    kind: qualification
    clause: "1"
    languages: [en]
    scope: Some.
    description: Something.
    criteria: Somehow.
    rules:
      - {id: "prerequisite:ONE", clause: "1", certificate: ONE}
      - {id: experience, clause: "1", experience: {field: work, years: 1, below: 5, beyond: ONE, roles: [boss]}}
      - id: several
        clause: "1"
        nOf: {count: 1, of: [{certificate: ONE}, {degree: master}, {auditDays: 2.5}]}
      - {id: assignments, clause: "1", assignments: {of: TWO, subjects: [Work]}}
routes:
  - {id: way, clause: "1", title: Way, exempts: [ONE], choice: [TWO], unless: {degree: bachelor}, waives: [{certificate: TWO, rules: [several], instead: [{id: extra, clause: "1", training: TWO}]}]}
`

func TestParseReportsEveryFault(t *testing.T) {
	if _, err := Parse([]byte(smallest)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ old, new, want string }{
		"unknown member":             {"owner: ", "ownr: ", `line 4, column 1: ownr: unknown member; did you mean "owner"?`},
		"missing owner":              {"owner: Specimen body\n", "", `owner: is missing`},
		"missing title":              {"title: Specimen scheme", `title: " "`, `line 2, column 8: title: is missing`},
		"missing clause list":        {`{certificates: "1", decision: "2"}`, `{certificates: "1"}`, `clauses.decision: is missing`},
		"member twice":               {"roles: [Staff]", "roles: [Staff]\nroles: [Staff]", `line 7, column 1: roles: is given twice`},
		"member empty":               {"roles: [Staff]", "roles:", `roles: is empty; leave it out or give a value`},
		"number for text":            {`edition: "1"`, `edition: 1`, `line 3, column 10: edition: must be text; put it in quotes`},
		"text for number":            {"questions: 40", "questions: forty", `questions: must be a whole number`},
		"fraction of a question":     {"questions: 40", "questions: 40.5", `questions: must be a whole number`},
		"text for fraction":          {"passMark: 65", "passMark: most", `passMark: must be a number`},
		"text for yes":               {"passMark: 65", `closedBook: "yes"`, `closedBook: must be true or false`},
		"text for list":              {"areas: [All]\nfields", "areas: All\nfields", `areas: must be a list`},
		"text for members":           {"validity: {years: 0}", "validity: 0", `validity: must have members`},
		"no day":                     {`edition: "1"`, "edition: \"1\"\ndated: 2026-02-30", `dated: "2026-02-30" is not a day`},
		"bad id":                     {"id: specimen", "id: Specimen", `id: "Specimen" is not of the form "iso20000"`},
		"bad edition":                {`edition: "1"`, `edition: "1/2"`, `edition: "1/2" is not of the form "3.3"`},
		"bad code":                   {"code: TWO", "code: two", `certificates[1].code: "two" is not of the form`},
		"duplicate code":             {"code: TWO", "code: ONE", `line 27, column 11: certificates[1].code: "ONE" stands here twice`},
		"empty name":                 {"name: Second certificate", `name: ""`, `certificates[1].name: is missing`},
		"missing clause":             {"kind: qualification\n    clause: \"1\"\n    validity", "kind: qualification\n    validity", `certificates[0].clause: is missing`},
		"missing rule clause":        {`{id: exam, clause: "1", exam`, `{id: exam, exam`, `certificates[0].rules[0].clause: is missing`},
		"missing scope":              {"scope: Some.\n    description: Something.\n    criteria: Somehow.\n    exams", "description: Something.\n    criteria: Somehow.\n    exams", `certificates[0].scope: is missing`},
		"scope too long":             {"scope: Some.", "scope: " + strings.Repeat("ü", 221), `scope: has 221 characters; 220 fit on paper`},
		"unknown kind":               {"kind: qualification", "kind: qualificaton", `kind: unknown kind "qualificaton"; did you mean "qualification"?`},
		"negative validity":          {"{years: 0}", "{years: -1}", `validity.years: must lie between`},
		"unknown role":               {"    roles: [Staff]", "    roles: [Staf]", `roles[0]: unknown role "Staf"; did you mean "Staff"?`},
		"unknown area":               {"    areas: [All]", "    areas: [Nothing]", `areas[0]: unknown area "Nothing"; known are: All`},
		"no language":                {"languages: [en]", "languages: []", `languages: is missing`},
		"bad language":               {"languages: [en]", "languages: [English!]", `languages[0]: "English!" is not of the form "en"`},
		"pass mark too high":         {"passMark: 65", "passMark: 101", `exams[0].passMark: must lie between 0 and 100`},
		"pass mark too low":          {"passMark: 65", "passMark: -1", `exams[0].passMark: must lie between 0 and 100`},
		"pass mark no number":        {"passMark: 65", "passMark: .nan", `exams[0].passMark: must be a number`},
		"pass mark and parts":        {"passMark: 65", "passMark: 65, parts: [a]", `exams[0].parts: an exam is judged either`},
		"part twice":                 {"parts: [talk]", "parts: [talk, talk]", `exams[1].parts[1]: "talk" stands here twice`},
		"negative minutes":           {"minutes: 60", "minutes: -60", `minutes: must not be negative`},
		"negative questions":         {"questions: 40", "questions: -40", `questions: must not be negative`},
		"form twice":                 {"form: oral, ", "", `exams[1].form: "" stands here twice`},
		"no rules":                   {"rules:\n      - {id: exam, clause: \"1\", exam: {of: ONE}}\n", "rules: []\n", `certificates[0].rules: is missing`},
		"rule id twice":              {"id: experience,", "id: assignments,", `rules[3].id: "assignments" stands here twice`},
		"bad rule id":                {"{id: exam,", "{id: Exam 1,", `rules[0].id: "Exam 1" is not of the form`},
		"rule id of the decision":    {"{id: exam,", "{id: decision,", `certificates[0].rules[0].id: "decision" is the id of an answer that is not the scheme's; choose another`},
		"rule id of independence":    {"{id: experience,", "{id: independence,", `certificates[1].rules[1].id: "independence" is the id`},
		"rule id of the minimum":     {"{id: exam,", "{id: side-entry-minimum,", `rules[0].id: "side-entry-minimum" is the id`},
		"rule id of no certificate":  {"{id: extra,", "{id: certificate,", `waives[0].instead[0].id: "certificate" is the id`},
		"rule asks nothing":          {", certificate: ONE}", "}", `certificates[1].rules[0]: asks for 0 things`},
		"rule asks two things":       {", certificate: ONE}", ", certificate: ONE, degree: master}", `certificates[1].rules[0]: asks for 2 things`},
		"unknown prerequisite":       {`clause: "1", certificate: ONE}`, `clause: "1", certificate: OEN}`, `certificates[1].rules[0].certificate: unknown certificate "OEN"`},
		"unknown inner prerequisite": {"of: [{certificate: ONE}", "of: [{certificate: THREE}", `nOf.of[0].certificate: unknown certificate "THREE"`},
		"inner rule with id":         {"of: [{certificate: ONE}", "of: [{id: x, clause: y, certificate: ONE}", `of[0].id: only the outermost rule bears an id`},
		"own prerequisite":           {`clause: "1", certificate: ONE}`, `clause: "1", certificate: TWO}`, `certificates[1].rules: prerequisites run in a circle: TWO needs TWO`},
		"cyclic prerequisites":       {"exam: {of: ONE}}", "certificate: TWO}", `certificates[0].rules: prerequisites run in a circle: ONE needs TWO needs ONE`},
		"exam of nothing":            {"exam: {of: ONE}", "exam: {}", `exam.of: is missing`},
		"unknown exam":               {"exam: {of: ONE}", "exam: {of: TOO}", `exam.of: unknown certificate "TOO"`},
		"unknown form":               {"exam: {of: ONE}", "exam: {of: ONE, form: written}", `exam.form: ONE has no exam of form "written"`},
		"count too high":             {"count: 1", "count: 4", `nOf.count: must lie between 1 and the number of rules, 3`},
		"count too low":              {"count: 1, ", "", `nOf.count: must lie between 1`},
		"of nothing":                 {"of: [{certificate: ONE}, {degree: master}, {auditDays: 2.5}]", "of: []", `nOf.of: is missing`},
		"unknown degree":             {"degree: master", "degree: Master", `degree: unknown degree "Master"; did you mean "master"?`},
		"negative audit days":        {"auditDays: 2.5", "auditDays: -2", `auditDays: must be more than 0`},
		"no subjects":                {"subjects: [Work]", "subjects: []", `subjects: is missing`},
		"unknown field":              {"field: work", "field: wrok", `experience.field: unknown field "wrok"; did you mean "work"?`},
		"unknown kind of role":       {"roles: [boss]", "roles: [chef]", `experience.roles[0]: unknown kind of role "chef"`},
		"negative years":             {"{field: work, years: 1", "{field: work, years: -1", `experience.years: must lie between`},
		"bounds crossed":             {"below: 5", "below: 1", `experience.below: must lie above years`},
		"experience of nothing":      {"years: 1, below: 5, beyond: ONE, ", "", `experience: asks either for some experience or`},
		"experience both ways":       {"years: 1, ", "some: true, ", `experience: asks either for some experience or`},
		"beyond nothing":             {"below: 5, ", "", `experience.beyond: means nothing without below`},
		"word without meaning":       {"{word: boss, meaning: leads}", "{word: boss}", `roleKinds[0].meaning: is missing`},
		"word twice":                 {"{word: boss, meaning: leads}", "{word: boss, meaning: leads}, {word: boss, meaning: leads}", `roleKinds[1].word: "boss" stands here twice`},
		"route without title":        {"title: Way, ", "", `routes[0].title: is missing`},
		"route for nothing":          {"exempts: [ONE], choice: [TWO], unless: {degree: bachelor}, waives: [{certificate: TWO, rules: [several], instead: [{id: extra, clause: \"1\", training: TWO}]}]", "exempts: []", `routes[0]: spares the candidate nothing`},
		"route to nowhere":           {"exempts: [ONE]", "exempts: [ONCE]", `routes[0].exempts[0]: unknown certificate "ONCE"`},
		"choice of nothing":          {"choice: [TWO]", "choice: [TOW]", `routes[0].choice[0]: unknown certificate "TOW"`},
		"opened by nothing":          {"unless: {degree: bachelor}", "needs: {}", `routes[0].needs: asks for 0 things`},
		"opened by the unknown":      {"unless: {degree: bachelor}", "needs: {experience: {field: wrok, some: true}}", `routes[0].needs.experience.field: unknown field "wrok"`},
		"closed by nothing":          {"unless: {degree: bachelor}", "unless: {}", `routes[0].unless: asks for 0 things`},
		"waiver of nothing":          {"rules: [several]", "rules: [severa]", `waives[0].rules[0]: unknown rule of TWO "severa"; did you mean "several"?`},
		"waiver of an upper bound":   {"rules: [several]", "rules: [experience]", `waives[0].rules: experience sets an upper bound, which cannot be waived`},
		"waiver repeats a rule":      {"id: extra", "id: several", `waives[0].instead: TWO already has a rule "several"`},
		"waiver of competence":       {"name: Second certificate\n    kind: qualification", "name: Second certificate\n    kind: competence", `waives[0].certificate: TWO is a competence certificate`},
		"no certificates":            {smallest[strings.Index(smallest, "certificates:\n"):], "", `certificates: is missing`},
		"standard without a name":    {`edition: "1"`, "edition: \"1\"\nstandardEdition: X", `standard: is missing`},
		"two documents":              {"routes:", "---\nroutes:", `must hold exactly one YAML document`},
		"no mapping":                 {smallest, "- 1\n", `must have members`},
		"nothing":                    {smallest, "", `must hold exactly one YAML document`},
		"syntax":                     {"roles: [Staff]", "roles: [Staff", `line 7, column 1: ',' or ']' must be specified`},
		"anchor":                     {"roles: [Staff]", "roles: &a [Staff]", `roles: must be a list`},
		"alias":                      {"areas: [All]\nfields", "areas: *a\nfields", `areas: must be a list`},
		"tag":                        {"title: Specimen", "title: !!str Specimen", `title: must be text`},
		"merge":                      {"roles: [Staff]", "<<: {owner: x}", `member`},
		"key that is no text":        {"roles: [Staff]", "1: [Staff]", `has a member whose name is not plain text`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(smallest, test.old) {
				t.Fatal("nothing to spoil")
			}
			s, err := Parse([]byte(strings.Replace(smallest, test.old, test.new, 1)))
			var faults Faults
			if s != nil || !errors.As(err, &faults) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got\n%v\nwant %s", err, test.want)
			}
		})
	}
}

func TestParseReportsAllFaultsWithTheirPlaces(t *testing.T) {
	data, err := os.ReadFile("testdata/faults/many.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/faults/many.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(data)
	if diff := cmp.Diff(strings.TrimSpace(string(want)), fmt.Sprint(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var first Fault
	if !errors.As(err, &first) || first.Line != 2 || first.Path != "title" {
		t.Errorf("the faults cannot be had one by one: %+v", first)
	}
}

func TestParseRefusesHugeFiles(t *testing.T) {
	if _, err := Parse(make([]byte, MaxFile+1)); err == nil || !strings.Contains(err.Error(), "is the most") {
		t.Error(err)
	}
}

func TestParseRefusesDeepNesting(t *testing.T) {
	deep := strings.Repeat("{allOf: [", 40) + "{degree: master}" + strings.Repeat("]}", 40)
	_, err := Parse([]byte(strings.Replace(smallest, "{degree: master}", deep, 1)))
	if err == nil || !strings.Contains(err.Error(), "nested too deeply") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	// Small seeds only: on the built-in catalogue a fuzzer loses its way.
	for _, pattern := range []string{"testdata/overlay/specimen-*.yaml", "testdata/faults/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	for _, s := range []string{smallest, "", "{", "- a", "a: &b *b", "id: [", "\xff", "? a\n: b", "id: |\n  x", "%YAML 1.2\n---\nid: x", "id: !!binary x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if (s == nil) == (err == nil) {
			t.Fatal("neither a scheme nor an error, or both")
		}
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for _, code := range s.codes() { // a sound scheme can be used
			s.Decide(Record{Certificate: code}, day("2026-11-20").utc())
		}
	})
}
