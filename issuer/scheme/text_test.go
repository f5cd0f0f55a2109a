package scheme

import (
	"fmt"
	"testing"
)

func TestCheckRefusesTextsThatCannotBeRead(t *testing.T) {
	s := iso20000(t)
	evidence := func(field, text string) Evidence {
		e := Evidence{
			Trainings:  []Training{{For: "FND", Trainer: "T. Trainer (specimen)", Completed: day("2026-01-01")}},
			Exams:      []Exam{{For: "FND", Examiner: "E. Examiner (specimen)", Date: day("2026-01-01"), Score: new(Percent)}},
			Experience: []Experience{period("itsm", "2020-01-01", "")},
			Audits:     []Audit{{Date: day("2026-01-01"), Days: 1}},
			Degrees:    []Degree{{Level: "master", Institution: "Specimen University", Awarded: day("2020-01-01")}},
			Exemptions: []Exemption{{Route: "auditor", Evidence: "e", Assessor: "A. Assessor (specimen)", Reason: "r", Date: day("2026-01-01")}},
		}
		for path, member := range map[string]*string{
			"trainings[0].trainer": &e.Trainings[0].Trainer, "trainings[0].provider": &e.Trainings[0].Provider,
			"exams[0].examiner": &e.Exams[0].Examiner, "experience[0].organisation": &e.Experience[0].Organisation,
			"audits[0].role": &e.Audits[0].Role, "audits[0].organisation": &e.Audits[0].Organisation,
			"degrees[0].title": &e.Degrees[0].Title, "degrees[0].institution": &e.Degrees[0].Institution,
			"exemptions[0].evidence": &e.Exemptions[0].Evidence, "exemptions[0].assessor": &e.Exemptions[0].Assessor, "exemptions[0].reason": &e.Exemptions[0].Reason,
		} {
			if path == field {
				*member = text
			}
		}
		return e
	}
	names := []string{"trainings[0].trainer", "exams[0].examiner", "exemptions[0].assessor"}
	texts := append([]string{
		"trainings[0].provider", "experience[0].organisation", "audits[0].role", "audits[0].organisation",
		"degrees[0].title", "degrees[0].institution", "exemptions[0].evidence", "exemptions[0].reason",
	}, names...)
	for _, path := range texts {
		for text, fault := range map[string]string{
			"Zoë O'Brien-Müller (specimen)": "",
			"王小明":                           "",
			"a\nb":                          "holds the line break U+000A; write it on one line",
			"a\r":                           "holds the line break U+000D; write it on one line",
			"a\u2028b":                      "holds the line break U+2028; write it on one line",
			"a\u0085b":                      "holds the line break U+0085; write it on one line",
			"a\tb":                          "holds the control character U+0009; remove it",
			"a\x00":                         "holds the control character U+0000; remove it",
			"a\u009f":                       "holds the control character U+009F; remove it",
			"a\u202eb":                      "holds U+202E, which turns the direction of reading; remove it",
			"a\u200fb":                      "holds U+200F, which turns the direction of reading; remove it",
			"a\u2066b":                      "holds U+2066, which turns the direction of reading; remove it",
			"a\u200bb":                      "holds the invisible character U+200B; remove it",
			"a\u00adb":                      "holds the invisible character U+00AD; remove it",
			"a\ufeff":                       "holds the invisible character U+FEFF; remove it",
			"a\u034fb":                      "holds the invisible character U+034F; remove it",
			"a\ufe0f":                       "holds the invisible character U+FE0F; remove it",
			"a\U000e0101":                   "holds the invisible character U+E0101; remove it",
			"a\U000e0041":                   "holds the invisible character U+E0041; remove it",
			"a\u3164":                       "holds the invisible character U+3164; remove it",
			"a\u115f\u1160\uffa0":           "holds the invisible character U+115F; remove it",
			"a\u2800b":                      "holds the invisible character U+2800; remove it",
			"a\ue000":                       "holds U+E000, which has no agreed meaning; remove it",
			"a\xff":                         "is not valid UTF-8; save the file as UTF-8",
			"a\ufffd":                       "is not valid UTF-8; save the file as UTF-8",
			"\u200b\n":                      "holds the invisible character U+200B; remove it", // the first of two
		} {
			want := "<nil>"
			if fault != "" {
				want = path + ": " + fault
			}
			if got := fmt.Sprint(evidence(path, text).Check(s, day("2026-11-20"))); got != want {
				t.Errorf("%s %q:\ngot  %s\nwant %s", path, text, got, want)
			}
		}
	}
	for _, path := range names {
		for text, fault := range map[string]string{
			"": "is missing", " \u00a0": "is missing",
			"12": `"12" is no name; a name has letters`, "—": `"—" is no name; a name has letters`, "\u0301": "\"\u0301\" is no name; a name has letters",
		} {
			if got := fmt.Sprint(evidence(path, text).Check(s, day("2026-11-20"))); got != path+": "+fault {
				t.Errorf("%s %q: %s", path, text, got)
			}
		}
	}
}
